"""The checks of the topic vgg: narrow networks on small images for every configuration, and the published sizes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.checking import (
    Description,
    Dropping,
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
    expect_share,
    expect_value_error,
    fail,
    follow_dropout,
    remember,
    run,
    run_right,
)
from grader.checking.slopes import own_array
from reference.vgg import oracle

PUBLISHED = {
    "A": 132_863_336,
    "A-LRN": 132_863_336,
    "B": 133_047_848,
    "C": 133_638_952,
    "D": 138_357_544,
    "E": 143_667_240,
}
PIXEL = 100.0
"""Magnitude of pixel values: local response normalisation does next to nothing to maps of small values."""
WIDE = 401
"""Hidden units where dropout is counted; prime, so that no other parameter has as many entries."""
PASSES = 3
DRAWN = 1  # drawn cases of a check, besides those written out


class Network(NamedTuple):
    """A network's arguments, the number of images, and the seed of the input."""

    config: str
    num_classes: int
    in_channels: int
    image_size: int
    base_width: int
    hidden: int
    images: int
    seed: int

    @property
    def x(self) -> tuple[int, ...]:
        """Shape of the input."""
        return self.images, self.in_channels, self.image_size, self.image_size

    @property
    def arguments(self) -> dict[str, int]:
        """Of build_vgg, behind the configuration."""
        return {name: getattr(self, name) for name in self._fields[1:6]}


class Dropped(NamedTuple):
    """A configuration, the rate of dropout (None: not given), and the seed of the input."""

    config: str
    rate: float | None
    seed: int

    @property
    def arguments(self) -> dict[str, Any]:
        """Of build_vgg, behind the configuration."""
        small = {"num_classes": 3, "image_size": 32, "base_width": 2, "hidden": WIDE}
        return small if self.rate is None else {**small, "dropout": self.rate}


X = (1, 3, 32, 32)
"""Shape of the input in the cases Dropped."""


def networks(*configs: str) -> st.SearchStrategy[Network]:
    """Narrow networks of these configurations; shrinks to the first one and to 32x32 images.

    Those with response normalisation have the five channels over which it sums: narrower ones are not published.
    """
    return st.builds(
        lambda *values: _wide_enough(Network(*values)),
        st.sampled_from(configs), st.integers(2, 5), st.integers(1, 4), st.sampled_from((32, 64)),
        st.integers(2, 4), st.integers(5, 9), st.integers(1, 2), st.integers(0, 999),
    )  # fmt: skip


def _wide_enough(case: Network) -> Network:
    """A case of A-LRN with three channels more."""
    return case._replace(base_width=case.base_width + 3) if case.config == "A-LRN" else case


dropped = st.builds(
    Dropped, st.sampled_from(("A", "B")), st.sampled_from((0.5, 0.25, 0.75)), st.integers(0, 999)
)  # fmt: skip


@remember
def right(case: Network, scale: float) -> Run:
    """What the oracle's network gives in evaluation mode."""
    return run_right(oracle.build_vgg(case.config, **case.arguments), case.x, seed=case.seed, scale=scale)


@remember
def right_parameters(case: Network) -> Description:
    """The parameters of the oracle's network."""
    return describe_right(oracle.build_vgg(case.config, **case.arguments))


@remember
def right_published(config: str) -> Description:
    """The parameters of a published network."""
    from grader.worker.models import sketch_model

    return describe_right(sketch_model(oracle.build_vgg, config))


@remember
def right_hidden(case: Dropped, seed: int) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """The oracle's hidden layers for one image."""
    return oracle.hidden_layers(oracle.build_vgg(case.config, **case.arguments), X, seed)


def check_values(student: Any, case: Network, scale: float = 1.0) -> None:
    """Scores and input gradient in evaluation mode."""
    model = student.build_vgg(case.config, **case.arguments)
    got, wanted = run(student, model, case.x, seed=case.seed, scale=scale), right(case, scale)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)


def pass_dropping(student: Any, model: Any, case: Dropped, seed: int) -> tuple[Run, Dropping]:
    """One image through a student's model in training mode, and what dropout did there."""
    got = run(student, model, X, seed=seed, training=True, entries=WIDE)
    first, later = right_hidden(case, seed)
    return got, follow_dropout(got, first, later, 0.5 if case.rate is None else case.rate)


@pytest.mark.check("build_vgg/worked_example", points=1)
def test_worked_example(student: Any) -> None:
    """Configuration D, VGG-16, has 138,357,544 parameters and gives 1000 scores for a 224x224 image."""
    check_published(student, "D")


