"""Parts that traits are made of: sizes and values of a call's arguments, and what may hold of them.

A size or value is None where the call has no such argument, and then nothing holds of it, nor does it not hold.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Arguments = dict[str, Any]
Read = Callable[[Arguments], Any]
Holds = Callable[[Arguments], bool | None]


def size(name: str, *axes: int) -> Read:
    """The number of entries along axes of an array argument, or of all its axes where none is named."""

    def read(arguments: Arguments) -> int | None:
        array = arguments.get(name)
        if not isinstance(array, np.ndarray) or any(axis >= array.ndim or axis < -array.ndim for axis in axes):
            return None
        return math.prod([array.shape[axis] for axis in axes] or array.shape)

    return read


def value(name: str, direction: int | None = None) -> Read:
    """An argument that is a number, or one direction's number of an argument for both directions."""

    def read(arguments: Arguments) -> Any:
        given = arguments.get(name)
        if direction is not None and isinstance(given, (tuple, list)):
            return given[direction] if direction < len(given) else None
        return given if isinstance(given, (int, float, str)) else None

    return read


def holds(test: Callable[..., bool], *reads: Read) -> Holds:
    """Whether `test` holds of what is read."""

    def apply(arguments: Arguments) -> bool | None:
        found = [read(arguments) for read in reads]
        return None if any(one is None for one in found) else bool(test(*found))

    return apply


def same(one: Read, other: Read) -> Holds:
    """Whether two are equal."""
    return holds(lambda left, right: left == right, one, other)


def equals(read: Read, number: float) -> Holds:
    """Whether it is this number."""
    return holds(lambda found: found == number, read)
