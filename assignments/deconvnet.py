"""DeconvNet: VGG-16 and its mirror image, which gives every pixel its class.

The pooling layers of the way down remember where each maximum was: these are the switches. On the way up, unpooling puts
values back to just these places, and transposed convolutions fill in what lies between.

Write the class and the function with PyTorch (torch and torch.nn). What counts is what a module computes, its parameters,
and its behaviour in training and in evaluation mode. How you name things, whether you use `nn.Sequential`, modules or
functions for the activations, and in which order you make the layers, is yours to choose.

Symbols, the same in every docstring:
    N, C, H, W      images, channels, rows and columns of a tensor of shape (N, C, H, W)
    BN              batch normalisation (`torch.nn.BatchNorm2d` with its defaults, or the same of your own)

Source: Noh, Hong and Han, Learning Deconvolution Network for Semantic Segmentation (2015).
"""

from __future__ import annotations

import torch
from torch import nn


class UnpoolBlock(nn.Module):
    """Max pooling, and the unpooling that takes it back as far as that is possible.

        pooled      the maximum of each 2x2 window of x, stride 2; a last odd row or column is not pooled
        restored    as large as x: each maximum at the place where it was, 0 everywhere else

    Arguments: channels of the input (the block has no parameters and need not use it).
    forward: x (N, channels, H, W) to (pooled, restored), of shapes (N, channels, H // 2, W // 2) and that of x.

    Example: [[1, 2, 3, 0], [5, 4, 6, 8]] becomes [[5, 8]], and is restored to [[0, 0, 0, 0], [5, 0, 0, 8]].

    >>> pooled, restored = UnpoolBlock(1)(torch.tensor([[[[1.0, 2.0, 3.0, 0.0], [5.0, 4.0, 6.0, 8.0]]]]))
    >>> pooled.tolist()
    [[[[5.0, 8.0]]]]
    >>> restored.tolist()
    [[[[0.0, 0.0, 0.0, 0.0], [5.0, 0.0, 0.0, 8.0]]]]

    Source: Noh, Hong and Han (2015), section 3.2.1 and Figure 3.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        raise NotImplementedError("UnpoolBlock is not written yet")

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The pooled map, and the map restored from it."""
        raise NotImplementedError("UnpoolBlock is not written yet")


def build_deconvnet(
    num_classes: int = 21,
    in_channels: int = 3,
    image_size: int = 224,
    base_width: int = 64,
    hidden: int = 4096,
    batch_norm: bool = True,
) -> nn.Module:
    """DeconvNet, with random initial weights.

    From input to output, with w = base_width; in brackets the published network:

        down    five stages of 3x3 convolutions with padding 1, 2x2 max pooling after each, whose switches are kept;
                channels:   w, w
                            2w, 2w
                            4w, 4w, 4w
                            8w, 8w, 8w
                            8w, 8w, 8w                                                                    [512 x   7x7  ]
        bottom  convolution that covers the whole last map (image_size / 32 wide), to hidden channels     [4096 x  1x1  ]
                1x1 convolution to hidden channels                                                        [4096 x  1x1  ]
                transposed convolution of the size of the last map, to 8w channels                        [512 x   7x7  ]
        up      five stages: 2x2 unpooling with the switches of the same stage of the way down (the last
                one first), then 3x3 transposed convolutions with stride 1 and padding 1;
                channels:   8w, 8w, 8w                                                                    [512 x  14x14 ]
                            8w, 8w, 4w                                                                    [256 x  28x28 ]
                            4w, 4w, 2w                                                                    [128 x  56x56 ]
                            2w, w                                                                         [64 x 112x112 ]
                            w, w                                                                          [64 x 224x224 ]
        head    1x1 convolution to num_classes                                                            [21 x 224x224 ]

    After every convolution and transposed convolution but the last comes BN, where batch_norm asks for it, and ReLU. All
    of them have a bias, with or without BN. There is no dropout.

    Arguments: number of classes; channels of the images; their side, a multiple of 32; channels of the first stage;
    channels at the bottom; whether there is BN.
    forward: x (N, in_channels, image_size, image_size) to raw scores (N, num_classes, image_size, image_size), without
    softmax.

    Raises ValueError, with a message that names image_size and its value, when it is not a multiple of 32.

    Example: the published network has 251,805,653 parameters, 102,764,544 of them in the convolution that covers the last
    map (512*7*7*4096 + 4096), and nearly as many in the transposed convolution that takes it back (4096*512*7*7 + 512).

    >>> model = build_deconvnet(num_classes=3, image_size=64, base_width=2, hidden=8)
    >>> model(torch.zeros(2, 3, 64, 64)).shape
    torch.Size([2, 3, 64, 64])
    >>> build_deconvnet(image_size=100)
    Traceback (most recent call last):
    ...
    ValueError: image_size must be a multiple of 32, got 100

    Source: Noh, Hong and Han (2015), section 3 and Table 2.
    """
    raise NotImplementedError("build_deconvnet is not written yet")
