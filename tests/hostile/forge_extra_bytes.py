"""Sends a right-looking reply with more bytes behind it, for the next question."""

# points: 0
# outcomes: crashed skipped failed
# report: did not come back with a result

import os

from grader.worker import serve, wire

original = serve.Server._returned


def returned(self, number, *arguments):
    original(self, number, *arguments)
    os.write(self.replies, wire.encode("returned", {"id": number + 1, "value": True}))


serve.Server._returned = returned
