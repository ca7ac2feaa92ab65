"""PyTorch topics: what is done with models, what is said about those that are none, and a small course graded in the sandbox."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from grader import grade
from grader.checking import (
    Dropping,
    Run,
    expect_all_used,
    expect_outputs,
    expect_share,
    expect_statistics,
    follow_dropout,
    layer,
    run_right,
)
from grader.checking.compare import CheckFailed
from grader.checking.layers import first_difference
from grader.course import Course, load_course
from grader.results import CheckResult, Report
from grader.worker import models
from grader.worker.filling import fill_model, statistics_of
from grader.worker.fullsize import run_full_size
from grader.worker.models import describe_model, glance_at_model, run_model, sketch_model, trace_model
from grader.workshop import Workshop

COURSE = """
[course]
name = "pairs"
title = "Pairs of layers"
version = "1"

[limits]
call_seconds = 3

[[topic]]
name = "pair"
title = "Two layers"
file = "pair.py"
points = 5
needs = "torch"
source = "none"
opaque = ["model"]

[topic.functions]
Pair = "model"
"""

ORACLE = """
import torch.nn.functional as F
from torch import nn
from grader.checking import layer

class Pair(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        with layer("convolution of the pair"):
            x = self.conv(x)
        with layer("batch norm of the pair"):
            x = self.bn(x)
        return F.relu(x)
"""

MISCONCEPTIONS = """
from torch import nn
from grader.checking import misconception

@misconception("Pair", "The ReLU is missing.")
def no_relu(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs))
"""

CHECKS = '''
import pytest
from grader.checking import (
    describe_right, expect_all_used, expect_gradient, expect_output_shape, expect_outputs, expect_parameters,
    expect_statistics, run, run_right,
)
from reference.pair import oracle

X = (2, 2, 4, 4)


@pytest.mark.check("Pair/values", points=2)
def test_values(student):
    """The output is right."""
    got = run(student, student.Pair(2, 3), X, seed=5)
    wanted = run_right(oracle.Pair(2, 3), X, seed=5)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)


@pytest.mark.check("Pair/training", points=1)
def test_training(student):
    """So is it in training."""
    got = run(student, student.Pair(2, 3), X, training=True)
    wanted = run_right(oracle.Pair(2, 3), X, training=True)
    expect_outputs(got, wanted)
    expect_statistics(got, wanted)
    expect_all_used(got)


@pytest.mark.check("Pair/sizes", points=2)
def test_sizes(student):
    """The parameters and shapes are right."""
    model = student.sketch_model(student.Pair, 64, 128)
    expect_parameters(student, model, describe_right(oracle.Pair(64, 128)), (1, 64, 32, 32))
    expect_output_shape(student, model, (1, 64, 32, 32), (1, 128, 32, 32))
'''

RIGHT = """
from torch import nn


class Pair(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.bn = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.bn(self.conv(x)))
"""
FULL = 5


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with one PyTorch topic of one class."""
    root = tmp_path_factory.mktemp("pairs")
    topic = root / "reference" / "pair"
    topic.mkdir(parents=True)
    (root / "reference" / "course.toml").write_text(COURSE)
    for name, text in (("oracle", ORACLE), ("misconceptions", MISCONCEPTIONS), ("test_pair", CHECKS)):
        (topic / f"{name}.py").write_text(text)
    return load_course(root)


@pytest.fixture
def grade_source(pairs: Course, tmp_path: Path) -> Callable[[str], Report]:
    """Grade a source as pair.py, in a worker."""

    def graded(source: str) -> Report:
        (tmp_path / "pair.py").write_text(textwrap.dedent(source))
        report = grade(tmp_path, course=pairs)
        assert report.faults == ()
        return report

    return graded


def said(report: Report) -> str:
    """All that the report says about failures."""
    failures = [check.failure for check in report.topics[0].checks if check.failure is not None]
    return "\n".join(
        f"{failure.what} | {failure.wanted} | {failure.got} | {failure.exception.message if failure.exception else ''}"
        for failure in failures
    )


def failed(report: Report, name: str) -> CheckResult:
    """A check of the report, which was not passed."""
    (check,) = [check for check in report.topics[0].checks if check.name == name]
    assert check.failure is not None
    return check


# Weights by size


class OwnNorm(nn.Module):
    """Batch norm with weights of another shape and other names; what it gives is that of evaluation mode in both."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.offset = nn.Parameter(torch.ones(1, channels, 1, 1))
        self.register_buffer("spread", torch.ones(channels, 1, 1))
        self.register_buffer("average", torch.zeros(channels, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            spread, average = torch.var_mean(x.detach(), (0, 2, 3), keepdim=True)
            self.average, self.spread = 0.9 * self.average + 0.1 * average[0], 0.9 * self.spread + 0.1 * spread[0]
        return (x - self.average) / (self.spread + 1e-5).sqrt() * self.gain + self.offset  # type: ignore[operator]


class Stacked(nn.Module):
    """A convolution of two groups, whose weights lie in one parameter with an axis for the group; so do the biases."""

    def __init__(self, bias: tuple[int, ...] = (2, 3), vectorised: bool = False) -> None:
        super().__init__()
        self.w, self.b = nn.Parameter(torch.zeros(2, 3, 2, 3, 3)), nn.Parameter(torch.zeros(bias))
        self.vectorised = vectorised

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        halves, b = torch.stack(x.chunk(2, 1)), self.b.flatten(1)
        if self.vectorised:
            return torch.cat(list(torch.vmap(nn.functional.conv2d)(halves, self.w, b)), 1)
        return torch.cat([nn.functional.conv2d(halves[n], self.w[n], b[n]) for n in range(2)], 1)


class Flat(nn.Module):
    """A linear layer over the whole map."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3 * 4 * 4, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x.flatten(1))[:, :, None, None]


class Pointwise(nn.Module):
    """A 1x1 convolution as a linear layer over the channels."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: nn.BatchNorm2d(3), lambda: OwnNorm(3)),
        (lambda: nn.Conv2d(3, 5, 4), Flat),
        (lambda: nn.Conv2d(3, 5, 1), Pointwise),
        (lambda: nn.Conv2d(3, 5, 3), lambda: nn.LazyConv2d(5, 3)),
        (lambda: nn.Conv2d(3, 5, 3), lambda: nn.Conv2d(3, 5, 3).to(memory_format=torch.channels_last)),
    ],
    ids=["batch norm", "linear layer over a map", "linear layer over channels", "lazy", "other order in memory"],
)
def test_equal_architectures_give_equal_numbers(one: Callable[[], nn.Module], other: Callable[[], nn.Module]) -> None:
    first, second = (run_model(make(), (2, 3, 4, 4), seed=1) for make in (one, other))
    np.testing.assert_allclose(first["outputs"][0], second["outputs"][0], rtol=1e-12)
    np.testing.assert_allclose(first["gradient"], second["gradient"], rtol=1e-12)
    assert np.abs(first["gradient"]).min() > 0


@pytest.mark.parametrize(
    "stacked",
    [
        Stacked,
        lambda: Stacked(vectorised=True),
        lambda: Stacked((2, 3, 1, 1)),
        lambda: nn.Sequential(nn.Identity(), nn.ModuleDict({"only": Stacked()})["only"]),
    ],
    ids=["indexed", "vectorised", "bias that fits a map", "inside others"],
)
def test_groups_may_be_stacked_in_one_parameter(stacked: Callable[[], nn.Module]) -> None:
    first, second = (
        run_model(make(), (2, 4, 5, 5), seed=1) for make in (lambda: nn.Conv2d(4, 6, 3, groups=2), stacked)
    )
    np.testing.assert_allclose(first["outputs"][0], second["outputs"][0], rtol=1e-12)
    np.testing.assert_allclose(first["gradient"], second["gradient"], rtol=1e-12)


def test_the_matrix_of_a_shortcut_beside_a_convolution_is_no_bias() -> None:
    module = nn.Module()
    module.conv, module.shortcut = nn.Parameter(torch.zeros(6, 4, 3, 3)), nn.Parameter(torch.zeros(6, 4))
    linear = nn.Linear(4, 6)
    fill_model(module)
    fill_model(linear)
    assert torch.equal(module.shortcut, linear.weight)


def test_weights_are_those_of_the_formula() -> None:
    layer = nn.Linear(300, 400)  # more entries than the table has numbers
    fill_model(layer)
    table = np.random.default_rng(0).uniform(-1, 1, 65537)
    signs = np.sign(np.roll(table, 32768))
    rows, columns = np.ogrid[:400, :300]
    wanted = 1.5 * 120_000**-0.25 * table[rows + columns] * signs[rows] * signs[columns]
    np.testing.assert_allclose(layer.weight.detach().numpy(), wanted, rtol=1e-6)
    np.testing.assert_allclose(
        layer.bias.detach().numpy(), (1 + 0.5 * table[:400]) * np.resize([1, -1], 400), rtol=1e-6
    )


class Collecting(nn.Module):
    """Keeps what it has seen, by a list that is never emptied, or the first input's mean for all others."""

    def __init__(self, first: bool) -> None:
        super().__init__()
        self.conv, self.first = nn.Conv2d(3, 3, 1), first
        self.seen: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(x)
        return self.conv(x) + (self.seen[0].mean() if self.first else torch.stack(self.seen).mean())


