"""Sends one array of 40 megabytes and names it fifty thousand times."""

# points: 0
# outcomes: crashed skipped failed
# report: its reply is not one the grader knows

import numpy as np

from grader.worker import serve

ARRAY = np.zeros(5_000_000)


original = serve.Server._returned


def returned(self, number, result, *arguments):
    if type(result) is not bool:
        return original(self, number, result, *arguments)
    self.send("returned", {"0": ARRAY}, id=number, value={"list": [{"array": "0"}] * 50_000})


serve.Server._returned = returned
