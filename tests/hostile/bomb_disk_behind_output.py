"""Fills the disk while it floods the output, in case nobody looks at both."""

# points: 0
# outcomes: crashed failed skipped
# report: wrote more than it may: it was stopped after it had written

import os
import threading


def flood():
    while True:
        os.write(1, b"busy " * 10_000)


def fits(total, parts):
    threading.Thread(target=flood, daemon=True).start()
    number = 0
    while True:
        number += 1
        with open(f"part{number}", "wb") as file:
            file.write(bytes(1 << 20))
