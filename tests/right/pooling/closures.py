"""The cache is a function of dout, the switches are a function of the values; results are read-only."""

import numpy as np


def both(value):
    return (int(value),) * 2 if np.isscalar(value) else tuple(int(side) for side in value)


def frozen(array):
    array.setflags(write=False)
    return array


def cut(x, kernel, stride):
    """All windows (N, C, OH, OW, KH, KW), and the function that adds such an array back onto an image."""
    (kh, kw), (sh, sw) = both(kernel), both(stride)
    if sh < 1:
        raise ValueError(f"stride[0] = {sh} < 1")
    if sw < 1:
        raise ValueError(f"stride[1] = {sw} < 1")
    if x.shape[2] - kh < 0:
        raise ValueError(f"kernel[0] = {kh} > {x.shape[2]} rows")
    if x.shape[3] - kw < 0:
        raise ValueError(f"kernel[1] = {kw} > {x.shape[3]} columns")
    tops = range(0, x.shape[2] - kh + 1, sh)
    lefts = range(0, x.shape[3] - kw + 1, sw)
    windows = np.stack([np.stack([x[:, :, t : t + kh, s : s + kw] for s in lefts], axis=2) for t in tops], axis=2)

    def paste(parts, shape):
        image = np.zeros(shape)
        for i, t in enumerate(tops):
            for j, s in enumerate(lefts):
                image[:, :, t : t + kh, s : s + kw] += parts[:, :, i, j]
        return frozen(image)

    return windows, paste


def only_first(mask):
    """The mask with nothing but its first True in each window."""
    flat = mask.reshape(*mask.shape[:4], -1)
    return (flat & (flat.cumsum(axis=-1) == 1)).reshape(mask.shape)


def max_pool_forward(x, kernel, stride):
    windows, paste = cut(x, kernel, stride)
    top = windows.max(axis=(4, 5))
    mask = only_first(windows == top[..., None, None])
    return frozen(top), lambda dout: paste(mask * dout[..., None, None], x.shape)


def avg_pool_forward(x, kernel, stride):
    windows, paste = cut(x, kernel, stride)
    share = np.full(windows.shape[4:], 1.0) / np.prod(windows.shape[4:])
    return frozen((windows * share).sum(axis=(4, 5))), lambda dout: paste(dout[..., None, None] * share, x.shape)


def l2_pool_forward(x, kernel, stride):
    windows, paste = cut(x, kernel, stride)
    squared = (windows * windows).sum(axis=(4, 5))
    # The derivative of sqrt is 1 / (2 sqrt), that of the square 2x.
    return frozen(squared**0.5), lambda dout: paste(
        (dout * 0.5 * squared**-0.5)[..., None, None] * 2 * windows, x.shape
    )


def global_avg_pool_forward(x):
    count = x[0, 0].size
    return frozen(x.sum(axis=3).sum(axis=2) / count), lambda dout: frozen(
        np.kron(dout[:, :, None, None], np.ones((1, 1, *x.shape[2:]))) / count
    )


def max_pool_with_switches(x, kernel, stride):
    windows, paste = cut(x, kernel, stride)
    top = windows.max(axis=(4, 5))
    return top, lambda values, shape: paste((windows == top[..., None, None]) * values[..., None, None], shape)


def max_pool_backward(dout, cache):
    return cache(dout)


avg_pool_backward = l2_pool_backward = global_avg_pool_backward = max_pool_backward


def max_unpool(x, switches, output_shape):
    return switches(x, output_shape)
