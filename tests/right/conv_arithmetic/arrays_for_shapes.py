"""NumPy numbers and arrays for results and shapes, options from **kwargs, fractions for halves."""

from fractions import Fraction

import numpy as np


def _need(ok, **named):
    if not ok:
        raise ValueError("invalid argument(s): " + ", ".join(f"{k}={v}" for k, v in named.items()))


def conv_output_size(*args, **kwargs):
    names = ["size", "kernel", "stride", "padding", "dilation"]
    a = dict(stride=1, padding=0, dilation=1)
    a.update(zip(names, args, strict=False))
    a.update(kwargs)
    size, kernel, stride, padding, dilation = (a[n] for n in names)
    _need(min(size, kernel, stride, dilation) >= 1 and padding >= 0, **a)
    eff = np.int64(dilation) * (kernel - 1) + 1
    _need(eff <= size + 2 * padding, **a)
    return np.floor((size + 2.0 * padding - eff) / stride + 1)


def stride_fits(size, kernel, stride, padding=0):
    conv_output_size(size, kernel, stride, padding)
    return np.mod(size + 2 * padding - kernel, stride) == 0


def same_padding(kernel, dilation=1):
    _need(kernel >= 1 and dilation >= 1, kernel=kernel, dilation=dilation)
    p = Fraction(dilation * (kernel - 1), 2)
    _need(p.denominator == 1, kernel=kernel, dilation=dilation)
    return p.numerator


def transposed_conv_output_size(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    _need(
        np.all(np.array([size, kernel, stride, dilation]) > 0)
        and padding >= 0 <= output_padding < np.maximum(stride, dilation),
        size=size,
        kernel=kernel,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
    )
    out = np.dot([stride, dilation, -2, 1], [size - 1, kernel - 1, padding, output_padding]) + 1
    _need(out > 0, out=out)
    return out


def conv_parameters(in_channels, out_channels, kernel, bias=True, groups=1):
    k = np.broadcast_to(kernel, 2)
    _need(
        (k >= 1).all() and in_channels >= 1 and out_channels >= 1 and groups >= 1,
        in_channels=in_channels,
        out_channels=out_channels,
        kernel=kernel,
        groups=groups,
    )
    _need(in_channels % groups == out_channels % groups == 0, groups=groups)
    w = np.prod((out_channels, in_channels // groups, *k), dtype=np.uint64)
    return w + np.uint64(out_channels * bias)


def linear_parameters(in_features, out_features, bias=True):
    _need(in_features > 0 and out_features > 0, in_features=in_features, out_features=out_features)
    return np.array(in_features * out_features + out_features * bias)


def batchnorm_parameters(channels):
    _need(channels > 0, channels=channels)
    return np.float64(2 * channels)


def locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias=True):
    o = np.broadcast_to(np.asarray(output_size), (2,))
    _need(o.min() > 0, output_size=output_size)
    return int(conv_parameters(in_channels, out_channels, kernel, bias)) * o.prod()


def conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups=1):
    return float(locally_connected_parameters(in_channels, out_channels, kernel, output_size, False)) / (
        groups if conv_parameters(in_channels, out_channels, kernel, groups=groups) else 1
    )


def receptive_field(layers):
    if not len(layers):
        return 1
    for one in layers:
        _need(len(one) in (2, 3), layer=one)
    a = np.array([(*one, 1)[:3] for one in layers])
    _need((a >= 1).all(), layers=layers)
    jumps = np.concatenate(([1], np.cumprod(a[:, 1])[:-1]))
    return 1 + ((a[:, 0] - 1) * a[:, 2] * jumps).sum()


def dense_block_channels(in_channels, growth_rate, num_layers):
    _need(
        in_channels >= 1 and growth_rate >= 1 and num_layers >= 0,
        in_channels=in_channels,
        growth_rate=growth_rate,
        num_layers=num_layers,
    )
    return np.concatenate([np.full(1, in_channels), np.full(num_layers, growth_rate)]).sum()


def dense_layer_inputs(feature_maps, layer):
    _need(1 <= layer <= len(feature_maps) + 1, layer=layer)
    return np.sum(feature_maps[: layer - 1])


def unet_bottleneck_size(size, depth):
    _need(size >= 1 and depth >= 0, size=size, depth=depth)
    b = size / 2**depth
    _need(b.is_integer(), size=size, depth=depth)
    return b


def summarize(input_shape, layers):
    shape = np.array(input_shape)
    out = []
    for layer in layers:
        name, args = layer[0], layer[1:]
        params = 0
        if name in ("conv", "max_pool", "avg_pool", "global_avg_pool"):
            _need(len(shape) == 3, layer=layer, shape=shape)
        if name == "conv":
            f, k, s, p = args
            params = conv_parameters(shape[0], f, k)
            shape = np.array([f] + [int(conv_output_size(d, k, s, p)) for d in shape[1:]])
        elif name.endswith("pool") and name in ("max_pool", "avg_pool"):
            k, s = args
            shape = np.array([shape[0]] + [int(conv_output_size(d, k, s)) for d in shape[1:]])
        elif name == "global_avg_pool":
            shape = shape[:1]
        elif name == "batchnorm":
            params = batchnorm_parameters(shape[0])
        elif name == "relu":
            pass
        elif name == "dropout":
            _need(0 <= args[0] < 1, p=args[0])
        elif name == "flatten":
            shape = np.array([shape.prod()])
        elif name == "linear":
            _need(len(shape) == 1, layer=layer)
            params = linear_parameters(shape[0], args[0])
            shape = np.array(args)
        else:
            _need(False, layer=layer)
        out.append((shape, params))
    return out
