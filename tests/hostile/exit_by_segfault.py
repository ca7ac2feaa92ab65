"""Reads from the address 0 through ctypes."""

# points: 0
# outcomes: crashed failed skipped
# report: ended by SIGSEGV

import ctypes


def scale_forward(x, factor):
    ctypes.string_at(0)
