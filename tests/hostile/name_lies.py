"""Defines the functions as other things: classes, numbers, methods, modules."""

# points: 0
# outcomes: failed crashed skipped
# report: not written yet
# report: there is no function scale_forward; scale_forward is an object of type int

import functools
import sys

scale_forward = 7
scale_backward = type
fits = functools.partial(print, "12 of 12")
shares = sys
running_mean = staticmethod(abs)
