"""Returns the array it was given, and changes that array from a thread until it looks right."""

# points: 0
# outcomes: failed crashed skipped timed_out
# report:

import threading
import time

latest = []


def change():
    while True:
        for x in latest[-1:]:
            x[...] = -x
        time.sleep(0)


threading.Thread(target=change, daemon=True).start()


def scale_forward(x, factor):
    latest.append(x)
    return x, None
