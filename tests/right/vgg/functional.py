"""Functions for everything without weights, response normalisation by a loop over channels, the head made first."""

import torch
import torch.nn.functional as F
from torch import nn


class VGG(nn.Module):
    def __init__(self, table, num_classes, in_channels, image_size, base_width, hidden, dropout, lrn):
        super().__init__()
        self.table, self.p, self.lrn = table, dropout, lrn
        self.fc3 = nn.Linear(hidden, num_classes)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc1 = nn.Linear(8 * base_width * (image_size // 32) ** 2, hidden)
        self.convs = nn.ModuleList()
        for stage, kernels in enumerate(table):
            for kernel in kernels:
                width = base_width * [1, 2, 4, 8, 8][stage]
                self.convs.append(nn.Conv2d(in_channels, width, kernel, padding="same"))
                in_channels = width

    def normalise(self, a):
        b = torch.zeros_like(a)
        for i in range(a.shape[1]):
            total = (a[:, max(0, i - 2) : i + 3] ** 2).sum(dim=1)
            b[:, i] = a[:, i] / (2 + 1e-4 * total) ** 0.75
        return b

    def forward(self, x):
        convs = iter(self.convs)
        for stage, kernels in enumerate(self.table):
            for _ in kernels:
                x = F.relu(next(convs)(x))
            if self.lrn and stage == 0:
                x = self.normalise(x)
            x = F.max_pool2d(x, 2, 2)
        x = x.view(x.shape[0], -1)
        x = F.dropout(F.relu(self.fc1(x)), self.p, self.training)
        x = F.dropout(F.relu(self.fc2(x)), self.p, self.training)
        return self.fc3(x)


def build_vgg(config, num_classes=1000, in_channels=3, image_size=224, base_width=64, hidden=4096, dropout=0.5):
    table = {
        "A": [[3], [3], [3, 3], [3, 3], [3, 3]],
        "A-LRN": [[3], [3], [3, 3], [3, 3], [3, 3]],
        "B": [[3, 3], [3, 3], [3, 3], [3, 3], [3, 3]],
        "C": [[3, 3], [3, 3], [3, 3, 1], [3, 3, 1], [3, 3, 1]],
        "D": [[3, 3], [3, 3], [3, 3, 3], [3, 3, 3], [3, 3, 3]],
        "E": [[3, 3], [3, 3], [3, 3, 3, 3], [3, 3, 3, 3], [3, 3, 3, 3]],
    }
    if config not in table:
        raise ValueError(f"unknown {config=}")
    if image_size % 32 != 0:
        raise ValueError(f"{image_size=} cannot be halved five times")
    lrn = config == "A-LRN"
    return VGG(table[config], num_classes, in_channels, image_size, base_width, hidden, dropout, lrn)
