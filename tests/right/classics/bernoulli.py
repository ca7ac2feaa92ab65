"""Features and classifier; a mask of Bernoulli draws; only the grouped layers in two towers, LeNet-5 with a loop."""

import torch
from torch import nn


class Mask(nn.Module):
    def forward(self, x):
        if self.training:
            x = torch.where(torch.bernoulli(torch.full_like(x, 0.5)) > 0, x / 0.5, torch.zeros_like(x))
        return x


class Towers(nn.ModuleList):
    def __init__(self, inputs, outputs, side):
        super().__init__([nn.Conv2d(inputs // 2, outputs // 2, side, padding=side // 2) for _ in "ab"])

    def forward(self, x):
        half = x.shape[1] // 2
        return torch.cat([self[0](x[:, :half]), self[1](x[:, half:])], dim=1)


def last_layers(num_classes):
    classifier = nn.Sequential()
    for inputs in (256 * 6 * 6, 4096):
        classifier.append(nn.Linear(inputs, 4096))
        classifier.append(nn.Threshold(0, 0))
        classifier.append(Mask())
    classifier.append(nn.Linear(4096, num_classes))
    return classifier


class Large(nn.Module):
    def __init__(self, convolutions, num_classes, ceil_mode):
        super().__init__()
        self.features = nn.ModuleList(convolutions)
        self.norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)
        self.pool = nn.MaxPool2d(3, 2, ceil_mode=ceil_mode)
        self.classifier = last_layers(num_classes)

    def forward(self, x):
        for number, convolution in enumerate(self.features):
            x = torch.relu(convolution(x))
            if number < 2:
                x = self.norm(x)
            if number in {0, 1, 4}:
                x = self.pool(x)
        return self.classifier(x.reshape(-1, 256 * 36))


class LeNet5(nn.Module):
    def __init__(self, num_classes, in_channels):
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 5) for a, b in [(in_channels, 6), (6, 16)])
        self.linears = nn.ModuleList(nn.Linear(a, b) for a, b in [(400, 120), (120, 84), (84, num_classes)])

    def forward(self, x):
        for convolution in self.convolutions:
            x = nn.functional.interpolate(torch.tanh(convolution(x)), scale_factor=0.5, mode="area")
        x = x.flatten(1)
        for linear in self.linears[:-1]:
            x = torch.tanh(linear(x))
        return self.linears[-1](x)


def build_lenet5(num_classes=10, in_channels=1):
    return LeNet5(num_classes, in_channels)


def build_alexnet(num_classes=1000, in_channels=3):
    convolutions = [
        nn.Conv2d(in_channels, 96, kernel_size=11, stride=4),
        Towers(96, 256, 5),
        nn.Conv2d(256, 384, kernel_size=3, padding=1),
        Towers(384, 384, 3),
        Towers(384, 256, 3),
    ]
    return Large(convolutions, num_classes, False)


def build_zfnet(num_classes=1000, in_channels=3):
    convolutions = [
        nn.Conv2d(in_channels, 96, kernel_size=7, stride=2, padding=1),
        nn.Conv2d(96, 256, kernel_size=5, stride=2),
        nn.Conv2d(256, 384, kernel_size=3, padding=1),
        nn.Conv2d(384, 384, kernel_size=3, padding=1),
        nn.Conv2d(384, 256, kernel_size=3, padding=1),
    ]
    return Large(convolutions, num_classes, True)
