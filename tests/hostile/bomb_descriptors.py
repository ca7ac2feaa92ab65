"""Opens files until there are no descriptors left."""

# points: 0
# outcomes: crashed failed skipped
# report: fits raised OSError
# report: Too many open files
# needs: open_files_limit

import os

hoard = []


def fits(total, parts):
    while True:
        hoard.append(os.open(os.devnull, os.O_RDONLY))
