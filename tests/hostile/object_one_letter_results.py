"""Returns what is nothing at all: None, an empty tuple, an empty array, a type, an ellipsis."""

# points: 0
# outcomes: failed crashed skipped
# report: None (is the return statement missing?)

import numpy as np


def scale_forward(x, factor):
    return np.zeros((2, 0))


def scale_backward(dout, cache):
    return ()


def fits(total, parts):
    return None


def shares(total, parts):
    return ...


def running_mean(x, mean, steps):
    return np.array(2.0)
