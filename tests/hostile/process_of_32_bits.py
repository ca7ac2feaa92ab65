"""Makes a system call through the gate for 32-bit programs, whose numbers are others."""

# points: 0
# outcomes: crashed skipped
# report: ended by SIG
# needs: seccomp

import ctypes
import mmap
import platform

if platform.machine() != "x86_64":
    raise SystemExit("ended by SIG: this machine has no such gate")
code = bytes.fromhex("b802000000cd80c3")  # mov eax, 2 (fork); int 0x80; ret
memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
memory.write(code)
ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))()
