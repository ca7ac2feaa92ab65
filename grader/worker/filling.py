"""The weights that models are run with; imports torch, nothing of ours.

Weights are filled *by size alone*: not by name, position or order of construction. With U = 65,537 numbers drawn once,
uniform in [-1, 1), and n the number of entries of a tensor, in flat order, with U repeated as often as needed:

    1.5 * n**-0.25 * U      parameters with at least two axes longer than 1: weights of convolutions and linear layers
    +-(1 + 0.5 * U)         other parameters: biases, scales and shifts of batch norm; every second one negative; and the
                            biases of convolutions that are stacked in one parameter, along axes in front of the usual ones
    1 + 0.5 * U             running statistics: those of torch.nn's batch norm, and other buffers that training moves

Where a layer has as many inputs as outputs, n**-0.25 is 1/sqrt(inputs), so that signals neither vanish nor explode in deep
networks. As only n counts, a convolution that covers its whole input gets the values of the linear layer that equals it,
and an own batch norm with parameters of shape (1, C, 1, 1) those of torch.nn.BatchNorm2d. Mean and variance cannot be told
apart without names, nor scale and shift: each pair has equal values, so that it does not matter which is which. 65,537 is
prime: no two rows of a weight begin alike. Signs alternate so that there are channels that are mostly positive and such
that are mostly negative: else a ReLU would hardly show, least of all before max pooling.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

TABLE_ENTRIES = 65_537
MATRIX_SCALE, VECTOR_CENTRE, VECTOR_SCALE = 1.5, 1.0, 0.5
FEW, KEPT = 4096, 1024
"""Values of tensors with few entries are kept, for so many tensors: 30 MB at most."""
REMEMBERED = "_names_of_statistics"  # among a model's buffers, which another run no longer finds at 0 and 1


def uniform(seed: int, shape: Any) -> np.ndarray:
    """The contents of an input, or the weights of an output in the loss."""
    return np.random.default_rng(seed).uniform(-1, 1, tuple(shape))


def parameters_of(model: nn.Module) -> list[torch.Tensor]:
    """Every parameter once, shared ones too; not through the model's own methods, which may be something else."""
    return [tensor for _, tensor in nn.Module.named_parameters(model)]


def fill_model(model: nn.Module, x: torch.Tensor | None = None) -> list[torch.Tensor]:
    """Give every parameter and running statistic its values; returns the statistics, which are looked for with an input x."""
    stacked = _biases_of_stacks(model)
    with torch.no_grad():
        for tensor in parameters_of(model):
            if tensor.is_floating_point():
                _fill(tensor, _matrix if is_matrix(tensor) and id(tensor) not in stacked else _vector)
        statistics = statistics_of(model, x)
        for tensor in statistics:
            _fill(tensor, _statistic)
    return statistics


def is_matrix(tensor: torch.Tensor) -> bool:
    """Whether a parameter holds weights, of a convolution or linear layer: at least two axes are longer than 1."""
    return sum(size > 1 for size in tensor.shape) > 1


def _biases_of_stacks(model: nn.Module) -> set[int]:
    """The ids of parameters (S, O), or (S, O, 1, 1), beside weights (S, O, I, KH, KW) of the same module.

    Weights of five axes are no others in networks of two dimensions. With fewer axes nobody could tell: beside (S, O, I), an
    unfolded convolution, (S, O) may be the matrix of a 1x1 convolution.
    """
    found: set[int] = set()
    for module in nn.Module.modules(model):
        tensors = [one for _, one in nn.Module.named_parameters(module, recurse=False)]
        stacks = {tuple(one.shape[:-3]) for one in tensors if one.dim() > 4}
        if stacks:
            found |= {id(one) for one in tensors if _without_last_ones(tuple(one.shape)) in stacks}
    return found


def _without_last_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _matrix(count: int) -> torch.Tensor:
    scale: float = MATRIX_SCALE * count**-0.25
    return scale * _table()[:count]


