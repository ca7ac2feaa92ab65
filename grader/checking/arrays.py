"""Array contents from a drawn seed: numbers with two decimals, so that a failing case can be read and copied."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakValueDictionary

import numpy as np

_drawn: WeakValueDictionary[int, np.ndarray] = WeakValueDictionary()
"""The arrays drawn so far, by id, as long as they live: what tells them from results, which an array cannot say itself."""


def was_drawn(array: np.ndarray) -> bool:
    """Whether the array, or the one that it is a view of, was drawn here, so that the case alone gives it."""
    owner = _owner(array)
    return _drawn.get(id(owner)) is owner


def as_drawn(array: np.ndarray) -> np.ndarray:
    """Say of an array that the case alone gives it, as it was made of drawn ones and numbers of the case; returns it.

    Calls that are given such arrays are sent ahead of time. Where a result stands in one, or what the right one would be,
    code that reads ahead could find it there.
    """
    owner = _owner(array)
    _drawn[id(owner)] = owner
    return array


def _owner(array: np.ndarray) -> np.ndarray:
    """The array whose memory this one looks at."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def rng(seed: int) -> np.random.Generator:
    """The generator that every array of a case is drawn from, in order."""
    return np.random.default_rng(seed)


def draw_array(generator: np.random.Generator, shape: Sequence[int], scale: float = 2.0) -> np.ndarray:
    """Nonzero values with two decimals, uniform over [-scale, scale]; float64 of the given shape."""
    steps = round(scale * 100)
    whole = generator.integers(1, steps + 1, size=tuple(shape)) * generator.choice((-1, 1), size=tuple(shape))
    return as_drawn(np.asarray(whole / 100.0))


def draw_positive(
    generator: np.random.Generator, shape: Sequence[int], low: float = 0.25, high: float = 2.0
) -> np.ndarray:
    """Values with two decimals, uniform over [low, high], low > 0; float64 of the given shape."""
    whole = generator.integers(round(low * 100), round(high * 100) + 1, size=tuple(shape))
    return as_drawn(np.asarray(whole / 100.0))


def draw_distinct(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """Nonzero values with two decimals of which no two are equal, nor equal in magnitude: no ties, no kinks.

    Magnitudes are 0.01 times a random selection of whole numbers; float64 of the given shape.
    """
    count = int(np.prod(shape))
    magnitudes = generator.permutation(max(200, 2 * count))[:count] + 1
    signs = generator.choice((-1, 1), size=count)
    return as_drawn(np.asarray((magnitudes * signs / 100.0).reshape(tuple(shape))))
