"""The checks of the topic inception: small modules in full, GoogLeNet at its own size with few classes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.checking import (
    Description,
    Run,
    describe_right,
    expect_all_used,
    expect_full_size,
    expect_gradient,
    expect_output_shape,
    expect_outputs,
    expect_parameters,
    expect_share,
    fail,
    only_output,
    remember,
    run,
    run_right,
)
from reference.inception import oracle

PUBLISHED = 6_998_552
EXAMPLE = (192, 64, 96, 128, 16, 32, 32)
SIDE = 224
"""Of an image for GoogLeNet: the average pooling may be written for its last map, 7x7."""
MANY = 1100
"""More classes than features, so that the features can be told from the scores."""
LOST = 1e-3
"""A feature below this share of the largest one is not told from zero; enough for a model that works in float32."""


class Case(NamedTuple):
    """A module's arguments, the shape of its input, and the seed of the input."""

    in_channels: int
    ch1x1: int
    ch3x3_reduce: int
    ch3x3: int
    ch5x5_reduce: int
    ch5x5: int
    pool_proj: int
    images: int
    height: int
    width: int
    seed: int

    @property
    def arguments(self) -> tuple[int, ...]:
        """Of Inception."""
        return self[:7]

    @property
    def x(self) -> tuple[int, ...]:
        """Shape of the input."""
        return self.images, self.in_channels, self.height, self.width


class Network(NamedTuple):
    """GoogLeNet's arguments, the number of images, and their seed."""

    num_classes: int
    in_channels: int
    images: int
    seed: int

    @property
    def x(self) -> tuple[int, ...]:
        """Shape of the input."""
        return self.images, self.in_channels, SIDE, SIDE


channels, sides, seeds = st.integers(2, 5), st.integers(3, 7), st.integers(0, 999)
modules = st.builds(Case, *[channels] * 7, st.integers(1, 2), sides, sides, seeds)
networks = st.builds(Network, st.integers(2, 5), st.integers(1, 4), st.just(1), seeds)


@remember
def right(case: Case) -> Run:
    """What the oracle's module gives, the same in both modes."""
    return run_right(oracle.Inception(*case.arguments), case.x, seed=case.seed)


@remember
def right_network(case: Network) -> Run:
    """What the oracle's network gives in evaluation mode."""
    return run_right(oracle.build_googlenet(*case[:2]), case.x, seed=case.seed)


@remember
def right_parameters(function: str, *arguments: int) -> Description:
    """The parameters of the oracle's module or network."""
    from grader.worker.models import sketch_model

    return describe_right(sketch_model(getattr(oracle, function), *arguments))


@pytest.mark.check("Inception/worked_example", points=1)
def test_example(student: Any) -> None:
    """Module 3a makes 192x28x28 into 256x28x28, with 163,696 parameters."""
    model = student.sketch_model(student.Inception, *EXAMPLE)
    wanted = right_parameters("Inception", *EXAMPLE)
    assert wanted.parameters == 163_696
    expect_parameters(student, model, wanted, (1, 192, 28, 28))
    expect_output_shape(student, model, (1, 192, 28, 28), (1, 256, 28, 28))


@pytest.mark.check("Inception/values", points=3)
@example(case=Case(2, 2, 3, 4, 2, 5, 3, 1, 4, 5, 0))
@example(case=Case(4, 5, 2, 3, 3, 2, 4, 2, 6, 3, 1))
@given(case=modules)
def test_values(student: Any, case: Case) -> None:
    """The maps of the four branches are right and in the right order, and so is the gradient of the input."""
    got, wanted = run(student, student.Inception(*case.arguments), case.x, seed=case.seed), right(case)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)


@pytest.mark.check("Inception/training", points=1)
@example(case=Case(2, 2, 3, 4, 2, 5, 3, 1, 4, 5, 0))
@given(case=modules)
def test_training(student: Any, case: Case) -> None:
    """In training mode the module gives the same, and every parameter has an influence on it."""
    got, wanted = run(student, student.Inception(*case.arguments), case.x, seed=case.seed, training=True), right(case)
    expect_all_used(got)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)


@pytest.mark.check("Inception/parameters", points=1)
@example(case=Case(2, 2, 3, 4, 2, 5, 3, 1, 4, 5, 0))
@example(case=Case(4, 5, 2, 3, 3, 2, 4, 2, 6, 3, 1))
@settings(max_examples=8)
@given(case=modules)
def test_parameters(student: Any, case: Case) -> None:
    """Each of the six convolutions has weights and a bias of its own, as many as the arguments ask for."""
    model = student.sketch_model(student.Inception, *case.arguments)
    expect_parameters(student, model, right_parameters("Inception", *case.arguments), case.x)


