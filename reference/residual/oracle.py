"""Residual networks as a flat list of convolutions, written with functions: what the model solutions are compared with.

A block is a plan of convolutions; one module runs any list of plans. `flaws` change the plan or the way it is run, each in
one place: the misconceptions of this topic are the same networks with a flaw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from grader.checking import layer

EXPANSION = 4
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
BOTTLENECKS = (50, 101, 152)


class Conv(NamedTuple):
    """One convolution and the batch norm behind it; `name` is what the paper would call it."""

    inputs: int
    outputs: int
    side: int
    stride: int
    name: str


class Block(NamedTuple):
    """The convolutions of a block in order, and that of its shortcut; None for the identity."""

    convs: tuple[Conv, ...]
    shortcut: Conv | None


def basic(inputs: int, outputs: int, stride: int, where: str = "") -> Block:
    """Plan of a basic block."""
    convs = (
        Conv(inputs, outputs, 3, stride, f"{where}first 3x3 convolution"),
        Conv(outputs, outputs, 3, 1, f"{where}second 3x3 convolution"),
    )
    return Block(convs, projection(inputs, outputs, stride, where))


def bottleneck(inputs: int, width: int, stride: int, where: str = "") -> Block:
    """Plan of a bottleneck block."""
    convs = (
        Conv(inputs, width, 1, 1, f"{where}first 1x1 convolution"),
        Conv(width, width, 3, stride, f"{where}3x3 convolution"),
        Conv(width, EXPANSION * width, 1, 1, f"{where}last 1x1 convolution"),
    )
    return Block(convs, projection(inputs, EXPANSION * width, stride, where))


def projection(inputs: int, outputs: int, stride: int, where: str) -> Conv | None:
    """The convolution of the shortcut, where it needs one."""
    changes = stride > 1 or inputs != outputs
    return Conv(inputs, outputs, 1, stride, f"{where}1x1 convolution of the shortcut") if changes else None


def plan_stages(counts: Sequence[int], base_width: int, bottlenecks: bool) -> list[Block]:
    """The blocks of all stages of a network."""
    blocks, channels = [], base_width
    make = bottleneck if bottlenecks else basic
    for stage, count in enumerate(counts):
        for number in range(count):
            where = f"stage {stage + 1}, block {number + 1}, "
            blocks.append(make(channels, base_width << stage, 1 + (stage > 0 and number == 0), where))
            channels = (EXPANSION if bottlenecks else 1) * (base_width << stage)
    return blocks


class Normalised(nn.Module):
    """The weights of one convolution and of the batch norm behind it, and the two applied."""

    def __init__(self, conv: Conv) -> None:
        super().__init__()
        self.conv = conv
        self.weight = nn.Parameter(torch.randn(conv.outputs, conv.inputs, conv.side, conv.side) / conv.side)
        self.scale, self.shift = nn.Parameter(torch.ones(conv.outputs)), nn.Parameter(torch.zeros(conv.outputs))
        self.register_buffer("mean", torch.zeros(conv.outputs))
        self.register_buffer("variance", torch.ones(conv.outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Convolution, then batch norm in the module's mode."""
        with layer(self.conv.name):
            x = F.conv2d(x, self.weight, stride=self.conv.stride, padding=(self.conv.side - 1) // 2)
        with layer(f"batch norm after the {self.conv.name}".replace("the stage", "stage")):
            return F.batch_norm(x, self.mean, self.variance, self.scale, self.shift, self.training)


class Residual(nn.Module):
    """A list of blocks, one after the other."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        super().__init__()
        self.convs = nn.ModuleList([nn.ModuleList([Normalised(conv) for conv in block.convs]) for block in blocks])
        self.shortcuts = nn.ModuleList(
            [Normalised(block.shortcut) if block.shortcut else nn.Identity() for block in blocks]
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Every block in turn."""
        for convs, shortcut in zip(self.convs, self.shortcuts, strict=True):
            inside = x
            for number, conv in enumerate(convs):  # type: ignore[arg-type]  # a ModuleList's items are not typed
                if number:
                    with layer(f"ReLU before the {conv.conv.name}".replace("the stage", "stage")):
                        inside = F.relu(inside)
                inside = conv(inside)
            last = convs[-1].conv.name  # type: ignore[index]  # as above
            where = last[: last.rindex(", ") + 2] if ", " in last else ""
            with layer(f"{where}addition"):
                x = inside + shortcut(x)
            with layer(f"{where}ReLU after the addition"):
                x = F.relu(x)
        return x


class ResNet(nn.Module):
    """Stem, blocks and head."""

    def __init__(self, stem: Conv, blocks: Sequence[Block], num_classes: int) -> None:
        super().__init__()
        features = blocks[-1].convs[-1].outputs
        self.stem, self.blocks = Normalised(stem), Residual(blocks)
        self.weight = nn.Parameter(torch.randn(num_classes, features) / math.sqrt(features))
        self.bias = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Raw scores (N, num_classes)."""
        x = self.stem(x)
        with layer("ReLU of the stem"):
            x = F.relu(x)
        with layer("max pooling of the stem"):
            x = F.max_pool2d(x, 3, 2, 1)
        x = self.blocks(x)
        with layer("global average pooling"):
            x = x.mean((2, 3))
        with layer("linear layer"):
            return F.linear(x, self.weight, self.bias)


def BasicBlock(in_channels: int, out_channels: int, stride: int = 1) -> nn.Module:
    """A basic block."""
    return Residual([basic(in_channels, out_channels, stride)])


def Bottleneck(in_channels: int, width: int, stride: int = 1) -> nn.Module:
    """A bottleneck block."""
    return Residual([bottleneck(in_channels, width, stride)])


def build_resnet(depth: int, num_classes: int = 1000, in_channels: int = 3, base_width: int = 64) -> nn.Module:
    """A ResNet of Table 1. Raises ValueError."""
    if depth not in BLOCKS:
        raise ValueError(f"depth {depth} is none of {', '.join(map(str, BLOCKS))}")
    blocks = plan_stages(BLOCKS[depth], base_width, depth in BOTTLENECKS)
    return ResNet(Conv(in_channels, base_width, 7, 2, "7x7 convolution of the stem"), blocks, num_classes)
