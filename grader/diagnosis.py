"""Finds the misconception behind a wrong answer: the known wrong way that gives the student's very output.

A misconception is a function with the student's signature, marked in a topic's `misconceptions.py`. The calls that a check
made are made again in this process, with the misconception in the place of the function in question and the oracle for the
others. It is named when it explains every case of the check: each result is the student's, or at least that part of a tuple
that was refused, since other parts may be wrong for another reason. And the other checks of the function have a say:

- It must be wrong nowhere where the student is right.
- Where it would be wrong too, it must give the student's result in half of the cases; a student may have two mistakes.
- One or two wrong numbers, as of a worked example, are explained by too many things. What explains those must explain
  some of the function's other wrong numbers as well, where there are any.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from grader.checking.judge import CaseRun
from grader.checking.known import Known
from grader.client.local import LocalBackend
from grader.client.student import Student
from grader.course import Topic
from grader.evidence import Functions, Replayed, Stance, replay, stance
from grader.replaying import calls_again, same_call
from grader.results import Misconception

NAMED = 2
RUNS = 40
FEW = 2


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
    own = {id(run) for run in runs}
    replayed = replay(spread(runs), topic, oracle)
    others = replay(spread([run for run in all_runs if id(run) not in own]), topic, oracle)
    every = spread(all_runs)
    found: list[tuple[float, Known]] = []
    for candidate in known:
        if candidate.function == function and _is_likely(candidate, replayed, others, topic, oracle):
            agreeing = sum(reproduces(candidate, [run], topic, oracle) for run in every)
            found.append((agreeing / max(1, len(every)), candidate))
    found.sort(key=lambda pair: -pair[0])  # stable: the order in the file decides between equals
    best = [candidate for share, candidate in found if share == found[0][0]]
    return tuple(Misconception(candidate.slug, candidate.hint) for candidate in best[:NAMED])


def _is_likely(
    candidate: Known, own: Sequence[Replayed], others: Sequence[Replayed], topic: Topic, oracle: Functions
) -> bool:
    """Whether all own cases speak for the candidate, and not too many of the other checks' against it."""
    functions = {**oracle, candidate.function: candidate.code}

    def stances(cases: Iterable[Replayed]) -> Iterable[Stance]:
        return (stance(candidate.function, functions, case, topic) for case in cases)

    if any(one is not Stance.FOR for one in stances(own)):
        return False
    told = [case for case in others if not case.is_random]
    if any(one is Stance.AGAINST for one in stances(case for case in told if case.run.error is None)):
        return False
    wrong = [case for case in told if case.run.error is not None]
    said = list(stances(wrong))
    speaking_for = said.count(Stance.FOR)
    weak = len(own) <= FEW and all(case.is_wrong_value for case in own)
    if weak and any(case.is_wrong_value for case in wrong) and not speaking_for:
        return False
    return speaking_for >= said.count(Stance.AGAINST)


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
