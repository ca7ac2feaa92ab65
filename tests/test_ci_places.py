"""Annotations in notebooks: the line of the file that GitHub shows, and in the title the cell and line that people see."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
from conftest import SOLUTION
from hypothesis import given
from hypothesis import strategies as st
from test_ci import Run, run

from grader.ci.celllines import cell_lines

__all__ = ["run"]  # a fixture
ROOT = Path(__file__).parents[1]
IMPORTS, AREA, SCALE = re.split(r"\n\n\n(?=def area|def scale_forward)", SOLUTION)


def notebook(*cells: str, **options: object) -> bytes:
    """A notebook as Jupyter saves it: text first, then these cells, each with an output that repeats its source."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Areas\n\ndef area")])
    for source in cells:
        output = nbformat.v4.new_output("stream", text=source)
        made.cells.append(nbformat.v4.new_code_cell(source, outputs=[output]))
    text: str = nbformat.writes(made)
    return json.dumps(json.loads(text), **options).encode() if options else text.encode()  # type: ignore[arg-type]


def test_a_cell_that_raises_is_annotated_where_it_is(run: Run) -> None:
    wrong = AREA.replace("return height * width", "size = 'ä\"\\\\'\n    return size[9]")
    content = notebook(IMPORTS, wrong, SCALE)
    Path("assignments").mkdir()
    Path("assignments/area.ipynb").write_bytes(content)
    code, out, _ = run("--format", "annotations", "--format", "junit")
    (command,) = [line for line in out.splitlines() if line.startswith("::error")]
    place = re.match(r"::error file=assignments/area\.ipynb,line=(\d+),title=(.*?)::", command)
    inner = wrong.split("\n").index("    return size[9]") + 1
    assert code == 0 and place is not None
    assert place[2] == f"area/worked_example (cell 3, line {inner})".replace(",", "%2C")
    assert content.decode().split("\n")[int(place[1]) - 1].strip() == '"    return size[9]\\n",'
    case = re.search(r'name="area/errors" .*?file="(.*?)" line="(\d+)"', Path("convgrade-report/junit.xml").read_text())
    assert case is not None and case[1] == "assignments/area.ipynb"
    assert "def area(height, width):" in content.decode().split("\n")[int(case[2]) - 1]


def test_a_function_in_a_notebook_is_found_where_it_is_defined(run: Run) -> None:
    content = notebook(IMPORTS, AREA.replace("return height * width", "return 2 * (height + width)"), SCALE)
    Path("area.ipynb").write_bytes(content)
    _, out, _ = run("area.ipynb", "--format", "annotations", "--topic", "area")
    place = re.search(
        r"^::error file=area\.ipynb,line=(\d+),title=area/worked_example \(cell 3%2C line 1\)::", out, re.M
    )
    assert place is not None and "def area(" in content.decode().split("\n")[int(place[1]) - 1]


def test_a_file_that_a_notebook_was_exported_to_is_annotated_as_the_file_it_is(run: Run) -> None:
    lines = f"!pip install numpy\n{SOLUTION}".replace("return height * width", "return [0][height]").split("\n")
    Path("area.py").write_text("\n".join(lines))
    _, out, _ = run("area.py", "--format", "annotations")
    place = re.search(r"^::error file=area\.py,line=(\d+),title=area/worked_example", out, re.M)
    assert place is not None and lines[int(place[1]) - 1] == "    return [0][height]"


@pytest.mark.parametrize("file", sorted((ROOT / "assignments").glob("*.ipynb")), ids=lambda file: file.stem)
def test_every_line_of_this_courses_notebooks_is_found(file: Path) -> None:
    content = file.read_bytes()
    raw, cells = content.decode().split("\n"), nbformat.reads(content.decode(), 4).cells
    found = cell_lines(content)
    for number, cell in enumerate(cells, 1):
        for place, text in enumerate(cell.source.split("\n"), 1):
            line, same = found[number, place]
            assert same == text and json.dumps(text, ensure_ascii=False)[1:-1] in raw[line - 1]


SOURCES = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")), max_size=5)


@given(SOURCES, st.sampled_from([None, 1, 4]), st.booleans(), st.booleans())
def test_any_way_of_saving_a_notebook(sources: list[str], indent: int | None, pieces: bool, ascii_only: bool) -> None:
    cells = [
        {"outputs": [{"source": ["x\n"]}], "source": s.splitlines(keepends=True) if pieces else s, "n": -1.5e3}
        for s in sources
    ]
    for form in ({"a": [[], {}], "cells": cells}, {"worksheets": [{"cells": cells}]}):
        text = json.dumps(form, indent=indent, ensure_ascii=ascii_only)
        found = cell_lines(text.encode())
        for number, source in enumerate(sources, 1):
            lines = [inner for (cell, _), (_, inner) in sorted(found.items()) if cell == number]
            assert lines == (source.split("\n") if source or not pieces else [])
        assert all(1 <= line <= text.count("\n") + 1 for line, _ in found.values())


@given(st.text(st.sampled_from('{}[],:"\\ 1acels\n')))
def test_what_is_no_notebook_has_no_lines_or_some_and_breaks_nothing(text: str) -> None:
    cell_lines(text.encode())
    cell_lines(b'{"cells": [{"source": [' + text.encode())


def test_large_pictures_and_endless_strings() -> None:
    picture = "A" * (8 << 20)
    content = json.dumps({"cells": [{"outputs": [{"data": {"image/png": picture}}], "source": ["a\n", "b"]}]}).encode()
    assert cell_lines(content) == {(1, 1): (1, "a"), (1, 2): (1, "b")}
    assert cell_lines(b'{"cells": [{"source": "' + b"\\" * (1 << 20)) == {}
