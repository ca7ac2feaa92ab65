"""Sends arrays whose shapes, types and places are impossible."""

# points: 0
# outcomes: crashed skipped failed
# report: its reply is not one the grader knows

import itertools
import json
import os

from grader.worker import serve, wire

ENTRIES = itertools.cycle(
    [
        {"dtype": "F64", "shape": [0, 2**62, 2**62], "data_offsets": [0, 0]},
        {"dtype": "F64", "shape": [2**63, 2**63], "data_offsets": [0, 0]},
        {"dtype": "F64", "shape": [1] * 100, "data_offsets": [0, 8]},
        {"dtype": "F64", "shape": [1000], "data_offsets": [0, 2**40]},
        {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]},
        {"dtype": "C64", "shape": [1], "data_offsets": [0, 8]},
        {"dtype": "OBJECT", "shape": [1], "data_offsets": [0, 8]},
    ]
)


def returned(self, number, *arguments):
    header = json.dumps({"0": next(ENTRIES)}).encode()
    payload = len(header).to_bytes(8, "little") + header + bytes(8)
    head = json.dumps({"kind": "returned", "id": number, "value": {"array": "0"}}).encode()
    os.write(self.replies, wire.PREFIX.pack(wire.MAGIC, len(head), len(payload)) + head + payload)


serve.Server._returned = returned
