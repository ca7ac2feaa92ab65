"""Sets of positions: windows, taps and pixels are enumerated, and what is asked for is a count."""

from itertools import product


def _allow(values, allowed):
    for name, value in values.items():
        if value not in allowed:
            raise ValueError(f"{name} must not be {value}")


POSITIVE = range(1, 1 << 62)
WHOLE = range(1 << 62)


def _places(size, kernel, stride, padding, dilation=1):
    _allow({"size": size, "kernel": kernel, "stride": stride, "dilation": dilation}, POSITIVE)
    _allow({"padding": padding}, WHOLE)
    pixels = set(range(size + 2 * padding))
    taps = [dilation * tap for tap in range(kernel)]
    places = [[start + tap for tap in taps] for start in sorted(pixels)[::stride]]
    places = [place for place in places if pixels.issuperset(place)]
    if not places:
        raise ValueError(f"kernel {kernel} with dilation {dilation} has no place in {size} pixels padded by {padding}")
    return places, pixels


def conv_output_size(size, kernel, stride=1, padding=0, dilation=1):
    places, _ = _places(size, kernel, stride, padding, dilation)
    return len(places)


def stride_fits(size, kernel, stride, padding=0):
    places, pixels = _places(size, kernel, stride, padding)
    return max(pixels) in places[-1]


def same_padding(kernel, dilation=1):
    _allow({"kernel": kernel, "dilation": dilation}, POSITIVE)
    taps = range(0, dilation * kernel, dilation)
    around = [middle for middle in range(taps[-1] + 1) if middle - taps[0] == taps[-1] - middle]
    if not around:
        raise ValueError(f"kernel {kernel} with dilation {dilation} has no middle")
    return around[0]


def transposed_conv_output_size(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    _allow({"size": size, "kernel": kernel, "stride": stride, "dilation": dilation}, POSITIVE)
    _allow({"padding": padding, "output_padding": output_padding}, WHOLE)
    _allow({"output_padding": output_padding}, range(max(stride, dilation)))
    written = {entry * stride + tap * dilation for entry, tap in product(range(size), range(kernel))}
    ends = range(min(written) + padding, max(written) + 1 + output_padding - padding)
    if not ends:
        raise ValueError(f"padding {padding} leaves nothing")
    return len(ends)


def _cells(name, pair):
    height, width = pair if isinstance(pair, tuple) else (pair, pair)
    _allow({name: height}, POSITIVE)
    _allow({name: width}, POSITIVE)
    return len(list(product(range(height), range(width))))


def conv_parameters(in_channels, out_channels, kernel, bias=True, groups=1):
    _allow({"in_channels": in_channels, "out_channels": out_channels, "groups": groups}, POSITIVE)
    _allow({"in_channels": in_channels}, range(0, in_channels + 1, groups))
    _allow({"out_channels": out_channels}, range(0, out_channels + 1, groups))
    seen = len(range(0, in_channels, groups))
    return len(range(out_channels)) * (seen * _cells("kernel", kernel) + len([None] * bool(bias)))


def linear_parameters(in_features, out_features, bias=True):
    _allow({"in_features": in_features, "out_features": out_features}, POSITIVE)
    inputs = len(range(in_features)) + len([None] * bool(bias))
    return inputs * out_features


def batchnorm_parameters(channels):
    _allow({"channels": channels}, POSITIVE)
    return len(list(product(("gamma", "beta"), range(channels))))


def locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias=True):
    _allow({"in_channels": in_channels, "out_channels": out_channels}, POSITIVE)
    one_position = conv_parameters(in_channels, out_channels, kernel, bias)
    return _cells("output_size", output_size) * one_position


def conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups=1):
    return _cells("output_size", output_size) * conv_parameters(in_channels, out_channels, kernel, False, groups)


def receptive_field(layers):
    pixels = {0}
    for layer in list(layers)[::-1]:
        if len(layer) < 2 or len(layer) > 3:
            raise ValueError(f"a layer of {len(layer)} numbers: {layer}")
        kernel, stride = layer[:2]
        (dilation,) = layer[2:] or (1,)
        _allow({"kernel": kernel, "stride": stride, "dilation": dilation}, POSITIVE)
        pixels = {pixel * stride + tap * dilation for pixel, tap in product(pixels, range(kernel))}
    return max(pixels) + 1


def dense_block_channels(in_channels, growth_rate, num_layers):
    _allow({"in_channels": in_channels, "growth_rate": growth_rate}, POSITIVE)
    _allow({"num_layers": num_layers}, WHOLE)
    maps = {("input", channel) for channel in range(in_channels)}
    return len(maps | set(product(range(num_layers), range(growth_rate))))


def dense_layer_inputs(feature_maps, layer):
    _allow({"layer": layer}, range(1, len(feature_maps) + 2))
    return len([channel for number, maps in enumerate(feature_maps, 2) if number <= layer for channel in range(maps)])


def unet_bottleneck_size(size, depth):
    _allow({"size": size}, POSITIVE)
    _allow({"depth": depth}, WHOLE)
    _allow({"size": size}, range(0, size + 1, 2**depth))
    return len(range(0, size, 2**depth))


def summarize(input_shape, layers):
    table, shape = [], tuple(input_shape)
    for layer in layers:
        name, numbers = layer[0], layer[1:]
        if len(shape) == 1 and name in {"conv", "max_pool", "avg_pool", "global_avg_pool"}:
            raise ValueError(f"{name} on {shape}")
        if len(shape) == 3 and name == "linear":
            raise ValueError(f"{name} on {shape}")
        parameters = 0
        if name == "conv":
            filters, kernel, stride, padding = numbers
            parameters = conv_parameters(shape[0], filters, kernel)
            shape = (filters, *(conv_output_size(side, kernel, stride, padding) for side in shape[1:]))
        elif name in {"max_pool", "avg_pool"}:
            shape = (shape[0], *(conv_output_size(side, *numbers) for side in shape[1:]))
        elif name == "global_avg_pool":
            shape = (shape[0],)
        elif name == "batchnorm":
            parameters = batchnorm_parameters(shape[0])
        elif name == "dropout":
            if numbers[0] < 0 or numbers[0] >= 1:
                raise ValueError(f"p {numbers[0]}")
        elif name == "flatten" and len(shape) == 3:
            shape = (shape[0] * shape[1] * shape[2],)
        elif name == "linear":
            parameters = linear_parameters(shape[0], numbers[0])
            shape = (numbers[0],)
        elif name not in {"relu", "flatten"}:
            raise ValueError(f"unknown layer {layer}")
        table.append((shape, parameters))
    return table
