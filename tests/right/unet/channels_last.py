"""Another memory layout, biases as layers of their own, own initial weights, cropping by rolling the middle to the corner."""

import torch
from torch import nn


class Bias(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.b = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x):
        return x + self.b


def pair(i, o, p):
    layers = []
    for k in range(2):
        layers.append(nn.Conv2d(i if k == 0 else o, o, 3, padding=p, bias=False))
        layers.append(Bias(o))
        layers.append(nn.Threshold(0.0, 0.0))
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self, widths, in_channels, num_classes, padding):
        super().__init__()
        self.steps = len(widths) - 1
        self.padding = padding
        self.d = nn.ModuleList([pair(a, b, padding) for a, b in zip([in_channels, *widths], widths, strict=False)])
        self.u = nn.ModuleList(
            [nn.Sequential(nn.ConvTranspose2d(2 * a, a, 2, 2, bias=False), Bias(a)) for a in widths[: self.steps]]
        )
        self.m = nn.ModuleList([pair(2 * a, a, padding) for a in widths[: self.steps]])
        self.h = nn.Sequential(nn.Conv2d(widths[0], num_classes, 1, bias=False), Bias(num_classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        self.to(memory_format=torch.channels_last)

    def forward(self, x):
        if self.padding == "same":
            for name, size in (("height", x.shape[2]), ("width", x.shape[3])):
                if size % (1 << self.steps):
                    raise ValueError(f"{name}: {size}")
        x = x.contiguous(memory_format=torch.channels_last)
        way = []
        for i in range(self.steps + 1):
            x = self.d[i](x if i == 0 else nn.functional.max_pool2d(x, 2))
            way.append(x)
        for i in range(self.steps - 1, -1, -1):
            x = self.u[i](x)
            (h, w), (hs, ws) = x.shape[2:], way[i].shape[2:]
            skip = way[i].roll((-((hs - h) // 2), -((ws - w) // 2)), (2, 3))[:, :, :h, :w]
            x = self.m[i](torch.cat([skip, x], 1))
        return self.h(x)


def build_unet(in_channels=1, num_classes=2, depth=4, base_width=64, padding="valid"):
    return UNet([base_width * 2**i for i in range(depth + 1)], in_channels, num_classes, padding)
