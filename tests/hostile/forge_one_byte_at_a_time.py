"""Sends a frame of 64 megabytes byte by byte, as fast as it goes, so that something always arrives."""

# points: 0
# outcomes: timed_out skipped failed
# report: gave no answer within 1.5 s

import os

from grader.worker import serve, wire

original = serve.Server._returned


def returned(self, number, result, *arguments):
    if type(result) is not bool:
        return original(self, number, result, *arguments)
    os.write(self.replies, wire.PREFIX.pack(wire.MAGIC, 2, wire.PAYLOAD_BYTES) + b"{}")
    while True:
        os.write(self.replies, b"0")


serve.Server._returned = returned
