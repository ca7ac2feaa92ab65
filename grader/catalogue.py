"""The checks of a course by name, and what a person means who types a part of one."""

from __future__ import annotations

import difflib
import importlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from grader.course import Course, Topic
from grader.errors import UsageError
from grader.report.hiding import TITLE, hidden_name
from grader.session import CheckSpec, on_path

SHOWN = 8


@dataclass(frozen=True)
class Selection:
    """A topic, a function of it, or a check of that function."""

    topic: Topic
    function: str | None = None
    behaviour: str | None = None

    @property
    def name(self) -> str | None:
        """What `only` of a grading takes: the function, or the check's whole name; None for a topic."""
        return f"{self.function}/{self.behaviour}" if self.behaviour else self.function


def checks_of(course: Course, topic: Topic) -> tuple[CheckSpec, ...]:
    """The topic's checks, hidden ones too, in the order in which they stand in its file; imports that file."""
    from grader.checking.cases import load_profile

    load_profile()
    with on_path(course):
        module = importlib.import_module(f"reference.{topic.name}.test_{topic.name}")
    found = []
    for test in vars(module).values():
        for mark in getattr(test, "pytestmark", ()):
            if mark.name == "check":
                title = " ".join((test.__doc__ or "").strip().partition("\n\n")[0].split())
                needs = tuple(mark.kwargs.get("needs", ()))
                hidden = bool(mark.kwargs.get("hidden", False))
                found.append(
                    CheckSpec(mark.args[0], title, Fraction(mark.kwargs["points"]) * topic.weight, needs, hidden)
                )
    return tuple(found)


def checks_for_students(course: Course, topic: Topic) -> tuple[CheckSpec, ...]:
    """The topic's checks as students may know them: hidden ones under the names that their reports have, and no more."""
    checks = checks_of(course, topic)
    names = {spec.name: shown for spec, shown in zip(checks, _shown_names(checks), strict=True)}
    return tuple(
        replace(spec, name=names[spec.name], title=TITLE, needs=())
        if spec.hidden
        else replace(spec, needs=tuple(names.get(needed, needed) for needed in spec.needs))
        for spec in checks
    )


def real_name(course: Course, selection: Selection) -> str | None:
    """What `only` of a grading takes for what a student named: a hidden check has another name in truth."""
    checks = checks_of(course, selection.topic)
    shown = dict(zip(_shown_names(checks), (spec.name for spec in checks), strict=True))
    return shown.get(selection.name, selection.name) if selection.name is not None else None


def _shown_names(checks: Iterable[CheckSpec]) -> list[str]:
    count: Counter[str] = Counter()
    names = []
    for spec in checks:
        count[spec.function] += spec.hidden
        names.append(hidden_name(spec.function, count[spec.function]) if spec.hidden else spec.name)
    return names


@dataclass(frozen=True)
class _Book:
    """The checks that may be named: as students know them, or all by their own names."""

    course: Course
    show_hidden: bool

    def checks(self, topic: Topic) -> tuple[CheckSpec, ...]:
        return (checks_of if self.show_hidden else checks_for_students)(self.course, topic)

    def names(self, topic: Topic) -> list[str]:
        return [spec.name for spec in self.checks(topic)]


def find(course: Course, text: str, show_hidden: bool = False) -> Selection:
    """What `text` names: a topic, a function, "topic/function", "function/behaviour", a behaviour, or a beginning of one.

    A hidden check goes by the name that students' reports have, and by its own with `show_hidden`.
    Raises UsageError that lists what comes close, or what it could be where it is not unique.
    """
    book = _Book(course, show_hidden)
    wanted = text.strip().strip("/").replace(" ", "_").replace("-", "_")
    first, _, rest = wanted.partition("/")
    topic = next((topic for topic in course.topics if topic.name == first), None)
    if topic is not None and not rest:
        return Selection(topic)
    if topic is not None and (first not in topic.functions or rest.partition("/")[0] in topic.functions):
        return _in_topic(book, topic, rest, text)
    functions = {function: topic for topic in course.topics for function in topic.functions}
    match = _match(first, functions)
    if match is not None:
        return _in_topic(book, functions[match], f"{match}/{rest}" if rest else match, text)
    if not rest:
        topics = [topic for topic in course.topics if topic.name.startswith(wanted)]
        near = [name for name in (*functions, *(topic.name for topic in topics)) if name.startswith(wanted)]
        if len(near) == len(topics) == 1:
            return Selection(topics[0])
        if near:
            raise _unclear(text, near)
        return _by_behaviour(book, wanted, text)
    raise _unknown(text, (name for topic in course.topics for name in book.names(topic)))


def _in_topic(book: _Book, topic: Topic, wanted: str, text: str) -> Selection:
    function, _, behaviour = wanted.partition("/")
    match = _match(function, topic.functions)
    if match is None:
        raise _unknown(text, (f"{topic.name}/{name}" for name in topic.functions))
    if not behaviour:
        return Selection(topic, match)
    known = [name.partition("/")[2] for name in book.names(topic) if name.partition("/")[0] == match]
    found = _match(behaviour, known)
    if found is None:
        near = [f"{match}/{name}" for name in known if name.startswith(behaviour)]
        raise _unclear(text, near) if near else _unknown(text, (f"{match}/{name}" for name in known))
    return Selection(topic, match, found)


def _by_behaviour(book: _Book, wanted: str, text: str) -> Selection:
    """The check of any function whose behaviour is called that, if there is only one."""
    course = book.course
    known = [(topic, spec) for topic in course.topics for spec in book.checks(topic)]
    for same in (True, False):
        found = [
            (topic, spec)
            for topic, spec in known
            if (behaviour := spec.name.partition("/")[2]) == wanted or (not same and behaviour.startswith(wanted))
        ]
        if len(found) == 1:
            topic, spec = found[0]
            return Selection(topic, spec.function, spec.name.partition("/")[2])
        if found:
            raise _unclear(text, [spec.name for _, spec in found])
    names = [*(topic.name for topic in course.topics), *(name for topic in course.topics for name in topic.functions)]
    raise _unknown(text, (*names, *(spec.name for _, spec in known)))


def _match(wanted: str, known: Iterable[str]) -> str | None:
    """The name itself, or the only one that begins like that."""
    names = list(known)
    if wanted in names:
        return wanted
    beginning = [name for name in names if wanted and name.startswith(wanted)]
    return beginning[0] if len(beginning) == 1 else None


def _unclear(text: str, near: list[str]) -> UsageError:
    more = f" and {len(near) - SHOWN} more" if len(near) > SHOWN else ""
    return UsageError(f"{text!r} could be {', '.join(near[:SHOWN])}{more}")


def _unknown(text: str, names: Iterable[str]) -> UsageError:
    known = list(dict.fromkeys(names))
    close = difflib.get_close_matches(text, known, SHOWN // 2, 0.5)
    meant = f"did you mean {' or '.join(close)}?" if close else "`convgrade explain` without a name lists them all"
    return UsageError(f"there is no check, function or topic {text!r}; {meant}")
