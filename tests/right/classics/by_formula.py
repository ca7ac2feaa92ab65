"""Response normalisation by its formula, dropout by an own mask, pooling over slices of the map, in a ModuleDict."""

import torch
import torch.nn.functional as F
from torch import nn


class ResponseNorm(nn.Module):
    def forward(self, a):
        squares = F.pad(a**2, (0, 0, 0, 0, 2, 2))
        total = sum(squares[:, shift : shift + a.shape[1]] for shift in range(5))
        return a / (2 + 1e-4 * total) ** 0.75


class OverlappingMax(nn.Module):
    """3x3/2; with `ceil`, what is over the edge is minus infinity."""

    def __init__(self, ceil):
        super().__init__()
        self.ceil = ceil

    def forward(self, x):
        if self.ceil:
            rows, columns = ((side - 1) % 2 for side in x.shape[2:])
            x = F.pad(x, (0, columns, 0, rows), value=-float("inf"))
        return F.max_pool2d(x, (3, 3), (2, 2))


class Mean2x2(nn.Module):
    def forward(self, x):
        return (x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]) / 4


class Drop(nn.Module):
    def forward(self, x):
        if not self.training:
            return x
        keep = torch.rand(x.shape, device=x.device) < 0.5
        return x * keep.to(x.dtype) * 2


class Chain(nn.Module):
    """Layers under their names, run in order."""

    def __init__(self, **layers):
        super().__init__()
        self.layers = nn.ModuleDict(layers)

    def forward(self, x):
        for name, one in self.layers.items():
            if name == "fc1":
                x = torch.flatten(x, start_dim=1)
            x = one(x)
            if name[:4] in ("conv", "hidd", "fc1", "fc2"):
                x = x.clamp(min=0)
        return x


def build_lenet5(num_classes=10, in_channels=1):
    class Tanh(nn.Module):
        def forward(self, x):
            return 1 - 2 / (torch.exp(2 * x) + 1)

    return nn.Sequential(
        nn.Sequential(nn.Conv2d(in_channels, 6, 5), Tanh(), Mean2x2()),
        nn.Sequential(nn.Conv2d(6, 16, 5), Tanh(), Mean2x2()),
        nn.Sequential(nn.Conv2d(16, 120, 5), Tanh(), nn.Flatten()),
        nn.Sequential(nn.Linear(120, 84), Tanh(), nn.Linear(84, num_classes)),
    )


def large(num_classes, first, second, groups, ceil):
    return Chain(
        conv1=first,
        norm1=ResponseNorm(),
        pool1=OverlappingMax(ceil),
        conv2=second,
        norm2=ResponseNorm(),
        pool2=OverlappingMax(ceil),
        conv3=nn.Conv2d(256, 384, 3, padding=1),
        conv4=nn.Conv2d(384, 384, 3, padding=1, groups=groups),
        conv5=nn.Conv2d(384, 256, 3, padding=1, groups=groups),
        pool5=OverlappingMax(ceil),
        fc1=nn.Linear(9216, 4096),
        drop1=Drop(),
        fc2=nn.Linear(4096, 4096),
        drop2=Drop(),
        scores=nn.Linear(4096, num_classes),
    )


def build_alexnet(num_classes=1000, in_channels=3):
    first, second = nn.Conv2d(in_channels, 96, 11, 4), nn.Conv2d(96, 256, 5, 1, 2, groups=2)
    return large(num_classes, first, second, 2, False)


def build_zfnet(num_classes=1000, in_channels=3):
    first, second = nn.Conv2d(in_channels, 96, 7, 2, 1), nn.Conv2d(96, 256, 5, 2)
    return large(num_classes, first, second, 1, True)
