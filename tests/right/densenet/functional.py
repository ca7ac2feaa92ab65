"""Weights in ParameterLists and functions alone, float32 constants in the forward pass, the 1x1 convolution in pieces."""

import torch
import torch.nn.functional as F
from torch import nn


class Composite(nn.Module):
    """BN, ReLU and convolution over a list of maps: a convolution of concatenated maps is a sum over the parts."""

    def __init__(self, inputs, outputs, kernel):
        super().__init__()
        self.affine = nn.ParameterList([torch.ones(inputs), torch.zeros(inputs)])
        weight = torch.empty(outputs, inputs, kernel, kernel)
        nn.init.kaiming_normal_(weight)
        self.weight = nn.Parameter(weight)
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("var", torch.ones(inputs))

    def forward(self, *maps):
        start, out = 0, torch.zeros(1)
        for part in maps:
            here = slice(start, start + part.shape[1])
            g, b = self.affine
            y = F.batch_norm(part, self.mean[here], self.var[here], g[here], b[here], self.training)
            out = out + F.conv2d(F.relu(y), self.weight[:, here], padding=self.weight.shape[-1] // 2)
            start += part.shape[1]
        return out


class DenseLayer(nn.Module):
    def __init__(self, in_channels, growth_rate, bn_size=4):
        super().__init__()
        self.reduce = Composite(in_channels, bn_size * growth_rate, 1)
        self.grow = Composite(bn_size * growth_rate, growth_rate, 3)

    def forward(self, *maps):
        return self.grow(self.reduce(*maps))


class DenseBlock(nn.Module):
    def __init__(self, num_layers, in_channels, growth_rate, bn_size=4):
        super().__init__()
        self.layers = nn.ModuleList()
        for number in range(num_layers):
            self.layers += [DenseLayer(in_channels + number * growth_rate, growth_rate, bn_size)]

    def forward(self, x):
        maps = (x,)
        for layer in self.layers:
            maps = (*maps, layer(*maps))
        return torch.cat(maps, 1)


class Transition(Composite):
    def __init__(self, in_channels, out_channels):
        super().__init__(in_channels, out_channels, 1)

    def forward(self, x):
        y = super().forward(x)
        return F.conv2d(y, torch.full((y.shape[1], 1, 2, 2), 0.25, dtype=y.dtype), stride=2, groups=y.shape[1])


class Last(nn.Module):
    def __init__(self, channels, num_classes):
        super().__init__()
        self.bn, self.fc = nn.BatchNorm2d(channels), nn.Linear(channels, num_classes)

    def forward(self, x):
        x = F.relu_(self.bn(x))
        return self.fc(x.sum((2, 3)) / (x.shape[2] * x.shape[3]))


class First(nn.Module):
    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, 7, 2, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x):
        x = F.relu(self.bn(self.conv(F.pad(x, (3, 3, 3, 3)))))
        return F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, 2)  # after a ReLU zeros are as good as minus infinity


def build_densenet(depth, num_classes=1000, in_channels=3, growth_rate=None):
    ends = {121: (24, 16), 161: (36, 24), 169: (32, 32), 201: (48, 32), 264: (64, 48)}
    if depth not in ends:
        raise ValueError(f"depth {depth} is not supported, only {list(ends)}")
    if growth_rate is None:
        growth_rate = {161: 48}.get(depth, 32)
    channels = 2 * growth_rate
    net = [First(in_channels, channels)]
    for position, count in enumerate((6, 12, *ends[depth])):
        net.append(DenseBlock(count, channels, growth_rate))
        channels = channels + count * growth_rate
        if position != 3:
            net.append(Transition(channels, int(channels * 0.5)))
            channels = int(channels * 0.5)
    return nn.Sequential(*net, Last(channels, num_classes))
