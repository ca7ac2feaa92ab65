"""Convolution arithmetic: output sizes, parameters, operations and receptive fields, before anything is computed.

A paper's description of a network already says how large every feature map is and what every layer costs. This file
works that out: nothing here touches an image; every function takes whole numbers and gives a whole number, or several.

Plain Python is enough; you may import the standard library and NumPy, nothing else.

Symbols: C, H and W are the channels, height and width of a feature map, whose shape is written (C, H, W); KH and KW
are the height and width of a kernel. Sizes of one direction are called size and kernel. A `Pair` is one int for both
directions, or a tuple (height, width). Every function that says "raises ValueError" does so with a message that names
the bad argument and its value, as in "stride must be at least 1, got 0".

Run `python -m doctest conv_arithmetic.py` to try the worked examples of the docstrings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

Pair = int | tuple[int, int]
Shape = tuple[int, ...]


def conv_output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Return the size of a convolution's output in one direction: the number of places where its window fits.

        floor((size + 2*padding - dilation*(kernel - 1) - 1) / stride) + 1

    The window spans dilation*(kernel - 1) + 1 entries, since dilation - 1 entries are left out between two taps of the
    kernel. It starts at the padded input's first entry and moves by `stride`; entries left over at the end, too few
    for another window, are ignored, hence the floor.

    size: height or width of the input, at least 1.
    kernel: height or width of the kernel, at least 1.
    stride: step from one window to the next, at least 1.
    padding: number of zeros put in front and, as many again, behind, at least 0.
    dilation: distance between neighbouring taps of the kernel, at least 1; 1 is the ordinary convolution.
    Returns a whole number, at least 1.

    Raises ValueError when size, kernel, stride or dilation is below 1, when padding is below 0, and when the dilated
    kernel is larger than the padded input. A kernel exactly as large as the padded input fits once.

    Example: an input 7 wide and a kernel 3 wide give 5 at stride 1. AlexNet's first layer, 227 wide, kernel 11, stride
    4: (227 - 11)/4 + 1 = 55.

    >>> conv_output_size(7, 3)
    5
    >>> conv_output_size(7, 3, stride=2)
    3
    >>> conv_output_size(227, 11, stride=4)
    55
    >>> conv_output_size(9, 3, padding=1, dilation=2)
    7

    Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), section 2.4 (relationship
    6) and section 5.1 (relationship 15, with dilation).
    """
    raise NotImplementedError("conv_output_size is not written yet")


def stride_fits(size: int, kernel: int, stride: int, padding: int = 0) -> bool:
    """Return whether the windows cover the padded input exactly, no entries left over at the end.

    They do when the last window ends at the last entry of the padded input, that is when the division in
    `conv_output_size` leaves no remainder:

        (size + 2*padding - kernel) is a multiple of stride

    size, kernel, stride, padding: as in `conv_output_size`, for one direction, without dilation.
    Returns True or False.

    Raises ValueError when size, kernel or stride is below 1, when padding is below 0, and when the kernel is larger
    than the padded input.

    Example: 5 wide, kernel 3, padding 1, stride 3: 5 + 2 - 3 = 4 is no multiple of 3, the last entry of the padded
    input is never seen. At stride 2 the same windows fit.

    >>> stride_fits(5, 3, 3, padding=1)
    False
    >>> stride_fits(5, 3, 2, padding=1)
    True

    Source: Dumoulin and Visin (2016), sections 2.3 and 2.4.
    """
    raise NotImplementedError("stride_fits is not written yet")


