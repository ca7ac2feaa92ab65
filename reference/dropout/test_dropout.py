"""The checks on dropout.

Masks are random, so what is asked of them is either exact (every output is 0 or the scaled input; backward uses the
mask that the output shows) or a count whose chance of being refused for a right solution is known and tiny: at most
1e-9 for all cases of a check together. docs/dropout-statistics.md has the derivation and the numbers.

Three kinds of input keep checks apart. Values without zeros show the mask in the output. Zeros show nothing in the
output, so that the mask can be seen in the gradient alone. At a keep_prob close to 1 the mask is nearly always all
ones, so that the result does not depend on how it is drawn.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.checking import (
    Rng,
    as_drawn,
    draw_array,
    expect_again,
    expect_array,
    expect_integer,
    expect_message,
    expect_value_error,
    fail,
    remember,
    rng,
    with_calls_in_between,
)
from grader.checking.slopes import Probe, expect_own_gradient
from grader.errors import SubmissionFault
from reference.dropout.oracle import kept_range, same_count_chance

INVERTED, CLASSIC = "dropout", "classic_dropout"
SURE = 1e-12
"""What a right mask does with a smaller chance than this is refused where it is seen."""


# -- cases ------------------------------------------------------------------------------------------------------------


class Batch(NamedTuple):
    """An input of this shape, a keep_prob, and the seed of the contents and of the generators."""

    shape: tuple[int, ...]
    keep_prob: float
    seed: int = 0

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def generator(self, number: int = 0, shared: bool = False) -> Rng:
        """One of the case's generators; none has the seed of the contents."""
        return Rng(self.seed + 1000 * (number + 1), shared)


SEEDS = st.integers(0, 999)
MIDDLE = (0.5, 0.4, 0.6, 0.3, 0.7)
"""Neither all kept nor all dropped is to be expected of a few dozen entries."""
CLOSE_TO_1 = (0.9999, 0.9998, 0.9995)
ANY = (0.5, 0.25, 0.8, 0.1, 0.9, 0.04, 0.96)
FEW = ((2, 3), (6,), (1, 7), (4, 2), (2, 3, 1), (1, 2, 2, 2))
DOZENS = ((4, 6), (24,), (1, 25), (5, 7), (30, 1), (3, 2, 5), (2, 3, 2, 3), (3, 1, 4, 5))
HUNDRED = ((12, 12), (144,), (1, 130), (9, 16), (4, 6, 6), (3, 2, 4, 5))
THOUSAND = ((24, 40), (1000,), (1, 900), (400, 3), (6, 5, 32), (2, 3, 16, 10), (1, 8, 12, 10), (12, 4, 2, 10))
THOUSANDS = ((64, 64), (4096,), (5, 800), (4, 16, 8, 8))


def batches(shapes: tuple[tuple[int, ...], ...], keep_probs: tuple[float, ...]) -> st.SearchStrategy[Batch]:
    """One of the shapes with one of the probabilities; shrinks to the first of each."""
    return st.builds(Batch, st.sampled_from(shapes), st.sampled_from(keep_probs), SEEDS)


@remember
def contents(case: Batch, number: int = 0) -> np.ndarray:
    """Values of the case's shape, none of them zero."""
    return draw_array(rng(case.seed + 1000 * number), case.shape)


def constant(case: Batch) -> np.ndarray:
    """The value 1.5 everywhere, which can be written down however many there are."""
    return as_drawn(np.full(case.shape, 1.5))


def zeros(case: Batch) -> np.ndarray:
    """Zeros, whose outputs are zero whatever the mask."""
    return as_drawn(np.zeros(case.shape))


# -- what is asked of a result ----------------------------------------------------------------------------------------


def forward(student: Any, kind: str, x: np.ndarray, keep_prob: float, generator: Rng, training: bool = True) -> Any:
    """(out, cache) of one of the two kinds of dropout."""
    return getattr(student, f"{kind}_forward")(x, keep_prob, training=training, rng=generator)


def backward(student: Any, kind: str, dout: np.ndarray, cache: Any) -> Any:
    """Its dx."""
    return getattr(student, f"{kind}_backward")(dout, cache)


def factor(kind: str, keep_prob: float, training: bool = True) -> float:
    """What a value that is kept is multiplied by, forward and backward."""
    if training:
        return 1 / keep_prob if kind == INVERTED else 1.0
    return 1.0 if kind == INVERTED else keep_prob


