"""The checks on layers, losses and the tiny network.

Besides autograd, every gradient is compared with the student's own values, by their change along a random direction: a
backward function that fails the first comparison and passes the second is right for a forward function that is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from grader.checking import (
    as_drawn,
    draw_array,
    draw_positive,
    expect_again,
    expect_array,
    expect_no_warning,
    expect_number,
    fail,
    remember,
    rng,
    with_calls_in_between,
)
from grader.checking.slopes import (
    Probe,
    Slopes,
    along,
    expect_agreement,
    expect_own_gradient,
    own_array,
    own_number,
    own_slope,
)
from reference.layers import oracle

# -- cases ------------------------------------------------------------------------------------------------------------


class Batch(NamedTuple):
    """n examples of the shape `features` for an affine layer with m outputs."""

    n: int
    features: tuple[int, ...]
    m: int
    seed: int = 0


class Entries(NamedTuple):
    """An array of any shape, its first entries `ends`, the magnitudes of the others from low to high.

    Their signs are drawn, or are all `sign` where that is not 0.
    """

    shape: tuple[int, ...]
    low: float = 0.01
    high: float = 4.0
    sign: int = 0
    ends: tuple[float, ...] = ()
    seed: int = 0


class Scores(NamedTuple):
    """n rows of scores of c classes: within `spread` of `shifts` of the row, which are repeated as often as needed."""

    n: int
    c: int
    spread: float = 3.0
    shifts: tuple[float, ...] = (0.0,)
    seed: int = 0


class Network(NamedTuple):
    """The tiny network with a kernel kh by kw on an image whose convolution has so many rows and columns."""

    rows: int
    columns: int
    kh: int
    kw: int
    lr: float = 1.0
    seed: int = 0

    @property
    def pooled(self) -> tuple[int, int]:
        """The shape of the pooled map."""
        return self.rows // 2, self.columns // 2


SEEDS = st.integers(0, 9999)
RATES = (1.0, 0.5, 2.0, 4.0)
FLAT, IMAGES = st.tuples(st.integers(1, 5)), st.lists(st.integers(1, 4), min_size=2, max_size=3).map(tuple)
FAR = 9000.0
"""Scores this far from 0, on either side, leave exp without a finite, or a nonzero, number; they go as far as 1e4."""


@st.composite
def batches(draw: st.DrawFn, features: st.SearchStrategy[tuple[int, ...]] = FLAT | IMAGES) -> Batch:
    """1 to 4 examples, 1 to 5 outputs; square weights are made likely, since nothing shows there by its shape."""
    n, shape, m = draw(st.integers(1, 4)), draw(features), draw(st.integers(1, 5))
    return Batch(n, shape, math.prod(shape) if draw(st.booleans()) and math.prod(shape) <= 6 else m, draw(SEEDS))


@st.composite
def entries(
    draw: st.DrawFn, low: float = 0.01, high: float = 4.0, sign: int = 0, ends: tuple[float, ...] = ()
) -> Entries:
    """Arrays of one to four axes of up to 4; where `ends` are given their order is drawn."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    return Entries(shape, low, high, sign, tuple(draw(st.permutations(ends))), draw(SEEDS))


@st.composite
def scores(draw: st.DrawFn, spread: float = 3.0, shifts: tuple[float, ...] = (0.0,)) -> Scores:
    """1 to 5 rows of 2 to 5 scores; the order of the shifts is drawn."""
    return Scores(
        draw(st.integers(1, 5)), draw(st.integers(2, 5)), spread, tuple(draw(st.permutations(shifts))), draw(SEEDS)
    )


@st.composite
def networks(draw: st.DrawFn, largest_kernel: int = 3, rates: tuple[float, ...] = RATES) -> Network:
    """Convolutions of 2 to 5 rows and 2 to 7 columns, odd and even ones, with kernels up to 3 by 3."""
    rows, columns = draw(st.integers(2, 5)), draw(st.integers(2, 7))
    kh, kw = draw(st.integers(1, largest_kernel)), draw(st.integers(1, largest_kernel))
    return Network(rows, columns, kh, kw, draw(st.sampled_from(rates)), draw(SEEDS))


# -- contents ---------------------------------------------------------------------------------------------------------


def rounded(values: np.ndarray) -> np.ndarray:
    """The values with two decimals again, after adding up or scaling."""
    return np.round(values, 2)


class Wanted(NamedTuple):
    """What the oracle gives for the results that are compared, and the magnitudes that went into them."""

    values: Any
    bounds: Any


@remember
def affine_inputs(case: Batch) -> tuple[np.ndarray, ...]:
    """(x, w, b, dout)."""
    generator, d = rng(case.seed), math.prod(case.features)
    shapes = ((case.n, *case.features), (d, case.m), (case.m,), (case.n, case.m))
    return tuple(draw_array(generator, shape) for shape in shapes)


@remember
def affine(case: Batch) -> Wanted:
    """(out, (dx, dw, db)) of an affine layer."""
    *arguments, dout = affine_inputs(case)
    kept = oracle.Affine(*arguments)
    out, _ = oracle.affine_forward(*arguments)
    bounds = oracle.affine_bound(*arguments), oracle.affine_backward_bound(dout, kept)
    return Wanted((out, oracle.affine_backward(dout, kept)), bounds)


@remember
def entry_inputs(case: Entries) -> tuple[np.ndarray, np.ndarray]:
    """(x, dout), or (output, target): no entry of either is 0, but where `ends` says so."""
    generator = rng(case.seed)
    signs = (case.sign,) if case.sign else (-1, 1)
    x = draw_positive(generator, case.shape, case.low, case.high) * generator.choice(signs, size=case.shape)
    x.flat[: len(case.ends)] = case.ends[: x.size]
    return as_drawn(x), draw_array(generator, case.shape)


@remember
def relu(case: Entries) -> Wanted:
    """(out, dx) of ReLU; both are copies, so that nothing is added up."""
    x, dout = entry_inputs(case)
    values = oracle.relu_forward(x)[0], oracle.relu_backward(dout, oracle.Entrywise(x))
    return Wanted(values, (np.abs(values[0]), np.abs(values[1])))


