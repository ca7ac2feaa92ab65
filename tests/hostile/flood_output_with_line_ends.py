"""Prints nothing but line ends, which a careless search for commands takes minutes over."""

# points: 0
# outcomes: failed skipped crashed
# report: is wrong


def fits(total, parts):
    print("\n" * 65_000 + "x")
    return True


def shares(total, parts):
    print("\x1b[" * 30_000 + "\x1b]" * 2000)
    return []
