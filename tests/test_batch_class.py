"""The made-up class of a hundred goes the whole way: from each shape it is handed in as, through grading, to each gradebook.

Grading is done in this process, by what a station runs, so that starting stations costs no time; `test_batch.py` has the same
class through the command.
"""

from __future__ import annotations

import base64
import csv
import dataclasses
import io
import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from classroom import (
    SHAPES,
    SOLUTION_SOURCES,
    Person,
    people,
    present,
    write_canvas_export,
    write_folder,
    write_moodle_sheet,
    write_roster,
    write_zip,
)  # fmt: skip
from conftest import SOLUTION
from test_late import with_deadline

from grader import grade, results
from grader.batch.executors import Finished, Job
from grader.batch.gradebooks import FORMATS, read_request
from grader.batch.run import Event, Outcome, Plan, grade_class, read_classes
from grader.batch.station import run_job
from grader.course import Course
from grader.grading import Settings
from grader.report.text import two_decimals
from grader.results import TopicResult
from grader.submission import Bundle
from grader.workshop import Workshop

POINTS = {"right": 7, "twice": 7, "wrong": 3, "stub": 3, "broken": 0, "syntax": 0}
BOOKS = {"csv": "grades.csv", "jsonl": "grades.jsonl", "canvas": "canvas.csv", "moodle": "moodle.csv"}
LOCKED = 100
"""The person whose grade in Moodle cannot be changed."""


LATE_POLICY = ('due = 2026-03-01T12:00:00Z\nfree_days = 1\nper_day = "1/3"', "due = 2026-11-01T12:00:30Z\nper_day = 10")
"""What of the late policy of test_late is replaced, and by what: half a minute after the class begins to hand in."""


class Here:
    """An executor that grades in this process, one after the other."""

    def __init__(self, course: Course, settings: dict[str, Any]) -> None:
        self.course, self.settings = course, settings
        self.graded = 0

    def run(self, jobs: Iterator[Job], started: Callable[[Job], None]) -> Iterator[Finished]:
        """See Executor."""
        workshop = Workshop()
        try:
            for job in jobs:
                started(job)
                self.graded += 1
                content = base64.b64encode(job.bundle.to_bytes()).decode()
                message = {"job": job.number, "label": job.bundle.label, "bundle": content}
                answer = run_job(message, self.course, self.settings, workshop)
                yield Finished(job.number, answer.get("report"), answer.get("fault"))
        finally:
            workshop.close()


def download(shape: str, tmp_path: Path) -> Path:
    """The class as it is downloaded: a zip where the shape's name does not matter, else a folder."""
    files = list(SHAPES[shape](SOLUTION_SOURCES))
    return (
        write_zip(tmp_path / "submissions.zip", iter(files))
        if shape in ("canvas", "moodle", "gradescope")
        else write_folder(tmp_path / "download", iter(files))
    )


def grade_all(course: Course, shape: str, tmp_path: Path) -> tuple[Outcome, list[Event], int]:
    """The whole way; gives what became of it, what was told meanwhile, and how often something was graded."""
    roster = write_roster(tmp_path / "roster.csv")
    books = {"canvas": write_canvas_export(tmp_path / "c.csv"), "moodle": write_moodle_sheet(tmp_path / "m.csv")}
    requests = [read_request(f"{name}={books[name]}" if name in books else name, None, None) for name in FORMATS]
    requests = [r if r.format != "canvas" else read_request(f"canvas={r.template}", None, "Areas") for r in requests]
    plan = Plan(
        download(shape, tmp_path), tmp_path / "out", course, Settings(), roster=roster, gradebooks=tuple(requests)
    )
    executor = Here(course, {"seed": 0})
    events: list[Event] = []
    outcome = grade_class(plan, read_classes(plan), lambda basis: executor, events.append)
    return outcome, events, executor.graded


def days_late(person: Person, shape: str) -> int | None:
    """By the deadline below: only where the platform says when something was handed in."""
    if shape == "gradescope":
        return int(person.number % 60 > 30)
    return 0 if shape == "nbgrader" else None


def expected(person: Person, shape: str) -> Fraction | None:
    """What counts for a person."""
    if person.kind == "absent":
        return None
    return Fraction(POINTS[person.kind]) * (Fraction(9, 10) if days_late(person, shape) else 1)


