"""Functions for pooling, unpooling and activations; a module list of convolutions each way, switches in a dictionary."""

from itertools import pairwise

import torch.nn as nn
import torch.nn.functional as F


class UnpoolBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()

    def forward(self, x):
        out, where = F.max_pool2d(x, kernel_size=2, stride=2, return_indices=True)
        return out, F.max_unpool2d(out, where, 2, output_size=x.size())


class Net(nn.Module):
    counts = (2, 2, 3, 3, 3)

    def __init__(self, num_classes, in_channels, image_size, base_width, hidden, batch_norm):
        super().__init__()
        w, side = base_width, image_size // 32
        down = [in_channels, w, w, 2 * w, 2 * w] + [4 * w] * 3 + [8 * w] * 6
        up = [*down[:0:-1], w]
        self.conv = nn.ModuleList([nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(down)])
        self.deconv = nn.ModuleList([nn.ConvTranspose2d(a, b, 3, padding=1) for a, b in pairwise(up)])
        self.fc = nn.ModuleList(
            [nn.Conv2d(8 * w, hidden, side), nn.Conv2d(hidden, hidden, 1), nn.ConvTranspose2d(hidden, 8 * w, side)]
        )
        self.out = nn.Conv2d(w, num_classes, 1)
        self.bn = None
        if batch_norm:
            self.bn = nn.ModuleList([nn.BatchNorm2d(n) for n in [*down[1:], hidden, hidden, 8 * w, *up[1:]]])

    def forward(self, x):
        number = 0

        def step(layer, x):
            nonlocal number
            x = layer(x)
            if self.bn is not None:
                x = self.bn[number](x)
            number += 1
            return F.relu(x, inplace=True)

        switches, place = {}, 0
        for stage, count in enumerate(self.counts):
            for _ in range(count):
                x = step(self.conv[place], x)
                place += 1
            x, switches[stage] = F.max_pool2d(x, 2, return_indices=True)
        for layer in self.fc:
            x = step(layer, x)
        place = 0
        for stage in (4, 3, 2, 1, 0):
            x = F.max_unpool2d(x, switches[stage], kernel_size=2, stride=2)
            for _ in range(self.counts[stage]):
                x = step(self.deconv[place], x)
                place += 1
        return self.out(x)


def build_deconvnet(num_classes=21, in_channels=3, image_size=224, base_width=64, hidden=4096, batch_norm=True):
    if image_size % 32:
        raise ValueError(f"image_size={image_size} is not divisible by 32")
    return Net(num_classes, in_channels, image_size, base_width, hidden, batch_norm)