@remember
def sigmoid(case: Entries) -> Wanted:
    """(out, dx) of the sigmoid."""
    x, dout = entry_inputs(case)
    kept = oracle.Entrywise(x)
    values = oracle.sigmoid_forward(x)[0], oracle.sigmoid_backward(dout, kept)
    return Wanted(values, (oracle.sigmoid_bound(x), oracle.sigmoid_backward_bound(dout, kept)))


@remember
def squared(case: Entries) -> Wanted:
    """(loss, doutput)."""
    arguments = entry_inputs(case)
    return Wanted(oracle.squared_error(*arguments), oracle.squared_error_bound(*arguments))


@remember
def labelled(case: Scores) -> tuple[np.ndarray, np.ndarray]:
    """(scores, labels)."""
    generator = rng(case.seed)
    values = np.round(draw_array(generator, (case.n, case.c), 1.0) * case.spread, 2)
    labels = generator.integers(0, case.c, size=case.n)
    if case.spread > FAR:
        labels[::2] = values.argmin(axis=1)[::2]
    return as_drawn(values + np.resize(case.shifts, (case.n, 1))), as_drawn(labels)


@remember
def cross_entropy(case: Scores) -> Wanted:
    """(loss, dscores)."""
    arguments = labelled(case)
    return Wanted(oracle.softmax_cross_entropy(*arguments), oracle.softmax_bound(*arguments))


ELSEWHERE = 10000
"""Added to a case's seed for the direction in which it is moved."""
LONG_STEP, SHORT_STEP = 1.0, 0.01
CLEARANCE = 0.1
"""The least by which a maximum exceeds the rest of its window, so that rounding leaves it where it is."""


def convolution(x: np.ndarray, w_conv: np.ndarray) -> np.ndarray:
    """The true convolution of an image, its valid part."""
    return np.einsum("ijab,ab->ij", sliding_window_view(x, w_conv.shape), w_conv[::-1, ::-1])


def windows(values: np.ndarray) -> np.ndarray:
    """(K, 4): the 2 by 2 windows that are pooled, row by row."""
    rows, columns = values.shape[0] // 2, values.shape[1] // 2
    return values[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2).swapaxes(1, 2).reshape(-1, 4)


def clearance(x: np.ndarray, w_conv: np.ndarray) -> float:
    """The least difference of a window's largest entry and its second largest."""
    ordered = np.sort(windows(convolution(x, w_conv)))
    return float((ordered[:, 3] - ordered[:, 2]).min())


@remember
def network(case: Network) -> oracle.Tiny:
    """The arguments of tiny_cnn_step: the first drawn whose maxima stand out, its neuron neither sure nor right."""
    generator = rng(case.seed)
    while True:
        x = draw_array(generator, (case.rows + case.kh - 1, case.columns + case.kw - 1), 1.0)
        w_conv = draw_array(generator, (case.kh, case.kw), 1.0)
        w_out = draw_array(generator, (math.prod(case.pooled),), 1.0)
        target = float(generator.integers(0, 101)) / 100.0
        z = windows(convolution(x, w_conv)).max(axis=1) @ w_out
        if clearance(x, w_conv) >= CLEARANCE and 0.2 <= abs(z) <= 2.0 and abs(1 / (1 + math.exp(-z)) - target) >= 0.25:
            return oracle.Tiny(x, w_conv, w_out, target, case.lr)


@remember
def stepped(case: Network) -> Wanted:
    """(output, loss, new_w_conv, new_w_out)."""
    arguments = network(case)
    return Wanted(oracle.tiny_cnn_step(*arguments), oracle.tiny_bound(arguments))


# -- comparisons ------------------------------------------------------------------------------------------------------


def expect_untouched(after: Any, before: Sequence[np.ndarray], names: Sequence[str]) -> None:
    """Require that the arguments hold after the call what they held before it."""
    for got, wanted, name in zip(after, before, names, strict=False):
        if not (isinstance(got, np.ndarray) and np.array_equal(got, wanted)):
            fail(f"the function changed its argument {name}", "unchanged", "changed")


def expect_affine_out(out: Any, case: Batch) -> None:
    """Require the output."""
    wanted = affine(case)
    expect_array(out, wanted.values[0], wanted.bounds[0])


def expect_affine_gradient(got: Any, case: Batch, position: int) -> None:
    """Require one of (dx, dw, db)."""
    wanted = affine(case)
    expect_array(got, wanted.values[1][position], wanted.bounds[1][position], what=("dx", "dw", "db")[position])


def expect_out(out: Any, wanted: Wanted) -> None:
    """Require the output of an entrywise function."""
    expect_array(out, wanted.values[0], wanted.bounds[0])


def expect_dx(dx: Any, wanted: Wanted) -> None:
    """Require the gradient of an entrywise function."""
    expect_array(dx, wanted.values[1], wanted.bounds[1], what="dx")


def expect_loss(loss: Any, wanted: Wanted) -> None:
    """Require the loss of a loss function."""
    expect_number(loss, wanted.values[0], wanted.bounds[0], what="the loss")


def expect_gradient(gradient: Any, wanted: Wanted, name: str) -> None:
    """Require the gradient of a loss function."""
    expect_array(gradient, wanted.values[1], wanted.bounds[1], what=name)


# -- affine_forward ---------------------------------------------------------------------------------------------------

B = np.array([10.0, 20.0])
DOCSTRING = oracle.Affine(
    np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]]), B
)
SQUARE = oracle.Affine(np.array([[1.0, 2.0], [4.0, 5.0]]), np.array([[1.0, 0.0], [3.0, -1.0]]), B)


@pytest.mark.check("affine_forward/worked_example", points=1)
@example(layer=SQUARE, wanted=[[17.0, 18.0], [29.0, 15.0]])
@example(layer=DOCSTRING, wanted=[[17.0, 19.0], [26.0, 19.0]])
@given(layer=st.just(SQUARE), wanted=st.just([[17.0, 18.0], [29.0, 15.0]]))
def test_affine_worked_example(student, layer, wanted):
    """The two examples of the docstring, and two of two numbers each, give the outputs worked out by hand."""
    out, _ = student.affine_forward(*layer)
    expect_array(out, np.array(wanted), oracle.affine_bound(*layer))


@pytest.mark.check("affine_forward/rows", points=1)
@example(case=Batch(1, (1,), 1))
@example(case=Batch(2, (2,), 2))
@example(case=Batch(3, (2,), 4))
@given(case=batches(FLAT))
def test_affine_rows(student, case):
    """Examples that are rows of numbers give the weighted sums of their numbers plus the biases."""
    out, _ = student.affine_forward(*affine_inputs(case)[:3])
    expect_affine_out(out, case)


