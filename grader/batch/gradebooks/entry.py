"""What a gradebook is filled from, what comes of it, and numbers and cells as spreadsheets take them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from grader.batch.roster import Student
from grader.report.text import in_days, one_line, points
from grader.results import Report

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are the wide ones, which spreadsheets in Chinese and Japanese may take for the others."""


@dataclass(frozen=True)
class Entry:
    """One row of the results. `report` is None where there is no score; `why` says why, or what else is to be known."""

    student: Student
    file: str
    report: Report | None
    why: str = ""
    late: bool = False
    submission: str = ""
    result: Callable[[], bytes | None] | None = None


@dataclass(frozen=True)
class Filled:
    """A gradebook's files by name, how many rows got a grade, and whose did not and why; `remarks` are sentences."""

    files: dict[str, bytes]
    filled: int
    unfilled: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...] = ()


def defused(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, on one line, without control characters."""
    cell = one_line(text, 1000)
    return f"'{cell}" if text.startswith(FORMULA) or cell.startswith(FORMULA) else cell


def scaled(report: Report, possible: Fraction | None) -> Fraction:
    """What counts of the report's points, as a share of what the gradebook's column is worth, where it says so."""
    if possible is None or not report.points_possible:
        return report.points_counted
    return report.points_counted * possible / report.points_possible


def lateness(report: Report | None) -> str:
    """A sentence without an end that says what lateness takes off; nothing where it takes off nothing."""
    if report is None or report.late is None or report.points_counted == report.points_earned:
        return ""
    counted = f"{points(report.points_counted)} of the {points(report.points_earned)} points earned count"
    return f"handed in {in_days(report.late.days)} late: {counted}"
