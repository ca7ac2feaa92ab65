"""What cases give with other functions in the student's place, remembered from one submission to the next.

It follows from what the calls were given and from those functions, not from whose calls they were. Students of a class fail
the same cases, which are then asked about the same misconceptions, and compared with the same trace of the oracle's model.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from grader.client.student import Call

BYTES = 48 << 20
"""What is remembered in all; what was not asked for the longest is forgotten first."""
CALL_BYTES = 1500
"""About what a call takes besides its arrays."""
FACT_BYTES = 500
"""About what anything small takes, with its key."""

Oracle = Mapping[str, Callable[..., Any]]
Value = TypeVar("Value")


@dataclass
class ReplayBook:
    """Remembers values by key and oracle, up to BYTES of them."""

    _kept: OrderedDict[tuple[int, Hashable], tuple[Any, int]] = field(default_factory=OrderedDict)
    _oracles: dict[int, Oracle] = field(default_factory=dict)  # kept, so that no other gets the same id
    _bytes: int = 0

    def get(self, oracle: Oracle, key: Hashable) -> Any:
        """What was kept under a key; None where there is nothing, or nothing any more."""
        place = id(oracle), key
        if place not in self._kept:
            return None
        self._kept.move_to_end(place)
        return self._kept[place][0]

    def keep(self, oracle: Oracle, key: Hashable, value: Value, size: int) -> Value:
        """Keep a value of about so many bytes, in the place of what the key had before; gives the value."""
        self._oracles[id(oracle)] = oracle
        place = id(oracle), key
        self._bytes += size - self._kept.pop(place, (None, 0))[1]
        self._kept[place] = value, size
        while self._bytes > BYTES:
            _, (_, freed) = self._kept.popitem(last=False)
            self._bytes -= freed
        return value


def size_of(calls: Sequence[Call]) -> int:
    """About how many bytes calls take that were made again; their arguments are those of the case, mostly a drawn one."""
    return sum(CALL_BYTES + _array_bytes((call.result, call.after)) for call in calls)


def _array_bytes(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, dict):
        return sum(map(_array_bytes, value.values()))
    return sum(map(_array_bytes, value)) if isinstance(value, (tuple, list)) else 0
