"""What was done with a model, as a student sees it: in words, and as lines of PyTorch that do the same without the grader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from grader.client.student import Call

FILL = """\
numbers = np.random.default_rng(0).uniform(-1, 1, 65537)
signs = np.sign(np.roll(numbers, 32768))
with torch.no_grad():  # weights that depend on sizes alone
    for p in {model}.parameters():
        if sum(size > 1 for size in p.shape) > 1:
            r = np.arange(len(p.squeeze()))[:, None]
            c = np.arange(p.numel() // len(r))
            u = numbers[(r + c) % 65537] * signs[r] * signs[c]
            u = torch.from_numpy(u).view(p.shape)
            p.copy_(1.5 * p.numel()**-0.25 * u)
        else:  # every second one negative
            u = torch.from_numpy(np.resize(numbers, p.shape))
            odd = torch.arange(p.numel()).view(p.shape) % 2
            p.copy_((1 + u / 2) * (1 - 2 * odd))
    for b in {model}.buffers():
        if b.is_floating_point():
            u = torch.from_numpy(np.resize(numbers, b.shape))
            b.copy_(1 + u / 2)"""
"""The formulas of grader/worker/filling.py, short enough to be read."""


def _run_in_words(call: Call) -> str:
    x, mode = call.arguments[1], "training" if call.keywords.get("training") else "evaluation"
    shape = x.shape if isinstance(x, np.ndarray) else tuple(x)
    return f"its forward pass on x of shape {shape} in {mode} mode"


def _sketch_in_words(call: Call) -> str:
    parts = [repr(value) for value in call.arguments[1:]] + [
        f"{name}={value!r}" for name, value in call.keywords.items()
    ]
    return f"{call.owner}({', '.join(parts)})"


MODEL_CALLS: dict[str, Callable[[Call], str]] = {
    "run_model": _run_in_words,
    "describe_model": lambda call: "counting its parameters",
    "sketch_model": _sketch_in_words,
    "trace_model": lambda call: f"its forward pass on x of shape {tuple(call.arguments[1])}",
    "run_full_size": _run_in_words,
}
"""The operations on models, each with how the call is told."""


def model_script(
    call: Call, model: str, assign: Callable[[str, Any], str]
) -> tuple[list[str], list[tuple[str, np.ndarray]]]:
    """Lines that do what the operation did with the variable `model`, and the expressions that hold its results.

    `assign` writes an array's assignment and returns its variable.
    """
    if call.function not in ("run_model", "run_full_size"):
        return [], []
    x, seed = call.arguments[1], call.keywords.get("seed", 0)
    scale = f"{call.keywords['scale']:g} * " if "scale" in call.keywords else ""
    given = assign("x", x) if isinstance(x, np.ndarray) else "x"
    lines = [
        f"{model}.double()",
        *FILL.format(model=model).splitlines(),
        f"{model}.train({bool(call.keywords.get('training'))})",
        *([] if isinstance(x, np.ndarray) else [f"x = {scale}{_uniform(seed, str(tuple(x)))}"]),
        f"x = torch.tensor({given}, requires_grad=True)",
        *([f"torch.manual_seed({seed})"] if call.keywords.get("training") else []),
        f"out = {model}(x)",
    ]
    outputs, gradient = _arrays(call.result)
    single = len(outputs) == 1
    results = [("out" if single else f"out[{number}]", array) for number, array in enumerate(outputs)]
    if gradient is not None:
        results.append(("x.grad", gradient))
    again = call.result.get("again") if isinstance(call.result, dict) else None
    name = f"{model}(0.5 * x[:1])"
    for number, array in enumerate(again if isinstance(again, tuple) else ()):
        results.append((name if single else f"{name}[{number}]", array))
    return lines, results


def print_result(call: Call, names: list[str], index: tuple[int, ...] | None) -> list[str]:
    """Lines that print what was compared: one entry of an output or of the gradient, a count, a shape."""
    if call.function == "describe_model":
        return ["print(sum(p.numel() for p in model.parameters()))"]
    if call.function == "trace_model":
        return ["model.eval()", f"print(model(torch.zeros({tuple(call.arguments[1])})).shape)"]
    name = names[-1] if names else "out"
    lines = []
    if name == "x.grad":
        outputs = _arrays(call.result)[0]
        seed = call.keywords.get("seed", 0) + 1
        lines = ["loss = 0"]
        for number, out in enumerate(["out"] if len(outputs) == 1 else [f"out[{n}]" for n in range(len(outputs))]):
            lines += [
                f"weights = {_uniform(seed + number, f'{out}.shape')}",
                f"loss = loss + ({out} * torch.tensor(weights)).sum()",
            ]
        lines.append("loss.backward()")
    shown = f"{name}{list(index)}.item()" if index else f"{name}.shape" if names else name
    return [*lines, f"print({shown})"]


def _arrays(result: Any) -> tuple[tuple[np.ndarray, ...], np.ndarray | None]:
    """Outputs and gradient in a reply, which may be anything."""
    reply = result if isinstance(result, dict) else {}
    outputs, gradient = reply.get("outputs"), reply.get("gradient")
    if not (isinstance(outputs, tuple) and all(isinstance(array, np.ndarray) for array in outputs)):
        outputs = ()
    return outputs, gradient if isinstance(gradient, np.ndarray) else None


def _uniform(seed: int, shape: str) -> str:
    return f"np.random.default_rng({seed}).uniform(-1, 1, {shape})"
