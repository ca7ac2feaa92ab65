"""The payload of GitHub Classroom's reporter: base64 of JSON, in a step output named `result`.

The reporter shows passed tests over all tests in one place and the sum of the scores in another, adds scores up as floating
point numbers, prints names raw, and cannot be started with more than 128 KiB. So every test here is worth one unit, the
largest share of a point of which every check has a whole number, which makes both figures equal; a unit counts 1 where
its value would not add up exactly; every text is one line. `error` is for faults of ours alone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from grader.report.scores import exact, unit_of
from grader.report.text import one_line
from grader.results import CheckResult, Outcome, Report, TopicResult, number

JSON_BYTES = 90_000
Test = dict[str, Any]


def to_classroom(report: Report) -> str:
    """The base64 text: a test for each unit with messages, without them, for each check, or for each topic, as it fits."""
    unit = unit_of(report)
    value = unit if exact(unit) else Fraction(1)
    possible = report.points_possible / unit * value
    ways: tuple[Callable[[], Iterator[Test]], ...] = (
        lambda: _unit_tests(report, unit, value),
        lambda: _unit_tests(report, unit, value, silent=True),
        lambda: _tests_of(((_name(topic, check), (check,)) for topic, check in _checks(report)), unit, value),
        lambda: _tests_of(((topic.title, topic.checks) for topic in report.topics), unit, value),
    )
    for way in ways:
        text = _payload(report, list(way()), possible)
        if len(text) <= JSON_BYTES:
            break
    return base64.b64encode(text.encode("ascii")).decode("ascii")


def _payload(report: Report, tests: list[Test], possible: Fraction) -> str:
    failed = any(test["status"] != "pass" for test in tests)
    status = "error" if report.internal_errors else "fail" if failed else "pass"
    payload = {"version": 1, "status": status, "max_score": number(possible), "tests": tests}
    return json.dumps(payload, allow_nan=False, separators=(",", ":"))


def _unit_tests(report: Report, unit: Fraction, value: Fraction, silent: bool = False) -> Iterator[Test]:
    """Every check as so many tests as it is worth units; what was earned is rounded down to units."""
    for topic, check in _checks(report):
        count, passed = int(check.points_possible / unit), int(check.points_earned / unit)
        name = _name(topic, check)
        for position in range(count):
            full = f"{name} ({position + 1} of {count})" if count > 1 else name
            if position < passed:
                yield _test(full, "pass", value, value)
            else:
                message = _message(check) if position == passed and not silent else ""
                yield _test(full, _status([check]), Fraction(0), value, message)


def _tests_of(groups: Iterable[tuple[str, Sequence[CheckResult]]], unit: Fraction, value: Fraction) -> Iterator[Test]:
    """One test for each named group of checks."""
    for name, checks in groups:
        earned = sum(int(check.points_earned / unit) for check in checks) * value
        possible = sum(int(check.points_possible / unit) for check in checks) * value
        yield _test(one_line(name, 100), "pass" if earned == possible else _status(checks), earned, possible)


def _checks(report: Report) -> Iterator[tuple[TopicResult, CheckResult]]:
    return ((topic, check) for topic in report.topics for check in topic.checks)


def _name(topic: TopicResult, check: CheckResult) -> str:
    return one_line(f"{topic.name}: {check.name}", 100)


def _status(checks: Sequence[CheckResult]) -> str:
    """Of checks that did not earn everything."""
    return "error" if any(check.outcome is Outcome.INTERNAL_ERROR for check in checks) else "fail"


def _message(check: CheckResult) -> str:
    return one_line(check.failure.what, 200) if check.failure is not None else ""


def _test(name: str, status: str, score: Fraction, possible: Fraction, message: str = "") -> Test:
    return {
        "name": name,
        "status": status,
        "score": number(score),
        "max_score": number(possible),
        "message": message,
        "test_code": "",
        "filename": "",
        "line_no": 0,
        "duration": 0,
    }
