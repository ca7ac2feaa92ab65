"""The class list: a CSV with any of name, id, login and e-mail, or the export of a gradebook."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from grader.batch.names import folded
from grader.errors import UsageError

ROSTER_BYTES = 64 << 20
TITLE_ROWS = 10
"""Rows that may stand above the headings: a title, a date, a blank one."""
TEST_STUDENT = ("Student, Test", "Test Student")  # Canvas's, by name or by first and last name
SPREADSHEETS = (b"PK\3\4", b"\xd0\xcf\x11\xe0")
"""How files of spreadsheet programs begin, new and old."""
COLUMNS = {
    "name": ("name", "full name", "student", "student name", "vollständiger name", "nom complet", "nombre completo", "nom"),
    "first": ("first name", "first_name", "firstname", "given name", "vorname", "prénom", "nombre"),
    "last": ("last name", "last_name", "lastname", "surname", "family name", "nachname", "nom de famille", "apellido(s)",
             "apellidos", "apellido", "cognome"),
    "id": ("id", "student id", "student_id", "canvas user id", "canvas_user_id", "id number", "idnumber", "identifier", "sid",
           "matriculation number", "sis user id", "sis_user_id", "user_id", "sis id", "id-nummer", "matrikelnummer",
           "identifiant", "identificador", "identificativo", "identifierare"),
    "login": ("login", "username", "user name", "user", "github", "github username", "github_username", "sis login id",
              "login id", "login_id", "anmeldename", "netid"),
    "email": ("email", "e-mail", "email address", "e-mail address", "mail", "e-mail-adresse", "adresse de courriel"),
    "team": ("group", "team", "group name", "group_name", "team name", "gruppe", "groupe", "grupo", "gruppo"),
}  # fmt: skip
"""Headings by what they hold, folded; the first that is there is the main one, the others are known as well."""
KNOWN = frozenset(heading for headings in COLUMNS.values() for heading in headings)
HANDED_IN = (
    "handed in",
    "handed_in",
    "handed in at",
    "submitted",
    "submitted at",
    "submission time",
    "submission date",
)
MOODLE_HANDED_IN = "last modified (submission)"
MOODLE_DATE = "%A, %d %B %Y, %I:%M %p"
TOLD_TO_EXCEL = re.compile(r"\A\ufeff?sep=.\r?\n")
"""A line before the headings that says what separates the columns, for Excel alone."""
NUMBERED = re.compile(r"\D+ (\d+)")
PARTICIPANT = re.compile(r"(?P<word>[^\d_@]+)(?P<number>\d+)")
"""Moodle's identifiers: "Participant 501", and in most other languages without a blank: "Teilnehmer/in501"."""
SHORT = 5
"""Letters of the shortest word for a participant in plain ASCII; what is shorter may be part of a login, such as s501."""


@dataclass(frozen=True)
class Student:
    """One person. `also` are further ids and logins the person is known by; what is not known is empty.

    `handed_in` is the date that the class list gives for the submission, `team` the group that the person hands in with.
    """

    name: str = ""
    id: str = ""
    login: str = ""
    email: str = ""
    also: tuple[str, ...] = ()
    handed_in: datetime | None = None
    team: str = ""

    @property
    def key(self) -> str:
        """What tells this person from others: the id, or else the login, the e-mail, the name."""
        return self.id or self.login or self.email or self.name

    @property
    def shown(self) -> str:
        """What a person is called in lists."""
        return self.name or self.login or self.email or self.id

    def known_as(self) -> frozenset[str]:
        """Every id, login and e-mail, folded."""
        return frozenset(folded(text) for text in (self.id, self.login, self.email, *self.also) if text)


def load_roster(path: Path, zone: tzinfo = UTC) -> tuple[Student, ...]:
    """Read a class list; dates without an offset are of `zone`.

    Raises UsageError that names the file, the row and what is wrong there.
    """
    return parse_roster(read_text(path), str(path), zone)


