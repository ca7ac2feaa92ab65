"""Wrong answers to the topic scale, worth nothing; the test appends what a hostile file does not define."""


def scale_forward(x, factor):
    """Wrong."""
    return x - factor, (x, factor)


def scale_backward(dout, cache):
    """Wrong."""
    return dout, 1.0


def unscale(out, factor):
    """Wrong."""
    return out


def fits(total, parts):
    """Wrong."""
    return True


def shares(total, parts):
    """Wrong."""
    return [(total, parts)]


def running_mean(x, mean, steps):
    """Wrong."""
    return mean, steps