def same_padding(kernel: int, dilation: int = 1) -> int:
    """Return the padding on each side with which a convolution of stride 1 keeps the size of its input.

        padding = dilation*(kernel - 1) / 2

    kernel: height or width of the kernel, at least 1.
    dilation: distance between neighbouring taps of the kernel, at least 1.
    Returns a whole number, at least 0.

    Raises ValueError when dilation*(kernel - 1) is odd, so that no whole number does it, and when kernel or dilation
    is below 1. An even kernel is no error in itself: with an even dilation there is such a padding.

    Example: a kernel 5 wide needs 2; a kernel 3 wide with dilation 2 spans 5 entries and needs 2 as well; a kernel 4
    wide would need 1.5, so there is none.

    >>> same_padding(5)
    2
    >>> same_padding(3, dilation=2)
    2
    >>> same_padding(2, dilation=4)
    2

    Source: Dumoulin and Visin (2016), section 2.2.1, half (same) padding, and section 5.1.
    """
    raise NotImplementedError("same_padding is not written yet")


def transposed_conv_output_size(
    size: int, kernel: int, stride: int = 1, padding: int = 0, output_padding: int = 0, dilation: int = 1
) -> int:
    """Return the size of a transposed convolution's output in one direction.

        (size - 1)*stride - 2*padding + dilation*(kernel - 1) + output_padding + 1

    Every input entry puts one copy of the kernel into the output, the copies `stride` apart; of what they cover
    together, `padding` entries are cut off at each end. A transposed convolution goes back from the output size of a
    convolution with the same kernel, stride, padding and dilation to an input size of it. At a stride above 1 several
    input sizes give the same output size; `output_padding` says which one is meant: that many entries are added at one
    end.

    size: height or width of the input, at least 1.
    kernel, stride, dilation: at least 1.
    padding: number of entries cut off at each end, at least 0.
    output_padding: number of entries added at one end, at least 0 and below the larger one of stride and dilation.
    Returns a whole number, at least 1.

    Raises ValueError when an argument is out of the range given above, and when nothing is left of the output (a
    result below 1).

    Example: 4 wide, kernel 4, stride 2, padding 1 gives 3*2 - 2 + 3 + 1 = 8. A convolution of kernel 3, stride 2,
    padding 1 makes 4 of 7 and 4 of 8; the way back gives 7, and 8 with output_padding 1.

    >>> transposed_conv_output_size(4, 4, stride=2, padding=1)
    8
    >>> transposed_conv_output_size(4, 3, stride=2, padding=1)
    7
    >>> transposed_conv_output_size(4, 3, stride=2, padding=1, output_padding=1)
    8

    Source: Dumoulin and Visin (2016), section 4.6 (relationship 14, where output_padding is called a);
    PyTorch's documentation of torch.nn.ConvTranspose2d.
    """
    raise NotImplementedError("transposed_conv_output_size is not written yet")


def conv_parameters(in_channels: int, out_channels: int, kernel: Pair, bias: bool = True, groups: int = 1) -> int:
    """Return the number of trainable parameters of a convolutional layer.

        out_channels * (in_channels/groups) * KH * KW, and out_channels more with bias

    Each of the out_channels filters is as deep as the input it looks at, and has one bias. With groups the channels
    are split into that many equal parts, and each filter looks at one part of the input only. The size of the image
    does not matter: that is what weight sharing means.

    in_channels, out_channels: channels of the input, and of the output (the number of filters), at least 1.
    kernel: size of the kernel, an int or (height, width), at least 1 each.
    bias: whether each filter has a bias.
    groups: number of groups, at least 1, a divisor of both channel counts.
    Returns a whole number.

    Raises ValueError when a channel count, an entry of kernel or groups is below 1, and when in_channels or
    out_channels is not divisible by groups.

    Example: 16 filters 5x5 over an RGB image have 16*(3*25) = 1,200 weights and 16 biases, 1,216 parameters. (416,
    that is 16*25 + 16, forgets that a filter is as deep as its input.)

    >>> conv_parameters(3, 16, 5)
    1216
    >>> conv_parameters(3, 16, (1, 5), bias=False)
    240
    >>> conv_parameters(96, 256, 5, groups=2)
    307456

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition (1998), section
    II.A; Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks (2012),
    section 3.5, for two groups.
    """
    raise NotImplementedError("conv_parameters is not written yet")


