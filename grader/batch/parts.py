"""Submissions taken apart by topics, so that each station keeps to some of these, and reports put together again.

What a station has drawn for a topic, and found out about its cases and known mistakes, serves it for every submission. So
each is given the same topics as long as there are such, and no two have to learn the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from grader.batch.executors import Finished, Job
from grader.course import Course
from grader.results import join_forms

AHEAD = 2
"""Submissions that are under way, for each station: as far as one that is quick with its topics runs ahead of the others."""

Share = tuple[str, ...]


def share_out(course: Course, chosen: Sequence[str] | None, stations: int) -> tuple[Share, ...]:
    """The topics that are graded, in the course's order, in as many pieces of about the same length as there are stations."""
    names = [topic.name for topic in course.topics if chosen is None or topic.name in chosen]
    count = min(stations, len(names))
    ends = [round(len(names) * number / count) for number in range(count + 1)] if count else []
    return tuple(tuple(names[begin:end]) for begin, end in itertools.pairwise(ends))


class Parts:
    """The parts of all submissions: which are waiting, and what has come of the others.

    A part is a job with some of the topics. With one share there is nothing to take apart.
    """

    def __init__(
        self, jobs: Iterator[Job], shares: Sequence[Share], stations: int, started: Callable[[Job], None]
    ) -> None:
        self._jobs, self._started = jobs, started
        self._shares: Sequence[Share | None] = shares if len(shares) > 1 else (None,)
        self._room = AHEAD * stations
        self._waiting: list[Job] = []
        self._answers: dict[int, dict[Share | None, dict[str, Any]]] = {}

    def take(self, station: int) -> Job | None:
        """What the station of this number is to do next; None where there is nothing left to begin."""
        share = self._shares[station % len(self._shares)]
        while (part := self._first(share)) is None and len(self._answers) < self._room:
            job = next(self._jobs, None)
            if job is None:
                break
            self._started(job)
            self._answers[job.number] = {}
            self._waiting += [replace(job, topics=one) for one in self._shares]
        part = part or next(iter(self._waiting), None)  # before it stands idle, it does what another one would
        if part is not None:
            self._waiting.remove(part)
        return part

    def put_back(self, part: Job) -> None:
        """Have the part done once more."""
        self._waiting.insert(0, part)

    def end(self, part: Job, answer: dict[str, Any]) -> Finished | None:
        """Take what came of a part; gives the submission's end, where that was the last one."""
        answers = self._answers[part.number]
        answers[part.topics] = answer
        if len(answers) < len(self._shares):
            return None
        del self._answers[part.number]
        found = [answers[share] for share in self._shares]
        fault = next((one["fault"] for one in found if one.get("fault") is not None), None)
        if fault is not None:
            return Finished(part.number, None, fault)
        reports = [one["report"] for one in found]
        return Finished(part.number, join_forms(reports) if len(reports) > 1 else reports[0])

    def _first(self, share: Share | None) -> Job | None:
        return next((part for part in self._waiting if part.topics == share), None)
