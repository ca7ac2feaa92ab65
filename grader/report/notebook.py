"""The report as HTML for the output of a notebook's cell: what the terminal shows, with its colours."""

from __future__ import annotations

import io

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from grader.report.terminal import render
from grader.results import Report

WIDTH = 100
FRAME = (
    '<pre style="white-space: pre; overflow-x: auto; line-height: 1.3; font-family: Menlo, Consolas, '
    "'DejaVu Sans Mono', monospace; font-size: 0.9em; background: none\">{code}</pre>"
)
PLAIN = (128, 128, 128)
"""Grey, of rules; text without a colour has that of the page."""
COLOURS = TerminalTheme(
    PLAIN, PLAIN, [PLAIN, (218, 62, 62), (34, 139, 70), PLAIN, PLAIN, (180, 80, 190), PLAIN, PLAIN]
)  # fmt: skip
"""Red, green and magenta that can be read on white and on black alike: a notebook may be either."""


def to_cell_html(report: Report) -> str:
    """One `<pre>` element with inline styles; everything of the student's in it is escaped."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, force_jupyter=False)
    for part in render(report):  # without force_jupyter=False rich would show each by itself
        console.print(part, highlight=False, crop=False)
    return console.export_html(theme=COLOURS, inline_styles=True, code_format=FRAME)
