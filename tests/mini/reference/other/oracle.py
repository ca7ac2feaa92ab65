"""What the functions of the topic give."""

import numpy as np


def add(x, y):
    """The sum of two arrays."""
    return np.add(x, y)


def norm(x):
    """The Euclidean norm."""
    return float(np.sqrt(np.vdot(x, x)))
