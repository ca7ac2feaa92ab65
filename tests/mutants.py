"""The mutation run: small edits of the model solutions, each of which must lose points.

`scripts/mutants [TOPIC ...]` edits one place at a time (an operator, a constant, an argument, an axis, a condition, a term),
grades the edited solution and lists the edits that keep full marks. Those known to change nothing that the contract speaks of
stand in tests/equivalent_mutants.toml, each with its reason. `--diagnosis` also counts what the report says of those
that lose points: right, when a named misconception gives what the edited function gives in every check of it, on cases of
other seeds too; in part, when each gives that in the checks in which it is named; misleading, when it does not; observed,
when none is named but something is observed of the results; raises, when there is nothing but an exception, whose traceback
is shown; told, when a wrong type, shape or structure, or an error that was not raised, says it; missing, when nothing is said
but that a value is wrong. `--list missing` (or any of these) lists them.

The edits are made on the syntax tree by the classes below: general mutation libraries do not know an axis or a stride.
"""

from __future__ import annotations

import argparse
import ast
import copy
import dataclasses
import hashlib
import itertools
import multiprocessing
import signal
import sys
import time
import tomllib
import types
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.checking.known import misconceptions_in
from grader.course import Course, Topic, load_course
from grader.diagnosis import reproduces
from grader.evidence import Replays, Stance, stance
from grader.results import CheckResult, Outcome
from grader.session import course_module, on_path

sys.path.insert(0, str(Path(__file__).parent))
from proof import ROOT, Functions, judge_functions, judge_outcomes, judge_quickly, lost, quick_session