@pytest.mark.parametrize(
    ("first", "words"), [(False, "second forward pass raised"), (True, "of a second forward pass, .*is wrong")]
)
def test_what_a_forward_pass_leaves_behind_does_not_matter(first: bool, words: str) -> None:
    class Right(Collecting):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.seen.clear()
            return super().forward(x)

    got, wanted = (run_right(model, (2, 3, 4, 4)) for model in (Collecting(first), Right(first)))
    with pytest.raises(CheckFailed, match=words):
        expect_outputs(got, wanted)
    calm = run_right(nn.Conv2d(3, 3, 1), (2, 3, 4, 4))
    expect_outputs(calm, calm)


@pytest.mark.parametrize("number", [0.0, 0.5, float("nan")])
def test_weights_are_random_when_the_model_is_made(number: float) -> None:
    made, constant = nn.Conv2d(2, 3, 3), nn.Conv2d(2, 3, 3)
    nn.init.constant_(constant.weight, number)
    expect_all_used(run_right(made, (2, 2, 4, 4)))
    with pytest.raises(CheckFailed, match="not random"):
        expect_all_used(run_right(constant, (2, 2, 4, 4)))


def test_one_tensor_in_a_tuple_is_no_tensor() -> None:
    class Trailing(nn.Conv2d):
        def forward(self, x: torch.Tensor) -> Any:
            return (super().forward(x),)

    assert run_model(Trailing(2, 3, 1), (2, 2, 4, 4))["problem"].startswith("returned a tuple with one tensor")


def test_a_lazy_model_may_look_at_values() -> None:
    class Looking(nn.LazyConv2d):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if torch.isnan(x).any():
                raise ValueError
            return super().forward(x)

    model = sketch_model(lambda: nn.Sequential(Looking(4, 3), nn.Flatten(), nn.LazyLinear(2)))
    assert describe_model(model, (1, 3, 5, 5))["parameters"] == 4 * 28 + 2 * 37


def test_a_traced_model_is_a_model() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        traced = torch.jit.trace(nn.Sequential(nn.Conv2d(2, 3, 1)), torch.zeros(1, 2, 4, 4))  # type: ignore[no-untyped-call]  # it has no annotations
    assert describe_model(traced)["parameters"] == 9 and "problem" not in run_model(traced, (2, 2, 4, 4))


