"""The checks of the topic densenet: layers, blocks and transitions of a few channels, small networks, the published sizes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from grader.checking import (
    Description,
    Run,
    describe_right,
    expect_all_used,
    expect_array,
    expect_full_size,
    expect_gradient,
    expect_message,
    expect_output_shape,
    expect_outputs,
    expect_parameters,
    expect_statistics,
    expect_value_error,
    fail,
    remember,
    rng,
    run,
    run_right,
)
from reference.densenet import oracle

PUBLISHED = {121: 7_978_856, 161: 28_681_000, 169: 14_149_480, 201: 20_013_928, 264: 33_337_704}
some = settings(max_examples=12)
few = settings(max_examples=2, phases=(Phase.explicit, Phase.generate))
"""For whole networks, which take a tenth of a second: a few drawn cases, and no search for smaller ones."""


class Case(NamedTuple):
    """The arguments of a layer, block or transition, the shape of its input, and the seed of the input."""

    arguments: tuple[int, ...]
    images: int
    in_channels: int
    height: int
    width: int
    seed: int

    @property
    def x(self) -> tuple[int, ...]:
        """Shape of the input."""
        return self.images, self.in_channels, self.height, self.width


class Network(NamedTuple):
    """A network's arguments, the shape of its input, and the seed of the input."""

    depth: int
    num_classes: int
    in_channels: int
    growth_rate: int
    images: int
    height: int
    width: int
    seed: int

    @property
    def x(self) -> tuple[int, ...]:
        """Shape of the input."""
        return self.images, self.in_channels, self.height, self.width

    @property
    def arguments(self) -> tuple[int, ...]:
        """Of build_densenet."""
        return self[:4]


def layer(inputs: int, growth: int, bn_size: int, *rest: int) -> Case:
    """A case of DenseLayer; `rest` is images, height, width and seed."""
    return Case((inputs, growth, bn_size), rest[0], inputs, *rest[1:])


def block(layers: int, inputs: int, growth: int, bn_size: int, *rest: int) -> Case:
    """A case of DenseBlock, likewise."""
    return Case((layers, inputs, growth, bn_size), rest[0], inputs, *rest[1:])


def transition(inputs: int, outputs: int, *rest: int) -> Case:
    """A case of Transition, likewise."""
    return Case((inputs, outputs), rest[0], inputs, *rest[1:])


channels, images, sides, seeds = st.integers(2, 5), st.integers(2, 3), st.integers(3, 6), st.integers(0, 999)
sizes = (images, sides, sides, seeds)
layers = st.builds(layer, channels, st.integers(2, 3), st.sampled_from((2, 4, 1, 3)), *sizes)
blocks = st.builds(
    block, st.integers(1, 4), channels, st.integers(2, 3), st.sampled_from((2, 4, 1, 3)), *sizes
)  # fmt: skip
transitions = st.builds(transition, st.integers(2, 6), st.integers(2, 4), *sizes)
shapes = (st.integers(2, 5), st.integers(1, 4), st.integers(2, 3), st.just(2), st.integers(33, 64), st.integers(33, 64))
networks = st.builds(Network, st.just(121), *shapes, seeds)
deep_networks = st.builds(Network, st.sampled_from((161, 169, 201, 264)), *shapes, seeds)


@remember
def right(function: str, case: Case, training: bool) -> Run:
    """What the oracle's module gives."""
    return run_right(getattr(oracle, function)(*case.arguments), case.x, seed=case.seed, training=training)


@remember
def right_network(case: Network, training: bool) -> Run:
    """What the oracle's network gives."""
    return run_right(oracle.build_densenet(*case.arguments), case.x, seed=case.seed, training=training)


@remember
def right_parameters(function: str, *arguments: int) -> Description:
    """The parameters of the oracle's module."""
    return describe_right(getattr(oracle, function)(*arguments))


def check_values(student: Any, function: str, case: Case) -> None:
    """Output and input gradient in evaluation mode."""
    model = getattr(student, function)(*case.arguments)
    got, wanted = run(student, model, case.x, seed=case.seed), right(function, case, False)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)
    expect_statistics(got, wanted)


def check_training(student: Any, function: str, case: Case) -> None:
    """Output, input gradient and running statistics in training mode, and that every parameter has a gradient."""
    model = getattr(student, function)(*case.arguments)
    got, wanted = run(student, model, case.x, seed=case.seed, training=True), right(function, case, True)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)
    expect_statistics(got, wanted)
    expect_all_used(got)


def check_parameters(student: Any, function: str, case: Case) -> None:
    """The parameters."""
    model = getattr(student, function)(*case.arguments)
    expect_parameters(student, model, right_parameters(function, *case.arguments), case.x)


def check_example(student: Any, function: str, arguments: tuple[int, ...], x: Any, shape: Any) -> None:
    """Parameters and output shape at a size that is not run."""
    model = student.sketch_model(getattr(student, function), *arguments)
    expect_parameters(student, model, right_parameters(function, *arguments), x)
    expect_output_shape(student, model, x, shape)


