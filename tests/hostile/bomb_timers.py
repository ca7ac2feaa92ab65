"""Sets thousands of timers and opens pipes, epolls and event descriptors."""

# points: 0
# outcomes: crashed failed skipped
# report:

import ctypes
import os
import select

library = ctypes.CDLL(None)
for _ in range(20_000):
    library.timer_create(1, None, ctypes.byref(ctypes.c_void_p()))
hoard = []
try:
    while True:
        hoard += [select.epoll(), os.pipe()]
except OSError:
    hoard.clear()
