"""Has the system write into the channel: a byte for every signal, while replies are on their way."""

# points: 0
# outcomes: crashed skipped failed

import os
import signal

for descriptor in range(3, 20):
    try:
        os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(descriptor, warn_on_full_buffer=False)
    except OSError:
        pass
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
