"""Forks without end, by every system call that can make a process."""

# points: 0
# outcomes: failed
# report: is wrong
# needs: seccomp

import ctypes
import os
import time

SIGCHLD, CLONE_VM, CLONE_VFORK, CLONE_PARENT = 17, 0x100, 0x4000, 0x8000
library = ctypes.CDLL(None)
own = os.getpid()
arguments = (ctypes.c_uint64 * 11)(0, 0, 0, 0, SIGCHLD)
for number, flags in (
    (57, 0),  # fork
    (58, 0),  # vfork
    (56, SIGCHLD),  # clone
    (56, SIGCHLD | CLONE_PARENT),
    (56, 0x10000000 | SIGCHLD),  # with a new user namespace
    (435, ctypes.addressof(arguments)),  # clone3
):
    library.syscall(ctypes.c_long(number), ctypes.c_long(flags), ctypes.c_long(88), 0, 0, 0)
    if os.getpid() != own:
        time.sleep(600)
