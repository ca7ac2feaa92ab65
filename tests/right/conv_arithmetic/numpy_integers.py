"""NumPy integers and booleans all the way; shapes come back as arrays, rows of the table as tuples."""

import numpy as np


def _check(least, **values):
    for name, value in values.items():
        if np.any(np.asarray(value) < least):
            raise ValueError(f"{name}={value}: must be >= {least}")


def _pair(pair):
    return np.broadcast_to(np.asarray(pair, dtype=np.int64), (2,))


def conv_output_size(size, kernel, stride=1, padding=0, dilation=1):
    _check(1, size=size, kernel=kernel, stride=stride, dilation=dilation)
    _check(0, padding=padding)
    room = np.int64(size) + 2 * padding - dilation * (kernel - 1) - 1
    if room < 0:
        raise ValueError(f"kernel={kernel} (dilation {dilation}) is larger than the padded input {size + 2 * padding}")
    return np.floor_divide(room, stride) + 1


def stride_fits(size, kernel, stride, padding=0):
    windows = conv_output_size(size, kernel, stride, padding)
    return np.equal((windows - 1) * stride + kernel, size + 2 * padding)


def same_padding(kernel, dilation=1):
    _check(1, kernel=kernel, dilation=dilation)
    padding, rest = np.divmod(np.int32(dilation * (kernel - 1)), 2)
    if rest:
        raise ValueError(f"kernel={kernel}, dilation={dilation}: no whole padding")
    return padding


def transposed_conv_output_size(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    _check(1, size=size, kernel=kernel, stride=stride, dilation=dilation)
    _check(0, padding=padding, output_padding=output_padding)
    if output_padding >= np.maximum(stride, dilation):
        raise ValueError(f"output_padding={output_padding} is too large")
    factors = np.array([stride, -2, dilation, 1, 1])
    result = factors @ np.array([size - 1, padding, kernel - 1, output_padding, 1])
    if result < 1:
        raise ValueError(f"padding={padding} leaves {result}")
    return result


def conv_parameters(in_channels, out_channels, kernel, bias=True, groups=1):
    _check(1, in_channels=in_channels, out_channels=out_channels, kernel=kernel, groups=groups)
    if np.any(np.mod([in_channels, out_channels], groups)):
        raise ValueError(f"groups={groups} does not divide {in_channels} and {out_channels}")
    return out_channels * (np.prod(_pair(kernel)) * in_channels // groups + np.int64(bias))


def linear_parameters(in_features, out_features, bias=True):
    _check(1, in_features=in_features, out_features=out_features)
    return np.int64(out_features) * (in_features + bias)


def batchnorm_parameters(channels):
    _check(1, channels=channels)
    return np.full(channels, 2).sum()


def locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias=True):
    _check(1, in_channels=in_channels, out_channels=out_channels, kernel=kernel, output_size=output_size)
    return np.prod(_pair(output_size)) * out_channels * (np.prod(_pair(kernel)) * in_channels + int(bias))


def conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups=1):
    _check(1, output_size=output_size)
    return conv_parameters(in_channels, out_channels, kernel, bias=False, groups=groups) * np.prod(_pair(output_size))


def receptive_field(layers):
    if any(len(layer) not in (2, 3) for layer in layers):
        raise ValueError(f"layers={layers}: two or three entries each")
    if not layers:
        return np.int64(1)
    table = np.array([(*layer, 1)[:3] for layer in layers])
    _check(1, layers=table)
    kernels, strides, dilations = table.T
    distances = np.concatenate([[1], np.cumprod(strides)[:-1]])
    return 1 + np.sum((kernels - 1) * dilations * distances)


def dense_block_channels(in_channels, growth_rate, num_layers):
    _check(1, in_channels=in_channels, growth_rate=growth_rate)
    _check(0, num_layers=num_layers)
    return np.int64(in_channels) + num_layers * growth_rate


def dense_layer_inputs(feature_maps, layer):
    before = np.concatenate([[0], np.cumsum(np.array(feature_maps, dtype=np.int64))])
    if layer not in range(1, len(before) + 1):
        raise ValueError(f"layer={layer}")
    return before[layer - 1]


def unet_bottleneck_size(size, depth):
    _check(1, size=size)
    _check(0, depth=depth)
    side, rest = np.divmod(size, np.left_shift(1, depth))
    if rest:
        raise ValueError(f"size={size} is not a multiple of 2**{depth}")
    return side


def summarize(input_shape, layers):
    shape, table = np.array(input_shape), []
    for kind, *numbers in layers:
        count = np.int64(0)
        if kind in ("conv", "max_pool", "avg_pool"):
            if shape.size != 3:
                raise ValueError(f"{kind} on the shape {shape}")
            filters = numbers.pop(0) if kind == "conv" else shape[0]
            if kind == "conv":
                count = conv_parameters(shape[0], filters, numbers[0])
            shape = np.array([filters, *(conv_output_size(side, *numbers) for side in shape[1:])])
        elif kind == "global_avg_pool" and shape.size == 3:
            shape = shape[:1]
        elif kind == "flatten":
            shape = np.prod(shape, keepdims=True)
        elif kind == "linear" and shape.size == 1:
            count, shape = linear_parameters(shape[0], *numbers), np.array(numbers)
        elif kind == "batchnorm":
            count = batchnorm_parameters(shape[0])
        elif not (kind == "relu" or (kind == "dropout" and 0 <= numbers[0] < 1)):
            raise ValueError(f"{kind} {numbers} on the shape {shape}")
        table.append((shape, count))
    return table