def mask_of(out: Any, shape: tuple[int, ...], what: str = "out") -> np.ndarray:
    """True where a result is not zero; requires an array of the shape."""
    if not isinstance(out, np.ndarray) or out.shape != shape:
        expect_array(out, np.zeros(shape), what=what)
    return np.asarray(out != 0)


def expect_masked(got: Any, full: np.ndarray, what: str = "out") -> None:
    """Require `full` wherever `got` is not zero."""
    expect_array(got, np.where(mask_of(got, full.shape, what), full, 0.0), what=what)


def expect_some(out: Any, case: Batch) -> None:
    """Require a dropped and a kept entry where a right mask has one without fail."""
    kept = int(mask_of(out, case.shape).sum())
    if kept == case.size and case.keep_prob**case.size < SURE:
        fail("nothing was dropped", "some entries of out are 0", "none is 0", out)
    if kept == 0 and (1 - case.keep_prob) ** case.size < SURE:
        fail("everything was dropped", "some entries of out are not 0", "all are 0", out)


def expect_apart(masks: list[np.ndarray], keep_prob: float, what: str, value: Any) -> None:
    """Require that masks of separate calls agree in as many entries as independent ones do."""
    for one, other in combinations(masks, 2):
        expect_agreement(one, other, keep_prob, what, value)


def expect_agreement(one: np.ndarray, other: np.ndarray, keep_prob: float, what: str, value: Any) -> None:
    """Require that independent entries agree, both kept or both dropped, about as often as chance has it."""
    first, second = (
        keep_prob if low <= mask.sum() <= high else float(mask.mean())  # another check is about the share that is kept
        for mask in (one, other)
        for low, high in (kept_range(mask.size, keep_prob),)
    )
    agreeing, chance = int((one == other).sum()), first * second + (1 - first) * (1 - second)
    low, high = kept_range(one.size, chance)
    if not low <= agreeing <= high:
        fail(
            f"{what} are not independent of each other",
            f"about {chance * one.size:.0f} pairs of {one.size} agree ({low} to {high})",
            f"{agreeing} agree",
            value,
        )


# -- the checks that both kinds share ---------------------------------------------------------------------------------


def check_values(student: Any, kind: str, case: Batch) -> None:
    """In training every entry is 0 or the scaled input, and both occur."""
    x = contents(case)
    out, _ = forward(student, kind, x, case.keep_prob, case.generator())
    expect_masked(out, x * factor(kind, case.keep_prob))
    expect_some(out, case)


def check_close_to_1(student: Any, kind: str, case: Batch) -> None:
    """The same where next to nothing is dropped, and nothing at keep_prob = 1."""
    x = contents(case)
    out, _ = forward(student, kind, x, case.keep_prob, case.generator())
    full = x * factor(kind, case.keep_prob)
    if case.keep_prob == 1:
        expect_array(out, full, what="out")
    expect_masked(out, full)
    expect_some(out, case)


def check_evaluation(student: Any, kind: str, case: Batch) -> None:
    """In evaluation nothing is random."""
    x = contents(case)
    out, _ = forward(student, kind, x, case.keep_prob, case.generator(), training=False)
    expect_array(out, x * factor(kind, case.keep_prob, training=False), what="out in evaluation")


def check_share(student: Any, kind: str, case: Batch) -> None:
    """As many entries are kept as keep_prob says."""
    out, _ = forward(student, kind, constant(case), case.keep_prob, case.generator())
    kept = int(mask_of(out, case.shape).sum())
    low, high = kept_range(case.size, case.keep_prob)
    if not low <= kept <= high:
        fail(
            f"too {'few' if kept < low else 'many'} entries are kept in training",
            f"about {case.keep_prob * case.size:.0f} of {case.size} are not 0 ({low} to {high})",
            f"{kept} are not 0",
            out,
        )


def check_independent_entries(student: Any, kind: str, case: Batch) -> None:
    """Entries next to each other, and half an axis apart, agree as often as chance has it."""
    out, _ = forward(student, kind, constant(case), case.keep_prob, case.generator())
    mask = mask_of(out, case.shape)
    for axis, size in enumerate(case.shape):
        half, lines = size // 2, np.moveaxis(mask, axis, 0)
        for one, other in ((lines[0 : 2 * half : 2], lines[1 : 2 * half : 2]), (lines[:half], lines[half : 2 * half])):
            if half:
                expect_agreement(one, other, case.keep_prob, f"the entries along axis {axis}", out)


CALLS = 10


