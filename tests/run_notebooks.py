"""Runs the topics' notebooks from top to bottom, filled in with the model solutions: scripts/notebooks [TOPIC ...].

Every cell must run, and the last check must give full marks. `--stubs` runs them as students get them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from grader.course import Course, Topic, load_course
from grader.notebooks import make_notebook
from grader.release import make_stub, read_solution, without_marks
from grader.results import number

ROOT = Path(__file__).parents[1]
SECONDS = 300


def run_notebook(course: Course, topic: Topic, stub: bool = False) -> Any:
    """The notebook with its outputs. Raises CellExecutionError for a cell that fails and is not allowed to."""
    source = read_solution(course, topic)
    text = make_notebook(course, topic, make_stub(source, topic) if stub else without_marks(source))
    notebook = nbformat.reads(text, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": folder}}
        )
        return client.execute()


def last_result(notebook: Any) -> str:
    """What the last cell returned: the short form of the report."""
    results = [output for output in notebook.cells[-1].outputs if output.output_type == "execute_result"]
    return str(results[-1]["data"]["text/plain"])


def pictures(notebook: Any) -> int:
    """How many plots the notebook shows."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return sum("image/png" in output.get("data", {}) for output in outputs)


def failed_cells(notebook: Any) -> list[str]:
    """The ids of the cells that raised."""
    cells = notebook.cells
    return [cell.id for cell in cells if any(o.output_type == "error" for o in cell.get("outputs", ()))]


def main() -> int:
    """Run what is asked for; returns 1 if any notebook fails."""
    parser = argparse.ArgumentParser(prog="scripts/notebooks", description=__doc__.splitlines()[0])
    parser.add_argument("topics", nargs="*", metavar="TOPIC")
    parser.add_argument("--stubs", action="store_true", help="as students get them, with nothing written")
    parser.add_argument("--out", type=Path, help="also write the notebooks with their outputs into this folder")
    options = parser.parse_args()
    course = load_course(ROOT)
    failed = False
    for topic in [topic for topic in course.topics if not options.topics or topic.name in options.topics]:
        started = time.perf_counter()
        wanted = f"<Report: {0 if options.stubs else number(topic.points):g} of {number(topic.points):g} points>"
        try:
            notebook = run_notebook(course, topic, options.stubs)
            right = last_result(notebook) == wanted and (options.stubs or not failed_cells(notebook))
            words = f"{last_result(notebook)}, {len(notebook.cells)} cells, {pictures(notebook)} plots"
            if options.out is not None:
                options.out.mkdir(parents=True, exist_ok=True)
                nbformat.write(notebook, options.out / f"{topic.name}.ipynb")
            if failed_cells(notebook):
                words += f", failed: {', '.join(failed_cells(notebook))}"
        except CellExecutionError as error:
            right, words = False, str(error)
        print(f"{'ok  ' if right else 'FAIL'} {topic.name}: {words}, {time.perf_counter() - started:.1f} s", flush=True)
        failed = failed or not right
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
