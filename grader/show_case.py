"""`convgrade show-case`: the smallest failing case of a check, as a script to run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from grader.catalogue import Selection, real_name
from grader.course import Course
from grader.errors import UsageError
from grader.grading import grade
from grader.report.digest import worth_explaining
from grader.report.hiding import for_student
from grader.report.text import one_line, plain
from grader.results import Outcome


@dataclass(frozen=True)
class Case:
    """A script that shows a failure, or None and a remark that says why there is none."""

    script: str | None
    remark: str = ""


def find_case(course: Course, selection: Selection, path: Path, seed: int, show_hidden: bool = False) -> Case:
    """Run the selected check, or those of the selected function; the case of the first that fails. Raises UsageError.

    No case is shown of a hidden check, but with `show_hidden`.
    """
    if selection.name is None:
        raise UsageError(f"{selection.topic.name} is a topic; name one of its functions or checks")
    only = selection.name if show_hidden else real_name(course, selection)
    report = grade(path, [selection.topic.name], seed, course=course, only=only)
    if not show_hidden:
        report = for_student(report)
    (topic,) = report.topics
    failed = [check for check in topic.checks if check.outcome is not Outcome.PASSED]
    for check in failed:
        if check.failure is not None and check.failure.reproduce is not None and worth_explaining(check):
            return Case(plain(check.failure.reproduce).rstrip("\n") + "\n")
    if failed:
        failure = failed[0].failure
        if failure is None:
            return Case(None, "no case is shown of a hidden check")
        return Case(None, f"there is no case to show: {one_line(failure.what, 300)}")
    return Case(None, f"{selection.name} is passed: there is no failing case")
