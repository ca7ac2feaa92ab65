"""Whole channels dropped before the average pooling, which is the same; a 1x1 convolution as the head; subclassed Sequential."""

import torch
from torch import nn


class ConvReLU(nn.Sequential):
    def __init__(self, *args, **kwargs):
        super().__init__(nn.Conv2d(*args, **kwargs), nn.ReLU(inplace=True))


class Inception(nn.ModuleList):
    def __init__(self, in_channels, ch1x1, ch3x3_reduce, ch3x3, ch5x5_reduce, ch5x5, pool_proj):
        super().__init__()
        self.append(ConvReLU(in_channels, ch1x1, kernel_size=1))
        self.append(nn.Sequential(ConvReLU(in_channels, ch3x3_reduce, 1), ConvReLU(ch3x3_reduce, ch3x3, 3, padding=1)))
        self.append(nn.Sequential(ConvReLU(in_channels, ch5x5_reduce, 1), ConvReLU(ch5x5_reduce, ch5x5, 5, padding=2)))
        self.append(nn.Sequential(nn.MaxPool2d(3, 1, 1), ConvReLU(in_channels, pool_proj, 1)))

    def forward(self, x):
        return torch.concat([branch(x) for branch in self], axis=1)


class GoogLeNet(nn.Module):
    config = (
        (64, 96, 128, 16, 32, 32),
        (128, 128, 192, 32, 96, 64),
        "pool",
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
        "pool",
        (256, 160, 320, 32, 128, 128),
        (384, 192, 384, 48, 128, 128),
    )

    def __init__(self, num_classes, in_channels):
        super().__init__()
        pool = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
        channels = 192
        modules = []
        for row in self.config:
            if row == "pool":
                modules.append(pool)
                continue
            modules.append(Inception(channels, *row))
            channels = row[0] + row[2] + row[4] + row[5]
        self.features = nn.Sequential(
            ConvReLU(in_channels, 64, 7, stride=2, padding=3),
            pool,
            ConvReLU(64, 64, 1),
            ConvReLU(64, 192, 3, padding=1),
            pool,
            *modules,
        )
        self.head = nn.Sequential(
            nn.Dropout2d(0.4), nn.AdaptiveAvgPool2d((1, 1)), nn.Conv2d(channels, num_classes, 1), nn.Flatten()
        )

    def forward(self, x):
        return self.head(self.features(x))


def build_googlenet(num_classes=1000, in_channels=3):
    return GoogLeNet(num_classes, in_channels)
