"""The checks of the topic deconvnet: one block, small networks in full, the published one without computing anything."""

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
    expect_gradient,
    expect_message,
    expect_output_shape,
    expect_outputs,
    expect_parameters,
    expect_statistics,
    expect_value_error,
    remember,
    run,
    run_right,
)
from reference.deconvnet import oracle

PUBLISHED = 251_805_653
AGREE = 1e-3
"""Scores with another convention for equal maxima are further off than this share of the largest one."""
MAPS = ("the pooled map", "the restored map")


class Block(NamedTuple):
    """The input of a block, and its seed."""

    channels: int
    images: int
    height: int
    width: int
    seed: int

    @property
    def x(self) -> tuple[int, ...]:
        """Shape of the input."""
        return self.images, self.channels, self.height, self.width


class Network(NamedTuple):
    """A network's arguments, the number of images, and their seed."""

    num_classes: int
    in_channels: int
    image_size: int
    base_width: int
    hidden: int
    batch_norm: bool
    images: int
    seed: int

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Of build_deconvnet."""
        return self[:6]

    @property
    def x(self) -> tuple[int, ...]:
        """Shape of the input."""
        return self.images, self.in_channels, self.image_size, self.image_size


few, seeds = st.integers(1, 3), st.integers(0, 999)
blocks = st.builds(Block, few, st.integers(1, 2), st.integers(1, 4), st.integers(1, 4), seeds)
even_blocks = blocks.map(lambda case: case._replace(height=2 * case.height, width=2 * case.width))
odd_blocks = blocks.flatmap(
    lambda case: st.sampled_from(((1, 1), (0, 1), (1, 0))).map(
        lambda extra: case._replace(height=2 * case.height + extra[0], width=2 * case.width + extra[1])
    )
)


def networks(batch_norm: bool, images: int) -> st.SearchStrategy[Network]:
    """Small networks; shrinks to few channels and a last map of one pixel."""
    return st.builds(
        Network, st.integers(2, 4), few, st.sampled_from((32, 64)), st.integers(2, 3), st.integers(3, 6),
        st.just(batch_norm), st.just(images), seeds,
    )  # fmt: skip


@remember
def right(case: Network, training: bool, ties: str) -> Run:
    """What the oracle's network gives."""
    model = oracle.build_with_ties(ties, *case.arguments)
    return run_right(model, case.x, seed=case.seed, training=training)


@remember
def right_block(case: Block) -> Run:
    """What the oracle's block gives."""
    return run_right(oracle.UnpoolBlock(case.channels), case.x, seed=case.seed)


@remember
def right_parameters(*arguments: Any) -> Description:
    """The parameters of the oracle's network."""
    from grader.worker.models import sketch_model

    return describe_right(sketch_model(oracle.build_deconvnet, *arguments))


def right_for(got: Run, case: Network, training: bool) -> Run:
    """What the oracle gives with the convention for several equal maxima that the student's scores show; else PyTorch's."""
    scores = got.outputs[0]
    for ties in oracle.TIES:
        wanted = right(case, training, ties)
        close = AGREE * np.abs(wanted.outputs[0]).max()
        if scores.shape == wanted.outputs[0].shape and np.allclose(scores, wanted.outputs[0], rtol=0.0, atol=close):
            return wanted
    return right(case, training, oracle.TIES[0])


def check_values(student: Any, case: Network, training: bool = False) -> Run:
    """Scores and input gradient."""
    got = run(student, student.build_deconvnet(*case.arguments), case.x, seed=case.seed, training=training)
    wanted = right_for(got, case, training)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)
    return got


def check_block(student: Any, case: Block) -> None:
    """Both maps and the input gradient of a block."""
    got, wanted = run(student, student.UnpoolBlock(case.channels), case.x, seed=case.seed), right_block(case)
    expect_outputs(got, wanted, what=MAPS)
    expect_gradient(got, wanted)


@pytest.mark.check("UnpoolBlock/worked_example", points=1)
def test_example(student: Any) -> None:
    """[[1, 2, 3, 0], [5, 4, 6, 8]] becomes [[5, 8]], and is restored to [[0, 0, 0, 0], [5, 0, 0, 8]]."""
    x = np.array([[[[1.0, 2.0, 3.0, 0.0], [5.0, 4.0, 6.0, 8.0]]]])
    got = run(student, student.UnpoolBlock(1), x)
    pooled, restored = np.array([[[[5.0, 8.0]]]]), np.array([[[[0.0, 0.0, 0.0, 0.0], [5.0, 0.0, 0.0, 8.0]]]])
    expect_outputs(got, Run((pooled, restored), None, (), 0, 0), what=MAPS)


