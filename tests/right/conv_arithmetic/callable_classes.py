"""Callable instances and bound methods for functions, frozen data classes, pattern matching, an own kind of ValueError."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple


class BadArgument(ValueError):
    def __init__(self, name, value, rule="out of range"):
        self.name, self.value = name, value
        super().__init__(f"{name} {rule}: {value}")


def check(**kw):
    for name, (value, low) in kw.items():
        if value < low:
            raise BadArgument(name, value)


@dataclass(frozen=True)
class Window:
    size: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def __post_init__(self):
        check(
            size=(self.size, 1),
            kernel=(self.kernel, 1),
            stride=(self.stride, 1),
            padding=(self.padding, 0),
            dilation=(self.dilation, 1),
        )
        if self.span > self.padded:
            raise BadArgument("kernel", self.kernel, f"larger than padded input {self.padded}")

    @property
    def span(self):
        return self.dilation * (self.kernel - 1) + 1

    @property
    def padded(self):
        return self.size + 2 * self.padding

    @property
    def count(self):
        return len(range(0, self.padded - self.span + 1, self.stride))

    @property
    def exact(self):
        return not (self.padded - self.span) % self.stride


class ConvOutputSize:
    def __call__(self, size, kernel, stride=1, padding=0, dilation=1):
        return Window(size, kernel, stride, padding, dilation).count


conv_output_size = ConvOutputSize()


class StrideFits:
    def __call__(self, size, kernel, stride, padding=0):
        return Window(size, kernel, stride, padding).exact


stride_fits = StrideFits()


class Padding:
    @staticmethod
    def same(kernel, dilation=1):
        check(kernel=(kernel, 1), dilation=(dilation, 1))
        p = dilation * (kernel - 1) / 2
        if p != int(p):
            raise BadArgument("kernel", kernel)
        return int(p)


same_padding = Padding.same


def transposed_conv_output_size(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    check(
        size=(size, 1),
        kernel=(kernel, 1),
        stride=(stride, 1),
        padding=(padding, 0),
        output_padding=(output_padding, 0),
        dilation=(dilation, 1),
    )
    if output_padding >= max(stride, dilation):
        raise BadArgument("output_padding", output_padding)
    # positions written
    last = max(i * stride + j * dilation for i in range(size) for j in range(kernel))
    left = last + 1 - 2 * padding + output_padding
    if left < 1:
        raise BadArgument("padding", padding)
    return left


class Size2(NamedTuple):
    height: int
    width: int

    @classmethod
    def of(cls, p, name="kernel"):
        s = cls(*p) if isinstance(p, (tuple, list)) else cls(p, p)
        if min(s) < 1:
            raise BadArgument(name, p)
        return s

    @property
    def area(self):
        return self.height * self.width


class Counter:
    def conv(self, in_channels, out_channels, kernel, bias=True, groups=1):
        check(in_channels=(in_channels, 1), out_channels=(out_channels, 1), groups=(groups, 1))
        if math.gcd(in_channels, groups) != groups or math.gcd(out_channels, groups) != groups:
            raise BadArgument("groups", groups, "does not divide")
        one = Size2.of(kernel).area * (in_channels // groups)
        return sum(one + int(bias) for _ in range(out_channels))

    def linear(self, in_features, out_features, bias=True):
        check(in_features=(in_features, 1), out_features=(out_features, 1))
        return in_features * out_features + (out_features if bias else 0)

    def norm(self, channels):
        check(channels=(channels, 1))
        return sum([channels, channels])

    def local(self, in_channels, out_channels, kernel, output_size, bias=True):
        return Size2.of(output_size, "output_size").area * self.conv(in_channels, out_channels, kernel, bias)

    def macs(self, in_channels, out_channels, kernel, output_size, groups=1):
        return Size2.of(output_size, "output_size").area * self.conv(in_channels, out_channels, kernel, False, groups)


_counter = Counter()
conv_parameters = _counter.conv
linear_parameters = _counter.linear
batchnorm_parameters = _counter.norm
locally_connected_parameters = _counter.local
conv_multiply_adds = _counter.macs


def receptive_field(layers):
    lo, hi = 0, 0
    for layer in layers[::-1]:
        match layer:
            case (k, s):
                d = 1
            case (k, s, d):
                pass
            case _:
                raise BadArgument("layer", layer)
        check(kernel=(k, 1), stride=(s, 1), dilation=(d, 1))
        lo, hi = lo * s, hi * s + d * (k - 1)
    return hi - lo + 1


def dense_block_channels(in_channels, growth_rate, num_layers):
    check(in_channels=(in_channels, 1), growth_rate=(growth_rate, 1), num_layers=(num_layers, 0))
    return sum([in_channels] + [growth_rate] * num_layers)


def dense_layer_inputs(feature_maps, layer):
    if not 1 <= layer <= len(feature_maps) + 1:
        raise BadArgument("layer", layer)
    it = iter(feature_maps)
    return sum(next(it) for _ in range(layer - 1))


def unet_bottleneck_size(size, depth):
    check(size=(size, 1), depth=(depth, 0))
    if size & ((1 << depth) - 1):
        raise BadArgument("size", size)
    return size >> depth


class Row(NamedTuple):
    output_shape: tuple
    parameters: int


def summarize(input_shape, layers) -> list[Row]:
    rows = []
    shape = input_shape
    for layer in layers:
        match (layer, shape):
            case (("conv", f, k, s, p), (c, h, w)):
                shape, n = (f, conv_output_size(h, k, s, p), conv_output_size(w, k, s, p)), conv_parameters(c, f, k)
            case (("max_pool" | "avg_pool", k, s), (c, h, w)):
                shape, n = (c, conv_output_size(h, k, s), conv_output_size(w, k, s)), 0
            case (("global_avg_pool",), (c, _, _)):
                shape, n = (c,), 0
            case (("batchnorm",), (c, *_)):
                n = batchnorm_parameters(c)
            case (("relu",), _):
                n = 0
            case (("dropout", p), _) if 0 <= p < 1:
                n = 0
            case (("flatten",), _):
                shape, n = (math.prod(shape),), 0
            case (("linear", features), (i,)):
                shape, n = (features,), linear_parameters(i, features)
            case _:
                raise BadArgument("layer", layer, f"does not fit {shape}")
        rows.append(Row(shape, n))
    return rows
