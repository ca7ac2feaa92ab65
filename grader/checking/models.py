"""Checks on PyTorch models: equal architectures give equal numbers, since weights are filled by size alone.

The numbers come from operations in the process that holds the model (grader/worker/models.py); what comes back is the
student's to choose, so its structure is checked here before anything is compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from grader.checking.compare import expect_array, fail
from grader.client.student import Student
from grader.client.values import describe
from grader.worker.wire import Handle

Shape = tuple[int, ...]
FARTHER = 3.0
"""How many times as far as the oracle's a model's running statistics may move."""
SAME = 1e-3
"""The share of the largest entry by which outputs may differ whose changes are compared."""
ASTRAY = 0.95
"""The least cosine between what a step of the statistics changes in a model's output and in the oracle's.

Above 0.99 whatever the momentum, with the batch's biased variance or the unbiased one.
"""


class Run(NamedTuple):
    """What one forward and backward pass gave: outputs, the gradient of the input, what was not used or moved.

    `idle` are shapes of trainable parameters that no output depends on; of the `statistics` running averages `moved` changed,
    by `distance`, all entries together; `gradients` are those of the parameters with as many entries as were asked for.
    `evaluated` is the first output in evaluation mode before the statistics moved and when they have some way, where they
    did. `again` are the outputs of another forward pass in evaluation mode, on half of the first image, or what it raised,
    `constant` shapes of weights that held one and the same number when the model was made.
    """

    outputs: tuple[np.ndarray, ...]
    gradient: np.ndarray | None
    idle: tuple[Shape, ...]
    statistics: int
    moved: int
    gradients: tuple[np.ndarray, ...] = ()
    distance: float = 0.0
    evaluated: tuple[np.ndarray, ...] = ()
    again: tuple[np.ndarray, ...] | str = ()
    constant: tuple[Shape, ...] = ()


class Description(NamedTuple):
    """Number of parameters in all, of trainable ones, and of entries in each parameter tensor, sorted."""

    parameters: int
    trainable: int
    sizes: tuple[int, ...]


def run(
    student: Student,
    model: Handle,
    x: Shape | np.ndarray,
    *,
    seed: int = 0,
    training: bool = False,
    scale: float = 1.0,
    entries: int = 0,
) -> Run:
    """Run a student's model on x, an array or a shape filled from the seed; fails where there is no such run.

    What a shape is filled with is multiplied by `scale`. With `entries`, the run has the gradients of the parameters with so
    many.
    """
    options = {name: value for name, value in (("scale", scale), ("entries", entries)) if value not in (0, 1.0)}
    reply = _reply(student, student.run_model(model, x, seed=seed, training=training, **options))
    found: dict[str, Any] = {name: reply.get(name) for name in Run._fields}
    gradient, gradients, again = found["gradient"], found["gradients"], found["again"]
    sound = (
        _are_arrays(found["outputs"])
        and len(found["outputs"]) > 0
        and (gradient is None or isinstance(gradient, np.ndarray))
        and _are_arrays(gradients)
        and all(one.shape == (entries,) for one in gradients)
        and _are_shapes(found["idle"])
        and type(found["statistics"]) is int
        and type(found["moved"]) is int
        and type(found["distance"]) in (int, float)
        and _are_arrays(found["evaluated"])
        and (isinstance(again, str) or _are_arrays(again))
        and _are_shapes(found["constant"])
    )
    if not sound:
        _malformed()
    return _as_run(found)


def run_right(
    model: Any,
    x: Shape | np.ndarray,
    *,
    seed: int = 0,
    training: bool = False,
    scale: float = 1.0,
    entries: int = 0,
) -> Run:
    """The same of an oracle's model, in this process."""
    from grader.worker.models import run_model  # imports PyTorch, as do the others below

    reply = run_model(model, x, seed=seed, training=training, scale=scale, entries=entries)
    assert "problem" not in reply, reply["problem"]
    return _as_run(reply)


def _as_run(reply: dict[str, Any]) -> Run:
    """What `run_model` says, which is of the right form."""
    lists = {name: tuple(reply[name]) for name in ("idle", "constant")}
    return Run(**{name: reply[name] for name in Run._fields} | lists)


