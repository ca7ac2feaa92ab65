"""Centring as a matrix, and the whole Jacobian of every feature written out; the cache is a NumPy object array."""

import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    n = x.shape[0]
    if not training:
        xhat = (x - running_mean) @ np.diag(1 / np.sqrt(running_var + eps))
        return xhat @ np.diag(gamma) + beta, [running_mean, running_var], None
    if not n > 1:
        raise ValueError(f"N={n} rows, more than one is needed to train")
    centre = np.eye(n) - np.full((n, n), 1 / n)
    centred = centre @ x
    var = np.diag(centred.T @ centred) / n
    std = np.sqrt(var + eps)
    xhat = centred / std
    jacobians = [gamma[j] / std[j] * (centre - np.outer(xhat[:, j], xhat[:, j]) / n) for j in range(x.shape[1])]
    old_and_new = np.array([momentum, 1 - momentum])
    new_mean = old_and_new @ np.array([running_mean, x.mean(0)])
    new_var = old_and_new @ np.array([running_var, np.cov(x, rowvar=False).reshape(x.shape[1], -1).diagonal()])
    cache = np.empty(2, dtype=object)
    cache[0], cache[1] = jacobians, xhat
    return gamma * xhat + beta, [new_mean, new_var], cache


def batchnorm_backward(dout, cache):
    jacobians, xhat = cache
    dx = np.stack([jacobian.T @ column for jacobian, column in zip(jacobians, dout.T, strict=True)], axis=1)
    return dx, np.diag(dout.T @ xhat), np.ones(len(dout)) @ dout


def spatial_batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    shape = np.array(x.shape)[[0, 2, 3, 1]]
    rows = np.concatenate([np.reshape(image, (len(gamma), -1)).T for image in x])
    out, running, cache = batchnorm_forward(
        rows, gamma, beta, running_mean, running_var, training=training, momentum=momentum, eps=eps
    )
    return np.rollaxis(out.reshape(shape), 3, 1), running, cache


def spatial_batchnorm_backward(dout, cache):
    shape = np.array(dout.shape)[[0, 2, 3, 1]]
    rows = np.concatenate([np.reshape(image, (dout.shape[1], -1)).T for image in dout])
    dx, dgamma, dbeta = batchnorm_backward(rows, cache)
    return np.rollaxis(dx.reshape(shape), 3, 1), dgamma, dbeta


def fold_batchnorm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    def both(patch):
        scores = np.tensordot(w, patch, axes=3) + b
        return gamma * (scores - running_mean) / np.sqrt(running_var + eps) + beta

    at_zero = both(np.zeros(w.shape[1:]))
    kernel = np.zeros_like(w)
    for index in np.ndindex(w.shape[1:]):
        unit = np.zeros(w.shape[1:])
        unit[index] = 1.0
        kernel[(slice(None), *index)] = both(unit) - at_zero
    return kernel, at_zero
