"""One block class with a flag, weights filled by hand with values that are read, which no meta device can do."""

import torch
from torch import nn


def normalised(i, o, k, s=1):
    conv = nn.Conv2d(i, o, k, s, (k - 1) // 2, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    assert conv.weight.abs().max().item() > 0
    return nn.Sequential(conv, nn.BatchNorm2d(o))


class Sum(nn.Module):
    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.relu(sum(branch(x) for branch in self.branches))


def BasicBlock(in_channels, out_channels, stride=1):
    way = nn.Sequential(
        normalised(in_channels, out_channels, 3, stride), nn.ReLU(True), normalised(out_channels, out_channels, 3)
    )
    same = stride == 1 and in_channels == out_channels
    return Sum(nn.Identity() if same else normalised(in_channels, out_channels, 1, stride), way)


def Bottleneck(in_channels, width, stride=1):
    way = nn.Sequential(
        normalised(in_channels, width, 1),
        nn.ReLU(True),
        normalised(width, width, 3, stride),
        nn.ReLU(True),
        normalised(width, 4 * width, 1),
    )
    same = stride == 1 and in_channels == 4 * width
    return Sum(way, nn.Identity() if same else normalised(in_channels, 4 * width, 1, stride))


def build_resnet(depth, num_classes=1000, in_channels=3, base_width=64):
    blocks = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}.get(depth)
    if blocks is None:
        raise ValueError(f"depth {depth}: use 18, 34, 50, 101 or 152")
    make, expansion = (BasicBlock, 1) if depth in (18, 34) else (Bottleneck, 4)

    def stage(number):
        width = base_width << number
        inputs = base_width if number == 0 else width * expansion // 2
        yield make(inputs, width, 1 if number == 0 else 2)
        for _ in range(blocks[number] - 1):
            yield make(width * expansion, width)

    stages = [nn.Sequential(*stage(number)) for number in range(4)]
    pool = nn.MaxPool2d(3, 2, 1)
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8 * base_width * expansion, num_classes)]
    return nn.Sequential(normalised(in_channels, base_width, 7, 2), nn.ReLU(), pool, *stages, *head)
