"""The files that a course copies into its students' repositories."""

from __future__ import annotations

from pathlib import Path

from grader.errors import UsageError

FOLDER = Path(__file__).parents[1] / "templates"
TEMPLATES = {
    "actions": ("actions.yml", ".github/workflows/convgrade.yml"),
    "classroom": ("classroom.yml", ".github/workflows/classroom.yml"),
    "classroom50": ("classroom50/autograder.py", "autograder.py"),
}
"""For each system, the template's file and where it goes."""


def read_template(name: str) -> tuple[str, str]:
    """Where the file for that system goes, and its text. Raises UsageError for another name."""
    if name not in TEMPLATES:
        raise UsageError(f"there is no CI template {name!r}; there are {', '.join(TEMPLATES)}")
    file, target = TEMPLATES[name]
    return target, (FOLDER / file).read_text("utf-8")
