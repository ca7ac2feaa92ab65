"""The search for a smaller failing case: what a case is made of is made simpler, bit by bit, as long as it still fails.

The cases are of the check's own strategies, so none is tried that could not have been drawn. Those that were made are
remembered from one submission to the next. Which are tried follows from the check, from where the search begins, and from
which of them fail; by nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any

from grader.checking.choices import Case, Choices, Drawn, case_of

CASES = 400
"""So many are remembered of one check. One takes 1,900 bytes; after a class of 100 a check had 24 on average, 320 at most."""
SMALL = 4
"""Entries: of a case that has as few, or fewer, no smaller one is looked for."""
BEGINS = 2
"""Failing cases that the search begins from, where the first does not lead to a small one."""
NEXT = 4
"""Values next to the simplest that are tried for a number, before the distance is halved."""
HALVINGS = 6
"""Halvings of the distance: more would be spent on seeds, of which one is as simple as the other."""

Size = tuple[float, ...]
Measure = Callable[[Case], Size | None]
"""Tries a case: its size where it fails, None where it does not."""


@dataclass
class Search:
    """The search of one check; `test` is its test function."""

    test: Callable[..., Any]
    _made: dict[Choices, Drawn | None] = field(default_factory=dict)

    def run(self, begins: Iterable[Choices], measure: Measure) -> None:
        """Measure simpler and simpler cases, from a failing one on, and from the next where that led to no small one.

        `begins` are the choices of failing cases, the smallest first. What `measure` raises ends the search.
        """
        for begin in islice(begins, BEGINS):
            start = self._make(begin)
            size = measure(start.case) if start is not None else None
            if start is None or size is None:
                continue
            descent = _Descent(self._make, measure, start, size)
            descent.run()
            if descent.size[0] <= SMALL:
                return

    def _make(self, choices: Choices) -> Drawn | None:
        key = _key(choices)
        if key not in self._made:
            if len(self._made) >= CASES:
                self._made.clear()
            self._made[key] = case_of(self.test, choices)
        return self._made[key]


def _key(choices: Choices) -> Choices:
    """Tells choices apart that Python takes for equal, such as 1 and True."""
    return tuple((type(choice).__name__, repr(choice)) for choice in choices)


@dataclass
class _Descent:
    """One search under way: the smallest failing case so far, and what was tried."""

    make: Callable[[Choices], Drawn | None]
    measure: Measure
    best: Drawn
    size: Size
    tried: set[Choices] = field(default_factory=set)

    def run(self) -> None:
        """Try everything until it all brings nothing."""
        before = None
        while before is not self.best:
            before = self.best
            self._simplify()
            self._leave_out()
            self._lower_together()
            self._lower()

    def _attempt(self, choices: Choices) -> bool:
        """Whether the case of these choices fails and is no larger; it is the best then."""
        made = self.make(choices)
        if made is None or made.choices == self.best.choices or (key := _key(made.choices)) in self.tried:
            return False
        self.tried.add(key)
        size = self.measure(made.case)
        if size is None or size > self.size:
            return False
        self.best, self.size = made, size
        return True

    def _with(self, changes: dict[int, Any]) -> Choices:
        return tuple(changes.get(place, choice) for place, choice in enumerate(self.best.choices))

    def _open(self) -> list[int]:
        """The places where a choice is not at its simplest."""
        best = self.best
        return [place for place, choice in enumerate(best.choices) if repr(choice) != repr(best.simplest[place])]

    def _simplify(self) -> None:
        """All choices to their simplest, then halves of them, down to each one by itself."""
        count = len(self._open())
        while count:
            position = 0
            while places := self._open()[position : position + count]:
                if not self._attempt(self._with({place: self.best.simplest[place] for place in places})):
                    position += count
            count //= 2

    def _leave_out(self) -> None:
        """Items of lists, the last ones first."""
        for begin, end in reversed(self.best.optional):
            if end <= len(self.best.choices):
                self._attempt(self.best.choices[:begin] + self.best.choices[end:])

    def _lower_together(self) -> None:
        """Whole numbers by one, those that are equal and those next to each other: a square stays one, a window still fits."""
        choices, numbers = self.best.choices, self._numbers()
        equal = [
            [place for place in numbers if choices[place] == number]
            for number in dict.fromkeys(map(choices.__getitem__, numbers))
        ]
        for places in (*(group for group in equal if len(group) > 1), *map(list, pairwise(numbers))):
            still = [place for place in places if self._is_number(place)]
            self._attempt(
                self._with({place: _nearer(self.best.choices[place], self.best.simplest[place]) for place in still})
            )

    def _lower(self) -> None:
        """Each whole number: to one of those next to the simplest, which was tried already, or by halving the distance."""
        for place in self._numbers():
            if not self._is_number(place):
                continue
            number, goal = self.best.choices[place], self.best.simplest[place]
            away = 1 if number > goal else -1
            nearest = range(1, min(NEXT + 1, abs(number - goal)))
            if any(self._attempt(self._with({place: goal + away * distance})) for distance in nearest):
                continue
            passes, fails = NEXT, abs(number - goal)
            for _ in range(HALVINGS):
                if fails - passes < 2 or not self._is_number(place):
                    break
                middle = (passes + fails) // 2
                if self._attempt(self._with({place: goal + away * middle})):
                    fails = middle
                else:
                    passes = middle

    def _is_number(self, place: int) -> bool:
        return place < len(self.best.choices) and type(self.best.choices[place]) is int

    def _numbers(self) -> list[int]:
        return [place for place in self._open() if type(self.best.choices[place]) is int]


def _nearer(number: int, goal: int) -> int:
    return number if number == goal else number - 1 if number > goal else number + 1