class Multiplied(nn.Module):
    """A linear layer whose weights have the shape (in, out), as in x @ w + b."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.w, self.b = nn.Parameter(torch.randn(inputs, outputs)), nn.Parameter(torch.zeros(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.w + self.b


@pytest.mark.parametrize(
    ("one", "other", "x"),
    [
        (lambda: nn.Linear(5, 7), lambda: Multiplied(5, 7), (3, 5)),
        (lambda: nn.Linear(300, 200), lambda: Multiplied(300, 200), (3, 300)),
        (lambda: nn.Conv2d(3, 5, 1), lambda: nn.ConvTranspose2d(3, 5, 1), (2, 3, 4, 4)),
        (
            lambda: nn.Sequential(nn.Conv2d(3, 5, 4), nn.Flatten()),
            lambda: nn.Sequential(nn.Flatten(), nn.Linear(48, 5)),
            (2, 3, 4, 4),
        ),
    ],
)
def test_the_layout_of_a_matrix_does_not_matter(
    one: Callable[[], nn.Module], other: Callable[[], nn.Module], x: tuple[int, ...]
) -> None:
    first, second = (run_model(make(), x) for make in (one, other))
    np.testing.assert_allclose(first["outputs"][0], second["outputs"][0], rtol=1e-10)
    np.testing.assert_allclose(first["gradient"], second["gradient"], rtol=1e-10)


class Rebinding(nn.Module):
    """A running mean that is not changed in place, but given a new tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 3)
        self.register_buffer("mean", torch.zeros(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.linear(x)
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * y.detach().mean(0)
        return y - self.mean


def test_a_statistic_that_gets_a_new_tensor_has_moved() -> None:
    model = Rebinding()
    for training in (True, True, False):
        reply = run_model(model, (4, 2), training=training)
        assert (reply["statistics"], reply["moved"]) == (1, int(training))


def test_the_shapes_of_outputs_come_without_operations() -> None:
    assert trace_model(nn.Linear(2, 3), (4, 2), operations=False) == {"outputs": [(4, 3)]}


class Constants(nn.Module):
    """Batch norm between buffers that stay: zeros and ones, as of an input that is normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.register_buffer("mean", torch.zeros(1, 3, 1, 1))
        self.register_buffer("kernel", torch.ones(3, 1, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.conv2d(self.norm(x - self.mean), self.kernel, groups=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("training", [False, True])
def test_buffers_that_stay_in_training_are_constants(training: bool) -> None:
    got, wanted = (run_model(make, (2, 3, 4, 4), training=training) for make in (Constants(), nn.BatchNorm2d(3)))
    np.testing.assert_allclose(got["outputs"][0], wanted["outputs"][0], rtol=1e-12)
    assert (got["statistics"], got["moved"]) == (2, wanted["moved"])


def test_looking_for_statistics_leaves_no_trace() -> None:
    model = Rebinding()
    model.linear.bias.data.fill_(9.0)
    names, before = [name for name, _ in model.named_buffers()], model.mean
    assert [tensor is before for tensor in statistics_of(model, torch.ones(4, 2))] == [True]
    assert [name for name, _ in model.named_buffers()] == names and before.tolist() == [0.0] * 3


class Registering(nn.Module):
    """Batch norm beside a buffer that the first forward pass makes, as a mask of the input's size is, and a constant one."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.register_buffer("scale", torch.ones(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not hasattr(self, "mask"):
            self.register_buffer("mask", torch.ones_like(x[:1]))
        return self.norm(x * self.mask) * self.scale  # type: ignore[operator,no-any-return]


@pytest.mark.parametrize("training", [False, True])
def test_a_buffer_may_be_made_in_the_forward_pass(training: bool) -> None:
    got, wanted = (run_model(make, (2, 3, 4, 4), training=training) for make in (Registering(), nn.BatchNorm2d(3)))
    np.testing.assert_allclose(got["outputs"][0], wanted["outputs"][0], rtol=1e-12)
    assert (got["statistics"], got["moved"]) == (2, wanted["moved"])


def test_statistics_that_a_constructor_has_moved_are_found() -> None:
    first, second = OwnNorm(3), nn.BatchNorm2d(3)
    for model in (first, second):
        model(torch.rand(2, 3, 4, 4))
    outputs = [run_model(model, (2, 3, 4, 4))["outputs"][0] for model in (first, second)]
    np.testing.assert_allclose(*outputs, rtol=1e-12)


@pytest.mark.parametrize(
    ("momentum", "words"), [(0.1, None), (0.9, "too far .*default"), (0.01, "too short a way .*default")]
)
def test_statistics_move_about_as_far_as_by_default(momentum: float, words: str | None) -> None:
    got, wanted = (run_right(nn.BatchNorm2d(3, momentum=m), (2, 3, 2, 2), training=True) for m in (momentum, 0.1))
    with pytest.raises(CheckFailed, match=words) if words else nullcontext():
        expect_statistics(got, wanted)


class Moving(nn.Module):
    """Batch norm of its own whose statistics move as `move` says: from (mean, variance) and the batch's to the next."""

    def __init__(self, move: Callable[..., tuple[torch.Tensor, torch.Tensor]], biased: bool = False) -> None:
        super().__init__()
        self.move, self.biased = move, biased
        self.gamma, self.beta = nn.Parameter(torch.ones(3)), nn.Parameter(torch.zeros(3))
        self.register_buffer("mean", torch.zeros(3))
        self.register_buffer("var", torch.ones(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, var = self.mean, self.var
        if self.training:
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            entering = x.detach().var((0, 2, 3), unbiased=not self.biased)
            self.mean, self.var = self.move(self.mean, self.var, mean.detach(), entering)
        rows = (x - mean[:, None, None]) / torch.sqrt(var + 1e-5)[:, None, None]
        return self.gamma[:, None, None] * rows + self.beta[:, None, None]


MOVING_RIGHT = {
    "as PyTorch's": Moving(lambda m, v, bm, bv: (m + 0.1 * (bm - m), v + 0.1 * (bv - v))),
    "biased": Moving(lambda m, v, bm, bv: (m + 0.1 * (bm - m), v + 0.1 * (bv - v)), True),
    "slower": Moving(lambda m, v, bm, bv: (m + 0.05 * (bm - m), v + 0.05 * (bv - v))),
    "faster": Moving(lambda m, v, bm, bv: (m + 0.25 * (bm - m), v + 0.25 * (bv - v))),
}
MOVING_WRONG = {
    "swapped": Moving(lambda m, v, bm, bv: (m + 0.1 * (bv - m), v + 0.1 * (bm - v))),
    "away from the batch": Moving(lambda m, v, bm, bv: (m - 0.1 * (bm - m), v - 0.1 * (bv - v))),
    "the mean away": Moving(lambda m, v, bm, bv: (m - 0.1 * (bm - m), v + 0.1 * (bv - v))),
    "the variance away": Moving(lambda m, v, bm, bv: (m + 0.1 * (bm - m), v - 0.1 * (bv - v))),
    "both from the mean": Moving(lambda m, v, bm, bv: (m + 0.1 * (bm - m), v + 0.1 * (bm - v))),
}


@pytest.mark.parametrize("name", [*MOVING_RIGHT, *MOVING_WRONG])
def test_statistics_move_towards_those_of_the_batch(name: str) -> None:
    x = (2, 3, 3, 4)
    got, wanted = (run_right(one, x, training=True) for one in ((MOVING_RIGHT | MOVING_WRONG)[name], nn.BatchNorm2d(3)))
    np.testing.assert_allclose(got.outputs[0], wanted.outputs[0], rtol=1e-12)
    with pytest.raises(CheckFailed, match="towards the batch's mean") if name in MOVING_WRONG else nullcontext():
        expect_statistics(got, wanted)


class Checkpointed(nn.Module):
    """A part that is computed again in the backward pass, beside a layer that is not used."""

    def __init__(self, reentrant: bool) -> None:
        super().__init__()
        self.part, self.last, self.spare = nn.Linear(3, 3), nn.Linear(3, 2), nn.Linear(5, 1)
        self.reentrant = reentrant

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(checkpoint(self.part, x, use_reentrant=self.reentrant))


def test_a_part_may_be_computed_again_in_the_backward_pass() -> None:
    one, other = (run_model(Checkpointed(reentrant), (4, 3), entries=9) for reentrant in (False, True))
    np.testing.assert_allclose(one["gradient"], other["gradient"], rtol=1e-12)
    np.testing.assert_allclose(one["gradients"], other["gradients"], rtol=1e-12)
    assert one["idle"] == other["idle"] == [(1, 5), (1,)]
    large = [run_full_size(Checkpointed(reentrant), (4, 3))["gradient"] for reentrant in (False, True)]
    np.testing.assert_allclose(*large, rtol=1e-12)


def test_buffers_that_are_no_statistics_stay() -> None:
    model = nn.Sequential(nn.BatchNorm1d(4))
    model.register_buffer("kernel", torch.tensor([0.25, 0.5, 0.25]))
    assert len(fill_model(model)) == 2
    assert model.kernel.tolist() == [0.25, 0.5, 0.25]
    assert int(model[0].num_batches_tracked) == 0  # type: ignore[arg-type]


def test_signals_survive_fifty_layers() -> None:
    """In evaluation mode, where nothing is normalised by the batch, the input is still seen behind many layers."""
    layers = [nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU()) for _ in range(50)]
    reply = run_model(nn.Sequential(*layers), (2, 8, 6, 6))
    share = np.abs(reply["gradient"]).max() / np.abs(reply["outputs"][0]).max()
    assert 1e-3 < share < 1e3


def test_nothing_moves_in_evaluation_mode() -> None:
    model = nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3))
    assert [run_model(model, (2, 2, 3, 3), training=mode)["moved"] for mode in (False, True)] == [0, 2]


class _Replacing(nn.Module):
    """Batch norm's running mean as people write it: a new tensor in the place of the old one."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.running_mean = 0.9 * self.running_mean + 0.1 * x.detach().mean((0, 2, 3))
        return x - self.running_mean.view(1, 2, 1, 1)


def test_a_running_statistic_that_is_replaced_has_moved() -> None:
    model = _Replacing()
    assert [run_model(model, (2, 2, 3, 3), training=training)["moved"] for training in (True, False, True)] == [1, 0, 1]


def test_unused_and_shared_parameters_are_seen() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.spare = nn.Conv2d(2, 2, 1), nn.Conv2d(2, 7, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.used(self.used(x))

    assert run_model(Odd(), (1, 2, 3, 3))["idle"] == [(7, 2, 1, 1), (7,)]
    assert describe_model(Odd()) == {"parameters": 27, "trainable": 27, "sizes": [2, 4, 7, 14]}


def test_gradients_of_parameters_are_given_by_their_size() -> None:
    reply = run_model(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)), (1, 3), seed=1, entries=2)
    np.testing.assert_allclose(reply["gradients"], [np.random.default_rng(2).uniform(-1, 1, (1, 2))[0]])


def test_dropout_drops_the_same_units_for_the_same_seed() -> None:
    runs = [run_model(nn.Dropout(0.5), (4, 50), seed=seed, training=True)["outputs"][0] == 0 for seed in (1, 1, 2)]
    assert np.array_equal(runs[0], runs[1]) and not np.array_equal(runs[0], runs[2])


WIDTH = 400


class Head(nn.Module):
    """Two hidden layers with dropout by an own mask before ReLU, where it does the same; the second layer is made first."""

    def __init__(self, rates: tuple[float, float], scaled: bool = True) -> None:
        super().__init__()
        self.second, self.first, self.last = nn.Linear(WIDTH, WIDTH), nn.Linear(5, WIDTH), nn.Linear(WIDTH, 3)
        self.rates, self.scaled = rates, scaled

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for hidden, rate in zip((self.first, self.second), self.rates, strict=True):
            x = hidden(x)
            if self.training:
                x = x * (torch.rand_like(x) >= rate) / (1 - rate if self.scaled else 1)
            x = torch.relu(x)
        return self.last(x)


def follow(head: Head, rate: float) -> tuple[Run, Dropping]:
    """A run in training mode, and what is read off it."""
    got = run_right(head, (1, 5), seed=3, training=True, entries=WIDTH)
    weights = [
        (layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in (head.first, head.second, head.last)
    ]
    first = weights[0][0] @ np.random.default_rng(3).uniform(-1, 1, 5) + weights[0][1]
    return got, follow_dropout(got, first, weights[1:], rate)


@pytest.mark.parametrize("rate", [0.5, 0.2])
def test_dropout_is_read_off_the_gradients(rate: float) -> None:
    got, found = follow(Head((rate, rate)), rate)
    np.testing.assert_allclose(got.outputs[0][0], found.scores, rtol=1e-9)
    for dropped, active in zip(found.dropped, found.active, strict=True):
        assert active > WIDTH / 3
        expect_share(dropped, active, rate, what="x")
        with pytest.raises(CheckFailed, match="share"):
            expect_share(dropped, active, 0.85, what="x")


@pytest.mark.parametrize("rates", [(0.0, 0.5), (0.5, 0.0)])
def test_the_layer_without_dropout_is_told_from_the_other(rates: tuple[float, float]) -> None:
    _, found = follow(Head(rates), 0.5)
    assert [dropped == 0 for dropped in found.dropped] == [rate == 0 for rate in rates]


def test_dropout_that_does_not_scale_gives_other_scores() -> None:
    got, found = follow(Head((0.5, 0.5), scaled=False), 0.5)
    assert np.abs(got.outputs[0][0] - found.scores).max() > 0.1 * np.abs(found.scores).max()


def test_hidden_layers_without_biases_are_told() -> None:
    with pytest.raises(CheckFailed, match="number of parameters with 400 entries"):
        follow_dropout(Run((np.zeros((1, 3)),), None, (), 0, 0), np.ones(400), [(np.ones((3, 400)), np.ones(3))], 0.5)


def test_published_sizes_cost_no_memory() -> None:
    model = sketch_model(nn.Linear, 100_000, 1_000_000)
    assert model.weight.device.type == "meta"
    assert describe_model(model)["parameters"] == 100_001_000_000


def test_a_sketch_that_looks_at_its_weights_is_made_for_real() -> None:
    def make() -> nn.Module:
        layer = nn.Linear(2, 3)
        assert layer.weight.abs().max().item() < 10
        return layer

    assert sketch_model(make).weight.device.type == "cpu"


def test_a_sketch_has_no_contents_whatever_makes_its_tensors() -> None:
    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.Tensor(3, 2))
            self.again, self.bias = self.weight, nn.Parameter(torch.zeros(3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.linear(x, self.weight, self.bias)

    model = sketch_model(lambda: Bare().to("cpu").to(device=torch.device("cpu")).cpu())
    assert model.weight.is_meta and model.again is model.weight and describe_model(model)["parameters"] == 9
    assert trace_model(model, (4, 2), operations=False) == {"outputs": [(4, 3)]}


class Padded(nn.Module):
    """Puts zeros of its own making beside its input, and asks what size or values they have; lazy."""

    def __init__(self, look: bool = False) -> None:
        super().__init__()
        self.look, self.linear = look, nn.LazyLinear(3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        zeros = torch.zeros(x.shape[0], 2)
        y = self.linear(torch.cat([x, zeros], dim=1))
        return y - y.max().item() if self.look else y


@pytest.mark.parametrize("look", [False, True])
@pytest.mark.parametrize("partial", [False, True])
def test_what_a_forward_pass_makes_lies_beside_its_sketch(look: bool, partial: bool) -> None:
    model = sketch_model(Padded, look)
    assert describe_model(model, (4, 2))["parameters"] == 15
    assert model.linear.weight.is_meta != look
    traced = trace_model(sketch_model(Padded, look), (4, 2), partial=partial)
    assert traced["outputs"] == [(4, 3)] and "addmm" in [entry["op"] for entry in traced["entries"]]


def _by_scatter(x: torch.Tensor) -> torch.Tensor:
    return torch.zeros(2, 3).scatter(1, torch.tensor([[0, 1, 2]] * 2), x)


def _by_index(x: torch.Tensor) -> torch.Tensor:
    out = torch.zeros(x.shape)
    out[torch.tensor([0, 1])] = x
    return out


def _by_slice(x: torch.Tensor) -> torch.Tensor:
    out = torch.zeros(2, 3)
    out[:, 1:] = x[:, 1:]
    return out


def _in_place(x: torch.Tensor) -> torch.Tensor:
    return torch.zeros(2, 3).add_(x)


@pytest.mark.parametrize(
    "step",
    [_by_scatter, _by_index, _by_slice, _in_place, torch.Tensor.float, lambda x: x.to(dtype=torch.float32)],
)
@pytest.mark.parametrize("last", [False, True])
def test_a_model_that_makes_float32_is_as_exact_as_one_that_does_not(step: Any, last: bool) -> None:
    class Rough(nn.Module):
        def __init__(self, step: Any) -> None:
            super().__init__()
            self.step, self.linear = step, nn.Linear(3, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.step(self.linear(x)) if last else self.linear(self.step(x))  # type: ignore[no-any-return]

    def cut(x: torch.Tensor) -> torch.Tensor:
        return F.pad(x[:, 1:], (1, 0)) if step is _by_slice else x

    got, wanted = run_model(Rough(step), (2, 3)), run_model(Rough(cut), (2, 3))
    assert got["outputs"][0].dtype == np.float64 and torch.get_default_dtype() == torch.float32
    np.testing.assert_allclose(got["outputs"][0], wanted["outputs"][0], rtol=1e-12)
    np.testing.assert_allclose(got["gradient"], wanted["gradient"], rtol=1e-12)


# The layer that differs


def _entries(model: nn.Module, partial: bool = False) -> list[Any]:
    return trace_model(model, (1, 2, 8, 8), partial=partial, training=True)["entries"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("got", "sentence"),
    [
        (lambda: [nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)], None),
        (
            lambda: [nn.Conv2d(2, 3, 3, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(2)],
            "the convolution: stride 2 where 1 is wanted",
        ),
        (
            lambda: [nn.Conv2d(2, 3, 3, padding=1, bias=False), nn.ReLU(), nn.MaxPool2d(2)],
            "the convolution: without a bias, which is wanted",
        ),
        (
            lambda: [nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)],
            "the convolution: output channels 4 where 3 is wanted",
        ),
        (
            lambda: [nn.Conv2d(2, 3, 3, padding=1), nn.Tanh(), nn.MaxPool2d(2)],
            "the ReLU: tanh where a ReLU is wanted",
        ),
        (
            lambda: [nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2)],
            "the max pooling: average pooling where max pooling is wanted",
        ),
        (lambda: [nn.Conv2d(2, 3, 3, padding=1), nn.ReLU()], "the max pooling: it is missing"),
        (
            lambda: [nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Softmax(1)],
            "after the last layer there is softmax too many",
        ),
        (
            lambda: [nn.MaxPool2d(2), nn.Conv2d(2, 3, 3, padding=1), nn.ReLU()],
            "the convolution: max pooling comes before it",
        ),
        (
            lambda: [nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Dropout(0.3), nn.MaxPool2d(2)],
            "the max pooling: dropout comes before it",
        ),
        (
            lambda: [nn.Conv2d(2, 3, 3, padding=1), nn.Conv2d(3, 3, 1), nn.MaxPool2d(2)],
            "the ReLU: it is missing here, a convolution follows at once",
        ),
    ],
    ids=[
        "none",
        "stride",
        "bias",
        "channels",
        "activation",
        "pooling",
        "missing",
        "too many",
        "order",
        "dropout",
        "none at all",
    ],
)
def test_the_first_layer_that_differs_is_named(got: Callable[[], list[nn.Module]], sentence: str | None) -> None:
    right = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    found = first_difference(_entries(nn.Sequential(*got())), _entries(right))
    assert found is None if sentence is None else found is not None and found.endswith(sentence), found


def test_what_is_missing_is_told_from_what_comes_later() -> None:
    def make(*first: nn.Module) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(2, 3, 3), *first, nn.MaxPool2d(2), nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3), nn.ReLU()
        )

    right = make(nn.BatchNorm2d(3), nn.ReLU())
    for wrong, sentence in (
        (make(), "the batch norm: it is missing, max pooling follows at once"),
        (make(nn.ReLU()), "the batch norm: it is missing, a ReLU follows at once"),
        (make(nn.BatchNorm2d(3)), "the ReLU: it is missing, max pooling follows at once"),
        (make(nn.ReLU(), nn.BatchNorm2d(3)), "the batch norm: a ReLU comes before it"),
        (make(nn.BatchNorm2d(3), nn.ReLU(), nn.ReLU()), None),
    ):
        found = first_difference(_entries(wrong), _entries(right))
        assert found == (sentence and f"the first layer that differs is {sentence}")


class Squares(nn.Module):
    """A response normalisation by other operations than PyTorch's own."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x / (2 + x.pow(2)).pow(0.75)


@pytest.mark.parametrize(
    ("groups", "width", "sentence"),
    [(2, 4, None), (1, 4, "groups 1 where 2 is wanted, input"), (2, 6, "output channels 6 where 4 is wanted")],
)
def test_behind_what_is_written_otherwise_layers_with_weights_are_compared(
    groups: int, width: int, sentence: str | None
) -> None:
    def make(norm: nn.Module, groups: int, width: int) -> nn.Module:
        return nn.Sequential(norm, nn.Conv2d(2, width, 3, groups=groups), nn.ReLU(), nn.Conv2d(width, 3, 1))

    right = make(nn.LocalResponseNorm(5, alpha=5, k=2), 2, 4)
    found = first_difference(_entries(make(Squares(), groups, width)), _entries(right))
    assert found is None if sentence is None else found is not None and sentence in found


class Branches(nn.Module):
    """Two branches that are concatenated, which raises where the padding of the second is not 2."""

    def __init__(self, padding: int) -> None:
        super().__init__()
        self.one = nn.Sequential(nn.Conv2d(2, 3, 1), nn.ReLU())
        self.two = nn.Sequential(nn.Conv2d(2, 3, 5, padding=padding), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.one(x), self.two(x)], 1)


