"""Returned values: how they are described to a student, and the structure that a function's result must have."""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.course import Names
from grader.errors import StudentReturnedOther
from grader.worker.wire import Handle, Unsupported


def describe(value: Any) -> str:
    """A short description of a returned value for a student."""
    if value is None:
        return "None (is the return statement missing?)"
    if isinstance(value, Unsupported):
        return value.description
    if isinstance(value, Handle):
        return f"an object of type {value.type}"
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape}, dtype {value.dtype}"
    if isinstance(value, (tuple, list)):
        kind = type(value).__name__
        if all(isinstance(item, (int, float, str)) for item in value) and len(value) <= 8:
            return f"{kind} {value!r}"[:120]
        return f"a {kind} of {len(value)}: " + ", ".join(describe(item) for item in value[:4])
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
    items = tuple(value) if isinstance(value, np.ndarray) and value.ndim > 0 else value
    if not isinstance(items, (tuple, list)) or len(items) != len(names):
        raise StudentReturnedOther(f"a tuple {spell(names)}", describe(value))
    return tuple(
        item if isinstance(name, str) else structured(item, name) for item, name in zip(items, names, strict=True)
    )


def spell(names: Names) -> str:
    """The names as a student would write the tuple: (out, (new_mean, new_var), cache)."""
    if len(names) == 1 and isinstance(names[0], str):
        return names[0]
    return "(" + ", ".join(name if isinstance(name, str) else spell(name) for name in names) + ")"
