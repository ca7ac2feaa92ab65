"""Replaces json by a module that turns every message into a pass."""

# points: 0
# outcomes: crashed skipped
# report: scale.py disturbed its process while it was imported

import json

PASSED = '{"outcome": "passed", "points_earned": 12, "points_possible": 12}'
json.dumps = lambda *arguments, **keywords: PASSED
json.loads = lambda *arguments, **keywords: {"outcome": "passed"}
json.JSONEncoder.encode = lambda self, value: PASSED
