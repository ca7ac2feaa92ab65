"""Sends exceptions whose every field has the wrong type."""

# points: 0
# outcomes: crashed skipped failed
# report: raised ?

import itertools

from grader.worker import serve

FIELDS = itertools.cycle(
    [
        {"type": None, "kinds": None, "message": None, "frames": None},
        {"type": 7, "kinds": "ValueError", "message": {}, "frames": {"file": 1}},
        {"type": [], "kinds": [[], {}, None], "message": [1], "frames": [1, None, [], {}]},
        {
            "type": {},
            "kinds": {},
            "message": True,
            "frames": [{"file": 1, "line": 10**300, "function": [], "code": {}}],
        },
        {"type": "", "kinds": ["x"] * 10_000, "message": "y" * 1_000_000, "frames": [{"line": True}] * 10_000},
        {"type": "?", "kinds": [], "message": "\ud800", "frames": [{"file": "\udfff", "line": -1, "code": "\ud800"}]},
    ]
)


def returned(self, number, *arguments):
    self.send("raised", id=number, **next(FIELDS))


serve.Server._returned = returned
