"""Parsing source that nobody has looked at yet, in the grader's process: nothing is run, and nothing can end it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

FLAGS = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT  # notebooks may await at their top level


@dataclass(frozen=True)
class NotPython:
    """Why a text is not Python: the line, from 1, or 0 where it is not known, and Python's own words."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}" if self.line else self.reason


def parse(source: str) -> ast.Module | NotPython:
    """The syntax tree, or why there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like are the student's to see, not ours
            tree = compile(source, "<submission>", "exec", FLAGS, dont_inherit=True)
    except SyntaxError as error:
        return NotPython(error.lineno or 0, error.msg or "invalid syntax")
    except (RecursionError, MemoryError):
        return NotPython(0, "it is nested too deeply")
    except ValueError as error:
        return NotPython(0, str(error))
    assert isinstance(tree, ast.Module)
    return tree


def defined_functions(tree: ast.Module) -> set[str]:
    """Names of all functions and classes at the top level, stubs included."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}


def written_functions(tree: ast.Module, names: frozenset[str]) -> set[str]:
    """Which of the names are bound at the top level, or in a block there, to more than a stub."""
    found: set[str] = set()
    for node in _outside_functions(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found |= {node.name} if not is_stub(node) else set()
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {alias.asname or alias.name for alias in node.names}
    return found & names


def _outside_functions(tree: ast.Module) -> Iterator[ast.AST]:
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr)):
            pending += ast.iter_child_nodes(node)


def is_stub(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether it is not written yet: calling it raises NotImplementedError whatever stands before, or does nothing.

    A class is a stub where each of its methods is one, and nothing else stands in it.
    """
    if isinstance(node, ast.ClassDef):
        return all(_says_nothing(statement) for statement in node.body)
    for statement in node.body:
        if isinstance(statement, ast.Return):  # the stub's last line may still stand below it
            return False
        if isinstance(statement, ast.Raise):
            return _is_not_implemented(statement)
    return all(_says_nothing(statement) for statement in node.body)


def _is_not_implemented(statement: ast.Raise) -> bool:
    error = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    return isinstance(error, ast.Name) and error.id == "NotImplementedError"


def _says_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)  # a docstring or an ellipsis
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return is_stub(statement)
    return isinstance(statement, ast.Pass)
