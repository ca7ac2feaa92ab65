"""Raises an exception of its own that no `except Exception` catches."""

# points: 0
# outcomes: crashed failed skipped
# report: scale_forward raised Passed


class Passed(BaseException):
    """As pytest's outcome exceptions are."""


def scale_forward(x, factor):
    raise Passed("the check is passed")
