"""What students are shown of hidden checks: one line each, with its outcome and points."""

from __future__ import annotations

import dataclasses
from collections import Counter

from grader.results import CheckResult, Report, TopicResult

TITLE = "Hidden check"


def for_student(report: Report) -> Report:
    """The report without the names, titles, cases and hints of hidden checks; points and outcomes stay.

    Every report that a student sees is made from this one. It is the same report where nothing is hidden.
    """
    hidden = {check.name: topic.name for topic in report.topics for check in topic.checks if check.hidden}
    if not hidden:
        return report
    faults = tuple(
        "a hidden check could not be judged" if any(name in fault for name in hidden) else fault
        for fault in report.faults
    )
    return dataclasses.replace(report, topics=tuple(map(_topic, report.topics)), faults=faults)


def hidden_name(function: str, number: int) -> str:
    """What students read in place of the name of a function's hidden check, counted from 1."""
    return f"{function}/hidden_{number}"


def _topic(topic: TopicResult) -> TopicResult:
    count: Counter[str] = Counter()
    checks = []
    for check in topic.checks:
        count[check.function] += check.hidden
        checks.append(_redacted(check, count[check.function]) if check.hidden else check)
    ran = () if count.total() else topic.full_size  # which of these a hidden check ran is not known
    return dataclasses.replace(topic, checks=tuple(checks), full_size=ran)


def _redacted(check: CheckResult, number: int) -> CheckResult:
    return CheckResult(
        name=hidden_name(check.function, number),
        title=TITLE,
        outcome=check.outcome,
        points_earned=check.points_earned,
        points_possible=check.points_possible,
        duration_s=check.duration_s,
        hidden=True,
    )
