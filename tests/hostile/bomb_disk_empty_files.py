"""Makes a hundred thousand empty files."""

# points: 0
# outcomes: crashed failed skipped
# report: wrote more than it may: it was stopped after it had written


def fits(total, parts):
    for number in range(100_000):
        open(f"empty{number}", "wb").close()
    while True:
        pass
