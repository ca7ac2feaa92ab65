"""Keeps an object as its cache whose finalizer never ends: it is dropped when the next case begins."""

# points: 0
# outcomes: timed_out failed skipped
# report: gave no answer within


class Endless:
    def __del__(self):
        while True:
            pass


def scale_forward(x, factor):
    return x - factor, Endless()
