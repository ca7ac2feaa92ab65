"""Nothing but loops over single entries, as one reads the formulas; every index is checked, nothing is padded."""

import numpy as np


def conv2d_forward(x, w, b, stride=1, padding=0):
    n_images, channels, height, width = x.shape
    filters, w_channels, kh, kw = w.shape
    if channels != w_channels:
        raise ValueError("x has " + str(channels) + " channels but w has " + str(w_channels))
    if stride < 1:
        raise ValueError("stride is " + str(stride))
    if padding < 0:
        raise ValueError("padding is " + str(padding))
    if kh > height + 2 * padding or kw > width + 2 * padding:
        raise ValueError("w of shape " + str(w.shape) + " is too large for x of shape " + str(x.shape))
    rows = (height + 2 * padding - kh) // stride + 1
    columns = (width + 2 * padding - kw) // stride + 1
    out = np.zeros((n_images, filters, rows, columns))
    for n in range(n_images):
        for f in range(filters):
            for i in range(rows):
                for j in range(columns):
                    total = 0.0
                    for c in range(channels):
                        for u in range(kh):
                            for v in range(kw):
                                y, z = i * stride + u - padding, j * stride + v - padding
                                if 0 <= y < height and 0 <= z < width:
                                    total += x[n, c, y, z] * w[f, c, u, v]
                    out[n, f, i, j] = total + b[f]
    return out, {"x": x, "w": w, "stride": stride, "padding": padding}


def conv2d_backward(dout, cache):
    x, w, stride, padding = cache["x"], cache["w"], cache["stride"], cache["padding"]
    height, width = x.shape[2:]
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(w.shape[0])
    for n, f, i, j in np.ndindex(dout.shape):
        d = dout[n, f, i, j]
        db[f] += d
        for c, u, v in np.ndindex(w.shape[1:]):
            y, z = i * stride + u - padding, j * stride + v - padding
            if 0 <= y < height and 0 <= z < width:
                dw[f, c, u, v] += d * x[n, c, y, z]
                dx[n, c, y, z] += d * w[f, c, u, v]
    return dx, dw, db


def convolve2d(x, w):
    kh, kw = w.shape
    out = np.zeros((x.shape[0] - kh + 1, x.shape[1] - kw + 1))
    for i, j in np.ndindex(out.shape):
        for u in range(kh):
            for v in range(kw):
                out[i, j] += x[i + kh - 1 - u, j + kw - 1 - v] * w[u, v]
    return out


def full_convolve2d(x, w):
    out = np.zeros((x.shape[0] + w.shape[0] - 1, x.shape[1] + w.shape[1] - 1))
    for i, j in np.ndindex(x.shape):
        for u, v in np.ndindex(w.shape):
            out[i + u, j + v] += x[i, j] * w[u, v]
    return out


def conv_transpose2d_forward(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[0]:
        raise ValueError("x has " + str(x.shape[1]) + " channels but w has " + str(w.shape[0]))
    if stride < 1:
        raise ValueError("stride is " + str(stride))
    if padding < 0:
        raise ValueError("padding is " + str(padding))
    rows = (x.shape[2] - 1) * stride - 2 * padding + w.shape[2]
    columns = (x.shape[3] - 1) * stride - 2 * padding + w.shape[3]
    if rows < 1 or columns < 1:
        raise ValueError("with a padding of " + str(padding) + " nothing is left")
    out = np.zeros((x.shape[0], w.shape[1], rows, columns))
    for n, f, y, z in np.ndindex(out.shape):
        out[n, f, y, z] = b[f]
    for n, c, i, j in np.ndindex(x.shape):
        for f, u, v in np.ndindex(w.shape[1:]):
            y, z = i * stride + u - padding, j * stride + v - padding
            if 0 <= y < rows and 0 <= z < columns:
                out[n, f, y, z] += x[n, c, i, j] * w[c, f, u, v]
    return out


def locally_connected_forward(x, w, b, stride=1):
    rows, columns, filters, channels, kh, kw = w.shape
    if channels != x.shape[1]:
        raise ValueError("x has " + str(x.shape[1]) + " channels but w has " + str(channels))
    if rows != (x.shape[2] - kh) // stride + 1 or columns != (x.shape[3] - kw) // stride + 1:
        raise ValueError(
            "w has kernels for " + str((rows, columns)) + " places, which is wrong for x of " + str(x.shape)
        )
    out = np.zeros((x.shape[0], filters, rows, columns))
    for n, f, i, j in np.ndindex(out.shape):
        out[n, f, i, j] = b[f, i, j]
        for c, u, v in np.ndindex(channels, kh, kw):
            out[n, f, i, j] += x[n, c, i * stride + u, j * stride + v] * w[i, j, f, c, u, v]
    return out


def linear_as_conv(weight, input_shape):
    channels, height, width = input_shape
    w = np.zeros((weight.shape[0], channels, height, width))
    for f, c, y, z in np.ndindex(w.shape):
        w[f, c, y, z] = weight[f, (c * height + y) * width + z]
    return w
