"""The weights that models are run with; imports torch, nothing of ours.

Weights are filled *by size alone*: not by name, position or order of construction. With U = 65,537 numbers drawn once,
uniform in [-1, 1), repeated as often as needed, n the number of entries of a tensor, and S the signs of U read from its
middle:

    1.5 * n**-0.25 * U[r + c] * S[r] * S[c]
                            parameters with at least two axes longer than 1: weights of convolutions and linear layers, as
                            matrices with a row r for each place along the first axis
    +-(1 + 0.5 * U)         other parameters: biases, scales and shifts of batch norm; every second one negative; and the
                            biases of convolutions that are stacked in one parameter, along axes in front of the usual ones
    1 + 0.5 * U             running statistics: those of torch.nn's batch norm, and other buffers that training moves

Where a layer has as many inputs as outputs, n**-0.25 is 1/sqrt(inputs), so that signals neither vanish nor explode in deep
networks. Weights as matrices are symmetric in rows and columns: a linear layer with weights (in, out) gets the values of one
with (out, in), and a 1x1 convolution those of a transposed one. A convolution that covers its whole input gets the values of
the linear layer that equals it, and an own batch norm with parameters of shape (1, C, 1, 1) those of torch.nn.BatchNorm2d.
Mean and variance cannot be told apart without names, nor scale and shift: each pair has equal values, so that it does not
matter which is which. 65,537 is prime, and the signs keep rows from being each other's copies, moved by one. Signs of biases
alternate so that there are channels that are mostly positive and such that are mostly negative: else a ReLU would hardly
show, least of all before max pooling.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

TABLE_ENTRIES = 65_537
MATRIX_SCALE, VECTOR_CENTRE, VECTOR_SCALE = 1.5, 1.0, 0.5
FEW, KEPT, BLOCK = 4096, 1024, 1 << 16
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
    stacked = biases_of_stacks(model)
    with torch.no_grad():
        for tensor in parameters_of(model):
            if tensor.is_floating_point():
                if is_matrix(tensor) and id(tensor) not in stacked:
                    _fill_matrix(tensor)
                else:
                    _fill(tensor, _vector)
        statistics = statistics_of(model, x)
        for tensor in statistics:
            _fill(tensor, _statistic)
    return statistics


def is_matrix(tensor: torch.Tensor) -> bool:
    """Whether a parameter holds weights, of a convolution or linear layer: at least two axes are longer than 1."""
    return sum(size > 1 for size in tensor.shape) > 1


def biases_of_stacks(model: nn.Module) -> set[int]:
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


def _fill_matrix(tensor: torch.Tensor) -> None:
    """Write the weights into the tensor, some rows at a time, without any array of its size."""
    sizes = tuple(tensor.shape)
    while sizes[0] == 1:
        sizes = sizes[1:]
    count, rows = tensor.numel(), math.prod(sizes[: len(sizes) - 3 if len(sizes) > 4 else 1])  # a stack is as many rows
    if count <= FEW:
        tensor.copy_(_few_weights(rows, count // rows).view(tensor.shape))
        return
    in_place = tensor.is_contiguous() and tensor.dtype == torch.float64 and tensor.device.type == "cpu"
    flat = tensor.view(rows, -1) if tensor.is_contiguous() else torch.empty((rows, count // rows), dtype=tensor.dtype)
    for start, values in _weights(rows, count // rows, flat if in_place else None):
        if not in_place:
            flat[start : start + len(values)].copy_(values)
    if not tensor.is_contiguous():
        tensor.copy_(flat.view(tensor.shape))


@functools.lru_cache(KEPT)
def _few_weights(rows: int, columns: int) -> torch.Tensor:
    return torch.cat([values for _, values in _weights(rows, columns)])


def _weights(rows: int, columns: int, into: torch.Tensor | None = None) -> Iterator[tuple[int, torch.Tensor]]:
    """The weights of a matrix, some rows at a time, with the number of the first one; perhaps in the place where they go."""
    table, signs = _table(), _table().roll(TABLE_ENTRIES // 2).sign()
    times = (rows + columns) // TABLE_ENTRIES + 1
    table, signs = (one.repeat(times) if times > 1 else one for one in (table, signs))
    entries = table.as_strided((rows, columns), (1, 1))
    of_columns = MATRIX_SCALE * float(rows * columns) ** -0.25 * signs[:columns]
    step = max(1, BLOCK // columns)
    for start in range(0, rows, step):
        part = slice(start, min(start + step, rows))
        place = into[part] if into is not None else None
        yield start, torch.mul(entries[part], of_columns, out=place).mul_(signs[part, None])


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
