"""Takes nearly as long as a call may, every time."""

# points: 0
# outcomes: timed_out failed skipped
# report: the topic's 4 s were used up

import time


def scale_forward(x, factor):
    time.sleep(1)
    return x - factor, None


def scale_backward(dout, cache):
    time.sleep(1)
    return dout, 1.0


def fits(total, parts):
    time.sleep(1)
    return True