def describe_right(model: Any) -> Description:
    """Counts of an oracle's model."""
    from grader.worker.models import describe_model

    reply = describe_model(model)
    return Description(reply["parameters"], reply["trainable"], tuple(reply["sizes"]))


def expect_outputs(got: Run, wanted: Run, *, what: Sequence[str] = ("the output",)) -> None:
    """Require the same outputs, named by `what`.

    The allowed error is that of `allowed_error` for the largest magnitude of the output, not of each entry: behind several
    layers every entry is a sum over all of the last map. Models run in float64, whose rounding is 2**29 times finer than
    float32's; so the layers together may magnify it by some 10**8, which with these weights even 150 layers do not reach,
    before a right model gets near the limit, and a wrong one is off by a share of the largest entry.
    """
    if len(got.outputs) != len(wanted.outputs):
        fail(
            "the forward pass returned another number of outputs",
            f"{len(wanted.outputs)}: {', '.join(what)}",
            describe(got.outputs),
        )
    for name, output, right in zip(what, got.outputs, wanted.outputs, strict=True):
        expect_array(output, right, _largest(right), what=name)
    if isinstance(got.again, str):
        what_came = " ".join(got.again[:200].split())
        fail("a second forward pass raised an exception: what the first one left behind is in its way", None, what_came)
    assert not isinstance(wanted.again, str), "the oracle can do it twice"
    for name, second, right in zip(what, got.again, wanted.again, strict=False):
        expect_array(
            second, right, _largest(right), what=f"{name} of a second forward pass, on half of the first image,"
        )


def only_output(got: Run) -> np.ndarray:
    """The one output of a run, right or wrong; fails where there are several."""
    if len(got.outputs) != 1:
        fail("the forward pass returned another number of outputs", "one tensor", describe(got.outputs))
    return got.outputs[0]


def expect_gradient(got: Run, wanted: Run, *, what: str = "the gradient of the input") -> None:
    """Require the same gradient of the input, allowed error as for outputs."""
    assert wanted.gradient is not None
    if got.gradient is None:
        fail("no gradient reaches the input: a part of the forward pass is detached, or does not depend on it")
    expect_array(got.gradient, wanted.gradient, _largest(wanted.gradient), what=what)


def expect_all_used(got: Run) -> None:
    """Require that every trainable parameter has an influence on the output, and that weights begin as random numbers.

    Weights that begin as one number everywhere have the same gradient everywhere, and stay so.
    """
    if got.idle:
        shapes = ", ".join(str(shape) for shape in got.idle[:3]) + (", ..." if len(got.idle) > 3 else "")
        fail("some parameters get no gradient: the forward pass does not use them", "none", f"shapes {shapes}")
    if got.constant:
        shapes = ", ".join(str(shape) for shape in got.constant[:3]) + (", ..." if len(got.constant) > 3 else "")
        fail(
            "some weights are not random when the model is made, but one number everywhere", "none", f"shapes {shapes}"
        )


def expect_statistics(got: Run, wanted: Run) -> None:
    """Require as many running statistics as wanted, and that the forward pass moved as many of them, about as far.

    Not to the letter: a running variance may take in the batch's biased variance or the unbiased one, which for two values
    a channel is twice as large. A momentum of 0.9 or 0.01 in the place of 0.1 shows all the same.
    """
    if got.statistics != wanted.statistics:
        own = ": those of your own are to be buffers (register_buffer), and to move in every forward pass in training"
        fail(
            "the number of running means and variances is wrong" + own * (got.statistics < wanted.statistics),
            wanted.statistics,
            got.statistics,
        )
    if got.moved != wanted.moved:
        fail(
            "the number of running means and variances that the forward pass changed is wrong", wanted.moved, got.moved
        )
    if not wanted.distance / FARTHER <= got.distance <= wanted.distance * FARTHER:
        share = got.distance / wanted.distance if wanted.distance else 0.0
        fail(
            "a forward pass in training takes the running means and variances too "
            f"{'far' if share > 1 else 'short a way'} towards those of the batch: is the momentum the default?",
            "0.1 of the way",
            f"about {0.1 * share:.2g} of it",
        )
    if _goes_astray(got.evaluated, wanted.evaluated):
        fail(
            "after a forward pass in training, the output in evaluation mode changes otherwise than it should: is each "
            "running mean moved towards the batch's mean, and each running variance towards its variance?"
        )


