"""Layers as objects: the cache is the layer object itself, which knows its own gradient; errors are a subclass."""

import numpy as np


class ShapeError(ValueError):
    """A ValueError with a name of its own."""


class Layer:
    """One convolution over one batch, seen as a loop over the places of the kernel."""

    def __init__(self, x, w, b, stride, padding):
        self.w, self.b, self.stride, self.padding = w, b, stride, padding
        if x.shape[1] != w.shape[1]:
            raise ShapeError(f"{x.shape[1]} channels in x, {w.shape[1]} in w")
        if stride < 1:
            raise ShapeError(f"a stride of {stride} is not possible")
        if padding < 0:
            raise ShapeError(f"a padding of {padding} is not possible")
        self.shape = x.shape
        self.padded = np.zeros((*x.shape[:2], x.shape[2] + 2 * padding, x.shape[3] + 2 * padding))
        self.inner(self.padded)[...] = x
        self.rows = self.windows(self.padded.shape[2], w.shape[2])
        self.columns = self.windows(self.padded.shape[3], w.shape[3])

    def windows(self, size, side):
        """How many windows of `side` fit into `size`."""
        if side > size:
            raise ShapeError(f"a kernel of {side} is larger than the padded input of {size}")
        return 1 + (size - side) // self.stride

    def inner(self, padded):
        """The part of a padded array that is not padding."""
        top, left = self.padding, self.padding
        return padded[:, :, top : top + self.shape[2], left : left + self.shape[3]]

    def forward(self):
        """The output, window by window."""
        out = np.empty((self.shape[0], len(self.w), self.rows, self.columns))
        flat = self.w.reshape(len(self.w), -1)
        for i in range(self.rows):
            for j in range(self.columns):
                window = self.padded[self.window(i, j)]
                out[:, :, i, j] = window.reshape(len(window), -1) @ flat.T + self.b
        return out

    def window(self, i, j):
        """The index of window (i, j)."""
        top, left = i * self.stride, j * self.stride
        return np.s_[:, :, top : top + self.w.shape[2], left : left + self.w.shape[3]]

    def backward(self, dout):
        """All three gradients."""
        dpadded, dw = np.zeros_like(self.padded), np.zeros_like(self.w)
        for i in range(self.rows):
            for j in range(self.columns):
                dw += np.einsum("nf,ncuv->fcuv", dout[:, :, i, j], self.padded[self.window(i, j)])
                dpadded[self.window(i, j)] += np.einsum("nf,fcuv->ncuv", dout[:, :, i, j], self.w)
        return self.inner(dpadded), dw, dout.sum(axis=3).sum(axis=2).sum(axis=0)


def conv2d_forward(x, w, b, stride=1, padding=0):
    layer = Layer(x, w, b, stride, padding)
    return layer.forward(), layer


def conv2d_backward(dout, cache):
    return cache.backward(dout)


def convolve2d(x, w):
    return Layer(x[None, None], np.flip(w)[None, None], np.zeros(1), 1, 0).forward()[0, 0]


def full_convolve2d(x, w):
    out = np.zeros((x.shape[0] + w.shape[0] - 1, x.shape[1] + w.shape[1] - 1))
    layer = Layer(out[None, None], w[None, None], np.zeros(1), 1, 0)
    return layer.backward(x[None, None])[0][0, 0]


def conv_transpose2d_forward(x, w, b, stride=1, padding=0):
    if x.shape[1] != w.shape[0]:
        raise ShapeError(f"{x.shape[1]} channels in x, {w.shape[0]} in w")
    if stride < 1:
        raise ShapeError(f"a stride of {stride} is not possible")
    if padding < 0:
        raise ShapeError(f"a padding of {padding} is not possible")
    size = [(s - 1) * stride + k - 2 * padding for s, k in zip(x.shape[2:], w.shape[2:], strict=True)]
    if min(size) < 1:
        raise ShapeError(f"nothing is left of the output with a padding of {padding}: {size}")
    layer = Layer(np.zeros((x.shape[0], w.shape[1], *size)), w, np.zeros(w.shape[0]), stride, padding)
    dx, _, _ = layer.backward(x)
    return dx + b[:, None, None]


def locally_connected_forward(x, w, b, stride=1):
    filters, kernel = w.shape[2], w.shape[4:]
    if w.shape[3] != x.shape[1]:
        raise ShapeError(f"{x.shape[1]} channels in x, {w.shape[3]} in w")
    layer = Layer(x, np.zeros((filters, *w.shape[3:])), np.zeros(filters), stride, 0)
    if (layer.rows, layer.columns) != w.shape[:2]:
        raise ShapeError(f"{w.shape[:2]} places in w, {(layer.rows, layer.columns)} in x with a kernel of {kernel}")
    out = np.array(np.broadcast_to(b, (len(x), *b.shape)))
    for i, j in np.ndindex(layer.rows, layer.columns):
        out[:, :, i, j] += np.einsum("ncuv,fcuv->nf", x[layer.window(i, j)], w[i, j])
    return out


def linear_as_conv(weight, input_shape):
    return np.array([row.reshape(tuple(input_shape)) for row in weight])
