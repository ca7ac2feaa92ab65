"""Unpooling as what it is, the backward pass of max pooling: written with torch.autograd.grad, differentiable once more."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import max_pool2d


def route(x, values):
    """Values where max pooling of x found its maxima, through the gradient of that pooling."""
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        pooled = max_pool2d(leaf, 2)
        (mask,) = torch.autograd.grad(pooled.sum(), leaf)
    return mask * torch.kron(values, torch.ones(2, 2, dtype=values.dtype, device=values.device))


class UnpoolBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()

    def forward(self, x):
        pooled = max_pool2d(x, 2)
        h, w = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
        restored = torch.zeros_like(x)
        restored[:, :, :h, :w] = route(x[:, :, :h, :w], pooled)
        return pooled, restored


class Block(nn.Module):
    def __init__(self, layer, channels, norm):
        super().__init__()
        self.layer = layer
        self.bn = nn.BatchNorm2d(channels) if norm else nn.Identity()

    def forward(self, x):
        return torch.relu(self.bn(self.layer(x)))


class DeconvNet(nn.Module):
    class Mirror(nn.Module):
        def __init__(self, widths, norm):
            super().__init__()
            self.down = nn.ModuleList([Block(nn.Conv2d(a, b, 3, padding=1), b, norm) for a, b in pairwise(widths)])
            back = [*widths[:0:-1], widths[0]]
            self.up = nn.ModuleList([Block(nn.ConvTranspose2d(a, b, 3, 1, 1), b, norm) for a, b in pairwise(back)])

    def __init__(self, num_classes, in_channels, image_size, base_width, hidden, batch_norm):
        super().__init__()
        w = base_width
        table = [[w, w, w], [w, 2 * w, 2 * w], [2 * w] + 3 * [4 * w], [4 * w] + 3 * [8 * w], 4 * [8 * w]]
        self.mirrors = nn.ModuleList([self.Mirror(widths, batch_norm) for widths in table])
        self.mirrors[0].down[0] = Block(nn.Conv2d(in_channels, w, 3, padding=1), w, batch_norm)
        side = image_size // 32
        self.fc = nn.Sequential(
            Block(nn.Conv2d(8 * w, hidden, (side, side)), hidden, batch_norm),
            Block(nn.Conv2d(hidden, hidden, 1), hidden, batch_norm),
            Block(nn.ConvTranspose2d(hidden, 8 * w, (side, side)), 8 * w, batch_norm),
        )
        self.head = nn.Conv2d(w, num_classes, 1)

    def forward(self, x):
        seen = []
        for mirror in self.mirrors:
            for block in mirror.down:
                x = block(x)
            seen.append(x)
            x = max_pool2d(x, 2)
        x = self.fc(x)
        for mirror, before in zip(reversed(self.mirrors), reversed(seen), strict=True):
            x = route(before, x)
            for block in mirror.up:
                x = block(x)
        return self.head(x)


def build_deconvnet(num_classes=21, in_channels=3, image_size=224, base_width=64, hidden=4096, batch_norm=True):
    if image_size not in range(0, image_size + 1, 32):
        raise ValueError(f"image_size {image_size}")
    return DeconvNet(num_classes, in_channels, image_size, base_width, hidden, batch_norm)
