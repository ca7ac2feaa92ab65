"""Pooling in two steps, columns and then rows, that prefer the later of two equal entries; masks for the way back."""

import torch
from torch import nn


class Switch(nn.Module):
    """2x2 pooling that keeps four masks, one for each corner of the windows."""

    def forward(self, x):
        rows, columns = x.shape[2] // 2 * 2, x.shape[3] // 2 * 2
        corners = [x[:, :, i:rows:2, j:columns:2] for i in (0, 1) for j in (0, 1)]
        best = corners[3]
        for corner in corners[2::-1]:
            best = torch.where(corner > best, corner, best)
        masks, free = [], torch.ones_like(best, dtype=torch.bool)
        for corner in corners[::-1]:
            mask = (corner == best) & free
            free = free & ~mask
            masks.insert(0, mask)
        return best, masks


def spread(x, masks, like):
    out = torch.zeros_like(like[:, : x.shape[1]])
    rows, columns = 2 * x.shape[2], 2 * x.shape[3]
    for place, mask in enumerate(masks):
        out[:, :, place // 2 : rows : 2, place % 2 : columns : 2] = x * mask
    return out


class UnpoolBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.switch = Switch()

    def forward(self, x):
        pooled, masks = self.switch(x)
        return pooled, spread(pooled, masks, x)


class Unit(nn.Module):
    def __init__(self, layer, norm):
        super().__init__()
        self.layer = layer
        self.norm = nn.BatchNorm2d(layer.out_channels) if norm else None

    def forward(self, x):
        x = self.layer(x)
        if self.norm:
            x = self.norm(x)
        return x.clamp(min=0)


class Net(nn.Module):
    def __init__(self, classes, chans, size, w, hidden, norm):
        super().__init__()
        self.switch = Switch()
        shape = {1: 2, 2: 2, 3: 3, 4: 3, 5: 3}
        self.shape = shape

        def wide(stage):
            return w * min(8, 2 ** (stage - 1))

        for stage, count in shape.items():
            for number in range(count):
                fro = (chans if stage == 1 else wide(stage - 1)) if number == 0 else wide(stage)
                to = (w if stage == 1 else wide(stage - 1)) if number == count - 1 else wide(stage)
                self.add_module(f"conv{stage}_{number}", Unit(nn.Conv2d(fro, wide(stage), 3, padding=1), norm))
                self.add_module(
                    f"deconv{stage}_{number}", Unit(nn.ConvTranspose2d(wide(stage), to, 3, padding=1), norm)
                )
        self.fc6 = Unit(nn.Conv2d(wide(5), hidden, size // 32), norm)
        self.fc7 = Unit(nn.Conv2d(hidden, hidden, 1), norm)
        self.fc6_deconv = Unit(nn.ConvTranspose2d(hidden, wide(5), size // 32), norm)
        self.score = nn.Conv2d(w, classes, 1)

    def forward(self, x):
        stack = []
        for stage, count in self.shape.items():
            for number in range(count):
                x = getattr(self, f"conv{stage}_{number}")(x)
            whole = x
            x, masks = self.switch(x)
            stack.append((masks, whole))
        x = self.fc6_deconv(self.fc7(self.fc6(x)))
        for stage in range(5, 0, -1):
            x = spread(x, *stack.pop())
            for number in range(self.shape[stage]):
                x = getattr(self, f"deconv{stage}_{number}")(x)
        return self.score(x)


def build_deconvnet(num_classes=21, in_channels=3, image_size=224, base_width=64, hidden=4096, batch_norm=True):
    if image_size & 31:
        raise ValueError(f"the image size, {image_size}, must be a multiple of 32")
    return Net(num_classes, in_channels, image_size, base_width, hidden, batch_norm)
