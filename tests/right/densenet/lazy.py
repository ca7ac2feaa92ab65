"""Lazy layers that find their input channels themselves, a network assembled from a text."""

import torch
import torch.nn as nn


def pre_activated(outputs, kernel):
    return nn.Sequential(
        nn.LazyBatchNorm2d(), nn.ReLU(), nn.LazyConv2d(outputs, kernel, padding=(kernel - 1) // 2, bias=False)
    )


class DenseLayer(nn.Module):
    def __init__(self, in_channels, growth_rate, bn_size=4):
        super().__init__()
        self.one = pre_activated(bn_size * growth_rate, 1)
        self.three = pre_activated(growth_rate, 3)

    def forward(self, x):
        return self.three(self.one(x))


class Keep(nn.Module):
    """A module's input and its output, side by side."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return torch.cat((x, self.module(x)), dim=1)


class DenseBlock(nn.Sequential):
    def __init__(self, num_layers, in_channels, growth_rate, bn_size=4):
        super().__init__(*(Keep(DenseLayer(None, growth_rate, bn_size)) for _ in range(num_layers)))


class Transition(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv = pre_activated(out_channels, 1)

    def forward(self, x):
        return nn.functional.avg_pool2d(self.conv(x), 2)


def build_densenet(depth, num_classes=1000, in_channels=3, growth_rate=None):
    plans = {
        121: "D6 T D12 T D24 T D16",
        161: "D6 T D12 T D36 T D24",
        169: "D6 T D12 T D32 T D32",
        201: "D6 T D12 T D48 T D32",
        264: "D6 T D12 T D64 T D48",
    }
    try:
        plan = plans[depth]
    except KeyError as error:
        raise ValueError(f"depth {depth} is unknown") from error
    if growth_rate is None:
        growth_rate = 48 if depth == 161 else 32
    net = nn.Sequential(
        nn.LazyConv2d(2 * growth_rate, 7, 2, 3, bias=False), nn.LazyBatchNorm2d(), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
    )
    channels = 2 * growth_rate
    for word in plan.split():
        if word == "T":
            channels //= 2
            net.append(Transition(None, channels))
        else:
            net.append(DenseBlock(int(word[1:]), channels, growth_rate))
            channels += int(word[1:]) * growth_rate
    for module in (nn.LazyBatchNorm2d(), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()):
        net.append(module)
    return net.append(nn.LazyLinear(num_classes))
