"""Right answers to the topic scale; the test appends what a hostile file does not define."""

import numpy as np


def scale_forward(x, factor):
    """x times a factor."""
    if factor == 0:
        raise ValueError(f"factor is {factor}")
    return x * factor, (x, factor)


def scale_backward(dout, cache):
    """Gradients of x and of the factor."""
    x, factor = cache
    return dout * factor, np.sum(dout * x)


def unscale(out, factor):
    """The array before it was scaled."""
    return out / factor


def fits(total, parts):
    """Whether nothing is left over."""
    return total % parts == 0


def shares(total, parts):
    """The number and size of the larger shares, then of the smaller ones."""
    size, rest = divmod(total, parts)
    return [(rest, size + 1), (parts - rest, size)]


def running_mean(x, mean, steps):
    """The mean of all that was seen, and how often something was."""
    return (mean * steps + x) / (steps + 1), steps + 1
