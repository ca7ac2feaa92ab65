"""Notes what a call warns of: overflow, division by zero and their like, which leave no trace in the result."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

MOST = 8
CHARACTERS = 200


@contextmanager
def noting_warnings(wanted: bool = True) -> Iterator[list[str]]:
    """Collect the messages of RuntimeWarnings, each once, in place of showing them; the list is there afterwards.

    Where that is not `wanted`, warnings are shown as usual.
    """
    noted: list[str] = []
    if not wanted:
        yield noted
        return
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", RuntimeWarning)
            yield noted
    finally:
        for one in caught:
            text = str(one.message)[:CHARACTERS]
            if issubclass(one.category, RuntimeWarning) and text not in noted and len(noted) < MOST:
                noted.append(text)
