"""`convgrade batch`, `convgrade regrade` and `convgrade similar`: their options, and one call each."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.options import count, processors

if TYPE_CHECKING:
    from grader.batch.executors import Executor
    from grader.batch.fingerprint import Basis
    from grader.batch.run import Plan
    from grader.course import Course

GRADED, FAULT = 0, 3


def add_batch_commands(commands: Any) -> None:
    """Add the three commands."""
    batch = commands.add_parser("batch", help="grade a whole class: a folder or a zip of submissions")
    batch.add_argument("submissions", type=Path, metavar="SUBMISSIONS", help="folder or zip, as it was downloaded")
    batch.add_argument("--out", type=Path, required=True, metavar="RESULTS", help="folder for the results")
    batch.add_argument("--roster", type=Path, metavar="FILE", help="class list: CSV with any of name, id, login, email")
    batch.add_argument("--shape", metavar="NAME", help="how the submissions are laid out (default: recognised)")
    batch.add_argument(
        "--gradebook",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help="also write this gradebook; may be repeated",
    )
    batch.add_argument("--column", metavar="TITLE", help="the grade's column in the file that is filled")
    batch.add_argument("--topic", action="append", metavar="NAME", help="grade only this topic; may be repeated")
    batch.add_argument("--run-all-cells", action="store_true", help="run every statement of a notebook")
    batch.add_argument("--resume", action="store_true", help="grade only what is missing or has changed")
    _add_seed(batch)
    _add_running(batch)
    batch.set_defaults(run=run_batch)

    regrade = commands.add_parser("regrade", help="grade kept submissions again and show who changed by how much")
    regrade.add_argument("results", type=Path, metavar="RESULTS", help="folder that `convgrade batch` wrote")
    regrade.add_argument("--apply", action="store_true", help="put the new results in the place of the old ones")
    _add_seed(regrade)
    _add_running(regrade)
    regrade.set_defaults(run=run_regrade)

    similar = commands.add_parser("similar", help="list submissions that are suspiciously alike")
    similar.add_argument("results", type=Path, metavar="RESULTS", help="folder that `convgrade batch` wrote")
    similar.add_argument(
        "--above", type=int, default=60, metavar="PERCENT", help="only pairs at least this alike (default: 60)"
    )
    similar.add_argument("--course", type=Path, metavar="PATH", help="folder that holds reference/course.toml")
    similar.set_defaults(run=run_similar)


def _add_seed(command: argparse.ArgumentParser) -> None:
    seeds = command.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=int, metavar="N", help="seed of the drawn cases (default: 0)")
    seeds.add_argument(
        "--seed-file", type=Path, metavar="FILE", help="file with a secret seed, which is written nowhere"
    )


def _add_running(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--jobs", type=count, default=processors(), metavar="N", help="grading processes (default: one a processor)"
    )
    command.add_argument(
        "--executor", choices=("local", "dask"), default="local", help="where to grade (default: local)"
    )
    command.add_argument("--scheduler", metavar="ADDRESS", help="of the dask cluster: tcp://host:8786")
    command.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where PyTorch models run")
    command.add_argument(
        "--allow-weak-sandbox", action="store_true", help="grade also where some protection of the sandbox is missing"
    )
    command.add_argument("--course", type=Path, metavar="PATH", help="folder that holds reference/course.toml")


def run_batch(options: argparse.Namespace) -> int:
    """`convgrade batch`."""
    from rich.console import Console

    from grader.batch.closing import print_outcome
    from grader.batch.live import live_table
    from grader.batch.run import grade_class, read_classes
    from grader.batch.store import Store

    plan = _plan(options)
    classes = read_classes(plan)
    total = sum(row.submission is not None for row in classes.rows)
    try:
        with live_table(Console(file=sys.stderr), total) as listener:
            outcome = grade_class(plan, classes, _executor(options, plan.course), listener)
    except KeyboardInterrupt:
        print(f"convgrade: {Store(plan.out).kept_words(total)}", file=sys.stderr)
        raise
    print_outcome(Console(), outcome, plan.out)
    return FAULT if any(row["status"] == "internal_error" for row in outcome.form["rows"]) else GRADED


def _plan(options: argparse.Namespace) -> Plan:
    from grader.batch.fingerprint import read_seed
    from grader.batch.gradebooks import read_request
    from grader.batch.run import Plan
    from grader.course import load_course
    from grader.grading import Settings

    course = load_course(options.course)
    topics = tuple(course.topic(name).name for name in options.topic) if options.topic else None
    secret = options.seed_file is not None
    seed = read_seed(options.seed_file) if secret else options.seed or 0
    settings = Settings(topics, seed, options.device, not options.allow_weak_sandbox, options.run_all_cells)
    requests = tuple(read_request(text, options.roster, options.column) for text in options.gradebook)
    return Plan(
        options.submissions,
        options.out,
        course,
        settings,
        secret,
        options.roster,
        options.shape,
        requests,
        options.resume,
    )


def _executor(options: argparse.Namespace, course: Course) -> Callable[[Basis], Executor]:
    """What makes the executor once it is known what everything is graded under."""

    def make(basis: Basis) -> Executor:
        from grader.batch.executors import longest, start_message

        start, seconds = start_message(course, basis), longest(course, basis.settings.topics)
        if options.executor == "dask":
            from grader.batch.cluster import DaskExecutor

            return DaskExecutor(start, options.scheduler, seconds)
        from grader.batch.local import LocalExecutor
        from grader.batch.parts import share_out

        return LocalExecutor(start, options.jobs, seconds, share_out(course, basis.settings.topics, options.jobs))

    return make


def run_regrade(options: argparse.Namespace) -> int:
    """`convgrade regrade`."""
    from rich.console import Console

    from grader.batch.fingerprint import read_seed
    from grader.batch.live import live_table
    from grader.batch.regrade import open_regrading, print_changes
    from grader.course import load_course

    secret = options.seed_file is not None
    seed = read_seed(options.seed_file) if secret else options.seed
    course, careful = load_course(options.course), not options.allow_weak_sandbox
    regrading = open_regrading(options.results, course, seed, secret, options.device, careful)
    try:
        with live_table(Console(file=sys.stderr), len(regrading.rows)) as listener:
            changes = regrading.run(_executor(options, regrading.course), listener)
    except KeyboardInterrupt:
        print("the old results are untouched; the same command goes on from here", file=sys.stderr)
        raise
    print_changes(Console(), changes, applied=options.apply)
    if options.apply:
        regrading.apply()
    return FAULT if regrading.faults else GRADED


def run_similar(options: argparse.Namespace) -> int:
    """`convgrade similar`."""
    from rich.console import Console

    from grader.batch.similar import find_similar, print_pairs
    from grader.course import load_course

    pairs = find_similar(options.results, load_course(options.course), options.above)
    print_pairs(Console(), pairs, options.above)
    return GRADED
