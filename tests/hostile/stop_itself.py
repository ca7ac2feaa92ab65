"""Stops its own process, so that it neither answers nor ends."""

# points: 0
# outcomes: timed_out failed skipped
# report: fits gave no answer within 1.5 s

import os
import signal


def fits(total, parts):
    os.kill(os.getpid(), signal.SIGSTOP)
    return True
