"""An own batch norm, transposed convolutions as convolutions with kernels turned round, a dataclass for the sizes."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


class Norm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))
        self.shift = nn.Parameter(torch.zeros(channels, 1, 1))
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("var", torch.ones(channels, 1, 1))

    def forward(self, x):
        mean, var = self.mean, self.var
        if self.training:
            mean = x.mean((0, 2, 3), keepdim=True)[0]
            var = x.var((0, 2, 3), unbiased=False, keepdim=True)[0]
            count = x.numel() // x.shape[1]
            self.mean = 0.9 * self.mean + 0.1 * mean.detach()
            self.var = 0.9 * self.var + 0.1 * var.detach() * count / (count - 1)
        return (x - mean) * torch.rsqrt(var + 1e-5) * self.scale + self.shift


class Turned(nn.Module):
    """A transposed convolution with stride 1: a convolution with the kernel turned by 180 degrees and a wider border."""

    def __init__(self, inputs, outputs, side, padding=0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs, side, side) / (side * inputs**0.5))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.border = side - 1 - padding

    def forward(self, x):
        return F.conv2d(x, self.weight.transpose(0, 1).flip(-1, -2), self.bias, padding=self.border)


@dataclass
class Sizes:
    classes: int
    channels: int
    image: int
    base: int
    hidden: int
    norm: bool

    def __post_init__(self):
        if self.image % 32 > 0:
            raise ValueError(f"image_size: {self.image} % 32 is {self.image % 32}, not 0")


class UnpoolBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()

    def forward(self, x):
        pooled, at = F.max_pool2d(x, 2, return_indices=True)
        flat = x.new_zeros(x.shape[0], x.shape[1], x.shape[2] * x.shape[3])
        flat.scatter_(2, at.flatten(2), pooled.flatten(2))
        return pooled, flat.reshape(x.shape)


class Net(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        w = sizes.base
        self.norm = sizes.norm
        self.scores = nn.Conv2d(w, sizes.classes, 1)
        self.ups = nn.ModuleList()
        self.downs = nn.ModuleList()
        for stage in (5, 4, 3, 2, 1):
            wide, narrow = (w * 2 ** min(3, k - 1) if k > 0 else None for k in (stage, stage - 1))
            count = 3 if stage > 2 else 2
            self.downs.insert(0, nn.Sequential())
            for k in range(count):
                self.downs[0].extend(
                    self.unit(nn.Conv2d((narrow or sizes.channels) if k == 0 else wide, wide, 3, padding=1), wide)
                )
            self.ups.append(nn.Sequential())
            for k in range(count):
                to = (narrow or w) if k == count - 1 else wide
                self.ups[-1].extend(self.unit(Turned(wide, to, 3, 1), to))
        side = sizes.image // 32
        self.middle = nn.Sequential(
            *self.unit(nn.Conv2d(8 * w, sizes.hidden, side), sizes.hidden),
            *self.unit(nn.Conv2d(sizes.hidden, sizes.hidden, 1), sizes.hidden),
            *self.unit(Turned(sizes.hidden, 8 * w, side), 8 * w),
        )

    def unit(self, layer, channels):
        return [layer, Norm(channels), nn.ReLU()] if self.norm else [layer, nn.ReLU()]

    def forward(self, x):
        places = []
        for stage in self.downs:
            x = stage(x)
            shape = x.shape
            x, at = F.max_pool2d(x, 2, return_indices=True)
            places.append((at, shape))
        x = self.middle(x)
        for stage, (at, shape) in zip(self.ups, reversed(places), strict=True):
            flat = torch.zeros(x.shape[0], x.shape[1], shape[2] * shape[3]).to(x)
            x = stage(flat.scatter(2, at.flatten(2), x.flatten(2)).unflatten(2, shape[2:]))
        return self.scores(x)


def build_deconvnet(num_classes=21, in_channels=3, image_size=224, base_width=64, hidden=4096, batch_norm=True):
    return Net(Sizes(num_classes, in_channels, image_size, base_width, hidden, batch_norm))
