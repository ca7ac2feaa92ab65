"""Makes a topic's notebook from the source of its file: text, the stub and a cell that checks it, function by function.

What is particular to a topic stands in `reference/<topic>/notebook.md`, which may be missing: what comes before the first
heading opens the notebook; below a heading that is the name of a function, text comes before that function's stub, and
each block of Python becomes a code cell below its check. The same source and guide give the same notebook, to the byte.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.course import Course, Topic
from grader.errors import CourseError
from grader.release import make_stub, read_solution

PYTHON = re.compile(r"^```python\n(.*?)^```\n?", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^# `?(\w+)`?\s*$", re.MULTILINE)
INSTALL = """\
try:
    import grader
except ImportError:  # on Colab, once in a session
    %pip install --quiet {requirement}
from grader import check"""
HOW = """\
Below each function is a cell that checks it: run it as often as you like. It shows what is asked, and for what is not
right yet the smallest case that shows it. Names such as `np` and your own helpers can be used in all cells. Hand in this
notebook."""


@dataclass(frozen=True)
class Guide:
    """What a topic adds to its notebook: texts and code cells by function; "" is the beginning."""

    texts: dict[str, str] = field(default_factory=dict)
    plots: dict[str, tuple[str, ...]] = field(default_factory=dict)


def write_notebooks(course: Course, folder: Path) -> list[Path]:
    """Write a notebook for every topic; returns the files. Raises CourseError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for topic in course.topics:
        file = folder / f"{Path(topic.file).stem}.ipynb"
        file.write_text(make_notebook(course, topic, make_stub(read_solution(course, topic), topic)), "utf-8")
        written.append(file)
    return written


def make_notebook(course: Course, topic: Topic, source: str) -> str:
    """The notebook, as JSON, of a topic's file with this source: the stub, or in the tests the solution."""
    nbformat = _nbformat()
    guide = read_guide(topic)
    cells = list(_cells(course, topic, source, guide))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"


def read_guide(topic: Topic) -> Guide:
    """`notebook.md` of the topic, empty where there is none. Raises CourseError for a heading that is no function."""
    file = topic.folder / "notebook.md"
    if not file.is_file():
        return Guide()
    beginning, *sections = HEADING.split(file.read_text("utf-8"))
    texts, plots = {"": beginning.strip()}, {}
    for name, content in zip(sections[::2], sections[1::2], strict=True):
        if name not in topic.functions:
            raise CourseError(f"{file}: the heading {name!r} is no function of {topic.name}")
        texts[name] = PYTHON.sub("", content).strip()
        plots[name] = tuple(code.strip() for code in PYTHON.findall(content))
    return Guide(texts, plots)


def _cells(course: Course, topic: Topic, source: str, guide: Guide) -> Iterator[Any]:
    """The cells from top to bottom."""
    docstring, parts = split_source(source, topic)
    opening = [f"# {topic.title}", *(part for part in (guide.texts.get("", ""), as_markdown(docstring), HOW) if part)]
    yield _text("title", "\n\n".join(opening))
    yield _code("install", INSTALL.format(requirement=course.install))
    others = 0
    for name, code in parts:
        if name is None:
            others += 1
            yield _code(f"given-{others}", code)
            continue
        yield _text(f"{name}-text", "\n\n".join(part for part in (f"## `{name}`", guide.texts.get(name, "")) if part))
        yield _code(name, code)
        yield _code(f"{name}-check", f'check("{topic.name}/{name}")')
        for number, plot in enumerate(guide.plots.get(name, ()), start=1):
            # a function that is half written may raise anything: the cells below run all the same
            yield _code(f"{name}-look-{number}", _when_written(plot), tags=["raises-exception"])
    yield _text("all-text", f"## All of it\n\nThe whole topic, as it is graded. Source: {topic.source}.")
    yield _code("all-check", f'check("{topic.name}")')


def _when_written(plot: str) -> str:
    """The plot, or a line of text as long as a function that it shows is not written. Imports stay in front."""
    lines = plot.splitlines()
    first = next(number for number, line in enumerate(lines) if line and not line.startswith(("import ", "from ")))
    imports = [line for line in lines[:first] if line]
    body = textwrap.indent("\n".join(lines[first:]), "    ")
    begun = "    plt.close()\n" if "plt." in body else ""  # a figure that was begun would be shown empty
    attempt = (
        f'try:\n{body}\nexcept NotImplementedError as missing:\n{begun}    print(f"Nothing to see yet: {{missing}}.")'
    )
    return "\n\n".join(["\n".join(imports), attempt] if imports else [attempt])


def split_source(source: str, topic: Topic) -> tuple[str, list[tuple[str | None, str]]]:
    """The docstring, and the rest in pieces: (function or class of the topic, its code), or (None, what is given)."""
    tree = ast.parse(source)
    lines = source.splitlines()
    docstring = ast.get_docstring(tree) or ""
    body = tree.body[1:] if docstring else tree.body
    done = (tree.body[0].end_lineno or 0) if docstring else 0
    spans: list[tuple[str | None, int, int]] = []
    for statement in body:
        end = statement.end_lineno or statement.lineno
        known = isinstance(statement, (ast.FunctionDef, ast.ClassDef)) and statement.name in topic.functions
        if known and isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            spans.append((statement.name, done, end))
        elif spans and spans[-1][0] is None:
            spans[-1] = (None, spans[-1][1], end)
        else:
            spans.append((None, done, end))
        done = end
    return docstring, [(name, "\n".join(lines[start:end]).strip("\n")) for name, start, end in spans]


def as_markdown(docstring: str) -> str:
    """A docstring as Markdown: what is indented, formulas and tables, stays as it is typed."""
    blocks = []
    for block in re.split(r"\n\s*\n", docstring.strip("\n")):
        lines = block.splitlines()
        indented = [line for line in lines if line.startswith("  ")]
        if indented and len(indented) == len(lines):
            blocks.append("\n".join(["```text", *lines, "```"]))
        elif indented:  # a line that introduces what is indented below it
            first = next(number for number, line in enumerate(lines) if line.startswith("  "))
            blocks += ["\n".join(lines[:first]), "\n".join(["```text", *lines[first:], "```"])]
        else:
            blocks.append("\n".join(lines))
    return "\n\n".join(block for block in blocks if block)


def _nbformat() -> Any:  # most of its functions have no types
    import nbformat

    return nbformat


def _text(name: str, source: str) -> Any:
    return _nbformat().v4.new_markdown_cell(source, id=name[:64])


def _code(name: str, source: str, tags: list[str] | None = None) -> Any:
    return _nbformat().v4.new_code_cell(source, id=name[:64], metadata={"tags": tags} if tags else {})
