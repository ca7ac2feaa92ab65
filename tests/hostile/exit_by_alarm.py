"""Sets a timer that ends the process some time later."""

# points: 0
# outcomes: crashed skipped
# report: ended by SIGALRM

import signal
import time

signal.setitimer(signal.ITIMER_REAL, 0.05)
time.sleep(2)
