"""The report as GitHub's Markdown: the step summary, and the text of a release.

Prose goes through `prose`, which leaves no character with a meaning in Markdown or HTML; whatever has lines goes through
`block`. Neither can begin markup, a link or a mention.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from grader.report.digest import (
    MARKS,
    NO_SCORE,
    by_function,
    earned,
    made_under,
    remark,
    topic_score,
    total,
    unwritten,
    worth_explaining,
)
from grader.report.plain import difference, traceback_lines
from grader.report.text import one_line, visible
from grader.results import CheckResult, Report, TopicResult

CHARACTERS = 250_000  # in UTF-8 at most four bytes each, and the summary may have 1 MiB
BLOCK_CHARACTERS = 4000
MEANINGFUL = re.compile(r"[^\w\s,;%?/']|_")
JOINER = "&#8288;"  # no width; parts what GitHub would read as a mention or a reference


def to_summary(report: Report, characters: int = CHARACTERS) -> str:
    """The whole text; explanations that would make it longer than `characters` are left out, which is said."""
    head = "\n".join([*_head(report), *(_table(topic) for topic in report.topics), ""])
    tail = "\n" + "\n\n".join(f"<sub>{prose(sentence, 1000)}</sub>" for sentence in made_under(report)) + "\n"
    room = characters - len(head) - len(tail) - 200
    parts: list[str] = []
    explanations = list(_explanations(report))
    for number, explanation in enumerate(explanations):
        room -= len(explanation)
        if room < 0:
            parts.append(f"\n{len(explanations) - number} more explanations do not fit here.\n")
            break
        parts.append(explanation)
    return (head + "".join(parts) + tail)[:characters]


def prose(text: str, characters: int = 400) -> str:
    """Text of any origin on one line of Markdown, as nothing but text."""

    def entity(match: re.Match[str]) -> str:
        mark = f"&#{ord(match[0])};"
        return mark + JOINER if match[0] in "@#" else mark

    return MEANINGFUL.sub(entity, one_line(text, characters))


def block(text: str) -> str:
    """Text of any origin with its line ends, as an HTML block that ends nowhere but at its own end."""
    text = visible(text).strip("\n")
    if len(text) > BLOCK_CHARACTERS:
        text = text[:BLOCK_CHARACTERS] + "\n[...]"
    return f"\n<pre>{html.escape(text)}</pre>\n"


def _head(report: Report) -> Iterator[str]:
    yield f"## {prose(report.course_title)}\n"
    yield f"**{prose(NO_SCORE)}**\n" if report.internal_errors else f"**{prose(total(report))}**\n"
    for note in report.notes:
        yield f"Note: {prose(note)}\n"


def _table(topic: TopicResult) -> str:
    lines = [f"\n### {prose(topic.title)}: {prose(topic_score(topic))}\n"]
    if topic.problem is not None:
        return "\n".join([*lines, prose(topic.problem) + "\n"])
    lines += ["| | check | points | |", "|---|---|---|---|"]
    for function, checks in by_function(topic.checks).items():
        state = unwritten(checks)
        if state:
            lines.append(f"| | {prose(function)} | | {prose(state)} |")
            continue
        for check in checks:
            lines.append(
                f"| {prose(MARKS[check.outcome])} | {prose(check.name)} | {prose(earned(check))} | {prose(remark(check))} |"
            )
    return "\n".join([*lines, ""])


def _explanations(report: Report) -> Iterator[str]:
    for topic in report.topics:
        if topic.problem is not None:
            first = topic.checks[0].failure if topic.checks else None
            lines = traceback_lines(first) if first is not None else []
            yield from (block("\n".join(lines)),) if lines else ()
            yield from (_folded(f"{topic.title} printed", block(topic.output)),) if topic.output else ()
            continue
        for check in topic.checks:
            if worth_explaining(check):
                yield _folded(check.name, "".join(_explanation(check)), MARKS[check.outcome])


def _folded(title: str, content: str, mark: str = "") -> str:
    name = f"{mark} <code>{html.escape(one_line(title))}</code>"  # GitHub looks for no mentions in code
    return f"\n<details><summary>{name}</summary>\n{content}\n</details>\n"


def _explanation(check: CheckResult) -> Iterator[str]:
    failure = check.failure
    assert failure is not None
    yield f"\n{prose(check.title)}\n"
    yield block("\n".join(difference(failure)))
    for misconception in check.misconceptions:
        yield f"\n**Probably: {prose(misconception.slug.replace('-', ' '))}.** {prose(misconception.hint, 2000)}\n"
    yield from (f"\nObserved: {prose(observation)}\n" for observation in check.observations)
    lines = traceback_lines(failure)
    if lines:
        yield block("\n".join(lines))
    if failure.output:
        yield f"\nIt printed:\n{block(failure.output)}"
    if failure.reproduce:
        yield f"\nTo see it yourself:\n{block(failure.reproduce)}"
