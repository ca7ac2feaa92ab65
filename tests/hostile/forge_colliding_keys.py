"""Sends a dictionary of a hundred thousand numbers that all have the same hash."""

# points: 0
# outcomes: crashed skipped failed
# report: its reply is not one the grader knows

from grader.worker import serve

PAIRS = [[{"int": format(key * (2**61 - 1), "x")}, 0] for key in range(50_000)]


original = serve.Server._returned


def returned(self, number, result, *arguments):
    if type(result) is not bool:
        return original(self, number, result, *arguments)
    self.send("returned", id=number, value={"dict": PAIRS})


serve.Server._returned = returned
