"""One forward and backward pass of a model at its published size; imports torch, nothing of ours.

Two things are other than at small sizes (models.py). Parameters have no gradients, which would take as much memory again.
And on a GPU the pass is in float32, with everything off that trades accuracy or reproducibility for speed: TF32, the search
for the fastest algorithm, operations whose result depends on the order of threads. Not all operations have another version
(unpooling has none), so those are warned of, not refused.
"""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from .cuda import ENVIRONMENT
from .filling import fill_model, parameters_of, uniform
from .models import Reply, _about_dtype, _dry_run, _is_lazy, _no_module


def run_full_size(
    model: Any, x: Any, *, seed: int = 0, device: str = "cpu", single: bool = False, one_by_one: bool = False
) -> Reply:
    """Fill the weights, run the model in evaluation mode on an input of shape x, and differentiate the loss.

    Gives outputs and the gradient of x as arrays, or a "problem", as run_model does. In float64, or in float32 where it is
    to be `single` or the model makes float32 of its own. With `one_by_one`, one image after the other, which takes less
    memory and in evaluation mode gives the same.
    """
    if (problem := _no_module(model)) is not None:
        return {"problem": problem}
    if device != "cpu":
        gc.collect()  # a model before this one in the same process, if it refers to itself
    with _exactly():
        try:
            reply = _run(model, tuple(x), seed, device, torch.float32 if single else torch.float64, one_by_one)
        except RuntimeError as error:
            if single or not _about_dtype(error):
                raise
            reply = None
        if reply is None:
            reply = _run(model, tuple(x), seed, device, torch.float32, one_by_one)
    if device != "cpu":  # the other process needs the GPU's memory next
        nn.Module.to(model, device="cpu")
        torch.cuda.empty_cache()
    return reply


def _run(
    model: nn.Module, shape: tuple[int, ...], seed: int, device: str, dtype: torch.dtype, one_by_one: bool
) -> Reply:
    nn.Module.to(model, dtype=dtype)
    given = torch.from_numpy(uniform(seed, shape)).to(dtype)
    if _is_lazy(model):
        _dry_run(model, given[:1])
    fill_model(model, given[:1])
    for parameter in parameters_of(model):
        parameter.requires_grad_(False)
    nn.Module.to(model, device=device)
    model.eval()
    parts = []
    for start in range(len(given)) if one_by_one else (0,):
        part = given[start : start + 1] if one_by_one else given
        found = _pass(model, part.to(device), seed, slice(start, start + len(part)), len(given))
        if isinstance(found, str):
            return {"problem": found}
        parts.append(found)
    outputs, gradients = zip(*parts, strict=True)
    gradient = None if any(one is None for one in gradients) else np.concatenate(gradients)
    return {"outputs": tuple(map(np.concatenate, zip(*outputs, strict=True))), "gradient": gradient}


def _pass(
    model: nn.Module, x: torch.Tensor, seed: int, which: slice, images: int
) -> tuple[list[np.ndarray], np.ndarray | None] | str:
    """Outputs and input gradient for some of the images, or the rest of a sentence that says why there are none."""
    leaf = x.requires_grad_()
    with torch.enable_grad():
        outputs = model(leaf.clone())
        tensors = [outputs] if isinstance(outputs, torch.Tensor) else outputs
        sound = isinstance(tensors, (tuple, list)) and all(isinstance(one, torch.Tensor) for one in tensors)
        if not sound or not tensors or any(one.dim() == 0 for one in tensors):
            return f"returned {type(outputs).__name__} from its forward pass, not a tensor with an axis of images"
        terms = []
        for number, tensor in enumerate(tensors):
            weights = uniform(seed + 1 + number, (images, *tensor.shape[1:]))[which]
            if tensor.requires_grad and len(weights) == len(tensor):
                terms.append((tensor * torch.from_numpy(weights).to(tensor)).sum())
        if terms:  # not torch.autograd.grad, which refuses parts that are computed again in the backward pass
            torch.stack(terms).sum().backward()  # type: ignore[no-untyped-call]  # it has no annotations
    arrays = [tensor.detach().cpu().numpy() for tensor in tensors]
    return arrays, None if leaf.grad is None else leaf.grad.cpu().numpy()


@contextmanager
def _exactly() -> Iterator[None]:
    """Full precision and the same numbers in every run, as far as PyTorch has them; what was set before is set again."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ENVIRONMENT["CUBLAS_WORKSPACE_CONFIG"])
    deterministic = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    precision = torch.get_float32_matmul_precision()
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.set_float32_matmul_precision("highest")
    try:
        with (
            torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False),
            warnings.catch_warnings(),
        ):
            warnings.filterwarnings("ignore", message=".*deterministic implementation.*")
            yield
    finally:
        torch.use_deterministic_algorithms(deterministic[0], warn_only=deterministic[1])
        torch.set_float32_matmul_precision(precision)
