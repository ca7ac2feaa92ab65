"""Item analysis by hand-made figures, and the overview: what it says, that it is well formed, that nothing is markup."""

from __future__ import annotations

import dataclasses
import math
import shutil
import subprocess
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_results import full_report

from grader.batch.charts import histogram, scatter
from grader.batch.overview import to_overview
from grader.batch.statistics import Person, analyse, correlation, person_of
from grader.results import CheckResult, Misconception, Outcome, Report, TopicResult

HOSTILE = '<img src=x onerror="alert(1)">&amp;\u202e\x1b[31m\udcff'


def person(name: str, passed: str, misconceptions: tuple[str, ...] = (), problem: str | None = None) -> Person:
    """Someone with four checks of one point, of which those in `passed` are passed; x is one that crashed."""
    outcomes = {"p": Outcome.PASSED, "f": Outcome.FAILED, "x": Outcome.CRASHED, "t": Outcome.TIMED_OUT}
    found = tuple(Misconception(slug, "hint") for slug in misconceptions)
    checks = tuple(
        CheckResult(
            f"area/c{number}", "C.", outcomes[letter], Fraction(letter == "p"), Fraction(1), misconceptions=found
        )
        for number, letter in enumerate(passed)
    )
    return person_of(f"file-{len(name)}", name, report_of(checks, problem))


def report_of(checks: tuple[CheckResult, ...], problem: str | None = None) -> Report:
    """A report of one topic."""
    return dataclasses.replace(full_report(), topics=(TopicResult("area", "Areas", checks, problem),))


CLASS = [
    person("ada", "pppp"), person("bob", "pppf"), person("cyd", "ppff", ("perimeter",)),
    person("dan", "pfff", ("perimeter", "square")),
    person("eve", "fxff"), person("fay", "pptp"),
]  # fmt: skip


def test_item_analysis_by_hand() -> None:
    items = {item.name: item for item in analyse(CLASS).items}
    assert [items[f"area: area/c{number}"].correct for number in range(4)] == [5 / 6, 4 / 6, 2 / 6, 2 / 6]
    passed = [1, 1, 1, 0, 0, 1]
    rest = [3, 2, 1, 1, 0, 2]
    by_hand = float(np.corrcoef(passed, rest)[0, 1])
    found = items["area: area/c1"].discrimination
    assert found is not None and math.isclose(found, by_hand) and by_hand > 0.5
    assert items["area: area/c1"].stuck == 1 and items["area: area/c2"].stuck == 1


def test_a_correlation_is_left_out_where_it_says_nothing() -> None:
    yes, no = np.ones(6, bool), np.zeros(6, bool)
    rest = np.arange(6.0)
    assert correlation(yes, rest) is None and correlation(no, rest) is None
    assert correlation(rest > 2, np.full(6, 3.0)) is None
    assert correlation((rest > 2)[:4], rest[:4]) is None
    assert correlation(rest > 2, rest) is not None


def test_figures_of_a_class() -> None:
    statistics = analyse(CLASS)
    assert statistics.mean == pytest.approx(100 * (4 + 3 + 2 + 1 + 0 + 3) / 24)
    assert statistics.median == 62.5 and statistics.bins == (1, 0, 1, 0, 0, 1, 0, 2, 0, 1)
    assert [(m.slug, [p.name for p in m.people]) for m in statistics.misconceptions] == [
        ("perimeter", ["cyd", "dan"]),
        ("square", ["dan"]),
    ]
    assert [(h.person.name, h.reasons) for h in statistics.help] == [
        ("eve", ("less than half of the points", "nothing in area, where half of the class has 62 % or more")),
        ("dan", ("less than half of the points",)),
    ]
    assert [p.name for p in statistics.stuck["crashed"]] == ["eve"]
    assert [p.name for p in statistics.stuck["timed_out"]] == ["fay"]


def test_a_class_of_nobody() -> None:
    statistics = analyse([])
    assert statistics.mean is None and statistics.items == () and sum(statistics.bins) == 0
    assert "<svg" in histogram(statistics.bins, None) and "0 checks" in scatter(())
    assert well_formed(to_overview(form([]), statistics))


def test_one_problem_is_told_once() -> None:
    report = report_of((), "work.zip is no zip")
    twice = dataclasses.replace(report, topics=report.topics * 2)
    (entry,) = analyse([person_of("f", "ada", twice)]).help
    assert entry.reasons.count("work.zip is no zip") == 1


