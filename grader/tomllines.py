"""On which line of a TOML file an entry stands: the standard library's reader does not say."""

from __future__ import annotations

import re
from collections import Counter

HEADER = re.compile(r"\s*(\[\[?)([^\[\]#]+)\]\]?\s*(#.*)?$")
KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
TRIPLE = re.compile(r'"""|' + r"'''")


def find_line(text: str, path: str) -> int | None:
    """The line, from 1, of an entry written as "topic[2].limits.memory_bytes", or of the nearest table around it.

    None where neither stands there by itself.
    """
    lines = _lines_by_path(text)
    wanted = path
    while wanted and wanted not in lines:
        shorter = max(wanted.rfind("."), wanted.rfind("["))
        wanted = wanted[:shorter] if shorter > 0 else ""
    return lines.get(wanted)


def _lines_by_path(text: str) -> dict[str, int]:
    """Every table and every entry with the line on which it begins."""
    lines: dict[str, int] = {}
    tables: Counter[str] = Counter()
    table, inside = "", False
    for number, line in enumerate(text.splitlines(), start=1):
        closed = inside
        inside ^= len(TRIPLE.findall(line)) % 2 == 1
        if closed:  # within a string of several lines
            continue
        header, key = HEADER.match(line), KEY.match(line)
        if header is not None and key is None:
            table = _indexed(_plain(header[2]), tables)
            if header[1] == "[[":
                name = table
                table = f"{name}[{tables[name]}]"
                tables[name] += 1
            lines.setdefault(table, number)
        elif key is not None:
            lines.setdefault(f"{table}.{_plain(key[1])}" if table else _plain(key[1]), number)
    return lines


def _plain(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))


def _indexed(name: str, tables: Counter[str]) -> str:
    """The table's path with the number of the last element of each array of tables that it is in."""
    parts = name.split(".")
    path = ""
    for position, part in enumerate(parts):
        path = f"{path}.{part}" if path else part
        if position < len(parts) - 1 and tables[path]:
            path = f"{path}[{tables[path] - 1}]"
    return path
