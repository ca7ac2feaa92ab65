"""Unpooling by comparing with the enlarged maximum; where several are equal, every one gets the value."""

from itertools import pairwise

import torch
from torch import nn


def enlarge(x):
    return x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


class UnpoolBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.channels = channels
        self.pool = nn.MaxPool2d(2)

    def forward(self, x):
        pooled = self.pool(x)
        height, width = 2 * pooled.shape[2], 2 * pooled.shape[3]
        restored = x * 0
        big = enlarge(pooled)
        restored[:, :, :height, :width] = big * (x[:, :, :height, :width] == big)
        return [pooled, restored]


class Stage(nn.Sequential):
    def __init__(self, kind, channels, batch_norm):
        layers = []
        for a, b in pairwise(channels):
            layers.append(kind(a, b, 3, 1, 1))
            if batch_norm:
                layers.append(nn.BatchNorm2d(b))
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers)


class Level(nn.Module):
    """A stage down, whatever is below, and the same stage up."""

    def __init__(self, down, inner, up, batch_norm):
        super().__init__()
        self.down, self.up = Stage(nn.Conv2d, down, batch_norm), Stage(nn.ConvTranspose2d, up, batch_norm)
        self.inner = inner

    def forward(self, x):
        x = self.down(x)
        pooled = nn.functional.max_pool2d(x, 2)
        mask = x == enlarge(pooled)
        return self.up(torch.where(mask, enlarge(self.inner(pooled)), torch.zeros_like(x)))


def build_deconvnet(num_classes=21, in_channels=3, image_size=224, base_width=64, hidden=4096, batch_norm=True):
    side, rest = divmod(image_size, 32)
    if rest != 0:
        raise ValueError("image_size must be a multiple of 32 but is %s" % image_size)  # noqa: UP031 -- as people write it
    w = base_width

    def after(n):
        return [nn.BatchNorm2d(n), nn.ReLU()] if batch_norm else [nn.ReLU()]

    net = nn.Sequential(
        nn.Conv2d(8 * w, hidden, side),
        *after(hidden),
        nn.Conv2d(hidden, hidden, 1),
        *after(hidden),
        nn.ConvTranspose2d(hidden, 8 * w, side),
        *after(8 * w),
    )
    for before, wide, count in ((8, 8, 3), (4, 8, 3), (2, 4, 3), (1, 2, 2), (0, 1, 2)):
        first = before * w or in_channels
        last = before * w or w
        net = Level([first] + [wide * w] * count, net, [wide * w] * count + [last], batch_norm)
    return nn.Sequential(net, nn.Conv2d(w, num_classes, 1))
