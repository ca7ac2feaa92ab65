"""Two small checks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.other import oracle

from grader.checking import draw_array, expect_array, expect_number, rng

SEEDS = st.integers(0, 1000)


@pytest.mark.check("add/values", points=2)
@settings(max_examples=3)
@given(seed=SEEDS)
def test_add(student, seed):
    """Entry by entry."""
    x, y = draw_array(rng(seed), (2, 3)), draw_array(rng(seed + 1), (2, 3))
    expect_array(student.add(x, y), oracle.add(x, y), abs(x) + abs(y))


@pytest.mark.check("norm/value", points=2)
@settings(max_examples=3)
@given(seed=SEEDS)
def test_norm(student, seed):
    """The root of the sum of squares."""
    x = draw_array(rng(seed), (4,))
    expect_number(student.norm(x), oracle.norm(x))
