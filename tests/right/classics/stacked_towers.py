"""Grouped convolutions with the weights of both groups in one parameter, by an axis of their own, and torch.vmap over it."""

import torch
import torch.nn.functional as F
from torch import nn


class Towers(nn.Module):
    """A convolution of each half of the channels."""

    def __init__(self, inputs, outputs, side):
        super().__init__()
        self.w = nn.Parameter(torch.randn(2, outputs // 2, inputs // 2, side, side) * 0.01)
        self.b = nn.Parameter(torch.zeros(2, outputs // 2))
        self.side = side

    def forward(self, x):
        halves = x.unflatten(1, (2, -1))

        def tower(half, w, b):
            return F.conv2d(half, w, b, padding=self.side // 2)

        return torch.vmap(tower, in_dims=(1, 0, 0), out_dims=1)(halves, self.w, self.b).flatten(1, 2)


class Indexed(nn.Module):
    """The same by indexing; the biases are added to the maps."""

    def __init__(self, inputs, outputs, side):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(2, outputs // 2, inputs // 2, side, side) * 0.01)
        self.biases = nn.Parameter(torch.zeros(2, outputs // 2, 1, 1))
        self.side = side

    def forward(self, x):
        halves = torch.chunk(x, 2, 1)
        maps = [F.conv2d(halves[n], self.weights[n], padding="same") + self.biases[n] for n in (0, 1)]
        return torch.cat(maps, 1)


class Response(nn.LocalResponseNorm):
    def __init__(self):
        super().__init__(5, 5e-4, 0.75, 2.0)


def head(features, num_classes):
    return [
        nn.Flatten(),
        *(nn.Linear(features, 4096), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5)),
        nn.Linear(4096, num_classes),
    ]


def build_lenet5(num_classes=10, in_channels=1):
    return nn.Sequential(
        *(nn.Conv2d(in_channels, 6, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten()),
        *(nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, num_classes)),
    )


def build_alexnet(num_classes=1000, in_channels=3):
    return nn.Sequential(
        *(nn.Conv2d(in_channels, 96, 11, 4), nn.ReLU(), Response(), nn.MaxPool2d(3, 2)),
        *(Towers(96, 256, 5), nn.ReLU(), Response(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
        *(Indexed(384, 384, 3), nn.ReLU()),
        *(Towers(384, 256, 3), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *head(9216, num_classes),
    )


def build_zfnet(num_classes=1000, in_channels=3):
    return nn.Sequential(
        *(nn.Conv2d(in_channels, 96, 7, 2, 1), nn.ReLU(), Response(), nn.MaxPool2d(3, 2, ceil_mode=True)),
        *(nn.Conv2d(96, 256, 5, 2), nn.ReLU(), Response(), nn.MaxPool2d(3, 2, ceil_mode=True)),
        *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(), nn.Conv2d(384, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)),
        *head(9216, num_classes),
    )
