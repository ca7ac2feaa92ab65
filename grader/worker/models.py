"""What is done with a student's model: a closed set of operations, run where the model is; imports torch, nothing of ours.

Checks call them like the student's functions, with the model's handle. The grader runs the very same code on its own
models (oracles, misconceptions), so that equal architectures give equal numbers, however they are written.

Weights are filled *by size alone*: not by name, position or order of construction. With U = 65,537 numbers drawn once,
uniform in [-1, 1), and n the number of entries of a tensor, in flat order, with U repeated as often as needed:

    1.5 * n**-0.25 * U      parameters with at least two axes longer than 1: weights of convolutions and linear layers
    +-(1 + 0.5 * U)         other parameters: biases, scales and shifts of batch norm; every second one negative
    1 + 0.5 * U             running statistics: floating point buffers that start as all zeros or all ones

Where a layer has as many inputs as outputs, n**-0.25 is 1/sqrt(inputs), so that signals neither vanish nor explode in deep
networks. As only n counts, a convolution that covers its whole input gets the values of the linear layer that equals it,
and an own batch norm with parameters of shape (1, C, 1, 1) those of torch.nn.BatchNorm2d. Mean and variance cannot be told
apart without names, nor scale and shift: each pair has equal values, so that it does not matter which is which. 65,537 is
prime: no two rows of a weight begin alike. Signs alternate so that there are channels that are mostly positive and such
that are mostly negative: else a ReLU would hardly show, least of all before max pooling.

An input given as a shape holds default_rng(seed).uniform(-1, 1, shape), times a scale; the loss is the sum over the
outputs, each times numbers drawn likewise from seed + 1, seed + 2, ... Before the forward pass PyTorch's generator is seeded
with seed, so that dropout drops the same units whenever the run is made again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy

from .tracing import trace_forward

TABLE_ENTRIES = 65_537
MATRIX_SCALE, VECTOR_CENTRE, VECTOR_SCALE = 1.5, 1.0, 0.5
SHAPES = 64  # shapes of idle parameters that are reported
OUTPUTS = 16
REMEMBERED = "_names_of_statistics"  # among a model's buffers, which another run no longer finds at 0 and 1

Reply = dict[str, Any]


def run_model(
    model: Any, x: Any, *, seed: int = 0, training: bool = False, scale: float = 1.0, entries: int = 0
) -> Reply:
    """Fill the weights, run the model on x (an array, or a shape to be filled), and differentiate the loss.

    Gives outputs and the gradient of x as arrays, "idle": shapes of the trainable parameters that no output depends on,
    "gradients": those of the trainable parameters with so many `entries`, flat, "statistics" and "moved": how many running
    statistics there are and how many the forward pass changed, "changed_input", or "problem": the rest of a sentence about
    the model that says why there is nothing else.
    """
    if (problem := _no_module(model)) is not None:
        return {"problem": problem}
    given = x if isinstance(x, np.ndarray) else scale * uniform(seed, x)
    try:
        return _run(model, given, seed, training, entries, torch.float64)
    except RuntimeError as error:
        if not _about_dtype(error):
            raise
    return _run(model, given, seed, training, entries, torch.float32)


def glance_at_model(
    model: Any, x: Any, *, seed: int = 0, training: bool = False, scale: float = 1.0, entries: int = 0
) -> list[np.ndarray]:
    """The outputs that `run_model` gives, in float32 and without any gradient: a tenth of its time.

    Raises what the model raises.
    """
    given = x if isinstance(x, np.ndarray) else scale * uniform(seed, x)
    leaf = torch.tensor(given, dtype=torch.float32)
    if _is_lazy(model):
        _dry_run(model, leaf.clone())
    fill_model(model)
    model.train(training)
    torch.manual_seed(seed)
    with torch.no_grad():
        outputs = model(leaf)
    return [tensor.numpy() for tensor in ([outputs] if isinstance(outputs, torch.Tensor) else outputs)]


@functools.cache
def drops_alike() -> bool:
    """Whether dropout drops the same in float32 as in float64, given the same seed."""
    masks = []
    for dtype in (torch.float32, torch.float64):
        torch.manual_seed(0)
        masks.append(nn.functional.dropout(torch.ones(257, dtype=dtype)) != 0)
    return torch.equal(*masks)


def describe_model(model: Any, x: Any = None) -> Reply:
    """Numbers of parameters, trainable ones, and of entries in each tensor; lazy ones are made by a dry run on shape x."""
    if (problem := _no_module(model)) is not None:
        return {"problem": problem}
    if x is not None and _is_lazy(model):
        _dry_run(model, _zeros(model, x))
    parameters = _parameters(model)
    if any(is_lazy(tensor) for tensor in parameters):
        return {"problem": "has a lazy layer that the forward pass does not use"}
    return {
        "parameters": sum(tensor.numel() for tensor in parameters),
        "trainable": sum(tensor.numel() for tensor in parameters if tensor.requires_grad),
        "sizes": sorted(tensor.numel() for tensor in parameters),
    }


def sketch_model(make: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    """Make a model whose tensors have shapes and no contents (the meta device); a real one where that does not work."""
    try:
        with torch.device("meta"):
            return make(*arguments, **keywords)
    except Exception:
        return make(
            *arguments, **keywords
        )  # it reads or fills its own weights; or this raises what the caller should see


def trace_model(model: Any, x: Any, *, partial: bool = False, operations: bool = True, training: bool = False) -> Reply:
    """The operations of a forward pass on an input of shape x, in evaluation mode or in training, in order; see tracing.py.

    A `partial` trace ends where the forward pass raises. Without `operations`, the shapes of the outputs alone.
    """
    if (problem := _no_module(model)) is not None:
        return {"problem": problem}
    model.train(training)
    zeros = _zeros(model, x)
    try:
        if _is_lazy(model):
            _dry_run(model, zeros)
        return trace_forward(model, zeros, partial, operations)
    except Exception as error:
        if zeros.device.type != "meta" or not _about_sketch(error):
            raise
    model.to_empty(device="cpu")  # it looks at values, which a sketch has not
    fill_model(model)
    return trace_forward(model, _zeros(model, x), partial, operations)


OPERATIONS: dict[str, Callable[..., Any]] = {
    operation.__name__: operation for operation in (run_model, describe_model, sketch_model, trace_model)
}


def uniform(seed: int, shape: Any) -> np.ndarray:
    """The contents of an input, or the weights of an output in the loss."""
    return np.random.default_rng(seed).uniform(-1, 1, tuple(shape))


def fill_model(model: nn.Module) -> list[torch.Tensor]:
    """Give every parameter and running statistic its values; returns the statistics."""
    table = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, TABLE_ENTRIES))
    statistics = _statistics(model)
    with torch.no_grad():
        for tensor in _parameters(model):
            if tensor.is_floating_point():
                _fill(
                    tensor,
                    _matrix(tensor, table) if sum(size > 1 for size in tensor.shape) > 1 else _vector(tensor, table),
                )
        for tensor in statistics:
            _fill(tensor, VECTOR_CENTRE + VECTOR_SCALE * table[: tensor.numel()])
    return statistics


def _matrix(tensor: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    scale: float = MATRIX_SCALE * tensor.numel() ** -0.25
    return scale * table[: tensor.numel()]


def _vector(tensor: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    count = tensor.numel()
    long_enough = table if count <= TABLE_ENTRIES else table.repeat(1 + count // TABLE_ENTRIES)
    values: torch.Tensor = VECTOR_CENTRE + VECTOR_SCALE * long_enough[:count]
    values[1::2] *= -1
    return values


def _statistics(model: nn.Module) -> list[torch.Tensor]:
    """The running statistics, found at the first call and known by their names since: a forward pass may put others in place."""
    buffers = dict(nn.Module.named_buffers(model))
    names = vars(model).setdefault(REMEMBERED, [n for n, tensor in buffers.items() if _is_fresh_statistic(tensor)])
    return [buffers[name] for name in names if name in buffers]


def _is_fresh_statistic(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() and bool((tensor == 0).all() or (tensor == 1).all())


def _fill(tensor: torch.Tensor, values: torch.Tensor) -> None:
    """Write the values into the tensor, over and over where they are fewer; without any array of the tensor's size."""
    count, period = tensor.numel(), values.numel()
    flat = tensor.view(-1) if tensor.is_contiguous() else torch.empty(count, dtype=tensor.dtype)
    whole = count // period * period if period else 0
    flat[:whole].view(-1, max(1, period)).copy_(values)
    flat[whole:].copy_(values[: count - whole])
    if not tensor.is_contiguous():
        tensor.copy_(flat.view(tensor.shape))


