"""The checks of the topic classics: LeNet-5 as it is, AlexNet and ZFNet without contents, and one image through each.

AlexNet and ZFNet have one size, some 60 million parameters: a run takes half a second, so each is run as seldom as can be.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from grader.checking import (
    Description,
    Run,
    describe_right,
    describe_theirs,
    expect_all_used,
    expect_array,
    expect_description,
    expect_full_size,
    expect_gradient,
    expect_output_shape,
    expect_outputs,
    expect_parameters,
    expect_share,
    fail,
    follow_dropout,
    only_output,
    remember,
    run,
    run_right,
)
from grader.checking.slopes import own_array
from reference.classics import oracle

PUBLISHED = {"build_lenet5": 61_706, "build_alexnet": 60_965_224, "build_zfnet": 62_357_608}
SIDES = {"build_lenet5": 32, "build_alexnet": 227, "build_zfnet": 224}
CLASSES = 5
PIXEL = 100.0
"""Magnitude of pixel values: local response normalisation does next to nothing to maps of small values."""
CONTRAST = 4.0
"""Magnitude of LeNet-5's inputs: with less, tanh is nearly a straight line."""


class Digits(NamedTuple):
    """Arguments of LeNet-5, the number of images, and the seed of the input."""

    num_classes: int
    in_channels: int
    images: int
    seed: int

    @property
    def x(self) -> tuple[int, ...]:
        """Shape of the input."""
        return self.images, self.in_channels, 32, 32


seeds = st.integers(0, 2**32 - 1).filter(bool)
"""Of the one image that AlexNet or ZFNet sees. Hypothesis begins with the simplest value, which would be 0 in every run."""
one = settings(max_examples=1, phases=(Phase.generate,))
digits = st.builds(Digits, st.integers(2, 6), st.integers(1, 3), st.integers(1, 3), st.integers(0, 999))


def image(function: str, channels: int = 3) -> tuple[int, ...]:
    """Shape of one image for a network."""
    return 1, channels, SIDES[function], SIDES[function]


@remember
def right_digits(case: Digits, training: bool) -> Run:
    """What the oracle's LeNet-5 gives."""
    return run_right(oracle.build_lenet5(*case[:2]), case.x, seed=case.seed, training=training, scale=CONTRAST)


@remember
def right_sizes(function: str, halves: oracle.Halves, *arguments: int) -> Description:
    """The parameters of the oracle's network."""
    from grader.worker.models import sketch_model

    return describe_right(sketch_model(make_right, function, halves, *arguments))


@remember
def right(function: str, halves: oracle.Halves, seed: int) -> Run:
    """What the oracle's network of five classes gives for an image in evaluation mode."""
    return run_right(make_right(function, halves, CLASSES), image(function), seed=seed, scale=PIXEL)


@remember
def right_hidden(function: str, halves: oracle.Halves, seed: int) -> np.ndarray:
    """What the first hidden layer of the oracle's network gives for the same image."""
    return oracle.before_dropout(make_right(function, halves, CLASSES), image(function), seed, PIXEL)


def make_right(function: str, halves: oracle.Halves, *arguments: int) -> oracle.Network:
    """The oracle's network, AlexNet's convolutions in halves where a student's are."""
    if function == "build_alexnet":
        return oracle.build_alexnet(*arguments, halves=halves)
    network: oracle.Network = getattr(oracle, function)(*arguments)
    return network


@functools.cache
def published(function: str, halves: oracle.Halves, *arguments: int) -> Callable[[], oracle.Network]:
    """The same as a builder of the published network, under the student's name for it."""

    def build() -> oracle.Network:
        return make_right(function, halves, *arguments)

    build.__name__ = function
    return build


def halves_of(function: str, theirs: Description, channels: int = 3) -> oracle.Halves:
    """Which convolutions of a student's network lie in two halves."""
    return oracle.find_halves(theirs.sizes, channels) if function == "build_alexnet" else oracle.WHOLE


def check_sizes(student: Any, function: str, *arguments: int) -> None:
    """Parameters and output shape; arguments are classes and channels, or none, which is the published network.

    What that one computes only where it is asked for.
    """
    classes, channels = arguments or ((10, 1) if function == "build_lenet5" else (1000, 3))
    model = student.sketch_model(getattr(student, function), *arguments)
    theirs = describe_theirs(student, model, image(function, channels))
    halves = halves_of(function, theirs, channels)
    wanted = right_sizes(function, halves, classes, channels)
    assert arguments or wanted.parameters == PUBLISHED[function]
    expect_description(theirs, wanted)
    expect_output_shape(student, model, image(function, channels), (1, classes))
    if not arguments:
        expect_full_size(student, published(function, halves, classes, channels), x=image(function, channels)[1:])


def check_scores(student: Any, function: str, seed: int) -> None:
    """Scores and input gradient for one image in evaluation mode; every parameter is used."""
    model = getattr(student, function)(CLASSES)
    halves = halves_of(function, describe_theirs(student, model, image(function)))
    got, wanted = run(student, model, image(function), seed=seed, scale=PIXEL), right(function, halves, seed)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)
    expect_all_used(got)


