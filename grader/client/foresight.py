"""Which requests are sent before they are asked for, so that the worker computes while the grader compares.

That is only ever the first call of a coming case, and only once the last call of every case before it was sent. A later
call's arguments may hold what the submission that made the plan returned, which is to say the right answer to an earlier
call, and code that reads its requests ahead would find it there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from grader.worker.wire import Handle

if TYPE_CHECKING:
    from .student import Call


class OutOfStep(Exception):
    """A check called something else than was foreseen: the case is to be run again, one call at a time."""


class Ahead(NamedTuple):
    """A request sent ahead: the case whose first call it is, its function and number."""

    case: int
    function: str
    number: int


class Foresight:
    """Where a check stands in the plan of its calls, and what was sent ahead; without a plan, nothing is foreseen."""

    def __init__(self, plan: Sequence[Sequence[Call]] = ()) -> None:
        self._plan = plan
        self._case, self._taken = -1, 0
        self.sent: deque[Ahead] = deque()

    def begin_case(self) -> Iterator[Ahead]:
        """Go on to the next case; gives what was sent ahead for cases that are over."""
        self._case, self._taken = self._case + 1, 0
        while self.sent and self.sent[0].case < self._case:
            yield self.sent.popleft()

    def take(self, call: Call) -> int | None:
        """The number under which the call was sent already; None where it was not. Raises OutOfStep."""
        planned = self._planned(self._case)
        was_sent = self._taken == 0 and bool(self.sent) and self.sent[0].case == self._case
        right = self._taken < len(planned) and planned[self._taken].function == call.function
        if not right or (was_sent and not _same_call(planned[0], call)):
            if self.sent:
                raise OutOfStep
            self._plan = ()
            return None
        self._taken += 1
        return self.sent.popleft().number if was_sent else None

    def coming(self) -> Iterator[tuple[int, Call]]:
        """The calls that may be sent now, each with its case."""
        if self._taken == 0 or self._taken < len(self._planned(self._case)):
            return
        case = (self.sent[-1].case if self.sent else self._case) + 1
        while self._planned(case) and (case - 1 == self._case or len(self._planned(case - 1)) == 1):
            yield case, self._plan[case][0]
            case += 1

    def _planned(self, case: int) -> Sequence[Call]:
        return self._plan[case] if 0 <= case < len(self._plan) else ()


def _same_call(planned: Call, call: Call) -> bool:
    return (
        planned.function == call.function
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
