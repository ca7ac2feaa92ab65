"""The report as one HTML page: what the terminal shows, with small arrays as heat maps; no script, nothing from outside.

Every text goes through `shown` or `line`, which escape it; the page's own policy forbids scripts and all loading besides.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

from grader.report.digest import (
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
from grader.report.heatmap import heat_maps, numbers
from grader.report.plain import traceback_lines
from grader.report.text import one_line, title_of, value, visible
from grader.results import CheckResult, Failure, Outcome, Report, TopicResult

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
LONG = 40


def to_html(report: Report) -> str:
    """The whole page."""
    title = f"{line(report.course_title)}: {line(report.path)}"
    topics = [_topic(topic, number) for number, topic in enumerate(report.topics)]
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>\n{style_sheet()}</style>\n</head>\n<body>",
            *_header(report),
            "<main>",
            *topics,
            "</main>\n<footer>",
            *(f"<p>{shown(sentence)}</p>" for sentence in made_under(report)),
            "</footer>\n</body>\n</html>\n",
        ]
    )


def shown(text: str) -> str:
    """Text of any origin as HTML text or attribute value, line ends kept."""
    return html.escape(visible(text))


def line(text: str, characters: int = 400) -> str:
    """The same on one line, cut to a length."""
    return html.escape(one_line(text, characters))


@cache
def style_sheet() -> str:
    """The page's style sheet."""
    return Path(__file__).with_name("page.css").read_text("utf-8")


def _header(report: Report) -> Iterator[str]:
    yield f"<header>\n<h1>{line(report.course_title)}</h1>"
    yield f"<p>Submission: <bdi>{line(report.path)}</bdi></p>"
    if report.internal_errors:
        yield f'<p class="total ours">{shown(NO_SCORE)}</p>\n<ul>'
        yield from (f"<li><code>{line(check.name)}</code></li>" for check in report.internal_errors)
        yield "</ul>"
    else:
        yield f'<p class="total">Total: {shown(total(report))}</p>'
        yield _share(report.points_earned, report.points_possible)
    yield from (f"<p>Note: <bdi>{line(note)}</bdi></p>" for note in report.notes)
    if len(report.topics) > 1:
        yield '<nav aria-label="Topics">\n<table>'
        for number, topic in enumerate(report.topics):
            link = f'<a href="#topic-{number}">{line(topic.title)}</a>'
            yield f'<tr><td>{link}</td><td class="points">{shown(topic_score(topic))}</td></tr>'
        yield "</table>\n</nav>"
    yield "</header>"


def _share(part: Fraction, whole: Fraction) -> str:
    """A bar; the numbers beside it say the same, so it is hidden from those who listen."""
    width = round(float(100 * part / whole), 2) if whole else 0
    return (
        '<svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="all" width="100" height="4"/><rect class="earned" width="{width:g}" height="4"/></svg>'
    )


def _topic(topic: TopicResult, number: int) -> str:
    parts = [f'<section aria-labelledby="topic-{number}">']
    parts.append(
        f'<h2 class="heading" id="topic-{number}"><span>{line(topic.title)}</span>'
        f" <span>{shown(topic_score(topic))}</span></h2>"
    )
    if topic.problem is not None:
        parts += _problem(topic)
    else:
        ids = {check.name: f"check-{number}-{position}" for position, check in enumerate(topic.checks)}
        passed = all(check.outcome is Outcome.PASSED for check in topic.checks)
        parts.append(f"<details{'' if passed else ' open'}><summary>{_count(topic.checks)}</summary>")
        parts += [*_check_table(topic.checks, ids), "</details>"]
        parts += [f'<p class="quiet">{line(sentence, 1000)}</p>' for sentence in full_size(topic)]
        seen: set[str] = set()
        parts += [
            _explanation(check, ids[check.name], seen) for check in topic.checks if worth_explaining(check)
        ]  # fmt: skip
    return "\n".join([*parts, "</section>"])


def _problem(topic: TopicResult) -> Iterator[str]:
    """Why a topic's file could not be used: one explanation instead of one for each check."""
    yield f'<p class="problem">✗ {line(topic.problem or "")}</p>'
    first = topic.checks[0].failure if topic.checks else None
    if first is not None:
        yield from _traceback(first)
    if topic.output:
        yield _printed(topic.output)


