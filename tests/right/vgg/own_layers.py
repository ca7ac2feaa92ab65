"""Convolutions by unfold, linear layers by einsum with weights of another shape, pooling by four slices, an own mask."""

import torch
from torch import nn


class Conv(nn.Module):
    def __init__(self, inputs, outputs, side):
        super().__init__()
        self.side = side
        self.kernels = nn.Parameter(torch.randn(outputs, inputs, side, side) / side)
        self.offset = nn.Parameter(torch.zeros(outputs, 1, 1))

    def forward(self, x):
        columns = nn.functional.unfold(x, self.side, padding=self.side // 2)
        out = (self.kernels.flatten(1) @ columns).unflatten(2, x.shape[2:])
        return (out + self.offset).clamp(min=0)


class Pool(nn.Module):
    def forward(self, x):
        rows = torch.maximum(x[:, :, 0::2], x[:, :, 1::2])
        return torch.maximum(rows[..., 0::2], rows[..., 1::2])


class Normalise(nn.Module):
    def forward(self, x):
        squares = nn.functional.pad(x * x, (0, 0, 0, 0, 2, 2))
        total = sum(squares[:, shift : shift + x.shape[1]] for shift in range(5))
        return x / torch.exp(0.75 * torch.log(2 + 0.0001 * total))


class Dense(nn.Module):
    def __init__(self, inputs, outputs, rate=None):
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(outputs, *inputs) * 0.01)
        self.offset = nn.Parameter(torch.zeros(1, outputs))
        self.rate = rate

    def forward(self, x):
        x = torch.einsum("nchw,kchw->nk", x, self.matrix) if x.dim() == 4 else torch.einsum("nc,kc->nk", x, self.matrix)
        x = x + self.offset
        if self.rate is None:
            return x
        if self.training:
            x = torch.where(torch.rand(x.shape) < self.rate, torch.zeros_like(x), x / (1 - self.rate))
        return torch.maximum(x, torch.zeros_like(x))


class Net(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.layers = nn.ModuleList(reversed(layers))

    def forward(self, x):
        for layer in reversed(self.layers):
            x = layer(x)
        return x


def build_vgg(config, num_classes=1000, in_channels=3, image_size=224, base_width=64, hidden=4096, dropout=0.5):
    rows = {"A": "11222", "A-LRN": "11222", "B": "22222", "C": "22333", "D": "22333", "E": "22444"}
    if config not in rows:
        raise ValueError("config has to be one of " + " ".join(rows) + f" and not {config}")
    if image_size % 32 > 0:
        raise ValueError(f"image_size has to be a multiple of 32 and not {image_size}")
    layers = []
    for stage in range(5):
        width = (1, 2, 4, 8, 8)[stage] * base_width
        for number in range(int(rows[config][stage])):
            layers.append(Conv(in_channels, width, 1 if config == "C" and number == 2 else 3))
            in_channels = width
        if stage == 0 and "LRN" in config:
            layers.append(Normalise())
        layers.append(Pool())
    side = image_size // 32
    layers.append(Dense((in_channels, side, side), hidden, dropout))
    layers.append(Dense((hidden,), hidden, dropout))
    layers.append(Dense((hidden,), num_classes))
    return Net(layers)
