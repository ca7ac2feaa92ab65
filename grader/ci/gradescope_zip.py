"""The zip to upload to Gradescope: `setup.sh`, `run_autograder`, and on request the course and a wheel of this package."""

from __future__ import annotations

import shlex
import zipfile
from collections.abc import Iterator
from pathlib import Path

from grader import __version__
from grader.course import Course
from grader.errors import UsageError

TEMPLATES = Path(__file__).parents[1] / "templates" / "gradescope"
SCRIPTS = ("setup.sh", "run_autograder")
DATE = (1980, 1, 1, 0, 0, 0)  # the zip is the same for the same contents
Member = tuple[str, bytes, int]


def write_zip(target: Path, course: Course | None, topics: tuple[str, ...], wheel: Path | None) -> None:
    """Write the zip. Raises UsageError for a wheel that is not there, or a zip that cannot be written."""
    if wheel is not None and not (wheel.is_file() and wheel.suffix == ".whl"):
        raise UsageError(f"{wheel} is not a wheel")
    members = [*_scripts(course, topics, wheel), *(_course_files(course) if course is not None else ())]
    if wheel is not None:
        members.append((wheel.name, wheel.read_bytes(), 0o644))
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content, mode in members:
                info = zipfile.ZipInfo(name, DATE)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = (0o100000 | mode) << 16
                archive.writestr(info, content)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from None


def _scripts(course: Course | None, topics: tuple[str, ...], wheel: Path | None) -> Iterator[Member]:
    """Both scripts, with what to install and how to grade put in."""
    options = [option for name in topics for option in ("--topic", name)]
    if course is not None:
        options += ["--course", "/autograder/source"]
    requirement = f"/autograder/source/{wheel.name}" if wheel is not None else f"convgrade=={__version__}"
    for name in SCRIPTS:
        text = (TEMPLATES / name).read_text("utf-8")
        text = text.replace("@REQUIREMENT@", shlex.quote(requirement)).replace("@OPTIONS@", shlex.join(options))
        yield name, text.encode("utf-8"), 0o755


def _course_files(course: Course) -> Iterator[Member]:
    """The course's `reference/`, without what Python leaves there."""
    for file in sorted((course.root / "reference").rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts and not file.is_symlink():
            yield file.relative_to(course.root).as_posix(), file.read_bytes(), 0o644
