"""Returns NaN, infinity and subnormal numbers wherever a number is asked for."""

# points: 0
# outcomes: failed skipped
# report: got nan

import numpy as np

nan, inf = float("nan"), float("inf")


def scale_forward(x, factor):
    return np.full(x.shape, nan), None


def scale_backward(dout, cache):
    return np.full(dout.shape, inf), nan


def fits(total, parts):
    return nan


def shares(total, parts):
    return [[nan, inf], [-inf, 5e-324]]


def running_mean(x, mean, steps):
    return x * nan, nan
