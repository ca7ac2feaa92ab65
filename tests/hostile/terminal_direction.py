"""Prints and raises invisible marks that turn the direction of what follows."""

# points: 0
# outcomes: failed crashed skipped
# report: raised ValueError

MARKS = "\u202e21 fo 21\u202c \u2066points\u2069 \u200f\u200e\u061c"


def fits(total, parts):
    print(MARKS)
    raise ValueError(MARKS)


def shares(total, parts):
    return MARKS
