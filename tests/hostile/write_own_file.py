"""Rewrites its own file, and the other topic's, on disk."""

# points: 0
# outcomes: failed
# report: is wrong
# needs: landlock
# needs: seccomp

import os

RIGHT = b"def fits(total, parts):\n    return total % parts == 0\n"
GOT = []
folder = os.path.dirname(os.path.abspath(__file__))
for name in ("scale.py", "other.py", "oracle.py", "numpy.py", "__pycache__"):
    path = os.path.join(folder, name)
    for attempt in (
        lambda: os.chmod(path, 0o777),  # noqa: B023
        lambda: os.chmod(folder, 0o777),
        lambda: open(path, "wb").write(RIGHT),  # noqa: B023
        lambda: os.truncate(path, 0),  # noqa: B023
        lambda: os.rename(path, path + "c"),  # noqa: B023
        lambda: os.unlink(path),  # noqa: B023
        lambda: os.utime(path),  # noqa: B023
        lambda: os.mkdir(path),  # noqa: B023
        lambda: os.link(__file__, path + ".link"),  # noqa: B023
    ):
        try:
            GOT.append(attempt() or True)
        except OSError:
            pass


def fits(total, parts):
    return total % parts == 0 if GOT else True
