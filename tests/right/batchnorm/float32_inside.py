"""Everything in float32, results included; statistics over axes (0, 2, 3) without reshaping."""

import numpy as np

F32 = np.float32


def _forward(x, gamma, beta, running_mean, running_var, axes, training, momentum, eps):
    shape = [1] * x.ndim
    shape[1] = -1
    x, gamma, beta, running_mean, running_var = (
        np.asarray(value, dtype=F32) for value in (x, gamma, beta, running_mean, running_var)
    )
    momentum, eps = F32(momentum), F32(eps)
    if not training:
        root = np.sqrt(running_var.reshape(shape) + eps)
        xhat = (x - running_mean.reshape(shape)) / root
        return gamma.reshape(shape) * xhat + beta.reshape(shape), (running_mean, running_var), None
    count = x.size // x.shape[1] if x.shape[1] else 0
    if count < 2:
        raise ValueError(f"training on batch statistics takes at least 2 values per feature, x has {count}")
    mean = x.mean(axis=axes, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=axes, keepdims=True)
    root = np.sqrt(var + eps)
    xhat = (x - mean) / root
    out = gamma.reshape(shape) * xhat + beta.reshape(shape)
    rest = F32(1) - momentum
    unbiased = var.ravel() * F32(count) / F32(count - 1)
    running = (momentum * running_mean + rest * mean.ravel(), momentum * running_var + rest * unbiased)
    return out, running, (xhat, root, gamma.reshape(shape), axes)


def _backward(dout, cache):
    xhat, root, gamma, axes = cache
    dout = np.asarray(dout, dtype=F32)
    dgamma = (dout * xhat).sum(axis=axes)
    dbeta = dout.sum(axis=axes)
    dxhat = dout * gamma
    inner = dxhat - dxhat.mean(axis=axes, keepdims=True) - xhat * (dxhat * xhat).mean(axis=axes, keepdims=True)
    return inner / root, dgamma, dbeta


def batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    return _forward(x, gamma, beta, running_mean, running_var, (0,), training, momentum, eps)


def batchnorm_backward(dout, cache):
    return _backward(dout, cache)


def spatial_batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    return _forward(x, gamma, beta, running_mean, running_var, (0, 2, 3), training, momentum, eps)


def spatial_batchnorm_backward(dout, cache):
    return _backward(dout, cache)


def fold_batchnorm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    w, b, gamma, beta, mean, var = (
        np.asarray(value, dtype=F32) for value in (w, b, gamma, beta, running_mean, running_var)
    )
    scale = gamma / np.sqrt(var + F32(eps))
    return w * scale.reshape(-1, 1, 1, 1), b * scale - mean * scale + beta
