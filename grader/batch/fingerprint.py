"""What a result depends on, as one hash: the same hash means that grading again would give the same result."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from grader.course import Course
from grader.errors import UsageError
from grader.grading import Settings, versions


@dataclass(frozen=True)
class Basis:
    """What all submissions of a run have in common: the course's files, how they are graded, every version."""

    course: str
    settings: Settings
    versions: dict[str, str]

    def fingerprint(self, submission: str, handed_in: datetime | None = None) -> str:
        """The hash for a submission, which is given by its own, and the date that is held against the deadlines."""
        settings = asdict(self.settings)
        del settings["require_sandbox"]  # decides whether there is a result, not which
        parts = [submission, self.course, sorted(settings.items()), sorted(self.versions.items()), _in_utc(handed_in)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _in_utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment is not None else None


def basis_of(course: Course, settings: Settings) -> Basis:
    """The basis of a run on this machine."""
    return Basis(course_digest(course), settings, versions())


def course_digest(course: Course) -> str:
    """SHA-256 over the names and contents of the course's files in `reference/`."""
    total = hashlib.sha256()
    root = course.root / "reference"
    for file in sorted(root.rglob("*")):
        parts = file.relative_to(root).parts
        if file.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in parts):
            total.update(f"{'/'.join(parts)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def read_seed(file: Path) -> int:
    """The seed in a file: a whole number as it is, any other text by its hash. Raises UsageError."""
    try:
        text = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the seed file {file} cannot be read: {error}") from None
    if not text:
        raise UsageError(f"the seed file {file} is empty")
    if text.lstrip("-").isascii() and text.lstrip("-").isdigit():
        return int(text)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
