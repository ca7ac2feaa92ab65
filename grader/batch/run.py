"""`run_batch`: a class's submissions in, the results folder out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from grader.batch.classlist import ClassList, Row
from grader.batch.executors import Executor, Finished, Job
from grader.batch.fingerprint import Basis
from grader.batch.store import Store
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


@dataclass
class Batch:
    """One run: the rows that have a submission, what they are graded under, where results go."""

    rows: tuple[Row, ...]
    basis: Basis
    store: Store
    secret_seed: bool
    listener: Listener
    faults: dict[str, str] = field(default_factory=dict)
    """Why a row could not be graded, by its file name."""

    def run(self, executor: Executor, resume: bool) -> dict[str, str]:
        """Grade what is not there yet; returns `faults`. Raises UsageError; what was written stays."""
        for finished in executor.run(self._jobs(resume), self._started):
            self._keep(finished)
        return self.faults

    def _jobs(self, resume: bool) -> Iterator[Job]:
        for position, row in enumerate(self.rows):
            bundle = bundle_of(row)
            if resume and self.store.has(row.file, self.basis.fingerprint(bundle.digest())):
                self.listener(Event("kept", row, self.store.read_report(row.file)))
            else:
                yield Job(position, bundle)

    def _started(self, job: Job) -> None:
        self.listener(Event("started", self.rows[job.number]))

    def _keep(self, finished: Finished) -> None:
        row = self.rows[finished.number]
        if finished.report is None:
            self.faults[row.file] = finished.fault or "no reason is known"
            self.listener(Event("fault", row, fault=self.faults[row.file]))
            return
        bundle = bundle_of(row)
        form = self._form(finished.report, bundle)
        report = Report.from_dict(form)
        self.store.write_row(row.file, bundle.to_bytes(), form, to_html(report))
        self.listener(Event("graded", row, report))

    def _form(self, report: dict[str, Any], bundle: Bundle) -> dict[str, Any]:
        """The report as it is kept: without a secret seed, and with what it was made from."""
        digest = bundle.digest()
        batch = {"fingerprint": self.basis.fingerprint(digest), "submission": digest}
        return {**report, "seed": None if self.secret_seed else report["seed"], "batch": batch}


def bundle_of(row: Row) -> Bundle:
    """The row's submission, read now."""
    submission = row.submission
    assert submission is not None, "only rows with a submission are graded"
    return read_bundle(submission.label, submission.entries(), submission.alone, submission.notes)


def class_form(
    classes: ClassList, batch: Batch, course: dict[str, str], submissions: str, faults: dict[str, str]
) -> dict[str, Any]:
    """What class.json holds."""
    settings = dataclasses.asdict(batch.basis.settings)
    settings["seed"] = None if batch.secret_seed else settings["seed"]
    return {
        "format_version": 1,
        "course": course,
        "shape": classes.shape,
        "submissions": submissions,
        "roster": classes.has_roster,
        "settings": settings,
        "rows": [_row_form(row, batch, faults.get(row.file)) for row in classes.rows],
        "unused": [{"name": name, "reason": reason} for name, reason in classes.unused],
    }


def _row_form(row: Row, batch: Batch, fault: str | None) -> dict[str, Any]:
    report = batch.store.read_report(row.file) if row.submission is not None and fault is None else None
    status = "missing" if row.submission is None else "graded" if report is not None else "internal_error"
    if report is not None and report.internal_errors:
        status, fault = "internal_error", f"{len(report.internal_errors)} checks could not be judged"
    scored = report if status == "graded" else None
    return {
        "file": row.file,
        "name": row.student.name,
        "id": row.student.id,
        "login": row.student.login,
        "email": row.student.email,
        "also": list(row.student.also),
        "listed": row.listed,
        "why": row.why,
        "status": status,
        "fault": fault,
        "points_earned": number(scored.points_earned) if scored is not None else None,
        "points_possible": number(scored.points_possible) if scored is not None else None,
        "submission": row.submission.label if row.submission is not None else None,
        "late": row.submission.late if row.submission is not None else False,
        "earlier": list(row.earlier),
    }
