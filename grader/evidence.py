"""What a case says for or against a misconception: it gives the student's result there, another one, or nothing wrong."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.checking.compare import CheckFailed
from grader.checking.judge import CaseRun
from grader.checking.known import Known
from grader.client.local import LocalBackend
from grader.client.student import Call, Student
from grader.course import Topic
from grader.replaybook import ReplayBook, size_of
from grader.replaying import Again, GoesOn, flat, make_again, repeats, same_call, same_ending, same_value
from grader.worker.wire import Handle, Rng

RIGHT = 1e-12
"""Misconceptions are computed in float64: those that are right are so to nearly all digits."""

FAR = 1e-3
"""Outputs that differ by more of the largest entry do so for no reason of rounding, in float32 neither."""

Functions = Mapping[str, Callable[..., Any]]


class Stance(enum.Enum):
    """What a case says of a misconception; SILENT where the student is wrong and it would be right, or where it is unsteady."""

    FOR = enum.auto()
    AGAINST = enum.auto()
    SILENT = enum.auto()


@dataclass
class Replays:
    """The calls of cases made again, on the oracle or with a misconception in its function's place; `book` remembers them."""

    topic: Topic
    oracle: Functions
    book: ReplayBook = field(default_factory=ReplayBook)
    complete: list[Known] = field(default_factory=list)
    """What reproduces every case of the function, as found for one of its checks."""
    _function: str = ""
    _unsteady: dict[tuple[str, int], bool] = field(default_factory=dict)
    _refuted: set[tuple[str, int]] = field(default_factory=set)

    def begin(self, function: str) -> None:
        """Diagnose this function; what was made for another is forgotten."""
        if function != self._function:
            self._function = function
            self.complete = []
            self._unsteady.clear()
            self._refuted.clear()

    def of(self, run: CaseRun, candidate: Known | None = None) -> Sequence[Call] | None:
        """The case's calls again; None where they cannot be made."""
        return self._again(run, candidate, _always)

    def is_unsteady(self, run: CaseRun, candidate: Known) -> bool:
        """Whether the candidate gives something else each time, as a model does whose layers no weights can be put into."""
        key = candidate.slug, id(run)
        if key not in self._unsteady:
            first, second = self.of(run, candidate) or [], self._make(run, candidate, _always).calls
            self._unsteady[key] = not all(map(same_call, first, second))
        return self._unsteady[key]

    def can_explain(self, run: CaseRun, candidate: Known) -> bool:
        """Whether the candidate explains every call to its function; found out without the calls behind the first it does not."""
        key = candidate.slug, id(run)
        if key in self._refuted:
            return False
        if not self._is_known(run, candidate):
            right = self.of(run)
            if (
                self.topic.needs == "torch" and right is not None and _is_plainly_another(candidate, run, right)
            ) or self._again(
                run, candidate, lambda number, ours: _goes_on(candidate, run, right, number, ours)
            ) is None:
                self._refuted.add(key)
                return False
        return stance(candidate, run, self) is Stance.FOR

    def _is_known(self, run: CaseRun, candidate: Known) -> bool:
        kept = self.book.get(self.oracle, (candidate.code, run.given))
        return kept is not None and kept.is_over

    def _again(self, run: CaseRun, candidate: Known | None, goes_on: GoesOn) -> Sequence[Call] | None:
        """The case's calls again, as far as `goes_on` goes on, which were perhaps made before."""
        key = candidate.code if candidate is not None else None, run.given
        kept: Again | None = self.book.get(self.oracle, key)
        if kept is not None and not all(map(goes_on, range(len(kept.calls)), kept.calls)):
            return None
        if kept is None or not kept.is_over:
            kept = self._make(run, candidate, goes_on)
            self.book.keep(self.oracle, key, kept, size_of(kept.calls))
        return kept.calls if kept.is_whole else None

    def _make(self, run: CaseRun, candidate: Known | None, goes_on: GoesOn) -> Again:
        functions = {**self.oracle, candidate.function: candidate.code} if candidate is not None else self.oracle
        return make_again(run.calls, Student(self.topic, LocalBackend(functions)), goes_on)


def _always(number: int, call: Call) -> bool:
    return True


def _is_plainly_another(candidate: Known, run: CaseRun, right: Sequence[Call]) -> bool:
    """Whether a model that the candidate makes gives far other outputs than the student's, where these count.

    They do where they are what the case failed for, or right. Most candidates are refuted so, in a tenth of the time that
    forward and backward passes in float64 take.
    """
    for theirs, wanted in zip(run.calls, right, strict=True):
        if theirs.function != "run_model" or theirs.owner != candidate.function:
            continue
        model, x = theirs.arguments[:2]
        made = next((one for one in run.calls if isinstance(model, Handle) and one.result == model), None)
        got, correct = _first_output(theirs), _first_output(wanted)
        if made is None or made.function != candidate.function or got is None or correct is None:
            continue
        if not same_value(got, _failed(run.error)) and not same_value(got, correct):
            continue
        try:
            other = _glance(candidate, made, x, theirs.keywords)
        except Exception:  # it raises somewhere, as the student's may too
            return False
        if other is not None and _is_far(got, other):
            return True
    return False


