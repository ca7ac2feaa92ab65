"""Sends requests' own values back: generators with impossible seeds in the place of a cache."""

# points: 0
# outcomes: crashed skipped failed
# report: its reply is not one the grader knows

from grader.worker import serve

RNG = {"rng": -1}


def returned(self, number, *arguments):
    self.send("returned", id=number, value={"tuple": [RNG, RNG]}, after={"list": [RNG, RNG]})


serve.Server._returned = returned
