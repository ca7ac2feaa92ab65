"""AlexNet as on two GPUs: convolutions in pairs, the halves of the maps concatenated; layer 3 is whole."""

import torch
from torch import nn


class Pair(nn.Module):
    """Two convolutions, each of half of the channels."""

    def __init__(self, inputs, outputs, side, padding):
        super().__init__()
        self.upper = nn.Conv2d(inputs // 2, outputs // 2, side, padding=padding)
        self.lower = nn.Conv2d(inputs // 2, outputs // 2, side, padding=padding)

    def forward(self, x):
        first, second = x.chunk(2, dim=1)
        return torch.cat([self.upper(first), self.lower(second)], dim=1)


class Both(nn.Module):
    """Two convolutions of all channels."""

    def __init__(self, inputs, outputs, side, **options):
        super().__init__()
        self.towers = nn.ModuleList(nn.Conv2d(inputs, outputs // 2, side, **options) for _ in range(2))

    def forward(self, x):
        return torch.cat([tower(x) for tower in self.towers], 1)


def lrn():
    return nn.LocalResponseNorm(5, alpha=0.0005, k=2)


def head(num_classes):
    return nn.Sequential(
        nn.Linear(9216, 4096),
        nn.ReLU(True),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(True),
        nn.Dropout(),
        nn.Linear(4096, num_classes),
    )


class AlexNet(nn.Module):
    def __init__(self, num_classes, in_channels):
        super().__init__()
        self.conv1 = Both(in_channels, 96, 11, stride=4)
        self.conv2 = Pair(96, 256, 5, 2)
        self.conv3 = Both(256, 384, 3, padding=1)
        self.conv4 = Pair(384, 384, 3, 1)
        self.conv5 = Pair(384, 256, 3, 1)
        self.relu, self.norm, self.pool = nn.ReLU(), lrn(), nn.MaxPool2d(3, 2)
        self.head = head(num_classes)

    def forward(self, x):
        x = self.pool(self.norm(self.relu(self.conv1(x))))
        x = self.pool(self.norm(self.relu(self.conv2(x))))
        x = self.relu(self.conv4(self.relu(self.conv3(x))))
        x = self.pool(self.relu(self.conv5(x)))
        return self.head(torch.flatten(x, 1))


class ZFNet(nn.Module):
    def __init__(self, num_classes, in_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 96, 7, 2, 1)
        self.conv2 = nn.Conv2d(96, 256, 5, 2)
        self.conv3 = nn.Conv2d(256, 384, 3, padding="same")
        self.conv4 = nn.Conv2d(384, 384, 3, padding="same")
        self.conv5 = nn.Conv2d(384, 256, 3, padding="same")
        self.relu, self.norm, self.pool = nn.ReLU(), lrn(), nn.MaxPool2d(3, 2, ceil_mode=True)
        self.head = head(num_classes)

    def forward(self, x):
        x = self.pool(self.norm(self.relu(self.conv1(x))))
        x = self.pool(self.norm(self.relu(self.conv2(x))))
        x = self.relu(self.conv4(self.relu(self.conv3(x))))
        x = self.pool(self.relu(self.conv5(x)))
        return self.head(x.view(x.size(0), -1))


class LeNet5(nn.Module):
    def __init__(self, num_classes, in_channels):
        super().__init__()
        self.c1, self.c3, self.c5 = nn.Conv2d(in_channels, 6, 5), nn.Conv2d(6, 16, 5), nn.Conv2d(16, 120, 5)
        self.f6, self.scores = nn.Linear(120, 84), nn.Linear(84, num_classes)
        self.tanh, self.pool = nn.Tanh(), nn.AvgPool2d(2, 2)

    def forward(self, x):
        x = self.pool(self.tanh(self.c1(x)))
        x = self.pool(self.tanh(self.c3(x)))
        x = self.tanh(self.c5(x))[:, :, 0, 0]
        return self.scores(self.tanh(self.f6(x)))


def build_lenet5(num_classes=10, in_channels=1):
    return LeNet5(num_classes, in_channels)


def build_alexnet(num_classes=1000, in_channels=3):
    return AlexNet(num_classes, in_channels)


def build_zfnet(num_classes=1000, in_channels=3):
    return ZFNet(num_classes, in_channels)
