"""Switches as masks, values spread by a transposed convolution with a buffer of ones; a string for the plan."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Unpool(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("ones", torch.ones(1, 1, 2, 2))

    def spread(self, p):
        n, c, h, w = p.shape
        return F.conv_transpose2d(p.reshape(n * c, 1, h, w), self.ones.to(p.dtype), stride=2).view(n, c, 2 * h, 2 * w)

    def forward(self, p, switches):
        up = self.spread(p)
        H, W = switches.shape[2:]
        up = F.pad(up, (0, W - up.shape[3], 0, H - up.shape[2]))
        return up * switches


def switches_of(x):
    with torch.no_grad():
        n, c, h, w = x.shape
        blocks = (
            x[:, :, : h // 2 * 2, : w // 2 * 2]
            .reshape(n, c, h // 2, 2, w // 2, 2)
            .permute(0, 1, 2, 4, 3, 5)
            .reshape(n, c, h // 2, w // 2, 4)
        )
        one = (
            F.one_hot(blocks.argmax(-1), 4)
            .to(x.dtype)
            .reshape(n, c, h // 2, w // 2, 2, 2)
            .permute(0, 1, 2, 4, 3, 5)
            .reshape(n, c, h // 2 * 2, w // 2 * 2)
        )
        return F.pad(one, (0, w % 2, 0, h % 2))


class UnpoolBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.u = Unpool()

    def forward(self, x):
        p = F.max_pool2d(x, 2)
        return [p, self.u(p, switches_of(x))]


class Net(nn.Module):
    cfg = "1 1 M 2 2 M 4 4 4 M 8 8 8 M 8 8 8 M"
    dec = "U 8 8 8 U 8 8 4 U 4 4 2 U 2 1 U 1 1"

    def __init__(self, classes, c, size, w, hidden, bn):
        super().__init__()
        self.ops = nn.ModuleList()
        self.kinds = []

        def add(kind, m=None):
            self.kinds.append(kind)
            self.ops.append(m or nn.Identity())

        def act(m, o):
            return nn.Sequential(m, *([nn.BatchNorm2d(o)] if bn else []), nn.ReLU())

        for t in self.cfg.split():
            if t == "M":
                add("M")
            else:
                add("x", act(nn.Conv2d(c, int(t) * w, 3, 1, 1), int(t) * w))
                c = int(t) * w
        k = size // 32
        add("x", act(nn.Conv2d(c, hidden, k), hidden))
        add("x", act(nn.Conv2d(hidden, hidden, 1), hidden))
        add("x", act(nn.ConvTranspose2d(hidden, c, k), c))
        for t in self.dec.split():
            if t == "U":
                add("U", Unpool())
            else:
                add("x", act(nn.ConvTranspose2d(c, int(t) * w, 3, 1, 1), int(t) * w))
                c = int(t) * w
        add("x", nn.Conv2d(c, classes, 1))

    def forward(self, x):
        stack = []
        for kind, m in zip(self.kinds, self.ops, strict=True):
            if kind == "M":
                stack.append(switches_of(x))
                x = F.max_pool2d(x, 2)
            elif kind == "U":
                x = m(x, stack.pop())
            else:
                x = m(x)
        return x


def build_deconvnet(num_classes=21, in_channels=3, image_size=224, base_width=64, hidden=4096, batch_norm=True):
    if image_size % 32 != 0:
        raise ValueError(f"image_size {image_size} is not a multiple of 32")
    return Net(num_classes, in_channels, image_size, base_width, hidden, batch_norm)
