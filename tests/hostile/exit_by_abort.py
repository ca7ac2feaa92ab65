"""Aborts."""

# points: 0
# outcomes: crashed failed skipped
# report: ended by SIGABRT

import os


def scale_forward(x, factor):
    os.abort()
