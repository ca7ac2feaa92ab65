"""Convolution by PyTorch in float64, gradients by autograd: the derivation that the checks compare with.

Bounds for the tolerance. Every function here is a sum of products, linear in each array; the magnitude that went into
an entry is the function itself on absolute values.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F


class Convolved(NamedTuple):
    """The forward's arguments."""

    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    stride: int
    padding: int


def conv2d_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Convolved]:
    """Cross-correlation of every image with every filter, plus bias. Raises ValueError."""
    _check(x, w.shape[1], stride, padding)
    _fitting(x, w.shape[2:], stride, padding)
    out = F.conv2d(torch.tensor(x), torch.tensor(w), torch.tensor(b), stride, padding)
    return out.numpy(), Convolved(x, w, b, stride, padding)


def conv2d_backward(dout: np.ndarray, cache: Convolved) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients of `conv2d_forward` with respect to x, w and b."""
    leaves = [torch.tensor(array, requires_grad=True) for array in cache[:3]]
    out = F.conv2d(*leaves, cache.stride, cache.padding)
    dx, dw, db = torch.autograd.grad((out * torch.tensor(dout)).sum(), leaves)
    return dx.numpy(), dw.numpy(), db.numpy()


def convolve2d(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """True convolution of one image, "valid" part."""
    return F.conv2d(torch.tensor(x)[None, None], torch.tensor(w).flip(0, 1)[None, None])[0, 0].numpy()


def full_convolve2d(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """True convolution of one image, "full" part."""
    return F.conv_transpose2d(torch.tensor(x)[None, None], torch.tensor(w)[None, None])[0, 0].numpy()


def conv_transpose2d_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """The adjoint of `conv2d_forward`, plus bias. Raises ValueError."""
    _check(x, w.shape[0], stride, padding)
    sizes = [(size - 1) * stride - 2 * padding + side for size, side in zip(x.shape[2:], w.shape[2:], strict=True)]
    if min(sizes) < 1:
        raise ValueError(f"padding {padding} leaves nothing of the output, whose size would be {tuple(sizes)}")
    return F.conv_transpose2d(torch.tensor(x), torch.tensor(w), torch.tensor(b), stride, padding).numpy()


def locally_connected_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1) -> np.ndarray:
    """A convolution with weights and biases of its own for every place. Raises ValueError."""
    rows, columns, filters, channels, height, width = w.shape
    _check(x, channels, stride, 0)
    fitting = _fitting(x, (height, width), stride, 0)
    if (rows, columns) != fitting:
        raise ValueError(f"w is made for {rows} x {columns} places, but {fitting} windows fit x of shape {x.shape}")
    columns_of_x = F.unfold(torch.tensor(x), (height, width), stride=stride).permute(2, 1, 0)
    out = torch.tensor(w).reshape(rows * columns, filters, -1) @ columns_of_x
    return (out.permute(2, 1, 0).reshape(-1, filters, rows, columns) + torch.tensor(b)).numpy()


def linear_as_conv(weight: np.ndarray, input_shape: tuple[int, int, int]) -> np.ndarray:
    """The weights of a fully connected layer as a kernel: how each output changes with each entry of the image."""
    layer, image = torch.tensor(weight), torch.zeros(tuple(input_shape), dtype=torch.float64)
    kernel = torch.autograd.functional.jacobian(lambda one: layer @ one.flatten(), image)
    return kernel.numpy()


def _check(x: np.ndarray, channels: int, stride: int, padding: int) -> None:
    if x.shape[1] != channels:
        raise ValueError(f"x has {x.shape[1]} channels, w {channels}")
    if stride < 1:
        raise ValueError(f"stride {stride} is below 1")
    if padding < 0:
        raise ValueError(f"padding {padding} is below 0")


def _fitting(x: np.ndarray, kernel: tuple[int, ...], stride: int, padding: int) -> tuple[int, ...]:
    """The number of windows in each direction. Raises ValueError where the kernel does not fit."""
    for size, side, name in zip(x.shape[2:], kernel, ("height", "width"), strict=True):
        if side > size + 2 * padding:
            raise ValueError(f"w of {name} {side} is larger than the padded input, {size + 2 * padding}")
    return tuple((size + 2 * padding - side) // stride + 1 for size, side in zip(x.shape[2:], kernel, strict=True))
