"""A U-Net as a module around a smaller U-Net; cropping by negative padding."""

import torch
from torch import nn
from torch.nn.functional import pad


def double(i, o, p):
    return [nn.Conv2d(i, o, 3, padding=p), nn.ReLU(True), nn.Conv2d(o, o, 3, padding=p), nn.ReLU(True)]


class Level(nn.Module):
    def __init__(self, inputs, width, levels, border):
        super().__init__()
        self.enter = nn.Sequential(*double(inputs, width, border))
        self.inner = None
        if levels:
            self.inner = nn.Sequential(
                nn.MaxPool2d((2, 2)),
                Level(width, 2 * width, levels - 1, border),
                nn.ConvTranspose2d(2 * width, width, 2, 2),
            )
            self.leave = nn.Sequential(*double(2 * width, width, border))

    def forward(self, x):
        x = self.enter(x)
        if self.inner is None:
            return x
        below = self.inner(x)
        dy, dx = x.shape[2] - below.shape[2], x.shape[3] - below.shape[3]
        cropped = pad(x, (-(dx // 2), -(dx - dx // 2), -(dy // 2), -(dy - dy // 2)))
        return self.leave(torch.cat([cropped, below], 1))


class Checked(nn.Module):
    def __init__(self, net, multiple):
        super().__init__()
        self.net = net
        self.multiple = multiple

    def forward(self, x):
        h, w = x.shape[2:]
        if h % self.multiple != 0:
            raise ValueError(f"H={h} must be a multiple of {self.multiple}")
        if w % self.multiple != 0:
            raise ValueError(f"W={w} must be a multiple of {self.multiple}")
        return self.net(x)


def build_unet(in_channels=1, num_classes=2, depth=4, base_width=64, padding="valid"):
    border = {"valid": 0, "same": 1}[padding]
    net = nn.Sequential(Level(in_channels, base_width, depth, border), nn.Conv2d(base_width, num_classes, 1))
    return Checked(net, 2**depth) if padding == "same" else net
