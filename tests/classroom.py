"""A made-up class of a hundred, in every shape that submissions come in, for the tests of batch grading.

The names are in several scripts, with quotes, commas, hyphens and markup; some people share a name. Some hand in nothing,
some twice, late, broken or hostile things.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from conftest import SOLUTION

FIRST = ["Ada", "Grace", "Zoë", "José", "Søren", "Łukasz", "Nguyễn", "Anne-Marie", "D'Arcy", "François"]
LAST = ["Lovelace", "O'Neil", "García Márquez", "von Neumann", "Ångström", "Đặng", "Müller", "Smith-Jones"]
OTHERS = [
    "王小明", "李 娜", "山田 太郎", "김철수", "Иван Петров", "Мария Кюри", "محمد علي", "שרה כהן", "अमित कुमार",
    "Γιώργος Παπαδόπουλος",
    '=HYPERLINK("http://x.example","y")', "@SUM(A1)", "+49 170", '<b onmouseover="x()">Bold</b>', "../../etc/passwd", "a/b\\c",
    "CON", "Robert '); DROP TABLE students;--", "\u202eRight-to-left", "Zero\u200bWidth",
]  # fmt: skip
LATE, TWICE, ABSENT, BROKEN, SYNTAX, STUB, WRONG = 5, 9, 13, 17, 19, 7, 3
"""Everyone whose number is a multiple of it, the first that fits in this order of precedence: see `kind_of`."""


@dataclass(frozen=True)
class Person:
    """One of the class; `kind` says what is handed in."""

    number: int
    name: str
    id: str
    login: str
    email: str
    kind: str

    @property
    def is_late(self) -> bool:
        """Whether it came late, where the shape tells."""
        return self.number % LATE == 0


def kind_of(number: int) -> str:
    """absent, twice, broken, syntax, stub, wrong or right."""
    for kind, every in (
        ("absent", ABSENT), ("broken", BROKEN), ("syntax", SYNTAX), ("twice", TWICE), ("stub", STUB), ("wrong", WRONG),
    ):  # fmt: skip
        if number % every == 0:
            return kind
    return "right"


def people(count: int = 100) -> list[Person]:
    """The class."""
    made = []
    for number in range(1, count + 1):
        if number <= len(OTHERS):
            name = OTHERS[number - 1]
        elif number % 10 == 1:
            name = "Wei Li" if number % 20 == 1 else "Li Wei"  # five people whose names cannot tell them apart
        else:
            name = f"{FIRST[number % 10]} {LAST[number // 10 % 8]}{' Jr.' if number > 60 else ''}"
        made.append(
            Person(
                number, name, str(52000 + number), f"s-{number:03d}-x", f"s{number:03d}@uni.example", kind_of(number)
            )
        )
    return made


Sources = dict[str, bytes]


def sources(solution: str) -> Sources:
    """What area.py is for each kind, from the tiny course's solution."""
    stub = solution.replace("return height * width", "raise NotImplementedError")
    return {
        "right": solution.encode(),
        "twice": solution.encode(),
        "wrong": solution.replace("return height * width", "return 2 * (height + width)").encode(),
        "stub": stub.encode(),
        "syntax": b"def area(:\n",
        "broken": b"PK\x03\x04 this is no zip",
    }


@dataclass(frozen=True)
class File:
    """A file of a download; `when` is when it was last changed."""

    path: str
    content: bytes
    when: datetime = datetime(2026, 11, 1, 12, 0, 0)


def handed_in(person: Person, given: Sources) -> Iterator[tuple[str, bytes]]:
    """The files of one person, by their own names; for "twice", the version that counts."""
    if person.kind == "broken":
        yield "work.zip", given["broken"]
    elif person.number % 4 == 0:
        yield "work.zip", zipped({"area.py": given[person.kind], "notes/read me.txt": b"x"})
    else:
        yield "area.py", given[person.kind]


SOLUTION_SOURCES = sources(SOLUTION)
"""The same, from the solution of the tiny course."""
EARLIER = datetime(2026, 10, 1, 12, 0, 0)


def safe(name: str) -> str:
    """A name as it may stand in a path: platforms take slashes out."""
    return name.replace("/", "").replace("\\", "").replace("..", "")


def canvas(given: Sources) -> Iterator[File]:
    """Canvas: names run together in small letters, late ones marked, resubmissions with a number."""
    for person in present():
        run = "".join(c for c in person.name.lower() if c.isalnum() or c in "_-'")
        start = f"{run}{'_LATE' if person.is_late else ''}_{person.id}"
        for file, content in handed_in(person, given):
            if person.kind == "twice":
                yield File(f"{start}_{80000 + person.number}_{file}", given["stub"], EARLIER)
                stem, _, ending = file.rpartition(".")
                yield File(f"{start}_{90000 + person.number}_{stem}-1.{ending}", content)
            else:
                yield File(f"{start}_{90000 + person.number}_{file}", content)


def moodle(given: Sources, old: bool = False) -> Iterator[File]:
    """Moodle: full name, the participant's number, and the plugin."""
    for person in present():
        for file, content in handed_in(person, given):
            yield File(f"{safe(person.name)}_{person.id}_assignsubmission_file{'_' if old else ''}/{file}", content)
            if person.is_late:
                yield File(f"{safe(person.name)}_{person.id}_assignsubmission_onlinetext/onlinetext.html", b"hello")


def moodle_old(given: Sources) -> Iterator[File]:
    """Moodle before 4.1."""
    return moodle(given, old=True)


