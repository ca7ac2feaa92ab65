"""The checks of the topic residual: blocks of a few channels, small networks of every depth, the published sizes."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from grader.checking import (
    Description,
    Run,
    describe_right,
    expect_all_used,
    expect_full_size,
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
from reference.residual import oracle

PUBLISHED = {18: 11_689_512, 34: 21_797_672, 50: 25_557_032, 101: 44_549_160, 152: 60_192_808}
few = settings(max_examples=3, phases=(Phase.explicit, Phase.generate))
"""For whole networks, which take tens of milliseconds: a few drawn cases, and no search for smaller ones."""


class Case(NamedTuple):
    """A block's arguments, the shape of its input, and the seed of the input; `channels` is the second argument."""

    in_channels: int
    channels: int
    stride: int
    images: int
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
    base_width: int
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
        """Of build_resnet."""
        return self[:4]


images, sides, seeds = st.integers(2, 3), st.integers(3, 6), st.integers(0, 999)


def blocks(expansion: int) -> st.SearchStrategy[Case]:
    """Any block; `expansion` is the ratio of output channels to the second argument. Shrinks to few channels, stride 1."""
    channels = st.integers(2, 4)
    return st.builds(
        lambda factor, inputs, *rest: Case(inputs * factor, *rest),
        st.sampled_from((expansion, 1)), channels, channels, st.sampled_from((1, 2, 3)), images, sides, sides, seeds,
    )  # fmt: skip


def same_shape(expansion: int) -> st.SearchStrategy[Case]:
    """Blocks whose shortcut is the identity."""
    return st.builds(
        lambda channels, *rest: Case(channels * expansion, channels, 1, *rest),
        st.integers(2, 4), images, sides, sides, seeds,
    )  # fmt: skip


def other_shape(expansion: int) -> st.SearchStrategy[Case]:
    """Blocks whose shortcut is a projection."""
    return blocks(expansion).filter(lambda case: case.stride > 1 or case.in_channels != expansion * case.channels)


networks = st.builds(
    Network, st.sampled_from((18, 50, 34)), st.integers(2, 5), st.integers(1, 4), st.integers(2, 4),
    st.just(2), st.integers(33, 64), st.integers(33, 64), seeds,
)  # fmt: skip


@remember
def right(function: str, case: Case, training: bool) -> Run:
    """What the oracle's block gives."""
    return run_right(getattr(oracle, function)(*case[:3]), case.x, seed=case.seed, training=training)


@remember
def right_network(case: Network, training: bool) -> Run:
    """What the oracle's network gives."""
    return run_right(oracle.build_resnet(*case.arguments), case.x, seed=case.seed, training=training)


@remember
def right_parameters(function: str, *arguments: int) -> Description:
    """The parameters of the oracle's block or network."""
    return describe_right(getattr(oracle, function)(*arguments))


def check_values(student: Any, function: str, case: Case) -> None:
    """Output and input gradient of a block in evaluation mode."""
    model = getattr(student, function)(*case[:3])
    got, wanted = run(student, model, case.x, seed=case.seed), right(function, case, False)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)
    expect_statistics(got, wanted)


def check_training(student: Any, function: str, case: Case) -> None:
    """Output, input gradient and running statistics of a block in training mode."""
    model = getattr(student, function)(*case[:3])
    got, wanted = run(student, model, case.x, seed=case.seed, training=True), right(function, case, True)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)
    expect_statistics(got, wanted)


def check_used(student: Any, function: str, case: Case) -> None:
    """Every parameter of a block has a gradient."""
    model = getattr(student, function)(*case[:3])
    expect_all_used(run(student, model, case.x, seed=case.seed, training=True))


def check_parameters(student: Any, function: str, case: Case) -> None:
    """The parameters of a block."""
    model = getattr(student, function)(*case[:3])
    expect_parameters(student, model, right_parameters(function, *case[:3]), case.x)


@pytest.mark.check("BasicBlock/worked_example", points=1)
def test_basic_example(student: Any) -> None:
    """From 64 to 128 channels with stride 2, a 56x56 map becomes 28x28, with 230,144 parameters."""
    model = student.sketch_model(student.BasicBlock, 64, 128, stride=2)
    expect_parameters(student, model, right_parameters("BasicBlock", 64, 128, 2), (1, 64, 56, 56))
    expect_output_shape(student, model, (1, 64, 56, 56), (1, 128, 28, 28))