@pytest.mark.check("affine_forward/images", points=1)
@example(case=Batch(1, (2, 2), 1))
@example(case=Batch(2, (2, 2), 2))
@example(case=Batch(2, (2, 1, 3), 4))
@given(case=batches(IMAGES))
def test_affine_images(student, case):
    """Examples of several axes are flattened into rows, the last axis running fastest."""
    out, _ = student.affine_forward(*affine_inputs(case)[:3])
    expect_affine_out(out, case)


@pytest.mark.check("affine_forward/bias", points="1/2")
@example(case=Batch(1, (1,), 1))
@example(case=Batch(2, (1,), 2))
@given(case=batches(FLAT))
def test_affine_bias(student, case):
    """Where all inputs are 0 every example gives the biases, one for each output."""
    x, w, b, _ = affine_inputs(case)
    out, _ = student.affine_forward(np.zeros_like(x), w, b)
    expect_array(out, np.tile(b, (case.n, 1)))


@pytest.mark.check("affine_forward/arguments_untouched", points="1/2")
@example(case=Batch(1, (2,), 1))
@example(case=Batch(2, (2, 2), 2))
@given(case=batches())
def test_affine_arguments_untouched(student, case):
    """The output is right and x, w and b are not changed in place, nor is the shape of x."""
    arguments = affine_inputs(case)[:3]
    (out, _), after = student.observe("affine_forward", *arguments)
    expect_affine_out(out, case)
    expect_untouched(after[0], arguments, ("x", "w", "b"))


# -- affine_backward --------------------------------------------------------------------------------------------------


FOR_SQUARE = [[1.0, 1.0], [0.0, -1.0]], [[1.0, 6.0], [2.0, 9.0]], [1.0, 3.0]
FOR_DOCSTRING = [[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]], [[1.0, 6.0], [2.0, 9.0], [3.0, 12.0]], [1.0, 3.0]


@pytest.mark.check("affine_backward/worked_example", points=1)
@example(layer=SQUARE, wanted=FOR_SQUARE)
@example(layer=DOCSTRING, wanted=FOR_DOCSTRING)
@given(layer=st.just(SQUARE), wanted=st.just(FOR_SQUARE))
def test_affine_backward_worked_example(student, layer, wanted):
    """The two examples of the docstring, and two of two numbers each, give the gradients worked out by hand."""
    dout = np.array([[1.0, 2.0], [0.0, 1.0]])
    bounds = oracle.affine_backward_bound(dout, layer)
    _, cache = student.affine_forward(*layer)
    got = student.affine_backward(dout, cache)
    for gradient, right, bound, name in zip(got, wanted, bounds, ("dx", "dw", "db"), strict=True):
        expect_array(gradient, np.array(right), bound, what=name)


@pytest.mark.check("affine_backward/dx", points="3/2")
@example(case=Batch(1, (1,), 1))
@example(case=Batch(2, (2,), 2))
@example(case=Batch(2, (2, 2), 2))
@example(case=Batch(2, (2, 1, 3), 4))
@given(case=batches())
def test_affine_dx(student, case):
    """The gradient of x sums over the outputs and has the shape of x."""
    *arguments, dout = affine_inputs(case)
    _, cache = student.affine_forward(*arguments)
    dx, _, _ = student.affine_backward(dout, cache)
    expect_affine_gradient(dx, case, 0)


@pytest.mark.check("affine_backward/dw", points=1)
@example(case=Batch(1, (1,), 1))
@example(case=Batch(2, (2,), 2))
@example(case=Batch(2, (2, 2), 2))
@given(case=batches())
def test_affine_dw(student, case):
    """The gradient of w sums over the batch."""
    *arguments, dout = affine_inputs(case)
    _, cache = student.affine_forward(*arguments)
    _, dw, _ = student.affine_backward(dout, cache)
    expect_affine_gradient(dw, case, 1)


@pytest.mark.check("affine_backward/db", points=1)
@example(case=Batch(1, (1,), 1))
@example(case=Batch(2, (2,), 2))
@example(case=Batch(2, (1,), 3))
@given(case=batches())
def test_affine_db(student, case):
    """The gradient of b sums over the batch."""
    *arguments, dout = affine_inputs(case)
    _, cache = student.affine_forward(*arguments)
    *_, db = student.affine_backward(dout, cache)
    expect_affine_gradient(db, case, 2)


@pytest.mark.check("affine_backward/agrees_with_own_forward", points=1)
@example(case=Batch(1, (1,), 1))
@example(case=Batch(2, (2, 2), 2))
@given(case=batches())
def test_affine_backward_agrees_with_own_forward(student, case):
    """The gradients are those of affine_forward, the right one or your own, where the given cache was made."""
    *arguments, dout = affine_inputs(case)
    direction = affine_inputs(case._replace(seed=case.seed + ELSEWHERE))[:3]
    (out, gradients), (_, bounds) = affine(case)
    names = ("dx", "dw", "db")
    # a long step is exact: out is quadratic in it
    functions = student.affine_forward, student.affine_backward
    probe = Probe(*functions, arguments, direction, dout, LONG_STEP, names, "affine_forward")
    sizes = [np.abs(argument) + np.abs(part) for argument, part in zip(arguments, direction, strict=True)]
    expect_own_gradient(probe, out, gradients, bounds, oracle.affine_bound(*sizes))


@pytest.mark.check("affine_backward/arguments_untouched", points="1/2")
@example(case=Batch(1, (2,), 1))
@given(case=batches())
def test_affine_backward_arguments_untouched(student, case):
    """The gradients are right, also when asked for once more, and dout is not changed in place."""
    *arguments, dout = affine_inputs(case)
    _, cache = student.affine_forward(*arguments)
    gradients, after = student.observe("affine_backward", dout, cache)
    again = student.affine_backward(dout, cache)
    for position, gradient in enumerate(gradients):
        expect_affine_gradient(gradient, case, position)
    expect_untouched(after[0], (dout,), ("dout",))
    for name, one, first in zip(("dx", "dw", "db"), again, gradients, strict=True):
        expect_again(one, first, name)
    student.affine_forward(*affine_inputs(Batch(case.n + 1, (*case.features, 2), case.m + 1))[:3])
    with with_calls_in_between():
        for position, gradient in enumerate(student.affine_backward(dout, cache)):
            expect_affine_gradient(gradient, case, position)


