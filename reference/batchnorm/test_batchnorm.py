"""The checks on batch normalisation.

A mistake should cost the checks that ask for what it is about and few others. So where a check is not about eps, values
are so much larger that eps cannot be seen, and where it is not about gamma and beta, these are mostly 1 and 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.checking import (
    as_drawn,
    draw_array,
    draw_positive,
    expect_again,
    expect_array,
    expect_message,
    expect_value_error,
    fail,
    remember,
    rng,
    with_calls_in_between,
)
from grader.checking.slopes import Probe, along, expect_own_gradient
from reference.batchnorm import oracle

EPS, LARGE, SMALL = 1e-5, 20.0, 0.01
EPS_THAT_SHOWS = ((0.5, 2.0), (0.1, 1.0), (0.01, 0.2), (1e-3, 0.1), (EPS, SMALL))
"""eps, and the size of values next to which it cannot be overlooked."""
MOMENTA = (0.9, 0.5, 0.99, 0.25, 0.0, 1.0)
NAMES = ("x", "gamma", "beta", "running_mean", "running_var")


# -- cases ------------------------------------------------------------------------------------------------------------


class Rows(NamedTuple):
    """A batch of n rows of d features of the size `scale`.

    If `constant`, the first feature is one value throughout and its running variance 0, as are the last one's gamma and all
    running means.
    """

    n: int
    d: int
    momentum: float = 0.9
    eps: float = EPS
    scale: float = LARGE
    seed: int = 0
    constant: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.n, self.d)


class Images(NamedTuple):
    """n images of c channels, h by w, of values of the size `scale`; `constant` is as for Rows, without the variance."""

    n: int
    c: int
    h: int
    w: int
    momentum: float = 0.9
    eps: float = EPS
    scale: float = LARGE
    seed: int = 0
    constant: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.n, self.c, self.h, self.w)


class Conv(NamedTuple):
    """A convolution of f filters, c by kh by kw, and the batch norm after it, whose inputs have the size `scale`."""

    f: int
    c: int
    kh: int
    kw: int
    eps: float = EPS
    scale: float = LARGE
    seed: int = 0


SEEDS = st.integers(0, 9999)


@st.composite
def rows(draw: st.DrawFn, eps_shows: bool = False, least: int = 2) -> Rows:
    """Batches of `least` to 8 rows of 1 to 4 features."""
    eps, scale = draw(st.sampled_from(EPS_THAT_SHOWS)) if eps_shows else (EPS, LARGE)
    n, d = draw(st.integers(least, 8)), draw(st.integers(1, 4))
    return Rows(n, d, draw(st.sampled_from(MOMENTA)), eps, scale, draw(SEEDS))


@st.composite
def images(draw: st.DrawFn, eps_shows: bool = False, least: int = 1) -> Images:
    """Batches of `least` to 3 images of 1 to 3 channels, up to 4 by 4, at least two values a channel."""
    eps, scale = draw(st.sampled_from(EPS_THAT_SHOWS)) if eps_shows else (EPS, LARGE)
    n, c = draw(st.integers(least, 3)), draw(st.integers(1, 3))
    h, w = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    w = max(w, 2) if n * h == 1 else w
    return Images(n, c, h, w, draw(st.sampled_from(MOMENTA)), eps, scale, draw(SEEDS))


@st.composite
def convs(draw: st.DrawFn, eps_shows: bool = False) -> Conv:
    """Up to 4 filters over up to 4 channels, kernels up to 3 by 3."""
    eps, scale = draw(st.sampled_from(EPS_THAT_SHOWS)) if eps_shows else (EPS, LARGE)
    f, c, kh, kw = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return Conv(f, c, kh, kw, eps, scale, draw(SEEDS))


# -- contents ---------------------------------------------------------------------------------------------------------


class Inputs(NamedTuple):
    """The arrays of a case: the forward arguments in order, and a gradient to pass back."""

    arguments: tuple[np.ndarray, ...]
    dout: np.ndarray


def sized(values: np.ndarray, scale: float) -> np.ndarray:
    """Values with two decimals at another scale, again as few digits as possible."""
    return as_drawn(np.round(values * scale, 8))


def spread_out(generator: np.random.Generator, count: int, features: int) -> np.ndarray:
    """(count, features) values; a feature of small variance, which would magnify rounding, is drawn again."""
    values = draw_array(generator, (count, features), 1.0)
    while count > 1 and (narrow := values.var(axis=0) < 0.04).any():
        values[:, narrow] = draw_array(generator, (count, int(narrow.sum())), 1.0)
    return values + draw_array(generator, (features,), 0.5)


@remember
def inputs(case: Rows | Images) -> Inputs:
    """The contents of a case, drawn from its seed."""
    generator = rng(case.seed)
    n, features, *positions = case.shape
    values = spread_out(generator, n * int(np.prod(positions)), features)
    if case.constant:
        values[:, 0] = values[0, 0]
    x = as_drawn(np.moveaxis(sized(values, case.scale).reshape(n, *positions, features), -1, 1).copy())
    gamma, beta = draw_array(generator, (features,)), draw_array(generator, (features,))
    running_mean = sized(draw_array(generator, (features,), 1.0), case.scale)
    running_var = sized(draw_positive(generator, (features,)), case.scale**2)
    if case.constant:
        gamma[-1], running_mean[:] = 0.0, 0.0
        running_var[0] = 0.0 if isinstance(case, Rows) else running_var[0]
    return Inputs((x, gamma, beta, running_mean, running_var), draw_array(generator, case.shape))


def plain(arguments: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """The arguments with a scale of 1 and a shift of 0."""
    x, gamma, beta, *running = arguments
    return (x, as_drawn(np.ones_like(gamma)), as_drawn(np.zeros_like(beta)), *running)


class Wanted(NamedTuple):
    """What the oracle gives, in the structure that the function returns, and the magnitudes that went into it."""

    values: Any
    bounds: Any


@remember
def forward(case: Rows | Images, training: bool, is_plain: bool = False) -> Wanted:
    """The forward pass of either kind."""
    arguments = inputs(case).arguments
    kept = oracle.Kept(*(plain(arguments) if is_plain else arguments), training, case.momentum, case.eps)
    run = oracle.batchnorm_forward if isinstance(case, Rows) else oracle.spatial_batchnorm_forward
    out, running, _ = run(*kept[:5], **options(case, training))
    return Wanted((out, running), oracle.forward_bound(kept))


@remember
def backward(case: Rows | Images) -> Wanted:
    """The gradients of either kind, after training."""
    arguments, dout = inputs(case)
    kept = oracle.Kept(*arguments, True, case.momentum, case.eps)
    return Wanted(oracle.batchnorm_backward(dout, kept), oracle.backward_bound(dout, kept))


@remember
def conv_inputs(case: Conv) -> tuple[np.ndarray, ...]:
    """The arguments of fold_batchnorm but for eps."""
    generator, one = rng(case.seed), (case.f,)
    w = draw_array(generator, (case.f, case.c, case.kh, case.kw))
    b, gamma, beta = sized(draw_array(generator, one, 1.0), case.scale), *draw_array(generator, (2, case.f))
    running_mean = sized(draw_array(generator, one, 1.0), case.scale)
    return w, b, gamma, beta, running_mean, sized(draw_positive(generator, one), case.scale**2)


@remember
def fold(case: Conv) -> Wanted:
    """The folded convolution."""
    arguments = conv_inputs(case)
    return Wanted(oracle.fold_batchnorm(*arguments, case.eps), oracle.fold_bound(*arguments, case.eps))


# -- comparisons ------------------------------------------------------------------------------------------------------


def options(case: Rows | Images, training: bool) -> dict[str, Any]:
    """The keyword arguments of a forward pass."""
    return {"training": training, "momentum": case.momentum, "eps": case.eps}


def expect_out(out: Any, case: Rows | Images, training: bool, is_plain: bool = False) -> None:
    """Require the output of the mode."""
    wanted = forward(case, training, is_plain)
    expect_array(out, wanted.values[0], wanted.bounds[0], what=f"the output in {mode(training)}")


def expect_mean(running: Any, case: Rows | Images, training: bool) -> None:
    """Require the new running mean."""
    wanted = forward(case, training)
    expect_array(running[0], wanted.values[1][0], wanted.bounds[1][0], what=f"new_mean in {mode(training)}")


def expect_var(running: Any, case: Rows | Images, training: bool) -> None:
    """Require the new running variance."""
    wanted = forward(case, training)
    expect_array(running[1], wanted.values[1][1], wanted.bounds[1][1], what=f"new_var in {mode(training)}")


def expect_gradient(got: Any, case: Rows | Images, position: int) -> None:
    """Require one of (dx, dgamma, dbeta)."""
    wanted = backward(case)
    name = ("dx", "dgamma", "dbeta")[position]
    expect_array(got, wanted.values[position], wanted.bounds[position], what=name)


def expect_untouched(after: Any, before: tuple[np.ndarray, ...], names: tuple[str, ...]) -> None:
    """Require that the arguments hold after the call what they held before it."""
    for got, wanted, name in zip(after, before, names, strict=False):
        if not (isinstance(got, np.ndarray) and np.array_equal(got, wanted)):
            fail(f"the function changed its argument {name}", "unchanged", "changed")


def mode(training: bool) -> str:
    return "training" if training else "evaluation"


# -- batchnorm_forward ------------------------------------------------------------------------------------------------


@pytest.mark.check("batchnorm_forward/worked_example", points=1)
def test_worked_example(student):
    """The batch [[1, 2], [5, 8]] of the docstring gives the output and running statistics worked out there."""
    x, gamma, beta = np.array([[1.0, 2.0], [5.0, 8.0]]), np.array([1.0, 2.0]), np.array([0.0, 10.0])
    bounds = oracle.forward_bound(oracle.Kept(x, gamma, beta, np.zeros(2), np.ones(2), True, 0.9, EPS))
    out, running, _ = student.batchnorm_forward(x, gamma, beta, np.zeros(2), np.ones(2), training=True)
    expect_array(out, np.array([[-1.0, 8.0], [1.0, 12.0]]), bounds[0])
    expect_array(running[0], np.array([0.3, 0.5]), bounds[1][0], what="new_mean")
    expect_array(running[1], np.array([1.7, 2.7]), bounds[1][1], what="new_var")


@pytest.mark.check("batchnorm_forward/normalise", points=1)
@example(case=Rows(2, 1))
@example(case=Rows(3, 2))
@example(case=Rows(3, 3))
@given(case=rows())
def test_normalise(student, case):
    """In training, with gamma 1 and beta 0, a feature is normalised by its mean and biased variance over the batch."""
    out, *_ = student.batchnorm_forward(*plain(inputs(case).arguments), **options(case, True))
    expect_out(out, case, True, is_plain=True)


@pytest.mark.check("batchnorm_forward/scale_and_shift", points=1)
@example(case=Rows(2, 1))
@example(case=Rows(3, 2))
@example(case=Rows(3, 3))
@given(case=rows())
def test_scale_and_shift(student, case):
    """In training every normalised feature is scaled by its gamma and shifted by its beta."""
    out, *_ = student.batchnorm_forward(*inputs(case).arguments, **options(case, True))
    expect_out(out, case, True)


@pytest.mark.check("batchnorm_forward/eps", points=1)
@example(case=Rows(2, 1, eps=0.5, scale=2.0), training=True)
@example(case=Rows(2, 1, eps=0.5, scale=2.0), training=False)
@example(case=Rows(2, 2, eps=0.5, scale=2.0, constant=True), training=True)
@example(case=Rows(2, 2, eps=0.5, scale=2.0, constant=True), training=False)
@example(case=Rows(3, 2, eps=0.5, scale=0.5), training=True)
@given(case=rows(eps_shows=True), training=st.booleans())
def test_eps(student, case, training):
    """In both modes eps is added to the variance inside the root, where it is not small beside the variance, or that is 0."""
    arguments = inputs(case).arguments
    out, *_ = student.batchnorm_forward(*(arguments if case.constant else plain(arguments)), **options(case, training))
    expect_out(out, case, training, is_plain=not case.constant)


@pytest.mark.check("batchnorm_forward/running_mean", points=1)
@example(case=Rows(2, 1))
@example(case=Rows(2, 1, momentum=0.0))
@example(case=Rows(3, 2, momentum=1.0))
@given(case=rows())
def test_running_mean(student, case):
    """In training the share momentum of the running mean stays and the batch's mean makes up the rest."""
    _, running, _ = student.batchnorm_forward(*inputs(case).arguments, **options(case, True))
    expect_mean(running, case, True)


