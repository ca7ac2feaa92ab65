"""The commands of students (init, watch, explain, show-case) and of course authors (release, new-course)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from grader.ci.templates import TEMPLATES
from grader.options import default_path

OK, NOTHING = 0, 1


def add_student_commands(commands: Any) -> None:
    """Register the students' commands with the subparsers of `convgrade`."""
    init = commands.add_parser("init", help="lay out a folder to work in: the files to fill in, a README, a .gitignore")
    init.add_argument("folder", nargs="?", type=Path, default=Path("."), metavar="FOLDER", help="where (default: here)")
    init.add_argument("--notebooks", action="store_true", help="notebooks in place of files")
    init.add_argument("--ci", choices=tuple(TEMPLATES), metavar="NAME", help=f"also a workflow: {', '.join(TEMPLATES)}")
    _add_course(init)
    init.set_defaults(run=run_init)

    watch = commands.add_parser("watch", help="grade what changed whenever a file is saved")
    watch.add_argument("path", nargs="?", type=Path, metavar="PATH", help="folder or file (default: as for grade)")
    watch.add_argument("--topic", action="append", metavar="NAME", help="watch only this topic; may be repeated")
    watch.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the drawn cases (default: 0)")
    _add_course(watch)
    watch.set_defaults(run=run_watch)

    explain = commands.add_parser("explain", help="what a topic, a function or one of its checks asks")
    explain.add_argument(
        "name", nargs="?", metavar="NAME", help="topic, function, function/check, or a beginning of one"
    )
    _add_hidden(explain)
    _add_course(explain)
    explain.set_defaults(run=run_explain)

    show = commands.add_parser("show-case", help="print the failing case of a check as a script, and nothing else")
    show.add_argument("name", metavar="NAME", help="function or function/check")
    show.add_argument("path", nargs="?", type=Path, metavar="PATH", help="as for grade")
    show.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the drawn cases (default: 0)")
    _add_hidden(show)
    _add_course(show)
    show.set_defaults(run=run_show_case)


def add_course_commands(commands: Any) -> None:
    """Register the commands of course authors."""
    release = commands.add_parser("release", help="make what students get from the model solutions")
    release.add_argument(
        "--out", type=Path, metavar="FOLDER",
        help="write the students' repository there (default: files and notebooks into assignments/ of the course)",
    )  # fmt: skip
    release.add_argument("--ci", choices=tuple(TEMPLATES), metavar="NAME", help="with --out: also this workflow")
    _add_course(release)
    release.set_defaults(run=run_release)

    new = commands.add_parser("new-course", help="start a course: one topic with all that belongs to it")
    new.add_argument("folder", type=Path, metavar="FOLDER", help="a new or empty folder")
    new.set_defaults(run=run_new_course)


def _add_hidden(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--show-hidden", action="store_true", help="hidden checks too, by their names; for instructors")


def _add_course(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--course", type=Path, metavar="PATH", help="folder that holds reference/course.toml")


def run_init(options: argparse.Namespace) -> int:
    """`convgrade init`: says of every file whether it was written or was there."""
    from grader.course import load_course
    from grader.workspace import lay_out

    for laid in lay_out(load_course(options.course), options.folder, options.notebooks, options.ci):
        print(f"{'wrote' if laid.written else 'kept '} {laid.path}")
    return OK


def run_watch(options: argparse.Namespace) -> int:
    """`convgrade watch`: until Ctrl-C, which is its proper end."""
    from grader.watch import watch

    watch(options.path or default_path(), options.topic, options.seed, options.course)
    return OK


def run_explain(options: argparse.Namespace) -> int:
    """`convgrade explain`."""
    from grader.catalogue import find
    from grader.course import load_course
    from grader.explain import explain, list_topics

    course = load_course(options.course)
    if options.name is None:
        print(list_topics(course), end="")
        return OK
    selection = find(course, options.name, options.show_hidden)
    print(explain(course, selection, options.show_hidden), end="")
    return OK


def run_show_case(options: argparse.Namespace) -> int:
    """`convgrade show-case`: the script on standard output; where there is none, why, on standard error, and exit code 1."""
    from grader.catalogue import find
    from grader.course import load_course
    from grader.show_case import find_case

    course = load_course(options.course)
    selection = find(course, options.name, options.show_hidden)
    case = find_case(course, selection, options.path or default_path(), options.seed, options.show_hidden)
    if case.script is None:
        print(f"convgrade: {case.remark}", file=sys.stderr)
        return NOTHING
    print(case.script, end="")
    return OK


def run_release(options: argparse.Namespace) -> int:
    """`convgrade release`: prints the files that were written."""
    from grader.course import load_course
    from grader.errors import UsageError
    from grader.notebooks import write_notebooks
    from grader.release import write_stubs
    from grader.workspace import release

    course = load_course(options.course)
    if options.out is not None:
        files = [laid.path for laid in release(course, options.out, options.ci)]
    elif options.ci is not None:
        raise UsageError("--ci needs --out: the workflow belongs to the students' repository")
    else:
        folder = course.root / "assignments"
        files = [*write_stubs(course, folder), *write_notebooks(course, folder)]
    for file in sorted(files):
        print(file)
    return OK


def run_new_course(options: argparse.Namespace) -> int:
    """`convgrade new-course`: prints the files, and what to try first."""
    from grader.workspace import start_course

    for file in start_course(options.folder):
        print(file)
    print(f"\nTry it: convgrade grade {options.folder}/solutions --course {options.folder}")
    return OK
