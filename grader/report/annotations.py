"""Failures as annotations on the student's lines: workflow commands of GitHub Actions.

GitHub shows ten of a kind for a step, with at most 4,096 characters each. So a function gets one, on the line where its
code raised, or else where it is defined. In a notebook that is a line of the file's JSON, which GitHub shows among the
changed files; since whoever looks at the notebook sees cells, the title names cell and line as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from grader.report.digest import worth_explaining
from grader.report.places import Place, Places
from grader.report.plain import difference, traceback_lines
from grader.report.text import one_line, plain
from grader.results import CheckResult, Report, TopicResult

MOST = 10
CHARACTERS = 4000


def to_annotations(report: Report, places: Places | None = None) -> str:
    """One command a line."""
    places = places or Places()
    commands = [*_problems(report, places), *(_annotation(checks, places) for checks in _functions(report))]
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


def _problems(report: Report, places: Places) -> Iterator[str]:
    for topic in report.topics:
        if topic.problem is not None:
            first = topic.checks[0] if topic.checks else None
            place = _raised_at(first, places) if first is not None else None
            yield command("error", _properties(place, topic.title), _problem(topic, first))


def _problem(topic: TopicResult, first: CheckResult | None) -> str:
    lines = traceback_lines(first.failure) if first is not None and first.failure is not None else []
    return "\n".join([topic.problem or "", *lines])


def _annotation(checks: Sequence[CheckResult], places: Places) -> str:
    check = next((check for check in checks if _raised_at(check, places)), checks[0])
    assert check.failure is not None
    lines = [check.title, *difference(check.failure)]
    lines += [f"Probably: {m.slug.replace('-', ' ')}. {m.hint}" for m in check.misconceptions]
    lines += traceback_lines(check.failure)
    others = [other.name for other in checks if other is not check]
    lines += [f"Also not passed: {', '.join(others)}"] if others else []
    place = _raised_at(check, places) or places.functions.get(check.function)
    return command("error", _properties(place, check.name), "\n".join(lines))


def _properties(place: Place | None, title: str) -> dict[str, str]:
    if place is None:
        return {"title": title}
    line = {"line": str(place.line)} if place.line is not None else {}
    return {"file": place.file, **line, "title": f"{title} ({place.cell})" if place.cell else title}


def _raised_at(check: CheckResult, places: Places) -> Place | None:
    """Where the student's code raised: its innermost line in a file of the checkout."""
    exception = check.failure.exception if check.failure is not None else None
    frames = reversed(exception.frames if exception is not None else ())
    return next((place for frame in frames if (place := places.of_frame(frame)) is not None), None)
