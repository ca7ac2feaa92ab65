"""Returns large arrays in every call: the grader must neither keep nor copy them all."""

# points: 0
# outcomes: failed crashed skipped timed_out
# report: results of at most 32 MiB, all calls of scale_forward together

import numpy as np

ROW = np.zeros(1_500_000)
COLUMN = np.zeros(12_000_000, np.uint8)


def scale_forward(x, factor):
    return ROW, None


def shares(total, parts):
    return COLUMN
