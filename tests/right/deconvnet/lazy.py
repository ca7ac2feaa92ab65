"""Lazy layers in one flat list, pooling modules that know the unpooling module which belongs to them."""

from torch import nn


class Pool(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool2d((2, 2), stride=(2, 2), return_indices=True)
        self.switches = None

    def forward(self, x):
        x, self.switches = self.pool(x)
        return x


class Unpool(nn.Module):
    def __init__(self, pool):
        super().__init__()
        self.partner = [pool]  # in a list, so that it is not a submodule a second time

    def forward(self, x):
        return nn.functional.max_unpool2d(x, self.partner[0].switches, 2)


class UnpoolBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.maxpool = nn.MaxPool2d(2, 2, return_indices=True)
        self.maxunpool = nn.MaxUnpool2d(2, 2)

    def forward(self, x):
        y, indices = self.maxpool(x)
        z = self.maxunpool(y, indices, output_size=list(x.shape))
        return y, z


def build_deconvnet(num_classes=21, in_channels=3, image_size=224, base_width=64, hidden=4096, batch_norm=True):
    if not isinstance(image_size, int) or image_size % 32 != 0:
        raise ValueError(f"invalid image size: {image_size!r}")
    layers, pools = [], []

    def add(layer):
        layers.append(layer)
        if batch_norm:
            layers.append(nn.LazyBatchNorm2d())
        layers.append(nn.ReLU())

    for text in ("1 1", "2 2", "4 4 4", "8 8 8", "8 8 8"):
        for factor in map(int, text.split()):
            add(nn.LazyConv2d(factor * base_width, 3, padding="same"))
        pools.append(Pool())
        layers.append(pools[-1])
    add(nn.LazyConv2d(hidden, image_size // 32))
    add(nn.LazyConv2d(hidden, 1))
    add(nn.LazyConvTranspose2d(8 * base_width, image_size // 32))
    for text in ("8 8 8", "8 8 4", "4 4 2", "2 1", "1 1"):
        layers.append(Unpool(pools.pop()))
        for factor in map(int, text.split()):
            add(nn.LazyConvTranspose2d(factor * base_width, 3, padding=1))
    layers.append(nn.LazyConv2d(num_classes, 1))
    return nn.Sequential(*layers)
