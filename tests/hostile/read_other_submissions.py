"""Lists and reads the folders of other submissions, and the submission it came from."""

# points: 0
# outcomes: failed
# report: is wrong
# needs: landlock

import os
import tempfile

GOT = []
own = os.path.dirname(os.path.abspath(__file__))
for folder in (os.path.dirname(own), "/tmp", "/var/tmp", "/dev/shm", tempfile.gettempdir() + "/..", own + "/.."):
    try:
        GOT += os.listdir(folder)
    except OSError:
        pass


def fits(total, parts):
    return total % parts == 0 if GOT else True
