"""Layers, losses and the tiny network by PyTorch in float64: its own forward functions, gradients by autograd.

The `*_bound` functions give, entry by entry, the magnitude that went into a result, for the allowed error.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy import ndarray
from torch import Tensor

UNDERFLOW = 1e-30
"""Next to float32's smallest numbers relative accuracy ends; in magnitudes, this allows for it."""
SUM_NEAR_ONE = 1e-10
"""(1 + tanh(x/2)) / 2 in float64 is a right way to a sigmoid, off by 1e-16 however small the result is."""


class Affine(NamedTuple):
    """The arguments of affine_forward; its cache."""

    x: ndarray
    w: ndarray
    b: ndarray


class Entrywise(NamedTuple):
    """The argument of relu_forward or sigmoid_forward; its cache."""

    x: ndarray


class Tiny(NamedTuple):
    """The arguments of tiny_cnn_step, or one magnitude for each of its results but the first two."""

    x: ndarray
    w_conv: ndarray
    w_out: ndarray
    target: float
    lr: float


def affine_forward(x: ndarray, w: ndarray, b: ndarray) -> tuple[ndarray, Affine]:
    """(out, cache)."""
    kept = Affine(x, w, b)
    return _affine(*_tensors(*kept)).numpy(), kept


def affine_backward(dout: ndarray, cache: Affine) -> tuple[ndarray, ndarray, ndarray]:
    """(dx, dw, db), by autograd."""
    leaves = [leaf.requires_grad_() for leaf in _tensors(*cache)]
    dx, dw, db = torch.autograd.grad((_affine(*leaves) * torch.tensor(dout)).sum(), leaves)
    return dx.numpy(), dw.numpy(), db.numpy()


def relu_forward(x: ndarray) -> tuple[ndarray, Entrywise]:
    """(out, cache)."""
    return torch.relu(torch.tensor(x)).numpy(), Entrywise(x)


def relu_backward(dout: ndarray, cache: Entrywise) -> ndarray:
    """dx, by autograd."""
    x = torch.tensor(cache.x, requires_grad=True)
    return torch.autograd.grad((torch.relu(x) * torch.tensor(dout)).sum(), x)[0].numpy()


def sigmoid_forward(x: ndarray) -> tuple[ndarray, Entrywise]:
    """(out, cache)."""
    return torch.sigmoid(torch.tensor(x)).numpy(), Entrywise(x)


def sigmoid_backward(dout: ndarray, cache: Entrywise) -> ndarray:
    """dx, by autograd."""
    x = torch.tensor(cache.x, requires_grad=True)
    return torch.autograd.grad((torch.sigmoid(x) * torch.tensor(dout)).sum(), x)[0].numpy()


def softmax_cross_entropy(scores: ndarray, labels: ndarray) -> tuple[float, ndarray]:
    """(loss, dscores), the latter by autograd."""
    leaf = torch.tensor(scores, requires_grad=True)
    loss = F.cross_entropy(leaf, torch.tensor(labels))
    return loss.item(), torch.autograd.grad(loss, leaf)[0].numpy()


def squared_error(output: ndarray, target: ndarray) -> tuple[float, ndarray]:
    """(loss, doutput), the latter by autograd."""
    leaf = torch.tensor(output, requires_grad=True)
    loss = F.mse_loss(leaf, torch.tensor(target), reduction="sum") / 2
    return loss.item(), torch.autograd.grad(loss, leaf)[0].numpy()


def tiny_cnn_step(
    x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float
) -> tuple[float, float, ndarray, ndarray]:
    """(output, loss, new_w_conv, new_w_out), the latter by autograd and a step against the gradient.

    The step is written out: making the first of PyTorch's optimizers takes half a second, for what a compiler would need.
    """
    image, kernel, weights = _tensors(x, w_conv, w_out)
    parameters = [kernel.requires_grad_(), weights.requires_grad_()]
    output = torch.sigmoid(weights @ F.max_pool2d(_convolution(image, kernel), 2).flatten())
    loss = (output - target) ** 2 / 2
    gradients = torch.autograd.grad(loss, parameters)
    new = [old.detach() - float(lr) * slope for old, slope in zip(parameters, gradients, strict=True)]
    return output.item(), loss.item(), new[0].numpy(), new[1].numpy()


