"""The instructor's page: scores, checks, misconceptions, who needs help, and everything that needs a look. No script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from grader.batch.charts import histogram, meter, scatter
from grader.batch.lateness import counted, delay, is_costly, is_late
from grader.batch.statistics import FEW, Misunderstood, Person, Statistics
from grader.report.html import POLICY, line, style_sheet
from grader.report.text import points, title_of
from grader.results import exact

Row = dict[str, Any]


def to_overview(form: dict[str, Any], statistics: Statistics) -> str:
    """The whole page, from what class.json holds and the statistics of its reports."""
    title = f"{line(form['course']['title'])}: overview"
    sections = [section for section in _sections(form, statistics) if section is not None]
    links = "".join(f'<li><a href="#{name}">{heading}</a></li>' for name, heading, _ in sections)
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>\n{style_sheet()}{_own_style()}</style>\n</head>\n<body>",
            f"<header>\n<h1>{title}</h1>",
            f'<p class="quiet">Submissions: {line(form["submissions"])}, recognised as {line(form["shape"])}. '
            f"Course version {line(form['course']['version'])}.</p>",
            _figures(form, statistics),
            f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n</header>\n<main>',
            *(
                f'<section id="{name}">\n<h2>{heading}</h2>\n{content}\n</section>'
                for name, heading, content in sections
            ),
            "</main>\n</body>\n</html>\n",
        ]
    )


Section = tuple[str, str, str]


def _sections(form: dict[str, Any], statistics: Statistics) -> Iterator[Section | None]:
    rows: list[Row] = form["rows"]
    yield _attention(form)
    yield "scores", "Scores", histogram(statistics.bins, statistics.median)
    yield _help(statistics)
    yield _misconceptions(statistics)
    yield _checks(statistics)
    yield _stuck(statistics)
    yield "students", "Everyone", _everyone(rows)


@cache
def _own_style() -> str:
    return Path(__file__).with_name("overview.css").read_text("utf-8")


def _figures(form: dict[str, Any], statistics: Statistics) -> str:
    """The numbers that say how it went."""
    rows: list[Row] = form["rows"]
    listed = [row for row in rows if row["listed"]]
    figures = [
        ("students" if form["roster"] else "submissions", str(len(listed))),
        ("graded", str(sum(row["status"] == "graded" for row in listed))),
    ]
    figures += [("match nobody on the list", str(len(rows) - len(listed)))] if len(rows) > len(listed) else []
    for status, words in (("missing", "handed in nothing"), ("internal_error", "not graded, our fault")):
        count = sum(row["status"] == status for row in rows)
        figures += [(words, str(count))] if count else []
    if statistics.mean is not None and statistics.median is not None and statistics.quartiles is not None:
        low, high = statistics.quartiles
        figures += [("median", f"{statistics.median:.1f} %"), ("mean", f"{statistics.mean:.1f} %")]
        figures += [("middle half", f"{low:.0f} to {high:.0f} %")]
    pairs = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures)
    return f'<dl class="figures">{pairs}</dl>'


def _attention(form: dict[str, Any]) -> Section | None:
    """What an instructor has to decide: whose it is, which counts, what could not be graded."""
    rows: list[Row] = form["rows"]
    lists = {
        "Handed in nothing": [_name(row) for row in rows if row["status"] == "missing"],
        "Match nobody on the class list": [f"{_link(row)}: {line(row['why'])}" for row in rows if not row["listed"]],
        "Found by an id, though the name is another": [
            f"{_link(row)}: {line(row['called'])}" for row in rows if row.get("called") is not None
        ],
        "Handed in more than once; the newest counts": [_newest(row) for row in rows if row["earlier"]],
        "Not graded, a fault of ours that costs nothing": [
            f"{_name(row)}: {line(row['fault'])}" for row in rows if row["fault"]
        ],
        "Handed in late": [f"{_link(row)}{delay(row)}" for row in rows if is_late(row)],
        "Part of no submission": [f"{line(item['name'])}: {line(item['reason'])}" for item in form["unused"]],
    }
    parts = [_list(heading, entries) for heading, entries in lists.items()]
    content = "\n".join(part for part in parts if part)
    return ("attention", "To look at", content) if content else None


def _newest(row: Row) -> str:
    return f"{_link(row)}: {line(row['submission'])}, not {line(', '.join(row['earlier']))}"


def _help(statistics: Statistics) -> Section | None:
    rows = [
        f'<tr><th scope="row" class="person">{_person(entry.person)}</th>'
        f'<td class="number">{float(entry.person.percent):.1f} %</td><td>{"; ".join(map(line, entry.reasons))}</td></tr>'
        for entry in statistics.help
    ]
    return ("help", "Who needs help", _table(["Student", "Score", "Why"], rows)) if rows else None


def _misconceptions(statistics: Statistics) -> Section | None:
    rows = [_misconception(found, len(statistics.people)) for found in statistics.misconceptions]
    return ("misconceptions", "Misconceptions", _table(["Misconception", "Students", "Who"], rows)) if rows else None


def _misconception(found: Misunderstood, total: int) -> str:
    share = len(found.people) / total
    who = f'<ul class="people">{"".join(f"<li>{_person(person)}</li>" for person in found.people)}</ul>'
    name = line(title_of(found.slug).replace("_", " "))
    return (
        f'<tr><th scope="row" class="person">{name} <span class="remark"><code>{line(found.function)}</code></span></th>'
        f'<td class="number">{meter(share)}{len(found.people)}</td><td><details><summary>show</summary>{who}</details></td></tr>'
    )


def _checks(statistics: Statistics) -> Section | None:
    if not statistics.items:
        return None
    explained = (
        "<p>Passed: the share of the class. Discrimination: the correlation of passing the check with the points of all "
        "other checks (corrected point-biserial). Near 0 or below, those who are good at the rest do not do better here: "
        f"look at the check and at what was taught. It needs at least {FEW} students, some who passed and some who did not.</p>"
    )
    rows = []
    for item in statistics.items:
        value = "" if item.discrimination is None else f"{item.discrimination:.2f}"
        weak = " weak" if item.discrimination is not None and item.discrimination < 0.2 else ""
        rows.append(
            f'<tr><th scope="row">{line(item.name)}</th><td class="number">{points(item.points)}</td>'
            f'<td class="number">{meter(item.correct)}{item.correct:.0%}</td><td class="number{weak}">{value}</td>'
            f'<td class="number">{item.stuck or ""}</td></tr>'
        )
    headings = ["Check", "Points", "Passed", "Discrimination", "Crashed or timed out"]
    return "checks", "Checks", f"{explained}\n{scatter(statistics.items)}\n{_table(headings, rows)}"


def _stuck(statistics: Statistics) -> Section | None:
    words = {"crashed": "Code that crashed", "timed_out": "Code that ran out of time"}
    lists = [_list(words[outcome], map(_person, people)) for outcome, people in statistics.stuck.items()]
    content = "\n".join(part for part in lists if part)
    return ("stuck", "Crashes and timeouts", content) if content else None


def _everyone(rows: Sequence[Row]) -> str:
    """The table of all, with a column for what counts where lateness costs someone points."""
    late = any(map(is_costly, rows))
    lines = []
    for row in rows:
        if row["points_possible"]:
            share = float(exact(row["points_earned"]) / exact(row["points_possible"]))
            score = f"{points(exact(row['points_earned']))} of {points(exact(row['points_possible']))}"
            percent = f"{meter(share)}{share:.1%}"
        else:
            score, percent = "", {"missing": "handed in nothing", "internal_error": "not graded"}.get(row["status"], "")
        counts = f'<td class="number">{counted(row) if score else ""}</td>' if late else ""
        lines.append(
            f'<tr><th scope="row" class="person">{_link(row)}</th><td>{line(row["id"] or row["login"])}</td>'
            f'<td class="number">{score}</td><td class="number">{percent}</td>{counts}</tr>'
        )
    remark = "<p>Points and score are what the work earned; what of it counts after lateness is in the last column.</p>"
    table = _table(["Student", "Id", "Points", "Score", *(["Counts"] if late else [])], lines)
    return f"{remark}\n{table}" if late else table


def _table(headings: Sequence[str], rows: Sequence[str]) -> str:
    numbers = ("Points", "Score", "Counts", "Passed", "Discrimination", "Students", "Crashed or timed out")
    cells = "".join(f'<th scope="col"{_class(heading in numbers)}>{heading}</th>' for heading in headings)
    head, body = f"<thead><tr>{cells}</tr></thead>", "\n".join(rows)
    table = f"<table>{head}\n<tbody>\n{body}\n</tbody></table>"
    return f'<div class="scroll" tabindex="0" role="region" aria-label="Table">\n{table}\n</div>'


def _class(is_number: bool) -> str:
    return ' class="number"' if is_number else ""


def _list(heading: str, entries: Iterable[str]) -> str:
    items = [f"<li>{entry}</li>" for entry in entries]
    return f'<h3>{heading} ({len(items)})</h3>\n<ul class="people">{"".join(items)}</ul>' if items else ""


def _name(row: Row) -> str:
    return f"<bdi>{line(row['name'] or row['login'] or row['email'] or row['id'], 100)}</bdi>"


def _link(row: Row) -> str:
    """The row's name, as a link to its page where there is one."""
    return (
        f'<a href="pages/{quote(row["file"])}.html">{_name(row)}</a>'
        if row["status"] != "missing" and not row["fault"]
        else _name(row)
    )


def _person(person: Person) -> str:
    return f'<a href="pages/{quote(person.file)}.html"><bdi>{line(person.name, 100)}</bdi></a>'
