"""`check` in a notebook or REPL, and `doctor`."""

from __future__ import annotations

import re
import sys
from fractions import Fraction

import pytest

import grader
from grader.course import Course
from grader.doctor import Finding, examine, print_findings
from grader.errors import UsageError
from grader.practice import NOTE, grade_functions
from grader.report.notebook import to_cell_html
from grader.report.text import one_line, plain, points, value
from grader.results import FORMAT_VERSION, Outcome, number, percentage, worst


def test_functions_of_this_process_are_graded_without_isolation(course: Course) -> None:
    report = grade_functions(course.topic("area"), {"area": lambda height, width: height * width}, course)
    outcomes = {check.name: check.outcome for check in report.topics[0].checks}
    assert outcomes["area/any_rectangle"] is Outcome.PASSED
    assert outcomes["area/errors"] is Outcome.FAILED
    assert outcomes["scale_forward/values"] is Outcome.FAILED
    assert report.isolation.level == "none" and report.notes == (NOTE,)


def _contrast(colour: str, background: float) -> float:
    """The contrast of a colour, #rrggbb, with a grey of this luminance, as the WCAG define it."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return (max(luminance, background) + 0.05) / (min(luminance, background) + 0.05)


def test_a_cells_colours_can_be_read_on_white_and_on_black(course: Course) -> None:
    report = grade_functions(course.topic("area"), {"area": lambda height, width: 7}, course)
    colours = set(re.findall(r"color: (#[0-9a-f]{6})", to_cell_html(report)))
    assert len(colours) >= 3
    assert min(_contrast(colour, background) for colour in colours for background in (0.0, 1.0)) > 3.5


def test_check_takes_the_callers_names_and_prints_the_report(
    course: Course, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.practice.load_course", lambda: course)

    def area(height: int, width: int) -> int:
        return 2 * (height + width)

    report = grader.check("area")
    assert area(1, 1) == 4 and report.points_earned == 0
    out = capsys.readouterr().out
    assert "perimeter for area" in out and "practice mode" in out and "Isolation: none" in out
    given = grader.check("area", namespace={"area": lambda height, width: height * width})
    assert given.points_earned == 3
    with pytest.raises(UsageError, match="no check, function or topic 'volume'"):
        grader.check("volume")


@pytest.mark.skipif(sys.platform != "linux", reason="the full sandbox is for Linux")
def test_the_doctor_tries_every_protection(capsys: pytest.CaptureFixture[str]) -> None:
    findings = examine()
    names = [finding.protection for finding in findings]
    for name in ("landlock", "seccomp", "memory_limit", "empty_environment", "wall_clock", "packages"):
        assert name in names
    everything = print_findings(findings)
    out = capsys.readouterr().out
    assert everything == all(finding.holds for finding in findings)
    assert out.count("✓") + out.count("✗") == len(findings)


def test_the_doctor_says_what_to_do_about_a_missing_protection(capsys: pytest.CaptureFixture[str]) -> None:
    assert not print_findings([Finding("landlock", "reading files", False, "it was possible")])
    out = capsys.readouterr().out
    assert "✗" in out and "Some protections do not hold here." in out and "Landlock needs Linux 5.13" in out


def test_points_are_exact() -> None:
    thirds = [Fraction(1, 3)] * 3
    assert number(sum(thirds, Fraction(0))) == 1 and isinstance(number(Fraction(2)), int)
    assert number(Fraction("0.1") + Fraction("0.2")) == 0.3
    assert points(Fraction(5, 2)) == "2.5" and points(Fraction(10)) == "10" and points(Fraction(1, 3)) == "0.33"
    assert percentage(Fraction(1), Fraction(8)) == Fraction(25, 2) and percentage(Fraction(0), Fraction(0)) == 0
    assert worst([Outcome.PASSED, Outcome.CRASHED, Outcome.FAILED]) is Outcome.CRASHED and worst([]) is Outcome.PASSED
    assert FORMAT_VERSION == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext", "plain    text"),
        ("\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b(B\x1bc", "red"),
        ("over\rwritten\r\nnext", "over\nwritten\nnext"),
        ("::error::x", ": :error::x"),
        ("a\n  ::stop-commands::x", "a\n  : :stop-commands::x"),
        ("x ##[error] y", "x ## [error] y"),
        ("x[:, ::2]", "x[:, ::2]"),
        ("\u202eabc\u2066\x00\x9b31m\ud800", "abc31m"),
        ("<Cache object at 0x7f12ab34cd56>", "<Cache object at 0x...>"),
        ("naïve 日本語", "naïve 日本語"),
    ],
)
def test_students_text_is_only_text(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_long_text_is_cut_and_numbers_are_short() -> None:
    assert one_line("a\nb   c") == "a b c" and one_line("x" * 300, 10) == "xxxxxxx..."
    assert (
        value(1 / 3) == "0.33333333"
        and value(float("nan")) == "nan"
        and value("a\nb") == "a b"
        and value(True) == "True"
    )
