"""Runs one check on one student: every case, then the search for the smallest case that fails."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pytest

from grader.checking.cases import Cases, inner_function
from grader.checking.choices import Case
from grader.checking.compare import CheckFailed
from grader.checking.given import given_digest
from grader.checking.searching import SMALL, Size
from grader.client.foresight import OutOfStep, Plan, PlannedCase
from grader.client.student import Call, Student
from grader.errors import (
    StudentDied,
    StudentMissing,
    StudentNotLoaded,
    StudentProtocolFault,
    StudentRaised,
    StudentReturnedOther,
    StudentTimedOut,
    SubmissionFault,
    forget_where,
)
from grader.results import Failure, Outcome, StudentException, TraceFrame

SHRINK_CALLS = 100
VARIANTS = 8
"""Of the right replies to a case as many are remembered: people's results differ in the last bits at most, and in few ways."""
STYLES = 64
"""The same of whole checks, in which ways add up to more; they take no more memory."""
FINAL = (StudentTimedOut, StudentDied, StudentProtocolFault, StudentNotLoaded, StudentMissing)
"""What is not worth trying on more cases: it is slow, or it will be the same again."""


@dataclass
class CaseRun:
    """What one case gave: the calls made, the exception that ended it if any, what was printed."""

    case: Case
    calls: list[Call]
    error: Exception | None
    output: str = ""

    @cached_property
    def given(self) -> bytes:
        """Stands for what its calls were given."""
        return given_digest(self.calls)

    @property
    def size(self) -> tuple[int, float, int]:
        """Smaller is easier to read: entries of the arrays passed, then the numbers passed, then the written-out case."""
        passed = [value for call in self.calls for value in (*call.arguments, *call.keywords.values())]
        entries = sum(value.size for value in passed if isinstance(value, np.ndarray))
        return entries, sum(map(_magnitude, passed)), len(repr(self.case))


def _magnitude(value: Any) -> float:
    """The sum of the numbers in an argument that is not an array."""
    if isinstance(value, (tuple, list)):
        return sum(map(_magnitude, value))
    return float(abs(value)) if isinstance(value, (int, float)) else 0.0


@dataclass
class Verdict:
    """A check's outcome, the case that shows it, and all that was run, for the diagnosis."""

    outcome: Outcome
    shown: CaseRun | None = None
    runs: list[CaseRun] = field(default_factory=list)
    fault: str | None = None

    @property
    def failure(self) -> Failure | None:
        """The difference as data, without the call and the output, which the report adds."""
        return failure_of(self.shown.error) if self.shown is not None and self.shown.error is not None else None


class _Stop(Exception):
    """Ends the search from within."""


def judge(
    test: Callable[..., Any],
    student: Student,
    cases: Cases,
    fixtures: Case,
    plan: Plan | None = None,
    search: bool = True,
) -> Verdict:
    """Run the check on every case, and `search` for a smaller one where one fails; `fixtures` are the test's others.

    With a `plan`, the calls that the cases will make, the worker computes ahead. A case that then calls something else is
    run again by itself, and so is the one that is shown, so that the report shows what that case printed and no other.
    """
    body = inner_function(test)
    runs = _run_all(body, student, cases, fixtures, plan)
    for run in runs:
        if run.error is not None and not is_students(run.error):
            return Verdict(Outcome.INTERNAL_ERROR, run, runs, _our_fault(run.error))
    failed = [run for run in runs if run.error is not None]
    if not failed:
        return Verdict(Outcome.PASSED, None, runs)
    final = [run for run in failed if isinstance(run.error, FINAL)]
    if search and not final:
        runs += _shrink(body, student, cases, fixtures, runs)
        failed = [run for run in runs if run.error is not None]
    shown = min(failed, key=lambda run: run.size) if not final else final[0]
    if plan is not None and not final and any(run is shown for run in runs[: len(cases.drawn)]):
        shown = _run_again(shown, body, student, fixtures, runs)
    assert shown.error is not None
    if not is_students(shown.error):
        return Verdict(Outcome.INTERNAL_ERROR, shown, runs, _our_fault(shown.error))
    return Verdict(outcome_of(shown.error), shown, runs)


