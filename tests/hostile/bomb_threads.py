"""Starts threads without end."""

# points: 0
# outcomes: crashed failed skipped timed_out
# report: fits

import threading
import time

threading.stack_size(32768)


def fits(total, parts):
    while True:
        try:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        except RuntimeError:
            time.sleep(0.01)
