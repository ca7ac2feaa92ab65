"""`convgrade explain`: what a check asks, from its title and the stub's docstring; never from the answer."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from grader.catalogue import Selection, checks_for_students, checks_of
from grader.course import Course, Topic
from grader.errors import CourseError
from grader.release import make_stub, read_solution
from grader.report.text import points
from grader.session import CheckSpec

WIDTH = 80


def explain(course: Course, selection: Selection, show_hidden: bool = False) -> str:
    """The explanation of a check, of a function with its checks, or of a topic with its functions; plain text.

    Hidden checks are counted and not explained, but with `show_hidden`.
    """
    checks = (checks_of if show_hidden else checks_for_students)(course, selection.topic)
    if show_hidden:
        checks = tuple(replace(spec, hidden=False, title=_marked(spec)) for spec in checks)
    if selection.function is None:
        return "\n".join(_topic(selection.topic, checks)) + "\n"
    own = [spec for spec in checks if spec.function == selection.function]
    if selection.behaviour is not None:
        own = [spec for spec in own if spec.name == selection.name]
    lines = [line for spec in own for line in _check(spec)] if selection.behaviour else _overview(own)
    lines += ["", f"In {selection.topic.file}:", "", *_contract(course, selection.topic, selection.function)]
    return "\n".join(lines) + "\n"


def _marked(spec: CheckSpec) -> str:
    return f"[hidden] {spec.title}" if spec.hidden else spec.title


def list_topics(course: Course) -> str:
    """Every topic with its functions."""
    lines = []
    for topic in course.topics:
        lines.append(f"{topic.name}: {topic.title}, {points(topic.points)} points")
        lines += _wrapped(", ".join(topic.functions), "  ")
    return "\n".join(lines) + "\n"


def _topic(topic: Topic, checks: tuple[CheckSpec, ...]) -> Iterator[str]:
    yield f"{topic.title}: {points(topic.points)} points, in {topic.file}"
    yield from _wrapped(f"Source: {topic.source}", "")
    for function in topic.functions:
        own = [spec for spec in checks if spec.function == function]
        yield ""
        yield from _overview(own)


def _overview(checks: list[CheckSpec]) -> list[str]:
    total = sum((spec.points for spec in checks), Fraction(0))
    lines = [f"{checks[0].function}: {points(total)} points"] if checks else []
    hidden = [spec for spec in checks if spec.hidden]
    for spec in checks:
        if spec.hidden:
            continue
        behaviour = spec.name.partition("/")[2]
        lines += _wrapped(f"{behaviour} ({points(spec.points)}): {spec.title}", "  ", "    ")
    if hidden:
        lines.append(f"  hidden ({points(sum((spec.points for spec in hidden), Fraction(0)))}): {len(hidden)} more")
    return lines


def _check(spec: CheckSpec) -> Iterator[str]:
    plural = "point" if spec.points == 1 else "points"
    yield f"{spec.name}: {points(spec.points)} {plural}"
    yield from _wrapped(f"{spec.title}: what it asks is not shown." if spec.hidden else spec.title, "  ")
    if spec.needs:
        yield from _wrapped(f"It builds on {', '.join(spec.needs)}: while that is not passed, it is skipped.", "  ")


def _contract(course: Course, topic: Topic, function: str) -> list[str]:
    """The function's signature and docstring from the stub. Raises CourseError where the course has no such stub."""
    file = course.root / "assignments" / topic.file
    source = file.read_text("utf-8") if file.is_file() else make_stub(read_solution(course, topic), topic)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == function:
            docstring = inspect.cleandoc(ast.get_docstring(node) or "")
            head = source.splitlines()[node.lineno - 1 : node.body[0].lineno - 1]
            lines = [*textwrap.dedent("\n".join(head)).splitlines(), *textwrap.indent(docstring, "    ").splitlines()]
            return [f"  {line}".rstrip() for line in lines + _methods(node)]
    raise CourseError(f"{topic.file} has no {function}")


def _methods(node: ast.FunctionDef | ast.ClassDef) -> list[str]:
    """How a class is made, and the methods that have a docstring."""
    lines: list[str] = []
    for method in node.body if isinstance(node, ast.ClassDef) else []:
        if isinstance(method, ast.FunctionDef):
            docstring = ast.get_docstring(method) or ""
            if docstring or method.name == "__init__":
                returns = f" -> {ast.unparse(method.returns)}" if method.returns is not None else ""
                lines += ["", f"    def {method.name}({ast.unparse(method.args)}){returns}:"]
                lines += textwrap.indent(docstring, " " * 8).splitlines()
    return lines


def _wrapped(text: str, indent: str, hanging: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=hanging or indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
