"""Never returns; every signal that can be ignored is."""

# points: 0
# outcomes: timed_out failed skipped
# report: scale_forward gave no answer within 1.5 s

import signal

for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)


def scale_forward(x, factor):
    while True:
        pass
