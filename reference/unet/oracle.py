"""U-Net as one flat list of steps and one list of weights, written with functions: what solutions are compared with."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from grader.checking import layer


class Step(NamedTuple):
    """One line of the plan: "conv", "pool", "keep", "up", "join" or "head", its channels, what the paper would call it."""

    kind: str
    inputs: int
    outputs: int
    name: str


def plan(in_channels: int, num_classes: int, depth: int, base_width: int) -> list[Step]:
    """Every step from the image to the scores; "keep" puts a map aside, "join" takes the last one back."""
    steps, channels = [], in_channels
    for level in range(depth + 1):
        where = f"stage {level + 1} down, " if level < depth else "stage at the bottom, "
        if level:
            steps.append(Step("pool", channels, channels, f"{where}max pooling"))
        steps += convolutions(channels, base_width << level, where)
        channels = base_width << level
        if level < depth:
            steps.append(Step("keep", channels, channels, ""))
    for level in reversed(range(depth)):
        where, half = f"stage {level + 1} up, ", base_width << level
        steps.append(Step("up", channels, half, f"{where}transposed convolution"))
        steps.append(Step("join", half, 2 * half, where))
        steps += convolutions(2 * half, half, where)
        channels = half
    return [*steps, Step("head", channels, num_classes, "1x1 convolution to the classes")]


def convolutions(inputs: int, outputs: int, where: str) -> list[Step]:
    """The two 3x3 convolutions of a stage."""
    return [
        Step("conv", inputs, outputs, f"{where}first 3x3 convolution"),
        Step("conv", outputs, outputs, f"{where}second 3x3 convolution"),
    ]


class UNet(nn.Module):
    """Runs a plan; `border` is the padding of its 3x3 convolutions."""

    def __init__(self, steps: list[Step], border: int, multiple: int) -> None:
        super().__init__()
        self.steps, self.border, self.multiple = steps, border, multiple
        sizes = {"conv": 3, "up": 2, "head": 1}
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for step in steps:
            if step.kind not in sizes:
                continue
            channels = (step.inputs, step.outputs) if step.kind == "up" else (step.outputs, step.inputs)
            side = sizes[step.kind]
            self.weights.append(torch.randn(*channels, side, side) / math.sqrt(step.inputs * side * side))
            self.biases.append(torch.zeros(step.outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Raw scores of every pixel. Raises ValueError."""
        if self.multiple and any(size % self.multiple for size in x.shape[2:]):
            raise ValueError(f"height and width {tuple(x.shape[2:])} are not multiples of {self.multiple}")
        kept: list[torch.Tensor] = []
        parameters = iter(zip(self.weights, self.biases, strict=True))
        for step in self.steps:
            with layer(step.name):
                if step.kind == "conv":
                    x = F.conv2d(x, *next(parameters), padding=self.border)
                elif step.kind == "pool":
                    x = F.max_pool2d(x, 2)
                elif step.kind == "keep":
                    kept.append(x)
                elif step.kind == "up":
                    x = F.conv_transpose2d(x, *next(parameters), stride=2)
                elif step.kind == "head":
                    x = F.conv2d(x, *next(parameters))
            if step.kind == "join":
                x = join(kept.pop(), x, step.name)
            if step.kind == "conv":
                with layer(f"{step.name}'s ReLU"):
                    x = F.relu(x)
        return x


def join(skip: torch.Tensor, x: torch.Tensor, where: str) -> torch.Tensor:
    """The skip, cropped at the centre, and the map from below."""
    with layer(f"{where}crop of the skip"):
        for dim in (2, 3):
            extra = skip.shape[dim] - x.shape[dim]
            if extra:
                skip = skip.narrow(dim, extra // 2, x.shape[dim])
    with layer(f"{where}concatenation"):
        return torch.cat((skip, x), 1)


def build_unet(
    in_channels: int = 1, num_classes: int = 2, depth: int = 4, base_width: int = 64, padding: str = "valid"
) -> nn.Module:
    """The network of Figure 1."""
    same = padding == "same"
    return UNet(plan(in_channels, num_classes, depth, base_width), int(same), 2**depth if same else 0)
