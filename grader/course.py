"""A course is a folder: `reference/course.toml` and one folder a topic beside it."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from grader.errors import CourseError
from grader.tomltable import TableReader
from grader.worker.limits import Limits

Names = tuple["str | Names", ...]
NEEDS = ("numpy", "torch")  # what workers are made for: the keys of grader.worker.process.KITS


@dataclass(frozen=True)
class Function:
    """One function that a student implements.

    `returns` names what it returns, nested as the returned tuples are; a single name means no tuple. `kept` are the
    positions of what stays in the worker (a cache, switches, a model).
    An operation is what the grader does with the model that the student's function `owner` made.
    """

    name: str
    returns: Names
    kept: tuple[tuple[int, ...], ...]
    operation: bool = False
    owner: str = ""

    @property
    def label(self) -> str:
        """How a message to the student names what was called."""
        return OPERATIONS[self.name].format(self.owner) if self.operation else self.name


OPERATIONS = {
    "run_model": "the forward or backward pass of {}",
    "describe_model": "looking at the parameters of {}",
    "sketch_model": "{}",
    "trace_model": "the forward pass of {}",
    "run_full_size": "the forward or backward pass of {} at the published size",
}
"""What grader.worker.models does with models, in words; the braces stand for the function that made the model."""


@dataclass(frozen=True)
class Topic:
    """One topic: what the student hands in, what it is worth, where its checks stand."""

    name: str
    title: str
    file: str
    points: Fraction
    needs: str
    source: str
    functions: dict[str, Function]
    limits: Limits
    folder: Path
    weight: Fraction = Fraction(1)
    due: datetime | None = None

    @property
    def checks(self) -> Path:
        """The pytest file with the topic's checks."""
        return self.folder / f"test_{self.name}.py"

    def function(self, name: str) -> Function:
        """A function of the student's, or an operation on models. Raises KeyError."""
        if name not in self.functions and self.needs == "torch" and name in OPERATIONS:
            return Function(name, ("result",), ((),) if name == "sketch_model" else (), operation=True)
        return self.functions[name]


@dataclass(frozen=True)
class LatePolicy:
    """What handing in late costs: nothing for `free_days`, then `per_day` per cent for each day, `at_most` in all.

    `due` is the deadline of the topics that have none of their own.
    """

    due: datetime
    free_days: int
    per_day: Fraction
    at_most: Fraction


@dataclass(frozen=True)
class Course:
    """A loaded course; `root` holds `reference/`, and `assignments/` where there are stubs."""

    name: str
    title: str
    version: str
    root: Path
    topics: tuple[Topic, ...] = field(default_factory=tuple)
    install: str = "convgrade"
    late: LatePolicy | None = None

    def topic(self, name: str) -> Topic:
        """The topic of that name; raises CourseError that lists the names there are."""
        for topic in self.topics:
            if topic.name == name:
                return topic
        raise CourseError(f"there is no topic {name!r}; this course has {', '.join(t.name for t in self.topics)}")


def find_course(start: Path | None = None) -> Path:
    """The course root: `start` if given, else the checkout this package lies in, else the course inside the wheel."""
    package = Path(__file__).parent
    candidates = [start] if start is not None else [package.parent, package / "_data"]
    for candidate in candidates:
        if (candidate / "reference" / "course.toml").is_file():
            return candidate.resolve()
    raise CourseError(f"no course here: {candidates[0] / 'reference' / 'course.toml'} does not exist")


def load_course(root: Path | None = None) -> Course:
    """Read `reference/course.toml`; raises CourseError naming the file and the entry that is wrong."""
    root = find_course(root)
    path = root / "reference" / "course.toml"
    try:
        text = path.read_text("utf-8")
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: {error}") from None
    entry = TableReader(path, table, text)
    course = entry.child("course")
    limits = _limits(entry, Limits())
    topics = tuple(_topic(topic, limits, root) for topic in entry.children("topic"))
    repeated = {topic.name for topic in topics if sum(other.name == topic.name for other in topics) > 1}
    if repeated:
        raise CourseError(f"{path}: topic {sorted(repeated)[0]!r} stands there twice")
    install = str(course.take("install", str, "convgrade"))
    late = _late(entry.child("late")) if "late" in entry.table else None
    entry.finish()
    result = Course(course.text("name"), course.text("title"), course.text("version"), root, topics, install, late)
    course.finish()
    return result


def _limits(entry: TableReader, defaults: Limits) -> Limits:
    given = entry.child("limits", {})
    values = {}
    for known in dataclasses.fields(Limits):
        if known.name in given.table:
            value = given.take(known.name, (int, float))
            if value <= 0:
                raise given.fail(known.name, f"{value} is not positive")
            values[known.name] = value
    given.finish()
    return dataclasses.replace(defaults, **values)


def _late(entry: TableReader) -> LatePolicy:
    free = entry.take("free_days", int, 0)
    if free < 0:
        raise entry.fail("free_days", f"{free} is negative")
    due = entry.moment("due")
    if due is None:
        raise entry.fail("due", "is missing")
    policy = LatePolicy(due, free, entry.fraction("per_day"), entry.fraction("at_most", 100))
    for key in ("per_day", "at_most"):
        if getattr(policy, key) > 100:
            raise entry.fail(key, f"{getattr(policy, key)} is more than 100 per cent")
    entry.finish()
    return policy


def _topic(entry: TableReader, limits: Limits, root: Path) -> Topic:
    name = entry.text("name")
    needs = entry.text("needs")
    if needs not in NEEDS:
        raise entry.fail("needs", f"{needs!r} is none of {', '.join(NEEDS)}")
    weight = entry.fraction("weight", 1)
    opaque = entry.take("opaque", list, [])
    functions = {}
    table = entry.child("functions")
    for function in list(table.table):
        returns = table.take(function, (str, list))
        names = (returns,) if isinstance(returns, str) else _names(returns, table, function)
        functions[function] = Function(function, names, tuple(_kept(names, opaque)))
    for unused in set(opaque) - {name for function in functions.values() for name in _flat(function.returns)}:
        raise entry.fail("opaque", f"no function returns {unused!r}")
    folder = root / "reference" / name
    topic = Topic(
        name=name,
        title=entry.text("title"),
        file=entry.text("file"),
        points=entry.fraction("points") * weight,
        needs=needs,
        source=entry.text("source"),
        functions=functions,
        limits=_limits(entry, limits),
        folder=folder,
        weight=weight,
        due=entry.moment("due"),
    )
    for file in (topic.checks, folder / "oracle.py", folder / "misconceptions.py"):
        if not file.is_file():
            raise entry.fail("name", f"there is no {file}")
    entry.finish()
    return topic


def _names(value: list[Any], table: TableReader, function: str) -> Names:
    if not all(isinstance(item, (str, list)) for item in value):
        raise table.fail(function, f"{value!r} is not a list of names")
    return tuple(item if isinstance(item, str) else _names(item, table, function) for item in value)


def _flat(names: Names) -> list[str]:
    return [item for name in names for item in ([name] if isinstance(name, str) else _flat(name))]


def _kept(names: Names, opaque: list[str]) -> list[tuple[int, ...]]:
    if len(names) == 1 and isinstance(names[0], str):  # a single value, no tuple around it
        return [()] if names[0] in opaque else []
    paths: list[tuple[int, ...]] = []
    for position, name in enumerate(names):
        if isinstance(name, str):
            paths += [(position,)] if name in opaque else []
        else:
            paths += [(position, *path) for path in _kept(name, opaque)]
    return paths
