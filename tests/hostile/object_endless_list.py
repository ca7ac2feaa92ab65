"""Returns a list that never ends."""

# points: 0
# outcomes: failed crashed skipped
# report: shares
# report:

asked = []


class Endless(list):
    def __iter__(self):
        while True:
            yield 1


def shares(total, parts):
    asked.append(total)
    return Endless() if len(asked) < 4 else 0
