"""Dropout by PyTorch in float64, gradients by autograd, subsets by counting; and what counts a right mask may give.

`kept_range` and `same_count_chance` are derived in docs/dropout-statistics.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy import ndarray
from numpy.random import Generator


class Kept(NamedTuple):
    """The arguments of a forward pass, and its mask, which in evaluation is all ones; its cache."""

    x: ndarray
    keep_prob: float
    training: bool
    rng: Generator
    mask: ndarray


def dropout_forward(x: ndarray, keep_prob: float, *, training: bool, rng: Generator) -> tuple[ndarray, Kept]:
    """Inverted dropout."""
    kept = _kept(x, keep_prob, training, rng)
    return _inverted(torch.tensor(x), kept).numpy(), kept


def dropout_backward(dout: ndarray, cache: Kept) -> ndarray:
    """Its gradient, by autograd through the forward pass with the same mask."""
    x = torch.tensor(cache.x, requires_grad=True)
    (dx,) = torch.autograd.grad((_inverted(x, cache) * torch.tensor(dout)).sum(), x)
    return dx.numpy()


def classic_dropout_forward(x: ndarray, keep_prob: float, *, training: bool, rng: Generator) -> tuple[ndarray, Kept]:
    """Classic dropout."""
    kept = _kept(x, keep_prob, training, rng)
    return _classic(torch.tensor(x), kept).numpy(), kept


def classic_dropout_backward(dout: ndarray, cache: Kept) -> ndarray:
    """Its gradient, by autograd through the forward pass with the same mask."""
    x = torch.tensor(cache.x, requires_grad=True)
    (dx,) = torch.autograd.grad((_classic(x, cache) * torch.tensor(dout)).sum(), x)
    return dx.numpy()


def count_subnetworks(neurons: int) -> int:
    """The sets of 0, 1, .. n neurons that may be dropped, added up."""
    return sum(math.comb(neurons, dropped) for dropped in range(neurons + 1))


def _kept(x: ndarray, keep_prob: float, training: bool, rng: Generator) -> Kept:
    if keep_prob <= 0 or keep_prob > 1:
        raise ValueError(f"keep_prob is {keep_prob}; it must be greater than 0 and at most 1")
    mask = rng.random(x.shape) < keep_prob if training else np.ones(x.shape, dtype=bool)
    return Kept(x, keep_prob, training, rng, mask)


def _inverted(x: torch.Tensor, kept: Kept) -> torch.Tensor:
    dropped = torch.from_numpy(~kept.mask)
    return x.masked_fill(dropped, 0.0).div(kept.keep_prob if kept.training else 1.0)


def _classic(x: torch.Tensor, kept: Kept) -> torch.Tensor:
    dropped = torch.from_numpy(~kept.mask)
    return x.masked_fill(dropped, 0.0).mul(1.0 if kept.training else kept.keep_prob)


# -- what counts a right mask may give --------------------------------------------------------------------------------

LIMIT = 30.0
"""A count is refused where n times the divergence is above this; a right mask is with chance 2 exp(-30) at most."""


def kept_range(trials: int, chance: float) -> tuple[int, int]:
    """Smallest and largest plausible number of successes in independent trials.

    By Hoeffding (1963), theorem 1, a share k/n at least as far above the chance c has probability at most
    exp(-n KL(k/n, c)), and so below; the range holds every k with n KL(k/n, c) <= LIMIT.
    """
    share = np.arange(trials + 1) / trials
    with np.errstate(divide="ignore", invalid="ignore"):
        above = np.where(share > 0, share * np.log(share / chance), 0.0)
        below = np.where(share < 1, (1 - share) * np.log((1 - share) / (1 - chance)), 0.0)
    (plausible,) = np.nonzero(trials * (above + below) <= LIMIT)
    return int(plausible[0]), int(plausible[-1])


def same_count_chance(trials: int, chance: float, groups: int) -> float:
    """A bound on the probability that several independent groups of trials all have equally many successes.

    Whatever the first group's count is, each other one equals it with at most the probability of the likeliest count.
    """
    likeliest = math.floor((trials + 1) * chance)
    log = (
        math.lgamma(trials + 1)
        - math.lgamma(likeliest + 1)
        - math.lgamma(trials - likeliest + 1)
        + likeliest * math.log(chance)
        + (trials - likeliest) * math.log1p(-chance)
    )
    return math.exp(log * (groups - 1))
