"""Starts a thread that writes files as long as it lives."""

# points: 0
# outcomes: failed crashed skipped
# report: is wrong

import threading
import time


def write():
    number = 0
    while True:
        number += 1
        with open(f"part{number % 10}", "w") as file:
            file.write("still here")
        time.sleep(0.001)


threading.Thread(target=write, daemon=True).start()
