"""Makes what students get from the model solutions: the same files with the marked parts taken out.

In `solutions/<topic>.py` the lines between `# solution begins` and `# solution ends` are the student's to write. Inside a
function, or a method of a class, they become `raise NotImplementedError("<function or class> is not written yet")`; at
module level they are dropped.
"""

from __future__ import annotations

import ast
from pathlib import Path

from grader.course import Course, Topic
from grader.errors import CourseError

BEGIN, END = "# solution begins", "# solution ends"


def write_stubs(course: Course, folder: Path) -> list[Path]:
    """Write a stub for every topic; returns the files. Raises CourseError for a solution that is not marked as it must be."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for topic in course.topics:
        file = folder / topic.file
        file.write_text(make_stub(read_solution(course, topic), topic), "utf-8")
        written.append(file)
    return written


def read_solution(course: Course, topic: Topic) -> str:
    """The source of a topic's model solution; raises CourseError where there is none."""
    solution = course.root / "solutions" / topic.file
    if not solution.is_file():
        raise CourseError(f"there is no model solution {solution}")
    return solution.read_text("utf-8")


def without_marks(source: str) -> str:
    """A model solution without the lines that mark what a student is to write."""
    return _tidy([line.rstrip() for line in source.splitlines() if line.strip() not in (BEGIN, END)])


def make_stub(source: str, topic: Topic) -> str:
    """The student's file for a topic, from its model solution's source."""
    spans = {
        node.name: range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.parse(source).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in topic.functions
    }
    lines: list[str] = []
    inside: str | None = None
    stubbed: set[str] = set()
    for number, line in enumerate(source.splitlines(), start=1):
        text = line.strip()
        if text == BEGIN:
            if inside is not None:
                raise CourseError(f"{topic.file}, line {number}: a second {BEGIN!r} before the first has ended")
            inside = next((name for name, span in spans.items() if number in span), "")
            if inside:
                indent = line[: len(line) - len(line.lstrip())]
                lines.append(f'{indent}raise NotImplementedError("{inside} is not written yet")')
                stubbed.add(inside)
        elif text == END:
            if inside is None:
                raise CourseError(f"{topic.file}, line {number}: {END!r} without a beginning")
            inside = None
        elif inside is None:
            lines.append(line.rstrip())
    if inside is not None or stubbed != set(topic.functions):
        missing = ", ".join(sorted(set(topic.functions) - stubbed)) or "the last one"
        raise CourseError(f"{topic.file}: no closed part marked {BEGIN!r} ... {END!r} for {missing}")
    return _tidy(lines)


def _tidy(lines: list[str]) -> str:
    """At most two blank lines in a row, one line end at the end."""
    kept: list[str] = []
    for line in lines:
        if line or kept[-2:] != ["", ""]:
            kept.append(line)
    return "\n".join(kept).rstrip("\n") + "\n"