def _run_all(
    body: Callable[..., Any], student: Student, cases: Cases, fixtures: Case, plan: Plan | None
) -> list[CaseRun]:
    """Run the cases in order, up to one after which nothing more can be learnt."""
    if plan is None:
        return _run_in_order(body, student, cases, fixtures)
    student.backend.foresee(plan)
    replies = student.backend.peek_replies(whole_check=True)
    passed: list[CaseRun] | None = plan.passed.get(replies) if replies is not None else None
    if passed is not None:
        student.backend.pass_over()
        return list(passed)
    runs = _run_in_order(body, student, cases, fixtures, plan)
    student.backend.end_foresight()
    if replies is not None and len(plan.passed) < STYLES and all(map(_is_kept, runs, plan.cases)):
        plan.passed[replies] = list(runs)
    for position, run in enumerate(runs):
        if isinstance(run.error, OutOfStep) and _ends_the_check(_run_again(run, body, student, fixtures, runs).error):
            return runs[: position + 1]
    return runs


def _run_in_order(
    body: Callable[..., Any], student: Student, cases: Cases, fixtures: Case, plan: Plan | None = None
) -> list[CaseRun]:
    runs: list[CaseRun] = []
    for number, case in enumerate(cases.drawn):
        runs.append(run_case(body, student, case, fixtures, plan.cases[number] if plan is not None else None))
        if _ends_the_check(runs[-1].error):
            break
    return runs


def _was_as_planned(run: CaseRun, planned: PlannedCase) -> bool:
    """Whether a case was right, and all that it depends on are the replies to the calls that were planned."""
    return run.error is None and len(run.calls) <= len(planned.calls)


def _is_kept(run: CaseRun, planned: PlannedCase) -> bool:
    """Whether a case's run is one of those that are remembered anyway."""
    return any(run is one for one in planned.passed.values())


def _run_again(
    run: CaseRun, body: Callable[..., Any], student: Student, fixtures: Case, runs: list[CaseRun]
) -> CaseRun:
    """Run a case by itself and put that in its place; where it fails no more, what it gave before counts."""
    again = run_case(body, student, run.case, fixtures)
    if again.error is None and not isinstance(run.error, OutOfStep):
        return run
    runs[next(position for position, one in enumerate(runs) if one is run)] = again
    return again


def _ends_the_check(error: Exception | None) -> bool:
    """Whether the next cases would only be the same again, or the fault is ours."""
    if error is None or isinstance(error, OutOfStep):
        return False
    return isinstance(error, FINAL) or not is_students(error)


def run_case(
    body: Callable[..., Any], student: Student, case: Case, fixtures: Case, planned: PlannedCase | None = None
) -> CaseRun:
    """Run the check's body once; of a `planned` case whose replies are already there and known to be right, not even that.

    What a check says follows from the replies alone. A class's right solutions give mostly the same ones, to the bit.
    """
    student.begin_case()
    replies = student.backend.peek_replies() if planned is not None else None
    if planned is None or replies is None:
        return _run_body(body, student, case, fixtures)
    passed: CaseRun | None = planned.passed.get(replies)
    if passed is not None:
        student.backend.pass_over()
        return passed
    run = _run_body(body, student, case, fixtures)
    planned.share_arguments(run.calls)
    if _was_as_planned(run, planned) and len(planned.passed) < VARIANTS:
        planned.passed[replies] = run
    return run


