"""Calls sys.exit(0) while it is imported, as if all were well."""

# points: 0
# outcomes: crashed skipped
# report: importing scale.py raised SystemExit

import sys

print("12 of 12 points")
sys.exit(0)