def _run(model: nn.Module, given: np.ndarray, seed: int, training: bool, entries: int, dtype: torch.dtype) -> Reply:
    nn.Module.to(model, dtype=dtype)
    leaf = torch.tensor(given, dtype=dtype, requires_grad=True)
    if _is_lazy(model):
        _dry_run(model, leaf.detach().clone())
    statistics = fill_model(model)
    model.train(training)
    before = [tensor.detach().clone() for tensor in statistics]
    torch.manual_seed(seed)
    with torch.enable_grad():
        passed = leaf.clone()  # not a leaf, as in a network, where a block's input is what another one returned
        outputs = model(passed)
        tensors = [outputs] if isinstance(outputs, torch.Tensor) else outputs
        if not isinstance(tensors, (tuple, list)) or not tensors or len(tensors) > OUTPUTS:
            return {"problem": f"returned {_kind(outputs)} from its forward pass, not a tensor"}
        if not all(isinstance(tensor, torch.Tensor) for tensor in tensors):
            return {
                "problem": f"returned a {type(outputs).__name__} that does not hold tensors alone from its forward pass"
            }
        gradient, gradients, idle = _differentiate(model, leaf, list(tensors), seed, entries)
    try:
        arrays = tuple(tensor.detach().cpu().numpy() for tensor in tensors)
    except (TypeError, RuntimeError) as error:
        return {"problem": f"returned a tensor with no numbers to read from its forward pass ({error})"[:300]}
    return {
        "outputs": arrays,
        "gradient": gradient,
        "gradients": gradients,
        "idle": idle,
        "statistics": len(statistics),
        "moved": sum(not torch.equal(one, two) for one, two in zip(before, _statistics(model), strict=False)),
        "changed_input": not torch.equal(passed.detach(), leaf.detach()),
    }


