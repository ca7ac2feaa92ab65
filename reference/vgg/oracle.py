"""VGG as one flat list of operations, written with functions: what the model solutions are compared with."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from grader.checking import layer
from grader.worker.filling import fill_model, uniform

CONVOLUTIONS = {"A": "11222", "A-LRN": "11222", "B": "22222", "C": "22333", "D": "22333", "E": "22444"}
"""How many convolutions each of the five stages has."""
ORDINALS = ("first", "second", "third", "fourth")

Operation = Callable[[torch.Tensor], torch.Tensor]


class Step(NamedTuple):
    """An operation, what the paper would call it, and the shape of its weight where it has one."""

    name: str
    run: Operation | None = None
    weight: tuple[int, ...] = ()


def plan_maps(config: str, in_channels: int, base_width: int) -> list[Step]:
    """The steps from the image to the last map."""
    steps, inputs = [], in_channels
    for stage, count in enumerate(map(int, CONVOLUTIONS[config])):
        outputs = base_width * min(2**stage, 8)
        for number in range(count):
            side = 1 if config == "C" and number == 2 else 3
            named = f"stage {stage + 1}, {ORDINALS[number]} convolution"
            steps.append(Step(named, None, (outputs, inputs, side, side)))
            steps.append(Step(f"stage {stage + 1}, ReLU after the {ORDINALS[number]} convolution", F.relu))
            inputs = outputs
        if config == "A-LRN" and stage == 0:
            steps.append(Step("stage 1, local response normalisation", normalise))
        steps.append(Step(f"stage {stage + 1}, max pooling", lambda x: F.max_pool2d(x, 2)))
    return steps


def normalise(x: torch.Tensor) -> torch.Tensor:
    """Local response normalisation with the AlexNet paper's constants; PyTorch's alpha is divided by 5."""
    return F.local_response_norm(x, 5, alpha=5 * 1e-4, beta=0.75, k=2.0)


def plan_head(features: int, hidden: int, num_classes: int, dropout: float, training: Callable[[], bool]) -> list[Step]:
    """The steps from the flattened map to the scores; `training` says whether to drop."""
    steps, inputs = [], features
    for ordinal in ORDINALS[:2]:
        steps += [
            Step(f"{ordinal} hidden linear layer", None, (hidden, inputs)),
            Step(f"ReLU after the {ordinal} hidden linear layer", F.relu),
            Step(
                f"dropout after the {ordinal} hidden linear layer", lambda x: F.dropout(x, dropout, training=training())
            ),
        ]
        inputs = hidden
    return [*steps, Step("last linear layer", None, (num_classes, inputs))]


class Steps(nn.Module):
    """Steps one after the other; those with weights are convolutions that keep the size, or linear layers."""

    def __init__(self, maps: list[Step], features: int, hidden: int, num_classes: int, dropout: float) -> None:
        super().__init__()
        self.steps = [
            *maps,
            Step("flattening", lambda x: x.flatten(1)),
            *plan_head(features, hidden, num_classes, dropout, lambda: self.training),
        ]
        shapes = [step.weight for step in self.steps if step.run is None]
        self.weights = nn.ParameterList([torch.randn(shape) / math.sqrt(math.prod(shape[1:])) for shape in shapes])
        self.biases = nn.ParameterList([torch.zeros(shape[0]) for shape in shapes])

    def forward(self, x: torch.Tensor, until: str = "") -> torch.Tensor:
        """Raw scores (N, num_classes), or what the step named `until` gives."""
        weights = iter(zip(self.weights, self.biases, strict=True))
        for step in self.steps:
            with layer(step.name):
                if step.run is not None:
                    x = step.run(x)
                elif len(step.weight) == 2:
                    x = F.linear(x, *next(weights))
                else:
                    x = F.conv2d(x, *next(weights), padding=step.weight[-1] // 2)
            if step.name == until:
                break
        return x


def build_vgg(
    config: str,
    num_classes: int = 1000,
    in_channels: int = 3,
    image_size: int = 224,
    base_width: int = 64,
    hidden: int = 4096,
    dropout: float = 0.5,
) -> Steps:
    """A column of Table 1. Raises ValueError."""
    if config not in CONVOLUTIONS:
        raise ValueError(f"config {config} is none of {', '.join(CONVOLUTIONS)}")
    if image_size % 32:
        raise ValueError(f"image_size {image_size} is not a multiple of 32")
    features = 8 * base_width * (image_size // 32) ** 2
    return Steps(plan_maps(config, in_channels, base_width), features, hidden, num_classes, dropout)


def hidden_layers(
    model: Steps, shape: tuple[int, ...], seed: int
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """For one image filled from the seed: what the first hidden layer gives, and weights and biases of those behind it."""
    fill_model(model.double().eval())
    with torch.no_grad():
        first = model(torch.from_numpy(uniform(seed, shape)), until="first hidden linear layer")
    later = [(model.weights[number].detach().numpy(), model.biases[number].detach().numpy()) for number in (-2, -1)]
    return first[0].numpy(), later
