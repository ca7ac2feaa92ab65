"""Returns objects that cannot be shown: repr, str, format and the class's name all misbehave."""

# points: 0
# outcomes: failed crashed skipped
# report: scale_forward


class Unspeakable:
    def __repr__(self):
        raise SystemExit

    __str__ = __format__ = __hash__ = __repr__


Unspeakable.__name__ = "\x1b[2J::error::\u202e" + "A" * 100_000


def scale_forward(x, factor):
    return Unspeakable(), Unspeakable()


def fits(total, parts):
    return Unspeakable()


def shares(total, parts):
    return [Unspeakable(), (Unspeakable(),)]
