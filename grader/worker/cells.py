"""Runs a notebook's statements one by one, as Jupyter runs its cells: one that fails costs only itself.

Imports that fail leave a stand-in that raises when it is used, so that a package which only the notebook's plots need may
be missing here. Annotations are not evaluated, for the same reason.
"""

from __future__ import annotations
import __future__

import ast
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

FLAGS = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class Absent:
    """What an import that failed leaves behind: any use of it raises what the import raised."""

    def __init__(self, error: ImportError) -> None:
        self.__dict__["_error"] = (type(error), str(error), error.name)

    def _raise(self, *_: Any, **__: Any) -> NoReturn:
        kind, message, name = self.__dict__["_error"]
        raise kind(message, name=name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # somebody looks whether it is there
            raise AttributeError(name)
        self._raise()

    __call__ = __getitem__ = __iter__ = __mro_entries__ = __enter__ = _raise


def run_statements(module: ModuleType, file: str, chosen: Sequence[int]) -> list[tuple[int, BaseException]]:
    """Run the statements of `file` at these positions in the module; returns those that failed, with what they raised.

    A name that is missing may be bound further down, where cells were run in another order than they stand in: such a
    statement is tried once more at the end.
    """
    body = compile(Path(file).read_text("utf-8"), file, "exec", FLAGS, dont_inherit=True).body
    flags = __future__.annotations.compiler_flag | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    module.__dict__.setdefault("display", print)
    failed: dict[int, BaseException] = {}
    for again in (False, True):
        for position in [p for p in chosen if not again or isinstance(failed.get(p), NameError)]:
            failed.pop(position, None)
            for statement in _single_imports(body[position]):
                try:
                    _run(statement, module.__dict__, file, flags)
                except BaseException as error:
                    failed[position] = error
    return sorted(failed.items())


def _run(statement: ast.stmt, names: dict[str, Any], file: str, flags: int) -> None:
    code = compile(ast.Module([statement], []), file, "exec", flags, dont_inherit=True)
    try:
        exec(code, names)
    except ImportError as error:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)):
            raise
        for alias in statement.names:
            names[alias.asname or alias.name.partition(".")[0]] = Absent(error)


def _single_imports(statement: ast.stmt) -> list[ast.stmt]:
    """`import a, b` as `import a` and `import b`, so that one missing package is one name; anything else as it is."""
    if isinstance(statement, ast.Import):
        return [ast.copy_location(ast.Import([alias]), statement) for alias in statement.names]
    if isinstance(statement, ast.ImportFrom):
        single = [ast.ImportFrom(statement.module, [alias], statement.level) for alias in statement.names]
        return [ast.copy_location(one, statement) for one in single]
    return [statement]
