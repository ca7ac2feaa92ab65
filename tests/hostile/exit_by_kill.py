"""Kills its own process."""

# points: 0
# outcomes: crashed failed skipped
# report: ended by SIGKILL

import os
import signal


def scale_forward(x, factor):
    os.kill(os.getpid(), signal.SIGKILL)
