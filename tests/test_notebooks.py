"""Notebooks as students hand them in: each is read as far as it can be, and told what is wrong with it."""

from __future__ import annotations

import ast
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest

from grader import grade
from grader.course import Course
from grader.errors import UsageError
from grader.report.terminal import print_report
from grader.results import Outcome, Report
from grader.submission import Submission, load_submission
from grader.submission.cells import read_cell
from grader.submission.notebook import Cell, Notebook, read_notebook
from grader.submission.parsing import parse, written_functions

AREA = """
def area(height, width):
    for name, side in (("height", height), ("width", width)):
        if side < 1:
            raise ValueError(f"{name} must be at least 1, got {side}")
    return height * width
"""
FORWARD = "def scale_forward(x, factor):\n    return x * factor, (x, factor)\n"
BACKWARD = "def scale_backward(dout, cache):\n    x, factor = cache\n    return dout * factor, np.sum(dout * x)\n"
IMPORT = "import numpy as np\n"
RIGHT = (IMPORT, AREA, FORWARD, BACKWARD)


def notebook(*cells: str | dict[str, Any], **fields: Any) -> bytes:
    """A notebook of version 4.5 with these code cells, or cells as they are given."""
    made = [
        cell
        if isinstance(cell, dict)
        else {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": cell.splitlines(keepends=True),
        }
        for number, cell in enumerate(cells)
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **fields}).encode()


def text_cell(source: str, kind: str = "markdown") -> dict[str, Any]:
    return {"cell_type": kind, "id": "t", "metadata": {}, "source": source}


