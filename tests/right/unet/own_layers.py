"""Own convolutions by unfold, an own transposed convolution by matrix product, pooling by reshaping, own weights."""

import math

import torch
from torch import nn


class Conv(nn.Module):
    def __init__(self, inputs, outputs, side, border):
        super().__init__()
        self.side, self.border = side, border
        scale = math.sqrt(2 / (inputs * side * side))
        self.kernels = nn.Parameter(scale * torch.randn(outputs, inputs, side, side))
        self.offset = nn.Parameter(torch.zeros(outputs, 1, 1))

    def forward(self, x):
        n, _, h, w = x.shape
        lost = self.side - 1 - 2 * self.border
        columns = nn.functional.unfold(x, self.side, padding=self.border)
        return (self.kernels.flatten(1) @ columns).view(n, -1, h - lost, w - lost) + self.offset


class Enlarge(nn.Module):
    """2x2 transposed convolution with stride 2: every pixel becomes a square of four, without overlap."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs, 2, 2) / math.sqrt(inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        n, _, h, w = x.shape
        squares = torch.einsum("nihw,iopq->nohpwq", x, self.weight)
        return squares.reshape(n, -1, 2 * h, 2 * w) + self.bias[None, :, None, None]


def halve(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).amax(dim=(3, 5))


class Stage(nn.Module):
    def __init__(self, inputs, outputs, border):
        super().__init__()
        self.first, self.second = Conv(inputs, outputs, 3, border), Conv(outputs, outputs, 3, border)

    def forward(self, x):
        return self.second(self.first(x).clamp(min=0)).clamp(min=0)


class UNet(nn.Module):
    def __init__(self, in_channels, num_classes, depth, base_width, padding):
        super().__init__()
        border = int(padding == "same")
        self.multiple = 2**depth if border else None
        self.left, self.right, self.lift = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        width = base_width
        for _ in range(depth):
            self.left.append(Stage(in_channels, width, border))
            in_channels, width = width, 2 * width
        self.bottom = Stage(in_channels, width, border)
        for _ in range(depth):
            self.lift.append(Enlarge(width, width // 2))
            self.right.append(Stage(width, width // 2, border))
            width //= 2
        self.head = Conv(width, num_classes, 1, 0)

    def forward(self, x):
        if self.multiple and (x.shape[2] % self.multiple or x.shape[3] % self.multiple):
            raise ValueError(f"image of {x.shape[2]}x{x.shape[3]}: not multiples of {self.multiple}")
        skips = []
        for stage in self.left:
            skips.append(stage(x))
            x = halve(skips[-1])
        x = self.bottom(x)
        for lift, stage in zip(self.lift, self.right, strict=True):
            x = lift(x)
            skip = skips.pop()
            rows = torch.arange(x.shape[2]) + (skip.shape[2] - x.shape[2]) // 2
            columns = torch.arange(x.shape[3]) + (skip.shape[3] - x.shape[3]) // 2
            skip = skip.index_select(2, rows.to(x.device)).index_select(3, columns.to(x.device))
            both = x.new_empty(x.shape[0], 2 * x.shape[1], x.shape[2], x.shape[3])
            both[:, : x.shape[1]] = skip
            both[:, x.shape[1] :] = x
            x = stage(both)
        return self.head(x)


def build_unet(in_channels=1, num_classes=2, depth=4, base_width=64, padding="valid"):
    return UNet(in_channels, num_classes, depth, base_width, padding)
