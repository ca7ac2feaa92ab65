"""A failed check as plain lines of text."""

from __future__ import annotations

from grader.report.digest import distance, drawn
from grader.report.text import one_line, plain, value
from grader.results import CheckResult, Failure


def explain_check(check: CheckResult) -> str:
    """Everything the report says about one check, as lines for a log."""
    lines = [f"{check.name}: {check.title}"]
    if check.failure is not None:
        lines += [f"  {line}" for line in difference(check.failure)]
        for misconception in check.misconceptions:
            lines.append(f"  probably {misconception.slug}: {misconception.hint}")
        lines += [f"  observed: {observation}" for observation in check.observations]
        if check.failure.exception is not None:
            lines += [f"  {line}" for line in traceback_lines(check.failure)]
        if check.failure.reproduce:
            lines += ["  to see it yourself:", *(f"    {line}" for line in plain(check.failure.reproduce).splitlines())]
        if check.failure.output:
            lines += ["  it printed:", *(f"    {line}" for line in plain(check.failure.output).splitlines()[:20])]
    return plain("\n".join(lines))


def difference(failure: Failure) -> list[str]:
    """What was compared, wanted and got, how far off, for which call."""
    lines = [one_line(failure.what, 400)]
    if failure.wanted is not None or failure.got is not None:
        where = f" at index {list(failure.index)}" if failure.index else ""
        lines.append(f"wanted {value(failure.wanted)}, got {value(failure.got)}{where}")
    if distance(failure):
        lines.append(f"error {distance(failure)}")
    if failure.call:
        lines.append(f"in {one_line(failure.call, 400)}")
    if drawn(failure):
        lines.append(f"case {one_line(drawn(failure), 300)}")
    return lines


def traceback_lines(failure: Failure) -> list[str]:
    """The student's own frames and the exception, as Python prints them."""
    exception = failure.exception
    if exception is None:
        return []
    lines = []
    for frame in exception.frames:
        where = f" in {one_line(frame.function, 80)}" if frame.function else ""
        lines.append(f"{one_line(frame.place, 120)}{where}")
        if frame.code:
            lines.append(f"    {one_line(frame.code, 160)}")
    message = plain(exception.message).splitlines()[:8] if exception.message else []
    first = f"{one_line(exception.type, 80)}: {message[0]}" if message else one_line(exception.type, 80)
    return [*lines, first, *message[1:]]
