"""Makes the calls of a case again on other functions, and compares what two functions gave."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from grader.client.student import Call, Student
from grader.errors import StudentMissing, StudentRaised, StudentReturnedOther, SubmissionFault, forget_where
from grader.worker.wire import Handle, Rng

CLOSE = 1e-5
"""Two numbers are the same where they differ by this share of the largest of the array: float32 is as good as float64."""


GoesOn = Callable[[int, Call], bool]
"""Asked after each call, with its number and what it gave; where it says no, the rest is not worth making."""


class Again(NamedTuple):
    """Calls made again, as far as they were made.

    `is_whole`: all of them were. `is_over`: no more can be, since all were or the next one needs what none of these gave.
    """

    calls: Sequence[Call]
    is_whole: bool
    is_over: bool


def make_again(calls: Sequence[Call], student: Student, goes_on: GoesOn) -> Again:
    """The same calls in order on another `student`."""
    handles: dict[int, Handle] = {}
    made: list[Call] = []
    for call in calls:
        again = _call_again(student, call, handles)
        if again is None:
            return Again(made, is_whole=False, is_over=True)
        made.append(again)
        if not goes_on(len(made) - 1, again):
            return Again(made, is_whole=False, is_over=False)
        _map_handles(call.result, again.result, handles)
    return Again(made, is_whole=True, is_over=True)


def _call_again(student: Student, call: Call, handles: Mapping[int, Handle]) -> Call | None:
    """The same call on `student`; None where it needs what the other functions did not give."""
    try:
        arguments = [_translate(value, handles) for value in call.arguments]
    except KeyError:
        return None
    with warnings.catch_warnings(), suppress(SubmissionFault):
        warnings.simplefilter("ignore")
        if call.observed:
            student.observe(call.function, *arguments, **call.keywords)
        else:
            getattr(student, call.function)(*arguments, **call.keywords)
    made = student.transcript[-1]
    forget_where(made.error)
    return made


def _translate(value: Any, handles: Mapping[int, Handle]) -> Any:
    return handles[value.number] if isinstance(value, Handle) else value


def _map_handles(theirs: Any, ours: Any, handles: dict[int, Handle]) -> None:
    if isinstance(theirs, Handle) and isinstance(ours, Handle):
        handles[theirs.number] = ours
    elif isinstance(theirs, tuple) and isinstance(ours, tuple):
        for one, other in zip(theirs, ours, strict=False):
            _map_handles(one, other, handles)


def same_call(theirs: Call, ours: Call, close: float = CLOSE) -> bool:
    """Whether two calls ended the same: with the same values, the same arguments changed in place, the same exception."""
    return same_ending(theirs, ours) and same_value(theirs.result, ours.result, close)


def same_ending(theirs: Call, ours: Call) -> bool:
    """The same but for the values."""
    if isinstance(theirs.error, StudentRaised) and isinstance(ours.error, StudentRaised):
        return _known_kind(theirs.error) == _known_kind(ours.error)
    structure = (type(None), StudentReturnedOther)
    if not isinstance(theirs.error, structure) or not isinstance(ours.error, structure):
        return isinstance(theirs.error, StudentMissing) and isinstance(ours.error, StudentMissing)
    return _changed(theirs) == _changed(ours) and bool(theirs.warnings) == bool(ours.warnings)


def _known_kind(error: StudentRaised) -> str:
    """The kind of an exception; of a class of the student's own, the built-in one that it is derived from."""
    is_known = any(hasattr(module, error.kind) for module in (builtins, np.exceptions, np.linalg))
    return error.kind if is_known or not error.kinds else error.kinds[0]


def _changed(call: Call) -> list[bool]:
    """Which of the arrays that were passed hold something else after an observed call."""
    pairs = zip(call.arguments, call.after, strict=False)
    return [not np.array_equal(before, now) for before, now in pairs if isinstance(before, np.ndarray)]


def repeats(calls: Sequence[Call]) -> list[bool]:
    """Of every two calls that were given the same, whether they gave the same."""
    given = [_given(call, calls) for call in calls]
    return [
        same_call(calls[i], calls[j]) for j in range(len(calls)) for i in range(j) if _is_same_given(given[i], given[j])
    ]


def _given(call: Call, calls: Sequence[Call]) -> list[Any]:
    """The function and its arguments; in the place of a handle, what the call was given that made it."""
    given: list[Any] = [call.function]
    for value in (*call.arguments, *call.keywords.values()):
        if isinstance(value, Handle):
            makers = [
                one for one in calls if any(isinstance(item, Handle) and item == value for item in flat(one.result))
            ]
            given += _given(makers[0], calls) if makers and makers[0] is not call else []
        else:
            given.append(value)
    return given


def _is_same_given(one: list[Any], other: list[Any]) -> bool:
    shared = any(isinstance(value, Rng) and value.shared for value in one)  # which gives something else each time
    return not shared and len(one) == len(other) and all(map(_is_same_argument, one, other))


def _is_same_argument(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return bool(one == other)


def flat(value: Any) -> list[Any]:
    """The values in nested tuples and lists, in order."""
    return [item for entry in value for item in flat(entry)] if isinstance(value, (tuple, list)) else [value]


def same_value(got: Any, other: Any, close: float = CLOSE) -> bool:
    """Whether two returned values are the same up to rounding; handles are not looked into."""
    if isinstance(got, Handle) or isinstance(other, Handle):
        return isinstance(got, Handle) and isinstance(other, Handle)
    if isinstance(got, (tuple, list)) or isinstance(other, (tuple, list)):
        return (
            isinstance(got, (tuple, list))
            and isinstance(other, (tuple, list))
            and len(got) == len(other)
            and all(same_value(one, two, close) for one, two in zip(got, other, strict=True))
        )
    if isinstance(got, dict) and isinstance(other, dict):
        return got.keys() == other.keys() and all(same_value(value, other[key], close) for key, value in got.items())
    numeric = (bool, int, float, np.generic, np.ndarray)
    if isinstance(got, numeric) and isinstance(other, numeric):
        return _same_numbers(got, other, close)
    return type(got) is type(other) and bool(got == other)


def _same_numbers(got: Any, other: Any, close: float) -> bool:
    if isinstance(got, int) and isinstance(other, int):
        return got == other
    one, two = np.asarray(got, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if one.shape != two.shape:
        return False
    finite = np.isfinite(two)
    if finite.all():  # nearly always; np.allclose takes several times as long
        with np.errstate(over="ignore"):
            return bool((np.abs(one - two) <= close * np.max(np.abs(two), initial=0.0)).all())
    scale = float(np.max(np.abs(two[finite]), initial=0.0))
    return bool(np.allclose(one, two, rtol=0.0, atol=close * scale, equal_nan=True))
