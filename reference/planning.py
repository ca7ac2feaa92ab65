"""Plans of sequential networks: layers in a list, of which those with weights are made to fit what comes in.

Misconceptions are written with them: one layer is changed, and the others still fit, as in a student's network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import nn

Layers = list[Any]
"""Conv, Linear, Norm, and ready-made modules."""


class Conv(NamedTuple):
    """A convolution to be made; how many channels come in shows when it is."""

    outputs: int
    side: int = 3
    padding: int = 1
    bias: bool = True
    stride: int = 1
    groups: int = 1


class Linear(NamedTuple):
    """A linear layer to be made, likewise."""

    outputs: int
    bias: bool = True


class Norm(NamedTuple):
    """A batch norm to be made, likewise."""


def build(plan: Layers, channels: int, side: int) -> list[nn.Module]:
    """The modules of a plan for images of so many channels, rows and columns; what stands in it twice is shared."""
    made: dict[int, nn.Module] = {}
    layers = []
    for one in plan:
        layer = made.setdefault(id(one), _make(one, channels))
        channels, side = _shape_after(layer, channels, side)
        layers.append(layer)
    return layers


def _make(one: Any, channels: int) -> nn.Module:
    if isinstance(one, Conv):
        outputs, kernel, padding, bias, stride, groups = one
        return nn.Conv2d(channels, outputs, kernel, stride, padding, groups=groups, bias=bias)
    if isinstance(one, Linear):
        return nn.Linear(max(1, channels), one.outputs, bias=one.bias)
    return nn.BatchNorm2d(channels) if isinstance(one, Norm) else one


def _shape_after(layer: Any, channels: int, side: int) -> tuple[int, int]:
    """Channels, and rows or columns, behind a layer; a flattened map has channels alone."""
    if isinstance(layer, nn.Conv2d):
        return layer.out_channels, (side + 2 * layer.padding[0] - layer.kernel_size[0]) // layer.stride[0] + 1
    if isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
        rest = layer.stride - 1 if layer.ceil_mode else 0
        return channels, (side + 2 * layer.padding - layer.kernel_size + rest) // layer.stride + 1
    if isinstance(layer, nn.AdaptiveAvgPool2d):
        return channels, layer.output_size
    if isinstance(layer, nn.Flatten):
        return channels * side * side, 1
    return getattr(layer, "out_features", channels), side


def replace(layers: Layers, kind: type, make: Callable[[Any], Layers]) -> Layers:
    """Every layer of a kind replaced by what `make` gives for it."""
    return [new for one in layers for new in (make(one) if isinstance(one, kind) else [one])]
