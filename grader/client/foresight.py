"""Which requests are sent before they are asked for, so that the worker computes while the grader compares.

Code that reads its requests ahead must find no answer in them. A call may hold what the submission that made the plan
returned, which is to say the right answer to an earlier call; so only those are planned whole that the case itself gives,
and what comes after one that is not waits until that one has been sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
    """The call as it travels, once it has been sent to somebody: the same for every submission but for its id."""


@dataclass
class PlannedCase:
    """What a case will call, in order.

    `passed` holds the runs of it that were right, whoever they were of, by what came back: what comes back to the letter as
    it did then is right again, and need not be judged.
    """

    calls: Sequence[Planned]
    passed: dict[bytes, Any] = field(default_factory=dict)


Plan = Sequence[PlannedCase]


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

    def __init__(self, plan: Plan = ()) -> None:
        self._plan = plan
        self._now = Place(-1, 0)
        self.sent: deque[Ahead] = deque()

    def begin_case(self) -> Iterator[Ahead]:
        """Go on to the next case; gives what was sent ahead for cases that are over."""
        self._now = Place(self._now.case + 1, 0)
        while self.sent and self.sent[0].place < self._now:
            yield self.sent.popleft()

    def of_case(self) -> list[Ahead]:
        """What was sent of the case that has just begun, where that is all that it will call; nothing otherwise."""
        count = len(self._plan[self._now.case].calls) if 0 <= self._now.case < len(self._plan) else 0
        sent = list(islice(self.sent, count))
        whole = len(sent) == count > 0 and sent[0].place == self._now
        return sent if whole and sent[-1].place == (self._now.case, count - 1) else []

    def pass_over(self) -> None:
        """Be done with what was sent of the case that has just begun, all of which came back."""
        for _ in self.of_case():
            self.sent.popleft()

    def take(self, call: Call) -> str | None:
        """The number under which the call was sent already; None where it was not. Raises OutOfStep."""
        planned = self._planned(self._now)
        was_sent = bool(self.sent) and self.sent[0].place == self._now
        right = planned is not None and planned.function == call.function
        if not right or (was_sent and not _same_call(planned.call, call)):  # type: ignore[union-attr]  # right: there is one
            if self.sent:
                raise OutOfStep
            self._plan = ()
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
        if not 0 <= place.case < len(self._plan) or place.call >= len(self._plan[place.case].calls):
            return None
        return self._plan[place.case].calls[place.call]

    def _after(self, place: Place) -> Place:
        return self._from(Place(place.case, place.call + 1))

    def _from(self, place: Place) -> Place:
        """The place itself, or where its case is over, the beginning of the next."""
        while 0 <= place.case < len(self._plan) and place.call >= len(self._plan[place.case].calls):
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