def _goes_astray(got: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> bool:
    """Whether moved statistics change the output in another direction; where it differs before that, other checks say so."""
    if len(got) != 2 or len(wanted) != 2 or any(one.shape != wanted[0].shape for one in got):
        return False
    scale = _largest(wanted[0])
    if not np.allclose(got[0], wanted[0], rtol=0.0, atol=SAME * scale):
        return False
    theirs, ours = (got[1] - got[0]).ravel(), (wanted[1] - wanted[0]).ravel()
    return not float(theirs @ ours) >= ASTRAY * float(np.linalg.norm(theirs) * np.linalg.norm(ours))


def describe_theirs(student: Student, model: Handle, x: Shape) -> Description:
    """Counts of a student's model; x is an input's shape.

    An oracle that accepts several ways to divide a layer's weights into tensors can see from the sizes which one it is.
    """
    reply = _reply(student, student.describe_model(model, x))
    parameters, trainable, sizes = reply.get("parameters"), reply.get("trainable"), reply.get("sizes")
    if not (type(parameters) is int and type(trainable) is int and isinstance(sizes, list)):
        _malformed()
    if not all(type(size) is int for size in sizes):
        _malformed()
    return Description(parameters, trainable, tuple(sizes))


def expect_parameters(student: Student, model: Handle, wanted: Description, x: Shape) -> None:
    """Require the wanted number of parameters, all trainable, in tensors of the wanted sizes; x is an input's shape."""
    expect_description(describe_theirs(student, model, x), wanted)


def expect_description(got: Description, wanted: Description) -> None:
    """The same for a model that has been described."""
    if got.parameters != wanted.parameters:
        difference = _difference(got.sizes, wanted.sizes)
        fail("the number of parameters is wrong" + difference, wanted.parameters, got.parameters)
    if got.trainable != wanted.trainable:
        fail("the number of trainable parameters is wrong", wanted.trainable, got.trainable)
    if sorted(got.sizes) != list(wanted.sizes):
        fail("the parameters have other sizes" + _difference(got.sizes, wanted.sizes))


def expect_output_shape(student: Student, model: Handle, x: Shape, wanted: Shape) -> None:
    """Require an output of the wanted shape for an input of shape x; only shapes are worked out."""
    reply = _reply(student, student.trace_model(model, x, operations=False))
    shapes = reply.get("outputs")
    if not isinstance(shapes, list) or not all(is_shape(shape) for shape in shapes) or not shapes:
        _malformed()
    if shapes != [wanted]:
        fail("the output has the wrong shape", str(wanted), " and ".join(map(str, shapes[:4])))


def _difference(got: Sequence[int], wanted: Sequence[int]) -> str:
    """What stands there too often or too seldom, in a bracket; empty where it would not help."""
    more, fewer = Counter(got) - Counter(wanted), Counter(wanted) - Counter(got)
    parts = [f"{_tensors(count)} of {size:,} entries too many" for size, count in sorted(more.items())[:2]]
    parts += [f"{_tensors(count)} of {size:,} entries missing" for size, count in sorted(fewer.items())[:2]]
    if not got:
        return ": PyTorch finds none (layers in a plain list or dictionary are not found, those in nn.ModuleList are)"
    return f" ({'; '.join(parts)})" if parts and len(more) + len(fewer) <= 8 else ""


def _tensors(count: int) -> str:
    return f"{count} tensor" + ("" if count == 1 else "s")


def _reply(student: Student, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        _malformed()
    problem = value.get("problem")
    if problem is not None:
        fail(f"{student.transcript[-1].owner} {str(problem)[:300]}")
    return value


def _malformed() -> NoReturn:
    fail("the process that holds the model did not say what became of it")


def is_shape(value: Any) -> bool:
    """Whether a value that came from a student's process is the shape of a tensor."""
    return isinstance(value, tuple) and len(value) < 16 and all(type(size) is int for size in value)


def _are_shapes(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_shape, value))


def _are_arrays(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, np.ndarray) for one in value)


def _largest(array: np.ndarray) -> float:
    return float(np.abs(array).max(initial=0.0))
