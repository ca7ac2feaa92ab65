"""Lazy layers, a dataclass for the configuration, one activation module for all, skips on a stack of tuples."""

from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Config:
    classes: int
    depth: int
    width: int
    padding: str

    def channels(self, level):
        return self.width << level


class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.act = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(2, stride=2)
        self.layers = nn.ModuleDict()
        for level in range(config.depth + 1):
            self.add_pair(f"enc{level}", config.channels(level))
        for level in range(config.depth):
            self.layers[f"up{level}"] = nn.LazyConvTranspose2d(config.channels(level), 2, stride=2)
            self.add_pair(f"dec{level}", config.channels(level))
        self.layers["out"] = nn.LazyConv2d(config.classes, 1)

    def add_pair(self, name, channels):
        for letter in "ab":
            self.layers[name + letter] = nn.LazyConv2d(channels, 3, padding=self.config.padding)

    def pair(self, name, x):
        for letter in "ab":
            x = self.act(self.layers[name + letter](x))
        return x

    def forward(self, x):
        depth = self.config.depth
        multiple = 2**depth
        if self.config.padding == "same" and not all(size % multiple == 0 for size in x.shape[-2:]):
            raise ValueError(f"expected sides divisible by {multiple}, but the input has shape {tuple(x.shape)}")
        skips = ()
        for level in range(depth):
            x = self.pair(f"enc{level}", x)
            skips = (x, *skips)
            x = self.pool(x)
        x = self.pair(f"enc{depth}", x)
        for level, skip in zip(range(depth - 1, -1, -1), skips, strict=True):
            x = self.layers[f"up{level}"](x)
            rows = (skip.size(2) - x.size(2)) // 2
            cols = (skip.size(3) - x.size(3)) // 2
            skip = skip[:, :, rows : skip.size(2) - rows, cols : skip.size(3) - cols]
            x = self.pair(f"dec{level}", torch.hstack((skip, x)))
        return self.layers["out"](x)


def build_unet(in_channels=1, num_classes=2, depth=4, base_width=64, padding="valid"):
    return Net(Config(num_classes, depth, base_width, padding))
