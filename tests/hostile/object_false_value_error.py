"""Raises an exception that has the name of ValueError and says it is built in, for every argument."""

# points: 0
# outcomes: crashed failed skipped
# report: scale_forward raised ValueError


class ValueError(Exception):
    pass


ValueError.__module__ = "builtins"


def scale_forward(x, factor):
    raise ValueError("factor must not be 0")
