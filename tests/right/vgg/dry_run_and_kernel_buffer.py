"""The size of the flattened map by a dry run in the constructor; response normalisation by a buffer of ones."""

import math
from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F


class LocalResponseNorm(nn.Module):
    def __init__(self, channels, n=5, alpha=1e-4, beta=0.75, k=2.0):
        super().__init__()
        self.alpha, self.beta, self.k, self.n = alpha, beta, k, n
        self.register_buffer("kernel", torch.ones(1, 1, n, 1, 1))

    def forward(self, x):
        sq = (x**2).unsqueeze(1)
        s = F.conv3d(sq, self.kernel, padding=(self.n // 2, 0, 0)).squeeze(1)
        return x / (self.k + self.alpha * s) ** self.beta


TABLE = {
    "A": "1 1 2 2 2",
    "A-LRN": "1L 1 2 2 2",
    "B": "2 2 2 2 2",
    "C": "2 2 2p 2p 2p",
    "D": "2 2 3 3 3",
    "E": "2 2 4 4 4",
}


class VGGNet(nn.Module):
    def __init__(
        self, config, num_classes=1000, in_channels=3, image_size=224, base_width=64, hidden=4096, dropout=0.5
    ):
        super().__init__()
        self.features = nn.Sequential()
        c_in = in_channels
        for i, s in enumerate(TABLE[config].split(), 1):
            c_out = base_width * min(2 ** (i - 1), 8)
            for j in range(int(s[0])):
                self.features.add_module(f"conv{i}_{j + 1}", nn.Conv2d(c_in, c_out, 3, padding="same"))
                self.features.add_module(f"relu{i}_{j + 1}", nn.ReLU(inplace=True))
                c_in = c_out
            if s.endswith("p"):
                self.features.add_module(f"conv{i}_1x1", nn.Conv2d(c_in, c_out, 1))
                self.features.add_module(f"relu{i}_1x1", nn.ReLU(inplace=True))
            if s.endswith("L"):
                self.features.add_module("lrn", LocalResponseNorm(c_out))
            self.features.add_module(f"pool{i}", nn.MaxPool2d(2))
        n = self._flat((in_channels, image_size, image_size))
        self.classifier = nn.Sequential(
            OrderedDict(
                [
                    ("fc6", nn.Linear(n, hidden)),
                    ("relu6", nn.ReLU()),
                    ("drop6", nn.Dropout(dropout)),
                    ("fc7", nn.Linear(hidden, hidden)),
                    ("relu7", nn.ReLU()),
                    ("drop7", nn.Dropout(dropout)),
                    ("fc8", nn.Linear(hidden, num_classes)),
                ]
            )
        )
        self.apply(self._init)

    @staticmethod
    def _init(m):
        if isinstance(m, (nn.Linear, nn.Conv2d)):
            nn.init.xavier_uniform_(m.weight)
            m.bias.data.fill_(0.01)

    def _flat(self, shape):
        with torch.no_grad():
            out = self.features(torch.zeros(1, *shape))
        return math.prod(out.shape[1:])

    def forward(self, x):
        x = self.features(x)
        return self.classifier(x.view(x.size(0), -1))


def build_vgg(config, *args, **kwargs):
    if config not in TABLE:
        raise ValueError(f"Unknown config: {config!r}")
    size = kwargs.get("image_size", args[2] if len(args) > 2 else 224)
    if size % 32 != 0:
        raise ValueError(f"image_size {size} is not divisible by 32")
    return VGGNet(config, *args, **kwargs)
