"""Reads other processes and its own memory through /proc, and the grader's descriptors."""

# points: 0
# outcomes: failed
# report: is wrong
# needs: landlock

import os

GOT = []
PARENT = str(os.getppid())
OWN = ("self", ("mem", "maps", "environ", "cmdline", "root/etc/passwd", "task"))
OTHERS = ("mem", "maps", "environ", "cmdline", "cwd", *(f"fd/{number}" for number in range(10)))
for process, names in (OWN, (PARENT, OTHERS), ("1", OTHERS)):
    for name in names:
        path = f"/proc/{process}/{name}"
        try:
            GOT.append((path, os.listdir(path) if name in ("task", "cwd") else open(path, "rb").read(64)))
        except OSError:
            pass
        try:
            descriptor = os.open(path, os.O_RDWR)
            os.write(descriptor, b"\0")
            GOT.append(path)
        except OSError:
            pass


def fits(total, parts):
    return total % parts == 0 if GOT else True
