"""Reads a notebook as students hand it in: any encoding, any version of the format, damaged or no notebook at all.

nbformat's reader is strict where students are not (byte-order marks, missing metadata, merge conflicts) and says little of
use to them, so this one takes the cells out by itself: only the source of each cell is of interest here.
"""

from __future__ import annotations

import ast
import codecs
import json
import re
import warnings
from dataclasses import dataclass
from typing import Any

CODE_CHARACTERS = 1 << 20
HINT_CHARACTERS = 100_000
"""A file that is no notebook is looked at as Python up to here: parsing takes a thousand times as many bytes."""
CELLS = 5000
UTF_16_AND_32 = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NOT_NOTEBOOKS = (
    (b"PK\x03\x04", "is a zip under the name of a notebook; hand in the notebook that is in it"),
    (b"\x1f\x8b", "is a compressed file under the name of a notebook; unpack it and hand in the notebook itself"),
    (b"%PDF", "is a PDF under the name of a notebook; hand in the notebook itself"),
    (b"{\\rtf", "is a text document (RTF) under the name of a notebook; hand in the notebook itself"),
    (b"\x89PNG", "is a picture under the name of a notebook; hand in the notebook itself"),
)
CONFLICT = re.compile(r"^(<{7}|>{7})( |$)", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """One cell. `number` counts all cells from the top, from 1; `kind` is "code", or "text" for all others."""

    number: int
    kind: str
    source: str


@dataclass(frozen=True)
class Notebook:
    """What a notebook file holds; `note` says how it had to be read, if that was unusual."""

    name: str
    cells: tuple[Cell, ...]
    note: str | None = None


class _NoNotebook(Exception):
    """The rest of a sentence that begins with the file's name."""


def read_notebook(name: str, content: bytes) -> Notebook | str:
    """The cells of a notebook file, or the rest of a sentence that begins with its name and says what is wrong."""
    if not content.strip(b" \t\r\n\0"):
        return "is empty"
    for start, sentence in NOT_NOTEBOOKS:
        if content.startswith(start):
            return sentence
    text, note = _decode(content)
    beginning = text.lstrip()[:1000].lower()
    if beginning.startswith("<") and ("<html" in beginning or beginning.startswith(("<!doctype", "<?xml"))):
        return (
            "is a web page under the name of a notebook; download the notebook itself (on GitHub with the button "
            "Raw, in Jupyter with File, Download)"
        )
    try:
        found = _cells_of(_parse(text))
    except _NoNotebook as error:
        return str(error)
    cells = tuple(_cell(number, cell) for number, cell in enumerate(found[:CELLS], start=1))
    if sum(len(cell.source) for cell in cells if cell.kind == "code") > CODE_CHARACTERS:
        return f"has more than {CODE_CHARACTERS >> 20} MiB of code"
    return Notebook(name, cells, note)


def _decode(content: bytes) -> tuple[str, str | None]:
    """The text, and a remark where it is not the UTF-8 that it should be."""
    for mark, encoding in UTF_16_AND_32:
        if content.startswith(mark):
            return content.decode(encoding, "replace"), f"it is saved as {encoding.upper()}"
    if content[:4].count(0) == 2:  # UTF-16 without a mark: the first two characters of JSON are ASCII
        return content.decode("utf-16-le" if content[1] == 0 else "utf-16-be", "replace"), "it is saved as UTF-16"
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), "it is not saved as UTF-8 and was read as Windows-1252"


def _parse(text: str) -> Any:
    """The JSON value; raises _NoNotebook."""
    try:
        return json.loads(text.strip("\0"), strict=False)  # not strict: control characters in a source are no harm
    except RecursionError:
        raise _NoNotebook("is nested too deeply to be a notebook") from None
    except ValueError as error:
        raise _NoNotebook(_why_no_json(text, error)) from None


def _why_no_json(text: str, error: ValueError) -> str:
    conflict = CONFLICT.search(text)
    if conflict is not None:
        line = text.count("\n", 0, conflict.start()) + 1
        return (
            f"holds the marks of a merge conflict (line {line}: {conflict[1]}), so it is no notebook any more; take "
            "the one or the other version of the file"
        )
    if not isinstance(error, json.JSONDecodeError):
        return "holds a number that is too long to be read"
    if error.pos >= len(text.rstrip()) - 1 or error.msg.startswith("Unterminated string"):
        return "is cut off: its end is missing, as after an upload that was broken off; save it and hand it in again"
    if not text.lstrip().startswith(("{", "[")) and _is_python(text):
        return "is Python source under the name of a notebook; give it a name that ends in .py"
    return f"is not a notebook: it is no JSON (line {error.lineno}: {error.msg})"


def _is_python(text: str) -> bool:
    if len(text) > HINT_CHARACTERS:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(ast.parse(text).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _cells_of(data: Any) -> list[Any]:
    """The list of cells, which versions up to 3 keep in worksheets; raises _NoNotebook."""
    if isinstance(data, list):
        raise _NoNotebook("is a list at its top, where a notebook has an object with cells; save it anew from Jupyter")
    if not isinstance(data, dict):
        raise _NoNotebook("is JSON, but not a notebook")
    cells = data.get("cells")
    sheets = data.get("worksheets")
    if cells is None and isinstance(sheets, list):
        kept = [sheet["cells"] for sheet in sheets if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)]
        cells = [cell for sheet in kept for cell in sheet]
    if not isinstance(cells, list):
        raise _NoNotebook("is JSON, but not a notebook: it has no list of cells")
    if not cells:
        raise _NoNotebook("has no cells")
    return cells


def _cell(number: int, cell: Any) -> Cell:
    if not isinstance(cell, dict):
        return Cell(number, "text", "")
    kind = cell.get("cell_type")
    source = cell.get("source", cell.get("input", ""))  # "input" up to version 3
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        source = ""
    source = source.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be written to a file
    return Cell(number, "text" if kind in ("markdown", "raw", "heading", "html") else "code", source)
