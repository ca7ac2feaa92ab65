"""What is done with a student's model: a closed set of operations, run where the model is; imports torch, nothing of ours.

Checks call them like the student's functions, with the model's handle. The grader runs the very same code on its own
models (oracles, misconceptions), so that equal architectures give equal numbers, however they are written. Weights are
filled by size alone: see filling.py.

An input given as a shape holds default_rng(seed).uniform(-1, 1, shape), times a scale; the loss is the sum over the
outputs, each times numbers drawn likewise from seed + 1, seed + 2, ... Before the forward pass PyTorch's generator is seeded
with seed, so that dropout drops the same units whenever the run is made again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, TypeVar

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy

from .doubling import Doubling
from .filling import biases_of_stacks, fill_model, is_matrix, parameters_of, statistics_of, uniform
from .sketching import make_real, sketch_model, without_contents
from .tracing import NOTHING, trace_forward

STEP = 0.05  # short enough for the variances to stay positive, and for the momentum not to matter
WORDS = 200  # characters of an exception's message
SAMPLE = 100  # of the numbers in a tensor, which tell most that are not one and the same
SHAPES = 64  # shapes of idle parameters that are reported
OUTPUTS = 16
CHECKPOINT = "CheckpointFunctionBackward"
"""What torch.utils.checkpoint leaves in the graph with use_reentrant=True; torch.autograd.grad refuses it."""

Reply = dict[str, Any]
Result = TypeVar("Result")


def run_model(
    model: Any, x: Any, *, seed: int = 0, training: bool = False, scale: float = 1.0, entries: int = 0
) -> Reply:
    """Fill the weights, run the model on x (an array, or a shape to be filled), and differentiate the loss.

    Gives outputs and the gradient of x as arrays, "idle": shapes of the trainable parameters that no output depends on,
    "gradients": those of the trainable parameters with so many `entries`, flat, "statistics" and "moved": how many running
    statistics there are and how many the forward pass changed, "distance": how far it moved them, all entries together,
    "evaluated": after a pass in training that moved some, the first image's output in evaluation mode with the statistics
    as they were and some way towards what they are, "again": the outputs of another forward pass in evaluation mode, on
    half of the first image, or what it raised, "constant": the shapes of weights in which a new model has one number
    everywhere, where most are so, "changed_input", or "problem": the rest of a sentence about the model that says why there
    is nothing else.
    """
    if (problem := _no_module(model)) is not None:
        return {"problem": problem}
    given = x if isinstance(x, np.ndarray) else scale * uniform(seed, x)
    for place in (nullcontext(), Doubling()):
        try:
            with place:
                reply = _run(model, given, seed, training, entries, torch.float64)
        except RuntimeError as error:
            if not _about_dtype(error):
                raise
        else:
            if all(array.dtype != np.float32 for array in reply.get("outputs", ())):
                return reply
    return _run(model, given, seed, training, entries, torch.float32)


def glance_at_model(
    model: Any, x: Any, *, seed: int = 0, training: bool = False, scale: float = 1.0, entries: int = 0
) -> list[np.ndarray]:
    """The outputs that `run_model` gives, in the model's own dtype and without any gradient: a tenth of its time.

    Raises what the model raises.
    """
    given = x if isinstance(x, np.ndarray) else scale * uniform(seed, x)
    leaf = torch.tensor(given, dtype=_like(model).dtype)
    if _is_lazy(model):
        _dry_run(model, leaf.clone())
    fill_model(model, leaf)
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
        _sketched(model, x, lambda zeros: _dry_run(model, zeros))
    parameters = parameters_of(model)
    if any(is_lazy(tensor) for tensor in parameters):
        return {"problem": "has a lazy layer that the forward pass does not use"}
    return {
        "parameters": sum(tensor.numel() for tensor in parameters),
        "trainable": sum(tensor.numel() for tensor in parameters if tensor.requires_grad),
        "sizes": sorted(tensor.numel() for tensor in parameters),
    }


def trace_model(
    model: Any,
    x: Any,
    *,
    partial: bool = False,
    operations: bool = True,
    training: bool = False,
    seed: int | None = None,
    scale: float = 1.0,
) -> Reply:
    """The operations of a forward pass on an input of shape x, in evaluation mode or in training, in order; see tracing.py.

    A `partial` trace ends where the forward pass raises. Without `operations`, the shapes of the outputs alone. With a
    `seed`, the model is filled and runs on what `run_model` would run it on.
    """
    if (problem := _no_module(model)) is not None:
        return {"problem": problem}
    if seed is not None:
        return _trace_filled(model, x if isinstance(x, np.ndarray) else scale * uniform(seed, x), seed, training)
    model.train(training)

    def trace(zeros: torch.Tensor) -> Reply:
        if _is_lazy(model):
            _dry_run(model, zeros)
        try:
            return trace_forward(model, zeros, False, operations)
        except Exception as error:
            if not partial or (zeros.is_meta and _about_sketch(error)):
                raise
        return trace_forward(model, zeros, True, operations)

    return _sketched(model, x, trace)


def _trace_filled(model: nn.Module, given: np.ndarray, seed: int, training: bool) -> Reply:
    """The trace of a forward pass with contents, up to where it raises."""
    leaf = torch.tensor(given, dtype=torch.float64)
    nn.Module.to(model, dtype=torch.float64)
    if _is_lazy(model):
        _dry_run(model, leaf.clone())
    fill_model(model, leaf)
    model.train(training)
    for place in (nullcontext(), Doubling()):
        torch.manual_seed(seed)
        try:
            with place:
                return trace_forward(model, leaf.clone(), numbers=True)
        except Exception as error:
            if not (isinstance(error, RuntimeError) and _about_dtype(error)):
                break
    torch.manual_seed(seed)
    return trace_forward(model, leaf.clone(), partial=True, numbers=True)


def _sketched(model: nn.Module, x: Any, use: Callable[[torch.Tensor], Result]) -> Result:
    """What `use` makes of an input of shape x: without contents where the model has none, unless its code asks for them."""
    for place in (nullcontext(), without_contents()):
        zeros = _zeros(model, x)
        try:
            with place:
                return use(zeros)
        except Exception as error:
            if not zeros.is_meta or not _about_sketch(error):
                raise
    make_real(model)  # it looks at values, which a sketch has not
    if _is_lazy(model):
        _dry_run(model, _zeros(model, x))
    fill_model(model)
    return use(_zeros(model, x))


OPERATIONS: dict[str, Callable[..., Any]] = {
    operation.__name__: operation for operation in (run_model, describe_model, sketch_model, trace_model)
}


def _run(model: nn.Module, given: np.ndarray, seed: int, training: bool, entries: int, dtype: torch.dtype) -> Reply:
    nn.Module.to(model, dtype=dtype)
    leaf = torch.tensor(given, dtype=dtype, requires_grad=True)
    if _is_lazy(model):
        _dry_run(model, leaf.detach().clone())
    constant = _constant_weights(model)
    statistics = fill_model(model, leaf)
    model.train(training)
    before = [tensor.detach().clone() for tensor in statistics]
    torch.manual_seed(seed)
    with torch.enable_grad():
        passed = leaf.clone()  # not a leaf, as in a network, where a block's input is what another one returned
        outputs = model(passed)
        # before the backward pass, which moves statistics again where it computes a part again
        after = [tensor.detach().clone() for tensor in statistics_of(model)]
        distances = [float((now - old).abs().sum()) for old, now in zip(before, after, strict=False)]
        tensors = [outputs] if isinstance(outputs, torch.Tensor) else outputs
        if not isinstance(tensors, (tuple, list)) or not tensors or len(tensors) > OUTPUTS:
            return {"problem": f"returned {_kind(outputs)} from its forward pass, not a tensor"}
        if len(tensors) == 1 and tensors is outputs:
            return {
                "problem": f"returned a {type(outputs).__name__} with one tensor from its forward pass, not the tensor"
            }
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
        "moved": sum(distance != 0 for distance in distances),
        "distance": sum(distances),
        "again": _again(model, leaf) if not training else (),
        "constant": constant[:SHAPES],
        "evaluated": _evaluated(model, leaf, before, after) if training and any(distances) else (),
        "changed_input": not torch.equal(passed.detach(), leaf.detach()),
    }


def _constant_weights(model: nn.Module) -> list[tuple[int, ...]]:
    """The shapes of weights that hold one number everywhere, where most do: a last layer may well begin with zeros."""
    stacked = biases_of_stacks(model)
    weights = [one for one in parameters_of(model) if is_matrix(one) and id(one) not in stacked]
    constant = [tuple(one.shape) for one in weights if _is_constant(one)]
    return constant if 2 * len(constant) > len(weights) else []


def _is_constant(tensor: torch.Tensor) -> bool:
    """Whether it holds one number everywhere, or what is none."""
    values = tensor.detach().reshape(-1)
    first = values[:SAMPLE]
    return not bool(torch.isfinite(first).all()) or (
        bool((first == first[0]).all()) and bool((values == values[0]).all())
    )


def _again(model: nn.Module, leaf: torch.Tensor) -> tuple[np.ndarray, ...] | str:
    """The outputs of another forward pass, on half of the first image; what it raised, in words."""
    try:
        with torch.no_grad():
            outputs = model(0.5 * leaf.detach()[:1])
        return tuple(one.cpu().numpy() for one in ([outputs] if isinstance(outputs, torch.Tensor) else outputs))
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:WORDS]


def _evaluated(
    model: nn.Module, leaf: torch.Tensor, before: Sequence[torch.Tensor], after: Sequence[torch.Tensor]
) -> tuple[np.ndarray, ...]:
    """The first image's first output in evaluation mode, with the statistics of `before` and a little way towards `after`.

    So far that all entries together move by STEP of what they were, whatever the momentum. Nothing where it raises.
    """
    moved = [now - old for old, now in zip(before, after, strict=False)]
    scale = STEP * sum(float(old.abs().sum()) for old in before) / sum(float(way.abs().sum()) for way in moved)
    found = []
    model.eval()
    try:
        with torch.no_grad():
            for share in (0.0, scale):
                for tensor, old, way in zip(statistics_of(model), before, moved, strict=False):
                    tensor.detach().copy_(old + share * way)
                output = model(leaf.detach()[:1].clone())
                found.append((output if isinstance(output, torch.Tensor) else output[0]).cpu().numpy())
            for tensor, values in zip(statistics_of(model), after, strict=False):
                tensor.detach().copy_(values)
    except Exception:  # whatever ails evaluation, the checks of evaluation say so
        return ()
    return tuple(found)


def _differentiate(
    model: nn.Module, leaf: torch.Tensor, outputs: list[torch.Tensor], seed: int, entries: int
) -> tuple[np.ndarray | None, tuple[np.ndarray, ...], list[tuple[int, ...]]]:
    """The gradients of the loss with respect to the input and to the trainable parameters with so many entries; and the
    shapes of the trainable parameters that it does not depend on, which takes no gradient of theirs to tell.
    """
    trainable = [tensor for tensor in parameters_of(model) if tensor.requires_grad]
    chosen = [tensor for tensor in trainable if tensor.numel() == entries]
    terms = [
        (tensor * torch.from_numpy(uniform(seed + 1 + number, tensor.shape)).to(tensor.dtype)).sum()
        for number, tensor in enumerate(outputs)
        if tensor.requires_grad
    ]
    if not terms:
        return None, (), [tuple(tensor.shape) for tensor in trainable][:SHAPES]
    loss = torch.stack(terms).sum()
    nodes = _nodes(loss)
    if any(type(node).__name__ == CHECKPOINT for node in nodes):
        reached = _backward(loss, trainable)
        found: Sequence[torch.Tensor | None] = [tensor.grad for tensor in (leaf, *chosen)]
    else:
        reached = {id(node.variable) for node in nodes if hasattr(node, "variable")}
        found = torch.autograd.grad(loss, [leaf, *chosen], allow_unused=True)
    idle = [tuple(tensor.shape) for tensor in trainable if id(tensor) not in reached]
    gradients = tuple(np.zeros(entries) if one is None else one.reshape(-1).numpy() for one in found[1:])
    return None if found[0] is None else found[0].numpy(), gradients, idle[:SHAPES]


def _nodes(loss: torch.Tensor) -> set[Any]:
    """The operations that a loss was computed by, and the tensors with gradients of their own, as autograd's graph has them."""
    seen: set[Any] = set()
    waiting: list[Any] = [loss.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        waiting += [following for following, _ in node.next_functions]
    return seen


def _backward(loss: torch.Tensor, parameters: Sequence[torch.Tensor]) -> set[int]:
    """The gradients into the tensors themselves, as a part that is computed again in the backward pass needs it.

    Returns the ids of the parameters that got one: what lies in such a part does not show in the graph.
    """
    for tensor in parameters:
        tensor.grad = None
    loss.backward()  # type: ignore[no-untyped-call]  # it has no annotations
    return {id(tensor) for tensor in parameters if tensor.grad is not None}


def _buffers(model: nn.Module) -> list[torch.Tensor]:
    return [tensor for _, tensor in nn.Module.named_buffers(model)]


def _zeros(model: nn.Module, shape: Any) -> torch.Tensor:
    """An input of the dtype and on the device of the model's parameters."""
    like = _like(model)
    return torch.zeros(tuple(shape), dtype=like.dtype, device=like.device)


def _like(model: nn.Module) -> torch.Tensor:
    """The first parameter of floating point, or what PyTorch makes unasked where there is none."""
    return next((tensor for tensor in parameters_of(model) if tensor.is_floating_point()), torch.zeros(()))


def _is_lazy(model: nn.Module) -> bool:
    tensors = [*parameters_of(model), *_buffers(model)]
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
    if "_modules" not in vars(model) and not isinstance(model, torch.jit.ScriptModule):
        return f"made a {type(model).__name__} whose __init__ does not call super().__init__()"
    return None


def _kind(value: Any) -> str:
    return NOTHING if value is None else f"an object of type {type(value).__name__}"


def _about_dtype(error: RuntimeError) -> bool:
    """Whether a forward pass in float64 failed since the student's code makes float32 of its own.

    PyTorch has many words for it: same dtype, scalar type, result type, dtypes match. A pass that failed for another reason
    does so again.
    """
    return "type" in str(error).lower()


def _about_sketch(error: Exception) -> bool:
    """Whether a forward pass failed since a sketch has no values, or is on another device than what the code makes."""
    return isinstance(error, NotImplementedError) or "meta" in str(error).lower()


def warm_up() -> None:
    """Run everything once, tiny, so that what PyTorch loads late is there before workers are forked.

    A compiled model computes the same as the model; compiling it needs a compiler, which no worker may start. Nor may it
    start threads, so that asking for some has no effect.
    """
    torch.set_num_threads(1)
    torch.set_num_threads = _do_nothing  # type: ignore[assignment]  # the name of its argument differs
    torch.set_num_interop_threads = _do_nothing  # type: ignore[assignment]  # likewise
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


def _do_nothing(*arguments: Any) -> None:
    """What asking for threads is."""


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
