"""Returns arrays that are larger than any message, some of them without taking memory."""

# points: 0
# outcomes: failed crashed skipped
# report: MiB of arrays

import numpy as np


def scale_forward(x, factor):
    return np.broadcast_to(1.0, (1 << 20, 1 << 10)), None


def fits(total, parts):
    return np.lib.stride_tricks.as_strided(np.zeros(1), (1 << 40,), (0,))


def shares(total, parts):
    return [np.zeros(1000) for _ in range(3000)]
