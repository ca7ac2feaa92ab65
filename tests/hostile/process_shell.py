"""Runs a shell in the ways that do not go through subprocess."""

# points: 0
# outcomes: failed
# report: is wrong
# needs: seccomp

import os
import pty

GOT = []
for run in (
    lambda: os.system("touch /tmp/convgrade_left_behind") == 0 or os.abort,
    lambda: os.posix_spawn("/bin/touch", ["touch", "/tmp/convgrade_left_behind"], {}),
    lambda: os.execv("/bin/touch", ["touch", "/tmp/convgrade_left_behind"]),
    lambda: os.popen("touch /tmp/convgrade_left_behind").read(),
    lambda: os.forkpty(),
    lambda: pty.spawn("/bin/sh"),
):
    try:
        GOT.append(run())
    except OSError:
        pass


def fits(total, parts):
    return True
