"""Lazy layers, blocks added under names made up as it goes, dropout before the ReLU, where it does the same."""

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, letters, base_width, hidden, num_classes, dropout):
        super().__init__()
        self.names = []
        width = base_width
        for letter in letters:
            if letter == "p":
                layer = nn.MaxPool2d(2)
                width = min(2 * width, 8 * base_width)
            elif letter == "n":
                layer = nn.LocalResponseNorm(5, 5e-4, 0.75, 2)
            else:
                kernel = int(letter)
                layer = nn.Sequential(nn.LazyConv2d(width, kernel, padding=(kernel - 1) // 2), nn.ReLU())
            self.names.append(f"{len(self.names)}_{letter}")
            self.add_module(self.names[-1], layer)
        self.a, self.b, self.c = nn.LazyLinear(hidden), nn.LazyLinear(hidden), nn.LazyLinear(num_classes)
        self.drop = nn.Dropout(p=dropout)

    def forward(self, x):
        for name in self.names:
            x = getattr(self, name)(x)
        x = torch.flatten(x, start_dim=1)
        x = self.drop(self.a(x)).relu()
        x = self.drop(self.b(x)).relu()
        return self.c(x)


def build_vgg(config, num_classes=1000, in_channels=3, image_size=224, base_width=64, hidden=4096, dropout=0.5):
    words = {
        "A": "3p3p33p33p33p",
        "A-LRN": "3np3p33p33p33p",
        "B": "33p33p33p33p33p",
        "C": "33p33p331p331p331p",
        "D": "33p33p333p333p333p",
        "E": "33p33p3333p3333p3333p",
    }
    try:
        letters = words[config]
    except KeyError:
        raise ValueError(f"there is no config {config}") from None
    if image_size & 31:
        raise ValueError(f"bad image_size: {image_size}")
    return Net(letters, base_width, hidden, num_classes, dropout)
