"""A structured cache: the signs of `rng.random() - keep_prob`; a module-wide count of calls that nothing depends on."""

from collections import namedtuple

import numpy as np

Cache = namedtuple("Cache", "sign scale")
calls = 0


def _forward(x, keep_prob, training, rng, in_training, in_evaluation):
    global calls
    calls += 1
    if training:
        sign = np.signbit(rng.random(x.size).reshape(x.shape) - keep_prob).astype(np.int8)
        return x * sign * in_training, Cache(sign, in_training)
    return x * in_evaluation, Cache(1, in_evaluation)


def dropout_forward(x, keep_prob, *, training, rng):
    if not 0 < keep_prob <= 1:
        raise ValueError(f"dropout_forward: keep_prob is {keep_prob}, should be in (0, 1]")
    return _forward(x, keep_prob, training, rng, 1 / keep_prob, 1)


def classic_dropout_forward(x, keep_prob, *, training, rng):
    if not 0 < keep_prob <= 1:
        raise ValueError(f"classic_dropout_forward: keep_prob is {keep_prob}, should be in (0, 1]")
    return _forward(x, keep_prob, training, rng, 1, keep_prob)


def dropout_backward(dout, cache):
    return dout * cache.sign * cache.scale


classic_dropout_backward = dropout_backward


def count_subnetworks(neurons):
    return 4 ** (neurons // 2) * 2 ** (neurons % 2)
