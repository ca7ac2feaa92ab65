"""In which line of a notebook's file each line of each of its cells stands.

A notebook is JSON, and where it is shown as text, as in the changed files on GitHub, a place in it is a line of that text.
Python's reader of JSON says no places, so this goes through the tokens by itself; it takes any text, and finds what it can.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
Path = tuple[str | int | None, ...]
Lines = dict[tuple[int, int], tuple[int, str]]


def cell_lines(content: bytes) -> Lines:
    """For each cell and line in it, the line in the file and the text; all from 1, cells counted as the report counts them."""
    found: Lines = {}
    last: dict[int, int] = {}
    for path, line, token in _strings(content.decode("utf-8-sig", "replace")):
        cell = _cell_of(path)
        if cell is None:
            continue
        for position, text in enumerate(_decoded(token).split("\n")):
            last[cell] = last.get(cell, 1) + (position > 0)
            first, before = found.get((cell, last[cell]), (line, ""))
            found[cell, last[cell]] = (first if before else line), before + text  # a string begins where its text does
    return found


def _cell_of(path: Path) -> int | None:
    """The cell of which a string at this path is the source, or a line of it."""
    if path[:2] == ("worksheets", 0):  # up to version 3 of the format
        path = path[2:]
    parts = path if len(path) == 3 else path[:-1] if len(path) == 4 and isinstance(path[-1], int) else ()
    if len(parts) == 3 and parts[0] == "cells" and isinstance(parts[1], int) and parts[2] in ("source", "input"):
        return parts[1] + 1
    return None


def _strings(text: str) -> Iterator[tuple[Path, int, str]]:
    """Every string that is no key: its path of keys and positions, its line, its token."""
    stack: list[str | int | None] = []  # a position for an array, a key for an object, None before the key
    line, seen = 1, 0
    for match in TOKEN.finditer(text):
        token = match[0]
        if token in "{[":
            stack.append(None if token == "{" else 0)
        elif token in "}]":
            del stack[-1:]
        elif token == "," and stack:
            stack[-1] = stack[-1] + 1 if isinstance(stack[-1], int) else None
        elif token.startswith('"') and stack and stack[-1] is None:
            stack[-1] = _decoded(token)
        elif token.startswith('"'):
            line, seen = line + text.count("\n", seen, match.start()), match.start()
            yield tuple(stack), line, token


def _decoded(token: str) -> str:
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return ""
