"""VGG: the six networks of Simonyan and Zisserman, from 11 to 19 layers with weights.

Two 3x3 convolutions see 5x5 pixels, three see 7x7, with fewer weights than one large kernel has and a ReLU between each
two. VGG puts this to the test: 3x3 convolutions only, more and more of them, and nothing else changed.

Write the function with PyTorch (torch and torch.nn). What counts is what the network computes, its parameters, and its
behaviour in training and in evaluation mode. How you name things, whether you use `nn.Sequential`, modules or functions
for the activations, and in which order you make the layers, is yours to choose.

Symbols:
    N, C, H, W      images, channels, rows and columns of the input `x`, a tensor of shape (N, C, H, W)

Source: Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition (2015).
"""

from __future__ import annotations

from torch import nn


def build_vgg(
    config: str,
    num_classes: int = 1000,
    in_channels: int = 3,
    image_size: int = 224,
    base_width: int = 64,
    hidden: int = 4096,
    dropout: float = 0.5,
) -> nn.Module:
    """The VGG network of a column of Table 1, with random initial weights.

    Five stages of convolutions, with w = base_width; each ends with a 2x2 max pooling with stride 2. Sizes are those of a
    224x224 image, and a number of layers of each kind stands in the columns:

        stage   channels   map        A     A-LRN      B     C                D     E
        1       w          224x224    1     1, LRN     2     2                2     2
        2       2*w        112x112    1     1          2     2                2     2
        3       4*w        56x56      2     2          2     2, and one 1x1   3     4
        4       8*w        28x28      2     2          2     2, and one 1x1   3     4
        5       8*w        14x14      2     2          2     2, and one 1x1   3     4

    The convolutions are 3x3 with stride 1 and padding 1, and so keep the size. The last convolution of stages 3, 4 and 5 of
    C is 1x1, without padding. Every convolution has a bias and a ReLU behind it. LRN is local response normalisation, in
    A-LRN alone, after the ReLU of its only convolution of stage 1:

        b[i] = a[i] / (k + alpha * sum of a[j]**2 for channels j from i - 2 to i + 2)**beta

    with k = 2, alpha = 1e-4, beta = 0.75, channels that do not exist left out. PyTorch divides its alpha by the number of
    channels in the sum, 5, so there it is `torch.nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)`.

    The head, on the flattened last map, 7x7 with 8*w channels for a 224x224 image:

        linear layer to `hidden`, ReLU, dropout
        linear layer to `hidden`, ReLU, dropout
        linear layer to num_classes

    Arguments: config, "A", "A-LRN", "B", "C", "D" or "E"; num_classes; in_channels; image_size, rows and columns of the
    images; base_width; hidden; dropout, the probability that a hidden unit is dropped in training (as in
    `torch.nn.Dropout`, whatever is kept is divided by 1 - dropout, and nothing is dropped in evaluation mode).
    Returns a module whose forward takes x (N, in_channels, image_size, image_size) and gives the raw scores
    (N, num_classes), without softmax.
    Raises ValueError, with a message that names the argument and its value, for another config, and for an image_size that
    is not a multiple of 32: five times it is halved.

    Example: with the defaults the six have 133, 133, 133, 134, 138 and 144 million parameters. D is known as VGG-16:

        two convolutions to 64, 224x224            1,792 + 36,928
        two convolutions to 128, 112x112           73,856 + 147,584
        three convolutions to 256, 56x56           295,168 + 590,080 + 590,080
        three convolutions to 512, 28x28           1,180,160 + 2,359,808 + 2,359,808
        three convolutions to 512, 14x14           2,359,808 + 2,359,808 + 2,359,808
        linear layers, 7*7*512 inputs              102,764,544 + 16,781,312 + 4,097,000
        in all                                     138,357,544

    >>> model = build_vgg("A", num_classes=10, image_size=64, base_width=2, hidden=20)
    >>> model(torch.zeros(2, 3, 64, 64)).shape
    torch.Size([2, 10])
    >>> with torch.device("meta"):  # shapes without contents
    ...     sum(p.numel() for p in build_vgg("D").parameters())
    138357544
    >>> build_vgg("D", image_size=100)
    Traceback (most recent call last):
    ...
    ValueError: image_size must be a multiple of 32, got 100

    Source: Simonyan and Zisserman (2015), sections 2.1 and 3.1, Tables 1 and 2; LRN: Krizhevsky, Sutskever and Hinton, ImageNet
    Classification with Deep Convolutional Neural Networks (2012), section 3.3.
    """
    raise NotImplementedError("build_vgg is not written yet")
