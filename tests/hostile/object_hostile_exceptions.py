"""Raises exceptions whose text, class, bases, traceback and attributes misbehave."""

# points: 0
# outcomes: crashed failed skipped
# report: raised


class Meta(type):
    def __getattribute__(cls, name):
        if name in ("__mro__", "__name__", "__module__"):
            raise SystemExit
        return super().__getattribute__(name)

    def mro(cls):
        return [cls, *type.mro(cls)[1:]]


class Hidden(Exception, metaclass=Meta):
    pass


class Liar(Exception):
    __class__ = property(lambda self: int)

    def __str__(self):
        return 7

    def __getattribute__(self, name):
        raise SystemExit


class Text(str):
    def __getitem__(self, key):
        return self

    def __len__(self):
        return 0


class Wordy(Exception):
    def __str__(self):
        return Text("\ud800\x1b[31m::error::" * 1000)


def scale_forward(x, factor):
    raise Hidden


def scale_backward(dout, cache):
    raise Wordy


def fits(total, parts):
    raise Liar


def shares(total, parts):
    raise Wordy from Liar()


def running_mean(x, mean, steps):
    raise ExceptionGroup("group", [Wordy(), Liar()])
