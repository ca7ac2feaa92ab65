"""True division and floor of floats, whole floats as results, lists where the docstring says tuples."""

from math import ceil, floor, prod


def _positive(**values):
    bad = {name: value for name, value in values.items() if value <= 0}
    if bad:
        raise ValueError(f"not positive: {bad}")


def _not_negative(**values):
    bad = {name: value for name, value in values.items() if value < 0}
    if bad:
        raise ValueError(f"negative: {bad}")


def _two(name, value):
    two = list(value) if isinstance(value, tuple) else [value] * 2
    _positive(**{name: min(two)})
    return two


def conv_output_size(size, kernel, stride=1, padding=0, dilation=1):
    _positive(size=size, kernel=kernel, stride=stride, dilation=dilation)
    _not_negative(padding=padding)
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if room < 0:
        raise ValueError(f"kernel of {kernel}, dilation {dilation}, in an input of {size} padded by {padding}")
    return float(floor(room / stride) + 1)


def stride_fits(size, kernel, stride, padding=0):
    conv_output_size(size, kernel, stride, padding)
    steps = (size + 2 * padding - kernel) / stride
    return floor(steps) == ceil(steps)


def same_padding(kernel, dilation=1):
    _positive(kernel=kernel, dilation=dilation)
    padding = dilation * (kernel - 1) / 2
    if not padding.is_integer():
        raise ValueError(f"kernel {kernel}, dilation {dilation}: the padding would be {padding}")
    return padding


def transposed_conv_output_size(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    _positive(size=size, kernel=kernel, stride=stride, dilation=dilation)
    _not_negative(padding=padding, output_padding=output_padding)
    if not (output_padding < stride or output_padding < dilation):
        raise ValueError(f"output_padding {output_padding} with stride {stride} and dilation {dilation}")
    result = float((size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1)
    _positive(output_size=result)
    return result


def conv_parameters(in_channels, out_channels, kernel, bias=True, groups=1):
    _positive(in_channels=in_channels, out_channels=out_channels, groups=groups)
    depth, filters = in_channels / groups, out_channels / groups
    if not (depth.is_integer() and filters.is_integer()):
        raise ValueError(f"{in_channels} and {out_channels} channels in groups of {groups}")
    return (depth * prod(_two("kernel", kernel)) + (1.0 if bias else 0.0)) * filters * groups


def linear_parameters(in_features, out_features, bias=True):
    _positive(in_features=in_features, out_features=out_features)
    return float((in_features + (1 if bias else 0)) * out_features)


def batchnorm_parameters(channels):
    _positive(channels=channels)
    return 2.0 * channels


def locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias=True):
    _positive(in_channels=in_channels, out_channels=out_channels)
    neurons = float(out_channels * prod(_two("output_size", output_size)))
    weights = neurons * in_channels * prod(_two("kernel", kernel))
    return weights + neurons if bias else weights


def conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups=1):
    positions = prod(_two("output_size", output_size))
    return positions * conv_parameters(in_channels, out_channels, kernel, bias=False, groups=groups)


def receptive_field(layers):
    side, step = 1.0, 1.0
    for layer in layers:
        if not 2 <= len(layer) <= 3:
            raise ValueError(f"{layer} is neither a pair nor a triple")
        kernel, stride, dilation = [*layer, 1][:3]
        _positive(kernel=kernel, stride=stride, dilation=dilation)
        side, step = side + (kernel - 1) * dilation * step, step * stride
    return side


def dense_block_channels(in_channels, growth_rate, num_layers):
    _positive(in_channels=in_channels, growth_rate=growth_rate)
    _not_negative(num_layers=num_layers)
    return float(in_channels) + growth_rate * num_layers


def dense_layer_inputs(feature_maps, layer):
    if layer - 1 not in range(len(feature_maps) + 1):
        raise ValueError(f"layer {layer}")
    return float(sum(feature_maps[: layer - 1]))


def unet_bottleneck_size(size, depth):
    _positive(size=size)
    _not_negative(depth=depth)
    side = size / 2**depth
    if side != floor(side):
        raise ValueError(f"size {size} at depth {depth} gives {side}")
    return side


def summarize(input_shape, layers):
    rows, shape = [], list(input_shape)
    for layer in layers:
        shape, parameters = _row(shape, list(layer))
        rows.append([shape, parameters])
    return rows


def _row(shape, layer):
    image = len(shape) == 3
    match layer:
        case ["conv", filters, kernel, stride, padding] if image:
            sides = [conv_output_size(side, kernel, stride, padding) for side in shape[1:]]
            return [filters, *sides], conv_parameters(shape[0], filters, kernel)
        case ["max_pool" | "avg_pool", kernel, stride] if image:
            return [shape[0], *(conv_output_size(side, kernel, stride) for side in shape[1:])], 0.0
        case ["global_avg_pool"] if image:
            return shape[:1], 0.0
        case ["linear", features] if not image:
            return [features], linear_parameters(shape[0], features)
        case ["batchnorm"]:
            return shape, batchnorm_parameters(shape[0])
        case ["relu"]:
            return shape, 0.0
        case ["dropout", p] if 0 <= p < 1:
            return shape, 0.0
        case ["flatten"]:
            return [prod(shape)], 0.0
    raise ValueError(f"{layer} on {shape}")
