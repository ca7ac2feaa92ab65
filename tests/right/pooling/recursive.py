"""Plain Python lists and recursion over the axes; NumPy only at the border."""

import functools

import numpy as np


def pool(image, kernel, stride, reduce):
    """Nested lists of `reduce(window)` for one map, where a window is a list of (value, row, column)."""
    (kh, kw), (sh, sw) = kernel, stride

    def row_of(top, left):
        if left + kw > len(image[0]):
            return []
        window = [(image[top + a][left + b], top + a, left + b) for a in range(kh) for b in range(kw)]
        return [reduce(window), *row_of(top, left + sw)]

    def rows_from(top):
        return [] if top + kh > len(image) else [row_of(top, 0), *rows_from(top + sh)]

    return rows_from(0)


def normal(x, kernel, stride):
    kernel, stride = (value if isinstance(value, tuple) else (value, value) for value in (kernel, stride))
    largest = x.shape[2:]
    if kernel[0] > largest[0] or kernel[1] > largest[1]:
        raise ValueError(f"kernel {kernel} > input {largest}")
    if stride[0] <= 0 or stride[1] <= 0:
        raise ValueError(f"stride {stride} <= 0")
    return kernel, stride


def over_maps(function, *arrays):
    """`function` of each channel of each image, as an array."""
    return np.array(
        [[function(*(maps.tolist() for maps in maps_of)) for maps_of in zip(*image, strict=True)]
         for image in zip(*arrays, strict=True)]
    )  # fmt: skip


def forward(x, kernel, stride, reduce):
    kernel, stride = normal(x, kernel, stride)
    out = over_maps(lambda image: pool(image, kernel, stride, reduce), x)
    return out, functools.partial(backward, x, kernel, stride)


def backward(x, kernel, stride, slopes, dout):
    """`slopes(window)` gives the derivative for each entry of the window."""

    def of_map(image, gradient):
        dx = [[0.0] * len(image[0]) for _ in image]
        windows = pool(image, kernel, stride, list)
        for windows_row, gradient_row in zip(windows, gradient, strict=True):
            for window, value in zip(windows_row, gradient_row, strict=True):
                for (_, row, column), slope in zip(window, slopes(window), strict=True):
                    dx[row][column] += value * slope
        return dx

    return over_maps(of_map, x, dout)


def largest(window):
    return functools.reduce(lambda best, value: best if best >= value else value, (entry[0] for entry in window))


def mean(window):
    return sum(entry[0] for entry in window) / len(window)


def norm(window):
    return sum(entry[0] ** 2 for entry in window) ** 0.5


def at_largest(window):
    place = window.index(max(window, key=lambda entry: entry[0]))
    return [float(number == place) for number in range(len(window))]


def max_pool_forward(x, kernel, stride):
    return forward(x, kernel, stride, largest)


def max_pool_backward(dout, cache):
    return cache(at_largest, dout)


def avg_pool_forward(x, kernel, stride):
    return forward(x, kernel, stride, mean)


def avg_pool_backward(dout, cache):
    return cache(lambda window: [1 / len(window)] * len(window), dout)


def l2_pool_forward(x, kernel, stride):
    return forward(x, kernel, stride, norm)


def l2_pool_backward(dout, cache):
    return cache(lambda window: [entry[0] / norm(window) for entry in window], dout)


def global_avg_pool_forward(x):
    out, cache = avg_pool_forward(x, x.shape[2:], 1)
    return out.reshape(out.shape[:2]), cache


def global_avg_pool_backward(dout, cache):
    return avg_pool_backward(dout.reshape(*dout.shape, 1, 1), cache)


def max_pool_with_switches(x, kernel, stride):
    return max_pool_forward(x, kernel, stride)


def max_unpool(x, switches, output_shape):
    return max_pool_backward(x, switches).reshape(output_shape)
