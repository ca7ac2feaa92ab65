"""Takes every descriptor and answers as if nothing had happened."""

# points: 0
# outcomes: failed crashed skipped
# report:

import os

try:
    while True:
        os.pipe()
except OSError:
    pass
