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
    """Remembers each topic's suite; as with any import, an edited check is seen by the next process."""

    _suites: dict[Hashable, Suite] = field(default_factory=dict)

    def find(self, course: Course, topics: tuple[Topic, ...]) -> Suite | None:
        """The suite of these topics, in their order; None where that of any of them is not known yet."""
        found = [self._suites.get((course.root, topic.name)) for topic in topics]
        if any(suite is None for suite in found):
            return None
        return tuple(_of(topics, check) for suite in found for check in suite or ())

    def remember(self, course: Course, topics: tuple[Topic, ...], suite: Suite) -> None:
        """Keep the suites of some topics."""
        for topic in topics:
            self._suites[course.root, topic.name] = tuple(check for check in suite if check.topic is topic)


def _of(topics: tuple[Topic, ...], check: Collected) -> Collected:
    """The check with the topic as it was read this time."""
    (topic,) = (topic for topic in topics if topic.name == check.topic.name)
    return Collected(topic, check.spec, check.test, check.parameters)
