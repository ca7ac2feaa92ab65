"""Maps kept in a list and concatenated for each layer, recomputed in the backward pass to save memory; widths up front."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint


class DenseLayer(nn.Module):
    def __init__(self, in_channels, growth_rate, bn_size=4):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, bn_size * growth_rate, kernel_size=1, bias=False)
        self.norm2 = nn.BatchNorm2d(bn_size * growth_rate)
        self.conv2 = nn.Conv2d(bn_size * growth_rate, growth_rate, kernel_size=3, padding=1, bias=False)

    def bottleneck(self, *maps):
        return self.conv1(F.relu(self.norm1(torch.cat(maps, 1))))

    def forward(self, x):
        maps = [x] if isinstance(x, torch.Tensor) else x
        if self.training and any(m.requires_grad for m in maps):
            out = checkpoint(self.bottleneck, *maps, use_reentrant=False)
        else:
            out = self.bottleneck(*maps)
        return self.conv2(F.relu(self.norm2(out)))


class DenseBlock(nn.ModuleDict):
    def __init__(self, num_layers, in_channels, growth_rate, bn_size=4):
        super().__init__()
        for i in range(num_layers):
            self[f"layer{i + 1}"] = DenseLayer(in_channels + i * growth_rate, growth_rate, bn_size)

    def forward(self, x):
        maps = [x]
        for layer in self.values():
            maps.append(layer(maps))
        return torch.cat(maps, dim=-3)


class Transition(nn.Sequential):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.add_module("norm", nn.BatchNorm2d(in_channels))
        self.add_module("relu", nn.ReLU(inplace=True))
        self.add_module("conv", nn.Conv2d(in_channels, out_channels, 1, bias=False))
        self.add_module("pool", nn.AvgPool2d(kernel_size=2, stride=2))


class DenseNet(nn.Module):
    def __init__(self, counts, num_classes, in_channels, growth_rate):
        super().__init__()
        widths = [2 * growth_rate]
        for count in counts:
            widths.append((widths[-1] + count * growth_rate) // 2)
        self.classifier = nn.Linear(widths[-2] + counts[-1] * growth_rate, num_classes)
        self.norm5 = nn.BatchNorm2d(self.classifier.in_features)
        self.blocks = nn.ModuleList(DenseBlock(n, w, growth_rate) for n, w in zip(counts, widths, strict=False))
        self.transitions = nn.ModuleList(Transition(2 * w, w) for w in widths[1:-1])
        self.conv0 = nn.Conv2d(in_channels, widths[0], 7, 2, 3, bias=False)
        self.norm0 = nn.BatchNorm2d(widths[0])

    def forward(self, x):
        x = F.relu(self.norm0(self.conv0(x)), inplace=True)
        x = F.max_pool2d(x, 3, 2, 1)
        for block, transition in zip(self.blocks, self.transitions, strict=False):
            x = transition(block(x))
        x = F.relu(self.norm5(self.blocks[-1](x)), inplace=True)
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1))


def build_densenet(depth, num_classes=1000, in_channels=3, growth_rate=None):
    configs = {
        121: ([6, 12, 24, 16], 32),
        161: ([6, 12, 36, 24], 48),
        169: ([6, 12, 32, 32], 32),
        201: ([6, 12, 48, 32], 32),
        264: ([6, 12, 64, 48], 32),
    }
    if depth not in configs:
        raise ValueError(f"depth={depth} is not one of {sorted(configs)}")
    counts, usual = configs[depth]
    return DenseNet(counts, num_classes, in_channels, growth_rate or usual)
