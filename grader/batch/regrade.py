"""Grading kept submissions again, beside the old results, to see who changes by how much before anything is overwritten.

The new results stand in RESULTS/regrade until they are put in the place of the old ones, so that looking first and applying
then grades only once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from rich.console import Console

from grader.batch.classlist import Row
from grader.batch.executors import Executor
from grader.batch.fingerprint import Basis, basis_of
from grader.batch.roster import Student
from grader.batch.run import Batch, Listener, Work, score_form, write_overview
from grader.batch.store import CLASS, Store
from grader.course import Course
from grader.errors import UsageError
from grader.grading import Settings
from grader.report.text import one_line, points
from grader.results import CheckResult, Report
from grader.submission import Bundle

FOLDER = "regrade"
SHOWN = 12


@dataclass(frozen=True)
class Change:
    """One person before and after; `before` is None where there was no score, `after` where there is none now."""

    name: str
    before: Report | None
    after: Report | None

    @property
    def is_one(self) -> bool:
        """Whether anything about the score differs, in all or in any check."""
        return _scores(self.before) != _scores(self.after)

    @property
    def has_same_points(self) -> bool:
        """Whether there is a score before and after, and the points that count are the same, of as many."""
        if self.before is None or self.after is None:
            return False
        return _worth(self.before) == _worth(self.after)


def _worth(report: Report) -> tuple[Fraction, Fraction]:
    return report.points_counted, report.points_possible


def _scores(report: Report | None) -> tuple[Any, ...] | None:
    if report is None:
        return None
    checks = {
        key: (check.outcome, check.points_earned, check.points_possible) for key, check in _checks(report).items()
    }
    return report.points_counted, checks


def _checks(report: Report) -> dict[str, CheckResult]:
    return {f"{topic.name}: {check.name}": check for topic in report.topics for check in topic.checks}


@dataclass
class Regrading:
    """The old results, what to grade them under, and where the new ones are."""

    store: Store
    form: dict[str, Any]
    course: Course
    settings: Settings
    secret_seed: bool
    rows: tuple[Row, ...]
    labels: dict[str, str]
    """What each row's submission is called, by the row's file name."""
    handed_in: dict[str, str | None]
    """When it was handed in, where that is known, likewise."""
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def beside(self) -> Store:
        """Where the new results are kept for the time being."""
        return Store(self.store.root / FOLDER)

    def run(self, executor: Callable[[Basis], Executor], listener: Listener) -> list[Change]:
        """Grade what is not there yet, and compare everyone. Raises UsageError."""
        basis = basis_of(self.course, self.settings)
        with self.store.opened(), self.beside.opened():
            batch = Batch(
                self.rows, self._work, self.course, basis, self.beside, self.secret_seed, listener, self.faults
            )
            batch.run(executor(basis), resume=True)
            return [self._change(row) for row in self.rows]

    def apply(self) -> None:
        """Put the new results in the place of the old ones; cut short, the same call goes on. Raises UsageError."""
        with self.store.opened():
            for row in self.rows:
                form = self.beside.read_row(row.file)
                if form is not None and row.file not in self.faults:
                    page = (self.beside.root / "pages" / f"{row.file}.html").read_text("utf-8")
                    self.store.write_row(row.file, self._read(row).to_bytes(), form, page)
            settings = {**self.form["settings"], "seed": None if self.secret_seed else self.settings.seed}
            course = {"name": self.course.name, "title": self.course.title, "version": self.course.version}
            rows = [self._row_form(row) for row in self.form["rows"]]
            form = {**self.form, "course": course, "settings": settings, "rows": rows}
            self.store.write(CLASS, form)
            write_overview(self.store, form)
            shutil.rmtree(self.beside.root, ignore_errors=True)

    def _work(self, row: Row) -> Work:
        handed_in = self.handed_in[row.file]
        return Work(self._read(row), datetime.fromisoformat(handed_in) if handed_in is not None else None)

    def _read(self, row: Row) -> Bundle:
        return self.store.read_bundle(row.file, self.labels[row.file])

    def _change(self, row: Row) -> Change:
        after = self.beside.read_report(row.file) if row.file not in self.faults else None
        if after is not None and after.internal_errors:
            self.faults[row.file] = f"{len(after.internal_errors)} checks could not be judged"
        return Change(row.student.shown, _scored(self.store.read_report(row.file)), _scored(after))

    def _row_form(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row of class.json anew; one that could not be graded this time keeps what it had."""
        if row["status"] == "missing" or row["file"] in self.faults:
            return row
        return {**row, **score_form(self.store.read_report(row["file"]), None)}


