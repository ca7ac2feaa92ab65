"""Dropout: the inverted and the classic form, their gradients, and how many networks a dropped-out network stands for.

During training, dropout sets every neuron's output to zero with a certain probability, each on its own, anew for every
example and every step; in evaluation all neurons take part. Write the functions below with NumPy and the standard
library only.

Symbols: x is the input, the outputs of a layer's neurons for a batch: an array of any shape, such as (N, D) or
(N, C, H, W), with the examples along the first axis; a neuron is one entry of it. keep_prob, written p in the formulas,
is the probability that a neuron STAYS, as in the paper; frameworks often ask for the probability that it is dropped,
1 - p. m is the mask: an array of the shape of x that holds 1 where a neuron stays and 0 where it is dropped. L is the
loss, dout is dL/dout, dx is dL/dx.

`rng` is a numpy.random.Generator, such as numpy.random.default_rng(7) makes, and the only source of randomness: with a
generator in the same state a function gives the same mask again, and successive calls with one generator give masks
that have nothing to do with each other. Use the generator as it is handed in, without seeding, copying or replacing it.
How you draw the mask from it is up to you, as long as every entry is 1 with probability p, independently of all others.

A forward function returns `(out, cache)`. `cache` is whatever you want to remember for the gradient: it is handed to
the backward function as you returned it, perhaps after other forward passes. Arrays hold float64; results are floating
point and have the shape of x. No function changes its arguments.

Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout: A Simple Way to Prevent Neural Networks
from Overfitting (JMLR 15, 2014), cited below as [SHKSS].
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray


def dropout_forward(x: Array, keep_prob: float, *, training: bool, rng: np.random.Generator) -> tuple[Array, Any]:
    """Inverted dropout: drop neurons in training and scale up those that stay, so that evaluation changes nothing.

        training:    out = m * x / p    with P(m = 1) = p and P(m = 0) = 1 - p, independently for every entry of x
        evaluation:  out = x

    A neuron that stays with probability p and is then divided by p is on average what it was: p * x / p = x. So the
    next layer sees inputs of the same size in training and in evaluation.

    Arguments:
        x: an array of any shape, such as (N, D) or (N, C, H, W).
        keep_prob: p, the probability that a neuron stays, greater than 0 and at most 1.
        training: True in training, False in evaluation.
        rng: a numpy.random.Generator, from which the mask is drawn in training.
    Returns `(out, cache)`: out of the shape of x, and what `dropout_backward` needs.
    Raises ValueError, with a message that names keep_prob and its value, unless 0 < keep_prob <= 1: in training, and in
    evaluation too, since a value that makes no sense is a mistake of the caller's in either mode.

    Example: x = [[1, 2], [3, 4]], p = 0.5 and the mask [[1, 0], [0, 1]] give out = [[2, 0], [0, 8]]. Whatever the mask,
    every entry of out is 0 or x / p:

    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> out, cache = dropout_forward(x, 0.5, training=True, rng=np.random.default_rng(7))
    >>> bool(np.all((out == 0) | (out == 2 * x)))
    True

    In evaluation, and with p = 1, everything stays as it is:

    >>> dropout_forward(x, 0.5, training=False, rng=np.random.default_rng(7))[0].tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    >>> dropout_forward(x, 1.0, training=True, rng=np.random.default_rng(7))[0].tolist()
    [[1.0, 2.0], [3.0, 4.0]]

    Source: [SHKSS], section 4 (the mask, one Bernoulli variable for every unit) and section 10 (scaling up by 1/p at
    training time instead of scaling down at test time).
    """
    raise NotImplementedError("dropout_forward is not written yet")


def dropout_backward(dout: Array, cache: Any) -> Array:
    """The gradient of inverted dropout, in the mode of the forward pass that gave `cache`.

        training:    dx = m * dout / p    with the very mask m of that forward pass
        evaluation:  dx = dout

    A dropped neuron did not act on the loss, so its gradient is 0; one that stayed acted on it through x / p. This
    holds for a neuron whose value happened to be 0 as well: if it stayed, its gradient is dout / p.

    Arguments:
        dout: of the shape of x, the gradient with respect to out.
        cache: what `dropout_forward` returned as cache.
    Returns dx, of the shape of x.

    Example: with p = 0.5 and the mask [[1, 0], [0, 1]], dout = [[1, 1], [10, 10]] gives dx = [[2, 0], [0, 20]]. For
    x = 1 everywhere, out = m / p shows the mask, and dx is dout times it:

    >>> ones, dout = np.ones((2, 3)), np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
    >>> out, cache = dropout_forward(ones, 0.5, training=True, rng=np.random.default_rng(7))
    >>> bool(np.all(dropout_backward(dout, cache) == dout * out))
    True
    >>> out, cache = dropout_forward(ones, 0.5, training=False, rng=np.random.default_rng(7))
    >>> dropout_backward(dout, cache).tolist()
    [[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]

    Source: [SHKSS], section 5.1: forward and backpropagation are done on the same thinned network.
    """
    raise NotImplementedError("dropout_backward is not written yet")


def classic_dropout_forward(
    x: Array, keep_prob: float, *, training: bool, rng: np.random.Generator
) -> tuple[Array, Any]:
    """Dropout as it was published: drop neurons in training, scale all of them down in evaluation.

        training:    out = m * x    with P(m = 1) = p and P(m = 0) = 1 - p, independently for every entry of x
        evaluation:  out = p * x

    In training a neuron's output is p * x on average, and that is what evaluation gives. (The paper multiplies the
    weights that leave the neuron by p, which has the same effect on the next layer.)

    Arguments:
        x: an array of any shape, such as (N, D) or (N, C, H, W).
        keep_prob: p, the probability that a neuron stays, greater than 0 and at most 1.
        training: True in training, False in evaluation.
        rng: a numpy.random.Generator, from which the mask is drawn in training.
    Returns `(out, cache)`: out of the shape of x, and what `classic_dropout_backward` needs.
    Raises ValueError, with a message that names keep_prob and its value, unless 0 < keep_prob <= 1, in either mode.

    Example: x = [[1, 2], [3, 4]], p = 0.75 and the mask [[1, 0], [1, 1]] give out = [[1, 0], [3, 4]] in training.
    Whatever the mask, every entry of out is 0 or x:

    >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> out, cache = classic_dropout_forward(x, 0.75, training=True, rng=np.random.default_rng(7))
    >>> bool(np.all((out == 0) | (out == x)))
    True
    >>> classic_dropout_forward(x, 0.75, training=False, rng=np.random.default_rng(7))[0].tolist()
    [[0.75, 1.5], [2.25, 3.0]]

    Source: [SHKSS], section 4 and its Figure 2.
    """
    raise NotImplementedError("classic_dropout_forward is not written yet")


def classic_dropout_backward(dout: Array, cache: Any) -> Array:
    """The gradient of classic dropout, in the mode of the forward pass that gave `cache`.

        training:    dx = m * dout    with the very mask m of that forward pass
        evaluation:  dx = p * dout

    Arguments:
        dout: of the shape of x, the gradient with respect to out.
        cache: what `classic_dropout_forward` returned as cache.
    Returns dx, of the shape of x.

    Example: with the mask [[1, 0], [1, 1]], dout = [[1, 1], [10, 10]] gives dx = [[1, 0], [10, 10]] in training,
    whatever x is; in evaluation with p = 0.75 it gives [[0.75, 0.75], [7.5, 7.5]].

    >>> x, dout = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 1.0], [10.0, 10.0]])
    >>> out, cache = classic_dropout_forward(x, 0.75, training=True, rng=np.random.default_rng(7))
    >>> bool(np.all(classic_dropout_backward(dout, cache) == dout * (out != 0)))
    True
    >>> out, cache = classic_dropout_forward(x, 0.75, training=False, rng=np.random.default_rng(7))
    >>> classic_dropout_backward(dout, cache).tolist()
    [[0.75, 0.75], [7.5, 7.5]]

    Source: [SHKSS], section 5.1.
    """
    raise NotImplementedError("classic_dropout_backward is not written yet")


def count_subnetworks(neurons: int) -> int:
    """How many different thinned networks dropout chooses from: one for every set of neurons that may stay.

        number = 2^n    for n neurons, each of which either stays or is dropped

    The network with all its neurons counts, and so does the one without any.

    Arguments:
        neurons: n, how many neurons may be dropped, a whole number, at least 1.
    Returns the number as an int, exact however large it is: Python's whole numbers have no upper limit.

    Example: of 3 neurons a, b and c, the sets {}, {a}, {b}, {c}, {a, b}, {a, c}, {b, c} and {a, b, c} may stay.

    >>> count_subnetworks(3)
    8
    >>> count_subnetworks(100)
    1267650600228229401496703205376

    Source: [SHKSS], section 1: a network with n units can be seen as a collection of 2^n possible thinned networks.
    """
    raise NotImplementedError("count_subnetworks is not written yet")
