"""Recursion: a stack of layers is its first layer and the rest, a size is one window and what comes behind it."""


def _demand(condition, name, value):
    if not condition:
        raise ValueError(f"bad {name}: {value}")


def _windows(room, stride):
    return 0 if room < 0 else 1 + (room // stride if room >= stride else 0)


def conv_output_size(size, kernel, stride=1, padding=0, dilation=1):
    _demand(size > 0, "size", size)
    _demand(kernel > 0, "kernel", kernel)
    _demand(stride > 0, "stride", stride)
    _demand(dilation > 0, "dilation", dilation)
    _demand(padding >= 0, "padding", padding)
    if padding > 0:
        return conv_output_size(size + 2 * padding, kernel, stride, 0, dilation)
    if dilation > 1:
        return conv_output_size(size, kernel + (kernel - 1) * (dilation - 1), stride)
    _demand(kernel <= size, "kernel, larger than the input", f"{kernel} > {size}")
    return _windows(size - kernel, stride)


def stride_fits(size, kernel, stride, padding=0):
    conv_output_size(size, kernel, stride, padding)
    if padding:
        return stride_fits(size + 2 * padding, kernel, stride)
    if size - kernel < stride:
        return size == kernel
    return stride_fits(size - stride, kernel, stride)


def same_padding(kernel, dilation=1):
    _demand(kernel > 0, "kernel", kernel)
    _demand(dilation > 0, "dilation", dilation)
    if kernel == 1:
        return 0
    if kernel == 2:
        _demand(dilation % 2 == 0, "kernel and dilation", (kernel, dilation))
        return dilation // 2
    return dilation + same_padding(kernel - 2, dilation)


def transposed_conv_output_size(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    _demand(size > 0, "size", size)
    _demand(kernel > 0, "kernel", kernel)
    _demand(stride > 0, "stride", stride)
    _demand(dilation > 0, "dilation", dilation)
    _demand(padding >= 0, "padding", padding)
    _demand(0 <= output_padding < max(stride, dilation), "output_padding", output_padding)

    def grown(entries):
        return 1 + (kernel - 1) * dilation if entries == 1 else stride + grown(entries - 1)

    result = grown(size) + output_padding - 2 * padding
    _demand(result > 0, "output size", result)
    return result


def _area(name, pair):
    if isinstance(pair, tuple):
        _demand(pair[0] > 0 and pair[1] > 0, name, pair)
        return pair[0] * pair[1]
    return _area(name, (pair, pair))


def conv_parameters(in_channels, out_channels, kernel, bias=True, groups=1):
    _demand(in_channels > 0, "in_channels", in_channels)
    _demand(out_channels > 0, "out_channels", out_channels)
    _demand(groups > 0, "groups", groups)
    if groups == 1:
        return out_channels * (in_channels * _area("kernel", kernel) + (bias is True))
    _demand(in_channels % groups == 0, "in_channels", in_channels)
    _demand(out_channels % groups == 0, "out_channels", out_channels)
    return groups * conv_parameters(in_channels // groups, out_channels // groups, kernel, bias)


def linear_parameters(in_features, out_features, bias=True):
    _demand(in_features > 0, "in_features", in_features)
    _demand(out_features > 0, "out_features", out_features)
    return conv_parameters(in_features, out_features, 1, bias)


def batchnorm_parameters(channels):
    _demand(channels > 0, "channels", channels)
    return conv_parameters(1, channels, 1)


def locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias=True):
    positions = _area("output_size", output_size)
    return positions * conv_parameters(in_channels, out_channels, kernel, bias)


def conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups=1):
    if groups == 1:
        return locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias=False)
    conv_parameters(in_channels, out_channels, kernel, groups=groups)
    inputs, outputs = in_channels // groups, out_channels // groups
    return groups * conv_multiply_adds(inputs, outputs, kernel, output_size)


def receptive_field(layers):
    if len(layers) == 0:
        return 1
    first, rest = layers[0], layers[1:]
    if len(first) == 2:
        return receptive_field([(first[0], first[1], 1), *rest])
    _demand(len(first) == 3, "layer", first)
    kernel, stride, dilation = first
    _demand(kernel > 0, "kernel", kernel)
    _demand(stride > 0, "stride", stride)
    _demand(dilation > 0, "dilation", dilation)
    return (receptive_field(rest) - 1) * stride + dilation * (kernel - 1) + 1


def dense_block_channels(in_channels, growth_rate, num_layers):
    _demand(in_channels > 0, "in_channels", in_channels)
    _demand(growth_rate > 0, "growth_rate", growth_rate)
    _demand(num_layers >= 0, "num_layers", num_layers)
    if num_layers == 0:
        return in_channels
    return dense_block_channels(in_channels + growth_rate, growth_rate, num_layers - 1)


def dense_layer_inputs(feature_maps, layer):
    _demand(1 <= layer <= len(feature_maps) + 1, "layer", layer)
    if layer == 1:
        return 0
    return feature_maps[0] + dense_layer_inputs(feature_maps[1:], layer - 1)


def unet_bottleneck_size(size, depth):
    _demand(size > 0, "size", size)
    _demand(depth >= 0, "depth", depth)
    if depth == 0:
        return size
    _demand(size % 2 == 0, "size", size)
    return unet_bottleneck_size(size // 2, depth - 1)


def summarize(input_shape, layers):
    if len(layers) == 0:
        return []
    row = _row(input_shape, *layers[0])
    return [row, *summarize(row[0], layers[1:])]


def _row(shape, kind, *numbers):
    everywhere, images = (
        ("relu", "dropout", "batchnorm", "flatten"),
        ("conv", "max_pool", "avg_pool", "global_avg_pool"),
    )
    _demand(kind in everywhere or kind in images or kind == "linear", "kind of layer", kind)
    _demand(kind not in images or len(shape) == 3, f"input of {kind}", shape)
    _demand(kind != "linear" or len(shape) == 1, "input of linear", shape)
    _demand(kind != "dropout" or 0 <= numbers[0] < 1, "p of dropout", numbers)
    if kind == "flatten":
        return (shape if len(shape) == 1 else (shape[0] * shape[1] * shape[2],)), 0
    if kind == "batchnorm":
        return shape, batchnorm_parameters(shape[0])
    if kind in everywhere:
        return shape, 0
    if kind == "linear":
        return numbers, linear_parameters(shape[0], numbers[0])
    if kind == "global_avg_pool":
        return shape[:1], 0
    if kind == "conv":
        filters, *window = numbers
        (_, height, width), _ = _row(
            (shape[0], shape[1] + 2 * window[2], shape[2] + 2 * window[2]), "max_pool", *window[:2]
        )
        return (filters, height, width), conv_parameters(shape[0], filters, window[0])
    kernel, stride = numbers
    return (shape[0], conv_output_size(shape[1], kernel, stride), conv_output_size(shape[2], kernel, stride)), 0