@pytest.fixture
def hand_in(tmp_path: Path) -> Callable[..., Path]:
    """Write files of given content into a new folder."""

    def write(files: dict[str, bytes | str] | bytes) -> Path:
        folder = tmp_path / "handed-in"
        folder.mkdir()
        for name, content in (files if isinstance(files, dict) else {"area.ipynb": files}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return write


HandIn = Callable[..., Path]


def load(path: Path, course: Course) -> Submission:
    return load_submission(path, course, course.topics)


def outcomes(report: Report) -> dict[str, Outcome]:
    return {check.name: check.outcome for topic in report.topics for check in topic.checks}


# -- notebooks that cannot be read: the sentence that a student needs ---------------------------------------------------

WHOLE = notebook(*RIGHT)
CONFLICT = WHOLE.decode().replace("{", "<<<<<<< HEAD\n{", 1).replace("}", "}\n=======\n>>>>>>> theirs\n", 1).encode()
ARCHIVE = io.BytesIO()
with zipfile.ZipFile(ARCHIVE, "w") as opened:
    opened.writestr("area.ipynb", WHOLE)

UNREADABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "area.ipynb is empty"),
    "blank": (b"\n  \r\n", "area.ipynb is empty"),
    "null bytes alone": (b"\0" * 4096, "area.ipynb is empty"),
    "page of GitHub": (b"\n<!DOCTYPE html>\n<html><body>area.ipynb</body></html>", "is a web page under the name of a notebook"),
    "page with a mark before": (b"\xef\xbb\xbf<html>", "download the notebook itself"),
    "zip": (ARCHIVE.getvalue(), "is a zip under the name of a notebook"),
    "gzip": (b"\x1f\x8b\x08\0rest", "is a compressed file"),
    "pdf": (b"%PDF-1.7 ...", "is a PDF under the name of a notebook"),
    "rtf": (b"{\\rtf1\\ansi", "is a text document (RTF)"),
    "picture": (b"\x89PNG\r\n\x1a\n", "is a picture"),
    "merge conflict": (CONFLICT, "holds the marks of a merge conflict (line 1: <<<<<<<)"),
    "cut off in a string": (WHOLE[:200], "is cut off: its end is missing"),
    "cut off after a brace": (WHOLE[:-2], "is cut off: its end is missing"),
    "Python": (AREA.encode(), "is Python source under the name of a notebook; give it a name that ends in .py"),
    "prose": (b"Here are my answers: see attached.", "is not a notebook: it is no JSON (line 1: Expecting value)"),
    "random bytes": (bytes(range(1, 256)) * 4, "is not a notebook: it is no JSON"),
    "list at the top": (b"[1, 2]", "is a list at its top"),
    "string at the top": (b'"area"', "is JSON, but not a notebook"),
    "number": (b"17", "is JSON, but not a notebook"),
    "other JSON": (b'{"paragraphs": []}', "has no list of cells"),
    "cells missing": (b'{"metadata": {}, "nbformat": 4}', "has no list of cells"),
    "cells that are no list": (b'{"cells": {"source": "x"}}', "has no list of cells"),
    "no cells": (notebook(), "has no cells"),
    "nested without end": (b'{"cells":' * 100_000, "is nested too deeply"),
    "a number without end": (b'{"cells": ' + b"9" * 10_000 + b"}", "a number that is too long"),
    "too large": (b" " * ((10 << 20) + 1), "is larger than 10 MiB; clear its outputs"),
    "too much code": (notebook("x = 1\n" * 200_000), "has more than 1 MiB of code"),
    "too many statements": (notebook("x\n" * 20_001), "has more than 20,000 statements outside functions"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_notebook_is_told(hand_in: HandIn, course: Course, name: str) -> None:
    content, sentence = UNREADABLE[name]
    submission = load(hand_in(content), course)
    assert submission.problems["area"].startswith("area.ipynb ") and sentence in submission.problems["area"]
    assert submission.sources == {} and submission.files() == ()
    assert len(submission.problems["area"]) < 300


@pytest.mark.parametrize("name", ["AREA.IPYNB", "homework.Ipynb"])
def test_the_case_of_a_name_costs_nothing(hand_in: HandIn, course: Course, name: str) -> None:
    folder = hand_in({name: WHOLE})
    for path in folder, folder / name:
        report = grade(path, course=course)
        assert report.points_earned == report.points_possible


def test_the_report_shows_the_sentence(hand_in: HandIn, course: Course) -> None:
    report = grade(hand_in(UNREADABLE["merge conflict"][0]), course=course)
    assert report.points_earned == 0
    assert report.topics[0].problem is not None and "merge conflict" in report.topics[0].problem


# -- notebooks that are damaged and still worth full marks --------------------------------------------------------------

BARE = [{"cell_type": "code", "source": source} for source in RIGHT]
SHEETS = [{"cells": [{"cell_type": "code", "input": s, "language": "python", "outputs": []} for s in RIGHT]}]

READABLE: dict[str, bytes] = {
    "as it should be": WHOLE,
    "byte-order mark": b"\xef\xbb\xbf" + WHOLE,
    "UTF-16": WHOLE.decode().encode("utf-16"),
    "UTF-16 without a mark": WHOLE.decode().encode("utf-16-le"),
    "UTF-16 the other way": WHOLE.decode().encode("utf-16-be"),
    "UTF-32": WHOLE.decode().encode("utf-32"),
    "Windows-1252": notebook(*RIGHT, "# caf\xe9").decode().encode().replace(b"\\u00e9", b"\xe9"),
    "null bytes at the end": WHOLE + b"\0\0\0",
    "version 3": json.dumps({"metadata": {}, "nbformat": 3, "nbformat_minor": 0, "worksheets": SHEETS}).encode(),
    "bare cells and nothing else": json.dumps({"cells": BARE}).encode(),
    "source as one string": json.dumps({"cells": BARE, "metadata": None, "nbformat": "4"}).encode(),
    "no cell type": json.dumps({"cells": [{"source": source} for source in RIGHT]}).encode(),
    "an id twice": WHOLE.replace(b"cell-1", b"cell-0"),
    "NaN in the metadata": notebook(*RIGHT, metadata={"score": float("nan")}),
    "cells that are none": notebook(*RIGHT).replace(b'{"cells": [', b'{"cells": [null, 3, "x", [], {}, '),
    "sources that are none": json.dumps({"cells": [{"source": None}, {"source": [1, None]}, *BARE]}).encode(),
    "half a surrogate pair": notebook(*RIGHT, "x = 1").replace(b'"x = 1"', b"\"x = '\\ud83d'\""),
    "a future version": notebook(*RIGHT, nbformat=9),
    "tabs and line ends of Windows": notebook(*[cell.replace("\n", "\r\n").replace("    ", "\t") for cell in RIGHT]),
    "all in one cell": notebook("\n".join(RIGHT)),
    "a cell for each line of imports": notebook("import numpy\n", "np = numpy\n", *RIGHT[1:]),
}


@pytest.mark.parametrize("name", READABLE)
def test_a_damaged_notebook_gets_full_marks(hand_in: HandIn, course: Course, name: str) -> None:
    report = grade(hand_in(READABLE[name]), course=course)
    assert report.points_earned == 7, [check.failure for check in report.topics[0].checks]


CELLS: dict[str, tuple[Sequence[str | dict[str, Any]], str]] = {
    "line magics": ((f"%matplotlib inline\n{IMPORT}%load_ext autoreload\n%autoreload 2\n", *RIGHT[1:]), "%matplotlib inline"),
    "shell lines": ((f"!pip install -q numpy \\\n    scipy\n{IMPORT}!echo \"it's\"\n", *RIGHT[1:]), "!pip install"),
    "questions": ((f"{IMPORT}np.sum?\nnp.*load*??\n?np.sum\n", *RIGHT[1:]), "np.sum?"),
    "results of magics": ((f"files = !ls\nhere = %pwd\n{IMPORT}", *RIGHT[1:]), "files = !ls"),
    "%%time": ((IMPORT, f"%%time\n{AREA}", *RIGHT[2:]), "%%time"),
    "%%capture over %%time": ((f"\n# first\n%%capture out\n%%time\n{IMPORT}", *RIGHT[1:]), "%%capture"),
    "a magic within a function": (
        (IMPORT, AREA, FORWARD.replace("\n", "\n    %timeit -n 1 x\n", 1), BACKWARD), "%timeit -n 1 x"),
    "a broken cell": ((*RIGHT, "for i in range(3)\n    print(i)\n"), "cell 5 is not valid Python (line 1: "),
    "a broken statement beside a function": ((f"{IMPORT}print 'hello'\n", *RIGHT[1:]), "cell 1 is not valid Python"),
    "a broken function beside a right one": (
        (IMPORT, f"{AREA}\n\ndef helper(x:\n    return x\n", *RIGHT[2:]), "all that was used of it: area"),
    "marks of a merge conflict in a cell": ((*RIGHT, "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> a\n"), "cell 5 is not"),
    "no-break spaces": ((IMPORT, AREA.replace("    ", "\u00a0\u00a0\u00a0\u00a0"), *RIGHT[2:]), "no-break spaces"),
    "null bytes": ((IMPORT, f"\0{AREA}", *RIGHT[2:]), "null bytes"),
    "an indent of all lines": ((f"    {IMPORT}", *RIGHT[1:]), "the indent of all lines"),
    "prompts": ((f">>> {IMPORT}>>> 1 + 1\n2\n", *RIGHT[1:]), "prompts"),
    "a shell cell": ((*RIGHT, "%%bash\nrm -rf *\n"), "cell 5 begins with %%bash"),
    "another language": (("%%javascript\nlet a = 'it\n", *RIGHT), "cell 1 begins with %%javascript"),
    "a training loop": ((*RIGHT, "while True:\n    area(1, 1)\n"), "needs it: cell 5"),
    "input()": ((*RIGHT, "name = input('name? ')\n"), "needs it: cell 5"),
    "an assertion that fails": ((*RIGHT, "assert area(1, 1) == 2\n"), "needs it: cell 5"),
    "exit()": ((*RIGHT, "import sys\nsys.exit()\n"), "line 2 of cell 5"),
    "top-level await": ((*RIGHT, "import asyncio\nawait asyncio.sleep(1)\n"), "line 2 of cell 5"),
    "an earlier version": ((IMPORT, "def area(height, width):\n    return 0\n", AREA, *RIGHT[2:]), "cells 2 and 3; the last"),
    "packages of the plots": (
        ("import matplotlib.pyplot as plt, torchvision\nfrom google.colab import drive\n", *RIGHT, "plt.plot(1)"), "cell 6"),
    "a text cell between": ((IMPORT, text_cell("# Areas\n def area("), *RIGHT[1:]), "cells 1 and 3-5 used"),
}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_what_is_no_definition_costs_nothing_and_is_told(hand_in: HandIn, course: Course, name: str) -> None:
    cells, words = CELLS[name]
    report = grade(hand_in(notebook(*cells)), course=course)
    assert report.points_earned == 7, (report.notes, [check.failure for check in report.topics[0].checks])
    assert words in "\n".join(report.notes), report.notes
    assert all(note.startswith("area.ipynb") for note in report.notes)


HELPERS: dict[str, Sequence[str]] = {
    "a helper in a later cell": (IMPORT, "def area(h, w):\n    check(h, w)\n    return h * w\n", FORWARD, BACKWARD,
        "def check(h, w):\n    if h < 1 or w < 1:\n        raise ValueError('height or width')\n"),
    "a constant that is computed": (IMPORT, "ONE = np.float64(1)\n", AREA.replace("< 1", "< ONE"), FORWARD, BACKWARD),
    "a table that a loop fills": (IMPORT, "NAMES = {}\nfor i, name in enumerate(['h', 'w']):\n    NAMES[i] = name\n",
        AREA.replace('{name} must', '{NAMES[0]} {name} must'), FORWARD, BACKWARD),
    "a list that is added to": (IMPORT, "LEAST = []\n", "LEAST.append(1)\n", AREA.replace("< 1", "< LEAST[0]"),
        FORWARD, BACKWARD),
    "another name": (IMPORT, AREA.replace("def area", "def my_area"), "area = my_area\n", FORWARD, BACKWARD),
    "a partial": (IMPORT, "from functools import partial\n",
        AREA.replace("def area(", "def side(least, ").replace("< 1", "< least"), "area = partial(side, 1)\n", FORWARD, BACKWARD),
    "a lambda": (IMPORT, AREA, "scale_forward = lambda x, factor: (x * factor, (x, factor))\n", BACKWARD),
    "a decorator": (IMPORT, "def logged(f):\n    return lambda *a: f(*a)\n", f"@logged{AREA}", FORWARD, BACKWARD),
    "a class that keeps the cache": (IMPORT, AREA, "class Scale:\n    def __init__(self, x, f):\n        self.x, self.f = x, f\n",
        "def scale_forward(x, factor):\n    return x * factor, Scale(x, factor)\n",
        BACKWARD.replace("x, factor = cache", "x, factor = cache.x, cache.f")),
    "a method that is put into a class later": (IMPORT, AREA, "class Scale:\n    pass\n",
        "def times(self, f):\n    return self.x * f\n\nScale.times = times\n",
        "def scale_forward(x, factor):\n    s = Scale()\n    s.x = x\n    return s.times(factor), (x, factor)\n", BACKWARD),
    "types that are missing here": ("import torch\nfrom torch import Tensor\n", IMPORT, AREA,
        FORWARD.replace("(x, factor):", "(x: Tensor, factor):").replace("):", ") -> 'torch.Tensor':"),
        BACKWARD.replace("dout,", "dout: torch.Tensor,")),
    "under a condition": ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch\n",
        "try:\n    import cupy as np\nexcept ImportError:\n    import numpy as np\n", *RIGHT[1:]),
    "a base class in a later cell": (IMPORT, "class Scale(Base):\n    pass\n", "class Base:\n    factor = 1\n", AREA,
        "def scale_forward(x, factor):\n    return x * factor * Scale.factor, (x, factor)\n", BACKWARD),
    "from __future__": (IMPORT, "from __future__ import annotations\n" + AREA, FORWARD, BACKWARD),
    "display": (IMPORT, "def area(h, w):\n    display(h)\n" + AREA.partition("\n")[2].partition("\n")[2]
        .replace("height", "h").replace("width", "w"), FORWARD, BACKWARD),
    "a global counter": (IMPORT, "calls = 0\n",
        AREA.replace("    return", "    global calls\n    calls += 1\n    return"), FORWARD, BACKWARD),
    "strings that look like magics": (IMPORT + "%time\n",
        AREA.replace("    for", '    """\n%matplotlib\n!ls\nwhat?\n    """\n    for'),
        FORWARD.replace("x * factor,", "(x * (7\n    % 8) * factor / 7),"), BACKWARD),
}  # fmt: skip


