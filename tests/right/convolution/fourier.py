"""Everything by Fourier transforms in float64: a convolution is a product of spectra."""

import numpy as np


def _full(a, b, equation, size):
    """The full true convolution of the last two axes, the other axes combined as the einsum equation says."""
    spectrum = np.einsum(equation, np.fft.rfft2(a, size), np.fft.rfft2(b, size))
    return np.fft.irfft2(spectrum, size)


def _reversed(a):
    return a[..., ::-1, ::-1]


def _holes(maps, stride):
    out = np.zeros((*maps.shape[:2], (maps.shape[2] - 1) * stride + 1, (maps.shape[3] - 1) * stride + 1))
    out[:, :, ::stride, ::stride] = maps
    return out


def _refuse(condition, message):
    if condition:
        raise ValueError(message)


def conv2d_forward(x, w, b, stride=1, padding=0):
    _refuse(x.shape[1] != w.shape[1], f"x.shape={x.shape} w.shape={w.shape}: channels differ")
    _refuse(stride < 1, f"stride={stride} < 1")
    _refuse(padding < 0, f"padding={padding} < 0")
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    (h, width), (kh, kw) = padded.shape[2:], w.shape[2:]
    _refuse(kh > h or kw > width, f"kernel {(kh, kw)} is larger than {(h, width)}")
    full = _full(padded, _reversed(w), "ncyz,fcyz->nfyz", (h + kh - 1, width + kw - 1))
    out = full[:, :, kh - 1 : h : stride, kw - 1 : width : stride] + b[None, :, None, None]
    return out, (padded, w, stride, padding)


def conv2d_backward(dout, cache):
    padded, w, stride, padding = cache
    (h, width), (kh, kw) = padded.shape[2:], w.shape[2:]
    spread = _holes(dout, stride)
    size = (h + kh - 1, width + kw - 1)
    dxp = _full(spread, w, "nfyz,fcyz->ncyz", size)[:, :, :h, :width]
    last = (spread.shape[2] - 1, spread.shape[3] - 1)
    size = (h + spread.shape[2] - 1, width + spread.shape[3] - 1)
    dw = _full(_reversed(spread), padded, "nfyz,ncyz->fcyz", size)[:, :, last[0] : last[0] + kh, last[1] : last[1] + kw]
    return dxp[:, :, padding : h - padding, padding : width - padding], dw, dout.sum((0, 2, 3))


def convolve2d(x, w):
    kh, kw = w.shape
    return full_convolve2d(x, w)[kh - 1 : x.shape[0], kw - 1 : x.shape[1]]


def full_convolve2d(x, w):
    size = (x.shape[0] + w.shape[0] - 1, x.shape[1] + w.shape[1] - 1)
    return _full(x, w, "yz,yz->yz", size)


def conv_transpose2d_forward(x, w, b, stride=1, padding=0):
    _refuse(x.shape[1] != w.shape[0], f"x.shape={x.shape} w.shape={w.shape}: channels differ")
    _refuse(stride < 1, f"stride={stride} < 1")
    _refuse(padding < 0, f"padding={padding} < 0")
    spread = _holes(x, stride)
    size = (spread.shape[2] + w.shape[2] - 1, spread.shape[3] + w.shape[3] - 1)
    _refuse(min(size) - 2 * padding < 1, f"padding={padding} leaves nothing")
    full = _full(spread, w, "ncyz,cfyz->nfyz", size)
    return full[:, :, padding : size[0] - padding, padding : size[1] - padding] + b[None, :, None, None]


def locally_connected_forward(x, w, b, stride=1):
    rows, columns, filters, channels, kh, kw = w.shape
    h, width = x.shape[2:]
    _refuse(channels != x.shape[1], f"x.shape={x.shape} w.shape={w.shape}: channels differ")
    _refuse((rows, columns) != ((h - kh) // stride + 1, (width - kw) // stride + 1), f"w.shape={w.shape}")
    # Every place's kernel on every place, of which one is taken.
    kernels = _reversed(w).reshape(rows * columns * filters, channels, kh, kw)
    everywhere = _full(x, kernels, "ncyz,fcyz->nfyz", (h + kh - 1, width + kw - 1))
    everywhere = everywhere[:, :, kh - 1 : h : stride, kw - 1 : width : stride]
    everywhere = everywhere.reshape(-1, rows, columns, filters, rows, columns)
    return np.einsum("nijfij->nfij", everywhere) + b


def linear_as_conv(weight, input_shape):
    return np.reshape(weight, (weight.shape[0], *input_shape), order="C")
