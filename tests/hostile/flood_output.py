"""Right answers with five megabytes of output in every call: the text is cut, the answers count."""

# answers: right
# points: 14
# outcomes: passed
# report:

import sys


def fits(total, parts):
    for _ in range(5):
        sys.stdout.write("x" * (1 << 20))
    return total % parts == 0
