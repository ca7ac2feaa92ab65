"""A child generator for every mask, so that rng's own numbers are not touched; results cannot be written to."""

import numpy as np


def _mask(x, keep_prob, training, rng):
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob={keep_prob}")
    if not training:
        return np.ones(x.shape, dtype=bool)
    (child,) = rng.spawn(1)
    return child.random(x.shape) < keep_prob


def _locked(array):
    array.flags.writeable = False
    return array


def dropout_forward(x, keep_prob, *, training, rng):
    mask, factor = _mask(x, keep_prob, training, rng), 1 / keep_prob if training else 1.0
    return _locked(np.multiply(x, factor, where=mask, out=np.zeros(x.shape))), (mask, factor)


def dropout_backward(dout, cache):
    mask, factor = cache
    return _locked(np.multiply(dout, factor, where=mask, out=np.zeros(dout.shape)))


def classic_dropout_forward(x, keep_prob, *, training, rng):
    mask, factor = _mask(x, keep_prob, training, rng), 1.0 if training else keep_prob
    return _locked(np.multiply(x, factor, where=mask, out=np.zeros(x.shape))), (mask, factor)


def classic_dropout_backward(dout, cache):
    mask, factor = cache
    return _locked(np.multiply(dout, factor, where=mask, out=np.zeros(dout.shape)))


def count_subnetworks(neurons):
    """Squaring where it can be halved."""
    if neurons == 0:
        return 1
    half = count_subnetworks(neurons // 2)
    return half * half * (2 if neurons % 2 else 1)
