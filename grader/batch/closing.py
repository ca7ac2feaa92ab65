"""What a batch says at its end: what was done, what needs a look, where the results are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from grader.batch.lateness import delay, is_late
from grader.batch.run import Outcome
from grader.batch.store import CLASS, OVERVIEW
from grader.report.text import one_line

SHOWN = 10


def print_outcome(console: Console, outcome: Outcome, out: Path) -> None:
    """Print it as plain lines."""
    rows: list[dict[str, Any]] = outcome.form["rows"]

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, emoji=False, soft_wrap=True)

    graded = sum(row["status"] == "graded" for row in rows)
    submissions = sum(row["submission"] is not None for row in rows)
    say(f"Recognised as {outcome.form['shape']}. {graded} of {submissions} submissions graded.")
    lists = {
        "handed in nothing": [_name(row) for row in rows if row["status"] == "missing"],
        "on no class list": [f"{one_line(row['submission'], 80)}: {row['why']}" for row in rows if not row["listed"]],
        "found by an id, though the name is another": [
            f"{_name(row)}: {row['submission']}" for row in rows if row["called"] is not None
        ],
        "handed in more than once; the newest counts": [_newest(row) for row in rows if row["earlier"]],
        "late": [f"{_name(row)}{delay(row)}" for row in rows if is_late(row)],
        "part of no submission": [
            f"{one_line(entry['name'], 60)}: {entry['reason']}" for entry in outcome.form["unused"]
        ],
        "not graded, a fault of ours": [f"{_name(row)}: {row['fault']}" for row in rows if row["fault"]],
    }
    for heading, entries in lists.items():
        _say_list(say, heading, entries)
    _say_list(say, "pages of earlier runs, that are nobody's now", _nobodys(rows, out), "their folder")
    for request, filled in outcome.gradebooks:
        files = ", ".join(list(filled.files)[:1]) + (
            f" and {len(filled.files) - 1} more" if len(filled.files) > 1 else ""
        )
        say(f"Gradebook {request.format}: {filled.filled} rows filled{f' in {files}' if files else ''}.")
        for remark in filled.remarks:
            say(f"  {remark}")
        _say_list(say, "not filled", [f"{who}: {why}" for who, why in filled.unfilled])
    say(f"Results: {out / OVERVIEW}, {out / CLASS}, and one page each in {out / 'pages'}.")


def _nobodys(rows: Sequence[dict[str, Any]], out: Path) -> list[str]:
    """What --resume finds of people who handed in nothing any more, or are called something else, and does not touch."""
    theirs = {row["file"] for row in rows if row["status"] != "missing"}  # what could not be judged has a page, too
    return sorted(f"pages/{page.name}" for page in (out / "pages").glob("*.html") if page.stem not in theirs)


def _say_list(say: Any, heading: str, entries: Sequence[str], everything: str = OVERVIEW) -> None:
    if entries:
        say(f"{len(entries)} {heading}:")
        for entry in entries[:SHOWN]:
            say(f"  {one_line(entry, 160)}")
        if len(entries) > SHOWN:
            say(f"  ... and {len(entries) - SHOWN} more; {everything} has all")


def _name(row: dict[str, Any]) -> str:
    name = row["name"] or row["login"] or row["email"] or row["id"]
    return f"{name} ({row['id']})" if row["id"] and name != row["id"] else str(name)


def _newest(row: dict[str, Any]) -> str:
    return f"{_name(row)}: {row['submission']}, not {', '.join(row['earlier'])}"
