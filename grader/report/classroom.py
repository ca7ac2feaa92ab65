"""The payload of GitHub Classroom's reporter: base64 of JSON, in a step output named `result`.

The reporter shows passed tests over all tests in one place and the sum of the scores in another, adds scores up as floating
point numbers, prints names raw, and cannot be started with more than 128 KiB. So every test here is worth one unit, the
largest share of a point of which every check has a whole number, which makes both figures equal; a unit counts 1 where
its value would not add up exactly; every text is one line. What lateness takes off is taken off in whole units, the last
of a topic first. `error` is for faults of ours alone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

from grader.report.scores import exact, rounded, unit_of
from grader.report.text import one_line
from grader.results import CheckResult, Outcome, Report, TopicResult, number

JSON_BYTES = 90_000
Test = dict[str, Any]
Counted = tuple[TopicResult, CheckResult, int]
Group = tuple[str, Sequence[tuple[CheckResult, int]]]


def to_classroom(report: Report) -> str:
    """The base64 text: a test for each unit with messages, without them, for each check, or for each topic, as it fits."""
    unit = unit_of(report)
    value = unit if exact(unit) else Fraction(1)
    possible = report.points_possible / unit * value
    units = list(_counted_units(report, unit))
    ways: tuple[Callable[[], Iterator[Test]], ...] = (
        lambda: _unit_tests(units, unit, value),
        lambda: _unit_tests(units, unit, value, silent=True),
        lambda: _tests_of(((_name(topic, check), [(check, count)]) for topic, check, count in units), unit, value),
        lambda: _tests_of(_topics(units), unit, value),
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


def _counted_units(report: Report, unit: Fraction) -> Iterator[Counted]:
    """How many units of each check count: what was earned, rounded down to units, and what lateness leaves of a topic's."""
    budgets = rounded([report.counted(topic) / unit for topic in report.topics], to_nearest=True)
    for topic, left in zip(report.topics, budgets, strict=True):
        for check in topic.checks:
            count = min(int(check.points_earned / unit), left)
            left -= count
            yield topic, check, count


def _unit_tests(units: Iterable[Counted], unit: Fraction, value: Fraction, silent: bool = False) -> Iterator[Test]:
    """Every check as so many tests as it is worth units."""
    for topic, check, passed in units:
        count = int(check.points_possible / unit)
        name = _name(topic, check)
        for position in range(count):
            full = f"{name} ({position + 1} of {count})" if count > 1 else name
            if position < passed:
                yield _test(full, "pass", value, value)
            else:
                message = _message(check) if position == passed and not silent else ""
                yield _test(full, _status([check]), Fraction(0), value, message)


def _topics(units: Iterable[Counted]) -> Iterator[Group]:
    """The checks of each topic as one group."""
    for _, members in groupby(units, key=lambda counted: id(counted[0])):
        group = list(members)
        yield group[0][0].title, [(check, count) for _, check, count in group]


def _tests_of(groups: Iterable[Group], unit: Fraction, value: Fraction) -> Iterator[Test]:
    """One test for each named group of checks."""
    for name, members in groups:
        earned = sum(count for _, count in members) * value
        possible = sum(int(check.points_possible / unit) for check, _ in members) * value
        status = "pass" if earned == possible else _status([check for check, _ in members])
        yield _test(one_line(name, 100), status, earned, possible)


def _name(topic: TopicResult, check: CheckResult) -> str:
    return one_line(f"{topic.name}: {check.name}", 100)


def _status(checks: Sequence[CheckResult]) -> str:
    """Of checks that did not earn everything."""
    return "error" if any(check.outcome is Outcome.INTERNAL_ERROR for check in checks) else "fail"


def _message(check: CheckResult) -> str:
    """What is wrong; of a check that is passed, why it does not count in full."""
    late = "handed in late" if check.outcome is Outcome.PASSED else ""
    return one_line(check.failure.what, 200) if check.failure is not None else late


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
