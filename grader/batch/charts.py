"""The overview's drawings as SVG text: a histogram of scores, and difficulty against discrimination."""

from __future__ import annotations

from collections.abc import Sequence

from grader.batch.statistics import Item
from grader.report.html import shown

WIDTH, HEIGHT = 640, 220
LEFT, BOTTOM, TOP = 40, 36, 16


def histogram(bins: Sequence[int], median: float | None) -> str:
    """How many scored 0 to below 10 %, and so on; the numbers stand on the bars, so that nothing rests on colour alone."""
    tallest = max(1, *bins)
    step = (WIDTH - LEFT) / len(bins)
    height = HEIGHT - BOTTOM - TOP
    parts = []
    for number, count in enumerate(bins):
        x, tall = LEFT + number * step, height * count / tallest
        y = HEIGHT - BOTTOM - tall
        if count:
            parts.append(f'<rect class="bar" x="{x + 2:.1f}" y="{y:.1f}" width="{step - 4:.1f}" height="{tall:.1f}"/>')
            parts.append(f'<text x="{x + step / 2:.1f}" y="{y - 4:.1f}">{count}</text>')
    for number in range(len(bins) + 1):
        parts.append(f'<text x="{LEFT + number * step:.1f}" y="{HEIGHT - 18}">{number * 100 // len(bins)}</text>')
    if median is not None:
        x = LEFT + (WIDTH - LEFT) * median / 100
        parts.append(f'<line class="median" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{HEIGHT - BOTTOM}"/>')
    parts.append(
        f'<text x="{(WIDTH + LEFT) / 2:.1f}" y="{HEIGHT - 3}">score in percent; the dashed line is the median</text>'
    )
    words = ", ".join(f"{count} from {10 * number} %" for number, count in enumerate(bins) if count)
    return _drawing("Distribution of scores", f"Students by score: {words or 'none'}", WIDTH + 12, HEIGHT, parts)


def scatter(items: Sequence[Item]) -> str:
    """Every check by the share that passed it and its discrimination; those without one are left out."""
    side, left = 260, 52
    parts = [f'<line class="axis" x1="{left}" x2="{WIDTH}" y1="{_level(0, side):.1f}" y2="{_level(0, side):.1f}"/>']
    for value in (-1, -0.5, 0, 0.5, 1):
        parts.append(f'<text class="end" x="{left - 6}" y="{_level(value, side) + 4:.1f}">{value:g}</text>')
    for percent in range(0, 101, 20):
        x = left + (WIDTH - left) * percent / 100
        parts.append(f'<text x="{x:.1f}" y="{side + 14}">{percent}</text>')
    for item in items:
        if item.discrimination is not None:
            x, y = left + (WIDTH - left) * item.correct, _level(item.discrimination, side)
            words = f"{item.name}: {item.correct:.0%} passed, discrimination {item.discrimination:.2f}"
            weak = " weak" if item.discrimination < 0.2 else ""
            parts.append(
                f'<circle class="dot{weak}" cx="{x:.1f}" cy="{y:.1f}" r="5"><title>{shown(words)}</title></circle>'
            )
    parts.append(
        f'<text x="{(WIDTH + left) / 2:.1f}" y="{side + 32}">passed, in percent (upright: discrimination)</text>'
    )
    count = sum(item.discrimination is not None for item in items)
    return _drawing("Checks", f"Difficulty and discrimination of {count} checks", WIDTH + 12, side + 40, parts)


def meter(share: float) -> str:
    """A bar that is filled to a share from 0 to 1."""
    return (
        '<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="all" width="100" height="8"/><rect class="earned" width="{100 * share:.1f}" height="8"/></svg>'
    )


def _level(value: float, side: int) -> float:
    return 10 + (side - 20) * (1 - value) / 2


def _drawing(title: str, description: str, width: int, height: int, parts: Sequence[str]) -> str:
    inside = "".join(parts)
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{shown(description)}">'
        f"<title>{shown(title)}</title>{inside}</svg>"
    )
