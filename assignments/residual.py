"""Residual networks: the two building blocks, and ResNet-18, 34, 50, 101 and 152.

A residual block adds its input to what its convolutions compute, so that they only have to learn the difference: the
residual. The shortcut lets gradients through whole, which makes networks of 152 layers trainable.

Write every class and function with PyTorch (torch and torch.nn). What counts is what a module computes, its parameters,
and its behaviour in training and in evaluation mode. How you name things, whether you use `nn.Sequential`, modules or
functions for the activations, and in which order you make the layers, is yours to choose.

Symbols, the same in every docstring:
    N, C, H, W      images, channels, rows and columns of the input `x`, a tensor of shape (N, C, H, W)
    BN              batch normalisation (`torch.nn.BatchNorm2d` with its defaults, or the same of your own)
    3x3/2           a convolution with a 3x3 kernel and stride 2; without "/2" the stride is 1

3x3 convolutions have padding 1, 1x1 convolutions none. No convolution in this file has a bias: the BN behind it would
take it away again. A stride of 2 halves H and W, rounded up.

Source: He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition (2016).
"""

from __future__ import annotations

import torch
from torch import nn


class BasicBlock(nn.Module):
    """The block of ResNet-18 and 34: two 3x3 convolutions and a shortcut around them.

        out = ReLU(BN(3x3(ReLU(BN(3x3/stride(x))))) + shortcut(x))

    The shortcut is x itself where the block keeps the shape (in_channels equals out_channels, and stride is 1), else
    BN(1x1/stride(x)) with out_channels channels. The last ReLU comes after the addition.

    Arguments: in_channels, out_channels; stride of the first convolution and of the shortcut.
    forward: x (N, in_channels, H, W) to (N, out_channels, ceil(H / stride), ceil(W / stride)).

    Example: from 64 to 128 channels with stride 2, a 56x56 map becomes 28x28. The parameters: 64*128*9 and 128*128*9 in
    the two convolutions, 64*128 in the shortcut's, and 2*128 in each of three BN.

    >>> block = BasicBlock(64, 128, stride=2)
    >>> block(torch.zeros(1, 64, 56, 56)).shape
    torch.Size([1, 128, 28, 28])
    >>> sum(p.numel() for p in block.parameters())
    230144

    Source: He et al. (2016), section 3.2 and Figure 5, left; shortcuts: section 3.3, option B.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        raise NotImplementedError("BasicBlock is not written yet")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The block's output."""
        raise NotImplementedError("BasicBlock is not written yet")


class Bottleneck(nn.Module):
    """The block of ResNet-50, 101 and 152: a 1x1 convolution to few channels, a 3x3, a 1x1 to four times as many.

        out = ReLU(BN(1x1(ReLU(BN(3x3/stride(ReLU(BN(1x1(x)))))))) + shortcut(x))

    The first two convolutions have `width` channels, the last one 4*width. The stride is in the 3x3 convolution. (The
    paper has it in the first 1x1, where it throws three quarters of the input away; nearly every later implementation,
    and this exercise, moves it.) The shortcut is x itself where in_channels equals 4*width and stride is 1, else
    BN(1x1/stride(x)) with 4*width channels.

    Arguments: in_channels; width, the channels inside; stride of the 3x3 convolution and of the shortcut.
    forward: x (N, in_channels, H, W) to (N, 4*width, ceil(H / stride), ceil(W / stride)).

    Example: 256 channels in, width 64. The parameters are 256*64 + 64*64*9 + 64*256 and 2*(64 + 64 + 256).

    >>> block = Bottleneck(256, 64)
    >>> block(torch.zeros(1, 256, 14, 14)).shape
    torch.Size([1, 256, 14, 14])
    >>> sum(p.numel() for p in block.parameters())
    70400

    Source: He et al. (2016), section 4.1, "Deeper Bottleneck Architectures", and Figure 5, right.
    """

    def __init__(self, in_channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        raise NotImplementedError("Bottleneck is not written yet")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The block's output."""
        raise NotImplementedError("Bottleneck is not written yet")


def build_resnet(depth: int, num_classes: int = 1000, in_channels: int = 3, base_width: int = 64) -> nn.Module:
    """A ResNet of the given depth, with random initial weights.

    From input to output, with w = base_width; sizes are those of a 224x224 image:

        stem        7x7/2 convolution to w channels, padding 3; BN; ReLU        112x112
                    3x3/2 max pooling, padding 1                                 56x56
        stage 1     blocks of w channels, stride 1                               56x56
        stage 2     blocks of 2*w channels, the first one with stride 2          28x28
        stage 3     blocks of 4*w channels, the first one with stride 2          14x14
        stage 4     blocks of 8*w channels, the first one with stride 2           7x7
        head        mean over rows and columns, linear layer to num_classes

        depth       18           34           50           101           152
        block       BasicBlock   BasicBlock   Bottleneck   Bottleneck    Bottleneck
        blocks      2, 2, 2, 2   3, 4, 6, 3   3, 4, 6, 3   3, 4, 23, 3   3, 8, 36, 3

    For a Bottleneck these channels are its `width`, and the stage ends with four times as many. The linear layer has a
    bias. The result is a module whose forward takes x (N, in_channels, H, W), of any size, and returns the raw scores
    (N, num_classes), without softmax.

    Raises ValueError, with a message that names depth and its value, for another depth.

    Example: with 1000 classes the five have 11,689,512, 21,797,672, 25,557,032, 44,549,160 and 60,192,808 parameters.

    >>> model = build_resnet(18, num_classes=10, base_width=4)
    >>> model(torch.zeros(2, 3, 64, 64)).shape
    torch.Size([2, 10])
    >>> build_resnet(20)
    Traceback (most recent call last):
    ...
    ValueError: depth must be one of 18, 34, 50, 101, 152, got 20

    Source: He et al. (2016), Table 1.
    """
    raise NotImplementedError("build_resnet is not written yet")
