"""Expressions only: reduce, accumulate, generators and lambdas; errors by a function that raises."""

from functools import reduce
from itertools import accumulate, islice
from operator import mul


def _no(message):
    raise ValueError(message)


def _least(least, **values):
    return all(value >= least or _no(f"{name} is {value}, less than {least}") for name, value in values.items())


_pair = lambda pair: pair if isinstance(pair, tuple) else (pair,) * 2  # noqa: E731
_area = lambda name, pair: _least(1, **{name: min(_pair(pair))}) and reduce(mul, _pair(pair))  # noqa: E731


def conv_output_size(size, kernel, stride=1, padding=0, dilation=1):
    _least(1, size=size, kernel=kernel, stride=stride, dilation=dilation)
    _least(0, padding=padding)
    starts = range(-padding, size + padding - dilation * (kernel - 1), stride)
    return len(starts) or _no(f"kernel {kernel} is larger than the padded input {size + 2 * padding}")


def stride_fits(size, kernel, stride, padding=0):
    windows = conv_output_size(size, kernel, stride, padding)
    return 1 if stride * (windows - 1) + kernel == size + 2 * padding else 0


def same_padding(kernel, dilation=1):
    _least(1, kernel=kernel, dilation=dilation)
    fitting = (p for p in range(dilation * kernel) if 2 * p == dilation * (kernel - 1))
    padding = next(fitting, None)
    return padding if padding is not None else _no(f"kernel {kernel} with dilation {dilation} has no such padding")


def transposed_conv_output_size(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    _least(1, size=size, kernel=kernel, stride=stride, dilation=dilation)
    _least(0, padding=padding, output_padding=output_padding)
    _least(output_padding + 1, larger_of_stride_and_dilation=max(stride, dilation))
    ends = (entry * stride + (kernel - 1) * dilation for entry in range(size))
    result = max(ends) + 1 + output_padding - padding - padding
    return _least(1, output_size=result) and result


def conv_parameters(in_channels, out_channels, kernel, bias=True, groups=1):
    _least(1, in_channels=in_channels, out_channels=out_channels, groups=groups)
    in_channels % groups == 0 or _no(f"in_channels {in_channels}, groups {groups}")
    out_channels % groups == 0 or _no(f"out_channels {out_channels}, groups {groups}")
    return sum((out_channels * (in_channels // groups) * _area("kernel", kernel), out_channels if bias else 0))


def linear_parameters(in_features, out_features, bias=True):
    return _least(1, in_features=in_features, out_features=out_features) and out_features * (in_features + bool(bias))


def batchnorm_parameters(channels):
    return _least(1, channels=channels) and channels << 1


def locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias=True):
    each = conv_parameters(in_channels, out_channels, kernel, bias)
    return each * _area("output_size", output_size)


def conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups=1):
    each = conv_parameters(in_channels, out_channels, kernel, False, groups)
    return each * _area("output_size", output_size)


def receptive_field(layers):
    triples = [
        (*layer, 1) if len(layer) == 2 else layer if len(layer) == 3 else _no(f"layers holds {layer}")
        for layer in layers
    ]
    all(_least(1, kernel=kernel, stride=stride, dilation=dilation) for kernel, stride, dilation in triples)
    distances = accumulate((stride for _, stride, _ in triples), mul, initial=1)
    return 1 + sum((k - 1) * d * distance for (k, _, d), distance in zip(triples, distances, strict=False))


def dense_block_channels(in_channels, growth_rate, num_layers):
    _least(1, in_channels=in_channels, growth_rate=growth_rate)
    _least(0, num_layers=num_layers)
    return next(islice(accumulate((growth_rate for _ in range(num_layers)), initial=in_channels), num_layers, None))


def dense_layer_inputs(feature_maps, layer):
    inputs = dict(enumerate(accumulate(feature_maps, initial=0), start=1))
    return inputs[layer] if layer in inputs else _no(f"layer {layer} is not among {list(inputs)}")


def unet_bottleneck_size(size, depth):
    _least(1, size=size)
    _least(0, depth=depth)
    halve = lambda side, _: side // 2 if side % 2 == 0 else _no(f"size {size} at depth {depth}")  # noqa: E731
    return reduce(halve, range(depth), size)


_IMAGE = lambda shape: len(shape) == 3 or _no(f"shape {shape} is no image")  # noqa: E731
_FLAT = lambda shape: len(shape) == 1 or _no(f"shape {shape} is not flat")  # noqa: E731
_POOL = lambda s, k, t: _IMAGE(s) and ((s[0], conv_output_size(s[1], k, t), conv_output_size(s[2], k, t)), 0)  # noqa: E731
_LAYERS = {
    "conv": lambda s, f, k, t, p: (
        _IMAGE(s)
        and ((f, conv_output_size(s[1], k, t, p), conv_output_size(s[2], k, t, p)), conv_parameters(s[0], f, k))
    ),
    "max_pool": _POOL,
    "avg_pool": _POOL,
    "global_avg_pool": lambda s: _IMAGE(s) and (s[:1], 0),
    "batchnorm": lambda s: (s, batchnorm_parameters(s[0])),
    "relu": lambda s: (s, 0),
    "dropout": lambda s, p: (s, 0) if 0 <= p < 1 else _no(f"p {p}"),
    "flatten": lambda s: ((reduce(mul, s),), 0),
    "linear": lambda s, f: _FLAT(s) and ((f,), linear_parameters(s[0], f)),
}


def summarize(input_shape, layers):
    unknown = lambda *_: _no("unknown layer")  # noqa: E731
    rows = accumulate(
        layers, lambda row, layer: _LAYERS.get(layer[0], unknown)(row[0], *layer[1:]), initial=(input_shape, 0)
    )
    return tuple(islice(rows, 1, None))
