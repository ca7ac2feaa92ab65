"""Says of its arguments afterwards what no argument can become."""

# points: 0
# outcomes: crashed skipped failed
# report: does not say what became of the arguments

import itertools

from grader.worker import serve

original = serve.Server._returned
NOTHING, OTHER = {"list": []}, {"dict": [["x", 1]]}
AFTER = itertools.cycle(
    [{"list": [1, 2]}, NOTHING, None, {"list": [NOTHING, OTHER]}, {"list": [NOTHING, OTHER, NOTHING]}]
)


def returned(self, number, result, keep, observed):
    if observed is None:
        original(self, number, result, keep, observed)
    else:
        self.send("returned", id=number, value={"tuple": [1, {"handle": 1}]}, after=next(AFTER))


serve.Server._returned = returned
