"""Whether and where a topic's models run at their published size, and what the report says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from grader.client.fullsize import FullSize
from grader.course import Topic
from grader.results import Device
from grader.session import GradingSession
from grader.workshop import Workshop

if TYPE_CHECKING:
    from grader.client.student import Student, WorkerBackend


class WorkerMaker(Protocol):
    """Makes a topic's backend: a worker on a device."""

    def __call__(self, topic: Topic, device: str = "cpu") -> WorkerBackend: ...


def make_full_size(topic: Topic, make: WorkerMaker, device: str, on_cpu: bool, workshop: Workshop) -> FullSize | None:
    """How a topic's models run at their published size; None where they do not.

    `device` is what the user asked for, `on_cpu` whether the CPU is to do it where no GPU does.
    """
    from grader.client.student import Student

    gpu = workshop.gpu if device != "cpu" else None
    if topic.needs != "torch" or not (on_cpu or (gpu is not None and gpu.problem is None)):
        return None
    large = replace(topic, limits=topic.limits.at_full_size())

    def begin(place: str) -> tuple[Student, Callable[[], None]]:
        backend = make(large, place)
        return Student(large, backend), backend.close

    return FullSize(begin, on_cpu, gpu)


def used_device(session: GradingSession, topics: Sequence[Topic], asked: str) -> Device:
    """Where models were to run and where they ran; why not on a GPU, for who asked for one or has one."""
    places = [one.student.full_size for one in session.topics.values()]
    used = {run.device for place in places if place is not None for run in place.ran}
    gpu = session.workshop.gpu
    told = any(topic.needs == "torch" for topic in topics) and (asked == "cuda" or (asked == "auto" and gpu.expected))
    return Device(asked, "cuda" if "cuda" in used else "cpu", gpu.problem if told else None)
