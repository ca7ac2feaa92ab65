"""The scripts that show a failure: short enough for 80 columns, and never broken where a student copies them."""

from __future__ import annotations

import ast
import io
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from grader.checking.compare import CheckFailed
from grader.checking.judge import CaseRun
from grader.checking.models import Description, expect_description
from grader.checking.raising import wants_a_value
from grader.checking.snippet import call_in_words, script
from grader.client.local import LocalBackend
from grader.client.student import Student
from grader.course import Course, Topic
from grader.report.plain import difference
from grader.report.terminal import explanation, print_parts
from grader.report.text import value
from grader.results import CheckResult, Failure, Outcome

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "area": lambda height, width: 7,
    "scale_forward": lambda x, factor: (x * factor, (x, factor)),
}


@pytest.fixture
def topic(course: Course) -> Topic:
    """The tiny course's topic."""
    return course.topic("area")


def script_of(
    topic: Topic, body: Callable[[Student], Any], failure: Failure, compared: Callable[[CaseRun], Any] = lambda run: 7
) -> str:
    """The script of a failure in what `body` calls."""
    student = Student(topic, LocalBackend(FUNCTIONS))
    student.begin_case()
    body(student)
    run = CaseRun({}, student.transcript, CheckFailed(failure))
    code = script(run, topic, FUNCTIONS, failure, compared(run))
    assert code is not None
    ast.parse(code)
    return code


def test_a_long_call_has_an_argument_on_each_line(topic: Topic) -> None:
    layers = [("conv", 64, 3, 1, 1), ("max_pool", 2, 2)] * 8
    code = script_of(topic, lambda student: student.area(layers, (3, 224, 224)), Failure("x", wanted=1))
    assert "area(\n    [('conv', 64, 3, 1, 1)," in code and "\n    (3, 224, 224),\n)\n" in code
    assert max(map(len, code.splitlines())) <= 72


def test_a_long_note_stands_below_in_comments(topic: Topic) -> None:
    wanted = "a slope of -0.00542134 along a direction, as sigmoid_forward changes where the given cache was made"
    code = script_of(topic, lambda student: student.area(1, 2), Failure("x", wanted=wanted))
    *_, printed, first, second = code.splitlines()
    assert printed.startswith("print(") and f"{first[2:]} {second[2:]}" == f"wanted: {wanted}"
    assert first.startswith("# ") and second.startswith("# ")


def test_of_a_wrong_shape_the_shape_is_printed(topic: Topic) -> None:
    code = script_of(
        topic,
        lambda student: student.scale_forward(np.ones((1, 2)), 2.0),
        Failure("out has the wrong shape", wanted="(2,)", got="(1, 2)"),
        lambda run: run.calls[0].result[0],
    )
    assert code.endswith("print(out.shape)  # wanted: (2,)\n")


def test_the_terminal_leaves_lines_of_a_script_whole(topic: Topic) -> None:
    code = f"print({'1 + ' * 40}1)\n"
    for reproduce, shown in (
        (code, f"\n        {code}"),
        ("pass\n" * 50, "\n        convgrade show-case area/any\n        prints a script of 50 lines.\n"),
    ):
        failure = Failure("the area is wrong", reproduce=reproduce)
        check = CheckResult("area/any", "Any.", Outcome.FAILED, Fraction(0), Fraction(1), failure)
        out = io.StringIO()
        print_parts([explanation(check, set())], Console(file=out, width=40))
        assert out.getvalue().endswith(f"To see it yourself:{shown}")


def test_empty_arrays_are_told_by_their_shape(topic: Topic) -> None:
    student = Student(topic, LocalBackend(FUNCTIONS))
    student.begin_case()
    student.scale_forward(np.zeros((0, 3)), 2.0)
    told = call_in_words(CaseRun({}, student.transcript, None), FUNCTIONS)
    assert told == "scale_forward(x: (0, 3) array, factor=2.0)"


def test_a_single_number_has_no_share_of_entries_and_zero_no_sign() -> None:
    one = Failure(
        "the loss is wrong", wanted=-0.0, got=2.0, index=(), error=2.0, allowed_error=1e-6, share_differing=1.0
    )
    assert difference(one) == ["the loss is wrong", "wanted 0, got 2", "error 2, allowed 1e-06"]
    several = Failure("dx is wrong", 0.0, 2.0, (1,), 2.0, 1e-6, 0.5)
    assert difference(several)[-1] == "error 2, allowed 1e-06; 50% of the entries differ"
    assert value(-0.0) == "0"


def test_what_was_drawn_is_told_only_where_no_script_holds_it() -> None:
    assert difference(Failure("x", case="n=1")) == ["x", "case n=1"]
    assert difference(Failure("x", case="n=1", reproduce="f(1)\n")) == ["x"]


def test_of_an_error_that_is_missing_no_more_is_observed() -> None:
    assert wants_a_value(Failure("dx is wrong", wanted=1.0)) and not wants_a_value(Failure("x", wanted="ValueError"))


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ((), "the number of parameters is wrong: PyTorch finds none (layers in a plain list or dictionary are not "),
        (
            (4, 4, 9),
            "the number of parameters is wrong (1 tensor of 9 entries too many; 2 tensors of 6 entries missing)",
        ),
    ],
)
def test_parameters_too_many_and_missing_are_counted(sizes: tuple[int, ...], told: str) -> None:
    wanted = Description(20, 20, (4, 4, 6, 6))
    with pytest.raises(CheckFailed) as caught:
        expect_description(Description(sum(sizes), sum(sizes), sizes), wanted)
    assert caught.value.failure.what.startswith(told)
