"""Announces a frame and sends half of it."""

# points: 0
# outcomes: timed_out skipped failed
# report: gave no answer within 1.5 s

import os
import time

from grader.worker import serve, wire

original = serve.Server._returned


def returned(self, number, result, *arguments):
    if type(result) is not bool:
        return original(self, number, result, *arguments)
    os.write(self.replies, wire.PREFIX.pack(wire.MAGIC, 4000, 60_000_000) + bytes(10_000))
    time.sleep(60)


serve.Server._returned = returned
