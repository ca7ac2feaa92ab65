"""Weights in a ParameterDict, torch.nn.functional in forward, C5 as a linear layer."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Weights(nn.Module):
    def __init__(self, **shapes):
        super().__init__()
        self.values = nn.ParameterDict()
        for name, shape in shapes.items():
            weight = torch.empty(shape)
            bound = 1 / math.sqrt(math.prod(shape[1:]))
            self.values[name + "_w"] = nn.Parameter(weight.uniform_(-bound, bound))
            self.values[name + "_b"] = nn.Parameter(torch.zeros(shape[0]))

    def of(self, name):
        return self.values[name + "_w"], self.values[name + "_b"]


class LeNet5(Weights):
    def __init__(self, num_classes, in_channels):
        super().__init__(
            c1=(6, in_channels, 5, 5), c3=(16, 6, 5, 5), c5=(120, 400), f6=(84, 120), out=(num_classes, 84)
        )

    def forward(self, x):
        x = F.avg_pool2d(F.conv2d(x, *self.of("c1")).tanh(), 2)
        x = F.avg_pool2d(F.conv2d(x, *self.of("c3")).tanh(), 2)
        x = F.linear(x.reshape(len(x), -1), *self.of("c5")).tanh()
        x = F.linear(x, *self.of("f6")).tanh()
        return F.linear(x, *self.of("out"))


class Large(Weights):
    def __init__(self, num_classes, in_channels, first, groups, strides, paddings, ceil):
        halves = 2 if groups else 1
        super().__init__(
            c1=(96, in_channels, first, first),
            c2=(256, 96 // halves, 5, 5),
            c3=(384, 256, 3, 3),
            c4=(384, 384 // halves, 3, 3),
            c5=(256, 384 // halves, 3, 3),
            f6=(4096, 9216),
            f7=(4096, 4096),
            f8=(num_classes, 4096),
        )
        self.halves, self.strides, self.paddings, self.ceil = halves, strides, paddings, ceil

    def forward(self, x):
        for number in range(1, 6):
            grouped = self.halves if number in (2, 4, 5) else 1
            stride = self.strides[number - 1] if number < 3 else 1
            padding = self.paddings[number - 1] if number < 3 else 1
            x = F.relu(F.conv2d(x, *self.of(f"c{number}"), stride, padding, 1, grouped))
            if number < 3:
                x = F.local_response_norm(x, 5, 5e-4, 0.75, 2.0)
            if number in (1, 2, 5):
                x = F.max_pool2d(x, 3, 2, ceil_mode=self.ceil)
        x = x.flatten(start_dim=1)
        for name in ("f6", "f7"):
            x = F.dropout(F.relu(F.linear(x, *self.of(name))), training=self.training)
        return F.linear(x, *self.of("f8"))


def build_lenet5(num_classes=10, in_channels=1):
    return LeNet5(num_classes, in_channels)


def build_alexnet(num_classes=1000, in_channels=3):
    return Large(num_classes, in_channels, 11, True, (4, 1), (0, 2), False)


def build_zfnet(num_classes=1000, in_channels=3):
    return Large(num_classes, in_channels, 7, False, (2, 2), (1, 0), True)
