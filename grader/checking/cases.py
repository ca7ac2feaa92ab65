"""The cases of a check: drawn by hypothesis once for a seed, and remembered.

A check decorated with `hypothesis.given` stays an ordinary test: under plain pytest hypothesis runs it. Here its inner
function (the documented `hypothesis.inner_test` of such a test) is replaced for a moment by one that only records what is
drawn.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from grader.checking.choices import Case, Choices, choices_now
from grader.checking.plans import make_plan
from grader.checking.searching import Search
from grader.client.foresight import Plan
from grader.client.student import Call

EXAMPLES = 12
PROFILE = "convgrade"


def load_profile() -> None:
    """Make hypothesis draw the same small number of cases everywhere, without files or deadlines."""
    settings.register_profile(
        PROFILE,
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
        verbosity=Verbosity.quiet,
    )
    settings.load_profile(PROFILE)


@dataclass(frozen=True)
class Cases:
    """What a check is run on, in order; the first `explicit` ones are written out in the check.

    `choices` are those that each case is made of, None where that is not known, as for those written out.
    """

    drawn: tuple[Case, ...]
    explicit: int
    seed: int
    choices: tuple[Choices | None, ...] = ()
    search: Search | None = field(default=None, repr=False, compare=False)


@dataclass
class CaseBook:
    """Remembers the cases and the calls of every check and seed, for all submissions graded in this process."""

    _cases: dict[tuple[Callable[..., Any], int], Cases] = field(default_factory=dict)
    _plans: dict[tuple[Callable[..., Any], str, int], Plan] = field(default_factory=dict)

    def cases(self, name: str, test: Callable[..., Any], seed: int) -> Cases:
        """The cases of the check `name`, whose test function is `test`; one empty case where nothing is drawn."""
        key = (inner_function(test), seed)
        if key not in self._cases:
            drawn_with = check_seed(name, seed)
            self._cases[key] = draw(test, drawn_with) if is_drawn(test) else Cases(({},), 1, drawn_with)
        return self._cases[key]

    def plan(self, name: str, test: Callable[..., Any], seed: int, run: Callable[[], Iterable[Sequence[Call]]]) -> Plan:
        """What the check `name` will call in its cases; `run` makes these calls once, and does so on the oracle."""
        key = (inner_function(test), name, seed)
        if key not in self._plans:
            self._plans[key] = make_plan(run())
        return self._plans[key]


def is_drawn(test: Callable[..., Any]) -> bool:
    """Whether hypothesis draws arguments for the test."""
    return bool(getattr(test, "is_hypothesis_test", False))


def check_seed(name: str, seed: int) -> int:
    """The seed of one check: from the run's and its name alone, so that other checks do not matter."""
    return zlib.crc32(f"{seed}/{name}".encode())


def inner_function(test: Callable[..., Any]) -> Callable[..., Any]:
    """The function whose body is the check."""
    return test.hypothesis.inner_test if is_drawn(test) else test  # type: ignore[attr-defined]


def draw(test: Callable[..., Any], seed: int) -> Cases:
    """Draw the cases without running the check; those written out with `@example` come first."""
    drawn: list[tuple[Case, Choices | None]] = []
    _run_drawn(test, seed, lambda case: drawn.append((case, choices_now())))
    explicit = len(getattr(test, "hypothesis_explicit_examples", ()))
    seen: set[str] = set()
    different = []
    for position, (case, choices) in enumerate(drawn):
        if repr(case) not in seen or position < explicit:
            different.append((case, choices if position >= explicit else None))
        seen.add(repr(case))
    cases, made_of = zip(*different, strict=True)
    return Cases(cases, explicit, seed, made_of, Search(test))


def _run_drawn(test: Callable[..., Any], seed: int, body: Callable[[Case], None]) -> None:
    """Let hypothesis call `body` with what the test would be called with."""
    inner = inner_function(test)

    def recorder(**case: Any) -> None:
        case.pop("student", None)
        body(case)

    handle = test.hypothesis  # type: ignore[attr-defined]
    handle.inner_test = recorder
    try:
        with _no_local_constants():
            hypothesis.seed(seed)(test)(student=None)
    finally:
        handle.inner_test = inner


@contextmanager
def _no_local_constants() -> Iterator[None]:
    """Keep hypothesis from mixing in numbers that stand in whatever modules happen to be imported.

    It does so in one draw of twenty, which would make the cases depend on more than the seed. There is no setting for it;
    where a version of hypothesis has no such function, nothing is done (tests/test_judge.py would tell).
    """
    get = getattr(providers, "_get_local_constants", None)
    if get is None:
        yield
        return
    nothing = Constants()
    providers.CONSTANTS_CACHE.cache.clear()
    providers._get_local_constants = lambda: nothing
    try:
        yield
    finally:
        providers._get_local_constants = get
        providers.CONSTANTS_CACHE.cache.clear()
