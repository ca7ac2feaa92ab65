"""Lazy layers and a table as text; the four ReLU at the ends of the branches are one, after the concatenation."""

import torch
from torch import nn

LINES = """
conv 64 7 2
pool
conv 64 1 1
conv 192 3 1
pool
module 64 96 128 16 32 32
module 128 128 192 32 96 64
pool
module 192 96 208 16 48 64
module 160 112 224 24 64 64
module 128 128 256 24 64 64
module 112 144 288 32 64 64
module 256 160 320 32 128 128
pool
module 256 160 320 32 128 128
module 384 192 384 48 128 128
"""


class Inception(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3_reduce, ch3x3, ch5x5_reduce, ch5x5, pool_proj):
        super().__init__()
        self.layers = nn.ModuleDict(
            {
                "1": nn.LazyConv2d(ch1x1, 1),
                "2": nn.Sequential(nn.LazyConv2d(ch3x3_reduce, 1), nn.ReLU(True), nn.LazyConv2d(ch3x3, 3, padding=1)),
                "3": nn.Sequential(nn.LazyConv2d(ch5x5_reduce, 1), nn.ReLU(True), nn.LazyConv2d(ch5x5, 5, padding=2)),
                "4": nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.LazyConv2d(pool_proj, 1)),
            }
        )

    def forward(self, x):
        return torch.relu(torch.hstack([self.layers[name](x) for name in "1234"]))


def build_googlenet(num_classes=1000, in_channels=3):
    net = nn.Sequential()
    for line in LINES.split("\n"):
        kind, *numbers = line.split() or [""]
        numbers = list(map(int, numbers))
        if kind == "conv":
            net.append(nn.LazyConv2d(numbers[0], numbers[1], numbers[2], numbers[1] // 2))
            net.append(nn.ReLU())
        elif kind == "pool":
            net.append(nn.MaxPool2d(3, 2, 0, 1, False, True))
        elif kind == "module":
            net.append(Inception(0, *numbers))
    net.append(nn.AvgPool2d(7))
    net.append(nn.Flatten())
    net.append(nn.Dropout(p=0.4, inplace=True))
    net.append(nn.LazyLinear(num_classes))
    return net