# -- relu_forward -----------------------------------------------------------------------------------------------------


@pytest.mark.check("relu_forward/worked_example", points="1/2")
def test_relu_worked_example(student):
    """5 stays 5 and -2 becomes 0."""
    out, _ = student.relu_forward(np.array([5.0, -2.0]))
    expect_array(out, np.array([5.0, 0.0]))


@pytest.mark.check("relu_forward/values", points=1)
@example(case=Entries((1,), high=9.0))
@example(case=Entries((2, 2), high=9.0))
@example(case=Entries((2, 1, 2, 3), high=9.0))
@given(case=entries(high=9.0))
def test_relu_values(student, case):
    """In an array of any shape positive entries stay as they are, whatever their size, and the others become 0."""
    x, _ = entry_inputs(case)
    out, _ = student.relu_forward(x)
    expect_out(out, relu(case))


@pytest.mark.check("relu_forward/arguments_untouched", points="1/2")
@example(case=Entries((1,), sign=-1))
@example(case=Entries((2, 3), high=9.0))
@given(case=entries(high=9.0))
def test_relu_arguments_untouched(student, case):
    """The output is right and x is not changed in place."""
    x, _ = entry_inputs(case)
    (out, _), after = student.observe("relu_forward", x)
    expect_out(out, relu(case))
    expect_untouched(after[0], (x,), ("x",))


# -- relu_backward ----------------------------------------------------------------------------------------------------


@pytest.mark.check("relu_backward/worked_example", points="1/2")
def test_relu_backward_worked_example(student):
    """8 passes back through 5, and nothing through -2."""
    _, cache = student.relu_forward(np.array([5.0, -2.0]))
    expect_array(student.relu_backward(np.array([8.0, 8.0]), cache), np.array([8.0, 0.0]), what="dx")


@pytest.mark.check("relu_backward/gradient", points=1)
@example(case=Entries((1,), high=9.0))
@example(case=Entries((2, 2), high=9.0))
@example(case=Entries((2, 1, 2, 3), high=9.0))
@given(case=entries(high=9.0))
def test_relu_gradient(student, case):
    """Where x was positive the gradient passes as it is, negative gradients too; elsewhere nothing passes."""
    x, dout = entry_inputs(case)
    _, cache = student.relu_forward(x)
    expect_dx(student.relu_backward(dout, cache), relu(case))


@pytest.mark.check("relu_backward/agrees_with_own_forward", points="1/2")
@example(case=Entries((1,), 0.5, 2.0, sign=1))
@example(case=Entries((2, 3), 0.5, 2.0))
@given(case=entries(0.5, 2.0))
def test_relu_backward_agrees_with_own_forward(student, case):
    """The gradient is that of relu_forward, the right one or your own, where the given cache was made."""
    x, dout = entry_inputs(case)
    direction = draw_array(rng(case.seed + ELSEWHERE), case.shape, 0.4)
    (out, dx), (_, size) = relu(case)
    # a step that takes no entry to the other side of 0 is exact
    functions = student.relu_forward, student.relu_backward
    probe = Probe(*functions, [x], [direction], dout, LONG_STEP, ["dx"], "relu_forward")
    expect_own_gradient(probe, out, [dx], [size], np.abs(x) + np.abs(direction))


@pytest.mark.check("relu_backward/arguments_untouched", points="1/2")
@example(case=Entries((1,), sign=-1))
@example(case=Entries((2, 3), high=9.0))
@given(case=entries(high=9.0))
def test_relu_backward_arguments_untouched(student, case):
    """The gradient is right, also when asked for once more, and dout is not changed in place."""
    x, dout = entry_inputs(case)
    _, cache = student.relu_forward(x)
    dx, after = student.observe("relu_backward", dout, cache)
    again = student.relu_backward(dout, cache)
    expect_dx(dx, relu(case))
    expect_untouched(after[0], (dout,), ("dout",))
    expect_again(again, dx, "dx")


# -- sigmoid_forward --------------------------------------------------------------------------------------------------


@pytest.mark.check("sigmoid_forward/worked_example", points=1)
def test_sigmoid_worked_example(student):
    """At 0 the sigmoid is 1/2, at ln 3 it is 3/4, and at 2.9 it is 0.948."""
    x = np.array([0.0, math.log(3.0), 2.9])
    out, _ = student.sigmoid_forward(x)
    expect_array(out, np.array([0.5, 0.75, 1.0 / (1.0 + math.exp(-2.9))]), oracle.sigmoid_bound(x))


@pytest.mark.check("sigmoid_forward/values", points=1)
@example(case=Entries((1,)))
@example(case=Entries((2, 2)))
@example(case=Entries((2, 1, 2, 3)))
@given(case=entries())
def test_sigmoid_values(student, case):
    """Every entry of an array of any shape becomes its sigmoid."""
    x, _ = entry_inputs(case)
    out, _ = student.sigmoid_forward(x)
    expect_out(out, sigmoid(case))


@pytest.mark.check("sigmoid_forward/small_results", points="1/2")
@example(case=Entries((1,), 8.0, 20.0, sign=-1))
@example(case=Entries((2, 2), 8.0, 20.0, sign=-1, ends=(-20.0, 1.0)))
@given(case=entries(8.0, 20.0, sign=-1, ends=(-20.0, 1.0)))
def test_sigmoid_small_results(student, case):
    """For x from -8 down to -20 the result is small but right in its leading digits: sigmoid(-20) is 2e-9, not 0."""
    x, _ = entry_inputs(case)
    out, _ = student.sigmoid_forward(x)
    expect_out(out, sigmoid(case))


@pytest.mark.check("sigmoid_forward/large_arguments", points="3/4")
@example(case=Entries((1,), ends=(-1000.0,)))
@example(case=Entries((1,), ends=(1000.0,)))
@example(case=Entries((3,), 50.0, 1000.0, ends=(-1000.0, 0.0, 1000.0)))
@given(case=entries(50.0, 1000.0, ends=(-1000.0, 0.0, 1000.0)))
def test_sigmoid_large_arguments(student, case):
    """Up to |x| = 1000 nothing becomes infinite or NaN: the result is as good as 0 or 1 there, and 1/2 at 0."""
    x, _ = entry_inputs(case)
    out, _ = student.sigmoid_forward(x)
    expect_out(out, sigmoid(case))


