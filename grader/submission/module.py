"""A module made of a notebook's cells, for one topic: which statements are run, where each line came from, what to tell."""

from __future__ import annotations

import ast
import bisect
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from grader.results import SubmittedNotebook
from grader.submission.cells import ReadCell, read_cell
from grader.submission.needs import Uses, find_needed, is_always_run, names_used
from grader.submission.notebook import Notebook
from grader.submission.parsing import is_stub, parse

TOLD = 4
STATEMENTS = 20_000


@dataclass(frozen=True)
class ReadNotebook:
    """A notebook with its code cells read; what does not depend on a topic."""

    notebook: Notebook
    cells: tuple[ReadCell, ...]

    @property
    def name(self) -> str:
        """Its file name in the submission."""
        return self.notebook.name

    @functools.cached_property
    def tree(self) -> ast.Module:
        """All cells that are Python, one after the other."""
        return ast.Module([statement for cell in self.cells for statement in cell.tree.body], [])

    @functools.cached_property
    def uses(self) -> list[Uses]:
        """The names that each of these statements uses."""
        return [names_used(statement) for statement in self.tree.body]


@dataclass(frozen=True)
class NotebookModule:
    """A notebook as the module of one topic.

    `text` holds all cells one below the other; `statements` are the positions of those statements at its top level that
    are to be run, `needed` of those among them on which the graded functions depend. `starts` gives for each cell the line
    of `text` before its first one, and its number.
    """

    text: str
    statements: tuple[int, ...]
    needed: frozenset[int]
    starts: tuple[tuple[int, int], ...]
    submitted: SubmittedNotebook
    notes: tuple[str, ...] = field(default_factory=tuple)

    def place(self, line: int) -> tuple[int, int] | None:
        """Cell and line in it of a line of `text`, both from 1."""
        found = bisect.bisect_left(self.starts, (line, 0)) - 1
        if line < 1 or found < 0:
            return None
        start, cell = self.starts[found]
        return cell, line - start


def read_cells(notebook: Notebook) -> ReadNotebook | str:
    """Read every code cell that is not empty; a sentence where there is too much in them."""
    cells = (read_cell(cell) for cell in notebook.cells if cell.kind == "code" and cell.source.strip())
    read = ReadNotebook(notebook, tuple(cells))
    many = len(read.tree.body) > STATEMENTS
    return f"has more than {STATEMENTS:,} statements outside functions" if many else read


def make_module(read: ReadNotebook, functions: Iterable[str], everything: bool = False) -> NotebookModule:
    """The module for a topic with these functions; with `everything` each statement is run, as in Jupyter."""
    statements = read.tree.body
    roots = frozenset(functions)
    needed = find_needed(read.uses, roots)
    run = {
        position
        for position, statement in enumerate(statements)
        if everything or position in needed or is_always_run(statement)
    }
    lines: list[str] = []
    starts = []
    for cell in read.cells:
        starts.append((len(lines), cell.number))
        lines += cell.code.split("\n")
    used, partly = _used_cells(read.cells, run)
    changed = sum(bool(cell.removed or cell.problem) for cell in read.cells if cell.number in used)
    return NotebookModule(
        text="\n".join(lines) + "\n",
        statements=tuple(sorted(run)),
        needed=needed & run,
        starts=tuple(starts),
        submitted=SubmittedNotebook(read.name, len(used), changed, len(read.cells) - len(used)),
        notes=tuple(_notes(read, used, partly, roots)),
    )


def _used_cells(cells: Sequence[ReadCell], run: set[int]) -> tuple[set[int], list[tuple[int, list[ast.stmt]]]]:
    """Numbers of the cells of which something is run, and what is not run in them."""
    used: set[int] = set()
    partly = []
    position = 0
    for cell in cells:
        left = []
        for statement in cell.tree.body:
            if position in run:
                used.add(cell.number)
            elif not _says_nothing(statement):
                left.append(statement)
            position += 1
        if left and cell.number in used:
            partly.append((cell.number, left))
    return used, partly


def _says_nothing(statement: ast.stmt) -> bool:
    """Whether it is a string by itself, or the `pass` that stands for a line that is IPython's."""
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return text or isinstance(statement, ast.Pass)


