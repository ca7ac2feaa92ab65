"""The search for the smallest failing case, remembered from one submission to the next.

Which case hypothesis tries next is decided by the check, the seed, and which of the cases before it failed; by nothing else.
So what it tried is kept as a tree that branches where cases failed or did not. A submission is judged on the cases along
its own path, the same as if hypothesis had been asked, and hypothesis is asked only where nobody was before. Drawing and
choosing cases takes it several times as long as judging them does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from grader.checking.compare import CheckFailed
from grader.results import Failure

STEPS = 500
"""Of one search. A step was measured to take 650 bytes, so the 344 checks of this course take 110 MB at the very most; of 15
submissions with a mistake in everything, the longest search had 121."""

Explore = Callable[[Callable[[dict[str, Any]], None]], None]


@dataclass
class _Step:
    """A place in the tree: the case tried there and what came after it; or the end of the search; or not known yet."""

    case: dict[str, Any] | None = None
    after: dict[bool, _Step] = field(default_factory=dict)
    is_end: bool = False


@dataclass
class Search:
    """The search of one check for one seed."""

    _first: _Step = field(default_factory=_Step)
    _steps: int = 0

    def run(self, explore: Explore, fails: Callable[[dict[str, Any]], bool]) -> None:
        """Ask `fails` about one case after another, until the search ends or `fails` ends it by an exception.

        `explore` calls what it is given with the cases to be tried, and takes an exception for a case that fails. It
        begins from the start, so `fails` is asked again about cases that it knows.
        """
        step: _Step | None = self._first
        while step is not None and step.case is not None:
            step = step.after.get(fails(step.case))
        if step is None or not step.is_end:
            self._explore(explore, fails)

    def _explore(self, explore: Explore, fails: Callable[[dict[str, Any]], bool]) -> None:
        step: _Step | None = self._first

        def attempt(case: dict[str, Any]) -> None:
            nonlocal step
            here, step = step, None
            if here is not None:
                here.case = case
            failed = fails(case)
            if here is not None:
                step = here.after.get(failed) or self._grow(here, failed)
            if failed:
                raise CheckFailed(Failure(what="a failing case"))

        try:
            explore(attempt)
        except CheckFailed:
            pass
        if step is not None:
            step.is_end = True

    def _grow(self, step: _Step, failed: bool) -> _Step | None:
        if self._steps >= STEPS:
            return None
        self._steps += 1
        step.after[failed] = _Step()
        return step.after[failed]
