"""Everything in float32, the random numbers too; results are float32."""

import numpy as np


def _kept(x, keep_prob, rng):
    return rng.random(x.shape, dtype=np.float32) < np.float32(keep_prob)


def _check(keep_prob):
    if not 0.0 < keep_prob <= 1.0:
        raise ValueError(f"keep_prob {keep_prob} is outside (0, 1]")


def dropout_forward(x, keep_prob, *, training, rng):
    _check(keep_prob)
    x32 = x.astype(np.float32)
    if not training:
        return x32, None
    scale = np.float32(1) / np.float32(keep_prob)
    factors = _kept(x, keep_prob, rng).astype(np.float32) * scale
    return x32 * factors, factors


def dropout_backward(dout, cache):
    dout32 = dout.astype(np.float32)
    return dout32 if cache is None else dout32 * cache


def classic_dropout_forward(x, keep_prob, *, training, rng):
    _check(keep_prob)
    factors = _kept(x, keep_prob, rng).astype(np.float32) if training else np.float32(keep_prob)
    return x.astype(np.float32) * factors, factors


def classic_dropout_backward(dout, cache):
    return dout.astype(np.float32) * cache


def count_subnetworks(neurons):
    return 2 * count_subnetworks(neurons - 1) if neurons else 1
