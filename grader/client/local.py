"""Functions of this very process behind the same interface as a worker: practice mode, oracles, misconceptions.

Arguments are copied and results go through the wire's packing, so that they look as they would from a worker. There is no
protection of any kind here.
"""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from grader.course import Function
from grader.errors import Frame, StudentMissing, StudentRaised, StudentReturnedOther
from grader.worker import wire
from grader.worker.noting import noting_warnings

from .foresight import Plan

PACKAGE = str(Path(__file__).parents[1])


class LocalBackend:
    """Calls the given functions by name; keeps their opaque results by handle."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        self._functions = functions
        self._kept: dict[int, Any] = {}
        self._generators: dict[int, np.random.Generator] = {}

    @property
    def importable(self) -> bool:
        """They are in this process, and perhaps in no file."""
        return False

    def begin_case(self) -> None:
        """Drop the handles of earlier cases."""
        self._kept.clear()
        self._generators.clear()

    def foresee(self, plan: Plan) -> None:
        """Nothing is gained by calling ahead in one process."""

    def end_foresight(self) -> None:
        """Nothing was foreseen."""

    def peek_replies(self, whole_check: bool = False) -> bytes | None:
        """Nothing was called ahead."""
        return None

    def pass_over(self) -> None:
        """Nothing was called ahead."""

    def at_work(self) -> AbstractContextManager[None]:
        """Nothing is stopped between calls."""
        return nullcontext()

    def take_output(self) -> str:
        """Nothing is captured: what is printed appears where the caller prints."""
        return ""

    def call(self, function: Function, arguments: Sequence[Any], keywords: dict[str, Any], observe: bool) -> Any:
        """One call; see Backend. Raises StudentMissing or StudentRaised."""
        code = self._operation(function.name) if function.operation else self._find(function.name)
        given = [self._arrive(value) for value in arguments]
        named = {name: self._arrive(value) for name, value in keywords.items()}
        try:
            with noting_warnings(observe) as noted:
                result = code(*given, **named)
        except NotImplementedError:
            raise StudentMissing("it still raises NotImplementedError") from None
        except Exception as error:
            raise _as_raised(error) from None
        try:
            answer = self._leave(self._hold(result, function.kept))
        except (wire.TooLarge, wire.NotCarried) as error:
            raise StudentReturnedOther("something that can be passed on to the grader", str(error)) from None
        return (answer, [given, named, noted]) if observe else answer

    def _find(self, name: str) -> Callable[..., Any]:
        if name not in self._functions:
            raise StudentMissing(f"there is no function {name}")
        return self._functions[name]

    def _operation(self, name: str) -> Callable[..., Any]:
        from grader.worker.operations import OPERATIONS  # imports PyTorch, which other topics do without

        return OPERATIONS[name]

    def _arrive(self, value: Any) -> Any:
        if isinstance(value, wire.Handle):
            return self._kept[value.number]
        if isinstance(value, wire.Named):
            return self._find(value.name)
        if isinstance(value, wire.Rng):
            if not value.shared:
                return np.random.default_rng(value.seed)
            return self._generators.setdefault(value.seed, np.random.default_rng(value.seed))
        return copy.deepcopy(value)

    def _hold(self, value: Any, paths: Sequence[tuple[int, ...]]) -> Any:
        if () in paths:
            return self._keep(value)
        if not paths or not isinstance(value, (tuple, list)):
            return value
        return tuple(
            self._hold(item, [path[1:] for path in paths if path[0] == position]) for position, item in enumerate(value)
        )

    def _keep(self, value: Any) -> wire.Handle:
        number = len(self._kept) + 1
        self._kept[number] = value
        return wire.Handle(number, type(value).__name__)

    def _leave(self, value: Any) -> Any:
        packer = wire.Packer(self._keep)
        return wire.unpack(packer.pack(value), {name: array.copy() for name, array in packer.arrays.items()})


def _as_raised(error: Exception) -> StudentRaised:
    kinds = [base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"]
    frames = [
        Frame(Path(frame.filename).name, frame.lineno or 0, frame.name, (frame.line or "").strip())
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(PACKAGE)
    ]
    return StudentRaised(type(error).__name__, kinds, str(error), frames)
