"""Ends the process with status 0 while it is imported."""

# points: 0
# outcomes: crashed skipped
# report: importing scale.py ended the process
# report: it exited with status 0

import os

os._exit(0)