def _check_table(checks: Sequence[CheckResult], ids: dict[str, str]) -> Iterator[str]:
    yield "<table>"
    yield (
        '<thead class="unseen"><tr><th scope="col">Outcome</th><th scope="col">Check</th>'
        '<th scope="col">Points</th></tr></thead>'
    )
    for function, members in by_function(checks).items():
        state = unwritten(members)
        told = f' <span class="quiet">{shown(state)}</span>' if state else ""
        yield f'<tbody>\n<tr><th scope="rowgroup" colspan="3"><code>{line(function)}</code>{told}</th></tr>'
        yield from (_row(check, ids[check.name]) for check in members if not state)
        yield "</tbody>"
    yield "</table>"


def _count(checks: Sequence[CheckResult]) -> str:
    passed = sum(check.outcome is Outcome.PASSED for check in checks)
    return f"{passed} of {len(checks)} checks passed"


def _row(check: CheckResult, identity: str) -> str:
    behaviour = line(check.name.partition("/")[2].replace("_", " "))
    if worth_explaining(check):
        behaviour = f'<a href="#{identity}">{behaviour}</a>'
    return (
        f'<tr class="{check.outcome}"><td class="check">{_mark(check.outcome)}</td>'
        f'<td>{behaviour}<span class="remark">{line(remark(check))}</span></td>'
        f'<td class="points">{shown(earned(check))}</td></tr>'
    )


def _mark(outcome: Outcome) -> str:
    words = str(outcome).replace("_", " ")
    return f'<span class="mark" aria-hidden="true">{MARKS[outcome]}</span><span class="unseen">{words}</span>'


def _explanation(check: CheckResult, identity: str, seen: set[str]) -> str:
    """One failure in full; a hint that stood above already is only named."""
    failure = check.failure
    assert failure is not None
    parts = [f'<article class="{check.outcome}" id="{identity}" aria-labelledby="{identity}-name">']
    parts.append(f'<h3 id="{identity}-name">{_mark(check.outcome)} <code>{line(check.name)}</code></h3>')
    parts.append(f'<p>{shown(check.title)}</p>\n<p class="what">{shown(failure.what)}</p>')
    parts += [_difference(failure), *_maps(failure), *_traceback(failure)]
    for misconception in check.misconceptions:
        name = title_of(misconception.slug)
        hint = HINT_ABOVE if misconception.slug in seen else misconception.hint
        seen.add(misconception.slug)
        parts.append(f"<p><strong>Probably: {line(name)}.</strong> {shown(hint)}</p>")
    parts += [f"<p>Observed: {shown(observation)}</p>" for observation in check.observations]
    if failure.output:
        parts.append(_printed(failure.output))
    if failure.reproduce:
        parts.append(_folded("To see it yourself", failure.reproduce))
    return "\n".join([*parts, "</article>"])


def _difference(failure: Failure) -> str:
    rows: list[tuple[str, str]] = []
    if failure.wanted is not None or failure.got is not None:
        where = f" at index {list(failure.index)}" if failure.index else ""
        rows.append(("wanted", f'<code class="wanted">{shown(value(failure.wanted))}</code>{where}'))
        rows.append(("got", f'<code class="got">{shown(value(failure.got))}</code>'))
    if distance(failure):
        rows.append(("error", distance(failure)))
    if failure.call:
        rows.append(("in", f"<code>{line(failure.call, 2000)}</code>"))
    if drawn(failure):
        rows.append(("case", f"<code>{line(drawn(failure), 1000)}</code>"))
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows) + "</dl>" if rows else ""


def _maps(failure: Failure) -> Iterator[str]:
    if failure.arrays is None:
        return
    yield heat_maps(failure.arrays)
    yield f"<details><summary>The arrays as numbers</summary><pre>{shown(numbers(failure.arrays))}</pre></details>"


def _traceback(failure: Failure) -> Iterator[str]:
    lines = traceback_lines(failure)
    if lines:
        yield f"<pre>{shown(chr(10).join(lines))}</pre>"


def _printed(output: str) -> str:
    return _folded("It printed", output)


def _folded(name: str, text: str) -> str:
    """A text to open and close; open where it is short."""
    lines = text.rstrip("\n").split("\n")
    state = " open" if len(lines) <= LONG and len(text) <= 100 * LONG else ""
    return f"<details{state}><summary>{name}</summary><pre>{shown(text.rstrip(chr(10)))}</pre></details>"
