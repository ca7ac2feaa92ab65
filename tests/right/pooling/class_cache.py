"""One class for each pooling; the cache is an instance of it. Results are Fortran-ordered."""

import numpy as np


class Pooling:
    """Cuts x into windows; subclasses say what becomes of each."""

    def __init__(self, x, kernel, stride):
        self.x = np.asfortranarray(x)
        try:
            self.kh, self.kw = kernel
        except TypeError:
            self.kh = self.kw = kernel
        try:
            self.sh, self.sw = stride
        except TypeError:
            self.sh = self.sw = stride
        if self.kh > x.shape[2] or self.kw > x.shape[3]:
            raise TooLarge(f"window {self.kh, self.kw} larger than input {x.shape}")
        if min(self.sh, self.sw) < 1:
            raise ValueError(f"stride is {self.sh, self.sw}")
        self.oh = (x.shape[2] - self.kh) // self.sh + 1
        self.ow = (x.shape[3] - self.kw) // self.sw + 1

    def places(self):
        for i in range(self.oh):
            for j in range(self.ow):
                top, left = i * self.sh, j * self.sw
                yield i, j, (slice(None), slice(None), slice(top, top + self.kh), slice(left, left + self.kw))

    def forward(self):
        self.out = np.empty((*self.x.shape[:2], self.oh, self.ow), order="F")
        for i, j, window in self.places():
            self.out[:, :, i, j] = self.pool(self.x[window])
        return self.out

    def backward(self, dout):
        dx = np.zeros(self.x.shape, order="F")
        for i, j, window in self.places():
            dx[window] += dout[:, :, i, j, None, None] * self.slope(self.x[window], self.out[:, :, i, j, None, None])
        return dx


class TooLarge(ValueError):
    """The kernel does not fit into the input."""


class Max(Pooling):
    def pool(self, window):
        return window.max((2, 3))

    def slope(self, window, pooled):
        hits = window == pooled
        return hits / hits.sum((2, 3), keepdims=True)


class Average(Pooling):
    def pool(self, window):
        return window.mean((2, 3))

    def slope(self, window, pooled):
        return 1 / (self.kh * self.kw)


class Norm(Pooling):
    def pool(self, window):
        return np.sqrt(np.sum(window * window, axis=(2, 3)))

    def slope(self, window, pooled):
        return window / pooled


def max_pool_forward(x, kernel, stride):
    pooling = Max(x, kernel, stride)
    return pooling.forward(), pooling


def avg_pool_forward(x, kernel, stride):
    pooling = Average(x, kernel, stride)
    return pooling.forward(), pooling


def l2_pool_forward(x, kernel, stride):
    pooling = Norm(x, kernel, stride)
    return pooling.forward(), pooling


def global_avg_pool_forward(x):
    pooling = Average(x, x.shape[2:], 1)
    return pooling.forward()[:, :, 0, 0], pooling


def max_pool_with_switches(x, kernel, stride):
    return max_pool_forward(x, kernel, stride)


def max_pool_backward(dout, cache):
    return cache.backward(dout)


def avg_pool_backward(dout, cache):
    return cache.backward(dout)


def l2_pool_backward(dout, cache):
    return cache.backward(dout)


def global_avg_pool_backward(dout, cache):
    return cache.backward(dout[:, :, None, None])


def max_unpool(x, switches, output_shape):
    assert switches.x.shape == tuple(output_shape)
    return switches.backward(x)
