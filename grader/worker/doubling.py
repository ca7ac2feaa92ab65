"""Makes float64 where a forward pass asks for float32; imports torch, nothing of ours."""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class Doubling(TorchFunctionMode):
    """float64 in the place of float32, asked for by name or as what PyTorch makes unasked.

    A model that rounds on its way, as by `x.float()` or in the middle of a torch.zeros, is no less right. Its layers would
    magnify the rounding, and the allowed error is one for float64.
    """

    def __enter__(self) -> Doubling:
        self._default = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        super().__enter__()  # type: ignore[no-untyped-call]  # its base has no annotations
        return self

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)  # type: ignore[no-untyped-call]  # as above
        torch.set_default_dtype(self._default)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.Tensor.float:
            func = torch.Tensor.double
        return func(*map(_doubled, args), **{name: _doubled(value) for name, value in (kwargs or {}).items()})


def _doubled(value: Any) -> Any:
    return torch.float64 if value is torch.float32 else value