def test_branches_that_could_not_be_joined_are_compared() -> None:
    wrong, right = (_entries(Branches(padding), partial=True) for padding in (1, 2))
    found = first_difference(wrong, right, whole=False)
    assert found == "the first layer that differs is the convolution: padding 1 where 2 is wanted"


def test_nothing_is_missing_behind_where_a_forward_pass_raised() -> None:
    right = _entries(nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.MaxPool2d(2)))
    begun, other = _entries(nn.Conv2d(2, 3, 3)), _entries(nn.Conv2d(2, 3, 3, bias=False))
    assert str(first_difference(begun, right)).endswith("the ReLU: it is missing")
    assert first_difference(begun, right, whole=False) is None
    assert str(first_difference(other, right, whole=False)).endswith("without a bias, which is wanted")


def test_a_forged_trace_takes_no_time() -> None:
    """Traces come from the student's process: as many inputs as a frame holds are looked through once, not in pairs."""
    forged = {"op": "mul", "inputs": [-1] * 200_000, "weights": [], "output": (1,), "settings": {}, "layer": ""}
    right = _entries(nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU()))
    first_difference([forged] * 5, right)


def test_the_rate_of_dropout_is_named() -> None:
    right = nn.Sequential(nn.ReLU(), nn.Dropout(0.5), nn.Conv2d(2, 3, 3))
    wrong = nn.Sequential(nn.ReLU(), nn.Dropout(0.25), nn.Conv2d(2, 3, 3))
    found = first_difference(_entries(wrong), _entries(right))
    assert found == "the first layer that differs is the dropout: rate 0.25 where 0.5 is wanted"


