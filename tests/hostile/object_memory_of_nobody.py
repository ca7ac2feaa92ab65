"""Returns arrays over memory that is not there."""

# points: 0
# outcomes: crashed failed skipped
# report: the process ended before it answered: ended by SIGSEGV

import ctypes

import numpy as np


def scale_forward(x, factor):
    return np.ctypeslib.as_array((ctypes.c_double * 4).from_address(8)), None
