"""Replaces the grader's modules that are in this process by ones that report full marks."""

# points: 0
# outcomes: crashed failed skipped
# report: returned something else

import sys

from grader.worker import serve, wire


def passed(self, number, *arguments):
    self.send("returned", id=number, outcome="passed", points_earned=12, value=None)


serve.Server._returned = passed
wire.PAYLOAD_BYTES = wire.HEADER_BYTES = 1 << 31
sys.modules["grader.results"] = sys.modules["grader.grading"] = sys
