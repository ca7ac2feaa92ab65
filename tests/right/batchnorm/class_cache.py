"""Small graph nodes with a forward and a backward of their own; the cache is the node object."""

import numpy as np


class Normalise:
    """x -> (x - mean) / sqrt(var + eps) over the first axis, staged as a graph of elementary steps."""

    def __init__(self, eps):
        self.eps = eps

    def forward(self, x):
        self.n = x.shape[0]
        self.mean = 1.0 / self.n * np.sum(x, axis=0)
        self.centred = x - self.mean
        self.var = 1.0 / self.n * np.sum(self.centred**2, axis=0)
        self.root = np.sqrt(self.var + self.eps)
        self.inverse = 1.0 / self.root
        return self.centred * self.inverse

    def backward(self, dxhat):
        dinverse = np.sum(dxhat * self.centred, axis=0)
        dcentred = dxhat * self.inverse
        droot = -dinverse / self.root**2
        dvar = 0.5 * droot / self.root
        dsquares = np.ones((self.n, 1)) / self.n * dvar
        dcentred = dcentred + 2.0 * self.centred * dsquares
        dmean = -np.sum(dcentred, axis=0)
        return dcentred + np.ones((self.n, 1)) / self.n * dmean


class BatchNorm:
    """Normalise, scale, shift."""

    def __init__(self, gamma, beta, eps, to_rows=None, to_images=None):
        self.gamma, self.beta = gamma, beta
        self.node = Normalise(eps)
        self.to_rows = to_rows or (lambda array: array)
        self.to_images = to_images or (lambda array: array)

    def forward(self, x):
        self.xhat = self.node.forward(self.to_rows(x))
        return self.to_images(self.xhat * self.gamma + self.beta)

    def backward(self, dout):
        rows = self.to_rows(dout)
        dx = self.node.backward(rows * self.gamma)
        return self.to_images(dx), np.sum(rows * self.xhat, axis=0), np.sum(rows, axis=0)


def _run(layer, x, running_mean, running_var, training, momentum, eps):
    if not training:
        rows = layer.to_rows(x)
        xhat = (rows - running_mean) / np.sqrt(running_var + eps)
        return layer.to_images(xhat * layer.gamma + layer.beta), (np.copy(running_mean), np.copy(running_var)), layer
    count = layer.to_rows(x).shape[0]
    if count < 2:
        raise ValueError(f"x: {count} examples per feature are too few for training")
    out = layer.forward(x)
    mean = momentum * running_mean + (1.0 - momentum) * layer.node.mean
    var = momentum * running_var + (1.0 - momentum) * np.var(layer.to_rows(x), axis=0, ddof=1)
    return out, (mean, var), layer


def batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    return _run(BatchNorm(gamma, beta, eps), x, running_mean, running_var, training, momentum, eps)


def batchnorm_backward(dout, cache):
    return cache.backward(dout)


def spatial_batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    n, c, h, w = x.shape

    def to_rows(images):
        return np.moveaxis(images, 1, 3).reshape(n * h * w, c)

    def to_images(rows):
        return np.moveaxis(rows.reshape(n, h, w, c), 3, 1)

    layer = BatchNorm(gamma, beta, eps, to_rows, to_images)
    return _run(layer, x, running_mean, running_var, training, momentum, eps)


def spatial_batchnorm_backward(dout, cache):
    return cache.backward(dout)


def fold_batchnorm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    f = w.shape[0]
    diagonal = np.diag(gamma / np.sqrt(running_var + eps))
    return (diagonal @ w.reshape(f, -1)).reshape(w.shape), diagonal @ (b - running_mean) + beta
