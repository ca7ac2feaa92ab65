"""What a forward pass does: its operations with shapes and settings, in order, as plain data; imports torch, nothing of ours.

PyTorch tells a dispatch mode every operation, whoever calls it: modules, functions, operators. Each becomes an entry

    op        name without namespace, overload or trailing underscore: "convolution", "relu", "add"; "put" for what is
              written into a part of a tensor
    inputs    for each tensor that was computed from the model's input: the number of the entry it came from, -1 for the input
    weights   shapes of the other tensors: parameters, buffers, constants
    output    shape of the (first) result
    settings  the other arguments by name: stride, padding, ...
    layer     what the course calls it, where its own model said so (see naming.py)
    numbers   where they are asked for, two sums over the result, for "put" the whole that it is a part of: equal for equal
              results, however their entries lie in memory
"""

from __future__ import annotations

import functools
import math
from contextlib import nullcontext
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from .naming import current_layer

NOTHING = "None (is the return statement missing?)"
ENTRIES = 5000
SILENT = frozenset(
    {"detach", "t", "transpose", "alias", "clone", "empty", "empty_like", "zeros", "ones", "scalar_tensor"}
)
"""Not entries by themselves: they make or move constants, or change nothing that is computed."""
CONSTANT = frozenset({"zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full", "new_empty"})
"""Take the shape of what was computed, and nothing else from it."""


def trace_forward(
    model: nn.Module, x: torch.Tensor, partial: bool = False, operations: bool = True, numbers: bool = False
) -> dict[str, Any]:
    """One forward pass on x without gradients: its "entries" and the shapes of its "outputs", or a "problem".

    With `partial`, what the model did before it raised; without `operations` there are no entries.
    """
    recorder = _Recorder(x, numbers)
    result = None
    try:
        with torch.no_grad(), recorder if operations else nullcontext():
            result = model(x)
    except Exception:
        if not partial:
            raise
    outputs = [tuple(value.shape) for value in _flat(result) if isinstance(value, torch.Tensor)]
    if len(recorder.entries) > ENTRIES:
        return {"problem": f"does more than {ENTRIES:,} operations in one forward pass"}
    if not outputs and not partial:
        kind = f"an object of type {type(result).__name__}" if result is not None else NOTHING
        return {"problem": f"returned {kind} from its forward pass, not a tensor"}
    shapes = {"outputs": outputs[:16]}
    return {"entries": recorder.entries, **shapes} if operations else shapes


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # its base has no annotations
    """Notes operations on what was computed from x."""

    def __init__(self, x: torch.Tensor, numbers: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as above
        self._with_numbers = numbers
        self.entries: list[dict[str, Any]] = []
        self._made: dict[int, int] = {id(x): -1}
        self._written: dict[int, int] = {}  # by storage: a tensor may be filled part by part
        self._alive: list[Any] = [x]  # an id is a tensor's own only as long as the tensor lives

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        keywords = kwargs or {}
        result = func(*args, **keywords)
        tensors = [value for value in _flat((args, tuple(keywords.values()))) if isinstance(value, torch.Tensor)]
        numbers = [self._number(tensor) for tensor in tensors]
        inputs = [number for number in numbers if number is not None]
        name = str(func._schema.name).partition("::")[2].rstrip("_")
        if not inputs or name in CONSTANT or len(self.entries) > ENTRIES:
            return result
        outputs = [value for value in _flat(result) if isinstance(value, torch.Tensor)]
        written = [one for one in outputs if func._schema.is_mutable and any(one is tensor for tensor in tensors)]
        if name in SILENT:
            number = inputs[0]
        else:
            number = len(self.entries)
            others = [tensor for tensor, made in zip(tensors, numbers, strict=True) if made is None]
            op = "put" if any(map(_is_part, written)) else name
            entry = self._entry(op, func, args, keywords, inputs, others, outputs)
            if self._with_numbers:
                entry["numbers"] = _numbers([_whole(one) for one in written] if op == "put" else outputs)
            self.entries.append(entry)
        for output in outputs:
            self._made[id(output)] = number
        self._written |= {_storage(output): number for output in written}
        self._alive += outputs
        return result

    def _number(self, tensor: torch.Tensor) -> int | None:
        """The entry that a tensor came from, or that wrote into its storage last; None for what is not computed from x."""
        made = self._made.get(id(tensor))
        written = self._written.get(_storage(tensor)) if self._written else None
        return written if made is None or (written is not None and written > made) else made

    def _entry(
        self, name: str, func: Any, args: Any, keywords: Any, inputs: list[int], others: list[Any], outputs: list[Any]
    ) -> dict[str, Any]:
        schema = func._schema.arguments
        defaults = {argument.name: argument.default_value for argument in schema if argument.has_default_value()}
        given = {**defaults, **dict(zip([argument.name for argument in schema], args, strict=False)), **keywords}
        return {
            "op": name,
            "inputs": inputs,
            "weights": [tuple(tensor.shape) for tensor in others],
            "output": tuple(outputs[0].shape) if outputs else (),
            "settings": {key: value for key, value in given.items() if _plain(value)},
            "layer": current_layer(),
        }


def _storage(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage()._cdata if tensor.layout is torch.strided else id(tensor)


def _is_part(tensor: torch.Tensor) -> bool:
    """Whether a tensor shows a part of its storage."""
    return tensor.layout is torch.strided and tensor.nbytes < tensor.untyped_storage().nbytes()


def _numbers(outputs: list[Any]) -> list[float]:
    """The sum of the squares of a result's entries, and of the entries, each times a factor of its place; else nothing.

    An operation that gives several parts of one tensor has no single result.
    """
    floating = [one for one in outputs if one.is_floating_point()]
    if not floating or floating[0].is_meta or len({_storage(one) for one in floating}) < len(floating):
        return []
    flat = floating[0].detach().reshape(-1).double()
    found = [float(flat.dot(flat)), float(flat.dot(_factors(flat.numel())))]
    return found if all(map(math.isfinite, found)) else []


@functools.lru_cache(16)
def _factors(count: int) -> torch.Tensor:
    return torch.arange(count, dtype=torch.float64).sin()


def _whole(part: torch.Tensor) -> torch.Tensor:
    """All entries of the storage of which a tensor shows a part."""
    return torch.empty(0, dtype=part.dtype).set_(part.untyped_storage())


def _plain(value: Any) -> bool:
    """Whether an argument is a number, a truth value, a text, or a list of these."""
    if isinstance(value, (list, tuple)):
        return all(isinstance(item, (bool, int, float)) for item in value)
    return isinstance(value, (bool, int, float, str))


def _flat(value: Any) -> list[Any]:
    return [item for entry in value for item in _flat(entry)] if isinstance(value, (tuple, list)) else [value]
