"""A failing case as a student sees it: the call in words, and a script that shows the same without the grader."""

from __future__ import annotations

import functools
import inspect
import pprint
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from grader.checking.judge import CaseRun
from grader.checking.modelscript import MODEL_CALLS, model_script, print_result
from grader.client.student import Call
from grader.course import Names, Topic
from grader.errors import StudentReturnedOther
from grader.results import Failure
from grader.worker.wire import Handle, Named, Rng

SMALL = 6
KEPT = "what forward kept"
WIDTH = 72
"""A script is shown indented, in a terminal of 80 columns."""


def call_in_words(run: CaseRun, oracle: Mapping[str, Callable[..., Any]], value: Any = None) -> str | None:
    """The call that gave `value`, after those it builds on: `f(x: (2, 3) array, stride=2)`; None where none was made."""
    calls = []
    for call in _shown_calls(run, value):
        if call.function in MODEL_CALLS:
            calls.append(MODEL_CALLS[call.function](call))
            continue
        parts = [
            f"{name}: {_shape(argument)}" if isinstance(argument, np.ndarray) else f"{name}={_literal(argument)}"
            for name, argument, _ in bound_arguments(call, oracle)
        ]
        calls.append(f"{call.function}({', '.join(parts)})")
    words = ", then ".join(calls)
    return (words.replace(KEPT, f"{KEPT} first") if _has_calls_in_between(run) else words) or None


def case_in_words(run: CaseRun) -> str | None:
    """What was drawn for the case, by name: "height=2, width=1, seed=17"; None where nothing was."""
    parts = []
    for name, drawn in run.case.items():
        fields = drawn._asdict() if hasattr(drawn, "_asdict") else {name: drawn}
        parts += [f"{field}={content!r}" for field, content in fields.items()]
    return ", ".join(parts) or None


def needed_calls(calls: Sequence[Call], value: Any = None) -> list[Call]:
    """The call that gave or raised `value`, else the last one, and the calls that made the handles it was given."""
    target = next((call for call in reversed(calls) if value is not None and _holds(call, value)), None)
    if not calls:
        return []
    needed = [target or calls[-1]]
    for call in reversed(calls[: calls.index(needed[0])]):
        made = {item.number for item in _flat(call.result) if isinstance(item, Handle)}
        used = {item.number for later in needed for item in _flat((later.arguments, tuple(later.keywords.values())))
                if isinstance(item, Handle)}  # fmt: skip
        if made & used:
            needed.insert(0, call)
    return needed


def _shown_calls(run: CaseRun, value: Any) -> Sequence[Call]:
    """The needed calls, and those in between where the failure is that they made a difference."""
    needed = needed_calls(run.calls, value)
    if not needed or not _has_calls_in_between(run):
        return needed
    return run.calls[run.calls.index(needed[0]) : run.calls.index(needed[-1]) + 1]


def _has_calls_in_between(run: CaseRun) -> bool:
    return bool(getattr(run.error, "in_between", False))


def _holds(call: Call, value: Any) -> bool:
    return call.error is value or any(item is value for item in _flat(call.result))


def script(
    run: CaseRun,
    topic: Topic,
    oracle: Mapping[str, Callable[..., Any]],
    failure: Failure,
    value: Any,
    importable: bool = True,
) -> str | None:
    """Python that makes the case's calls on the student's file and prints what was compared, `value`.

    Where the functions are not `importable` but in a notebook, the script is for a cell below them.
    """
    calls = _shown_calls(run, value)
    if not calls:
        return None
    writer = _Writer(topic, oracle)
    for call in calls:
        writer.call(call)
    is_shape = isinstance(value, np.ndarray) and failure.got == str(value.shape)
    writer.finish(calls[-1], value, failure.index, is_shape)
    note = _note(failure)
    is_told = calls[-1].error is None or calls[-1].error is value
    body = "\n".join(_with_note(writer.lines, note) if note and is_told else writer.lines)
    names = ", ".join(dict.fromkeys(call.owner for call in calls))
    imports = ["import numpy as np"] if "np." in body else []
    imports += ["import torch"] if "torch." in body else []
    # layers that a model does not know of, as those in a plain list, are not reached by double()
    imports += ["torch.set_default_dtype(torch.float64)"] if ".double()" in body else []
    imports += [""] if imports else []
    module = topic.file.removesuffix(".py")
    source = f"from {module} import {names}" if importable else f"# in a cell below the one that defines {names}"
    return "\n".join([*imports, source, "", body]) + "\n"


