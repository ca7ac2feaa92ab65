"""What became better or worse between two gradings of the same topic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rich.console import RenderableType
from rich.text import Text

from grader.report.digest import topic_score, worth_explaining
from grader.report.terminal import STYLES, explanation, problem
from grader.report.text import one_line, points
from grader.results import CheckResult, Outcome, Scalar, TopicResult

LISTED = 12


@dataclass(frozen=True)
class Changes:
    """The checks whose outcome changed, and the points gained (or lost, then negative)."""

    passed: tuple[CheckResult, ...]
    failing: tuple[CheckResult, ...]
    gained: Fraction


def compare(before: TopicResult | None, after: TopicResult) -> Changes:
    """The changes since `before`; where there is none, nothing has changed."""
    if before is None:
        return Changes((), (), Fraction(0))
    had = {check.name for check in before.checks if check.outcome is Outcome.PASSED}
    known = {check.name for check in before.checks}
    passed = [check for check in after.checks if check.outcome is Outcome.PASSED]
    failing = [check for check in after.checks if check.outcome is not Outcome.PASSED]
    return Changes(
        tuple(check for check in passed if check.name in known - had),
        tuple(check for check in failing if check.name in had),
        after.points_earned - before.points_earned,
    )


def render_changes(before: TopicResult | None, after: TopicResult, given: str = "") -> Iterator[RenderableType]:
    """A heading with the points, what changed, and one failure in full, one that the last save has to do with.

    `given` is the path for the command that shows the rest, where it takes one.
    """
    changes = compare(before, after)
    gained = f", {'+' if changes.gained > 0 else '-'}{points(abs(changes.gained))}" if changes.gained else ""
    same = ", nothing changed" if before is not None and not (changes.passed or changes.failing or gained) else ""
    yield Text(f"{one_line(after.title)}: {topic_score(after)}{gained}{same}", style="bold")
    if after.problem is not None:
        yield problem(after)
        return
    yield from _listed(changes.passed, "is passed now", STYLES[Outcome.PASSED], "✓")
    yield from _listed(changes.failing, "was passed before", STYLES[Outcome.FAILED], "✗")
    worth = [check for check in after.checks if worth_explaining(check)]
    if worth:
        yield Text()
        yield explanation(_most_recent(worth, before, changes), set())
        if len(worth) > 1:
            command = f"convgrade grade {f'{one_line(given, 300)} ' if given else ''}--topic {after.name}"
            yield Text(f"  and {len(worth) - 1} more with something to show: {command}")


def _most_recent(worth: Sequence[CheckResult], before: TopicResult | None, changes: Changes) -> CheckResult:
    """The failure to show of those `worth` it: a new one, else one that is another than before, else one of a function
    that gained something, else the first."""
    told = {check.name: _gist(check) for check in before.checks} if before is not None else {}
    gaining = {check.function for check in changes.passed}
    orders: tuple[Callable[[CheckResult], bool], ...] = (
        lambda check: check in changes.failing,
        lambda check: check.name in told and told[check.name] != _gist(check),
        lambda check: check.function in gaining,
    )
    return next((check for holds in orders for check in worth if holds(check)), worth[0])


def _gist(check: CheckResult) -> tuple[Scalar, ...]:
    """What tells one failure from another; lines of the file are left out, since any edit moves them."""
    failure = check.failure
    return (failure.what, failure.wanted, failure.got, failure.call) if failure is not None else ()


def _listed(checks: tuple[CheckResult, ...], words: str, style: str, mark: str) -> Iterator[RenderableType]:
    for check in checks[:LISTED]:
        yield Text(f"  {mark} {one_line(check.name)} {words}", style=style)
    if len(checks) > LISTED:
        yield Text(f"  {mark} and {len(checks) - LISTED} more {words}", style=style)
