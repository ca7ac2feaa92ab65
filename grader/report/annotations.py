"""Failures as annotations on the student's lines: workflow commands of GitHub Actions.

GitHub shows ten of a kind for a step, with at most 4,096 characters each. So a function gets one, on the line where its
code raised, or else where it is defined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from grader.report.digest import worth_explaining
from grader.report.junit import Places
from grader.report.plain import difference, traceback_lines
from grader.report.text import one_line, plain
from grader.results import CheckResult, Report, TopicResult

MOST = 10
CHARACTERS = 4000


def to_annotations(report: Report, places: Places | None = None, files: Mapping[str, str] | None = None) -> str:
    """One command a line; `places` say where functions are defined, `files` where the submission's files are."""
    commands = [_annotation(checks, places or {}, files or {}) for checks in _functions(report)]
    commands = [*_problems(report, files or {}), *commands]
    if len(commands) > MOST:
        rest = f"{len(commands) - MOST + 1} more functions have checks that are not passed: see the summary"
        commands = [*commands[: MOST - 1], command("error", {"title": "More"}, rest)]
    return "".join(f"{line}\n" for line in commands)


def command(name: str, properties: Mapping[str, str], text: str) -> str:
    """A workflow command on one line, whatever the text holds."""
    told = ",".join(f"{key}={_escaped(one_line(value, 250), ':,')}" for key, value in properties.items())
    return f"::{name} {told}::{_escaped(plain(text)[:CHARACTERS])}"


def _escaped(text: str, more: str = "") -> str:
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _functions(report: Report) -> Iterator[list[CheckResult]]:
    """For each function with something to explain, those checks; nothing of files that could not be used."""
    for topic in report.topics:
        groups: dict[str, list[CheckResult]] = {}
        for check in topic.checks if topic.problem is None else ():
            if worth_explaining(check):
                groups.setdefault(check.function, []).append(check)
        yield from groups.values()


def _problems(report: Report, files: Mapping[str, str]) -> Iterator[str]:
    for topic in report.topics:
        if topic.problem is not None:
            first = topic.checks[0] if topic.checks else None
            yield command("error", _where(first, {}, files) | {"title": topic.title}, _problem(topic, first))


def _problem(topic: TopicResult, first: CheckResult | None) -> str:
    lines = traceback_lines(first.failure) if first is not None and first.failure is not None else []
    return "\n".join([topic.problem or "", *lines])


def _annotation(checks: Sequence[CheckResult], places: Places, files: Mapping[str, str]) -> str:
    check = next((check for check in checks if _frame(check, files)), checks[0])
    assert check.failure is not None
    lines = [check.title, *difference(check.failure)]
    lines += [f"Probably: {m.slug.replace('-', ' ')}. {m.hint}" for m in check.misconceptions]
    lines += traceback_lines(check.failure)
    others = [other.name for other in checks if other is not check]
    lines += [f"Also not passed: {', '.join(others)}"] if others else []
    return command("error", _where(check, places, files) | {"title": check.name}, "\n".join(lines))


def _where(check: CheckResult | None, places: Places, files: Mapping[str, str]) -> dict[str, str]:
    if check is None:
        return {}
    frame = _frame(check, files)
    if frame is not None:
        return {"file": frame[0], "line": str(frame[1])}
    if check.function in places:
        file, line = places[check.function]
        return {"file": file, "line": str(line)}
    return {}


def _frame(check: CheckResult, files: Mapping[str, str]) -> tuple[str, int] | None:
    """Where the student's code raised: its innermost line in a file of the checkout."""
    exception = check.failure.exception if check.failure is not None else None
    for frame in reversed(exception.frames if exception is not None else ()):
        if frame.file in files and frame.line > 0:
            return files[frame.file], frame.line
    return None