def _notes(
    read: ReadNotebook, used: set[int], partly: list[tuple[int, list[ast.stmt]]], roots: frozenset[str]
) -> Iterable[str]:
    """The sentences that a report has about the notebook."""
    name = read.name
    if read.notebook.note is not None:
        yield f"{name}: {read.notebook.note}"
    yield f"{name}: {'; '.join(_overview(read, used, partly))}"
    for cell in read.cells:
        if cell.problem is not None:
            kept = [
                s.name for s in cell.tree.body if isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            ]
            but = f"; all that was used of it: {_some(kept)}" if kept else "; it was left out"
            yield f"{name}, cell {cell.number} is not valid Python ({cell.problem}){but}"
        elif cell.other is not None:
            yield f"{name}, cell {cell.number} {cell.other}; it was left out"
    yield from _definitions(read, roots)


def _overview(read: ReadNotebook, used: set[int], partly: list[tuple[int, list[ast.stmt]]]) -> Iterable[str]:
    """What was used, what was not run, and what was taken out, each in a few words."""
    yield f"{_spans(used, 'cell')} used" if used else "no cell was used"
    idle = [c.number for c in read.cells if c.number not in used and c.problem is None and c.other is None]
    left = [_spans(idle, "cell")] if idle else []
    left += [f"{_lines(statements)} of cell {number}" for number, statements in partly]
    if left:
        yield f"not run, for nothing graded needs it: {_some(left)}"
    removed = [
        f"{_some(cell.removed)} (cell {cell.number})" for cell in read.cells if cell.removed and cell.number in used
    ]
    if removed:
        yield f"read without {_some(removed)}"


def _definitions(read: ReadNotebook, roots: frozenset[str]) -> Iterable[str]:
    """What to tell about graded functions that stand in several cells, or in one that is not the notebook's Python."""
    places: dict[str, list[int]] = {}
    for cell in read.cells:
        for statement in cell.tree.body:
            if isinstance(statement, (ast.FunctionDef, ast.ClassDef)) and statement.name in roots:
                places.setdefault(statement.name, []).append(cell.number)
    for function, cells in places.items():
        if len(set(cells)) > 1:
            yield f"{read.name}: {function} is defined in {_spans(cells, 'cell')}; the last one counts"
    others = {cell.number for cell in read.cells if cell.other is not None}
    for whole in read.notebook.cells:
        if whole.kind == "text":
            for function in _written_in(whole.source, roots - places.keys()):
                yield (
                    f"{read.name}, cell {whole.number} is a text cell, so {function} in it is not defined; "
                    "make it a code cell"
                )
        elif whole.number in others:
            magic, _, rest = whole.source.strip().partition("\n")
            for function in _written_in(rest, roots - places.keys()):
                yield (
                    f"{read.name}, cell {whole.number}: {function} in it is not defined, since the cell begins with "
                    f"{magic.split()[0]}; take that line away"
                )


def _written_in(source: str, roots: frozenset[str]) -> list[str]:
    if not any(root in source for root in roots):
        return []
    tree = parse(source)
    body = tree.body if isinstance(tree, ast.Module) else []
    return [
        s.name for s in body if isinstance(s, (ast.FunctionDef, ast.ClassDef)) and s.name in roots and not is_stub(s)
    ]


def _spans(numbers: Iterable[int], noun: str) -> str:
    """Whole numbers in words: "cell 3", "cells 1-4, 6 and 9"."""
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    words = [
        word
        for first, last in spans
        for word in ([f"{first}-{last}"] if last > first + 1 else map(str, range(first, last + 1)))
    ]
    if len(words) > 12:
        words = [*words[:11], f"{len(words) - 11} more"]
    many = len(words) > 1 or "-" in words[0]
    listed = f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
    return f"{noun}{'s' if many else ''} {listed}"


def _lines(statements: Sequence[ast.stmt]) -> str:
    return _spans((n for s in statements for n in range(s.lineno, (s.end_lineno or s.lineno) + 1)), "line")


def _some(texts: Sequence[str]) -> str:
    return ", ".join(texts[:TOLD]) + (f" and {len(texts) - TOLD} more" if len(texts) > TOLD else "")
