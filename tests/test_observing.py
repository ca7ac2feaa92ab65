"""What is said of wrong answers that no misconception explains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.checking import Rng, Trait, draw_array, expect_array, fail, rng
from grader.checking.judge import CaseRun, run_case
from grader.client.local import LocalBackend
from grader.client.student import Student
from grader.course import Course, Topic
from grader.diagnosis import wrong_feeder
from grader.evidence import Replays
from grader.observing import observe

SHAPES = ((2, 3), (3, 2), (4, 4), (1, 5), (3, 3))
SQUARE = Trait("square inputs", "non-square one", lambda a: a["x"].shape[0] == a["x"].shape[1])


def forward(x: np.ndarray, factor: float) -> Any:
    """The right one."""
    return x * factor, (x, factor)


def backward(dout: np.ndarray, cache: Any) -> Any:
    """The right one."""
    return dout * cache[1], (dout * cache[0]).sum()


ORACLE = {"scale_forward": forward, "scale_backward": backward}


@pytest.fixture
def topic(course: Course) -> Topic:
    """The tiny course's topic."""
    return course.topic("area")


def runs_of(topic: Topic, function: str, code: Callable[..., Any]) -> list[CaseRun]:
    """Every shape once, with the function replaced."""

    def body(student: Any, shape: tuple[int, int]) -> None:
        x, dout = draw_array(rng(1), shape), draw_array(rng(2), shape)
        out, cache = student.scale_forward(x, 2.0)
        if function == "scale_forward":
            expect_array(out, 2 * x)
        else:
            dx, dfactor = student.scale_backward(dout, cache)
            expect_array(dx, 2 * dout)
            expect_array(dfactor, (dout * x).sum(), np.abs(dout * x).sum())

    student = Student(topic, LocalBackend({**ORACLE, function: code}))
    return [run_case(body, student, {"shape": shape}, {}) for shape in SHAPES]


def seen(topic: Topic, function: str, code: Callable[..., Any]) -> tuple[str, ...]:
    """The observations on a wrong function."""
    runs = runs_of(topic, function, code)
    return observe(function, runs, runs, Replays(topic, ORACLE), [SQUARE])


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (lambda x, f: (x * f * 3, None), "out is 3 times the expected one"),
        (lambda x, f: (x * f / x.shape[0], None), "out is 1/N of the expected one"),
        (lambda x, f: (x * f * x.shape[1], None), "out is D times the expected one"),
        (lambda x, f: (x * f / x.size, None), "out is 1/(number of entries) of the expected one"),
        (lambda x, f: (-x * f, None), "out is the expected one with the sign changed"),
        (lambda x, f: (x * f + 0.5, None), "out is too large by 0.5 everywhere"),
        (lambda x, f: ((x * f).T, None), "out is the expected one with its rows and columns exchanged"),
        (lambda x, f: ((x * f)[::-1, ::-1], None), "out is the expected one rotated by 180 degrees"),
        (lambda x, f: (x[:-1, :-1], None), "out is 1 row and 1 column smaller than the expected one"),
        (lambda x, f: (np.pad(x, ((0, 0), (1, 1))), None), "out is 2 columns larger than the expected one"),
        (
            lambda x, f: (np.ones(x.shape[::-1]), None),
            "out is as large as the expected one with its rows and columns exchanged",
        ),
        (lambda x, f: (x[0:-0], None), "out is empty: it has no entries at all"),
        (lambda x, f: (x * 0, None), "out is always 0"),
        (lambda x, f: ((x * f)[::-1], None), "out is the expected one with its rows in reverse order"),
        (lambda x, f: (np.abs(x * f), None), "out is the absolute value of the expected one"),
        (lambda x, f: ((x * f) ** 2, None), "out is the square of the expected one"),
        (lambda x, f: (1 / (x * f), None), "out is 1 divided by the expected one"),
        (lambda x, f: (np.maximum(x * f, 0), None), "out is the expected one, but 0 where that is negative"),
    ],
)
def test_relations_to_the_right_answer(topic: Topic, code: Callable[..., Any], sentence: str) -> None:
    assert seen(topic, "scale_forward", code)[0] == sentence


