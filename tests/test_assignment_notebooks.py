"""The topics' notebooks: what is in them, and that they run from top to bottom; scripts/notebooks runs them all."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from run_notebooks import ROOT, failed_cells, last_result, pictures, run_notebook

from grader.course import Course, load_course
from grader.errors import CourseError
from grader.notebooks import as_markdown, make_notebook, read_guide, split_source
from grader.release import make_stub, read_solution

COURSE = load_course(ROOT)
GUIDE = """\
How large is it?

# area

A formula: $A = h w$.

```python
import matplotlib.pyplot as plt

plt.plot([area(1, width) for width in (1, 2, 3)])
```

# scale_forward
"""

PIECES = '''"""Doc."""

import math

N = 3


# a remark
class area:
    """C."""

    def f(self):
        pass


def helper():
    return N


'''


def made(course: Course) -> nbformat.NotebookNode:
    topic = course.topics[0]
    return nbformat.reads(make_notebook(course, topic, make_stub(read_solution(course, topic), topic)), as_version=4)


def test_a_notebook_without_a_guide_has_all_it_needs(course: Course) -> None:
    notebook = made(course)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells] == [
        "title", "install", "given-1", "area-text", "area", "area-check", "scale_forward-text", "scale_forward",
        "scale_forward-check", "scale_backward-text", "scale_backward", "scale_backward-check", "all-text", "all-check",
    ]  # fmt: skip
    sources = {cell.id: cell.source for cell in notebook.cells}
    assert sources["title"].startswith("# Areas\n")
    assert "%pip install --quiet convgrade" in sources["install"] and sources["given-1"] == "import numpy as np"
    assert "raise NotImplementedError" in sources["area"] and "side < 1" not in sources["area"]
    assert sources["area-check"] == 'check("area/area")' and sources["all-check"] == 'check("area")'


def test_the_guide_adds_text_before_and_plots_after(course: Course) -> None:
    (course.topics[0].folder / "notebook.md").write_text(GUIDE)
    cells = {cell.id: cell for cell in made(course).cells}
    assert "How large is it?" in cells["title"].source and cells["area-text"].source.endswith("A formula: $A = h w$.")
    look = cells["area-look-1"]
    assert look.source.startswith("import matplotlib.pyplot as plt\n\ntry:\n    plt.plot(")
    assert look.source.endswith('print(f"Nothing to see yet: {missing}.")') and look.metadata.tags == [
        "raises-exception"
    ]
    assert list(cells).index("area-look-1") == list(cells).index("area-check") + 1


def test_a_guide_for_something_else_is_refused(course: Course) -> None:
    (course.topics[0].folder / "notebook.md").write_text("# volume\n")
    with pytest.raises(CourseError, match="the heading 'volume' is no function of area"):
        read_guide(course.topics[0])


def test_classes_and_what_is_given_between_them(course: Course) -> None:
    source = f"{PIECES}@helper\ndef scale_forward():\n    pass\n"
    docstring, parts = split_source(source, course.topics[0])
    assert docstring == "Doc." and [name for name, _ in parts] == [None, "area", None, "scale_forward"]
    assert parts[0][1] == "import math\n\nN = 3" and parts[1][1].startswith("# a remark\nclass area:")
    assert parts[3][1] == "@helper\ndef scale_forward():\n    pass"


def test_docstrings_as_markdown() -> None:
    text = "Words\nand more.\n\n    y = x\n    z = y\n\nSymbols:\n    N, C   images\n\nThe end."
    assert as_markdown(text) == (
        "Words\nand more.\n\n```text\n    y = x\n    z = y\n```\n\nSymbols:\n\n```text\n    N, C   images\n```\n\nThe end."
    )


@pytest.mark.parametrize("topic", COURSE.topics, ids=lambda topic: topic.name)
def test_the_guides_speak_of_every_function_with_a_formula_or_figure(topic: object) -> None:
    from grader.course import Topic

    assert isinstance(topic, Topic)
    guide = read_guide(topic)
    assert set(guide.texts) - {""} == set(topic.functions)
    assert "$" in "".join(guide.texts.values()) and "figure" in "".join(guide.texts.values()).lower()


def test_committed_notebooks_are_valid() -> None:
    files = sorted((ROOT / "assignments").glob("*.ipynb"))
    assert {file.stem for file in files} == {Path(topic.file).stem for topic in COURSE.topics}
    for file in files:
        notebook = nbformat.read(file, as_version=4)
        nbformat.validate(notebook)
        assert not any(cell.get("outputs") for cell in notebook.cells)


def test_a_notebook_runs_on_the_solution() -> None:
    notebook = run_notebook(COURSE, COURSE.topic("dropout"))
    assert last_result(notebook) == "<Report: 20 of 20 points>"
    assert failed_cells(notebook) == [] and pictures(notebook) >= 1
    shown = "".join(str(output) for cell in notebook.cells for output in cell.get("outputs", ()))
    assert "text/html" in shown and "Dropout" in shown


def test_a_notebook_runs_to_the_end_as_students_get_it() -> None:
    notebook = run_notebook(COURSE, COURSE.topic("pooling"), stub=True)
    assert last_result(notebook) == "<Report: 0 of 30 points>"
    assert failed_cells(notebook) == [] and pictures(notebook) == 0
    looks = [cell for cell in notebook.cells if "-look-" in cell.id]
    assert [look.outputs[0].text for look in looks] == [
        f"Nothing to see yet: {name} is not written yet.\n" for name in ("max_pool_forward", "max_pool_with_switches")
    ]
