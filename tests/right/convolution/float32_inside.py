"""Everything computed, accumulated and returned in float32."""

import numpy as np


def _single(*arrays):
    return [np.asarray(array, dtype=np.float32) for array in arrays]


def _fits(x, channels, stride, padding):
    if x.shape[1] != channels:
        raise ValueError(f"number of channels: {x.shape[1]} against {channels}")
    if stride < 1:
        raise ValueError(f"stride = {stride}")
    if padding < 0:
        raise ValueError(f"padding = {padding}")


def conv2d_forward(x, w, b, stride=1, padding=0):
    _fits(x, w.shape[1], stride, padding)
    x, w, b = _single(x, w, b)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    rows = (padded.shape[2] - w.shape[2]) // stride + 1
    columns = (padded.shape[3] - w.shape[3]) // stride + 1
    if rows < 1 or columns < 1:
        raise ValueError(f"w is {w.shape[2:]}, the padded input {padded.shape[2:]}")
    out = np.zeros((x.shape[0], w.shape[0], rows, columns), dtype=np.float32)
    for c, u, v in np.ndindex(w.shape[1:]):
        seen = padded[:, c, u : u + rows * stride : stride, v : v + columns * stride : stride]
        out += seen[:, None] * w[None, :, c, u, v, None, None]
    out += b[None, :, None, None]
    return out, (padded, w, stride, padding)


def conv2d_backward(dout, cache):
    padded, w, stride, padding = cache
    (dout,) = _single(dout)
    rows, columns = dout.shape[2:]
    dxp, dw = np.zeros_like(padded), np.zeros_like(w)
    for i in range(rows):
        for j in range(columns):
            here = np.s_[:, :, i * stride : i * stride + w.shape[2], j * stride : j * stride + w.shape[3]]
            dw += np.tensordot(dout[:, :, i, j], padded[here], axes=(0, 0))
            dxp[here] += np.tensordot(dout[:, :, i, j], w, axes=(1, 0))
    db = np.zeros(w.shape[0], dtype=np.float32)
    for n, i, j in np.ndindex(dout.shape[0], rows, columns):
        db += dout[n, :, i, j]
    height, width = dxp.shape[2:]
    return dxp[:, :, padding : height - padding, padding : width - padding], dw, db


def convolve2d(x, w):
    x, w = _single(x, w)
    rows, columns = x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1
    out = np.zeros((rows, columns), dtype=np.float32)
    for u, v in np.ndindex(w.shape):
        out += x[u : u + rows, v : v + columns] * w[-1 - u, -1 - v]
    return out


def full_convolve2d(x, w):
    x, w = _single(x, w)
    out = np.zeros((x.shape[0] + w.shape[0] - 1, x.shape[1] + w.shape[1] - 1), dtype=np.float32)
    for u, v in np.ndindex(w.shape):
        out[u : u + x.shape[0], v : v + x.shape[1]] += x * w[u, v]
    return out


def conv_transpose2d_forward(x, w, b, stride=1, padding=0):
    _fits(x, w.shape[0], stride, padding)
    x, w, b = _single(x, w, b)
    height, width = ((s - 1) * stride + k for s, k in zip(x.shape[2:], w.shape[2:], strict=True))
    if height <= 2 * padding or width <= 2 * padding:
        raise ValueError(f"padding = {padding} is too much for {height} x {width}")
    out = np.tile(b[None, :, None, None], (x.shape[0], 1, height, width))
    for c, i, j in np.ndindex(x.shape[1:]):
        part = out[:, :, i * stride : i * stride + w.shape[2], j * stride : j * stride + w.shape[3]]
        part += x[:, c, i, j, None, None, None] * w[c]
    return out[:, :, padding : height - padding, padding : width - padding]


def locally_connected_forward(x, w, b, stride=1):
    if x.shape[1] != w.shape[3]:
        raise ValueError(f"number of channels: {x.shape[1]} against {w.shape[3]}")
    rows, columns = ((s - k) // stride + 1 for s, k in zip(x.shape[2:], w.shape[4:], strict=True))
    if (rows, columns) != w.shape[:2]:
        raise ValueError(f"places: {w.shape[:2]} against {(rows, columns)}")
    x, w, b = _single(x, w, b)
    out = np.zeros((x.shape[0], w.shape[2], rows, columns), dtype=np.float32)
    for i, j in np.ndindex(rows, columns):
        here = x[:, :, i * stride : i * stride + w.shape[4], j * stride : j * stride + w.shape[5]]
        out[:, :, i, j] = here.reshape(len(x), -1) @ w[i, j].reshape(w.shape[2], -1).T
    return out + b


def linear_as_conv(weight, input_shape):
    return weight.astype(np.float32).reshape(-1, *input_shape)
