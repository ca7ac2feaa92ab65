"""Comparisons of what a student returned with what is right: type, then shape, then dtype, then values.

Each raises CheckFailed with the difference as data. `what` names the compared thing in the field's words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

import numpy as np

from grader.checking.tolerance import allowed_error
from grader.client.values import describe
from grader.errors import SubmissionFault
from grader.results import Arrays, Failure, Scalar
from grader.worker.wire import Handle, Unsupported

SHOWN_ENTRIES = 256
"""Compared arrays of up to so many entries go into the report whole, for those who draw them."""


class CheckFailed(Exception):
    """A check's verdict: what was returned is wrong. `value` is the compared value, to find it among the results.

    `calls` are those that led to it, where they are not the case's own. `in_between` says that calls count which were
    made in between, though nothing is done with their results.
    """

    calls: Sequence[Any] = ()
    in_between: bool = False

    def __init__(self, failure: Failure, value: Any = None) -> None:
        super().__init__(failure.what)
        self.failure = failure
        self.value = value


_shares: ContextVar[list[float] | None] = ContextVar("shares", default=None)


@contextmanager
def observing_errors() -> Iterator[list[float]]:
    """Collect the largest error of every comparison of arrays as a share of the allowed one."""
    shares: list[float] = []
    token = _shares.set(shares)
    try:
        yield shares
    finally:
        _shares.reset(token)


def fail(what: str, wanted: Scalar = None, got: Scalar = None, value: Any = None) -> NoReturn:
    """Fail the check with a sentence, and what was wanted and got where that helps."""
    raise CheckFailed(Failure(what=what, wanted=wanted, got=got), value)


def expect_again(again: Any, first: Any, what: str) -> None:
    """Require that a second call with the same cache gives what the first one gave, which was right: it changed nothing in it."""
    right = np.asarray(first)
    bound = float(np.abs(right).max(initial=0.0))
    expect_array(again, right, bound, what=f"{what} of the second call with the same cache")


def expect_array(
    got: Any, wanted: np.ndarray, bound: np.ndarray | float | None = None, *, what: str = "the output"
) -> None:
    """Require a floating point array equal to `wanted` within `allowed_error(bound)`, entry by entry.

    `bound` is the magnitude that went into each entry: usually the oracle on absolute values. The default, |wanted|, is
    for values that are only moved or multiplied, never added up.
    """
    wanted = np.asarray(wanted, dtype=np.float64)
    if isinstance(got, (int, float)) and not isinstance(got, bool) and wanted.ndim == 0:
        got = np.asarray(got, dtype=np.float64)
    if isinstance(got, np.generic) and wanted.ndim == 0:
        got = np.asarray(got)
    if isinstance(got, Unsupported):  # an array perhaps, but of complex numbers or objects
        fail(f"{what} is not an array of floating point numbers", f"array of shape {wanted.shape}", describe(got), got)
    if not isinstance(got, np.ndarray):
        fail(f"{what} is not a NumPy array", f"array of shape {wanted.shape}", describe(got), got)
    if got.shape != wanted.shape:
        fail(f"{what} has the wrong shape", str(wanted.shape), str(got.shape), got)
    if got.dtype.kind != "f":
        fail(f"{what} has the wrong dtype", "floating point", str(got.dtype), got)
    limit = np.broadcast_to(allowed_error(np.abs(wanted) if bound is None else bound), wanted.shape)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(got.astype(np.float64) - wanted)
    wrong = ~(error <= limit)  # a NaN is wrong
    shares = _shares.get()
    if shares is not None and wanted.size:
        with np.errstate(divide="ignore", invalid="ignore"):
            shares.append(float(np.nanmax(np.where(error > 0, error / limit, 0.0))))
    if wrong.any():
        _fail_at(got, wanted, error, limit, wrong, what)


def _fail_at(
    got: np.ndarray, wanted: np.ndarray, error: np.ndarray, limit: np.ndarray, wrong: np.ndarray, what: str
) -> NoReturn:
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))
    failure = Failure(
        what=f"{what} is wrong",
        wanted=float(wanted[index]),
        got=float(got[index]),
        index=index,
        error=float(error[index]),
        allowed_error=float(limit[index]),
        share_differing=float(wrong.mean()),
        arrays=_shown(got, wanted, wrong),
    )
    raise CheckFailed(failure, got)


def _shown(got: np.ndarray, wanted: np.ndarray, wrong: np.ndarray) -> Arrays | None:
    """The compared arrays as data; None for a single entry, which `wanted` and `got` show, and for many."""
    if not 1 < wanted.size <= SHOWN_ENTRIES:
        return None
    entries = got.astype(np.float64).ravel().tolist()
    return Arrays(wanted.shape, tuple(wanted.ravel().tolist()), tuple(entries), tuple(wrong.ravel().tolist()))


@contextmanager
def with_calls_in_between() -> Iterator[None]:
    """Let what fails, or ends a call, be shown with every call since the first one that it builds on: it depends on all."""
    try:
        yield
    except (CheckFailed, SubmissionFault) as error:
        error.in_between = True
        raise


def expect_number(got: Any, wanted: float, bound: float | None = None, *, what: str = "the result") -> None:
    """Require one real number (Python, NumPy scalar or array of one entry) within `allowed_error(bound)` of `wanted`."""
    number = as_number(got)
    if number is None:
        fail(f"{what} is not a number", wanted, describe(got), got)
    try:
        expect_array(np.asarray(float(number)), np.asarray(float(wanted)), bound, what=what)
    except CheckFailed as error:
        raise CheckFailed(error.failure, got) from None


def expect_integer(got: Any, wanted: int, *, what: str = "the result") -> None:
    """Require the whole number `wanted`, exactly; 5.0 counts as 5, True does not count as 1."""
    number = as_number(got)
    if number is None:
        fail(f"{what} is not a number", wanted, describe(got), got)
    if number != wanted:
        shown: Scalar = int(number) if isinstance(number, int) or number.is_integer() else number
        fail(f"{what} is wrong", wanted, shown, got)


def expect_truth(got: Any, wanted: bool, *, what: str = "the answer") -> None:
    """Require True or False; NumPy's booleans, and 0 and 1, count as such."""
    number = int(got) if isinstance(got, (bool, np.bool_)) else as_number(got)
    if number is None or number not in (0, 1):
        fail(f"{what} is neither True nor False", wanted, describe(got), got)
    if bool(number) is not wanted:
        fail(f"{what} is wrong", wanted, bool(number), got)


