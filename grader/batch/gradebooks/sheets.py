"""Filling the file that Canvas or Moodle exported: one grade column, and Moodle's comments; all else stays byte for byte."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from grader.batch.classlist import Index
from grader.batch.gradebooks.cells import Sheet, read_sheet
from grader.batch.gradebooks.entry import Entry, Filled, lateness, scaled
from grader.batch.handedin import Clue
from grader.batch.names import folded, share_a_word
from grader.batch.roster import Student, are_participants, find_columns, read_student
from grader.errors import UsageError
from grader.report.text import points, two_decimals
from grader.results import Report

ASSIGNMENT = re.compile(r".*\((\d+)\)")
GRADE = ("grade", "bewertung", "note", "calificación", "valutazione", "cijfer", "nota")
MAXIMUM = ("maximum grade", "bestwertung", "höchstbewertung", "note maximale", "calificación máxima", "maximumcijfer")
COMMENTS = (
    "feedback comments",
    "feedback als kommentar",
    "feedback par commentaires",
    "comentarios de retroalimentación",
)
LOCKED = (
    "grade can be changed",
    "bewertung kann geändert werden",
    "la note peut être modifiée",
    "la calificación puede ser cambiada",
)
SHOWN = 5
NO = ("no", "nein", "non", "nee")
UNGRADED = {"ex": "is excused there", "n/a": "is not given the assignment there"}
"""Canvas's marks, in every language; a number in the place of one would take the excuse back, or be thrown away."""
TOTALS = re.compile(r"(unposted )?(current|final) (score|points|grade)( \(.*\))?", re.IGNORECASE)
"""Canvas's own columns, with the grading period in brackets, which may be called by a number."""
SCALE = re.compile(r"-\d+([.,]0*)?")
NUMBER = re.compile(r"\d{1,9}(\.\d{1,9}|,(?!\d{3}$)\d{1,9})?|\d{1,3}((,\d{3})+\.|(\.\d{3})+,)\d{1,2}")
"""1000.00, 1000,00, 1,000.00 and 1.000,00, but not 1,000."""


@dataclass(frozen=True)
class Columns:
    """Where a sheet has the grade, and where it has the other things that matter; None where it has not."""

    grade: int
    possible: Fraction | None = None
    maximum: int | None = None
    comments: int | None = None
    locked: int | None = None
    remarks: tuple[str, ...] = ()


def fill_canvas(entries: Sequence[Entry], template: Path, column: str | None) -> Filled:
    """Canvas's gradebook export with one assignment's column filled. Raises UsageError."""
    sheet = read_sheet(template)
    if "Section" not in sheet.headings or "ID" not in sheet.headings:
        raise UsageError(f"{template} is no export of a Canvas gradebook: it has no columns ID and Section")
    grade = _assignment(sheet, template, column)
    return _fill(sheet, entries, Columns(grade, possible=_possible(sheet, grade)), "canvas.csv")


def fill_moodle(entries: Sequence[Entry], template: Path, column: str | None) -> Filled:
    """Moodle's grading worksheet with Grade and Feedback comments filled. Raises UsageError."""
    sheet = read_sheet(template)
    grade = _find(sheet, (folded(column),) if column else GRADE)
    if grade is None:
        raise UsageError(
            f"{template} has no column {column or 'Grade'}; it has {', '.join(sheet.headings)}: name it with --column"
        )
    maximum, comments, locked = (_find(sheet, names) for names in (MAXIMUM, COMMENTS, LOCKED))
    maximum = _beside(sheet, grade) if maximum is None else maximum
    remarks = [] if comments is not None else ["no column Feedback comments was found, so no comments were written"]
    if maximum is None:
        remarks.append("no column Maximum grade was found, neither by that heading nor beside the grade")
    return _fill(sheet, entries, Columns(grade, None, maximum, comments, locked, tuple(remarks)), "moodle.csv")


def _beside(sheet: Sheet, grade: int) -> int | None:
    """Moodle's maximum grade where its heading is in a language that is not known: it always stands beside the grade.

    So in a worksheet of Moodle's, the column there that has one and the same number in each row.
    """
    rows = [sheet.values(number) for number in range(1, len(sheet.rows)) if sheet.rows[number]]
    is_moodles = are_participants(row[0] for row in rows)
    worth = {_number(row[grade + 1]) if len(row) > grade + 1 else None for row in rows}
    return grade + 1 if is_moodles and len(worth) == 1 and None not in worth else None


def _assignment(sheet: Sheet, template: Path, column: str | None) -> int:
    """The column of the assignment: the one that is named, by its title or its number, or the only one there is."""
    found = [(place, heading) for place, heading in enumerate(sheet.headings) if ASSIGNMENT.fullmatch(heading)]
    own = [(place, heading) for place, heading in found if not TOTALS.fullmatch(heading)]
    if column is None:
        found = own
    else:
        found = [
            (place, heading)
            for place, heading in found
            if column.strip() in (heading, heading.rpartition("(")[0].strip(), ASSIGNMENT.sub(r"\1", heading))
        ]
    if len(found) == 1:
        return found[0][0]
    titles = ", ".join(heading for _, heading in own) or "none"
    raise UsageError(f"which column of {template}? Name one with --column; its assignments are: {titles}")


def _possible(sheet: Sheet, column: int) -> Fraction | None:
    """What the row Points Possible says of a column."""
    for number in range(1, len(sheet.rows)):
        values = sheet.values(number)
        if values and values[0].strip() == "Points Possible" and column < len(values):
            return _number(values[column])
    return None


