"""The cache is the backward pass itself, a closure; sums by einsum; rows are images of one pixel."""

import numpy as np


def batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    lifted, running, cache = spatial_batchnorm_forward(
        x[:, :, np.newaxis, np.newaxis],
        gamma,
        beta,
        running_mean,
        running_var,
        training=training,
        momentum=momentum,
        eps=eps,
    )
    return lifted[..., 0, 0], running, cache


def batchnorm_backward(dout, cache):
    dx, dgamma, dbeta = cache(dout[:, :, np.newaxis, np.newaxis])
    return dx[..., 0, 0], dgamma, dbeta


def spatial_batchnorm_forward(x, gamma, beta, running_mean, running_var, *, training, momentum=0.9, eps=1e-5):
    if not training:
        inverse = np.reciprocal(np.sqrt(running_var + eps))
        out = np.einsum("nchw,c->nchw", x - running_mean[:, None, None], gamma * inverse) + beta[:, None, None]
        return out, (running_mean * 1.0, running_var * 1.0), lambda dout: None
    count = x.shape[0] * x.shape[2] * x.shape[3]
    if count <= 1:
        raise ValueError(f"a batch of {count} value(s) per channel has no variance; training needs more")
    mean = np.einsum("nchw->c", x) / count
    centred = x - mean[:, None, None]
    squares = np.einsum("nchw,nchw->c", centred, centred)
    inverse = np.reciprocal(np.sqrt(squares / count + eps))
    xhat = np.einsum("nchw,c->nchw", centred, inverse)

    def backward(dout):
        dbeta = np.einsum("nchw->c", dout)
        dgamma = np.einsum("nchw,nchw->c", dout, xhat)
        inner = dout - (dbeta / count)[:, None, None] - xhat * (dgamma / count)[:, None, None]
        return np.einsum("nchw,c->nchw", inner, gamma * inverse), dgamma, dbeta

    new_mean = momentum * running_mean + (1 - momentum) * mean
    new_var = momentum * running_var + (1 - momentum) * squares / (count - 1)
    return np.einsum("nchw,c->nchw", xhat, gamma) + beta[:, None, None], (new_mean, new_var), backward


def spatial_batchnorm_backward(dout, cache):
    return cache(dout)


def fold_batchnorm(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    factor = gamma / np.sqrt(running_var + eps)
    return np.einsum("fchw,f->fchw", w, factor), np.einsum("f,f->f", b - running_mean, factor) + beta
