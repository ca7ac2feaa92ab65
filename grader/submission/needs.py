"""Which statements of a notebook the graded functions need: what binds a name they use, and what that uses in turn.

A notebook is full of statements that only its student needs: training loops, plots, prints, input(). Definitions, imports
and literal constants are always run. Anything else is run where it binds or changes a name on which a graded function
depends: `TABLE = {}` and the loop that fills it, `forward = partial(conv, stride=2)`, `EPS = np.float64(1e-5)`.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

ALWAYS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
TYPE_ALIAS = getattr(ast, "TypeAlias", ast.FunctionDef)  # since Python 3.12


@dataclass
class Uses:
    """The names that one statement at the top level binds, changes, imports and reads."""

    binds: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)


def is_always_run(statement: ast.stmt) -> bool:
    """Whether it is a definition, an import or a constant written out."""
    if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return _is_literal(statement.value) and all(isinstance(target, (ast.Name, ast.Tuple)) for target in targets)
    return isinstance(statement, (*ALWAYS, TYPE_ALIAS))


def find_needed(uses: Sequence[Uses], roots: Iterable[str]) -> frozenset[int]:
    """Positions of the statements on which the names `roots` depend."""
    imported = {name for used in uses for name in used.imports}
    makers: dict[str, list[int]] = {}
    for position, used in enumerate(uses):
        for name in used.binds | (used.changes - imported):
            makers.setdefault(name, []).append(position)
    pending, seen, needed = list(roots), set(roots), set()
    while pending:
        for position in makers.get(pending.pop(), ()):
            if position not in needed:
                needed.add(position)
                fresh = uses[position].reads - seen
                seen |= fresh
                pending += fresh
    return frozenset(needed)


def names_used(statement: ast.stmt) -> Uses:
    """The names of a statement at the top level."""
    uses = Uses()
    try:
        table = symtable.symtable(ast.unparse(statement), "<submission>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # what only the compiler refuses: it defines nothing
        return uses
    for symbol in table.get_symbols():
        if symbol.is_imported():
            uses.imports.add(symbol.get_name())
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
            uses.binds.add(symbol.get_name())
        if symbol.is_referenced():
            uses.reads.add(symbol.get_name())
    for child in table.get_children():
        uses.reads |= _globals_in(child)
    if not isinstance(statement, ALWAYS):
        uses.changes = {name for node in ast.walk(statement) if (name := _changed_by(node)) is not None}
    return uses


def _globals_in(table: symtable.SymbolTable) -> set[str]:
    """Names of the module that a function or class and what is nested in it refer to."""
    found: set[str] = set()
    pending = [table]
    while pending:
        current = pending.pop()
        found |= {symbol.get_name() for symbol in current.get_symbols() if symbol.is_global()}
        pending += current.get_children()
    return found


def _changed_by(node: ast.AST) -> str | None:
    """The variable whose content a node changes: `x[i] = ...`, `x.a = ...`, `x.append(...)`."""
    if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return _base(node)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        return _base(node.value.func)
    return None


def _base(node: ast.expr) -> str | None:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _is_literal(value: ast.expr) -> bool:
    """Whether making the value can neither take long nor fail: constants, and lists, tuples, dicts, sets of them."""
    allowed = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.expr_context, ast.UnaryOp, ast.unaryop)
    return all(isinstance(node, allowed) for node in ast.walk(value))
