"""Progress while checks run: one live line in a terminal, one plain line a topic elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from grader.report.text import one_line
from grader.results import Outcome, Step


@contextmanager
def live_progress(console: Console) -> Iterator[Callable[[Step], None]]:
    """Gives the listener to pass to `grade`; the live line is gone when the report begins."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield _plain_listener(console)
        return
    # without a thread that draws: a process with more than one thread cannot be forked safely, and grading forks it
    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TextColumn("{task.fields[lost]}"))
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as progress:
        task = progress.add_task("reading the submission", total=None, lost="")
        lost = 0

        def tell(step: Step) -> None:
            nonlocal lost
            lost += step.result.outcome is not Outcome.PASSED
            progress.update(
                task,
                total=step.total,
                completed=step.done,
                description=one_line("a hidden check" if step.result.hidden else step.result.name, 44).ljust(44),
                lost=f"{lost} not passed" if lost else "",
                refresh=True,
            )

        yield tell


def _plain_listener(console: Console) -> Callable[[Step], None]:
    passed: dict[str, list[bool]] = {}

    def tell(step: Step) -> None:
        results = passed.setdefault(step.topic, [])
        results.append(step.result.outcome is Outcome.PASSED)
        if len(results) == step.of_topic:
            line = f"graded {step.topic}: {sum(results)} of {len(results)} checks passed"
            console.print(line, highlight=False, markup=False, emoji=False)

    return tell