def check_dropout(student: Any, function: str, seed: int) -> None:
    """Dropout in training: the share of units, the scores of those that are kept, and other units for another image."""
    model = getattr(student, function)(CLASSES)
    halves = halves_of(function, describe_theirs(student, model, image(function)))
    got = run(student, model, image(function), seed=seed, scale=PIXEL, training=True, entries=oracle.HIDDEN)
    found = follow_dropout(got, right_hidden(function, halves, seed), oracle.later_layers(CLASSES), oracle.RATE)
    for ordinal, dropped, active in zip(("first", "second"), found.dropped, found.active, strict=True):
        expect_share(dropped, active, oracle.RATE, what=f"dropout after the {ordinal} hidden layer")
    bound = float(np.abs(found.scores).max())
    expect_array(only_output(got), found.scores[None], bound, what="the row of scores that follows from the units kept")
    pair = np.repeat(PIXEL * np.random.default_rng(seed).uniform(-1, 1, image(function)), 2, axis=0)
    passes = [run(student, model, pair, seed=seed + n, training=True) for n in (0, 1)]
    before, after = (
        own_array(scores, np.zeros((2, CLASSES)), "the scores of two images") for scores in map(only_output, passes)
    )
    if np.allclose(before[0], before[1], rtol=1e-9):
        fail("two equal images in one batch get the same scores in training: the same units are dropped for both")
    if np.allclose(before, after, rtol=1e-9):
        fail("two passes over the same images give the same scores in training: the same units are dropped each time")


@pytest.mark.check("build_lenet5/worked_example", points=1)
def test_lenet_example(student: Any) -> None:
    """LeNet-5 has 61,706 parameters and gives 10 scores for a 32x32 image."""
    check_sizes(student, "build_lenet5")


@pytest.mark.check("build_lenet5/scores", points=2)
@example(case=Digits(3, 1, 2, 0))
@example(case=Digits(4, 2, 1, 1))
@settings(max_examples=5)
@given(case=digits)
def test_lenet_scores(student: Any, case: Digits) -> None:
    """The scores and input gradients are right for any number of classes and channels."""
    got = run(student, student.build_lenet5(*case[:2]), case.x, seed=case.seed, scale=CONTRAST)
    wanted = right_digits(case, False)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)


@pytest.mark.check("build_lenet5/training", points=1)
@example(case=Digits(3, 1, 2, 0))
@settings(max_examples=3)
@given(case=digits)
def test_lenet_training(student: Any, case: Digits) -> None:
    """In training mode the scores are the same, and every parameter has an influence on them."""
    got = run(student, student.build_lenet5(*case[:2]), case.x, seed=case.seed, training=True, scale=CONTRAST)
    expect_outputs(got, right_digits(case, True))
    expect_all_used(got)


@pytest.mark.check("build_lenet5/parameters", points=1)
@example(case=Digits(3, 2, 1, 0))
@settings(max_examples=3)
@given(case=digits)
def test_lenet_parameters(student: Any, case: Digits) -> None:
    """Classes and channels are those asked for, and every layer has weights and biases of its own."""
    wanted = right_sizes("build_lenet5", oracle.WHOLE, *case[:2])
    expect_parameters(student, student.build_lenet5(*case[:2]), wanted, case.x)


@pytest.mark.check("build_alexnet/published", points=1)
def test_alexnet_published(student: Any) -> None:
    """AlexNet has 60,965,224 parameters and gives 1000 scores for a 227x227 image."""
    check_sizes(student, "build_alexnet")


@pytest.mark.check("build_alexnet/parameters", points=1)
@example(classes=7, channels=1)
@settings(max_examples=2)
@given(classes=st.integers(2, 50), channels=st.integers(1, 4))
def test_alexnet_parameters(student: Any, classes: int, channels: int) -> None:
    """Classes and channels are those asked for, and every layer has weights and biases of its own."""
    check_sizes(student, "build_alexnet", classes, channels)


@pytest.mark.check("build_alexnet/scores", points=4)
@one
@given(seed=seeds)
def test_alexnet_scores(student: Any, seed: int) -> None:
    """For an image with values up to 100 the scores and the input gradient are right in evaluation mode."""
    check_scores(student, "build_alexnet", seed)


@pytest.mark.check("build_alexnet/dropout", points=2, needs=("build_alexnet/scores",))
@one
@given(seed=seeds)
def test_alexnet_dropout(student: Any, seed: int) -> None:
    """In training half of the units of both hidden layers are dropped, others for each image, and the kept ones doubled."""
    check_dropout(student, "build_alexnet", seed)


@pytest.mark.check("build_zfnet/published", points=1)
def test_zfnet_published(student: Any) -> None:
    """ZFNet has 62,357,608 parameters and gives 1000 scores for a 224x224 image."""
    check_sizes(student, "build_zfnet")


@pytest.mark.check("build_zfnet/parameters", points=1)
@example(classes=7, channels=1)
@settings(max_examples=2)
@given(classes=st.integers(2, 50), channels=st.integers(1, 4))
def test_zfnet_parameters(student: Any, classes: int, channels: int) -> None:
    """Classes and channels are those asked for, and every layer has weights and biases of its own."""
    check_sizes(student, "build_zfnet", classes, channels)


@pytest.mark.check("build_zfnet/scores", points=3)
@one
@given(seed=seeds)
def test_zfnet_scores(student: Any, seed: int) -> None:
    """For an image with values up to 100 the scores and the input gradient are right in evaluation mode."""
    check_scores(student, "build_zfnet", seed)


@pytest.mark.check("build_zfnet/dropout", points=1, needs=("build_zfnet/scores",))
@one
@given(seed=seeds)
def test_zfnet_dropout(student: Any, seed: int) -> None:
    """In training half of the units of both hidden layers are dropped, others for each image, and the kept ones doubled."""
    check_dropout(student, "build_zfnet", seed)
