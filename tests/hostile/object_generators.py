"""Returns generators, coroutines, iterators, modules, frames and types."""

# points: 0
# outcomes: failed crashed skipped
# report: an object of type

import itertools
import sys


async def coroutine():
    pass


def scale_forward(x, factor):
    return itertools.count(), sys._getframe()


def fits(total, parts):
    return (item for item in (True, False))


def shares(total, parts):
    return [sys, coroutine, type]


def running_mean(x, mean, steps):
    return map(abs, itertools.count()), NotImplemented
