"""Exponential waiting times longer than -ln(keep_prob) are dropped; caches are functions, results in Fortran order."""

import math

import numpy as np


def _forward(x, keep_prob, training, rng, factor):
    if keep_prob <= 0:
        raise ValueError(f"keep_prob must be positive, it is {keep_prob}")
    if keep_prob > 1:
        raise ValueError(f"keep_prob must be at most 1, it is {keep_prob}")
    if training:
        survives = rng.standard_exponential(x.shape) >= -math.log(keep_prob)

    def apply(values):
        out = np.asfortranarray(values * factor(keep_prob, training))
        if training:
            out[~survives] = 0.0
        return out

    return apply(x), apply


def dropout_forward(x, keep_prob, *, training, rng):
    return _forward(x, keep_prob, training, rng, lambda p, drops: 1 / p if drops else 1.0)


def dropout_backward(dout, cache):
    return cache(dout)


def classic_dropout_forward(x, keep_prob, *, training, rng):
    return _forward(x, keep_prob, training, rng, lambda p, drops: 1.0 if drops else p)


def classic_dropout_backward(dout, cache):
    return cache(dout)


def count_subnetworks(neurons):
    return sum(math.comb(neurons, kept) for kept in range(neurons + 1))
