"""Item analysis and what else an instructor asks of a class's results; plain data from reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from grader.results import Outcome, Report, percentage

NEEDS_HELP_PERCENT = 50
FEW = 5
"""With fewer submissions than this, a correlation says nothing and is left out."""


@dataclass(frozen=True)
class Person:
    """A row as statistics see it: its file name, what to call the person, and the report's figures."""

    file: str
    name: str
    earned: Fraction
    possible: Fraction
    checks: dict[str, Outcome]
    points: dict[str, Fraction]
    misconceptions: frozenset[tuple[str, str]]
    """Each with the function it is about, and its slug."""
    topics: dict[str, tuple[Fraction, Fraction]]
    problems: dict[str, str]

    @property
    def percent(self) -> Fraction:
        """The share of the points."""
        return percentage(self.earned, self.possible)


def person_of(file: str, name: str, report: Report) -> Person:
    """The figures of one report; names of checks are with their topic: `pooling: max_pool_forward/values`."""
    named = [(f"{topic.name}: {check.name}", check) for topic in report.topics for check in topic.checks]
    return Person(
        file,
        name,
        report.points_earned,
        report.points_possible,
        {name: check.outcome for name, check in named},
        {name: check.points_possible for name, check in named},
        frozenset((check.function, found.slug) for _, check in named for found in check.misconceptions),
        {topic.name: (topic.points_earned, topic.points_possible) for topic in report.topics},
        {topic.name: topic.problem for topic in report.topics if topic.problem is not None},
    )


@dataclass(frozen=True)
class Item:
    """One check over the class.

    `correct` is the share that passed it. `discrimination` is the corrected point-biserial correlation: of having passed it
    with the points of all other checks; None where everyone or no one passed, or there are too few to say.
    `stuck` counts those whose code crashed or ran out of time there.
    """

    name: str
    points: Fraction
    correct: float
    discrimination: float | None
    stuck: int


@dataclass(frozen=True)
class Misunderstood:
    """A misconception and those who have it, in the order of the class list."""

    function: str
    slug: str
    people: tuple[Person, ...]


@dataclass(frozen=True)
class Help:
    """Someone who needs help, and why."""

    person: Person
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Statistics:
    """A class's results, over those with a score."""

    people: tuple[Person, ...]
    items: tuple[Item, ...]
    misconceptions: tuple[Misunderstood, ...]
    help: tuple[Help, ...]
    mean: float | None
    median: float | None
    deviation: float | None
    quartiles: tuple[float, float] | None
    bins: tuple[int, ...]
    """How many scored 0 to below 10 %, ..., 90 to 100 %."""
    stuck: dict[str, tuple[Person, ...]] = field(default_factory=dict)
    """Who had a check with this outcome: crashed, timed_out."""


def analyse(people: Sequence[Person]) -> Statistics:
    """All statistics of the people with a score."""
    percents = [float(person.percent) for person in people]
    bins = Counter(min(9, int(person.percent // 10)) for person in people)
    return Statistics(
        people=tuple(people),
        items=tuple(_items(people)),
        misconceptions=_misconceptions(people),
        help=_who_needs_help(people),
        mean=float(np.mean(percents)) if percents else None,
        median=float(np.median(percents)) if percents else None,
        deviation=float(np.std(percents, ddof=1)) if len(percents) > 1 else None,
        quartiles=(float(np.quantile(percents, 0.25)), float(np.quantile(percents, 0.75))) if percents else None,
        bins=tuple(bins[number] for number in range(10)),
        stuck={
            str(outcome): tuple(person for person in people if outcome in person.checks.values())
            for outcome in (Outcome.CRASHED, Outcome.TIMED_OUT)
        },
    )


def _items(people: Sequence[Person]) -> Iterable[Item]:
    """Every check in the course's order. A check that is skipped was not shown to be right, and so counts as not passed."""
    names = list(dict.fromkeys(name for person in people for name in person.checks))
    totals = np.array([float(person.earned) for person in people])
    for name in names:
        asked = [(person, total) for person, total in zip(people, totals, strict=True) if name in person.checks]
        points = asked[0][0].points[name]
        passed = np.array([person.checks[name] is Outcome.PASSED for person, _ in asked])
        rest = np.array([total for _, total in asked]) - passed * float(points)
        stuck = sum(person.checks[name] in (Outcome.CRASHED, Outcome.TIMED_OUT) for person, _ in asked)
        yield Item(name, points, float(passed.mean()), correlation(passed, rest), stuck)


def correlation(passed: np.ndarray, rest: np.ndarray) -> float | None:
    """Pearson's correlation of a yes or no with a number, which is the point-biserial one; None where it is not defined."""
    if len(passed) < FEW or passed.all() or not passed.any() or np.ptp(rest) < 1e-9:
        return None
    return float(np.corrcoef(passed.astype(float), rest)[0, 1])


def _misconceptions(people: Sequence[Person]) -> tuple[Misunderstood, ...]:
    """The most frequent first, then by name."""
    holders: dict[tuple[str, str], list[Person]] = {}
    for person in people:
        for found in person.misconceptions:
            holders.setdefault(found, []).append(person)
    ordered = sorted(holders.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Misunderstood(function, slug, tuple(who)) for (function, slug), who in ordered)


def _who_needs_help(people: Sequence[Person]) -> tuple[Help, ...]:
    """Those below half of the points, and those who got nothing where most got something; the lowest first."""
    medians = {}
    for topic in dict.fromkeys(topic for person in people for topic in person.topics):
        shares = [float(percentage(*person.topics[topic])) for person in people if topic in person.topics]
        medians[topic] = float(np.median(shares))
    found = []
    for person in sorted(people, key=lambda person: person.percent):
        reasons = list(dict.fromkeys(person.problems.values()))
        if person.percent < NEEDS_HELP_PERCENT:
            reasons.insert(0, "less than half of the points")
        for topic, (earned, possible) in person.topics.items():
            if topic not in person.problems and possible and not earned and medians[topic] >= NEEDS_HELP_PERCENT:
                reasons.append(f"nothing in {topic}, where half of the class has {medians[topic]:.0f} % or more")
        if reasons:
            found.append(Help(person, tuple(reasons)))
    return tuple(found)
