"""Windows as columns of a matrix: forward and weights' gradient are one matrix product, dx is the columns put back."""

import numpy as np


def _indices(channels, kernel, stride, rows, columns):
    kh, kw = kernel
    u = np.tile(np.repeat(np.arange(kh), kw), channels).reshape(-1, 1)
    v = np.tile(np.arange(kw), kh * channels).reshape(-1, 1)
    i = stride * np.repeat(np.arange(rows), columns).reshape(1, -1)
    j = stride * np.tile(np.arange(columns), rows).reshape(1, -1)
    c = np.repeat(np.arange(channels), kh * kw).reshape(-1, 1)
    return slice(None), c, u + i, v + j


def _columns(x, kernel, stride, rows, columns):
    return x[_indices(x.shape[1], kernel, stride, rows, columns)]


def _images(cols, shape, kernel, stride, rows, columns):
    x = np.zeros(shape)
    np.add.at(x, _indices(shape[1], kernel, stride, rows, columns), cols)
    return x


def conv2d_forward(x, w, b, stride=1, padding=0):
    n, c, h, width = x.shape
    f, wc, kh, kw = w.shape
    if wc != c:
        raise ValueError(f"channels of w: {wc}, channels of x: {c}")
    if stride < 1 or padding < 0:
        raise ValueError(f"stride={stride} and padding={padding} must be at least 1 and 0")
    if h + 2 * padding < kh or width + 2 * padding < kw:
        raise ValueError(f"kernel {kh}x{kw} > input {h}x{width} with padding {padding}")
    rows, columns = (h + 2 * padding - kh) // stride + 1, (width + 2 * padding - kw) // stride + 1
    xp = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    cols = _columns(xp, (kh, kw), stride, rows, columns)
    out = (w.reshape(f, -1) @ cols).reshape(n, f, rows, columns) + b.reshape(1, -1, 1, 1)
    return out, (cols, xp.shape, w, stride, padding)


def conv2d_backward(dout, cache):
    cols, shape, w, stride, padding = cache
    n, f, rows, columns = dout.shape
    flat = dout.reshape(n, f, rows * columns)
    dw = np.tensordot(flat, cols, axes=([0, 2], [0, 2])).reshape(w.shape)
    dcols = w.reshape(f, -1).T @ flat
    dxp = _images(dcols, shape, w.shape[2:], stride, rows, columns)
    dx = dxp[:, :, padding:-padding, padding:-padding] if padding else dxp
    return dx, dw, flat.sum(axis=2).sum(axis=0)


def convolve2d(x, w):
    rows, columns = x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1
    cols = _columns(x[None, None], w.shape, 1, rows, columns)[0]
    return (np.flip(w).ravel() @ cols).reshape(rows, columns)


def full_convolve2d(x, w):
    kh, kw = w.shape
    return convolve2d(np.pad(x, ((kh - 1, kh - 1), (kw - 1, kw - 1))), w)


def conv_transpose2d_forward(x, w, b, stride=1, padding=0):
    n, c, h, width = x.shape
    if w.shape[0] != c:
        raise ValueError(f"x has {c} channels, w takes {w.shape[0]}")
    if stride <= 0:
        raise ValueError(f"stride={stride}")
    if padding <= -1:
        raise ValueError(f"padding={padding}")
    kh, kw = w.shape[2:]
    height, wide = (h - 1) * stride + kh, (width - 1) * stride + kw
    if height - 2 * padding <= 0 or wide - 2 * padding <= 0:
        raise ValueError(f"output of size {height - 2 * padding}, {wide - 2 * padding}")
    cols = w.reshape(c, -1).T @ x.reshape(n, c, h * width)
    full = _images(cols, (n, w.shape[1], height, wide), (kh, kw), stride, h, width)
    return full[:, :, padding : height - padding, padding : wide - padding] + b[None, :, None, None]


def locally_connected_forward(x, w, b, stride=1):
    rows, columns, f, c, kh, kw = w.shape
    if x.shape[1] != c:
        raise ValueError(f"channels: {x.shape[1]} in x, {c} in w")
    if (rows, columns) != ((x.shape[2] - kh) // stride + 1, (x.shape[3] - kw) // stride + 1):
        raise ValueError(f"OH={rows}, OW={columns} do not fit x {x.shape}")
    cols = _columns(x, (kh, kw), stride, rows, columns).reshape(x.shape[0], c * kh * kw, rows * columns)
    weights = w.reshape(rows * columns, f, c * kh * kw)
    return np.einsum("nkp,pfk->nfp", cols, weights).reshape(x.shape[0], f, rows, columns) + b


def linear_as_conv(weight, input_shape):
    return np.stack([row.reshape(input_shape) for row in weight])
