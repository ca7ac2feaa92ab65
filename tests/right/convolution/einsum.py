"""One einsum over a strided view of all windows; dx as a transposed convolution written with zeros inserted."""

import numpy as np
from numpy.lib.stride_tricks import as_strided


def _windows(x, kernel, stride):
    n, c, h, w = x.shape
    kh, kw = kernel
    sn, sc, sh, sw = x.strides
    shape = (n, c, (h - kh) // stride + 1, (w - kw) // stride + 1, kh, kw)
    return as_strided(x, shape, (sn, sc, sh * stride, sw * stride, sh, sw), writeable=False)


def _pad(x, before, after=None):
    after = before if after is None else after
    return np.pad(x, ((0, 0), (0, 0), (before[0], after[0]), (before[1], after[1])))


def conv2d_forward(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"x.shape[1] = {x.shape[1]} and w.shape[1] = {w.shape[1]} must be equal")
    if not stride >= 1:
        raise ValueError(f"{stride=}")
    if not padding >= 0:
        raise ValueError(f"{padding=}")
    padded = _pad(x, (padding, padding))
    if any(k > s for k, s in zip(w.shape[2:], padded.shape[2:], strict=True)):
        raise ValueError(f"kernel {w.shape[2:]} and padded input {padded.shape[2:]}")
    out = np.einsum("ncijuv,fcuv->nfij", _windows(padded, w.shape[2:], stride), w, optimize=True)
    return out + b[:, None, None], (padded, w, stride, padding)


def conv2d_backward(dout, cache):
    padded, w, stride, padding = cache
    dw = np.einsum("nfij,ncijuv->fcuv", dout, _windows(padded, w.shape[2:], stride), optimize=True)
    dxp = _spread(dout, w, stride)
    room = [have - got for have, got in zip(padded.shape[2:], dxp.shape[2:], strict=True)]
    dxp = _pad(dxp, (0, 0), room)
    rows, columns = (slice(padding, size - padding) for size in padded.shape[2:])
    return dxp[:, :, rows, columns], dw, np.einsum("nfij->f", dout)


def _spread(maps, w, stride):
    """Zeros between the entries of `maps`, then the full correlation with the rotated kernels."""
    n, f, h, width = maps.shape
    kh, kw = w.shape[2:]
    holes = np.zeros((n, f, (h - 1) * stride + 1, (width - 1) * stride + 1))
    holes[:, :, ::stride, ::stride] = maps
    windows = _windows(_pad(holes, (kh - 1, kw - 1)), (kh, kw), 1)
    return np.einsum("nfijuv,fcuv->ncij", windows, w[:, :, ::-1, ::-1], optimize=True)


def convolve2d(x, w):
    windows = _windows(np.ascontiguousarray(x)[None, None], w.shape, 1)[0, 0]
    return np.einsum("ijuv,uv->ij", windows, np.rot90(w, 2))


def full_convolve2d(x, w):
    return _spread(x[None, None], w[None, None], 1)[0, 0]


def conv_transpose2d_forward(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[0]:
        raise ValueError(f"x.shape[1] = {x.shape[1]} and w.shape[0] = {w.shape[0]} must be equal")
    if not stride >= 1:
        raise ValueError(f"{stride=}")
    if not padding >= 0:
        raise ValueError(f"{padding=}")
    full = _spread(x, w, stride)
    rows, columns = full.shape[2] - 2 * padding, full.shape[3] - 2 * padding
    if rows < 1 or columns < 1:
        raise ValueError(f"the output would have size ({rows}, {columns}) with {padding=}")
    return full[:, :, padding : padding + rows, padding : padding + columns] + b[:, None, None]


def locally_connected_forward(x, w, b, stride=1):
    if x.shape[1] != w.shape[3]:
        raise ValueError(f"x.shape[1] = {x.shape[1]} and w.shape[3] = {w.shape[3]} must be equal")
    if w.shape[4] > x.shape[2] or w.shape[5] > x.shape[3]:
        raise ValueError(f"kernel {w.shape[4:]} and input {x.shape[2:]}")
    windows = _windows(x, w.shape[4:], stride)
    if windows.shape[2:4] != w.shape[:2]:
        raise ValueError(f"w is for {w.shape[:2]}, the windows are {windows.shape[2:4]}")
    return np.einsum("ncijuv,ijfcuv->nfij", windows, w) + b


def linear_as_conv(weight, input_shape):
    channels, height, width = input_shape
    return weight.reshape(-1, channels, height, width).copy()
