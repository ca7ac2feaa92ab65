"""Windows cut out by unfold, argmax and scatter; linear layers at the bottom, with batch norm over features."""

import torch
from torch import nn


def windows(x):
    n, c, h, w = x.shape
    x = x[:, :, : h // 2 * 2, : w // 2 * 2]
    return x.unfold(2, 2, 2).unfold(3, 2, 2).reshape(n, c, h // 2, w // 2, 4)


def pool(x):
    cut = windows(x)
    best = cut.argmax(-1, keepdim=True)
    return cut.gather(-1, best).squeeze(-1), best


def unpool(x, best, shape):
    n, c, h, w = x.shape
    flat = torch.zeros(n, c, h, w, 4, dtype=x.dtype, device=x.device).scatter(-1, best, x.unsqueeze(-1))
    square = flat.view(n, c, h, w, 2, 2).permute(0, 1, 2, 4, 3, 5).reshape(n, c, 2 * h, 2 * w)
    return nn.functional.pad(square, (0, shape[-1] - 2 * w, 0, shape[-2] - 2 * h))


class UnpoolBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()

    def forward(self, x):
        pooled, best = pool(x)
        return pooled, unpool(pooled, best, x.shape)


class DeconvNet(nn.Module):
    def __init__(self, num_classes, in_channels, image_size, base_width, hidden, batch_norm):
        super().__init__()
        self.side = image_size // 32
        self.last = nn.Conv2d(base_width, num_classes, kernel_size=1)
        norm2 = nn.BatchNorm2d if batch_norm else lambda channels: nn.Identity()
        norm1 = nn.BatchNorm1d if batch_norm else lambda channels: nn.Identity()
        widths = [base_width * k for k in (1, 2, 4, 8, 8)]
        counts = [2, 2, 3, 3, 3]
        self.encoder, self.decoder = nn.ModuleDict(), nn.ModuleDict()
        before = in_channels
        for i in range(5):
            for j in range(counts[i]):
                self.encoder[f"{i}{j}"] = nn.Sequential(
                    nn.Conv2d(before, widths[i], 3, padding=1), norm2(widths[i]), nn.ReLU()
                )
                before = widths[i]
        for i in range(5):
            for j in range(counts[i]):
                to = widths[max(i - 1, 0)] if j == counts[i] - 1 else widths[i]
                self.decoder[f"{i}{j}"] = nn.Sequential(
                    nn.ConvTranspose2d(widths[i], to, 3, padding=1), norm2(to), nn.ReLU()
                )
        self.fc6 = nn.Sequential(nn.Linear(widths[4] * self.side**2, hidden), norm1(hidden), nn.ReLU())
        self.fc7 = nn.Sequential(nn.Linear(hidden, hidden), norm1(hidden), nn.ReLU())
        self.back = nn.Sequential(nn.ConvTranspose2d(hidden, widths[4], self.side), norm2(widths[4]), nn.ReLU())
        self.counts = counts

    def forward(self, x):
        kept = []
        for i, count in enumerate(self.counts):
            for j in range(count):
                x = self.encoder[f"{i}{j}"](x)
            shape = x.shape
            x, best = pool(x)
            kept.append((best, shape))
        x = self.fc7(self.fc6(torch.flatten(x, 1)))
        x = self.back(x[:, :, None, None])
        for i in reversed(range(5)):
            x = unpool(x, *kept[i])
            for j in range(self.counts[i]):
                x = self.decoder[f"{i}{j}"](x)
        return self.last(x)


def build_deconvnet(num_classes=21, in_channels=3, image_size=224, base_width=64, hidden=4096, batch_norm=True):
    if image_size != image_size // 32 * 32:
        raise ValueError("image_size has to be a multiple of 32: " + str(image_size))
    return DeconvNet(num_classes, in_channels, image_size, base_width, hidden, batch_norm)
