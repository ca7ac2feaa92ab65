"""Sends a payload of a million empty arrays, which takes a reader's time and memory."""

# points: 0
# outcomes: crashed skipped failed timed_out
# report: it announces too many arrays

import os

from grader.worker import serve, wire

original = serve.Server._returned


def returned(self, number, result, *arguments):
    if type(result) is not bool:
        return original(self, number, result, *arguments)
    entry = '"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    header = ("{" + ",".join(entry % name for name in range(50_000)) + "}").encode()
    payload = len(header).to_bytes(8, "little") + header
    head = b'{"kind":"returned"}'
    view = memoryview(wire.PREFIX.pack(wire.MAGIC, len(head), len(payload)) + head + payload)
    while view:
        view = view[os.write(self.replies, view) :]


serve.Server._returned = returned