def expect_equal(got: Any, wanted: Any, *, what: str = "the result") -> None:
    """Require the same nested structure of whole numbers; tuples and lists are not told apart."""
    if isinstance(wanted, (tuple, list)):
        if not isinstance(got, (tuple, list)) and not (isinstance(got, np.ndarray) and got.ndim):
            fail(f"{what} is not a {type(wanted).__name__}", describe(wanted), describe(got), got)
        if len(got) != len(wanted):
            fail(f"{what} has {len(got)} entries", f"{len(wanted)} entries", describe(got), got)
        for position, (item, right) in enumerate(zip(got, wanted, strict=True)):
            expect_equal(item, right, what=f"entry {position} of {what}")
    else:
        expect_integer(got, wanted, what=what)


def expect_handle(got: Any, *, what: str = "the cache") -> None:
    """Require that a function kept something in the worker, where its result has a cache or switches."""
    if not isinstance(got, Handle):
        fail(f"{what} is missing from what the function returned", None, describe(got), got)


def as_number(value: Any) -> int | float | None:
    """The real number in a returned value, or None where there is not exactly one."""
    if isinstance(value, (bool, np.bool_)):
        return None
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, np.generic) and value.dtype.kind in "iuf":
        value = value.item()
    elif isinstance(value, np.ndarray) and value.size == 1 and value.ndim == 0 and value.dtype.kind in "iuf":
        value = value.item()
    else:
        return None
    return value if isinstance(value, int) or math.isfinite(value) else float(value)
