"""Makes a model without contents, of any size in no time and memory; imports torch, nothing of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy
from torch.overrides import TorchFunctionMode


def sketch_model(make: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Make a model whose tensors have shapes and no contents (the meta device); a real one where that does not work."""
    try:
        with without_contents():
            model = make(*arguments, **keywords)
    except Exception:
        return make(
            *arguments, **keywords
        )  # it reads or fills its own weights; or this raises what the caller should see
    if isinstance(model, nn.Module) and "_modules" in vars(model):
        _empty(model)
    return model


@contextmanager
def without_contents() -> Iterator[None]:
    """Tensors that are made here have no contents, nor do those that are moved."""
    with torch.device("meta"), _Staying():
        yield


def make_real(model: nn.Module) -> None:
    """Give the tensors of a sketch contents, whatever these are."""
    _replace(model, _real)


class _Staying(TorchFunctionMode):
    """Leaves tensors without contents where they are, when the code moves its model to the CPU or to what device it finds."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        keywords = dict(kwargs or {})
        if func in (torch.Tensor.cpu, torch.Tensor.cuda) and args[0].is_meta:
            return args[0]
        if func is torch.Tensor.to and args[0].is_meta:
            if len(args) > 1 and isinstance(args[1], (torch.device, str)):
                args = (args[0], "meta", *args[2:])
            elif keywords.get("device") is not None:
                keywords["device"] = "meta"
        return func(*args, **keywords)


def _empty(model: nn.Module) -> None:
    """Take the contents of tensors that were made in a way that heeds no device, as torch.Tensor(3, 3)."""
    _replace(model, lambda tensor: tensor if tensor.is_meta or is_lazy(tensor) else tensor.detach().to("meta"))


def _real(tensor: torch.Tensor) -> torch.Tensor:
    if not tensor.is_meta:
        return tensor
    if is_lazy(tensor):  # PyTorch moves no tensor that has no shape yet
        kind: Any = UninitializedParameter if isinstance(tensor, nn.Parameter) else UninitializedBuffer
        return kind(requires_grad=tensor.requires_grad, device="cpu", dtype=tensor.dtype)  # type: ignore[no-any-return]
    return torch.empty_like(tensor, device="cpu", requires_grad=False)


def _replace(model: nn.Module, other: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Put other tensors in the places of a model's; shared ones stay so, and parameters parameters."""
    made: dict[int, torch.Tensor] = {}
    for module in nn.Module.modules(model):
        for tensors in (module._parameters, module._buffers):
            for name, tensor in tensors.items():
                if tensor is None or (one := other(tensor)) is tensor:
                    continue
                if id(tensor) not in made:
                    bare = isinstance(tensor, nn.Parameter) and not is_lazy(one)
                    made[id(tensor)] = nn.Parameter(one, tensor.requires_grad) if bare else one
                tensors[name] = made[id(tensor)]  # type: ignore[assignment]  # a parameter for a parameter
