"""Ends the process with status 0 in a function."""

# points: 0
# outcomes: crashed failed skipped
# report: scale_forward ended the process: the process ended before it answered: it exited with status 0

import os


def scale_forward(x, factor):
    os._exit(0)
