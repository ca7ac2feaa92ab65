"""An own batch norm, an own convolution by unfold, linear layers for 1x1 convolutions, own initial weights."""

import math

import torch
from torch import nn


class Norm(nn.Module):
    """Batch norm with parameters of shape (1, C, 1, 1), its statistics by mean and square."""

    def __init__(self, channels):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.offset = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.register_buffer("average", torch.zeros(1, channels, 1, 1))
        self.register_buffer("spread", torch.ones(1, channels, 1, 1))

    def forward(self, x):
        if self.training:
            mean = x.mean(dim=(0, 2, 3), keepdim=True)
            var = ((x - mean) ** 2).mean(dim=(0, 2, 3), keepdim=True)
            count = x.numel() / x.shape[1]
            with torch.no_grad():
                self.average.mul_(0.9).add_(0.1 * mean)
                self.spread.copy_(0.9 * self.spread + 0.1 * var * count / (count - 1))
        else:
            mean, var = self.average, self.spread
        return (x - mean) / torch.sqrt(var + 1e-5) * self.gain + self.offset


class Conv(nn.Module):
    def __init__(self, inputs, outputs, side, stride=1):
        super().__init__()
        self.side, self.stride = side, stride
        self.kernels = nn.Parameter(torch.empty(outputs, inputs, side, side))
        with torch.no_grad():
            self.kernels.normal_(0, math.sqrt(2 / (side * side * outputs)))

    def forward(self, x):
        n, _, h, w = x.shape
        pad = self.side // 2
        columns = nn.functional.unfold(x, self.side, padding=pad, stride=self.stride)
        out = self.kernels.flatten(1) @ columns
        return out.view(
            n, -1, (h + 2 * pad - self.side) // self.stride + 1, (w + 2 * pad - self.side) // self.stride + 1
        )


class Pointwise(nn.Module):
    """A 1x1 convolution as a linear layer over the channels."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)
        self.stride = stride

    def forward(self, x):
        x = x[:, :, :: self.stride, :: self.stride]
        return self.linear(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class BasicBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.f = nn.Sequential(
            Conv(in_channels, out_channels, 3, stride),
            Norm(out_channels),
            nn.ReLU(),
            Conv(out_channels, out_channels, 3),
            Norm(out_channels),
        )
        self.g = nn.Sequential()
        if stride > 1 or in_channels != out_channels:
            self.g = nn.Sequential(Pointwise(in_channels, out_channels, stride), Norm(out_channels))

    def forward(self, x):
        y = self.f(x) + self.g(x)
        return y * (y > 0)


class Bottleneck(nn.Module):
    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        out_channels = 4 * width
        self.f = nn.ModuleList(
            [
                Pointwise(in_channels, width),
                Norm(width),
                Conv(width, width, 3, stride),
                Norm(width),
                Pointwise(width, out_channels),
                Norm(out_channels),
            ]
        )
        if stride > 1 or in_channels != out_channels:
            self.g = nn.ModuleList([Pointwise(in_channels, out_channels, stride), Norm(out_channels)])
        else:
            self.g = nn.ModuleList()

    def forward(self, x):
        y, z = x, x
        for i, layer in enumerate(self.f):
            y = layer(y)
            if i in (1, 3):
                y = nn.functional.relu(y)
        for layer in self.g:
            z = layer(z)
        return nn.functional.relu(z + y)


class ResNet(nn.Module):
    def __init__(self, depth, num_classes, in_channels, base_width):
        super().__init__()
        shallow = {18: "2222", 34: "3463", 50: "3463"}
        deep = {101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
        if depth in shallow:
            counts = [int(digit) for digit in shallow[depth]]
        elif depth in deep:
            counts = deep[depth]
        else:
            raise ValueError(f"{depth} is no depth of a ResNet")
        self.stem = nn.Sequential(Conv(in_channels, base_width, 7, 2), Norm(base_width), nn.ReLU())
        self.pool = nn.MaxPool2d(3, 2, 1)
        blocks, channels = [], base_width
        for stage in range(4):
            for number in range(counts[stage]):
                stride = 2 if number == 0 and stage != 0 else 1
                width = base_width * 2**stage
                blocks.append(
                    BasicBlock(channels, width, stride) if depth < 50 else Bottleneck(channels, width, stride)
                )
                channels = width * (1 if depth < 50 else 4)
        self.body = nn.Sequential(*blocks)
        self.scores = nn.Parameter(0.01 * torch.randn(num_classes, channels))
        self.offsets = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        x = self.body(self.pool(self.stem(x)))
        return torch.einsum("nchw,kc->nk", x, self.scores) / (x.shape[2] * x.shape[3]) + self.offsets


def build_resnet(depth, num_classes=1000, in_channels=3, base_width=64):
    return ResNet(depth, num_classes, in_channels, base_width)
