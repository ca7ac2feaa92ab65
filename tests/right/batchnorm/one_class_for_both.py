"""One class with slots for rows and images, its axes given; the cache is the instance, which has no repr."""

import numpy as np


class BatchNorm:
    __slots__ = "axes", "gamma", "shape", "std", "xhat"

    def __init__(self, axes):
        self.axes = axes

    def __repr__(self):
        raise RuntimeError("no repr")

    def expand(self, v):
        s = [1] * len(self.shape)
        s[1] = -1
        return v.reshape(s)

    def forward(self, x, gamma, beta, rm, rv, training, momentum, eps):
        self.shape = x.shape
        count = x.size // x.shape[1] if x.shape[1] else 0
        if training and count < 2:
            raise ValueError(f"{count} value(s) per channel, training=True")
        if training:
            mean, var = x.mean(self.axes), x.var(self.axes)
            new = (rm + (mean - rm) * (1 - momentum), rv + (x.var(self.axes, ddof=1) - rv) * (1 - momentum))
        else:
            mean, var, new = rm, rv, (rm.copy(), rv.copy())
        self.std = self.expand(np.sqrt(var + eps))
        self.gamma = self.expand(gamma)
        self.xhat = (x - self.expand(mean)) / self.std
        return self.xhat * self.gamma + self.expand(beta), new, self

    def backward(self, d):
        xh = self.xhat
        m = d.size / d.shape[1]
        dg, db = (d * xh).sum(self.axes), d.sum(self.axes)
        dx = self.gamma / self.std * (d - self.expand(db) / m - xh * self.expand(dg) / m)
        return dx, dg, db


def make(axes):
    def forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
        return BatchNorm(axes).forward(x, gamma, beta, running_mean, running_var, training, momentum, eps)

    return forward, lambda dout, cache: cache.backward(dout)


batchnorm_forward, batchnorm_backward = make((0,))
spatial_batchnorm_forward, spatial_batchnorm_backward = make((0, 2, 3))


def fold_batchnorm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    ws, bs = [], []
    for k, c, g, be, m, v in zip(w, b, gamma, beta, running_mean, running_var, strict=False):
        s = g / (v + eps) ** 0.5
        ws.append(k * s)
        bs.append(c * s + be - m * s)
    return np.array(ws), np.array(bs)
