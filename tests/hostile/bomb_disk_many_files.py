"""Writes many files, each within the limit of one."""

# points: 0
# outcomes: crashed failed skipped
# report: wrote more than it may: it was stopped after it had written


def fits(total, parts):
    number = 0
    while True:
        number += 1
        with open(f"part{number}", "wb") as file:
            file.write(bytes(1 << 20))
