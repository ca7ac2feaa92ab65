"""Linear layers as convolutions that cover the map, halves of channels with slices of one weight, a class for all three."""

import torch
import torch.nn.functional as F
from torch import nn


class Halves(nn.Conv2d):
    """Two groups: the upper kernels see the upper channels. One weight, two convolutions."""

    def __init__(self, inputs, outputs, side):
        super().__init__(inputs // 2, outputs, side, padding=side // 2)

    def forward(self, x):
        inputs, outputs = self.in_channels, self.out_channels // 2
        upper = F.conv2d(x[:, :inputs], self.weight[:outputs], self.bias[:outputs], padding=self.padding)
        lower = F.conv2d(x[:, inputs:], self.weight[outputs:], self.bias[outputs:], padding=self.padding)
        return torch.cat((upper, lower), dim=1)


class Network(nn.Module):
    def __init__(self, features, classifier):
        super().__init__()
        self.classifier = nn.Sequential(*classifier)  # made first, run last
        self.features = nn.Sequential(*features)

    def forward(self, x):
        return self.classifier(self.features(x)).squeeze(3).squeeze(2)


def norm_and_pool(ceil_mode):
    # the mean of squares over the channels, as PyTorch has it, times 5 is their sum
    return nn.LocalResponseNorm(5, 5 * 1e-4, 0.75, 2), nn.MaxPool2d(3, 2, ceil_mode=ceil_mode)


def classifier(num_classes):
    return [
        *(nn.Conv2d(256, 4096, 6), nn.ReLU(), nn.Dropout2d()),
        *(nn.Conv2d(4096, 4096, 1), nn.ReLU(), nn.Dropout2d()),
        nn.Conv2d(4096, num_classes, 1),
    ]


def build_lenet5(num_classes=10, in_channels=1):
    return Network(
        [
            *(nn.Conv2d(in_channels, 6, 5), nn.Tanh(), nn.AdaptiveAvgPool2d(14)),
            *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AdaptiveAvgPool2d(5)),
        ],
        [nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Conv2d(120, 84, 1), nn.Tanh(), nn.Conv2d(84, num_classes, 1)],
    )


def build_alexnet(num_classes=1000, in_channels=3):
    return Network(
        [
            *(nn.Conv2d(in_channels, 96, 11, 4), nn.ReLU(), *norm_and_pool(False)),
            *(Halves(96, 256, 5), nn.ReLU(), *norm_and_pool(False)),
            *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
            *(Halves(384, 384, 3), nn.ReLU()),
            *(Halves(384, 256, 3), nn.MaxPool2d(3, 2), nn.ReLU()),  # ReLU and maximum can be exchanged
        ],
        classifier(num_classes),
    )


def build_zfnet(num_classes=1000, in_channels=3):
    return Network(
        [
            *(nn.Conv2d(in_channels, 96, 7, 2, 1), nn.ReLU(), *norm_and_pool(True)),
            *(nn.Conv2d(96, 256, 5, 2), nn.ReLU(), *norm_and_pool(True)),
            *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 384, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(384, 256, 3, padding=1), nn.MaxPool2d(3, 2, ceil_mode=True), nn.ReLU()),
        ],
        classifier(num_classes),
    )
