"""The score report in a terminal, for 80 columns and more; colours from the terminal's own palette, dark or light."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from grader.report.digest import (
    EXCEPTION_ABOVE,
    HINT_ABOVE,
    MARKS,
    NO_SCORE,
    by_function,
    distance,
    drawn,
    earned,
    full_size,
    made_under,
    remark,
    topic_score,
    total,
    unwritten,
    worth_explaining,
)
from grader.report.plain import traceback_lines
from grader.report.text import one_line, plain, points, title_of, value
from grader.results import CheckResult, Failure, Outcome, Report, TopicResult

STYLES = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.SKIPPED: "default",
    Outcome.CRASHED: "red",
    Outcome.TIMED_OUT: "red",
    Outcome.INTERNAL_ERROR: "magenta",
}
OUTPUT_LINES = 12
SNIPPET_LINES = 40
SENTENCE_COLUMNS = 24
LINE_START = re.compile(r"^((?:\x1b\[[0-9;]*m|\s)*)::")
Spaces = tuple[int, int, int, int]


def _pad(content: RenderableType, spaces: Spaces) -> Padding:
    """Rich's padding without filling lines up to the full width."""
    return Padding(content, spaces, expand=False)


def print_report(report: Report, console: Console | None = None) -> None:
    """Print the whole report."""
    print_parts(render(report), console or Console(highlight=False))


def print_parts(parts: Iterable[RenderableType], console: Console) -> None:
    """Print what may hold a student's text."""
    with console.capture() as capture:
        for part in parts:
            console.print(part, highlight=False, crop=False)
    for line in capture.get().split("\n")[:-1]:
        # wrapping may have put a student's "::" at the start of a line, where a CI log takes it for a command;
        # and rich fills lines with blanks, which nobody needs
        console.file.write(LINE_START.sub(r"\1: :", line).rstrip() + "\n")


def render(report: Report) -> Iterator[RenderableType]:
    """The report's parts from top to bottom."""
    yield Rule(Text(report.course_title, style="bold"), style="default")
    yield Text(f"Submission: {one_line(report.path, 300)}")
    for note in report.notes:
        yield Text(f"Note: {one_line(note, 300)}")
    for topic in report.topics:
        yield Text()
        yield _topic(topic)
    yield Text()
    yield from _summary(report)


def _topic(topic: TopicResult) -> RenderableType:
    heading = _ends(Text(topic.title, style="bold"), Text(topic_score(topic), style="bold"))
    if topic.problem is not None:
        return Group(heading, _pad(problem(topic), (0, 0, 0, 2)))
    parts: list[RenderableType] = [heading, _CheckTable(topic.checks)]
    parts += [_indented(one_line(sentence, 1000)) for sentence in full_size(topic)]
    seen: set[str] = set()
    for check in topic.checks:
        if worth_explaining(check):
            parts += [Text(), explanation(check, seen)]
    return Group(*parts)


def _ends(left: Text, right: Text) -> Table:
    """One line with a text at either end."""
    line = Table.grid(expand=True)
    line.add_column(ratio=1)
    line.add_column(justify="right", no_wrap=True)
    line.add_row(left, right)
    return line


def problem(topic: TopicResult) -> RenderableType:
    """Why a topic's file could not be used: one explanation instead of one for each check."""
    first = topic.checks[0].failure if topic.checks else None
    parts: list[RenderableType] = [Text(f"✗ {one_line(topic.problem or '', 400)}", style="red")]
    if first is not None and first.exception is not None:
        parts.append(_pad(_lines(traceback_lines(first)), (0, 0, 0, 2)))
    if topic.output:
        parts += [Text("  it printed:"), _pad(_printed(topic.output), (0, 0, 0, 4))]
    return Group(*parts)


class _CheckTable:
    """The checks of a topic in columns; a sentence stands below its row where the terminal leaves too little beside it."""

    def __init__(self, checks: Sequence[CheckResult]) -> None:
        self.checks = checks
        names = [max(len(check.function), len(check.name.partition("/")[2]) + 2) for check in checks]
        self.widths = min(max(names, default=0), 34), max((len(earned(check)) for check in checks), default=0)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        below = options.max_width - sum(self.widths) - 6 < SENTENCE_COLUMNS
        for function, members in by_function(self.checks).items():
            state = unwritten(members)
            yield from self._row(("", Text(one_line(function)), ""), state, below)
            for check in members if not state else ():
                mark, style = MARKS[check.outcome], STYLES[check.outcome]
                behaviour = check.name.partition("/")[2].replace("_", " ")
                skipped = check.outcome is Outcome.SKIPPED
                cells = (
                    Text(f"  {mark}", style=style),
                    Text(f"  {one_line(behaviour)}", style="default" if skipped else style),
                    Text(earned(check)),
                )
                # why a check is skipped stands nowhere else; a title stands again where a failure is explained
                if skipped:
                    yield from self._row(cells, remark(check), below)
                else:
                    yield self._columns(*cells, Text(one_line(remark(check))))

    def _row(self, cells: Sequence[RenderableType], sentence: str, below: bool) -> Iterator[RenderableType]:
        """A row with a sentence that is not cut off."""
        text = Text(one_line(sentence), no_wrap=False)
        yield self._columns(*cells, Text() if below else text)
        if below and sentence:
            yield _pad(text, (0, 0, 0, 6))

    def _columns(self, *cells: RenderableType) -> RenderableType:
        table = Table.grid(padding=(0, 1), expand=True)  # the last column gives way where the terminal is narrow
        table.add_column(no_wrap=True, width=3)
        table.add_column(no_wrap=True, overflow="ellipsis", width=self.widths[0])
        table.add_column(justify="right", no_wrap=True, width=self.widths[1])
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        table.add_row(*cells)
        return table