def check_count_varies(student: Any, kind: str, case: Batch) -> None:
    """The number of kept entries is not the same in every call, row and column."""
    masks = []
    for number in range(CALLS):
        out, _ = forward(student, kind, constant(case), case.keep_prob, case.generator(number))
        masks.append(mask_of(out, case.shape))
    groups = (
        (f"{CALLS} calls with generators of different seeds", [mask.sum() for mask in masks]),
        ("all rows", masks[-1].sum(axis=1)),
        ("all columns", masks[-1].sum(axis=0)),
    )
    for name, counts in groups:
        trials = masks[-1].size * (len(masks) if name.startswith(str(CALLS)) else 1) // len(counts)
        by_chance = same_count_chance(trials, case.keep_prob, len(counts))
        if len(set(map(int, counts))) == 1 and by_chance < SURE:
            fail(f"{name} kept the same number of entries", "a number left to chance", f"always {counts[0]}", out)


def check_other_generator(student: Any, kind: str, case: Batch) -> None:
    """Generators with different seeds give independent masks."""
    masks = []
    for number in range(3):
        out, _ = forward(student, kind, constant(case), case.keep_prob, case.generator(number))
        masks.append(mask_of(out, case.shape))
    expect_apart(masks, case.keep_prob, "the masks from generators with different seeds", out)


def check_successive_calls(student: Any, kind: str, case: Batch) -> None:
    """Calls one after the other with one generator give independent masks."""
    masks = []
    for _ in range(3):
        out, _ = forward(student, kind, constant(case), case.keep_prob, case.generator(shared=True))
        masks.append(mask_of(out, case.shape))
    expect_apart(masks, case.keep_prob, "the masks of successive calls with one generator", out)


def check_only_from_rng(student: Any, kind: str, case: Batch) -> None:
    """The same seed gives the same mask, seen in the gradient of an input of zeros."""
    dout, gradients = as_drawn(np.ones(case.shape)), []
    for _ in range(2):
        out, cache = forward(student, kind, zeros(case), case.keep_prob, case.generator())
        expect_array(out, zeros(case), what="out")
        dx = backward(student, kind, dout, cache)
        gradients.append(mask_of(dx, case.shape, "dx"))
    differing = int((gradients[0] != gradients[1]).sum())
    if differing:
        fail(
            "two generators with the same seed gave two different masks, so not all randomness comes from rng",
            "the same mask",
            f"masks that differ in {differing} of {case.size} entries",
            dx,
        )


def expect_unchanged(after: Any, before: np.ndarray, name: str, function: str, value: Any) -> None:
    """Require that an argument is after the call what it was before."""
    if not np.array_equal(after, before):
        fail(f"{name} was changed by {function}", f"{name} as it was", "other values in it", value)


def check_keep_prob_out_of_range(student: Any, kind: str, bad: float) -> None:
    """A ValueError in both modes, and none at the edges of what is allowed."""
    case = Batch((2, 3), 0.5, 3)
    x = contents(case)
    run = getattr(student, f"{kind}_forward")
    for training in (True, False):
        mode = "training" if training else "evaluation"
        why = f"keep_prob = {bad} is not in (0, 1] (in {mode})"
        expect_value_error(run, x, bad, training=training, rng=case.generator(), why=why)
        for one in (1, 1.0):
            out, _ = run(x, one, training=training, rng=case.generator())
            what = f"out with keep_prob = {one} in {mode}"
            expect_masked(out, x, what) if training else expect_array(out, x, what=what)
    out, _ = run(zeros(case), 0.001, training=True, rng=case.generator())
    expect_array(out, zeros(case), what="out of zeros with keep_prob = 0.001 in training")
    out, _ = run(x, 0.001, training=False, rng=case.generator())
    expect_array(out, x * factor(kind, 0.001, training=False), what="out with keep_prob = 0.001 in evaluation")


BAD = (0, 1.5, -0.5, 0.0, 2, -1, 1.01, -0.01, 100)


def check_backward(student: Any, kind: str, case: Batch) -> None:
    """dx is the scaled dout where the student's own out is not zero, else zero; in either mode's scale."""
    out, cache = forward(student, kind, contents(case), case.keep_prob, case.generator())
    expect_gradient(student, kind, case, out, cache)


