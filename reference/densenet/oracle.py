"""DenseNets as weights and functions over lists of maps: what the model solutions are compared with."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from grader.checking import layer

BLOCKS = {
    121: (6, 12, 24, 16),
    161: (6, 12, 36, 24),
    169: (6, 12, 32, 32),
    201: (6, 12, 48, 32),
    264: (6, 12, 64, 48),
}
BN_SIZE = 4


def published_growth_rate(depth: int) -> int:
    """What growth_rate=None stands for."""
    return 48 if depth == 161 else 32


class Norm(nn.Module):
    """The weights and running statistics of a batch norm, and it applied, with the ReLU behind it."""

    def __init__(self, channels: int, name: str) -> None:
        super().__init__()
        self.name = name
        self.scale, self.shift = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Batch norm in the module's mode, then ReLU."""
        with layer(f"batch norm {self.name}"):
            x = F.batch_norm(x, self.mean, self.variance, self.scale, self.shift, self.training)
        with layer(f"ReLU {self.name}"):
            return F.relu(x)


class Conv(nn.Module):
    """The weight of a convolution that keeps the size but for its stride, and it applied."""

    def __init__(self, inputs: int, outputs: int, side: int, stride: int, name: str) -> None:
        super().__init__()
        self.name, self.side, self.stride = name, side, stride
        self.weight = nn.Parameter(torch.randn(outputs, inputs, side, side) / (side * math.sqrt(inputs)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The convolution, without a bias."""
        with layer(self.name):
            return F.conv2d(x, self.weight, None, self.stride, (self.side - 1) // 2)


def composite(inputs: int, outputs: int, side: int, where: str) -> list[nn.Module]:
    """Batch norm, ReLU and convolution; `where` ends what the paper would call them."""
    name = f"{side}x{side} convolution{where}"
    return [Norm(inputs, f"before the {name}"), Conv(inputs, outputs, side, 1, name)]


class Dense(nn.Module):
    """A dense block over a list of maps, which are put side by side anew for every layer."""

    def __init__(self, count: int, inputs: int, growth: int, bn_size: int, where: str = "") -> None:
        super().__init__()
        self.where = where
        self.layers = nn.ModuleList()
        for number in range(count):
            here, inside = f" of layer {number + 1}{where}", bn_size * growth
            parts = composite(inputs + number * growth, inside, 1, here) + composite(inside, growth, 3, here)
            self.layers.append(nn.Sequential(*parts))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The input and the new maps of every layer."""
        maps = [x]
        for number, new in enumerate(self.layers):
            with layer(f"concatenation before layer {number + 1}{self.where}"):
                joined = torch.cat(maps, 1)
            maps.append(new(joined))
        with layer(f"concatenation after the last layer{self.where}"):
            return torch.cat(maps, 1)


class Shrink(nn.Module):
    """A transition."""

    def __init__(self, inputs: int, outputs: int, where: str = "") -> None:
        super().__init__()
        self.where = where
        self.parts = nn.Sequential(*composite(inputs, outputs, 1, where))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Half of the rows and columns."""
        x = self.parts(x)
        with layer(f"average pooling{self.where}"):
            return F.avg_pool2d(x, 2)


class DenseNet(nn.Module):
    """Stem, blocks with transitions between them, and head."""

    def __init__(self, counts: tuple[int, ...], num_classes: int, in_channels: int, growth: int) -> None:
        super().__init__()
        channels = 2 * growth
        self.stem = Conv(in_channels, channels, 7, 2, "7x7 convolution of the stem")
        self.stem_norm = Norm(channels, "of the stem")
        self.body = nn.Sequential()
        for number, count in enumerate(counts, 1):
            self.body.append(Dense(count, channels, growth, BN_SIZE, f" of block {number}"))
            channels += count * growth
            if number < len(counts):
                self.body.append(Shrink(channels, channels // 2, f" of transition {number}"))
                channels //= 2
        self.last_norm = Norm(channels, "after the last block")
        self.weight = nn.Parameter(torch.randn(num_classes, channels) / math.sqrt(channels))
        self.bias = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Raw scores (N, num_classes)."""
        x = self.stem_norm(self.stem(x))
        with layer("max pooling of the stem"):
            x = F.max_pool2d(x, 3, 2, 1)
        x = self.last_norm(self.body(x))
        with layer("global average pooling"):
            x = x.mean((2, 3))
        with layer("linear layer"):
            return F.linear(x, self.weight, self.bias)


def DenseLayer(in_channels: int, growth_rate: int, bn_size: int = 4) -> nn.Module:
    """One layer, its new maps alone."""
    inside = bn_size * growth_rate
    return nn.Sequential(*composite(in_channels, inside, 1, ""), *composite(inside, growth_rate, 3, ""))


def DenseBlock(num_layers: int, in_channels: int, growth_rate: int, bn_size: int = 4) -> nn.Module:
    """A dense block."""
    return Dense(num_layers, in_channels, growth_rate, bn_size)


def Transition(in_channels: int, out_channels: int) -> nn.Module:
    """A transition."""
    return Shrink(in_channels, out_channels)


def build_densenet(
    depth: int, num_classes: int = 1000, in_channels: int = 3, growth_rate: int | None = None
) -> nn.Module:
    """A DenseNet of Table 1. Raises ValueError."""
    if depth not in BLOCKS:
        raise ValueError(f"depth {depth} is none of {', '.join(map(str, BLOCKS))}")
    growth = published_growth_rate(depth) if growth_rate is None else growth_rate
    return DenseNet(BLOCKS[depth], num_classes, in_channels, growth)
