"""Asks NumPy for arrays larger than any memory."""

# points: 0
# outcomes: crashed failed skipped
# report: fits raised
# needs: memory_limit

import numpy as np


def fits(total, parts):
    return bool(np.ones((1 << 16, 1 << 16)).sum() > 0)
