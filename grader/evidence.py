"""What a case says for or against a misconception: it gives the student's result there, another one, or nothing wrong."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.checking.compare import CheckFailed
from grader.checking.judge import CaseRun
from grader.checking.known import Known
from grader.client.local import LocalBackend
from grader.client.student import Call, Student
from grader.course import Topic
from grader.errors import StudentRaised
from grader.replaybook import CALL_BYTES, ReplayBook, size_of
from grader.replaying import Again, GoesOn, flat, make_again, repeats, same_call, same_ending, same_value
from grader.worker.wire import Handle, Rng

RIGHT = 1e-12
"""Misconceptions are computed in float64: those that are right are so to nearly all digits."""

FAR = 1e-3
"""Outputs that differ by more of the largest entry do so for no reason of rounding, in float32 neither."""

FEW = 3
"""Right cases that are asked about a candidate before the others are."""

Functions = Mapping[str, Callable[..., Any]]


class Stance(enum.Enum):
    """What a case says of a misconception; SILENT where the student is wrong and it would be right, or where it is unsteady."""

    FOR = enum.auto()
    AGAINST = enum.auto()
    SILENT = enum.auto()


class Witnesses:
    """The cases that candidates are held against: those that one has to explain, and those in which the student is right."""

    def __init__(self, wrong: Sequence[CaseRun], right: Sequence[CaseRun]) -> None:
        few = [run for run in right if any(call.function == "run_model" for call in run.calls)]
        few = few[:: max(1, len(few) // FEW)][:FEW]
        self.first = [(run, True) for run in wrong] + [(run, False) for run in few]
        self.later = [(run, False) for run in right if not any(run is one for one in few)]
        self.wrong, self.right = frozenset(map(id, wrong)), frozenset(map(id, right))


@dataclass
class Toll:
    """How long a case was asked about candidates, and how many it has refuted."""

    seconds: float = 0.0
    refuted: int = 0

    @property
    def price(self) -> float:
        """Seconds for a candidate refuted; nothing for a case that was not asked yet."""
        return self.seconds / (1 + self.refuted)


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
    _refuted: dict[str, set[int]] = field(default_factory=dict)
    _against: dict[str, set[int]] = field(default_factory=dict)
    _tolls: dict[int, Toll] = field(default_factory=dict)

    def begin(self, function: str) -> None:
        """Diagnose this function; what was made for another is forgotten."""
        if function != self._function:
            self._function = function
            self.complete = []
            self._unsteady.clear()
            self._refuted.clear()
            self._against.clear()
            self._tolls.clear()

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

    def is_refuted(self, candidate: Known, witnesses: Witnesses) -> bool:
        """Whether the candidate does not explain one of the wrong cases, or one of the right ones is against it.

        One is enough, so those are asked first about which something is remembered, and then those that have refuted the most
        candidates in the least time. Which these are, a small network that has to run or a sketch of the published one,
        differs from topic to topic. Most of the right ones are asked last: what FEW of them let pass, others rarely refute.
        """
        refuted, against = (kept.get(candidate.slug, set()) for kept in (self._refuted, self._against))
        if not refuted.isdisjoint(witnesses.wrong) or not against.isdisjoint(witnesses.right):
            return True
        unasked = []
        for run, must in witnesses.first:
            if not self._is_begun(run, candidate):
                unasked.append((run, must))
            elif self._refutes(run, candidate, must):
                return True
        unasked.sort(key=lambda one: self._toll(one[0]).price)
        return any(self._refutes(run, candidate, must) for run, must in (*unasked, *witnesses.later))

    def _refutes(self, run: CaseRun, candidate: Known, must_be_explained: bool) -> bool:
        """Whether a case refutes a candidate, as it does not explain it, or as it is wrong where the student is right."""
        toll, started = self._toll(run), time.process_time()
        refuted = not self.can_explain(run, candidate) if must_be_explained else self.is_against(run, candidate)
        toll.seconds += time.process_time() - started
        toll.refuted += refuted
        if refuted:
            kept = self._refuted if must_be_explained else self._against
            kept.setdefault(candidate.slug, set()).add(id(run))
        return refuted

    def _is_begun(self, run: CaseRun, candidate: Known) -> bool:
        """Whether some of what the candidate gives in the case is remembered."""
        if self.book.get(self.oracle, (candidate.code, run.given)) is not None:
            return True
        glances = range(len(run.calls)) if self.topic.needs == "torch" else ()
        return any(self.book.get(self.oracle, (candidate.code, run.given, number, 0)) is not None for number in glances)

    def _toll(self, run: CaseRun) -> Toll:
        return self._tolls.setdefault(id(run), Toll())

    def can_explain(self, run: CaseRun, candidate: Known) -> bool:
        """Whether the candidate explains every call to its function; found out without the calls behind the first it does not."""
        if not self._is_known(run, candidate):
            right = self.of(run)
            if self.is_plainly_another(run, candidate):
                return False
            if self._again(run, candidate, lambda number, ours: _goes_on(candidate, run, right, number, ours)) is None:
                return False
        return stance(candidate, run, self) is Stance.FOR

    def is_against(self, run: CaseRun, candidate: Known) -> bool:
        """Whether a case in which the student is right speaks against the candidate."""
        return self.is_plainly_against(run, candidate) or stance(candidate, run, self) is Stance.AGAINST

    def is_plainly_another(self, run: CaseRun, candidate: Known) -> bool:
        """Whether a model that the candidate makes gives far other outputs than the student's, where these count, or any at all
        where the student's code raised.

        They do where they are what the case failed for, or right. Most candidates are refuted so, in a tenth of the time that
        forward and backward passes in float64 take.
        """
        return next(self._far_calls(run, candidate), None) is not None

    def is_plainly_against(self, run: CaseRun, candidate: Known) -> bool:
        """Whether it does so each time it is made, in a case where the student is right: what `stance` finds with more ado."""
        return any(
            same_value(run.calls[number].result, wanted.result) and self._is_steady(run, candidate, number)
            for number, wanted in self._far_calls(run, candidate)
        )

    def _far_calls(self, run: CaseRun, candidate: Known) -> Iterator[tuple[int, Call]]:
        """The numbers of the calls in which the candidate's outputs are so, each with the oracle's call."""
        runs = [number for number, call in enumerate(run.calls) if call.function == "run_model"]
        right = self.of(run) if runs and self.topic.needs == "torch" else None
        for number, wanted in ((number, right[number]) for number in runs) if right is not None else ():
            theirs = run.calls[number]
            got, correct = _first_output(theirs), _first_output(wanted)
            if theirs.owner != candidate.function or correct is None:
                continue
            if got is None:  # an exception of the backward pass has no line of the student's code
                raised = isinstance(theirs.error, StudentRaised) and theirs.error.frames
                if raised and self._first_output_of(candidate, run, number) is not None:
                    yield number, wanted
                continue
            if not same_value(got, _failed(run.error)) and not same_value(got, correct):
                continue
            other = self._first_output_of(candidate, run, number)
            if other is not None and _is_far(got, other):
                yield number, wanted

    def _is_steady(self, run: CaseRun, candidate: Known, number: int) -> bool:
        """Whether the first output is the same whatever the weights that the candidate's code draws."""
        first, second = (self._first_output_of(candidate, run, number, seed) for seed in (0, 1))
        return first is not None and second is not None and np.array_equal(first, second)

    def _first_output_of(self, candidate: Known, run: CaseRun, number: int, seed: int = 0) -> np.ndarray | None:
        """What the model that the candidate makes gives in the call of this number; None where that is not known quickly."""
        key = candidate.code, run.given, number, seed
        kept: tuple[np.ndarray | None] | None = self.book.get(self.oracle, key)
        if kept is None:
            ran, made = run.calls[number], _maker(run, number)
            fits = made is not None and made.function == candidate.function
            output = _glance(candidate, made, ran, seed) if made is not None and fits else None
            size = output.nbytes if output is not None else 0
            kept = self.book.keep(self.oracle, key, (output,), CALL_BYTES + size)
        return kept[0]

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


def _maker(run: CaseRun, number: int) -> Call | None:
    """The call that made the model that another one, of this number, was given."""
    model = run.calls[number].arguments[0]
    return next((one for one in run.calls if isinstance(model, Handle) and one.result == model), None)


def _is_far(got: np.ndarray, other: np.ndarray) -> bool:
    if got.shape != other.shape:
        return True
    return bool(np.max(np.abs(other - got), initial=0.0) > FAR * np.max(np.abs(got), initial=0.0))


def _glance(candidate: Known, made: Call, ran: Call, seed: int) -> np.ndarray | None:
    """The first output of the model, quickly; None where that is not known so. Weights that the code draws are of this seed."""
    import torch  # which other topics do without

    from grader.worker.models import drops_alike, glance_at_model

    if ran.keywords.get("training") and not drops_alike():
        return None
    try:
        torch.manual_seed(seed)
        model = candidate.code(*made.arguments, **made.keywords)
        return glance_at_model(model, ran.arguments[1], **ran.keywords)[0]
    except Exception:  # it raises somewhere, as the student's may too
        return None


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