def _run_body(body: Callable[..., Any], student: Student, case: Case, fixtures: Case) -> CaseRun:
    error: Exception | None = None
    try:
        body(student=student, **fixtures, **case)
    except Exception as raised:
        error = raised
    except pytest.fail.Exception as raised:  # also what pytest.raises ends with; no Exception
        error = CheckFailed(Failure(what=str(raised).partition("\n")[0]))
    for call in student.transcript:
        forget_where(call.error)
    if error is not None and is_students(error):
        forget_where(error)
    return CaseRun(case, student.transcript, error, student.backend.take_output() if error is not None else "")


def _shrink(
    body: Callable[..., Any], student: Student, cases: Cases, fixtures: Case, before: list[CaseRun]
) -> list[CaseRun]:
    """Look for a smaller failing case than those that were drawn, unless one of them is small; returns the new runs.

    Each case is judged once and its verdict remembered, so that code which answers differently each time cannot confuse
    the search.
    """
    begins = [(run.size, choices) for run, choices in zip(before, cases.choices, strict=False) if run.error and choices]
    smallest = min(run.size for run in before if run.error is not None)
    if cases.search is None or not begins or 0 < smallest[0] <= SMALL:
        return []
    known = {repr(run.case): run for run in before}
    found: list[CaseRun] = []

    def measure(case: Case) -> Size | None:
        key = repr(case)
        if key not in known:
            if len(found) >= SHRINK_CALLS:
                raise _Stop
            run = known[key] = run_case(body, student, case, fixtures)
            found.append(run)
            if isinstance(run.error, FINAL) or (run.error is not None and not is_students(run.error)):
                raise _Stop
        return known[key].size if known[key].error is not None else None

    with suppress(_Stop):
        cases.search.run([choices for _, choices in sorted(begins, key=lambda begin: begin[0])], measure)
    return found


def is_students(error: Exception) -> bool:
    """Whether an exception in a check's body is about the student's code; anything else is a fault of ours."""
    return isinstance(error, (CheckFailed, SubmissionFault, AssertionError))


def outcome_of(error: Exception) -> Outcome:
    """How a check ended that ended with this exception."""
    if isinstance(error, StudentTimedOut):
        return Outcome.TIMED_OUT
    if isinstance(error, StudentNotLoaded) and error.cause is not None:
        return outcome_of(error.cause)
    if isinstance(error, (StudentRaised, StudentDied, StudentProtocolFault)):
        return Outcome.CRASHED
    return Outcome.FAILED


def failure_of(error: Exception) -> Failure:
    """The exception as data: what was compared, wanted, got."""
    function = getattr(error, "label", None) or getattr(error, "function", None)
    if isinstance(error, CheckFailed):
        return error.failure
    if isinstance(error, StudentNotLoaded):
        cause = error.cause
        return Failure(what=str(error), exception=_exception(cause) if isinstance(cause, StudentRaised) else None)
    if isinstance(error, StudentMissing):
        return Failure(what=f"{error.function} is not written yet: {error}")
    if isinstance(error, StudentRaised):
        got = error.kind if error.wanted is not None else None
        return Failure(f"{function} raised {error.kind}", error.wanted, got, exception=_exception(error))
    if isinstance(error, StudentReturnedOther):
        return Failure(what=f"{function} returned something else", wanted=error.wanted, got=error.got)
    if isinstance(error, StudentTimedOut):
        return Failure(what=f"time ran out: {error}")
    if isinstance(error, StudentDied):
        return Failure(what=f"{function} ended the process: {error}")
    if isinstance(error, StudentProtocolFault):
        return Failure(what=f"{function} did not come back with a result: {error}")
    first = str(error).partition("\n")[0]  # what pytest adds below it is about the check's code, not the student's
    return Failure(what=first or "the check's assertion does not hold")


def _exception(error: StudentRaised) -> StudentException:
    frames = tuple(TraceFrame(frame.file, frame.line, frame.function, frame.code, frame.cell) for frame in error.frames)
    return StudentException(error.kind, error.message, frames)


def _our_fault(error: Exception) -> str:
    return "".join(traceback.format_exception(error))[-4000:]
