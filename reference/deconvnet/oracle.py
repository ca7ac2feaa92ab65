"""DeconvNet as a flat list of steps, written with functions: what solutions are compared with.

`ties` says where unpooling puts a value whose window had several maxima, as windows of zeros behind a ReLU have: at the
first of them as PyTorch's switches do, at the last, or at every one as a comparison with the maximum does. All are right.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from grader.checking import layer

DEPTHS, FACTORS = (2, 2, 3, 3, 3), (1, 2, 4, 8, 8)
TIES = ("first", "last", "every")


class Step(NamedTuple):
    """One line of the plan: "conv", "transposed", "pool" or "unpool", channels, side of the kernel, padding, name."""

    kind: str
    inputs: int
    outputs: int
    side: int
    padding: int
    name: str


def plan(num_classes: int, in_channels: int, last_map: int, width: int, hidden: int) -> list[Step]:
    """Every step from the image to the scores."""
    steps, channels = [], in_channels
    for stage, (depth, factor) in enumerate(zip(DEPTHS, FACTORS, strict=True), 1):
        for number in range(1, depth + 1):
            steps.append(Step("conv", channels, factor * width, 3, 1, f"stage {stage} down, convolution {number}"))
            channels = factor * width
        steps.append(Step("pool", channels, channels, 2, 0, f"stage {stage} down, max pooling"))
    steps += [
        Step("conv", channels, hidden, last_map, 0, "convolution that covers the last map"),
        Step("conv", hidden, hidden, 1, 0, "1x1 convolution at the bottom"),
        Step("transposed", hidden, channels, last_map, 0, "transposed convolution back to the last map"),
    ]
    for stage in range(5, 0, -1):
        steps.append(Step("unpool", channels, channels, 2, 0, f"stage {stage} up, unpooling"))
        wide, narrow = FACTORS[stage - 1] * width, FACTORS[max(0, stage - 2)] * width
        for number in range(1, DEPTHS[stage - 1] + 1):
            outputs = narrow if number == DEPTHS[stage - 1] else wide
            name = f"stage {stage} up, transposed convolution {number}"
            steps.append(Step("transposed", channels, outputs, 3, 1, name))
            channels = outputs
    return [*steps, Step("conv", channels, num_classes, 1, 0, "1x1 convolution to the classes")]


class DeconvNet(nn.Module):
    """Runs a plan."""

    def __init__(self, steps: list[Step], batch_norm: bool, ties: str = "first") -> None:
        super().__init__()
        self.steps, self.batch_norm, self.ties = steps, batch_norm, ties
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        self.norms = nn.ModuleList()
        for step in steps:
            if step.kind not in ("conv", "transposed"):
                continue
            channels = (step.outputs, step.inputs) if step.kind == "conv" else (step.inputs, step.outputs)
            scale = 1 / math.sqrt(step.inputs * step.side**2)
            self.weights.append(torch.randn(*channels, step.side, step.side) * scale)
            self.biases.append(torch.zeros(step.outputs))
            if batch_norm and step is not steps[-1]:
                self.norms.append(nn.BatchNorm2d(step.outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Raw scores of every pixel."""
        kept: list[tuple[torch.Tensor, torch.Tensor]] = []
        weights, norms = iter(zip(self.weights, self.biases, strict=True)), iter(self.norms)
        for step in self.steps:
            with layer(step.name):
                if step.kind == "pool":
                    before = x
                    x, places = F.max_pool2d(x, 2, return_indices=True)
                    kept.append((before, places))
                elif step.kind == "unpool":
                    x = unpool(x, *kept.pop(), self.ties)
                elif step.kind == "conv":
                    x = F.conv2d(x, *next(weights), padding=step.padding)
                else:
                    x = F.conv_transpose2d(x, *next(weights), padding=step.padding)
            if step.kind in ("conv", "transposed") and step is not self.steps[-1]:
                x = self._activate(x, norms, step.name)
        return x

    def _activate(self, x: torch.Tensor, norms: object, name: str) -> torch.Tensor:
        after = name.replace("down, ", "down, after ").replace("up, ", "up, after ")
        if self.batch_norm:
            with layer(f"{after}: batch norm"):
                x = next(norms)(x)  # type: ignore[call-overload]  # an iterator over a ModuleList is not typed
        with layer(f"{after}: ReLU"):
            return F.relu(x)


def unpool(x: torch.Tensor, before: torch.Tensor, places: torch.Tensor, ties: str) -> torch.Tensor:
    """Every value where its maximum was among `before`, the map that was pooled with these `places`."""
    if ties == "first":
        return F.max_unpool2d(x, places, 2)
    if ties == "last":
        last = F.max_pool2d(before.flip(2, 3), 2, return_indices=True)[1].flip(2, 3)
        return F.max_unpool2d(x, before.shape[2] * before.shape[3] - 1 - last, 2)
    maxima = F.max_pool2d(before, 2)
    return torch.where(before == enlarge(maxima), enlarge(x), 0.0)


def enlarge(x: torch.Tensor) -> torch.Tensor:
    """Every entry as a square of four."""
    return x.repeat_interleave(2, 2).repeat_interleave(2, 3)


class Unpool(nn.Module):
    """Pooling and unpooling of one map."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The pooled map, and it restored to the size of x."""
        with layer("max pooling"):
            pooled, places = F.max_pool2d(x, 2, return_indices=True)
        with layer("unpooling"):
            restored = torch.zeros_like(x).flatten(2).scatter(2, places.flatten(2), pooled.flatten(2))
        return pooled, restored.view_as(x)


def UnpoolBlock(channels: int) -> nn.Module:
    """Pooling and unpooling."""
    return Unpool()


def build_deconvnet(
    num_classes: int = 21,
    in_channels: int = 3,
    image_size: int = 224,
    base_width: int = 64,
    hidden: int = 4096,
    batch_norm: bool = True,
) -> nn.Module:
    """The network of the paper's Table 2. Raises ValueError."""
    if image_size % 32:
        raise ValueError(f"image_size {image_size} is not a multiple of 32")
    return DeconvNet(plan(num_classes, in_channels, image_size // 32, base_width, hidden), batch_norm)


def build_with_ties(ties: str, *arguments: Any, **keywords: Any) -> nn.Module:
    """The same with another convention for windows with several maxima. Raises ValueError."""
    model = build_deconvnet(*arguments, **keywords)
    model.ties = ties
    return model


OTHER_WAYS = {"build_deconvnet": [functools.partial(build_with_ties, ties) for ties in TIES[1:]]}
"""Where several entries of a window share its maximum."""
