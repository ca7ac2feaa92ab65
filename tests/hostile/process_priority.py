"""Raises its limits and its priority, moves to other processors, leaves its session, asks to outlive its parent."""

# points: 0
# outcomes: failed
# report: is wrong
# needs: seccomp

import ctypes
import os
import resource

library = ctypes.CDLL(None)
GOT = []
for attempt in (
    lambda: os.nice(-20),
    lambda: os.setsid(),
    lambda: os.setpgid(0, os.getppid()),
    lambda: os.sched_setaffinity(0, {0}),
    lambda: os.setuid(0),
    lambda: os.chroot("."),
    lambda: os.setpriority(os.PRIO_PROCESS, 0, -20),
    *(lambda which=which: resource.setrlimit(which, (-1, -1)) for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU)),
    lambda: resource.prlimit(0, resource.RLIMIT_NOFILE, (10_000, 10_000)),
):
    try:
        GOT.append(attempt() or attempt)
    except (OSError, ValueError):
        pass
if library.prctl(1, 0, 0, 0, 0) == 0:  # PR_SET_PDEATHSIG: no signal
    GOT.append("outlives")
if library.prctl(36, 1, 0, 0, 0) == 0:  # PR_SET_CHILD_SUBREAPER
    GOT.append("adopts")


def fits(total, parts):
    return total % parts == 0 if GOT else True
