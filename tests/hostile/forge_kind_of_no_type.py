"""Sends messages whose kind is a list, whose header is no object, whose constants are no JSON."""

# points: 0
# outcomes: crashed skipped failed
# report: its reply is not one the grader knows

import itertools
import os

from grader.worker import serve, wire

HEADERS = itertools.cycle(
    [
        b'{"kind": []}',
        b'{"kind": {}}',
        b"[]",
        b'"returned"',
        b'{"kind": "returned", "value": NaN}',
        b'{"kind": "returned", "value": ' + b"[" * 100_000,
        b"\xff\xfe",
        b"",
        b'{"kind": "start"}',
    ]
)


def returned(self, number, *arguments):
    header = next(HEADERS)
    os.write(self.replies, wire.PREFIX.pack(wire.MAGIC, len(header), 0) + header)


serve.Server._returned = returned