FAR_OFF = entries(50.0, 1000.0, ends=(-1000.0, 0.0, 1000.0))


@pytest.mark.check("sigmoid_forward/no_overflow", points="1/4")
@example(case=Entries((1,), ends=(-1000.0,)))
@example(case=Entries((1,), ends=(1000.0,)))
@given(case=FAR_OFF)
def test_sigmoid_no_overflow(student, case):
    """Up to |x| = 1000 nothing overflows on the way to the result, not even with a warning."""
    x, _ = entry_inputs(case)
    (out, _), _ = student.observe("sigmoid_forward", x)
    expect_out(out, sigmoid(case))
    expect_no_warning(student, "sigmoid_forward")


@pytest.mark.check("sigmoid_forward/arguments_untouched", points="1/2")
@example(case=Entries((1,)))
@example(case=Entries((2, 3)))
@given(case=entries())
def test_sigmoid_arguments_untouched(student, case):
    """The output is right and x is not changed in place."""
    x, _ = entry_inputs(case)
    (out, _), after = student.observe("sigmoid_forward", x)
    expect_out(out, sigmoid(case))
    expect_untouched(after[0], (x,), ("x",))


# -- sigmoid_backward -------------------------------------------------------------------------------------------------


@pytest.mark.check("sigmoid_backward/worked_example", points="1/2")
def test_sigmoid_backward_worked_example(student):
    """The slope is 1/4 at 0 and 3/16 at ln 3, times the gradients 8 and 16."""
    x, dout = np.array([0.0, math.log(3.0)]), np.array([8.0, 16.0])
    _, cache = student.sigmoid_forward(x)
    dx = student.sigmoid_backward(dout, cache)
    expect_array(dx, np.array([2.0, 3.0]), oracle.sigmoid_backward_bound(dout, oracle.Entrywise(x)), what="dx")


@pytest.mark.check("sigmoid_backward/gradient", points=1)
@example(case=Entries((1,)))
@example(case=Entries((2, 2)))
@example(case=Entries((2, 1, 2, 3)))
@given(case=entries())
def test_sigmoid_gradient(student, case):
    """The gradient that arrives is multiplied by the slope of the sigmoid, entry by entry."""
    x, dout = entry_inputs(case)
    _, cache = student.sigmoid_forward(x)
    expect_dx(student.sigmoid_backward(dout, cache), sigmoid(case))


@pytest.mark.check("sigmoid_backward/large_arguments", points="1/4")
@example(case=Entries((2,), 50.0, 1000.0, ends=(0.0, -1000.0)))
@example(case=Entries((2,), 50.0, 1000.0, ends=(0.0, 1000.0)))
@given(case=entries(50.0, 1000.0, ends=(-1000.0, 0.0, 1000.0)))
def test_sigmoid_backward_large_arguments(student, case):
    """Up to |x| = 1000 the gradient is never NaN: the slope is as good as 0 at both ends, and 1/4 at 0."""
    x, dout = entry_inputs(case)
    _, cache = student.sigmoid_forward(x)
    expect_dx(student.sigmoid_backward(dout, cache), sigmoid(case))


@pytest.mark.check("sigmoid_backward/no_overflow", points="1/4")
@example(case=Entries((1,), ends=(-1000.0,)))
@example(case=Entries((1,), ends=(1000.0,)))
@given(case=FAR_OFF)
def test_sigmoid_backward_no_overflow(student, case):
    """Up to |x| = 1000 nothing overflows on the way to the gradient, not even with a warning."""
    x, dout = entry_inputs(case)
    _, cache = student.sigmoid_forward(x)
    dx, _ = student.observe("sigmoid_backward", dout, cache)
    expect_dx(dx, sigmoid(case))
    expect_no_warning(student, "sigmoid_backward")


THIRD_DERIVATIVE = 1.0 / 8.0
"""The sigmoid's third derivative is s(1-s)(1 - 6s(1-s)): at most 1/8 in magnitude, at 0."""


@pytest.mark.check("sigmoid_backward/agrees_with_own_forward", points="1/2")
@example(case=Entries((1,)))
@example(case=Entries((2, 3)))
@given(case=entries())
def test_sigmoid_backward_agrees_with_own_forward(student, case):
    """The gradient is that of sigmoid_forward, the right one or your own, where the given cache was made."""
    x, dout = entry_inputs(case)
    direction = draw_array(rng(case.seed + ELSEWHERE), case.shape, 1.0)
    (out, dx), (size, dx_size) = sigmoid(case)
    functions = student.sigmoid_forward, student.sigmoid_backward
    probe = Probe(*functions, [x], [direction], dout, SHORT_STEP, ["dx"], "sigmoid_forward")
    truncation = SHORT_STEP**2 / 6 * THIRD_DERIVATIVE * along([np.abs(dout)], [np.abs(direction) ** 3])
    expect_own_gradient(probe, out, [dx], [dx_size], size, truncation)


@pytest.mark.check("sigmoid_backward/arguments_untouched", points="1/2")
@example(case=Entries((1,)))
@example(case=Entries((2, 3)))
@given(case=entries())
def test_sigmoid_backward_arguments_untouched(student, case):
    """The gradient is right, also when asked for once more, and dout is not changed in place."""
    x, dout = entry_inputs(case)
    _, cache = student.sigmoid_forward(x)
    dx, after = student.observe("sigmoid_backward", dout, cache)
    again = student.sigmoid_backward(dout, cache)
    expect_dx(dx, sigmoid(case))
    expect_untouched(after[0], (dout,), ("dout",))
    expect_again(again, dx, "dx")


# -- softmax_cross_entropy --------------------------------------------------------------------------------------------


@pytest.mark.check("softmax_cross_entropy/worked_example", points=1)
def test_softmax_worked_example(student):
    """Probabilities 1/4 and 3/4, then 1/2 and 1/2, give (ln 4 + ln 2) / 2 and the gradient of the docstring."""
    values, labels = np.array([[0.0, math.log(3.0)], [7.0, 7.0]]), np.array([0, 1])
    bounds = oracle.softmax_bound(values, labels)
    loss, dscores = student.softmax_cross_entropy(values, labels)
    expect_number(loss, 1.5 * math.log(2.0), bounds[0], what="the loss")
    expect_array(dscores, np.array([[-0.375, 0.375], [0.25, -0.25]]), bounds[1], what="dscores")


