"""Writes to the address 0 while it is imported."""

# points: 0
# outcomes: crashed skipped
# report: ended by SIGSEGV

import ctypes

ctypes.memset(0, 1, 1)
