"""Leaky ReLU by PyTorch in float64, its gradient by autograd."""

import torch
from torch.nn.functional import leaky_relu


def leaky_relu_forward(x, slope):
    """Output and cache. Raises ValueError."""
    if not 0 <= slope < 1:
        raise ValueError(f"slope must be in [0, 1), got {slope}")
    return leaky_relu(torch.tensor(x), slope).numpy(), (x, slope)


def leaky_relu_backward(dout, cache):
    """The gradient with respect to x."""
    x, slope = cache
    leaf = torch.tensor(x, requires_grad=True)
    (dx,) = torch.autograd.grad(leaky_relu(leaf, slope), leaf, torch.tensor(dout))
    return dx.numpy()
