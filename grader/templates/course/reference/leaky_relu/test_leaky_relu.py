"""The checks of the topic leaky_relu."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.checking import draw_array, expect_array, expect_message, expect_value_error, remember, rng
from reference.leaky_relu import oracle


class Case(NamedTuple):
    """Shape of x, slope, and the seed of all contents."""

    rows: int
    columns: int
    slope: float
    seed: int


CASES = st.builds(Case, st.integers(1, 4), st.integers(1, 4), st.sampled_from([0.25, 0.0, 0.01]), st.integers(0, 999))


@remember
def arrays(case):
    """x, dout, and what is right for them."""
    generator = rng(case.seed)
    x = draw_array(generator, (case.rows, case.columns))
    dout = draw_array(generator, (case.rows, case.columns))
    out, cache = oracle.leaky_relu_forward(x, case.slope)
    return x, dout, out, oracle.leaky_relu_backward(dout, cache)


@pytest.mark.check("leaky_relu_forward/worked_example", points=1)
def test_forward_example(student):
    """With slope 0.1, x = [2, -3] gives [2, -0.3]."""
    out, _ = student.leaky_relu_forward(np.array([2.0, -3.0]), 0.1)
    expect_array(out, np.array([2.0, -0.3]), what="the output")


@pytest.mark.check("leaky_relu_forward/values", points="3/2")
@example(case=Case(2, 3, 0.25, 0))
@given(case=CASES)
def test_forward(student, case):
    """Positive entries stay as they are, negative ones are multiplied by the slope."""
    x, _, wanted, _ = arrays(case)
    out, _ = student.leaky_relu_forward(x, case.slope)
    expect_array(out, wanted, what="the output")


@pytest.mark.check("leaky_relu_forward/errors", points=1)
@example(slope=-0.1)
@example(slope=1.0)
@given(slope=st.one_of(st.floats(-2.0, -0.01), st.floats(1.0, 3.0)))
def test_forward_errors(student, slope):
    """A slope outside [0, 1) raises ValueError with a message that names it; a slope of 0 does not."""
    x = np.array([2.0, -3.0])
    message = expect_value_error(student.leaky_relu_forward, x, slope, why=f"the slope is {slope}")
    expect_message(message, ["slope"], [slope])
    out, _ = student.leaky_relu_forward(x, 0.0)
    expect_array(out, np.array([2.0, 0.0]), what="the output at slope 0")


@pytest.mark.check("leaky_relu_backward/worked_example", points=1)
def test_backward_example(student):
    """With slope 0.1 and x = [2, -3], dout = [5, 7] gives [5, 0.7]."""
    _, cache = student.leaky_relu_forward(np.array([2.0, -3.0]), 0.1)
    expect_array(student.leaky_relu_backward(np.array([5.0, 7.0]), cache), np.array([5.0, 0.7]), what="dx")


@pytest.mark.check("leaky_relu_backward/gradient", points="3/2")
@example(case=Case(2, 3, 0.25, 0))
@given(case=CASES)
def test_backward(student, case):
    """The gradient reaches x whole at positive entries, and times the slope at negative ones."""
    x, dout, _, wanted = arrays(case)
    _, cache = student.leaky_relu_forward(x, case.slope)
    expect_array(student.leaky_relu_backward(dout, cache), wanted, what="dx")
