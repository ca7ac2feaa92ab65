"""`run_batch`: a class's submissions in, the results folder out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from grader.batch.classlist import ClassList, Row, match_class
from grader.batch.executors import Executor, Finished, Job
from grader.batch.fingerprint import Basis, basis_of
from grader.batch.gradebooks import Entry, Filled, Request, lateness, make, write_gradebooks
from grader.batch.lateness import is_late
from grader.batch.overview import to_overview
from grader.batch.roster import load_roster
from grader.batch.shapes import find_submissions, known_ids_of
from grader.batch.statistics import analyse, person_of
from grader.batch.store import CLASS, OVERVIEW, Store
from grader.batch.tree import open_tree
from grader.course import Course
from grader.errors import UsageError
from grader.grading import Settings
from grader.late import apply_late
from grader.report.hiding import for_student
from grader.report.html import to_html
from grader.results import Report, number
from grader.submission import Bundle
from grader.submission.bundle import read_bundle


@dataclass(frozen=True)
class Event:
    """Something happened to a row: it was "kept" from an earlier run, "started", "graded", or has a "fault" of ours."""

    what: str
    row: Row
    report: Report | None = None
    fault: str | None = None


Listener = Callable[[Event], None]


@dataclass(frozen=True)
class Plan:
    """What to grade and how; `secret_seed` keeps the seed out of everything that is written."""

    submissions: Path
    out: Path
    course: Course
    settings: Settings
    secret_seed: bool = False
    roster: Path | None = None
    shape: str | None = None
    gradebooks: tuple[Request, ...] = ()
    resume: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a class: what class.json holds, and the gradebooks."""

    form: dict[str, Any]
    gradebooks: tuple[tuple[Request, Filled], ...]


def read_classes(plan: Plan) -> ClassList:
    """Who handed in what. Raises UsageError."""
    if plan.out.resolve().is_relative_to(plan.submissions.resolve()):
        raise UsageError(f"{plan.out} lies in {plan.submissions}, where it would be taken for somebody's submission")
    zone = plan.course.late.due.tzinfo if plan.course.late is not None else None
    roster = load_roster(plan.roster, zone or UTC) if plan.roster is not None else None
    found = find_submissions(open_tree(plan.submissions), known_ids_of(roster or ()), plan.shape)
    return match_class(found, roster)


def grade_class(plan: Plan, classes: ClassList, executor: Callable[[Basis], Executor], listener: Listener) -> Outcome:
    """Grade a class and write everything. Raises UsageError; what was graded until then is kept."""
    for request in plan.gradebooks:
        make(request, ())  # what cannot be filled is told before the hours of grading, not after
    store = Store(plan.out)
    basis = basis_of(plan.course, plan.settings)
    rows = tuple(row for row in classes.rows if row.submission is not None)
    with store.opened():
        if not plan.resume and store.holds_results():
            raise UsageError(f"{plan.out} holds results already: --resume goes on with them, or give another folder")
        batch = Batch(rows, work_of, plan.course, basis, store, plan.secret_seed, listener)
        batch.run(executor(basis), plan.resume)
        form = class_form(plan, classes, batch)
        store.write(CLASS, form)
        entries = [_entry(row, row_form, store) for row, row_form in zip(classes.rows, form["rows"], strict=True)]
        write_overview(store, form)
        gradebooks = write_gradebooks(plan.gradebooks, entries, store)
    return Outcome(form, tuple(gradebooks))


def write_overview(store: Store, form: dict[str, Any]) -> None:
    """Write the instructor's page from what is in the folder."""
    people = []
    for row in form["rows"]:
        report = store.read_report(row["file"]) if row["status"] == "graded" else None
        if report is not None and row["listed"]:
            people.append(person_of(row["file"], row["name"] or row["login"] or row["email"] or row["id"], report))
    store.write(OVERVIEW, to_overview(form, analyse(people)))


class Work(NamedTuple):
    """What of a row is graded: its files, and when they were handed in, where that is known."""

    bundle: Bundle
    handed_in: datetime | None


