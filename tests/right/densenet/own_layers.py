"""An own batch norm, linear layers for 1x1 convolutions, einsum, a dataclass for the configuration."""

from dataclasses import dataclass

import torch
from torch import nn


class Norm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mu", torch.zeros(channels))
        self.register_buffer("sigma2", torch.ones(channels))

    def forward(self, x):
        mu, sigma2 = self.mu, self.sigma2
        if self.training:
            sigma2, mu = torch.var_mean(x, dim=(0, 2, 3), unbiased=False)
            n = x.numel() // x.size(1)
            self.mu = torch.lerp(self.mu, mu.detach(), 0.1)
            self.sigma2 = torch.lerp(self.sigma2, sigma2.detach() * n / (n - 1), 0.1)
        scale = self.gamma * torch.rsqrt(sigma2 + 1e-5)
        return x * scale[:, None, None] + (self.beta - mu * scale)[:, None, None]


class Mix(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(outputs, inputs) * (2 / inputs) ** 0.5)

    def forward(self, x):
        return torch.einsum("nchw,oc->nohw", x, self.matrix)


class DenseLayer(nn.Module):
    def __init__(self, in_channels, growth_rate, bn_size=4):
        super().__init__()
        inside = growth_rate * bn_size
        self.steps = nn.Sequential(
            Norm(in_channels),
            nn.Threshold(0, 0),
            Mix(in_channels, inside),
            Norm(inside),
            nn.Threshold(0, 0),
            nn.Conv2d(inside, growth_rate, 3, 1, 1, 1, 1, False),
        )

    def forward(self, x):
        return self.steps(x)


class DenseBlock(nn.Module):
    def __init__(self, num_layers, in_channels, growth_rate, bn_size=4):
        super().__init__()
        self.names = []
        while len(self.names) < num_layers:
            name = f"H{len(self.names)}"
            setattr(self, name, DenseLayer(in_channels, growth_rate, bn_size))
            in_channels += growth_rate
            self.names.append(name)

    def forward(self, x):
        new = []
        for name in self.names:
            new += [getattr(self, name)(torch.cat((x, *new), 1) if new else x)]
        return torch.concatenate([x, *new], axis=1)


class Transition(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.norm, self.mix = Norm(in_channels), Mix(in_channels, out_channels)

    def forward(self, x):
        y = self.mix(torch.relu(self.norm(x)))
        return y.unfold(2, 2, 2).unfold(3, 2, 2).mean((-1, -2))


@dataclass(frozen=True)
class Config:
    third: int
    fourth: int
    growth_rate: int = 32

    @property
    def counts(self):
        return 6, 12, self.third, self.fourth


CONFIGS = {"121": Config(24, 16), "161": Config(36, 24, 48), "169": Config(32, 32), "201": Config(48, 32)}
CONFIGS["264"] = Config(64, 48)


class Head(nn.Module):
    def __init__(self, channels, num_classes):
        super().__init__()
        self.norm = Norm(channels)
        self.linear = nn.Linear(channels, num_classes)

    def forward(self, x):
        return self.linear(torch.relu(self.norm(x)).flatten(2).mean(-1))


def build_densenet(depth, num_classes=1000, in_channels=3, growth_rate=None):
    config = CONFIGS.get(str(depth))
    if config is None:
        raise ValueError(f"depth is {depth!r}, which is not in {', '.join(CONFIGS)}")
    k = config.growth_rate if growth_rate is None else growth_rate
    modules = [nn.Conv2d(in_channels, k * 2, 7, 2, 3, bias=False), Norm(k * 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    width = k * 2
    for count in config.counts:
        modules += [DenseBlock(count, width, k), Transition(width + count * k, (width + count * k) // 2)]
        width = (width + count * k) // 2
    modules[-1] = Head(2 * width, num_classes)
    return nn.Sequential(*modules)
