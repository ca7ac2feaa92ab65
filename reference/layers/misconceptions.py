"""Known wrong ways to write layers, losses and the tiny network, and what to say about each.

[DL] is Goodfellow, Bengio and Courville, Deep Learning (2016); [RHW] is Rumelhart, Hinton and Williams, Learning
representations by back-propagating errors (1986).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray
from numpy.lib.stride_tricks import sliding_window_view

from grader.checking import Trait, misconception
from grader.checking.traits import equals, holds, same, size, value
from reference.layers import oracle
from reference.layers.oracle import Affine, Entrywise

Gradients = tuple[ndarray, ndarray, ndarray]
Loss = tuple[float, ndarray]
Step = tuple[float, float, ndarray, ndarray]

DOUT_MISSING = (
    "The derivative of the function is there, but not multiplied by dout, the gradient that comes from the layers "
    "above: the chain rule multiplies the two ([DL], section 6.5.2)."
)
CHANGED_IN_PLACE = (
    "The results are right, but an operation in place (such as -= or an assignment to some entries) writes into the "
    "array that was passed. The caller may still need it: work on a new array."
)


OVERFLOW_WARNING = (
    "The result is right, but exp of a large number overflows on the way to it, which NumPy warns of. Both branches of "
    "np.where are computed for every entry; of exp(x) and exp(-x) take the one that is small, for instance by way of "
    "exp(-|x|) ([DL], section 4.1)."
)
OF_THE_BATCH = (
    "The largest score of the whole batch is subtracted. In a row that lies far below it every exponential is 0; "
    "subtract each row's own largest score ([DL], section 4.1)."
)


# -- what may divide right cases from wrong ones -----------------------------------------------------------------------


def _axes(arguments: dict[str, Any]) -> int | None:
    """The number of axes of x or of the output."""
    array = arguments.get("x", arguments.get("output"))
    return array.ndim if isinstance(array, ndarray) else None


def _far(arguments: dict[str, Any]) -> float | None:
    """The largest magnitude in x or in the scores."""
    array = arguments.get("x", arguments.get("scores"))
    return float(np.abs(array).max()) if isinstance(array, ndarray) else None


def _map_size(image: int | None, kernel: int) -> int:
    """Rows or columns of the convolved map."""
    return (image or 0) - kernel + 1


AFFINE, TINY, SOFTMAX = ("affine_forward", "affine_backward"), ("tiny_cnn_step",), ("softmax_cross_entropy",)
ENTRYWISE = ("relu_forward", "relu_backward", "sigmoid_forward", "sigmoid_backward")
TRAITS = (
    Trait("examples of one axis", "example of several axes", equals(_axes, 2), AFFINE),
    Trait("one example", "batch of several examples", equals(size("x", 0), 1), AFFINE),
    Trait("as many outputs as inputs", "layer with other sizes", same(size("w", 0), size("w", 1)), AFFINE),
    Trait("one output", "layer with several outputs", equals(size("w", 1), 1), AFFINE),
    Trait("arrays of two axes", "array of other axes", equals(_axes, 2), ENTRYWISE),
    Trait("arrays of one entry", "larger array", equals(size("x"), 1), ENTRYWISE),
    Trait("values up to 20", "larger value", holds(lambda far: far <= 20, _far), ENTRYWISE),
    Trait("one example", "batch of several examples", equals(size("scores", 0), 1), SOFTMAX),
    Trait("two classes", "larger number of classes", equals(size("scores", 1), 2), SOFTMAX),
    Trait("as many examples as classes", "other batch", same(size("scores", 0), size("scores", 1)), SOFTMAX),
    Trait("scores up to 100", "larger score", holds(lambda far: far <= 100, _far), SOFTMAX),
    Trait("outputs of one number", "larger output", equals(size("output"), 1), ("squared_error",)),
    Trait("outputs of one axis", "output of several axes", equals(_axes, 1), ("squared_error",)),
    Trait("a target of 0", "other target", equals(value("target"), 0), TINY),
    Trait("a learning rate of 1", "other learning rate", equals(value("lr"), 1), TINY),
    Trait("kernels of one entry", "larger kernel", equals(size("w_conv"), 1), TINY),
    Trait("square kernels", "kernel that is not square", same(size("w_conv", 0), size("w_conv", 1)), TINY),
    Trait("square images", "image that is not square", same(size("x", 0), size("x", 1)), TINY),
    Trait("a pooled map of one number", "larger map", equals(size("w_out"), 1), TINY),
    Trait(
        "maps of even height and width",
        "map with a last odd row or column",
        holds(
            lambda rows, columns, height, width: _map_size(rows, height) % 2 == _map_size(columns, width) % 2 == 0,
            *(size("x", 0), size("x", 1), size("w_conv", 0), size("w_conv", 1)),
        ),
        TINY,
    ),
)

# -- affine_forward ----------------------------------------------------------------------------------------------------


def _rows(x: ndarray) -> ndarray:
    """(N, D): every example as one row."""
    return x.reshape(len(x), -1)


def _affine(run: Callable[[ndarray, ndarray, ndarray], ndarray]) -> Callable[..., tuple[ndarray, Affine]]:
    """A forward function with the output of `run`."""

    @functools.wraps(run)
    def forward(x: ndarray, w: ndarray, b: ndarray) -> tuple[ndarray, Affine]:
        kept = Affine(x.copy(), w.copy(), b)
        return run(x, w, b), kept

    return forward


@misconception(
    "affine_forward",
    "The bias is not added. Every output has one, the same for all examples ([DL], section 6.1).",
)
@_affine
def bias_missing(x: ndarray, w: ndarray, b: ndarray) -> ndarray:
    return _rows(x) @ w


@misconception(
    "affine_forward",
    "The input is multiplied as it is, without its examples being flattened: with more than one axis an example must "
    "first become one row of D numbers.",
)
@_affine
def input_not_flattened(x: ndarray, w: ndarray, b: ndarray) -> ndarray:
    return x @ w + b


@misconception(
    "affine_forward",
    "The examples are flattened with the first of their axes running fastest. The weights are in the other order: the "
    "last axis runs fastest, so that an image is read row by row.",
)
@_affine
def flattened_with_first_axis_fastest(x: ndarray, w: ndarray, b: ndarray) -> ndarray:
    return x.reshape(len(x), -1, order="F") @ w + b


@misconception(
    "affine_forward",
    "The batch is reshaped to (N, D) in a way that mixes the examples, as happens when the batch axis does not stay "
    "first. A row must hold the numbers of one example.",
)
@_affine
def examples_mixed_while_flattening(x: ndarray, w: ndarray, b: ndarray) -> ndarray:
    return x.reshape(-1, len(x)).T @ w + b


@misconception(
    "affine_forward",
    "The weights are used transposed. w is (D, M): its rows belong to the inputs, its columns to the outputs. "
    "(PyTorch keeps the weights of a linear layer the other way round.)",
)
@_affine
def weights_transposed(x: ndarray, w: ndarray, b: ndarray) -> ndarray:
    return _rows(x) @ w.T + b


@misconception(
    "affine_forward",
    "The bias is subtracted; it is added to the weighted sum ([DL], section 6.1).",
)
@_affine
def bias_subtracted(x: ndarray, w: ndarray, b: ndarray) -> ndarray:
    return _rows(x) @ w - b


@misconception(
    "affine_forward",
    "The biases are added along the batch. They are (M,), one for each output, the same in every row.",
)
@_affine
def bias_added_along_the_batch(x: ndarray, w: ndarray, b: ndarray) -> ndarray:
    return _rows(x) @ w + b[:, np.newaxis]


@misconception(
    "affine_forward",
    "The weighted sums are divided by the number of inputs. An affine layer sums, it does not average ([DL], section "
    "6.1).",
)
@_affine
def inputs_averaged(x: ndarray, w: ndarray, b: ndarray) -> ndarray:
    return _rows(x) @ w / len(w) + b


@misconception(
    "affine_forward",
    "Negative outputs are cut off. The affine layer itself is linear; ReLU is a layer of its own.",
)
@_affine
def relu_included(x: ndarray, w: ndarray, b: ndarray) -> ndarray:
    return np.maximum(_rows(x) @ w + b, 0.0)


@misconception("affine_forward", CHANGED_IN_PLACE)
@_affine
def arguments_changed_in_place(x: ndarray, w: ndarray, b: ndarray) -> ndarray:
    out = _rows(x) @ w + b
    w += b
    x.shape = (len(x), -1)
    return out


# -- affine_backward ---------------------------------------------------------------------------------------------------


@misconception(
    "affine_backward",
    "dx comes back as flat rows. It is the gradient of x and has the shape of x: (N, d1, ..., dk).",
)
def dx_not_reshaped(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, db = oracle.affine_backward(dout, cache)
    return _rows(dx), dw, db


@misconception(
    "affine_backward",
    "dw is transposed: (M, D) in place of (D, M). The gradient of w has the shape of w, so x, transposed, is the "
    "first factor.",
)
def dw_transposed(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, db = oracle.affine_backward(dout, cache)
    return dx, dw.T.copy(), db


@misconception(
    "affine_backward",
    "db is averaged over the batch. The bias takes part in every example's output, and these contributions add up "
    "(chain rule); the 1/N of a mean loss is in dout already.",
)
def db_averaged(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, _ = oracle.affine_backward(dout, cache)
    return dx, dw, dout.mean(axis=0)


@misconception(
    "affine_backward",
    "dw is divided by N. The contributions of the examples add up; the 1/N of a mean loss is in dout already.",
)
def dw_averaged(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, db = oracle.affine_backward(dout, cache)
    return dx, dw / len(dout), db


@misconception(
    "affine_backward",
    "dw and db are divided by N. The contributions of the examples add up; the 1/N of a mean loss is in dout already.",
)
def dw_and_db_averaged(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, db = oracle.affine_backward(dout, cache)
    return dx, dw / len(dout), db / len(dout)


@misconception(
    "affine_backward",
    "All three gradients are divided by N. The 1/N of a mean loss is in dout already.",
)
def all_gradients_averaged(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, db = oracle.affine_backward(dout, cache)
    return dx / len(dout), dw / len(dout), db / len(dout)


@misconception(
    "affine_backward",
    "dw and db are those of the last example alone: in a loop over the examples each replaces what the earlier ones gave. "
    "What the examples contribute adds up ([DL], section 6.5.6).",
)
def dw_and_db_of_the_last_example(dout: ndarray, cache: Affine) -> Gradients:
    return oracle.affine_backward(dout, cache)[0], np.outer(_rows(cache.x)[-1], dout[-1]), dout[-1].copy()


@misconception(
    "affine_backward",
    "dw is made from the sum of the examples and the sum of dout. Each example meets its own row of dout: multiply first, then "
    "add up, as x.T @ dout does ([DL], section 6.5.6).",
)
def dw_from_sums(dout: ndarray, cache: Affine) -> Gradients:
    dx, _, db = oracle.affine_backward(dout, cache)
    return dx, np.outer(_rows(cache.x).sum(axis=0), dout.sum(axis=0)), db


@misconception(
    "affine_backward",
    "db is dout as it is. The same bias is added in every example, so its gradient is the sum over the batch, (M,).",
)
def db_not_summed(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, _ = oracle.affine_backward(dout, cache)
    return dx, dw, dout.copy()


@misconception(
    "affine_backward",
    "db keeps an axis of length 1 from the sum: (1, M) in place of (M,). A gradient has the shape of what it is the "
    "gradient of.",
)
def db_keeps_batch_axis(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, db = oracle.affine_backward(dout, cache)
    return dx, dw, db[np.newaxis]


@misconception(
    "affine_backward",
    "db is summed along the outputs. There is one bias for each output: the sum is over the batch, the first axis of "
    "dout.",
)
def db_summed_over_outputs(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, _ = oracle.affine_backward(dout, cache)
    return dx, dw, dout.sum(axis=1)


@misconception(
    "affine_backward",
    "db is the sum of all of dout, a single number. There is one bias for each output: the sum is over the batch "
    "alone.",
)
def db_summed_over_everything(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, _ = oracle.affine_backward(dout, cache)
    return dx, dw, dout.sum()


@misconception(
    "affine_backward",
    "dx is made with w where its transpose belongs: the gradient runs from the M outputs back to the D inputs ([RHW], "
    "equation 7).",
)
def dx_by_weights_not_transposed(dout: ndarray, cache: Affine) -> Gradients:
    _, dw, db = oracle.affine_backward(dout, cache)
    return (dout @ cache.w).reshape(cache.x.shape), dw, db


@misconception(
    "affine_backward",
    "The gradients of x and w are exchanged: dx is made from dout and w, dw from x and dout.",
)
def dx_and_dw_exchanged(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, db = oracle.affine_backward(dout, cache)
    return dw, dx, db


@misconception(
    "affine_backward",
    "The gradients come back in the wrong order: dx, dw, db is the order of the forward function's arguments.",
)
def gradients_in_wrong_order(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, db = oracle.affine_backward(dout, cache)
    return dx, db, dw


@misconception(
    "affine_backward",
    "The gradients are those of a layer that flattens with the first axis running fastest: dx is put back in that "
    "order, and the rows of dw stand in it. The last axis runs fastest.",
)
def gradients_with_first_axis_fastest(dout: ndarray, cache: Affine) -> Gradients:
    dx, _, db = oracle.affine_backward(dout, cache)
    dw = cache.x.reshape(len(dout), -1, order="F").T @ dout
    return _rows(dx).reshape(dx.shape, order="F"), dw, db


@misconception(
    "affine_backward",
    "dx is put back into the shape of x with the first axis running fastest; the forward pass flattens with the last "
    "axis running fastest.",
)
def dx_reshaped_with_first_axis_fastest(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, db = oracle.affine_backward(dout, cache)
    return _rows(dx).reshape(dx.shape, order="F"), dw, db


@misconception(
    "affine_backward",
    "The gradients have the wrong sign. A gradient points where the loss grows; the minus belongs to the step of "
    "gradient descent ([DL], section 4.3).",
)
def gradients_negated(dout: ndarray, cache: Affine) -> Gradients:
    dx, dw, db = oracle.affine_backward(dout, cache)
    return -dx, -dw, -db


@misconception("affine_backward", CHANGED_IN_PLACE)
def dout_changed_in_place(dout: ndarray, cache: Affine) -> Gradients:
    gradients = oracle.affine_backward(dout, cache)
    dout *= 0.5
    return gradients


# -- relu_forward ------------------------------------------------------------------------------------------------------


def _entrywise(run: Callable[[ndarray], ndarray]) -> Callable[[ndarray], tuple[ndarray, Entrywise]]:
    """A forward function with the output of `run`."""

    @functools.wraps(run)
    def forward(x: ndarray) -> tuple[ndarray, Entrywise]:
        kept = Entrywise(x.copy())
        with np.errstate(all="ignore"):
            return run(x), kept

    return forward


@misconception(
    "relu_forward",
    "Negative entries lose their sign. They become 0; the absolute value is another function ([DL], section 6.3.1).",
)
@_entrywise
def absolute_value(x: ndarray) -> ndarray:
    return np.abs(x)


@misconception(
    "relu_forward",
    "The input comes back as it is. Negative entries become 0 ([DL], section 6.3.1).",
)
@_entrywise
def negative_entries_kept(x: ndarray) -> ndarray:
    return x.copy()


@misconception(
    "relu_forward",
    "Entries above 1 are cut off. ReLU has no upper end: that it does not saturate is its point ([DL], section 6.3.1).",
)
@_entrywise
def clipped_at_one(x: ndarray) -> ndarray:
    return np.clip(x, 0.0, 1.0)


@misconception(
    "relu_forward",
    "Entries above 6 are cut off: that is ReLU6. ReLU has no upper end ([DL], section 6.3.1).",
)
@_entrywise
def clipped_at_six(x: ndarray) -> ndarray:
    return np.clip(x, 0.0, 6.0)


@misconception(
    "relu_forward",
    "The output is 0 or 1: the derivative of ReLU, or a step. Positive entries stay as they are.",
)
@_entrywise
def step_function(x: ndarray) -> ndarray:
    return (x > 0).astype(np.float64)


@misconception(
    "relu_forward",
    "Negative entries stay a little negative: that is the leaky ReLU. Here they become 0.",
)
@_entrywise
def leaky(x: ndarray) -> ndarray:
    return np.where(x > 0, x, 0.01 * x)


@misconception(
    "relu_forward",
    "The sign is the wrong way round: positive entries stay, negative ones become 0.",
)
@_entrywise
def negative_part_kept(x: ndarray) -> ndarray:
    return np.minimum(x, 0.0)


@misconception(
    "relu_forward",
    "Only entries above 1 stay. The threshold of ReLU is 0.",
)
@_entrywise
def threshold_at_one(x: ndarray) -> ndarray:
    return np.where(x > 1, x, 0.0)


@misconception(
    "relu_forward",
    "The largest entry is taken of the whole array, or of a row. max(x, 0) is meant entry by entry, and keeps the "
    "shape.",
)
@_entrywise
def maximum_of_the_array(x: ndarray) -> ndarray:
    return np.asarray(max(x.max(), 0.0))


@misconception("relu_forward", CHANGED_IN_PLACE)
@_entrywise
def negative_entries_overwritten(x: ndarray) -> ndarray:
    x[x < 0] = 0.0
    return x


# -- relu_backward -----------------------------------------------------------------------------------------------------


@misconception(
    "relu_backward",
    "The gradient is passed where dout is positive. What decides is the input of the forward pass: dout passes, "
    "whatever its sign, where x was positive.",
)
def passes_where_dout_is_positive(dout: ndarray, cache: Entrywise) -> ndarray:
    return np.maximum(dout, 0.0)


@misconception(
    "relu_backward",
    "The gradient is passed where both x and dout are positive. Only x decides: negative gradients pass, too. (The "
    "rule with both is guided backpropagation, a way to draw pictures.)",
)
def passes_where_both_are_positive(dout: ndarray, cache: Entrywise) -> ndarray:
    return np.where(cache.x > 0, np.maximum(dout, 0.0), 0.0)


@misconception(
    "relu_backward",
    "The gradient passes everywhere. Through an entry that was negative, and became 0, nothing passes: a small change "
    "of it changes nothing.",
)
def passes_everywhere(dout: ndarray, cache: Entrywise) -> ndarray:
    return dout.copy()


@misconception("relu_backward", DOUT_MISSING)
def derivative_without_dout(dout: ndarray, cache: Entrywise) -> ndarray:
    return (cache.x > 0).astype(np.float64)


@misconception(
    "relu_backward",
    "The gradient is multiplied by x where x is positive. The derivative of x by x is 1 there, so dout passes "
    "unchanged.",
)
def gradient_times_x(dout: ndarray, cache: Entrywise) -> ndarray:
    return dout * np.maximum(cache.x, 0.0)


@misconception(
    "relu_backward",
    "x itself comes back where it was positive, in the place of dout: the forward pass once more. dout passes there.",
)
def x_in_the_place_of_dout(dout: ndarray, cache: Entrywise) -> ndarray:
    return np.maximum(cache.x, 0.0)


@misconception(
    "relu_backward",
    "Where x was negative the gradient comes back with its sign changed: that is the derivative of the absolute "
    "value. For ReLU nothing passes there.",
)
def negated_where_x_is_negative(dout: ndarray, cache: Entrywise) -> ndarray:
    return dout * np.sign(cache.x)


@misconception(
    "relu_backward",
    "The gradient passes where x was negative, and not where it was positive: the wrong way round.",
)
def passes_where_x_is_negative(dout: ndarray, cache: Entrywise) -> ndarray:
    return np.where(cache.x > 0, 0.0, dout)


@misconception(
    "relu_backward",
    "The gradient passes where x was above 1. The threshold is 0.",
)
def passes_above_one(dout: ndarray, cache: Entrywise) -> ndarray:
    return np.where(cache.x > 1, dout, 0.0)


@misconception(
    "relu_backward",
    "A hundredth of the gradient passes where x was negative: that is the leaky ReLU. Here nothing passes.",
)
def leaky_gradient(dout: ndarray, cache: Entrywise) -> ndarray:
    return np.where(cache.x > 0, dout, 0.01 * dout)


@misconception("relu_backward", CHANGED_IN_PLACE)
def entries_of_dout_overwritten(dout: ndarray, cache: Entrywise) -> ndarray:
    dx = oracle.relu_backward(dout, cache)
    dout[cache.x <= 0] = 0.0
    return dx


# -- sigmoid_forward ---------------------------------------------------------------------------------------------------


def _sigmoid(x: ndarray) -> ndarray:
    return oracle.sigmoid_forward(x)[0]


@misconception(
    "sigmoid_forward",
    "The sign in the exponent is missing, so that the result falls where it should rise: 1 / (1 + exp(x)) is 1 minus "
    "the sigmoid ([DL], section 6.2.2.2).",
)
@_entrywise
def sign_of_exponent(x: ndarray) -> ndarray:
    return _sigmoid(-x)


@misconception(
    "sigmoid_forward",
    "The two formulas are mixed: exp(-x) in the numerator belongs to no x. Where x is negative it is exp(x) / (1 + "
    "exp(x)), whose exponential is small; as it stands every result is above 1/2.",
)
@_entrywise
def formulas_mixed_for_negative_x(x: ndarray) -> ndarray:
    power = np.exp(-x)
    return np.where(x >= 0, 1.0, power) / (1.0 + power)


@misconception(
    "sigmoid_forward",
    "The exponential grows with |x|: the sign in the exponent is missing. So the result falls where it should rise, "
    "and overflows from about 710 on ([DL], section 4.1).",
)
@_entrywise
def exponential_of_magnitude(x: ndarray) -> ndarray:
    power = np.exp(np.abs(x))
    return np.where(x >= 0, 1.0, power) / (1.0 + power)


@misconception(
    "sigmoid_forward",
    "The denominator is missing: exp(x) is to be divided by 1 + exp(x).",
)
@_entrywise
def denominator_missing(x: ndarray) -> ndarray:
    return np.exp(np.minimum(x, 0.0))


@misconception(
    "sigmoid_forward",
    "There is a minus in the denominator, so that the result is infinite at 0: it is 1 + exp(-x).",
)
@_entrywise
def minus_in_denominator(x: ndarray) -> ndarray:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 - small)


@misconception(
    "sigmoid_forward",
    "The result is right for positive x and 0 for all negative ones. There the sigmoid is exp(x) / (1 + exp(x)).",
)
@_entrywise
def zero_for_negative_x(x: ndarray) -> ndarray:
    return np.where(x >= 0, _sigmoid(x), 0.0)


@misconception(
    "sigmoid_forward",
    "For large positive x this is infinity divided by infinity, which is NaN: exp(x) overflows from about 710 on. Of "
    "the two formulas use the one whose exponential is small ([DL], section 4.1).",
)
@_entrywise
def overflow_for_large_positive(x: ndarray) -> ndarray:
    return np.exp(x) / (1.0 + np.exp(x))


@misconception(
    "sigmoid_forward",
    "For large negative x this is infinity divided by infinity, which is NaN: exp(-x) overflows from about 710 on. Of "
    "the two formulas use the one whose exponential is small ([DL], section 4.1).",
)
@_entrywise
def overflow_for_large_negative(x: ndarray) -> ndarray:
    return 1.0 - np.exp(-x) / (1.0 + np.exp(-x))


@misconception(
    "sigmoid_forward",
    "This is the hyperbolic tangent, which runs from -1 to 1. The sigmoid runs from 0 to 1, with 1/2 at 0.",
)
@_entrywise
def hyperbolic_tangent(x: ndarray) -> ndarray:
    return np.tanh(x)


@misconception(
    "sigmoid_forward",
    "Half of 1 + tanh(x) is the sigmoid of 2x: the argument of the hyperbolic tangent is x/2.",
)
@_entrywise
def tangent_of_x_not_halved(x: ndarray) -> ndarray:
    return _sigmoid(2.0 * x)


@misconception(
    "sigmoid_forward",
    "This is the softmax over an axis, which makes the entries sum to 1. The sigmoid takes every entry on its own.",
)
@_entrywise
def softmax_for_sigmoid(x: ndarray) -> ndarray:
    shifted = np.exp(x - x.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


@misconception(
    "sigmoid_forward",
    "x is confined to a narrow range first, against overflow. That changes small results by orders of magnitude: "
    "sigmoid(-20) is 2e-9. Either the range is wide (exp overflows only above 700) or the formula chosen by the sign "
    "of x.",
)
@_entrywise
def confined_to_a_narrow_range(x: ndarray) -> ndarray:
    return _sigmoid(np.clip(x, -10.0, 10.0))


@misconception(
    "sigmoid_forward",
    "Results are kept away from 0 and 1, by something like 1e-7. The sigmoid does come that close to 0: sigmoid(-20) "
    "is 2e-9. A guard for a logarithm belongs where the logarithm is taken.",
)
@_entrywise
def kept_away_from_zero_and_one(x: ndarray) -> ndarray:
    return np.clip(_sigmoid(x), 1e-7, 1.0 - 1e-7)


@misconception(
    "sigmoid_forward",
    "For negative x the result is computed as 1 minus a number next to 1, in single precision: all its digits cancel. "
    "Use the formula whose exponential is small ([DL], section 4.1).",
)
@_entrywise
def small_results_cancelled(x: ndarray) -> ndarray:
    return (1.0 - _sigmoid(-x).astype(np.float32)).astype(np.float64)


@misconception(
    "sigmoid_forward",
    "The derivative comes back instead of the sigmoid: s (1 - s) belongs into sigmoid_backward.",
)
@_entrywise
def derivative_for_value(x: ndarray) -> ndarray:
    return _sigmoid(x) * _sigmoid(-x)


@misconception(
    "sigmoid_forward",
    "This is a threshold at 0. The sigmoid passes smoothly from 0 to 1 ([DL], section 6.2.2.2).",
)
@_entrywise
def threshold_for_sigmoid(x: ndarray) -> ndarray:
    return 1.0 * (x >= 0)


@misconception("sigmoid_forward", OVERFLOW_WARNING)
def overflow_in_the_branch_not_taken(x: ndarray) -> tuple[ndarray, Entrywise]:
    return np.where(x >= 0, 1.0 / (1.0 + np.exp(-x)), np.exp(x) / (1.0 + np.exp(x))), Entrywise(x)


@misconception("sigmoid_forward", OVERFLOW_WARNING)
def overflow_with_a_warning(x: ndarray) -> tuple[ndarray, Entrywise]:
    return 1.0 / (1.0 + np.exp(-x)), Entrywise(x)


@misconception("sigmoid_forward", CHANGED_IN_PLACE)
@_entrywise
def x_negated_in_place(x: ndarray) -> ndarray:
    out = _sigmoid(x)
    np.negative(x, out=x)
    return out


# -- sigmoid_backward --------------------------------------------------------------------------------------------------


@misconception(
    "sigmoid_backward",
    "The derivative of the sigmoid is s (1 - s), not s (1 + s) ([RHW], equation 5).",
)
def one_plus_in_derivative(dout: ndarray, cache: Entrywise) -> ndarray:
    s = _sigmoid(cache.x)
    return dout * s * (1.0 + s)


@misconception(
    "sigmoid_backward",
    "The factor 1 - s is missing: the derivative of the sigmoid is s (1 - s) ([RHW], equation 5).",
)
def second_factor_missing(dout: ndarray, cache: Entrywise) -> ndarray:
    return dout * _sigmoid(cache.x)


@misconception(
    "sigmoid_backward",
    "The factor s is missing: the derivative of the sigmoid is s (1 - s) ([RHW], equation 5).",
)
def first_factor_missing(dout: ndarray, cache: Entrywise) -> ndarray:
    return dout * _sigmoid(-cache.x)


@misconception("sigmoid_backward", DOUT_MISSING)
def slope_without_dout(dout: ndarray, cache: Entrywise) -> ndarray:
    return _sigmoid(cache.x) * _sigmoid(-cache.x)


@misconception(
    "sigmoid_backward",
    "1 - s^2 is the derivative of the hyperbolic tangent. The sigmoid's is s (1 - s) ([RHW], equation 5).",
)
def derivative_of_tangent(dout: ndarray, cache: Entrywise) -> ndarray:
    return dout * (1.0 - _sigmoid(cache.x) ** 2)


@misconception(
    "sigmoid_backward",
    "x (1 - x) is computed from the input. The s in s (1 - s) is the sigmoid's output ([RHW], equation 5).",
)
def derivative_from_x(dout: ndarray, cache: Entrywise) -> ndarray:
    return dout * cache.x * (1.0 - cache.x)


@misconception(
    "sigmoid_backward",
    "The sigmoid is applied to its own output once more before the derivative is taken. If the cache holds the "
    "output, it is the s in s (1 - s).",
)
def sigmoid_applied_twice(dout: ndarray, cache: Entrywise) -> ndarray:
    s = _sigmoid(_sigmoid(cache.x))
    return dout * s * (1.0 - s)


@misconception(
    "sigmoid_backward",
    "exp(-x) / (1 + exp(-x))^2 is infinity divided by infinity, NaN, for large negative x. From the output s the "
    "slope s (1 - s) needs no exponential ([RHW], equation 5).",
)
def slope_overflows_for_large_negative(dout: ndarray, cache: Entrywise) -> ndarray:
    with np.errstate(all="ignore"):
        return dout * np.exp(-cache.x) / (1.0 + np.exp(-cache.x)) ** 2


@misconception(
    "sigmoid_backward",
    "exp(x) / (1 + exp(x))^2 is infinity divided by infinity, NaN, for large positive x. From the output s the slope "
    "s (1 - s) needs no exponential ([RHW], equation 5).",
)
def slope_overflows_for_large_positive(dout: ndarray, cache: Entrywise) -> ndarray:
    with np.errstate(all="ignore"):
        return dout * np.exp(cache.x) / (1.0 + np.exp(cache.x)) ** 2


@misconception(
    "sigmoid_backward",
    "The sign is wrong: the sigmoid rises everywhere, so its slope s (1 - s) is positive.",
)
def slope_negated(dout: ndarray, cache: Entrywise) -> ndarray:
    return -oracle.sigmoid_backward(dout, cache)


@misconception(
    "sigmoid_backward",
    "The gradient passes unchanged. It is multiplied by the slope of the sigmoid, s (1 - s), at most 1/4 ([RHW], "
    "equation 5).",
)
def slope_missing(dout: ndarray, cache: Entrywise) -> ndarray:
    return dout.copy()


@misconception("sigmoid_backward", CHANGED_IN_PLACE)
def dout_multiplied_in_place(dout: ndarray, cache: Entrywise) -> ndarray:
    dx = oracle.sigmoid_backward(dout, cache)
    dout *= 0.5
    return dx


@misconception("sigmoid_backward", OVERFLOW_WARNING)
def slope_overflows_with_a_warning(dout: ndarray, cache: Entrywise) -> ndarray:
    out = 1.0 / (1.0 + np.exp(-cache.x))
    return dout * out * (1.0 - out)


# -- softmax_cross_entropy ---------------------------------------------------------------------------------------------


class Soft(NamedTuple):
    """What loss and gradient are made of."""

    n: int
    log_p: ndarray
    picked: tuple[ndarray, ndarray]  # the index of the right classes

    @property
    def p(self) -> ndarray:
        return np.exp(self.log_p)

    @property
    def loss(self) -> float:
        return float(-self.log_p[self.picked].mean())

    @property
    def off(self) -> ndarray:
        """Probabilities, less 1 at the right class."""
        off = self.p
        off[self.picked] -= 1.0
        return off


def _soft(scores: ndarray, labels: ndarray, axis: int | None = 1) -> Soft:
    shifted = scores - scores.max(axis=axis, keepdims=True)
    with np.errstate(all="ignore"):
        log_p = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return Soft(len(scores), log_p, (np.arange(len(scores)), labels))


def _from_logarithms(log_p: ndarray, labels: ndarray) -> Loss:
    """Loss and gradient from the probabilities' logarithms."""
    soft = Soft(len(log_p), log_p, (np.arange(len(log_p)), labels))
    with np.errstate(all="ignore"):
        return soft.loss, soft.off / soft.n


