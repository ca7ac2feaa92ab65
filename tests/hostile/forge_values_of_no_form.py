"""Sends values whose tags contradict what they hold."""

# points: 0
# outcomes: crashed skipped failed
# report: its reply is not one the grader knows

import itertools

from grader.worker import serve

VALUES = itertools.cycle(
    [
        {"tuple": 1},
        {"list": "abc"},
        {"dict": [[{"list": []}, 0]]},
        {"dict": [1, 2]},
        {"float": "1e5"},
        {"int": ["f"]},
        {"array": ["0"]},
        {"array": "missing"},
        {"scalar": "missing"},
        {"handle": "1"},
        {"rng": -1},
        {"": 0},
        {"x" * 1_000_000: 0},
        {},
        [],
    ]
)


def returned(self, number, *arguments):
    self.send("returned", id=number, value=next(VALUES), after=next(VALUES))


serve.Server._returned = returned