@pytest.mark.check("batchnorm_forward/running_variance", points=1)
@example(case=Rows(2, 1))
@example(case=Rows(2, 1, momentum=0.0, eps=0.5, scale=2.0))
@example(case=Rows(3, 2, momentum=1.0))
@given(case=rows(eps_shows=True))
def test_running_variance(student, case):
    """In training the unbiased variance of the batch enters the running variance, with the weight 1 - momentum."""
    _, running, _ = student.batchnorm_forward(*inputs(case).arguments, **options(case, True))
    expect_var(running, case, True)


@pytest.mark.check("batchnorm_forward/evaluation", points=1)
@example(case=Rows(2, 1))
@example(case=Rows(3, 2))
@given(case=rows())
def test_evaluation(student, case):
    """In evaluation features are normalised by the running statistics, whatever the batch holds."""
    out, *_ = student.batchnorm_forward(*inputs(case).arguments, **options(case, False))
    expect_out(out, case, False)


@pytest.mark.check("batchnorm_forward/evaluation_keeps_statistics", points=1)
@example(case=Rows(2, 1))
@example(case=Rows(3, 2, momentum=0.0))
@given(case=rows().filter(lambda case: case.momentum < 1))
def test_evaluation_keeps_statistics(student, case):
    """The running mean and variance come back unchanged from evaluation, as they do not from training."""
    arguments = inputs(case).arguments
    _, running, _ = student.batchnorm_forward(*arguments, **options(case, False))
    expect_mean(running, case, False)
    expect_var(running, case, False)
    _, running, _ = student.batchnorm_forward(*arguments, **options(case, True))
    for got, old, name in zip(running, arguments[3:], ("new_mean", "new_var"), strict=True):
        if np.array_equal(np.asarray(got), old):
            fail(f"{name} is the old one after training with the momentum {case.momentum}", value=got)


