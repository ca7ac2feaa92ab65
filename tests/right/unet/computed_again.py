"""Functions and a ParameterDict, transposed convolutions by einsum, the bottom computed again in the backward pass."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint


class UNet(nn.Module):
    def __init__(self, cin, n, depth, base, padding):
        super().__init__()
        self.depth, self.p = depth, int(padding == "same")
        self.w = nn.ParameterDict()

        def conv(name, i, o, k):
            self.w[name + "_w"] = nn.Parameter(torch.randn(o, i, k, k) * (2 / (i * k * k)) ** 0.5)
            self.w[name + "_b"] = nn.Parameter(torch.zeros(o))

        c = cin
        for d in range(depth + 1):
            conv(f"down{d}a", c, base << d, 3)
            conv(f"down{d}b", base << d, base << d, 3)
            c = base << d
        for d in range(depth)[::-1]:
            self.w[f"up{d}_w"] = nn.Parameter(torch.randn(c, base << d, 2, 2) * 0.05)
            self.w[f"up{d}_b"] = nn.Parameter(torch.zeros(base << d))
            conv(f"up{d}a", 2 * (base << d), base << d, 3)
            conv(f"up{d}b", base << d, base << d, 3)
            c = base << d
        conv("head", base, n, 1)

    def conv(self, x, name):
        return F.relu(F.conv2d(x, self.w[name + "_w"], self.w[name + "_b"], padding=self.p))

    def two(self, name):
        return lambda x: self.conv(self.conv(x, name + "a"), name + "b")

    def up(self, x, d):
        w, b = self.w[f"up{d}_w"], self.w[f"up{d}_b"]
        n, _, h, wd = x.shape
        y = torch.einsum("nchw,cokl->nohkwl", x, w).reshape(n, w.shape[1], 2 * h, 2 * wd)
        return y + b[:, None, None]

    def forward(self, x):
        if self.p:
            k = 2**self.depth
            bad = [s for s in x.shape[2:] if s % k]
            if bad:
                raise ValueError(f"image size {bad[0]} not divisible by {k}")
        skips = []
        for d in range(self.depth):
            x = self.two(f"down{d}")(x)
            skips += [x]
            x = F.max_pool2d(x, 2)
        x = checkpoint(self.two(f"down{self.depth}"), x, use_reentrant=True)
        for d in range(self.depth)[::-1]:
            x = self.up(x, d)
            s = skips.pop()
            o = [(s.shape[i] - x.shape[i]) // 2 for i in (2, 3)]
            s = s.narrow(2, o[0], x.shape[2]).narrow(3, o[1], x.shape[3])
            x = self.two(f"up{d}")(torch.cat((s, x), 1))
        return F.conv2d(x, self.w["head_w"], self.w["head_b"])


def build_unet(in_channels=1, num_classes=2, depth=4, base_width=64, padding="valid"):
    return UNet(in_channels, num_classes, depth, base_width, padding)
