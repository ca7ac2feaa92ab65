"""Lists and the statistics module forward; backward the Jacobian of every feature as a matrix; images channel by channel."""

import statistics

import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    if training:
        n = x.shape[0]
        if n < 2:
            raise ValueError("x has %d rows" % n)  # noqa: UP031 -- as people write it
        cols = x.T.tolist()
        mean = [statistics.fmean(c) for c in cols]
        var = [statistics.pvariance(c) for c in cols]
        unbiased = [statistics.variance(c) for c in cols]
        out = np.array(
            [
                [g * (v - m) / (s + eps) ** 0.5 + b for v in c]
                for c, m, s, g, b in zip(cols, mean, var, gamma, beta, strict=False)
            ]
        ).T
        new = tuple(
            np.array([momentum * o + (1 - momentum) * t for o, t in zip(old, this, strict=False)])
            for old, this in ((running_mean, mean), (running_var, unbiased))
        )
        return out, new, (x, gamma, np.array(mean), np.array(var), eps)
    return (x - running_mean) * gamma / (running_var + eps) ** 0.5 + beta, (running_mean, running_var), None


def batchnorm_backward(dout, cache):
    x, gamma, _mean, var, eps = cache
    n, d = x.shape
    dx = np.zeros((n, d))
    dgamma = np.zeros(d)
    P = np.eye(n) - np.full((n, n), 1 / n)
    for j in range(d):
        c = P @ x[:, j]
        s2 = var[j] + eps
        J = (P - np.outer(c, c) / (n * s2)) / s2**0.5
        dx[:, j] = gamma[j] * J @ dout[:, j]
        dgamma[j] = dout[:, j] @ c / np.sqrt(s2)
    return dx, dgamma, np.add.reduce(dout)


def spatial_batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    N, C, H, W = x.shape
    if training and N * H * W < 2:
        raise ValueError("%d values" % (N * H * W))  # noqa: UP031 -- as people write it
    out = np.empty_like(x)
    nm, nv = [], []
    caches = []
    for c in range(C):
        o, (m, v), k = batchnorm_forward(
            x[:, c].reshape(-1, 1),
            gamma[c : c + 1],
            beta[c : c + 1],
            running_mean[c : c + 1],
            running_var[c : c + 1],
            training=training,
            momentum=momentum,
            eps=eps,
        )
        out[:, c] = o.reshape(N, H, W)
        nm.append(m[0])
        nv.append(v[0])
        caches.append(k)
    return out, (np.array(nm), np.array(nv)), caches


def spatial_batchnorm_backward(dout, cache):
    dx = np.zeros_like(dout)
    g = []
    b = []
    for c, k in enumerate(cache):
        d, gg, bb = batchnorm_backward(dout[:, c].reshape(-1, 1), k)
        dx[:, c] = d.reshape(dout[:, c].shape)
        g.extend(gg)
        b.extend(bb)
    return dx, np.array(g), np.array(b)


def fold_batchnorm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    s = gamma * (running_var + eps) ** -0.5
    return np.einsum("fcab,f->fcab", w, s), beta + s * (b - running_mean)
