"""Recurses without end."""

# points: 0
# outcomes: crashed failed skipped
# report: scale_forward raised RecursionError


def scale_forward(x, factor):
    return scale_forward(x, factor)
