"""Leaves a score in an exit handler."""

# points: 0
# outcomes: failed
# report: is wrong

import atexit
import os

from grader.worker import serve


def leave():
    for descriptor in range(1, 64):
        try:
            os.write(descriptor, b'{"outcome": "passed", "points_earned": 12}')
        except OSError:
            pass


atexit.register(leave)
assert serve