def _by_logarithm(shifted: ndarray, labels: ndarray) -> Loss:
    """Loss and gradient from scores that were shifted in some way."""
    with np.errstate(all="ignore"):
        return _from_logarithms(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), labels)


def _by_probability(p: ndarray, labels: ndarray, guard: float = 0.0) -> Loss:
    """Loss and gradient from probabilities, as they are computed in a naive way."""
    picked = np.arange(len(p)), labels
    with np.errstate(all="ignore"):
        loss = float(-np.log(p[picked] + guard).mean())
        p[picked] -= 1.0
        return loss, p / len(p)


@misconception(
    "softmax_cross_entropy",
    "exp of the scores as they are overflows from about 710 on, or is 0 in a whole row: the result is NaN or "
    "infinite. Subtract each row's largest score first; the probabilities do not change ([DL], section 4.1).",
)
def scores_not_shifted(scores: ndarray, labels: ndarray) -> Loss:
    with np.errstate(all="ignore"):
        powers = np.exp(scores)
        return _by_probability(powers / powers.sum(axis=1, keepdims=True), labels)


@misconception(
    "softmax_cross_entropy",
    "exp of the scores as they are overflows from about 710 on, or is 0 in a whole row, and its logarithm is "
    "infinite. Subtract each row's largest score first; the loss does not change ([DL], section 4.1).",
)
def scores_not_shifted_in_logarithm(scores: ndarray, labels: ndarray) -> Loss:
    return _by_logarithm(scores, labels)


