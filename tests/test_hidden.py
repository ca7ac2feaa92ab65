"""Hidden checks: students see one line with outcome and points, wherever they look; instructors see everything."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from rich.console import Console
from test_golden import made_up

from grader import grade
from grader.cli import main
from grader.course import Course
from grader.report.annotations import to_annotations
from grader.report.classroom50 import to_release_body
from grader.report.gradescope import to_gradescope
from grader.report.hiding import for_student
from grader.report.html import to_html
from grader.report.json import to_json
from grader.report.junit import to_junit
from grader.report.summary import to_summary
from grader.report.terminal import print_report
from grader.results import Outcome, Report

Submit = Callable[..., Path]
WRONG = ("return height * width", "return 2 * (height + width)")
SECRETS = ("any_rectangle", "any rectangle", "The area is height times width", "perimeter", "hidden_sides")


@pytest.fixture
def hiding(course: Course) -> Course:
    """The tiny course with its check of any rectangle hidden, and another that builds on it."""
    checks = course.topics[0].checks
    text = checks.read_text().replace('"area/any_rectangle", points=2', '"area/any_rectangle", points=2, hidden=True')
    text = text.replace('"area/errors", points=1', '"area/errors", points=1, needs=("area/any_rectangle",)')
    # a square of 4 has area 16 and perimeter 16: the open check does not see the mistake
    checks.write_text(text.replace("student.area(3, 4), 12", "student.area(4, 4), 16"))
    return course


def printed(report: Report) -> str:
    """The terminal report."""
    stream = io.StringIO()
    print_report(report, Console(file=stream, width=200))
    return stream.getvalue()


LAYOUTS: dict[str, Callable[[Report], str]] = {
    "terminal": printed,
    "html": to_html,
    "json": to_json,
    "junit": to_junit,
    "summary": to_summary,
    "release": to_release_body,
    "annotations": to_annotations,
    "gradescope": to_gradescope,
}


def test_a_hidden_check_costs_points_and_is_one_line(hiding: Course, submit: Submit) -> None:
    report = grade(
        submit(WRONG), course=hiding
    )  # a square of 4 has area 16 and perimeter 16: only the hidden one fails
    shown = for_student(report)
    assert (shown.points_earned, shown.points_possible) == (report.points_earned, report.points_possible) == (4, 7)
    hidden = [check for check in shown.topics[0].checks if check.hidden]
    assert [(check.name, check.title, check.outcome) for check in hidden] == [
        ("area/hidden_1", "Hidden check", Outcome.FAILED)
    ]
    assert hidden[0].failure is None and not hidden[0].misconceptions and not hidden[0].observations
    full = next(check for check in report.topics[0].checks if check.hidden)
    assert full.failure is not None and full.misconceptions[0].slug == "perimeter-for-area"
    skipped = next(check for check in shown.topics[0].checks if check.name == "area/errors")
    assert skipped.failure is not None and "a hidden check" in skipped.failure.what


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_layout_tells_a_student_more(hiding: Course, submit: Submit, layout: str) -> None:
    report = grade(submit(WRONG), course=hiding)
    text = LAYOUTS[layout](for_student(report))
    assert not [secret for secret in SECRETS if secret in text]
    assert any(secret in LAYOUTS[layout](report) for secret in SECRETS)


def test_several_hidden_checks_of_a_function_keep_apart() -> None:
    report = made_up()
    checks = tuple(dataclasses.replace(check, hidden=True) for check in report.topics[0].checks)
    hidden = for_student(dataclasses.replace(report, topics=(dataclasses.replace(report.topics[0], checks=checks),)))
    names = [check.name for check in hidden.topics[0].checks]
    assert names[:3] == ["forward/hidden_1", "forward/hidden_2", "forward/hidden_3"] and len(names) == len(set(names))
    assert hidden.points_possible == Fraction(33, 2)


def test_nothing_hidden_is_the_same_report() -> None:
    report = made_up()
    assert for_student(report) is report


def test_a_fault_in_a_hidden_check_is_told_without_its_traceback() -> None:
    report = made_up()
    check = dataclasses.replace(report.topics[0].checks[0], hidden=True, name="forward/hidden_sides")
    report = dataclasses.replace(
        report,
        topics=(dataclasses.replace(report.topics[0], checks=(check,)),),
        faults=("layers: forward/hidden_sides\nTraceback", "layers: forward/open\nTraceback"),
    )
    assert for_student(report).faults == ("a hidden check could not be judged", "layers: forward/open\nTraceback")


def test_the_command_hides_unless_asked(
    hiding: Course, submit: Submit, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = str(submit(WRONG))
    for arguments, secret in (([], False), (["--show-hidden"], True)):
        files = [str(tmp_path / "report.json"), str(tmp_path / "report.html")]
        assert (
            main(["grade", path, "--course", str(hiding.root), "--json", files[0], "--html", files[1], *arguments]) == 0
        )
        out = capfd.readouterr().out
        for text in (out, Path(files[0]).read_text(), Path(files[1]).read_text()):
            assert any(word in text for word in SECRETS) is secret
            assert secret or "Hidden check" in text


@pytest.mark.parametrize("visibility", ["visible", "after_published", "hidden"])
def test_gradescope_shows_hidden_checks_in_full_to_whom_it_says(
    hiding: Course, submit: Submit, tmp_path: Path, visibility: str
) -> None:
    (tmp_path / "autograder" / "results").mkdir(parents=True)
    path, folder = str(submit(WRONG)), str(tmp_path / "autograder")
    arguments = ["--format", "gradescope", "--autograder", folder, "--hidden", visibility, "--course", str(hiding.root)]
    assert main(["ci", path, *arguments]) == 0
    tests = json.loads((tmp_path / "autograder" / "results" / "results.json").read_text())["tests"]
    assert [test["visibility"] for test in tests] == ["visible", visibility, "visible", "visible", "visible"]
    assert ("any_rectangle" in tests[1]["name"]) is (visibility != "visible")
    assert "any_rectangle" not in json.dumps(tests[:1] + tests[2:])
