"""Which requests are sent before they are asked for, so that the worker computes while the grader compares.

Code that reads its requests ahead must find no answer in them. A call may hold what the submission that made the plan
returned, which is to say the right answer to an earlier call; so only those are planned whole that the case itself gives,
and what comes after one that is not waits until that one has been sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from grader.worker.wire import Handle

if TYPE_CHECKING:
    from .student import Call

AHEAD = 64


class OutOfStep(Exception):
    """A check called something else than was foreseen: the case is to be run again, one call at a time."""


@dataclass
class Planned:
    """A call that a case will make: its function, and the call itself where it may be sent ahead."""

    function: str
    call: Call | None
    frame: bytes | None = None
    """The call as it travels by itself, once it has been sent to somebody: the same for every submission but for its id."""


@dataclass
class PlannedCase:
    """What a case will call, in order.

    `passed` holds the runs of it that were right, whoever they were of, by what came back: what comes back to the letter as
    it did then is right again, and need not be judged.
    """

    calls: Sequence[Planned]
    passed: dict[bytes, Any] = field(default_factory=dict)

    def share_arguments(self, calls: Sequence[Call]) -> None:
        """Give calls that were made as planned the plan's own arguments, so that the same arrays are in memory once."""
        for planned, call in zip(self.calls, calls, strict=False):
            if planned.call is not None and _same_call(planned.call, call):
                call.arguments, call.keywords = planned.call.arguments, planned.call.keywords


@dataclass
class Plan:
    """What a check will call, case by case.

    `passed` holds the runs of all its cases that were right, by what came back in all of them.
    """

    cases: Sequence[PlannedCase] = ()
    passed: dict[bytes, Any] = field(default_factory=dict)
    frame: bytes | None = None
    """All the calls as they travel together, once they have been sent to somebody."""

    @cached_property
    def at_once(self) -> Sequence[tuple[Place, Planned]]:
        """All the calls, each with its place, where they may all be sent before any is made; none otherwise."""
        found = [
            (Place(number, position), planned)
            for number, case in enumerate(self.cases)
            for position, planned in enumerate(case.calls)
        ]
        known = all(planned.call is not None for _, planned in found)
        return found if known and len(found) <= AHEAD else ()


class Place(NamedTuple):
    """Where in the plan a call stands: the case, and how many calls of the case come before it."""

    case: int
    call: int


class Ahead(NamedTuple):
    """A request sent ahead: its place, its function and the number under which it was sent."""

    place: Place
    function: str
    number: str


class Foresight:
    """Where a check stands in the plan of its calls, and what was sent ahead; without a plan, nothing is foreseen."""

    def __init__(self, plan: Plan | None = None) -> None:
        self._plan = plan or Plan()
        self._now = Place(-1, 0)
        self.sent: deque[Ahead] = deque()

    def begin_case(self) -> Iterator[Ahead]:
        """Go on to the next case; gives what was sent ahead for cases that are over."""
        self._now = Place(self._now.case + 1, 0)
        while self.sent and self.sent[0].place < self._now:
            yield self.sent.popleft()

    def of_case(self) -> list[Ahead]:
        """What was sent of the case that has just begun, where that is all that it will call; nothing otherwise."""
        cases = self._plan.cases
        count = len(cases[self._now.case].calls) if 0 <= self._now.case < len(cases) else 0
        sent = list(islice(self.sent, count))
        whole = len(sent) == count > 0 and sent[0].place == self._now
        return sent if whole and sent[-1].place == (self._now.case, count - 1) else []

    def of_check(self) -> list[Ahead]:
        """What was sent of a check of which nothing has begun, where that is all that it will call; nothing otherwise."""
        whole = self._now.case < 0 and 0 < len(self.sent) == len(self._plan.at_once)
        return list(self.sent) if whole else []

    def unsent(self) -> Plan | None:
        """The plan, where all of it may be sent at once and nothing of it has been sent or called."""
        return self._plan if self._now.case < 0 and not self.sent and self._plan.at_once else None

    def pass_over(self, count: int) -> None:
        """Be done with so many of those that were sent, all of which came back."""
        for _ in range(count):
            self.sent.popleft()

    def take(self, call: Call) -> str | None:
        """The number under which the call was sent already; None where it was not. Raises OutOfStep."""
        planned = self._planned(self._now)
        was_sent = bool(self.sent) and self.sent[0].place == self._now
        right = planned is not None and planned.function == call.function
        if not right or (was_sent and not _same_call(planned.call, call)):  # type: ignore[union-attr]  # right: there is one
            if self.sent:
                raise OutOfStep
            self._plan = Plan()
            return None
        self._now = Place(self._now.case, self._now.call + 1)
        return self.sent.popleft().number if was_sent else None

    def coming(self) -> Iterator[tuple[Place, Planned]]:
        """The calls that may be sent now, in order, each with its place."""
        place = self._after(self.sent[-1].place) if self.sent else self._from(self._now)
        while len(self.sent) < AHEAD and (planned := self._planned(place)) is not None and planned.call is not None:
            yield place, planned
            place = self._after(place)

    def _planned(self, place: Place) -> Planned | None:
        cases = self._plan.cases
        if not 0 <= place.case < len(cases) or place.call >= len(cases[place.case].calls):
            return None
        return cases[place.case].calls[place.call]

    def _after(self, place: Place) -> Place:
        return self._from(Place(place.case, place.call + 1))

    def _from(self, place: Place) -> Place:
        """The place itself, or where its case is over, the beginning of the next."""
        cases = self._plan.cases
        while 0 <= place.case < len(cases) and place.call >= len(cases[place.case].calls):
            place = Place(place.case + 1, 0)
        return place


def _same_call(planned: Call | None, call: Call) -> bool:
    return (
        planned is not None
        and planned.function == call.function
        and planned.observed == call.observed
        and len(planned.arguments) == len(call.arguments)
        and planned.keywords.keys() == call.keywords.keys()
        and all(map(_same, planned.arguments, call.arguments))
        and all(_same(value, call.keywords[name]) for name, value in planned.keywords.items())
    )


def _same(one: Any, other: Any) -> bool:
    """Whether two arguments travel as the same bytes; handles are the same when their numbers are."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return bool(one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes())
    if isinstance(one, Handle):
        return bool(one.number == other.number)
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(_same, one, other))
    return repr(one) == repr(other)