class _Writer:
    """Writes assignments and calls, giving every array and result a name of its own."""

    def __init__(self, topic: Topic, oracle: Mapping[str, Callable[..., Any]]) -> None:
        self.topic, self.oracle = topic, oracle
        self.lines: list[str] = []
        self.taken: dict[str, Any] = {}
        self.handles: dict[int, str] = {}
        self.results: list[tuple[str, Any]] = []
        self.given: list[str] = []
        """Of the latest call, the variables that hold its arguments; empty for an argument that stands in the call itself."""

    def call(self, call: Call) -> None:
        if call.function in MODEL_CALLS:
            self._operation(call)
            return
        parts, self.given = [], []
        for name, value, keyword in bound_arguments(call, self.oracle):
            text = self._argument(name, value)
            self.given.append(text if text in self.taken else "")
            parts.append(f"{keyword}={text}" if keyword else text)
        if call.error is not None:
            returned_other = isinstance(call.error, StudentReturnedOther)
            before, behind = ("print(", ")") if returned_other else ("", "")
        else:
            target = self._target(self.topic.function(call.function).returns, call.result)
            names = target.removeprefix("(").removesuffix(")") if target[0] == "(" else target
            before, behind = f"{names} = ", ""
        self.lines += _fitting(f"{before}{call.function}(", parts, f"){behind}")

    def _operation(self, call: Call) -> None:
        """What the grader did with a model, in PyTorch alone."""
        given = call.arguments[0]
        model = self.handles.get(given.number, "model") if isinstance(given, Handle) else self._free("model")
        if isinstance(given, Named):
            parts = [_literal(value) for value in call.arguments[1:]]
            parts += [f"{name}={_literal(value)}" for name, value in call.keywords.items()]
            self.lines += _fitting(f"{model} = {given.name}(", parts, ")")
            self._result(model, call.result)
        lines, results = model_script(call, model, self._argument)
        self.lines += lines
        self.results += results

    def finish(self, last: Call, value: Any, index: tuple[int, ...] | None, is_shape: bool) -> None:
        """Print the compared value or its shape, or the last result where it cannot be found."""
        if last.error is not None and last.function != "trace_model":
            return
        if last.function in MODEL_CALLS:
            self.lines += print_result(last, [name for name, result in self.results if result is value], index)
            return
        found = [name for name, result in self.results if result is value]
        if isinstance(value, Handle) and value.number in self.handles:
            found = [self.handles[value.number]]
        changed = [name for name, after in zip(self.given, last.after, strict=False) if after is value and name]
        names = self.results_of_last(last) or [self.handles[n] for n in _handles_in(last.result) if n in self.handles]
        shown = (found or changed)[-1] + (".shape" if is_shape else "") if found or changed else ", ".join(names)
        self.lines.append(f"print({shown or 'None'})")

    def results_of_last(self, last: Call) -> list[str]:
        flat = _flat(last.result)
        return [name for name, result in self.results if any(result is item for item in flat)]

    def _argument(self, name: str, value: Any) -> str:
        if isinstance(value, Rng) and value.shared:
            return self._generator(value)
        if isinstance(value, Handle):
            return self.handles.get(value.number, "cache")
        if not isinstance(value, np.ndarray):
            # a long list on several lines, for a call that has its arguments on lines of their own
            text = _literal(value)
            return pprint.pformat(value, width=WIDTH - 8, compact=True) if len(text) > WIDTH - 8 else text
        for known, content in self.taken.items():
            if content is value:
                return known
        variable = self._free(name)
        self.taken[variable] = value
        self.lines.append(_array_assignment(variable, value))
        return variable

    def _generator(self, value: Rng) -> str:
        """The variable that holds the generator which the calls of the case share."""
        for known, content in self.taken.items():
            if isinstance(content, Rng) and content == value:
                return known
        variable = self._free("rng")
        self.taken[variable] = value
        self.lines.append(f"{variable} = {_literal(value)}")
        return variable

    def _target(self, names: Names, result: Any) -> str:
        if len(names) == 1 and isinstance(names[0], str):
            return self._result(names[0], result)
        parts = [
            self._result(name, item) if isinstance(name, str) else self._target(name, item)
            for name, item in zip(names, result, strict=True)
        ]
        return f"({', '.join(parts)})"

    def _result(self, name: str, value: Any) -> str:
        variable = self._free(name)
        self.taken[variable] = value
        if isinstance(value, Handle):
            self.handles[value.number] = variable
        else:
            self.results.append((variable, value))
        return variable

    def _free(self, name: str) -> str:
        variable, number = name, 2
        while variable in self.taken:
            variable, number = f"{name}{number}", number + 1
        return variable