def expect_gradient(student: Any, kind: str, case: Batch, out: Any, cache: Any, number: int = 1) -> None:
    """Require the gradient of a pass in training that gave `out`."""
    mask = mask_of(out, case.shape, f"out of {kind}_forward")
    dout = contents(case, number)
    dx = backward(student, kind, dout, cache)
    expect_array(dx, np.where(mask, dout * factor(kind, case.keep_prob), 0.0), what="dx")


def check_own_masks(student: Any, kind: str, case: Batch) -> None:
    """The gradients of two passes in training, asked for when both are made, and after passes of other kinds."""
    out, cache = forward(student, kind, contents(case), case.keep_prob, case.generator())
    later_out, later = forward(student, kind, contents(case, 1), case.keep_prob, case.generator(1))
    with with_calls_in_between():
        expect_gradient(student, kind, case, out, cache, 2)
        expect_gradient(student, kind, case, later_out, later, 3)
    other = case._replace(shape=(*case.shape, 2), keep_prob=0.9)
    forward(student, kind, contents(other), other.keep_prob, other.generator())
    with with_calls_in_between():
        expect_gradient(student, kind, case, out, cache, 2)
    forward(student, kind, contents(other), other.keep_prob, other.generator(), training=False)
    with with_calls_in_between():
        expect_gradient(student, kind, case, out, cache, 2)


def check_backward_in_evaluation(student: Any, kind: str, case: Batch) -> None:
    """The gradient in evaluation, which has no mask."""
    _, cache = forward(student, kind, contents(case), case.keep_prob, case.generator(), training=False)
    dout = contents(case, 1)
    dx = backward(student, kind, dout, cache)
    expect_array(dx, dout * factor(kind, case.keep_prob, training=False), what="dx after evaluation")


def check_backward_at_zeros(student: Any, kind: str, case: Batch) -> None:
    """A kept zero passes the gradient on; whether any is kept shows in the output of other values from the same seed."""
    out, _ = forward(student, kind, contents(case), case.keep_prob, case.generator())
    _, cache = forward(student, kind, zeros(case), case.keep_prob, case.generator())
    dx = backward(student, kind, as_drawn(np.ones(case.shape)), cache)
    expect_masked(dx, np.full(case.shape, factor(kind, case.keep_prob)), "dx")
    if not dx.any() and mask_of(out, case.shape).any():
        fail("no gradient reaches any entry of an x that is 0", "dx is not 0 where the entry was kept", "all 0", dx)


def check_own_gradient(student: Any, kind: str, case: Batch) -> None:
    """The gradient of a pass in training, against the right forward function or else the student's own.

    The same generator gives the same mask again, so that the output is linear in x and a step of any length will do.
    """
    x, dout, direction = (contents(case, number) for number in range(3))
    first, _ = forward(student, kind, x, case.keep_prob, case.generator())
    share = np.where(mask_of(first, case.shape), factor(kind, case.keep_prob), 0.0)
    probe = Probe(
        lambda x: forward(student, kind, x, case.keep_prob, case.generator()),
        getattr(student, f"{kind}_backward"),
        [x],
        [direction],
        dout,
        1.0,
        ["dx"],
        f"{kind}_forward",
    )
    size = np.abs(dout) * share
    expect_own_gradient(probe, x * share, [dout * share], [size], (np.abs(x) + np.abs(direction)) * share)


# -- dropout_forward --------------------------------------------------------------------------------------------------


@pytest.mark.check("dropout_forward/values", points=1)
@example(case=Batch((4, 6), 0.5))
@example(case=Batch((8, 12), 0.5, 1))
@example(case=Batch((2, 3, 5, 3), 0.4, 2))
@given(case=batches(DOZENS, MIDDLE))
def test_values(student, case):
    """In training every output is either 0 or x / keep_prob."""
    check_values(student, INVERTED, case)


@pytest.mark.check("dropout_forward/keep_prob_close_to_1", points="1/2")
@example(case=Batch((2, 3), 0.9999))
@given(case=batches(FEW, CLOSE_TO_1))
@settings(max_examples=6)
def test_close_to_1(student, case):
    """Where keep_prob is close to 1, nearly everything is kept, and divided by keep_prob as well."""
    check_close_to_1(student, INVERTED, case)


@pytest.mark.check("dropout_forward/keep_prob_1", points="1/2")
@example(case=Batch((2, 3), 1.0))
@given(case=batches(DOZENS, (1.0, 1)))
@settings(max_examples=6)
def test_keep_prob_1(student, case):
    """With keep_prob = 1 nothing changes, in training as in evaluation."""
    for training in (True, False):
        out, _ = forward(student, INVERTED, contents(case), case.keep_prob, case.generator(), training)
        expect_array(out, contents(case), what=f"out in {'training' if training else 'evaluation'}")


