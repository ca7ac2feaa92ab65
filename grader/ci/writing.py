"""Where each format goes: the one place that writes what CI systems read."""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from grader.ci import FORMATS
from grader.ci.surroundings import Surroundings
from grader.errors import UsageError
from grader.report.annotations import to_annotations
from grader.report.classroom import to_classroom
from grader.report.classroom50 import to_classroom50, to_release_body
from grader.report.gradescope import to_gradescope
from grader.report.hiding import for_student
from grader.report.html import to_html
from grader.report.json import to_json
from grader.report.junit import to_junit
from grader.report.output import write_output
from grader.report.places import Places
from grader.report.summary import to_summary
from grader.results import Report, number

FILES = {"junit": "junit.xml", "json": "report.json", "html": "report.html"}
"""What goes into the folder for reports."""
BEFORE_GRADING = ("gradescope", "classroom50")
"""Files that are read even if we are killed: they are written before grading, with nothing earned."""


def remove_committed(formats: Iterable[str], around: Surroundings) -> None:
    """Remove what lies where reports go, so that nothing of a checkout is taken for a report where we do not finish.

    A student may have committed files of these names, with any points, and a link in the place of their folder.
    """
    with contextlib.suppress(OSError):  # what stands in the way is told when writing
        if around.out.is_symlink() and not around.out.is_absolute():
            around.out.unlink()
    for name in formats:
        if name in FILES:
            with contextlib.suppress(OSError):
                (around.out / FILES[name]).unlink()


def write_formats(
    formats: Iterable[str], report: Report, places: Places, around: Surroundings, hidden: str = "visible"
) -> None:
    """Write every format; one that cannot be written does not keep the others from it, and is raised at the end.

    `report` is the whole report; what is written is what a student may see, unless `hidden` is another visibility than
    "visible", which on Gradescope shows hidden checks in full to whom it says.
    """
    problems: list[Exception] = []
    shown = for_student(report)
    for name in (name for name in FORMATS if name in tuple(formats)):
        try:
            if name == "gradescope":
                whole = report if hidden != "visible" else shown
                text = to_gradescope(whole, around.total_points(), hidden)
                _write_file(around.autograder / "results", "results.json", text)
            else:
                WRITERS[name](shown, places, around)
        except Exception as problem:
            problems.append(problem)
    if problems:
        raise problems[0]


def _write_summary(report: Report, places: Places, around: Surroundings) -> None:
    _append(around, "GITHUB_STEP_SUMMARY", to_summary(report))


def _write_annotations(report: Report, places: Places, around: Surroundings) -> None:
    sys.stdout.write(to_annotations(report, places))
    sys.stdout.flush()


def _write_junit(report: Report, places: Places, around: Surroundings) -> None:
    _write_file(around.out, FILES["junit"], to_junit(report, places))


def _write_json(report: Report, places: Places, around: Surroundings) -> None:
    _write_file(around.out, FILES["json"], to_json(report))


def _write_html(report: Report, places: Places, around: Surroundings) -> None:
    _write_file(around.out, FILES["html"], to_html(report))


def _write_classroom50(report: Report, places: Places, around: Surroundings) -> None:
    for name, text in (
        ("result.json", to_classroom50(report, around.identity())),
        ("release-body.md", to_release_body(report)),
    ):
        target = around.checkout / name
        if target.is_symlink():  # one that the student committed
            target.unlink()
        write_output(str(target), text)


def _write_classroom(report: Report, places: Places, around: Surroundings) -> None:
    outputs = {
        "points_earned": str(number(report.points_earned)),
        "points_counted": str(number(report.points_counted)),
        "points_possible": str(number(report.points_possible)),
        "result": to_classroom(report),
    }
    lines = []
    for name, value in outputs.items():
        delimiter = f"end-{secrets.token_hex(16)}"
        lines.append(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
    _append(around, "GITHUB_OUTPUT", "".join(lines))


WRITERS: dict[str, Callable[[Report, Places, Surroundings], None]] = {
    "summary": _write_summary,
    "annotations": _write_annotations,
    "junit": _write_junit,
    "json": _write_json,
    "html": _write_html,
    "classroom50": _write_classroom50,
    "classroom": _write_classroom,
}


def _append(around: Surroundings, variable: str, text: str) -> None:
    file = around.environment.get(variable)
    if not file:
        raise UsageError(f"{variable} is not set: this format is for GitHub Actions")
    try:
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"{variable} ({file}) cannot be written: {error.strerror}") from None


def _write_file(folder: Path, name: str, text: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}") from None
    write_output(str(folder / name), text)
