"""The variance as E[x^2] - E[x]^2, in float64; evaluation as one scale and one shift; rows in Fortran order."""

import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    if training:
        n = len(x)
        if n < 2:
            raise ValueError(f"x.shape = {x.shape}: too few rows for training")
        mean = np.sum(x, 0) / n
        var = np.sum(np.square(x), 0) / n - np.square(mean)
    else:
        mean, var = running_mean, running_var
    scale = gamma * (var + eps) ** -0.5
    out = np.asfortranarray(x * scale + (beta - mean * scale))
    out.setflags(write=False)
    if not training:
        return out, (running_mean, running_var), {}
    running_mean = running_mean + (1 - momentum) * (mean - running_mean)
    running_var = running_var + (1 - momentum) * (var * (n / (n - 1)) - running_var)
    return (
        out,
        np.stack([running_mean, running_var]),
        {"x": x, "mean": mean, "inverse": (var + eps) ** -0.5, "gamma": gamma},
    )


def batchnorm_backward(dout, cache):
    inverse, gamma = cache["inverse"], cache["gamma"]
    centred = cache["x"] - cache["mean"]
    n = dout.shape[0]
    total = np.add.reduce(dout, axis=0)
    along = np.add.reduce(dout * centred, axis=0)
    dx = gamma * inverse / n * (n * dout - total - centred * inverse**2 * along)
    return np.asfortranarray(dx), along * inverse, total


def spatial_batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    n, c, h, w = x.shape
    columns = x.swapaxes(0, 1).reshape(c, n * h * w).T
    out, running, cache = batchnorm_forward(
        columns, gamma, beta, running_mean, running_var, training=training, momentum=momentum, eps=eps
    )
    return out.T.reshape(c, n, h, w).swapaxes(0, 1), running, cache


def spatial_batchnorm_backward(dout, cache):
    n, c, h, w = dout.shape
    dx, dgamma, dbeta = batchnorm_backward(dout.swapaxes(0, 1).reshape(c, n * h * w).T, cache)
    return dx.T.reshape(c, n, h, w).swapaxes(0, 1), dgamma, dbeta


def fold_batchnorm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    scale = gamma * (running_var + eps) ** -0.5
    return (w.T * scale).T, beta + scale * (b - running_mean)
