"""What a notebook's cell may hold beside Python, taken out so that every line keeps its number.

Cell magics (`%%time`) are in a table by what becomes of the body; line magics, shell lines and questions (`%matplotlib
inline`, `!pip install x`, `x?`) become `pass`, and what they would have been assigned to becomes None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

BODY_DOES_NOT_RUN = frozenset(
    "! bash sh script system sx cmd powershell html svg javascript js latex markdown perl ruby pypy python python2 python3 "
    "cython R julia sql bigquery file writefile writetemplate configure".split()
)
"""Cell magics whose body is no Python of this notebook: another language, another process, the content of a file. The
body of all others (%%time, %%timeit, %%capture, %%prun, ...) is."""
TIMED = ("time", "timeit", "prun", "memit")
ODD_SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u202f\u3000"), " ") | dict.fromkeys(
    map(ord, "\u200b\u200e\ufeff"), None
)
PROMPT = re.compile(r"(>>>|\.\.\.)( |$)")
QUESTION = re.compile(r"[\w.*%\[\]]+\?\??")
TARGET = re.compile(r"[\w.,\[\] ]+")
OPENING, CLOSING = "([{", ")]}"


@dataclass(frozen=True)
class Cleaned:
    """A cell's Python, line for line. `dropped` says why nothing is left of it, `removed` what was taken out of it."""

    code: str
    removed: tuple[str, ...] = ()
    dropped: str | None = None


def split_cell_magic(source: str) -> Cleaned:
    """Take cell magics off the top of a cell, and the body with them where it is no Python of this notebook."""
    lines = source.split("\n")
    removed: list[str] = []
    for number, line in enumerate(lines):
        text = line.strip()
        if text.startswith("%%"):
            name = (text[2:].split() or [""])[0]
            if name in BODY_DOES_NOT_RUN or name.startswith("!"):
                return Cleaned(
                    "", (f"%%{name}",), f"begins with %%{name[:30]}, so it is not part of the notebook's Python"
                )
            removed.append(f"%%{name[:30]}")
            lines[number] = ""
        elif text and not text.startswith("#"):
            break
    return Cleaned("\n".join(lines), tuple(removed))


def normalise(source: str) -> str:
    """The source with plain line ends and without null bytes."""
    return source.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ").replace("\0", "")


def plain_spaces(code: str) -> Cleaned:
    """With ordinary spaces in place of no-break ones, and nothing in place of invisible characters."""
    plain = code.translate(ODD_SPACES)
    return Cleaned(plain, ("no-break spaces",) if plain != code else ())


def without_indent(code: str) -> Cleaned:
    """Without the prompts of a pasted session, or else without the indent that all lines share, as IPython takes it."""
    lines = code.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if PROMPT.match(first):
        plain = (PROMPT.sub("", line) if PROMPT.match(line) else f"# {line}" for line in lines)
        return Cleaned("\n".join(plain), ("prompts",))
    indent = first[: len(first) - len(first.lstrip())]
    return Cleaned(
        "\n".join(line.removeprefix(indent) for line in lines), ("the indent of all lines",) if indent else ()
    )


def without_magics(code: str) -> Cleaned:
    """Replace every line that is IPython's and not Python's, wherever a statement may begin."""
    lines = code.split("\n")
    removed: list[str] = []
    state = _Scanner()
    number = 0
    while number < len(lines):
        line = lines[number]
        replacement = _replacement(line) if state.at_statement else None
        if replacement is None:
            state.read(line)
        else:
            removed.append(line.strip()[:60])
            lines[number] = replacement
            while line.endswith("\\") and number + 1 < len(lines):
                number += 1
                line, lines[number] = lines[number], ""
        number += 1
    return Cleaned("\n".join(lines), tuple(removed))


def _replacement(line: str) -> str | None:
    """What stands for a line that begins a statement and is no Python, or None for any other line."""
    text = line.strip()
    indent = line[: len(line) - len(line.lstrip())]
    if text.startswith("%"):
        name, _, statement = text.lstrip("%").partition(" ")
        if name in TIMED and statement and not statement.lstrip().startswith("-"):
            return indent + statement.lstrip()
        return f"{indent}pass"
    if text.startswith(("!", "?")) or QUESTION.fullmatch(text.partition("#")[0].strip()):
        return f"{indent}pass"
    target, equals, value = line.partition("=")
    if equals and value.lstrip().startswith(("!", "%")) and TARGET.fullmatch(target.strip()):
        return f"{target}= None"
    return None


class _Scanner:
    """Follows Python's strings, brackets and joined lines, to know where a statement may begin."""

    def __init__(self) -> None:
        self.quote = ""
        self.depth = 0
        self.joined = False

    @property
    def at_statement(self) -> bool:
        """Whether the next line begins a statement."""
        return not self.quote and self.depth <= 0 and not self.joined

    def read(self, line: str) -> None:
        """Go on over one line."""
        position = 0
        self.joined = False
        while position < len(line):
            if self.quote:
                position = self._in_string(line, position)
                continue
            character = line[position]
            if character == "#":
                return
            if character in "\"'":
                triple = line[position : position + 3]
                self.quote = triple if triple in ('"""', "'''") else character
                position += len(self.quote)
                continue
            self.depth += (character in OPENING) - (character in CLOSING)
            position += 1
        if len(self.quote) == 1 and not line.endswith("\\"):  # a string that its line does not end: an error
            self.quote = ""
        self.joined = not self.quote and line.endswith("\\")

    def _in_string(self, line: str, position: int) -> int:
        """The position after the string's end, or after the line's."""
        while position < len(line):
            if line[position] == "\\":
                position += 2
            elif line.startswith(self.quote, position):
                position += len(self.quote)
                self.quote = ""
                return position
            else:
                position += 1
        return position