@pytest.mark.check("softmax_cross_entropy/loss", points=1)
@example(case=Scores(1, 2))
@example(case=Scores(2, 2))
@example(case=Scores(3, 3))
@example(case=Scores(2, 4))
@given(case=scores())
def test_softmax_loss(student, case):
    """The loss is the mean over the batch of minus the natural logarithm of the right class's probability."""
    loss, _ = student.softmax_cross_entropy(*labelled(case))
    expect_loss(loss, cross_entropy(case))


@pytest.mark.check("softmax_cross_entropy/dscores", points=1)
@example(case=Scores(1, 2))
@example(case=Scores(2, 2))
@example(case=Scores(3, 3))
@example(case=Scores(2, 4))
@given(case=scores())
def test_softmax_dscores(student, case):
    """The gradient is that of the mean loss: probabilities, less 1 at the right class, divided by N."""
    _, dscores = student.softmax_cross_entropy(*labelled(case))
    expect_gradient(dscores, cross_entropy(case), "dscores")


@pytest.mark.check("softmax_cross_entropy/gradient_balances", points="1/2")
@example(case=Scores(1, 2))
@example(case=Scores(3, 3))
@given(case=scores())
def test_softmax_gradient_balances(student, case):
    """A row of dscores is negative at the right class, positive at the others, and sums to 0."""
    (_, right), (_, size) = cross_entropy(case)
    _, got = student.softmax_cross_entropy(*labelled(case))
    dscores = own_array(got, right, "dscores")
    for row, column in np.argwhere(np.sign(dscores) != np.sign(right))[:1]:
        fail(
            f"dscores has the wrong sign at [{row}, {column}]", float(right[row, column]), float(got[row, column]), got
        )
    expect_array(dscores.sum(axis=1), np.zeros(case.n), size.sum(axis=1), what="the sum of a row of dscores")


@pytest.mark.check("softmax_cross_entropy/large_scores", points=1)
@example(case=Scores(1, 2, shifts=(FAR,)))
@example(case=Scores(1, 2, shifts=(-FAR,)))
@example(case=Scores(2, 3, shifts=(FAR, -FAR)))
@given(case=scores(shifts=(FAR, -FAR, 0.0)))
def test_softmax_large_scores(student, case):
    """Scores of many thousands, of either sign from row to row, give the loss and the gradient of their differences."""
    loss, dscores = student.softmax_cross_entropy(*labelled(case))
    expect_loss(loss, cross_entropy(case))
    expect_gradient(dscores, cross_entropy(case), "dscores")


@pytest.mark.check("softmax_cross_entropy/large_differences", points="1/2")
@example(case=Scores(1, 2, spread=1e4))
@example(case=Scores(3, 3, spread=1e4))
@given(case=scores(spread=1e4))
def test_softmax_large_differences(student, case):
    """A right class thousands below the largest score costs thousands: the loss is as finite as the scores."""
    loss, dscores = student.softmax_cross_entropy(*labelled(case))
    expect_loss(loss, cross_entropy(case))
    expect_gradient(dscores, cross_entropy(case), "dscores")


THIRD_CUMULANT = 8.0 / (6.0 * math.sqrt(3.0))
"""Along a direction with entries in [-1, 1] a row's loss has as third derivative the third central moment of a number
that the probabilities draw from [-1, 1]: at most range^3 / (6 sqrt 3), the range being 2."""


@pytest.mark.check("softmax_cross_entropy/agrees_with_own_loss", points="1/2")
@example(case=Scores(1, 2))
@example(case=Scores(2, 3))
@given(case=scores())
def test_softmax_agrees_with_own_loss(student, case):
    """Along a random direction of the scores the gradient gives the slope of the loss, the right one or your own."""
    values, labels = labelled(case)
    direction = draw_array(rng(case.seed + ELSEWHERE), values.shape, 1.0)
    (right_loss, right), (size, gradient_size) = cross_entropy(case)

    def loss_at(moved: np.ndarray) -> float:
        return own_number(student.softmax_cross_entropy(moved, labels)[0], right_loss, "the loss")

    slope = own_slope(loss_at, [values], [direction], SHORT_STEP)
    dscores = own_array(student.softmax_cross_entropy(values, labels)[1], right, "dscores")
    truncation = SHORT_STEP**2 / 6 * THIRD_CUMULANT
    slopes = Slopes(
        along([dscores], [direction]),
        slope,
        along([right], [direction]),
        along([gradient_size], [np.abs(direction)]),
        size / SHORT_STEP,
        truncation,
    )
    expect_agreement(slopes, "dscores", "the loss")


@pytest.mark.check("softmax_cross_entropy/arguments_untouched", points="1/2")
@example(case=Scores(1, 2))
@example(case=Scores(2, 3))
@given(case=scores())
def test_softmax_arguments_untouched(student, case):
    """Loss and gradient are right, and scores and labels are not changed in place."""
    (loss, dscores), after = student.observe("softmax_cross_entropy", *labelled(case))
    expect_loss(loss, cross_entropy(case))
    expect_gradient(dscores, cross_entropy(case), "dscores")
    expect_untouched(after[0], labelled(case), ("scores", "labels"))


# -- squared_error ----------------------------------------------------------------------------------------------------


@pytest.mark.check("squared_error/worked_example", points="1/2")
def test_squared_error_worked_example(student):
    """Differences of 2 and -4 give the loss (4 + 16) / 2 and themselves as the gradient."""
    arguments = np.array([3.0, 1.0]), np.array([1.0, 5.0])
    wanted = Wanted((10.0, np.array([2.0, -4.0])), oracle.squared_error_bound(*arguments))
    loss, doutput = student.squared_error(*arguments)
    expect_loss(loss, wanted)
    expect_gradient(doutput, wanted, "doutput")


@pytest.mark.check("squared_error/loss", points=1)
@example(case=Entries((1,)))
@example(case=Entries((2, 3)))
@given(case=entries())
def test_squared_error_loss(student, case):
    """The loss is half the sum of the squared differences over all entries of arrays of any shape."""
    loss, _ = student.squared_error(*entry_inputs(case))
    expect_loss(loss, squared(case))