SECONDS = 60
OTHER_SEEDS = (101, 102)
OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Div, ast.Mult),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.MatMult: (ast.Mult,),
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
NAMES = {
    "max": "min", "min": "max", "argmax": "argmin", "sum": "mean", "mean": "sum", "zeros": "ones", "zeros_like": "ones_like",
    "all": "any", "any": "all", "floor": "ceil", "ceil": "floor", "var": "std", "prod": "sum", "exp": "log", "sqrt": "square",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One edited solution: where, what was there, what is there now, the whole source."""

    topic: str
    function: str
    line: int
    before: str
    after: str
    source: str

    @property
    def key(self) -> str:
        """A name that stays while other places of the file change."""
        digest = hashlib.sha256(f"{self.function}\n{self.before}\n{self.after}".encode()).hexdigest()[:8]
        return f"{self.function}-{digest}"


def edits(node: ast.AST) -> Iterator[ast.AST | None]:
    """Every replacement of a node by a similar one; None takes a statement out."""
    maker = getattr(sys.modules[__name__], f"_edit_{type(node).__name__.lower()}", None)
    if maker is not None:
        yield from maker(node)


def _with(node: ast.AST, **fields: Any) -> ast.AST:
    changed = copy.deepcopy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _edit_binop(node: ast.BinOp) -> Iterator[ast.AST | None]:
    yield from (_with(node, op=other()) for other in OPERATORS.get(type(node.op), ()))
    yield node.left
    yield node.right


def _edit_compare(node: ast.Compare) -> Iterator[ast.AST | None]:
    for position, operator in enumerate(node.ops):
        for other in COMPARISONS.get(type(operator), ()):
            yield _with(node, ops=[*node.ops[:position], other(), *node.ops[position + 1 :]])


def _edit_boolop(node: ast.BoolOp) -> Iterator[ast.AST | None]:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for position in range(len(node.values)):
        rest = node.values[:position] + node.values[position + 1 :]
        yield rest[0] if len(rest) == 1 else _with(node, values=rest)


def _edit_unaryop(node: ast.UnaryOp) -> Iterator[ast.AST | None]:
    yield node.operand


def _edit_constant(node: ast.Constant) -> Iterator[ast.AST | None]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)
    elif isinstance(node.value, float):
        yield ast.Constant(node.value * 2 + 0.5)
        yield ast.Constant(0.0)


def _edit_call(node: ast.Call) -> Iterator[ast.AST | None]:
    for position in range(len(node.keywords)):
        yield _with(node, keywords=node.keywords[:position] + node.keywords[position + 1 :])
    for position in range(len(node.args) - 1):
        swapped = list(node.args)
        swapped[position], swapped[position + 1] = swapped[position + 1], swapped[position]
        yield _with(node, args=swapped)
    if len(node.args) > 1:
        yield _with(node, args=node.args[:-1])
    if node.args and not isinstance(node.args[0], ast.Starred):
        yield node.args[0]
    elif isinstance(node.func, ast.Attribute):
        yield node.func.value


def _edit_attribute(node: ast.Attribute) -> Iterator[ast.AST | None]:
    if node.attr in NAMES and isinstance(node.ctx, ast.Load):
        yield _with(node, attr=NAMES[node.attr])


def _edit_name(node: ast.Name) -> Iterator[ast.AST | None]:
    if node.id in NAMES and isinstance(node.ctx, ast.Load):
        yield _with(node, id=NAMES[node.id])


def _edit_tuple(node: ast.Tuple) -> Iterator[ast.AST | None]:
    for position in range(len(node.elts) - 1):
        swapped = list(node.elts)
        swapped[position], swapped[position + 1] = swapped[position + 1], swapped[position]
        if ast.dump(swapped[position]) != ast.dump(swapped[position + 1]):
            yield _with(node, elts=swapped)


def _edit_slice(node: ast.Slice) -> Iterator[ast.AST | None]:
    for part in ("lower", "upper", "step"):
        if getattr(node, part) is not None:
            yield _with(node, **{part: None})


def _edit_ifexp(node: ast.IfExp) -> Iterator[ast.AST | None]:
    yield node.body
    yield node.orelse


def _edit_if(node: ast.If) -> Iterator[ast.AST | None]:
    yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node.body[0], ast.Raise):
        yield None


def _edit_augassign(node: ast.AugAssign) -> Iterator[ast.AST | None]:
    target = copy.deepcopy(node.target)
    yield ast.Assign([target], node.value)
    yield from (_with(node, op=other()) for other in OPERATORS.get(type(node.op), ()))
    yield None


def _edit_expr(node: ast.Expr) -> Iterator[ast.AST | None]:
    if isinstance(node.value, ast.Call):
        yield None


class _Replace(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST | None) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        """Exchange the node when it is the one."""
        if node is self.old:
            return self.new if self.new is not None else ast.Pass()
        return self.generic_visit(node)


def mutants_of(topic: Topic) -> Iterator[Mutant]:
    """Every edit of every function body and default in the topic's model solution."""
    source = (ROOT / "solutions" / topic.file).read_text("utf-8")
    tree = ast.parse(source)
    for top in tree.body:
        if not isinstance(top, (ast.FunctionDef, ast.ClassDef, ast.Assign)):
            continue
        name = getattr(top, "name", "") or ast.unparse(top).partition(" ")[0]
        for node in _code_nodes(top):
            for new in edits(node):
                before = ast.unparse(node)
                after = ast.unparse(ast.fix_missing_locations(new)) if new is not None else "pass"
                if before == after:
                    continue
                changed = _copy_with(tree, node, new)
                yield Mutant(topic.name, name, getattr(node, "lineno", top.lineno), before, after, changed)


def _copy_with(tree: ast.Module, old: ast.AST, new: ast.AST | None) -> str:
    nodes = list(ast.walk(tree))
    twin = copy.deepcopy(tree)
    target = list(ast.walk(twin))[next(i for i, node in enumerate(nodes) if node is old)]
    return ast.unparse(ast.fix_missing_locations(_Replace(target, copy.deepcopy(new)).visit(twin)))


def _code_nodes(top: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a definition that compute something: no docstrings, annotations, messages of errors."""
    skipped: set[int] = set()
    for node in ast.walk(top):
        parts: list[ast.AST | None] = []
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parts = [node.returns, *node.decorator_list]
        elif isinstance(node, ast.arg):
            parts = [node.annotation]
        elif isinstance(node, ast.AnnAssign):
            parts = [node.annotation]
        elif isinstance(node, ast.Raise):
            parts = [node]
        for part in parts:
            if part is not None:
                skipped |= {id(inner) for inner in ast.walk(part)}
    yield from (node for node in ast.walk(top) if id(node) not in skipped)


def load(mutant: Mutant, topic: Topic) -> Functions | None:
    """The edited functions; None where the edited file cannot even be imported."""
    module = types.ModuleType(f"mutant_{mutant.topic}")
    module.__file__ = topic.file
    sys.modules[module.__name__] = module
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(mutant.source, topic.file, "exec"), vars(module))
    except Exception:
        return None
    return {name: vars(module)[name] for name in topic.functions if name in vars(module)}


class _TooSlow(Exception):
    """An edit that made a loop endless."""


def _alarm(*_: Any) -> None:
    raise _TooSlow


@dataclass(frozen=True)
class Fate:
    """What became of a mutant: killed or not, by which check, and how its diagnosis fared where that was asked for."""

    mutant: Mutant
    killed: bool
    by: str
    naming: str | None = None
    said: str = ""


def judge_mutant(mutant: Mutant, course: Course, topic: Topic, diagnosis: bool) -> Fate:
    """Grade one mutant."""
    functions = load(mutant, topic)
    if functions is None:
        return Fate(mutant, True, "import")
    signal.signal(signal.SIGALRM, _alarm)
    signal.alarm(SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if diagnosis:
                failed = lost(judge_functions(course, topic, functions, 0)[1])
            else:
                outcomes = judge_outcomes(course, topic, functions, 0)
                failed = list(itertools.islice((check for check in outcomes if check.points_earned == 0), 1))
            naming, said = _naming(topic, course, functions, failed) if diagnosis and failed else (None, "")
    except _TooSlow:
        return Fate(mutant, True, "time")
    finally:
        signal.alarm(0)
    return Fate(mutant, bool(failed), failed[0].name if failed else "", naming, said)


def _naming(topic: Topic, course: Course, functions: Functions, failed: list[CheckResult]) -> tuple[str, str]:
    """What the names of misconceptions are worth, judged on cases of other seeds, and what was said."""
    named = {check.name: (check.function, check.misconceptions[0].slug) for check in failed if check.misconceptions}
    if not named:
        said = next((c.observations[0] for c in failed if c.observations), "")
        crashed = all(c.outcome is not Outcome.FAILED for c in failed)
        failures = [check.failure for check in failed if check.failure is not None]
        other = [failure.what for failure in failures if failure.error is None]
        what = next(iter(other), failures[0].what if failures else "")
        return ("observed", said) if said else ("raises" if crashed else "told" if other else "missing", what)
    with on_path(course):
        oracle = vars(course_module(topic, "oracle"))
        known = {(k.function, k.slug): k for k in misconceptions_in(course_module(topic, "misconceptions"))}
        whole = set(named.values())
        for seed in OTHER_SEEDS:
            session = quick_session(course, functions, seed)
            list(judge_quickly(session, topic))
            other, replays = session.topics[topic.name], Replays(topic, oracle)
            for check, name in named.items():
                replays.begin(name[0])
                said_of = {stance(known[name], run, replays) for run in other.judged[check].runs}
                if Stance.AGAINST in said_of or said_of == {Stance.SILENT}:
                    return "misleading", f"{check}: {name[1]}"
            whole = {name for name in whole if reproduces(known[name], other.runs_of(name[0]), topic, oracle)}
    first = next(iter(named.values()))
    return ("right", "/".join(next(iter(whole)))) if whole else ("in part", "/".join(first))


def equivalents(topic: Topic) -> dict[str, str]:
    """Known equivalent mutants by key, with the reason."""
    file = ROOT / "tests" / "equivalent_mutants.toml"
    table: dict[str, str] = tomllib.loads(file.read_text("utf-8")).get(topic.name, {}) if file.is_file() else {}
    return table


def run_topic(topic: Topic, course: Course, diagnosis: bool, jobs: int, only: str | None) -> list[Fate]:
    """Judge every mutant of a topic and print those that survive."""
    mutants = [m for m in mutants_of(topic) if only is None or only in m.function]
    started = time.perf_counter()
    work = [(mutant, course.root, topic.name, diagnosis) for mutant in mutants]
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        fates = pool.starmap(_judge_remote, work, chunksize=20)
    known = equivalents(topic)
    survivors = [fate for fate in fates if not fate.killed]
    for fate in survivors:
        if fate.mutant.key not in known:
            print(
                f"  SURVIVES {fate.mutant.key} line {fate.mutant.line}: {fate.mutant.before}  ->  {fate.mutant.after}"
            )
    excused = sum(fate.mutant.key in known for fate in survivors)
    for key in set(known) - {fate.mutant.key for fate in survivors}:
        if only is None:
            print(f"  no longer survives, or is gone: {key}")
    killed = len(fates) - len(survivors)
    share = killed / max(1, len(fates) - excused)
    print(
        f"{topic.name}: {len(fates)} mutants, {killed} killed, {excused} equivalent, {len(survivors) - excused} survive; "
        f"{share:.1%} of the non-equivalent killed; {time.perf_counter() - started:.0f} s"
    )
    return fates


def _judge_remote(mutant: Mutant, root: Path, name: str, diagnosis: bool) -> Fate:
    course = load_course(root)
    fate = judge_mutant(mutant, course, course.topic(name), diagnosis)
    return dataclasses.replace(fate, mutant=dataclasses.replace(mutant, source=""))


def main() -> None:
    """Run the mutation run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topics", nargs="*")
    parser.add_argument("--diagnosis", action="store_true", help="also count right, misleading and missing names")
    parser.add_argument("--list", nargs="*", default=["misleading"], metavar="WHAT", help="what of these to list")
    parser.add_argument("--function", help="only edits in functions whose name holds this")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    arguments = parser.parse_args()
    course = load_course(ROOT)
    topics = [course.topic(name) for name in arguments.topics] or list(course.topics)
    fates: list[Fate] = []
    for topic in topics:
        fates += run_topic(topic, course, arguments.diagnosis, arguments.jobs, arguments.function)
    for fate in fates:
        if fate.naming is not None and fate.naming in arguments.list:
            place = f"{fate.mutant.topic} {fate.mutant.function} line {fate.mutant.line}"
            print(
                f"  {fate.naming.upper()} {place}: {fate.mutant.before}  ->  {fate.mutant.after}\n      said: {fate.said}"
            )
    if arguments.diagnosis:
        counts = Counter(fate.naming for fate in fates if fate.naming is not None)
        total = sum(counts.values())
        named = sum(counts[kind] for kind in ("right", "in part", "misleading"))
        print(f"what is said of {total} killed mutants: {dict(counts.most_common())}")
        print(
            f"misleading: {counts['misleading'] / max(1, named):.1%} of the named; no name: {1 - named / max(1, total):.1%}"
        )
        print(f"nothing said but the wrong value: {counts['missing'] / max(1, total):.1%}")
    known = sum(len(equivalents(topic)) for topic in topics)
    survivors = sum(not fate.killed for fate in fates)
    sys.exit(survivors > known)


if __name__ == "__main__":
    main()
