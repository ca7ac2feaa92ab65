"""Starts threads that Python does not know, through ctypes."""

# points: 0
# outcomes: crashed failed skipped timed_out
# report: fits ended the process: the process ran more threads than it may: it was stopped after it had started

import ctypes
import time

library = ctypes.CDLL(None)


def fits(total, parts):
    attributes = ctypes.create_string_buffer(64)
    library.pthread_attr_init(attributes)
    library.pthread_attr_setstacksize(attributes, ctypes.c_size_t(32768))
    for _ in range(1000):
        library.pthread_create(ctypes.byref(ctypes.c_ulong()), attributes, library.sleep, ctypes.c_void_p(60))
    time.sleep(60)