@pytest.mark.parametrize("name", HELPERS)
def test_what_the_functions_need_is_run(hand_in: HandIn, course: Course, name: str) -> None:
    report = grade(hand_in(notebook(*HELPERS[name])), course=course)
    assert report.points_earned == 7, (report.notes, [check.failure for check in report.topics[0].checks])


def test_a_mistake_points_to_its_cell_and_line(hand_in: HandIn, course: Course) -> None:
    cells = (
        IMPORT,
        text_cell("text"),
        "x = 1\n\n" + FORWARD.replace("return x", "y = x.missing\n    return x"),
        AREA,
        BACKWARD,
    )
    report = grade(hand_in(notebook(*cells)), course=course)
    check = next(check for check in report.topics[0].checks if check.name == "scale_forward/values")
    assert check.failure is not None and check.failure.exception is not None
    (frame,) = check.failure.exception.frames
    assert (frame.file, frame.cell, frame.line, frame.code) == ("area.ipynb", 3, 4, "y = x.missing")
    out = io.StringIO()
    from rich.console import Console

    print_report(report, Console(file=out, width=80))
    assert "area.ipynb, cell 3, line 4 in scale_forward" in out.getvalue()
    assert check.failure.reproduce is not None and "from area import" not in check.failure.reproduce
    assert "# in a cell below the one that defines scale_forward" in check.failure.reproduce


