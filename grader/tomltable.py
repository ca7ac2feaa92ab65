"""A table of course.toml that is taken apart entry by entry, each mistake told with file, line and what is expected."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from grader.errors import CourseError
from grader.tomllines import find_line

KINDS: dict[Any, str] = {
    str: "text in quotes",
    int: "a whole number",
    (int, float): "a number",
    (int, str): "a whole number, or a fraction or decimal in quotes",
    list: "a list",
    dict: "a table",
    (str, list): "a name in quotes, or a list of names",
    datetime: "a date with a time and an offset from UTC, without quotes",
}


def _in_words(kind: Any) -> str:
    return KINDS.get(kind, "what is expected here")


class TableReader:
    """A TOML table that is taken apart entry by entry, so that a misspelt entry is found."""

    def __init__(self, path: Path, table: dict[str, Any], content: str, where: str = "") -> None:
        self.path, self.table, self.content, self.where = path, dict(table), content, where

    def fail(self, key: str, problem: str) -> CourseError:
        """The error to raise about an entry, with its file and line."""
        line = find_line(self.content, f"{self.where}{key}")
        return CourseError(f"{self.path}{f', line {line}' if line else ''}: {self.where}{key}: {problem}")

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        """An entry's value, which is of that kind; without a default it has to be there."""
        value = self.table.pop(key, default)
        if value is None:
            raise self.fail(key, "is missing")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.fail(key, f"{value!r} is not {_in_words(kind)}")
        return value

    def text(self, key: str) -> str:
        """Text that has to be there."""
        return str(self.take(key, str))

    def child(self, key: str, default: Any = None) -> TableReader:
        """A table in this one."""
        return TableReader(self.path, self.take(key, dict, default), self.content, f"{self.where}{key}.")

    def children(self, key: str) -> list[TableReader]:
        """The tables of an array, at least one."""
        tables = self.take(key, list)
        if not tables or not all(isinstance(table, dict) for table in tables):
            raise self.fail(key, f"is not one or more tables; each begins with [[{key}]]")
        return [TableReader(self.path, table, self.content, f"{key}[{number}].") for number, table in enumerate(tables)]

    def fraction(self, key: str, default: int | str | None = None) -> Fraction:
        """A whole number, or a fraction or decimal as text, that is positive."""
        value = self.take(key, (int, str), default)
        try:
            number = Fraction(value)
        except (ValueError, ZeroDivisionError):
            raise self.fail(key, f"{value!r} is not a number") from None
        if number <= 0:
            raise self.fail(key, f"{value} is not positive")
        return number

    def moment(self, key: str) -> datetime | None:
        """A date and time with its offset from UTC; None where it is left out."""
        if key not in self.table:
            return None
        value: datetime = self.take(key, datetime)
        if value.tzinfo is None:
            raise self.fail(key, f"{value} needs its offset from UTC, as in {value.isoformat()}+01:00")
        return value

    def finish(self) -> None:
        """Raise for the first entry that nobody has taken."""
        for key in self.table:
            raise self.fail(key, "is not an entry this version knows")
