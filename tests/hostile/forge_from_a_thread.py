"""Writes frames from a thread while the real replies are on their way."""

# points: 0
# outcomes: crashed skipped failed timed_out
# report:

import os
import sys
import threading

from grader.worker import serve, wire

frame = sys._getframe()
while not isinstance(frame.f_locals.get("self"), serve.Server):
    frame = frame.f_back
replies = frame.f_locals["self"].replies


def write():
    while True:
        os.write(replies, wire.encode("returned", {"id": 1, "value": True}))


threading.Thread(target=write, daemon=True).start()
