"""An own batch norm with moving averages in buffers, biased variances among them; blocks from functions."""

import torch
from torch import nn


def batch_norm(X, gamma, beta, moving_mean, moving_var, eps, momentum, training):
    if not training:
        X_hat = (X - moving_mean) / torch.sqrt(moving_var + eps)
    else:
        mean = X.mean(dim=(0, 2, 3), keepdim=True)
        var = ((X - mean) ** 2).mean(dim=(0, 2, 3), keepdim=True)
        X_hat = (X - mean) / torch.sqrt(var + eps)
        moving_mean = (1.0 - momentum) * moving_mean + momentum * mean
        moving_var = (1.0 - momentum) * moving_var + momentum * var
    return gamma * X_hat + beta, moving_mean.data, moving_var.data


class BatchNorm(nn.Module):
    def __init__(self, num_features):
        super().__init__()
        shape = (1, num_features, 1, 1)
        self.gamma = nn.Parameter(torch.ones(shape))
        self.beta = nn.Parameter(torch.zeros(shape))
        self.register_buffer("moving_mean", torch.zeros(shape))
        self.register_buffer("moving_var", torch.ones(shape))

    def forward(self, X):
        Y, self.moving_mean, self.moving_var = batch_norm(
            X, self.gamma, self.beta, self.moving_mean, self.moving_var, eps=1e-5, momentum=0.1, training=self.training
        )
        return Y


def conv_block(i, o, k):
    return nn.Sequential(BatchNorm(i), nn.ReLU(), nn.Conv2d(i, o, kernel_size=k, padding=k // 2, bias=False))


def DenseLayer(in_channels, growth_rate, bn_size=4):
    return nn.Sequential(
        *conv_block(in_channels, bn_size * growth_rate, 1), *conv_block(bn_size * growth_rate, growth_rate, 3)
    )


class DenseBlock(nn.Module):
    def __init__(self, num_convs, num_channels, growth_rate, bn_size=4):
        super().__init__()
        layer = []
        for i in range(num_convs):
            layer.append(DenseLayer(growth_rate * i + num_channels, growth_rate, bn_size))
        self.net = nn.Sequential(*layer)

    def forward(self, X):
        for blk in self.net:
            Y = blk(X)
            X = torch.cat((X, Y), dim=1)
        return X


def Transition(i, o):
    return nn.Sequential(*conv_block(i, o, 1), nn.AvgPool2d(kernel_size=2, stride=2))


class DenseNet(nn.Module):
    def __init__(self, cin, num_channels, growth_rate, arch, num_classes):
        super().__init__()
        self.net = nn.Sequential(self.b1(cin, num_channels))
        for i, num_convs in enumerate(arch):
            self.net.add_module(f"dense_blk{i + 1}", DenseBlock(num_convs, num_channels, growth_rate))
            num_channels += num_convs * growth_rate
            if i != len(arch) - 1:
                num_channels //= 2
                self.net.add_module(
                    f"tran_blk{i + 1}", Transition(num_channels * 2 if (num_channels * 2) else 0, num_channels)
                )
        self.net.add_module(
            "last",
            nn.Sequential(
                BatchNorm(num_channels),
                nn.ReLU(),
                nn.AdaptiveAvgPool2d((1, 1)),
                nn.Flatten(),
                nn.Linear(num_channels, num_classes),
            ),
        )

    def b1(self, cin, n):
        return nn.Sequential(
            nn.Conv2d(cin, n, kernel_size=7, stride=2, padding=3, bias=False),
            BatchNorm(n),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
        )

    def forward(self, x):
        return self.net(x)


def build_densenet(depth, num_classes=1000, in_channels=3, growth_rate=None):
    arch = {
        121: [6, 12, 24, 16],
        161: [6, 12, 36, 24],
        169: [6, 12, 32, 32],
        201: [6, 12, 48, 32],
        264: [6, 12, 64, 48],
    }
    if depth not in arch:
        raise ValueError(f"unknown depth {depth}")
    k = growth_rate if growth_rate else (48 if depth == 161 else 32)
    return DenseNet(in_channels, 2 * k, k, arch[depth], num_classes)
