"""Rows as a dataclass that builds its module, branches as attributes of nested classes, dropout on a 4-D map of 1x1."""

from dataclasses import astuple, dataclass

import torch
from torch import nn


class Inception(nn.Module):
    class Branch(nn.Module):
        def __init__(self, *convs, pool=False):
            super().__init__()
            self.pool = nn.MaxPool2d(3, stride=1, padding=1) if pool else nn.Identity()
            self.convs = nn.ModuleList(convs)
            self.act = nn.ReLU()

        def forward(self, x):
            x = self.pool(x)
            for conv in self.convs:
                x = self.act(conv(x))
            return x

    def __init__(self, in_channels, ch1x1, ch3x3_reduce, ch3x3, ch5x5_reduce, ch5x5, pool_proj):
        super().__init__()
        one = lambda outputs: nn.Conv2d(in_channels, outputs, 1)  # noqa: E731 -- as people write it
        self.left = self.Branch(one(ch1x1))
        self.middle_left = self.Branch(one(ch3x3_reduce), nn.Conv2d(ch3x3_reduce, ch3x3, 3, padding=1))
        self.middle_right = self.Branch(one(ch5x5_reduce), nn.Conv2d(ch5x5_reduce, ch5x5, 5, padding=2))
        self.right = self.Branch(one(pool_proj), pool=True)

    def forward(self, x):
        right = self.right(x)
        return torch.cat([self.left(x), torch.cat([self.middle_left(x), self.middle_right(x)], 1), right], 1)


@dataclass
class Row:
    c1: int
    r3: int
    c3: int
    r5: int
    c5: int
    p: int

    def build(self, inputs):
        return Inception(inputs, *astuple(self))

    @property
    def width(self):
        return self.c1 + self.c3 + self.c5 + self.p


STAGES = [
    [Row(64, 96, 128, 16, 32, 32), Row(128, 128, 192, 32, 96, 64)],
    [
        Row(192, 96, 208, 16, 48, 64),
        Row(160, 112, 224, 24, 64, 64),
        Row(128, 128, 256, 24, 64, 64),
        Row(112, 144, 288, 32, 64, 64),
        Row(256, 160, 320, 32, 128, 128),
    ],
    [Row(256, 160, 320, 32, 128, 128), Row(384, 192, 384, 48, 128, 128)],
]


class Net(nn.Module):
    def __init__(self, num_classes, in_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3)
        self.conv2 = nn.Conv2d(64, 64, 1)
        self.conv3 = nn.Conv2d(64, 192, 3, padding=1)
        inputs, stages = 192, []
        for stage in STAGES:
            built = []
            for row in stage:
                built.append(row.build(inputs))
                inputs = row.width
            stages.append(nn.Sequential(*built))
        self.stages = nn.ModuleList(stages)
        self.dropout = nn.Dropout(0.4)
        self.output = nn.Linear(inputs, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.constant_(module.bias, 0.2)

    def forward(self, x):
        pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv3(torch.relu(self.conv2(pool(x)))))
        for stage in self.stages:
            x = stage(pool(x))
        x = self.dropout(x.mean([2, 3], keepdim=True))
        return self.output(torch.flatten(x, start_dim=1))


def build_googlenet(num_classes=1000, in_channels=3):
    return Net(num_classes, in_channels)
