"""Reports read back from JSON are what was written."""

from __future__ import annotations

import dataclasses
import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from grader.report.json import to_json
from grader.results import (
    Arrays,
    CheckResult,
    Failure,
    Isolation,
    Late,
    LateTopic,
    Misconception,
    Outcome,
    Report,
    StudentException,
    SubmittedFile,
    TopicResult,
    TraceFrame,
    exact,
    number,
)

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))


def full_report() -> Report:
    """A report with something in every field."""
    frame = TraceFrame("area.py", 3, "area", "return 1 / 0")
    failure = Failure(
        what="the area is wrong",
        wanted=math.inf,
        got="nothing",
        index=(0, 2),
        error=math.inf,
        allowed_error=0.5,
        share_differing=0.25,
        call="area(1, 2)",
        reproduce="print(1)",
        exception=StudentException("ZeroDivisionError", "division by zero", (frame,)),
        output="one\ntwo",
        case="height=1",
        arrays=Arrays((2,), (1.0, math.inf), (2.0, 0.5), (True, True)),
    )
    checks = (
        CheckResult("area/third", "A third.", Outcome.PASSED, Fraction(1, 3), Fraction(1, 3), duration_s=0.25, hidden=True),
        CheckResult(
            "area/errors", "Errors.", Outcome.CRASHED, Fraction(0), Fraction(5, 2), failure,
            (Misconception("perimeter-for-area", "Count the squares."),), ("twice as large",),
        ),
    )  # fmt: skip
    topics = (TopicResult("area", "Areas", checks, "it is broken", "printed"),)
    files = (SubmittedFile("area.py", "0" * 64),)
    isolation = Isolation("partial", {"landlock": False})
    return Report(
        "tiny", "Tiny", "1.0", "there", files, 7, isolation, topics, ("a note",), ("a fault",), {"numpy": "2"}, 1.5,
        Late("2026-03-03T12:00:00+00:00", (LateTopic("area", "2026-03-01", 3, Fraction(25, 2), Fraction(1, 4)),)),
    )  # fmt: skip


def test_a_report_is_the_same_after_reading_it_back() -> None:
    report = full_report()
    assert Report.from_dict(json.loads(to_json(report))) == report
    assert report.points_earned == Fraction(1, 3)


def test_every_field_of_the_data_has_something_in_it() -> None:
    """Keeps the test above from passing by leaving out what was added later."""

    def check(value: Any) -> None:
        for entry in dataclasses.fields(value):
            inner = getattr(value, entry.name)
            assert inner not in (None, (), {}, ""), f"{type(value).__name__}.{entry.name} is empty"

    report = full_report()
    failed = report.topics[0].checks[1]
    assert failed.failure is not None
    for value in (report, report.topics[0], failed.failure, failed.failure.exception):
        check(value)


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_golden_reports_come_back(file: Path) -> None:
    form = json.loads(file.read_text("utf-8"))
    assert Report.from_dict(form).to_dict() == form


@pytest.mark.parametrize(
    "points", [Fraction(1, 3), Fraction(15, 2), Fraction(7), Fraction(9999, 10_000), Fraction(100, 7)]
)
def test_points_are_exact(points: Fraction) -> None:
    assert exact(json.loads(json.dumps(number(points)))) == points


@pytest.mark.parametrize(
    "form", [{}, {"format_version": 2}, {"format_version": 1}, {"format_version": 1, "course": 3}], ids=str
)
def test_what_is_no_report_is_refused(form: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"format_version|no report"):
        Report.from_dict(form)
