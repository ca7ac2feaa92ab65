"""Student-controlled text made safe to show in a terminal or a log, and numbers as a person writes them."""

from __future__ import annotations

import math
import re
import unicodedata
from fractions import Fraction

from grader.results import Scalar

CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]+[0-~]|\x1b.?", re.DOTALL)
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
LINE_END = re.compile("\r\n?|\u2028|\u2029")
COMMAND = re.compile(r"^([^\S\n]*)::|##\[", re.MULTILINE)  # not \s, which crosses lines and takes quadratic time
UNWANTED = ("Cc", "Cs", "Co", "Cn")
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def visible(text: str) -> str:
    """One or more lines without terminal control sequences, invisible direction marks and what is no character.

    Memory addresses, which differ in every run, become 0x...; line ends are all "\\n".
    """
    if text.isascii() and text.isprintable() and "0x" not in text:
        return text
    text = LINE_END.sub("\n", CONTROL.sub("", text)).replace("\t", "    ")
    unwanted = [ord(character) for character in set(text) if _is_unwanted(character)]
    text = text.translate(dict.fromkeys(unwanted))
    return ADDRESS.sub("0x...", text)


def _is_unwanted(character: str) -> bool:
    return character != "\n" and (unicodedata.category(character) in UNWANTED or character in BIDI)


def plain(text: str) -> str:
    """The visible text, with the colons of a line that GitHub would read as a workflow command spaced out."""
    return COMMAND.sub(lambda match: f"{match[1]}: :" if match[1] is not None else "## [", visible(text))


def one_line(text: str, characters: int = 200) -> str:
    """The text on one line, cut to a length."""
    line = " ".join(plain(text).split())
    return line if len(line) <= characters else line[: characters - 3] + "..."


def points(value: Fraction) -> str:
    """Points with up to two decimals and no trailing zeros."""
    return two_decimals(value).rstrip("0").rstrip(".")


def two_decimals(value: Fraction) -> str:
    """The number with a dot and two decimals, a half rounded up."""
    cents = math.floor(value * 100 + Fraction(1, 2))
    return f"{cents // 100}.{cents % 100:02d}"


def in_days(count: int) -> str:
    """A number of days in words."""
    return "1 day" if count == 1 else f"{count} days"


def value(scalar: Scalar) -> str:
    """A wanted or got value: numbers with up to eight significant digits, text on one line."""
    if isinstance(scalar, float):
        return f"{scalar + 0.0:.8g}"  # -0.0 is 0
    return one_line(str(scalar), 300)


def title_of(slug: str) -> str:
    """A misconception's name in words; the dash of a number such as 1e-12 stays."""
    return re.sub(r"(?<!\de)-", " ", slug)
