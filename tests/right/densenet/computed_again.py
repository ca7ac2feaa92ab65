"""Concatenation and bottleneck computed again in the backward pass, by torch.utils.checkpoint; modules added by name."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.utils.checkpoint as cp


def _bn_function_factory(norm, relu, conv):
    def bn_function(*inputs):
        return conv(relu(norm(torch.cat(inputs, 1))))

    return bn_function


class DenseLayer(nn.Module):
    def __init__(self, in_channels, growth_rate, bn_size=4, efficient=True):
        super().__init__()
        self.add_module("norm1", nn.BatchNorm2d(in_channels))
        self.add_module("relu1", nn.ReLU(inplace=True))
        self.add_module("conv1", nn.Conv2d(in_channels, bn_size * growth_rate, kernel_size=1, stride=1, bias=False))
        self.add_module("norm2", nn.BatchNorm2d(bn_size * growth_rate))
        self.add_module("relu2", nn.ReLU(inplace=True))
        self.add_module(
            "conv2", nn.Conv2d(bn_size * growth_rate, growth_rate, kernel_size=3, stride=1, padding=1, bias=False)
        )
        self.efficient = efficient

    def forward(self, *prev_features):
        f = _bn_function_factory(self.norm1, self.relu1, self.conv1)
        if self.efficient and any(p.requires_grad for p in prev_features):
            b = cp.checkpoint(f, *prev_features, use_reentrant=True)
        else:
            b = f(*prev_features)
        return self.conv2(self.relu2(self.norm2(b)))


class DenseBlock(nn.Module):
    def __init__(self, num_layers, in_channels, growth_rate, bn_size=4):
        super().__init__()
        for i in range(num_layers):
            self.add_module(f"denselayer{i + 1}", DenseLayer(in_channels + i * growth_rate, growth_rate, bn_size))

    def forward(self, init_features):
        features = [init_features]
        for layer in self.children():
            features.append(layer(*features))
        return torch.cat(features, 1)


class Transition(nn.Module):
    def __init__(self, nIn, nOut):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(nIn)
        self.conv1 = nn.Conv2d(nIn, nOut, kernel_size=1, bias=False)

    def forward(self, x):
        return F.avg_pool2d(self.conv1(F.relu(self.bn1(x))), 2)


class DenseNet(nn.Module):
    def __init__(self, growthRate, blocks, reduction, nClasses, cin):
        super().__init__()
        n = 2 * growthRate
        self.conv1 = nn.Conv2d(cin, n, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn0 = nn.BatchNorm2d(n)
        for i, b in enumerate(blocks):
            setattr(self, f"dense{i + 1}", DenseBlock(b, n, growthRate))
            n += b * growthRate
            if i < 3:
                o = math.floor(n * reduction)
                setattr(self, f"trans{i + 1}", Transition(n, o))
                n = o
        self.bn1 = nn.BatchNorm2d(n)
        self.fc = nn.Linear(n, nClasses)

    def forward(self, x):
        out = F.max_pool2d(F.relu(self.bn0(self.conv1(x))), 3, stride=2, padding=1)
        out = self.trans1(self.dense1(out))
        out = self.trans2(self.dense2(out))
        out = self.trans3(self.dense3(out))
        out = self.dense4(out)
        out = F.relu(self.bn1(out))
        out = torch.flatten(F.avg_pool2d(out, out.shape[2:]), 1)
        return self.fc(out)


def build_densenet(depth, num_classes=1000, in_channels=3, growth_rate=None):
    cfgs = dict(
        [
            (121, (6, 12, 24, 16)),
            (161, (6, 12, 36, 24)),
            (169, (6, 12, 32, 32)),
            (201, (6, 12, 48, 32)),
            (264, (6, 12, 64, 48)),
        ]
    )
    if depth not in cfgs:
        raise ValueError(f"depth={depth}")
    if growth_rate is None:
        growth_rate = {161: 48}.get(depth, 32)
    return DenseNet(growth_rate, cfgs[depth], 0.5, num_classes, in_channels)
