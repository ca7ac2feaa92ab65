"""What runs a batch's jobs: worker processes on this machine, or a cluster. Jobs and results are plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from grader.batch.fingerprint import Basis
from grader.client.channel import PATIENCE
from grader.course import Course
from grader.submission import Bundle


@dataclass(frozen=True)
class Job:
    """One submission to grade, or some `topics` of it; `number` tells submissions of a run apart."""

    number: int
    bundle: Bundle
    topics: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Finished:
    """How a job ended: the report as JSON has it, or the fault of ours that kept it from being graded."""

    number: int
    report: dict[str, Any] | None = None
    fault: str | None = None


class Executor(Protocol):
    """Runs jobs."""

    def run(self, jobs: Iterator[Job], started: Callable[[Job], None]) -> Iterator[Finished]:
        """Take jobs as there is room, say which are begun, and give each one's end as it comes, in any order.

        Every job ends exactly once. Leaving the iteration ends what still runs. Raises UsageError where nothing can be graded
        at all, as on machines without the sandbox.
        """


def start_message(course: Course, basis: Basis) -> dict[str, Any]:
    """What a station is told first: the course and its hash, the settings, the versions that its report must show."""
    return {
        "course": str(course.root),
        "digest": basis.course,
        "settings": asdict(basis.settings),
        "versions": basis.versions,
    }


def longest(course: Course, topics: tuple[str, ...] | None) -> float:
    """Seconds after which a job cannot be going on as it should: every topic's limits put off to the end, and diagnosing."""
    chosen = [topic for topic in course.topics if topics is None or topic.name in topics]
    return 120 + sum(PATIENCE * (topic.limits.topic_seconds + topic.limits.load_seconds) for topic in chosen)
