"""Shared fixtures: a tiny course made in a temporary folder, and submissions for it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.checking.suite import Suite
from grader.course import Course, load_course
from grader.grading import grade
from grader.workshop import Workshop, shared_workshop

pytest_plugins = ["pytester"]
collect_ignore = ["mini"]  # the checks of the miniature course are for `grade`

ROOT = Path(__file__).parents[1]

TOML = """
[course]
name = "tiny"
title = "Tiny course"
version = "1.0"

[limits]
call_seconds = 2
impatient_seconds = 0.5

[[topic]]
name = "area"
title = "Areas"
file = "area.py"
points = 7
needs = "numpy"
source = "Euclid, Elements"
opaque = ["cache"]

[topic.functions]
area = "size"
scale_forward = ["out", "cache"]
scale_backward = ["dx", "dfactor"]
"""

ORACLE = """
def area(height, width):
    if height < 1 or width < 1:
        raise ValueError(f"height {height} and width {width} must be at least 1")
    return sum(width for _ in range(height))

def scale_forward(x, factor):
    return x * factor, (x, factor)

def scale_backward(dout, cache):
    x, factor = cache
    return dout * factor, (dout * x).sum()
"""

MISCONCEPTIONS = """
from grader.checking import misconception

@misconception("area", "The perimeter is the length of the border; the area counts the squares inside.")
def perimeter_for_area(height, width):
    if height < 1 or width < 1:
        raise ValueError(f"height {height} and width {width} must be at least 1")
    return 2 * (height + width)

@misconception("area", "Both sides count: a rectangle is no square.")
def height_squared(height, width):
    if height < 1 or width < 1:
        raise ValueError(f"height {height} and width {width} must be at least 1")
    return height * height

@misconception("scale_backward", "The factor acts on every entry, so its gradient is a sum, not a mean.")
def mean_for_sum(dout, cache):
    x, factor = cache
    return dout * factor, (dout * x).mean()
"""

CHECKS = '''
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.checking import draw_array, expect_array, expect_integer, expect_number, expect_value_error, remember, rng
from reference.area import oracle


class Sides(NamedTuple):
    height: int
    width: int


class Scaled(NamedTuple):
    height: int
    width: int
    seed: int


@remember
def scaled(case):
    generator = rng(case.seed)
    x, dout = draw_array(generator, case[:2]), draw_array(generator, case[:2])
    out, cache = oracle.scale_forward(x, 3.0)
    return x, dout, out, *oracle.scale_backward(dout, cache), abs(dout * x).sum()


SIDES = st.builds(Sides, st.integers(1, 9), st.integers(1, 9))
SCALED = st.builds(Scaled, st.integers(1, 4), st.integers(1, 4), st.integers(0, 1000))


@pytest.mark.check("area/worked_example", points=1)
def test_worked_example(student):
    """Three rows of four squares have area 12."""
    expect_integer(student.area(3, 4), 12, what="the area")


@pytest.mark.check("area/any_rectangle", points=2)
@example(case=Sides(2, 5))
@given(case=SIDES)
def test_any_rectangle(student, case):
    """The area is height times width."""
    expect_integer(student.area(*case), oracle.area(*case), what="the area")


@pytest.mark.check("area/errors", points=1)
def test_errors(student):
    """A side below 1 raises ValueError, a side of 1 does not."""
    expect_value_error(student.area, 0, 3, why="the height is 0")
    expect_value_error(student.area, 3, 0, why="the width is 0")
    expect_integer(student.area(1, 1), 1)


@pytest.mark.check("scale_forward/values", points=1)
@given(case=SCALED)
def test_forward(student, case):
    """Every entry is multiplied by the factor."""
    x, _, wanted, *_ = scaled(case)
    out, _ = student.scale_forward(x, 3.0)
    expect_array(out, wanted)


@pytest.mark.check("scale_backward/values", points=2)
@given(case=SCALED)
def test_backward(student, case):
    """The gradients of x and of the factor."""
    x, dout, _, dx, dfactor, bound = scaled(case)
    _, cache = student.scale_forward(x, 3.0)
    got_dx, got_dfactor = student.scale_backward(dout, cache)
    expect_array(got_dx, dx, what="dx")
    expect_number(got_dfactor, dfactor, bound, what="dfactor")
'''

SOLUTION = '''
import numpy as np


def area(height, width):
    """Area of a rectangle."""
    # solution begins
    for name, side in (("height", height), ("width", width)):
        if side < 1:
            raise ValueError(f"{name} must be at least 1, got {side}")
    return height * width
    # solution ends


def scale_forward(x, factor):
    """x times a factor."""
    # solution begins
    return x * factor, (x, factor)
    # solution ends


def scale_backward(dout, cache):
    """Gradients of x and of the factor."""
    # solution begins
    x, factor = cache
    return dout * factor, np.sum(dout * x)
    # solution ends
'''


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course of one topic with three functions, five checks and three misconceptions."""
    root = tmp_path / "course"
    topic = root / "reference" / "area"
    topic.mkdir(parents=True)
    (root / "reference" / "course.toml").write_text(TOML)
    (topic / "oracle.py").write_text(ORACLE)
    (topic / "misconceptions.py").write_text(MISCONCEPTIONS)
    (topic / "test_area.py").write_text(CHECKS)
    (root / "solutions").mkdir()
    (root / "solutions" / "area.py").write_text(SOLUTION)
    return load_course(root)


@pytest.fixture
def submit(tmp_path: Path) -> Callable[..., Path]:
    """Write a submission: the solution with parts replaced, or a whole source, as area.py in a new folder."""

    def write(*changes: tuple[str, str], source: str | None = None) -> Path:
        folder = tmp_path / f"submission{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        text = SOLUTION if source is None else textwrap.dedent(source)
        for old, new in changes:
            assert old in text, f"the solution has no {old!r}"
            text = text.replace(old, new)
        (folder / "area.py").write_text(text)
        return folder

    return write


@pytest.fixture(scope="session")
def workshop() -> Workshop:
    """The fork servers, shared by all tests."""
    return shared_workshop()


@pytest.fixture(scope="session")
def course_suite() -> Suite:
    """The checks of this repository's own course."""
    course, workshop = load_course(ROOT), Workshop()
    try:
        grade(ROOT / "assignments", course=course, workshop=workshop)
        suite = workshop.suites.find(course, course.topics)
    finally:
        workshop.close()
    assert suite is not None
    return suite
