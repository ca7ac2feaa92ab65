"""Names the layer in which a student's model differs first, for a case that went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from grader.checking.compare import CheckFailed
from grader.checking.given import given_digest
from grader.checking.judge import FINAL, CaseRun
from grader.checking.layers import OTHER_NUMBERS, first_difference
from grader.checking.models import is_shape
from grader.client.local import LocalBackend
from grader.client.student import Call, Student
from grader.errors import SubmissionFault
from grader.replaybook import ReplayBook

ENTRY_BYTES = 2000
"""About what an entry of a trace takes."""
WAYS = "OTHER_WAYS"
"""What an oracle calls the other right ways to write a builder, by its name, whose results differ; a model is held against that
which it has the most in common with.
"""
WITH_INPUT = ("run_model", "trace_model", "describe_model")


def differing_layer(
    function: str, run: CaseRun, student: Student, oracle: Mapping[str, Callable[..., Any]], book: ReplayBook
) -> str | None:
    """A sentence about the first layer that differs in the model that `function` made in the case; None where none is known.

    Where no layer can be named, or only that its numbers are others, parameters that have no influence are. Makes the model
    once more, the student's and the oracle's, and traces both, in training too where the case does; with numbers where the
    case ran the model. The `book` remembers the oracle's traces, which every student is compared with.
    """
    made = next((call for call in reversed(run.calls) if call.function in (function, "sketch_model")), None)
    shape = next((_shape(call) for call in reversed(run.calls) if call.function in WITH_INPUT), None)
    if made is None or shape is None or made.owner != function or isinstance(run.error, FINAL):
        return None
    ran = next((call for call in reversed(run.calls) if call.function == "run_model"), None)
    try:
        others: Any = oracle.get(WAYS, {})
        given = given_digest([made, *([ran] if ran is not None else [])])
        ways = [oracle, *({**oracle, function: way} for way in others.get(function, ()))]
        for training in (False, True) if any(call.keywords.get("training") for call in run.calls) else (False,):
            entries, whole = _trace(student, made, shape, training, ran)
            traces: list[list[Any]] = []
            for number, way in enumerate(ways):
                key = "trace", made.owner, given, shape, training, number
                kept = book.get(oracle, key)
                if kept is None:
                    kept, _ = _trace(Student(student.topic, LocalBackend(way)), made, shape, training, ran)
                    book.keep(oracle, key, kept, ENTRY_BYTES * len(kept))
                traces.append(kept)
            if ran is not None:
                shared = [_in_common(entries, trace) for trace in traces]
                traces = [traces[shared.index(max(shared))]]
            sentences = {first_difference(entries, wanted, whole) for wanted in traces}
            found = sentences.pop() if len(sentences) == 1 else None
            if found is not None and (idle := _unused(run)) is not None and found.endswith(OTHER_NUMBERS):
                return f"{found}; {idle}"
            if found is not None:
                return found
        return _unused(run)
    except SubmissionFault:
        return None


def _in_common(entries: list[Any], wanted: list[Any]) -> int:
    """How many results of a trace, which is the student's to choose, are results of the other, too."""
    known = set(map(_rounded, wanted)) - {()}
    return sum(_rounded(entry) in known for entry in entries)


def _rounded(entry: Any) -> tuple[str, ...]:
    numbers = entry.get("numbers") if isinstance(entry, dict) else None
    if not isinstance(numbers, (list, tuple)):
        return ()
    return tuple(f"{number:.6g}" for number in numbers if isinstance(number, float))


def _unused(run: CaseRun) -> str | None:
    """That there are parameters without influence, of a wrong value: the check that looks for them builds on the values."""
    if not isinstance(run.error, CheckFailed) or run.error.value is None:
        return None
    reply = next((call.result for call in reversed(run.calls) if call.function == "run_model"), None)
    idle = reply.get("idle") if isinstance(reply, dict) else None
    if not isinstance(idle, list) or not idle or not all(map(is_shape, idle)):
        return None
    shapes = ", ".join(map(str, idle[:3])) + (", ..." if len(idle) > 3 else "")
    return f"no gradient reaches parameters of shapes {shapes}"


def _trace(
    student: Student, made: Call, shape: tuple[int, ...], training: bool, ran: Call | None
) -> tuple[list[Any], bool]:
    """The entries of the model's trace, and whether its forward pass came to its end; as it `ran`, where it did."""
    student.begin_case()
    arguments = made.arguments[1:] if made.function == "sketch_model" else made.arguments
    make = getattr(student, made.owner)
    if ran is None:
        model = student.sketch_model(make, *arguments, **made.keywords)
        reply = student.trace_model(model, shape, partial=True, training=training)
    else:
        model = make(*arguments, **made.keywords)
        filled = {"seed": 0} | {name: ran.keywords[name] for name in ("seed", "scale") if name in ran.keywords}
        reply = student.trace_model(model, ran.arguments[1], partial=True, training=training, **filled)
    told = reply if isinstance(reply, dict) else {}
    entries = told.get("entries")
    outputs = told.get("outputs")
    return (entries if isinstance(entries, list) else []), isinstance(outputs, (list, tuple)) and len(outputs) > 0


def _shape(call: Call) -> tuple[int, ...] | None:
    x = call.arguments[1] if len(call.arguments) > 1 else None
    return tuple(x.shape) if isinstance(x, np.ndarray) else x
