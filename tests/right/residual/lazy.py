"""Lazy layers, add_module with names made up as it goes, an activation module used in several places."""

import torch
from torch import nn


class Conv(nn.Sequential):
    def __init__(self, channels, kernel, stride):
        super().__init__(
            nn.LazyConv2d(channels, kernel, stride=stride, padding=kernel // 2, bias=False), nn.LazyBatchNorm2d()
        )


class Block(nn.Module):
    def __init__(self, shape, change, stride):
        super().__init__()
        self.act = nn.ReLU(inplace=True)
        for position, (channels, kernel, step) in enumerate(shape):
            self.add_module(f"layer{position}", Conv(channels, kernel, step))
        self.count = len(shape)
        if change:
            self.add_module("side", Conv(shape[-1][0], 1, stride))
        self.change = change

    def forward(self, x):
        y = x
        for position in range(self.count):
            y = getattr(self, f"layer{position}")(y)
            if position < self.count - 1:
                y = self.act(y)
        return self.act(torch.add(self.side(x) if self.change else x, y))


def BasicBlock(in_channels, out_channels, stride=1):
    return Block(
        [(out_channels, 3, stride), (out_channels, 3, 1)], not (in_channels == out_channels and stride == 1), stride
    )


def Bottleneck(in_channels, width, stride=1):
    change = not (in_channels == 4 * width and stride == 1)
    return Block([(width, 1, 1), (width, 3, stride), (4 * width, 1, 1)], change, stride)


def build_resnet(depth, num_classes=1000, in_channels=3, base_width=64):
    table = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3]}
    try:
        counts = table[depth]
    except KeyError:
        raise ValueError(f"unknown depth {depth}") from None
    net = nn.Sequential(Conv(base_width, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
    have = base_width
    for stage, count in enumerate(counts):
        for i in range(count):
            wide = base_width << stage
            stride = 2 if stage and not i else 1
            if depth < 50:
                net.append(BasicBlock(have, wide, stride))
                have = wide
            else:
                net.append(Bottleneck(have, wide, stride))
                have = 4 * wide
    net.append(nn.AdaptiveAvgPool2d((1, 1)))
    net.append(nn.Flatten(1))
    net.append(nn.LazyLinear(num_classes))
    return net
