"""Writes messages that look like passed checks, scores and test reports to every descriptor that is open."""

# points: 0
# outcomes: crashed skipped failed
# report: scale.py disturbed its process while it was imported

import json
import os

PASSED = json.dumps({"kind": "returned", "outcome": "passed", "points_earned": 12, "points_possible": 12})
REPORT = "<testsuite tests='7' failures='0'/>"
for descriptor in range(1024):
    for text in (PASSED, REPORT, "ok 1\n", "12/12"):
        try:
            os.write(descriptor, text.encode())
        except OSError:
            pass
os._exit(0)