@dataclass
class Batch:
    """One run: the rows to grade and how each one's submission is read, what they are graded under, where results go.

    The same files, handed in at the same time, are graded once, whether by a team or by two people who do not know of each
    other; each of them gets the report.
    """

    rows: tuple[Row, ...]
    read: Callable[[Row], Work]
    course: Course
    basis: Basis
    store: Store
    secret_seed: bool
    listener: Listener
    faults: dict[str, str] = field(default_factory=dict)
    """Why a row could not be graded, by its file name."""
    _out: dict[int, list[tuple[Row, Work]]] = field(default_factory=dict)
    """What is being graded, by the job's number, and for which rows."""
    _first: dict[str, int] = field(default_factory=dict)
    """The position of the first row with a fingerprint."""

    def run(self, executor: Executor, resume: bool) -> None:
        """Grade what is not there yet. Raises UsageError; what was written stays."""
        try:
            for finished in executor.run(self._jobs(resume), self._started):
                for row, work in self._out.pop(finished.number):
                    self._keep(row, work, finished)
        except UsageError as error:
            raise UsageError(f"{error}; {self.store.kept_words(len(self.rows))}") from None

    def _jobs(self, resume: bool) -> Iterator[Job]:
        for position, row in enumerate(self.rows):
            work = self.read(row)
            fingerprint = self._fingerprint(work)
            kept = self.store.kept(row.file, fingerprint) if resume else None
            first = self._first.setdefault(fingerprint, position)
            if kept is not None:
                self.listener(Event("kept", row, kept))
            elif first in self._out:
                (_, same), *_ = self._out[first]  # its bytes, so that a thousand untouched stubs are in memory once
                self._out[first].append((row, Work(replace(same.bundle, label=work.bundle.label), work.handed_in)))
            elif first == position or not self._share(row, work, self.rows[first]):
                self._out[position] = [(row, work)]
                yield Job(position, work.bundle)

    def _share(self, row: Row, work: Work, first: Row) -> bool:
        """Give a row what another with the same fingerprint got; False where that is not to be had any more."""
        if first.file in self.faults:
            self._keep(row, work, Finished(0, fault=self.faults[first.file]))
            return True
        form = self.store.read_row(first.file)
        if form is None or form["batch"].get("fingerprint") != self._fingerprint(work):
            return False
        self._write(row, work, form)
        return True

    def _started(self, job: Job) -> None:
        self.listener(Event("started", self.rows[job.number]))

    def _keep(self, row: Row, work: Work, finished: Finished) -> None:
        if finished.report is None:
            self.faults[row.file] = finished.fault or "no reason is known"
            self.listener(Event("fault", row, fault=self.faults[row.file]))
            return
        form = finished.report
        if work.handed_in is not None and self.course.late is not None:
            form = apply_late(Report.from_dict(form), self.course, work.handed_in).to_dict()
        self._write(row, work, form)

    def _write(self, row: Row, work: Work, report: dict[str, Any]) -> None:
        """Keep a row's report: under its own name, without a secret seed, and with what it was made from."""
        form = {
            **report,
            "submission": {**report["submission"], "path": work.bundle.label},
            "seed": None if self.secret_seed else report["seed"],
            "batch": {"fingerprint": self._fingerprint(work), "submission": work.bundle.digest()},
        }
        kept = Report.from_dict(form)
        self.store.write_row(row.file, work.bundle.to_bytes(), form, to_html(for_student(kept)))
        self.listener(Event("graded", row, kept))

    def _fingerprint(self, work: Work) -> str:
        matters = self.course.late is not None
        return self.basis.fingerprint(work.bundle.digest(), work.handed_in if matters else None)


def work_of(row: Row) -> Work:
    """The row's submission, read where it was handed in."""
    assert row.submission is not None, "only rows with a submission are graded"
    return Work(bundle_of(row), row.moment)


def bundle_of(row: Row) -> Bundle:
    """The files of the row's submission."""
    submission = row.submission
    assert submission is not None, "only rows with a submission are graded"
    try:
        entries = submission.entries()
    except UsageError as error:
        return Bundle(submission.label, (), submission.alone, str(error), submission.notes)
    return read_bundle(submission.label, entries, submission.alone, submission.notes)


def class_form(plan: Plan, classes: ClassList, batch: Batch) -> dict[str, Any]:
    """What class.json holds."""
    course, settings = plan.course, dataclasses.asdict(plan.settings)
    settings["seed"] = None if plan.secret_seed else settings["seed"]
    return {
        "format_version": 1,
        "course": {"name": course.name, "title": course.title, "version": course.version},
        "shape": classes.shape,
        "submissions": str(plan.submissions),
        "roster": classes.has_roster,
        "settings": settings,
        "rows": [_row_form(row, batch, batch.faults.get(row.file)) for row in classes.rows],
        "unused": [{"name": name, "reason": reason} for name, reason in classes.unused],
    }


def _entry(row: Row, form: dict[str, Any], store: Store) -> Entry:
    """The row as gradebooks take it."""
    report = store.read_report(row.file) if form["status"] == "graded" else None
    why = {"missing": "handed in nothing", "internal_error": f"could not be graded: {form['fault']}"}
    reasons = [why.get(form["status"], ""), row.why or "", lateness(report)]
    return Entry(
        row.student,
        row.file,
        report,
        "; ".join(reason for reason in reasons if reason),
        is_late(form),
        form["submission"] or "",
        row.submission.result if row.submission is not None else None,
    )


def _row_form(row: Row, batch: Batch, fault: str | None) -> dict[str, Any]:
    submission = row.submission
    report = batch.store.read_report(row.file) if submission is not None and fault is None else None
    return {
        "file": row.file,
        "name": row.student.name,
        "id": row.student.id,
        "login": row.student.login,
        "email": row.student.email,
        "also": list(row.student.also),
        "listed": row.listed,
        "why": row.why,
        "called": row.called,
        "submission": submission.label if submission is not None else None,
        "late": submission.late if submission is not None else False,
        "handed_in": row.moment.isoformat() if row.moment is not None else None,
        "earlier": list(row.earlier),
        **score_form(report, fault, missing=submission is None),
    }


def score_form(report: Report | None, fault: str | None, missing: bool = False) -> dict[str, Any]:
    """The part of a row that grading decides. A report with a check that could not be judged gives no score."""
    if report is not None and report.internal_errors:
        fault, report = f"{len(report.internal_errors)} checks could not be judged", None
    elif report is None and not missing and fault is None:
        fault = "the report cannot be read"
    return {
        "status": "missing" if missing else "graded" if report is not None else "internal_error",
        "fault": fault,
        "points_earned": number(report.points_earned) if report is not None else None,
        "points_possible": number(report.points_possible) if report is not None else None,
        "points_counted": number(report.points_counted) if report is not None else None,
        "days_late": report.late.days if report is not None and report.late is not None else None,
    }
