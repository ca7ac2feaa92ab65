"""Grading functions of this very process, without a sandbox: practice in a notebook, and the kit's own proofs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from grader.catalogue import find, real_name
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
    only: str | None = None,
) -> Report:
    """Grade functions that live in this process; a missing one counts as not written.

    `only` is a function or the name of a check: nothing else is graded then.
    """
    started = time.perf_counter()
    session = GradingSession(course, seed, workshop or shared_workshop(), lambda _: LocalBackend(functions))
    grading = Grading(course, (topic,), session, only=only)
    found = run_checks(grading)
    submission = Submission("(this session)", {}, (), notes=(NOTE,))
    return make_report(grading, found, submission.path, submission, seed, time.perf_counter() - started)


def check(name: str, *, seed: int = 0, namespace: Mapping[str, Any] | None = None) -> Report:
    """Grade the caller's functions of one topic, or one function of it, and show the report; for a notebook or REPL.

    `name` is a topic ("batchnorm"), a function ("batchnorm_forward") or a check ("batchnorm_forward/eps"). Takes the
    functions from `namespace`, by default the caller's own names. Raises UsageError for a name that is none of these.
    """
    course = load_course()
    selection = find(course, name)
    chosen = selection.topic
    if namespace is None:
        frame = sys._getframe(1)
        namespace = {**frame.f_globals, **frame.f_locals}
    functions = {name: namespace[name] for name in chosen.functions if callable(namespace.get(name))}
    from grader.report.hiding import for_student

    report = grade_functions(chosen, functions, course, seed, only=real_name(course, selection))
    _show(for_student(report))
    return report


def _show(report: Report) -> None:
    """Show the report: as HTML where a notebook shows it, as text elsewhere."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if getattr(shell, "kernel", None) is not None:
        from grader.report.notebook import to_cell_html

        display: Any = sys.modules["IPython.display"]
        display.display(display.HTML(to_cell_html(report)))
        return
    from grader.report.terminal import print_report

    print_report(report)
