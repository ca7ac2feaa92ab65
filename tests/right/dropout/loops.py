"""Row by row, entry by entry, with one random number each; masks are nested lists."""

from itertools import pairwise

import numpy as np


def _checked(keep_prob):
    if keep_prob > 0:
        if keep_prob <= 1:
            return keep_prob
    raise ValueError("keep_prob is " + str(keep_prob))


def _draw(shape, keep_prob, rng):
    if not shape:
        return 1 if rng.random() < keep_prob else 0
    return [_draw(shape[1:], keep_prob, rng) for _ in range(shape[0])]


def _apply(values, mask, factor):
    out = np.empty(values.shape)
    for index in np.ndindex(values.shape):
        stays = mask
        for i in index:
            stays = stays[i]
        out[index] = factor * values[index] if stays else 0.0
    return out


def dropout_forward(x, keep_prob, *, training, rng):
    _checked(keep_prob)
    if not training:
        return np.array(x), ("evaluation",)
    mask = _draw(x.shape, keep_prob, rng)
    return _apply(x, mask, 1 / keep_prob), ("training", mask, 1 / keep_prob)


def dropout_backward(dout, cache):
    mode, *rest = cache
    return np.array(dout) if mode == "evaluation" else _apply(dout, *rest)


def classic_dropout_forward(x, keep_prob, *, training, rng):
    _checked(keep_prob)
    if not training:
        return keep_prob * x, ("evaluation", keep_prob)
    mask = _draw(x.shape, keep_prob, rng)
    return _apply(x, mask, 1.0), ("training", mask)


def classic_dropout_backward(dout, cache):
    mode, kept = cache
    return kept * dout if mode == "evaluation" else _apply(dout, kept, 1.0)


def count_subnetworks(neurons):
    row = [1]
    for _ in range(neurons):  # Pascal's triangle: how many sets of each size
        row = [1, *(left + right for left, right in pairwise(row)), 1]
    return sum(row)
