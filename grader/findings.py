"""What judging found, of all topics or of some; the parts that several processes found are joined into one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.course import Topic
from grader.devices import used_device
from grader.results import Device, Isolation, TopicResult, weakest
from grader.session import GradingSession


@dataclass(frozen=True)
class Findings:
    """Topics in the course's order, what loading their notebooks told, faults of ours, the sandbox, the device."""

    topics: tuple[TopicResult, ...]
    notes: tuple[str, ...]
    faults: tuple[str, ...]
    protections: dict[str, bool]
    device: Device

    @property
    def isolation(self) -> Isolation:
        """The weakest of what the workers reported."""
        return Isolation.of(self.protections)


def findings_of(session: GradingSession, topics: Sequence[Topic], device: str) -> Findings:
    """What a session found in the topics; `device` is what the user asked for. Diagnoses what failed."""
    return Findings(
        topics=session.results(),
        notes=session.notes(),
        faults=tuple(session.faults),
        protections=session.protections(),
        device=used_device(session, topics, device),
    )


def join(parts: Iterable[Findings], topics: Sequence[Topic]) -> Findings:
    """One out of many, each of other topics, in the order of `topics`: a protection holds where it held everywhere."""
    places = {topic.name: place for place, topic in enumerate(topics)}
    found = sorted(parts, key=lambda part: min((places[topic.name] for topic in part.topics), default=len(places)))
    return Findings(
        topics=tuple(sorted((t for part in found for t in part.topics), key=lambda topic: places[topic.name])),
        notes=tuple(dict.fromkeys(note for part in found for note in part.notes)),
        faults=tuple(fault for part in found for fault in part.faults),
        protections=weakest(part.protections for part in found),
        device=Device.of([part.device for part in found]),
    )