@pytest.mark.check("squared_error/doutput", points=1)
@example(case=Entries((1,)))
@example(case=Entries((2, 3)))
@given(case=entries())
def test_squared_error_doutput(student, case):
    """The gradient of every entry of the output is its difference from the target."""
    _, doutput = student.squared_error(*entry_inputs(case))
    expect_gradient(doutput, squared(case), "doutput")


@pytest.mark.check("squared_error/agrees_with_own_loss", points="1/2")
@example(case=Entries((1,)))
@example(case=Entries((2, 3)))
@given(case=entries())
def test_squared_error_agrees_with_own_loss(student, case):
    """Along a random direction of the output the gradient gives the slope of the loss, the right one or your own."""
    output, target = entry_inputs(case)
    direction = draw_array(rng(case.seed + ELSEWHERE), case.shape, 4.0)
    (right_loss, right), (_, gradient_size) = squared(case)

    def loss_at(moved: np.ndarray) -> float:
        return own_number(student.squared_error(moved, target)[0], right_loss, "the loss")

    slope = own_slope(loss_at, [output], [direction], LONG_STEP)  # exact: the loss is quadratic in the step
    doutput = own_array(student.squared_error(output, target)[1], right, "doutput")
    bound = oracle.squared_error_bound(np.abs(output) + np.abs(direction), target)[0]
    by_gradient, by_right = along([doutput], [direction]), along([right], [direction])
    size = along([gradient_size], [np.abs(direction)])
    expect_agreement(Slopes(by_gradient, slope, by_right, size, bound), "doutput", "the loss")


@pytest.mark.check("squared_error/arguments_untouched", points="1/2")
@example(case=Entries((1,)))
@example(case=Entries((2, 3)))
@given(case=entries())
def test_squared_error_arguments_untouched(student, case):
    """Loss and gradient are right, and output and target are not changed in place."""
    (loss, doutput), after = student.observe("squared_error", *entry_inputs(case))
    expect_loss(loss, squared(case))
    expect_gradient(doutput, squared(case), "doutput")
    expect_untouched(after[0], entry_inputs(case), ("output", "target"))


# -- tiny_cnn_step ----------------------------------------------------------------------------------------------------

IMAGE = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]])
MIXED = np.array([[0.1, 0.9, 0.2], [0.4, 0.3, 0.8], [0.7, 0.6, 0.6]])  # the map is [[2.5, 1.5], [1.9, 2.8]]
KERNEL = np.array([[1.0, 1.0], [2.0, 0.0]])
OUTPUT, LOSS, W_CONV, W_OUT = range(4)


def expect_step(got: Any, case: Network, *positions: int) -> None:
    """Require some of (output, loss, new_w_conv, new_w_out)."""
    wanted = stepped(case)
    for position in positions:
        name = ("the output", "the loss", "new_w_conv", "new_w_out")[position]
        compare = expect_number if position < 2 else expect_array
        compare(got[position], wanted.values[position], wanted.bounds[position], what=name)


@pytest.mark.check("tiny_cnn_step/worked_example", points=1)
@example(image=IMAGE, wanted=2.9)
@example(image=-IMAGE, wanted=-1.3)
@example(image=IMAGE[:, ::-1].copy(), wanted=2.7)
@example(image=MIXED, wanted=2.8)
@given(image=st.just(IMAGE), wanted=st.just(2.9))
def test_tiny_worked_example(student, image, wanted):
    """The map [[1.3, 1.7], [2.5, 2.9]] gives 2.9 and the output 0.948; negated it gives -1.3, mirrored 2.7."""
    arguments = oracle.Tiny(image, KERNEL, np.array([1.0]), 0.0, 1.0)
    bound = oracle.tiny_bound(arguments)
    output, loss, *_ = student.tiny_cnn_step(*arguments)
    right = 1.0 / (1.0 + math.exp(-wanted))
    expect_number(output, right, bound.output, what="the output")
    expect_number(loss, right**2 / 2.0, bound.loss, what="the loss")


EQUAL_MAXIMA = oracle.Tiny(
    np.array([[2.0, 3.0, 0.0, 4.0, 1.0], [0.0, 0.0, 0.0, 0.5, 0.0]]),
    np.array([[1.0, 1.0]]),
    np.array([0.25, 0.5]),
    0.0,
    1.0,
)
"""The convolution is [[5, 3, 4, 5], [0, 0, .5, .5]]."""


@pytest.mark.check("tiny_cnn_step/worked_step", points=1)
@example(image=IMAGE, pooled=2.9, part=[[0.9, 0.8], [0.6, 0.5]])
@example(image=MIXED, pooled=2.8, part=[[0.6, 0.6], [0.8, 0.3]])
@given(image=st.just(IMAGE), pooled=st.just(2.9), part=st.just([[0.9, 0.8], [0.6, 0.5]]))
def test_tiny_worked_step(student, image, pooled, part):
    """A step from the docstring's example, with the learning rate 10, gives the new weights; then two equal maxima."""
    arguments = oracle.Tiny(image, KERNEL, np.array([1.0]), 0.0, 10.0)
    bound = oracle.tiny_bound(arguments)
    output = 1.0 / (1.0 + math.exp(-pooled))
    dz = output * output * (1.0 - output)
    *_, new_w_conv, new_w_out = student.tiny_cnn_step(*arguments)
    expect_array(new_w_out, np.array([1.0 - 10.0 * dz * pooled]), bound.new_w_out, what="new_w_out")
    expect_array(new_w_conv, KERNEL - 10.0 * dz * np.array(part), bound.new_w_conv, what="new_w_conv")
    *_, new_w_conv, _ = student.tiny_cnn_step(*EQUAL_MAXIMA)
    right, bound = oracle.tiny_cnn_step(*EQUAL_MAXIMA), oracle.tiny_bound(EQUAL_MAXIMA)
    expect_array(new_w_conv, right[2], bound.new_w_conv, what="new_w_conv where the maxima of two windows are equal")


@pytest.mark.check("tiny_cnn_step/pooling", points=1)
@example(case=Network(2, 2, 1, 1))
@example(case=Network(4, 4, 1, 1))
@example(case=Network(5, 2, 1, 1))
@example(case=Network(3, 5, 1, 1))
@given(case=networks(largest_kernel=1))
def test_tiny_pooling(student, case):
    """With a kernel of one entry: maxima of 2x2 windows, odd ends left out, weighted row by row, sigmoid."""
    expect_step(student.tiny_cnn_step(*network(case)), case, OUTPUT)