@pytest.mark.check("batchnorm_forward/defaults", points="1/2")
@example(case=Rows(2, 1, scale=SMALL))
@given(case=rows().map(lambda case: case._replace(momentum=0.9, scale=SMALL)))
def test_defaults(student, case):
    """Left out, momentum is 0.9 and eps is 1e-5."""
    out, running, _ = student.batchnorm_forward(*plain(inputs(case).arguments), training=True)
    expect_out(out, case, True, is_plain=True)
    expect_mean(running, case, True)
    expect_var(running, case, True)


@pytest.mark.check("batchnorm_forward/small_batch", points=1)
@example(case=Rows(1, 1))
@example(case=Rows(0, 2))
@given(case=rows().map(lambda case: case._replace(n=case.n % 2)))
def test_small_batch(student, case):
    """Training with fewer than 2 rows raises ValueError; 2 rows are enough, and in evaluation 1 is."""
    why = f"the batch has {case.n} rows and training is True"
    expect_value_error(student.batchnorm_forward, *inputs(case).arguments, why=why, **options(case, True))
    for few, training in ((case._replace(n=2), True), (case._replace(n=1), False)):
        out, *_ = student.batchnorm_forward(*plain(inputs(few).arguments), **options(few, training))
        expect_out(out, few, training, is_plain=True)


