"""sliding_window_view and tensordot; dx by writing through a view of the windows, one kernel entry at a time."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def _check_channels(x, expected):
    if x.shape[1] != expected:
        raise ValueError(f"the number of channels of x is {x.shape[1]}, w needs {expected}")


def _check_options(stride, padding):
    if stride < 1:
        raise ValueError(f"bad stride: {stride}")
    if padding < 0:
        raise ValueError(f"bad padding: {padding}")


def _windows(x, kernel, stride, writeable=False):
    view = sliding_window_view(x, kernel, axis=(2, 3), writeable=writeable)
    return view[:, :, ::stride, ::stride]


def conv2d_forward(x, w, b, stride=1, padding=0):
    _check_channels(x, w.shape[1])
    _check_options(stride, padding)
    n, c, h, width = x.shape
    canvas = np.zeros((n, c, h + 2 * padding, width + 2 * padding), dtype=x.dtype)
    canvas[:, :, padding : padding + h, padding : padding + width] = x
    if w.shape[2] > canvas.shape[2] or w.shape[3] > canvas.shape[3]:
        raise ValueError(f"kernel of size {w.shape[2:]} on {canvas.shape[2:]}")
    out = np.tensordot(_windows(canvas, w.shape[2:], stride), w, axes=([1, 4, 5], [1, 2, 3]))
    return (out + b).transpose(0, 3, 1, 2), (canvas, w, stride, padding, (h, width))


def conv2d_backward(dout, cache):
    canvas, w, stride, padding, (h, width) = cache
    dw = np.tensordot(dout, _windows(canvas, w.shape[2:], stride), axes=([0, 2, 3], [0, 2, 3]))
    gradient = np.zeros_like(canvas)
    view = _windows(gradient, w.shape[2:], stride, writeable=True)
    for u in range(w.shape[2]):
        for v in range(w.shape[3]):
            view[..., u, v] += np.tensordot(dout, w[:, :, u, v], axes=(1, 0)).transpose(0, 3, 1, 2)
    return gradient[:, :, padding : padding + h, padding : padding + width], dw, np.sum(dout, axis=(0, 2, 3))


def convolve2d(x, w):
    return (sliding_window_view(x, w.shape) * w[::-1, ::-1]).sum(axis=(2, 3))


def full_convolve2d(x, w):
    out = np.zeros(tuple(np.add(x.shape, w.shape) - 1))
    view = sliding_window_view(out, x.shape, writeable=True)
    for place in np.ndindex(w.shape):
        view[place] += w[place] * x
    return out


def conv_transpose2d_forward(x, w, b, stride=1, padding=0):
    _check_channels(x, w.shape[0])
    _check_options(stride, padding)
    size = [(s - 1) * stride + k for s, k in zip(x.shape[2:], w.shape[2:], strict=True)]
    if min(size) - 2 * padding < 1:
        raise ValueError(f"bad padding: {padding} takes away all of {size}")
    out = np.zeros((x.shape[0], w.shape[1], *size))
    view = _windows(out, w.shape[2:], stride, writeable=True)
    for u, v in np.ndindex(*w.shape[2:]):
        view[..., u, v] += np.tensordot(x, w[:, :, u, v], axes=(1, 0)).transpose(0, 3, 1, 2)
    return out[:, :, padding : size[0] - padding, padding : size[1] - padding] + b.reshape(-1, 1, 1)


def locally_connected_forward(x, w, b, stride=1):
    _check_channels(x, w.shape[3])
    rows, columns = ((s - k) // stride + 1 for s, k in zip(x.shape[2:], w.shape[4:], strict=True))
    if w.shape[:2] != (rows, columns):
        raise ValueError(f"w.shape[:2] is {w.shape[:2]} and should be {(rows, columns)}")
    windows = _windows(x, w.shape[4:], stride)
    out = np.empty((x.shape[0], w.shape[2], rows, columns))
    for i in range(rows):
        for j in range(columns):
            out[:, :, i, j] = np.tensordot(windows[:, :, i, j], w[i, j], axes=([1, 2, 3], [1, 2, 3])) + b[:, i, j]
    return out


def linear_as_conv(weight, input_shape):
    return weight.reshape((len(weight), *input_shape))
