"""The checks of the topic unet: the paper's network without computing anything, small ones of every depth in full."""

from __future__ import annotations

from typing import Any, NamedTuple

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
    expect_message,
    expect_output_shape,
    expect_outputs,
    expect_parameters,
    expect_value_error,
    fail,
    remember,
    run,
    run_right,
)
from reference.unet import oracle

PUBLISHED = 31_030_658
SMALLEST = {1: 3, 2: 4, 3: 4, 4: 4}
"""For each depth, the smallest side of the deepest map from which every convolution without padding finds its way up."""
SIZE_NAMES = (
    "size",
    "shape",
    "height",
    "width",
    "rows",
    "columns",
    "side",
    "spatial",
    "resolution",
    "dims",
    "map",
    "tensor",
    "input",
    "image",
    "dimension",
    "x",
    "h",
    "w",
)
"""What a message may call the argument that is wrong: x, or one of its sides."""


class Network(NamedTuple):
    """A network's arguments, the images, the sides of the deepest map, and the seed of the input."""

    in_channels: int
    num_classes: int
    depth: int
    base_width: int
    padding: str
    images: int
    deepest_height: int
    deepest_width: int
    seed: int

    @property
    def arguments(self) -> tuple[Any, ...]:
        """Of build_unet."""
        return self[:5]

    @property
    def x(self) -> tuple[int, ...]:
        """Shape of an input whose deepest map has these sides."""
        sides = (input_side(side, self.depth, self.padding) for side in (self.deepest_height, self.deepest_width))
        return self.images, self.in_channels, *sides


def input_side(deepest: int, depth: int, padding: str) -> int:
    """The side of the input, from that of the deepest map: two convolutions take 4 away where they have no padding."""
    lost = 4 if padding == "valid" else 0
    side = deepest + lost
    for _ in range(depth):
        side = 2 * side + lost
    return side


channels, classes, images, seeds = st.integers(1, 3), st.integers(1, 4), st.integers(1, 2), st.integers(0, 999)


def networks(padding: str, *depths: int) -> st.SearchStrategy[Network]:
    """Small networks of these depths; shrinks to the first depth, few channels and small maps."""

    def of_depth(depth: int) -> st.SearchStrategy[Network]:
        smallest = SMALLEST[depth] if padding == "valid" else 1
        sides = st.integers(smallest, smallest + 2)
        return st.builds(
            Network, channels, classes, st.just(depth), st.integers(2, 4), st.just(padding), images, sides, sides, seeds
        )

    return st.sampled_from(depths).flatmap(of_depth)


@remember
def right(case: Network) -> Run:
    """What the oracle's network gives; it is the same in both modes."""
    return run_right(oracle.build_unet(*case.arguments), case.x, seed=case.seed)


@remember
def right_parameters(*arguments: Any) -> Description:
    """The parameters of the oracle's network."""
    from grader.worker.models import sketch_model

    return describe_right(sketch_model(oracle.build_unet, *arguments))


def check_values(student: Any, case: Network) -> None:
    """Scores and input gradient in evaluation mode."""
    got, wanted = run(student, student.build_unet(*case.arguments), case.x, seed=case.seed), right(case)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)


@pytest.mark.check("build_unet/published", points=2)
def test_published(student: Any) -> None:
    """The paper's network has 31,030,658 parameters and maps 572x572 to 388x388."""
    wanted = right_parameters()
    assert wanted.parameters == PUBLISHED
    model = student.sketch_model(student.build_unet)
    expect_parameters(student, model, wanted, (1, 1, 572, 572))
    expect_output_shape(student, model, (1, 1, 572, 572), (1, 2, 388, 388))
    expect_full_size(student, oracle.build_unet, x=(1, 572, 572))


@pytest.mark.check("build_unet/valid", points=3)
@example(case=Network(1, 2, 1, 2, "valid", 1, 3, 4, 0))
@example(case=Network(2, 3, 2, 3, "valid", 2, 5, 4, 1))
@settings(max_examples=8)
@given(case=networks("valid", 1, 2))
def test_valid(student: Any, case: Network) -> None:
    """Without padding, with skips cropped at the centre, networks of depth 1 and 2 give the right scores and gradients."""
    check_values(student, case)


@pytest.mark.check("build_unet/same", points=2)
@example(case=Network(1, 2, 1, 2, "same", 1, 2, 3, 0))
@example(case=Network(2, 3, 2, 3, "same", 2, 3, 1, 1))
@example(case=Network(2, 1, 1, 2, "same", 1, 2, 2, 2))
@settings(max_examples=8)
@given(case=networks("same", 1, 2))
def test_same(student: Any, case: Network) -> None:
    """With padding, the scores have the size of the input; networks of depth 1 and 2 give the right scores and gradients."""
    check_values(student, case)


