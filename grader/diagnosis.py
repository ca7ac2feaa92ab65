"""Finds the misconception behind a wrong answer: the known wrong way that gives the student's very output.

A misconception is a function with the student's signature, marked in a topic's `misconceptions.py`. The calls that a check
made are made again in this process, with the misconception in the place of the function in question and the oracle for the
others; it is named when its results equal the student's on every case of the check, those that were right included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from grader.checking.judge import CaseRun
from grader.checking.known import Known
from grader.client.local import LocalBackend
from grader.client.student import Call, Student
from grader.course import Topic
from grader.errors import StudentMissing, StudentRaised, StudentReturnedOther, SubmissionFault
from grader.results import Misconception
from grader.worker.wire import Handle

CLOSE = 1e-5
NAMED = 2
RUNS = 40

Agreements = dict[tuple[Known, int], bool | None]
"""Whether a misconception gives what the student's code gave, by the misconception and the id of the case's run."""


def diagnose(
    function: str,
    runs: Sequence[CaseRun],
    all_runs: Sequence[CaseRun],
    topic: Topic,
    known: Iterable[Known],
    oracle: Mapping[str, Callable[..., Any]],
    remembered: Agreements | None = None,
) -> tuple[Misconception, ...]:
    """The misconceptions about `function` that reproduce `runs`, best first; what is `remembered` is not tried again.

    `all_runs` are the cases of every check of the function: what explains them all is the better explanation, and where
    something does, nothing less is named.
    """
    runs, all_runs = spread(runs), spread(all_runs)
    found: list[tuple[float, Known]] = []
    for candidate in known:
        if candidate.function == function and reproduces(candidate, runs, topic, oracle, remembered):
            agreeing = sum(reproduces(candidate, [run], topic, oracle, remembered) for run in all_runs)
            found.append((agreeing / max(1, len(all_runs)), candidate))
    found.sort(key=lambda pair: -pair[0])  # stable: the order in the file decides between equals
    best = [candidate for share, candidate in found if share == found[0][0]]
    return tuple(Misconception(candidate.slug, candidate.hint) for candidate in best[:NAMED])


def spread(runs: Sequence[CaseRun]) -> Sequence[CaseRun]:
    """At most RUNS of the cases, from first to last at even distances: as good as all, and at once."""
    return [runs[round(i * (len(runs) - 1) / (RUNS - 1))] for i in range(RUNS)] if len(runs) > RUNS else runs


def reproduces(
    candidate: Known,
    runs: Sequence[CaseRun],
    topic: Topic,
    oracle: Mapping[str, Callable[..., Any]],
    remembered: Agreements | None = None,
) -> bool:
    """Whether the candidate gives what the student's function gave, in every call to it in `runs`."""
    agreements = remembered if remembered is not None else {}
    compared = False
    for run in runs:
        key = candidate, id(run)
        if key not in agreements:
            agreements[key] = _agrees(candidate, run, topic, oracle)
        if agreements[key] is False:
            return False
        compared = compared or agreements[key] is True
    return compared


def _agrees(candidate: Known, run: CaseRun, topic: Topic, oracle: Mapping[str, Callable[..., Any]]) -> bool | None:
    """Whether the candidate gives the same in one case; None where its function is not called in it."""
    again = calls_again(run.calls, Student(topic, LocalBackend({**oracle, candidate.function: candidate.code})))
    if again is None:
        return False
    pairs = [pair for pair in zip(run.calls, again, strict=True) if pair[0].owner == candidate.function]
    return all(_same_call(theirs, ours) for theirs, ours in pairs) if pairs else None


def calls_again(calls: Sequence[Call], student: Student) -> list[Call] | None:
    """The same calls in order on another `student`; None where one needs what an earlier one did not give."""
    handles: dict[int, Handle] = {}
    made = []
    for call in calls:
        again = _call_again(student, call, handles)
        if again is None:
            return None
        _map_handles(call.result, again.result, handles)
        made.append(again)
    return made


def _call_again(student: Student, call: Call, handles: Mapping[int, Handle]) -> Call | None:
    """The same call on `student`; None where it needs what the other functions did not give."""
    try:
        arguments = [_translate(value, handles) for value in call.arguments]
    except KeyError:
        return None
    try:
        if call.observed:
            student.observe(call.function, *arguments, **call.keywords)
        else:
            getattr(student, call.function)(*arguments, **call.keywords)
    except SubmissionFault:
        pass
    return student.transcript[-1]


def _translate(value: Any, handles: Mapping[int, Handle]) -> Any:
    return handles[value.number] if isinstance(value, Handle) else value


def _map_handles(theirs: Any, ours: Any, handles: dict[int, Handle]) -> None:
    if isinstance(theirs, Handle) and isinstance(ours, Handle):
        handles[theirs.number] = ours
    elif isinstance(theirs, tuple) and isinstance(ours, tuple):
        for one, other in zip(theirs, ours, strict=False):
            _map_handles(one, other, handles)


def _same_call(theirs: Call, ours: Call) -> bool:
    if isinstance(theirs.error, StudentRaised) and isinstance(ours.error, StudentRaised):
        return theirs.error.kind == ours.error.kind
    structure = (type(None), StudentReturnedOther)
    if not isinstance(theirs.error, structure) or not isinstance(ours.error, structure):
        return isinstance(theirs.error, StudentMissing) and isinstance(ours.error, StudentMissing)
    return same_value(theirs.result, ours.result) and _changed(theirs) == _changed(ours)


def _changed(call: Call) -> list[bool]:
    """Which of the arrays that were passed hold something else after an observed call."""
    pairs = zip(call.arguments, call.after, strict=False)
    return [not np.array_equal(before, now) for before, now in pairs if isinstance(before, np.ndarray)]


def same_value(got: Any, other: Any) -> bool:
    """Whether two returned values are the same up to rounding; handles are not looked into."""
    if isinstance(got, Handle) or isinstance(other, Handle):
        return isinstance(got, Handle) and isinstance(other, Handle)
    if isinstance(got, (tuple, list)) or isinstance(other, (tuple, list)):
        return (
            isinstance(got, (tuple, list))
            and isinstance(other, (tuple, list))
            and len(got) == len(other)
            and all(same_value(one, two) for one, two in zip(got, other, strict=True))
        )
    if isinstance(got, dict) and isinstance(other, dict):
        return got.keys() == other.keys() and all(same_value(value, other[key]) for key, value in got.items())
    numeric = (bool, int, float, np.generic, np.ndarray)
    if isinstance(got, numeric) and isinstance(other, numeric):
        return _same_numbers(got, other)
    return type(got) is type(other) and bool(got == other)


def _same_numbers(got: Any, other: Any) -> bool:
    if isinstance(got, int) and isinstance(other, int):
        return got == other
    one, two = np.asarray(got, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if one.shape != two.shape:
        return False
    finite = np.abs(two[np.isfinite(two)])
    scale = float(finite.max()) if finite.size else 0.0
    return bool(np.allclose(one, two, rtol=0.0, atol=CLOSE * scale, equal_nan=True))