@pytest.mark.check("BasicBlock/identity_shortcut", points=2)
@example(case=Case(3, 3, 1, 2, 4, 5, 0))
@given(case=same_shape(1))
def test_basic_identity(student: Any, case: Case) -> None:
    """A block that keeps the shape adds its input as it is: output and gradient in evaluation mode."""
    check_values(student, "BasicBlock", case)


@pytest.mark.check("BasicBlock/projection_shortcut", points=2)
@example(case=Case(2, 3, 1, 2, 4, 5, 0))
@example(case=Case(3, 3, 2, 2, 5, 4, 1))
@example(case=Case(2, 4, 2, 2, 5, 6, 2))
@given(case=other_shape(1))
def test_basic_projection(student: Any, case: Case) -> None:
    """A block that changes the shape projects its input by a 1x1 convolution with BN: output and gradient in evaluation."""
    check_values(student, "BasicBlock", case)


@pytest.mark.check("BasicBlock/training", points=1)
@example(case=Case(3, 3, 1, 2, 4, 5, 0))
@example(case=Case(2, 4, 2, 2, 5, 6, 2))
@given(case=blocks(1))
def test_basic_training(student: Any, case: Case) -> None:
    """In training mode BN normalises by the batch and its running statistics move."""
    check_training(student, "BasicBlock", case)


@pytest.mark.check("BasicBlock/parameters", points=1)
@example(case=Case(3, 3, 1, 2, 4, 5, 0))
@example(case=Case(3, 3, 2, 2, 5, 4, 1))
@given(case=blocks(1))
def test_basic_parameters(student: Any, case: Case) -> None:
    """Every convolution and every BN has parameters of its own, no convolution has a bias, and nothing is left over."""
    check_parameters(student, "BasicBlock", case)


@pytest.mark.check(
    "BasicBlock/all_used", points=1, needs=("BasicBlock/identity_shortcut", "BasicBlock/projection_shortcut")
)
@example(case=Case(3, 3, 1, 2, 4, 5, 0))
@example(case=Case(2, 4, 2, 2, 5, 6, 2))
@given(case=blocks(1))
def test_basic_used(student: Any, case: Case) -> None:
    """Every parameter has an influence on the output, and so a gradient."""
    check_used(student, "BasicBlock", case)


@pytest.mark.check("Bottleneck/worked_example", points=1)
def test_bottleneck_example(student: Any) -> None:
    """With 256 channels in and width 64, a 14x14 map keeps its shape, with 70,400 parameters."""
    model = student.sketch_model(student.Bottleneck, 256, 64)
    expect_parameters(student, model, right_parameters("Bottleneck", 256, 64), (1, 256, 14, 14))
    expect_output_shape(student, model, (1, 256, 14, 14), (1, 256, 14, 14))


@pytest.mark.check("Bottleneck/identity_shortcut", points=2)
@example(case=Case(12, 3, 1, 2, 4, 5, 0))
@given(case=same_shape(4))
def test_bottleneck_identity(student: Any, case: Case) -> None:
    """A block that keeps the shape adds its input as it is: output and gradient in evaluation mode."""
    check_values(student, "Bottleneck", case)


@pytest.mark.check("Bottleneck/projection_shortcut", points=2)
@example(case=Case(3, 3, 1, 2, 4, 5, 0))
@example(case=Case(8, 2, 2, 2, 5, 4, 1))
@example(case=Case(4, 2, 2, 2, 5, 6, 2))
@given(case=other_shape(4))
def test_bottleneck_projection(student: Any, case: Case) -> None:
    """A block that changes the shape projects its input by a 1x1 convolution with BN: output and gradient in evaluation."""
    check_values(student, "Bottleneck", case)


@pytest.mark.check("Bottleneck/training", points=1)
@example(case=Case(12, 3, 1, 2, 4, 5, 0))
@example(case=Case(4, 2, 2, 2, 5, 6, 2))
@given(case=blocks(4))
def test_bottleneck_training(student: Any, case: Case) -> None:
    """In training mode BN normalises by the batch and its running statistics move."""
    check_training(student, "Bottleneck", case)


@pytest.mark.check("Bottleneck/parameters", points=1)
@example(case=Case(12, 3, 1, 2, 4, 5, 0))
@example(case=Case(8, 2, 2, 2, 5, 4, 1))
@example(case=Case(3, 3, 1, 2, 4, 5, 0))
@given(case=blocks(4))
def test_bottleneck_parameters(student: Any, case: Case) -> None:
    """Every convolution and every BN has parameters of its own, no convolution has a bias, and nothing is left over."""
    check_parameters(student, "Bottleneck", case)


