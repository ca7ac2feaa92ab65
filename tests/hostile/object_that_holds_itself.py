"""Returns lists that hold themselves, and lists that double with every level."""

# points: 0
# outcomes: failed crashed skipped
# report:

asked = []
circle = []
circle.append(circle)
doubling = [0]
for _ in range(19):
    doubling = [doubling, doubling]


def shares(total, parts):
    asked.append(total)
    return circle if len(asked) < 4 else 0


def fits(total, parts):
    asked.append(total)
    return doubling if len(asked) < 4 else 0
