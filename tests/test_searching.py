"""The search for a smaller failing case, and the choices that cases are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.checking import choices, searching
from grader.checking.cases import draw, is_drawn, load_profile
from grader.checking.choices import Case, case_of
from grader.checking.searching import Search, Size
from grader.checking.suite import Suite

Check = Callable[..., Any]
ROUNDS = 30


@pytest.fixture(autouse=True)
def profile() -> None:
    """Draw as grading does."""
    load_profile()


@st.composite
def pooling(draw: st.DrawFn) -> tuple[int, int, int]:
    """A side, a window that fits into it, a stride."""
    side = draw(st.integers(1, 8))
    window = draw(st.integers(1, side))
    return side, window, draw(st.integers(1, 3))


@given(case=pooling(), seed=st.integers(0, 999))
def windows(student: Any, case: tuple[int, int, int], seed: int) -> None:
    """Numbers that depend on each other."""


@given(sides=st.lists(st.integers(1, 5), min_size=1, max_size=6), flip=st.booleans())
def lists(student: Any, sides: list[int], flip: bool) -> None:
    """Lists."""


@given(number=st.integers(0, 40).filter(lambda number: number % 2 == 0), other=st.sampled_from("abc"))
def refused(student: Any, number: int, other: str) -> None:
    """What a strategy refuses."""


def search(
    test: Check, fails: Callable[..., bool], size: Callable[..., Size], seed: int, book: Search | None = None
) -> list[str]:
    """What is tried, in order, where cases drawn for the seed fail; the smallest failing one comes last."""
    cases = draw(test, seed)
    pairs = zip(cases.drawn, cases.choices, strict=True)
    begins = sorted((size(**case), made) for case, made in pairs if made and fails(**case))
    tried, failing = [], [(size(**case), repr(case)) for case in cases.drawn if fails(**case)]

    def measure(case: Case) -> Size | None:
        tried.append(repr(case))
        if not fails(**case):
            return None
        failing.append((size(**case), repr(case)))
        return size(**case)

    (book or Search(test)).run([made for _, made in begins], measure)
    return [*tried, min(failing)[1]] if failing else tried


def smallest(test: Check, fails: Callable[..., bool], size: Callable[..., Size]) -> set[str]:
    """The smallest cases that are found, from what is drawn for several seeds."""
    found = (search(test, fails, size, seed) for seed in range(ROUNDS))
    return {tried[-1] for tried in found if tried}


def windows_size(case: tuple[int, int, int], seed: int) -> Size:
    """By entries first."""
    side, window, stride = case
    return side * side, window + stride, seed


@pytest.mark.parametrize(
    ("fails", "expected"),
    [
        (lambda case, seed: True, ((1, 1, 1), 0)),
        (lambda case, seed: case[2] > 1, ((1, 1, 2), 0)),
        (lambda case, seed: case[0] % case[1] != 0, ((3, 2, 1), 0)),
        (lambda case, seed: case[0] == case[1] != 1, ((2, 2, 1), 0)),
        (lambda case, seed: case[0] > 2 and seed > 100, ((3, 1, 1), 101)),
        (lambda case, seed: (case[0] - case[1]) % case[2] != 0, ((2, 1, 2), 0)),
    ],
)
def test_what_depends_on_each_other_gets_as_small_as_it_can(
    fails: Callable[..., bool], expected: tuple[tuple[int, int, int], int]
) -> None:
    case, seed = expected
    found = smallest(windows, fails, windows_size)
    assert found and {one.partition(", 'seed'")[0] for one in found} == {f"{{'case': {case}"}
    assert seed > 0 or found == {repr({"case": case, "seed": 0})}


def lists_size(sides: list[int], flip: bool) -> Size:
    """By length first."""
    return len(sides), sum(sides)


@pytest.mark.parametrize(
    ("fails", "expected"),
    [
        (lambda sides, flip: len(sides) > 1, {"sides": [1, 1], "flip": False}),
        (lambda sides, flip: 4 in sides, {"sides": [4], "flip": False}),
        (lambda sides, flip: flip and len(sides) > 2, {"sides": [1, 1, 1], "flip": True}),
    ],
)
def test_items_that_do_not_matter_are_left_out(fails: Callable[..., bool], expected: dict[str, Any]) -> None:
    assert smallest(lists, fails, lists_size) == {repr(expected)}


def test_what_a_strategy_refuses_is_not_tried() -> None:
    tried = search(refused, lambda number, other: number > 8, lambda number, other: (number,), 1)
    assert tried[-1] == repr({"number": 10, "other": "a"})
    assert not any(f"'number': {odd}," in case for case in tried for odd in range(1, 40, 2))


WRONG: list[Callable[..., bool]] = [
    lambda case, seed: case[2] > 1,
    lambda case, seed: case[0] % case[1] != 0,
    lambda case, seed: seed % 2 == 1,
    lambda case, seed: case[0] > 4,
]


def test_what_others_tried_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = [search(windows, fails, windows_size, 5) for fails in WRONG]
    for most in (searching.CASES, 3):
        monkeypatch.setattr(searching, "CASES", most)
        book = Search(windows)
        assert [search(windows, fails, windows_size, 5, book) for fails in WRONG * 2] == alone * 2
        assert len(book._made) <= most


def test_a_case_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    book = Search(windows)
    first = search(windows, WRONG[0], windows_size, 5, book)
    monkeypatch.setattr(searching, "case_of", lambda *_: pytest.fail("made again"))
    assert search(windows, WRONG[0], windows_size, 5, book) == first


def test_without_the_choices_the_drawn_cases_are_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choices, "drawing", None)
    assert search(windows, WRONG[0], windows_size, 5)[:-1] == []
    monkeypatch.setattr(choices, "control", None)
    assert set(draw(windows, 5).choices) == {None}


def test_every_drawn_case_of_the_course_is_made_again_of_its_choices(course_suite: Suite) -> None:
    count = 0
    for check in (check for check in course_suite if is_drawn(check.test)):
        cases = draw(check.test, 3)
        for case, made in zip(cases.drawn[cases.explicit :], cases.choices[cases.explicit :], strict=True):
            assert made is not None
            again = case_of(check.test, made)
            assert again is not None and repr(again.case) == repr(case) and again.choices == made
            count += 1
    assert count > 1000
