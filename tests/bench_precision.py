"""How far float32, TF32 and bfloat16 are off at the published size: `scripts/bench precision [--device cuda|cpu] [FILE]`.

Each of the course's own models runs forward and backward, in evaluation mode, in float64 image by image; then the whole
batch in float32, as student models do on a GPU; then in TF32 and bfloat16, which nothing is judged in. An error is the
largest one, as a share of what is allowed, `32 * eps32` times the largest magnitude. A line per model as JSON, also written
to FILE: seconds (made, float64, float32, with filling in the weights), peak MiB of the GPU, errors of output and gradient,
and whether a second run gave the same numbers.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from grader.checking.fullsize import IMAGES
from grader.checking.tolerance import EPS32
from grader.course import load_course
from grader.session import course_module, on_path
from grader.worker.filling import fill_model, parameters_of, uniform
from grader.worker.fullsize import run_full_size

COURSE = load_course(Path(__file__).parents[1])


def published(topic: str, function: str, *arguments: Any) -> Callable[[], nn.Module]:
    """A builder of the topic's oracle, with its arguments."""
    with on_path(COURSE):
        return partial(vars(course_module(COURSE.topic(topic), "oracle"))[function], *arguments)


IMAGE = (3, 224, 224)
MODELS: list[tuple[str, Callable[[], nn.Module], tuple[int, ...]]] = [
    *((f"ResNet-{depth}", published("residual", "build_resnet", depth), IMAGE) for depth in (18, 34, 50, 101, 152)),
    *((f"VGG {name}", published("vgg", "build_vgg", name), IMAGE) for name in ("A", "A-LRN", "B", "C", "D", "E")),
    *(
        (f"DenseNet-{depth}", published("densenet", "build_densenet", depth), IMAGE)
        for depth in (121, 169, 201, 264, 161)
    ),
    ("DeconvNet", published("deconvnet", "build_deconvnet"), IMAGE),
    ("GoogLeNet", published("inception", "build_googlenet"), IMAGE),
    ("LeNet-5", published("classics", "build_lenet5", 10, 1), (1, 32, 32)),
    ("AlexNet", published("classics", "build_alexnet", 1000, 3), (3, 227, 227)),
    ("ZFNet", published("classics", "build_zfnet", 1000, 3), IMAGE),
    ("U-Net", published("unet", "build_unet"), (1, 572, 572)),
]


def peak(device: str) -> float:
    """MiB of the GPU's memory that tensors took at most since this was last asked."""
    if device == "cpu":
        return 0.0
    most = torch.cuda.max_memory_allocated() / 2**20
    torch.cuda.reset_peak_memory_stats()
    return most


def run_loosely(model: nn.Module, x: tuple[int, ...], dtype: torch.dtype, device: str) -> dict[str, Any]:
    """What run_full_size gives, in any dtype, with TF32 on."""
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    images = torch.from_numpy(uniform(0, x))
    model.double()
    fill_model(model, images[:1])
    model.to(device, dtype).eval()
    for parameter in parameters_of(model):
        parameter.requires_grad_(False)
    leaf = images.to(device, dtype).requires_grad_()
    outputs = model(leaf.clone())
    outputs = [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)
    weights = [torch.from_numpy(uniform(1 + n, tuple(one.shape))).to(device, dtype) for n, one in enumerate(outputs)]
    torch.stack([(one * weight).sum() for one, weight in zip(outputs, weights, strict=True)]).sum().backward()
    assert leaf.grad is not None
    model.cpu()
    return {
        "outputs": [one.detach().double().cpu().numpy() for one in outputs],
        "gradient": leaf.grad.double().cpu().numpy(),
    }


def errors(got: dict[str, Any], right: dict[str, Any]) -> dict[str, float]:
    """The largest errors of the outputs and of the gradient, as a share of what is allowed."""

    def share(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.max(np.abs(one - other)) / np.max(np.abs(other)) / (32 * EPS32))

    outputs = [share(one, other) for one, other in zip(got["outputs"], right["outputs"], strict=True)]
    return {"output": round(max(outputs), 3), "gradient": round(share(got["gradient"], right["gradient"]), 3)}


def measure(build: Callable[[], nn.Module], shape: tuple[int, ...], device: str) -> dict[str, Any]:
    """All that is known of one model."""
    x = (IMAGES if device == "cuda" else 1, *shape)
    found: dict[str, Any] = {}

    def timed(name: str, run: Callable[[], Any]) -> Any:
        peak(device)
        started = time.perf_counter()
        result = run()
        found[f"{name} seconds"] = round(time.perf_counter() - started, 3)
        found[f"{name} MiB"] = round(peak(device))
        return result

    model = timed("made", build)
    single = partial(run_full_size, model, x, device=device, single=True)
    right = timed("float64", partial(run_full_size, model, x, device=device, one_by_one=True))
    got, again = timed("float32", single), single()
    pairs = zip((*got["outputs"], got["gradient"]), (*again["outputs"], again["gradient"]), strict=True)
    found["the same again"] = all(np.array_equal(one, other) for one, other in pairs)
    found["float32"] = errors(got, right)
    if device == "cuda":  # the CPU has no TF32, and not every operation in bfloat16
        found["TF32"] = errors(run_loosely(model, x, torch.float32, device), right)
        found["bfloat16"] = errors(run_loosely(model, x, torch.bfloat16, device), right)
    return found


def main() -> None:
    """Measure every model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--model", action="append", choices=[name for name, _, _ in MODELS])
    parser.add_argument("file", nargs="?", type=Path)
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        parser.error("there is no GPU; --device cpu measures float32")
    lines = []
    for name, build, shape in MODELS:
        if arguments.model is None or name in arguments.model:
            lines.append(json.dumps({"model": name} | measure(build, shape, arguments.device)))
            print(lines[-1], flush=True)
            if arguments.device == "cuda":
                torch.cuda.empty_cache()
    if arguments.file is not None:
        arguments.file.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
