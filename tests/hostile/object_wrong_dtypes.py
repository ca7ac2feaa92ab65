"""Returns arrays of objects, text, dates, records, complex numbers and truth values."""

# points: 0
# outcomes: failed crashed skipped
# report: object array of shape
# report: complex number

import itertools

import numpy as np

KINDS = itertools.cycle(
    ["U3", "complex128", "datetime64[s]", "bool", "V8", [("x", "f8")], "S2", "longdouble", "float16"]
)


def scale_forward(x, factor):
    return np.full(x.shape, None, dtype=object), None


def scale_backward(dout, cache):
    return np.zeros(dout.shape, dtype=next(KINDS)), 1j


def fits(total, parts):
    return 1j


def shares(total, parts):
    return np.zeros((2, 2), dtype=next(KINDS))