def _vector(count: int) -> torch.Tensor:
    table = _table()
    long_enough = table if count <= TABLE_ENTRIES else table.repeat(1 + count // TABLE_ENTRIES)
    values: torch.Tensor = VECTOR_CENTRE + VECTOR_SCALE * long_enough[:count]
    values[1::2] *= -1
    return values


def _statistic(count: int) -> torch.Tensor:
    values: torch.Tensor = VECTOR_CENTRE + VECTOR_SCALE * _table()[:count]
    return values


@functools.cache
def _table() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, TABLE_ENTRIES))


@functools.lru_cache(KEPT)
def _few_values(make: Callable[[int], torch.Tensor], count: int) -> torch.Tensor:
    return make(count)


def statistics_of(model: nn.Module, x: torch.Tensor | None = None) -> list[torch.Tensor]:
    """The running statistics, found at the first call and known by their names since: a forward pass may put others in place."""
    if REMEMBERED not in vars(model):
        vars(model)[REMEMBERED] = _find_statistics(model, x)
    buffers = dict(nn.Module.named_buffers(model))
    return [buffers[name] for name in vars(model)[REMEMBERED] if name in buffers]


def _find_statistics(model: nn.Module, x: torch.Tensor | None) -> list[str]:
    """The names of the running statistics: what torch.nn's batch norm has, and of other buffers those that training moves.

    A buffer that stays is a constant, such as the kernel of a response normalisation or the mean of the pixels. Without an
    input, or where training is not possible with it, those are taken that begin as zeros or ones.
    """
    buffers = {name: one for name, one in nn.Module.named_buffers(model) if one.is_floating_point()}
    known = {
        id(tensor)
        for module in nn.Module.modules(model)
        if isinstance(module, (_BatchNorm, _InstanceNorm))
        for tensor in (module.running_mean, module.running_var)
    }
    others = {name for name, tensor in buffers.items() if id(tensor) not in known}
    if others:
        moved = _moved_by_training(model, x) if x is not None else None
        others &= moved if moved is not None else {name for name, one in buffers.items() if _is_fresh_statistic(one)}
    return [name for name, tensor in buffers.items() if id(tensor) in known or name in others]


def _moved_by_training(model: nn.Module, x: torch.Tensor) -> set[str] | None:
    """The names of the buffers that a forward pass in training changes, which is then undone; None where it raises."""
    places = [(module._buffers, dict(module._buffers.items())) for module in nn.Module.modules(model)]
    before = {name: tensor.clone() for name, tensor in nn.Module.named_buffers(model)}
    was_training = model.training
    model.train()
    try:
        with torch.no_grad():
            model(x.detach().clone())
        after = dict(nn.Module.named_buffers(model))
        return {name for name, one in before.items() if name in after and not torch.equal(one, after[name])}
    except Exception:
        return None
    finally:
        model.train(was_training)
        for place, held in places:
            for name in [name for name, _ in place.items() if name not in held]:
                del place[name]  # registered in the forward pass, which will do so again
            for name, tensor in held.items():  # one by one: a scripted model has no dictionary, but what looks like one
                place[name] = tensor
        for name, tensor in nn.Module.named_buffers(model):
            tensor.detach().copy_(before[name])


def _is_fresh_statistic(tensor: torch.Tensor) -> bool:
    return bool((tensor == 0).all() or (tensor == 1).all())


def _fill(tensor: torch.Tensor, make: Callable[[int], torch.Tensor]) -> None:
    """Write the values into the tensor, over and over where they are fewer; without any array of the tensor's size."""
    count = tensor.numel()
    if count <= FEW:
        tensor.copy_(_few_values(make, count).view(tensor.shape))
        return
    values = make(count)
    period = values.numel()
    flat = tensor.view(-1) if tensor.is_contiguous() else torch.empty(count, dtype=tensor.dtype)
    whole = count // period * period if period else 0
    flat[:whole].view(-1, max(1, period)).copy_(values)
    flat[whole:].copy_(values[: count - whole])
    if not tensor.is_contiguous():
        tensor.copy_(flat.view(tensor.shape))
