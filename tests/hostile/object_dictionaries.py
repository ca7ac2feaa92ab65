"""Returns dictionaries with keys that collide, disagree with themselves or cannot be compared."""

# points: 0
# outcomes: failed crashed skipped
# report: fits

nan = float("nan")


class Odd:
    def __hash__(self):
        return 0

    def __eq__(self, other):
        raise SystemExit


def scale_forward(x, factor):
    return {nan: 1, 1: x, "1": x}, {Odd(): 1}


def fits(total, parts):
    return {key * (2**61 - 1): True for key in range(500)}


def shares(total, parts):
    return {(): [], (1, (2,)): {}}


def running_mean(x, mean, steps):
    return {1: {1: {1: x}}}, {}