NAMES_OF_ROWS = (
    "x", "N", "batch", "row", "sample", "example", "observation", "value", "instance", "item", "element", "entr", "data",
    "point", "input", "image",
)  # fmt: skip


@pytest.mark.check("batchnorm_forward/message", points="1/2")
@example(case=Rows(1, 3))
@example(case=Rows(0, 3))
@given(case=rows().map(lambda case: case._replace(n=case.n % 2, d=3)))
def test_message(student, case):
    """The ValueError of a batch that is too small names x or its rows, and says how many there are."""
    why = f"the batch has {case.n} rows and training is True"
    message = expect_value_error(student.batchnorm_forward, *inputs(case).arguments, why=why, **options(case, True))
    expect_message(message, NAMES_OF_ROWS, (case.n,))
    enough = case._replace(n=2)
    out, *_ = student.batchnorm_forward(*plain(inputs(enough).arguments), **options(enough, True))
    expect_out(out, enough, True, is_plain=True)


@pytest.mark.check("batchnorm_forward/arguments_untouched", points="1/2")
@example(case=Rows(2, 1), training=True)
@example(case=Rows(2, 1), training=False)
@given(case=rows(), training=st.booleans())
def test_arguments_untouched(student, case, training):
    """The result is right and the arguments, the running statistics among them, are not changed in place."""
    arguments = inputs(case).arguments
    (out, *_), after = student.observe("batchnorm_forward", *arguments, **options(case, training))
    expect_out(out, case, training)
    expect_untouched(after[0], arguments, NAMES)


# -- batchnorm_backward -----------------------------------------------------------------------------------------------


@pytest.mark.check("batchnorm_backward/worked_example", points=1)
def test_backward_worked_example(student):
    """Four rows with means 3 and 5 and variances 4 and 9 give the gradients worked out by hand."""
    x = np.array([[1.0, 2.0], [1.0, 8.0], [5.0, 8.0], [5.0, 2.0]])
    dout = np.array([[1.0, 1.0], [0.0, 3.0], [0.0, 0.0], [0.0, 0.0]])
    kept = oracle.Kept(x, np.array([2.0, 3.0]), np.zeros(2), np.zeros(2), np.ones(2), True, 0.9, EPS)
    bounds = oracle.backward_bound(dout, kept)
    *_, cache = student.batchnorm_forward(*kept[:5], training=True)
    dx, dgamma, dbeta = student.batchnorm_backward(dout, cache)
    expect_array(dx, np.array([[0.5, 0.5], [-0.5, 1.5], [0.0, -1.5], [0.0, -0.5]]), bounds[0], what="dx")
    expect_array(dgamma, np.array([-1.0, 2.0]), bounds[1], what="dgamma")
    expect_array(dbeta, np.array([1.0, 4.0]), bounds[2], what="dbeta")


