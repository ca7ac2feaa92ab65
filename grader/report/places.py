"""Where in a checkout the graded files are and the functions in them: what annotations and JUnit point to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.results import TraceFrame


@dataclass(frozen=True)
class Place:
    """A line of a file, by its path in the checkout; None where only the file is known.

    In a notebook it is the line of the file that people see where it is shown as text, and `cell` says cell and line in it.
    """

    file: str
    line: int | None
    cell: str = ""


@dataclass(frozen=True)
class Places:
    """Paths in the checkout by the names that the report gives the files; places of functions by their names.

    `cells` has for a notebook, by its path, the line of the file in which each line of each cell stands, all from 1.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, Place] = field(default_factory=dict)
    cells: Mapping[str, Mapping[tuple[int, int], int]] = field(default_factory=dict)

    def of_frame(self, frame: TraceFrame) -> Place | None:
        """Where a line of a traceback is; None where its file is not in the checkout."""
        file = self.files.get(frame.file)
        if file is None or frame.line < 1:
            return None
        return Place(file, frame.line) if frame.cell is None else self.in_cell(file, frame.cell, frame.line)

    def in_cell(self, file: str, cell: int, line: int) -> Place:
        """A line of a notebook's cell."""
        return Place(file, self.cells.get(file, {}).get((cell, line)), f"cell {cell}, line {line}")
