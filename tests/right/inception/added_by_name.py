"""Submodules added by name, the last layer made first, the sum over 49 pixels, an own mask."""

import torch
import torch.nn as nn


def Inception(in_channels, ch1x1, ch3x3_reduce, ch3x3, ch5x5_reduce, ch5x5, pool_proj):
    return Branches(
        [
            [("conv", in_channels, ch1x1, 1)],
            [("conv", in_channels, ch3x3_reduce, 1), ("conv", ch3x3_reduce, ch3x3, 3)],
            [("conv", in_channels, ch5x5_reduce, 1), ("conv", ch5x5_reduce, ch5x5, 5)],
            [("pool",), ("conv", in_channels, pool_proj, 1)],
        ]
    )


class Branches(nn.Module):
    def __init__(self, plan):
        super().__init__()
        self.plan = plan
        for i, branch in enumerate(plan):
            for j, (kind, *sizes) in enumerate(branch):
                if kind == "conv":
                    self.add_module(f"b{i}_{j}", nn.Conv2d(*sizes, padding=(sizes[2] - 1) // 2))

    def forward(self, x):
        outs = []
        for i, branch in enumerate(self.plan):
            y = x
            for j, (kind, *_) in enumerate(branch):
                if kind == "pool":
                    y = nn.functional.max_pool2d(y, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
                else:
                    y = torch.nn.functional.threshold(self.get_submodule(f"b{i}_{j}")(y), 0.0, 0.0)
            outs.append(y)
        return torch.cat(outs, dim=1)


class Net(nn.Module):
    def __init__(self, classes, channels):
        super().__init__()
        self.classifier = nn.Linear(1024, classes)
        for name, row in reversed(ROWS.items()):
            setattr(self, name, Inception(*row))
        self.third = nn.Conv2d(64, 192, 3, padding=1)
        self.second = nn.Conv2d(64, 64, 1)
        self.first = nn.Conv2d(channels, 64, 7, 2, 3)

    def forward(self, x):
        def pool(x):
            return nn.functional.max_pool2d(x, 3, 2, ceil_mode=True)

        x = pool(self.first(x).relu())
        x = pool(self.third(self.second(x).relu()).relu())
        for name in ROWS:
            if name[1:] in ("4a", "5a"):
                x = pool(x)
            x = getattr(self, name)(x)
        x = x.sum(dim=(-1, -2)) / 49
        if self.training:
            x = torch.where(torch.rand(x.shape, device=x.device) < 0.4, torch.zeros_like(x), x / 0.6)
        return self.classifier(x)


ROWS = {
    "m3a": (192, 64, 96, 128, 16, 32, 32),
    "m3b": (256, 128, 128, 192, 32, 96, 64),
    "m4a": (480, 192, 96, 208, 16, 48, 64),
    "m4b": (512, 160, 112, 224, 24, 64, 64),
    "m4c": (512, 128, 128, 256, 24, 64, 64),
    "m4d": (512, 112, 144, 288, 32, 64, 64),
    "m4e": (528, 256, 160, 320, 32, 128, 128),
    "m5a": (832, 256, 160, 320, 32, 128, 128),
    "m5b": (832, 384, 192, 384, 48, 128, 128),
}


def build_googlenet(num_classes=1000, in_channels=3):
    return Net(num_classes, in_channels)