@pytest.mark.check("build_googlenet/published", points=2)
def test_published(student: Any) -> None:
    """GoogLeNet has 6,998,552 parameters and gives 1000 scores for a 224x224 image."""
    wanted = right_parameters("build_googlenet")
    assert wanted.parameters == PUBLISHED
    model = student.sketch_model(student.build_googlenet)
    expect_parameters(student, model, wanted, (1, 3, SIDE, SIDE))
    expect_output_shape(student, model, (1, 3, SIDE, SIDE), (1, 1000))
    expect_full_size(student, oracle.build_googlenet, x=(3, 224, 224))


@pytest.mark.check("build_googlenet/evaluation", points=4)
@example(case=Network(7, 3, 1, 0))
@settings(max_examples=1)
@given(case=networks)
def test_network(student: Any, case: Network) -> None:
    """With few classes, the scores of 224x224 images and the gradient of the input are right in evaluation mode."""
    got = run(student, student.build_googlenet(*case[:2]), case.x, seed=case.seed)
    expect_outputs(got, right_network(case))
    expect_gradient(got, right_network(case))


@pytest.mark.check("build_googlenet/parameters", points=1)
@example(case=Network(10, 1, 1, 0))
@settings(max_examples=2)
@given(case=networks)
def test_network_parameters(student: Any, case: Network) -> None:
    """Classes and input channels are those that are asked for."""
    model = student.sketch_model(student.build_googlenet, *case[:2])
    expect_parameters(student, model, right_parameters("build_googlenet", *case[:2]), (1, *case.x[1:]))


@pytest.mark.check("build_googlenet/dropout", points=2)
@settings(max_examples=1)
@given(seed=seeds)
def test_dropout(student: Any, seed: int) -> None:
    """In training the linear layer's inputs are dropped with probability 0.4, anew each time, and the others divided by 0.6."""
    case = Network(MANY, 3, 2, seed)
    model = student.build_googlenet(MANY)
    calm = run(student, model, case.x, seed=seed)
    training = run(student, model, case.x, seed=seed, training=True)
    expect_all_used(training)
    expect_dropout(*(features_of(one) for one in (calm, training)))
    pair = np.repeat(np.random.default_rng(seed).uniform(-1, 1, (1, *case.x[1:])), 2, axis=0)
    passes = (run(student, model, pair, seed=seed + n, training=True) for n in (0, 1))
    first, second = map(only_output, passes)
    if np.allclose(first[0], first[1], rtol=1e-9):
        fail("two equal images in one batch get the same scores in training: the same inputs are dropped for both")
    if np.allclose(first, second, rtol=1e-9):
        fail("two passes over the same images give the same scores in training: the same inputs are dropped each time")


@remember
def linear_layer() -> tuple[np.ndarray, np.ndarray]:
    """What takes the bias-free scores of many classes back to the features, and the bias, with the weights of a run."""
    from grader.worker.filling import fill_model

    model: Any = oracle.build_googlenet(MANY).double()
    fill_model(model)
    return np.linalg.pinv(model.linear_weight.detach().numpy()), model.linear_bias.detach().numpy()


def features_of(got: Run) -> np.ndarray:
    """The inputs of the linear layer that give these scores."""
    scores, (inverse, bias) = only_output(got), linear_layer()
    if scores.shape != (2, MANY):
        fail("the scores have the wrong shape", str((2, MANY)), str(scores.shape))
    return (scores.astype(np.float64) - bias) @ inverse.T


def expect_dropout(calm: np.ndarray, training: np.ndarray) -> None:
    """Require that each feature of evaluation mode is in training mode dropped, or divided by what is kept on average."""
    active = np.abs(calm) > LOST * np.abs(calm).max(initial=1.0)
    ratios = training[active] / calm[active]
    kept = ratios[np.abs(ratios) > LOST]
    if ratios.size < oracle.FEATURES // 4:
        fail("nearly all inputs of the linear layer are 0", f"about {oracle.FEATURES * 2}", str(ratios.size))
    if kept.size == ratios.size and np.allclose(kept, 1.0, rtol=LOST):
        fail("in training mode nothing is dropped before the linear layer", oracle.RATE, 0.0)
    if not kept.size or not np.allclose(kept, kept[0], rtol=LOST):
        fail("in training mode the linear layer's inputs are not those of evaluation mode, dropped or scaled alike")
    if not np.isclose(kept[0], 1 / (1 - oracle.RATE), rtol=LOST):
        fail(
            "inputs of the linear layer that are not dropped are scaled wrongly", 1 / (1 - oracle.RATE), float(kept[0])
        )
    expect_share(ratios.size - kept.size, ratios.size, oracle.RATE, what="before the linear layer")