@misconception("softmax_cross_entropy", OF_THE_BATCH)
def shifted_by_maximum_of_the_batch(scores: ndarray, labels: ndarray) -> Loss:
    with np.errstate(all="ignore"):
        powers = np.exp(scores - scores.max())
        return _by_probability(powers / powers.sum(axis=1, keepdims=True), labels)


@misconception("softmax_cross_entropy", OF_THE_BATCH)
def shifted_by_maximum_of_the_batch_in_logarithm(scores: ndarray, labels: ndarray) -> Loss:
    return _by_logarithm(scores - scores.max(), labels)


@misconception(
    "softmax_cross_entropy",
    "The largest score of each class, a column, is subtracted: the wrong axis. In a row that lies far below the "
    "others every exponential is 0; subtract each row's own largest score ([DL], section 4.1).",
)
def shifted_by_maximum_of_each_class(scores: ndarray, labels: ndarray) -> Loss:
    return _by_logarithm(scores - scores.max(axis=0), labels)


@misconception(
    "softmax_cross_entropy",
    "The rows' largest scores are an array (N,), which NumPy lays along the classes: an error, or a wrong result "
    "where N equals C. Keep the axis that the maximum is taken over, as one of length 1.",
)
def axis_of_maximum_not_kept(scores: ndarray, labels: ndarray) -> Loss:
    return _by_logarithm(scores - scores.max(axis=1), labels)


