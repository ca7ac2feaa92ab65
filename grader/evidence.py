"""What a case says for or against a misconception: it gives the student's result there, another one, or nothing wrong."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.checking.compare import CheckFailed
from grader.checking.judge import CaseRun
from grader.client.local import LocalBackend
from grader.client.student import Call, Student
from grader.course import Topic
from grader.replaying import calls_again, flat, same_call, same_ending, same_value
from grader.worker.wire import Rng

RIGHT = 1e-12
"""Misconceptions are computed in float64: those that are right are so to nearly all digits."""

Functions = Mapping[str, Callable[..., Any]]


class Stance(enum.Enum):
    """What a case says of a misconception; SILENT where the student is wrong and it would be right."""

    FOR = enum.auto()
    AGAINST = enum.auto()
    SILENT = enum.auto()


@dataclass(frozen=True)
class Replayed:
    """A case, and its calls made again on the oracle; None where that could not be done."""

    run: CaseRun
    right: list[Call] | None

    @property
    def is_wrong_value(self) -> bool:
        """Whether it failed for a value that is off, not for an exception, a shape or a type."""
        return isinstance(self.run.error, CheckFailed) and self.run.error.failure.error is not None

    @property
    def is_random(self) -> bool:
        """Whether a generator was passed: right answers then differ with the way of drawing."""
        passed = (value for call in self.run.calls for value in (*call.arguments, *call.keywords.values()))
        return any(isinstance(value, Rng) for value in passed)


def replay(runs: Sequence[CaseRun], topic: Topic, oracle: Functions) -> list[Replayed]:
    """The cases, with their calls made again on the oracle."""
    return [Replayed(run, calls_again(run.calls, Student(topic, LocalBackend(oracle)))) for run in runs]


def stance(function: str, functions: Functions, replayed: Replayed, topic: Topic) -> Stance:
    """What a case says of `functions`, in which `function` is the candidate and the others are the oracle's."""
    run = replayed.run
    again = calls_again(run.calls, Student(topic, LocalBackend(functions)))
    if again is None:
        return Stance.AGAINST
    triples = [
        triple for triple in zip(run.calls, again, replayed.right or again, strict=True) if triple[0].owner == function
    ]
    if run.error is not None and replayed.right is not None:
        if all(_is_right_there(theirs, ours, wanted, run.error) for theirs, ours, wanted in triples):
            return Stance.SILENT
    explained = [_explains(theirs, ours, wanted, run.error) for theirs, ours, wanted in triples]
    return Stance.FOR if explained and all(explained) else Stance.AGAINST


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