@pytest.mark.check("batchnorm_backward/dx", points="3/2")
@example(case=Rows(3, 1))
@example(case=Rows(4, 2))
@example(case=Rows(3, 3))
@given(case=rows(least=3))  # of two rows with eps out of sight, dx is 0
def test_dx(student, case):
    """The gradient reaches every x directly, through the batch's mean and through its variance."""
    arguments, dout = inputs(case)
    *_, cache = student.batchnorm_forward(*arguments, **options(case, True))
    dx, _, _ = student.batchnorm_backward(dout, cache)
    expect_gradient(dx, case, 0)


@pytest.mark.check("batchnorm_backward/dgamma", points=1)
@example(case=Rows(2, 1))
@example(case=Rows(3, 2))
@example(case=Rows(3, 3))
@given(case=rows())
def test_dgamma(student, case):
    """The gradient of gamma is the sum over the batch of dout times the normalised input."""
    arguments, dout = inputs(case)
    *_, cache = student.batchnorm_forward(*arguments, **options(case, True))
    _, dgamma, _ = student.batchnorm_backward(dout, cache)
    expect_gradient(dgamma, case, 1)


@pytest.mark.check("batchnorm_backward/dbeta", points=1)
@example(case=Rows(2, 1))
@example(case=Rows(3, 2))
@example(case=Rows(3, 3))
@given(case=rows())
def test_dbeta(student, case):
    """The gradient of beta is the sum of dout over the batch."""
    arguments, dout = inputs(case)
    *_, cache = student.batchnorm_forward(*arguments, **options(case, True))
    *_, dbeta = student.batchnorm_backward(dout, cache)
    expect_gradient(dbeta, case, 2)


@pytest.mark.check("batchnorm_backward/eps", points=1)
@example(case=Rows(2, 1, eps=0.5, scale=2.0))
@example(case=Rows(3, 2, eps=0.1, scale=1.0))
@example(case=Rows(4, 2, eps=0.5, scale=2.0, constant=True))
@given(case=rows(eps_shows=True))
def test_backward_eps(student, case):
    """The gradients of x and gamma are those of a forward pass with eps inside the root, however large eps is."""
    arguments, dout = inputs(case)
    *_, cache = student.batchnorm_forward(*arguments, **options(case, True))
    dx, dgamma, _ = student.batchnorm_backward(dout, cache)
    expect_gradient(dx, case, 0)
    expect_gradient(dgamma, case, 1)


STEP = 0.01
"""Of the size of the values: a step along a random direction."""


def check_own_gradient(student: Any, kind: str, case: Rows | Images) -> None:
    """The gradients of one of the two, against its right forward function or else the student's own."""
    arguments, dout = inputs(case)
    (out, _), gradients, run = forward(case, True).values, backward(case), getattr(oracle, f"{kind}_forward")
    generator = rng(case.seed + 20000)
    direction = [draw_array(generator, part.shape, 1.0) for part in arguments[:3]]
    direction[0] = as_drawn(direction[0] * case.scale)
    ahead, behind = (
        [argument + move * part for argument, part in zip(arguments[:3], direction, strict=True)]
        for move in (STEP, -STEP)
    )
    outs = [run(*moved, *arguments[3:], **options(case, True))[0] for moved in (ahead, behind)]
    slope = along([(outs[0] - outs[1]) / (2 * STEP)], [dout])
    probe = Probe(
        lambda *moved: getattr(student, f"{kind}_forward")(*moved, *arguments[3:], **options(case, True)),
        getattr(student, f"{kind}_backward"),
        arguments[:3],
        direction,
        dout,
        STEP,
        ("dx", "dgamma", "dbeta"),
        f"{kind}_forward",
    )
    reach = forward(case, True).bounds[0] + np.abs(outs[0] - out)
    truncation = 4 * abs(slope - along(gradients.values, direction))  # of a wrong forward it may be larger than of ours
    expect_own_gradient(probe, out, gradients.values, gradients.bounds, reach, truncation)


@pytest.mark.check("batchnorm_backward/agrees_with_own_forward", points="1/2")
@example(case=Rows(3, 1))
@example(case=Rows(4, 2, eps=0.5, scale=2.0))
@given(case=rows(least=3))
def test_backward_own_forward(student, case):
    """Along a random direction the gradients are those of batchnorm_forward, the right one or your own."""
    check_own_gradient(student, "batchnorm", case)