def test_relations_of_vectors_and_numbers(topic: Topic) -> None:
    def vector(x: np.ndarray, factor: float) -> Any:
        return x[0] * factor, None

    runs = runs_of(topic, "scale_forward", lambda x, factor: (x[0] * 2 * factor, None))
    assert observe("scale_forward", runs, runs, Replays(topic, {**ORACLE, "scale_forward": vector}), []) == (
        "out is 2 times the expected one",
    )


def test_very_small_errors_are_not_alike_for_being_small(topic: Topic) -> None:
    def zeros(x: np.ndarray, factor: float) -> Any:
        return x * 0, None

    def body(student: Any, shape: tuple[int, int]) -> None:
        expect_array(student.scale_forward(draw_array(rng(1), shape), 2.0)[0], np.zeros(shape))

    for code, sentences in (
        (lambda x, factor: (x * 1e-9, None), ()),
        (lambda x, factor: (np.full(x.shape, 1e-9), None), ("out is too large by 1e-09 everywhere",)),
    ):
        student = Student(topic, LocalBackend({**ORACLE, "scale_forward": code}))
        runs = [run_case(body, student, {"shape": shape}, {}) for shape in SHAPES]
        assert observe("scale_forward", runs, runs, Replays(topic, {**ORACLE, "scale_forward": zeros}), []) == sentences


def test_nothing_is_said_of_a_factor_as_good_as_1(topic: Topic) -> None:
    assert seen(topic, "scale_forward", lambda x, factor: (x * factor * 1.00004, None)) == ()


def test_nothing_is_said_of_results_where_some_calls_raise(topic: Topic) -> None:
    def raising(x: np.ndarray, factor: float) -> Any:
        if x.shape[0] == 1:
            raise IndexError("out of range")
        return x * 3 * factor, None

    assert seen(topic, "scale_forward", raising) == ()


def test_the_same_case_twice_is_no_relation(topic: Topic) -> None:
    runs = runs_of(topic, "scale_forward", lambda x, factor: (x * 3 * factor, None))
    assert observe("scale_forward", [runs[0], runs[0]], [runs[0], runs[0]], Replays(topic, ORACLE), []) == ()


def test_where_the_wrong_entries_lie(topic: Topic) -> None:
    def but(place: Any) -> Callable[..., Any]:
        def wrong(x: np.ndarray, factor: float) -> Any:
            out = x * factor
            out[place] = np.sin(out[place])
            return out, None

        return wrong

    sentences = {
        "out is right in the first row alone": np.s_[1:],
        "out is wrong in the last column alone": np.s_[:, -1],
        "out is wrong in the first column alone": np.s_[:, 0],
    }
    for sentence, place in sentences.items():
        runs = [run for run in runs_of(topic, "scale_forward", but(place)) if min(run.case["shape"]) > 1]
        assert observe("scale_forward", runs, runs, Replays(topic, ORACLE), []) == (sentence,)


def test_the_last_row_may_be_the_only_one(topic: Topic) -> None:
    def wrong(x: np.ndarray, factor: float) -> Any:
        out = x * factor
        out[-1] = np.sin(out[-1])
        return out, None

    assert seen(topic, "scale_forward", wrong)[0] == "out is wrong in the last row alone"


def test_of_a_part_that_was_not_refused_nothing_is_said(topic: Topic) -> None:
    """dfactor is wrong too, but dx is what every case failed for."""

    def wrong(dout: np.ndarray, cache: Any) -> Any:
        return np.sin(dout) + 0.25 * dout**2, 0.5 * (dout * cache[0]).sum()

    assert not any("dfactor" in sentence for sentence in seen(topic, "scale_backward", wrong))


