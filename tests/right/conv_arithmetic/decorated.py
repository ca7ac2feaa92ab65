"""Arguments checked by a decorator that reads signatures, partial functions, lambdas, one function made by exec."""

# ruff: noqa: F821 (the linter does not see what exec defines; lambdas with names are the point here)

import functools
import inspect
import math
import operator
from functools import partial, reduce


def at_least(**limits):
    def deco(f):
        sig = inspect.signature(f)

        @functools.wraps(f)
        def wrapper(*args, **kwargs):
            bound = sig.bind(*args, **kwargs)
            bound.apply_defaults()
            for name, low in limits.items():
                value = bound.arguments[name]
                for v in value if hasattr(value, "__iter__") else [value]:
                    if v < low:
                        raise ValueError("%s must be >= %d but is %r" % (name, low, value))  # noqa: UP031 -- as people write it
            return f(*args, **kwargs)

        return wrapper

    return deco


@at_least(size=1, kernel=1, stride=1, padding=0, dilation=1)
def conv_output_size(size, kernel, stride=1, padding=0, dilation=1):
    room = size + 2 * padding - (dilation * (kernel - 1) + 1)
    if room < 0:
        raise ValueError("kernel %d (dilated) larger than input %d" % (kernel, size + 2 * padding))  # noqa: UP031 -- as people write it
    return math.ceil((room + 1) / stride)


def stride_fits(size, kernel, stride, padding=0):
    n = conv_output_size(size, kernel, stride, padding)
    return (n - 1) * stride + kernel == size + 2 * padding


@at_least(kernel=1, dilation=1)
def same_padding(kernel, dilation=1):
    q, r = divmod(dilation * (kernel - 1), 2)
    if r:
        raise ValueError(f"kernel={kernel}")
    return q


@at_least(size=1, kernel=1, stride=1, padding=0, output_padding=0, dilation=1)
def transposed_conv_output_size(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    if not output_padding < max((stride, dilation)):
        raise ValueError("output_padding", output_padding)
    r = (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1
    if r <= 0:
        raise ValueError(f"nothing left: {r}")
    return r


def pair(p):
    return tuple(p) if hasattr(p, "__len__") else (p, p)


prod = partial(reduce, operator.mul)

exec("""
@at_least(in_channels=1, out_channels=1, kernel=1, groups=1)
def conv_parameters(in_channels, out_channels, kernel, bias=True, groups=1):
    if in_channels % groups or out_channels % groups:
        raise ValueError(f"channels {in_channels}, {out_channels} vs groups {groups}")
    return out_channels * (prod(pair(kernel)) * in_channels // groups + bool(bias))
""")
linear_parameters = at_least(in_features=1, out_features=1)(
    lambda in_features, out_features, bias=True: (in_features + (1 if bias else 0)) * out_features
)
batchnorm_parameters = at_least(channels=1)(lambda channels: channels << 1)


@at_least(output_size=1)
def locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias=True):
    return prod(pair(output_size)) * conv_parameters(in_channels, out_channels, kernel, bias)


@at_least(output_size=1)
def conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups=1):
    return prod(pair(output_size), conv_parameters(in_channels, out_channels, kernel, bias=False, groups=groups))


def receptive_field(layers):
    for layer in layers:
        if len(layer) not in (2, 3) or any(v < 1 for v in layer):
            raise ValueError(f"layer {layer}")
    r = 1
    for k, s, *d in reversed(layers):
        r = (r - 1) * s + 1 + (d[0] if d else 1) * (k - 1)
    return r


@at_least(in_channels=1, growth_rate=1, num_layers=0)
def dense_block_channels(in_channels, growth_rate, num_layers):
    return functools.reduce(lambda c, _: c + growth_rate, range(num_layers), in_channels)


def dense_layer_inputs(feature_maps, layer):
    if layer - 1 not in range(len(feature_maps) + 1):
        raise ValueError(f"layer {layer}")
    return sum(m for i, m in enumerate(feature_maps, 1) if i < layer)


@at_least(size=1, depth=0)
def unet_bottleneck_size(size, depth):
    while depth:
        size, r = divmod(size, 2)
        if r:
            raise ValueError("size not divisible")
        depth -= 1
    return size


def summarize(input_shape, layers):
    def step(state, layer):
        table, s = state
        kind, *a = layer
        try:
            f = {
                "conv": conv,
                "max_pool": pool,
                "avg_pool": pool,
                "global_avg_pool": gap,
                "batchnorm": bn,
                "relu": keep,
                "dropout": drop,
                "flatten": flat,
                "linear": lin,
            }[kind]
        except KeyError:
            raise ValueError(f"unknown layer {kind}") from None
        s, p = f(s, *a)
        return [*table, (s, p)], s

    def image(s):
        if len(s) != 3:
            raise ValueError(f"image expected, got {s}")
        return s

    def conv(s, f, k, st, p):
        c, h, w = image(s)
        return (f, conv_output_size(h, k, st, p), conv_output_size(w, k, st, p)), conv_parameters(c, f, k)

    def pool(s, k, st):
        c, h, w = image(s)
        return (c, conv_output_size(h, k, st), conv_output_size(w, k, st)), 0

    def gap(s):
        return (image(s)[:1], 0)

    def bn(s):
        return (s, batchnorm_parameters(s[0]))

    def keep(s):
        return (s, 0)

    def drop(s, p):
        if p < 0 or p >= 1:
            raise ValueError(f"p={p}")
        return s, 0

    def flat(s):
        return ((prod(s),), 0)

    def lin(s, n):
        if len(s) != 1:
            raise ValueError("flatten first")
        return (n,), linear_parameters(s[0], n)

    return functools.reduce(step, layers, ([], tuple(input_shape)))[0]
