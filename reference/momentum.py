"""A misconception that every network with batch norm shares: the momentum of other frameworks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

HINT = (
    "The momentum of torch.nn.BatchNorm2d is the share of the new value in a running average, 0.1 by default. Other frameworks "
    "count the share of the old one, and call 0.9 what is 0.1 here. With 0.9 here the averages follow every single batch; leave "
    "the default."
)


def as_elsewhere(make: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """What `make` makes, with momentum 0.9; its name is that of the misconception."""

    def momentum_as_elsewhere(*arguments: Any, **keywords: Any) -> nn.Module:
        model = make(*arguments, **keywords)
        for part in model.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.momentum = 0.9
        return model

    return momentum_as_elsewhere
