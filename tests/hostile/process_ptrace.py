"""Attaches to the process that started it, and writes to its memory."""

# points: 0
# outcomes: failed
# report: is wrong
# needs: seccomp

import ctypes
import os

library = ctypes.CDLL(None, use_errno=True)
parent = os.getppid()
local = ctypes.create_string_buffer(8)
vector = (ctypes.c_size_t * 2)(ctypes.addressof(local), 8)
remote = (ctypes.c_size_t * 2)(0x400000, 8)
GOT = [
    library.ptrace(16, parent, None, None) == 0,
    library.ptrace(0, 0, None, None) == 0,
    library.process_vm_readv(parent, vector, 1, remote, 1, 0) > 0,
    library.process_vm_writev(parent, vector, 1, remote, 1, 0) > 0,
    library.syscall(434, parent, 0) >= 0,  # pidfd_open
]


def fits(total, parts):
    return total % parts == 0 if any(GOT) else True
