"""Grading functions of this very process, without a sandbox: practice in a notebook, and the kit's own proofs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from grader.client.local import LocalBackend
from grader.course import Course, Topic, load_course
from grader.grading import Grading, make_report, run_checks
from grader.results import Report
from grader.session import GradingSession
from grader.submission import Submission
from grader.workshop import Workshop, shared_workshop

NOTE = "practice mode: your functions ran in this process, without a sandbox or time limits; this is not a grade"


def grade_functions(
    topic: Topic,
    functions: Mapping[str, Callable[..., Any]],
    course: Course,
    seed: int = 0,
    workshop: Workshop | None = None,
) -> Report:
    """Grade functions that live in this process; a missing one counts as not written."""
    started = time.perf_counter()
    session = GradingSession(course, seed, workshop or shared_workshop(), lambda _: LocalBackend(functions))
    grading = Grading(course, (topic,), session)
    run_checks(grading)
    submission = Submission("(this session)", {}, (), notes=(NOTE,))
    return make_report(grading, submission.path, submission, seed, time.perf_counter() - started)


def check(topic: str, *, seed: int = 0, namespace: Mapping[str, Any] | None = None) -> Report:
    """Grade the caller's functions of one topic and show the report; for a notebook or REPL.

    Takes the functions from `namespace`, by default the caller's own names. Raises UsageError for an unknown topic.
    """
    course = load_course()
    chosen = course.topic(topic)
    if namespace is None:
        frame = sys._getframe(1)
        namespace = {**frame.f_globals, **frame.f_locals}
    functions = {name: namespace[name] for name in chosen.functions if callable(namespace.get(name))}
    report = grade_functions(chosen, functions, course, seed)
    from grader.report.hiding import for_student
    from grader.report.terminal import print_report

    print_report(for_student(report))
    return report
