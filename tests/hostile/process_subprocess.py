"""Runs a program."""

# points: 0
# outcomes: crashed failed skipped
# report: fits raised PermissionError
# needs: seccomp

import subprocess


def fits(total, parts):
    return (
        subprocess.run(["/bin/sh", "-c", "echo True; touch /tmp/convgrade_left_behind"], capture_output=True).returncode
        == 0
    )