@misconception(
    "softmax_cross_entropy",
    "The rows' sums are an array (N,), which NumPy lays along the classes: an error, or a wrong result where N equals "
    "C. Keep the axis that is summed over, as one of length 1.",
)
def axis_of_sum_not_kept(scores: ndarray, labels: ndarray) -> Loss:
    shifted = scores - scores.max(axis=1, keepdims=True)
    return _from_logarithms(shifted - np.log(np.exp(shifted).sum(axis=1)), labels)


@misconception(
    "softmax_cross_entropy",
    "The logarithm is taken of a probability, which is 0 in floating point where the right class lies some 750 below "
    "the largest score, and the loss becomes infinite. The logarithm of the softmax is the shifted score less the "
    "logarithm of the sum ([DL], section 6.2.2.3).",
)
def logarithm_of_zero(scores: ndarray, labels: ndarray) -> Loss:
    return _by_probability(_soft(scores, labels).p, labels)


def _known_guard(exponent: int) -> None:
    """Add a misconception: the logarithm of the probability plus a small number."""
    guard = 10.0**-exponent

    def wrong(scores: ndarray, labels: ndarray) -> Loss:
        return _by_probability(_soft(scores, labels).p, labels, guard=guard)

    hint = (
        f"1e-{exponent} is added to the probability in the logarithm, or is its lower limit, so that the loss can never exceed "
        f"{-math.log(guard):.0f}: a right class thousands below the largest score costs thousands. The logarithm of the "
        "softmax is the shifted score less the logarithm of the sum ([DL], section 6.2.2.3)."
    )
    wrong.__name__ = f"guard_of_1e_{exponent}_in_logarithm"
    globals()[wrong.__name__] = misconception("softmax_cross_entropy", hint)(wrong)


for _exponent in range(5, 17):
    _known_guard(_exponent)


@misconception(
    "softmax_cross_entropy",
    "Scores are cut off at some hundreds, against overflow. That changes the result: subtract each row's largest "
    "score instead ([DL], section 4.1).",
)
def scores_cut_off(scores: ndarray, labels: ndarray) -> Loss:
    return oracle.softmax_cross_entropy(np.clip(scores, -500.0, 500.0), labels)


