"""Prints without end."""

# points: 0
# outcomes: timed_out failed skipped
# report: fits gave no answer within 1.5 s
# report: more bytes were printed

import os


def fits(total, parts):
    while True:
        os.write(2, b"0 of 12 points\n" * 4096)