def _number(text: str) -> Fraction | None:
    """A positive number as exports write it in whatever language; None for what is none, and for what could be two."""
    text = re.sub(r"[\s'\u2019]", "", text)
    if NUMBER.fullmatch(text) is None:
        return None
    whole, mark, decimals = text.replace(",", ".").rpartition(".")
    return Fraction(f"{whole.replace('.', '')}.{decimals}" if mark else text) or None


def _find(sheet: Sheet, names: Sequence[str]) -> int | None:
    found = [place for place, heading in enumerate(sheet.headings) if folded(heading.lstrip("\ufeff")) in names]
    return found[0] if len(found) == 1 else None


def _fill(sheet: Sheet, entries: Sequence[Entry], columns: Columns, name: str) -> Filled:
    """Fill the rows whose person has a score; every row and every entry without its counterpart is listed."""
    entry_of, unfilled = _one_each(entries)
    index = Index(list(entry_of))
    places = find_columns([sheet.headings, *(sheet.values(row) for row in range(1, len(sheet.rows)))])
    changes: dict[tuple[int, int], str] = {}
    used: dict[Student, int] = {}
    told: set[Student] = set()
    possible: set[Fraction | None] = set()
    changed: dict[str, str] = {}
    strangers: list[str] = []
    for number in range(1, len(sheet.rows)):
        values = sheet.values(number)
        person = read_student(values, places)
        if person is None:
            continue
        found = _whose(person, index)
        problem = _refusal(values, columns, found, used, entry_of)
        told |= {found} if isinstance(found, Student) else set()
        if problem is not None or not isinstance(found, Student):
            unfilled.append((person.shown, problem or str(found)))
            continue
        used[found] = number
        if person.name and found.name and not share_a_word(person.name, found.name):
            strangers.append(f"{person.shown} as {found.shown} ({found.key})")
        report = entry_of[found].report
        assert report is not None, "_refusal sees to this"
        worth = columns.possible if columns.maximum is None else _number(values[columns.maximum])
        possible |= {worth} if worth != report.points_possible else set()
        changes[number, columns.grade] = two_decimals(scaled(report, worth))
        if columns.comments is not None and columns.comments < len(values):
            changes[number, columns.comments], spelt = sheet.fitting(comment(report))
            changed |= spelt
    absent = [entry for entry in entry_of.values() if entry.report is not None and entry.student not in told]
    unfilled += [(entry.student.shown, "has a score, but no row here that is certainly theirs") for entry in absent]
    scales = sorted(worth for worth in possible if worth is not None)
    remarks = [f"points were scaled to {points(worth)}, as the file says" for worth in scales]
    if None in possible:
        remarks.append("points were not scaled: the file does not say how many the grade is out of")
    if changed:
        how = ", ".join(f"{letter} became {written}" for letter, written in changed.items())
        remarks.append(f"the comments hold letters that the file's encoding, {sheet.encoding}, has not: {how}")
    remarks += columns.remarks
    if strangers:
        more = f" and {len(strangers) - SHOWN} more" if len(strangers) > SHOWN else ""
        remarks.append(f"filled by their ids, though the names are others: {', '.join(strangers[:SHOWN])}{more}")
    return Filled({name: sheet.replaced(changes)}, len(used), tuple(unfilled), tuple(remarks))


def _one_each(entries: Sequence[Entry]) -> tuple[dict[Student, Entry], list[tuple[str, str]]]:
    """The entries by person, and those that are left out since one description fits several."""
    count = Counter(entry.student for entry in entries)
    several = [entry for entry in entries if count[entry.student] > 1]
    unfilled = [(entry.student.shown, f"{entry.submission} is one of several that fit one person") for entry in several]
    return {entry.student: entry for entry in entries if count[entry.student] == 1}, unfilled


def _whose(person: Student, index: Index) -> Student | str:
    """The one of ours that a row of the sheet is for, or why it is nobody."""
    known = {student for text in person.known_as() for student in index.known(text)}
    if len(known) == 1:
        (student,) = known
        return index.contradiction(student, person.name) or student
    if known:
        return "its ids are those of different people"
    found = index.match(Clue(name=person.name))
    if isinstance(found, Student) and found.id and person.id:
        return f"the name is that of {found.shown}, but the id is another"
    return found


def _refusal(
    values: Sequence[str],
    columns: Columns,
    found: Student | str,
    used: dict[Student, int],
    entries: dict[Student, Entry],
) -> str | None:
    """Why a row of the sheet gets no grade; None where it gets one."""
    if not isinstance(found, Student):
        return found
    if found in used:
        return f"row {used[found] + 1} is for the same person"
    if entries[found].report is None:
        return entries[found].why
    if max(columns.grade, columns.maximum or 0) >= len(values):
        return "the row is too short"
    if mark := UNGRADED.get(folded(values[columns.grade])):
        return mark
    if columns.maximum is not None and SCALE.fullmatch(values[columns.maximum].strip()):
        return "is graded by a scale there, in words, not in points"
    if columns.locked is not None and columns.locked < len(values) and folded(values[columns.locked]) in NO:
        return "Moodle says that the grade cannot be changed"
    return None


def comment(report: Report) -> str:
    """What a student reads in the gradebook: the points, topic by topic; nothing that the student wrote."""
    late = lateness(report)
    topics = [
        f"{topic.title} {points(topic.points_earned)} of {points(topic.points_possible)}" for topic in report.topics
    ]
    total = f"{points(report.points_earned)} of {points(report.points_possible)} points"
    earned = f"{total}: {'; '.join(topics)}." if len(topics) > 1 else f"{total}."
    return f"{earned} {late[0].upper()}{late[1:]}." if late else earned
