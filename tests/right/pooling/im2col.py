"""Every window as a column of a matrix (im2col), gradients put back by np.add.at; results are not contiguous."""

from typing import NamedTuple

import numpy as np


class Columns(NamedTuple):
    """Indices of the windows' entries, (KH*KW, OH*OW), and the shapes that go with them."""

    rows: np.ndarray
    cols: np.ndarray
    image: tuple
    pooled: tuple


def columns_of(x, kernel, stride):
    kernel = (kernel, kernel) if np.ndim(kernel) == 0 else kernel
    stride = (stride, stride) if np.ndim(stride) == 0 else stride
    n, c, h, w = x.shape
    for name, side, size in (("height", kernel[0], h), ("width", kernel[1], w)):
        if side > size:
            raise ValueError(f"the kernel's {name} is {side}, but the image's is only {size}")
    for name, step in zip(("vertical", "horizontal"), stride, strict=True):
        if not step >= 1:
            raise ValueError(f"{name} stride {step}: must be one or more")
    oh, ow = 1 + (h - kernel[0]) // stride[0], 1 + (w - kernel[1]) // stride[1]
    a, b = np.divmod(np.arange(kernel[0] * kernel[1]), kernel[1])
    i, j = np.divmod(np.arange(oh * ow), ow)
    return Columns(a[:, None] + stride[0] * i, b[:, None] + stride[1] * j, x.shape, (n, c, oh, ow))


def im2col(x, where):
    return x[:, :, where.rows, where.cols].transpose(2, 0, 1, 3)  # (KH*KW, N, C, OH*OW)


def col2im(columns, where):
    dx = np.zeros((*where.image[2:], *where.image[:2]))
    np.add.at(dx, (where.rows, where.cols), columns.transpose(0, 3, 1, 2))
    return dx.transpose(2, 3, 0, 1)


def max_pool_forward(x, kernel, stride):
    where = columns_of(x, kernel, stride)
    columns = im2col(x, where)
    return columns.max(axis=0).reshape(where.pooled), (columns.argmax(axis=0), where)


def max_pool_backward(dout, cache):
    winners, where = cache
    columns = np.zeros((len(where.rows), *winners.shape))
    np.put_along_axis(columns, winners[np.newaxis], dout.reshape(1, *winners.shape), axis=0)
    return col2im(columns, where)


def avg_pool_forward(x, kernel, stride):
    where = columns_of(x, kernel, stride)
    return np.average(im2col(x, where), axis=0).reshape(where.pooled), where


def avg_pool_backward(dout, cache):
    size = len(cache.rows)
    return col2im(np.repeat(dout.reshape(1, *dout.shape[:2], -1) / size, size, axis=0), cache)


def l2_pool_forward(x, kernel, stride):
    where = columns_of(x, kernel, stride)
    columns = im2col(x, where)
    return np.sqrt(np.square(columns).sum(axis=0)).reshape(where.pooled), (columns, where)


def l2_pool_backward(dout, cache):
    columns, where = cache
    directions = columns / np.sqrt(np.square(columns).sum(axis=0))
    return col2im(directions * dout.reshape(dout.shape[0], dout.shape[1], -1), where)


def global_avg_pool_forward(x):
    out, where = avg_pool_forward(x, x.shape[2:], 1)
    return out[:, :, 0, 0], where


def global_avg_pool_backward(dout, cache):
    return avg_pool_backward(dout[:, :, None, None], cache)


def max_pool_with_switches(x, kernel, stride):
    return max_pool_forward(x, kernel, stride)


def max_unpool(x, switches, output_shape):
    winners, where = switches
    places = where.rows * output_shape[3] + where.cols
    flat = np.zeros((output_shape[0], output_shape[1], output_shape[2] * output_shape[3]))
    chosen = np.take_along_axis(np.broadcast_to(places[:, None, None], (len(places), *winners.shape)), winners[None], 0)
    np.put_along_axis(flat, chosen[0], x.reshape(winners.shape), axis=2)
    return flat.reshape(output_shape)
