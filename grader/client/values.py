"""Returned values: how they are described to a student, and the structure that a function's result must have."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.course import Function, Names
from grader.errors import StudentReturnedOther
from grader.worker.wire import Handle, Unsupported

CHARACTERS = 300
DEPTH = 4
UNUSUAL = {
    "generator": "a generator (yield gives one; is return meant?)",
    "coroutine": "a coroutine (async def gives one; is def meant?)",
    "function": "a function (are the brackets of its call missing?)",
    "type": "a class (are the brackets of its call missing?)",
}
"""What to say of objects that come of a slip, by the name of their class."""


def describe(value: Any) -> str:
    """A short description of a returned value for a student."""
    return _describe(value, DEPTH)[:CHARACTERS]


def _describe(value: Any, depth: int) -> str:
    if value is None:  # within a tuple it is what was kept, perhaps
        return "None (is the return statement missing?)" if depth == DEPTH else "None"
    if isinstance(value, Unsupported):
        return value.description
    if isinstance(value, Handle):
        return UNUSUAL.get(value.type, f"an object of type {value.type}")
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape}, dtype {value.dtype}"
    if isinstance(value, (tuple, list)):
        kind = type(value).__name__
        if len(value) <= 8 and all(isinstance(item, (int, float, str)) for item in value):
            return f"{kind} {value!r}"[:120]
        start = f"a {kind} of {len(value)}"
        if not depth:
            return start
        items = ", ".join(_describe(item, depth - 1) for item in value[:4]) + (", ..." if len(value) > 4 else "")
        return f"{start}: {items}" if depth == DEPTH else f"{start} ({items})"
    if isinstance(value, (bool, int, float, str)):
        return repr(value)[:120]
    if isinstance(value, np.generic):
        return repr(value.item())[:120]
    return f"a {type(value).__name__}"


def structured(value: Any, names: Names) -> Any:
    """`value` as the nested tuples that `names` asks for; lists, and arrays along their first axis, count as tuples.

    A single name asks for no tuple. Raises StudentReturnedOther where the structure is another.
    """
    if len(names) == 1 and isinstance(names[0], str):
        return value
    axis = isinstance(value, np.ndarray) and value.ndim > 0
    if not (axis or isinstance(value, (tuple, list))) or len(value) != len(names):
        raise StudentReturnedOther(f"a tuple {spell(names)}", describe(value))
    return tuple(
        item if isinstance(name, str) else structured(item, name) for item, name in zip(value, names, strict=True)
    )


def kept_in_place(result: Any, function: Function) -> Any:
    """`result`, which has the function's structure, once what should stay in the worker is known to have stayed there.

    The worker sees to that, but what it sends is the student's to choose, and what is passed on as a cache reaches oracles
    and misconceptions. Raises StudentReturnedOther.
    """
    for path in function.kept:
        item = result
        for position in path:
            item = item[position]
        if not isinstance(item, Handle):
            raise StudentReturnedOther(f"a tuple {spell(function.returns)}" if path else "an object", describe(item))
    return result


def flat_names(names: Names) -> list[str]:
    """The names from left to right, without their nesting."""
    return [item for name in names for item in ([name] if isinstance(name, str) else flat_names(name))]


def spell(names: Names) -> str:
    """The names as a student would write the tuple: (out, (new_mean, new_var), cache)."""
    if len(names) == 1 and isinstance(names[0], str):
        return names[0]
    return "(" + ", ".join(name if isinstance(name, str) else spell(name) for name in names) + ")"
