"""Functions for everything without weights, the shortcut first, padding by hand, layers made in another order."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        if stride != 1 or in_channels != out_channels:
            self.down_bn = nn.BatchNorm2d(out_channels)
            self.down = nn.Conv2d(in_channels, out_channels, (1, 1), (stride, stride), bias=False)
        else:
            self.down = None
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding="same", bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, bias=False)

    def forward(self, x):
        shortcut = x if self.down is None else self.down_bn(self.down(x))
        out = F.relu(self.bn1(self.conv1(F.pad(x, (1, 1, 1, 1)))), inplace=True)
        out = self.bn2(self.conv2(out))
        out += shortcut
        return F.relu_(out)


class Bottleneck(nn.Module):
    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.norms = nn.ModuleDict({str(i): nn.BatchNorm2d(n) for i, n in ((3, 4 * width), (1, width), (2, width))})
        self.last = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.middle = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.first = nn.Conv2d(in_channels, width, 1, bias=False)
        self.down = None
        if stride > 1 or in_channels != 4 * width:
            self.down = nn.Conv2d(in_channels, 4 * width, 1, stride, bias=False)
            self.norms["0"] = nn.BatchNorm2d(4 * width)

    def forward(self, x):
        out = self.norms["1"](self.first(x)).clamp(min=0)
        out = self.norms["2"](self.middle(out)).clamp(min=0)
        out = self.norms["3"](self.last(out))
        return torch.maximum(out + (self.norms["0"](self.down(x)) if self.down else x), torch.zeros_like(out))


class Net(nn.Module):
    def __init__(self, block, counts, num_classes, in_channels, base_width):
        super().__init__()
        grows = 4 if block is Bottleneck else 1
        self.fc = nn.Linear(8 * base_width * grows, num_classes)
        made = []
        for stage in (4, 3, 2, 1):
            width = base_width * 2 ** (stage - 1)
            before = base_width if stage == 1 else width // 2 * grows
            rest = [block(width * grows, width) for _ in range(counts[stage - 1] - 1)]
            made.insert(0, nn.Sequential(block(before, width, 1 if stage == 1 else 2), *rest))
        self.stages = nn.ModuleList(made)
        self.bn = nn.BatchNorm2d(base_width)
        self.conv = nn.Conv2d(in_channels, base_width, 7, 2, 3, bias=False)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn(self.conv(x))), kernel_size=3, stride=2, padding=1)
        for stage in self.stages:
            x = stage(x)
        return self.fc(x.mean(dim=3).mean(dim=2))


def build_resnet(depth, num_classes=1000, in_channels=3, base_width=64):
    if depth == 18:
        args = BasicBlock, [2, 2, 2, 2]
    elif depth == 34:
        args = BasicBlock, [3, 4, 6, 3]
    elif depth == 50:
        args = Bottleneck, [3, 4, 6, 3]
    elif depth == 101:
        args = Bottleneck, [3, 4, 23, 3]
    elif depth == 152:
        args = Bottleneck, [3, 8, 36, 3]
    else:
        raise ValueError(f"{depth=} is not supported")
    return Net(*args, num_classes, in_channels, base_width)