def _scored(report: Report | None) -> Report | None:
    return None if report is None or report.internal_errors else report


def open_regrading(
    results: Path, course: Course, seed: int | None, secret_seed: bool, device: str, require_sandbox: bool
) -> Regrading:
    """Read what was graded and how; `seed` is None for the one of then. Raises UsageError."""
    store = Store(results)
    form = store.read_class()
    then = form["settings"]
    if seed is None and then["seed"] is None:
        raise UsageError(f"{results} was graded with a secret seed: give it again with --seed-file")
    topics = tuple(then["topics"]) if then["topics"] is not None else None
    settings = Settings(topics, then["seed"] if seed is None else seed, device, require_sandbox, then["run_all_cells"])
    again = [
        row
        for row in form["rows"]
        if row["status"] != "missing" and (store.root / "submissions" / f"{row['file']}.zip").is_file()
    ]
    rows = [Row(Student(row["name"], row["id"], row["login"], row["email"]), row["file"], None) for row in again]
    labels = {row["file"]: row["submission"] for row in again}
    handed_in = {row["file"]: row.get("handed_in") for row in again}
    return Regrading(store, form, course, settings, secret_seed, tuple(rows), labels, handed_in)


def print_changes(console: Console, changes: Sequence[Change], applied: bool) -> None:
    """Who changes, those who lose most first, and in which checks."""

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, emoji=False, soft_wrap=True)

    changed = sorted((change for change in changes if change.is_one), key=_difference)
    say(f"{len(changed)} of {len(changes)} change, {len(changes) - len(changed)} stay the same.")
    alike = sum(change.has_same_points for change in changed)
    if alike:
        say(f"Of those that change {alike} keep their points: only their checks do.")
    for change in changed:
        say(f"{one_line(change.name, 60)}: {_total(change.before)} -> {_total(change.after)}{_signed(change)}")
        for line in _changed_checks(change)[:SHOWN]:
            say(f"    {line}")
    lost = sum(change.after is None for change in changed)
    if lost:
        say(f"{lost} have no score this time, which is a fault of ours; they keep the results they have.")
    if not applied and changed:
        say(
            "Nothing is overwritten yet. The same command with --apply puts the new results in the place of the old ones."
        )
    if applied and changed:
        say("Gradebooks stay as they were: `convgrade batch ... --resume --gradebook ...` writes them anew.")


def _difference(change: Change) -> Fraction:
    if change.before is None or change.after is None:
        return Fraction(0)
    return change.after.points_counted - change.before.points_counted


def _total(report: Report | None) -> str:
    return "no score" if report is None else f"{points(report.points_counted)} of {points(report.points_possible)}"


def _signed(change: Change) -> str:
    value = _difference(change)
    return f" ({'+' if value > 0 else '-'}{points(abs(value))})" if value else ""


def _changed_checks(change: Change) -> list[str]:
    if change.before is None or change.after is None:
        return []
    old, new = _checks(change.before), _checks(change.after)
    lines = []
    for name in dict.fromkeys([*old, *new]):
        was, now = (_said(found.get(name)) for found in (old, new))
        if was != now:
            lines.append(f"{one_line(name, 100)}: {was} -> {now}")
    return lines


def _said(check: CheckResult | None) -> str:
    if check is None:
        return "not there"
    return f"{check.outcome} ({points(check.points_earned)}/{points(check.points_possible)})"
