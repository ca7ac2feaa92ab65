"""Plain Python loops over features and rows, the chain rule term by term; lists where tuples are asked for."""

import math

import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    n, d = x.shape
    if training and n < 2:
        raise ValueError(f"cannot train on a batch of {n}")
    out, new_mean, new_var, kept = np.zeros((n, d)), np.zeros(d), np.zeros(d), []
    for j in range(d):
        column = [float(value) for value in x[:, j]]
        if training:
            mean = sum(column) / n
            squares = sum((value - mean) ** 2 for value in column)
            var = squares / n
            new_mean[j] = momentum * running_mean[j] + (1 - momentum) * mean
            new_var[j] = momentum * running_var[j] + (1 - momentum) * squares / (n - 1)
        else:
            mean, var = running_mean[j], running_var[j]
            new_mean[j], new_var[j] = mean, var
        for i in range(n):
            out[i, j] = gamma[j] * (column[i] - mean) / math.sqrt(var + eps) + beta[j]
        kept.append((column, mean, var, float(gamma[j]), eps))
    return [out, [new_mean, new_var], kept]


def batchnorm_backward(dout, cache):
    n, d = dout.shape
    dx, dgamma, dbeta = np.zeros((n, d)), np.zeros(d), np.zeros(d)
    for j, (column, mean, var, gamma, eps) in enumerate(cache):
        root = math.sqrt(var + eps)
        dvar = dmean = 0.0
        for i in range(n):
            dxhat = dout[i, j] * gamma
            dvar += dxhat * (column[i] - mean) * -0.5 * (var + eps) ** -1.5
            dmean -= dxhat / root
            dgamma[j] += dout[i, j] * (column[i] - mean) / root
            dbeta[j] += dout[i, j]
        for i in range(n):
            dx[i, j] = dout[i, j] * gamma / root + dvar * 2 * (column[i] - mean) / n + dmean / n
    return [dx, dgamma, dbeta]


def spatial_batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    n, c, h, w = x.shape
    if training and n * h * w < 2:
        raise ValueError(f"cannot train on {n * h * w} values per channel")
    rows = np.array([[x[i, k, a, b] for k in range(c)] for i in range(n) for a in range(h) for b in range(w)])
    flat, running, cache = batchnorm_forward(
        rows, gamma, beta, running_mean, running_var, training=training, momentum=momentum, eps=eps
    )
    out = np.zeros(x.shape)
    for row, (i, a, b) in enumerate(np.ndindex(n, h, w)):
        out[i, :, a, b] = flat[row]
    return [out, running, cache]


def spatial_batchnorm_backward(dout, cache):
    n, c, h, w = dout.shape
    rows = np.array([[dout[i, k, a, b] for k in range(c)] for i in range(n) for a in range(h) for b in range(w)])
    flat, dgamma, dbeta = batchnorm_backward(rows, cache)
    dx = np.zeros(dout.shape)
    for row, (i, a, b) in enumerate(np.ndindex(n, h, w)):
        dx[i, :, a, b] = flat[row]
    return [dx, dgamma, dbeta]


def fold_batchnorm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    new_w, new_b = np.zeros(w.shape), np.zeros(b.shape)
    for f in range(len(w)):
        factor = gamma[f] / math.sqrt(running_var[f] + eps)
        for index in np.ndindex(w.shape[1:]):
            new_w[(f, *index)] = w[(f, *index)] * factor
        new_b[f] = factor * b[f] - factor * running_mean[f] + beta[f]
    return [new_w, new_b]
