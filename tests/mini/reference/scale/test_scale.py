"""Checks that use every comparison there is, and pass results on as arguments."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from reference.scale import oracle

from grader.checking import (
    draw_array,
    expect_array,
    expect_equal,
    expect_integer,
    expect_message,
    expect_number,
    expect_truth,
    expect_value_error,
    fail,
    remember,
    rng,
)


class Case(NamedTuple):
    height: int
    width: int
    seed: int


class Sharing(NamedTuple):
    total: int
    parts: int


FEW = settings(max_examples=3, phases=(Phase.explicit, Phase.generate))  # every case is paid for 150 times
CASES = st.builds(Case, st.integers(1, 4), st.integers(1, 4), st.integers(0, 1000))
SHARINGS = st.builds(Sharing, st.integers(1, 40), st.integers(1, 9))


@remember
def data(case):
    generator = rng(case.seed)
    x, dout = draw_array(generator, case[:2]), draw_array(generator, case[:2])
    out, cache = oracle.scale_forward(x, 3.0)
    return x, dout, out, *oracle.scale_backward(dout, cache), abs(dout * x).sum()


@pytest.mark.check("scale_forward/values", points=2)
@example(case=Case(1, 2, 0))
@given(case=CASES)
def test_forward(student, case):
    """Every entry is multiplied by the factor."""
    x, _, wanted, *_ = data(case)
    out, _ = student.scale_forward(x, 3.0)
    expect_array(out, wanted)


@pytest.mark.check("scale_forward/arguments_unchanged", points=1)
@FEW
@given(case=CASES)
def test_unchanged(student, case):
    """The array that is scaled keeps its entries."""
    x, _, wanted, *_ = data(case)
    (out, _), ((after, _), _) = student.observe("scale_forward", x.copy(), 3.0)
    expect_array(out, wanted)
    if not np.array_equal(after, x):
        fail("the array that was passed has other entries now")


@pytest.mark.check("scale_forward/error", points=1)
def test_error(student):
    """A factor of 0 raises ValueError with a message that names it, a factor of 1 does not."""
    x = np.ones((2, 2))
    expect_message(expect_value_error(student.scale_forward, x, 0, why="the factor is 0"), ["factor"], [0])
    out, _ = student.scale_forward(x, 1)
    expect_array(out, x)


@pytest.mark.check("scale_backward/gradients", points=2)
@FEW
@given(case=CASES)
def test_backward(student, case):
    """The gradients of the array and of the factor."""
    x, dout, _, dx, dfactor, bound = data(case)
    _, cache = student.scale_forward(x, 3.0)
    got_dx, got_dfactor = student.scale_backward(dout, cache)
    expect_array(got_dx, dx, what="dx")
    expect_number(got_dfactor, dfactor, bound, what="dfactor")


@pytest.mark.check("unscale/there_and_back", points=2)
@FEW
@given(case=CASES)
def test_unscale(student, case):
    """What was scaled comes back, and was scaled in between."""
    x, _, wanted, *_ = data(case)
    out, _ = student.scale_forward(x, 3.0)
    again = student.unscale(out, 3.0)
    expect_array(out, wanted, what="the scaled array")
    expect_array(again, x, what="the array that came back")


@pytest.mark.check("fits/both_answers", points=1)
@FEW
@example(case=Sharing(6, 3))
@example(case=Sharing(7, 3))
@given(case=SHARINGS)
def test_fits(student, case):
    """Six can be shared out to three, seven cannot."""
    for sharing in (case, Sharing(6, 3), Sharing(7, 3)):
        expect_truth(student.fits(*sharing), oracle.fits(*sharing))


@pytest.mark.check("shares/table", points=2)
@example(case=Sharing(7, 3))
@given(case=SHARINGS)
def test_shares(student, case):
    """How many shares there are of each size."""
    expect_equal(student.shares(*case), oracle.shares(*case), what="the table")


@pytest.mark.check("running_mean/two_steps", points=3)
@FEW
@given(case=CASES)
def test_running_mean(student, case):
    """The first step's results are the second one's arguments."""
    x, y, *_ = data(case)
    mean, steps = student.running_mean(x, np.zeros(x.shape), 0)
    mean, steps = student.running_mean(y, mean, steps)
    expect_array(mean, (x + y) / 2, abs(x) + abs(y), what="the mean")
    expect_integer(steps, 2, what="the number of steps")
