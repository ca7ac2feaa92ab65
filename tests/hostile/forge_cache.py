"""Sends plain data where an object should have stayed here: what a cache holds reaches the oracles."""

# points: 0
# outcomes: crashed skipped failed
# report: returned something else

import numpy as np

from grader.worker import serve


def returned(self, number, *arguments):
    self.send(
        "returned",
        {"0": np.ones(3), "1": np.ones(3)},
        id=number,
        value={"tuple": [{"array": "0"}, {"tuple": [{"array": "1"}, 10**15]}]},
        after={"list": []},
    )


serve.Server._returned = returned
