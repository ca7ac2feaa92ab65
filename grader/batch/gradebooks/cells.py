"""A CSV file in which single cells are replaced while every other byte stays as it is."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from grader.batch.roster import ROSTER_BYTES, decode, delimiter_of
from grader.errors import InternalFault, UsageError

SPELT = {
    "ß": "ss", "ẞ": "SS", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE",
    "\u0131": "i", "\u2010": "-", "\u2011": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2018": "'", "\u2019": "'",
    "\u201c": '"', "\u201d": '"', "\u2026": "...", "\u2009": " ", "\u202f": " ", "→": "->", "←": "<-", "≤": "<=", "≥": ">=",
    "≠": "!=", "\u00d7": "x",
}  # fmt: skip
"""What says the same in plain letters, of what no Unicode form takes apart."""


@dataclass(frozen=True)
class Cell:
    """A cell's value, and where its text begins and ends in the file, quotes included."""

    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Sheet:
    """A CSV file: its text as decoded with `encoding`, and its cells."""

    text: str
    encoding: str
    delimiter: str
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def headings(self) -> list[str]:
        """The first row's values."""
        return [cell.value.strip() for cell in self.rows[0]] if self.rows else []

    def values(self, row: int) -> list[str]:
        """A row's values."""
        return [cell.value for cell in self.rows[row]]

    def replaced(self, changes: dict[tuple[int, int], str]) -> bytes:
        """The file's bytes with some cells changed, given by row and column. Raises InternalFault if others would change."""
        parts, at = [], 0
        for (row, column), value in sorted(changes.items()):
            cell = self.rows[row][column]
            parts += [self.text[at : cell.start], self._quoted(value, self.text[cell.start : cell.end])]
            at = cell.end
        text = "".join([*parts, self.text[at:]])
        wanted = [self.values(row) for row in range(len(self.rows))]
        for (row, column), value in changes.items():
            wanted[row][column] = value
        if [[cell.value for cell in row] for row in read_cells(text, self.delimiter)] != wanted:
            raise InternalFault("filling the gradebook would change cells that must stay")
        return text.encode(self.encoding, "replace")  # `fitting` leaves nothing to replace

    def fitting(self, text: str) -> tuple[str, dict[str, str]]:
        """The text in letters that the file's encoding has, and how each other one is written: without accent, spelt, or ?."""
        if self._holds(text):
            return text, {}
        text = unicodedata.normalize("NFC", text)
        changed = {letter: self._fitted(letter) for letter in dict.fromkeys(text)}
        changed = {letter: fitted for letter, fitted in changed.items() if fitted != letter}
        return "".join(changed.get(letter, letter) for letter in text), changed

    def _fitted(self, letter: str) -> str:
        bare = "".join(c for c in unicodedata.normalize("NFD", letter) if not unicodedata.combining(c))
        for written in (letter, SPELT.get(letter, ""), bare):
            if written and self._holds(written):
                return written
        return "?"

    def _holds(self, text: str) -> bool:
        try:
            text.encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True

    def _quoted(self, value: str, before: str) -> str:
        """The cell's new text, in quotes where it needs them or had them."""
        if before.startswith('"') or any(character in value for character in (self.delimiter, '"', "\n", "\r")):
            return '"' + value.replace('"', '""') + '"'
        return value


def read_sheet(file: Path) -> Sheet:
    """Read a CSV file. Raises UsageError where it is none."""
    try:
        if file.stat().st_size > ROSTER_BYTES:
            raise UsageError(f"{file} is larger than {ROSTER_BYTES >> 20} MiB, which is no gradebook")
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from None
    text, encoding = decode(content)
    delimiter = delimiter_of(text)
    try:
        rows = read_cells(text, delimiter)
        parsed = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter))
    except (ValueError, csv.Error) as error:
        raise UsageError(f"{file}: {error}") from None
    if not rows:
        raise UsageError(f"{file} is empty")
    if [list(row) for row in parsed] != [[cell.value for cell in row] for row in rows]:
        raise UsageError(f"{file} is not a CSV that can be changed safely; export it again")
    return Sheet(text, encoding, delimiter, tuple(rows))


def read_cells(text: str, delimiter: str) -> list[tuple[Cell, ...]]:
    """The cells of every row with their places; blank lines are rows without cells. Raises ValueError."""
    rows: list[tuple[Cell, ...]] = []
    row: list[Cell] = []
    at = 1 if text.startswith("\ufeff") else 0
    while at < len(text):
        cell = _quoted_cell(text, at) if text.startswith('"', at) else _bare_cell(text, at, delimiter)
        at = cell.end
        ends = at == len(text) or text[at] in "\r\n"
        if not (ends and not row and cell.start == cell.end):
            row.append(cell)
        if ends:
            rows.append(tuple(row))
            row = []
            at += 2 if text.startswith("\r\n", at) else 1
        elif text[at] == delimiter:
            at += 1
            if at == len(text) or text[at] in "\r\n":
                row.append(Cell("", at, at))
                rows.append(tuple(row))
                row = []
                at += 2 if text.startswith("\r\n", at) else 1
        else:
            raise ValueError(f"after a closing quote in row {len(rows) + 1} there is more text")
    return rows


def _bare_cell(text: str, at: int, delimiter: str) -> Cell:
    end = at
    while end < len(text) and text[end] not in "\r\n" and text[end] != delimiter:
        end += 1
    return Cell(text[at:end], at, end)


def _quoted_cell(text: str, at: int) -> Cell:
    end = at + 1
    while True:
        end = text.find('"', end)
        if end < 0:
            raise ValueError("a quoted cell does not end")
        if not text.startswith('""', end):
            return Cell(text[at + 1 : end].replace('""', '"'), at, end + 1)
        end += 2