# -- the overview -----------------------------------------------------------------------------------------------------


def row(name: str, **changes: Any) -> dict[str, Any]:
    """A row of class.json."""
    made: dict[str, Any] = {
        "file": "file", "name": name, "id": "1", "login": "", "email": "", "also": [], "listed": True, "why": None,
        "submission": name, "late": False, "earlier": [], "status": "graded", "fault": None, "points_earned": 3.5,
        "points_possible": 4, "points_counted": 3.5, "days_late": None,
    }  # fmt: skip
    return made | changes


def form(rows: list[dict[str, Any]], text: str = "plain") -> dict[str, Any]:
    """What class.json holds."""
    return {
        "format_version": 1, "course": {"name": "c", "title": text, "version": text}, "shape": "folders", "submissions": text,
        "roster": True, "settings": {}, "rows": rows, "unused": [{"name": text, "reason": text}],
    }  # fmt: skip


def test_figures_are_of_those_on_the_list() -> None:
    made = form([row("ada"), row("bob", status="missing", submission=None), row("x", listed=False, why="nobody")])
    page = to_overview(made, analyse([]))
    for name, value in (("students", 2), ("graded", 1), ("match nobody on the list", 1), ("handed in nothing", 1)):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in page


class Parser(HTMLParser):
    """Checks that tags are closed in order, and keeps what could load or run something."""

    VOID = ("meta", "rect", "line", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.links += [value or "" for name, value in attributes if name in ("href", "src")]
        assert not any(name.startswith("on") for name, _ in attributes)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def well_formed(page: str) -> Parser:
    """The page's parser, once everything is closed."""
    parser = Parser()
    parser.feed(page)
    assert parser.open == []
    assert not {"script", "img", "iframe", "link", "object"} & set(parser.found)
    return parser


def hostile_page() -> str:
    """An overview with hostile text in every place that holds text of others."""
    people = [person(HOSTILE + str(number), "pxtf", (HOSTILE,), HOSTILE) for number in range(6)] + CLASS
    rows = [
        row(HOSTILE), row(HOSTILE, status="missing", submission=None, points_earned=None, points_possible=None),
        row(HOSTILE, listed=False, why=HOSTILE), row(HOSTILE, earlier=[HOSTILE], late=True),
        row(HOSTILE, status="internal_error", fault=HOSTILE, points_earned=None, points_possible=None),
        row("", login=HOSTILE),
    ]  # fmt: skip
    return to_overview(form(rows, HOSTILE), analyse(people))


def test_hostile_text_is_text() -> None:
    page = hostile_page()
    well_formed(page)
    assert "<img" not in page and "\x1b" not in page and "\u202e" not in page
    assert "&lt;img src=x onerror=" in page
    page.encode()


def test_links_lead_to_pages_or_sections() -> None:
    page = hostile_page()
    links = well_formed(page).links
    assert links
    for link in links:
        assert link.startswith(("#", "pages/")), link
        if link.startswith("#"):
            assert f'id="{link[1:]}"' in page


def test_the_overview_says_what_needs_a_look() -> None:
    rows = [
        row("ada"), row("bob", status="missing", submission=None, points_earned=None, points_possible=None),
        row("cyd", listed=False, why="nobody is called this"), row("dan", earlier=["old"], late=True),
        row("eve", status="internal_error", fault="it broke", points_earned=None, points_possible=None),
    ]  # fmt: skip
    page = to_overview(form(rows), analyse(CLASS))
    for words in (
        "Handed in nothing (1)", "Match nobody on the class list (1)", "Handed in more than once; the newest counts (1)",
        "Not graded, a fault of ours that costs nothing (1)", "Handed in late (1)", "Part of no submission (1)", "3.5 of 4",
        "87.5%",
        "perimeter", "area: area/c1", "Who needs help",
    ):  # fmt: skip
        assert words in page, words


def test_charts_say_in_words_what_they_draw() -> None:
    assert 'aria-label="Students by score: 3 from 0 %, 1 from 90 %"' in histogram([3, *[0] * 8, 1], 50.0)
    drawing = scatter(analyse(CLASS).items)
    assert drawing.count("<circle") == 4 and "area: area/c1: 67% passed, discrimination" in drawing


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_a_browser_shows_it(tmp_path: Path) -> None:
    (tmp_path / "overview.html").write_text(hostile_page(), "utf-8")
    command = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
        (tmp_path / "overview.html").as_uri(),
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    assert "Who needs help" in shown and "<img" not in shown
