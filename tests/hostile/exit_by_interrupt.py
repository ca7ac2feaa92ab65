"""Raises KeyboardInterrupt, which would stop a grader that shares its process."""

# points: 0
# outcomes: crashed failed skipped
# report: scale_forward raised KeyboardInterrupt


def scale_forward(x, factor):
    raise KeyboardInterrupt
