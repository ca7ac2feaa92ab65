"""Returns subclasses of numbers, text and lists that behave otherwise than they are."""

# points: 0
# outcomes: failed crashed timed_out skipped
# report: the answer is neither True nor False

asked = []


class Number(int):
    def __eq__(self, other):
        return True

    def __int__(self):
        return 2

    __index__ = __int__
    __hash__ = None


class Items(list):
    def __iter__(self):
        while True:
            yield Number(1)

    def __len__(self):
        return 2


class Name(str):
    def __str__(self):
        return self

    def __getitem__(self, key):
        raise SystemExit


def fits(total, parts):
    return Number(1)


def shares(total, parts):
    asked.append(total)
    return Name("text") if len(asked) < 4 else [Number(1), Items()]


def running_mean(x, mean, steps):
    asked.append(steps)
    return Items() if len(asked) < 8 else (Name(), Name())