@misconception(
    "softmax_cross_entropy",
    "The softmax runs over the batch, along the wrong axis. The probabilities of one example, a row, sum to 1.",
)
def softmax_over_the_batch(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels, axis=0)
    return soft.loss, soft.off / soft.n


@misconception(
    "softmax_cross_entropy",
    "The exponentials are summed over the batch, along the wrong axis. The probabilities of one example, a row, sum "
    "to 1.",
)
def sum_over_the_batch(scores: ndarray, labels: ndarray) -> Loss:
    shifted = scores - scores.max(axis=1, keepdims=True)
    with np.errstate(all="ignore"):
        return _from_logarithms(shifted - np.log(np.exp(shifted).sum(axis=0)), labels)


@misconception(
    "softmax_cross_entropy",
    "The exponentials are divided by the sum over the whole batch. The probabilities of each example, a row, sum to 1.",
)
def softmax_over_everything(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels, axis=None)
    return soft.loss, soft.off / soft.n


@misconception(
    "softmax_cross_entropy",
    "dscores is not divided by N. The loss is the mean over the batch, so one example's scores move it by only 1/N as "
    "much.",
)
def gradient_not_divided_by_n(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return soft.loss, soft.off


@misconception(
    "softmax_cross_entropy",
    "The loss is summed over the batch, while the gradient is that of the mean. Both are of the mean.",
)
def loss_summed(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return soft.loss * soft.n, soft.off / soft.n


@misconception(
    "softmax_cross_entropy",
    "The loss is an array with a loss for every example. It is one number, their mean.",
)
def loss_of_every_example(scores: ndarray, labels: ndarray) -> Any:
    soft = _soft(scores, labels)
    return -soft.log_p[soft.picked], soft.off / soft.n


@misconception(
    "softmax_cross_entropy",
    "Loss and gradient are those of the sum over the batch. Here they are of the mean: divided by N.",
)
def sum_for_mean(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return soft.loss * soft.n, soft.off


@misconception(
    "softmax_cross_entropy",
    "The gradient is divided by N twice, or the loss: it is the mean over the batch, divided by N once.",
)
def gradient_divided_by_n_twice(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return soft.loss, soft.off / soft.n**2


@misconception(
    "softmax_cross_entropy",
    "The mean is taken over all N*C entries. It is over the N examples; each has one right class.",
)
def mean_over_entries(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return soft.loss / scores.shape[1], soft.off / scores.size


@misconception(
    "softmax_cross_entropy",
    "Nothing is subtracted at the right class: dscores are the probabilities divided by N. The score of the right "
    "class lowers the loss, so its gradient is p - 1, negative ([DL], section 6.2.2.3).",
)
def one_hot_not_subtracted(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return soft.loss, soft.p / soft.n


@misconception(
    "softmax_cross_entropy",
    "1 is added at the right class, where it is to be subtracted: the gradient is p - 1 there, negative ([DL], "
    "section 6.2.2.3).",
)
def one_hot_added(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return soft.loss, (2.0 * soft.p - soft.off) / soft.n


@misconception(
    "softmax_cross_entropy",
    "The gradient at the right class is set to a constant. 1 is subtracted from the probability there ([DL], section "
    "6.2.2.3).",
)
def one_hot_in_the_place_of_probability(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    dscores = soft.p
    dscores[soft.picked] = 1.0
    return soft.loss, dscores / soft.n


@misconception(
    "softmax_cross_entropy",
    "The gradient has the wrong sign: it is p - 1 at the right class and p elsewhere. The minus belongs to the step "
    "of gradient descent.",
)
def gradient_negated(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return soft.loss, -soft.off / soft.n


@misconception(
    "softmax_cross_entropy",
    "Only the right class has a gradient here. Every score is in the sum under the softmax, so the other classes have "
    "their probability, divided by N, as a gradient ([DL], section 6.2.2.3).",
)
def gradient_at_right_class_only(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    dscores = np.zeros_like(scores)
    dscores[soft.picked] = soft.off[soft.picked]
    return soft.loss, dscores / soft.n


@misconception(
    "softmax_cross_entropy",
    "1 is subtracted from every probability. It belongs to the right class of each row alone.",
)
def one_subtracted_everywhere(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return soft.loss, (soft.p - 1.0) / soft.n


@misconception(
    "softmax_cross_entropy",
    "The loss adds up the columns of all labels over all rows, N*N numbers. Each row has its own right class: rows and "
    "labels are indexed together, as in log_p[np.arange(N), labels].",
)
def loss_of_whole_columns(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return -float(soft.log_p[:, labels].sum()) / soft.n, soft.off / soft.n


@misconception(
    "softmax_cross_entropy",
    "The loss is the mean over all N*C entries, of which only N are not 0. It is over the N examples; each has one right "
    "class.",
)
def loss_mean_over_entries(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return soft.loss / scores.shape[1], soft.off / soft.n


@misconception(
    "softmax_cross_entropy",
    "1 is subtracted in the column of every label from all rows. Each row has its own right class: rows and labels "
    "are indexed together.",
)
def one_subtracted_from_whole_columns(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    dscores = soft.p
    dscores[:, labels] -= 1.0
    return soft.loss, dscores / soft.n


@misconception(
    "softmax_cross_entropy",
    "1/N is not taken of the whole gradient: 1 is subtracted after the division by N, in the place of 1/N.",
)
def one_subtracted_after_division(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    dscores = soft.p / soft.n
    dscores[soft.picked] -= 1.0
    return soft.loss, dscores


@misconception(
    "softmax_cross_entropy",
    "The logarithm has base 2. The loss is the natural logarithm's; its gradient shows that: p - 1 holds for no other.",
)
def logarithm_to_base_two(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return soft.loss / float(np.log(2.0)), soft.off / soft.n


@misconception(
    "softmax_cross_entropy",
    "The logarithm has base 10. The loss is the natural logarithm's; its gradient shows that: p - 1 holds for no "
    "other.",
)
def logarithm_to_base_ten(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return soft.loss / float(np.log(10.0)), soft.off / soft.n


@misconception(
    "softmax_cross_entropy",
    "The loss has the wrong sign. Logarithms of probabilities are negative; the loss is minus their mean, and at "
    "least 0.",
)
def loss_negated(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return -soft.loss, soft.off / soft.n


@misconception(
    "softmax_cross_entropy",
    "The class with the largest score is taken for the right one. The labels say which class is right, however small "
    "its score.",
)
def largest_score_for_label(scores: ndarray, labels: ndarray) -> Loss:
    return oracle.softmax_cross_entropy(scores, scores.argmax(axis=1))


@misconception(
    "softmax_cross_entropy",
    "The loss is the mean of the right classes' probabilities taken from 1, without the logarithm ([DL], section "
    "6.2.2.3).",
)
def logarithm_missing(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return float(1.0 - soft.p[soft.picked].mean()), soft.off / soft.n


@misconception(
    "softmax_cross_entropy",
    "The number of classes is taken from the largest label of the batch, as in np.eye(labels.max() + 1)[labels]. It is the "
    "number of columns of scores: a batch need not have an example of the last class.",
)
def classes_counted_by_the_labels(scores: ndarray, labels: ndarray) -> Loss:
    soft, hot = _soft(scores, labels), np.eye(labels.max() + 1)[labels]
    return -float((hot * soft.log_p).sum()) / soft.n, (soft.p - hot) / soft.n


@misconception(
    "softmax_cross_entropy",
    "Every class counts in the loss, the wrong ones by ln(1 - p): that is the cross-entropy of C decisions between yes and no. "
    "Of a softmax only the right class's probability counts ([DL], section 6.2.2.3).",
)
def every_class_in_the_loss(scores: ndarray, labels: ndarray) -> Loss:
    soft, hot = _soft(scores, labels), np.eye(scores.shape[1])[labels]
    with np.errstate(all="ignore"):
        each = hot * np.log(soft.p) + (1 - hot) * np.log(1 - soft.p)
    return -float(each.sum()) / soft.n, soft.off / soft.n


@misconception(
    "softmax_cross_entropy",
    "Labels are counted from 1. They are column numbers, from 0 on.",
)
def labels_counted_from_one(scores: ndarray, labels: ndarray) -> Loss:
    return oracle.softmax_cross_entropy(scores, (labels - 1) % scores.shape[1])


@misconception(
    "softmax_cross_entropy",
    "The sum of the exponentials is missing, in the loss and in the gradient: nothing makes them probabilities ([DL], "
    "section 6.2.2.3).",
)
def normalisation_missing(scores: ndarray, labels: ndarray) -> Loss:
    return _from_logarithms(scores - scores.max(axis=1, keepdims=True), labels)


@misconception(
    "softmax_cross_entropy",
    "The largest score is subtracted inside the sum's logarithm, but not added back to it, nor subtracted from the "
    "right class's score.",
)
def shift_not_undone_in_loss(scores: ndarray, labels: ndarray) -> Loss:
    soft = _soft(scores, labels)
    return soft.loss - float(scores.max(axis=1).mean()), soft.off / soft.n


@misconception(
    "softmax_cross_entropy",
    "Every class is judged by a sigmoid of its own. The softmax is one distribution over the classes of a row, which "
    "sums to 1 ([DL], section 6.2.2.3).",
)
def sigmoid_for_softmax(scores: ndarray, labels: ndarray) -> Loss:
    return _by_probability(_sigmoid(scores), labels)


@misconception("softmax_cross_entropy", CHANGED_IN_PLACE)
def scores_shifted_in_place(scores: ndarray, labels: ndarray) -> Loss:
    results = oracle.softmax_cross_entropy(scores, labels)
    scores -= scores.max(axis=1, keepdims=True)
    return results


# -- squared_error -----------------------------------------------------------------------------------------------------


@misconception(
    "squared_error",
    "The loss is not halved, and its gradient not doubled: they do not belong together. With the factor 1/2 in the "
    "loss the gradient is the difference itself ([RHW], equations 3 and 4).",
)
def loss_not_halved(output: ndarray, target: ndarray) -> Loss:
    return float(np.sum((output - target) ** 2)), output - target


@misconception(
    "squared_error",
    "The factor 1/2 is missing, in the loss and in its gradient ([RHW], equation 3).",
)
def loss_and_gradient_doubled(output: ndarray, target: ndarray) -> Loss:
    return float(np.sum((output - target) ** 2)), 2.0 * (output - target)


@misconception(
    "squared_error",
    "The gradient is twice too large: the 2 of the square cancels the factor 1/2 of the loss ([RHW], equation 4).",
)
def gradient_doubled(output: ndarray, target: ndarray) -> Loss:
    return 0.5 * float(np.sum((output - target) ** 2)), 2.0 * (output - target)


@misconception(
    "squared_error",
    "The loss is the mean over the entries, with the gradient of the sum. It is half the sum of the squares ([RHW], "
    "equation 3).",
)
def mean_in_loss(output: ndarray, target: ndarray) -> Loss:
    return float(np.mean((output - target) ** 2)), output - target


@misconception(
    "squared_error",
    "Loss and gradient are those of the mean squared error. Here the loss is half the sum of the squares ([RHW], "
    "equation 3).",
)
def mean_squared_error(output: ndarray, target: ndarray) -> Loss:
    return float(np.mean((output - target) ** 2)), 2.0 * (output - target) / output.size


@misconception(
    "squared_error",
    "Half the mean of the squares is taken, with the gradient of half the sum. The squares are summed ([RHW], "
    "equation 3).",
)
def half_the_mean_in_loss(output: ndarray, target: ndarray) -> Loss:
    return 0.5 * float(np.mean((output - target) ** 2)), output - target


@misconception(
    "squared_error",
    "Half the mean of the squares is taken, and its gradient. The squares are summed, not averaged ([RHW], equation "
    "3).",
)
def half_the_mean(output: ndarray, target: ndarray) -> Loss:
    return 0.5 * float(np.mean((output - target) ** 2)), (output - target) / output.size


@misconception(
    "squared_error",
    "The loss and the gradient are divided by the length of the first axis, as for a batch. Here the squares of all "
    "entries are summed ([RHW], equation 3).",
)
def divided_by_first_axis(output: ndarray, target: ndarray) -> Loss:
    return 0.5 * float(np.sum((output - target) ** 2)) / len(output), (output - target) / len(output)


@misconception(
    "squared_error",
    "The gradient has the wrong sign: it is output minus target, since the loss grows with the output where the "
    "output is too large ([RHW], equation 4).",
)
def target_minus_output(output: ndarray, target: ndarray) -> Loss:
    return 0.5 * float(np.sum((output - target) ** 2)), target - output


@misconception(
    "squared_error",
    "The square root of the sum of squares is taken: that is the distance. The loss is half the sum itself ([RHW], "
    "equation 3).",
)
def root_of_the_sum(output: ndarray, target: ndarray) -> Loss:
    return float(np.sqrt(np.sum((output - target) ** 2))), output - target


@misconception(
    "squared_error",
    "Absolute differences are summed in place of squares ([RHW], equation 3).",
)
def absolute_differences(output: ndarray, target: ndarray) -> Loss:
    return 0.5 * float(np.sum(np.abs(output - target))), output - target


@misconception(
    "squared_error",
    "The differences are summed without being squared, so that they cancel ([RHW], equation 3).",
)
def square_missing(output: ndarray, target: ndarray) -> Loss:
    return 0.5 * float(np.sum(output - target)), output - target


@misconception(
    "squared_error",
    "The differences are summed before the square is taken, so that errors of opposite sign cancel. Each difference "
    "is squared ([RHW], equation 3).",
)
def square_of_the_sum(output: ndarray, target: ndarray) -> Loss:
    return 0.5 * float(np.sum(output - target)) ** 2, output - target


@misconception(
    "squared_error",
    "The loss is an array with the square of every entry, or with the sums along one axis. It is one number, the sum "
    "over all axes.",
)
def loss_not_summed(output: ndarray, target: ndarray) -> Any:
    return 0.5 * (output - target) ** 2, output - target


@misconception(
    "squared_error",
    "The loss is only summed along the first axis. It is one number, the sum over all axes.",
)
def loss_summed_along_one_axis(output: ndarray, target: ndarray) -> Any:
    return 0.5 * ((output - target) ** 2).sum(axis=0), output - target


@misconception(
    "squared_error",
    "The gradient is the output itself: the target is left out of it ([RHW], equation 4).",
)
def target_missing_in_gradient(output: ndarray, target: ndarray) -> Loss:
    return 0.5 * float(np.sum((output - target) ** 2)), output.copy()


@misconception("squared_error", CHANGED_IN_PLACE)
def target_subtracted_in_place(output: ndarray, target: ndarray) -> Loss:
    results = oracle.squared_error(output, target)
    output -= target
    return results


# -- tiny_cnn_step: a correct computation in parts, to be changed in one -----------------------------------------------


def _one_hot(chosen: ndarray) -> ndarray:
    """(rows, columns, 4): 1 at the chosen entry of each window."""
    return np.eye(4)[chosen]


def _picked(choose: Callable[[ndarray], ndarray]) -> dict[str, Callable[[ndarray], ndarray]]:
    """Pooling that keeps the entry of each window that `choose` gives the number of, and its gradient."""
    return {
        "pool": lambda windows: (windows * _one_hot(choose(windows))).sum(axis=-1),
        "share": lambda windows: _one_hot(choose(windows)),
    }


class Net(NamedTuple):
    """The parts of one step."""

    kernel: Callable[[ndarray], ndarray] = lambda w: w[::-1, ::-1]  # how the kernel lies over the image
    back: Callable[[ndarray], ndarray] = lambda w: w[
        ::-1, ::-1
    ]  # how the gradient of what lies there becomes the kernel's
    entries: Callable[[ndarray], ndarray] = lambda conv: conv  # between convolution and pooling
    pool: Callable[[ndarray], ndarray] = lambda windows: windows.max(axis=-1)  # (rows, columns, 4) to (rows, columns)
    share: Callable[[ndarray], ndarray] = lambda windows: _one_hot(windows.argmax(axis=-1))
    order: str = "C"  # in which the pooled map is read
    squash: Callable[[float], float] = lambda z: float(_sigmoid(np.asarray(z)))
    dz: Callable[[float, float], float] = lambda out, target: (out - target) * out * (1.0 - out)
    loss: Callable[[float, float], float] = lambda out, target: 0.5 * (out - target) ** 2


def _windows(conv: ndarray) -> ndarray:
    """(rows, columns, 4): the windows that are pooled."""
    rows, columns = conv.shape[0] // 2, conv.shape[1] // 2
    cut = conv[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)
    return cut.transpose(0, 2, 1, 3).reshape(rows, columns, 4)


class Passed(NamedTuple):
    """What a forward pass and the gradients at its weights gave."""

    output: float
    dz: float
    dw_conv: ndarray
    dw_out: ndarray


def _pass(net: Net, x: ndarray, w_conv: ndarray, w_out: ndarray, target: float) -> Passed:
    patches = sliding_window_view(x, w_conv.shape)
    conv = net.entries(np.einsum("ijab,ab->ij", patches, net.kernel(w_conv)))
    windows = _windows(conv)
    pooled = net.pool(windows)
    output = net.squash(float(pooled.flatten(order=net.order) @ w_out))
    dz = net.dz(output, target)
    dpooled = dz * w_out.reshape(pooled.shape, order=net.order)
    dconv = np.zeros_like(conv)
    rows, columns = pooled.shape
    dwindows = (dpooled[..., np.newaxis] * net.share(windows)).reshape(rows, columns, 2, 2)
    dconv[: 2 * rows, : 2 * columns] = dwindows.transpose(0, 2, 1, 3).reshape(2 * rows, 2 * columns)
    dw_conv = net.back(np.einsum("ijab,ij->ab", patches, dconv))
    return Passed(output, dz, dw_conv, dz * pooled.flatten(order=net.order))


def _step(net: Net, x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    passed = _pass(net, x, w_conv, w_out, target)
    loss = net.loss(passed.output, target)
    return passed.output, loss, w_conv - lr * passed.dw_conv, w_out - lr * passed.dw_out


RIGHT = Net()


@misconception(
    "tiny_cnn_step",
    "This is the cross-correlation: the kernel lies over the image as it is. The true convolution rotates it by 180 "
    "degrees first ([DL], section 9.1). In the example the map would be [[1.1, 1.5], [2.3, 2.7]].",
)
def cross_correlation(*arguments: Any) -> Step:
    return _step(RIGHT._replace(kernel=lambda w: w, back=lambda w: w), *arguments)


@misconception(
    "tiny_cnn_step",
    "The output is right, but the gradient of the kernel is that of the rotated kernel: it has to be rotated back by "
    "180 degrees before it is subtracted.",
)
def kernel_gradient_not_rotated_back(*arguments: Any) -> Step:
    return _step(RIGHT._replace(back=lambda w: w), *arguments)


@misconception(
    "tiny_cnn_step",
    "The kernel lies as it is in the forward pass, while its gradient is that of a rotated kernel. Both belong to the "
    "true convolution, with the kernel rotated by 180 degrees ([DL], section 9.1).",
)
def kernel_rotated_in_gradient_only(*arguments: Any) -> Step:
    return _step(RIGHT._replace(kernel=lambda w: w), *arguments)


@misconception(
    "tiny_cnn_step",
    "The kernel is mirrored up and down only. A rotation by 180 degrees reverses rows and columns ([DL], section 9.1).",
)
def only_rows_of_kernel_reversed(*arguments: Any) -> Step:
    return _step(RIGHT._replace(kernel=lambda w: w[::-1], back=lambda w: w[::-1]), *arguments)


@misconception(
    "tiny_cnn_step",
    "The kernel is mirrored left and right only. A rotation by 180 degrees reverses rows and columns ([DL], section "
    "9.1).",
)
def only_columns_of_kernel_reversed(*arguments: Any) -> Step:
    return _step(RIGHT._replace(kernel=lambda w: w[:, ::-1], back=lambda w: w[:, ::-1]), *arguments)


@misconception(
    "tiny_cnn_step",
    "The kernel is transposed. Rotating it by 180 degrees reverses its rows and its columns, and keeps its shape "
    "([DL], section 9.1).",
)
def kernel_transposed(*arguments: Any) -> Step:
    if arguments[1].shape[0] != arguments[1].shape[1]:
        raise ValueError("shapes do not match")
    return _step(RIGHT._replace(kernel=lambda w: w.T, back=lambda w: w.T), *arguments)


@misconception(
    "tiny_cnn_step",
    "The windows are averaged. Max pooling keeps the largest entry of each ([DL], section 9.3).",
)
def average_pooling(*arguments: Any) -> Step:
    net = RIGHT._replace(pool=lambda v: v.mean(axis=-1), share=lambda v: np.full_like(v, 0.25))
    return _step(net, *arguments)


@misconception(
    "tiny_cnn_step",
    "The gradient of a pooled entry goes to all four entries of its window. Only the largest one made it what it is, "
    "so the whole gradient goes there ([DL], section 9.3, on max pooling).",
)
def gradient_to_whole_window(*arguments: Any) -> Step:
    return _step(RIGHT._replace(share=np.ones_like), *arguments)


@misconception(
    "tiny_cnn_step",
    "The gradient of a pooled entry is divided among the four entries of its window, as for average pooling. The "
    "whole gradient goes to the largest entry.",
)
def gradient_divided_among_window(*arguments: Any) -> Step:
    return _step(RIGHT._replace(share=lambda v: np.full_like(v, 0.25)), *arguments)


@misconception(
    "tiny_cnn_step",
    "The gradient of a pooled entry always goes to the first entry of its window. It goes to the one that is the "
    "largest.",
)
def gradient_to_first_entry(*arguments: Any) -> Step:
    return _step(RIGHT._replace(share=lambda v: np.broadcast_to([1.0, 0.0, 0.0, 0.0], v.shape)), *arguments)


@misconception(
    "tiny_cnn_step",
    "The entry with the largest magnitude is kept. The maximum is meant: -3 is less than 1.",
)
def largest_magnitude_pooled(*arguments: Any) -> Step:
    return _step(RIGHT._replace(**_picked(lambda windows: np.abs(windows).argmax(axis=-1))), *arguments)


@misconception(
    "tiny_cnn_step",
    "The least entry of each window is kept. Max pooling keeps the largest ([DL], section 9.3).",
)
def minimum_pooled(*arguments: Any) -> Step:
    return _step(RIGHT._replace(**_picked(lambda windows: windows.argmin(axis=-1))), *arguments)


@misconception(
    "tiny_cnn_step",
    "Negative entries of the map become 0: a ReLU that is not in this network. Pooling follows the convolution "
    "directly.",
)
def relu_before_pooling(*arguments: Any) -> Step:
    def share(windows: ndarray) -> ndarray:
        return _one_hot(windows.argmax(axis=-1)) * (windows > 0)

    return _step(RIGHT._replace(entries=lambda conv: np.maximum(conv, 0.0), share=share), *arguments)


@misconception(
    "tiny_cnn_step",
    "The pooled map is read column by column. The weights of the neuron belong to its entries row by row.",
)
def pooled_map_read_by_columns(*arguments: Any) -> Step:
    return _step(RIGHT._replace(order="F"), *arguments)


@misconception(
    "tiny_cnn_step",
    "A last odd row or column of the map is pooled too, in windows that reach over its border, so that there are more "
    "pooled entries than weights. It is left out.",
)
def odd_ends_pooled(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    rows, columns = x.shape[0] - w_conv.shape[0] + 1, x.shape[1] - w_conv.shape[1] + 1
    if ((rows + 1) // 2) * ((columns + 1) // 2) != len(w_out):
        raise ValueError("shapes do not match")
    return oracle.tiny_cnn_step(x, w_conv, w_out, target, lr)


@misconception(
    "tiny_cnn_step",
    "The map is a row and a column too small: without padding it is H - KH + 1 by W - KW + 1 ([DL], section 9.1).",
)
def map_short_by_one(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    rows, columns = x.shape[0] - w_conv.shape[0], x.shape[1] - w_conv.shape[1]
    if (rows // 2) * (columns // 2) != len(w_out):
        raise ValueError("shapes do not match")
    return oracle.tiny_cnn_step(x, w_conv, w_out, target, lr)


@misconception(
    "tiny_cnn_step",
    "Images that are not square end in an error: height and width are taken for equal, or exchanged. x is (H, W), and "
    "the map H - KH + 1 by W - KW + 1.",
)
def square_image_taken_for_granted(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    if x.shape[0] - w_conv.shape[0] != x.shape[1] - w_conv.shape[1]:
        raise ValueError("shapes do not match")
    return oracle.tiny_cnn_step(x, w_conv, w_out, target, lr)


@misconception(
    "tiny_cnn_step",
    "Kernels that are not square end in an error: height and width are taken for equal, or exchanged. w_conv is (KH, "
    "KW).",
)
def square_kernel_taken_for_granted(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    if w_conv.shape[0] != w_conv.shape[1]:
        raise ValueError("shapes do not match")
    return oracle.tiny_cnn_step(x, w_conv, w_out, target, lr)


@misconception(
    "tiny_cnn_step",
    "The windows of the pooling overlap: they move by one entry. With stride 2 they lie side by side.",
)
def pooling_with_stride_one(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    if (x.shape[0] - w_conv.shape[0]) * (x.shape[1] - w_conv.shape[1]) != len(w_out):
        raise ValueError("shapes do not match")
    return oracle.tiny_cnn_step(x, w_conv, w_out, target, lr)


@misconception(
    "tiny_cnn_step",
    "Only the largest entry of the whole map is kept. Every 2x2 window keeps its own.",
)
def maximum_of_the_whole_map(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    if len(w_out) != 1:
        raise ValueError("shapes do not match")
    net = RIGHT._replace()
    conv = np.einsum("ijab,ab->ij", sliding_window_view(x, w_conv.shape), w_conv[::-1, ::-1])
    i, j = np.unravel_index(conv.argmax(), conv.shape)
    part = x[i : i + w_conv.shape[0], j : j + w_conv.shape[1]][::-1, ::-1]
    output = net.squash(float(conv[i, j] * w_out[0]))
    dz = net.dz(output, target)
    return output, net.loss(output, target), w_conv - lr * dz * w_out[0] * part, w_out - lr * dz * conv[i, j]


@misconception(
    "tiny_cnn_step",
    "A sign is wrong, so that the weights move along their gradients and the loss grows: either the step adds, where "
    "gradient descent subtracts ([DL], section 4.3), or target - output is taken for the derivative of the loss, which "
    "is output - target ([RHW], equation 4).",
)
def weights_moved_uphill(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    return _step(RIGHT, x, w_conv, w_out, target, -lr)


@misconception(
    "tiny_cnn_step",
    "The learning rate is left out: the whole gradient is subtracted ([DL], section 4.3).",
)
def learning_rate_ignored(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    return _step(RIGHT, x, w_conv, w_out, target, 1.0)


@misconception(
    "tiny_cnn_step",
    "The neuron's weights are updated first, and the new ones are used for the kernel's gradient. Both gradients are "
    "those at the weights before the step.",
)
def kernel_gradient_through_new_weights(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    output, loss, _, new_w_out = _step(RIGHT, x, w_conv, w_out, target, lr)
    net = RIGHT._replace(squash=lambda z: output)
    _, _, new_w_conv, _ = _step(net, x, w_conv, new_w_out, target, lr)
    return output, loss, new_w_conv, new_w_out


@misconception(
    "tiny_cnn_step",
    "The kernel is updated first, and the neuron's gradient is taken from a new forward pass. Both gradients are "
    "those at the weights before the step.",
)
def neuron_gradient_from_new_kernel(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    output, loss, new_w_conv, _ = _step(RIGHT, x, w_conv, w_out, target, lr)
    return output, loss, new_w_conv, _step(RIGHT, x, new_w_conv, w_out, target, lr)[3]


@misconception(
    "tiny_cnn_step",
    "The derivative of the sigmoid is missing in both gradients: dL/dz is (output - target) times output (1 - output) "
    "([RHW], equation 5).",
)
def sigmoid_derivative_missing(*arguments: Any) -> Step:
    return _step(RIGHT._replace(dz=lambda out, target: out - target), *arguments)


@misconception(
    "tiny_cnn_step",
    "The derivative of the loss is missing in both gradients: dL/dz is (output - target) times the sigmoid's slope "
    "([RHW], equations 4 and 5).",
)
def loss_derivative_missing(*arguments: Any) -> Step:
    return _step(RIGHT._replace(dz=lambda out, target: out * (1.0 - out)), *arguments)


@misconception(
    "tiny_cnn_step",
    "The factor 1 - output is missing in the sigmoid's derivative: it is output (1 - output) ([RHW], equation 5).",
)
def half_of_sigmoid_derivative(*arguments: Any) -> Step:
    return _step(RIGHT._replace(dz=lambda out, target: (out - target) * out), *arguments)


@misconception(
    "tiny_cnn_step",
    "The sigmoid is applied once more in its derivative: output (1 - output) is made of the output itself. A function "
    "that computes s(z) (1 - s(z)) has to be given z, the number before the sigmoid ([RHW], equation 5).",
)
def derivative_of_the_sigmoid_at_the_output(*arguments: Any) -> Step:
    def dz(out: float, target: float) -> float:
        again = float(_sigmoid(np.array(out)))
        return (out - target) * again * (1.0 - again)

    return _step(RIGHT._replace(dz=dz), *arguments)


@misconception(
    "tiny_cnn_step",
    "The factor output is missing in the sigmoid's derivative: it is output (1 - output) ([RHW], equation 5).",
)
def other_half_of_sigmoid_derivative(*arguments: Any) -> Step:
    return _step(RIGHT._replace(dz=lambda out, target: (out - target) * (1.0 - out)), *arguments)


@misconception(
    "tiny_cnn_step",
    "The gradients are twice too large: the 2 of the square cancels the factor 1/2 of the loss ([RHW], equation 4).",
)
def gradients_doubled(*arguments: Any) -> Step:
    return _step(RIGHT._replace(dz=lambda out, target: 2.0 * (out - target) * out * (1.0 - out)), *arguments)


@misconception(
    "tiny_cnn_step",
    "The factor 1/2 of the loss is missing, in the loss and in the gradients ([RHW], equation 3).",
)
def squared_error_without_half(*arguments: Any) -> Step:
    net = RIGHT._replace(
        loss=lambda out, target: (out - target) ** 2, dz=lambda out, target: 2.0 * (out - target) * out * (1.0 - out)
    )
    return _step(net, *arguments)


@misconception(
    "tiny_cnn_step",
    "The loss returned is not halved: it is squared_error, half the square of the difference ([RHW], equation 3).",
)
def returned_loss_not_halved(*arguments: Any) -> Step:
    return _step(RIGHT._replace(loss=lambda out, target: (out - target) ** 2), *arguments)


@misconception(
    "tiny_cnn_step",
    "The loss, or the output too, is computed again with the new weights. Both are returned as they were before the "
    "step.",
)
def loss_after_the_step(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    output, _, *new = _step(RIGHT, x, w_conv, w_out, target, lr)
    return output, _step(RIGHT, x, *new, target, lr)[1], new[0], new[1]


@misconception(
    "tiny_cnn_step",
    "Output and loss are those of the new weights. Both are returned as they were before the step.",
)
def output_and_loss_after_the_step(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    *_, new_w_conv, new_w_out = _step(RIGHT, x, w_conv, w_out, target, lr)
    output, loss, *_ = _step(RIGHT, x, new_w_conv, new_w_out, target, lr)
    return output, loss, new_w_conv, new_w_out


@misconception(
    "tiny_cnn_step",
    "The loss is a cross-entropy. Here it is the squared error.",
)
def cross_entropy_for_squared_error(*arguments: Any) -> Step:
    def loss(out: float, target: float) -> float:
        return float(-target * np.log(out) - (1.0 - target) * np.log(1.0 - out))

    return _step(RIGHT._replace(loss=loss, dz=lambda out, target: out - target), *arguments)


@misconception(
    "tiny_cnn_step",
    "The sigmoid is missing: the weighted sum itself comes out, and the gradients are those of a linear neuron.",
)
def sigmoid_missing(*arguments: Any) -> Step:
    return _step(RIGHT._replace(squash=lambda z: z, dz=lambda out, target: out - target), *arguments)


@misconception(
    "tiny_cnn_step",
    "The sigmoid is missing in the output, but its derivative is in the gradients.",
)
def sigmoid_missing_in_output_only(*arguments: Any) -> Step:
    return _step(RIGHT._replace(squash=lambda z: z), *arguments)


@misconception(
    "tiny_cnn_step",
    "The neuron is a hyperbolic tangent, from -1 to 1. Its output here is a sigmoid, from 0 to 1.",
)
def tangent_for_sigmoid(*arguments: Any) -> Step:
    net = RIGHT._replace(squash=lambda z: float(np.tanh(z)), dz=lambda out, target: (out - target) * (1.0 - out**2))
    return _step(net, *arguments)


@misconception(
    "tiny_cnn_step",
    "Only the neuron's weights are updated; the kernel comes back as it was. It has a gradient, through the neuron's "
    "weights and the maxima.",
)
def kernel_not_updated(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    output, loss, _, new_w_out = _step(RIGHT, x, w_conv, w_out, target, lr)
    return output, loss, w_conv.copy(), new_w_out


@misconception(
    "tiny_cnn_step",
    "Only the kernel is updated; the neuron's weights come back as they were. They have a gradient, the pooled map "
    "times dL/dz.",
)
def neuron_not_updated(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    output, loss, new_w_conv, _ = _step(RIGHT, x, w_conv, w_out, target, lr)
    return output, loss, new_w_conv, w_out.copy()


@misconception(
    "tiny_cnn_step",
    "The weights come back as they were: no step is taken.",
)
def weights_not_updated(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    return _step(RIGHT, x, w_conv, w_out, target, 0.0)


@misconception(
    "tiny_cnn_step",
    "The gradients come back in the place of the new weights, which are the old ones less lr times the gradients.",
)
def gradients_returned(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    passed = _pass(RIGHT, x, w_conv, w_out, target)
    return passed.output, RIGHT.loss(passed.output, target), passed.dw_conv, passed.dw_out


@misconception(
    "tiny_cnn_step",
    "The two new weights come back in the wrong order: first the kernel, then the neuron's weights.",
)
def new_weights_in_wrong_order(*arguments: Any) -> Step:
    output, loss, new_w_conv, new_w_out = _step(RIGHT, *arguments)
    return output, loss, new_w_out, new_w_conv


@misconception(
    "tiny_cnn_step",
    "The neuron's weights are missing in the kernel's gradient: what arrives at a pooled entry is dL/dz times the "
    "weight that the entry has ([RHW], equation 7).",
)
def neuron_weights_missing_in_kernel_gradient(
    x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float
) -> Step:
    output, loss, _, new_w_out = _step(RIGHT, x, w_conv, w_out, target, lr)
    net = RIGHT._replace(squash=lambda z: output)
    return output, loss, _step(net, x, w_conv, np.ones_like(w_out), target, lr)[2], new_w_out


@misconception(
    "tiny_cnn_step",
    "The kernel's gradient is that of the last pooled entry alone. The kernel is used at every place of the map: the "
    "contributions of all pooled entries add up.",
)
def kernel_gradient_overwritten(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    output, loss, _, new_w_out = _step(RIGHT, x, w_conv, w_out, target, lr)
    last = np.zeros_like(w_out)
    last[-1] = w_out[-1]
    return output, loss, _step(RIGHT._replace(squash=lambda z: output), x, w_conv, last, target, lr)[2], new_w_out


@misconception(
    "tiny_cnn_step",
    "The kernel's gradient is averaged over the pooled entries. Their contributions add up (chain rule).",
)
def kernel_gradient_averaged(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    output, loss, new_w_conv, new_w_out = _step(RIGHT, x, w_conv, w_out, target, lr)
    return output, loss, w_conv + (new_w_conv - w_conv) / len(w_out), new_w_out


@misconception(
    "tiny_cnn_step",
    "The neuron's weights move as they should, the kernel moves the other way, along its gradient, where the loss "
    "grows: a sign is wrong on the way from dL/dz to the kernel, or in its step, which subtracts ([DL], section 4.3).",
)
def kernel_moved_uphill(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    output, loss, _, new_w_out = _step(RIGHT, x, w_conv, w_out, target, lr)
    return output, loss, _step(RIGHT, x, w_conv, w_out, target, -lr)[2], new_w_out


@misconception(
    "tiny_cnn_step",
    "The results are right, but w_conv and w_out are updated in place, as by -=. The caller's arrays stay as they "
    "are; the new weights are new arrays.",
)
def weights_updated_in_place(x: ndarray, w_conv: ndarray, w_out: ndarray, target: float, lr: float) -> Step:
    output, loss, new_w_conv, new_w_out = _step(RIGHT, x, w_conv, w_out, target, lr)
    w_conv[...], w_out[...] = new_w_conv, new_w_out
    return output, loss, w_conv, w_out
