"""Matches a regular expression that takes exponential time."""

# points: 0
# outcomes: timed_out failed skipped
# report: fits gave no answer within 1.5 s

import re


def fits(total, parts):
    return bool(re.fullmatch(r"(a+)+b", "a" * 64))
