"""Progress of a batch: a live table in a terminal, one plain line a submission elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from grader.batch.run import Event, Listener
from grader.report.text import one_line, points
from grader.results import Report, percentage

SHOWN = 8


@dataclass
class Progress:
    """What has happened so far."""

    total: int
    begun: float = field(default_factory=time.monotonic)
    running: dict[str, str] = field(default_factory=dict)
    graded: int = 0
    kept: int = 0
    faults: int = 0
    percents: list[Fraction] = field(default_factory=list)

    @property
    def done(self) -> int:
        """Rows that need nothing more."""
        return self.graded + self.kept + self.faults

    def take(self, event: Event) -> None:
        """Count an event."""
        if event.what == "started":
            self.running[event.row.file] = one_line(event.row.student.shown, 60)
            return
        self.running.pop(event.row.file, None)
        self.graded += event.what == "graded"
        self.kept += event.what == "kept"
        self.faults += event.what == "fault"
        if event.report is not None:
            self.percents.append(percentage(event.report.points_earned, event.report.points_possible))

    def seconds_left(self) -> float | None:
        """By the rate so far; None before there is one."""
        fresh = self.graded + self.faults
        if not fresh:
            return None
        return (time.monotonic() - self.begun) / fresh * (self.total - self.done)


@contextmanager
def live_table(console: Console, total: int) -> Iterator[Listener]:
    """Gives the listener of a run over `total` rows."""
    progress = Progress(total)
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda event: _print_line(console, progress, event)
        return
    with Live(console=console, refresh_per_second=4, transient=True, get_renderable=lambda: table(progress)) as live:

        def tell(event: Event) -> None:
            progress.take(event)
            live.refresh()

        yield tell


def table(progress: Progress) -> Table:
    """The state as a table of two columns."""
    shown = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    kept = f", of these {progress.kept} from before" if progress.kept else ""
    faults = f", {progress.faults} not graded" if progress.faults else ""
    shown.add_row("done", Text(f"{progress.done} of {progress.total}{kept}{faults}"))
    waiting = progress.total - progress.done - len(progress.running)
    shown.add_row("waiting", str(max(0, waiting)))
    left = progress.seconds_left()
    shown.add_row("time left", "" if left is None else duration(left))
    if progress.percents:
        mean = float(sum(progress.percents, Fraction(0)) / len(progress.percents))
        shown.add_row("mean so far", f"{mean:.1f} %")
    names = list(progress.running.values())
    for number, name in enumerate(names[:SHOWN]):
        shown.add_row("running" if number == 0 else "", Text(name))
    if len(names) > SHOWN:
        shown.add_row("", f"and {len(names) - SHOWN} more")
    return shown


def duration(seconds: float) -> str:
    """About how long: seconds, minutes or hours."""
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"


def _print_line(console: Console, progress: Progress, event: Event) -> None:
    """One plain line for everything but a start."""
    progress.take(event)
    if event.what == "started":
        return
    score = _score(event.report) if event.report is not None else one_line(event.fault or "", 120)
    words = {"graded": "graded", "kept": "kept", "fault": "not graded"}[event.what]
    line = f"{words} {progress.done} of {progress.total}: {one_line(event.row.student.shown, 60)}: {score}"
    console.print(line, highlight=False, markup=False, emoji=False, soft_wrap=True)


def _score(report: Report) -> str:
    if report.internal_errors:
        return "no score, a fault of ours"
    return f"{points(report.points_earned)} of {points(report.points_possible)}"
