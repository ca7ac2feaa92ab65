"""Classes inside the class, subclasses for the two paddings, skips kept as attributes of the stages."""

import torch
import torch.nn as nn


class Segmenter(nn.Module):
    border = 0

    class Pair(nn.Sequential):
        def __init__(self, inputs, outputs, border):
            layers = []
            for channels in (inputs, outputs):
                layers += [nn.Conv2d(channels, outputs, 3, 1, border), nn.ReLU()]
            super().__init__(*layers)

    class Down(nn.Module):
        def __init__(self, inputs, outputs, border):
            super().__init__()
            self.pair = Segmenter.Pair(inputs, outputs, border)
            self.pool = nn.MaxPool2d(2)
            self.kept = None

        def forward(self, x):
            self.kept = self.pair(x)
            return self.pool(self.kept)

    class Up(nn.Module):
        def __init__(self, channels, border):
            super().__init__()
            self.widen = nn.ConvTranspose2d(2 * channels, channels, 2, 2, bias=True)
            self.pair = Segmenter.Pair(2 * channels, channels, border)

        def forward(self, x, kept):
            x = self.widen(x)
            y = (kept.shape[2] - x.shape[2]) // 2
            z = (kept.shape[3] - x.shape[3]) // 2
            kept = kept[..., y or None : -y or None, z or None : -z or None]
            return self.pair(torch.cat((kept, x), axis=1))

    def __init__(self, in_channels, num_classes, depth, base_width):
        super().__init__()
        self.depth = depth
        widths = [in_channels] + [base_width * 2**k for k in range(depth)]
        self.downs = nn.ModuleList([Segmenter.Down(*widths[k : k + 2], self.border) for k in range(depth)])
        self.bottom = Segmenter.Pair(widths[-1], 2 * widths[-1], self.border)
        self.ups = nn.ModuleList([Segmenter.Up(width, self.border) for width in widths[1:]])
        self.head = nn.Conv2d(base_width, num_classes, 1)

    def forward(self, x):
        for down in self.downs:
            x = down(x)
        x = self.bottom(x)
        for down, up in list(zip(self.downs, self.ups, strict=True))[::-1]:
            x = up(x, down.kept)
        return self.head(x)


class PaddedSegmenter(Segmenter):
    border = 1

    def forward(self, x):
        if any(int(side) & ((1 << self.depth) - 1) for side in x.shape[2:]):
            raise ValueError(
                "x must have sides that are multiples of {}, not {}x{}".format(2**self.depth, *x.shape[2:])
            )
        return super().forward(x)


def build_unet(in_channels=1, num_classes=2, depth=4, base_width=64, padding="valid"):
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid' or 'same', got {padding!r}")
    kind = PaddedSegmenter if padding == "same" else Segmenter
    return kind(in_channels, num_classes, depth, base_width)
