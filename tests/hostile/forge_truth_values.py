"""Sends truth values that are neither 0 nor 1, so that one part of NumPy may take them for true and another for false."""

# points: 0
# outcomes: failed crashed skipped
# report: the answer is wrong

import json
import os

from grader.worker import serve, wire

original = serve.Server._returned


def returned(self, number, result, *arguments):
    if result is not True:
        return original(self, number, result, *arguments)
    header = json.dumps({"0": {"dtype": "BOOL", "shape": [], "data_offsets": [0, 1]}}).encode()
    payload = len(header).to_bytes(8, "little") + header + b"\x02"
    head = json.dumps({"kind": "returned", "id": number, "value": {"scalar": "0"}}).encode()
    os.write(self.replies, wire.PREFIX.pack(wire.MAGIC, len(head), len(payload)) + head + payload)


serve.Server._returned = returned
