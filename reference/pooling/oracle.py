"""Pooling by PyTorch in float64, gradients by autograd: the derivation that the checks compare with.

Bounds for the tolerance. Maxima are copied, so a maximum is its own bound. Averages and their gradients are linear:
the oracle on absolute values. The L2 norm adds squares, nothing cancels, so it is its own bound; its gradient is a
sum of terms dout * x / norm, bounded by the oracle on absolute values of both, since the norm of |x| is that of x.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

Pair = int | tuple[int, int]


class Pooled(NamedTuple):
    """The forward's arguments."""

    x: np.ndarray
    kernel: Pair
    stride: Pair


class GlobalPooled(NamedTuple):
    """The forward's argument."""

    x: np.ndarray


class Switches(NamedTuple):
    """The forward's arguments; the places of the maxima are found again from them."""

    x: np.ndarray
    kernel: Pair
    stride: Pair


def as_pair(value: Pair) -> tuple[int, int]:
    """(height, width) of a kernel or stride."""
    height, width = (value, value) if isinstance(value, int) else value
    return int(height), int(width)


def max_pool_forward(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Pooled]:
    """The maximum of every window. Raises ValueError."""
    return _forward(_maximum, x, kernel, stride)


def max_pool_backward(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    """The gradient of `max_pool_forward` with respect to x."""
    return _backward(_maximum, dout, cache)


def avg_pool_forward(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Pooled]:
    """The mean of every window. Raises ValueError."""
    return _forward(_average, x, kernel, stride)


def avg_pool_backward(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    """The gradient of `avg_pool_forward` with respect to x."""
    return _backward(_average, dout, cache)


def l2_pool_forward(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Pooled]:
    """The Euclidean norm of every window. Raises ValueError."""
    return _forward(_norm, x, kernel, stride)


def l2_pool_backward(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    """The gradient of `l2_pool_forward` with respect to x."""
    return _backward(_norm, dout, cache)


def global_avg_pool_forward(x: np.ndarray) -> tuple[np.ndarray, GlobalPooled]:
    """The mean of every map, (N, C)."""
    return _global_average(torch.tensor(x)).numpy(), GlobalPooled(x)


def global_avg_pool_backward(dout: np.ndarray, cache: GlobalPooled) -> np.ndarray:
    """The gradient of `global_avg_pool_forward` with respect to x."""
    return _gradient(_global_average, cache.x, dout)


def max_pool_with_switches(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Switches]:
    """The maximum of every window, and what is needed to find its place again. Raises ValueError."""
    out, _ = max_pool_forward(x, kernel, stride)
    return out, Switches(x, kernel, stride)


def max_unpool(x: np.ndarray, switches: Switches, output_shape: tuple[int, int, int, int]) -> np.ndarray:
    """Every value of x at the place of its window's maximum, zero elsewhere: what the gradient of max pooling does."""
    if tuple(output_shape) != switches.x.shape:
        raise ValueError(f"output_shape {output_shape} is not the shape of the pooled map, {switches.x.shape}")
    return _backward(_maximum, x, Pooled(*switches))


Operation = Callable[..., torch.Tensor]


def _maximum(x: torch.Tensor, kernel: tuple[int, int], stride: tuple[int, int]) -> torch.Tensor:
    return torch.amax(_windows(x, kernel, stride), dim=(-2, -1))


def _average(x: torch.Tensor, kernel: tuple[int, int], stride: tuple[int, int]) -> torch.Tensor:
    return torch.mean(_windows(x, kernel, stride), dim=(-2, -1))


def _norm(x: torch.Tensor, kernel: tuple[int, int], stride: tuple[int, int]) -> torch.Tensor:
    return torch.linalg.vector_norm(_windows(x, kernel, stride), dim=(-2, -1))


def _windows(x: torch.Tensor, kernel: tuple[int, int], stride: tuple[int, int]) -> torch.Tensor:
    """(N, C, OH, OW, KH, KW). Pooling functions of torch start threads, which takes longer than these sums."""
    return x.unfold(2, kernel[0], stride[0]).unfold(3, kernel[1], stride[1])


def _global_average(x: torch.Tensor) -> torch.Tensor:
    return x.flatten(2).mean(dim=2)


def _forward(operation: Operation, x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Pooled]:
    _check(x, kernel, stride)
    return operation(torch.tensor(x), as_pair(kernel), as_pair(stride)).numpy(), Pooled(x, kernel, stride)


def _backward(operation: Operation, dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _gradient(operation, cache.x, dout, as_pair(cache.kernel), as_pair(cache.stride))


def _gradient(operation: Operation, x: np.ndarray, dout: np.ndarray, *arguments: tuple[int, int]) -> np.ndarray:
    leaf = torch.tensor(x, requires_grad=True)
    (gradient,) = torch.autograd.grad((operation(leaf, *arguments) * torch.tensor(dout)).sum(), leaf)
    return gradient.numpy()


def _check(x: np.ndarray, kernel: Pair, stride: Pair) -> None:
    for size, side, name in zip(x.shape[2:], as_pair(kernel), ("height", "width"), strict=True):
        if side > size:
            raise ValueError(f"kernel {kernel} is larger than the input: its {name} is {side}, the input's is {size}")
    if min(as_pair(stride)) < 1:
        raise ValueError(f"stride {stride} is below 1")
