"""Right answers, with threads that never end and take all the processor time they get."""

# answers: right
# points: <=14
# outcomes: passed timed_out failed skipped
# report:

import sys
import threading

sys.setswitchinterval(1e-6)


def spin():
    while True:
        pass


for _ in range(4):
    threading.Thread(target=spin, daemon=True).start()
