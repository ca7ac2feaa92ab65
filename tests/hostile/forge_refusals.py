"""Refuses in ways that no worker does."""

# points: 0
# outcomes: failed skipped crashed
# report: not written yet

import itertools

from grader.worker import serve

FIELDS = itertools.cycle([{"reason": None}, {"missing": 1, "reason": []}, {"missing": True, "reason": {}}, {}])


def returned(self, number, *arguments):
    self.send("refused", id=number, **next(FIELDS))


serve.Server._returned = returned