@pytest.mark.check("UnpoolBlock/values", points=2)
@example(case=Block(2, 2, 4, 6, 0))
@given(case=even_blocks)
def test_block(student: Any, case: Block) -> None:
    """Both maps and the gradient of the input are right, for every channel and image."""
    check_block(student, case)


@pytest.mark.check("UnpoolBlock/odd_sizes", points=1)
@example(case=Block(1, 1, 5, 4, 0))
@example(case=Block(2, 1, 4, 5, 1))
@example(case=Block(1, 2, 3, 5, 2))
@given(case=odd_blocks)
def test_odd_block(student: Any, case: Block) -> None:
    """Where the height or width is odd, the restored map is as large as the input."""
    check_block(student, case)


@pytest.mark.check("build_deconvnet/published", points=2)
def test_published(student: Any) -> None:
    """The published network has 251,805,653 parameters and gives 21 scores for every pixel of a 224x224 image."""
    wanted = right_parameters()
    assert wanted.parameters == PUBLISHED
    model = student.sketch_model(student.build_deconvnet)
    expect_parameters(student, model, wanted, (1, 3, 224, 224))
    expect_output_shape(student, model, (1, 3, 224, 224), (1, 21, 224, 224))


@pytest.mark.check("build_deconvnet/evaluation", points=4)
@example(case=Network(3, 3, 64, 2, 5, True, 2, 0))
@example(case=Network(2, 1, 32, 3, 4, True, 2, 1))
@settings(max_examples=4)
@given(case=networks(True, 2))
def test_network(student: Any, case: Network) -> None:
    """Small networks with batch norm give the right scores and input gradients in evaluation mode."""
    check_values(student, case)


@pytest.mark.check("build_deconvnet/without_batch_norm", points=2)
@example(case=Network(3, 3, 64, 2, 5, False, 1, 0))
@settings(max_examples=4)
@given(case=networks(False, 2))
def test_without_batch_norm(student: Any, case: Network) -> None:
    """Without batch norm, small networks give the right scores and input gradients, and have biases all the same."""
    model = student.sketch_model(student.build_deconvnet, *case.arguments)
    expect_parameters(student, model, right_parameters(*case.arguments), case.x)
    check_values(student, case)


@pytest.mark.check("build_deconvnet/training", points=2)
@example(case=Network(2, 2, 64, 2, 5, True, 4, 0))
@settings(max_examples=3)
@given(case=networks(True, 5))
def test_training(student: Any, case: Network) -> None:
    """In training mode scores and gradients are right, all running statistics move, and every parameter has a gradient."""
    got = check_values(student, case, training=True)
    expect_statistics(got, right(case, True, "first"))
    expect_all_used(got)


@pytest.mark.check("build_deconvnet/parameters", points=1)
@example(case=Network(5, 1, 96, 4, 7, True, 1, 0))
@settings(max_examples=4)
@given(case=networks(True, 1))
def test_parameters(student: Any, case: Network) -> None:
    """Every convolution has weights and a bias of its own, as many as classes, channels, size and widths ask for."""
    model = student.sketch_model(student.build_deconvnet, *case.arguments)
    expect_parameters(student, model, right_parameters(*case.arguments), case.x)


@pytest.mark.check("build_deconvnet/errors", points=1)
@example(size=100)
@example(size=48)
@example(size=225)
@settings(max_examples=6)
@given(size=st.integers(1, 300).filter(lambda size: size % 32 > 0))
def test_errors(student: Any, size: int) -> None:
    """An image_size that is not a multiple of 32 raises ValueError; a multiple does not."""
    expect_value_error(student.build_deconvnet, 2, 1, size, 2, 4, why=f"{size} is not a multiple of 32")
    for fitting in (size + -size % 32, 32):
        student.sketch_model(student.build_deconvnet, 2, 1, fitting, 2, 4)


@pytest.mark.check("build_deconvnet/message", points=1)
def test_message(student: Any) -> None:
    """The message of the ValueError names image_size and gives its value."""
    message = expect_value_error(student.build_deconvnet, 2, 1, 100, 2, 4, why="100 is not a multiple of 32")
    expect_message(message, ["image_size", "image size", "size"], [100, "100x100"])