@pytest.mark.check("tiny_cnn_step/output", points=1)
@example(case=Network(2, 2, 2, 2))
@example(case=Network(2, 3, 3, 2))
@example(case=Network(4, 5, 1, 3))
@given(case=networks())
def test_tiny_output(student, case):
    """The output is that of a true convolution of any image with any kernel, pooled, weighted and squashed."""
    expect_step(student.tiny_cnn_step(*network(case)), case, OUTPUT)


@pytest.mark.check("tiny_cnn_step/loss", points="1/2")
@example(case=Network(2, 2, 1, 1))
@example(case=Network(4, 5, 1, 3))
@given(case=networks())
def test_tiny_loss(student, case):
    """The loss is half the square of the output's difference from the target, before the step."""
    expect_step(student.tiny_cnn_step(*network(case)), case, LOSS)


@pytest.mark.check("tiny_cnn_step/new_w_out", points=1)
@example(case=Network(2, 2, 1, 1))
@example(case=Network(4, 5, 2, 1))
@given(case=networks())
def test_tiny_new_w_out(student, case):
    """The neuron's weights move against their gradient, by the learning rate."""
    expect_step(student.tiny_cnn_step(*network(case)), case, W_OUT)


@pytest.mark.check("tiny_cnn_step/new_w_conv", points="3/2")
@example(case=Network(2, 2, 1, 1))
@example(case=Network(2, 2, 2, 2))
@example(case=Network(2, 2, 1, 2))
@example(case=Network(4, 5, 2, 3))
@given(case=networks())
def test_tiny_new_w_conv(student, case):
    """The kernel moves against its gradient, which comes from the maxima through the neuron's weights as they were."""
    expect_step(student.tiny_cnn_step(*network(case)), case, W_CONV)


@pytest.mark.check("tiny_cnn_step/learning_rate", points=1)
@example(case=Network(2, 2, 1, 1, lr=0.0))
@example(case=Network(2, 2, 2, 2, lr=1.0))
@example(case=Network(4, 3, 2, 1, lr=8.0))
@given(case=networks(rates=(0.5, 0.25, 2.0, 4.0, 8.0)))
def test_tiny_learning_rate(student, case):
    """Both weights move in proportion to the learning rate, and stay as they are where it is 0."""
    for rate in (case.lr, 0.0):
        at_rate = case._replace(lr=rate)
        expect_step(student.tiny_cnn_step(*network(at_rate)), at_rate, W_OUT, W_CONV)


def third_derivative(kept: oracle.Tiny, direction: Sequence[np.ndarray], reach: float) -> float:
    """At most how large the loss's third derivative is along the direction, up to `reach` to either side.

    The loss is g(z), g = (sigmoid(z) - target)^2 / 2. Where digits count derivatives its third one along the step is
    g3 z1^3 + 3 g2 z1 z2. The sigmoid's are at most 1/4, 1/10 and 1/8; z is quadratic in the step, the maxima staying
    where they are, and its derivatives are taken on absolute values.
    """
    off = 1.0 + abs(kept.target)
    second, third = 1 / 16 + off / 10, 3 / 40 + off / 8
    x, (part_conv, part_out) = np.abs(kept.x), map(np.abs, direction)
    entry, entry_slope = convolution(x, np.abs(kept.w_conv)).max(), convolution(x, part_conv).max()
    out, out_slope = np.abs(kept.w_out).sum(), part_out.sum()
    z_slope = out_slope * (entry + reach * entry_slope) + (out + reach * out_slope) * entry_slope
    z_bend = 2.0 * out_slope * entry_slope
    return float(third * z_slope**3 + 3.0 * second * z_slope * z_bend)


@pytest.mark.check("tiny_cnn_step/agrees_with_own_loss", points="1/2")
@example(case=Network(2, 2, 1, 1))
@example(case=Network(2, 3, 2, 2))
@given(case=networks())
def test_tiny_agrees_with_own_loss(student, case):
    """Along a random direction of both weights the step gives the slope of the loss, the right one or your own."""
    kept, (rights, sizes) = network(case), stepped(case)
    weights, generator = (kept.w_conv, kept.w_out), rng(case.seed + ELSEWHERE)
    direction = [draw_array(generator, weight.shape, 0.5) for weight in weights]
    # so short a step that no maximum moves to another entry
    step = min(
        SHORT_STEP, clearance(kept.x, kept.w_conv) / (4.0 * float(np.abs(direction[0]).sum() * np.abs(kept.x).max()))
    )

    def loss_at(*moved: np.ndarray) -> float:
        return own_number(student.tiny_cnn_step(kept.x, *moved, kept.target, 0.0)[LOSS], rights[LOSS], "the loss")

    def own(step: float) -> float:
        return own_slope(loss_at, weights, direction, step)

    slope = own(step)
    got = student.tiny_cnn_step(*kept)
    new = own_array(got[W_CONV], kept.w_conv, "new_w_conv"), own_array(got[W_OUT], kept.w_out, "new_w_out")
    by_gradient, right = (
        along([(old - after) / kept.lr for old, after in zip(weights, moved, strict=True)], direction)
        for moved in (new, rights[W_CONV:])
    )
    size = along(sizes[W_CONV:], [np.abs(part) for part in direction]) / kept.lr
    truncation = step**2 / 6 * third_derivative(kept, direction, step)
    slopes = Slopes(by_gradient, slope, right, size, sizes.loss / step, truncation, step)
    expect_agreement(slopes, "the step", "the loss", None, own)


@pytest.mark.check("tiny_cnn_step/arguments_untouched", points="1/2")
@example(case=Network(2, 2, 1, 1))
@example(case=Network(2, 3, 2, 2))
@given(case=networks())
def test_tiny_arguments_untouched(student, case):
    """Output and weights are right, and x, w_conv and w_out are not changed in place."""
    arguments = network(case)
    got, after = student.observe("tiny_cnn_step", *arguments)
    expect_step(got, case, OUTPUT, W_OUT, W_CONV)
    expect_untouched(after[0], arguments[:3], ("x", "w_conv", "w_out"))
