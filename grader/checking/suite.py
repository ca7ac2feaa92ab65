"""The checks of some topics as pytest collected them, kept so that later submissions are judged without collecting again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from grader.course import Course, Topic


@dataclass(frozen=True)
class CheckSpec:
    """A check as its marker and docstring declare it."""

    name: str
    title: str
    points: Fraction
    needs: tuple[str, ...] = ()
    hidden: bool = False

    @property
    def function(self) -> str:
        """The function that the check is about."""
        return self.name.partition("/")[0]


@dataclass(frozen=True)
class Collected:
    """One check: its topic, what its marker says, the test function, and the values of `pytest.mark.parametrize`."""

    topic: Topic
    spec: CheckSpec
    test: Callable[..., Any]
    parameters: dict[str, Any]


Suite = tuple[Collected, ...]


@dataclass
class SuiteBook:
    """Remembers suites by course and topics; as with any import, an edited check is seen by the next process."""

    _suites: dict[Hashable, Suite] = field(default_factory=dict)

    def find(self, course: Course, topics: tuple[Topic, ...]) -> Suite | None:
        """The suite of these topics; None where there is none yet."""
        suite = self._suites.get(_key(course, topics))
        return suite and tuple(_of(topics, check) for check in suite)

    def remember(self, course: Course, topics: tuple[Topic, ...], suite: Suite) -> None:
        """Keep a suite."""
        self._suites[_key(course, topics)] = suite


def _key(course: Course, topics: tuple[Topic, ...]) -> Hashable:
    return course.root, tuple(topic.name for topic in topics)


def _of(topics: tuple[Topic, ...], check: Collected) -> Collected:
    """The check with the topic as it was read this time."""
    (topic,) = (topic for topic in topics if topic.name == check.topic.name)
    return Collected(topic, check.spec, check.test, check.parameters)
