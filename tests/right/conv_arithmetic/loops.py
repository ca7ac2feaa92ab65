"""Everything by loops that count: windows, rows, weights, halvings; no formula where a loop will do."""


def conv_output_size(size, kernel, stride=1, padding=0, dilation=1):
    if size < 1:
        raise ValueError(f"size = {size} must be positive")
    if kernel < 1:
        raise ValueError(f"kernel = {kernel} must be positive")
    if stride < 1:
        raise ValueError(f"stride = {stride} must be positive")
    if padding < 0:
        raise ValueError(f"padding = {padding} must not be negative")
    if dilation < 1:
        raise ValueError(f"dilation = {dilation} must be positive")
    last = -1
    for _ in range(kernel):
        last += dilation
    last = last - dilation + 1  # where the last tap of the first window lies
    end = size + padding + padding
    count = 0
    while last < end:
        count += 1
        last += stride
    if count == 0:
        raise ValueError(f"kernel = {kernel}, dilation = {dilation}: larger than the padded input, {end}")
    return count


def stride_fits(size, kernel, stride, padding=0):
    windows = conv_output_size(size, kernel, stride, padding)
    end = kernel
    for _ in range(windows - 1):
        end += stride
    return end == size + 2 * padding


def same_padding(kernel, dilation=1):
    if kernel < 1:
        raise ValueError(f"kernel = {kernel} must be positive")
    if dilation < 1:
        raise ValueError(f"dilation = {dilation} must be positive")
    missing = 0
    for _ in range(kernel - 1):
        missing += dilation
    padding = 0
    while missing >= 2:
        missing -= 2
        padding += 1
    if missing:
        raise ValueError(f"kernel = {kernel} with dilation = {dilation} has no such padding")
    return padding


def transposed_conv_output_size(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    for name, value in (("size", size), ("kernel", kernel), ("stride", stride), ("dilation", dilation)):
        if value < 1:
            raise ValueError(f"{name} = {value} must be positive")
    for name, value in (("padding", padding), ("output_padding", output_padding)):
        if value < 0:
            raise ValueError(f"{name} = {value} must not be negative")
    if output_padding >= stride and output_padding >= dilation:
        raise ValueError(f"output_padding = {output_padding} is too large")
    last = 0
    for entry in range(size):
        for tap in range(kernel):
            last = max(last, entry * stride + tap * dilation)
    result = last + 1
    for _ in range(padding):
        result -= 2
    result += output_padding
    if result <= 0:
        raise ValueError(f"padding = {padding} leaves nothing")
    return result


def _sides(name, pair):
    if isinstance(pair, int):
        pair = (pair, pair)
    for value in pair:
        if value < 1:
            raise ValueError(f"{name} has the entry {value}")
    return pair


def conv_parameters(in_channels, out_channels, kernel, bias=True, groups=1):
    for name, value in (("in_channels", in_channels), ("out_channels", out_channels), ("groups", groups)):
        if value < 1:
            raise ValueError(f"{name} = {value} must be positive")
    for name, value in (("in_channels", in_channels), ("out_channels", out_channels)):
        if value % groups:
            raise ValueError(f"{name} = {value} cannot be split into groups = {groups}")
    height, width = _sides("kernel", kernel)
    total = 0
    for _ in range(out_channels):
        total += in_channels // groups * height * width
        if bias:
            total += 1
    return total


def linear_parameters(in_features, out_features, bias=True):
    if in_features < 1:
        raise ValueError(f"in_features = {in_features} must be positive")
    if out_features < 1:
        raise ValueError(f"out_features = {out_features} must be positive")
    total = 0
    for _ in range(out_features):
        total += in_features
        if bias:
            total += 1
    return total


def batchnorm_parameters(channels):
    if channels < 1:
        raise ValueError(f"channels = {channels} must be positive")
    total = 0
    for _ in range(channels):
        total += 2
    return total


def locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias=True):
    for name, value in (("in_channels", in_channels), ("out_channels", out_channels)):
        if value < 1:
            raise ValueError(f"{name} = {value} must be positive")
    kernel_height, kernel_width = _sides("kernel", kernel)
    height, width = _sides("output_size", output_size)
    total = 0
    for _ in range(height):
        for _ in range(width):
            total += out_channels * in_channels * kernel_height * kernel_width
            if bias:
                total += out_channels
    return total


def conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups=1):
    weights = conv_parameters(in_channels, out_channels, kernel, False, groups)
    height, width = _sides("output_size", output_size)
    total = 0
    for _ in range(height):
        for _ in range(width):
            total += weights
    return total


def receptive_field(layers):
    side, step = 1, 1
    for number in range(len(layers)):
        layer = layers[number]
        if len(layer) == 2:
            kernel, stride = layer
            dilation = 1
        elif len(layer) == 3:
            kernel, stride, dilation = layer
        else:
            raise ValueError(f"layers[{number}] has {len(layer)} entries")
        if kernel < 1 or stride < 1 or dilation < 1:
            raise ValueError(f"layers[{number}] = {layer!r}")
        for _ in range(kernel - 1):
            side += step * dilation
        step *= stride
    return side


def dense_block_channels(in_channels, growth_rate, num_layers):
    if in_channels < 1:
        raise ValueError(f"in_channels = {in_channels} must be positive")
    if growth_rate < 1:
        raise ValueError(f"growth_rate = {growth_rate} must be positive")
    if num_layers < 0:
        raise ValueError(f"num_layers = {num_layers} must not be negative")
    for _ in range(num_layers):
        in_channels += growth_rate
    return in_channels


def dense_layer_inputs(feature_maps, layer):
    if layer < 1 or layer > len(feature_maps) + 1:
        raise ValueError(f"layer = {layer} of {len(feature_maps)}")
    total = 0
    for index in range(layer - 1):
        total += feature_maps[index]
    return total


def unet_bottleneck_size(size, depth):
    if size < 1:
        raise ValueError(f"size = {size} must be positive")
    if depth < 0:
        raise ValueError(f"depth = {depth} must not be negative")
    for _ in range(depth):
        if size % 2 == 1:
            raise ValueError(f"size is odd on the way: {size}")
        size = size // 2
    return size


def summarize(input_shape, layers):
    result = []
    shape = input_shape
    for layer in layers:
        kind = layer[0]
        is_image = len(shape) == 3
        parameters = 0
        if kind == "conv":
            if not is_image:
                raise ValueError(f"conv on the flat shape {shape!r}")
            _, filters, kernel, stride, padding = layer
            parameters = conv_parameters(shape[0], filters, kernel)
            rows = conv_output_size(shape[1], kernel, stride, padding)
            columns = conv_output_size(shape[2], kernel, stride, padding)
            shape = (filters, rows, columns)
        elif kind == "max_pool" or kind == "avg_pool":
            if not is_image:
                raise ValueError(f"pooling on the flat shape {shape!r}")
            rows = conv_output_size(shape[1], layer[1], layer[2])
            columns = conv_output_size(shape[2], layer[1], layer[2])
            shape = (shape[0], rows, columns)
        elif kind == "global_avg_pool":
            if not is_image:
                raise ValueError(f"pooling on the flat shape {shape!r}")
            shape = (shape[0],)
        elif kind == "batchnorm":
            parameters = batchnorm_parameters(shape[0])
        elif kind == "dropout":
            if layer[1] < 0 or layer[1] >= 1:
                raise ValueError(f"p = {layer[1]!r} of dropout")
        elif kind == "flatten":
            count = 1
            for side in shape:
                count *= side
            shape = (count,)
        elif kind == "linear":
            if is_image:
                raise ValueError(f"linear on the image {shape!r}")
            parameters = linear_parameters(shape[0], layer[1])
            shape = (layer[1],)
        elif kind != "relu":
            raise ValueError(f"unknown layer {layer!r}")
        result.append((shape, parameters))
    return result
