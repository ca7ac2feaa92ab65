"""Makes a process by the number that a system call has in another binary interface."""

# points: 0
# outcomes: crashed skipped
# report: ended by SIGSYS (a system call that is not allowed)
# needs: seccomp

import ctypes

ctypes.CDLL(None).syscall(ctypes.c_long(1 << 30 | 57))