@pytest.mark.parametrize("shape", SHAPES)
def test_everyone_gets_what_they_earned_in_every_gradebook(shape: str, course: Course, tmp_path: Path) -> None:
    course = with_deadline(course, LATE_POLICY[0], LATE_POLICY[1])
    outcome, events, graded = grade_all(course, shape, tmp_path)
    wanted = {person.id: expected(person, shape) for person in people()}
    assert [event.what for event in events].count("graded") == len(present())
    assert graded < 40 or shape == "gradescope"  # where everyone has a time of their own
    assert outcome.form["shape"] == shape.removesuffix("-old")
    assert_rows(outcome.form["rows"], shape)
    out = tmp_path / "out"
    assert len(list((out / "pages").iterdir())) == len(list((out / "reports").iterdir())) == len(present())
    absent = sum(points is None for points in wanted.values())
    filled = {request.format: result for request, result in outcome.gradebooks}
    for name in ("csv", "jsonl", "canvas"):
        assert (filled[name].filled, len(filled[name].unfilled)) == (100 - absent, absent)
    assert (filled["moodle"].filled, len(filled["moodle"].unfilled)) == (99 - absent, absent + 1)
    assert_books(out, wanted)
    results = list((out / "classroom50").glob("*/result.json")) if shape == "classroom50" else []
    assert filled["classroom50"].filled == len(results) == (100 - absent if shape == "classroom50" else 0)
    rows = {row["file"]: row["id"] for row in outcome.form["rows"]}
    for file in results:
        assert json.loads(file.read_text())["score"] == wanted[rows[file.parent.name]]


def assert_rows(rows: list[dict[str, Any]], shape: str) -> None:
    """Everyone has one row, with the status, points and lateness that are theirs."""
    assert [row["id"] for row in rows] == [person.id for person in people()]
    for row, person in zip(rows, people(), strict=True):
        points = expected(person, shape)
        assert row["listed"] and row["fault"] is None
        assert row["status"] == ("missing" if points is None else "graded")
        assert row["points_counted"] == (None if points is None else pytest.approx(float(points))), person
        assert row["points_earned"] == (None if points is None else POINTS[person.kind])
        assert row["days_late"] == (None if points is None else days_late(person, shape))
        assert row["late"] == (shape == "canvas" and person.is_late and points is not None)


def assert_books(out: Path, wanted: dict[str, Fraction | None]) -> None:
    """Each gradebook has, for each person, what counts: as it is, of Canvas's 14 points, of Moodle's 100."""

    def read(name: str) -> list[list[str]]:
        return list(csv.reader(io.StringIO((out / BOOKS[name]).read_bytes().decode("utf-8-sig"), newline="")))

    def cell(points: Fraction | None, worth: int = 7) -> str:
        return "" if points is None else two_decimals(points * worth / 7)

    assert [(row[1], row[4]) for row in read("csv")[1:]] == [(who, cell(points)) for who, points in wanted.items()]
    lines = [json.loads(line) for line in (out / BOOKS["jsonl"]).read_text().splitlines()]
    found = {line["id"]: line["points_counted"] for line in lines}
    assert found == {who: None if points is None else float(points) for who, points in wanted.items()}
    canvas = {row[1]: row[5] for row in read("canvas")[2:102]}
    assert canvas == {who: cell(points, 14) for who, points in wanted.items()}
    moodle = {row[0].removeprefix("Participant "): row[4] for row in read("moodle")[1:]}
    locked = people()[LOCKED - 1].id
    assert moodle == {who: "" if who == locked else cell(points, 100) for who, points in wanted.items()}


def test_a_fault_begins_with_what_went_wrong(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log and a table show its first words only."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("grader.batch.station.grade", fail)
    job = {"job": 3, "label": "x", "bundle": base64.b64encode(Bundle("x").to_bytes()).decode()}
    answer = run_job(job, course, {}, Workshop())
    assert answer["fault"].startswith("OSError: [Errno 28] No space left on device\nTraceback")


def test_what_could_not_be_judged_is_tried_once_more(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the fork server was killed in the middle."""
    workshop, killed = Workshop(), []

    def end_server(report: Any) -> Any:
        if not killed:
            killed.append(True)
            return dataclasses.replace(report, topics=(with_internal_error(report.topics[0]), *report.topics[1:]))
        return report

    monkeypatch.setattr("grader.batch.station.grade", lambda *given, **named: end_server(grade(*given, **named)))
    bundle = Bundle("x", (("area.py", SOLUTION.encode()),))
    job = {"job": 3, "label": "x", "bundle": base64.b64encode(bundle.to_bytes()).decode()}
    report = run_job(job, course, {}, workshop)["report"]
    workshop.close()
    assert killed and report["points_earned"] == report["points_possible"]


def with_internal_error(topic: TopicResult) -> TopicResult:
    first = dataclasses.replace(topic.checks[0], outcome=results.Outcome.INTERNAL_ERROR)
    return dataclasses.replace(topic, checks=(first, *topic.checks[1:]))
