"""The results folder: one report and one page a row, and the submission they were made from, each written whole.

    RESULTS/class.json                 what became of everyone (docs/running-a-course.md gives every field)
    RESULTS/overview.html              the same to look at
    RESULTS/pages/<row>.html           the report as a page, for the student
    RESULTS/reports/<row>.json         the report with all there is, and "batch": what it was made from
    RESULTS/submissions/<row>.zip      the submission as it was read

A report is written last, so where it is there, the others are; where its fingerprint is the right one, it need not be made
again.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import UsageError
from grader.report.output import HALF, write_bytes
from grader.results import Report
from grader.submission import Bundle

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

CLASS, OVERVIEW = "class.json", "overview.html"


@dataclass(frozen=True)
class Store:
    """A results folder."""

    root: Path

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Make the folder and keep others out of it meanwhile. Raises UsageError when it cannot be used."""
        try:
            for folder in self._folders():
                folder.mkdir(parents=True, exist_ok=True)
            lock = (self.root / ".lock").open("w")
        except OSError as error:
            raise UsageError(f"the results folder {self.root} cannot be used: {error.strerror}") from None
        with lock:
            if fcntl is not None:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    raise UsageError(f"another convgrade is writing to {self.root}; wait for it, or end it") from None
            self._remove_halves()
            yield

    def holds_results(self) -> bool:
        """Whether some earlier run has written here."""
        return (self.root / CLASS).exists() or any((self.root / "reports").iterdir())

    def kept_words(self, total: int) -> str:
        """How far a run came that ended early, and how to go on."""
        count = len(list((self.root / "reports").glob("*.json")))
        return f"{count} of {total} are graded and kept; the same command with --resume goes on from there"

    def write_row(self, row: str, bundle: bytes, report: dict[str, Any], page: str) -> None:
        """Keep a row's submission, page and report. Raises UsageError."""
        write_bytes(self.root / "submissions" / f"{row}.zip", bundle)
        write_bytes(self.root / "pages" / f"{row}.html", page.encode("utf-8", "replace"))
        write_bytes(self.root / "reports" / f"{row}.json", as_json(report))

    def read_row(self, row: str) -> dict[str, Any] | None:
        """A row's report as it was written; None where there is none, or none that can be read."""
        try:
            form = json.loads((self.root / "reports" / f"{row}.json").read_bytes())
        except (OSError, ValueError):
            return None
        return form if isinstance(form, dict) and isinstance(form.get("batch"), dict) else None

    def read_report(self, row: str) -> Report | None:
        """A row's report; None as above."""
        form = self.read_row(row)
        try:
            return Report.from_dict(form) if form is not None else None
        except ValueError:
            return None

    def kept(self, row: str, fingerprint: str) -> Report | None:
        """The row's report, if all its files are there and were made from this very thing, and all of it was judged."""
        form = self.read_row(row)
        others = (self.root / "submissions" / f"{row}.zip", self.root / "pages" / f"{row}.html")
        same = form is not None and form["batch"].get("fingerprint") == fingerprint
        report = self.read_report(row) if same and all(file.is_file() for file in others) else None
        return report if report is not None and not report.internal_errors else None

    def read_bundle(self, row: str, label: str) -> Bundle:
        """A row's submission. Raises UsageError."""
        file = self.root / "submissions" / f"{row}.zip"
        try:
            return Bundle.from_bytes(label, file.read_bytes())
        except (OSError, ValueError) as error:
            raise UsageError(f"{file} cannot be read: {error}") from None

    def read_class(self) -> dict[str, Any]:
        """What class.json holds. Raises UsageError."""
        file = self.root / CLASS
        try:
            form = json.loads(file.read_bytes())
        except OSError:
            raise UsageError(
                f"{self.root} holds no results: there is no {CLASS}; `convgrade batch` makes one"
            ) from None
        except ValueError as error:
            raise UsageError(f"{file} is damaged: {error}; `convgrade batch ... --resume` makes it anew") from None
        if not isinstance(form, dict) or form.get("format_version") != 1:
            raise UsageError(f"{file} is of another version; `convgrade batch ... --resume` makes it anew")
        return form

    def write(self, name: str, content: bytes | str | dict[str, Any]) -> None:
        """Write a file of the folder. Raises UsageError."""
        if isinstance(content, dict):
            content = as_json(content)
        target = self.root / name
        with contextlib.suppress(OSError):  # what is wrong is told when writing
            target.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(target, content if isinstance(content, bytes) else content.encode("utf-8", "replace"))

    def _folders(self) -> list[Path]:
        return [self.root, *(self.root / name for name in ("pages", "reports", "submissions"))]

    def _remove_halves(self) -> None:
        """Remove what a run that was killed had begun to write."""
        for folder in self._folders():
            with os.scandir(folder) as entries:
                halves = [e.path for e in entries if e.name.startswith(HALF) and e.is_file(follow_symlinks=False)]
            for path in halves:
                with contextlib.suppress(OSError):
                    os.unlink(path)


def as_json(form: dict[str, Any]) -> bytes:
    """Indented ASCII with a final line end."""
    return (json.dumps(form, indent=2, allow_nan=False) + "\n").encode()