@pytest.mark.check("DenseLayer/worked_example", points=1)
def test_layer_example(student: Any) -> None:
    """From 64 channels with growth rate 32, a 56x56 map gives 32 new maps of the same size, with 45,440 parameters."""
    check_example(student, "DenseLayer", (64, 32), (1, 64, 56, 56), (1, 32, 56, 56))


@pytest.mark.check("DenseLayer/evaluation", points=2)
@example(case=layer(3, 2, 4, 2, 4, 5, 0))
@example(case=layer(2, 3, 2, 2, 5, 3, 1))
@some
@given(case=layers)
def test_layer(student: Any, case: Case) -> None:
    """The layer returns its new maps and nothing else: output and gradient in evaluation mode."""
    check_values(student, "DenseLayer", case)


@pytest.mark.check("DenseLayer/training", points=1)
@example(case=layer(3, 2, 4, 2, 4, 5, 0))
@some
@given(case=layers)
def test_layer_training(student: Any, case: Case) -> None:
    """In training mode BN normalises by the batch, its running statistics move, and every parameter has a gradient."""
    check_training(student, "DenseLayer", case)


@pytest.mark.check("DenseLayer/parameters", points=1)
@example(case=layer(3, 2, 4, 2, 4, 5, 0))
@example(case=layer(8, 2, 4, 2, 4, 5, 1))
@some
@given(case=layers)
def test_layer_parameters(student: Any, case: Case) -> None:
    """Both convolutions and both BN have parameters of their own, no convolution has a bias, and nothing is left over."""
    check_parameters(student, "DenseLayer", case)


@pytest.mark.check("DenseBlock/worked_example", points=1)
def test_block_example(student: Any) -> None:
    """Of 32 channels with growth rate 24, three layers make 104, with 79,248 parameters."""
    check_example(student, "DenseBlock", (3, 32, 24), (1, 32, 28, 28), (1, 104, 28, 28))


@pytest.mark.check("DenseBlock/input_first", points=1)
@example(case=block(1, 3, 2, 4, 2, 4, 5, 0))
@example(case=block(3, 2, 2, 2, 2, 3, 4, 1))
@some
@given(case=blocks)
def test_block_input(student: Any, case: Case) -> None:
    """The first maps of the output are those of the input, unchanged, and growth_rate more follow for every layer."""
    x = rng(case.seed).uniform(-1, 1, case.x)
    outputs = run(student, student.DenseBlock(*case.arguments), x, seed=case.seed).outputs
    count, inputs, growth, _ = case.arguments
    shape = (case.images, inputs + count * growth, case.height, case.width)
    if outputs[0].shape != shape:
        fail("the output has the wrong shape", str(shape), str(outputs[0].shape), outputs[0])
    expect_array(outputs[0][:, :inputs], x, float(np.abs(x).max()), what=f"the output's first maps, [:, :{inputs}],")


@pytest.mark.check("DenseBlock/evaluation", points=2)
@example(case=block(2, 3, 2, 4, 2, 4, 5, 0))
@example(case=block(4, 2, 3, 1, 2, 5, 3, 1))
@some
@given(case=blocks)
def test_block(student: Any, case: Case) -> None:
    """Every layer sees the input and all maps before it, in order: output and gradient in evaluation mode."""
    check_values(student, "DenseBlock", case)


@pytest.mark.check("DenseBlock/training", points=1)
@example(case=block(2, 3, 2, 4, 2, 4, 5, 0))
@some
@given(case=blocks)
def test_block_training(student: Any, case: Case) -> None:
    """In training mode BN normalises by the batch, its running statistics move, and every parameter has a gradient."""
    check_training(student, "DenseBlock", case)


@pytest.mark.check("DenseBlock/parameters", points=1)
@example(case=block(2, 3, 2, 4, 2, 4, 5, 0))
@some
@given(case=blocks)
def test_block_parameters(student: Any, case: Case) -> None:
    """Every layer has parameters of its own, which PyTorch finds, and nothing is left over."""
    check_parameters(student, "DenseBlock", case)


@pytest.mark.check("Transition/worked_example", points=1)
def test_transition_example(student: Any) -> None:
    """From 256 to 128 channels, a 56x56 map becomes 28x28, with 33,280 parameters."""
    check_example(student, "Transition", (256, 128), (1, 256, 56, 56), (1, 128, 28, 28))


@pytest.mark.check("Transition/evaluation", points=2)
@example(case=transition(4, 2, 2, 4, 6, 0))
@example(case=transition(3, 4, 2, 5, 3, 1))
@some
@given(case=transitions)
def test_transition(student: Any, case: Case) -> None:
    """Rows and columns are halved by the mean of 2x2 windows, odd ones left out: output and gradient in evaluation."""
    check_values(student, "Transition", case)


