"""Lazy layers, which see at the first image how many channels come in; a dry run makes them."""

import torch
from torch import nn


def made(net, *shape):
    net.eval()
    with torch.no_grad():
        net(torch.zeros(1, *shape))
    return net.train()


def hidden():
    return [nn.LazyLinear(4096), nn.ReLU(inplace=True), nn.Dropout(p=0.5)]


def build_lenet5(num_classes=10, in_channels=1):
    net = nn.Sequential(
        *(nn.LazyConv2d(6, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.LazyConv2d(16, 5), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.LazyLinear(120), nn.Tanh()),
        *(nn.LazyLinear(84), nn.Tanh(), nn.LazyLinear(num_classes)),
    )
    return made(net, in_channels, 32, 32)


def build_alexnet(num_classes=1000, in_channels=3):
    net = nn.Sequential()
    for outputs, side, stride, padding, groups, normed, pooled in [
        (96, 11, 4, 0, 1, True, True),
        (256, 5, 1, 2, 2, True, True),
        (384, 3, 1, 1, 1, False, False),
        (384, 3, 1, 1, 2, False, False),
        (256, 3, 1, 1, 2, False, True),
    ]:
        net.append(nn.LazyConv2d(outputs, side, stride=stride, padding=padding, groups=groups))
        net.append(nn.ReLU(inplace=True))
        if normed:
            net.append(nn.LocalResponseNorm(size=5, alpha=1e-4 * 5, beta=0.75, k=2))
        if pooled:
            net.append(nn.MaxPool2d(kernel_size=3, stride=2))
    net.extend([nn.Flatten(), *hidden(), *hidden(), nn.LazyLinear(num_classes)])
    return made(net, in_channels, 227, 227)


def build_zfnet(num_classes=1000, in_channels=3):
    net = nn.Sequential()
    for outputs, side, stride, padding in [
        (96, 7, 2, 1),
        (256, 5, 2, 0),
        (384, 3, 1, 1),
        (384, 3, 1, 1),
        (256, 3, 1, 1),
    ]:
        net.append(nn.LazyConv2d(outputs, side, stride, padding))
        net.append(nn.ReLU(inplace=True))
        if side > 3:
            net.append(nn.LocalResponseNorm(size=5, alpha=1e-4 * 5, beta=0.75, k=2))
        if side > 3 or outputs == 256:
            net.append(nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True))
    net.extend([nn.Flatten(), *hidden(), *hidden(), nn.LazyLinear(num_classes)])
    return made(net, in_channels, 224, 224)
