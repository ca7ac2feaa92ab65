"""Calls sys.exit(0) in a function, as if the check had passed."""

# points: 0
# outcomes: crashed failed skipped
# report: scale_forward raised SystemExit

import sys


def scale_forward(x, factor):
    sys.exit(0)