def read_text(path: Path) -> str:
    """A text file as spreadsheets write them: UTF-8 with or without a mark, UTF-16, or Windows-1252. Raises UsageError."""
    try:
        if path.stat().st_size > ROSTER_BYTES:
            raise UsageError(f"{path} is larger than {ROSTER_BYTES >> 20} MiB, which is no class list")
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if content.startswith(SPREADSHEETS):
        raise UsageError(f"{path} is a spreadsheet program's own file; save it as CSV (UTF-8) there, and give that")
    return decode(content)[0]


def decode(content: bytes) -> tuple[str, str]:
    """The text and the encoding it was read in; a mark at the beginning stays in the text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16-le" if content.startswith(b"\xff\xfe") else "utf-16-be"
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            pass
    elif b"\0" in content:  # which no text has but one of two bytes a character
        found = _without_mark(content)
        if found is not None:
            return found
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            pass
    return content.decode("latin-1"), "latin-1"  # every byte is a character of it, so writing gives the same bytes


def _without_mark(content: bytes) -> tuple[str, str] | None:
    """UTF-16 that does not say so: of the two orders of bytes, the one that has line ends and separators."""
    texts = []
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        texts.append((sum(text.count(character) for character in "\r\n,;\t"), text, encoding))
    count, text, encoding = max(texts, default=(0, "", ""))
    return (text, encoding) if count and "\0" not in text else None


def parse_roster(text: str, source: str, zone: tzinfo = UTC) -> tuple[Student, ...]:
    """The students in a CSV; see `load_roster`. Raises UsageError."""
    text = TOLD_TO_EXCEL.sub("", text)
    # strict: a quote that is never closed would make the rest of the class one cell
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter_of(text), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise UsageError(f"{source} cannot be read up to line {reader.line_num}: {error}; look at its quotes") from None
    if not rows:
        raise UsageError(f"{source} is empty; a class list has a row of headings: any of name, id, login, email")
    above = _rows_above(rows)
    rows = rows[above:]
    columns = find_columns(rows)
    if not any(columns[kind] for kind in ("name", "first", "last", "id", "login", "email")):
        heading = ", ".join(rows[0])[:200].replace("\0", "")
        raise UsageError(f"{source}: none of the headings ({heading}) is known; name them name, id, login, email")
    students = []
    for number, row in enumerate(rows[1:], above + 2):
        student = read_student(row, columns)
        if student is not None:
            moment = _moment_of(dict(zip(map(folded, rows[0]), row, strict=False)), f"{source}, row {number}", zone)
            students.append((number, replace(student, handed_in=moment)))
    _refuse_doubles(students, source)
    return tuple(student for _, student in students)


def _rows_above(rows: Sequence[Sequence[str]]) -> int:
    """How many rows stand above the headings: where the first row has none that is known, up to one that has two, or no other."""
    if _known(rows[0]):
        return 0
    for place, row in enumerate(rows[:TITLE_ROWS]):
        if _known(row) >= min(2, sum(bool(cell.strip()) for cell in row)) > 0:
            return place
    return 0


def _known(row: Sequence[str]) -> int:
    return sum(folded(heading) in KNOWN for heading in row)


def delimiter_of(text: str) -> str:
    """What separates the columns: of a comma, a semicolon and a tab what gives the most headings that are known, or any.

    A heading may hold the others, and in quotes all of them and line ends. The first row decides; only where it knows none, as
    where a title stands above the headings, do those below.
    """

    def headings(delimiter: str) -> tuple[int, int, int]:
        reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter)
        try:
            rows = list(itertools.islice(reader, TITLE_ROWS))
        except csv.Error:
            rows = []
        return (_known(rows[0]), max(map(_known, rows)), len(rows[0])) if rows else (0, 0, 0)

    return max(",;\t", key=headings)


def find_columns(rows: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    """Where each kind of column is, by the headings in the first row, the main one first.

    Moodle's first column ("Participant 501") is known by what it holds, since its heading is in the site's language. So
    "participant" has the columns of ids that begin with a word in every row.
    """
    known = [folded(heading) for heading in rows[0]]
    found = {kind: [known.index(name) for name in names if name in known] for kind, names in COLUMNS.items()}
    if KNOWN.isdisjoint(known[:1]) and are_participants(row[0] for row in rows[1:] if row):
        found["id"].append(0)
    found["participant"] = [
        place for place in found["id"] if are_participants(row[place] for row in rows[1:] if len(row) > place)
    ]
    return found


def are_participants(cells: Iterable[str]) -> bool:
    """Whether the cells are Moodle's identifiers: one word, the same in all, and a number."""
    matches = [PARTICIPANT.fullmatch(cell.strip()) for cell in cells]
    words = {match["word"] if match is not None else "" for match in matches}
    (word,) = words if len(words) == 1 else ("",)
    return word != "" and (len(word.strip()) >= SHORT or not word.isascii())