def test_a_backward_pass_is_not_blamed_for_what_forward_kept(topic: Topic) -> None:
    def forward_of_thrice(x: np.ndarray, factor: float) -> Any:
        return 3 * x * factor, (x, 3 * factor)

    def body(student: Any, shape: tuple[int, int]) -> None:
        x, dout = draw_array(rng(1), shape), draw_array(rng(2), shape)
        _, cache = student.scale_forward(x, 2.0)
        expect_array(student.scale_backward(dout, cache)[0], 2 * dout)

    for forward_code, feeder in ((forward_of_thrice, "scale_forward"), (forward, None)):
        functions = {"scale_forward": forward_code, "scale_backward": lambda dout, cache: (3 * dout * cache[1], 0.0)}
        student = Student(topic, LocalBackend(functions))
        runs = [run_case(body, student, {"shape": shape}, {}) for shape in SHAPES]
        assert wrong_feeder("scale_backward", runs, Replays(topic, ORACLE)) == feeder


def test_each_part_of_a_result_is_spoken_of(topic: Topic) -> None:
    def mean(dout: np.ndarray, cache: Any) -> Any:
        return dout * cache[1], (dout * cache[0]).sum() / dout.shape[0]

    assert seen(topic, "scale_backward", mean) == ("dfactor is 1/N of the expected one",)


def test_where_it_is_right_and_where_wrong(topic: Topic) -> None:
    def squares_only(x: np.ndarray, factor: float) -> Any:
        return (x * factor if x.shape[0] == x.shape[1] else np.sin(x)), None

    assert seen(topic, "scale_forward", squares_only) == ("right for square inputs, wrong for every non-square one",)


def test_where_it_is_always_right(topic: Topic) -> None:
    def wrong_for_some_others(x: np.ndarray, factor: float) -> Any:
        return (np.sin(x) if x.shape[0] < x.shape[1] else x * factor), None

    runs = [run for _ in range(8) for run in runs_of(topic, "scale_forward", wrong_for_some_others)]
    assert observe("scale_forward", runs, runs, Replays(topic, ORACLE), [SQUARE]) == (
        "always right for square inputs, often wrong for others",
    )
    few = runs[:5]
    assert observe("scale_forward", few, few, Replays(topic, ORACLE), [SQUARE]) == ()


def test_traits_know_the_forwards_arguments_behind_a_cache(topic: Topic) -> None:
    def squares_only(dout: np.ndarray, cache: Any) -> Any:
        return (dout * cache[1] if dout.shape[0] == dout.shape[1] else np.sin(dout)), (dout * cache[0]).sum()

    assert seen(topic, "scale_backward", squares_only) == ("right for square inputs, wrong for every non-square one",)


def test_nothing_is_said_where_nothing_holds_without_exception(topic: Topic) -> None:
    assert seen(topic, "scale_forward", lambda x, f: (np.sin(x), None)) == ()
    assert seen(topic, "scale_forward", lambda x, f: 1 / 0) == ()


def test_of_a_random_result_it_is_not_said_where_it_is_right(topic: Topic) -> None:
    """One mask for all rows begins as the right mask of the same generator does; the other rows are no worse."""

    def right(x: np.ndarray, generator: np.random.Generator) -> Any:
        return x * (generator.random(x.shape) < 0.5), None

    def one_mask(x: np.ndarray, generator: np.random.Generator) -> Any:
        return x * (generator.random(x.shape[1]) < 0.5), None

    def body(student: Any, seed: int) -> None:
        out, _ = student.scale_forward(np.ones((6, 8)), Rng(seed))
        if (out == out[0]).all():
            fail("all rows have the same mask")

    student = Student(topic, LocalBackend({**ORACLE, "scale_forward": one_mask}))
    runs = [run_case(body, student, {"seed": seed}, {}) for seed in range(4)]
    assert observe("scale_forward", runs, runs, Replays(topic, {**ORACLE, "scale_forward": right}), []) == ()


def test_the_first_number_of_a_list_is_not_the_result(course: Course) -> None:
    topic = course.topic("area")

    def body(student: Any, height: int) -> None:
        if student.area(height, 3) != [(height, 3), (7, 7)]:
            fail("the list is wrong")

    student = Student(topic, LocalBackend({**ORACLE, "area": lambda height, width: [(2 * height, width), (7, 7)]}))
    runs = [run_case(body, student, {"height": height}, {}) for height in range(1, 5)]
    oracle = {**ORACLE, "area": lambda height, width: [(height, width), (7, 7)]}
    assert observe("area", runs, runs, Replays(topic, oracle), []) == ()
