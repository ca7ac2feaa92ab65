"""What calls were given, as a few bytes: calls that were given the same have the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from grader.client.student import Call
from grader.worker.wire import Handle


def given_digest(calls: Sequence[Call]) -> bytes:
    """Stands for all that calls were given: those with the same digest give the same when they are made again.

    Where a result has handles belongs to it: a call that was given one is given what another function has in its place.
    """
    digest = hashlib.sha256()

    def add(value: Any) -> None:
        if isinstance(value, np.ndarray):
            digest.update(f"{value.dtype.str}{value.shape}".encode() + value.tobytes())
        elif isinstance(value, (tuple, list)):
            digest.update(f"{type(value).__name__}{len(value)}".encode())
            for item in value:
                add(item)
        elif isinstance(value, Handle):
            digest.update(f"Handle {value.number};".encode())
        elif isinstance(value, dict):
            add([part for item in value.items() for part in item])
        else:
            digest.update(f"{type(value).__name__} {value!r};".encode())

    for call in calls:
        add((call.function, call.observed, call.arguments, call.keywords, _places_of_handles(call.result)))
    return digest.digest()


def _places_of_handles(result: Any) -> Any:
    if isinstance(result, tuple):
        return tuple(map(_places_of_handles, result))
    return result if isinstance(result, Handle) else None