@pytest.mark.check(
    "Bottleneck/all_used", points=1, needs=("Bottleneck/identity_shortcut", "Bottleneck/projection_shortcut")
)
@example(case=Case(12, 3, 1, 2, 4, 5, 0))
@example(case=Case(4, 2, 2, 2, 5, 6, 2))
@given(case=blocks(4))
def test_bottleneck_used(student: Any, case: Case) -> None:
    """Every parameter has an influence on the output, and so a gradient."""
    check_used(student, "Bottleneck", case)


def check_published(student: Any, *depths: int) -> None:
    """Parameters and output shape of the published networks; what they compute only where that is asked for."""
    for depth in depths:
        model = student.sketch_model(student.build_resnet, depth)
        wanted = right_published(depth)
        assert wanted.parameters == PUBLISHED[depth]
        expect_parameters(student, model, wanted, (1, 3, 224, 224))
        if depth in (18, 50):  # the others are made of the same stages
            expect_output_shape(student, model, (1, 3, 224, 224), (1, 1000))
        expect_full_size(student, oracle.build_resnet, depth, x=(3, 224, 224))


@remember
def right_published(depth: int) -> Description:
    """The parameters of a published network."""
    from grader.worker.models import sketch_model

    return describe_right(sketch_model(oracle.build_resnet, depth))


@pytest.mark.check("build_resnet/published_basic", points=1)
def test_published_basic(student: Any) -> None:
    """ResNet-18 has 11,689,512 parameters and ResNet-34 has 21,797,672; 224x224 images give 1000 scores."""
    check_published(student, 18, 34)


@pytest.mark.check("build_resnet/published_bottleneck", points=2)
def test_published_bottleneck(student: Any) -> None:
    """ResNet-50, 101 and 152 have 25,557,032, 44,549,160 and 60,192,808 parameters; 224x224 images give 1000 scores."""
    check_published(student, 50, 101, 152)


@pytest.mark.check("build_resnet/evaluation", points=3)
@example(case=Network(18, 3, 3, 2, 2, 33, 70, 0))
@example(case=Network(34, 2, 1, 3, 2, 40, 33, 1))
@example(case=Network(50, 4, 2, 2, 2, 64, 35, 2))
@few
@given(case=networks)
def test_network(student: Any, case: Network) -> None:
    """Small networks of depth 18, 34 and 50 give the right scores and input gradients in evaluation mode."""
    model = student.build_resnet(*case.arguments)
    got, wanted = run(student, model, case.x, seed=case.seed), right_network(case, False)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)


@pytest.mark.check("build_resnet/deep", points=1)
@example(case=Network(101, 3, 3, 2, 2, 33, 40, 0))
@example(case=Network(152, 2, 1, 2, 2, 40, 33, 1))
@few
@given(case=st.builds(lambda case, depth: case._replace(depth=depth), networks, st.sampled_from((101, 152))))
def test_deep_network(student: Any, case: Network) -> None:
    """Networks of depth 101 and 152 give the right scores and input gradients in evaluation mode."""
    model = student.build_resnet(*case.arguments)
    got, wanted = run(student, model, case.x, seed=case.seed), right_network(case, False)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)


@pytest.mark.check("build_resnet/training", points=2)
@example(case=Network(18, 3, 3, 2, 3, 70, 35, 0))
@example(case=Network(50, 4, 2, 2, 3, 64, 35, 2))
@few
@given(case=networks)
def test_network_training(student: Any, case: Network) -> None:
    """In training mode scores and gradients are right, all running statistics move, and every parameter has a gradient."""
    model = student.build_resnet(*case.arguments)
    got, wanted = run(student, model, case.x, seed=case.seed, training=True), right_network(case, True)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)
    expect_statistics(got, wanted)
    expect_all_used(got)


@pytest.mark.check("build_resnet/errors", points=1)
@example(depth=20)
@example(depth=0)
@given(depth=st.integers(-5, 200).filter(lambda depth: depth not in PUBLISHED))
@few
def test_errors(student: Any, depth: int) -> None:
    """A depth that is none of the five raises ValueError; depth 18 does not."""
    expect_value_error(student.build_resnet, depth, why=f"there is no ResNet-{depth}")
    student.sketch_model(student.build_resnet, 18)


@pytest.mark.check("build_resnet/message", points=1)
def test_message(student: Any) -> None:
    """The message of the ValueError names the depth and its value."""
    message = expect_value_error(student.build_resnet, 20, why="there is no ResNet-20")
    expect_message(message, ["depth"], [20])
