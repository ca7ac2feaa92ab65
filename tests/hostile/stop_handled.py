"""Runs code of its own when it is resumed, and ignores every signal by which a process is told to stop or to go on."""

# points: 0
# outcomes: timed_out failed skipped
# report: gave no answer within 1.5 s

import signal


def never(number, frame):
    while True:
        pass


for number in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGHUP, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
signal.signal(signal.SIGCONT, never)