def test_a_needed_statement_that_fails_is_told_with_its_place(hand_in: HandIn, course: Course) -> None:
    cells = (
        IMPORT,
        "SIDE = {}['side']\n",
        AREA.replace("height, width):", "height, width=SIDE):", 1),
        FORWARD,
        BACKWARD,
    )
    report = grade(hand_in(notebook(*cells)), course=course)
    notes = "\n".join(report.notes)
    assert "area.ipynb, cell 2, line 1 raised KeyError: 'side', so what it defines is missing" in notes
    assert "area.ipynb, cell 3, line 2 raised NameError: name 'SIDE' is not defined" in notes
    assert outcomes(report)["scale_backward/values"] is Outcome.PASSED
    assert outcomes(report)["area/worked_example"] is Outcome.FAILED


def test_what_only_the_compiler_refuses_costs_only_itself(hand_in: HandIn, course: Course) -> None:
    cells = (IMPORT, AREA.replace("return height * width", "break"), FORWARD, BACKWARD, "return 3\n", "yield 1\n")
    report = grade(hand_in(notebook(*cells)), course=course)
    assert report.points_earned == 3
    assert "cell 2, line 6 raised SyntaxError: 'break' outside loop" in "\n".join(report.notes)


def test_a_missing_package_shows_where_it_is_used(hand_in: HandIn, course: Course) -> None:
    cells = ("import scipy.signal as signal\n", AREA.replace("return height", "signal.convolve\n    return height"))
    check = grade(hand_in(notebook(*cells)), course=course).topics[0].checks[0]
    assert check.failure is not None and check.failure.exception is not None
    assert check.failure.exception.type == "ModuleNotFoundError"
    assert "this topic offers the standard library and numpy" in check.failure.exception.message


