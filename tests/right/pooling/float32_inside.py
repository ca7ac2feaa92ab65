"""Everything in single precision, results included."""

from itertools import product

import numpy as np

single = np.float32


def windows_at(x, kernel, stride):
    """The windows' entries, {(row, column) in the window: (N, C, OH, OW)}, and slices to find them again."""
    kernel = kernel if type(kernel) is tuple else (kernel, kernel)
    stride = stride if type(stride) is tuple else (stride, stride)
    height, width = x.shape[-2:]
    if kernel[0] > height or kernel[1] > width:
        raise ValueError(f"kernel {kernel[0]} x {kernel[1]} larger than input {height} x {width}")
    if stride[0] < 1 or stride[1] < 1:
        raise ValueError(f"stride {stride[0]} x {stride[1]} too small")
    last = (height - kernel[0]) // stride[0] * stride[0], (width - kernel[1]) // stride[1] * stride[1]
    return {
        (a, b): (..., slice(a, a + last[0] + 1, stride[0]), slice(b, b + last[1] + 1, stride[1]))
        for a, b in product(range(kernel[0]), range(kernel[1]))
    }


def max_pool_forward(x, kernel, stride):
    x = x.astype(single)
    places = windows_at(x, kernel, stride)
    out = None
    for place in places.values():
        out = x[place] if out is None else np.maximum(out, x[place])
    return out, (x, out, places)


def max_pool_backward(dout, cache):
    x, out, places = cache
    dx = np.zeros(x.shape, single)
    given = np.zeros(out.shape, bool)
    for place in places.values():
        here = (x[place] == out) & ~given
        dx[place] += np.where(here, dout, 0).astype(single)
        given |= here
    return dx


def avg_pool_forward(x, kernel, stride):
    x = x.astype(single)
    places = windows_at(x, kernel, stride)
    out = sum(x[place] for place in places.values()) * single(1 / len(places))
    return out.astype(single), (x.shape, places)


def avg_pool_backward(dout, cache):
    shape, places = cache
    dx = np.zeros(shape, single)
    for place in places.values():
        dx[place] += dout.astype(single) / single(len(places))
    return dx


def l2_pool_forward(x, kernel, stride):
    x = x.astype(single)
    places = windows_at(x, kernel, stride)
    out = np.sqrt(sum(x[place] ** 2 for place in places.values()))
    return out, (x, out, places)


def l2_pool_backward(dout, cache):
    x, out, places = cache
    dx = np.zeros(x.shape, single)
    for place in places.values():
        dx[place] += x[place] * dout.astype(single) / out
    return dx


def global_avg_pool_forward(x):
    return x.astype(single).mean(axis=(-1, -2)), x.shape


def global_avg_pool_backward(dout, cache):
    return np.ones(cache, single) * (dout.astype(single) / single(cache[2] * cache[3]))[..., None, None]


def max_pool_with_switches(x, kernel, stride):
    return max_pool_forward(x, kernel, stride)


def max_unpool(x, switches, output_shape):
    image, maxima, places = switches
    out = np.zeros(output_shape, single)
    for place in places.values():
        out[place] = np.where(image[place] == maxima, x, 0)
    return out
