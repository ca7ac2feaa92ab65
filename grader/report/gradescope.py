"""Gradescope's `results.json`.

A score at the top overrides the sum of the tests, so there is one only where handing in late costs points; the tests have
what the work earned. A test that is not visible hides the student's total, so hidden checks are shown as visible tests of
one line unless another visibility is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from grader.report.plain import explain_check
from grader.report.scores import rounded
from grader.report.text import one_line, plain
from grader.results import CheckResult, Outcome, Report, TopicResult, number

OUTPUT_CHARACTERS = 10_000


def to_gradescope(report: Report, total: Fraction | None = None, hidden: str = "visible") -> str:
    """The text of the file; points are scaled to `total` where it is another, in hundredths that add up exactly.

    `hidden` is the visibility of hidden checks: with "visible" the report should be the one `for_student` makes.
    """
    checks = [(topic, check) for topic in report.topics for check in topic.checks]
    possible = _scaled([check.points_possible for _, check in checks], report.points_possible, total)
    earned = _scaled([check.points_earned for _, check in checks], report.points_possible, total)
    tests = []
    numbers = _numbers(report)
    for position, (topic, check) in enumerate(checks):
        score = possible[position] if check.points_earned == check.points_possible else earned[position]
        score = min(score, possible[position])
        visibility = hidden if check.hidden else "visible"
        tests.append(_test(topic, check, numbers[position], (score, possible[position]), visibility))
    result = {
        **_total(report, total),
        "execution_time": round(report.duration_s),
        "output": _heading(report),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    return json.dumps(result, indent=2, allow_nan=False) + "\n"


def _total(report: Report, total: Fraction | None) -> dict[str, Any]:
    """The score that overrides the sum of the tests, in hundredths, where lateness takes something off."""
    if report.points_counted == report.points_earned:
        return {}
    scale = total / report.points_possible if total is not None and report.points_possible else Fraction(1)
    return {"score": number(Fraction(round(report.points_counted * scale * 100), 100))}


def _scaled(parts: Sequence[Fraction], possible: Fraction, total: Fraction | None) -> list[Fraction]:
    if total is None or not possible or total == possible:
        return list(parts)
    return [Fraction(part, 100) for part in rounded([part * total / possible * 100 for part in parts])]


def _numbers(report: Report) -> list[str]:
    return [f"{i + 1}.{j + 1}" for i, topic in enumerate(report.topics) for j in range(len(topic.checks))]


def _test(
    topic: TopicResult, check: CheckResult, order: str, score: tuple[Fraction, Fraction], visibility: str
) -> dict[str, Any]:
    return {
        "name": one_line(f"{topic.title}: {check.name}", 200),
        "number": order,
        "score": number(score[0]),
        "max_score": number(score[1]),
        "status": "passed" if check.outcome is Outcome.PASSED else "failed",
        "output": _output(check),
        "visibility": visibility,
    }


def _output(check: CheckResult) -> str:
    text = explain_check(check) if check.failure is not None else plain(check.title)
    return text if len(text) <= OUTPUT_CHARACTERS else text[:OUTPUT_CHARACTERS] + "\n[...]"


def _heading(report: Report) -> str:
    lines = [one_line(report.course_title)]
    if report.internal_errors:
        lines.append("Some checks could not be judged. That is a fault of the grader, not of your submission.")
    lines += [f"Note: {one_line(note, 300)}" for note in report.notes]
    lines += [one_line(f"{topic.title}: {topic.problem}", 400) for topic in report.topics if topic.problem]
    return "\n".join(lines)
