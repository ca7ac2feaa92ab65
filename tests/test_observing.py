"""What is said of wrong answers that no misconception explains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.checking import Trait, draw_array, expect_array, rng
from grader.checking.judge import CaseRun, run_case
from grader.client.local import LocalBackend
from grader.client.student import Student
from grader.course import Course, Topic
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
    return observe(function, runs, runs, topic, ORACLE, [SQUARE])


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (lambda x, f: (x * f * 3, None), "out is 3 times the expected one"),
        (lambda x, f: (x * f / x.shape[0], None), "out is 1/N of the expected one"),
        (lambda x, f: (x * f * x.shape[1], None), "out is D times the expected one"),
        (lambda x, f: (-x * f, None), "out is the expected one with the sign changed"),
        (lambda x, f: (x * f + 0.5, None), "out is too large by 0.5 everywhere"),
        (lambda x, f: ((x * f).T, None), "out is the expected one with height and width exchanged"),
        (lambda x, f: ((x * f)[::-1, ::-1], None), "out is the expected one rotated by 180 degrees"),
        (lambda x, f: (x * 0, None), "out is all zeros"),
    ],
)
def test_relations_to_the_right_answer(topic: Topic, code: Callable[..., Any], sentence: str) -> None:
    assert seen(topic, "scale_forward", code)[0] == sentence


def test_each_part_of_a_result_is_spoken_of(topic: Topic) -> None:
    def mean(dout: np.ndarray, cache: Any) -> Any:
        return dout * cache[1], (dout * cache[0]).sum() / dout.shape[0]

    assert seen(topic, "scale_backward", mean) == ("dfactor is 1/N of the expected one",)


def test_where_it_is_right_and_where_wrong(topic: Topic) -> None:
    def squares_only(x: np.ndarray, factor: float) -> Any:
        return (x * factor if x.shape[0] == x.shape[1] else np.sin(x)), None

    assert seen(topic, "scale_forward", squares_only) == ("right for square inputs, wrong for every non-square one",)


def test_traits_know_the_forwards_arguments_behind_a_cache(topic: Topic) -> None:
    def squares_only(dout: np.ndarray, cache: Any) -> Any:
        return (dout * cache[1] if dout.shape[0] == dout.shape[1] else np.sin(dout)), (dout * cache[0]).sum()

    assert seen(topic, "scale_backward", squares_only) == ("right for square inputs, wrong for every non-square one",)


def test_nothing_is_said_where_nothing_holds_without_exception(topic: Topic) -> None:
    assert seen(topic, "scale_forward", lambda x, f: (np.sin(x), None)) == ()
    assert seen(topic, "scale_forward", lambda x, f: 1 / 0) == ()
