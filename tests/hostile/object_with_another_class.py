"""Returns objects that say they are arrays, truth values and the grader's own handles."""

# points: 0
# outcomes: failed crashed skipped
# report: scale_forward

import numpy as np

from grader.worker import wire

asked = []


def pretend(kind, **attributes):
    return type("Pretender", (), {"__class__": property(lambda self: kind), **attributes})()


def scale_forward(x, factor):
    return pretend(np.ndarray, __array__=lambda self, *_: "no array"), pretend(wire.Handle, number=-1, type="cache")


def fits(total, parts):
    return pretend(bool, __bool__=lambda self: True, __int__=lambda self: 1)


def shares(total, parts):
    asked.append(total)
    if len(asked) > 3:
        return 0
    return pretend(list, __iter__=lambda self: iter(int, 1), __len__=lambda self: 2)