def _tensors(*arrays: ndarray) -> list[Tensor]:
    return [torch.tensor(array, dtype=torch.float64) for array in arrays]


def _affine(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return F.linear(x.flatten(1), w.T, b)


def _convolution(image: Tensor, kernel: Tensor) -> Tensor:
    """(1, 1, rows, columns): a transposed convolution is a true one, of which its padding cuts off the borders."""
    padding = (kernel.shape[0] - 1, kernel.shape[1] - 1)
    return F.conv_transpose2d(image[None, None], kernel[None, None], padding=padding)


# -- magnitudes --------------------------------------------------------------------------------------------------------


def affine_bound(x: ndarray, w: ndarray, b: ndarray) -> ndarray:
    """Magnitudes for affine_forward's out."""
    return affine_forward(np.abs(x), np.abs(w), np.abs(b))[0]


def affine_backward_bound(dout: ndarray, kept: Affine) -> tuple[ndarray, ndarray, ndarray]:
    """Magnitudes for (dx, dw, db)."""
    return affine_backward(np.abs(dout), Affine(*map(np.abs, kept)))


def sigmoid_bound(x: ndarray) -> ndarray:
    """Magnitudes for sigmoid_forward's out: the result itself, and what an error in x, relative to |x|, makes of it."""
    out, slope = sigmoid_forward(x)[0], sigmoid_backward(np.ones_like(x), Entrywise(x))
    return out + slope * np.abs(x) + SUM_NEAR_ONE


def sigmoid_backward_bound(dout: ndarray, kept: Entrywise) -> ndarray:
    """Magnitudes for dx: out * (1 + out) in the place of out * (1 - out)."""
    return 2.0 * np.abs(dout) * sigmoid_bound(kept.x)


def softmax_bound(scores: ndarray, labels: ndarray) -> tuple[float, ndarray]:
    """Magnitudes for (loss, dscores): scores enter both by their differences and the logarithm of a sum."""
    n, classes = scores.shape
    size = 2.0 * np.abs(scores).max(axis=1, keepdims=True) + np.log(classes) + 1.0
    p = torch.softmax(torch.tensor(scores), 1).numpy()
    one_hot = np.eye(classes)[labels]
    return float(size.mean()), (p * size + one_hot + UNDERFLOW) / n


def squared_error_bound(output: ndarray, target: ndarray) -> tuple[float, ndarray]:
    """Magnitudes for (loss, doutput)."""
    return squared_error(np.abs(output), -np.abs(target))


class TinyBound(NamedTuple):
    """Magnitudes for the results of tiny_cnn_step."""

    output: float
    loss: float
    new_w_conv: ndarray
    new_w_out: ndarray


def tiny_bound(kept: Tiny) -> TinyBound:
    """Magnitudes for the results of tiny_cnn_step, by the chain rule on absolute values; maxima stay in place."""
    image, kernel, weights = _tensors(kept.x, kept.w_conv, kept.w_out)
    pooled, where = F.max_pool2d(_convolution(image, kernel), 2, return_indices=True)
    out = float(torch.sigmoid(weights @ pooled.flatten()))
    leaves = [kernel.abs().requires_grad_(), weights.abs().requires_grad_()]
    into_z = leaves[1] @ _convolution(image.abs(), leaves[0]).flatten()[where.flatten()]
    along_conv, along_out = (part.numpy() for part in torch.autograd.grad(into_z, leaves))

    slope, off = out * (1.0 - out), abs(out - kept.target)
    into_out = out + slope * into_z.item()
    into_off = into_out + abs(kept.target)
    into_dz = into_off * slope + off * into_out * (1.0 + out)
    step = kept.lr * (into_dz + off * slope)
    return TinyBound(
        into_out,
        off * into_off + off**2,
        np.abs(kept.w_conv) + step * along_conv,
        np.abs(kept.w_out) + step * along_out,
    )
