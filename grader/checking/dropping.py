"""Dropout in a student's model, however it is written: which units were dropped is read off the gradients of the biases.

With one image, the gradient of a hidden layer's bias is zero exactly at the units that ReLU switched off or dropout dropped.
What is left is arithmetic: with these units the course's own layers have to give the student's scores.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from grader.checking.compare import fail
from grader.checking.models import Run, only_output

FALSE_ALARM = 1e-10
"""At most the probability that a right share is called wrong, for one call of expect_share."""

Affine = tuple[np.ndarray, np.ndarray]


class Dropping(NamedTuple):
    """How many of how many active units each hidden layer dropped, which were kept, and the scores that they give."""

    dropped: tuple[int, ...]
    active: tuple[int, ...]
    kept: tuple[np.ndarray, ...]
    scores: np.ndarray


def follow_dropout(got: Run, first: np.ndarray, later: Sequence[Affine], rate: float) -> Dropping:
    """Follow one image through hidden layers of equal width with ReLU and dropout, dropping what the student's model dropped.

    `first` (hidden,) is what the first hidden layer gives before its ReLU, `later` are weight and bias of each layer behind
    it; `got` is a run in training mode that has the gradients of the biases. Which gradient belongs to which layer is not
    known: the order counts in which no unit is kept that was not active, or fewest.
    """
    if len(got.gradients) != len(later):
        fail(
            f"the number of parameters with {first.size} entries, as the biases of the hidden layers have, is wrong",
            len(later),
            len(got.gradients),
        )
    orders = [_follow(order, first, later, rate) for order in itertools.permutations(got.gradients)]
    scores = only_output(got).reshape(-1)

    def misfit(found: tuple[int, Dropping]) -> tuple[int, float]:
        strays, dropping = found
        same = scores.shape == dropping.scores.shape
        return strays, float(np.abs(scores - dropping.scores).max()) if same else 0.0

    return min(orders, key=misfit)[1]


def _follow(
    gradients: Sequence[np.ndarray], first: np.ndarray, later: Sequence[Affine], rate: float
) -> tuple[int, Dropping]:
    """The same for one order of the gradients; also how many units were kept that were not active."""
    dropped, actives, masks, values, strays = [], [], [], first, 0
    for gradient, (weight, bias) in zip(gradients, later, strict=True):
        active, kept = values > 0, gradient != 0
        strays += int((kept & ~active).sum())
        dropped.append(int((active & ~kept).sum()))
        actives.append(int(active.sum()))
        masks.append(kept)
        values = weight @ np.where(active & kept, values / (1 - rate), 0.0) + bias
    return strays, Dropping(tuple(dropped), tuple(actives), tuple(masks), values)


def expect_share(dropped: int, active: int, rate: float, *, what: str) -> None:
    """Require that about the share `rate` of the active units was dropped, each on its own.

    By Chernoff's bound, k of n or something less likely has at most the probability 2 exp(-n KL(k/n, rate)).
    """
    share = dropped / max(1, active)
    divergence = sum(
        part * math.log(part / chance) if part > 0 else 0.0 for part, chance in ((share, rate), (1 - share, 1 - rate))
    )
    if active * divergence > math.log(2 / FALSE_ALARM):
        fail(f"{what}: the share of active units that is dropped is wrong", f"about {rate:g}", f"{share:.3g}")