@pytest.mark.check("batchnorm_backward/arguments_untouched", points="1/2")
@example(case=Rows(3, 1))
@given(case=rows(least=3))
def test_backward_arguments_untouched(student, case):
    """The gradients are right, also once more, from the cache that is given and not the latest; dout is not changed in place."""
    arguments, dout = inputs(case)
    *_, cache = student.batchnorm_forward(*arguments, **options(case, True))
    student.batchnorm_forward(*plain(inputs(case._replace(seed=case.seed + 1)).arguments), **options(case, True))
    gradients, after = student.observe("batchnorm_backward", dout, cache)
    again = student.batchnorm_backward(dout, cache)
    for position, gradient in enumerate(gradients):
        expect_gradient(gradient, case, position)
    expect_untouched(after[0], (dout,), ("dout",))
    for name, one, first in zip(("dx", "dgamma", "dbeta"), again, gradients, strict=True):
        expect_again(one, first, name)
    other = case._replace(n=case.n + 1, d=case.d + 1, eps=0.5, seed=case.seed + 2)
    student.batchnorm_forward(*inputs(other).arguments, **options(other, False))
    with with_calls_in_between():
        for position, gradient in enumerate(student.batchnorm_backward(dout, cache)):
            expect_gradient(gradient, case, position)


# -- spatial_batchnorm_forward ----------------------------------------------------------------------------------------


@pytest.mark.check("spatial_batchnorm_forward/worked_example", points=1)
def test_spatial_worked_example(student):
    """The two images of the docstring give the output and running statistics worked out there."""
    x = np.array([[[[0.0, 0.0]], [[2.0, 8.0]]], [[[6.0, 6.0]], [[2.0, 8.0]]]])
    kept = oracle.Kept(x, np.array([1.0, 2.0]), np.array([0.0, 10.0]), np.zeros(2), np.ones(2), True, 0.9, EPS)
    bounds = oracle.forward_bound(kept)
    out, running, _ = student.spatial_batchnorm_forward(*kept[:5], training=True)
    expect_array(out, np.array([[[[-1.0, -1.0]], [[8.0, 12.0]]], [[[1.0, 1.0]], [[8.0, 12.0]]]]), bounds[0])
    expect_array(running[0], np.array([0.3, 0.5]), bounds[1][0], what="new_mean")
    expect_array(running[1], np.array([2.1, 2.1]), bounds[1][1], what="new_var")


@pytest.mark.check("spatial_batchnorm_forward/training", points=1)
@example(case=Images(1, 1, 1, 2))
@example(case=Images(2, 1, 1, 1))
@example(case=Images(2, 2, 2, 3))
@example(case=Images(2, 3, 2, 3))
@given(case=images())
def test_spatial_training(student, case):
    """In training a channel is normalised over all images and positions, then scaled by gamma and shifted by beta."""
    out, *_ = student.spatial_batchnorm_forward(*inputs(case).arguments, **options(case, True))
    expect_out(out, case, True)


@pytest.mark.check("spatial_batchnorm_forward/eps", points="1/2")
@example(case=Images(1, 1, 1, 2, eps=0.5, scale=2.0), training=True)
@example(case=Images(1, 1, 1, 2, eps=0.5, scale=2.0), training=False)
@example(case=Images(2, 2, 1, 2, eps=0.5, scale=2.0, constant=True), training=True)
@example(case=Images(2, 2, 1, 2, eps=0.5, scale=2.0, constant=True), training=False)
@example(case=Images(2, 2, 1, 2, eps=0.5, scale=0.5), training=True)
@given(case=images(eps_shows=True), training=st.booleans())
def test_spatial_eps(student, case, training):
    """In both modes eps is added to a channel's variance inside the root."""
    arguments = inputs(case).arguments
    out, *_ = student.spatial_batchnorm_forward(
        *(arguments if case.constant else plain(arguments)), **options(case, training)
    )
    expect_out(out, case, training, is_plain=not case.constant)


@pytest.mark.check("spatial_batchnorm_forward/running_statistics", points=1)
@example(case=Images(2, 1, 1, 1))
@example(case=Images(2, 1, 1, 2))
@example(case=Images(2, 2, 2, 3, momentum=0.0, eps=0.5, scale=2.0))
@example(case=Images(1, 2, 2, 3))
@given(case=images(eps_shows=True, least=2))
def test_spatial_running_statistics(student, case):
    """In training the channels' means and unbiased variances, of N*H*W values each, enter the running statistics."""
    _, running, _ = student.spatial_batchnorm_forward(*inputs(case).arguments, **options(case, True))
    expect_mean(running, case, True)
    expect_var(running, case, True)