@pytest.mark.check("Transition/training", points=1)
@example(case=transition(4, 2, 2, 4, 6, 0))
@some
@given(case=transitions)
def test_transition_training(student: Any, case: Case) -> None:
    """In training mode BN normalises by the batch, its running statistics move, and every parameter has a gradient."""
    check_training(student, "Transition", case)


@pytest.mark.check("Transition/parameters", points=1)
@example(case=transition(4, 2, 2, 4, 6, 0))
@some
@given(case=transitions)
def test_transition_parameters(student: Any, case: Case) -> None:
    """There are the parameters of one BN over the input's channels and of one 1x1 convolution without a bias."""
    check_parameters(student, "Transition", case)


@remember
def right_published(depth: int, growth_rate: int | None = None) -> Description:
    """The parameters of a published network."""
    from grader.worker.models import sketch_model

    return describe_right(sketch_model(oracle.build_densenet, depth, growth_rate=growth_rate))


def check_published(student: Any, *depths: int) -> None:
    """Parameters of the published networks, and the output shape of the first; what they compute only where that is asked for."""
    for depth in depths:
        model = student.sketch_model(student.build_densenet, depth)
        wanted = right_published(depth)
        assert wanted.parameters == PUBLISHED[depth]
        expect_parameters(student, model, wanted, (1, 3, 224, 224))
        if depth == depths[0]:  # the others are made of the same parts
            expect_output_shape(student, model, (1, 3, 224, 224), (1, 1000))
        expect_full_size(student, oracle.build_densenet, depth, x=(3, 224, 224))


@pytest.mark.check("build_densenet/published", points=2)
def test_published(student: Any) -> None:
    """DenseNet-121, 169, 201 and 264 have 7,978,856, 14,149,480, 20,013,928 and 33,337,704 parameters."""
    check_published(student, 121, 169, 201, 264)


@pytest.mark.check("build_densenet/published_161", points=1)
def test_published_161(student: Any) -> None:
    """DenseNet-161 has growth rate 48 and 28,681,000 parameters; a growth rate of 32 that is asked for is 32."""
    check_published(student, 161)
    thin = student.sketch_model(student.build_densenet, 161, growth_rate=32)
    expect_parameters(student, thin, right_published(161, 32), (1, 3, 224, 224))


@pytest.mark.check("build_densenet/evaluation", points=3)
@example(case=Network(121, 3, 3, 2, 2, 33, 70, 0))
@example(case=Network(121, 4, 1, 3, 2, 64, 35, 1))
@few
@given(case=networks)
def test_network(student: Any, case: Network) -> None:
    """Small networks of depth 121 give the right scores and input gradients in evaluation mode."""
    model = student.build_densenet(*case.arguments)
    got, wanted = run(student, model, case.x, seed=case.seed), right_network(case, False)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)


@pytest.mark.check("build_densenet/deep", points=1)
@example(case=Network(161, 3, 3, 2, 2, 33, 40, 0))
@example(case=Network(169, 2, 1, 2, 2, 40, 33, 1))
@example(case=Network(201, 3, 2, 2, 2, 33, 34, 2))
@example(case=Network(264, 2, 3, 2, 2, 35, 33, 3))
@few
@given(case=deep_networks)
def test_deep_network(student: Any, case: Network) -> None:
    """Small networks of depth 161, 169, 201 and 264 give the right scores and input gradients in evaluation mode."""
    model = student.build_densenet(*case.arguments)
    got, wanted = run(student, model, case.x, seed=case.seed), right_network(case, False)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)


@pytest.mark.check("build_densenet/training", points=2)
@example(case=Network(121, 3, 3, 2, 3, 64, 64, 0))
@few
@given(case=networks.map(lambda case: case._replace(images=3, height=64)))
def test_network_training(student: Any, case: Network) -> None:
    """In training mode scores and gradients are right, all running statistics move, and every parameter has a gradient."""
    model = student.build_densenet(*case.arguments)
    got, wanted = run(student, model, case.x, seed=case.seed, training=True), right_network(case, True)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)
    expect_statistics(got, wanted)
    expect_all_used(got)


@pytest.mark.check("build_densenet/errors", points=1)
@example(depth=120)
@example(depth=0)
@given(depth=st.integers(-5, 300).filter(lambda depth: depth not in PUBLISHED))
@few
def test_errors(student: Any, depth: int) -> None:
    """A depth that is none of the five raises ValueError; depth 121 does not."""
    expect_value_error(student.build_densenet, depth, why=f"there is no DenseNet-{depth}")
    student.sketch_model(student.build_densenet, 121)


@pytest.mark.check("build_densenet/message", points=1)
def test_message(student: Any) -> None:
    """The message of the ValueError names the depth and its value."""
    message = expect_value_error(student.build_densenet, 120, why="there is no DenseNet-120")
    expect_message(message, ["depth"], [120])
