"""What handing in late costs: a function of the report, the course's dates and the date it was handed in.

The points of checks and topics stay what the work earned. What counts in the end stands beside them, in `Report.late`, and
in a note.
"""

from __future__ import annotations

import dataclasses
import math
from datetime import datetime, timedelta
from fractions import Fraction

from grader.course import Course, LatePolicy
from grader.results import Late, LateTopic, Report, number

DAY = timedelta(days=1)


def days_late(due: datetime, handed_in: datetime) -> int:
    """Days after the deadline, each day that has begun counted whole; 0 up to the deadline itself."""
    return max(0, math.ceil((handed_in - due) / DAY))


def percent_off(policy: LatePolicy, days: int) -> Fraction:
    """What is taken off, in per cent of the points earned."""
    return min(policy.at_most, max(0, days - policy.free_days) * policy.per_day)


def apply_late(report: Report, course: Course, handed_in: datetime, extension: timedelta = timedelta(0)) -> Report:
    """The report with what counts of it; unchanged for a course without dates, or where there is no score.

    `handed_in` needs a UTC offset, as the course's dates have one; every deadline is later by `extension`.
    """
    if course.late is None or report.internal_errors:
        return report
    found = []
    for topic in report.topics:
        due = (course.topic(topic.name).due or course.late.due) + extension
        days = days_late(due, handed_in)
        off = percent_off(course.late, days)
        found.append(LateTopic(topic.name, due.isoformat(), days, off, topic.points_earned * (100 - off) / 100))
    late = Late(handed_in.isoformat(), tuple(found))
    return dataclasses.replace(report, late=late, notes=(*report.notes, *_notes(report, late, course.late)))


def _notes(report: Report, late: Late, policy: LatePolicy) -> list[str]:
    """One sentence for each kind of delay, and what counts in all."""
    kinds: dict[tuple[int, Fraction], list[str]] = {}
    for topic in late.topics:
        if topic.days:
            kinds.setdefault((topic.days, topic.percent), []).append(topic.name)
    notes = []
    for (days, percent), names in kinds.items():
        free = f", of which {policy.free_days} cost nothing" if policy.free_days else ""
        which = "" if len(names) == len(late.topics) else f" ({', '.join(names)})"
        plural = "day" if days == 1 else "days"
        notes.append(f"handed in {days} {plural} late{which}{free}: {float(percent):g} % less")
    if kinds and late.points != report.points_earned:
        notes.append(f"{number(late.points):g} of the {number(report.points_earned):g} points earned count")
    return notes