def test_a_function_in_a_text_cell_is_told(hand_in: HandIn, course: Course) -> None:
    report = grade(hand_in(notebook(IMPORT, text_cell(AREA), FORWARD, BACKWARD)), course=course)
    assert "area.ipynb, cell 2 is a text cell, so area in it is not defined; make it a code cell" in report.notes
    assert report.points_earned == 3


def test_a_function_below_a_magic_that_takes_its_cell_is_told(hand_in: HandIn, course: Course) -> None:
    report = grade(hand_in(notebook(IMPORT, f"\n%%writefile area.py\n{AREA}", FORWARD, BACKWARD)), course=course)
    told = "area in it is not defined, since the cell begins with %%writefile; take that line away"
    assert f"area.ipynb, cell 2: {told}" in report.notes and report.points_earned == 3


def test_all_cells_can_be_run(hand_in: HandIn, course: Course) -> None:
    path = hand_in(notebook(*RIGHT, "exec('def area(h, w): return 0')"))
    assert grade(path, course=course).points_earned == 7
    assert grade(path, course=course, run_all_cells=True).points_earned == 3


# -- which notebook is graded -------------------------------------------------------------------------------------------

STUB = 'def area(height, width):\n    """Area."""\n    raise NotImplementedError("area is not written yet")\n'


