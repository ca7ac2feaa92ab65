"""Pooling before the 1x1 convolution of a transition, which commutes with it; recursion; one class for BN, ReLU, convolution."""

import torch
from torch import nn


class Pre(nn.Module):
    def __init__(self, inputs, outputs, kernel, pool=None):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding="same", bias=False)
        self.bn = nn.BatchNorm2d(inputs, eps=1e-5, momentum=0.1)
        self.pool = pool or nn.Identity()

    def forward(self, x):
        return self.conv(self.pool(self.bn(x).clamp_min(0)))


def DenseLayer(in_channels, growth_rate, bn_size=4):
    width = bn_size * growth_rate
    return nn.Sequential(Pre(in_channels, width, 1), Pre(width, growth_rate, (3, 3)))


class DenseBlock(nn.Module):
    """A block of n layers is a layer, and a block of n - 1 layers over what it leaves."""

    def __init__(self, num_layers, in_channels, growth_rate, bn_size=4):
        super().__init__()
        self.first = DenseLayer(in_channels, growth_rate, bn_size)
        self.rest = None
        if num_layers > 1:
            self.rest = DenseBlock(num_layers - 1, in_channels + growth_rate, growth_rate, bn_size)

    def forward(self, x):
        x = torch.hstack((x, self.first(x)))
        return x if self.rest is None else self.rest(x)


class Halve(nn.Module):
    def forward(self, x):
        h, w = x.shape[-2] // 2 * 2, x.shape[-1] // 2 * 2
        x = x[..., :h, :w]
        return (x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]) / 4


def Transition(in_channels, out_channels):
    return Pre(in_channels, out_channels, 1, Halve())


def build_densenet(depth, num_classes=1000, in_channels=3, growth_rate=None):
    match depth:
        case 121:
            third, fourth = 24, 16
        case 161:
            third, fourth = 36, 24
        case 169:
            third, fourth = 32, 32
        case 201:
            third, fourth = 48, 32
        case 264:
            third, fourth = 64, 48
        case _:
            raise ValueError(f"no DenseNet of depth {depth}")
    k = growth_rate if growth_rate is not None else (48 if depth == 161 else 32)
    c1 = 2 * k + 6 * k
    c2 = c1 // 2 + 12 * k
    c3 = c2 // 2 + third * k
    c4 = c3 // 2 + fourth * k
    return nn.Sequential(
        nn.Conv2d(in_channels, 2 * k, 7, 2, 3, bias=False),
        nn.BatchNorm2d(2 * k),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
        DenseBlock(6, 2 * k, k),
        Transition(c1, c1 // 2),
        DenseBlock(12, c1 // 2, k),
        Transition(c2, c2 // 2),
        DenseBlock(third, c2 // 2, k),
        Transition(c3, c3 // 2),
        DenseBlock(fourth, c3 // 2, k),
        nn.BatchNorm2d(c4),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Conv2d(c4, num_classes, 1),
        nn.Flatten(),
    )