def read_student(row: Sequence[str], columns: dict[str, list[int]]) -> Student | None:
    """One row; None for blank ones and for those that are no person (Canvas: Points Possible, the test student)."""

    def cells(kind: str) -> list[str]:
        found = [row[i].strip() for i in columns[kind] if i < len(row)]
        return [
            cell.removeprefix("'") if cell[1:2] in tuple("=+-@\uff1d\uff0b\uff0d\uff20") else cell
            for cell in found
            if cell
        ]

    ids = [match[1] if (match := NUMBERED.fullmatch(cell)) else cell for cell in cells("id")]
    ids += [PARTICIPANT.sub(r"\g<number>", cell) for cell in cells("participant")]
    logins, emails = cells("login"), cells("email")
    parts = [*cells("first")[:1], *cells("last")[:1]]
    whole = cells("name")
    if parts and whole and not columns["last"]:  # "Name, Vorname": the surname, or all of the name beside a part of it
        known = set(folded(whole[0]).replace(",", " ").split())
        parts = [whole[0]] if known.issuperset(folded(parts[0]).split()) else [parts[0], whole[0]]
    names = [" ".join(parts)] if parts else whole
    name = names[0] if names else ""
    if not (name or ids or logins or emails) or name in ("Points Possible", *TEST_STUDENT):
        return None
    first = [found[0] if found else "" for found in (ids, logins, emails)]
    also = tuple(dict.fromkeys(one for one in (*ids[1:], *logins[1:], *emails[1:]) if one != first[0]))
    return Student(name, first[0], first[1], first[2], also, team="".join(cells("team")[:1]))


def _moment_of(cells: Mapping[str, str], where: str, zone: tzinfo) -> datetime | None:
    """When the class list says that somebody handed in. Raises UsageError for a date of another form.

    Moodle writes dates in the language of the site; those that are not English say nothing here.
    """
    for text in (cells.get(heading, "").strip() for heading in HANDED_IN):
        if text and text != "-":
            try:
                moment = _in_zone(datetime.fromisoformat(text), zone)
                if is_within_reach(moment):
                    return moment
                raise ValueError
            except ValueError:
                raise UsageError(f"{where}: {text[:40]!r} is not a date like 2026-12-01T23:59+01:00") from None
    try:
        return _in_zone(datetime.strptime(cells.get(MOODLE_HANDED_IN, "").strip(), MOODLE_DATE), zone)
    except ValueError:
        return None


def is_within_reach(moment: datetime) -> bool:
    """Whether a date is of the years 1970 to 9000: those at either end of the calendar cannot be told in other zones."""
    return 1970 <= moment.year <= 9000


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _refuse_doubles(students: list[tuple[int, Student]], source: str) -> None:
    seen: dict[str, int] = {}
    for number, student in students:
        key = folded(student.key)
        if key in seen:
            raise UsageError(f"{source}: rows {seen[key]} and {number} are both {student.key!r}; ids must be different")
        seen[key] = number
