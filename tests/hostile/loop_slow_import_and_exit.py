"""Takes nearly as long to import as it may, and ends in every call, so that it is imported again for every check."""

# points: 0
# outcomes: crashed timed_out failed skipped
# report: the topic's 4 s were used up

import os
import time

time.sleep(1.4)


def scale_forward(x, factor):
    os._exit(0)
