"""Statistics one value at a time by Welford's method, channel by channel; arguments are NumPy scalars and views."""

import numpy as np


def _welford(values):
    count, mean, squares = 0, np.float64(0), np.float64(0)
    for value in values:
        count += 1
        step = value - mean
        mean = mean + step / count
        squares = squares + step * (value - mean)
    return np.int64(count), mean, squares


def _channel_forward(values, gamma, beta, running, training, momentum, eps):
    if not training:
        inverse = 1 / np.sqrt(running[1] + eps)
        return gamma * (values - running[0]) * inverse + beta, running, None
    count, mean, squares = _welford(values.ravel())
    if count < 2:
        raise ValueError(f"only {count} value(s) of each feature in x: not enough for training")
    inverse = 1 / np.sqrt(squares / count + eps)
    new = momentum * running[0] + (1 - momentum) * mean, momentum * running[1] + (1 - momentum) * squares / (count - 1)
    xhat = (values - mean) * inverse
    return gamma * xhat + beta, new, (xhat, inverse, gamma)


def _channel_backward(dout, kept):
    xhat, inverse, gamma = kept
    count, mean, _ = _welford(dout.ravel())
    _, along, _ = _welford((dout * xhat).ravel())
    return gamma * inverse * (dout - mean - xhat * along), along * count, mean * count


def batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    parts = [
        _channel_forward(x[:, k], gamma[k], beta[k], (running_mean[k], running_var[k]), training, momentum, eps)
        for k in range(x.shape[1])
    ]
    out = np.moveaxis(np.array([part[0] for part in parts]), 0, 1)
    return out, tuple(np.array([part[1][which] for part in parts]) for which in (0, 1)), [part[2] for part in parts]


def batchnorm_backward(dout, cache):
    parts = [_channel_backward(dout[:, k], kept) for k, kept in enumerate(cache)]
    dx = np.moveaxis(np.array([part[0] for part in parts]), 0, 1)
    return (dx, np.array([part[1] for part in parts]), np.array([part[2] for part in parts]))


spatial_batchnorm_forward = batchnorm_forward
spatial_batchnorm_backward = batchnorm_backward


def fold_batchnorm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    filters = zip(w, b, gamma, beta, running_mean, running_var, strict=True)
    folded = [
        (kernel * (g / (v + eps) ** 0.5), (bias - m) / (v + eps) ** 0.5 * g + shift)
        for kernel, bias, g, shift, m, v in filters
    ]
    return np.array([kernel for kernel, _ in folded]), np.array([bias for _, bias in folded])
