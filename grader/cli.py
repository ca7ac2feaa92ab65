"""The `convgrade` command: parse, make one call, render, set the exit code."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from grader import __version__
from grader.batch.command import add_batch_commands
from grader.ci.command import add_ci_commands
from grader.commands import add_course_commands, add_student_commands
from grader.errors import InternalFault, UsageError
from grader.options import count, default_path, moment, percent
from grader.report.output import print_in_any_encoding
from grader.report.text import plain

OK, BELOW, USAGE, FAULT, INTERRUPTED = 0, 1, 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0 done, 1 below --fail-under, 2 usage, 3 a fault of ours."""
    print_in_any_encoding()
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        code: int = options.run(options)
        return code
    except UsageError as error:
        _complain(f"{error}")
        return USAGE
    except KeyboardInterrupt:
        print("convgrade: stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return OK
    except InternalFault as error:
        _complain(f"a fault of ours, so there is no score: {error}")
        return FAULT
    except Exception:
        _complain(f"a fault of ours, so there is no score; please report these lines:\n{traceback.format_exc()}")
        return FAULT


def _complain(sentence: str) -> None:
    """Say on standard error what went wrong; names and values in it may be a student's."""
    print(f"convgrade: {plain(sentence)}", file=sys.stderr)


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="convgrade", description="Grades exercises on convolutional networks.")
    parser.add_argument("--version", action="version", version=f"convgrade {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    grade = commands.add_parser("grade", help="grade one submission and print the score report")
    grade.add_argument(
        "path",
        nargs="?",
        metavar="PATH",
        help="folder, file, notebook or zip (default: assignments/ here, else this folder)",
    )
    grade.add_argument("--topic", action="append", metavar="NAME", help="grade only this topic; may be repeated")
    grade.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the drawn cases (default: 0)")
    grade.add_argument(
        "--json", metavar="FILE", help='also write the report as JSON ("-": to standard output, instead of the text)'
    )
    grade.add_argument("--html", metavar="FILE", help='also write the report as one HTML page ("-" as for --json)')
    grade.add_argument("--fail-under", type=percent, metavar="PERCENT", help="exit with 1 when the score is below this")
    grade.add_argument("--show-hidden", action="store_true", help="show hidden checks in full; for instructors")
    grade.add_argument("--require-sandbox", action="store_true", help="refuse to grade unless every protection holds")
    grade.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where PyTorch models run at their published size: on a GPU where there is one (default: auto)",
    )
    grade.add_argument(
        "--full-size",
        action="store_true",
        help="run PyTorch models at their published size on the CPU too; takes minutes",
    )
    grade.add_argument(
        "--run-all-cells", action="store_true", help="run all of a notebook, not only what the graded functions need"
    )
    grade.add_argument(
        "--jobs", type=count, metavar="N", help="topics judged at once (default: one a processor, at most 4)"
    )
    grade.add_argument(
        "--handed-in", type=moment, metavar="DATE", help="when it was handed in, for the course's deadlines"
    )
    grade.add_argument("--course", type=Path, metavar="PATH", help="folder that holds reference/course.toml")
    grade.set_defaults(run=run_grade)

    doctor = commands.add_parser("doctor", help="print each protection of the sandbox and whether it holds here")
    doctor.set_defaults(run=run_doctor)

    add_student_commands(commands)
    add_course_commands(commands)
    add_ci_commands(commands)
    add_batch_commands(commands)
    return parser


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Who ends the command, or closes its terminal, ends it as Ctrl-C does: no copy of a submission is left behind."""
    held = {}

    def interrupt(number: int, frame: Any) -> None:
        signal.signal(number, signal.SIG_IGN)  # once is enough, and a second time would end the tidying up
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")):
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores the latter
                held[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, before in held.items():
            signal.signal(number, before)


def run_grade(options: argparse.Namespace) -> int:
    """`convgrade grade`."""
    from rich.console import Console

    from grader.grading import grade
    from grader.report.hiding import for_student
    from grader.report.html import to_html
    from grader.report.json import to_json
    from grader.report.live import live_progress
    from grader.report.output import write_output
    from grader.report.terminal import print_report
    from grader.results import percentage
    from grader.sharing import default_jobs

    if options.json == options.html == "-":
        raise UsageError("only one of --json and --html can go to standard output")
    path = Path(options.path) if options.path is not None else default_path()
    # the progress goes to this very stream: checks run with others redirected
    with _ending_in_order(), live_progress(Console(file=sys.stderr)) as listener:
        report = grade(
            path,
            options.topic,
            options.seed,
            options.device,
            require_sandbox=options.require_sandbox,
            run_all_cells=options.run_all_cells,
            full_size=options.full_size,
            handed_in=options.handed_in,
            course=options.course,
            listener=listener,
            jobs=options.jobs or default_jobs(),
        )
    if not options.show_hidden:
        report = for_student(report)
    if "-" not in (options.json, options.html):
        print_report(report)
    for target, layout in ((options.json, to_json), (options.html, to_html)):
        if target is not None:
            write_output(target, layout(report))
    for fault in report.faults:
        _complain(f"a fault of ours: {fault}")
    if report.internal_errors:
        return FAULT
    below = (
        options.fail_under is not None and percentage(report.points_earned, report.points_possible) < options.fail_under
    )
    return BELOW if below else OK


def run_doctor(options: argparse.Namespace) -> int:
    """`convgrade doctor`."""
    from grader.doctor import examine, print_findings

    return OK if print_findings(examine()) else BELOW


if __name__ == "__main__":
    sys.exit(main())
