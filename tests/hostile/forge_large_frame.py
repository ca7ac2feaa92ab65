"""Announces a frame of four gigabytes."""

# points: 0
# outcomes: crashed skipped failed
# report: it announces a frame over the size limit

import os

from grader.worker import serve, wire


def returned(self, number, *arguments):
    os.write(self.replies, wire.PREFIX.pack(wire.MAGIC, 2**32 - 1, 2**32 - 1))


serve.Server._returned = returned
