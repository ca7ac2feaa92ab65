"""The Inception module, and GoogLeNet, which is nine of them.

An Inception module looks at its input through windows of several sizes at once and lets the next layer choose. 1x1
convolutions in front of the larger ones reduce the channels first, which keeps the sums affordable: GoogLeNet has a ninth
of AlexNet's parameters.

Write the class and the function with PyTorch (torch and torch.nn). What counts is what a module computes, its parameters,
and its behaviour in training and in evaluation mode. How you name things, whether you use `nn.Sequential`, modules or
functions for the activations, and in which order you make the layers, is yours to choose.

Symbols, the same in every docstring:
    N, C, H, W      images, channels, rows and columns of the input `x`, a tensor of shape (N, C, H, W)
    3x3/2           a convolution or pooling with a 3x3 window and stride 2; without "/2" the stride is 1

Every convolution has a bias and is followed by a ReLU. Convolutions with stride 1 keep the size: padding 1 for 3x3, 2 for
5x5, none for 1x1. There is no batch normalisation, and no local response normalisation either (the paper has it in two
places; leave it out).

Source: Szegedy et al., Going Deeper with Convolutions (2015).
"""

from __future__ import annotations

import torch
from torch import nn


class Inception(nn.Module):
    """Four branches side by side, their maps concatenated in this order:

        1. 1x1 to ch1x1
        2. 1x1 to ch3x3_reduce, 3x3 to ch3x3
        3. 1x1 to ch5x5_reduce, 5x5 to ch5x5
        4. 3x3 max pooling with stride 1 and padding 1, 1x1 to pool_proj

    with a ReLU after every convolution, six in all.

    Arguments: in_channels, and the channels named above, in the order of the paper's Table 1.
    forward: x (N, in_channels, H, W) to (N, ch1x1 + ch3x3 + ch5x5 + pool_proj, H, W).

    Example: module 3a of GoogLeNet has 64 + 128 + 32 + 32 = 256 channels. Its parameters are (192 + 1) * 64,
    (192 + 1) * 96 + (96*9 + 1) * 128, (192 + 1) * 16 + (16*25 + 1) * 32 and (192 + 1) * 32.

    >>> module = Inception(192, 64, 96, 128, 16, 32, 32)
    >>> module(torch.zeros(1, 192, 28, 28)).shape
    torch.Size([1, 256, 28, 28])
    >>> sum(p.numel() for p in module.parameters())
    163696

    Source: Szegedy et al. (2015), Figure 2 (b).
    """

    def __init__(
        self,
        in_channels: int,
        ch1x1: int,
        ch3x3_reduce: int,
        ch3x3: int,
        ch5x5_reduce: int,
        ch5x5: int,
        pool_proj: int,
    ) -> None:
        super().__init__()
        raise NotImplementedError("Inception is not written yet")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The maps of the four branches, one after the other."""
        raise NotImplementedError("Inception is not written yet")


def build_googlenet(num_classes: int = 1000, in_channels: int = 3) -> nn.Module:
    """GoogLeNet without its auxiliary heads, with random initial weights.

    From input to output; sizes are those of a 224x224 image:

        7x7/2 to 64, padding 3                                               64 x 112x112
        max pooling 3x3/2                                                    64 x  56x56
        1x1 to 64                                                            64 x  56x56
        3x3 to 192                                                          192 x  56x56
        max pooling 3x3/2                                                   192 x  28x28
        Inception     1x1   3x3 reduce   3x3   5x5 reduce   5x5   pool proj
            3a         64       96       128       16        32      32     256 x  28x28
            3b        128      128       192       32        96      64     480 x  28x28
        max pooling 3x3/2                                                   480 x  14x14
            4a        192       96       208       16        48      64     512 x  14x14
            4b        160      112       224       24        64      64     512 x  14x14
            4c        128      128       256       24        64      64     512 x  14x14
            4d        112      144       288       32        64      64     528 x  14x14
            4e        256      160       320       32       128     128     832 x  14x14
        max pooling 3x3/2                                                   832 x   7x7
            5a        256      160       320       32       128     128     832 x   7x7
            5b        384      192       384       48       128     128    1024 x   7x7
        average pooling over the whole map, 7x7                            1024
        dropout with probability 0.4
        linear layer to num_classes

    The four 3x3/2 poolings have no padding and are in ceil mode: a window that is only partly inside counts too, so that
    112 wide becomes 56, not 55. (Padding 1 gives 56 as well, with other windows.) The result is a module whose forward
    takes x (N, in_channels, 224, 224) and returns the raw scores (N, num_classes), without softmax.

    Example: with 1000 classes there are 6,998,552 parameters, 1,025,000 of them in the linear layer.

    >>> with torch.device("meta"):
    ...     model = build_googlenet()
    >>> sum(p.numel() for p in model.parameters())
    6998552

    Source: Szegedy et al. (2015), Table 1 and section 5.
    """

    raise NotImplementedError("build_googlenet is not written yet")
