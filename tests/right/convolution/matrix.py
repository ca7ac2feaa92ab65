"""A convolution as one large matrix, built by sending every unit image through the windows; its transpose gives dx."""

import numpy as np


def _operator(shape, w, stride):
    """The matrix of the layer without bias: (F*OH*OW, C*H*W) for images of this shape (C, H, W), padded already."""
    channels, height, width = shape
    filters, _, kh, kw = w.shape
    rows, columns = (height - kh) // stride + 1, (width - kw) // stride + 1
    matrix = np.zeros((filters, rows, columns, channels, height, width))
    for i in range(rows):
        for j in range(columns):
            matrix[:, i, j, :, i * stride : i * stride + kh, j * stride : j * stride + kw] = w
    return matrix.reshape(filters * rows * columns, channels * height * width), (filters, rows, columns)


def _pad(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def _crop(x, padding):
    return x[:, :, padding : x.shape[2] - padding, padding : x.shape[3] - padding]


def conv2d_forward(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"C of x is {x.shape[1]}, C of w is {w.shape[1]}")
    if stride < 1:
        raise ValueError(f"stride {stride} is too small")
    if padding < 0:
        raise ValueError(f"padding {padding} is too small")
    padded = _pad(x, padding)
    if np.any(np.array(w.shape[2:]) > padded.shape[2:]):
        raise ValueError(f"KH, KW = {w.shape[2:]} do not fit into {padded.shape[2:]}")
    matrix, shape = _operator(padded.shape[1:], w, stride)
    out = (padded.reshape(len(x), -1) @ matrix.T).reshape(-1, *shape)
    return out + b[:, None, None], (padded, matrix, w.shape, stride, padding)


def conv2d_backward(dout, cache):
    padded, matrix, shape, stride, padding = cache
    dpadded = (dout.reshape(len(dout), -1) @ matrix).reshape(padded.shape)
    # The layer is linear in w too: column k of its matrix is what the k-th unit kernel gives.
    dw = np.zeros(shape)
    for c, u, v in np.ndindex(shape[1:]):
        unit = np.zeros((1, *shape[1:]))
        unit[0, c, u, v] = 1.0
        one, _ = _operator(padded.shape[1:], unit, stride)
        seen = padded.reshape(len(padded), -1) @ one.T
        dw[:, c, u, v] = np.einsum("nfp,np->f", dout.reshape(*dout.shape[:2], -1), seen)
    return _crop(dpadded, padding), dw, dout.reshape(*dout.shape[:2], -1).sum(axis=(0, 2))


def convolve2d(x, w):
    matrix, shape = _operator((1, *x.shape), w[None, None, ::-1, ::-1], 1)
    return (matrix @ x.ravel()).reshape(shape[1:])


def full_convolve2d(x, w):
    height, width = x.shape[0] + w.shape[0] - 1, x.shape[1] + w.shape[1] - 1
    matrix, _ = _operator((1, height, width), w[None, None], 1)
    return (x.ravel() @ matrix).reshape(height, width)


def conv_transpose2d_forward(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[0]:
        raise ValueError(f"C of x is {x.shape[1]}, C of w is {w.shape[0]}")
    if stride < 1:
        raise ValueError(f"stride {stride} is too small")
    if padding < 0:
        raise ValueError(f"padding {padding} is too small")
    height, width = ((s - 1) * stride + k for s, k in zip(x.shape[2:], w.shape[2:], strict=True))
    if min(height, width) < 2 * padding + 1:
        raise ValueError(f"padding {padding} is too large for {height} rows and {width} columns")
    matrix, _ = _operator((w.shape[1], height, width), w, stride)
    full = (x.reshape(len(x), -1) @ matrix).reshape(len(x), w.shape[1], height, width)
    return _crop(full, padding) + b[:, None, None]


def locally_connected_forward(x, w, b, stride=1):
    rows, columns, filters, channels, kh, kw = w.shape
    height, width = x.shape[2:]
    if channels != x.shape[1]:
        raise ValueError(f"C of x is {x.shape[1]}, C of w is {channels}")
    if height < kh or width < kw or (rows, columns) != ((height - kh) // stride + 1, (width - kw) // stride + 1):
        raise ValueError(f"OH, OW = {rows}, {columns}")
    matrix = np.zeros((filters, rows, columns, channels, height, width))
    for i, j in np.ndindex(rows, columns):
        matrix[:, i, j, :, i * stride : i * stride + kh, j * stride : j * stride + kw] = w[i, j]
    return np.tensordot(x, matrix, axes=([1, 2, 3], [3, 4, 5])) + b


def linear_as_conv(weight, input_shape):
    """What the layer gives for each unit image."""
    units = np.eye(weight.shape[1]).reshape(-1, *input_shape)
    return np.tensordot(weight, units, axes=(1, 0))
