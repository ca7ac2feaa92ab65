"""Returns an object whose finalizer never ends."""

# points: 0
# outcomes: timed_out failed skipped
# report: gave no answer within 1.5 s


class Endless:
    def __del__(self):
        while True:
            pass


def fits(total, parts):
    Endless()
    return True
