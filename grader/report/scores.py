"""Points as the numbers that other programs take: exact where they add up as floats or whole numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from grader.results import Report


def exact(points: Fraction) -> bool:
    """Whether floating point numbers of this size add up without error: halves, quarters, ..."""
    return points.denominator & (points.denominator - 1) == 0 and points.denominator <= 1 << 20


def scale_to_whole(report: Report) -> int:
    """The smallest number that makes the points of every check whole when they are multiplied by it."""
    return math.lcm(*(check.points_possible.denominator for topic in report.topics for check in topic.checks))


def unit_of(report: Report) -> Fraction:
    """The largest share of a point of which every check is worth a whole number."""
    scale = scale_to_whole(report)
    points = [check.points_possible * scale for topic in report.topics for check in topic.checks]
    return Fraction(math.gcd(*map(int, points)) or 1, scale)


def counted_parts(report: Report) -> list[Fraction]:
    """What counts of each check's points, in the report's order: lateness takes the same share off every check of a topic."""
    shares = [_share(report.counted(topic), topic.points_earned) for topic in report.topics]
    pairs = zip(report.topics, shares, strict=True)
    return [check.points_earned * share for topic, share in pairs for check in topic.checks]


def _share(part: Fraction, whole: Fraction) -> Fraction:
    return part / whole if whole else Fraction(1)


def rounded(parts: Sequence[Fraction], to_nearest: bool = False) -> list[int]:
    """Whole numbers next to `parts` whose sum is the sum of the parts, rounded down or to the nearest whole number.

    The largest remainders go up.
    """
    whole = [math.floor(part) for part in parts]
    left = math.floor(sum(parts, Fraction(1, 2) if to_nearest else Fraction(0))) - sum(whole)
    by_remainder = sorted(range(len(parts)), key=lambda position: whole[position] - parts[position])
    for position in by_remainder[:left]:
        whole[position] += 1
    return whole
