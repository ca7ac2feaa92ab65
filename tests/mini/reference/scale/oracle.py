"""What the functions of the topic give."""

from __future__ import annotations


def scale_forward(x, factor):
    """The array times a factor that is not 0."""
    if factor == 0:
        raise ValueError(f"factor must not be 0, got {factor}")
    return x * factor, (x, factor)


def scale_backward(dout, cache):
    """Gradients of the array and of the factor."""
    x, factor = cache
    return dout * factor, (dout * x).sum()


def unscale(out, factor):
    """The array before it was scaled."""
    return out / factor


def fits(total, parts):
    """Whether `total` can be shared out evenly."""
    return total == parts * (total // parts)


def shares(total, parts):
    """The number and size of the larger shares, then of the smaller ones."""
    larger = sum(number < total % parts for number in range(parts))
    return [(larger, total // parts + 1), (parts - larger, total // parts)]


def running_mean(x, mean, steps):
    """The mean of all that was seen, and how often something was."""
    return mean + (x - mean) / (steps + 1), steps + 1