def github(given: Sources) -> Iterator[File]:
    """GitHub Classroom: one clone each."""
    for person in present():
        yield File(f"homework-1-submissions/homework-1-{person.login}/.git/HEAD", b"ref: refs/heads/main\n")
        for file, content in handed_in(person, given):
            yield File(f"homework-1-submissions/homework-1-{person.login}/{file}", content)


def classroom50(given: Sources) -> Iterator[File]:
    """Classroom 50: one clone each, with the result of the last submission."""
    top = "cnn-homework-1_submissions_2026-11-01T12_00_00"
    yield File(f"{top}/scores.csv", b"username,score\n")
    for person in present():
        result = {
            "schema": "classroom50/result/v1", "classroom": "cnn", "assignment": "homework-1", "submission": "submit/1",
            "commit": "https://x.example/c", "release": "https://x.example/r", "review": "https://x.example/v",
            "datetime": "2026-11-01T12:00:00Z", "score": 0, "max-score": 1, "tests": [],
        }  # fmt: skip
        yield File(f"{top}/cnn-homework-1-{person.login}/result.json", json.dumps(result).encode())
        for file, content in handed_in(person, given):
            yield File(f"{top}/cnn-homework-1-{person.login}/{file}", content)


def gradescope(given: Sources) -> Iterator[File]:
    """Gradescope: numbered folders, and a table of whose they are."""
    lines = []
    for person in present():
        folder = f"submission_{7000 + person.number}"
        lines += [
            f"{folder}:", "  :submitters:", f"  - :name: {json.dumps(person.name)}", f"    :sid: '{person.id}'",
            f"    :email: {person.email}", f"  :created_at: 2026-11-01 12:00:{person.number % 60:02d}.000000000 Z",
        ]  # fmt: skip
        for file, content in handed_in(person, given):
            yield File(f"assignment_1_export/{folder}/{file}", content)
        yield File(f"assignment_1_export/__MACOSX/{folder}/._area.py", b"\0\0")
    yield File("assignment_1_export/submission_metadata.yml", ("---\n" + "\n".join(lines) + "\n").encode())


def nbgrader(given: Sources) -> Iterator[File]:
    """nbgrader: student, then assignment."""
    for person in present():
        yield File(f"submitted/{person.id}/area/timestamp.txt", b"2026-11-01 12:00:00 UTC")
        for file, content in handed_in(person, given):
            yield File(f"submitted/{person.id}/area/{file}", content)


def folders(given: Sources) -> Iterator[File]:
    """One folder a student, named in all kinds of ways; those who hand in twice have a newer folder besides."""
    for person in present():
        names = [person.id, person.email, f"{person.id} {safe(person.name)}", person.login]
        name = names[person.number % 4]
        for file, content in handed_in(person, given):
            if person.kind == "twice":
                yield File(f"{names[(person.number + 1) % 4]}/{file}", given["stub"], EARLIER)
            yield File(f"{name}/{file}", content)


SHAPES: dict[str, Callable[[Sources], Iterator[File]]] = {
    "canvas": canvas,
    "moodle": moodle,
    "moodle-old": moodle_old,
    "github": github,
    "classroom50": classroom50,
    "gradescope": gradescope,
    "nbgrader": nbgrader,
    "folders": folders,
}


def present() -> list[Person]:
    """Those who hand in something."""
    return [person for person in people() if person.kind != "absent"]


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip with these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def write_zip(target: Path, files: Iterator[File]) -> Path:
    """The download as one zip."""
    with zipfile.ZipFile(target, "w") as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(file.path, file.when.timetuple()[:6]), file.content)
    return target


def write_folder(target: Path, files: Iterator[File]) -> Path:
    """The download unpacked."""
    import os

    for file in files:
        path = target / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        os.utime(path, (file.when.timestamp(), file.when.timestamp()))
    return target


def write_roster(target: Path) -> Path:
    """The class list, with a mark at the beginning and Windows line ends, as spreadsheets write it."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["Name", "ID", "Login", "E-Mail"])
    for person in people():
        last, _, first = person.name.rpartition(" ")
        name = f"{first}, {last}" if last and person.number % 3 == 0 and person.number > len(OTHERS) else person.name
        writer.writerow([name, person.id, person.login, person.email])
    target.write_bytes(b"\xef\xbb\xbf" + stream.getvalue().encode())
    return target


def write_canvas_export(target: Path) -> Path:
    """Canvas's gradebook export, with two assignments, columns that are only read, and the rows that are no people."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Areas (4711)", "Other (4712)", "Final Score"]
    )
    writer.writerow(["    Points Possible", "", "", "", "", "14.00", "10.00", "(read only)"])
    for person in people():
        last, _, first = person.name.rpartition(" ")
        writer.writerow(
            [f"{first}, {last}" if last else first, person.id, f"sis{person.number}", person.login, "A", "", "5", "50"]
        )
    writer.writerow(["Student, Test", "99", "", "abc", "A", "", "", ""])
    text = stream.getvalue().replace("\r\n", "\n")
    target.write_bytes(b"\xef\xbb\xbf" + text.encode())
    return target


def write_moodle_sheet(target: Path) -> Path:
    """Moodle's grading worksheet; the grade of the last person cannot be changed."""
    stream = io.StringIO()
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow([
        "Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade", "Grade can be changed",
        "Last modified (submission)", "Last modified (grade)", "Feedback comments",
    ])  # fmt: skip
    for person in people():
        changed = "No" if person.number == 100 else "Yes"
        when = "Sunday, 1 November 2026, 12:00 PM"
        writer.writerow(
            [f"Participant {person.id}", person.name, person.email, "Submitted", "", "100.00", changed, when, "-", ""]
        )
    target.write_bytes(stream.getvalue().encode())
    return target
