"""Densely connected networks: layer, block and transition, and DenseNet-121, 161, 169, 201 and 264.

In a dense block every layer sees the maps of all layers before it, side by side, and adds a few maps of its own: its growth
rate. Where a residual block adds to what is there, a dense block keeps it and appends. No map is ever computed twice, so
that few parameters go a long way.

Write every class and function with PyTorch (torch and torch.nn). What counts is what a module computes, its parameters,
and its behaviour in training and in evaluation mode. How you name things, whether you use `nn.Sequential`, modules or
functions for the activations, and in which order you make the layers, is yours to choose.

Symbols, the same in every docstring:
    N, C, H, W      images, channels, rows and columns of the input `x`, a tensor of shape (N, C, H, W)
    BN              batch normalisation (`torch.nn.BatchNorm2d` with its defaults, or the same of your own)
    3x3/2           a convolution with a 3x3 kernel and stride 2; without "/2" the stride is 1
    [a, b, ...]     maps side by side: the tensors concatenated along their channels, in this order

BN and ReLU come *before* the convolution here, but for the stem. 3x3 convolutions have padding 1, 1x1 convolutions none. No
convolution in this file has a bias. There is no dropout.

Source: Huang, Liu, van der Maaten and Weinberger, Densely Connected Convolutional Networks (2017). The networks are the
paper's DenseNet-BC: with bottleneck layers (B) and compression (C).
"""

from __future__ import annotations

import torch
from torch import nn

# solution begins

LAYERS = {
    121: (6, 12, 24, 16),
    161: (6, 12, 36, 24),
    169: (6, 12, 32, 32),
    201: (6, 12, 48, 32),
    264: (6, 12, 64, 48),
}
"""Table 1 of the paper, and DenseNet-161 of its first version: layers in each of the four blocks."""

GROWTH_RATES = {161: 48}
"""Of the published networks, where it is not 32."""


def _bn_relu_conv(in_channels: int, out_channels: int, kernel: int) -> list[nn.Module]:
    """The paper's composite function H: BN, ReLU, and a convolution that keeps the size."""
    return [
        nn.BatchNorm2d(in_channels),
        nn.ReLU(inplace=True),
        nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2, bias=False),
    ]


# solution ends


class DenseLayer(nn.Module):
    """One layer of a dense block: a 1x1 convolution to few channels, and a 3x3 convolution to the new maps.

        new = 3x3(ReLU(BN(1x1(ReLU(BN(x))))))

    The 1x1 convolution, the bottleneck, has bn_size*growth_rate channels, the 3x3 convolution growth_rate. The layer
    returns the new maps alone: to put them beside its input is the block's work.

    Arguments: in_channels; growth_rate, the number of new maps; bn_size, the width of the bottleneck as a multiple of it.
    forward: x (N, in_channels, H, W) to (N, growth_rate, H, W).

    Example: 64 channels in, growth rate 32. The parameters are 64*128 and 128*32*9 in the two convolutions, and 2*64 and
    2*128 in the two BN.

    >>> layer = DenseLayer(64, 32)
    >>> layer(torch.zeros(1, 64, 56, 56)).shape
    torch.Size([1, 32, 56, 56])
    >>> sum(p.numel() for p in layer.parameters())
    45440

    Source: Huang et al. (2017), section 3, "Composite function" and "Bottleneck layers".
    """

    def __init__(self, in_channels: int, growth_rate: int, bn_size: int = 4) -> None:
        super().__init__()
        # solution begins
        inside = bn_size * growth_rate
        self.new = nn.Sequential(*_bn_relu_conv(in_channels, inside, 1), *_bn_relu_conv(inside, growth_rate, 3))
        # solution ends

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The new maps."""
        # solution begins
        return self.new(x)
        # solution ends


class DenseBlock(nn.Module):
    """Layers that each see the block's input and the maps of all layers before them.

        new_1 = layer_1(x)
        new_2 = layer_2([x, new_1])
        new_3 = layer_3([x, new_1, new_2])      and so on
        out   = [x, new_1, new_2, ..., new_n]   with n = num_layers

    So layer i (counted from 1) is a DenseLayer with in_channels + (i - 1)*growth_rate input channels.

    Arguments: num_layers; in_channels; growth_rate and bn_size of every layer.
    forward: x (N, in_channels, H, W) to (N, in_channels + num_layers*growth_rate, H, W).

    Example: 32 channels in, three layers of growth rate 24. They have 32, 56 and 80 input channels, and 104 leave the block.
    The parameters are (32 + 56 + 80)*96 and 3*96*24*9 in the convolutions, and 2*(32 + 56 + 80) and 3*2*96 in the BN.

    >>> block = DenseBlock(3, 32, 24)
    >>> block(torch.zeros(1, 32, 28, 28)).shape
    torch.Size([1, 104, 28, 28])
    >>> sum(p.numel() for p in block.parameters())
    79248

    Source: Huang et al. (2017), section 3, "Dense connectivity" (equation 2), and Figure 1.
    """

    def __init__(self, num_layers: int, in_channels: int, growth_rate: int, bn_size: int = 4) -> None:
        super().__init__()
        # solution begins
        self.layers = nn.ModuleList(
            [DenseLayer(in_channels + number * growth_rate, growth_rate, bn_size) for number in range(num_layers)]
        )
        # solution ends

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The input's maps, then every layer's."""
        # solution begins
        for layer in self.layers:
            x = torch.cat([x, layer(x)], dim=1)
        return x
        # solution ends