@pytest.mark.check("build_vgg/published", points=2)
@example(config="A")
@example(config="A-LRN")
@example(config="B")
@example(config="C")
@example(config="E")
@settings(max_examples=5)
@given(config=st.sampled_from(tuple(PUBLISHED)))
def test_published(student: Any, config: str) -> None:
    """The six configurations have 133, 133, 133, 134, 138 and 144 million parameters, in the layers of Table 1."""
    check_published(student, config)
    expect_full_size(student, oracle.build_vgg, config, x=(3, 224, 224))


def check_published(student: Any, config: str) -> None:
    """Parameters and output shape of a published network, without computing anything."""
    model = student.sketch_model(student.build_vgg, config)
    wanted = right_published(config)
    assert wanted.parameters == PUBLISHED[config]
    expect_parameters(student, model, wanted, (1, 3, 224, 224))
    expect_output_shape(student, model, (1, 3, 224, 224), (1, 1000))


@pytest.mark.check("build_vgg/three_by_three", points=3)
@example(case=Network("A", 3, 3, 32, 2, 7, 2, 0))
@example(case=Network("B", 2, 1, 64, 3, 5, 1, 1))
@example(case=Network("D", 4, 2, 32, 4, 6, 2, 2))
@example(case=Network("E", 3, 4, 64, 2, 8, 1, 3))
@settings(max_examples=DRAWN + 4)
@given(case=networks("A", "B", "D", "E"))
def test_three_by_three(student: Any, case: Network) -> None:
    """Small networks of configurations A, B, D and E give the right scores and input gradients in evaluation mode."""
    check_values(student, case)


@pytest.mark.check("build_vgg/one_by_one", points=2)
@example(case=Network("C", 3, 3, 32, 2, 7, 2, 0))
@example(case=Network("C", 2, 1, 64, 3, 5, 1, 1))
@settings(max_examples=DRAWN + 2)
@given(case=networks("C"))
def test_one_by_one(student: Any, case: Network) -> None:
    """Small networks of configuration C, with its 1x1 convolutions, give the right scores and gradients in evaluation mode."""
    check_values(student, case)


@pytest.mark.check("build_vgg/response_normalisation", points=2)
@example(case=Network("A-LRN", 3, 3, 32, 7, 7, 2, 0))
@example(case=Network("A-LRN", 2, 1, 64, 5, 5, 1, 1))
@settings(max_examples=DRAWN + 2)
@given(case=networks("A-LRN"))
def test_response_normalisation(student: Any, case: Network) -> None:
    """Small networks of configuration A-LRN are right on images with values up to 100, which the normalisation changes."""
    check_values(student, case, PIXEL)


@pytest.mark.check("build_vgg/parameters", points=1)
@example(case=Network("A", 3, 3, 32, 2, 7, 2, 0))
@example(case=Network("C", 2, 1, 96, 3, 5, 1, 1))
@example(case=Network("E", 2, 1, 32, 3, 5, 1, 1))
@settings(max_examples=DRAWN + 3)
@given(case=networks("A", "A-LRN", "B", "C", "D", "E"))
def test_parameters(student: Any, case: Network) -> None:
    """Widths, classes, channels and image size are those asked for, every layer has its own weights, nothing is left over."""
    model = student.build_vgg(case.config, **case.arguments)
    expect_parameters(student, model, right_parameters(case), case.x)


@pytest.mark.check("build_vgg/all_used", points="1/2", needs=("build_vgg/three_by_three",))
@example(case=Network("A-LRN", 3, 3, 32, 6, 7, 2, 0))
@example(case=Network("E", 3, 3, 32, 2, 7, 2, 0))
@settings(max_examples=DRAWN + 2)
@given(case=networks("A", "B", "C", "D"))
def test_all_used(student: Any, case: Network) -> None:
    """Every parameter has an influence on the scores."""
    model = student.build_vgg(case.config, **case.arguments)
    expect_all_used(run(student, model, case.x, seed=case.seed))


@pytest.mark.check("build_vgg/training_without_dropout", points=1)
@example(case=Network("A", 3, 3, 32, 2, 7, 2, 0))
@example(case=Network("A-LRN", 2, 1, 32, 5, 5, 1, 1))
@settings(max_examples=DRAWN + 2)
@given(case=networks("A", "C", "E"))
def test_training_without_dropout(student: Any, case: Network) -> None:
    """With dropout=0 the scores and gradients in training mode are those of evaluation mode."""
    model = student.build_vgg(case.config, **case.arguments, dropout=0.0)
    got, wanted = run(student, model, case.x, seed=case.seed, training=True), right(case, 1.0)
    expect_outputs(got, wanted)
    expect_gradient(got, wanted)