@pytest.mark.parametrize(
    ("files", "graded"),
    [
        ({"area.ipynb": notebook(*RIGHT)}, "area.ipynb"),
        ({"homework 1.ipynb": notebook(*RIGHT)}, "homework 1.ipynb"),
        ({"Copy of area.ipynb": notebook(*RIGHT), "notes.ipynb": notebook("x = 1")}, "Copy of area.ipynb"),
        ({"area.py": STUB, "area.ipynb": notebook(*RIGHT)}, "area.ipynb"),
        ({"area.py": IMPORT + AREA + FORWARD + BACKWARD, "area.ipynb": notebook(*RIGHT)}, None),
        ({"area.py": IMPORT + AREA + FORWARD + BACKWARD, "area.ipynb": notebook(STUB)}, None),
        ({"area.py": IMPORT + AREA + FORWARD + BACKWARD, "other.ipynb": b"not one"}, None),
        ({"area.py": STUB, "all.ipynb": notebook(*RIGHT), "area.ipynb": notebook(STUB)}, "all.ipynb"),
        ({"deep/er/hw.ipynb": notebook(*RIGHT), "hw.ipynb": notebook(STUB)}, "hw.ipynb"),
        ({"area.py": "def area(:\n", "area.ipynb": notebook(*RIGHT)}, "area.ipynb"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else str(value),
)
def test_the_one_in_which_more_is_written_is_graded(
    hand_in: HandIn, course: Course, files: dict[str, bytes | str], graded: str | None
) -> None:
    report = grade(hand_in(files), course=course)
    assert report.points_earned == 7, report.notes
    (file,) = report.files
    assert file.name == "area.py" and (file.notebook.name if file.notebook else None) == graded


def test_a_choice_between_file_and_notebook_is_told(hand_in: HandIn, course: Course) -> None:
    path = hand_in({"area.py": STUB, "area.ipynb": notebook(*RIGHT)})
    assert "area.py and area.ipynb are both there" in load(path, course).notes[0]
    (path / "area.ipynb").write_bytes(notebook(STUB))
    assert load(path, course).notes == ("area.py and area.ipynb are both there; area.py was graded",)


def test_a_notebook_by_itself_is_for_the_topics_it_defines(hand_in: HandIn, course: Course) -> None:
    path = hand_in({"my work.ipynb": notebook(*RIGHT), "nothing.ipynb": notebook("x = 1"), "bad.ipynb": b"[]"})
    assert grade(path / "my work.ipynb", course=course).points_earned == 7
    with pytest.raises(UsageError, match="has no function of the course"):
        grade(path / "nothing.ipynb", course=course)
    with pytest.raises(UsageError, match="is a list at its top"):
        grade(path / "bad.ipynb", course=course)
    assert grade(path / "nothing.ipynb", ["area"], course=course).points_earned == 0


def test_a_notebook_in_a_zip(tmp_path: Path, course: Course) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("me/area.ipynb", WHOLE)
        archive.writestr("me/.ipynb_checkpoints/area-checkpoint.ipynb", b"old")
    assert grade(tmp_path / "a.zip", course=course).points_earned == 7


def test_the_counts_of_cells(hand_in: HandIn, course: Course) -> None:
    path = hand_in(notebook(f"%pwd\n{IMPORT}", text_cell("x"), *RIGHT[1:], "", "print(1)", "%%bash\nls", "a b"))
    (file,) = grade(path, course=course).to_dict()["submission"]["files"]
    assert file["notebook"] == {"name": "area.ipynb", "cells_used": 4, "cells_changed": 1, "cells_left_out": 3}


# -- the reader against nbformat's, the parser against hostile source ---------------------------------------------------


@pytest.mark.parametrize("version", [3, 4])
def test_it_reads_what_nbformat_reads(version: int) -> None:
    sources = ["import numpy as np", "def f():\n    return 1\n", "%matplotlib inline\nx = 'ü'"]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    made.cells.insert(1, nbformat.v4.new_markdown_cell("# text"))
    if version == 3:
        made = nbformat.v4.downgrade(made)
    read = read_notebook("a.ipynb", nbformat.writes(made, version=version).encode())
    assert isinstance(read, Notebook)
    assert [cell.source for cell in read.cells if cell.kind == "code"] == sources
    assert [cell.number for cell in read.cells if cell.kind == "text"] == [2]


@pytest.mark.parametrize(
    ("source", "stub"),
    [
        ("def f():\n    'Doc.'\n    raise NotImplementedError", True),
        ("def f():\n    'Doc.'", True),
        ("def f(): ...", True),
        ("def f(x):\n    x = x + 1\n    raise NotImplementedError('not yet')", True),
        ("def f(x):\n    return x\n    raise NotImplementedError('not yet')", False),
        ("def f(x):\n    if x < 1:\n        raise NotImplementedError\n    return x", False),
        ("def f(x):\n    raise ValueError(x)", False),
        ("class f:\n    def __init__(self):\n        super().__init__()\n        raise NotImplementedError\n", True),
        ("class f:\n    def g(self):\n        return 1\n    def h(self):\n        raise NotImplementedError\n", False),
        ("class f:\n    x = 1", False),
    ],
)
def test_what_is_still_a_stub(source: str, stub: bool) -> None:
    tree = parse(source)
    assert isinstance(tree, ast.Module) and (not written_functions(tree, frozenset({"f"}))) == stub


HOSTILE = {
    "brackets": "(" * 100_000, "minus": "x = " + "-" * 100_000 + "1", "calls": "f" + "()" * 100_000,
    "attributes": "a" + ".b" * 100_000, "sums": "x = " + "1 + " * 100_000 + "1", "not": "not " * 100_000 + "1",
    "lambdas": "x = " + "lambda: " * 50_000 + "1", "nested": "".join(" " * i + "if 1:\n" for i in range(150)) + " " * 150 + "1",
    "digits": "x = " + "9" * 100_000, "powers": "x = 9 ** 9 ** 9 ** 9", "escapes": "x = '\\d\\N{nothing}'",
    "quotes": '"' * 99_999,
    "magics": "%\n" * 20_000 + "(", "joined": "!a \\\n" * 20_000, "broken pieces": "a b\n" * 5_000, "percent": "%%" * 1000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_source_ends_the_grader(hand_in: HandIn, course: Course, name: str) -> None:
    assert read_cell(Cell(1, "code", HOSTILE[name])).code.count("\n") <= HOSTILE[name].count("\n")
    report = grade(hand_in(notebook(*RIGHT, HOSTILE[name])), course=course)
    assert report.points_earned == 7 and not report.internal_errors


def test_lines_keep_their_numbers() -> None:
    source = "%%time\n!a \\\n b\nx = 1\n\n\ndef f():\n    %time y = 1\n    return y\n"
    read = read_cell(Cell(1, "code", source))
    assert read.code.split("\n")[3] == "x = 1" and read.code.split("\n")[6] == "def f():"
    assert read.code.split("\n")[7] == "    y = 1" and read.code.count("\n") == source.count("\n")
