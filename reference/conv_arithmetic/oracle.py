"""The right values of the topic, by building the thing and counting: window positions, weight arrays, pixels reached.

No closed formula of the topic is used where counting can take its place. Weight arrays and images are NumPy arrays
without memory (every entry is the same one), so that VGG-16's can be built as well.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def check_at_least(least, **arguments):
    """Raise ValueError for the first argument below `least`."""
    for name, value in arguments.items():
        if value < least:
            raise ValueError(f"{name} is {value}, below {least}")


def check_pair(name, value):
    """The pair (height, width); ValueError unless both are at least 1."""
    pair = value if isinstance(value, tuple) else (value, value)
    if min(pair) < 1:
        raise ValueError(f"{name} is {value}, below 1")
    return pair


def weightless(*shape):
    """An array of this shape that takes no memory."""
    return np.broadcast_to(np.float32(1), shape)


def window_starts(size, kernel, stride=1, padding=0, dilation=1):
    """First entry of every window that lies inside the padded input; ValueError for what cannot be."""
    check_at_least(1, size=size, kernel=kernel, stride=stride, dilation=dilation)
    check_at_least(0, padding=padding)
    taps = range(0, dilation * kernel, dilation)
    padded = range(-padding, size + padding)
    starts = [start for start in padded[::stride] if start + taps[-1] in padded]
    if not starts:
        raise ValueError(f"kernel {kernel} with dilation {dilation} is larger than size {size} with padding {padding}")
    return starts


def conv_output_size(size, kernel, stride=1, padding=0, dilation=1):
    """The number of window positions."""
    return len(window_starts(size, kernel, stride, padding, dilation))


def stride_fits(size, kernel, stride, padding=0):
    """Whether the last window ends where the padded input does."""
    last = window_starts(size, kernel, stride, padding)[-1]
    return last + kernel == size + padding


def same_padding(kernel, dilation=1):
    """The padding, found by trying, at which an input as large as the kernel's span keeps its size."""
    check_at_least(1, kernel=kernel, dilation=dilation)
    size = dilation * kernel
    for padding in range(size):
        if conv_output_size(size, kernel, padding=padding, dilation=dilation) == size:
            return padding
    raise ValueError(f"no padding keeps the size with kernel {kernel} and dilation {dilation}")


def transposed_conv_output_size(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    """The number of output entries from the first to the last one written to, cut and extended."""
    check_at_least(1, size=size, kernel=kernel, stride=stride, dilation=dilation)
    check_at_least(0, padding=padding, output_padding=output_padding)
    if not any(output_padding < step for step in (stride, dilation)):
        raise ValueError(f"output_padding {output_padding} is not below stride {stride} or dilation {dilation}")
    written = {entry * stride + tap * dilation for entry in range(size) for tap in range(kernel)}
    first, last = min(written) + padding, max(written) - padding + output_padding
    if last < first:
        raise ValueError(f"padding {padding} leaves nothing of the output")
    return len(range(first, last + 1))


def weights_of_groups(in_channels, out_channels, kernel, groups):
    """The weight array (F, C, KH, KW) of every group."""
    check_at_least(1, in_channels=in_channels, out_channels=out_channels, groups=groups)
    kernel = check_pair("kernel", kernel)
    inputs = np.array_split(np.arange(in_channels), groups)
    outputs = np.array_split(np.arange(out_channels), groups)
    for name, parts in (("in_channels", inputs), ("out_channels", outputs)):
        if len({len(part) for part in parts}) > 1 or len(parts[0]) == 0:
            raise ValueError(f"{name} {sum(map(len, parts))} cannot be split into groups {groups}")
    return [weightless(len(outs), len(ins), *kernel) for ins, outs in zip(inputs, outputs, strict=True)]


def conv_parameters(in_channels, out_channels, kernel, bias=True, groups=1):
    """The entries of the weight arrays and of the bias."""
    weights = weights_of_groups(in_channels, out_channels, kernel, groups)
    return sum(array.size for array in weights) + (sum(len(array) for array in weights) if bias else 0)


def linear_parameters(in_features, out_features, bias=True):
    """The entries of the weight matrix, with a row for the bias."""
    check_at_least(1, in_features=in_features, out_features=out_features)
    return weightless(in_features + bool(bias), out_features).size


def batchnorm_parameters(channels):
    """The entries of gamma and beta."""
    check_at_least(1, channels=channels)
    return sum(weightless(channels).size for _ in ("gamma", "beta"))


def locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias=True):
    """The entries of a weight array for each output neuron, and of a bias map."""
    check_at_least(1, in_channels=in_channels, out_channels=out_channels)
    kernel, output_size = check_pair("kernel", kernel), check_pair("output_size", output_size)
    weights = weightless(*output_size, out_channels, in_channels, *kernel)
    return weights.size + (weightless(out_channels, *output_size).size if bias else 0)


def conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups=1):
    """The products summed for one output value of each group, times its values."""
    output_size = check_pair("output_size", output_size)
    weights = weights_of_groups(in_channels, out_channels, kernel, groups)
    return sum(array[0].size * weightless(len(array), *output_size).size for array in weights)


def receptive_field(layers):
    """The span of the input pixels that neuron 0 reaches, followed back from the output side."""
    for layer in layers:
        if len(layer) not in (2, 3):
            raise ValueError(f"layers holds {layer}, which is neither (kernel, stride) nor (kernel, stride, dilation)")
        check_at_least(1, **dict(zip(("kernel", "stride", "dilation"), layer, strict=False)))
    reached = {0}
    for kernel, stride, *rest in reversed(layers):
        dilation = rest[0] if rest else 1
        reached = {position * stride + tap * dilation for position in reached for tap in range(kernel)}
    return max(reached) - min(reached) + 1


def dense_block_channels(in_channels, growth_rate, num_layers):
    """The channels of the concatenation, layer after layer."""
    check_at_least(1, in_channels=in_channels, growth_rate=growth_rate)
    check_at_least(0, num_layers=num_layers)
    channels = ["input"] * in_channels
    for layer in range(num_layers):
        channels = channels + [f"layer {layer}"] * growth_rate
    return len(channels)


def dense_layer_inputs(feature_maps, layer):
    """The channels of the maps concatenated before the layer, counted one by one."""
    inputs = {number: [] for number in range(1, len(feature_maps) + 2)}
    if layer not in inputs:
        raise ValueError(f"layer {layer} is not in 1 .. {len(inputs)}")
    for number, channels in enumerate(feature_maps, start=1):
        for later in range(number + 1, len(inputs) + 1):
            inputs[later].extend([number] * channels)
    return len(inputs[layer])


def unet_bottleneck_size(size, depth):
    """The side after halving, where every halving must come out even."""
    check_at_least(1, size=size)
    check_at_least(0, depth=depth)
    side = size
    for _ in range(depth):
        if side % 2:
            raise ValueError(f"size {size} cannot be halved {depth} times")
        side //= 2
    return side


def summarize(input_shape, layers):
    """The shapes of arrays sent through the network, and the entries of the weights met on the way."""
    table = []
    shape = tuple(input_shape)
    for layer in layers:
        shape, parameters = after_layer(shape, layer)
        table.append((shape, parameters))
    return table


def after_layer(shape, layer):
    """The output shape of one layer on an input of the given shape, and its parameters."""
    kind, *numbers = layer
    if kind not in LAYERS:
        raise ValueError(f"layer {layer} is unknown")
    dimensions, function = LAYERS[kind]
    if len(shape) not in dimensions:
        raise ValueError(f"layer {layer} does not fit an input of shape {shape}")
    output, parameters = function(weightless(*shape), *numbers)
    return output.shape, parameters


def _windows(image, kernel, stride, padding=0):
    channels, height, width = image.shape
    padded = weightless(channels, height + 2 * padding, width + 2 * padding)
    if kernel > min(padded.shape[1:]):
        raise ValueError(f"kernel {kernel} is larger than the padded image {padded.shape}")
    return sliding_window_view(padded, (kernel, kernel), axis=(1, 2))[:, ::stride, ::stride]


def _conv(image, filters, kernel, stride, padding):
    windows = _windows(image, kernel, stride, padding)
    weight = weightless(filters, image.shape[0], kernel, kernel)
    return weightless(filters, *windows.shape[1:3]), weight.size + len(weight)


def _pool(image, kernel, stride):
    return _windows(image, kernel, stride)[..., 0, 0], 0


def _dropout(values, p):
    if p < 0 or p >= 1:
        raise ValueError(f"p of dropout is {p}, outside [0, 1)")
    return values, 0


FLAT, IMAGE = 1, 3
LAYERS = {
    "conv": ({IMAGE}, _conv),
    "max_pool": ({IMAGE}, _pool),
    "avg_pool": ({IMAGE}, _pool),
    "global_avg_pool": ({IMAGE}, lambda image: (image[:, 0, 0], 0)),
    "batchnorm": ({FLAT, IMAGE}, lambda values: (values, batchnorm_parameters(len(values)))),
    "relu": ({FLAT, IMAGE}, lambda values: (values, 0)),
    "dropout": ({FLAT, IMAGE}, _dropout),
    "flatten": ({FLAT, IMAGE}, lambda values: (weightless(values.size), 0)),
    "linear": ({FLAT}, lambda values, features: (weightless(features), linear_parameters(len(values), features))),
}
"""The kinds of layer: how many dimensions their input may have, and what they make of it."""
