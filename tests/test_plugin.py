"""The pytest plugin as its users run it: ordinary pytest with --submission."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.course import Course

Submit = Callable[..., Path]


@pytest.fixture
def run(pytester: pytest.Pytester, course: Course) -> Callable[..., pytest.RunResult]:
    """Run pytest on the tiny course in a process of its own, in an empty folder."""

    def run_pytest(submission: Path, *options: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("--submission", str(submission), "--course", str(course.root), *options)

    return run_pytest


def test_right_code_passes_and_points_are_added_up(run: Callable[..., pytest.RunResult], submit: Submit) -> None:
    result = run(submit())
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["*7 of 7 points in the checks that ran*"])


def test_wrong_code_fails_with_the_students_text_and_no_traceback(
    run: Callable[..., pytest.RunResult], submit: Submit
) -> None:
    result = run(submit(("return height * width", "return 2 * (height + width)")))
    result.assert_outcomes(passed=2, failed=3)
    result.stdout.fnmatch_lines(
        [
            "area/any_rectangle: The area is height times width.",
            "  the area is wrong",
            "  wanted 1, got 4",
            "  in area(height=1, width=1)",
            "  probably perimeter-for-area: The perimeter*",
            "*3 of 7 points in the checks that ran*",
        ]
    )
    result.stdout.no_fnmatch_line("*judge.py*")


def test_a_dependent_check_is_skipped_with_its_reason(run: Callable[..., pytest.RunResult], submit: Submit) -> None:
    result = run(submit(("def scale_forward", "def another")), "-rs")
    result.assert_outcomes(passed=3, failed=1, skipped=1)
    result.stdout.fnmatch_lines(["*skipped, since scale_forward is not written yet*"])


def test_selection_and_stopping_work_as_in_any_run(run: Callable[..., pytest.RunResult], submit: Submit) -> None:
    wrong = submit(("return height * width", "return 0"))
    run(wrong, "-k", "backward or forward").assert_outcomes(passed=2, deselected=3)
    run(wrong, "-k", "area/any_rect").assert_outcomes(failed=1, deselected=4)  # by the check's name
    run(wrong, "-x").assert_outcomes(failed=1)
    run(wrong).assert_outcomes(passed=2, failed=3)
    run(wrong, "--lf").assert_outcomes(failed=3, deselected=2)


def test_it_works_with_several_processes(run: Callable[..., pytest.RunResult], submit: Submit) -> None:
    result = run(submit(), "-n", "2")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["*7 of 7 points in the checks that ran*"])


def test_an_ordinary_run_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one():\n    assert 1 + 1 == 2\n")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*points*")


def test_checks_without_a_submission_say_what_is_missing(pytester: pytest.Pytester, course: Course) -> None:
    result = pytester.runpytest_subprocess(str(course.topics[0].checks), "-o", f"pythonpath={course.root}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*give --submission PATH*"])


def test_a_submission_that_does_not_exist_is_a_usage_error(
    run: Callable[..., pytest.RunResult], tmp_path: Path
) -> None:
    result = run(tmp_path / "nothing")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*does not exist*"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"area/errors", points=1', '"area/errors"', "*takes (name, points, needs=(), hidden=False)*"),
        ('"area/errors", points=1', '"volume/errors", points=1', "*is not 'function/behaviour'*"),
        ('"area/errors", points=1', '"area", points=1', "*is not 'function/behaviour'*"),
        ('"area/errors", points=1', '"area/errors", points=0', "*points above 0*"),
        ('"area/errors", points=1', '"area/any_rectangle", points=1', "*is there already*"),
        ('"""A side below 1 raises ValueError, a side of 1 does not."""', "", "*a docstring that says what it asks*"),
        ('pytest.mark.check("area/errors"', 'pytest.mark.chekc("area/errors"', "*chekc*"),
    ],
)
def test_a_wrong_marker_stops_the_collection(
    run: Callable[..., pytest.RunResult], submit: Submit, course: Course, old: str, new: str, message: str
) -> None:
    checks = course.topics[0].checks
    text = checks.read_text()
    assert old in text
    checks.write_text(text.replace(old, new))
    result = run(submit(), "--strict-markers")
    assert result.ret != pytest.ExitCode.OK
    output = pytest.LineMatcher(result.outlines + result.errlines)
    output.fnmatch_lines([message])


def test_plain_assertions_and_parameters_make_checks_too(
    run: Callable[..., pytest.RunResult], submit: Submit, course: Course
) -> None:
    """Whoever can write a pytest test can write an exercise."""
    course.topics[0].checks.write_text(
        """
import pytest

@pytest.mark.parametrize(("height", "width"), [(1, 2), (5, 3)])
@pytest.mark.check("area/plain", points="1/2")
def test_plain(student, height, width):
    '''The area, asked plainly.'''
    assert student.area(height, width) == height * width
"""
    )
    run(submit()).assert_outcomes(passed=2)
    result = run(submit(("return height * width", "return 2")))
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*area/plain*5-3*: The area, asked plainly.", "*0.5 of 1 points in the checks*"])