@pytest.mark.check("build_vgg/dropout_rate", points=1, needs=("build_vgg/three_by_three",))
@example(case=Dropped("A", 0.25, 0))
@example(case=Dropped("B", None, 1))
@settings(max_examples=DRAWN + 2)
@given(case=dropped)
def test_dropout_rate(student: Any, case: Dropped) -> None:
    """In training each active unit of both hidden layers is dropped with probability dropout, 0.5 where it is not given."""
    model = student.build_vgg(case.config, **case.arguments)
    passes = [pass_dropping(student, model, case, case.seed + number)[1] for number in range(PASSES)]
    rate = 0.5 if case.rate is None else case.rate
    for number, ordinal in enumerate(oracle.ORDINALS[:2]):
        counts = [(one.dropped[number], one.active[number]) for one in passes]
        what = f"dropout after the {ordinal} hidden layer"
        expect_share(sum(count for count, _ in counts), sum(active for _, active in counts), rate, what=what)


@pytest.mark.check("build_vgg/dropout_scores", points=1, needs=("build_vgg/three_by_three",))
@example(case=Dropped("A", 0.25, 0))
@example(case=Dropped("B", None, 1))
@settings(max_examples=DRAWN + 2)
@given(case=dropped)
def test_dropout_scores(student: Any, case: Dropped) -> None:
    """In training the scores follow from the hidden units that are kept, divided by 1 - dropout, and nothing else changes."""
    model = student.build_vgg(case.config, **case.arguments)
    got, found = pass_dropping(student, model, case, case.seed)
    if not any(found.dropped):
        fail("no hidden unit is dropped in training", "some in both hidden layers", "none")
    bound = float(np.abs(found.scores).max())
    expect_array(got.outputs[0], found.scores[None], bound, what="the row of scores that follows from the units kept")


@pytest.mark.check("build_vgg/dropout_is_drawn_anew", points=1, needs=("build_vgg/three_by_three",))
def test_dropout_is_drawn_anew(student: Any) -> None:
    """In training each image of a batch, and each pass, has units of its own dropped."""
    case = Dropped("A", 0.5, 3)
    model = student.build_vgg(case.config, **case.arguments)
    image = np.random.default_rng(case.seed).uniform(-1, 1, X)
    passes = [run(student, model, np.repeat(image, 2, axis=0), seed=seed, training=True) for seed in (1, 2)]
    first, second = (own_array(one.outputs[0], np.zeros((2, 3)), "the scores") for one in passes)
    if np.allclose(first[0], first[1], rtol=1e-9):
        fail("two equal images in one batch get the same scores in training: the same units are dropped for both")
    if np.allclose(first, second, rtol=1e-9):
        fail("two passes over the same images give the same scores in training: the same units are dropped each time")


@pytest.mark.check("build_vgg/unknown_configuration", points=1)
@example(config="F")
@example(config="VGG")
@settings(max_examples=4)
@given(config=st.sampled_from(("G", "16", "A-", "D-LRN")))
def test_unknown_configuration(student: Any, config: str) -> None:
    """A configuration that is none of the six raises ValueError; A does not."""
    expect_value_error(student.build_vgg, config, why=f"Table 1 has no column {config}")
    student.sketch_model(student.build_vgg, "A")


@pytest.mark.check("build_vgg/image_size", points=1)
@example(image_size=100)
@example(image_size=48)
@example(image_size=16)
@settings(max_examples=6)
@given(image_size=st.integers(1, 250).filter(lambda size: size % 32))
def test_image_size(student: Any, image_size: int) -> None:
    """An image size that is not a multiple of 32 raises ValueError; 64 does not."""
    narrow = {"num_classes": 2, "base_width": 2, "hidden": 5}
    expect_value_error(
        student.build_vgg, "A", image_size=image_size, **narrow, why=f"{image_size} is not a multiple of 32"
    )
    student.sketch_model(student.build_vgg, "A", image_size=64)


@pytest.mark.check("build_vgg/message", points="1/2")
def test_message(student: Any) -> None:
    """The message of the ValueError names the argument and its value, the configuration as well as the image size."""
    message = expect_value_error(student.build_vgg, "F", why="Table 1 has no column F")
    expect_message(message, ["config"], ["F"])
    message = expect_value_error(student.build_vgg, "D", image_size=100, why="100 is not a multiple of 32")
    expect_message(message, ["image_size", "image size"], [100])
