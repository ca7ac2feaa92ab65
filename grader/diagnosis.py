"""Finds the misconception behind a wrong answer: the known wrong way that gives the student's very output.

A misconception is a function with the student's signature, marked in a topic's `misconceptions.py`. The calls that a check
made are made again in this process, with the misconception in the place of the function in question and the oracle for the
others. It is named when it explains every case of the check: each result is the student's, or at least that part of a tuple
that was refused, since other parts may be wrong for another reason. It must be wrong where the student is wrong, and
nowhere where the student is right. And one or two wrong numbers, as of a worked example, are explained by too many things: what
explains those must explain some of the function's other wrong results too, where there are any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.checking.compare import CheckFailed
from grader.checking.judge import CaseRun
from grader.checking.known import Known
from grader.client.local import LocalBackend
from grader.client.student import Call, Student
from grader.course import Topic
from grader.replaying import calls_again, flat, same_call, same_ending, same_value
from grader.results import Misconception
from grader.worker.wire import Rng

NAMED = 2
RUNS = 40
FEW = 2

Functions = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class Replayed:
    """A case, and its calls made again on the oracle; None where that could not be done."""

    run: CaseRun
    right: list[Call] | None


def diagnose(
    function: str,
    runs: Sequence[CaseRun],
    all_runs: Sequence[CaseRun],
    topic: Topic,
    known: Iterable[Known],
    oracle: Functions,
) -> tuple[Misconception, ...]:
    """The misconceptions about `function` that explain `runs`, best first.

    `all_runs` are the cases of every check of the function: what reproduces them all is the better explanation, and where
    something does, nothing less is named.
    """
    candidates = [candidate for candidate in known if candidate.function == function]
    replayed, every = (_replay(spread(some), topic, oracle) for some in (runs, all_runs))
    own = {id(run) for run in runs}
    elsewhere = [one for one in every if _is_wrong_value(one.run) and id(one.run) not in own]
    weak = bool(elsewhere) and all(map(_is_wrong_value, runs)) and len(runs) <= FEW
    found: list[tuple[float, Known]] = []
    for candidate in candidates:
        functions = {**oracle, function: candidate.code}
        if not all(_explains(function, functions, one, topic) for one in replayed):
            continue
        right = [one for one in every if one.run.error is None and not _is_random(one.run)]
        if all(_explains(function, functions, one, topic) for one in right) and (
            not weak or any(_explains(function, functions, one, topic) for one in elsewhere)
        ):
            agreeing = sum(reproduces(candidate, [one.run], topic, oracle) for one in every)
            found.append((agreeing / max(1, len(every)), candidate))
    found.sort(key=lambda pair: -pair[0])  # stable: the order in the file decides between equals
    best = [candidate for share, candidate in found if share == found[0][0]]
    return tuple(Misconception(candidate.slug, candidate.hint) for candidate in best[:NAMED])


def spread(runs: Sequence[CaseRun]) -> Sequence[CaseRun]:
    """At most RUNS of the cases, from first to last at even distances: as good as all, and at once."""
    return [runs[round(i * (len(runs) - 1) / (RUNS - 1))] for i in range(RUNS)] if len(runs) > RUNS else runs


def reproduces(candidate: Known, runs: Sequence[CaseRun], topic: Topic, oracle: Functions) -> bool:
    """Whether the candidate gives what the student's function gave, in every call to it in `runs`."""
    functions = {**oracle, candidate.function: candidate.code}
    compared = 0
    for run in runs:
        again = calls_again(run.calls, Student(topic, LocalBackend(functions)))
        if again is None:
            return False
        for theirs, ours in zip(run.calls, again, strict=True):
            if theirs.owner == candidate.function:
                compared += 1
                if not same_call(theirs, ours):
                    return False
    return compared > 0


def _replay(runs: Sequence[CaseRun], topic: Topic, oracle: Functions) -> list[Replayed]:
    return [Replayed(run, calls_again(run.calls, Student(topic, LocalBackend(oracle)))) for run in runs]


def _explains(function: str, functions: Functions, replayed: Replayed, topic: Topic) -> bool:
    """Whether `functions` give what the student's gave in every call to `function` of a case, parts left aside."""
    calls = replayed.run.calls
    again = calls_again(calls, Student(topic, LocalBackend(functions)))
    if again is None:
        return False
    compared = [
        _explains_call(theirs, ours, wanted, replayed.run.error)
        for theirs, ours, wanted in zip(calls, again, replayed.right or again, strict=True)
        if theirs.owner == function
    ]
    if replayed.run.error is not None and replayed.right is not None:
        pairs = [(ours, wanted) for ours, wanted in zip(again, replayed.right, strict=True) if ours.owner == function]
        if all(_same_to_the_letter(ours, wanted) for ours, wanted in pairs):
            return False
    return bool(compared) and all(compared)


def _same_to_the_letter(ours: Call, wanted: Call) -> bool:
    """Whether a candidate is right in a call, the message of an exception included."""
    return same_call(ours, wanted) and str(ours.error) == str(wanted.error)


def _is_wrong_value(run: CaseRun) -> bool:
    """Whether a case failed for a value that is off, not for an exception, a shape or a type."""
    return isinstance(run.error, CheckFailed) and run.error.failure.error is not None


def _explains_call(theirs: Call, ours: Call, wanted: Call, error: Exception | None) -> bool:
    """The same result, or at least the part of it that failed; and no part is wrong in `ours` that is right in `theirs`."""
    if not same_ending(theirs, ours):
        return False
    if same_value(theirs.result, ours.result):
        return True
    results = [flat(call.result) for call in (theirs, ours, wanted)]
    if len({len(parts) for parts in results}) > 1:
        return False
    failed = error.value if isinstance(error, CheckFailed) else None
    explained = error is None
    for got, other, right in zip(*results, strict=True):
        is_wrong = not same_value(other, right)
        if same_value(got, other):
            explained = explained or is_wrong
        elif (failed is not None and same_value(got, failed)) or (is_wrong and same_value(got, right)):
            return False
    return explained


def _is_random(run: CaseRun) -> bool:
    """Whether a generator was passed: right answers then differ with the way of drawing."""
    return any(isinstance(value, Rng) for call in run.calls for value in (*call.arguments, *call.keywords.values()))
