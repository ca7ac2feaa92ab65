"""Zero padding as a layer of its own, a centre crop by rounding, split weights of the first convolution on the way up.

The skip and the map from below are convolved one after the other with two slices of the same weights, and added: this is
what a convolution of their concatenation does.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


def center_crop(image, height, width):
    top = round((image.shape[-2] - height) / 2.0)
    left = round((image.shape[-1] - width) / 2.0)
    return image[..., top : top + height, left : left + width]


class Block(nn.Module):
    def __init__(self, i, o, same):
        super().__init__()
        self.pad = nn.ZeroPad2d(1) if same else nn.Identity()
        self.c1, self.c2 = nn.Conv2d(i, o, 3), nn.Conv2d(o, o, 3)

    def forward(self, x, skip=None):
        if skip is None:
            x = self.c1(self.pad(x))
        else:
            c = skip.shape[1]
            x = F.conv2d(self.pad(skip), self.c1.weight[:, :c]) + F.conv2d(
                self.pad(x), self.c1.weight[:, c:], self.c1.bias
            )
        x = torch.relu(x)
        return torch.relu(self.c2(self.pad(x)))


class UNet(nn.Module):
    def __init__(self, chan, classes, depth, base, same):
        super().__init__()
        self.same, self.depth = same, depth
        self.contract = nn.ModuleList()
        for _ in range(depth + 1):
            self.contract.append(Block(chan, base, same))
            chan, base = base, base * 2
        base //= 2
        self.expand = nn.ModuleList()
        self.upconv = nn.ModuleList()
        for _ in range(depth):
            self.upconv.append(nn.ConvTranspose2d(base, base // 2, (2, 2), (2, 2), (0, 0)))
            self.expand.append(Block(base, base // 2, same))
            base //= 2
        self.classify = nn.Conv2d(base, classes, 1)

    def forward(self, x):
        h, w = x.shape[2], x.shape[3]
        if self.same and (h / 2**self.depth != h // 2**self.depth or w / 2**self.depth != w // 2**self.depth):
            raise ValueError("image size " + str(h) + " x " + str(w) + " must be a multiple of " + str(2**self.depth))
        maps = [self.contract[0](x)]
        for block in self.contract[1:]:
            maps.append(block(F.max_pool2d(maps[-1], 2)))
        x = maps[-1]
        for up, block, skip in zip(self.upconv, self.expand, maps[-2::-1], strict=True):
            x = up(x)
            x = block(x, center_crop(skip, *x.shape[2:]))
        return self.classify(x)


def build_unet(in_channels=1, num_classes=2, depth=4, base_width=64, padding="valid"):
    return UNet(in_channels, num_classes, depth, base_width, padding.lower() == "same")
