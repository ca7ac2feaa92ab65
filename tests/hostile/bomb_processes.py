"""Forks without end."""

# points: 0
# outcomes: crashed failed skipped
# report: fits raised PermissionError
# needs: seccomp

import os


def fits(total, parts):
    while True:
        os.fork()
