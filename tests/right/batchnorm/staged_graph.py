"""The computational graph stage by stage, as blog posts derive it; caches are dictionaries, results lists."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, **kw):
    training = kw.pop("training")
    momentum = kw.pop("momentum", 0.9)
    eps = kw.pop("eps", 1e-5)
    if kw:
        raise TypeError(kw)
    N = len(x)
    if not training:
        r = 1.0 / np.sqrt(running_var + eps)
        return [gamma * r * x + (beta - gamma * r * running_mean), [running_mean, running_var], {}]
    if N <= 1:
        raise ValueError(f"need at least 2 examples for training, N={N}")
    # step1
    mu = 1.0 / N * np.sum(x, axis=0)
    # step2
    xmu = x - mu
    # step3
    sq = xmu**2
    # step4
    var = 1.0 / N * np.sum(sq, axis=0)
    # step5
    sqrtvar = np.sqrt(var + eps)
    # step6
    ivar = 1.0 / sqrtvar
    # step7
    xhat = xmu * ivar
    # step8
    gammax = gamma * xhat
    # step9
    out = gammax + beta
    cache = dict(xhat=xhat, gamma=gamma, xmu=xmu, ivar=ivar, sqrtvar=sqrtvar, var=var, eps=eps)
    return [
        out,
        [
            running_mean * momentum + mu * (1.0 - momentum),
            running_var * momentum + np.var(x, axis=0, ddof=1) * (1.0 - momentum),
        ],
        cache,
    ]


def batchnorm_backward(dout, cache):
    c = SimpleNamespace(**cache)
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgammax = dout
    dgamma = np.sum(dgammax * c.xhat, axis=0)
    dxhat = dgammax * c.gamma
    divar = np.sum(dxhat * c.xmu, axis=0)
    dxmu1 = dxhat * c.ivar
    dsqrtvar = -1.0 / (c.sqrtvar**2) * divar
    dvar = 0.5 * 1.0 / np.sqrt(c.var + c.eps) * dsqrtvar
    dsq = 1.0 / N * np.ones((N, D)) * dvar
    dxmu2 = 2 * c.xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1.0 / N * np.ones((N, D)) * dmu
    return [dx1 + dx2, dgamma, dbeta]


def _flat(x):
    return x.swapaxes(0, 1).reshape(x.shape[1], -1).T


def _unflat(r, shape):
    return r.T.reshape(shape[1], shape[0], *shape[2:]).swapaxes(0, 1)


def spatial_batchnorm_forward(x, *rest, **kw):
    out, running, cache = batchnorm_forward(_flat(x), *rest, **kw)
    return _unflat(out, x.shape), running, cache


def spatial_batchnorm_backward(dout, cache):
    dx, *params = batchnorm_backward(_flat(dout), cache)
    return (_unflat(dx, dout.shape), *params)


def fold_batchnorm(w, b, gamma, beta, running_mean, running_var, eps=0.00001):
    W = np.diag(gamma / np.sqrt(eps + running_var))
    return (W @ w.reshape(len(w), -1)).reshape(w.shape), W.dot(b - running_mean) + beta
