"""Inception modules and GoogLeNet by functions over named weights: what solutions are compared with.

`walk` goes through a module by a function `conv`, which a module here gives its own weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import nn

from grader.checking import layer

Conv = Callable[[torch.Tensor, str], torch.Tensor]

ROWS = """
3a  64  96 128 16  32  32
3b 128 128 192 32  96  64
4a 192  96 208 16  48  64
4b 160 112 224 24  64  64
4c 128 128 256 24  64  64
4d 112 144 288 32  64  64
4e 256 160 320 32 128 128
5a 256 160 320 32 128 128
5b 384 192 384 48 128 128
"""
MODULES = {name: tuple(map(int, numbers)) for name, *numbers in map(str.split, ROWS.strip().splitlines())}
FEATURES, RATE = 1024, 0.4
"""Inputs of the linear layer, and the share of them that dropout drops."""


def sizes_of_module(inputs: int, channels: tuple[int, ...], where: str) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Name, and (outputs, inputs, side), of the six convolutions."""
    one, reduce3, three, reduce5, five, projection = channels
    yield f"{where}1x1 convolution", (one, inputs, 1)
    yield f"{where}1x1 convolution before the 3x3", (reduce3, inputs, 1)
    yield f"{where}3x3 convolution", (three, reduce3, 3)
    yield f"{where}1x1 convolution before the 5x5", (reduce5, inputs, 1)
    yield f"{where}5x5 convolution", (five, reduce5, 5)
    yield f"{where}1x1 convolution after the pooling", (projection, inputs, 1)


def walk(x: torch.Tensor, where: str, conv: Conv) -> torch.Tensor:
    """One module, branch by branch."""
    one = conv(x, f"{where}1x1 convolution")
    three = conv(conv(x, f"{where}1x1 convolution before the 3x3"), f"{where}3x3 convolution")
    five = conv(conv(x, f"{where}1x1 convolution before the 5x5"), f"{where}5x5 convolution")
    with layer(f"{where}max pooling"):
        pooled = F.max_pool2d(x, 3, 1, 1)
    projected = conv(pooled, f"{where}1x1 convolution after the pooling")
    with layer(f"{where}concatenation"):
        return torch.cat((one, three, five, projected), 1)


class Weights(nn.Module):
    """The weights of named convolutions, and the convolutions with them."""

    def __init__(self, sizes: dict[str, tuple[int, int, int]], strides: dict[str, int]) -> None:
        super().__init__()
        self.places, self.strides = {name: number for number, name in enumerate(sizes)}, strides
        self.weights = nn.ParameterList(
            torch.randn(outputs, inputs, side, side) / math.sqrt(inputs * side * side)
            for outputs, inputs, side in sizes.values()
        )
        self.biases = nn.ParameterList(torch.zeros(outputs) for outputs, _, _ in sizes.values())

    def conv(self, x: torch.Tensor, name: str) -> torch.Tensor:
        """Convolution and ReLU."""
        weight = self.weights[self.places[name]]
        with layer(name):
            x = F.conv2d(x, weight, self.biases[self.places[name]], self.strides.get(name, 1), weight.shape[-1] // 2)
        with layer(f"ReLU after the {name}"):
            return F.relu(x)


class Module(Weights):
    """A single module."""

    def __init__(self, inputs: int, channels: tuple[int, ...]) -> None:
        super().__init__(dict(sizes_of_module(inputs, channels, "")), {})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The concatenated maps."""
        return walk(x, "", self.conv)


class GoogLeNet(Weights):
    """Table 1 from top to bottom; `features` is everything before dropout and the linear layer."""

    def __init__(self, num_classes: int, in_channels: int) -> None:
        sizes = {
            "7x7 convolution": (64, in_channels, 7),
            "1x1 convolution before the first 3x3": (64, 64, 1),
            "first 3x3 convolution": (192, 64, 3),
        }
        inputs = 192
        for name, channels in MODULES.items():
            sizes |= dict(sizes_of_module(inputs, channels, f"module {name}, "))
            inputs = channels[0] + channels[2] + channels[4] + channels[5]
        super().__init__(sizes, {"7x7 convolution": 2})
        self.linear_weight = nn.Parameter(torch.randn(num_classes, inputs) / math.sqrt(inputs))
        self.linear_bias = nn.Parameter(torch.zeros(num_classes))

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """The mean of every channel of the last map."""
        x = pool(self.conv(x, "7x7 convolution"), "first max pooling")
        x = self.conv(self.conv(x, "1x1 convolution before the first 3x3"), "first 3x3 convolution")
        x = pool(x, "second max pooling")
        for name in MODULES:
            if name in ("4a", "5a"):
                x = pool(x, f"max pooling before module {name}")
            x = walk(x, f"module {name}, ", self.conv)
        with layer("average pooling"):
            return x.mean((2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Raw scores."""
        x = F.dropout(self.features(x), RATE, self.training)
        with layer("linear layer"):
            return F.linear(x, self.linear_weight, self.linear_bias)


def pool(x: torch.Tensor, name: str) -> torch.Tensor:
    """3x3/2 max pooling in ceil mode."""
    with layer(name):
        return F.max_pool2d(x, 3, 2, ceil_mode=True)


def Inception(
    in_channels: int, ch1x1: int, ch3x3_reduce: int, ch3x3: int, ch5x5_reduce: int, ch5x5: int, pool_proj: int
) -> nn.Module:
    """A single module."""
    return Module(in_channels, (ch1x1, ch3x3_reduce, ch3x3, ch5x5_reduce, ch5x5, pool_proj))


def build_googlenet(num_classes: int = 1000, in_channels: int = 3) -> nn.Module:
    """GoogLeNet without auxiliary heads."""
    return GoogLeNet(num_classes, in_channels)