@pytest.mark.check("dropout_forward/evaluation", points=1)
@example(case=Batch((2, 3), 0.5))
@given(case=batches(FEW + DOZENS, ANY))
def test_evaluation(student, case):
    """In evaluation the output is x: nothing is dropped and nothing scaled."""
    check_evaluation(student, INVERTED, case)


@pytest.mark.check("dropout_forward/share_kept", points="1/2")
@example(case=Batch((64, 64), 0.75))
@example(case=Batch((128, 128), 0.996, 1))
@example(case=Batch((128, 128), 0.002, 2))
@given(case=batches(THOUSANDS, (*ANY, 0.99)))
@settings(max_examples=6)
def test_share(student, case):
    """keep_prob is the probability that a neuron stays: of thousands, about that share is kept."""
    check_share(student, INVERTED, case)


@pytest.mark.check("dropout_forward/expectation", points="1/2")
@example(case=Batch((64, 64), 0.5))
@given(case=batches(THOUSANDS, (0.5, 0.25, 0.8, 0.9)))
@settings(max_examples=5)
def test_expectation(student, case):
    """On average training gives what evaluation gives: the mean of thousands of outputs is that of the inputs."""
    x = constant(case)
    out, _ = forward(student, INVERTED, x, case.keep_prob, case.generator())
    expect_some(out, case)
    mean, low, high = float(out.mean()), *kept_range(case.size, case.keep_prob)
    least, most = (1.5 * (kept + off) / case.size / case.keep_prob for kept, off in ((low, -0.5), (high, 0.5)))
    if not least <= mean <= most:
        fail("the mean of the outputs in training is wrong", f"about 1.5 ({least:.4f} to {most:.4f})", mean, out)


@pytest.mark.check("dropout_forward/independent_entries", points=1)
@example(case=Batch((24, 40), 0.5))
@example(case=Batch((2, 3, 16, 10), 0.5, 1))
@given(case=batches(THOUSAND, (0.5, 0.25, 0.75)))
@settings(max_examples=6)
def test_independent_entries(student, case):
    """Every entry is dropped or kept on its own: rows, columns, channels and images do not share a fate."""
    check_independent_entries(student, INVERTED, case)


@pytest.mark.check("dropout_forward/count_varies", points="1/2")
@example(case=Batch((24, 40), 0.5))
@given(case=batches(((24, 40), (32, 32)), MIDDLE))
@settings(max_examples=3)
def test_count_varies(student, case):
    """How many entries are kept is left to chance too: each has its own probability, there is no fixed number."""
    check_count_varies(student, INVERTED, case)


@pytest.mark.check("dropout_forward/other_generator_other_mask", points="1/2")
@example(case=Batch((12, 12), 0.5))
@given(case=batches(HUNDRED, MIDDLE))
@settings(max_examples=6)
def test_other_generator(student, case):
    """Generators with different seeds give masks that have nothing to do with each other."""
    check_other_generator(student, INVERTED, case)


@pytest.mark.check("dropout_forward/successive_calls", points="1/2")
@example(case=Batch((12, 12), 0.5))
@given(case=batches(HUNDRED, MIDDLE))
@settings(max_examples=6)
def test_successive_calls(student, case):
    """Each call draws anew: calls with one and the same generator give masks unrelated to each other."""
    check_successive_calls(student, INVERTED, case)


@pytest.mark.check("dropout_forward/keep_prob_out_of_range", points="1/2")
@example(bad=0)
@example(bad=1.5)
@example(bad=-0.5)
@given(bad=st.sampled_from(BAD))
@settings(max_examples=5)
def test_keep_prob_out_of_range(student, bad):
    """A keep_prob of 0, below 0 or above 1 raises ValueError in either mode; 1 and small positive ones are fine."""
    check_keep_prob_out_of_range(student, INVERTED, bad)


# -- dropout_backward -------------------------------------------------------------------------------------------------


@pytest.mark.check("dropout_backward/mask", points="1/2")
@example(case=Batch((4, 6), 0.5))
@example(case=Batch((2, 3, 5, 3), 0.4, 2))
@given(case=batches(DOZENS, MIDDLE))
def test_backward_mask(student, case):
    """dx is dout / keep_prob where the forward pass kept the entry, and 0 where it dropped it."""
    check_backward(student, INVERTED, case)


