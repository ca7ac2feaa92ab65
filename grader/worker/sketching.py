"""Makes a model without contents, of any size in no time and memory; imports torch, nothing of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode


def sketch_model(make: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Make a model whose tensors have shapes and no contents (the meta device); a real one where that does not work."""
    try:
        with torch.device("meta"), _Staying():
            model = make(*arguments, **keywords)
    except Exception:
        return make(
            *arguments, **keywords
        )  # it reads or fills its own weights; or this raises what the caller should see
    if isinstance(model, nn.Module) and "_modules" in vars(model):
        _empty(model)
    return model


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
    """Take the contents of tensors that were made in a way that heeds no device, as torch.Tensor(3, 3); shared ones stay so."""
    emptied: dict[int, torch.Tensor] = {}
    for module in nn.Module.modules(model):
        for tensors in (module._parameters, module._buffers):
            for name, tensor in tensors.items():
                if tensor is None or tensor.is_meta or is_lazy(tensor):
                    continue
                if id(tensor) not in emptied:
                    bare = tensor.detach().to("meta")
                    is_parameter = isinstance(tensor, nn.Parameter)
                    emptied[id(tensor)] = nn.Parameter(bare, tensor.requires_grad) if is_parameter else bare
                tensors[name] = emptied[id(tensor)]  # type: ignore[assignment]  # a parameter for a parameter