class Joins(nn.Module):
    """Three maps, put side by side by `join`."""

    def __init__(self, join: Callable[..., torch.Tensor]) -> None:
        super().__init__()
        self.join, self.one, self.two = join, nn.Conv2d(2, 3, 1), nn.Conv2d(2, 4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.join(x, self.one(x), self.two(x))


@pytest.mark.parametrize(
    ("join", "sentence"),
    [
        (lambda a, b, c: torch.cat([torch.cat([a, b], -3), c], 1), None),
        (lambda a, b, c: torch.cat([torch.cat([a]), torch.cat([b, c], 1)], 1), None),
        (lambda a, b, c: torch.cat([b, torch.cat([a, c], 1)], 1), "it takes the same maps in another order"),
        (lambda a, b, c: torch.cat([a, torch.cat([c, b], 1)], 1), "it takes the same maps in another order"),
    ],
)
def test_maps_put_side_by_side_in_steps_are_the_same(join: Callable[..., torch.Tensor], sentence: str | None) -> None:
    right = Joins(lambda a, b, c: torch.cat([a, b, c], 1))
    found = first_difference(_entries(Joins(join)), _entries(right))
    assert found is None if sentence is None else found is not None and found.endswith(sentence), found


def _filled(a: torch.Tensor, b: torch.Tensor, c: torch.Tensor, out: torch.Tensor) -> torch.Tensor:
    out[:, :2], out[:, 2:5], out[:, 5:] = a, b, c
    return out


@pytest.mark.parametrize("make", [lambda x, *shape: torch.zeros(shape), torch.Tensor.new_empty, torch.Tensor.new_zeros])
def test_maps_put_into_a_tensor_part_by_part_are_not_missing(make: Callable[..., torch.Tensor]) -> None:
    def nets(join: Callable[..., torch.Tensor], side: int) -> list[Any]:
        return _entries(nn.Sequential(Joins(join), nn.Conv2d(9, 4, side)))

    right = nets(lambda *maps: torch.cat(maps, 1), 1)
    assert first_difference(nets(lambda *maps: _filled(*maps, make(maps[0], 1, 9, 8, 8)), 1), right) is None
    found = first_difference(nets(lambda *maps: _filled(*maps, make(maps[0], 1, 9, 8, 8)), 3), right)
    assert found == "the first layer with weights that differs is the convolution: kernel 3 where 1 is wanted"


def test_zeros_in_the_shape_of_a_map_are_no_layer() -> None:
    def nets(zeros: Callable[[torch.Tensor], torch.Tensor]) -> list[Any]:
        return _entries(Joins(lambda a, b, c: torch.cat([a, zeros(b), c], 1)))

    assert first_difference(nets(lambda b: torch.zeros(b.shape)), nets(torch.zeros_like)) is None


class _Rectified(nn.Module):
    """Two convolutions with ReLU, pooled and put side by side; ReLU before the pooling, the joining, or at the end."""

    def __init__(self, place: int, pool: Callable[[torch.Tensor], torch.Tensor], last: nn.Module) -> None:
        super().__init__()
        self.place, self.pool, self.last = place, pool, last
        self.one, self.two = nn.Conv2d(2, 3, 1), nn.Conv2d(2, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        def relu(x: torch.Tensor, place: int) -> torch.Tensor:
            return F.relu(x) if place == self.place else x

        parts = [relu(self.pool(relu(conv(x), 0)), 1) for conv in (self.one, self.two)]
        return self.last(relu(torch.cat(parts, 1), 2))  # type: ignore[no-any-return]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_relu_may_stand_on_either_side_of_max_pooling_and_joining(place: int) -> None:
    def nets(place: int, pool: Any = lambda x: F.max_pool2d(x, 2), side: int = 1) -> list[Any]:
        return _entries(_Rectified(place, pool, nn.Conv2d(7, 2, side)))

    for right in range(3):
        assert first_difference(nets(place), nets(right)) is None
        found = first_difference(nets(place, side=3), nets(right))
        assert found == "the first layer that differs is the convolution: kernel 3 where 1 is wanted"
    mean = lambda x: F.avg_pool2d(x, 2)  # noqa: E731
    assert (first_difference(nets(place, mean), nets(0, mean)) is None) == (place == 0)
    assert first_difference(nets(3), nets(place)) is not None
    found = first_difference(nets(place), nets(3))  # told as it is written, where that says as much
    where = ("max pooling", "concatenation", "convolution")[place]
    assert found == f"the first layer that differs is the {where}: a ReLU comes before it"


class Applied(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


def test_what_is_only_looked_at_is_no_layer() -> None:
    def looked(x: torch.Tensor) -> torch.Tensor:
        return x.sum((2, 3)) / x[0, 0].numel()

    def nets(*last: nn.Module) -> list[Any]:
        return _entries(nn.Sequential(nn.Conv2d(2, 3, 3), *last))

    mean = Applied(lambda x: x.sum((2, 3)) / 36)
    assert first_difference(nets(Applied(looked)), nets(mean)) is None
    assert str(first_difference(nets(Applied(looked), nn.ReLU()), nets(mean))).endswith("a ReLU too many")


def test_a_relu_has_other_names() -> None:
    def nets(relu: nn.Module, side: int) -> list[Any]:
        return _entries(nn.Sequential(nn.Conv2d(2, 3, 3), relu, nn.Conv2d(3, 3, side)))

    names = [nn.Threshold(0, 0), Applied(lambda x: x.clamp(min=0)), Applied(lambda x: x.clamp_min(0))]
    others = [nn.Threshold(0, 1), Applied(lambda x: x.clamp(0, 1)), Applied(lambda x: x.clamp_min(1))]
    for name, other in zip(names, others, strict=True):
        assert first_difference(nets(name, 3), nets(nn.ReLU(), 3)) is None
        assert str(first_difference(nets(name, 1), nets(nn.ReLU(), 3))).endswith("kernel 1 where 3 is wanted")
        assert str(first_difference(nets(other, 1), nets(nn.ReLU(), 3))).startswith("the first layer with weights")


class AddedBias(nn.Module):
    """A convolution whose bias is added by an operation of its own."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.conv, self.bias = nn.Conv2d(2, 3, 3, stride, padding=1, bias=False), nn.Parameter(torch.zeros(3, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x) + self.bias  # type: ignore[no-any-return]


def test_a_bias_that_is_added_is_a_bias() -> None:
    def nets(*layers: nn.Module) -> list[Any]:
        return _entries(nn.Sequential(*layers, nn.ReLU(), nn.MaxPool2d(2)))

    right, none = (nets(nn.Conv2d(2, 3, 3, padding=1, bias=bias)) for bias in (True, False))
    assert first_difference(nets(AddedBias(1)), right) is None
    where = "the first layer that differs is the convolution: "
    assert first_difference(nets(AddedBias(2)), right) == where + "stride 2 where 1 is wanted"
    assert first_difference(none, right) == where + "without a bias, which is wanted"


def test_what_covers_a_whole_map_has_other_names() -> None:
    def nets(*head: nn.Module) -> list[Any]:
        return _entries(nn.Sequential(nn.Conv2d(2, 3, 3), *head))

    dense = nets(nn.Flatten(), nn.Linear(108, 5), nn.Linear(5, 4))
    assert first_difference(nets(nn.Conv2d(3, 5, 6), nn.Conv2d(5, 4, 1), nn.Flatten()), dense) is None
    assert first_difference(nets(nn.Conv2d(3, 5, 6, bias=False), nn.Conv2d(5, 4, 1)), dense) is not None
    assert first_difference(nets(nn.Conv2d(3, 5, 5), nn.Conv2d(5, 4, 2)), dense) is not None
    mean = nets(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert first_difference(nets(nn.AvgPool2d(6, stride=1)), mean) is None
    assert str(first_difference(nets(nn.AvgPool2d(5)), mean)).endswith(
        "average pooling where global average pooling is wanted"
    )


def test_maps_put_side_by_side_again_and_again_end() -> None:
    def double(a: torch.Tensor, b: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        for _ in range(40):
            a = torch.cat([a, a], 1)[:, :2]
        return torch.cat([a, b, c], 1)

    assert first_difference(_entries(Joins(double)), _entries(Joins(double))) is None
    entries = _entries(Joins(lambda a, b, c: torch.cat([a, b], 1)))
    chain = [{**entries[-1], "inputs": [n - 1, n - 1]} for n in range(200)]
    assert first_difference(chain, chain) is None
    pools = _entries(nn.Sequential(*[nn.MaxPool2d(1)] * 2, nn.ReLU()))
    chain = [{**pools[0], "inputs": [n - 1]} for n in range(3000)] + [{**pools[2], "inputs": [2999]}]
    assert first_difference(chain, chain) is None


class _Cropped(nn.Module):
    """A convolution and a crop of its output, written in one way or another."""

    def __init__(self, crop: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.conv, self.crop = nn.Conv2d(2, 3, 3, padding=1), crop

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.crop(self.conv(x)))


@pytest.mark.parametrize(
    ("crop", "sentence"),
    [
        (lambda x: x[:, :, 1:-1, 2:6], None),
        (lambda x: x.narrow(3, 2, 4).narrow(2, 1, 6), None),
        (lambda x: x[..., 2:-2][:, :, :-1][:, :, 1:], None),
        (lambda x: nn.functional.pad(x, (-2, -2, -1, -1)), None),
        (lambda x: nn.functional.pad(x, (0, 0))[:, :, 1:7, 2:6], None),
        (
            lambda x: x[:, :, :6, :4],
            "the crop: 0 rows before and 2 after, 0 columns before and 4 after where 1 rows before",
        ),
        (lambda x: x, "it is missing, a ReLU follows at once"),
    ],
    ids=["slice", "narrow", "in steps", "negative padding", "no padding", "corner", "missing"],
)
def test_a_crop_is_the_same_however_it_is_written(
    crop: Callable[[torch.Tensor], torch.Tensor], sentence: str | None
) -> None:
    found = first_difference(_entries(_Cropped(crop)), _entries(_Cropped(lambda x: x[:, :, 1:7, 2:6])))
    assert found is None if sentence is None else found is not None and sentence in found, found


class OwnNormalisation(nn.Module):
    """Local response normalisation from other operations than PyTorch's."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        squares = nn.functional.pad(x.pow(2), (0, 0, 0, 0, 2, 2))
        total = sum(squares[:, shift : shift + x.shape[1]] for shift in range(5))
        return x * torch.pow(2 + 1e-4 * total, -0.75)


class Towers(nn.Module):
    """A convolution in two parts, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Conv2d(2, 2, 3, padding=1), nn.Conv2d(2, 2, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.left(x), self.right(x)], 1)


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        (lambda: [nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), OwnNormalisation()], None),
        (
            lambda: [Towers(), nn.ReLU(), nn.LocalResponseNorm(5, 5e-4, 0.75, 2)],
            "the first layer that differs is the max pooling: it is missing",
        ),
    ],
    ids=["own normalisation", "two convolutions"],
)
def test_a_layer_that_may_be_equal_is_not_blamed(first: Callable[[], list[nn.Module]], sentence: str | None) -> None:
    right = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.LocalResponseNorm(5, 5e-4, 0.75, 2), nn.MaxPool2d(2)
    )
    assert first_difference(_entries(nn.Sequential(*first())), _entries(right)) == sentence


class Folded(nn.Module):
    """A convolution that takes its batch norm in where it does not train."""

    def __init__(self, eps: float, stride: int) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(2, 4, 3, stride, bias=False), nn.BatchNorm2d(4, eps)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean, var = self.norm.running_mean, self.norm.running_var
        assert mean is not None and var is not None
        scale = self.norm.weight / (var + self.norm.eps).sqrt()
        weight, bias = self.conv.weight * scale[:, None, None, None], self.norm.bias - mean * scale
        return nn.functional.conv2d(x, weight, bias, self.conv.stride)


def _entries_with_numbers(*layers: nn.Module, partial: bool = False) -> list[Any]:
    return trace_model(nn.Sequential(*layers), (2, 2, 9, 9), partial=partial, seed=0, scale=50)["entries"]  # type: ignore[no-any-return]


OTHERWISE = "it is missing, or what stands in its place gives other numbers"


@pytest.mark.parametrize(
    ("first", "rest", "sentence"),
    [
        ([nn.Conv2d(2, 4, 3), nn.ReLU(), OwnNormalisation()], [nn.Conv2d(4, 3, 3), nn.ReLU(), nn.MaxPool2d(2)], None),
        (
            [nn.Conv2d(2, 4, 3), nn.ReLU(), OwnNormalisation()],
            [nn.Conv2d(4, 3, 3), nn.MaxPool2d(2)],
            "the ReLU: it is missing, max pooling follows at once",
        ),
        (
            [nn.Conv2d(2, 4, 3), nn.ReLU(), OwnNormalisation()],
            [nn.Conv2d(4, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)],
            "the convolution: padding 1 where 0 is wanted",
        ),
    ],
    ids=["right", "no ReLU", "padding"],
)
def test_what_gives_the_same_numbers_is_the_same_layer(
    first: list[nn.Module], rest: list[nn.Module], sentence: str | None
) -> None:
    norm = nn.LocalResponseNorm(5, 5e-4, 0.75, 2)
    right = _entries_with_numbers(nn.Conv2d(2, 4, 3), nn.ReLU(), norm, nn.Conv2d(4, 3, 3), nn.ReLU(), nn.MaxPool2d(2))
    found = first_difference(_entries_with_numbers(*first, *rest), right)
    assert found == (sentence and f"the first layer that differs is {sentence}")


def test_constants_of_a_normalisation_written_out_are_looked_at() -> None:
    right = _entries_with_numbers(nn.Conv2d(2, 4, 3), nn.LocalResponseNorm(5, 5e-4, 0.75, 2), nn.ReLU())
    wrong = _entries_with_numbers(nn.Conv2d(2, 4, 3), Squares(), nn.ReLU())
    assert str(first_difference(wrong, right)).endswith(OTHERWISE)
    for norm in (nn.LocalResponseNorm(5, 5e-4, 0.5, 2), nn.LocalResponseNorm(5, 5e-4, 0.75, 1)):
        wrong = _entries_with_numbers(nn.Conv2d(2, 4, 3), norm, nn.ReLU())
        assert str(first_difference(wrong, right)).endswith("it gives other numbers")


def test_a_batch_norm_folded_into_its_convolution_is_there() -> None:
    def nets(*first: nn.Module) -> list[Any]:
        return _entries_with_numbers(*first, nn.ReLU(), nn.Conv2d(4, 3, 3), nn.ReLU())

    right = nets(nn.Conv2d(2, 4, 3, bias=False), nn.BatchNorm2d(4))
    assert first_difference(nets(Folded(1e-5, 1)), right) is None
    rest = _entries_with_numbers(Folded(1e-5, 1), nn.ReLU(), nn.Conv2d(4, 3, 3, bias=False), nn.ReLU())
    assert str(first_difference(rest, right)).endswith("without a bias, which is wanted")


def _added(maps: Sequence[torch.Tensor]) -> torch.Tensor:
    """The maps side by side, as a sum of each between zeros."""
    sizes, before = [one.shape[1] for one in maps], 0
    total = torch.zeros((), dtype=maps[0].dtype)
    for one, size in zip(maps, sizes, strict=True):
        total = total + nn.functional.pad(one, (0, 0, 0, 0, before, sum(sizes) - before - size))
        before += size
    return total


def test_equal_numbers_in_another_order_are_another_result() -> None:
    def nets(join: Callable[..., torch.Tensor]) -> list[Any]:
        return _entries_with_numbers(Joins(join), nn.ReLU())

    right = nets(lambda *maps: torch.cat(maps, 1))
    assert first_difference(nets(lambda *maps: _added(maps)), right) is None
    put = _entries_with_numbers(Joins(lambda *maps: _filled(*maps, torch.zeros(2, 9, 9, 9, dtype=torch.float64))))
    assert first_difference(put, _entries_with_numbers(Joins(lambda *maps: torch.cat(maps, 1)))) is None
    assert str(first_difference(nets(lambda *maps: _added(maps[::-1])), right)).endswith(OTHERWISE)


def test_what_a_pass_that_raised_did_not_come_to_is_not_missing() -> None:
    """The student's maps are put into a tensor that is one channel too small for the layer behind it."""

    def fill(x: torch.Tensor) -> torch.Tensor:
        out = torch.zeros(len(x), 4, *x.shape[2:], dtype=x.dtype)
        out[:, :2], out[:, 2:] = x, x.relu()
        return out[:, 1:]

    right = _entries_with_numbers(Applied(lambda x: torch.cat([x, x.relu()], 1)), nn.BatchNorm2d(4))
    wrong = _entries_with_numbers(Applied(fill), nn.BatchNorm2d(4), partial=True)
    assert "batch norm" not in str(first_difference(wrong, right, whole=False))


class TwoTowers(nn.Module):
    """Convolutions in two halves, the maps of which stay apart; `joined` is where they come together."""

    def __init__(self, joined: str = "second", padding: int = 1, relu: bool = True, norm: str = "whole") -> None:
        super().__init__()
        self.joined, self.relu, self.norm = joined, relu, norm

        def pair(inputs: int, outputs: int, padding: int = 1) -> nn.ModuleList:
            return nn.ModuleList([nn.Conv2d(inputs, outputs, 3, padding=padding) for _ in range(2)])

        self.first = pair(2, 2)
        self.second = pair(4 if joined == "second" else 2, 3)
        self.third = pair(6 if joined == "third" else 3, 2, padding)
        self.response = nn.LocalResponseNorm(5, 5e-4, 0.75, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = [one(x).relu() for one in self.first]
        if self.norm == "whole":
            maps = list(self.response(torch.cat(maps, 1)).chunk(2, 1))
        else:
            maps = [self.response(one) for one in maps]
        for name, convolutions in (("second", self.second), ("third", self.third)):
            if self.joined == name:
                maps = [torch.cat(maps, 1)] * 2
            maps = [one(part) for one, part in zip(convolutions, maps, strict=True)]
            if self.relu or name == "second":
                maps = [part.relu() for part in maps]
        return torch.cat([nn.functional.max_pool2d(part, 2).flatten(1) for part in maps], 1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, None),
        ({"padding": 0}, "the third: padding 0 where 1 is wanted"),
        ({"relu": False}, "the ReLU: it is missing, max pooling follows at once"),
        ({"joined": ""}, "the second: groups 2 where 1 is wanted, input channels a group 2 where 4 is wanted"),
        ({"norm": "halves"}, "the normalisation: it is done with each half of the maps by itself"),
    ],
    ids=["right", "padding", "no ReLU", "never joined", "normalised apart"],
)
def test_two_towers_are_convolutions_of_two_halves(options: dict[str, Any], sentence: str | None) -> None:
    class Right(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 6, 3, padding=1)
            self.third = nn.Conv2d(6, 4, 3, padding=1, groups=2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.first(x).relu()
            with layer("normalisation"):
                x = nn.functional.local_response_norm(x, 5, 5e-4, 0.75, 2)
            with layer("second"):
                x = self.second(x)
            x = x.relu()
            with layer("third"):
                x = self.third(x)
            return nn.functional.max_pool2d(x.relu(), 2).flatten(1)

    found = first_difference(_entries(TwoTowers(**options)), _entries(Right()))
    assert found == (sentence and f"the first layer that differs is {sentence}")


def test_a_trace_of_no_known_form_gives_no_sentence() -> None:
    right = _entries(nn.Sequential(nn.Conv2d(2, 3, 3)))
    for wrong in ([1], [{}], [{"op": 1, "inputs": [7]}], [{"op": "relu", "inputs": [], "settings": 3}], ["x"]):
        assert first_difference(wrong, right) is None


def test_a_model_that_raises_is_traced_up_to_there() -> None:
    broken = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Conv2d(2, 3, 3))
    assert [entry["op"] for entry in _entries(broken, partial=True)] == ["convolution"]
    with pytest.raises(RuntimeError):
        _entries(broken)


# A course graded in the sandbox


def test_right_answers_earn_everything(grade_source: Callable[[str], Report]) -> None:
    report = grade_source(RIGHT)
    assert report.points_earned == FULL
    assert report.isolation.level in ("full", "partial")


def test_a_misconception_is_named_and_another_mistake_located(grade_source: Callable[[str], Report]) -> None:
    report = grade_source(RIGHT.replace("self.relu(self.bn(self.conv(x)))", "self.bn(self.conv(x))"))
    assert failed(report, "Pair/values").misconceptions[0].slug == "no-relu"
    report = grade_source(RIGHT.replace("padding=1", "padding=1, stride=2"))
    check = failed(report, "Pair/values")
    assert check.misconceptions == ()
    assert (
        check.observations[0]
        == "the first layer that differs is the convolution of the pair: stride 2 where 1 is wanted"
    )


def test_parameters_without_influence_are_told_of_a_wrong_value(grade_source: Callable[[str], Report]) -> None:
    """A batch norm of one's own, in which nothing can be blamed, that forgets its shift."""
    own = """
class Norm(nn.BatchNorm2d):
    def forward(self, x):
        mean, var = (self.running_mean, self.running_var) if not self.training else (x.mean((0, 2, 3)), x.var((0, 2, 3)))
        return (x - mean[:, None, None]) / torch.sqrt(var + 1e-5)[:, None, None] * self.weight[:, None, None]

"""
    source = RIGHT.replace("class Pair", own + "class Pair").replace("nn.BatchNorm2d(o", "Norm(o")
    report = grade_source("import torch\n" + source)
    observed = failed(report, "Pair/values").observations
    assert observed == (
        "the first layer that differs is the batch norm of the pair: it is missing, or what stands in its place gives other "
        "numbers; no gradient reaches parameters of shapes (3,)",
    ), report


@pytest.mark.parametrize(
    ("old", "new"),
    [("self.relu(self.bn(self.conv(x)))", "self.bn(self.relu(self.conv(x)))"), ("(x)))", "(x.detach() + 0*x)))")],
)
def test_the_script_shows_the_same_without_the_grader(
    old: str, new: str, grade_source: Callable[[str], Report], tmp_path: Path
) -> None:
    failure = failed(grade_source(RIGHT.replace(old, new)), "Pair/values").failure
    assert failure is not None and failure.reproduce is not None
    (tmp_path / "script.py").write_text(failure.reproduce)
    run = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert float(run.stdout) == pytest.approx(failure.got, abs=1e-12)
    assert "grader" not in failure.reproduce
    assert max(map(len, failure.reproduce.splitlines())) <= 72


HEAD = "import torch\nfrom torch import nn\n\n"
BODY = RIGHT.partition("class Pair")[2]
ODD: dict[str, tuple[str, float, str]] = {
    "returns a number": ("def Pair(i, o):\n    return 7", 0, "Pair returned an object of type int, not a torch.nn.Module"),
    "returns nothing": ("def Pair(i, o):\n    pass", 0, "Pair returned None"),
    "returns a function": ("def Pair(i, o):\n    return lambda x: x", 0, "not a torch.nn.Module"),
    "returns the class": (
        "class P(nn.Module):\n    pass\ndef Pair(i, o):\n    return P",
        0,
        "Pair returned the class P itself, not an instance of it",
    ),
    "no forward": ("class Pair(nn.Module):\n    def __init__(self, i, o):\n        super().__init__()", 0, "not written yet"),
    "forgets super": (
        "class Pair(nn.Module):\n    def __init__(self, i, o):\n        self.i = i",
        0,
        "whose __init__ does not call super().__init__()",
    ),
    "forgets super before a layer": (
        "class Pair(nn.Module):\n    def __init__(self, i, o):\n        self.i = nn.Linear(i, o)",
        0,
        "cannot assign module before Module.__init__() call",
    ),
    "returns a dict": (
        "class Pair" + BODY.replace("return self.relu", "return dict(out=1) if 1 else self.relu"),
        1,
        "Pair returned an object of type dict from its forward pass, not a tensor",
    ),
    "returns a tuple of numbers": (
        "class Pair" + BODY.replace("return self.relu", "return (1, 2) if 1 else self.relu"), 1, "does not hold tensors alone"
    ),
    "returns two outputs": (
        "class Pair" + BODY.replace("return self.relu(", "return x, self.relu("), 1, "another number of outputs"
    ),
    "whole numbers": ("class Pair" + BODY.replace("(x)))", "(x))).long()"), 2, "wrong dtype"),
    "half precision": ("class Pair" + BODY.replace("(x)))", "(x))).bfloat16()"), 2, "no numbers to read"),
    "detached": ("class Pair" + BODY.replace("(x)))", "(x.detach())))"), 3, "no gradient reaches the input"),
    "no gradients at all": ("class Pair" + BODY.replace("return self", "with torch.no_grad(): return self"), 2, "no gradient"),
    "frozen": (
        "class Pair" + BODY.replace("self.relu = nn.ReLU()", "self.relu = nn.ReLU(); self.requires_grad_(False)"),
        3,
        "the number of trainable parameters is wrong",
    ),
    "raises": ("class Pair" + BODY.replace("return self", "raise OSError('no disk'); return self"), 0, "no disk"),
    "endless": ("class Pair" + BODY.replace("return self", "while True: pass\n        return self"), 0, "time ran out"),
    "ends the process": ("import os\nclass Pair" + BODY.replace("return self", "os._exit(3)\n        return self"), 0, "ended"),
    "hides its parameters": (
        "class Pair" + BODY + "\n    def parameters(self, recurse=True):\n        return iter(())\n    named_parameters = None\n",
        5,
        "",
    ),
    "equals everything": (
        "class Pair" + BODY + "\n    def __eq__(self, other):\n        return True\n    __hash__ = object.__hash__",
        5,
        "",
    ),
    "compiled": ("class P" + BODY + "\ndef Pair(i, o):\n    return torch.compile(P(i, o))", 5, ""),
    "scripted": ("class P" + BODY + "\ndef Pair(i, o):\n    return torch.jit.script(P(i, o))", 5, ""),
    "float32 inside": ("class Pair" + BODY.replace("self.conv(x)", "self.conv(x.float())"), 5, ""),
    "gradients switched off": ("torch.set_grad_enabled(False)\nclass Pair" + BODY, 5, ""),
    "another default dtype": ("torch.set_default_dtype(torch.float64)\nclass Pair" + BODY, 5, ""),
    "only deterministic algorithms": ("torch.use_deterministic_algorithms(True)\nclass Pair" + BODY, 5, ""),
    "warnings are errors": ("import warnings\nwarnings.simplefilter('error')\nclass Pair" + BODY, 5, ""),
    "many threads": ("torch.set_num_threads(8)\nclass Pair" + BODY, 5, ""),
    "another package": ("import rich", 0, "this topic offers the standard library, torch and numpy"),
    "patches the operations": (
        "import grader.worker.operations as m\n"
        "for name in list(m.OPERATIONS):\n"
        "    m.OPERATIONS[name] = lambda *a, **k: dict(outputs=True, problem=None, passed=True)\n"
        "def Pair(i, o):\n    return nn.Linear(1, 1)",
        0,
        "did not say what became of it",
    ),
    "odd replies": (
        "import grader.worker.operations as m\n"
        "m.OPERATIONS['run_model'] = lambda *a, **k: {'problem': ['x'] * 9}\n"
        "m.OPERATIONS['describe_model'] = lambda *a, **k: dict(parameters=True, trainable=1, sizes=['a'])\n"
        "m.OPERATIONS['trace_model'] = lambda *a, **k: dict(entries=[{'op': []}], outputs=[[1]])\n"
        "def Pair(i, o):\n    return nn.Linear(1, 1)",
        0,
        "did not say what became of it",
    ),
    "giant output": ("class Pair" + BODY.replace("(x)))", "(x))).repeat(1, 1, 300, 300)"), 0, "MiB of arrays"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_models_are_told_in_a_sentence(name: str, grade_source: Callable[[str], Report]) -> None:
    """None is a fault of ours, none earns more than it shows, and what is wrong is said."""
    source, points, words = ODD[name]
    report = grade_source(HEAD + source + "\n")
    assert report.points_earned <= points
    assert words in said(report), said(report)
    if points == FULL:
        assert report.points_earned == FULL


def test_a_worker_with_pytorch_opens_nothing_else(grade_source: Callable[[str], Report], pairs: Course) -> None:
    """PyTorch has more files to read than NumPy; the course and the rest of the machine are not among them."""
    for path in (pairs.root / "reference" / "course.toml", Path(pytest.__file__), Path("/etc/passwd")):
        report = grade_source(f"open({str(path)!r})")
        if not report.isolation.protections.get("landlock"):
            pytest.skip("this machine has no landlock")
        assert "raised PermissionError" in said(report)


# What a diagnosis costs


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_glance_at_a_model_sees_what_a_run_gives(dtype: torch.dtype) -> None:
    """In whatever dtype the model was made."""
    (seen,) = glance_at_model(nn.Conv2d(2, 3, 3, dtype=dtype), (2, 2, 5, 5), seed=3, scale=2.0)
    (ran,) = run_model(nn.Conv2d(2, 3, 3), (2, 2, 5, 5), seed=3, scale=2.0)["outputs"]
    np.testing.assert_allclose(seen, ran, rtol=1e-4)


@pytest.fixture
def own_workshop() -> Iterator[Workshop]:
    """A workshop that remembers nothing yet."""
    made = Workshop()
    yield made
    made.close()


@pytest.mark.parametrize(
    "wrong", ["self.relu(self.bn(self.conv(x), *[1] * (not self.training)))", "self.relu(self.bn(self.conv(x))) + 1"]
)
def test_a_candidate_that_gives_another_output_is_not_differentiated(
    wrong: str, pairs: Course, tmp_path: Path, own_workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is one that gives any where the student's code raised; the oracle's model is, whose gradient is compared."""
    differentiated = []
    really = models._differentiate
    monkeypatch.setattr(
        models, "_differentiate", lambda model, *rest: differentiated.append(model) or really(model, *rest)
    )
    (tmp_path / "pair.py").write_text(RIGHT.replace("self.relu(self.bn(self.conv(x)))", wrong))
    report = grade(tmp_path, course=pairs, workshop=own_workshop)
    assert not failed(report, "Pair/values").misconceptions
    assert differentiated and not any(isinstance(model, nn.Sequential) for model in differentiated)


def test_the_oracle_is_traced_once_for_a_class(
    pairs: Course, tmp_path: Path, own_workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced = []
    really = models.trace_forward
    monkeypatch.setattr(
        models, "trace_forward", lambda *given, **named: traced.append(given) or really(*given, **named)
    )
    for wrong, count, told in (("+ 1", 1, "addition"), ("* 2", 0, "multiplication"), ("+ 1", 0, "addition")):
        (tmp_path / "pair.py").write_text(RIGHT.replace("(self.conv(x)))", f"(self.conv(x))) {wrong}"))
        traced.clear()
        report = grade(tmp_path, course=pairs, only="Pair/values", workshop=own_workshop)
        assert len(traced) == count
        assert told in " ".join(failed(report, "Pair/values").observations)


@pytest.mark.parametrize("forged", ["{'outputs': np.zeros(2)}", "{'outputs': np.zeros((0, 2)), 'entries': [1]}", "7"])
def test_a_forged_trace_is_nobody_elses_fault(tmp_path: Path, forged: str) -> None:
    """What the worker says of the layers is only for the message: whatever it is, the score stands."""
    (tmp_path / "unet.py").write_text(f"""
import sys
import numpy as np
from torch import nn

sys.modules["grader.worker.operations"].OPERATIONS["trace_model"] = lambda *_, **__: {forged}


def build_unet(*_, **__):
    return nn.Conv2d(1, 2, 3)
""")
    report = grade(tmp_path, "unet", device="cpu")
    assert report.faults == () and report.points_earned < report.points_possible / 2