@pytest.mark.check("dropout_backward/keep_prob_close_to_1", points="1/2")
@example(case=Batch((2, 3), 0.9999))
@given(case=batches(FEW, CLOSE_TO_1))
@settings(max_examples=6)
def test_backward_close_to_1(student, case):
    """Where keep_prob is close to 1, nearly all of dout comes through, divided by keep_prob as well."""
    check_backward(student, INVERTED, case)


@pytest.mark.check("dropout_backward/evaluation", points="1/2")
@example(case=Batch((2, 3), 0.5))
@given(case=batches(FEW + DOZENS, ANY))
def test_backward_in_evaluation(student, case):
    """After a forward pass in evaluation dx is dout."""
    check_backward_in_evaluation(student, INVERTED, case)


@pytest.mark.check("dropout_backward/zeros_in_x", points="1/2")
@example(case=Batch((12, 12), 0.5))
@given(case=batches(HUNDRED, MIDDLE))
@settings(max_examples=6)
def test_backward_at_zeros(student, case):
    """The gradient passes through a neuron that was kept even if its value was 0."""
    check_backward_at_zeros(student, INVERTED, case)


@pytest.mark.check("dropout_backward/every_pass_has_its_own_mask", points="1/2")
@example(case=Batch((4, 6), 0.5))
@given(case=batches(DOZENS, MIDDLE))
@settings(max_examples=6)
def test_every_pass_has_its_own_mask(student, case):
    """A cache holds the mask of its own forward pass, whatever passes came later."""
    check_own_masks(student, INVERTED, case)


@pytest.mark.check(
    "dropout_forward/all_randomness_from_rng",
    points="1/2",
    needs=("dropout_backward/mask", "dropout_backward/zeros_in_x"),
)
@example(case=Batch((12, 12), 0.5))
@given(case=batches(HUNDRED, MIDDLE))
@settings(max_examples=6)
def test_only_from_rng(student, case):
    """All randomness comes from rng: two generators with the same seed give the same mask."""
    check_only_from_rng(student, INVERTED, case)


@pytest.mark.check(
    "dropout_backward/agrees_with_own_forward",
    points="1/2",
    needs=("dropout_forward/all_randomness_from_rng",),
)
@example(case=Batch((4, 6), 0.5))
@given(case=batches(DOZENS, MIDDLE))
@settings(max_examples=6)
def test_own_forward(student, case):
    """Along a random direction the gradient is that of dropout_forward, the right one or your own."""
    check_own_gradient(student, INVERTED, case)


# -- classic_dropout_forward ------------------------------------------------------------------------------------------


@pytest.mark.check("classic_dropout_forward/values", points="1/2")
@example(case=Batch((4, 6), 0.5))
@example(case=Batch((8, 12), 0.5, 1))
@example(case=Batch((2, 3, 5, 3), 0.4, 2))
@given(case=batches(DOZENS, MIDDLE))
def test_classic_values(student, case):
    """In training every output is either 0 or x, which is not scaled."""
    check_values(student, CLASSIC, case)


@pytest.mark.check("classic_dropout_forward/keep_prob_close_to_1", points="1/2")
@example(case=Batch((2, 3), 0.9999))
@example(case=Batch((2, 3), 1.0, 1))
@example(case=Batch((24,), 1, 2))
@given(case=batches(FEW, CLOSE_TO_1))
@settings(max_examples=6)
def test_classic_close_to_1(student, case):
    """Where keep_prob is close to 1, nearly everything is kept as it is in training; with keep_prob = 1, everything."""
    check_close_to_1(student, CLASSIC, case)


@pytest.mark.check("classic_dropout_forward/evaluation", points="1/2")
@example(case=Batch((2, 3), 0.5))
@example(case=Batch((2, 3), 1.0, 1))
@given(case=batches(FEW + DOZENS, ANY))
def test_classic_evaluation(student, case):
    """In evaluation nothing is dropped, and every value is multiplied by keep_prob."""
    check_evaluation(student, CLASSIC, case)


@pytest.mark.check("classic_dropout_forward/share_kept", points="1/2")
@example(case=Batch((64, 64), 0.75))
@example(case=Batch((128, 128), 0.996, 1))
@example(case=Batch((128, 128), 0.002, 2))
@given(case=batches(THOUSANDS, (*ANY, 0.99)))
@settings(max_examples=6)
def test_classic_share(student, case):
    """keep_prob is the probability that a neuron stays: of thousands, about that share is kept."""
    check_share(student, CLASSIC, case)


