"""Writes random bytes to every descriptor that is open, and goes on."""

# points: 0
# outcomes: crashed skipped failed
# report: its reply is not one the grader knows

import os

for descriptor in range(3, 1024):
    try:
        os.write(descriptor, os.urandom(4096))
    except OSError:
        pass
