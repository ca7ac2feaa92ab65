"""What a row of class.json says of being late, in words."""

from __future__ import annotations

from typing import Any

from grader.report.text import in_days, points
from grader.results import exact

Row = dict[str, Any]


def is_late(row: Row) -> bool:
    """Whether it came late, as the platform or the course's deadlines have it."""
    return bool(row["late"] or row["days_late"])


def is_costly(row: Row) -> bool:
    """Whether being late takes something off."""
    return bool(row["points_counted"] != row["points_earned"])


def delay(row: Row) -> str:
    """How late, and what then counts, to stand behind a name; nothing where no deadline was missed."""
    if not row["days_late"]:
        return ""
    days = in_days(row["days_late"])
    return f": {days}" + (
        f"; {counted(row)} of {points(exact(row['points_earned']))} points count" if is_costly(row) else ""
    )


def counted(row: Row) -> str:
    """The points that count."""
    return points(exact(row["points_counted"]))