def linear_parameters(in_features: int, out_features: int, bias: bool = True) -> int:
    """Return the number of trainable parameters of a fully connected layer.

        in_features * out_features, and out_features more with bias

    in_features: number of inputs, at least 1; of a flattened feature map, C*H*W.
    out_features: number of neurons, at least 1; each has a weight for every input, and one bias.
    bias: whether the neurons have biases.
    Returns a whole number.

    Raises ValueError when in_features or out_features is below 1.

    Example: ten classes on a flattened 16x16x16 map: 4,096*10 weights and 10 biases. On the same map after global
    average pooling there are 16 inputs only, and 170 parameters.

    >>> linear_parameters(16 * 16 * 16, 10)
    40970
    >>> linear_parameters(16, 10)
    170
    >>> linear_parameters(16, 10, bias=False)
    160

    Source: Lin, Chen and Yan, Network in network (2014), section 3.2, on global average pooling in place of fully
    connected layers.
    """
    raise NotImplementedError("linear_parameters is not written yet")


def batchnorm_parameters(channels: int) -> int:
    """Return the number of trainable parameters of batch normalisation: a scale and a shift for each channel.

        2 * channels

    The running mean and variance are stored with the layer, but no gradient reaches them: they are not counted here.

    channels: number of channels of the feature map, or of features, at least 1.
    Returns a whole number.

    Raises ValueError when channels is below 1.

    Example: batch normalisation after layers of 64, 64 and 256 channels adds 128 + 128 + 512 = 768 parameters.

    >>> batchnorm_parameters(64)
    128
    >>> batchnorm_parameters(64) + batchnorm_parameters(64) + batchnorm_parameters(256)
    768

    Source: Ioffe and Szegedy, Batch normalization (2015), algorithm 1 (gamma and beta) and section 3.2 (one pair for
    each feature map).
    """
    raise NotImplementedError("batchnorm_parameters is not written yet")


def locally_connected_parameters(
    in_channels: int, out_channels: int, kernel: Pair, output_size: Pair, bias: bool = True
) -> int:
    """Return the number of trainable parameters of a layer that is connected as a convolution but shares no weights.

        OH * OW * out_channels * (in_channels * KH * KW), and OH * OW * out_channels more with bias

    Every output neuron, at each of the OH*OW positions of each channel, has weights of its own and a bias of its own.

    in_channels, out_channels: channels of the input and of the output, at least 1.
    kernel: size of the window that a neuron sees, an int or (height, width), at least 1 each.
    output_size: size of the output map, OH and OW, an int or (height, width), at least 1 each.
    bias: whether every neuron has a bias.
    Returns a whole number.

    Raises ValueError when a channel count or an entry of kernel or of output_size is below 1.

    Example: AlexNet's first layer, 96 filters 11x11 over RGB with a 55x55 output, has 34,944 parameters. Without
    weight sharing its 55*55*96 = 290,400 neurons have 11*11*3 = 363 weights and a bias each: 290,400*364 =
    105,705,600.

    >>> locally_connected_parameters(3, 96, 11, 55)
    105705600
    >>> locally_connected_parameters(2, 3, (1, 4), (2, 5), bias=False)
    240

    Source: Krizhevsky, Sutskever and Hinton (2012), section 3.5, for the sizes; Taigman, Yang, Ranzato and Wolf,
    DeepFace (2014), section 3.1, for such layers in use.
    """
    raise NotImplementedError("locally_connected_parameters is not written yet")


