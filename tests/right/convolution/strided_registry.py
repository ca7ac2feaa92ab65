"""Windows by as_strided, sums by tensordot; the cache is a number, a registry holds what it stands for."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided

_registry: dict[int, Saved] = {}
_count = itertools.count()


@dataclass(slots=True, frozen=True)
class Saved:
    x: np.ndarray
    view: np.ndarray
    w: np.ndarray
    stride: int
    padding: int


def _strided(x, kh, kw, s):
    n, c, h, w = x.shape
    a, b, d, e = x.strides
    return as_strided(x, (n, c, (h - kh) // s + 1, (w - kw) // s + 1, kh, kw), (a, b, d * s, e * s, d, e))


def _check(stride, padding):
    if stride < 1:
        raise ValueError(f"{stride=} must be positive")
    if padding < 0:
        raise ValueError(f"{padding=} must not be negative")


def conv2d_forward(x, w, b, stride=1, padding=0):
    _check(stride, padding)
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"expected {w.shape[1]} channels, got {x.shape[1]}")
    xp = np.pad(x, [(0, 0)] * 2 + [(padding,) * 2] * 2)
    if any(k > s for k, s in zip(w.shape[2:], xp.shape[2:], strict=False)):
        raise ValueError(f"kernel {w.shape[2:]} larger than {xp.shape[2:]}")
    v = _strided(xp, *w.shape[2:], stride)
    out = np.moveaxis(np.tensordot(v, w, axes=((1, 4, 5), (1, 2, 3))) + b, 3, 1)
    key = next(_count)
    _registry[key] = Saved(x, v, w, stride, padding)
    return out, key


def conv2d_backward(dout, cache):
    s = _registry[cache]
    dw = np.tensordot(dout, s.view, axes=([0, 2, 3], [0, 2, 3]))
    p = s.padding
    n, c, h, w = s.x.shape
    dxp = np.zeros((n, c, h + 2 * p, w + 2 * p))
    cols = np.tensordot(dout, s.w, (1, 0)).transpose(0, 3, 1, 2, 4, 5)
    target = _strided(dxp, *s.w.shape[2:], s.stride)
    for i, j in np.ndindex(*s.w.shape[2:]):
        target[..., i, j] += cols[..., i, j]
    return dxp[:, :, p : p + h, p : p + w], dw, np.einsum("nfij->f", dout)


def convolve2d(x, w):
    v = as_strided(x, (x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1, *w.shape), x.strides * 2)
    return np.tensordot(v, w[::-1, ::-1], 2)


def full_convolve2d(x, w):
    h, wd = x.shape
    kh, kw = w.shape
    out = np.zeros((h + kh - 1, wd + kw - 1))
    for i in range(h):
        for j in range(wd):
            out[i : i + kh, j : j + kw] += x[i, j] * w
    return out


def conv_transpose2d_forward(x, w, b, stride=1, padding=0):
    _check(stride, padding)
    if x.shape[1] != w.shape[0]:
        raise ValueError(f"channels {x.shape[1]} and {w.shape[0]}")
    n, c, h, wd = x.shape
    kh, kw = w.shape[2:]
    up = np.zeros((n, c, (h - 1) * stride + 1, (wd - 1) * stride + 1))
    up[:, :, ::stride, ::stride] = x
    ph, pw = kh - 1, kw - 1
    up = np.pad(up, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    out = conv2d_forward(up, w.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1], b)[0]
    stop_h, stop_w = out.shape[2] - padding, out.shape[3] - padding
    out = out[:, :, padding:stop_h, padding:stop_w] if stop_h > padding and stop_w > padding else out[:, :, :0]
    if not out.size:
        raise ValueError(f"padding {padding} leaves nothing of the output")
    return out


def locally_connected_forward(x, w, b, stride=1):
    if x.shape[1] != w.shape[3]:
        raise ValueError("channels")
    if x.shape[2] < w.shape[4] or x.shape[3] < w.shape[5]:
        raise ValueError("kernel")
    v = _strided(x, *w.shape[4:], stride)
    if v.shape[2:4] != w.shape[:2]:
        raise ValueError("places")
    return np.einsum("ncijab,ijfcab->nfij", v, w) + b


def linear_as_conv(weight, input_shape):
    return np.array([row.reshape(input_shape) for row in weight])
