"""Answers at once, and fills the disk from a thread while the grader is busy elsewhere."""

# points: 0
# outcomes: crashed failed skipped timed_out
# report: is wrong

import threading


def fill():
    number = 0
    while True:
        number += 1
        with open(f"part{number % 900}", "ab") as file:
            file.write(bytes(1 << 16))


threading.Thread(target=fill, daemon=True).start()
