"""The comparisons: what counts as right, and which difference is told first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.checking import (
    allowed_error,
    draw_array,
    draw_distinct,
    draw_positive,
    expect_array,
    expect_equal,
    expect_handle,
    expect_integer,
    expect_message,
    expect_number,
    expect_truth,
    expect_value_error,
    remember,
    rng,
)
from grader.checking.compare import CheckFailed, observing_errors
from grader.client.values import spell, structured
from grader.errors import StudentRaised, StudentReturnedOther
from grader.results import Failure
from grader.worker.wire import Handle, Unsupported

WANTED = np.array([[1.0, 2.0], [3.0, -4.0]])


def failure(compare: Callable[..., Any], *arguments: Any, **keywords: Any) -> Failure:
    """What a comparison that must fail says."""
    with pytest.raises(CheckFailed) as raised:
        compare(*arguments, **keywords)
    return raised.value.failure


@pytest.mark.parametrize(
    ("got", "what", "shown"),
    [
        (None, "the output is not a NumPy array", "None (is the return statement missing?)"),
        (
            [[1.0, 2.0], [3.0, -4.0]],
            "the output is not a NumPy array",
            "a list of 2: list [1.0, 2.0], list [3.0, -4.0]",
        ),
        (
            Unsupported("complex128 array of shape (2, 2)"),
            "the output is not an array of floating point numbers",
            "complex128 array of shape (2, 2)",
        ),
        (Handle(1, "Tensor"), "the output is not a NumPy array", "an object of type Tensor"),
        (WANTED[:, :1], "the output has the wrong shape", "(2, 1)"),
        (WANTED.astype(int), "the output has the wrong dtype", "int64"),
        (WANTED > 0, "the output has the wrong dtype", "bool"),
    ],
)
def test_type_then_shape_then_dtype(got: Any, what: str, shown: str) -> None:
    told = failure(expect_array, got, WANTED)
    assert (told.what, told.got) == (what, shown)


def test_the_first_differing_entry_is_told_with_its_error() -> None:
    got = WANTED.copy()
    got[1] += 0.5
    told = failure(expect_array, got, WANTED, np.abs(WANTED))
    assert (told.index, told.wanted, told.got, told.share_differing) == ((1, 0), 3.0, 3.5, 0.5)
    assert told.error == 0.5 and told.allowed_error == pytest.approx(float(allowed_error(3.0)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_a_number_is_wrong(bad: float) -> None:
    got = WANTED.copy()
    got[0, 1] = bad
    assert failure(expect_array, got, WANTED).index == (0, 1)


def test_float32_results_and_other_layouts_are_right() -> None:
    for got in (WANTED.astype(np.float32), np.asfortranarray(WANTED), np.stack([WANTED] * 2, -1)[..., 0]):
        expect_array(got, WANTED)


def test_the_tolerance_is_componentwise() -> None:
    """An error that is small beside the largest entry is still an error in a small one."""
    wanted = np.array([1e6, 1e-3])
    expect_array(np.array([1e6 + 1, 1e-3]), wanted)
    assert failure(expect_array, np.array([1e6, 1e-3 + 1e-6]), wanted).index == (1,)
    expect_array(np.array([1e6, 1e-3 + 1e-6]), wanted, bound=np.array([1e6, 1.0]))


def test_zero_is_exact_without_a_bound() -> None:
    expect_array(np.zeros(2), np.zeros(2))
    failure(expect_array, np.array([0.0, 1e-12]), np.zeros(2))


def test_largest_errors_are_observed_as_shares() -> None:
    with observing_errors() as shares:
        expect_array(WANTED, WANTED)
        expect_array(WANTED + 0.5 * allowed_error(WANTED), WANTED)
    assert shares == [0.0, pytest.approx(0.5, rel=1e-3)]


@pytest.mark.parametrize("right", [5, 5.0, np.int64(5), np.float32(5), np.array(5)])
def test_whole_numbers_in_any_type(right: Any) -> None:
    expect_integer(right, 5)
    expect_number(right, 5.0)


@pytest.mark.parametrize("wrong", [True, None, "5", 5.5, 6, np.array([5]), float("nan"), Handle(1), (5,)])
def test_what_is_not_the_whole_number(wrong: Any) -> None:
    failure(expect_integer, wrong, 5)


def test_large_whole_numbers_are_compared_exactly() -> None:
    expect_integer(2**200, 2**200)
    failure(expect_integer, 2**200 + 1, 2**200)
    failure(expect_integer, float(2**60), 2**60 + 1)


def test_the_compared_value_is_kept_for_the_script() -> None:
    got = np.float64(2.0)
    with pytest.raises(CheckFailed) as raised:
        expect_number(got, 3.0)
    assert raised.value.value is got


@pytest.mark.parametrize("right", [True, np.True_, 1, np.int8(1)])
def test_truth_in_any_type(right: Any) -> None:
    expect_truth(right, True)
    assert failure(expect_truth, right, False).got is True


@pytest.mark.parametrize("wrong", [None, 2, "yes", np.array([True])])
def test_what_is_neither_true_nor_false(wrong: Any) -> None:
    assert "neither True nor False" in failure(expect_truth, wrong, True).what


def test_nested_whole_numbers() -> None:
    wanted = [((3, 4), 10), ((5,), 0)]
    expect_equal([[[3, 4], 10], ((5,), 0)], wanted)
    expect_equal([((3.0, np.int64(4)), 10), (np.array([5]), 0)], wanted)
    assert failure(expect_equal, [((3, 4), 10)], wanted).what == "the result has 1 entries"
    assert (
        failure(expect_equal, [((3, 4), 10), ((6,), 0)], wanted).what
        == "entry 0 of entry 0 of entry 1 of the result is wrong"
    )
    assert failure(expect_equal, 5, wanted).what == "the result is not a list"


def test_handles() -> None:
    expect_handle(Handle(1))
    failure(expect_handle, np.zeros(2))


def raising(kind: str, *bases: str, message: str = "") -> Callable[..., Any]:
    def call(*_: Any, **__: Any) -> Any:
        raise StudentRaised(kind, (kind, *bases, "Exception"), message, ())

    return call


def test_value_errors() -> None:
    assert expect_value_error(raising("ValueError", message="stride 0"), 1, why="the stride is 0") == "stride 0"
    assert expect_value_error(raising("Mine", "ValueError"), why="a subclass will do") == ""
    told = failure(expect_value_error, lambda: 7, why="the stride is 0")
    assert (told.what, told.got) == ("no ValueError was raised although the stride is 0", "no error; returned 7")
    with pytest.raises(StudentRaised):
        expect_value_error(raising("TypeError"), why="another error is not it")


@pytest.mark.parametrize(
    "message", ["stride must be at least 1, got 0", "Stride=0", "stride: 0.", "bad stride (0, 2)", "kernel_stride '0'",
                "stride 0x2", "stride 3x0 is too small"],
)  # fmt: skip
def test_messages_that_name_argument_and_value(message: str) -> None:
    expect_message(message, ("stride",), (0,))


@pytest.mark.parametrize(
    ("message", "value", "named"),
    [
        ("keep_prob is 1.50", 1.5, True),
        ("keep_prob is 1.5", 1.5, True),
        ("keep_prob is 1.55", 1.5, False),
        ("keep_prob is 2.00", 2, True),
        ("keep_prob is 2.01", 2, False),
        ("keep_prob is 20", 2, False),
    ],
)
def test_a_number_may_be_written_with_more_zeros(message: str, value: float, named: bool) -> None:
    if named:
        expect_message(message, ("keep_prob",), (value,))
    else:
        failure(expect_message, message, ("keep_prob",), (value,))


@pytest.mark.parametrize(
    "message",
    ["", "stride is wrong", "got 0", "stride must be >= 10", "stride 0.5", "stride 10", "stride 10x2", "strides0"],
)
def test_messages_that_do_not(message: str) -> None:
    failure(expect_message, message, ("stride",), (0,))


def test_drawn_arrays_are_readable_and_have_no_ties() -> None:
    for draw in (draw_array, draw_distinct):
        values = draw(rng(3), (4, 5))
        assert values.shape == (4, 5) and values.dtype == np.float64 and (values != 0).all()
        assert np.array_equal(values, draw(rng(3), (4, 5)))
        assert np.array_equal(np.round(values, 2), values)
    assert len(np.unique(np.abs(draw_distinct(rng(0), (30, 30))))) == 900
    positive = draw_positive(rng(0), (50,), 0.5, 1.5)
    assert positive.min() >= 0.5 and positive.max() <= 1.5


def test_remembered_results_are_made_once_and_locked() -> None:
    calls = []

    @remember
    def make(size: int) -> tuple[np.ndarray, int]:
        calls.append(size)
        return np.zeros(size), size

    assert make(3)[0] is make(3)[0] and calls == [3]
    with pytest.raises(ValueError, match="read-only"):
        make(3)[0][0] = 1


def test_the_structure_of_results() -> None:
    names = ("out", ("mean", "var"), "cache")
    array, handle = np.zeros(2), Handle(1)
    assert structured([array, (1.0, 2.0), handle], names) == (array, (1.0, 2.0), handle)
    out, (mean, var), _ = structured((array, np.array([[1.0], [2.0]]), handle), names)
    assert out is array and mean == [1.0] and var == [2.0]
    assert structured(array, ("out",)) is array
    for wrong in (array, (array, handle), (array, 1.0, handle), None):
        with pytest.raises(StudentReturnedOther, match=r"wanted a tuple"):
            structured(wrong, names)
    assert spell(names) == "(out, (mean, var), cache)"
