"""Returns whole numbers of a hundred thousand digits, or just too large for a float."""

# points: 0
# outcomes: failed crashed skipped
# report: bits

LARGE = 1 << 300_000


def fits(total, parts):
    return LARGE


def shares(total, parts):
    return [[LARGE, -LARGE], [1 << 1024, 1 << 1022]]


def running_mean(x, mean, steps):
    return 1 << 1022, 1 << 1022


def scale_backward(dout, cache):
    return dout, 1 << 1022
