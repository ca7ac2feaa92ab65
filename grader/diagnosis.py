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
from dataclasses import dataclass, field
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


@dataclass
class Replays:
    """The calls of cases made again, on the oracle or with a misconception in its function's place.

    They are remembered while one function is diagnosed, since its checks share their cases.
    """

    topic: Topic
    oracle: Functions
    _function: str = ""
    _made: dict[tuple[str, int], list[Call] | None] = field(default_factory=dict)

    def begin(self, function: str) -> None:
        """Diagnose this function; what was made for another is forgotten."""
        if function != self._function:
            self._function = function
            self._made.clear()

    def of(self, run: CaseRun, candidate: Known | None = None) -> list[Call] | None:
        """The case's calls again; None where they cannot be made, or where one shows that the candidate does not explain it."""
        key = self._key(run, candidate)
        if key not in self._made:
            if candidate is None:
                self._made[key] = calls_again(run.calls, Student(self.topic, LocalBackend(self.oracle)))
            else:
                self._made[key] = self._with(candidate, run)
        return self._made[key]

    def knows(self, run: CaseRun, candidate: Known) -> bool:
        """Whether the case was made again before."""
        return self._key(run, candidate) in self._made

    def _with(self, candidate: Known, run: CaseRun) -> list[Call] | None:
        right = self.of(run)

        def goes_on(number: int, ours: Call) -> bool:
            theirs, wanted = run.calls[number], right[number] if right is not None else ours
            return theirs.owner != candidate.function or _explains_call(theirs, ours, wanted, run.error)

        functions = {**self.oracle, candidate.function: candidate.code}
        return calls_again(run.calls, Student(self.topic, LocalBackend(functions)), goes_on)

    @staticmethod
    def _key(run: CaseRun, candidate: Known | None) -> tuple[str, int]:
        return candidate.slug if candidate is not None else "", id(run)


def diagnose(
    function: str, runs: Sequence[CaseRun], all_runs: Sequence[CaseRun], known: Iterable[Known], replays: Replays
) -> tuple[Misconception, ...]:
    """The misconceptions about `function` that explain `runs`, best first.

    `all_runs` are the cases of every check of the function: what reproduces them all is the better explanation, and where
    something does, nothing less is named.
    """
    replays.begin(function)
    some, every = spread(runs), spread(all_runs)
    own = {id(run) for run in runs}
    elsewhere = [run for run in every if _is_wrong_value(run) and id(run) not in own]
    weak = bool(elsewhere) and all(map(_is_wrong_value, runs)) and len(runs) <= FEW
    right = [run for run in every if run.error is None and not _is_random(run)]
    found: list[tuple[float, Known]] = []
    for candidate in known:
        if candidate.function != function or not _explains_all(candidate, (*some, *right), replays):
            continue
        if not weak or any(_explains(candidate, run, replays) for run in elsewhere):
            agreeing = sum(_reproduces(candidate, run, replays) is True for run in every)
            found.append((agreeing / max(1, len(every)), candidate))
    found.sort(key=lambda pair: -pair[0])  # stable: the order in the file decides between equals
    best = [candidate for share, candidate in found if share == found[0][0]]
    return tuple(Misconception(candidate.slug, candidate.hint) for candidate in best[:NAMED])


def spread(runs: Sequence[CaseRun]) -> Sequence[CaseRun]:
    """At most RUNS of the cases, from first to last at even distances: as good as all, and at once."""
    return [runs[round(i * (len(runs) - 1) / (RUNS - 1))] for i in range(RUNS)] if len(runs) > RUNS else runs


def reproduces(candidate: Known, runs: Sequence[CaseRun], topic: Topic, oracle: Functions) -> bool:
    """Whether the candidate gives what the student's function gave, in every call to it in `runs`."""
    replays = Replays(topic, oracle)
    found = {_reproduces(candidate, run, replays) for run in runs}
    return True in found and False not in found


def _reproduces(candidate: Known, run: CaseRun, replays: Replays) -> bool | None:
    """The same for one case; None where the function is not called in it."""
    again = replays.of(run, candidate)
    if again is None:
        return False
    pairs = [
        (theirs, ours) for theirs, ours in zip(run.calls, again, strict=True) if theirs.owner == candidate.function
    ]
    return all(same_call(theirs, ours) for theirs, ours in pairs) if pairs else None


def _explains_all(candidate: Known, runs: Iterable[CaseRun], replays: Replays) -> bool:
    """Whether it explains every case; those that were made again for another check come first, since they cost nothing."""
    known_first = sorted(runs, key=lambda run: not replays.knows(run, candidate))
    return all(_explains(candidate, run, replays) for run in known_first)


def _explains(candidate: Known, run: CaseRun, replays: Replays) -> bool:
    """Whether the candidate gives what the student's gave in every call to its function in a case, parts left aside."""
    again, right = replays.of(run, candidate), replays.of(run)
    if again is None:
        return False
    compared = [
        (ours, wanted)
        for theirs, ours, wanted in zip(run.calls, again, right or again, strict=True)
        if theirs.owner == candidate.function
    ]
    if run.error is not None and right is not None:
        if all(_same_to_the_letter(ours, wanted) for ours, wanted in compared):
            return False
    return bool(compared)


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
