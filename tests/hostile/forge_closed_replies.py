"""Closes the channel of its replies and lives on."""

# points: 0
# outcomes: crashed skipped failed
# report: fits ended the process

import os
import time

from grader.worker import serve


def returned(self, number, *arguments):
    os.close(self.replies)
    time.sleep(60)


def fits(total, parts):
    serve.Server._returned = returned
