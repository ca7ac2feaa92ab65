"""`rng.choice` with probabilities; a list is returned in the place of the tuple."""

import numpy as np


def _factors(x, keep_prob, training, rng, kept, evaluated):
    if not (keep_prob > 0 and keep_prob <= 1):
        raise ValueError(f"keep_prob = {keep_prob!r} is no probability of keeping a neuron")
    if training:
        return rng.choice([0.0, kept], size=x.shape, p=[1 - keep_prob, keep_prob])
    return np.full_like(x, evaluated)


def dropout_forward(x, keep_prob, *, training, rng):
    factors = _factors(x, keep_prob, training, rng, 1 / keep_prob if keep_prob > 0 else None, 1.0)
    return [x * factors, factors]


def dropout_backward(dout, cache):
    return cache * dout


def classic_dropout_forward(x, keep_prob, *, training, rng):
    factors = _factors(x, keep_prob, training, rng, 1.0, keep_prob)
    return [x * factors, factors]


def classic_dropout_backward(dout, cache):
    return cache * dout


def count_subnetworks(neurons):
    return 1 << neurons
