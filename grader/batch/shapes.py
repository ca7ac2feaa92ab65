"""Which of the known shapes a class's submissions come in, and what each person handed in.

A shape is a function from a tree to what was handed in, or None where the tree does not look like it. Facts on the names that
each system gives: docs/running-a-course.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from grader.batch.canvas import canvas, is_canvas
from grader.batch.handedin import Found, Known
from grader.batch.platforms import classroom50, folders, github, gradescope, moodle, nbgrader
from grader.batch.roster import Student
from grader.batch.tree import Tree
from grader.errors import UsageError

Shape = Callable[[Tree, Known], Found | None]
SHAPES: dict[str, Shape] = {
    "gradescope": gradescope,
    "canvas": canvas,
    "moodle": moodle,
    "classroom50": classroom50,
    "github": github,
    "nbgrader": nbgrader,
    "folders": folders,
}
"""In the order in which they are tried: the plainest last."""


def find_submissions(tree: Tree, known: Known | None = None, shape: str | None = None) -> Found:
    """Recognise the shape, or take the one that is named. Raises UsageError where there is nothing of it.

    `known` are the ids of the class list with the names, which tell apart what the names of files leave open.
    """
    if shape is not None and shape not in SHAPES:
        raise UsageError(f"shape {shape!r} is none of {', '.join(SHAPES)}")
    tried = SHAPES if shape is None else {shape: SHAPES[shape]}
    for inner in _with_only_folders(tree):
        for recognise in tried.values():
            found = recognise(inner, known or {})
            if found is not None and found.submissions:
                outside = ((name, "its path in the zip leads outside, or is too long") for name in tree.outside)
                return replace(found, unused=(*found.unused, *outside))
    what = "no submissions" if shape is None else f"no submissions in the shape {shape}"
    raise UsageError(f"{tree.name}: {what}; see the shapes in docs/running-a-course.md")


def _with_only_folders(tree: Tree) -> Iterator[Tree]:
    """The tree; and before it the folder in it, where that is all there is and holds several things itself."""
    items = tree.items()
    if len(items) == 1 and items[0].is_folder:
        inner = tree.down(items[0].name)
        several = [i for i in inner.items() if i.is_folder or i.name.lower().endswith((".zip", ".yml"))]
        if len(several) > 1 or _is_named(inner.name) or any(is_canvas(i.name) for i in inner.items()):
            yield from _with_only_folders(inner)
    yield tree


def _is_named(name: str) -> bool:
    return name == "submitted" or name.endswith("-submissions") or "_submissions_" in name


def known_ids_of(students: Iterable[Student]) -> dict[str, str]:
    """Every id of a class list, with the person's name."""
    return {text: student.name for student in students for text in (student.id, *student.also) if text}
