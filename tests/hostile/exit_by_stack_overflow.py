"""Overflows the C stack."""

# points: 0
# outcomes: crashed failed timed_out skipped
# report: fits

import sys


def fits(total, parts):
    sys.setrecursionlimit(10**9)
    nested = []
    for _ in range(10**6):
        nested = [nested]
    return repr(nested)
