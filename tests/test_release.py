"""Stubs: what is taken out of a solution, what stays, and that the committed ones are fresh."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grader.course import Course, load_course
from grader.errors import CourseError
from grader.release import make_stub, write_stubs

ROOT = Path(__file__).parents[1]


def test_a_stub_keeps_signature_and_docstring_and_drops_the_body(course: Course) -> None:
    source = (course.root / "solutions" / "area.py").read_text()
    stub = make_stub(source, course.topic("area"))
    tree = ast.parse(stub)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert [f.name for f in functions] == ["area", "scale_forward", "scale_backward"]
    assert ast.get_docstring(functions[0]) == "Area of a rectangle."
    assert stub.count("raise NotImplementedError(") == 3
    assert "ValueError" not in stub and "solution" not in stub


def test_helpers_at_module_level_are_dropped(course: Course) -> None:
    source = (course.root / "solutions" / "area.py").read_text()
    helper = "\n# solution begins\ndef _helper(side):\n    return side\n\n\n# solution ends\n"
    assert make_stub(source + helper, course.topic("area")) == make_stub(source, course.topic("area"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    # solution ends\n", "", "a second '# solution begins'"),
        ("    # solution begins\n", "", "'# solution ends' without a beginning"),
        ("def scale_backward", "def scale_sideways", "for scale_backward"),
    ],
)
def test_a_solution_that_is_marked_wrongly_is_refused(course: Course, old: str, new: str, message: str) -> None:
    source = (course.root / "solutions" / "area.py").read_text().replace(old, new, 1)
    with pytest.raises(CourseError, match=message):
        make_stub(source, course.topic("area"))


def test_a_missing_solution_is_refused(course: Course, tmp_path: Path) -> None:
    (course.root / "solutions" / "area.py").unlink()
    with pytest.raises(CourseError, match="there is no model solution"):
        write_stubs(course, tmp_path / "out")


def test_the_committed_stubs_are_fresh(tmp_path: Path) -> None:
    """`scripts/release` makes them anew."""
    for file in write_stubs(load_course(ROOT), tmp_path):
        assert (ROOT / "assignments" / file.name).read_text("utf-8") == file.read_text("utf-8"), file.name
