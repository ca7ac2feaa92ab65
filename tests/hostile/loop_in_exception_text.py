"""Raises an exception whose message takes forever to make."""

# points: 0
# outcomes: timed_out failed skipped
# report: fits gave no answer within 1.5 s


class Endless(Exception):
    def __str__(self):
        while True:
            pass


def fits(total, parts):
    raise Endless
