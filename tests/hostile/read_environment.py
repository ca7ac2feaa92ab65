"""Raises with everything that the environment, the command line and the user's files say."""

# points: 0
# outcomes: crashed failed skipped
# report: fits raised RuntimeError
# report: '/proc/self/environ': 'PermissionError'
# needs: landlock

import os
import sys


def fits(total, parts):
    found = {}
    for path in ("/proc/self/environ", "/etc/passwd", "/etc/hostname", os.path.expanduser("~root/.bashrc")):
        try:
            with open(path) as file:
                found[path] = file.read()
        except OSError as error:
            found[path] = type(error).__name__
    secret = os.environ.get("CONVGRADE_SECRET", "no secret")
    raise RuntimeError(f"{found} {secret} {sys.argv}")