def conv_multiply_adds(in_channels: int, out_channels: int, kernel: Pair, output_size: Pair, groups: int = 1) -> int:
    """Return the number of multiply-accumulate operations with which a convolution processes one image.

        OH * OW * out_channels * (in_channels/groups) * KH * KW

    Every output value is a sum of as many products as its window has entries. One multiplication together with the
    addition of its product is one operation; adding the bias is not counted.

    in_channels, out_channels: channels of the input and of the output, at least 1.
    kernel: size of the kernel, an int or (height, width), at least 1 each.
    output_size: size of the output map, OH and OW, an int or (height, width), at least 1 each.
    groups: number of groups, at least 1, a divisor of both channel counts.
    Returns a whole number.

    Raises ValueError when a channel count, an entry of kernel or of output_size, or groups is below 1, and when
    in_channels or out_channels is not divisible by groups.

    Example: AlexNet's first layer computes 55*55*96 = 290,400 values from windows of 11*11*3 = 363 entries.

    >>> conv_multiply_adds(3, 96, 11, 55)
    105415200
    >>> conv_multiply_adds(4, 6, (1, 3), (2, 5), groups=2)
    360

    Source: Howard and others, MobileNets (2017), section 3.1; He, Zhang, Ren and Sun, Deep residual learning (2016),
    table 1, counts the same way.
    """
    raise NotImplementedError("conv_multiply_adds is not written yet")


def receptive_field(layers: Sequence[tuple[int, ...]]) -> int:
    """Return the side of the input region that one output neuron of a stack of layers sees.

    With layers 1, 2, ... from the input on,

        1 + sum over the layers l of  dilation_l * (kernel_l - 1) * (product of the strides of the layers before l)

    Neighbouring neurons of a map lie as many input pixels apart as the strides of all layers up to it multiply to, so
    a window there reaches that much further in the input. A layer's own stride does not widen its own window.

    layers: a sequence of (kernel, stride) or (kernel, stride, dilation), input side first. Pooling layers belong in
    it:
        2x2 pooling with stride 2 is (2, 2). All entries are at least 1; where no dilation is given it is 1.
    Returns a whole number; 1 for an empty sequence, where a neuron is an input pixel.

    Raises ValueError when a tuple has another length than 2 or 3, and when a kernel, stride or dilation is below 1.

    Example: 5x5 convolution, 2x2 pooling of stride 2, 5x5 convolution: 1 + 4 + 1 + 4*2 = 14. With three such pairs a
    neuron after the third convolution sees 32 pixels, after the third pooling 36. (13, from three kernels of 5,
    forgets the pooling layers' strides.)

    >>> receptive_field([(5, 1), (2, 2), (5, 1)])
    14
    >>> receptive_field([(5, 1), (2, 2)] * 3)
    36
    >>> receptive_field([(3, 1, 1), (3, 1, 2), (3, 1, 4)])
    15

    Source: Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks (Distill, 2019); Yu and
    Koltun, Multi-scale context aggregation by dilated convolutions (2016), section 2, for dilation.
    """
    raise NotImplementedError("receptive_field is not written yet")


def dense_block_channels(in_channels: int, growth_rate: int, num_layers: int) -> int:
    """Return the number of channels that leave a DenseNet block.

        in_channels + num_layers * growth_rate

    Each layer adds growth_rate new maps, and everything that came before is carried along by concatenation.

    in_channels: channels that enter the block, at least 1.
    growth_rate: channels that each layer adds, at least 1.
    num_layers: number of layers, at least 0; a block without layers hands its input on.
    Returns a whole number.

    Raises ValueError when in_channels or growth_rate is below 1, and when num_layers is below 0.

    Example: 32 channels in and three layers of growth 24 give 32 + 3*24 = 104.

    >>> dense_block_channels(32, 24, 3)
    104
    >>> dense_block_channels(64, 32, 6)
    256

    Source: Huang, Liu, van der Maaten and Weinberger, Densely connected convolutional networks (2017), section 3,
    paragraph "Growth rate".
    """
    raise NotImplementedError("dense_block_channels is not written yet")


