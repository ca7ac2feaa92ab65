"""1x1 convolutions as linear layers over the channels, ceil mode by padding, own dropout, the mean as a product."""

import math

import torch
from torch import nn


class Pointwise(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)

    def forward(self, x):
        return self.linear(x.movedim(1, 3)).movedim(3, 1).clamp_min(0)


class Conv(nn.Module):
    def __init__(self, inputs, outputs, side, stride=1):
        super().__init__()
        self.stride, self.border = stride, side // 2
        self.weight = nn.Parameter(torch.randn(outputs, inputs, side, side) * math.sqrt(2 / (inputs * side * side)))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        x = nn.functional.pad(x, [self.border] * 4)
        x = nn.functional.conv2d(x, self.weight, None, self.stride) + self.bias.view(1, -1, 1, 1)
        return x * (x > 0)


class Pool(nn.Module):
    """3x3/2 with a border of minus infinity at the bottom and on the right, for the windows that are partly inside."""

    def forward(self, x):
        pad = [0 if size % 2 else 1 for size in (x.shape[3], x.shape[2])]
        return nn.functional.max_pool2d(nn.functional.pad(x, (0, pad[0], 0, pad[1]), value=-torch.inf), 3, 2)


class Drop(nn.Module):
    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training:
            return x
        mask = torch.bernoulli(torch.full_like(x, 1 - self.rate))
        return x * mask / (1 - self.rate)


class Inception(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3_reduce, ch3x3, ch5x5_reduce, ch5x5, pool_proj):
        super().__init__()
        self.one = Pointwise(in_channels, ch1x1)
        self.two = nn.Sequential(Pointwise(in_channels, ch3x3_reduce), Conv(ch3x3_reduce, ch3x3, 3))
        self.three = nn.Sequential(Pointwise(in_channels, ch5x5_reduce), Conv(ch5x5_reduce, ch5x5, 5))
        self.four = Pointwise(in_channels, pool_proj)
        self.ends = [0, ch1x1, ch1x1 + ch3x3, ch1x1 + ch3x3 + ch5x5, ch1x1 + ch3x3 + ch5x5 + pool_proj]

    def forward(self, x):
        border = nn.functional.pad(x, (1, 1, 1, 1), value=-torch.inf)
        rows = torch.maximum(torch.maximum(border[:, :, :-2], border[:, :, 1:-1]), border[:, :, 2:])
        pooled = torch.maximum(torch.maximum(rows[..., :-2], rows[..., 1:-1]), rows[..., 2:])
        out = x.new_zeros(x.shape[0], self.ends[4], *x.shape[2:])
        for place, maps in enumerate((self.one(x), self.two(x), self.three(x), self.four(pooled))):
            out[:, self.ends[place] : self.ends[place + 1]] = maps
        return out


class Net(nn.Module):
    def __init__(self, num_classes, in_channels):
        super().__init__()
        self.stem = nn.Sequential(Conv(in_channels, 64, 7, 2), Pool(), Pointwise(64, 64), Conv(64, 192, 3), Pool())
        self.m3 = nn.Sequential(Inception(192, 64, 96, 128, 16, 32, 32), Inception(256, 128, 128, 192, 32, 96, 64))
        self.m4 = nn.Sequential(
            Inception(480, 192, 96, 208, 16, 48, 64),
            Inception(512, 160, 112, 224, 24, 64, 64),
            Inception(512, 128, 128, 256, 24, 64, 64),
            Inception(512, 112, 144, 288, 32, 64, 64),
            Inception(528, 256, 160, 320, 32, 128, 128),
        )
        self.m5 = nn.Sequential(
            Inception(832, 256, 160, 320, 32, 128, 128), Inception(832, 384, 192, 384, 48, 128, 128)
        )
        self.pool, self.drop = Pool(), Drop(0.4)
        self.scores, self.offsets = (
            nn.Parameter(torch.randn(num_classes, 1024) / 32),
            nn.Parameter(torch.zeros(num_classes)),
        )

    def forward(self, x):
        x = self.m5(self.pool(self.m4(self.pool(self.m3(self.stem(x))))))
        x = torch.einsum("nchw->nc", x) / (x.shape[2] * x.shape[3])
        return self.drop(x) @ self.scores.T + self.offsets


def build_googlenet(num_classes=1000, in_channels=3):
    return Net(num_classes, in_channels)
