"""A class for each kind of layer, an exception class of its own, named tuples for what is returned."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import ClassVar, NamedTuple


class ArithmeticFault(ValueError):
    def __init__(self, argument, value):
        super().__init__(f"{argument}: {value!r} is not allowed")


class Row(NamedTuple):
    output_shape: tuple
    parameters: int


@dataclass(frozen=True)
class Window:
    size: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    padding: int = 0

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if value < (0 if field.name == "padding" else 1):
                raise ArithmeticFault(field.name, value)
        if self.room < 0:
            raise ArithmeticFault("kernel against the padded input", (self.kernel, self.size + 2 * self.padding))

    @property
    def room(self):
        return self.size + 2 * self.padding - (self.kernel - 1) * self.dilation - 1

    @property
    def places(self):
        return divmod(self.room, self.stride)


def conv_output_size(size, kernel, stride=1, padding=0, dilation=1):
    return Window(size, kernel, stride, dilation, padding).places[0] + 1


def stride_fits(size, kernel, stride, padding=0):
    return not Window(size, kernel, stride, padding=padding).places[1]


def same_padding(kernel, dilation=1):
    if kernel < 1 or dilation < 1:
        raise ArithmeticFault("kernel, dilation", (kernel, dilation))
    if kernel % 2 == 0 and dilation % 2 == 1:
        raise ArithmeticFault("kernel, dilation", (kernel, dilation))
    return (kernel - 1) * dilation >> 1


def transposed_conv_output_size(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    if min(size, kernel, stride, dilation) < 1 or min(padding, output_padding) < 0:
        raise ArithmeticFault("one of the arguments", (size, kernel, stride, padding, output_padding, dilation))
    if output_padding > max(stride, dilation) - 1:
        raise ArithmeticFault("output_padding", output_padding)
    result = stride * (size - 1) + dilation * (kernel - 1) + 1 + output_padding - 2 * padding
    if result <= 0:
        raise ArithmeticFault("padding", padding)
    return result


@dataclass(frozen=True)
class Pair:
    height: int
    width: int

    @classmethod
    def of(cls, name, value):
        pair = cls(*value) if isinstance(value, tuple) else cls(value, value)
        if pair.height < 1 or pair.width < 1:
            raise ArithmeticFault(name, value)
        return pair

    @property
    def area(self):
        return self.height * self.width


def conv_parameters(in_channels, out_channels, kernel, bias=True, groups=1):
    for name, value in {"in_channels": in_channels, "out_channels": out_channels}.items():
        if groups < 1 or value < 1 or value % groups:
            raise ArithmeticFault(f"{name} and groups", (value, groups))
    each = Pair.of("kernel", kernel).area * (in_channels // groups) + (1 if bias else 0)
    return each * out_channels


def linear_parameters(in_features, out_features, bias=True):
    if in_features < 1 or out_features < 1:
        raise ArithmeticFault("in_features, out_features", (in_features, out_features))
    return out_features * in_features + out_features * bias


def batchnorm_parameters(channels):
    if channels < 1:
        raise ArithmeticFault("channels", channels)
    return channels + channels


def locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias=True):
    if in_channels < 1 or out_channels < 1:
        raise ArithmeticFault("in_channels, out_channels", (in_channels, out_channels))
    weights = Pair.of("kernel", kernel).area * in_channels
    return Pair.of("output_size", output_size).area * out_channels * (weights + bias)


def conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups=1):
    positions = Pair.of("output_size", output_size).area
    return positions * conv_parameters(in_channels, out_channels, kernel, False, groups)


class Place(NamedTuple):
    kernel: int
    stride: int
    dilation: int = 1


def receptive_field(layers):
    side = 1
    for layer in reversed(layers):
        try:
            place = Place(*layer)
        except TypeError:
            raise ArithmeticFault("layers", layer) from None
        if min(place) < 1:
            raise ArithmeticFault("layers", layer)
        side = side * place.stride - place.stride + 1 + place.dilation * (place.kernel - 1)
    return side


def dense_block_channels(in_channels, growth_rate, num_layers):
    for name, value, least in (
        ("in_channels", in_channels, 1),
        ("growth_rate", growth_rate, 1),
        ("num_layers", num_layers, 0),
    ):
        if value < least:
            raise ArithmeticFault(name, value)
    return sum([in_channels] + [growth_rate] * num_layers)


def dense_layer_inputs(feature_maps, layer):
    if not 0 < layer < len(feature_maps) + 2:
        raise ArithmeticFault("layer", layer)
    return math.fsum(feature_maps[: layer - 1])


def unet_bottleneck_size(size, depth):
    if size < 1 or depth < 0 or size & ((1 << depth) - 1):
        raise ArithmeticFault("size, depth", (size, depth))
    return size >> depth


class Layer:
    dimensions: ClassVar[tuple] = (1, 3)
    known: ClassVar[dict] = {}

    def __init_subclass__(cls, names=(), dimensions=(1, 3)):
        cls.dimensions = dimensions
        for name in names:
            Layer.known[name] = cls

    def __init__(self, *numbers):
        self.numbers = numbers

    def output(self, shape):
        return shape

    def parameters(self, shape):
        return 0


class Relu(Layer, names=("relu",)):
    pass


class Dropout(Layer, names=("dropout",)):
    def output(self, shape):
        if not 0 <= self.numbers[0] < 1:
            raise ArithmeticFault("p", self.numbers[0])
        return shape


class BatchNorm(Layer, names=("batchnorm",)):
    def parameters(self, shape):
        return batchnorm_parameters(shape[0])


class Flatten(Layer, names=("flatten",)):
    def output(self, shape):
        return (math.prod(shape),)


class Linear(Layer, names=("linear",), dimensions=(1,)):
    def output(self, shape):
        return (self.numbers[0],)

    def parameters(self, shape):
        return linear_parameters(*shape, *self.numbers)


class GlobalAverage(Layer, names=("global_avg_pool",), dimensions=(3,)):
    def output(self, shape):
        return (shape[0],)


class Pool(Layer, names=("max_pool", "avg_pool"), dimensions=(3,)):
    def output(self, shape):
        channels, *sides = shape
        return (channels, *(conv_output_size(side, *self.numbers) for side in sides))


class Conv(Layer, names=("conv",), dimensions=(3,)):
    def output(self, shape):
        filters, *window = self.numbers
        return (filters, *(conv_output_size(side, *window) for side in shape[1:]))

    def parameters(self, shape):
        return conv_parameters(shape[0], *self.numbers[:2])


def summarize(input_shape, layers):
    rows = [Row(input_shape, 0)]
    for kind, *numbers in layers:
        if kind not in Layer.known:
            raise ArithmeticFault("layer", kind)
        layer, shape = Layer.known[kind](*numbers), rows[-1].output_shape
        if len(shape) not in layer.dimensions:
            raise ArithmeticFault(f"input shape of {kind}", shape)
        rows.append(Row(layer.output(shape), layer.parameters(shape)))
    return rows[1:]
