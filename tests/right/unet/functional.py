"""Functions for everything without weights, numbered attributes, cropping by narrow, layers made from the end."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class UNet(nn.Module):
    def __init__(self, in_channels, num_classes, depth, base_width, padding):
        super().__init__()
        self.depth = depth
        self.border = 1 if padding == "same" else 0
        self.last = nn.Conv2d(base_width, num_classes, (1, 1))
        for i in range(depth - 1, -1, -1):
            c = base_width * 2**i
            setattr(self, f"up{i}", nn.ConvTranspose2d(2 * c, c, kernel_size=2, stride=2))
            setattr(self, f"up{i}_b", nn.Conv2d(c, c, 3, padding=self.border))
            setattr(self, f"up{i}_a", nn.Conv2d(2 * c, c, 3, padding=self.border))
        for i in range(depth + 1):
            c = base_width * 2**i
            setattr(self, f"down{i}_a", nn.Conv2d(in_channels if i == 0 else c // 2, c, 3, padding=self.border))
            setattr(self, f"down{i}_b", nn.Conv2d(c, c, 3, padding=self.border))

    def block(self, name, x):
        x = F.relu(getattr(self, name + "_a")(x), inplace=True)
        return F.relu_(getattr(self, name + "_b")(x))

    def forward(self, x):
        if self.border:
            for size in x.size()[-2:]:
                if size % 2**self.depth != 0:
                    raise ValueError(f"input size {size} is not divisible by {2**self.depth}")
        kept = {}
        for i in range(self.depth):
            kept[i] = x = self.block(f"down{i}", x)
            x = F.max_pool2d(x, kernel_size=2, stride=2)
        x = self.block(f"down{self.depth}", x)
        for i in reversed(range(self.depth)):
            x = getattr(self, f"up{i}")(x)
            skip = kept.pop(i)
            h, w = x.shape[-2], x.shape[-1]
            skip = skip.narrow(3, (skip.shape[3] - w) // 2, w).narrow(2, (skip.shape[2] - h) // 2, h)
            x = self.block(f"up{i}", torch.concat((skip, x), dim=-3))
        return self.last(x)


def build_unet(in_channels=1, num_classes=2, depth=4, base_width=64, padding="valid"):
    return UNet(in_channels, num_classes, depth, base_width, padding)