class Transition(nn.Module):
    """What stands between two dense blocks: fewer channels, and a map of half the size.

        out = 2x2 average pooling(1x1(ReLU(BN(x))))

    The pooling has stride 2 and no padding; a last odd row or column is left out.

    Arguments: in_channels, out_channels.
    forward: x (N, in_channels, H, W) to (N, out_channels, H // 2, W // 2).

    Example: from 256 to 128 channels, a 56x56 map becomes 28x28. The parameters are 2*256 and 256*128.

    >>> transition = Transition(256, 128)
    >>> transition(torch.zeros(1, 256, 56, 56)).shape
    torch.Size([1, 128, 28, 28])
    >>> sum(p.numel() for p in transition.parameters())
    33280

    Source: Huang et al. (2017), section 3, "Pooling layers"; with BN and ReLU first, as in the authors' code.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        # solution begins
        self.halve = nn.Sequential(*_bn_relu_conv(in_channels, out_channels, 1), nn.AvgPool2d(2))
        # solution ends

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The smaller map."""
        # solution begins
        return self.halve(x)
        # solution ends


def build_densenet(
    depth: int, num_classes: int = 1000, in_channels: int = 3, growth_rate: int | None = None
) -> nn.Module:
    """A DenseNet of the given depth, with random initial weights.

    From input to output, with k = growth_rate; sizes are those of a 224x224 image, channels those of depth 121:

        stem            7x7/2 convolution to 2*k channels, padding 3; BN; ReLU    112x112     2*k
                        3x3/2 max pooling, padding 1                               56x56     2*k
        block 1         DenseBlock                                                 56x56     8*k
        transition 1    to half of the channels                                    28x28     4*k
        block 2         DenseBlock                                                 28x28    16*k
        transition 2    to half of the channels                                    14x14     8*k
        block 3         DenseBlock                                                 14x14    32*k
        transition 3    to half of the channels                                     7x7     16*k
        block 4         DenseBlock; no transition behind it                         7x7     32*k
        head            BN; ReLU; mean over rows and columns; linear layer to num_classes

        depth           121              161              169              201              264
        layers          6, 12, 24, 16    6, 12, 36, 24    6, 12, 32, 32    6, 12, 48, 32    6, 12, 64, 48
        growth_rate     32               48               32               32               32

    The last line is what None stands for; a number counts as it is, at every depth. Every block has bn_size 4. The linear
    layer has a bias. The result is a module whose forward takes x (N, in_channels, H, W), of any size of 32x32 or more,
    and returns the raw scores (N, num_classes), without softmax.

    Raises ValueError, with a message that names depth and its value, for another depth.

    Example: with 1000 classes, 121 has 7,978,856 parameters, 161 has 28,681,000, 169 has 14,149,480, 201 has 20,013,928
    and 264 has 33,337,704.

    >>> model = build_densenet(121, num_classes=10, growth_rate=2)
    >>> model(torch.zeros(2, 3, 64, 64)).shape
    torch.Size([2, 10])
    >>> build_densenet(120)
    Traceback (most recent call last):
    ...
    ValueError: depth must be one of 121, 161, 169, 201, 264, got 120

    Source: Huang et al. (2017), Table 1.
    """
    # solution begins
    if depth not in LAYERS:
        raise ValueError(f"depth must be one of {', '.join(map(str, LAYERS))}, got {depth}")
    growth = GROWTH_RATES.get(depth, 32) if growth_rate is None else growth_rate
    channels = 2 * growth
    layers: list[nn.Module] = [
        nn.Conv2d(in_channels, channels, 7, stride=2, padding=3, bias=False),  # 112x112
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, stride=2, padding=1),  # 56x56
    ]
    for number, count in enumerate(LAYERS[depth]):
        if number > 0:  # 28x28, 14x14, 7x7
            layers.append(Transition(channels, channels // 2))
            channels //= 2
        layers.append(DenseBlock(count, channels, growth))
        channels += count * growth
    layers += [nn.BatchNorm2d(channels), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(channels, num_classes))
    # solution ends