def _is_far(got: np.ndarray, other: np.ndarray) -> bool:
    if got.shape != other.shape:
        return True
    return bool(np.max(np.abs(other - got), initial=0.0) > FAR * np.max(np.abs(got), initial=0.0))


def _glance(candidate: Known, made: Call, x: Any, options: Mapping[str, Any]) -> np.ndarray | None:
    """The first output of the model, quickly; None where that is not known so."""
    from grader.worker.models import drops_alike, glance_at_model  # imports PyTorch, which other topics do without

    if options.get("training") and not drops_alike():
        return None
    return glance_at_model(candidate.code(*made.arguments, **made.keywords), x, **options)[0]


def _first_output(call: Call) -> np.ndarray | None:
    outputs = call.result.get("outputs") if isinstance(call.result, dict) else None
    first = outputs[0] if isinstance(outputs, tuple) and outputs else None
    return first if isinstance(first, np.ndarray) and np.isfinite(first).all() else None


def is_wrong_value(run: CaseRun) -> bool:
    """Whether a case failed for a value that is off, not for an exception, a shape or a type."""
    return isinstance(run.error, CheckFailed) and run.error.failure.error is not None


def is_random(run: CaseRun) -> bool:
    """Whether a generator was passed: right answers then differ with the way of drawing."""
    return any(isinstance(value, Rng) for call in run.calls for value in (*call.arguments, *call.keywords.values()))


def stance(candidate: Known, run: CaseRun, replays: Replays) -> Stance:
    """What a case says of a candidate in the place of its function, the others being the oracle's."""
    again, right = replays.of(run, candidate), replays.of(run)
    if again is None:
        return Stance.AGAINST
    calls = [
        (theirs, ours, wanted)
        for theirs, ours, wanted in zip(run.calls, again, right or again, strict=True)
        if theirs.owner == candidate.function
    ]
    if run.error is not None and right is not None:
        if is_random(run):  # right in many ways; but where all is as with the oracle, nothing would have been refused
            is_right = all(map(_same_to_the_message, again, right))
        else:
            is_right = all(_is_right_there(theirs, ours, wanted, run.error) for theirs, ours, wanted in calls)
        if is_right:
            return Stance.SILENT
    explained = [_explains(theirs, ours, wanted, run.error) for theirs, ours, wanted in calls]
    if is_random(run) and repeats(again) != repeats(run.calls):
        return Stance.AGAINST
    if explained and all(explained):
        return Stance.FOR
    return Stance.SILENT if replays.is_unsteady(run, candidate) else Stance.AGAINST


def _same_to_the_message(ours: Call, wanted: Call) -> bool:
    return same_call(ours, wanted, RIGHT) and str(ours.error) == str(wanted.error)


def _goes_on(candidate: Known, run: CaseRun, right: Sequence[Call] | None, number: int, ours: Call) -> bool:
    """Whether a candidate may still explain the case after its call of this number."""
    theirs = run.calls[number]
    wanted = right[number] if right is not None else ours
    return theirs.owner != candidate.function or _explains(theirs, ours, wanted, run.error)


def _is_right_there(theirs: Call, ours: Call, wanted: Call, error: Exception) -> bool:
    """Whether a candidate is right in what the case failed for; the message of an exception counts too."""
    if same_call(ours, wanted, RIGHT) and str(ours.error) == str(wanted.error):
        return True
    parts = _parts(theirs, ours, wanted)
    failed = _failed(error)
    found = [
        same_value(other, right, RIGHT) for got, other, right in parts if failed is not None and same_value(got, failed)
    ]
    return same_ending(ours, wanted) and bool(found) and all(found)


def _explains(theirs: Call, ours: Call, wanted: Call, error: Exception | None) -> bool:
    """The same result, or at least the part of it that failed; and no part is wrong in `ours` that is right in `theirs`."""
    if not same_ending(theirs, ours):
        return False
    if same_value(theirs.result, ours.result):
        return True
    parts, failed = _parts(theirs, ours, wanted), _failed(error)
    explained = error is None
    for got, other, right in parts:
        is_wrong = not same_value(other, right)
        if same_value(got, other):
            explained = explained or is_wrong
        elif (failed is not None and same_value(got, failed)) or (is_wrong and same_value(got, right)):
            return False
    return bool(parts) and explained


def _parts(theirs: Call, ours: Call, wanted: Call) -> list[tuple[Any, Any, Any]]:
    """The parts of three results side by side; none where they are not of the same number."""
    results = [flat(call.result) for call in (theirs, ours, wanted)]
    return list(zip(*results, strict=True)) if len({len(parts) for parts in results}) == 1 else []


def _failed(error: Exception | None) -> Any:
    """The value that was refused, where it is one."""
    return error.value if isinstance(error, CheckFailed) else None
