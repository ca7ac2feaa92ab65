"""Checks at the published size: the student's model and the oracle's, forward and backward, where that is asked for.

Where a GPU can be used, the model runs there first, in float32 with a batch and in float64 with the first image of it; if
both give what is right, that is all. Whatever else comes of it, out of memory, an error, a wrong number, the model runs on
the CPU in float64, and that decides. So a GPU saves time, and the points are those that the CPU gives.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from grader.checking.compare import CheckFailed, expect_array, fail
from grader.checking.models import _largest, _malformed, _reply
from grader.checking.remember import remember
from grader.checking.tolerance import EPS32
from grader.client.fullsize import FullSize
from grader.client.student import Student
from grader.errors import DeviceUnavailable, StudentDied, StudentRaised, StudentTimedOut, SubmissionFault
from grader.results import FullSizeRun

Build = Callable[..., Any]
Shape = tuple[int, ...]
IMAGES = 16
"""The batch on a GPU, or a single image where that does not fit; on the CPU it is a single image."""

TOO_LARGE = "it did not fit into the memory of the GPU"


class Pass(NamedTuple):
    """Outputs and the gradient of the input; `errors` are how far each is off in float32, where that was measured."""

    outputs: tuple[np.ndarray, ...]
    gradient: np.ndarray
    errors: tuple[float, ...] = ()


def expect_full_size(student: Student, build: Build, *arguments: Any, x: Shape) -> None:
    """Require the outputs and the input gradient of `build`, a function of the oracle, in the student's function of its name.

    `x` is the shape of one image: channels, height, width. Does nothing unless the published size is asked for.
    """
    place = student.full_size
    reason = None
    if place is None:
        return
    for images in (IMAGES, 1) if place.on_gpu else ():
        try:
            _compare(place, "cuda", build, arguments, (images, *x))
            return
        except DeviceUnavailable:
            break  # which the report says once
        except (SubmissionFault, CheckFailed, RuntimeError) as error:
            reason = _why_not(error)
            if reason != TOO_LARGE:
                break
    if place.asked or reason is not None:
        _compare(place, "cpu", build, arguments, (1, *x), reason)


def _compare(
    place: FullSize, device: str, build: Build, arguments: tuple[Any, ...], x: Shape, reason: str | None = None
) -> None:
    """Run both models on the device and compare; the oracle is gone from memory before the other one is made."""
    name, gpu = build.__name__, device != "cpu"
    model = f"{name}({', '.join(map(repr, arguments))})"
    ran = []
    with place.student(device) as student:
        try:
            _right(build, arguments, x, device, gpu)
            started = time.perf_counter()
            made = getattr(student, name)(*arguments)
            for single in (True, False) if gpu else (False,):
                shape = x if single else (1, *x[1:])
                got = _run(student, made, shape, device, single)
                seconds = time.perf_counter() - started
                rough = got.outputs[0].dtype == np.float32
                right = _right(build, arguments, x, device, gpu or rough)
                _expect(got, right, shape[0], rough, f"at the published size, x of shape {shape},")
                ran.append(FullSizeRun(model, shape, device, str(got.outputs[0].dtype), reason, seconds))
                started = time.perf_counter()
        except (SubmissionFault, CheckFailed) as error:
            error.calls = tuple(student.transcript)
            raise
    place.ran += ran


def _run(student: Student, model: Any, x: Shape, device: str, single: bool) -> Pass:
    options = {} if device == "cpu" else {"device": device, "single": single}
    reply = _reply(student, student.run_full_size(model, x, **options))
    outputs, gradient = reply.get("outputs"), reply.get("gradient")
    if not (isinstance(outputs, tuple) and outputs and all(isinstance(one, np.ndarray) for one in outputs)):
        _malformed()
    if gradient is None:
        fail("no gradient reaches the input: a part of the forward pass is detached, or does not depend on it")
    if not isinstance(gradient, np.ndarray):
        _malformed()
    return Pass(outputs, gradient)


def _expect(got: Pass, wanted: Pass, images: int, rough: bool, where: str) -> None:
    """Compare the `images` that were run with the oracle's first ones, in the tolerance of float32.

    What was computed in float32, which is `rough`, may be off by more: a gradient jumps where a ReLU or a maximum turns
    over, an output where a maximum is put back in another place, and among millions some do so by rounding alone. How much
    that makes is measured on the oracle itself, in float32.
    """
    if len(got.outputs) != len(wanted.outputs):
        fail(f"{where} the number of outputs is wrong", len(wanted.outputs), len(got.outputs))
    names = [*["the output"] * len(got.outputs), "the gradient of the input"]
    pairs = zip((*got.outputs, got.gradient), (*wanted.outputs, wanted.gradient), strict=True)
    for number, (name, (mine, right)) in enumerate(zip(names, pairs, strict=True)):
        first = right[:images]
        bound = max(_largest(first), wanted.errors[number] / EPS32 if rough else 0.0)
        expect_array(mine, first, bound, what=f"{where} {name}")


@remember
def _right(build: Build, arguments: tuple[Any, ...], x: Shape, device: str, measured: bool) -> Pass:
    """What the oracle's model gives in float64; where `measured`, with the errors that float32 makes in it."""
    try:
        return _run_right(build(*arguments), x, device, measured)
    finally:
        gc.collect()  # a model that refers to itself would stay, and take its gigabytes beside the student's


def _run_right(model: Any, x: Shape, device: str, measured: bool) -> Pass:
    from grader.worker.fullsize import run_full_size

    reply = run_full_size(model, x, device=device, one_by_one=True)
    assert "problem" not in reply, reply["problem"]
    right = Pass(reply["outputs"], reply["gradient"])
    if not measured:
        return right
    rough = run_full_size(model, x, device=device, one_by_one=True, single=True)
    pairs = zip((*rough["outputs"], rough["gradient"]), (*right.outputs, right.gradient), strict=True)
    return right._replace(errors=tuple(_largest(one - other) for one, other in pairs))


def _why_not(error: Exception) -> str:
    """Why the result on the GPU does not count, in words."""
    kind = error.kind if isinstance(error, StudentRaised) else type(error).__name__
    return {
        "OutOfMemoryError": TOO_LARGE,
        CheckFailed.__name__: "on the GPU it gave something else",
        StudentTimedOut.__name__: "on the GPU it took too long",
        StudentDied.__name__: "on the GPU its process ended",
    }.get(kind, f"on the GPU it ended with {kind}")
