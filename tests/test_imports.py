"""Imports run one way; the worker knows nothing of ours; importing the package is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "grader"

LAYERS = [
    ["grader.worker"],
    ["grader.errors", "grader.results", "grader.options", "grader.tomllines"],
    ["grader.tomltable"],
    ["grader.course"],
    ["grader.late"],
    ["grader.submission"],
    ["grader.client"],
    ["grader.replaybook"],
    ["grader.checking"],
    ["grader.replaying"],
    ["grader.evidence"],
    ["grader.diagnosis", "grader.workshop"],
    ["grader.observing"],
    ["grader.session"],
    ["grader.devices"],
    ["grader.findings"],
    ["grader.collecting", "grader.sharing"],
    ["grader.grading", "grader.plugin", "grader.release", "grader.report"],
    ["grader.catalogue"],
    [
        "grader.practice",
        "grader.doctor",
        "grader.ci",
        "grader.batch",
        "grader.notebooks",
        "grader.explain",
        "grader.show_case",
    ],
    ["grader.workspace", "grader.watch"],
    ["grader.commands"],
    ["grader.cli"],
    ["grader.__main__", "grader"],
]
"""Lowest first: a module imports from its own layer's own package and from the layers below."""

EXCEPTIONS = {
    ("grader.course", "grader.worker"): "the limits are data beside the worker that applies them",
    (
        "grader.plugin",
        "grader.grading",
    ): "the plugin is one of the two ways into a grading",
    ("grader.collecting", "grader.plugin"): "grading runs the plugin, which it imports inside a function",
    ("grader.collecting", "grader.grading"): "for the annotations alone",
    ("grader.plugin", "grader.report"): "an ordinary pytest run prints failures through the plain report",
}


def modules() -> dict[str, Path]:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        if not {"_data", "templates"} & set(path.parts):  # data, not modules
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(name: str, path: Path) -> set[str]:
    """Our modules that a module imports anywhere in its code."""
    names: set[str] = set()
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package.split(".")[: len(package.split(".")) - node.level + 1]
                module = ".".join([*base, *([node.module] if node.module else [])])
            else:
                module = node.module or ""
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    known = modules()
    return {n for n in names if n in known and n.startswith("grader")}


def layer(name: str) -> tuple[int, str]:
    for number, entries in enumerate(LAYERS):
        for entry in entries:
            if name == entry or (name.startswith(entry + ".") and entry != "grader"):
                return number, entry
    raise AssertionError(f"{name} has no layer: add it to LAYERS")


@pytest.mark.parametrize("name", sorted(modules()))
def test_imports_run_one_way(name: str) -> None:
    number, own = layer(name)
    for other in imported(name, modules()[name]):
        below, entry = layer(other)
        if other == "grader":  # the version
            continue
        assert below < number or entry == own or (own, entry) in EXCEPTIONS, f"{name} imports {other}"


def test_the_worker_imports_nothing_of_ours_but_its_own_package() -> None:
    for name, path in modules().items():
        if name.startswith("grader.worker"):
            assert all(other.startswith("grader.worker") for other in imported(name, path)), name


def test_reports_read_results_and_nothing_else() -> None:
    for name, path in modules().items():
        if name.startswith("grader.report."):
            allowed = ("grader.report", "grader.results", "grader.errors")
            assert all(other.startswith(allowed) for other in imported(name, path)), name


def loaded_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_importing_the_package_is_cheap() -> None:
    assert not loaded_after("import grader") & {"torch", "pytest", "hypothesis", "numpy", "rich"}
    assert not loaded_after("import grader.plugin") & {"torch", "hypothesis", "numpy", "rich"}


def test_the_worker_loads_no_checks_and_no_torch() -> None:
    loaded = loaded_after("import grader.worker.__main__, grader.worker.forkserver")
    assert not loaded & {"torch", "pytest", "hypothesis", "rich", "grader.checking", "grader.course", "grader.session"}
