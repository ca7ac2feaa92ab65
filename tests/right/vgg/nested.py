"""A data class for the configuration, nested classes, a ModuleDict, an own dropout by multiplication with random signs."""

from dataclasses import dataclass, field

import torch
from torch import nn


@dataclass(frozen=True)
class Config:
    depths: tuple[int, ...]
    ones: frozenset = field(default_factory=frozenset)
    normalised: bool = False


CONFIGS = {
    "A": Config((1, 1, 2, 2, 2)),
    "A-LRN": Config((1, 1, 2, 2, 2), normalised=True),
    "B": Config((2,) * 5),
    "C": Config((2, 2, 3, 3, 3), frozenset({(2, 2), (3, 2), (4, 2)})),
    "D": Config((2, 2, 3, 3, 3)),
    "E": Config((2, 2, 4, 4, 4)),
}


class Vgg(nn.Module):
    class Drop(nn.Module):
        def __init__(self, rate):
            super().__init__()
            self.rate = rate

        def forward(self, x):
            if not self.training or self.rate == 0:
                return x
            keep = torch.bernoulli(torch.full_like(x, 1 - self.rate))
            return x * keep / (1 - self.rate)

    class Normalise(nn.Module):
        """Sums over neighbours by a 1x1 convolution with a band matrix."""

        def forward(self, x):
            c = x.shape[1]
            place = torch.arange(c)
            band = ((place[:, None] - place[None, :]).abs() <= 2).to(x.dtype)
            total = torch.einsum("ij,njhw->nihw", band.to(x.device), x.square())
            return x * (2.0 + 1e-4 * total).pow(-0.75)

    def __init__(self, config, num_classes, in_channels, image_size, base_width, hidden, dropout):
        super().__init__()
        self.parts = nn.ModuleDict()
        for stage, depth in enumerate(config.depths):
            out_channels = base_width * 2 ** min(stage, 3)
            layers = []
            for number in range(depth):
                if (stage, number) in config.ones:
                    layers.append(nn.Conv2d(in_channels, out_channels, (1, 1)))
                else:
                    layers.append(nn.Conv2d(in_channels, out_channels, (3, 3), padding=(1, 1)))
                layers.append(nn.Threshold(0.0, 0.0))
                in_channels = out_channels
            if config.normalised and stage == 0:
                layers.append(self.Normalise())
            self.parts[f"stage{stage}"] = nn.Sequential(*layers, nn.MaxPool2d(2, ceil_mode=True))
        sizes = [in_channels * (image_size // 32) ** 2, hidden, hidden]
        for number in range(2):
            self.parts[f"fc{number}"] = nn.Sequential(
                nn.Linear(sizes[number], sizes[number + 1]), nn.Threshold(0.0, 0.0), self.Drop(dropout)
            )
        self.parts["scores"] = nn.Linear(hidden, num_classes)

    def forward(self, x):
        for name, part in self.parts.items():
            x = part(x.flatten(1) if name == "fc0" else x)
        return x


def build_vgg(config, num_classes=1000, in_channels=3, image_size=224, base_width=64, hidden=4096, dropout=0.5):
    chosen = CONFIGS.get(config)
    if chosen is None:
        raise ValueError(f"config {config} unknown")
    if image_size != image_size // 32 * 32:
        raise ValueError(f"image_size {image_size} is not divisible by 32")
    return Vgg(chosen, num_classes, in_channels, image_size, base_width, hidden, dropout)