def explanation(check: CheckResult, seen: set[str]) -> RenderableType:
    """One failure in full; a hint or traceback that stood above already is only named."""
    failure = check.failure
    assert failure is not None
    mark, style = MARKS[check.outcome], STYLES[check.outcome]
    parts: list[RenderableType] = [
        Text(f"{mark} {one_line(check.name)}", style=f"bold {style}"),
        _indented(check.title),
    ]
    parts.append(_pad(_difference(failure), (1, 0, 0, 4)))
    if failure.exception is not None:
        lines = traceback_lines(failure)
        known, text = EXCEPTION_ABOVE, "\n".join(lines)
        parts.append(_pad(_lines([known] if text in seen and len(lines) > 1 else lines), (0, 0, 0, 6)))
        seen.add(text)
    for misconception in check.misconceptions:
        name = title_of(misconception.slug)
        hint = HINT_ABOVE if misconception.slug in seen else misconception.hint
        seen.add(misconception.slug)
        parts.append(
            _pad(
                Text.from_markup(f"[bold]Probably: {escape(name)}.[/bold] {escape(plain(hint))}", emoji=False),
                (1, 0, 0, 4),
            )
        )
    for observation in check.observations:
        parts.append(_indented(f"Observed: {plain(observation)}", 4))
    if failure.output:
        parts += [_pad(Text("It printed:"), (1, 0, 0, 4)), _pad(_printed(failure.output), (0, 0, 0, 6))]
    above = _pad(Group(*parts), (0, 0, 0, 2))
    if not failure.reproduce:
        return above
    return Group(above, _pad(Text("To see it yourself:"), (1, 0, 0, 6)), _snippet(failure.reproduce, check.name))


def _indented(text: str, columns: int = 2) -> RenderableType:
    return _pad(Text(text), (0, 0, 0, columns))


def _difference(failure: Failure) -> RenderableType:
    lines: list[RenderableType] = [Text(plain(failure.what))]
    if failure.wanted is not None or failure.got is not None:
        table = Table.grid(padding=(0, 1))
        where = [f"at index {list(failure.index)}"] if failure.index else []
        table.add_row("  wanted", Text(value(failure.wanted), style="bold green"), *where)
        table.add_row("  got", Text(value(failure.got), style="bold red"))
        lines.append(table)
    if distance(failure):
        lines.append(Text(f"  error {distance(failure)}"))
    if failure.call:
        lines.append(_pad(Text(f"in {one_line(failure.call, 400)}"), (0, 0, 0, 2)))
    if drawn(failure):
        lines.append(_indented(f"case {one_line(drawn(failure), 300)}"))
    return Group(*lines)


def _lines(lines: Sequence[str]) -> Text:
    return Text("\n".join(lines))


def _printed(output: str) -> Text:
    lines = plain(output).rstrip("\n").splitlines()
    kept = [line[:200] for line in lines[:OUTPUT_LINES]]
    if len(lines) > OUTPUT_LINES:
        kept.append(f"[... {len(lines) - OUTPUT_LINES} more lines]")
    return Text("\n".join(kept))


def _snippet(code: str, name: str) -> RenderableType:
    """The script as it is, its lines never broken, since a student copies it; for a long one, how to have it."""
    lines = plain(code).rstrip("\n").splitlines()
    if len(lines) > SNIPPET_LINES:
        return _indented(f"convgrade show-case {one_line(name)} prints a script of {len(lines)} lines.", 8)
    # spaces of its own: what rich pads, it cuts off at the terminal's width
    return Text("\n".join(f"        {line}".rstrip() for line in lines), no_wrap=True, overflow="ignore")


def _summary(report: Report) -> Iterator[RenderableType]:
    yield Rule(style="default")
    if report.internal_errors:
        yield Text(NO_SCORE, style="bold magenta")
        for check in report.internal_errors:
            yield _indented(check.name)
    else:
        if len(report.topics) > 1:
            for topic in report.topics:
                yield _ends(
                    Text(f"  {topic.title}"), Text(f"{points(topic.points_earned)} of {points(topic.points_possible)}")
                )
        yield _ends(Text("Total", style="bold"), Text(total(report), style="bold"))
    for sentence in made_under(report):
        yield Text(sentence)
