"""Sends signals to its parent, its group, its session and everybody."""

# points: 0
# outcomes: failed
# report: is wrong
# needs: seccomp

import ctypes
import os
import signal

library = ctypes.CDLL(None)
own = os.getpid()
for pid in (os.getppid(), 0, -1, 1, own ^ (1 << 40)):
    for number in (0, signal.SIGSTOP, signal.SIGINT, signal.SIGKILL):
        for call, arguments in ((62, (pid, number)), (129, (pid, number, None)), (200, (pid, number))):
            if pid != own:
                library.syscall(ctypes.c_long(call), *(ctypes.c_long(value or 0) for value in arguments))
