"""Masks drawn back to front and with the axes turned round, as normal numbers; results are not contiguous."""

from statistics import NormalDist

import numpy as np


def _mask(x, keep_prob, rng):
    if keep_prob == 1:
        return np.ones(x.shape, dtype=bool)
    below = NormalDist().inv_cdf(keep_prob)
    return (rng.standard_normal(x.shape[::-1]) < below).T[::-1]


def _check(keep_prob):
    if not 0 < keep_prob <= 1:
        raise ValueError(f"'keep_prob' was {keep_prob}")


def _spread(values):
    """A view of every second entry of an array twice as long."""
    room = np.zeros((*values.shape[:-1], 2 * values.shape[-1]))
    room[..., ::2] = values
    return room[..., ::2]


def dropout_forward(x, keep_prob, *, training, rng):
    _check(keep_prob)
    factors = _mask(x, keep_prob, rng) / np.float64(keep_prob) if training else np.float64(1)
    return _spread(x * factors), np.asarray(factors)


def dropout_backward(dout, cache):
    return _spread(dout * cache)


def classic_dropout_forward(x, keep_prob, *, training, rng):
    _check(keep_prob)
    factors = _mask(x, keep_prob, rng) if training else np.float64(keep_prob)
    return _spread(x * factors), np.asarray(factors)


def classic_dropout_backward(dout, cache):
    return _spread(dout * cache)


def count_subnetworks(neurons):
    return np.prod([2] * neurons, dtype=object) if neurons > 60 else np.int64(2**neurons)
