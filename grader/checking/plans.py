"""What of a check's calls may be known before they are made; grader.client.foresight sends it ahead.

A case's first call comes before any result. Of a later one it must be certain that no result stands in it: its arrays were
drawn, or the check says that they are given, and its numbers and text cannot be results, since nothing but arrays and
handles was returned in the case before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from grader.checking.arrays import was_drawn
from grader.client.foresight import Plan, Planned, PlannedCase
from grader.client.student import Call
from grader.worker.wire import Handle, Rng


def make_plan(cases: Iterable[Sequence[Call]]) -> Plan:
    """The calls of each case in order, without their results; those that may hold one without their arguments as well."""
    return Plan([PlannedCase([_planned(calls, position) for position in range(len(calls))]) for calls in cases])


def _planned(calls: Sequence[Call], position: int) -> Planned:
    call = calls[position]
    plain = all(earlier.error is not None or _holds_arrays_only(earlier.result) for earlier in calls[:position])
    passed = (*call.arguments, *call.keywords.values())
    known = position == 0 or all(_is_given(value, plain) for value in passed)
    bare = Call(call.function, call.arguments, call.keywords, call.observed) if known else None
    return Planned(call.function, bare)


def _is_given(value: Any, plain: bool) -> bool:
    """Whether the case gives an argument of a later call; numbers and text are in doubt unless `plain` says otherwise."""
    if isinstance(value, np.ndarray):
        return was_drawn(value)
    if isinstance(value, (tuple, list)):
        return all(_is_given(item, plain) for item in value)
    return value is None or isinstance(value, (bool, Handle, Rng)) or (plain and type(value) in (int, float, str))


def _holds_arrays_only(result: Any) -> bool:
    if isinstance(result, (tuple, list)):
        return all(map(_holds_arrays_only, result))
    return isinstance(result, (np.ndarray, Handle))