@pytest.mark.check("build_unet/deep", points=2)
@example(case=Network(1, 2, 4, 2, "same", 1, 2, 3, 0))
@example(case=Network(2, 3, 3, 2, "valid", 1, 5, 4, 1))
@example(case=Network(1, 2, 4, 2, "valid", 1, 4, 5, 2))
@example(case=Network(1, 2, 5, 1, "same", 1, 1, 2, 3))
@settings(max_examples=5)
@given(case=st.one_of(networks("same", 3, 4), networks("valid", 3)))
def test_deep(student: Any, case: Network) -> None:
    """Networks of depth 3 to 5 give the right scores and gradients, with and without padding."""
    check_values(student, case)


@pytest.mark.check("build_unet/training", points=1)
@example(case=Network(1, 2, 2, 3, "same", 2, 2, 3, 0))
@example(case=Network(1, 2, 1, 2, "valid", 1, 3, 4, 1))
@settings(max_examples=4)
@given(case=networks("same", 1, 2))
def test_training(student: Any, case: Network) -> None:
    """In training mode scores and gradients are the same as in evaluation mode: nothing in the network tells the modes apart."""
    model = student.build_unet(*case.arguments)
    got, wanted = run(student, model, case.x, seed=case.seed, training=True), right(case)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)


@pytest.mark.check("build_unet/parameters", points=1)
@example(case=Network(3, 5, 3, 4, "valid", 1, 4, 4, 0))
@example(case=Network(2, 3, 1, 6, "same", 1, 2, 2, 0))
@settings(max_examples=6)
@given(case=networks("same", 1, 2, 3))
def test_parameters(student: Any, case: Network) -> None:
    """Every convolution has weights and a bias of its own, as many as channels, classes, depth and base_width ask for."""
    model = student.sketch_model(student.build_unet, *case.arguments)
    expect_parameters(student, model, right_parameters(*case.arguments), case.x)


@pytest.mark.check("build_unet/all_used", points=1, needs=("build_unet/training",))
@example(case=Network(1, 2, 2, 2, "same", 1, 2, 2, 0))
@example(case=Network(1, 2, 3, 2, "valid", 1, 4, 4, 0))
@settings(max_examples=4)
@given(case=networks("same", 1, 2, 3))
def test_used(student: Any, case: Network) -> None:
    """Every parameter has an influence on the scores, and so a gradient."""
    model = student.build_unet(*case.arguments)
    expect_all_used(run(student, model, case.x, seed=case.seed, training=True))


class Size(NamedTuple):
    """A depth, and the sides of an image."""

    depth: int
    height: int
    width: int

    @property
    def odd(self) -> list[int]:
        """The sides that are not multiples of 2**depth."""
        return [side for side in self[1:] if side % 2**self.depth]


sizes = st.integers(1, 3).flatmap(lambda depth: st.builds(Size, st.just(depth), st.integers(8, 40), st.integers(8, 40)))


@pytest.mark.check("build_unet/errors", points=1)
@example(size=Size(2, 18, 16))
@example(size=Size(2, 16, 18))
@example(size=Size(3, 12, 24))
@example(size=Size(1, 9, 11))
@settings(max_examples=8)
@given(size=sizes.filter(lambda size: bool(size.odd)))
def test_errors(student: Any, size: Size) -> None:
    """With padding, a height or width that is not a multiple of 2**depth raises ValueError; multiples do not."""
    model = student.build_unet(1, 2, size.depth, 2, "same")
    why = f"{size.height}x{size.width} is not a multiple of {2**size.depth} both ways"
    expect_value_error(student.run_model, model, (1, 1, size.height, size.width), why=why)
    rounded = [side + -side % 2**size.depth for side in size[1:]]
    scores = run(student, model, (1, 1, *rounded)).outputs[0]
    if scores.shape != (1, 2, *rounded):
        fail(
            f"the scores of a {rounded[0]}x{rounded[1]} image have the wrong shape",
            str((1, 2, *rounded)),
            str(scores.shape),
        )


@pytest.mark.check("build_unet/message", points=1)
@example(size=Size(2, 18, 16))
@example(size=Size(2, 16, 18))
@settings(max_examples=2)
@given(size=sizes.filter(lambda size: len(size.odd) == 1))
def test_message(student: Any, size: Size) -> None:
    """The message of the ValueError names x, or its height or width, and gives the size that does not fit."""
    model = student.build_unet(1, 2, size.depth, 2, "same")
    height, width = size[1:]
    message = expect_value_error(student.run_model, model, (1, 1, height, width), why=f"{size.odd[0]} does not fit")
    expect_message(message, SIZE_NAMES, [size.odd[0], f"{height}x{width}", f"{height}X{width}"])