@pytest.mark.check("classic_dropout_forward/independent_entries", points="1/2")
@example(case=Batch((24, 40), 0.5))
@example(case=Batch((2, 3, 16, 10), 0.5, 1))
@given(case=batches(THOUSAND, (0.5, 0.25, 0.75)))
@settings(max_examples=6)
def test_classic_independent_entries(student, case):
    """Every entry is dropped or kept on its own: rows, columns, channels and images do not share a fate."""
    check_independent_entries(student, CLASSIC, case)


@pytest.mark.check("classic_dropout_forward/count_varies", points="1/2")
@example(case=Batch((24, 40), 0.5))
@given(case=batches(((24, 40), (32, 32)), MIDDLE))
@settings(max_examples=3)
def test_classic_count_varies(student, case):
    """How many entries are kept is left to chance too: each has its own probability, there is no fixed number."""
    check_count_varies(student, CLASSIC, case)


@pytest.mark.check("classic_dropout_forward/fresh_masks", points="1/2")
@example(case=Batch((12, 12), 0.5))
@given(case=batches(HUNDRED, MIDDLE))
@settings(max_examples=6)
def test_classic_fresh_masks(student, case):
    """Each call draws anew: other seeds, and later calls with one generator, give masks unrelated to earlier ones."""
    check_other_generator(student, CLASSIC, case)
    check_successive_calls(student, CLASSIC, case)


@pytest.mark.check("classic_dropout_forward/keep_prob_out_of_range", points="1/2")
@example(bad=0)
@example(bad=1.5)
@example(bad=-0.5)
@given(bad=st.sampled_from(BAD))
@settings(max_examples=5)
def test_classic_keep_prob_out_of_range(student, bad):
    """A keep_prob of 0, below 0 or above 1 raises ValueError in either mode; 1 and small positive ones are fine."""
    check_keep_prob_out_of_range(student, CLASSIC, bad)


@pytest.mark.check("classic_dropout_forward/message", points="1/2")
@example(bad=1.5)
@given(bad=st.sampled_from(BAD))
@settings(max_examples=5)
def test_message(student, bad):
    """The message of the ValueError names keep_prob and the value it had."""
    case = Batch((4, 6), 0.6)
    check_values(student, CLASSIC, case)
    run, why = student.classic_dropout_forward, f"keep_prob = {bad} is not in (0, 1]"
    message = expect_value_error(run, contents(case), bad, training=True, rng=case.generator(), why=why)
    expect_message(message, ("keep_prob", "keep prob", "keep-prob"), (bad, float(bad)))


# -- classic_dropout_backward -----------------------------------------------------------------------------------------


@pytest.mark.check("classic_dropout_backward/mask", points="1/2")
@example(case=Batch((4, 6), 0.5))
@example(case=Batch((2, 3, 5, 3), 0.4, 2))
@given(case=batches(DOZENS, MIDDLE))
def test_classic_backward_mask(student, case):
    """dx is dout where the forward pass kept the entry, and 0 where it dropped it, whatever passes came later."""
    check_own_masks(student, CLASSIC, case)


@pytest.mark.check("classic_dropout_backward/keep_prob_close_to_1", points="1/2")
@example(case=Batch((2, 3), 0.9999))
@given(case=batches(FEW, CLOSE_TO_1))
@settings(max_examples=6)
def test_classic_backward_close_to_1(student, case):
    """Where keep_prob is close to 1, nearly all of dout comes through, unscaled."""
    check_backward(student, CLASSIC, case)


@pytest.mark.check("classic_dropout_backward/evaluation", points="1/2")
@example(case=Batch((2, 3), 0.5))
@given(case=batches(FEW + DOZENS, ANY))
def test_classic_backward_in_evaluation(student, case):
    """After a forward pass in evaluation dx is dout times keep_prob."""
    check_backward_in_evaluation(student, CLASSIC, case)


@pytest.mark.check("classic_dropout_backward/zeros_in_x", points="1/2")
@example(case=Batch((12, 12), 0.5))
@given(case=batches(HUNDRED, MIDDLE))
@settings(max_examples=6)
def test_classic_backward_at_zeros(student, case):
    """The gradient passes through a neuron that was kept even if its value was 0."""
    check_backward_at_zeros(student, CLASSIC, case)


