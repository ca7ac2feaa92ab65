"""Computes in C for hours, where Python handles no signal."""

# points: 0
# outcomes: timed_out failed skipped
# report: fits gave no answer within 1.5 s

import itertools


def fits(total, parts):
    return sum(itertools.repeat(1)) > 0
