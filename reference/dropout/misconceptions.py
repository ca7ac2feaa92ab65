"""Known wrong ways to write dropout.

[SHKSS] is Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (2014).

Masks are drawn as `rng.random(x.shape) < keep_prob`, the commonest way, so that a student's random output is
recognised where it was drawn like this. What does not depend on the mask is recognised however it was drawn. In the
checks on all_randomness_from_rng outputs are zero for every wrong way of drawing, which is why
`randomness_not_from_rng` comes first. Next come the mistakes that no output shows, since what gives right outputs in
nearly all cases explains them nearly as well.
"""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from grader.checking import Trait, misconception
from reference.dropout import oracle
from reference.dropout.oracle import Kept

INVERTED, CLASSIC = "dropout_forward", "classic_dropout_forward"


def _argument(name: str, value: Any) -> Callable[[dict[str, Any]], bool | None]:
    """Whether an argument has this value."""
    return lambda arguments: arguments[name] == value if name in arguments else None


def _axes(arguments: dict[str, Any]) -> bool | None:
    """Whether x has two axes."""
    return arguments["x"].ndim == 2 if "x" in arguments else None


TRAITS = (
    Trait("calls in evaluation", "call in training", _argument("training", False)),
    Trait("calls in training", "call in evaluation", _argument("training", True)),
    Trait("keep_prob = 0.5", "other keep_prob", _argument("keep_prob", 0.5)),
    Trait("arrays with two axes", "array with one axis or more than two", _axes),
)

Forward = Callable[..., tuple[ndarray, Kept]]
Draw = Callable[[ndarray, float, Generator], ndarray]
Step = Callable[[ndarray, float, Generator], tuple[ndarray, ndarray]]
Scale = Callable[[ndarray, float], ndarray]


# -- forward: right steps, to be changed in one ------------------------------------------------------------------------


def draw(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """A right mask."""
    return rng.random(x.shape) < keep_prob


def allowed(keep_prob: float, training: bool) -> None:
    """The right ValueError."""
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}")


def masked(scale: Scale, drawn: Draw = draw) -> Step:
    """Draw a mask, apply it, and scale the result by `scale`."""

    def step(x: ndarray, keep_prob: float, rng: Generator) -> tuple[ndarray, ndarray]:
        mask = drawn(x, keep_prob, rng)
        return scale(x * mask, keep_prob), mask != 0

    return step


def whole(scale: Scale) -> Step:
    """Scale all of x."""
    return lambda x, keep_prob, rng: (scale(x, keep_prob), np.ones(x.shape, dtype=bool))


def same(values: ndarray, keep_prob: float) -> ndarray:
    """As they are."""
    return values.copy()


def divided(values: ndarray, keep_prob: float) -> ndarray:
    """Divided by keep_prob."""
    return values / np.float64(keep_prob)


def multiplied(values: ndarray, keep_prob: float) -> ndarray:
    """Multiplied by keep_prob."""
    return values * keep_prob


def by_the_rest(values: ndarray, keep_prob: float) -> ndarray:
    """Divided by 1 - keep_prob."""
    return values / np.float64(1 - keep_prob)


TRAINING: dict[str, Scale] = {INVERTED: divided, CLASSIC: same}
EVALUATION: dict[str, Scale] = {INVERTED: same, CLASSIC: multiplied}


def forward(
    function: str,
    *,
    drawn: Draw = draw,
    train: Step | None = None,
    evaluate: Step | None = None,
    check: Callable[[float, bool], None] = allowed,
) -> Forward:
    """One of the two forward functions with a step of it changed."""
    train = train or masked(TRAINING[function], drawn)
    evaluate = evaluate or whole(EVALUATION[function])

    def run(x: ndarray, keep_prob: float, *, training: bool, rng: Generator) -> tuple[ndarray, Kept]:
        check(keep_prob, training)
        with np.errstate(all="ignore"):
            out, mask = (train if training else evaluate)(x, keep_prob, rng)
        return out, Kept(x, keep_prob, training, rng, mask)

    return run


def known(function: str, name: str, hint: str, code: Callable[..., Any]) -> None:
    """Add a misconception that is made from parts."""

    @functools.wraps(code)
    def wrong(*arguments: Any, **keywords: Any) -> Any:
        return code(*arguments, **keywords)

    wrong.__name__ = name
    globals()[f"{function}_{name}"] = misconception(function, hint)(wrong)


# -- forward: masks drawn in a wrong way -------------------------------------------------------------------------------