@pytest.mark.check(
    "classic_dropout_forward/all_randomness_from_rng",
    points="1/2",
    needs=("classic_dropout_backward/mask", "classic_dropout_backward/zeros_in_x"),
)
@example(case=Batch((12, 12), 0.5))
@given(case=batches(HUNDRED, MIDDLE))
@settings(max_examples=6)
def test_classic_only_from_rng(student, case):
    """All randomness comes from rng: two generators with the same seed give the same mask."""
    check_only_from_rng(student, CLASSIC, case)


@pytest.mark.check(
    "classic_dropout_backward/agrees_with_own_forward",
    points="1/2",
    needs=("classic_dropout_forward/all_randomness_from_rng",),
)
@example(case=Batch((4, 6), 0.5))
@given(case=batches(DOZENS, MIDDLE))
@settings(max_examples=6)
def test_classic_own_forward(student, case):
    """Along a random direction the gradient is that of classic_dropout_forward, the right one or your own."""
    check_own_gradient(student, CLASSIC, case)


# -- arguments: of both forms in one check, so that the habit of working in place costs points once -------------------


@pytest.mark.check("dropout_forward/x_unchanged", points="1/2")
@example(case=Batch((4, 6), 0.5))
@given(case=batches(DOZENS, MIDDLE))
@settings(max_examples=6)
def test_x_unchanged(student, case):
    """The output is right and x is not changed in place, in either mode; nor does classic_dropout_forward change it."""
    x = contents(case)
    for training in (True, False):
        mode = {"training": training, "rng": case.generator()}
        (out, _), ((after, _), _) = student.observe("dropout_forward", x, case.keep_prob, **mode)
        full = x * factor(INVERTED, case.keep_prob, training)
        expect_masked(out, full) if training else expect_array(out, full, what="out in evaluation")
        expect_unchanged(after, x, "x", "dropout_forward", out)
        (out, _), ((after, _), _) = student.observe("classic_dropout_forward", x, case.keep_prob, **mode)
        expect_unchanged(after, x, "x", "classic_dropout_forward", out)


@pytest.mark.check("dropout_backward/dout_unchanged", points="1/2")
@example(case=Batch((4, 6), 0.5))
@given(case=batches(DOZENS, MIDDLE))
@settings(max_examples=6)
def test_dout_unchanged(student, case):
    """dx is right, also once more, and dout not changed in place, in either mode; nor does classic_dropout_backward change it."""
    x, dout = contents(case), contents(case, 1)
    for training in (True, False):
        out, cache = forward(student, INVERTED, x, case.keep_prob, case.generator(), training)
        mask = mask_of(out, case.shape, "out of dropout_forward") if training else np.ones(case.shape, dtype=bool)
        dx, ((after, _), _) = student.observe("dropout_backward", dout, cache)
        again = student.dropout_backward(dout, cache)
        expect_array(dx, np.where(mask, dout * factor(INVERTED, case.keep_prob, training), 0.0), what="dx")
        expect_unchanged(after, dout, "dout", "dropout_backward", dx)
        expect_again(again, dx, "dx")
        _, cache = forward(student, CLASSIC, x, case.keep_prob, case.generator(), training)
        try:
            dx, ((after, _), _) = student.observe("classic_dropout_backward", dout, cache)
        except SubmissionFault:
            continue  # its own checks say so
        expect_unchanged(after, dout, "dout", "classic_dropout_backward", dx)


# -- count_subnetworks ------------------------------------------------------------------------------------------------


@pytest.mark.check("count_subnetworks/few_neurons", points="1/2")
@example(neurons=3)
@example(neurons=1)
@example(neurons=10)
@given(neurons=st.integers(1, 30))
def test_few_neurons(student, neurons):
    """Every set of neurons that may stay is a thinned network: 8 for 3 neurons."""
    expect_integer(student.count_subnetworks(neurons), 2**neurons, what="the number of thinned networks")


@pytest.mark.check("count_subnetworks/many_neurons", points="1/2")
@example(neurons=64)
@example(neurons=200)
@given(neurons=st.integers(31, 400))
def test_many_neurons(student, neurons):
    """The number is exact for hundreds of neurons too: an int, which has no upper limit."""
    number = student.count_subnetworks(neurons)
    if isinstance(number, (float, np.floating)):  # exact for a power of 2, as it happens, but only up to 2**1023
        fail("the number of thinned networks is a float, which can be no larger than 1.8e308", "an int", "a float")
    expect_integer(number, 2**neurons, what="the number of thinned networks")
