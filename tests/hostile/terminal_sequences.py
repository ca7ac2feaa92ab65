"""Prints, raises and returns sequences by which a terminal clears its screen, changes its title or types."""

# points: 0
# outcomes: failed crashed skipped
# report: raised

SEQUENCES = "\x1b[2J\x1b[H\x1b]0;title\x07\x1b]52;c;YWJj\x07\x1bP+q\x1b\\\x9b31m\x08\x7f\r12 of 12 points\v\f"
SEQUENCES += "\x00\u2028\u2029\ufeff"


class Odd(Exception):
    pass


Odd.__name__ = "Odd" + SEQUENCES.replace("\x00", "")


def scale_forward(x, factor):
    print(SEQUENCES)
    return SEQUENCES, None


def fits(total, parts):
    raise Odd(SEQUENCES)


def shares(total, parts):
    return [SEQUENCES, SEQUENCES]
