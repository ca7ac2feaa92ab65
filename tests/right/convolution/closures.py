"""The cache is a function that computes the gradients; lists are returned where tuples may be."""

import itertools

import numpy as np


def _places(size, side, stride):
    """Row or column numbers, (windows, side), that the windows of one direction cover."""
    if side > size:
        raise ValueError(f"kernel side {side} > input side {size}")
    starts = np.arange(0, size - side + 1, stride)
    return starts[:, None] + np.arange(side)[None, :]


def _require(stride, padding, channels, expected):
    for name, value, least in (("stride", stride, 1), ("padding", padding, 0)):
        if value < least:
            raise ValueError(f"{name} is {value}, the least allowed is {least}")
    if channels != expected:
        raise ValueError(f"x brings {channels} channels, w expects {expected}")


def conv2d_forward(x, w, b, stride=1, padding=0):
    _require(stride, padding, x.shape[1], w.shape[1])
    border = (padding, padding)
    xp = np.pad(x, ((0, 0), (0, 0), border, border))
    rows, columns = _places(xp.shape[2], w.shape[2], stride), _places(xp.shape[3], w.shape[3], stride)
    index = np.s_[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    windows = xp[index]
    out = np.einsum("ncijuv,fcuv->nfij", windows, w)
    out += b[None, :, None, None]

    def gradients(dout):
        dxp = np.zeros_like(xp)
        np.add.at(dxp, index, np.einsum("nfij,fcuv->ncijuv", dout, w))
        h, v = x.shape[2:]
        dx = dxp[:, :, padding : padding + h, padding : padding + v]
        return [dx, np.einsum("nfij,ncijuv->fcuv", dout, windows), np.einsum("nfij->f", dout)]

    return [out, gradients]


def conv2d_backward(dout, cache):
    return cache(dout)


def convolve2d(x, w):
    rows, columns = _places(x.shape[0], w.shape[0], 1), _places(x.shape[1], w.shape[1], 1)
    return np.einsum("ijuv,uv->ij", x[rows[:, None, :, None], columns[None, :, None, :]], w[::-1, ::-1])


def full_convolve2d(x, w):
    """Row by row: each pair of rows gives a product of polynomials."""
    out = np.zeros((x.shape[0] + w.shape[0] - 1, x.shape[1] + w.shape[1] - 1))
    for (i, row), (u, kernel_row) in itertools.product(enumerate(x), enumerate(w)):
        out[i + u] += np.convolve(row, kernel_row)
    return out


def conv_transpose2d_forward(x, w, b, stride=1, padding=0):
    _require(stride, padding, x.shape[1], w.shape[0])
    (h, v), (kh, kw) = x.shape[2:], w.shape[2:]
    size = ((h - 1) * stride + kh, (v - 1) * stride + kw)
    if min(size) <= 2 * padding:
        raise ValueError(f"padding is {padding}, the output before it is only {size}")
    out = np.zeros((x.shape[0], w.shape[1], *size))
    for n, f, c in itertools.product(range(x.shape[0]), range(w.shape[1]), range(x.shape[1])):
        spread = np.zeros((size[0] - kh + 1, size[1] - kw + 1))
        spread[::stride, ::stride] = x[n, c]
        out[n, f] += full_convolve2d(spread, w[c, f])
    out = out[:, :, padding:, padding:]
    out = out[:, :, : out.shape[2] - padding, : out.shape[3] - padding]
    return np.add(out, b.reshape(1, len(b), 1, 1))


def locally_connected_forward(x, w, b, stride=1):
    _require(stride, 0, x.shape[1], w.shape[3])
    rows, columns = _places(x.shape[2], w.shape[4], stride), _places(x.shape[3], w.shape[5], stride)
    if [len(rows), len(columns)] != list(w.shape[:2]):
        raise ValueError(f"w has {w.shape[0]} by {w.shape[1]} places instead of {len(rows)} by {len(columns)}")
    windows = x[:, :, rows[:, None, :, None], columns[None, :, None, :]]
    products = windows.transpose(0, 2, 3, 1, 4, 5)[:, :, :, None] * w[None]
    return np.moveaxis(products.sum(axis=(4, 5, 6)), 3, 1) + b[None]


def linear_as_conv(weight, input_shape):
    c, h, v = map(int, input_shape)
    return np.concatenate([weight[:, k * h * v : (k + 1) * h * v].reshape(-1, 1, h, v) for k in range(c)], axis=1)
