"""Stops reading what it is asked."""

# points: 0
# outcomes: timed_out skipped failed
# report: gave no answer within 1.5 s

import time

from grader.worker import serve


def receive(self):
    time.sleep(60)


def fits(total, parts):
    serve.Server._receive = receive
    return True
