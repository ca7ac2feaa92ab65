"""What Classroom 50 reads: `result.json` (schema classroom50/result/v1), and the text of the release.

Scores are whole numbers there, so points are multiplied by what makes every check's points whole, the same for every
student of a course. What lateness takes off is taken off the scores, while a check that is passed stays so. The consumer
escapes only `|` in names; line ends and the rest are removed here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from grader.report.scores import counted_parts, rounded, scale_to_whole
from grader.report.summary import to_summary
from grader.report.text import one_line
from grader.results import Outcome, Report

SCHEMA = "classroom50/result/v1"
HUNDREDTHS = 100  # in a course with deadlines, for those who are in time as well
RELEASE_CHARACTERS = 100_000  # GitHub takes 125,000


@dataclass(frozen=True)
class Identity:
    """What was submitted where, as the runner says; no field is empty. `datetime` is ISO 8601 in UTC."""

    classroom: str
    assignment: str
    submission: str
    commit: str
    release: str
    review: str
    datetime: str


STAMPS = ("owner", "assignment_type", "submitted_by", "graded_at")
"""What the runner adds; a result.json that is made anew from a downloaded one keeps it."""


def to_classroom50(report: Report, identity: Identity, stamps: Mapping[str, Any] | None = None) -> str:
    """The text of result.json."""
    tests = _tests(report)
    result = {
        "schema": SCHEMA,
        **_stamps(stamps or {}),
        **{name: one_line(value, 500) or "unknown" for name, value in asdict(identity).items()},
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }
    return json.dumps(result, indent=2, allow_nan=False) + "\n"


def _stamps(given: Mapping[str, Any]) -> dict[str, Any]:
    """What the runner added, as far as it is of its form: texts, and who submitted as a table of texts and numbers."""
    kept: dict[str, Any] = {}
    for name in STAMPS:
        value = given.get(name)
        if isinstance(value, str) and value:
            kept[name] = one_line(value, 500)
        elif isinstance(value, dict):
            kept[name] = {
                one_line(str(key), 100): one_line(one, 500) if isinstance(one, str) else one
                for key, one in list(value.items())[:20]
                if isinstance(one, str) or type(one) is int
            }
    return kept


def to_release_body(report: Report) -> str:
    """The text of release-body.md."""
    return to_summary(report, RELEASE_CHARACTERS)


def _tests(report: Report) -> list[dict[str, Any]]:
    scale = scale_to_whole(report) * (HUNDREDTHS if report.late is not None else 1)
    checks = [(topic, check) for topic in report.topics for check in topic.checks]
    counted = rounded([points * scale for points in counted_parts(report)])
    return [
        {
            "test-name": one_line(f"{topic.name}: {check.name}", 150),
            "passed": check.outcome is Outcome.PASSED and check.points_earned == check.points_possible,
            "score": score,
            "max-score": int(check.points_possible * scale),
        }
        for (topic, check), score in zip(checks, counted, strict=True)
    ]
