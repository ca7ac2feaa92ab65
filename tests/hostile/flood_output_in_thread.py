"""Prints from threads, before, during and after its calls."""

# points: 0
# outcomes: failed crashed timed_out skipped
# report: is wrong

import os
import threading


def flood():
    while True:
        os.write(1, b"\n" * 65536)


for _ in range(3):
    threading.Thread(target=flood, daemon=True).start()
