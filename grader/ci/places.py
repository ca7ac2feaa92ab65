"""Where in the checkout the graded files are, and on which line each function is defined."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from grader.ci.celllines import cell_lines
from grader.errors import SubmissionUnreadable
from grader.report.places import Place, Places
from grader.results import Report
from grader.submission.sources import KINDS, folder_entries, single_entry

DEFINITION = re.compile(r"[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+([A-Za-z_]\w*)", re.ASCII)


def locate(report: Report, path: Path, checkout: Path) -> Places:
    """Find the graded files below `path` by their contents; nothing for a zip, or for files outside the checkout."""
    names = {file.sha256: file.notebook.name if file.notebook is not None else file.name for file in report.files}
    exported = {file.notebook.name for file in report.files if file.notebook is not None}
    wanted = {check.function for topic in report.topics for check in topic.checks}
    files: dict[str, str] = {}
    functions: dict[str, Place] = {}
    cells: dict[str, dict[tuple[int, int], int]] = {}
    for place, content in _files(path, checkout):
        name = names.get(hashlib.sha256(content).hexdigest())
        if name is None or name in files:
            continue
        files[name] = place
        if name.endswith(".ipynb"):
            found = cell_lines(content)
            cells[place] = {where: line for where, (line, _) in found.items()}
            texts = [(Places(cells=cells).in_cell(place, *where), text) for where, (_, text) in found.items()]
        else:
            lines = content.splitlines()  # of bytes: at the ends that Python knows, and no others
            texts = [(Place(place, number), line.decode("utf-8", "replace")) for number, line in enumerate(lines, 1)]
            if name in exported:  # a Python file that was read as a notebook of one cell
                cells[place] = {(1, number): number for number in range(1, len(lines) + 1)}
        functions |= {function: where for where, line in texts if (function := _defined(line)) in wanted}
    return Places(files, functions, cells)


def _files(path: Path, checkout: Path) -> Iterator[tuple[str, bytes]]:
    """The files that may have been graded: where each is in the checkout, and what it holds."""
    try:
        entries = folder_entries(path) if path.is_dir() else single_entry(path) if path.suffix in KINDS else []
    except SubmissionUnreadable:
        return
    for entry in entries:
        content = entry.read()
        place = os.path.relpath(path / entry.path if path.is_dir() else path, checkout).replace(os.sep, "/")
        if isinstance(content, bytes) and not place.startswith("../"):
            yield place, content


def _defined(line: str) -> str:
    """The name of the function or class whose definition begins on a line; empty where none does."""
    definition = DEFINITION.match(line)
    return definition[1] if definition is not None else ""
