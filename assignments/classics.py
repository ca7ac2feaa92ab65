"""Three classic networks: LeNet-5, AlexNet and ZFNet.

LeNet-5 reads digits. AlexNet won the ImageNet challenge of 2012 and brought ReLU, dropout and training on GPUs with it.
ZFNet won the next one: its authors looked at what AlexNet's first layers had learnt, and made their kernels and strides
smaller.

Write the functions with PyTorch (torch and torch.nn). What counts is what a network computes, its parameters, and its
behaviour in training and in evaluation mode. How you name things, whether you use `nn.Sequential`, modules or functions
for the activations, and in which order you make the layers, is yours to choose.

Symbols, the same in every docstring:
    N, C, H, W      images, channels, rows and columns of the input `x`, a tensor of shape (N, C, H, W)
    5x5/2           a kernel of 5x5 with stride 2; without "/2" the stride is 1. Padding is 0 where none is given
    LRN             local response normalisation over all channels of the layer:

                        b[i] = a[i] / (k + alpha * sum of a[j]**2 for channels j from i - 2 to i + 2)**beta

                    with k = 2, alpha = 1e-4, beta = 0.75, channels that do not exist left out. PyTorch divides its alpha by
                    the number of channels in the sum, 5, so there it is
                    `torch.nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)`

Every convolution and linear layer has a bias. `forward` takes x and returns the raw scores (N, num_classes), without softmax.
"""

from __future__ import annotations

from torch import nn


def build_lenet5(num_classes: int = 10, in_channels: int = 1) -> nn.Module:
    """LeNet-5 for 32x32 images, with random initial weights.

        layer                                       map after it     parameters
        C1      6 kernels 5x5, tanh                 28x28            156
        S2      average pooling 2x2/2               14x14
        C3      16 kernels 5x5, tanh                10x10            2,416
        S4      average pooling 2x2/2               5x5
        C5      120 kernels 5x5, tanh               1x1              48,120
        F6      linear layer to 84, tanh                             10,164
                linear layer to num_classes                          850

    C5 sees the whole map, so a linear layer on the flattened map is the same. (The paper's pooling has weights, its C3 is not
    connected to all maps of S2, and its scores are distances; today's LeNet-5 has the layers above.)

    Arguments: num_classes; in_channels, the channels of the images.
    Returns a module that maps x (N, in_channels, 32, 32) to the scores.

    Example: with the defaults there are 61,706 parameters.

    >>> import torch
    >>> model = build_lenet5()
    >>> model(torch.zeros(2, 1, 32, 32)).shape
    torch.Size([2, 10])
    >>> sum(p.numel() for p in model.parameters())
    61706

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-Based Learning Applied to Document Recognition (1998), section II.B.
    """
    raise NotImplementedError("build_lenet5 is not written yet")


def build_alexnet(num_classes: int = 1000, in_channels: int = 3) -> nn.Module:
    """AlexNet for 227x227 images, with random initial weights.

        layer                                                map after it     parameters
        1       96 kernels 11x11/4, ReLU                     55x55            34,944
                LRN, then max pooling 3x3/2                  27x27
        2       256 kernels 5x5, padding 2, two groups,      27x27            307,456
                ReLU
                LRN, then max pooling 3x3/2                  13x13
        3       384 kernels 3x3, padding 1, ReLU             13x13            885,120
        4       384 kernels 3x3, padding 1, two groups,      13x13            663,936
                ReLU
        5       256 kernels 3x3, padding 1, two groups,      13x13            442,624
                ReLU
                max pooling 3x3/2                            6x6
        6       linear layer to 4096, ReLU, dropout                           37,752,832
        7       linear layer to 4096, ReLU, dropout                           16,781,312
        8       linear layer to num_classes                                   4,097,000

    In a layer of two groups the first half of its kernels sees the first half of the channels, the second half the second:
    the paper's network lies on two GPUs, which talk to each other in some layers only. `groups=2` does it, and two
    convolutions side by side do the same. Dropout drops half of the units in training, divides what it keeps by 0.5, and
    changes nothing in evaluation mode, as torch.nn.Dropout(0.5) does. (The paper multiplies by 0.5 in evaluation in place of
    this, and says that its images are 224x224; 227 is what its strides fit.)

    Arguments: num_classes; in_channels, the channels of the images.
    Returns a module that maps x (N, in_channels, 227, 227) to the scores.

    Example: with the defaults there are 60,965,224 parameters.

    >>> import torch
    >>> with torch.device("meta"):  # shapes without contents
    ...     model = build_alexnet()
    >>> model(torch.zeros(2, 3, 227, 227, device="meta")).shape
    torch.Size([2, 1000])
    >>> sum(p.numel() for p in model.parameters())
    60965224

    Source: Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep Convolutional Neural Networks (2012), sections 3
    and 4.2, Figure 2.
    """
    raise NotImplementedError("build_alexnet is not written yet")


def build_zfnet(num_classes: int = 1000, in_channels: int = 3) -> nn.Module:
    """ZFNet for 224x224 images, with random initial weights.

        layer                                                map after it     parameters
        1       96 kernels 7x7/2, padding 1, ReLU            110x110          14,208
                LRN, then max pooling 3x3/2                  55x55
        2       256 kernels 5x5/2, ReLU                      26x26            614,656
                LRN, then max pooling 3x3/2                  13x13
        3       384 kernels 3x3, padding 1, ReLU             13x13            885,120
        4       384 kernels 3x3, padding 1, ReLU             13x13            1,327,488
        5       256 kernels 3x3, padding 1, ReLU             13x13            884,992
                max pooling 3x3/2                            6x6
        6-8     as AlexNet's                                                  58,631,144

    No layer has groups. The pooling is in ceil mode: a last window that reaches over the edge of the map counts too. Without
    it 110x110 would become 54x54.

    Arguments: num_classes; in_channels, the channels of the images.
    Returns a module that maps x (N, in_channels, 224, 224) to the scores.

    Example: with the defaults there are 62,357,608 parameters.

    >>> import torch
    >>> with torch.device("meta"):  # shapes without contents
    ...     model = build_zfnet()
    >>> model(torch.zeros(2, 3, 224, 224, device="meta")).shape
    torch.Size([2, 1000])
    >>> sum(p.numel() for p in model.parameters())
    62357608

    Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (2014), section 3 and Figure 3. The figure
    has contrast normalisation; like AlexNet, this network has LRN.
    """
    raise NotImplementedError("build_zfnet is not written yet")