def _differentiate(
    model: nn.Module, leaf: torch.Tensor, outputs: list[torch.Tensor], seed: int, entries: int
) -> tuple[np.ndarray | None, tuple[np.ndarray, ...], list[tuple[int, ...]]]:
    """The gradients of the loss with respect to the input and to the trainable parameters with so many entries; and the
    shapes of the trainable parameters that it does not depend on, which takes no gradient of theirs to tell.
    """
    trainable = [tensor for tensor in _parameters(model) if tensor.requires_grad]
    chosen = [tensor for tensor in trainable if tensor.numel() == entries]
    terms = [
        (tensor * torch.from_numpy(uniform(seed + 1 + number, tensor.shape)).to(tensor.dtype)).sum()
        for number, tensor in enumerate(outputs)
        if tensor.requires_grad
    ]
    if not terms:
        return None, (), [tuple(tensor.shape) for tensor in trainable][:SHAPES]
    loss = torch.stack(terms).sum()
    reached = _leaves(loss)
    idle = [tuple(tensor.shape) for tensor in trainable if id(tensor) not in reached]
    found = torch.autograd.grad(loss, [leaf, *chosen], allow_unused=True)
    gradients = tuple(np.zeros(entries) if one is None else one.reshape(-1).numpy() for one in found[1:])
    return None if found[0] is None else found[0].numpy(), gradients, idle[:SHAPES]


