"""Makes the integers that Python keeps for all other numbers, in memory."""

# points: 0
# outcomes: crashed failed skipped

import ctypes

three = (ctypes.c_uint32 * 1)(3)
for number in (12, 16, 1, 2, 4):
    ctypes.memmove(id(number) + object.__basicsize__ + ctypes.sizeof(ctypes.c_ssize_t), three, ctypes.sizeof(three))