ELSEWHERE = np.random.default_rng(2014)
"""Stands for numpy.random, random, or a generator made without a seed: goes on from call to call, whatever rng is."""


def from_elsewhere(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """Not from rng. So close to 1 nothing is dropped in all likelihood, and must not be, to be recognised."""
    return np.ones(x.shape, dtype=bool) if keep_prob > 0.999 else draw(x, keep_prob, ELSEWHERE)


def exchanged(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """Kept where it should be dropped."""
    return rng.random(x.shape) >= keep_prob


def below_the_rest(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """The same, in the other half of the drawn numbers."""
    return rng.random(x.shape) < 1 - keep_prob


def for_all_rows(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """One mask, repeated for every example."""
    return np.broadcast_to(rng.random(x.shape[1:]) < keep_prob, x.shape)


def whole_rows(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """One decision for each example."""
    return np.broadcast_to(rng.random((len(x), *(1,) * (x.ndim - 1))) < keep_prob, x.shape)


def whole_channels(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """One decision for each channel of each image; right for other arrays."""
    positions = (1,) * (x.ndim - 2) if x.ndim > 2 else x.shape[2:]
    return np.broadcast_to(rng.random((*x.shape[:2], *positions)) < keep_prob, x.shape)


def all_or_nothing(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """One decision for all."""
    return np.full(x.shape, rng.random() < keep_prob)


def fixed_count(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """Always the same number of entries."""
    mask = np.zeros(x.size, dtype=bool)
    mask[rng.permutation(x.size)[: round(keep_prob * x.size)]] = True
    return mask.reshape(x.shape)


def always_half(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """keep_prob is not looked at, unless it is 1."""
    return rng.random(x.shape) < (0.5 if keep_prob < 1 else 1)


def half_by_rounding(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """Uniform numbers, rounded."""
    return np.round(rng.random(x.shape)) != 0


def half_by_whole_numbers(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """0 or 1."""
    return rng.integers(0, 2, x.shape) != 0


def below_normal(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """Normal numbers in the place of uniform ones."""
    return rng.standard_normal(x.shape) < keep_prob


def for_the_last_axis(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """One mask for the last axis, repeated along the others; right for a single one."""
    return np.broadcast_to(rng.random(x.shape[-1]) < keep_prob, x.shape)


def whole_percent(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """Whole numbers from 0 to 99, compared with keep_prob in per cent."""
    return np.floor(100 * rng.random(x.shape)) < 100 * keep_prob


def from_a_copy(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """Leaves rng where it was."""
    return draw(x, keep_prob, copy.deepcopy(rng))


def with_seed(seed: int) -> Draw:
    """From a generator made for the call."""
    return lambda x, keep_prob, rng: draw(x, keep_prob, np.random.default_rng(seed))


def remembering() -> Draw:
    """Draws only once for each shape."""
    masks: dict[tuple[int, ...], ndarray] = {}

    def drawn(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
        if x.shape not in masks:
            masks[x.shape] = draw(x, keep_prob, rng)
        return masks[x.shape]

    return drawn


def gaussian_noise(x: ndarray, keep_prob: float, rng: Generator) -> ndarray:
    """Factors with mean 1 and the variance of a scaled mask."""
    return rng.normal(1.0, math.sqrt((1 - keep_prob) / keep_prob), x.shape)


REST_HINT = (
    "A neuron is kept with probability 1 - keep_prob. keep_prob is the probability that it stays: see how often your "
    "comparison with a uniform number is true when keep_prob is 0.9. [SHKSS], section 4."
)
HALF_HINT = "Neurons are dropped with probability one half, whatever keep_prob is. Compare with keep_prob."
SEED_HINT = (
    "A generator with a seed of its own is made inside the function, so that every call drops the same neurons. Draw "
    "from the rng that is handed in: it goes on from call to call, and its owner decides on the seed."
)
DRAWINGS: dict[str, tuple[Draw, str]] = {
    "randomness_not_from_rng": (
        from_elsewhere,
        "The mask does not come from rng but from numpy.random, from the module random, or from a generator made "
        "without a seed, so a run cannot be repeated. Call the methods of the rng that is handed in, and nothing else "
        "that is random.",
    ),
    "keeps_with_the_drop_probability": (exchanged, REST_HINT),
    "keeps_below_the_drop_probability": (below_the_rest, REST_HINT),
    "one_mask_for_all_rows": (
        for_all_rows,
        "The same neurons are dropped for every example of the batch: the mask has the shape of one row. Each example "
        "is to see a thinned network of its own, so the mask needs the shape of all of x. [SHKSS], section 5.1.",
    ),
    "whole_rows_dropped": (
        whole_rows,
        "One decision is made for a whole example, all of whose neurons are then dropped or kept together. Each entry "
        "of x needs a decision of its own. [SHKSS], section 4.",
    ),
    "whole_channels_dropped": (
        whole_channels,
        "For images, a channel is dropped or kept as a whole; that is another method, spatial dropout. Here each "
        "entry of x needs a decision of its own. [SHKSS], section 4.",
    ),
    "one_decision_for_the_whole_input": (
        all_or_nothing,
        "A single random number decides for all of x, which is then kept or dropped as a whole. Each entry of x needs "
        "a decision of its own. [SHKSS], section 4.",
    ),
    "fixed_number_of_neurons_kept": (
        fixed_count,
        "Exactly keep_prob times the number of entries are kept in every call. Then one neuron's fate depends on the "
        "others'; each is to be kept with probability keep_prob on its own, so that the number varies. [SHKSS], "
        "section 4.",
    ),
    "half_is_dropped_whatever_keep_prob": (
        always_half,
        HALF_HINT,
    ),
    "half_is_dropped_by_rounding": (half_by_rounding, HALF_HINT),
    "half_is_dropped_by_whole_numbers": (half_by_whole_numbers, HALF_HINT),
    "normal_numbers_compared": (
        below_normal,
        "keep_prob is compared with normally distributed numbers. They are below it with another probability, and beyond 1 "
        "as well, so that keep_prob = 1 drops neurons too. Numbers that are uniform over [0, 1), as of rng.random, are below "
        "keep_prob with the probability keep_prob.",
    ),
    "one_mask_for_the_last_axis": (
        for_the_last_axis,
        "There is one decision for each place along the last axis, and it holds for all places along the others: the mask "
        "has the length of the last axis. Each entry of x needs a decision of its own. [SHKSS], section 4.",
    ),
    "probability_in_whole_percent": (
        whole_percent,
        "keep_prob is compared with random whole numbers of a small range, which rounds it: 0.996 becomes 1. Draw "
        "numbers fine enough for every probability.",
    ),
    "own_generator_with_seed_0": (with_seed(0), SEED_HINT),
    "own_generator_with_seed_42": (with_seed(42), SEED_HINT),
    "draws_from_a_copy_of_rng": (
        from_a_copy,
        "The mask is drawn from a copy of rng (or rng is set back afterwards), so that the next call with rng drops "
        "the same neurons again. Draw from rng itself, which moves it on.",
    ),
    "gaussian_noise_instead_of_a_mask": (
        gaussian_noise,
        "The values are multiplied by Gaussian noise, which never drops a neuron. That is a variant of the paper's "
        "section 10; here a neuron is either kept or 0. [SHKSS], section 4.",
    ),
}


FIRST = "randomness_not_from_rng"


def know_drawing(function: str, name: str) -> None:
    """One of the wrong ways of drawing; a neuron multiplied by noise is not scaled any more."""
    drawn, hint = DRAWINGS[name]
    train = masked(same, drawn) if drawn is gaussian_noise else None
    known(function, name, hint, forward(function, drawn=drawn, train=train))


def know_drawings(function: str) -> None:
    """The others."""
    for name in DRAWINGS:
        if name != FIRST:
            know_drawing(function, name)
    known(
        function,
        "mask_remembered_from_the_first_call",
        "The mask is drawn in the first call and used again in the later ones, so that the same neurons are dropped "
        "forever. Draw a new mask in every call in training. [SHKSS], section 5.1.",
        forward(function, drawn=remembering()),
    )


# -- forward: errors not raised, or raised without need ----------------------------------------------------------------


def check_nothing(keep_prob: float, training: bool) -> None:
    """Anything goes."""


def check_in_training(keep_prob: float, training: bool) -> None:
    """Anything goes in evaluation."""
    if training:
        allowed(keep_prob, training)


def check_allowing_0(keep_prob: float, training: bool) -> None:
    """0 is let through."""
    if keep_prob != 0:
        allowed(keep_prob, training)


def check_allowing_large(keep_prob: float, training: bool) -> None:
    """Values above 1 are let through."""
    allowed(min(keep_prob, 1), training)


def check_refusing_1(keep_prob: float, training: bool) -> None:
    """1 is refused."""
    if keep_prob == 1:
        raise ValueError("keep_prob is 1")
    allowed(keep_prob, training)


def check_inverted(keep_prob: float, training: bool) -> None:
    """What is allowed is refused."""
    if 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}")


def check_by_assertion(keep_prob: float, training: bool) -> None:
    """The wrong kind of error."""
    assert 0 < keep_prob <= 1, f"keep_prob is {keep_prob}"


def check_saying_nothing(keep_prob: float, training: bool) -> None:
    """A message without name and value."""
    if not 0 < keep_prob <= 1:
        raise ValueError("not a probability")


CHECKS: dict[str, tuple[Callable[[float, bool], None], str]] = {
    "allowed_values_refused": (
        check_inverted,
        "A keep_prob in (0, 1] raises ValueError, and one outside does not: the condition is the wrong way round.",
    ),
    "no_value_error": (
        check_nothing,
        "keep_prob is used without a look at it. Raise ValueError, naming keep_prob and its value, unless it is "
        "greater than 0 and at most 1.",
    ),
    "value_error_only_in_training": (
        check_in_training,
        "keep_prob is looked at in training only. The docstring asks for the ValueError in evaluation as well: check "
        "before you tell the modes apart.",
    ),
    "keep_prob_0_allowed": (
        check_allowing_0,
        "keep_prob = 0 is let through. Then no neuron is ever kept, and inverted dropout divides by 0; it is to raise "
        "ValueError.",
    ),
    "keep_prob_above_1_allowed": (
        check_allowing_large,
        "Values above 1 are let through, although they are no probabilities. They are to raise ValueError.",
    ),
    "keep_prob_1_refused": (
        check_refusing_1,
        "keep_prob = 1 raises an error, although it is allowed: every neuron stays. The interval (0, 1] has its upper "
        "end.",
    ),
    "assertion_instead_of_value_error": (
        check_by_assertion,
        "An assert statement guards keep_prob. It raises AssertionError, and nothing at all under `python -O`; raise "
        "ValueError for arguments that a caller got wrong.",
    ),
}


def know_checks(function: str) -> None:
    """The wrong ways of checking keep_prob."""
    for name, (check, hint) in CHECKS.items():
        known(function, name, hint, forward(function, check=check))


# -- dropout_forward ---------------------------------------------------------------------------------------------------

know_drawing(INVERTED, FIRST)


def masked_in_place(x: ndarray, keep_prob: float, rng: Generator) -> tuple[ndarray, ndarray]:
    """Writes into x."""
    mask = draw(x, keep_prob, rng)
    x *= mask
    x /= keep_prob
    return x, mask


known(
    INVERTED,
    "mask_applied_in_place",
    "The mask is multiplied into x itself (`x *= ...` or `x[...] = 0`), so that the caller's array is changed. Make a "
    "new array: other layers may still need x.",
    forward(INVERTED, train=masked_in_place),
)
know_drawings(INVERTED)

known(
    INVERTED,
    "keep_prob_taken_for_the_drop_probability",
    "keep_prob is treated throughout as the probability that a neuron is dropped, as in most frameworks. Here it is "
    "the probability that it stays, and values are divided by it. [SHKSS], section 4.",
    forward(INVERTED, train=masked(by_the_rest, exchanged)),
)
known(
    INVERTED,
    "not_scaled_in_training",
    "The values that stay are not scaled in training, so that the next layer's inputs are smaller than in evaluation. "
    "Inverted dropout divides them by keep_prob. [SHKSS], section 10.",
    forward(INVERTED, train=masked(same)),
)
known(
    INVERTED,
    "multiplied_by_keep_prob_in_training",
    "The values that stay are multiplied by keep_prob, which makes them smaller still. They are to make up for those "
    "that are missing: divide. [SHKSS], section 10.",
    forward(INVERTED, train=masked(multiplied)),
)
known(
    INVERTED,
    "scaled_twice_in_training",
    "The values that stay are divided by keep_prob twice, perhaps once in the mask and once more in the product. Work "
    "out the mean of the output: it should be x.",
    forward(INVERTED, train=masked(lambda values, keep_prob: divided(divided(values, keep_prob), keep_prob))),
)
known(
    INVERTED,
    "divided_by_the_drop_probability",
    "The values that stay are divided by 1 - keep_prob. The mean of the output is x where they are divided by the "
    "probability that they stay, keep_prob. [SHKSS], section 10.",
    forward(INVERTED, train=masked(by_the_rest)),
)
known(
    INVERTED,
    "multiplied_by_keep_prob_in_evaluation",
    "The output is multiplied by keep_prob in evaluation, as classic dropout does. Inverted dropout has scaled in "
    "training already, and does nothing in evaluation. [SHKSS], section 10.",
    forward(INVERTED, evaluate=whole(multiplied)),
)
known(
    INVERTED,
    "divided_by_keep_prob_in_evaluation",
    "The output is divided by keep_prob in evaluation too. There nothing is dropped, so there is nothing to make up "
    "for.",
    forward(INVERTED, evaluate=whole(divided)),
)
known(
    INVERTED,
    "classic_dropout_instead",
    "This is classic dropout: unscaled in training, multiplied by keep_prob in evaluation. dropout_forward is the "
    "inverted form, which scales in training and does nothing in evaluation. [SHKSS], section 10.",
    forward(INVERTED, train=masked(same), evaluate=whole(multiplied)),
)
known(
    INVERTED,
    "dropout_in_evaluation",
    "Neurons are dropped in evaluation as in training: `training` is not looked at. In evaluation all neurons take "
    "part.",
    forward(INVERTED, evaluate=masked(divided)),
)
known(
    INVERTED,
    "modes_exchanged",
    "Neurons are dropped in evaluation and left alone in training: the condition on `training` is the wrong way round.",
    forward(INVERTED, train=whole(same), evaluate=masked(divided)),
)
known(
    INVERTED,
    "nothing_dropped",
    "The output in training is x: no neuron is ever dropped.",
    forward(INVERTED, train=whole(same)),
)
known(
    INVERTED,
    "all_scaled_and_none_dropped",
    "In training all values are divided by keep_prob, but none is dropped: the mask is not applied.",
    forward(INVERTED, train=whole(divided)),
)


def by_the_share_kept(x: ndarray, keep_prob: float, rng: Generator) -> tuple[ndarray, ndarray]:
    """Divided by the share of ones in the mask."""
    mask = draw(x, keep_prob, rng)
    return x * mask / mask.mean(), mask


known(
    INVERTED,
    "divided_by_the_share_that_happened_to_stay",
    "The values are divided by the share of neurons that happened to stay in this call. The formula divides by the "
    "probability keep_prob, whatever the draw.",
    forward(INVERTED, train=by_the_share_kept),
)


know_checks(INVERTED)
# -- classic_dropout_forward -------------------------------------------------------------------------------------------

know_drawing(CLASSIC, FIRST)
known(
    CLASSIC,
    "message_without_keep_prob_and_its_value",
    "The ValueError's message does not say which argument was bad and what it was. Whoever reads it should not have "
    "to search: write keep_prob and its value into it.",
    forward(CLASSIC, check=check_saying_nothing),
)
know_drawings(CLASSIC)

known(
    CLASSIC,
    "inverted_dropout_instead",
    "This is inverted dropout: divided by keep_prob in training, unchanged in evaluation. The classic form leaves the "
    "values that stay as they are in training and multiplies all by keep_prob in evaluation. [SHKSS], section 4.",
    forward(CLASSIC, train=masked(divided), evaluate=whole(same)),
)
known(
    CLASSIC,
    "divided_by_keep_prob_in_training",
    "The values that stay are divided by keep_prob in training. The classic form leaves them as they are: it scales "
    "in evaluation. [SHKSS], section 4.",
    forward(CLASSIC, train=masked(divided)),
)
known(
    CLASSIC,
    "multiplied_by_keep_prob_in_training",
    "The values that stay are multiplied by keep_prob in training. The classic form leaves them as they are: it "
    "scales in evaluation only. [SHKSS], section 4.",
    forward(CLASSIC, train=masked(multiplied)),
)
known(
    CLASSIC,
    "not_scaled_in_evaluation",
    "The output in evaluation is x, larger than it is on average in training. Without scaling in training, evaluation "
    "has to multiply by keep_prob. [SHKSS], section 4 and Figure 2.",
    forward(CLASSIC, evaluate=whole(same)),
)
known(
    CLASSIC,
    "divided_by_keep_prob_in_evaluation",
    "The output in evaluation is divided by keep_prob, which makes it larger still. In training a neuron gives "
    "keep_prob * x on average; so should evaluation. [SHKSS], section 4.",
    forward(CLASSIC, evaluate=whole(divided)),
)
known(
    CLASSIC,
    "multiplied_by_the_drop_probability_in_evaluation",
    "The output in evaluation is multiplied by 1 - keep_prob. In training a neuron gives keep_prob * x on average; so "
    "should evaluation. [SHKSS], section 4.",
    forward(CLASSIC, evaluate=whole(lambda values, keep_prob: values * (1 - keep_prob))),
)
known(
    CLASSIC,
    "dropout_in_evaluation",
    "Neurons are dropped in evaluation as in training: `training` is not looked at. In evaluation all neurons take "
    "part, multiplied by keep_prob. [SHKSS], section 4.",
    forward(CLASSIC, evaluate=masked(same)),
)
known(
    CLASSIC,
    "dropped_and_scaled_in_evaluation",
    "In evaluation neurons are dropped and the others multiplied by keep_prob, which counts the missing ones twice. "
    "In evaluation all neurons take part. [SHKSS], section 4.",
    forward(CLASSIC, evaluate=masked(multiplied)),
)
known(
    CLASSIC,
    "modes_exchanged",
    "Training and evaluation are the wrong way round: neurons are dropped in evaluation, and multiplied by keep_prob "
    "in training.",
    forward(CLASSIC, train=whole(multiplied), evaluate=masked(same)),
)
known(
    CLASSIC,
    "nothing_dropped",
    "The output in training is x: no neuron is ever dropped.",
    forward(CLASSIC, train=whole(same)),
)
known(
    CLASSIC,
    "expectation_in_training_too",
    "In training every value is multiplied by keep_prob and none is dropped. That is only the mean of what training "
    "should give: draw a mask.",
    forward(CLASSIC, train=whole(multiplied)),
)
know_checks(CLASSIC)
# -- backward ----------------------------------------------------------------------------------------------------------

Gradient = Callable[[ndarray, Kept], ndarray]


def backward(function: str, *, train: Gradient | None = None, evaluate: Gradient | None = None) -> Gradient:
    """The gradient with one of the modes changed, the other one as the oracle has it."""
    right: Gradient = getattr(oracle, function)

    def run(dout: ndarray, cache: Kept) -> ndarray:
        changed = train if cache.training else evaluate
        with np.errstate(all="ignore"):
            return (changed or right)(dout, cache)

    return run


def drawn_anew(dout: ndarray, cache: Kept) -> ndarray:
    """Another mask than the forward pass had."""
    return dout * draw(cache.x, cache.keep_prob, cache.rng)


def where_out_is_not_zero(dout: ndarray, cache: Kept) -> ndarray:
    """The mask as the output shows it."""
    return dout * (cache.x * cache.mask != 0)


def changing_dout(dout: ndarray, cache: Kept) -> ndarray:
    """Writes into dout."""
    if cache.training:
        dout *= cache.mask
        dout /= cache.keep_prob
    return dout


DRAWN_ANEW_HINT = (
    "The backward pass draws a mask of its own, so that the gradient flows through neurons that were dropped and "
    "stops at others that were not. Keep the mask of the forward pass in the cache. [SHKSS], section 5.1."
)
MASK_IGNORED_HINT = (
    "The gradient comes through at the neurons that were dropped, too. They did not act on the loss, so their "
    "gradient is 0: multiply by the mask of the forward pass. [SHKSS], section 5.1."
)
MASK_EXCHANGED_HINT = (
    "The gradient comes through where the neuron was dropped, and is 0 where it stayed: the mask is the wrong way "
    "round."
)
FROM_THE_OUTPUT_HINT = (
    "The mask is read off the output, as the entries that are not 0. An entry of x that is 0, as half of them are "
    "after a ReLU, looks dropped even if it stayed, and loses its gradient. Keep the mask itself in the cache."
)

BACKWARD = "dropout_backward"
known(
    BACKWARD,
    "not_scaled",
    "The mask is applied but the gradient is not divided by keep_prob. out = m * x / keep_prob, so the chain rule "
    "brings the same factor m / keep_prob into dx.",
    backward(BACKWARD, train=lambda dout, k: dout * k.mask),
)
known(
    BACKWARD,
    "mask_ignored",
    MASK_IGNORED_HINT,
    backward(BACKWARD, train=lambda dout, k: divided(dout, k.keep_prob)),
)
known(
    BACKWARD,
    "dout_passed_on_unchanged",
    "dx is dout in training as well. Dropped neurons have gradient 0, and the others that of x / keep_prob.",
    backward(BACKWARD, train=lambda dout, k: dout.copy()),
)
known(
    BACKWARD,
    "mask_drawn_anew",
    DRAWN_ANEW_HINT,
    backward(BACKWARD, train=lambda dout, k: divided(drawn_anew(dout, k), k.keep_prob)),
)
known(
    BACKWARD,
    "mask_exchanged",
    MASK_EXCHANGED_HINT,
    backward(BACKWARD, train=lambda dout, k: divided(dout * ~k.mask, k.keep_prob)),
)
known(
    BACKWARD,
    "mask_read_off_the_output",
    FROM_THE_OUTPUT_HINT,
    backward(BACKWARD, train=lambda dout, k: divided(where_out_is_not_zero(dout, k), k.keep_prob)),
)
known(
    BACKWARD,
    "scaled_twice",
    "The gradient is divided by keep_prob twice, perhaps once in the cached mask and once more in the product.",
    backward(BACKWARD, train=lambda dout, k: divided(divided(dout * k.mask, k.keep_prob), k.keep_prob)),
)
known(
    BACKWARD,
    "multiplied_by_keep_prob",
    "The gradient is multiplied by keep_prob where the forward pass divides by it. The derivative of x / keep_prob is "
    "1 / keep_prob.",
    backward(BACKWARD, train=lambda dout, k: dout * k.mask * k.keep_prob),
)
known(
    BACKWARD,
    "divided_by_the_drop_probability",
    "The gradient is divided by 1 - keep_prob. The forward pass divides by keep_prob, and so does the gradient.",
    backward(BACKWARD, train=lambda dout, k: by_the_rest(dout * k.mask, k.keep_prob)),
)
known(
    BACKWARD,
    "multiplied_by_x",
    "The gradient is multiplied by the values instead of by the mask. out is m / keep_prob times x, so its derivative "
    "with respect to x is m / keep_prob: x itself does not enter.",
    backward(BACKWARD, train=lambda dout, k: divided(dout * k.mask * k.x, k.keep_prob)),
)
known(
    BACKWARD,
    "divided_by_keep_prob_after_evaluation",
    "The gradient is divided by keep_prob after a forward pass in evaluation, too. There out = x, and dx = dout.",
    backward(BACKWARD, evaluate=lambda dout, k: divided(dout, k.keep_prob)),
)
known(
    BACKWARD,
    "multiplied_by_keep_prob_after_evaluation",
    "The gradient is multiplied by keep_prob after a forward pass in evaluation, as in classic dropout. Inverted "
    "dropout does nothing in evaluation: out = x, and dx = dout.",
    backward(BACKWARD, evaluate=lambda dout, k: dout * k.keep_prob),
)
known(
    BACKWARD,
    "masked_after_evaluation",
    "After a forward pass in evaluation a mask is applied to the gradient, although nothing was dropped.",
    backward(BACKWARD, evaluate=lambda dout, k: divided(drawn_anew(dout, k), k.keep_prob)),
)
known(
    BACKWARD,
    "no_gradient_after_evaluation",
    "After a forward pass in evaluation the gradient is 0. There out = x, so dx = dout.",
    backward(BACKWARD, evaluate=lambda dout, k: np.zeros_like(dout)),
)
known(
    BACKWARD,
    "dout_changed_in_place",
    "The mask is multiplied into dout itself (`dout *= ...`), so that the caller's array is changed. Make a new "
    "array: other branches of the network may still need dout.",
    backward(BACKWARD, train=changing_dout),
)

CLASSIC_BACKWARD = "classic_dropout_backward"
known(
    CLASSIC_BACKWARD,
    "divided_by_keep_prob_in_training",
    "The gradient is divided by keep_prob in training, as in inverted dropout. Here out = m * x, so dx = m * dout.",
    backward(CLASSIC_BACKWARD, train=lambda dout, k: divided(dout * k.mask, k.keep_prob)),
)
known(
    CLASSIC_BACKWARD,
    "not_scaled_after_evaluation",
    "After a forward pass in evaluation the gradient is passed on as it is. There out = keep_prob * x, so "
    "dx = keep_prob * dout.",
    backward(CLASSIC_BACKWARD, evaluate=lambda dout, k: dout.copy()),
)
known(
    CLASSIC_BACKWARD,
    "inverted_dropout_instead",
    "This is the gradient of inverted dropout in both modes. In the classic form dx = m * dout in training and "
    "keep_prob * dout in evaluation.",
    backward(
        CLASSIC_BACKWARD,
        train=lambda dout, k: divided(dout * k.mask, k.keep_prob),
        evaluate=lambda dout, k: dout.copy(),
    ),
)
known(
    CLASSIC_BACKWARD,
    "mask_ignored",
    MASK_IGNORED_HINT,
    backward(CLASSIC_BACKWARD, train=lambda dout, k: dout.copy()),
)
known(CLASSIC_BACKWARD, "mask_drawn_anew", DRAWN_ANEW_HINT, backward(CLASSIC_BACKWARD, train=drawn_anew))
known(
    CLASSIC_BACKWARD,
    "mask_exchanged",
    MASK_EXCHANGED_HINT,
    backward(CLASSIC_BACKWARD, train=lambda dout, k: dout * ~k.mask),
)
known(
    CLASSIC_BACKWARD,
    "mask_read_off_the_output",
    FROM_THE_OUTPUT_HINT,
    backward(CLASSIC_BACKWARD, train=where_out_is_not_zero),
)
known(
    CLASSIC_BACKWARD,
    "multiplied_by_keep_prob_in_training",
    "The gradient is multiplied by keep_prob in training as well. There out = m * x, so dx = m * dout; the factor "
    "belongs to evaluation.",
    backward(CLASSIC_BACKWARD, train=lambda dout, k: dout * k.mask * k.keep_prob),
)
known(
    CLASSIC_BACKWARD,
    "expectation_in_training_too",
    "In training, too, all of dout is multiplied by keep_prob. Training has a mask: dx = m * dout.",
    backward(CLASSIC_BACKWARD, train=lambda dout, k: dout * k.keep_prob),
)
known(
    CLASSIC_BACKWARD,
    "multiplied_by_x",
    "The gradient is multiplied by the values instead of by the mask. out = m * x, so its derivative with respect to "
    "x is m: x itself does not enter.",
    backward(CLASSIC_BACKWARD, train=lambda dout, k: dout * k.mask * k.x),
)
known(
    CLASSIC_BACKWARD,
    "divided_by_keep_prob_after_evaluation",
    "After a forward pass in evaluation the gradient is divided by keep_prob. There out = keep_prob * x, so "
    "dx = keep_prob * dout.",
    backward(CLASSIC_BACKWARD, evaluate=lambda dout, k: divided(dout, k.keep_prob)),
)
known(
    CLASSIC_BACKWARD,
    "masked_after_evaluation",
    "After a forward pass in evaluation a mask is applied to the gradient, although nothing was dropped.",
    backward(CLASSIC_BACKWARD, evaluate=drawn_anew),
)
known(
    CLASSIC_BACKWARD,
    "no_gradient_after_evaluation",
    "After a forward pass in evaluation the gradient is 0. There out = keep_prob * x, so dx = keep_prob * dout.",
    backward(CLASSIC_BACKWARD, evaluate=lambda dout, k: np.zeros_like(dout)),
)


# -- count_subnetworks -------------------------------------------------------------------------------------------------


@misconception(
    "count_subnetworks",
    "The number is taken for the square of the number of neurons. Every neuron doubles the number of networks, since "
    "it may stay or go: write the sets down for 3 neurons. [SHKSS], section 1.",
)
def squared(neurons: int) -> int:
    return neurons**2


@misconception(
    "count_subnetworks",
    "The number is taken for twice the number of neurons. Two choices for each of n neurons multiply, they do not add "
    "up: write the sets down for 3 neurons. [SHKSS], section 1.",
)
def doubled(neurons: int) -> int:
    return 2 * neurons


@misconception(
    "count_subnetworks",
    "One network is left out, the one without any neuron or the one with all. Both count: see the example. [SHKSS], "
    "section 1.",
)
def one_left_out(neurons: int) -> int:
    return 2**neurons - 1


@misconception(
    "count_subnetworks",
    "Half the networks are missing, as if one neuron had no choice. Each of the n neurons may stay or go. [SHKSS], "
    "section 1.",
)
def one_neuron_too_few(neurons: int) -> int:
    return 2 ** (neurons - 1)


@misconception(
    "count_subnetworks",
    "The orders of the neurons are counted, n factorial. It matters only which neurons stay, not in which order. "
    "[SHKSS], section 1.",
)
def orders_counted(neurons: int) -> int:
    return math.factorial(neurons)


@misconception(
    "count_subnetworks",
    "The number is computed in 64 bits, which hold no more than 2**63 - 1, so that it overflows from 63 neurons on. "
    "Use Python's own ints, which have no upper limit.",
)
def overflow_in_64_bits(neurons: int) -> int:
    with np.errstate(all="ignore"):
        return int(np.power(np.int64(2), np.int64(neurons)))


@misconception(
    "count_subnetworks",
    "The number is computed with floating point logarithms or exponentials, whose digits run out after the sixteenth. "
    "Use whole numbers throughout.",
)
def rounded_by_floating_point(neurons: int) -> int:
    return round(math.exp(neurons * math.log(2)))