def _leaves(loss: torch.Tensor) -> set[int]:
    """The ids of the tensors that a loss was computed from and that have gradients of their own."""
    leaves: set[int] = set()
    seen: set[Any] = set()
    waiting: list[Any] = [loss.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            leaves.add(id(node.variable))
        waiting += [following for following, _ in node.next_functions]
    return leaves


def _parameters(model: nn.Module) -> list[torch.Tensor]:
    """Every parameter once, shared ones too; not through the model's own methods, which may be something else."""
    return [tensor for _, tensor in nn.Module.named_parameters(model)]


def _buffers(model: nn.Module) -> list[torch.Tensor]:
    return [tensor for _, tensor in nn.Module.named_buffers(model)]


def _zeros(model: nn.Module, shape: Any) -> torch.Tensor:
    """An input of the dtype and on the device of the model's parameters."""
    like = next((tensor for tensor in _parameters(model) if tensor.is_floating_point()), torch.zeros(()))
    return torch.zeros(tuple(shape), dtype=like.dtype, device=like.device)


def _is_lazy(model: nn.Module) -> bool:
    tensors = [*_parameters(model), *_buffers(model)]
    return any(is_lazy(tensor) for tensor in tensors)


def _dry_run(model: nn.Module, x: torch.Tensor) -> None:
    """Let lazy layers find their shapes, without moving any running statistic."""
    was_training = model.training
    model.eval()
    with torch.no_grad():
        model(x)
    model.train(was_training)


def _no_module(model: Any) -> str | None:
    """Why a value is no model, as the rest of a sentence that begins with what it is; None for a model."""
    if isinstance(model, type) and issubclass(model, nn.Module):
        return f"returned the class {model.__name__} itself, not an instance of it"
    if not isinstance(model, nn.Module):
        return f"returned {_kind(model)}, not a torch.nn.Module"
    if "_modules" not in vars(model):
        return f"made a {type(model).__name__} whose __init__ does not call super().__init__()"
    return None


def _kind(value: Any) -> str:
    return "None (is the return statement missing?)" if value is None else f"an object of type {type(value).__name__}"


def _about_dtype(error: RuntimeError) -> bool:
    """Whether a forward pass in float64 failed since the student's code makes float32 of its own."""
    return any(
        words in str(error).lower() for words in ("same dtype", "same type", "should be the same", "scalar type")
    )


def _about_sketch(error: Exception) -> bool:
    """Whether a forward pass failed since a sketch has no values, or is on another device than what the code makes."""
    return isinstance(error, NotImplementedError) or "meta" in str(error).lower()


def warm_up() -> None:
    """Run everything once, tiny, so that what PyTorch loads late is there before workers are forked.

    A compiled model computes the same as the model; compiling it needs a compiler, which no worker may start.
    """
    torch.set_num_threads(1)
    torch.compile = _leave_as_it_is
    nn.Module.compile = lambda self, *arguments, **keywords: None  # type: ignore[method-assign]
    made = [sketch_model(_tiny), _tiny()]
    for training in (False, True):
        run_model(made[1], (2, 2, 6, 6), training=training)
    for model in made:
        describe_model(model)
        trace_model(model, (2, 2, 6, 6))


def _leave_as_it_is(model: Any = None, **options: Any) -> Any:
    """What torch.compile is in a worker, as a function and as a decorator with options."""
    return (lambda decorated: decorated) if model is None else model


def _tiny() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1),
        nn.BatchNorm2d(3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.ConvTranspose2d(3, 2, 2, stride=2),
        nn.AvgPool2d(2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(2, 2),
    )
