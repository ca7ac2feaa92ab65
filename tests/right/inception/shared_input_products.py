"""Convolutions by unfold and matrix product in the modules, four inputs side by side, the mean over flattened pixels."""

import torch
import torch.nn.functional as F
from torch import nn


class Product(nn.Conv2d):
    """A convolution that knows its padding and computes by unfolding."""

    def __init__(self, inputs, outputs, side):
        super().__init__(inputs, outputs, side, padding=side // 2)

    def forward(self, x):
        columns = F.unfold(x, self.kernel_size, padding=self.padding)
        out = torch.einsum("ok,nkl->nol", self.weight.flatten(1), columns) + self.bias[:, None]
        return F.relu(out.unflatten(2, x.shape[2:]))


class Inception(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3_reduce, ch3x3, ch5x5_reduce, ch5x5, pool_proj):
        super().__init__()
        self.reduce = nn.ModuleList(
            [Product(in_channels, n, 1) for n in (ch1x1, ch3x3_reduce, ch5x5_reduce, pool_proj)]
        )
        self.wide = nn.ModuleList(
            [nn.Identity(), Product(ch3x3_reduce, ch3x3, 3), Product(ch5x5_reduce, ch5x5, 5), nn.Identity()]
        )

    def forward(self, x):
        inputs = (x, x, x, F.max_pool2d(x, 3, 1, 1))
        return torch.cat([w(r(i)) for w, r, i in zip(self.wide, self.reduce, inputs, strict=True)], 1)


class Mean(nn.Module):
    def forward(self, x):
        return x.flatten(2).mean(-1)


def build_googlenet(num_classes=1000, in_channels=3):
    def half():
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    return nn.Sequential(
        nn.Sequential(nn.Conv2d(in_channels, 64, 7, 2, 3), nn.ReLU(), half()),
        nn.Sequential(nn.Conv2d(64, 64, 1), nn.ReLU(), nn.Conv2d(64, 192, 3, 1, 1), nn.ReLU(), half()),
        nn.Sequential(Inception(192, 64, 96, 128, 16, 32, 32), Inception(256, 128, 128, 192, 32, 96, 64), half()),
        nn.Sequential(
            Inception(480, 192, 96, 208, 16, 48, 64),
            Inception(512, 160, 112, 224, 24, 64, 64),
            Inception(512, 128, 128, 256, 24, 64, 64),
            Inception(512, 112, 144, 288, 32, 64, 64),
            Inception(528, 256, 160, 320, 32, 128, 128),
            half(),
        ),
        nn.Sequential(Inception(832, 256, 160, 320, 32, 128, 128), Inception(832, 384, 192, 384, 48, 128, 128)),
        nn.Sequential(Mean(), nn.Dropout(0.4), nn.Linear(1024, num_classes)),
    )
