"""Batch normalisation by PyTorch in float64: its own batch_norm forward, gradients by autograd, folding by probing.

The `*_bound` functions give, entry by entry, the magnitude that went into a result, for the allowed error.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy import ndarray
from torch import Tensor


class Kept(NamedTuple):
    """The arguments of a forward pass; its cache."""

    x: ndarray
    gamma: ndarray
    beta: ndarray
    running_mean: ndarray
    running_var: ndarray
    training: bool
    momentum: float
    eps: float


def batchnorm_forward(
    x: ndarray,
    gamma: ndarray,
    beta: ndarray,
    running_mean: ndarray,
    running_var: ndarray,
    *,
    training: bool,
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> tuple[ndarray, tuple[ndarray, ndarray], Kept]:
    """(out, (new_mean, new_var), cache); ValueError in training with fewer than 2 rows."""
    kept = Kept(x, gamma, beta, running_mean, running_var, training, momentum, eps)
    if training and len(x) < 2:
        raise ValueError(f"x has {len(x)} rows, shape {x.shape}; at least 2 are needed in training")
    return (*_forward(kept), kept)


def batchnorm_backward(dout: ndarray, cache: Kept) -> tuple[ndarray, ndarray, ndarray]:
    """(dx, dgamma, dbeta), by autograd through the forward pass."""
    x, gamma, beta = (torch.tensor(value, requires_grad=True) for value in cache[:3])
    out = F.batch_norm(x, None, None, gamma, beta, True, 0.0, cache.eps)
    dx, dgamma, dbeta = torch.autograd.grad((out * torch.tensor(dout)).sum(), (x, gamma, beta))
    return dx.numpy(), dgamma.numpy(), dbeta.numpy()


def spatial_batchnorm_forward(
    x: ndarray,
    gamma: ndarray,
    beta: ndarray,
    running_mean: ndarray,
    running_var: ndarray,
    *,
    training: bool,
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> tuple[ndarray, tuple[ndarray, ndarray], Kept]:
    """The same for images; ValueError in training with fewer than 2 values per channel."""
    kept = Kept(x, gamma, beta, running_mean, running_var, training, momentum, eps)
    if training and x[:, 0].size < 2:
        raise ValueError(f"x has {x[:, 0].size} values per channel, shape {x.shape}; at least 2 are needed in training")
    return (*_forward(kept), kept)


def spatial_batchnorm_backward(dout: ndarray, cache: Kept) -> tuple[ndarray, ndarray, ndarray]:
    """The same for images."""
    return batchnorm_backward(dout, cache)


def fold_batchnorm(
    w: ndarray,
    b: ndarray,
    gamma: ndarray,
    beta: ndarray,
    running_mean: ndarray,
    running_var: ndarray,
    eps: float = 1e-5,
) -> tuple[ndarray, ndarray]:
    """(w, b): what convolution and batch norm together do to an empty patch, and their slope in every input."""
    kernel, bias, *norm = (torch.tensor(value) for value in (w, b, running_mean, running_var, gamma, beta))

    def both(patch: Tensor) -> Tensor:
        return F.batch_norm(F.conv2d(patch[None], kernel, bias), *norm, False, 0.0, eps)[0, :, 0, 0]

    empty = torch.zeros(w.shape[1:], dtype=torch.float64)
    return torch.autograd.functional.jacobian(both, empty).numpy(), both(empty).numpy()


def _forward(kept: Kept) -> tuple[ndarray, tuple[ndarray, ndarray]]:
    x, gamma, beta, mean, var = (torch.tensor(value) for value in kept[:5])  # copies: batch_norm writes into mean, var
    out = F.batch_norm(x, mean, var, gamma, beta, kept.training, 1.0 - kept.momentum, kept.eps)
    return out.numpy(), (mean.numpy(), var.numpy())


class Sizes(NamedTuple):
    """Of a batch, feature by feature: what its normalisation is made from."""

    axes: tuple[int, ...]
    count: int
    std: ndarray
    normalised: ndarray


def _per_feature(values: ndarray, x: ndarray) -> ndarray:
    return values.reshape(1, -1, *(1,) * (x.ndim - 2))


def _sizes(x: ndarray, eps: float) -> Sizes:
    """Magnitudes of a training batch.

    xhat takes its error from x - mean, of size |x| + E|x|, and from the variance, whose relative error is that of
    E[x^2] over var + eps where it is worked out as E[x^2] - E[x]^2.
    """
    axes = (0, *range(2, x.ndim))
    var = x.var(axis=axes, keepdims=True)
    std = np.sqrt(var + eps)
    exact = np.abs(x - x.mean(axis=axes, keepdims=True)) / std
    lost = (x**2).mean(axis=axes, keepdims=True) / (var + eps)
    apart = (np.abs(x) + np.abs(x).mean(axis=axes, keepdims=True)) / std
    return Sizes(axes, x.size // x.shape[1], std, apart + exact * lost)


def forward_bound(kept: Kept) -> tuple[ndarray, tuple[ndarray, ndarray]]:
    """Magnitudes for (out, (new_mean, new_var)) of either forward function."""
    x, gamma, beta = kept.x, np.abs(_per_feature(kept.gamma, kept.x)), np.abs(_per_feature(kept.beta, kept.x))
    old = np.abs(kept.running_mean), np.abs(kept.running_var)
    if not kept.training:
        std = np.sqrt(_per_feature(kept.running_var, x) + kept.eps)
        return gamma * (np.abs(x) + _per_feature(old[0], x)) / std + beta, old
    sizes = _sizes(x, kept.eps)
    mean, square = np.abs(x).mean(axis=sizes.axes), (x**2).mean(axis=sizes.axes)
    # 1 - momentum in float32 has an error of its own, so the batch counts in full
    return gamma * sizes.normalised + beta, (old[0] + mean, old[1] + square * sizes.count / (sizes.count - 1))


def backward_bound(dout: ndarray, kept: Kept) -> tuple[ndarray, ndarray, ndarray]:
    """Magnitudes for (dx, dgamma, dbeta) of either backward function."""
    sizes = _sizes(kept.x, kept.eps)
    size, mean = np.abs(dout), np.abs(dout).mean(axis=sizes.axes, keepdims=True)
    along = (size * sizes.normalised).mean(axis=sizes.axes, keepdims=True)
    dx = np.abs(_per_feature(kept.gamma, kept.x)) / sizes.std * (size + mean + sizes.normalised * along)
    return dx, (size * sizes.normalised).sum(axis=sizes.axes), size.sum(axis=sizes.axes)


def fold_bound(
    w: ndarray, b: ndarray, gamma: ndarray, beta: ndarray, running_mean: ndarray, running_var: ndarray, eps: float
) -> tuple[ndarray, ndarray]:
    """Magnitudes for (w, b) of fold_batchnorm."""
    scale = np.abs(gamma) / np.sqrt(running_var + eps)
    return np.abs(w) * scale[:, None, None, None], (np.abs(b) + np.abs(running_mean)) * scale + np.abs(beta)
