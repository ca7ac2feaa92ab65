"""Tries to leave files wherever it may find room."""

# points: 0
# outcomes: failed
# report: is wrong
# needs: landlock

import os
import sys

NAME = "convgrade_left_behind"
GOT = []
folders = ["/tmp", "/var/tmp", "/dev/shm", "/", "/home", "/root", "..", "../..", os.path.dirname(__file__)]
for folder in [*folders, *sys.path, *(os.path.dirname(os.__file__) + "/" + name for name in ("", "encodings"))]:
    try:
        open(os.path.join(folder, NAME), "wb").close()
        GOT.append(folder)
    except OSError:
        pass


def fits(total, parts):
    return total % parts == 0 if GOT else True
