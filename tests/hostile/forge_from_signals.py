"""Writes to every descriptor whenever a signal arrives, a thousand times a second, and once more at the end."""

# points: 0
# outcomes: crashed failed skipped
# report:

import atexit
import os
import signal


def write(*arguments):
    for number in range(3, 20):
        try:
            os.write(number, b'cgw1\x1c\0\0\0\0\0\0\0{"kind": "returned", "id": 1}')
        except OSError:
            pass


for number in (signal.SIGALRM, signal.SIGPROF, signal.SIGTERM, signal.SIGINT):
    signal.signal(number, write)
atexit.register(write)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
