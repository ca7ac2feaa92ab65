"""Results that cannot be written to, in Fortran order or with steps in memory; calls one function from another."""

from typing import NamedTuple

import numpy as np


class Kept(NamedTuple):
    """What forward leaves for backward."""

    padded: np.ndarray
    w: np.ndarray
    stride: np.int64
    padding: np.int64


def _frozen(array):
    array = np.asfortranarray(array)
    array.flags.writeable = False
    return array


def _stepped(array):
    """The same values as every second entry of a larger array."""
    larger = np.empty((*array.shape[:-1], 2 * array.shape[-1]))
    larger[..., ::2] = array
    return larger[..., ::2]


def conv2d_forward(x, w, b, stride=1, padding=0):
    stride, padding = np.int64(stride), np.int64(padding)
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"shapes {x.shape} and {w.shape} have different channels")
    if stride < 1:
        raise ValueError(f"stride={stride:d}")
    if padding < 0:
        raise ValueError(f"padding={padding:d}")
    padded = np.asfortranarray(np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding))))
    if w.shape[2] > padded.shape[2] or w.shape[3] > padded.shape[3]:
        raise ValueError(f"kernel {w.shape[2:]}, padded input {padded.shape[2:]}")
    columns_last = np.moveaxis(padded, 1, -1)
    rows = range(0, padded.shape[2] - w.shape[2] + 1, stride)
    columns = range(0, padded.shape[3] - w.shape[3] + 1, stride)
    kernel = np.moveaxis(w, 1, -1)
    out = np.array(
        [
            [
                np.tensordot(
                    columns_last[:, i : i + w.shape[2], j : j + w.shape[3]], kernel, axes=((1, 2, 3), (1, 2, 3))
                )
                for j in columns
            ]
            for i in rows
        ]
    )
    return _frozen(out.transpose(2, 3, 0, 1) + b[:, None, None]), Kept(padded, w, stride, padding)


def conv2d_backward(dout, cache):
    padded, w, stride, padding = cache
    dx = np.zeros(padded.shape, order="F")
    dw = np.zeros(w.shape, order="F")
    for n, f, i, j in np.ndindex(dout.shape):
        top, left = i * stride, j * stride
        dx[n, :, top : top + w.shape[2], left : left + w.shape[3]] += dout[n, f, i, j] * w[f]
        dw[f] += dout[n, f, i, j] * padded[n, :, top : top + w.shape[2], left : left + w.shape[3]]
    inside = dx[:, :, padding : dx.shape[2] - padding, padding : dx.shape[3] - padding]
    inside.flags.writeable = False
    return inside, dw.T.copy().T, _stepped(dout.sum(axis=(0, 2, 3)))


def convolve2d(x, w):
    out, _ = conv2d_forward(x[None, None], w[None, None, ::-1, ::-1], np.zeros(1))
    return out[0, 0]


def full_convolve2d(x, w):
    rows, columns = w.shape[0] - 1, w.shape[1] - 1
    return convolve2d(np.pad(x, ((rows, rows), (columns, columns))), w).T.copy().T


def conv_transpose2d_forward(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[0]:
        raise ValueError(f"shapes {x.shape} and {w.shape} have different channels")
    if stride < 1:
        raise ValueError(f"stride={stride:d}")
    if padding < 0:
        raise ValueError(f"padding={padding:d}")
    height, width = ((s - 1) * stride + k for s, k in zip(x.shape[2:], w.shape[2:], strict=True))
    if height - 2 * padding < 1 or width - 2 * padding < 1:
        raise ValueError(f"padding={padding:d}, output {height} x {width} before it")
    kept = Kept(np.zeros((x.shape[0], w.shape[1], height, width)), w, stride, padding)
    dx, _, _ = conv2d_backward(x, kept)
    return _stepped(dx + b[:, None, None])


def locally_connected_forward(x, w, b, stride=1):
    if x.shape[1] != w.shape[3]:
        raise ValueError(f"shapes {x.shape} and {w.shape} have different channels")
    rows = len(range(0, x.shape[2] - w.shape[4] + 1, stride))
    columns = len(range(0, x.shape[3] - w.shape[5] + 1, stride))
    if w.shape[0] != rows or w.shape[1] != columns:
        raise ValueError(f"w of shape {w.shape} for {rows} x {columns} places")
    out = np.zeros((x.shape[0], w.shape[2], rows, columns), order="F")
    for i, j in np.ndindex(rows, columns):
        one, _ = conv2d_forward(
            x[:, :, i * stride : i * stride + w.shape[4], j * stride : j * stride + w.shape[5]], w[i, j], b[:, i, j]
        )
        out[:, :, i, j] = one[:, :, 0, 0]
    return _frozen(out)


def linear_as_conv(weight, input_shape):
    return _frozen(weight.reshape(len(weight), *input_shape))