@pytest.mark.check("spatial_batchnorm_forward/evaluation", points=1)
@example(case=Images(1, 1, 1, 2))
@example(case=Images(2, 2, 2, 3, momentum=0.0))
@given(case=images())
def test_spatial_evaluation(student, case):
    """In evaluation channels are normalised by the running statistics, which come back unchanged."""
    out, running, _ = student.spatial_batchnorm_forward(*inputs(case).arguments, **options(case, False))
    expect_out(out, case, False)
    expect_mean(running, case, False)
    expect_var(running, case, False)


@pytest.mark.check("spatial_batchnorm_forward/defaults", points="1/2")
@example(case=Images(2, 1, 1, 2, scale=SMALL))
@given(case=images(least=2).map(lambda case: case._replace(momentum=0.9, scale=SMALL)))
def test_spatial_defaults(student, case):
    """Left out, momentum is 0.9 and eps is 1e-5."""
    out, running, _ = student.spatial_batchnorm_forward(*plain(inputs(case).arguments), training=True)
    expect_out(out, case, True, is_plain=True)
    expect_mean(running, case, True)
    expect_var(running, case, True)


@pytest.mark.check("spatial_batchnorm_forward/small_batch", points=1)
@example(case=Images(1, 1, 1, 1))
@given(case=images().map(lambda case: case._replace(n=1, h=1, w=1)))
def test_spatial_small_batch(student, case):
    """Training on one value a channel raises ValueError; two pixels are enough, and in evaluation one is."""
    why = "every channel holds 1 value and training is True"
    expect_value_error(student.spatial_batchnorm_forward, *inputs(case).arguments, why=why, **options(case, True))
    two = (case._replace(n=2), True), (case._replace(h=2), True), (case._replace(w=2), True)
    for few, training in (*two, (case, False)):
        out, *_ = student.spatial_batchnorm_forward(*plain(inputs(few).arguments), **options(few, training))
        expect_out(out, few, training, is_plain=True)


@pytest.mark.check("spatial_batchnorm_forward/arguments_untouched", points="1/2")
@example(case=Images(1, 1, 1, 2), training=True)
@example(case=Images(1, 1, 1, 2), training=False)
@given(case=images(), training=st.booleans())
def test_spatial_arguments_untouched(student, case, training):
    """The result is right and the arguments, the running statistics among them, are not changed in place."""
    arguments = inputs(case).arguments
    (out, *_), after = student.observe("spatial_batchnorm_forward", *arguments, **options(case, training))
    expect_out(out, case, training)
    expect_untouched(after[0], arguments, NAMES)


# -- spatial_batchnorm_backward ---------------------------------------------------------------------------------------


@pytest.mark.check("spatial_batchnorm_backward/dx", points=1)
@example(case=Images(1, 1, 1, 3))
@example(case=Images(3, 1, 1, 1))
@example(case=Images(2, 2, 2, 3))
@example(case=Images(2, 1, 2, 2, eps=0.5, scale=2.0))
@example(case=Images(2, 2, 1, 2, eps=0.5, scale=2.0, constant=True))
@given(case=images(eps_shows=True))
def test_spatial_dx(student, case):
    """The gradient reaches x directly and through its channel's mean and variance, which are over N*H*W values."""
    arguments, dout = inputs(case)
    *_, cache = student.spatial_batchnorm_forward(*arguments, **options(case, True))
    dx, _, _ = student.spatial_batchnorm_backward(dout, cache)
    expect_gradient(dx, case, 0)


@pytest.mark.check("spatial_batchnorm_backward/dgamma_and_dbeta", points=1)
@example(case=Images(1, 1, 1, 2))
@example(case=Images(2, 1, 1, 1))
@example(case=Images(2, 2, 2, 3))
@given(case=images())
def test_spatial_dgamma_and_dbeta(student, case):
    """The gradients of a channel's gamma and beta are sums over all images and positions."""
    arguments, dout = inputs(case)
    *_, cache = student.spatial_batchnorm_forward(*arguments, **options(case, True))
    _, dgamma, dbeta = student.spatial_batchnorm_backward(dout, cache)
    expect_gradient(dgamma, case, 1)
    expect_gradient(dbeta, case, 2)


@pytest.mark.check("spatial_batchnorm_backward/agrees_with_own_forward", points="1/2")
@example(case=Images(1, 1, 1, 3))
@example(case=Images(2, 2, 2, 3))
@given(case=images(least=2).map(lambda case: case._replace(h=case.h + 1)))
def test_spatial_backward_own_forward(student, case):
    """Along a random direction the gradients are those of spatial_batchnorm_forward, the right one or your own."""
    check_own_gradient(student, "spatial_batchnorm", case)


