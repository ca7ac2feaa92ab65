"""The classic networks as tables of numbers and one module that runs any of them: what the model solutions are compared with.

A convolution's weights may lie in one tensor or in two halves by output channels, as in a network of two towers; `halves` says
which of AlexNet's five do. All weights have values by the size of their tensor, so each way has values of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from grader.checking import layer
from grader.worker.filling import fill_model, uniform

Halves = tuple[bool, ...]
WHOLE: Halves = (False,) * 5
HIDDEN, RATE = 4096, 0.5
FIRST_HIDDEN = "first hidden linear layer"


class Affine(NamedTuple):
    """A convolution, or a linear layer on what is flattened; `side` 0 is a linear layer. `pool` says what follows."""

    name: str
    outputs: int
    side: int = 0
    stride: int = 1
    padding: int = 0
    groups: int = 1
    activation: str = "ReLU"
    normalised: bool = False
    pool: str = ""
    dropped: bool = False


HEAD = (
    Affine(FIRST_HIDDEN, HIDDEN, dropped=True),
    Affine("second hidden linear layer", HIDDEN, dropped=True),
)
LENET = (
    Affine("C1, 5x5 convolution", 6, 5, activation="tanh", pool="mean"),
    Affine("C3, 5x5 convolution", 16, 5, activation="tanh", pool="mean"),
    Affine("C5, 5x5 convolution", 120, 5, activation="tanh"),
    Affine("F6, linear layer", 84, activation="tanh"),
)
ALEXNET = (
    Affine("first convolution", 96, 11, 4, normalised=True, pool="max"),
    Affine("second convolution", 256, 5, 1, 2, 2, normalised=True, pool="max"),
    Affine("third convolution", 384, 3, 1, 1),
    Affine("fourth convolution", 384, 3, 1, 1, 2),
    Affine("fifth convolution", 256, 3, 1, 1, 2, pool="max"),
    *HEAD,
)
ZFNET = (
    Affine("first convolution", 96, 7, 2, 1, normalised=True, pool="ceil"),
    Affine("second convolution", 256, 5, 2, 0, normalised=True, pool="ceil"),
    Affine("third convolution", 384, 3, 1, 1),
    Affine("fourth convolution", 384, 3, 1, 1),
    Affine("fifth convolution", 256, 3, 1, 1, pool="ceil"),
    *HEAD,
)
POOLS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "mean": lambda x: F.avg_pool2d(x, 2),
    "max": lambda x: F.max_pool2d(x, 3, 2),
    "ceil": lambda x: F.max_pool2d(x, 3, 2, ceil_mode=True),
}
ACTIVATIONS = {"ReLU": torch.relu, "tanh": torch.tanh, "": lambda x: x}


class Network(nn.Module):
    """A table of layers with weights, run one after the other; `features` flow into the first linear layer."""

    def __init__(self, table: Sequence[Affine], in_channels: int, features: int, halves: Halves) -> None:
        super().__init__()
        self.table = table
        self.weights, self.biases = nn.ModuleList(), nn.ModuleList()
        inputs = in_channels
        for number, one in enumerate(table):
            first_linear = one.side == 0 and number > 0 and table[number - 1].side > 0
            inner = (inputs // one.groups, one.side, one.side) if one.side else (features if first_linear else inputs,)
            parts = 2 if number < len(halves) and halves[number] else 1
            shape = (one.outputs // parts, *inner)
            self.weights.append(nn.ParameterList([_drawn(shape) for _ in range(parts)]))
            self.biases.append(nn.ParameterList([torch.zeros(shape[0]) for _ in range(parts)]))
            inputs = one.outputs

    def affine(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Weight and bias of a layer, halves put together."""
        weights, biases = list(self.weights[number]), list(self.biases[number])  # type: ignore[call-overload]
        return (weights[0], biases[0]) if len(weights) == 1 else (torch.cat(weights), torch.cat(biases))

    def forward(self, x: torch.Tensor, until: str = "") -> torch.Tensor:
        """Raw scores (N, num_classes), or what the layer named `until` gives before its activation."""
        for number, one in enumerate(self.table):
            weight, bias = self.affine(number)
            with layer(one.name):
                x = (
                    F.conv2d(x, weight, bias, one.stride, one.padding, groups=one.groups)
                    if one.side
                    else F.linear(x.flatten(1), weight, bias)
                )
            if one.name == until:
                break
            x = self.follow(one, x)
        return x

    def follow(self, one: Affine, x: torch.Tensor) -> torch.Tensor:
        """What comes behind the weights of a layer."""
        with layer(f"{one.activation} after the {one.name}"):
            x = ACTIVATIONS[one.activation](x)
        if one.normalised:
            with layer(f"local response normalisation after the {one.name}"):
                x = F.local_response_norm(x, 5, alpha=5 * 1e-4, beta=0.75, k=2.0)
        if one.pool:
            with layer(f"pooling after the {one.name}"):
                x = POOLS[one.pool](x)
        return F.dropout(x, RATE, self.training) if one.dropped else x


def _drawn(shape: tuple[int, ...]) -> torch.Tensor:
    """Random weights; nothing is drawn for those of millions, which are filled before they are used."""
    return torch.randn(shape) / math.sqrt(math.prod(shape[1:])) if math.prod(shape) < 1e6 else torch.empty(shape)


def build_lenet5(num_classes: int = 10, in_channels: int = 1) -> Network:
    """LeNet-5."""
    return Network([*LENET, Affine("last linear layer", num_classes, activation="")], in_channels, 120, WHOLE)


def build_alexnet(num_classes: int = 1000, in_channels: int = 3, halves: Halves = WHOLE) -> Network:
    """AlexNet."""
    return Network([*ALEXNET, Affine("last linear layer", num_classes, activation="")], in_channels, 9216, halves)


def build_zfnet(num_classes: int = 1000, in_channels: int = 3) -> Network:
    """ZFNet."""
    return Network([*ZFNET, Affine("last linear layer", num_classes, activation="")], in_channels, 9216, WHOLE)


def find_halves(sizes: Sequence[int], in_channels: int) -> Halves:
    """Which of AlexNet's convolutions a model has in two halves, by the numbers of entries in its tensors."""
    counts, inputs, found = Counter(sizes), in_channels, []
    for one in ALEXNET[:5]:
        whole = one.outputs * (inputs // one.groups) * one.side**2
        found.append(counts[whole // 2] >= 2)
        inputs = one.outputs
    return tuple(found)


def before_dropout(model: Network, shape: tuple[int, ...], seed: int, scale: float) -> np.ndarray:
    """What the first hidden layer gives, before its ReLU, for one image filled from the seed."""
    fill_model(model.double().eval())
    with torch.no_grad():
        first = model(scale * torch.from_numpy(uniform(seed, shape)), until=FIRST_HIDDEN)
    return first[0].numpy()


def later_layers(num_classes: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and biases behind the first hidden layer, which is where the networks with dropout are the same."""
    shapes = [(HIDDEN, HIDDEN), (HIDDEN,), (num_classes, HIDDEN), (num_classes,)]
    tensors = nn.ParameterList([torch.empty(shape, dtype=torch.float64) for shape in shapes])
    fill_model(tensors)
    arrays = [tensor.detach().numpy() for tensor in tensors]
    return [(arrays[0], arrays[1]), (arrays[2], arrays[3])]
