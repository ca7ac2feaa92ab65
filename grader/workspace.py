"""Lays out what students work in: `convgrade init` for one student, `convgrade release --out` for a course's repository."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from grader.ci.templates import read_template
from grader.course import Course
from grader.errors import UsageError
from grader.notebooks import make_notebook
from grader.release import make_stub, read_solution
from grader.report.text import points

GITIGNORE = """\
# what Python, Jupyter and pytest leave behind
__pycache__/
.ipynb_checkpoints/
.venv/
.pytest_cache/
.hypothesis/

# what convgrade writes: reports (convgrade ci, --html, --json), and Classroom 50's files
convgrade-report/
/report.html
/report.json
/result.json
/release-body.md
"""
README = """\
# {title}

{what}

| topic | {kind} | points |
|---|---|---|
{rows}

The docstrings say all there is to know of each function: the formula, the shapes, what raises, an example with numbers, the
source. Write what raises NotImplementedError, and leave names and arguments as they are.

```console
$ pip install {install}
$ convgrade grade                 # grades what is here, and shows the smallest case of each mistake
$ convgrade watch                 # grades again whenever you save a file
$ convgrade explain NAME          # what a function, or one check of it, asks
$ convgrade show-case NAME        # the failing case of a check as a script
```
"""
FILES = "One file for each topic."
NOTEBOOKS = "One notebook for each topic. Below each function is a cell that checks it."
BOTH = (
    "One file for each topic, and the same as a notebook: work in the one you like better. Of the two the one in which more "
    "is written is graded."
)


@dataclass(frozen=True)
class Laid:
    """A file of the workspace: written now, or there before and left alone."""

    path: Path
    written: bool


def lay_out(course: Course, folder: Path, notebooks: bool = False, ci: str | None = None) -> list[Laid]:
    """Write the stubs (or notebooks), README, .gitignore and workflow that are not there yet; changes no file that is.

    Raises UsageError for a CI system that is not known, CourseError for a course without stubs.
    """
    files = {name: text for name, text in released(course).items() if name.endswith(".ipynb") == notebooks}
    return _write(folder, {**files, **_around(course, NOTEBOOKS if notebooks else FILES, ci)}, replace=False)


def release(course: Course, folder: Path, ci: str | None = None) -> list[Laid]:
    """Write the students' repository, made from the model solutions: files, notebooks, README, .gitignore, workflow.

    Replaces what it made before. Raises UsageError where the folder is the course itself, or holds one.
    """
    if (folder / "reference").exists() or folder.resolve() == course.root:
        raise UsageError(f"{folder} holds a course with its answers; release into another folder")
    return _write(folder, {**make_files(course), **_around(course, BOTH, ci)}, replace=True)


def released(course: Course) -> dict[str, str]:
    """Stubs and notebooks by file name: those in the course's `assignments/`, else made from the solutions."""
    ready = course.root / "assignments"
    names = [name for topic in course.topics for name in (topic.file, f"{Path(topic.file).stem}.ipynb")]
    if all((ready / name).is_file() for name in names):
        return {name: (ready / name).read_text("utf-8") for name in names}
    return make_files(course)


def make_files(course: Course) -> dict[str, str]:
    """Stub and notebook of every topic by file name, made from the solutions."""
    files = {}
    for topic in course.topics:
        stub = make_stub(read_solution(course, topic), topic)
        files[topic.file] = stub
        files[f"{Path(topic.file).stem}.ipynb"] = make_notebook(course, topic, stub)
    return files


def _around(course: Course, what: str, ci: str | None) -> dict[str, str]:
    suffix, kind = (".ipynb", "notebook") if what is NOTEBOOKS else (".py", "file")
    rows = "\n".join(
        f"| {topic.title} | `{Path(topic.file).stem}{suffix}` | {points(topic.points)} |" for topic in course.topics
    )
    readme = README.format(title=course.title, what=what, rows=rows, kind=kind, install=course.install)
    files = {"README.md": readme, ".gitignore": GITIGNORE}
    if ci is not None:
        target, text = read_template(ci)
        files[target] = text
    return files


def _write(folder: Path, files: dict[str, str], replace: bool) -> list[Laid]:
    laid = []
    for name, text in files.items():
        path = folder / name
        there = path.exists() or path.is_symlink()
        if replace or not there:
            _write_one(path, text, replace)
        laid.append(Laid(path, replace or not there))
    return laid


def _write_one(path: Path, text: str, replace: bool) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w" if replace else "x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def start_course(folder: Path) -> list[Path]:
    """Copy the example course, one topic with everything that belongs to it, into a new folder. Raises UsageError."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already and not empty")
    source = Path(__file__).parent / "templates" / "course"
    try:
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from None
    return sorted(path for path in folder.rglob("*") if path.is_file())