@pytest.mark.check("spatial_batchnorm_backward/arguments_untouched", points="1/2")
@example(case=Images(1, 1, 1, 3))
@given(case=images(least=2).map(lambda case: case._replace(h=case.h + 1)))
def test_spatial_backward_arguments_untouched(student, case):
    """The gradients are right, also once more, from the cache that is given and not the latest; dout is not changed in place."""
    arguments, dout = inputs(case)
    *_, cache = student.spatial_batchnorm_forward(*arguments, **options(case, True))
    student.spatial_batchnorm_forward(
        *plain(inputs(case._replace(seed=case.seed + 1)).arguments), **options(case, True)
    )
    gradients, after = student.observe("spatial_batchnorm_backward", dout, cache)
    again = student.spatial_batchnorm_backward(dout, cache)
    for position, gradient in enumerate(gradients):
        expect_gradient(gradient, case, position)
    expect_untouched(after[0], (dout,), ("dout",))
    for name, one, first in zip(("dx", "dgamma", "dbeta"), again, gradients, strict=True):
        expect_again(one, first, name)
    other = case._replace(n=case.n + 1, c=case.c + 1, h=case.h + 1, eps=0.5, seed=case.seed + 2)
    student.spatial_batchnorm_forward(*inputs(other).arguments, **options(other, False))
    with with_calls_in_between():
        for position, gradient in enumerate(student.spatial_batchnorm_backward(dout, cache)):
            expect_gradient(gradient, case, position)


# -- fold_batchnorm ---------------------------------------------------------------------------------------------------


def expect_conv(w: Any, b: Any, case: Conv) -> None:
    """Require the folded kernel and bias."""
    wanted = fold(case)
    expect_array(w, wanted.values[0], wanted.bounds[0], what="the kernel w")
    expect_array(b, wanted.values[1], wanted.bounds[1], what="the bias b")


@pytest.mark.check("fold_batchnorm/worked_example", points="1/2")
def test_fold_worked_example(student):
    """Two filters of one number each give the kernel and bias worked out in the docstring."""
    w, b = np.array([4.0, 6.0]).reshape(2, 1, 1, 1), np.array([1.0, 2.0])
    norm = np.array([1.0, 6.0]), np.array([10.0, 20.0]), np.array([3.0, 1.0]), np.array([3.0, 8.0])
    got = student.fold_batchnorm(w, b, *norm, eps=1.0)
    expect_array(got[0], np.array([2.0, 12.0]).reshape(2, 1, 1, 1), what="the kernel w")
    expect_array(got[1], np.array([9.0, 22.0]), oracle.fold_bound(w, b, *norm, 1.0)[1], what="the bias b")


@pytest.mark.check("fold_batchnorm/kernel", points=1)
@example(case=Conv(1, 1, 1, 1))
@example(case=Conv(2, 2, 1, 2))
@example(case=Conv(3, 2, 2, 3))
@given(case=convs())
def test_fold_kernel(student, case):
    """Every filter is scaled as batch norm scales the channel it makes."""
    w, _ = student.fold_batchnorm(*conv_inputs(case), eps=case.eps)
    wanted = fold(case)
    expect_array(w, wanted.values[0], wanted.bounds[0], what="the kernel w")


@pytest.mark.check("fold_batchnorm/bias", points=1)
@example(case=Conv(1, 1, 1, 1))
@example(case=Conv(3, 2, 2, 3))
@given(case=convs())
def test_fold_bias(student, case):
    """The new bias is what batch norm makes of the old one."""
    _, b = student.fold_batchnorm(*conv_inputs(case), eps=case.eps)
    wanted = fold(case)
    expect_array(b, wanted.values[1], wanted.bounds[1], what="the bias b")


@pytest.mark.check("fold_batchnorm/eps", points="1/2")
@example(case=Conv(1, 1, 1, 1, eps=0.5, scale=2.0))
@given(case=convs(eps_shows=True))
def test_fold_eps(student, case):
    """eps is added to the running variance inside the root, and is 1e-5 where it is left out."""
    expect_conv(*student.fold_batchnorm(*conv_inputs(case), eps=case.eps), case)
    usual = case._replace(eps=EPS, scale=SMALL)
    expect_conv(*student.fold_batchnorm(*conv_inputs(usual)), usual)


@pytest.mark.check("fold_batchnorm/arguments_untouched", points="1/2")
@example(case=Conv(1, 1, 1, 1))
@given(case=convs())
def test_fold_arguments_untouched(student, case):
    """The result is right and the arguments, the kernel among them, are not changed in place."""
    arguments = conv_inputs(case)
    (w, b), after = student.observe("fold_batchnorm", *arguments, eps=case.eps)
    expect_conv(w, b, case)
    expect_untouched(after[0], arguments, ("w", "b", "gamma", "beta", "running_mean", "running_var"))
