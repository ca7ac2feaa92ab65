"""The formats by name, and writing those that are asked for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from grader.batch.gradebooks.entry import Entry, Filled, defused
from grader.batch.gradebooks.sheets import fill_canvas, fill_moodle
from grader.batch.store import Store
from grader.errors import UsageError
from grader.report.classroom50 import Identity, to_classroom50
from grader.report.hiding import for_student
from grader.report.text import two_decimals
from grader.results import number, percentage

FORMATS = ("csv", "canvas", "moodle", "classroom50", "jsonl")
TEMPLATES = ("canvas", "moodle")
POINTS = ("points_earned", "points_counted", "points_possible")


@dataclass(frozen=True)
class Request:
    """A gradebook to write; `template` is the instructor's own export, which it is filled into."""

    format: str
    template: Path | None = None
    column: str | None = None


def read_request(text: str, roster: Path | None, column: str | None) -> Request:
    """`csv`, or `canvas=export.csv`; without a file, the class list is taken to be the export. Raises UsageError."""
    name, given, file = text.partition("=")
    if name not in FORMATS:
        raise UsageError(f"gradebook {name!r} is none of {', '.join(FORMATS)}")
    if name not in TEMPLATES:
        if given:
            raise UsageError(f"the gradebook {name} is not filled into a file; leave out ={file}")
        return Request(name)
    template = Path(file) if given else roster
    if template is None:
        raise UsageError(f"give the file that {name.capitalize()} exported: --gradebook {name}=FILE")
    if not template.is_file():
        raise UsageError(f"{template} does not exist")
    return Request(name, template, column)


def write_gradebooks(
    requests: Sequence[Request], entries: Sequence[Entry], store: Store
) -> list[tuple[Request, Filled]]:
    """Write every gradebook into the results folder. Raises UsageError."""
    written = []
    for request in requests:
        filled = make(request, entries)
        for name, content in filled.files.items():
            store.write(name, content)
        written.append((request, filled))
    return written


def make(request: Request, entries: Sequence[Entry]) -> Filled:
    """One gradebook. Raises UsageError."""
    if request.template is not None:
        fill = fill_canvas if request.format == "canvas" else fill_moodle
        return fill(entries, request.template, request.column)
    return {"csv": to_csv, "jsonl": to_jsonl, "classroom50": to_results}[request.format](entries)


def to_csv(entries: Sequence[Entry]) -> Filled:
    """What counts of everyone's points, in all and by topic; cells without a score stay empty."""
    topics = list(dict.fromkeys(topic.name for e in entries if e.report is not None for topic in e.report.topics))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(["name", "id", "login", "email", "points", "possible", "percent", "late", "remark", *topics])
    for entry in entries:
        who = [
            defused(text) for text in (entry.student.name, entry.student.id, entry.student.login, entry.student.email)
        ]
        report, late = entry.report, "yes" if entry.late else "no"
        if report is None:
            writer.writerow([*who, "", "", "", late, defused(entry.why), *([""] * len(topics))])
            continue
        counted = {topic.name: two_decimals(report.counted(topic)) for topic in report.topics}
        percent = two_decimals(percentage(report.points_counted, report.points_possible))
        numbers = [two_decimals(report.points_counted), two_decimals(report.points_possible), percent]
        writer.writerow([*who, *numbers, late, defused(entry.why), *(counted.get(topic, "") for topic in topics)])
    text = stream.getvalue()
    encoding = (
        "utf-8" if text.isascii() else "utf-8-sig"
    )  # Excel takes a file without the mark for one in the old encodings
    return Filled({"grades.csv": text.encode(encoding, "replace")}, *_counted(entries))


def to_jsonl(entries: Sequence[Entry]) -> Filled:
    """One JSON object a line for everyone, in ASCII; points are null where there is no score."""
    lines = []
    for entry in entries:
        report, student = entry.report, entry.student
        who = {"name": student.name, "id": student.id, "login": student.login, "email": student.email}
        line: dict[str, Any] = {**who, "file": entry.file, "late": entry.late, "remark": entry.why or None}
        line |= dict.fromkeys((*POINTS, "topics"))
        if report is not None:
            line |= {name: number(getattr(report, name)) for name in POINTS}
            line["topics"] = {topic.name: number(report.counted(topic)) for topic in report.topics}
        lines.append(json.dumps(line, allow_nan=False))
    return Filled({"grades.jsonl": "".join(f"{line}\n" for line in lines).encode()}, *_counted(entries))


def to_results(entries: Sequence[Entry]) -> Filled:
    """Classroom 50: each student's result.json anew, with what the downloaded one says of the submission."""
    files, unfilled = {}, []
    for entry in entries:
        downloaded = _downloaded(entry)
        identity = _identity(downloaded)
        if entry.report is None:
            unfilled.append((entry.student.shown, entry.why))
        elif identity is None:
            unfilled.append((entry.student.shown, "no result.json of Classroom 50 was downloaded with the submission"))
        else:
            text = to_classroom50(for_student(entry.report), identity, downloaded)
            files[f"classroom50/{entry.file}/result.json"] = text.encode()
    return Filled(files, len(files), tuple(unfilled))


def _downloaded(entry: Entry) -> dict[str, Any]:
    """The result.json that was downloaded with the submission; empty where there is none."""
    content = entry.result() if entry.result is not None else None
    try:
        form = json.loads(content) if content is not None else None
    except (ValueError, RecursionError):
        return {}
    return form if isinstance(form, dict) else {}


def _identity(form: Mapping[str, Any]) -> Identity | None:
    """What it says of the submission; None where a field is missing."""
    names = [field.name for field in fields(Identity)]
    if not all(isinstance(form.get(name), str) and form[name] for name in names):
        return None
    return Identity(**{name: form[name] for name in names})


def _counted(entries: Sequence[Entry]) -> tuple[int, tuple[tuple[str, str], ...]]:
    without = tuple((entry.student.shown, entry.why) for entry in entries if entry.report is None)
    return len(entries) - len(without), without
