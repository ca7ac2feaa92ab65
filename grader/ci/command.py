"""The commands `ci` and `gradescope-zip`: their options, and what they call."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.ci import FORMATS, VISIBILITIES
from grader.options import default_path, moment, percent

if TYPE_CHECKING:
    from grader.ci.surroundings import Surroundings
    from grader.course import Course, Topic
    from grader.results import Report


def add_ci_commands(commands: Any) -> None:
    """Register both commands with the subparsers of `convgrade`."""
    _add_ci(commands)
    _add_gradescope_zip(commands)


def _add_ci(commands: Any) -> None:
    ci = commands.add_parser("ci", help="grade a checkout in CI and write what the system there reads")
    ci.add_argument("path", nargs="?", metavar="PATH", help="as for grade; on Gradescope, the submission's folder")
    ci.add_argument(
        "--format", action="append", choices=FORMATS, metavar="NAME",
        help=f"write this format instead of those that are found to fit; may be repeated: {', '.join(FORMATS)}",
    )  # fmt: skip
    ci.add_argument("--topic", action="append", metavar="NAME", help="grade only this topic; may be repeated")
    ci.add_argument(
        "--seed-from", metavar="SOURCE", help='"commit", "files" or a number (default: the commit where it is known)'
    )
    ci.add_argument(
        "--out", type=Path, default=Path("convgrade-report"), metavar="FOLDER",
        help="where junit.xml, report.json and report.html go (default: convgrade-report)",
    )  # fmt: skip
    ci.add_argument("--fail-under", type=percent, metavar="PERCENT", help="exit with 1 when the score is below this")
    ci.add_argument(
        "--hidden", choices=VISIBILITIES, default="visible",
        help="on Gradescope: who sees hidden checks in full (default: visible, as one line without details)",
    )  # fmt: skip
    ci.add_argument("--fallback", action="store_true", help="write that the grader did not finish, without grading")
    ci.add_argument(
        "--handed-in", type=moment, metavar="DATE",
        help="when it was handed in, for the course's deadlines (default: what the platform says, or now)",
    )  # fmt: skip
    ci.add_argument("--require-sandbox", action="store_true", help="refuse to grade unless every protection holds")
    ci.add_argument("--course", type=Path, metavar="PATH", help="folder that holds reference/course.toml")
    ci.add_argument(
        "--autograder", type=Path, default=Path("/autograder"), metavar="FOLDER",
        help="Gradescope's folder (default: /autograder)",
    )  # fmt: skip
    ci.set_defaults(run=run_ci)


def _add_gradescope_zip(commands: Any) -> None:
    zipped = commands.add_parser("gradescope-zip", help="make the autograder to upload to Gradescope")
    zipped.add_argument("--out", type=Path, default=Path("autograder.zip"), metavar="FILE", help="the zip to write")
    zipped.add_argument("--topic", action="append", metavar="NAME", help="grade only this topic; may be repeated")
    zipped.add_argument("--course", type=Path, metavar="PATH", help="put this course into the zip")
    zipped.add_argument("--wheel", type=Path, metavar="FILE", help="install this wheel of convgrade from the zip")
    zipped.set_defaults(run=run_gradescope_zip)


def run_ci(options: argparse.Namespace) -> int:
    """`convgrade ci`: the exit code is 0 whatever the score, unless --fail-under says otherwise; 3 for a fault of ours."""
    from grader.ci.moment import find_moment, hold_against_deadlines
    from grader.ci.surroundings import Surroundings
    from grader.ci.ungraded import ungraded
    from grader.ci.writing import BEFORE_GRADING, remove_committed, write_formats
    from grader.course import load_course
    from grader.grading import Settings, choose_topics
    from grader.report.places import Places

    around = Surroundings(os.environ, Path.cwd(), options.out, options.autograder)
    formats = tuple(options.format or around.formats())
    remove_committed(formats, around)
    path = Path(options.path) if options.path is not None else _path(around, formats)
    course = load_course(options.course)
    names = tuple(options.topic) if options.topic else None
    topics = choose_topics(path, course, Settings(names))
    unfinished = ungraded(course, topics, str(path))
    if options.fallback:
        write_formats(formats, unfinished, Places(), around)
        return 0
    write_formats([name for name in formats if name in BEFORE_GRADING], unfinished, Places(), around)
    try:
        report = _graded(options, around, path, course, topics)
        report = hold_against_deadlines(report, course, find_moment(around, options.handed_in))
    except BaseException:
        write_formats(formats, unfinished, Places(), around)
        raise
    return _tell(options, around, path, formats, report)


def _path(around: Surroundings, formats: tuple[str, ...]) -> Path:
    if "gradescope" in formats and around.on_gradescope():
        return around.autograder / "submission"
    return default_path()


def _graded(
    options: argparse.Namespace, around: Surroundings, path: Path, course: Course, topics: tuple[Topic, ...]
) -> Report:
    """The report; one that says so where the submission cannot be read at all."""
    from rich.console import Console

    from grader.ci.seed import choose_seed
    from grader.ci.ungraded import ungraded
    from grader.errors import SubmissionUnreadable
    from grader.grading import grade
    from grader.report.live import live_progress
    from grader.sharing import default_jobs

    seed = choose_seed(options.seed_from, around.environment, path, course, topics)
    try:
        with live_progress(Console(file=sys.stderr)) as listener:
            return grade(
                path,
                [topic.name for topic in topics],
                seed,
                require_sandbox=options.require_sandbox,
                course=course,
                listener=listener,
                jobs=default_jobs(),
            )
    except SubmissionUnreadable as error:
        return ungraded(course, topics, str(path), f"there is nothing to grade: {error}")


def _tell(
    options: argparse.Namespace, around: Surroundings, path: Path, formats: tuple[str, ...], report: Report
) -> int:
    """Print the report, write the formats, and say which; the exit code."""
    from grader.ci.places import locate
    from grader.ci.writing import write_formats
    from grader.report.hiding import for_student
    from grader.report.terminal import print_report
    from grader.report.text import plain
    from grader.results import percentage

    shown = for_student(report)
    print_report(shown)
    for fault in shown.faults:
        print(f"convgrade: a fault of ours: {plain(fault)}", file=sys.stderr)
    sys.stdout.flush()
    write_formats(formats, report, locate(report, path, around.checkout), around, options.hidden)
    written = ", ".join(formats) or "nothing, since no CI was found; --format NAME writes one"
    print(f"convgrade: written: {written}", file=sys.stderr)
    if report.internal_errors:
        return 3
    share = percentage(report.points_earned, report.points_possible)
    return int(options.fail_under is not None and share < options.fail_under)


def run_gradescope_zip(options: argparse.Namespace) -> int:
    """`convgrade gradescope-zip`."""
    from grader.ci.gradescope_zip import write_zip
    from grader.course import load_course

    course = load_course(options.course)
    for name in options.topic or ():
        course.topic(name)
    write_zip(options.out, course if options.course is not None else None, tuple(options.topic or ()), options.wheel)
    print(options.out)
    return 0
