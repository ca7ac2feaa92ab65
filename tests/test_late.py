"""Late work: days, per cent and points, exactly; and the lines of course.toml."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import pytest

from grader import grade
from grader.cli import main
from grader.course import Course, LatePolicy, load_course
from grader.errors import CourseError
from grader.late import apply_late, days_late, percent_off
from grader.tomllines import find_line

DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = LatePolicy(DUE, 2, Fraction(10), Fraction(45))
LATE = '[late]\ndue = 2026-03-01T12:00:00Z\nfree_days = 1\nper_day = "1/3"\nat_most = 50\n\n'
Submit = Callable[..., Path]


@pytest.mark.parametrize(
    ("after", "days"),
    [
        (timedelta(days=-30), 0), (timedelta(0), 0), (timedelta(seconds=1), 1), (timedelta(days=1), 1),
        (timedelta(days=1, microseconds=1), 2), (timedelta(days=400), 400),
    ],
)  # fmt: skip
def test_a_day_that_has_begun_counts(after: timedelta, days: int) -> None:
    assert days_late(DUE, DUE + after) == days
    elsewhere = (DUE + after).astimezone(timezone(timedelta(hours=9)))
    assert days_late(DUE, elsewhere) == days


@pytest.mark.parametrize(("days", "percent"), [(0, 0), (1, 0), (2, 0), (3, 10), (6, 40), (7, 45), (99, 45)])
def test_what_is_taken_off(days: int, percent: int) -> None:
    assert percent_off(POLICY, days) == percent


def with_deadline(course: Course, old: str = "", new: str = "") -> Course:
    toml = course.root / "reference" / "course.toml"
    toml.write_text(toml.read_text().replace("[limits]", f"{LATE}[limits]").replace(old, new))
    return load_course(course.root)


def test_the_points_stay_and_what_counts_is_beside_them(course: Course, submit: Submit) -> None:
    course = with_deadline(course)
    report = grade(submit(), course=course, handed_in=DUE + timedelta(days=3))
    assert report.points_earned == 7 and report.late is not None
    assert report.late.points == 7 * (1 - Fraction(2, 300))
    assert report.notes == (
        "handed in 3 days late, of which 1 cost nothing: 0.666667 % less", "6.95333 of the 7 points earned count"
    )  # fmt: skip
    (topic,) = report.to_dict()["late"]["topics"]
    assert (
        topic["days"] == 3
        and topic["due"] == "2026-03-01T12:00:00+00:00"
        and topic["points"] == pytest.approx(6.95333, abs=1e-4)
    )


def test_in_time_nothing_is_said(course: Course, submit: Submit) -> None:
    course = with_deadline(course)
    report = grade(submit(), course=course, handed_in=DUE)
    assert report.notes == () and report.late is not None and report.late.points == 7
    assert grade(submit(), course=course).late is None


def test_a_topic_may_have_a_deadline_of_its_own(course: Course, submit: Submit) -> None:
    course = with_deadline(course, 'name = "area"', 'name = "area"\ndue = 2026-03-05T12:00:00Z')
    report = grade(submit(), course=course, handed_in=DUE + timedelta(days=3))
    assert report.late is not None and report.late.topics[0].days == 0


def test_a_fault_of_ours_has_no_score_to_take_from(course: Course, submit: Submit) -> None:
    checks = course.topics[0].checks
    checks.write_text(checks.read_text().replace("oracle.area(*case), what", "oracle.no_such(*case), what"))
    course = with_deadline(course)
    assert grade(submit(), course=course, handed_in=DUE + timedelta(days=9)).late is None
    assert apply_late(grade(submit(), course=course), course, DUE).late is None


def test_the_command(course: Course, submit: Submit, capsys: pytest.CaptureFixture[str]) -> None:
    with_deadline(course)
    command = ["grade", str(submit()), "--course", str(course.root), "--handed-in"]
    assert main([*command, "2026-03-04 13:00"]) == 0
    assert "handed in 4 days late" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([*command, "yesterday"])
    assert "yesterday is not a date like 2026-12-01T23:59+01:00" in capsys.readouterr().err


def test_a_weight_multiplies_points(course: Course, submit: Submit) -> None:
    course = with_deadline(course, "points = 7", 'points = 7\nweight = "3/2"')
    report = grade(submit(("return height * width", "return 0")), course=course)
    assert report.points_possible == course.topics[0].points == Fraction(21, 2) and report.points_earned == Fraction(
        9, 2
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "due = 2026-03-01T12:00:00Z",
            "due = 2026-03-01T12:00:00",
            "line 8: late.due: 2026-03-01 12:00:00 needs its offset",
        ),
        (
            "due = 2026-03-01T12:00:00Z",
            'due = "soon"',
            "line 8: late.due: 'soon' is not a date with a time and an offset",
        ),
        ("free_days = 1", "free_days = -1", "line 9: late.free_days: -1 is negative"),
        ('per_day = "1/3"', "", "line 7: late.per_day: is missing"),
        ('per_day = "1/3"', "per_day = 200", "line 10: late.per_day: 200 is more than 100 per cent"),
        ('per_day = "1/3"', 'per_day = "1/0"', "line 10: late.per_day: '1/0' is not a number"),
        ("at_most = 50", "at_moist = 50", "line 11: late.at_moist: is not an entry"),
        ("points = 7", "points = 7.5", "points: 7.5 is not a whole number, or a fraction or decimal in quotes"),
        ("points = 7", "points = 0", "points: 0 is not positive"),
        ("points = 7", "points = 7\nweight = -1", "weight: -1 is not positive"),
        ("call_seconds = 2", 'call_seconds = "2"', "line 14: limits.call_seconds: '2' is not a number"),
        ('area = "size"', "area = 3", "topic[0].functions.area: 3 is not a name in quotes, or a list of names"),
    ],
)
def test_a_bad_entry_is_told_with_its_line(course: Course, old: str, new: str, message: str) -> None:
    with pytest.raises(CourseError) as raised:
        with_deadline(course, old, new)
    toml = course.root / "reference" / "course.toml"
    assert message in str(raised.value) and str(raised.value).startswith(f"{toml}, line ")
    line = int(str(raised.value).partition(", line ")[2].partition(":")[0])
    assert new.split("\n")[-1] in toml.read_text().splitlines()[line - 1] or "missing" in message


def test_topics_that_are_no_tables(course: Course) -> None:
    toml = course.root / "reference" / "course.toml"
    text = toml.read_text()
    toml.write_text("topic = [1]\n" + text[: text.index("[[topic]]")])
    with pytest.raises(CourseError, match=r"line 1: topic: is not one or more tables; each begins with \[\[topic\]\]"):
        load_course(course.root)


TEXT = """
a = 1
[one]
b = '''
c = 2
[two]
'''
"d" = { e = 1 }
[[many]]
f.g = 3
[many.inner]
h = 4
[[many]]
[many.inner]  # again
h = 5
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a", 2), ("one.b", 4), ("one.c", 3), ("two", None), ("one.d", 8), ("one.d.e", 8), ("many[0].f.g", 10),
        ("many[0].inner.h", 12), ("many[1]", 13), ("many[1].inner.h", 15), ("many[1].inner.x", 14), ("nothing", None),
    ],
)  # fmt: skip
def test_lines_of_entries(path: str, line: int | None) -> None:
    assert find_line(TEXT, path) == line
