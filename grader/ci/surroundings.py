"""What is around a CI run, read from environment variables and folders: which formats it takes, and where they go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from grader.ci import FORMATS
from grader.report.classroom50 import Identity

JSON_BYTES = 32 << 20  # an event has up to 2,048 commits; metadata hold the results of earlier submissions


@dataclass(frozen=True)
class Surroundings:
    """The environment, the checkout's folder, where reports go, and Gradescope's folder."""

    environment: Mapping[str, str]
    checkout: Path
    out: Path
    autograder: Path

    def formats(self) -> tuple[str, ...]:
        """The formats that something here reads; none where no CI is found."""
        found = set()
        if self.environment.get("GITHUB_STEP_SUMMARY"):
            found.add("summary")
        if self.environment.get("GITHUB_ACTIONS") == "true":
            found |= {"annotations", "junit", "json", "html"}
        if self.environment.get("GITLAB_CI"):
            found |= {"junit", "json", "html"}
        if self.environment.get("GITHUB_OUTPUT"):
            found.add("classroom")
        if all(self.environment.get(name) for name in ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG")):
            found.add("classroom50")
        if self.on_gradescope():
            found.add("gradescope")
        return tuple(name for name in FORMATS if name in found)

    def on_gradescope(self) -> bool:
        """Whether Gradescope's folders are here."""
        return (self.autograder / "results").is_dir() and (self.autograder / "submission").is_dir()

    def identity(self) -> Identity:
        """What Classroom 50 wants to know of the submission."""
        known = {name: self.environment.get(name) or "unknown" for name in IDENTITY}
        return Identity(**{IDENTITY[name]: value for name, value in known.items()}, datetime=_now())

    def total_points(self) -> Fraction | None:
        """What the assignment is worth on Gradescope; None where that is not known."""
        try:
            total = Fraction(str(self.metadata()["assignment"]["total_points"]))
        except (ValueError, KeyError, TypeError, ZeroDivisionError):
            return None
        return total if total > 0 else None

    def metadata(self) -> dict[str, Any]:
        """What Gradescope says of the submission; empty where it says nothing that can be read."""
        return read_object(self.autograder / "submission_metadata.json")

    def event(self) -> dict[str, Any]:
        """The event that set off this run of GitHub Actions, as GitHub describes it; empty as above."""
        path = self.environment.get("GITHUB_EVENT_PATH")
        return read_object(Path(path)) if path and self.environment.get("GITHUB_ACTIONS") == "true" else {}


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file; empty where there is none."""
    try:
        with file.open("rb") as stream:
            found = json.loads(stream.read(JSON_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


IDENTITY = {
    "CLASSROOM": "classroom",
    "ASSIGNMENT": "assignment",
    "SUBMISSION_TAG": "submission",
    "COMMIT_URL": "commit",
    "RELEASE_URL": "release",
    "REVIEW_URL": "review",
}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