def dense_layer_inputs(feature_maps: Sequence[int], layer: int) -> int:
    """Return the number of input channels of one layer when all earlier maps are concatenated.

        feature_maps[0] + ... + feature_maps[layer - 2], the first layer - 1 entries

    feature_maps: channel counts of the maps in their order; the block's input comes first where it is counted.
    layer: number of the layer, counted from 1, at most one more than there are maps.
    Returns a whole number; 0 for layer 1, before which there is no map.

    Raises ValueError when layer is not one of 1 .. len(feature_maps) + 1.

    Example: maps of 64 and 128 channels give the third layer 64 + 128 = 192 inputs, and the second one 64.

    >>> dense_layer_inputs([64, 128], 3)
    192
    >>> dense_layer_inputs([64, 128], 2)
    64

    Source: Huang, Liu, van der Maaten and Weinberger (2017), section 3, paragraph "Dense connectivity" (equation 2).
    """
    raise NotImplementedError("dense_layer_inputs is not written yet")


def unet_bottleneck_size(size: int, depth: int) -> int:
    """Return the side of a U-Net's deepest feature map, when only its poolings change the size.

        size / 2**depth

    Each of the `depth` 2x2 poolings of stride 2 halves the side. A side that cannot be halved so often without a
    remainder is refused: on the way up, the maps would no longer match those that the skip connections bring.

    size: height or width of the image, at least 1, a multiple of 2**depth.
    depth: number of halvings, at least 0.
    Returns a whole number, at least 1.

    Raises ValueError when size is below 1, when depth is below 0, and when size is not divisible by 2**depth.

    Example: 256 wide, four halvings: 128, 64, 32, 16.

    >>> unet_bottleneck_size(256, 4)
    16
    >>> unet_bottleneck_size(96, 5)
    3

    Source: Ronneberger, Fischer and Brox, U-Net (2015), section 2, which asks for an even side at every pooling.
    """
    raise NotImplementedError("unet_bottleneck_size is not written yet")


def summarize(input_shape: Shape, layers: Sequence[tuple]) -> list[tuple[Shape, int]]:
    """Return the output shape and the number of trainable parameters of every layer of a sequential network.

    This is the table that frameworks print as a model's summary. A layer is a tuple, its kind first:

        layer                                       input      output                        parameters
        ("conv", filters, kernel, stride, padding)  (C, H, W)  (filters, OH, OW)             weights and biases
        ("max_pool", kernel, stride)                (C, H, W)  (C, OH, OW)                   none
        ("avg_pool", kernel, stride)                (C, H, W)  (C, OH, OW)                   none
        ("global_avg_pool",)                        (C, H, W)  (C,)                          none
        ("batchnorm",)                              either     as the input                  2 a channel or feature
        ("relu",)                                   either     as the input                  none
        ("dropout", p), p in [0, 1)                 either     as the input                  none
        ("flatten",)                                either     (C*H*W,); flat stays          none
        ("linear", features)                        (inputs,)  (features,)                   weights and biases

    OH and OW are what `conv_output_size` gives for the height and for the width; pooling has no padding. Kernels,
    strides and paddings are ints, the same for both directions; images need not be square.

    input_shape: shape of one image, (C, H, W).
    layers: a sequence of such tuples, input side first.
    Returns a list with one pair (output_shape, parameters) for each layer, in order: output_shape is a tuple (C, H, W)
    or (features,), parameters a whole number.

    Raises ValueError when a layer's kind is unknown, and when a layer does not fit its input: a kernel or pooling
    window larger than its (padded) input, a linear layer on an image, a convolution or pooling on a flat shape, p
    outside [0, 1).

    Example: one convolution of 16 filters 5x5 with padding 2 over an RGB image of 128x128, pooled, and ten classes on
    the average of every map.

    >>> summarize((3, 128, 128), [("conv", 16, 5, 1, 2), ("max_pool", 2, 2), ("global_avg_pool",), ("linear", 10)])
    [((16, 128, 128), 1216), ((16, 64, 64), 0), ((16,), 0), ((10,), 170)]

    Source: Simonyan and Zisserman, Very deep convolutional networks (2015), section 2 with tables 1 and 2. VGG-16 is a
    good test: its layers have 138,357,544 parameters in all.
    """
    raise NotImplementedError("summarize is not written yet")
