"""One cell at a time: its Python, line for line, and what had to be done to get it; a broken cell costs only itself."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from grader.submission import ipython
from grader.submission.notebook import Cell
from grader.submission.parsing import NotPython, parse

CONTINUES = ("else", "elif", "except", "finally", ")", "]", "}", "#", " ", "\t")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
PIECES, JOINED = 500, 6


@dataclass(frozen=True)
class ReadCell:
    """A code cell after reading: `code` has the cell's lines, those that cannot be used left empty; `tree` is theirs.

    `removed` lists what was taken out, `problem` says why the cell, or the rest of it, is not valid Python, `other` why it
    is no Python of the notebook at all.
    """

    number: int
    code: str
    tree: ast.Module
    removed: tuple[str, ...] = ()
    problem: NotPython | None = None
    other: str | None = None


def read_cell(cell: Cell) -> ReadCell:
    """Make Python of a code cell, changing as little as is needed."""
    source = ipython.normalise(cell.source)
    removed: tuple[str, ...] = ("null bytes",) if "\0" in cell.source else ()
    tree = parse(source)
    if isinstance(tree, ast.Module):
        return ReadCell(cell.number, source, tree, removed)
    body = ipython.split_cell_magic(source)
    if body.dropped is not None:
        return ReadCell(cell.number, "", ast.Module([], []), body.removed, other=body.dropped)
    code, removed = body.code, removed + body.removed
    for mend in (ipython.without_indent, ipython.without_magics, ipython.plain_spaces):
        tree = parse(code)
        if isinstance(tree, ast.Module):
            break
        cleaned = mend(code)
        code, removed = cleaned.code, removed + cleaned.removed
    tree = parse(code)
    if isinstance(tree, ast.Module):
        return ReadCell(cell.number, code, tree, removed)
    return _salvage(cell.number, code, removed, tree)


def _salvage(number: int, code: str, removed: tuple[str, ...], problem: NotPython) -> ReadCell:
    """Of a cell that is not valid Python, the definitions and imports that are, each in its own lines."""
    lines = code.split("\n")
    kept = [""] * len(lines)
    pieces = _pieces(lines)[:PIECES]
    position = 0
    while position < len(pieces):
        first, position = pieces[position][0], position + 1
        for after in range(position, min(position + JOINED, len(pieces) + 1)):  # a string may go on at the left margin
            last = pieces[after - 1][1]
            if _only_defines("\n".join(lines[first:last])):
                kept[first:last], position = lines[first:last], after
                break
    text = "\n".join(kept)
    tree = parse(text)
    if isinstance(tree, NotPython):
        text, tree = "", ast.Module([], [])
    return ReadCell(number, text, tree, removed, problem)


def _only_defines(code: str) -> bool:
    tree = parse(code)
    return isinstance(tree, ast.Module) and all(isinstance(statement, DEFINITIONS) for statement in tree.body)


def _pieces(lines: list[str]) -> list[tuple[int, int]]:
    """Where the statements at the left margin begin and end, as far as can be told without a parser; from 0."""
    starts: list[int] = []
    decorated = False
    for number, line in enumerate(lines):
        if not line or line.startswith(CONTINUES):
            continue
        if not decorated:
            starts.append(number)
        decorated = line.startswith("@")
    return list(zip(starts, [*starts[1:], len(lines)], strict=True))