@functools.lru_cache
def parameters_of(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The function's parameters by name, in order; looked up for every call that is spoken of."""
    return inspect.signature(function).parameters


def bound_arguments(call: Call, oracle: Mapping[str, Callable[..., Any]]) -> list[tuple[str, Any, str | None]]:
    """(parameter name, value, keyword or None) for each argument, in the order in which it was passed."""
    parameters = list(parameters_of(oracle[call.function])) if call.function in oracle else []
    bound: list[tuple[str, Any, str | None]] = []
    for position, value in enumerate(call.arguments):
        name = parameters[position] if position < len(parameters) else f"argument{position}"
        bound.append((name, value, None))
    return bound + [(name, value, name) for name, value in call.keywords.items()]


def _fitting(before: str, parts: Sequence[str], behind: str) -> list[str]:
    """A call on one line, or an argument on each where it is too long for one."""
    line = f"{before}{', '.join(parts)}{behind}"
    if len(line) <= WIDTH or not parts:
        return [line]
    return [before, *(textwrap.indent(part, "    ") + "," for part in parts), behind]


def _with_note(lines: Sequence[str], note: str) -> list[str]:
    """The lines with a comment behind the last one, or in lines of its own below it."""
    *others, last = lines
    line = f"{last}  # {note}"
    if len(line) <= WIDTH:
        return [*others, line]
    return [*lines, *(f"# {part}" for part in textwrap.wrap(note, WIDTH - 2, break_on_hyphens=False))]


def _shape(value: np.ndarray) -> str:
    if 0 < value.size <= SMALL:
        return np.array2string(value, separator=", ").replace("\n", "")
    return f"{value.shape} array"


def _literal(value: Any) -> str:
    if isinstance(value, Handle):
        return KEPT
    if isinstance(value, Rng):
        return f"np.random.default_rng({value.seed})"
    if isinstance(value, np.generic):
        return f"np.{value.dtype}({value.item()!r})"
    return repr(value)


def _array_assignment(variable: str, value: np.ndarray) -> str:
    if value.size == 0:
        return f"{variable} = np.zeros({value.shape})"
    if value.size > SMALL and (value == value.flat[0]).all():
        return f"{variable} = np.full({value.shape}, {value.flat[0].item()!r})"
    start = f"{variable} = np.array("
    text = np.array2string(
        value, separator=", ", threshold=value.size + 1, floatmode="unique", max_line_width=72, prefix=start
    )
    dtype = "" if value.dtype in (np.float64, np.int64) else f", dtype=np.{value.dtype}"
    return f"{start}{text}{dtype})"


def _handles_in(result: Any) -> list[int]:
    return [item.number for item in _flat(result) if isinstance(item, Handle)]


def _flat(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list, dict)):
        entries = value.values() if isinstance(value, dict) else value
        return [value, *(item for entry in entries for item in _flat(entry))]
    return [value]


def _note(failure: Failure) -> str:
    if failure.wanted is None:
        return ""
    where = f" at {list(failure.index)}" if failure.index else ""
    wanted = (
        f"{failure.wanted + 0.0:.8g}" if isinstance(failure.wanted, float) else str(failure.wanted).replace("\n", " ")
    )
    return f"wanted{where}: {wanted}"
