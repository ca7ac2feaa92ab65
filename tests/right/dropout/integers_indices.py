"""Whole numbers of 32 bits against a threshold; the cache holds the places of the neurons that stay."""

import math

import numpy as np


def _places(x, keep_prob, rng):
    if keep_prob <= 0 or keep_prob > 1:
        raise ValueError(f"keep_prob must lie in (0, 1] but is {keep_prob}")
    numbers = rng.integers(0, 2**32, size=x.size, dtype=np.uint64)
    return np.flatnonzero(numbers < math.ceil(keep_prob * 2**32))


def _only(values, places, factor):
    result = np.zeros(values.shape)
    result.reshape(-1)[places] = values.reshape(-1)[places] * factor
    return result


def dropout_forward(x, keep_prob, *, training, rng):
    places, factor = _places(x, keep_prob, rng), 1 / keep_prob
    if not training:  # numbers were drawn for nothing, which does no harm
        places, factor = np.arange(x.size), 1.0
    return _only(x, places, factor), (places, factor)


def dropout_backward(dout, cache):
    return _only(dout, *cache)


def classic_dropout_forward(x, keep_prob, *, training, rng):
    places, factor = _places(x, keep_prob, rng), 1.0
    if not training:
        places, factor = np.arange(x.size), keep_prob
    return _only(x, places, factor), (places, factor)


def classic_dropout_backward(dout, cache):
    return _only(dout, *cache)


def count_subnetworks(neurons):
    return int("1" + "0" * neurons, 2)
