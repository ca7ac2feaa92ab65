"""Known wrong ways to write batch normalisation. Most are made for rows of features and carried over to images below.

[BN] is Ioffe and Szegedy, Batch Normalization (2015).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from grader.checking import Trait, misconception
from grader.checking.known import MARK
from grader.checking.traits import equals, holds, same, size
from reference.batchnorm import oracle
from reference.batchnorm.oracle import Kept

Running = tuple[ndarray, ndarray]


ROWS = ("batchnorm_forward", "batchnorm_backward")
IMAGES = ("spatial_batchnorm_forward", "spatial_batchnorm_backward")
TRAITS = (
    Trait("a single feature", "batch of several features", equals(size("x", 1), 1), ROWS),
    Trait("as many rows as features", "other shape", same(size("x", 0), size("x", 1)), ROWS),
    Trait("a single channel", "batch with several channels", equals(size("x", 1), 1), IMAGES),
    Trait("a single image", "batch of several images", equals(size("x", 0), 1), IMAGES),
    Trait("batches of several images", "single image", holds(lambda images: images > 1, size("x", 0)), IMAGES),
    Trait("images of one pixel", "larger image", equals(size("x", 2, 3), 1), IMAGES),
    Trait("square images", "image that is not square", same(size("x", 2), size("x", 3)), IMAGES),
    Trait("a single filter", "kernel of several filters", equals(size("w", 0), 1), ("fold_batchnorm",)),
    Trait("as many filters as input channels", "other kernel", same(size("w", 0), size("w", 1)), ("fold_batchnorm",)),
)


# -- batchnorm_forward: a correct computation in steps, one of which is changed ----------------------------------------


def _forward(run: Callable[[Kept], tuple[ndarray, Running]]) -> Callable[..., tuple[ndarray, Running, Kept]]:
    """Give `run` the student's signature, and the error that batches of fewer than 2 rows earn."""

    @functools.wraps(run)
    def forward(
        x: ndarray,
        gamma: ndarray,
        beta: ndarray,
        running_mean: ndarray,
        running_var: ndarray,
        *,
        training: bool,
        momentum: float = 0.9,
        eps: float = 1e-5,
    ) -> tuple[ndarray, Running, Kept]:
        if training and len(x) < 2:
            raise ValueError(f"x has {len(x)} rows")
        kept = Kept(x, gamma, beta, running_mean, running_var, training, momentum, eps)
        before = kept._replace(x=x.copy())
        with np.errstate(all="ignore"):
            return (*run(kept), before)

    return forward


def _batch(k: Kept) -> Running:
    """The batch's mean and biased variance."""
    return k.x.mean(axis=0), k.x.var(axis=0)


def _unbiased(k: Kept) -> ndarray:
    """The batch's unbiased variance, which is not finite for a single row."""
    n = np.float64(len(k.x))
    return k.x.var(axis=0) * n / (n - 1)


def _used(k: Kept) -> Running:
    """The statistics that normalise in the mode."""
    return _batch(k) if k.training else (k.running_mean, k.running_var)


def _normalised(k: Kept, mean: ndarray, var: ndarray) -> ndarray:
    return k.gamma * (k.x - mean) / np.sqrt(var + k.eps) + k.beta


def _averaged(k: Kept, mean: ndarray, var: ndarray) -> Running:
    """The running statistics after a batch with this mean and variance."""
    rest = 1 - k.momentum
    return k.momentum * k.running_mean + rest * mean, k.momentum * k.running_var + rest * var


def _out(k: Kept) -> ndarray:
    """The right output."""
    return _normalised(k, *_used(k))


def _running(k: Kept) -> Running:
    """The right running statistics."""
    return _averaged(k, _batch(k)[0], _unbiased(k)) if k.training else (k.running_mean, k.running_var)


@misconception(
    "batchnorm_forward",
    "beta is added before the multiplication by gamma, which then scales the shift as well: the output is gamma times "
    "the normalised value, plus beta ([BN], Algorithm 1).",
)
@_forward
def beta_scaled_by_gamma(k: Kept) -> tuple[ndarray, Running]:
    return _normalised(k._replace(beta=k.gamma * k.beta), *_used(k)), _running(k)


@misconception(
    "batchnorm_forward",
    "The batch's biased variance, divided by N, goes into the running variance. That estimate is too small on "
    "average; the one for evaluation is the unbiased one, divided by N - 1 ([BN], Algorithm 2, line 10).",
)
@_forward
def biased_variance_in_running_average(k: Kept) -> tuple[ndarray, Running]:
    return _out(k), _averaged(k, *_batch(k)) if k.training else _running(k)


@misconception(
    "batchnorm_forward",
    "The roles of momentum and 1 - momentum are exchanged. Here momentum is the share of the running statistics "
    "that stays; PyTorch counts the other way round.",
)
@_forward
def momentum_swapped(k: Kept) -> tuple[ndarray, Running]:
    return _out(k), _running(k._replace(momentum=1 - k.momentum))


@misconception(
    "batchnorm_forward",
    "The batch is normalised by its unbiased variance, divided by N - 1. For the normalisation itself the sum of "
    "squares is divided by N, so that the result has variance 1 ([BN], Algorithm 1); N - 1 belongs to the running "
    "variance alone.",
)
@_forward
def unbiased_variance_in_normalisation(k: Kept) -> tuple[ndarray, Running]:
    return (_normalised(k, k.x.mean(axis=0), _unbiased(k)) if k.training else _out(k)), _running(k)


@misconception(
    "batchnorm_forward",
    "eps is added to the standard deviation, after the root. It is part of what the root is taken of: the variance "
    "plus eps ([BN], Algorithm 1).",
)
@_forward
def eps_outside_the_root(k: Kept) -> tuple[ndarray, Running]:
    mean, var = _used(k)
    return k.gamma * (k.x - mean) / (np.sqrt(var) + k.eps) + k.beta, _running(k)


@misconception(
    "batchnorm_forward",
    "In evaluation the batch is still normalised by its own statistics, so that the output for one example depends "
    "on the others. The running statistics take their place there ([BN], section 3.1).",
)
@_forward
def batch_statistics_in_evaluation(k: Kept) -> tuple[ndarray, Running]:
    return _normalised(k, *_batch(k)), _running(k)


@misconception(
    "batchnorm_forward",
    "The running statistics are updated in evaluation too. What is evaluated must not change the network: there "
    "they come back as they were ([BN], Algorithm 2).",
)
@_forward
def running_statistics_updated_in_evaluation(k: Kept) -> tuple[ndarray, Running]:
    return _out(k), _running(k._replace(training=True))


@misconception(
    "batchnorm_forward",
    "The argument training makes no difference: evaluation normalises by the batch and updates the running "
    "statistics as training does. In evaluation the running statistics normalise, and stay as they are ([BN], "
    "Algorithm 2).",
)
@_forward
def training_flag_ignored(k: Kept) -> tuple[ndarray, Running]:
    always = k._replace(training=True)
    return _out(always), _running(always)


@misconception(
    "batchnorm_forward",
    "In training the batch is normalised by the running statistics. They are only gathered there, for evaluation; a "
    "training batch is normalised by its own mean and variance ([BN], Algorithm 1).",
)
@_forward
def running_statistics_used_in_training(k: Kept) -> tuple[ndarray, Running]:
    return _out(k._replace(training=False)), _running(k)


@misconception(
    "batchnorm_forward",
    "In training the batch is normalised by the running statistics after their update. They are only gathered "
    "there, for evaluation; a training batch is normalised by its own mean and variance ([BN], Algorithm 1).",
)
@_forward
def updated_statistics_used_in_training(k: Kept) -> tuple[ndarray, Running]:
    return _normalised(k, *_running(k)), _running(k)


@misconception(
    "batchnorm_forward",
    "The running statistics come back from training as they went in. Every training batch moves them towards its "
    "own mean and variance ([BN], section 3.1); else evaluation would have nothing to normalise by.",
)
@_forward
def running_statistics_not_updated(k: Kept) -> tuple[ndarray, Running]:
    return _out(k), (k.running_mean, k.running_var)


@misconception(
    "batchnorm_forward",
    "The batch's statistics replace the running ones, whatever momentum says. They are averaged over many batches: "
    "the share momentum of what was gathered before stays.",
)
@_forward
def running_statistics_replaced(k: Kept) -> tuple[ndarray, Running]:
    return _out(k), _running(k._replace(momentum=0.0))


@misconception(
    "batchnorm_forward",
    "The batch's part is added to the whole of the running statistics, which so grow from batch to batch. The "
    "weights of an average add up to 1: momentum for the old value, 1 - momentum for the batch's.",
)
@_forward
def running_statistics_added_up(k: Kept) -> tuple[ndarray, Running]:
    rest = 1 - k.momentum
    added = k.running_mean + rest * k.x.mean(axis=0), k.running_var + rest * _unbiased(k)
    return _out(k), added if k.training else _running(k)


@misconception(
    "batchnorm_forward",
    "The running statistics are averaged with the momentum 0.9 whatever the argument momentum says.",
)
@_forward
def momentum_fixed(k: Kept) -> tuple[ndarray, Running]:
    return _out(k), _running(k._replace(momentum=0.9))


@misconception(
    "batchnorm_forward",
    "eps is left out. It is added to the variance before the root is taken, in both modes; without it a feature "
    "that is the same in the whole batch is divided by 0 ([BN], Algorithm 1).",
)
@_forward
def eps_ignored(k: Kept) -> tuple[ndarray, Running]:
    return _out(k._replace(eps=0.0)), _running(k)


@misconception(
    "batchnorm_forward",
    "1e-5 is added to the variance whatever the argument eps says.",
)
@_forward
def eps_fixed(k: Kept) -> tuple[ndarray, Running]:
    return _out(k._replace(eps=1e-5)), _running(k)


@misconception(
    "batchnorm_forward",
    "The deviations from the mean are divided by the variance. Divided by its root, the standard deviation, they "
    "have variance 1 ([BN], Algorithm 1).",
)
@_forward
def divided_by_variance(k: Kept) -> tuple[ndarray, Running]:
    mean, var = _used(k)
    return k.gamma * (k.x - mean) / (var + k.eps) + k.beta, _running(k)


@misconception(
    "batchnorm_forward",
    "The input is divided by its standard deviation without its mean being subtracted ([BN], Algorithm 1).",
)
@_forward
def mean_not_subtracted(k: Kept) -> tuple[ndarray, Running]:
    return _normalised(k, np.zeros_like(k.beta), _used(k)[1]), _running(k)


@misconception(
    "batchnorm_forward",
    "The normalised input is returned as it is: its scale gamma and its shift beta are missing ([BN], Algorithm 1, "
    "last line).",
)
@_forward
def gamma_and_beta_missing(k: Kept) -> tuple[ndarray, Running]:
    return _out(k._replace(gamma=np.ones_like(k.gamma), beta=np.zeros_like(k.beta))), _running(k)


@misconception(
    "batchnorm_forward",
    "The normalised input is not scaled by gamma ([BN], Algorithm 1, last line).",
)
@_forward
def gamma_missing(k: Kept) -> tuple[ndarray, Running]:
    return _out(k._replace(gamma=np.ones_like(k.gamma))), _running(k)


@misconception(
    "batchnorm_forward",
    "The shift beta is not added ([BN], Algorithm 1, last line).",
)
@_forward
def beta_missing(k: Kept) -> tuple[ndarray, Running]:
    return _out(k._replace(beta=np.zeros_like(k.beta))), _running(k)


@misconception(
    "batchnorm_forward",
    "gamma and beta are exchanged: gamma is the scale, which multiplies, and beta the shift, which is added ([BN], "
    "Algorithm 1, last line).",
)
@_forward
def gamma_and_beta_swapped(k: Kept) -> tuple[ndarray, Running]:
    return _out(k._replace(gamma=k.beta, beta=k.gamma)), _running(k)


@misconception(
    "batchnorm_forward",
    "Mean and variance are taken over the features of one example, along the wrong axis. A feature's statistics are "
    "taken over the batch ([BN], section 3); over the features it would be layer normalisation.",
)
@_forward
def statistics_per_row(k: Kept) -> tuple[ndarray, Running]:
    if not k.training:
        return _out(k), _running(k)
    mean, var = k.x.mean(axis=1, keepdims=True), k.x.var(axis=1, keepdims=True)
    return _normalised(k, mean, var), _averaged(k, mean, var * len(k.x) / (len(k.x) - 1))


@misconception(
    "batchnorm_forward",
    "One mean and one variance are taken over the whole array. Every feature, or channel, has statistics of its own "
    "([BN], section 3).",
)
@_forward
def statistics_over_everything(k: Kept) -> tuple[ndarray, Running]:
    if not k.training:
        return _out(k), _running(k)
    return _normalised(k, k.x.mean(), k.x.var()), _averaged(k, k.x.mean(), k.x.var(ddof=1))


@misconception(
    "batchnorm_forward",
    "eps gets into the running variance. It only guards the division; what is gathered is the variance itself.",
)
@_forward
def eps_in_running_variance(k: Kept) -> tuple[ndarray, Running]:
    mean, var = k.x.mean(axis=0), _unbiased(k) + k.eps
    return _out(k), _averaged(k, mean, var) if k.training else _running(k)


@misconception(
    "batchnorm_forward",
    "eps gets into the running variance: it was added to the batch's variance before that is gathered. It only guards the "
    "division; what is gathered is N/(N-1) times the variance itself.",
)
@_forward
def variance_gathered_with_its_eps(k: Kept) -> tuple[ndarray, Running]:
    mean, var = k.x.mean(axis=0), (k.x.var(axis=0) + k.eps) * len(k.x) / np.float64(len(k.x) - 1)
    return _out(k), _averaged(k, mean, var) if k.training else _running(k)


@misconception(
    "batchnorm_forward",
    "The batch's standard deviation is averaged into the running variance, where its variance belongs ([BN], "
    "Algorithm 2).",
)
@_forward
def standard_deviation_in_running_average(k: Kept) -> tuple[ndarray, Running]:
    mean, std = k.x.mean(axis=0), np.sqrt(_unbiased(k))
    return _out(k), _averaged(k, mean, std) if k.training else _running(k)


@misconception(
    "batchnorm_forward",
    "The factor that makes the variance unbiased is upside down. Dividing by N gives too little on average, so the "
    "factor is N / (N - 1), above 1 ([BN], Algorithm 2, line 10).",
)
@_forward
def unbiased_factor_upside_down(k: Kept) -> tuple[ndarray, Running]:
    mean, var = _batch(k)
    return _out(k), _averaged(k, mean, var * (len(k.x) - 1) / len(k.x)) if k.training else _running(k)


@misconception(
    "batchnorm_forward",
    "The modes are exchanged: with training=True the running statistics normalise and stay, with training=False the "
    "batch's normalise and are gathered.",
)
@_forward
def modes_swapped(k: Kept) -> tuple[ndarray, Running]:
    other = k._replace(training=not k.training)
    return _out(other), _running(other)


@misconception(
    "batchnorm_forward",
    "The normalisation multiplies by the standard deviation, or by eps and the variance under the root. It divides, so "
    "that the result has variance 1 ([BN], Algorithm 1).",
)
@_forward
def multiplied_by_the_standard_deviation(k: Kept) -> tuple[ndarray, Running]:
    mean, var = _used(k)
    return k.gamma * (k.x - mean) * np.sqrt(var + k.eps) + k.beta, _running(k)


@misconception(
    "batchnorm_forward",
    "The centred input is not divided by the standard deviation: only its mean becomes 0, its variance stays what it "
    "was ([BN], Algorithm 1).",
)
@_forward
def standard_deviation_missing(k: Kept) -> tuple[ndarray, Running]:
    return k.gamma * (k.x - _used(k)[0]) + k.beta, _running(k)


@misconception(
    "batchnorm_forward",
    "The mean is added to the input. It is subtracted, so that the result has mean 0 ([BN], Algorithm 1).",
)
@_forward
def mean_added_to_the_input(k: Kept) -> tuple[ndarray, Running]:
    mean, var = _used(k)
    return _normalised(k, -mean, var), _running(k)


@misconception(
    "batchnorm_forward",
    "The shift beta is subtracted. It is added ([BN], Algorithm 1, last line).",
)
@_forward
def beta_subtracted(k: Kept) -> tuple[ndarray, Running]:
    return _out(k._replace(beta=-k.beta)), _running(k)


@misconception(
    "batchnorm_forward",
    "eps is subtracted from the variance. It is added, so that the root is never that of 0 or less.",
)
@_forward
def eps_subtracted(k: Kept) -> tuple[ndarray, Running]:
    return _out(k._replace(eps=-k.eps)), _running(k)


@misconception(
    "batchnorm_forward",
    "Mean and variance are exchanged: the variance is subtracted and the root of the mean divides.",
)
@_forward
def mean_and_variance_swapped(k: Kept) -> tuple[ndarray, Running]:
    mean, var = _used(k)
    return _normalised(k, var, mean), _running(k)


@misconception(
    "batchnorm_forward",
    "The new running mean and variance come back in the wrong order: the mean is first.",
)
@_forward
def running_statistics_in_the_other_order(k: Kept) -> tuple[ndarray, Running]:
    mean, var = _running(k)
    return _out(k), (var, mean)


@misconception(
    "batchnorm_forward",
    "The factor that makes the variance unbiased is not N / (N - 1): with N the number of rows, the sum of squares is "
    "divided by N - 1, not multiplied by it or by N ([BN], Algorithm 2, line 10).",
)
@_forward
def unbiased_factor_without_division(k: Kept) -> tuple[ndarray, Running]:
    mean, var = _batch(k)
    return _out(k), _averaged(k, mean, var * len(k.x)) if k.training else _running(k)


@misconception(
    "batchnorm_forward",
    "eps is a lower limit of the standard deviation here, which it does not change where it is smaller. It is added to "
    "the variance inside the root, whatever that is ([BN], Algorithm 1).",
)
@_forward
def standard_deviation_at_least_eps(k: Kept) -> tuple[ndarray, Running]:
    mean, var = _used(k)
    return k.gamma * (k.x - mean) / np.maximum(np.sqrt(var), k.eps) + k.beta, _running(k)


@misconception(
    "batchnorm_forward",
    "eps is a lower limit of the variance here, which it does not change where it is smaller. It is added to the variance "
    "inside the root, whatever that is ([BN], Algorithm 1).",
)
@_forward
def variance_at_least_eps(k: Kept) -> tuple[ndarray, Running]:
    mean, var = _used(k)
    return _normalised(k._replace(eps=0.0), mean, np.maximum(var, k.eps)), _running(k)


@misconception(
    "batchnorm_forward",
    "eps takes the place of a standard deviation of 0, and has no effect on any other. It is added to the variance inside "
    "the root, whatever that is ([BN], Algorithm 1).",
)
@_forward
def eps_in_the_place_of_zero(k: Kept) -> tuple[ndarray, Running]:
    mean, var = _used(k)
    return k.gamma * (k.x - mean) / np.where(var == 0, k.eps, np.sqrt(var)) + k.beta, _running(k)


@misconception(
    "batchnorm_forward",
    "The mean of the squares stands for the batch's variance. The variance is the mean of the squared deviations from the "
    "mean, or what remains of the mean of the squares when the square of the mean is subtracted ([BN], Algorithm 1).",
)
@_forward
def mean_of_squares_for_the_variance(k: Kept) -> tuple[ndarray, Running]:
    if not k.training:
        return _out(k), _running(k)
    n, mean, square = np.float64(len(k.x)), k.x.mean(axis=0), (k.x**2).mean(axis=0)
    return _normalised(k, mean, square), _averaged(k, mean, square * n / (n - 1))


@misconception(
    "batchnorm_forward",
    "The variance that enters the running variance is made unbiased twice: the sum of squares is divided by N - 1, and then "
    "multiplied by N / (N - 1) again, as with ddof=1 and the factor ([BN], Algorithm 2, line 10).",
)
@_forward
def variance_made_unbiased_twice(k: Kept) -> tuple[ndarray, Running]:
    n = np.float64(len(k.x))
    return _out(k), _averaged(k, k.x.mean(axis=0), _unbiased(k) * n / (n - 1)) if k.training else _running(k)


@misconception(
    "batchnorm_forward",
    "The running variance is 1 too small: N / N - 1 is N / N, which is 1, and then minus 1. It takes brackets: N / (N - 1).",
)
@_forward
def brackets_missing_in_the_unbiased_factor(k: Kept) -> tuple[ndarray, Running]:
    mean, var = _averaged(k, *_batch(k))
    return _out(k), (mean, var - 1.0) if k.training else _running(k)


@misconception(
    "batchnorm_forward",
    "Left out, eps is 0. Here its default is 1e-5, without which a feature that is the same in all rows is divided by 0.",
)
def default_eps_of_zero(*arguments: ndarray, training: bool, momentum: float = 0.9, eps: float = 0.0) -> Any:
    with np.errstate(all="ignore"):
        return batchnorm_forward_of(*arguments, training=training, momentum=momentum, eps=eps)


def batchnorm_forward_of(*arguments: ndarray, training: bool, momentum: float, eps: float) -> Any:
    """The right result, where the oracle would refuse eps = 0."""
    kept = Kept(*arguments, training, momentum, eps)
    if training and len(kept.x) < 2:
        raise ValueError(f"x has {len(kept.x)} rows")
    return _out(kept), _running(kept), kept


NEW_STATISTIC = "It is momentum times the old one plus (1 - momentum) times the batch's."


def _one_statistic(which: int, hint: str, new: Callable[[float, ndarray, ndarray], ndarray]) -> Callable[..., Any]:
    """A mistake in the new running mean (0) or variance (1) alone: `new` of momentum, the old one and the batch's."""

    @_forward
    def forward(k: Kept) -> tuple[ndarray, Running]:
        if not k.training:
            return _out(k), _running(k)
        old, batch = (k.running_mean, k.running_var)[which], (k.x.mean(axis=0), _unbiased(k))[which]
        made = list(_running(k))
        made[which] = new(k.momentum, old, batch)
        return _out(k), (made[0], made[1])

    statistic = ("mean", "variance")[which]
    forward.__name__ = f"{new.__name__}_in_running_{statistic}"
    return misconception("batchnorm_forward", f"{hint.format(statistic)} {NEW_STATISTIC}")(forward)


def share_swapped(momentum: float, old: ndarray, batch: ndarray) -> ndarray:
    return (1 - momentum) * old + momentum * batch


def batch_left_out(momentum: float, old: ndarray, batch: ndarray) -> ndarray:
    return momentum * old


def old_one_left_out(momentum: float, old: ndarray, batch: ndarray) -> ndarray:
    return (1 - momentum) * batch


def batch_in_full(momentum: float, old: ndarray, batch: ndarray) -> ndarray:
    return momentum * old + batch


def old_one_in_full(momentum: float, old: ndarray, batch: ndarray) -> ndarray:
    return old + (1 - momentum) * batch


def batch_subtracted(momentum: float, old: ndarray, batch: ndarray) -> ndarray:
    return momentum * old - (1 - momentum) * batch


def only_momentum(momentum: float, old: ndarray, batch: ndarray) -> ndarray:
    return momentum * old + momentum * batch


HINTS = {
    share_swapped: "The roles of momentum and 1 - momentum are exchanged in the new running {}, and in it alone.",
    batch_left_out: "The batch's {0} is left out of the new running {0}.",
    old_one_left_out: "The old running {} is left out of the new one.",
    batch_in_full: "The batch's {0} counts in full in the new running {0}, without its share 1 - momentum.",
    old_one_in_full: "The old running {} counts in full in the new one, without its share momentum.",
    batch_subtracted: "The batch's {0} is subtracted from the running {0}.",
    only_momentum: "Old and new {0} have the same share, momentum, in the running {0}.",
}

share_swapped_in_running_mean = _one_statistic(0, HINTS[share_swapped], share_swapped)
share_swapped_in_running_variance = _one_statistic(1, HINTS[share_swapped], share_swapped)
batch_left_out_in_running_mean = _one_statistic(0, HINTS[batch_left_out], batch_left_out)
batch_left_out_in_running_variance = _one_statistic(1, HINTS[batch_left_out], batch_left_out)
old_one_left_out_in_running_mean = _one_statistic(0, HINTS[old_one_left_out], old_one_left_out)
old_one_left_out_in_running_variance = _one_statistic(1, HINTS[old_one_left_out], old_one_left_out)
batch_in_full_in_running_mean = _one_statistic(0, HINTS[batch_in_full], batch_in_full)
batch_in_full_in_running_variance = _one_statistic(1, HINTS[batch_in_full], batch_in_full)
old_one_in_full_in_running_mean = _one_statistic(0, HINTS[old_one_in_full], old_one_in_full)
old_one_in_full_in_running_variance = _one_statistic(1, HINTS[old_one_in_full], old_one_in_full)
batch_subtracted_in_running_mean = _one_statistic(0, HINTS[batch_subtracted], batch_subtracted)
batch_subtracted_in_running_variance = _one_statistic(1, HINTS[batch_subtracted], batch_subtracted)
only_momentum_in_running_mean = _one_statistic(0, HINTS[only_momentum], only_momentum)
only_momentum_in_running_variance = _one_statistic(1, HINTS[only_momentum], only_momentum)


def _in_one_mode(wrong: Callable[..., Any], mode: bool) -> Callable[..., Any]:
    """The same misconception where `training` is `mode`; the other mode is right."""

    def forward(*arguments: ndarray, training: bool, momentum: float = 0.9, eps: float = 1e-5) -> Any:
        run = wrong if training is mode else oracle.batchnorm_forward
        return run(*arguments, training=training, momentum=momentum, eps=eps)

    name = "training" if mode else "evaluation"
    forward.__name__ = f"{wrong.__name__}_in_{name}"
    return misconception("batchnorm_forward", f"In {name} only: {getattr(wrong, MARK).hint}")(forward)


gamma_missing_in_training = _in_one_mode(gamma_missing, True)
gamma_missing_in_evaluation = _in_one_mode(gamma_missing, False)
beta_missing_in_training = _in_one_mode(beta_missing, True)
beta_missing_in_evaluation = _in_one_mode(beta_missing, False)
gamma_and_beta_missing_in_evaluation = _in_one_mode(gamma_and_beta_missing, False)
divided_by_variance_in_training = _in_one_mode(divided_by_variance, True)
divided_by_variance_in_evaluation = _in_one_mode(divided_by_variance, False)
mean_not_subtracted_in_training = _in_one_mode(mean_not_subtracted, True)
mean_not_subtracted_in_evaluation = _in_one_mode(mean_not_subtracted, False)
eps_outside_the_root_in_training = _in_one_mode(eps_outside_the_root, True)
eps_outside_the_root_in_evaluation = _in_one_mode(eps_outside_the_root, False)
eps_ignored_in_training = _in_one_mode(eps_ignored, True)
eps_ignored_in_evaluation = _in_one_mode(eps_ignored, False)
multiplied_by_the_standard_deviation_in_training = _in_one_mode(multiplied_by_the_standard_deviation, True)
multiplied_by_the_standard_deviation_in_evaluation = _in_one_mode(multiplied_by_the_standard_deviation, False)
standard_deviation_missing_in_training = _in_one_mode(standard_deviation_missing, True)
standard_deviation_missing_in_evaluation = _in_one_mode(standard_deviation_missing, False)
mean_added_to_the_input_in_training = _in_one_mode(mean_added_to_the_input, True)
mean_added_to_the_input_in_evaluation = _in_one_mode(mean_added_to_the_input, False)
beta_subtracted_in_training = _in_one_mode(beta_subtracted, True)
beta_subtracted_in_evaluation = _in_one_mode(beta_subtracted, False)
eps_subtracted_in_training = _in_one_mode(eps_subtracted, True)
eps_subtracted_in_evaluation = _in_one_mode(eps_subtracted, False)


@misconception(
    "batchnorm_forward",
    "Left out, eps is another value than 1e-5 (Keras, for one, takes 1e-3).",
)
def default_eps_of_keras(*arguments: ndarray, training: bool, momentum: float = 0.9, eps: float = 1e-3) -> Any:
    return oracle.batchnorm_forward(*arguments, training=training, momentum=momentum, eps=eps)


@misconception("batchnorm_forward", "Left out, eps is 1e-8, as in optimisers. Here its default is 1e-5.")
def default_eps_of_optimisers(*arguments: ndarray, training: bool, momentum: float = 0.9, eps: float = 1e-8) -> Any:
    return oracle.batchnorm_forward(*arguments, training=training, momentum=momentum, eps=eps)


@misconception(
    "batchnorm_forward",
    "Left out, momentum is 0.1, as in PyTorch, which counts the other way round. Here the default is that 0.9 of "
    "the running statistics stays.",
)
def default_momentum_of_pytorch(*arguments: ndarray, training: bool, momentum: float = 0.1, eps: float = 1e-5) -> Any:
    return oracle.batchnorm_forward(*arguments, training=training, momentum=momentum, eps=eps)


@misconception(
    "batchnorm_forward",
    "Left out, momentum is 0.99, as in Keras. Here the default is that 0.9 of the running statistics stays.",
)
def default_momentum_of_keras(*arguments: ndarray, training: bool, momentum: float = 0.99, eps: float = 1e-5) -> Any:
    return oracle.batchnorm_forward(*arguments, training=training, momentum=momentum, eps=eps)


@misconception(
    "batchnorm_forward",
    "A batch that is too small to train on is not refused: the unbiased variance divides by N - 1, which is 0 for "
    "one row, and the running variance is lost for good. The docstring asks for a ValueError there.",
)
def small_batch_not_refused(*arguments: ndarray, training: bool, momentum: float = 0.9, eps: float = 1e-5) -> Any:
    kept = Kept(*arguments, training, momentum, eps)
    n = np.float64(len(kept.x))
    with np.errstate(all="ignore"):
        if not training:
            return _out(kept), _running(kept), kept
        mean = kept.x.sum(axis=0) / n
        var = ((kept.x - mean) ** 2).sum(axis=0) / n
        return _normalised(kept, mean, var), _averaged(kept, mean, var * n / (n - 1)), kept


@misconception(
    "batchnorm_forward",
    "With a single row in training N / (N - 1) is a division by 0, and so the error is a ZeroDivisionError. The "
    "docstring asks for a ValueError that says what is wrong with the batch.",
)
def single_row_divides_by_zero(*arguments: ndarray, training: bool, momentum: float = 0.9, eps: float = 1e-5) -> Any:
    if training:
        len(arguments[0]) / (len(arguments[0]) - 1)
    return small_batch_not_refused(*arguments, training=training, momentum=momentum, eps=eps)


@misconception(
    "batchnorm_forward",
    "A single row is refused in evaluation too. Only training needs the statistics of the batch; in evaluation any "
    "number of rows can be normalised.",
)
def single_row_refused_in_evaluation(*arguments: ndarray, **options: Any) -> Any:
    if len(arguments[0]) < 2:
        raise ValueError(f"x has {len(arguments[0])} rows")
    return oracle.batchnorm_forward(*arguments, **options)


@misconception(
    "batchnorm_forward",
    "The result is right, but an argument is changed in place: x, as by x -= mean, or the running statistics, as by "
    "*= or +=. The caller's arrays stay as they are; new ones are returned.",
)
@_forward
def arguments_changed_in_place(k: Kept) -> tuple[ndarray, Running]:
    out, (mean, var) = _out(k), _running(k)
    k.x[...], k.running_mean[...], k.running_var[...] = out, mean, var
    return out, (k.running_mean, k.running_var)


# -- batchnorm_backward ------------------------------------------------------------------------------------------------


class Parts(NamedTuple):
    """What the gradients are made of."""

    n: int
    scale: ndarray  # gamma / std
    normalised: ndarray
    dgamma: ndarray
    dbeta: ndarray


def _parts(dout: ndarray, cache: Kept) -> Parts:
    std = np.sqrt(cache.x.var(axis=0) + cache.eps)
    normalised = (cache.x - cache.x.mean(axis=0)) / std
    return Parts(len(dout), cache.gamma / std, normalised, (dout * normalised).sum(axis=0), dout.sum(axis=0))


def _dx(dout: ndarray, p: Parts, mean_path: float = 1.0, variance_path: float = 1.0) -> ndarray:
    """The gradient of x with its two indirect paths multiplied by factors, which are 1 where it is right."""
    return p.scale * (dout - mean_path * p.dbeta / p.n - variance_path * p.normalised * p.dgamma / p.n)


@misconception(
    "batchnorm_backward",
    "The batch's mean and variance are taken for constants. Both are computed from x, so the gradient also flows "
    "through them ([BN], section 3, the equations for dl/dsigma^2 and dl/dmu).",
)
def statistics_treated_as_constants(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p, 0.0, 0.0), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "The path through the variance is missing in dx: every x also moves the batch's variance, by which all outputs "
    "of the feature are divided ([BN], section 3, the equation for dl/dsigma^2).",
)
def variance_path_missing(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p, variance_path=0.0), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "The path through the mean is missing in dx: every x also moves the batch's mean, which is subtracted from all "
    "inputs of the feature ([BN], section 3, the equation for dl/dmu).",
)
def mean_path_missing(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p, mean_path=0.0), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "gamma is missing in dx. The gradient reaches the normalised input through the scaling, so dout is multiplied "
    "by gamma first ([BN], section 3, the equation for dl/dxhat).",
)
def gamma_missing_in_dx(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, _parts(dout, cache._replace(gamma=np.ones_like(cache.gamma)))), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "The factor 1/N is missing in the paths through the mean and the variance: a single x moves the batch's mean by "
    "only 1/N of its own change, and the variance likewise ([BN], section 3, the equation for dl/dx).",
)
def paths_not_divided_by_n(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p, p.n, p.n), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "The whole of dx is N times too large: where N is multiplied into the bracket, 1/N has to stand before it.",
)
def dx_n_times_too_large(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p) * p.n, p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "The whole of dx is N times too small. dout is the gradient of the loss as it is; only the paths through the "
    "mean and the variance are divided by N.",
)
def dx_n_times_too_small(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p) / p.n, p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "The path through the variance counts half: the derivative of (x - mean)^2 is 2 (x - mean), and its 2 cancels "
    "the 1/2 that comes from the root ([BN], section 3, the equations for dl/dsigma^2 and dl/dx).",
)
def variance_path_halved(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p, variance_path=0.5), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "The path through the variance counts twice: the derivative of (var + eps)^(-1/2) has the factor -1/2, which "
    "cancels the 2 from the square ([BN], section 3, the equation for dl/dsigma^2).",
)
def variance_path_doubled(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p, variance_path=2.0), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "The path through the variance has the wrong sign: a larger variance makes the normalised values smaller, so "
    "its derivative is negative ([BN], section 3, the equation for dl/dsigma^2).",
)
def variance_path_added(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p, variance_path=-1.0), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "The path through the mean has the wrong sign: the mean is subtracted, so its derivative is negative ([BN], "
    "section 3, the equation for dl/dmu).",
)
def mean_path_added(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p, mean_path=-1.0), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "The path through the variance divides by N - 1. The forward pass normalises by the biased variance, so its "
    "derivative has 1/N ([BN], section 3, the equation for dl/dx).",
)
def unbiased_variance_in_backward(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p, variance_path=p.n / (p.n - 1)), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "The standard deviation is that of the unbiased variance, with N - 1, in dx and dgamma alike. In training the batch is "
    "normalised by the biased variance, so the gradients are made with that too ([BN], section 3).",
)
def unbiased_standard_deviation_in_backward(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    std = np.sqrt(cache.x.var(axis=0) * p.n / (p.n - 1) + cache.eps)
    normalised = (cache.x - cache.x.mean(axis=0)) / std
    p = Parts(p.n, cache.gamma / std, normalised, (dout * normalised).sum(axis=0), p.dbeta)
    return _dx(dout, p), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "dx is not divided by the standard deviation. The forward pass divides by it, so the gradient does too ([BN], "
    "section 3, the equation for dl/dx).",
)
def standard_deviation_missing_in_dx(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p._replace(scale=cache.gamma)), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "dx is divided by the variance where the standard deviation belongs ([BN], section 3, the equation for dl/dx).",
)
def dx_divided_by_variance(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p._replace(scale=cache.gamma / (cache.x.var(axis=0) + cache.eps))), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "The running variance has got into the gradient. In training the batch was normalised by its own statistics, "
    "and so its gradient is made from them.",
)
def running_variance_in_backward(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p._replace(scale=cache.gamma / np.sqrt(cache.running_var + cache.eps))), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "eps is left out in the gradients. The forward pass divides by the root of the variance plus eps, and so do "
    "they ([BN], section 3).",
)
def eps_ignored_in_backward(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache._replace(eps=0.0))
    return _dx(dout, p), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "eps is left out in the path through the variance, and there alone: the derivative is -1/2 (var + eps)^(-3/2) ([BN], "
    "section 3, the equation for dl/dsigma^2).",
)
def eps_missing_in_variance_path(dout: ndarray, cache: Kept) -> Any:
    p, var = _parts(dout, cache), cache.x.var(axis=0)
    with np.errstate(all="ignore"):
        return _dx(dout, p, variance_path=((var + cache.eps) / var) ** 1.5), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "1e-5 is added to the variance in the gradients, whatever eps the forward pass was called with. Keep what the "
    "gradients need in the cache.",
)
def eps_fixed_in_backward(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache._replace(eps=1e-5))
    return _dx(dout, p), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "In the gradients eps is added to the standard deviation, after the root. It is part of what the root is taken "
    "of: the variance plus eps ([BN], section 3).",
)
def eps_outside_the_root_in_backward(dout: ndarray, cache: Kept) -> Any:
    std = np.sqrt(cache.x.var(axis=0)) + cache.eps
    normalised = (cache.x - cache.x.mean(axis=0)) / std
    p = Parts(len(dout), cache.gamma / std, normalised, (dout * normalised).sum(axis=0), dout.sum(axis=0))
    return _dx(dout, p), p.dgamma, p.dbeta


@misconception(
    "batchnorm_backward",
    "dgamma is made from x as it came in. gamma multiplies the normalised input, so its gradient is the sum of dout "
    "times the normalised input ([BN], section 3, the equation for dl/dgamma).",
)
def dgamma_from_raw_x(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p), (dout * cache.x).sum(axis=0), p.dbeta


@misconception(
    "batchnorm_backward",
    "dgamma is made from x - mean, which is not yet divided by the standard deviation ([BN], section 3, the "
    "equation for dl/dgamma).",
)
def dgamma_from_centred_x(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p), (dout * (cache.x - cache.x.mean(axis=0))).sum(axis=0), p.dbeta


@misconception(
    "batchnorm_backward",
    "dgamma is made from the output, which has gamma and beta in it already. It is the sum of dout times the "
    "normalised input ([BN], section 3, the equation for dl/dgamma).",
)
def dgamma_from_the_output(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p), (dout * (cache.gamma * p.normalised + cache.beta)).sum(axis=0), p.dbeta


@misconception(
    "batchnorm_backward",
    "dgamma is the sum of dout alone, which is dbeta. gamma multiplies the normalised input, so that is multiplied "
    "into its gradient ([BN], section 3, the equation for dl/dgamma).",
)
def normalised_x_missing_in_dgamma(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p), p.dbeta, p.dbeta


@misconception(
    "batchnorm_backward",
    "dgamma and dbeta are means over the batch. gamma and beta are used by every example, and what flows back from "
    "each use is added up ([BN], section 3); if the loss is a mean, dout has the 1/N in it already.",
)
def parameter_gradients_averaged(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p), p.dgamma / p.n, p.dbeta / p.n


@misconception(
    "batchnorm_backward",
    "dgamma is a mean over the batch. gamma is used by every example, and what flows back from each use is added up; if the "
    "loss is a mean, dout has the 1/N in it already ([BN], section 3).",
)
def dgamma_averaged(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p), p.dgamma / p.n, p.dbeta


@misconception(
    "batchnorm_backward",
    "dbeta is a mean over the batch. beta is used by every example, and what flows back from each use is added up; if the "
    "loss is a mean, dout has the 1/N in it already ([BN], section 3).",
)
def dbeta_averaged(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p), p.dgamma, p.dbeta / p.n


@misconception(
    "batchnorm_backward",
    "dgamma and dbeta are exchanged: the gradients come back in the order dx, dgamma, dbeta.",
)
def dgamma_and_dbeta_swapped(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p), p.dbeta, p.dgamma


@misconception(
    "batchnorm_backward",
    "dgamma and dbeta have gamma multiplied into them. gamma stands between the loss and x, not between the loss "
    "and gamma or beta themselves.",
)
def gamma_in_parameter_gradients(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p), p.dgamma * cache.gamma, p.dbeta * cache.gamma


@misconception(
    "batchnorm_backward",
    "dgamma and dbeta are not summed over the batch: one gamma and one beta serve all examples, and what flows back "
    "from each is added up ([BN], section 3).",
)
def parameter_gradients_not_summed(dout: ndarray, cache: Kept) -> Any:
    p = _parts(dout, cache)
    return _dx(dout, p), dout * p.normalised, dout


@misconception(
    "batchnorm_backward",
    "The gradients are right, but the caller's dout is changed in place, as by dout *= gamma. The function computes "
    "a new array.",
)
def dout_changed_in_place(dout: ndarray, cache: Kept) -> Any:
    gradients = oracle.batchnorm_backward(dout, cache)
    dout *= cache.gamma.reshape(1, -1, *(1,) * (dout.ndim - 2))
    return gradients


# -- spatial_batchnorm_forward -----------------------------------------------------------------------------------------


def _rows(images: ndarray) -> ndarray:
    return images.transpose(0, 2, 3, 1).reshape(-1, images.shape[1])


def _images(rows: ndarray, shape: tuple[int, ...]) -> ndarray:
    return rows.reshape(shape[0], shape[2], shape[3], shape[1]).transpose(0, 3, 1, 2)


def _forward_over_images(wrong: Callable[..., Any]) -> Callable[..., Any]:
    """The same misconception, with the positions of all images for rows."""

    def forward(x: ndarray, *rest: ndarray, **options: Any) -> Any:
        out, running, kept = wrong(_rows(x), *rest, **options)
        return _images(out, x.shape), running, kept._replace(x=x)

    known = getattr(wrong, MARK)
    forward.__name__ = f"spatial_{wrong.__name__}"
    return misconception("spatial_batchnorm_forward", known.hint)(forward)


def _per_channel(values: ndarray) -> ndarray:
    return values[:, None, None]


def _image_statistics(x: ndarray, axes: tuple[int, ...], k: Kept) -> Any:
    """Training with statistics over other axes; what is gathered has the shape that comes of it."""
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    out = _per_channel(k.gamma) * (x - mean) / np.sqrt(var + k.eps) + _per_channel(k.beta)
    count = np.float64(np.prod([x.shape[axis] for axis in axes]))
    unbiased = var * count / (count - 1)
    old_mean, old_var = _per_channel(k.running_mean), _per_channel(k.running_var)
    new = [k.momentum * old + (1 - k.momentum) * batch for old, batch in ((old_mean, mean), (old_var, unbiased))]
    return out, tuple(np.squeeze(value, axis=axes) for value in new), k


def _spatial(run: Callable[[Kept], Any]) -> Callable[..., Any]:
    """Give `run`, which is called in training only, the student's signature; evaluation and the error are right."""

    @functools.wraps(run)
    def forward(*arguments: ndarray, training: bool, momentum: float = 0.9, eps: float = 1e-5) -> Any:
        right = oracle.spatial_batchnorm_forward(*arguments, training=training, momentum=momentum, eps=eps)
        if not training:
            return right
        with np.errstate(all="ignore"):
            return run(right[2])

    return forward


def _in_both_modes(run: Callable[[Kept], Any]) -> Callable[..., Any]:
    """Give `run` the student's signature; the error is right."""

    @functools.wraps(run)
    def forward(*arguments: ndarray, training: bool, momentum: float = 0.9, eps: float = 1e-5) -> Any:
        right = oracle.spatial_batchnorm_forward(*arguments, training=training, momentum=momentum, eps=eps)
        return run(right[2])

    return forward


def _with_variance_count(k: Kept, count: int) -> Any:
    """Right but for the count in the unbiased variance."""
    out, running, _ = oracle.spatial_batchnorm_forward(*k[:5], training=True, momentum=k.momentum, eps=k.eps)
    unbiased = k.x.var(axis=(0, 2, 3)) * count / np.float64(count - 1)
    return out, (running[0], k.momentum * k.running_var + (1 - k.momentum) * unbiased), k


@misconception(
    "spatial_batchnorm_forward",
    "Mean and variance are taken over the images only, separately for every position. A channel has one mean and "
    "one variance, over all images and all positions ([BN], section 3.2).",
)
@_spatial
def statistics_per_channel_and_position(k: Kept) -> Any:
    return _image_statistics(k.x, (0,), k)


@misconception(
    "spatial_batchnorm_forward",
    "Mean and variance are taken over the positions of each image by itself, which is instance normalisation. A "
    "channel has one mean and one variance, over all images and all positions ([BN], section 3.2).",
)
@_spatial
def statistics_per_image(k: Kept) -> Any:
    return _image_statistics(k.x, (2, 3), k)


@misconception(
    "spatial_batchnorm_forward",
    "The variance is the mean of the images' variances, each about the mean of its own image. What the images' means differ "
    "by belongs to it as well: a channel has one mean, and one variance about it ([BN], section 3.2).",
)
@_spatial
def variances_averaged_over_the_images(k: Kept) -> Any:
    mean, var = k.x.mean(axis=(0, 2, 3)), k.x.var(axis=(2, 3)).mean(axis=0)
    count = np.float64(k.x[:, 0].size)
    out = _per_channel(k.gamma) * (k.x - _per_channel(mean)) / np.sqrt(_per_channel(var) + k.eps) + _per_channel(k.beta)
    return out, _averaged(k, mean, var * count / (count - 1)), k


@misconception(
    "spatial_batchnorm_forward",
    "gamma and beta are laid along the width. NumPy lines arrays up at their last axes, and the last axis of x is W: (C,) has "
    "to become (C, 1, 1), or (1, C, 1, 1), to lie along the channels.",
)
@_in_both_modes
def gamma_and_beta_along_the_width(k: Kept) -> Any:
    plain = np.ones_like(k.gamma), np.zeros_like(k.beta)
    options = {"training": k.training, "momentum": k.momentum, "eps": k.eps}
    normalised, running, _ = oracle.spatial_batchnorm_forward(k.x, *plain, *k[3:5], **options)
    return k.gamma * normalised + k.beta, running, k


@misconception(
    "spatial_batchnorm_forward",
    "The array is reshaped to (N*H*W, C) without moving the channel axis to the end first, so that a column mixes "
    "channels. Reshaping keeps the order of the entries, in which channels are not last.",
)
@_in_both_modes
def channel_axis_not_moved(k: Kept) -> Any:
    flat = k.x.reshape(-1, k.x.shape[1])
    out, running, _ = oracle.batchnorm_forward(flat, *k[1:5], training=k.training, momentum=k.momentum, eps=k.eps)
    return out.reshape(k.x.shape), running, k


@misconception(
    "spatial_batchnorm_forward",
    "The normalised rows are reshaped straight back to (N, C, H, W). They are in the order (N, H, W, C): that shape "
    "first, then the channel axis is moved back to its place.",
)
@_in_both_modes
def channel_axis_not_moved_back(k: Kept) -> Any:
    out, running, _ = oracle.spatial_batchnorm_forward(*k[:5], training=k.training, momentum=k.momentum, eps=k.eps)
    return out.transpose(0, 2, 3, 1).reshape(k.x.shape), running, k


COUNTS_IMAGES = (
    "The unbiased variance is made with N, the number of images. N*H*W values of a channel went into it, so that is "
    "the count ([BN], section 3.2: the effective size of the batch is m * p * q)."
)


@misconception("spatial_batchnorm_forward", COUNTS_IMAGES)
@_spatial
def unbiased_factor_counts_images(k: Kept) -> Any:
    return _with_variance_count(k, k.x.shape[0])


@misconception("spatial_batchnorm_forward", COUNTS_IMAGES)
@_spatial
def unbiased_factor_of_images_divides_by_zero(k: Kept) -> Any:
    images = len(k.x)
    images / (images - 1)  # of a single image: Python's whole numbers give no infinity
    return _with_variance_count(k, images)


@misconception("spatial_batchnorm_forward", COUNTS_IMAGES)
@_spatial
def unbiased_factor_of_several_images(k: Kept) -> Any:
    images = len(k.x)
    if images > 1:
        return _with_variance_count(k, images)
    return spatial_biased_variance_in_running_average(*k[:5], training=True, momentum=k.momentum, eps=k.eps)


@misconception(
    "spatial_batchnorm_forward",
    "The unbiased variance is made with H*W, the number of positions. N*H*W values of a channel went into it, so "
    "that is the count ([BN], section 3.2: the effective size of the batch is m * p * q).",
)
@_spatial
def unbiased_factor_counts_positions(k: Kept) -> Any:
    return _with_variance_count(k, k.x.shape[2] * k.x.shape[3])


spatial_biased_variance_in_running_average = _forward_over_images(biased_variance_in_running_average)
spatial_momentum_swapped = _forward_over_images(momentum_swapped)
spatial_multiplied_by_the_standard_deviation = _forward_over_images(multiplied_by_the_standard_deviation)
spatial_standard_deviation_missing = _forward_over_images(standard_deviation_missing)
spatial_mean_added_to_the_input = _forward_over_images(mean_added_to_the_input)
spatial_beta_subtracted = _forward_over_images(beta_subtracted)
spatial_running_statistics_in_the_other_order = _forward_over_images(running_statistics_in_the_other_order)
spatial_default_eps_of_zero = _forward_over_images(default_eps_of_zero)
spatial_share_swapped_in_running_mean = _forward_over_images(share_swapped_in_running_mean)
spatial_share_swapped_in_running_variance = _forward_over_images(share_swapped_in_running_variance)
spatial_batch_left_out_in_running_mean = _forward_over_images(batch_left_out_in_running_mean)
spatial_batch_left_out_in_running_variance = _forward_over_images(batch_left_out_in_running_variance)
spatial_old_one_left_out_in_running_mean = _forward_over_images(old_one_left_out_in_running_mean)
spatial_old_one_left_out_in_running_variance = _forward_over_images(old_one_left_out_in_running_variance)
spatial_batch_in_full_in_running_mean = _forward_over_images(batch_in_full_in_running_mean)
spatial_batch_in_full_in_running_variance = _forward_over_images(batch_in_full_in_running_variance)
spatial_old_one_in_full_in_running_mean = _forward_over_images(old_one_in_full_in_running_mean)
spatial_old_one_in_full_in_running_variance = _forward_over_images(old_one_in_full_in_running_variance)
spatial_unbiased_variance_in_normalisation = _forward_over_images(unbiased_variance_in_normalisation)
spatial_eps_outside_the_root = _forward_over_images(eps_outside_the_root)
spatial_batch_statistics_in_evaluation = _forward_over_images(batch_statistics_in_evaluation)
spatial_running_statistics_updated_in_evaluation = _forward_over_images(running_statistics_updated_in_evaluation)
spatial_training_flag_ignored = _forward_over_images(training_flag_ignored)
spatial_running_statistics_used_in_training = _forward_over_images(running_statistics_used_in_training)
spatial_updated_statistics_used_in_training = _forward_over_images(updated_statistics_used_in_training)
spatial_running_statistics_not_updated = _forward_over_images(running_statistics_not_updated)
spatial_running_statistics_replaced = _forward_over_images(running_statistics_replaced)
spatial_running_statistics_added_up = _forward_over_images(running_statistics_added_up)
spatial_momentum_fixed = _forward_over_images(momentum_fixed)
spatial_eps_ignored = _forward_over_images(eps_ignored)
spatial_eps_fixed = _forward_over_images(eps_fixed)
spatial_eps_ignored_in_evaluation = _forward_over_images(eps_ignored_in_evaluation)
spatial_variance_gathered_with_its_eps = _forward_over_images(variance_gathered_with_its_eps)
spatial_default_eps_of_optimisers = _forward_over_images(default_eps_of_optimisers)
spatial_divided_by_variance_in_evaluation = _forward_over_images(divided_by_variance_in_evaluation)
spatial_eps_outside_the_root_in_evaluation = _forward_over_images(eps_outside_the_root_in_evaluation)
spatial_mean_not_subtracted_in_evaluation = _forward_over_images(mean_not_subtracted_in_evaluation)
spatial_gamma_missing_in_evaluation = _forward_over_images(gamma_missing_in_evaluation)
spatial_beta_missing_in_evaluation = _forward_over_images(beta_missing_in_evaluation)
spatial_divided_by_variance = _forward_over_images(divided_by_variance)
spatial_mean_not_subtracted = _forward_over_images(mean_not_subtracted)
spatial_gamma_and_beta_missing = _forward_over_images(gamma_and_beta_missing)
spatial_gamma_missing = _forward_over_images(gamma_missing)
spatial_beta_missing = _forward_over_images(beta_missing)
spatial_gamma_and_beta_swapped = _forward_over_images(gamma_and_beta_swapped)
spatial_gamma_and_beta_missing_in_evaluation = _forward_over_images(gamma_and_beta_missing_in_evaluation)
spatial_statistics_over_everything = _forward_over_images(statistics_over_everything)
spatial_eps_in_running_variance = _forward_over_images(eps_in_running_variance)
spatial_standard_deviation_in_running_average = _forward_over_images(standard_deviation_in_running_average)
spatial_unbiased_factor_upside_down = _forward_over_images(unbiased_factor_upside_down)
spatial_modes_swapped = _forward_over_images(modes_swapped)
spatial_default_eps_of_keras = _forward_over_images(default_eps_of_keras)
spatial_default_momentum_of_pytorch = _forward_over_images(default_momentum_of_pytorch)
spatial_default_momentum_of_keras = _forward_over_images(default_momentum_of_keras)
spatial_standard_deviation_at_least_eps = _forward_over_images(standard_deviation_at_least_eps)
spatial_variance_at_least_eps = _forward_over_images(variance_at_least_eps)
spatial_eps_in_the_place_of_zero = _forward_over_images(eps_in_the_place_of_zero)
spatial_mean_of_squares_for_the_variance = _forward_over_images(mean_of_squares_for_the_variance)
spatial_variance_made_unbiased_twice = _forward_over_images(variance_made_unbiased_twice)
spatial_brackets_missing_in_the_unbiased_factor = _forward_over_images(brackets_missing_in_the_unbiased_factor)
spatial_small_batch_not_refused = _forward_over_images(small_batch_not_refused)
spatial_single_row_divides_by_zero = _forward_over_images(single_row_divides_by_zero)
spatial_single_row_refused_in_evaluation = _forward_over_images(single_row_refused_in_evaluation)


@misconception(
    "spatial_batchnorm_forward",
    "Training on a single image is refused. Every position counts as an example of its channel, so one image of two "
    "pixels is enough: the error is for N*H*W below 2 ([BN], section 3.2).",
)
def single_image_refused(*arguments: ndarray, training: bool, **options: Any) -> Any:
    if training and len(arguments[0]) < 2:
        raise ValueError(f"x has {len(arguments[0])} images")
    return oracle.spatial_batchnorm_forward(*arguments, training=training, **options)


@misconception("spatial_batchnorm_forward", getattr(arguments_changed_in_place, MARK).hint)
def spatial_arguments_changed_in_place(*arguments: ndarray, **options: Any) -> Any:
    out, running, kept = oracle.spatial_batchnorm_forward(*(value.copy() for value in arguments), **options)
    arguments[0][...], arguments[3][...], arguments[4][...] = out, *running
    return out, running, kept


# -- spatial_batchnorm_backward ----------------------------------------------------------------------------------------


def _backward_over_images(wrong: Callable[..., Any]) -> Callable[..., Any]:
    """The same misconception, with the positions of all images for rows."""

    def backward(dout: ndarray, cache: Kept) -> Any:
        dx, dgamma, dbeta = wrong(_rows(dout), cache._replace(x=_rows(cache.x)))
        return _images(dx, dout.shape), dgamma, dbeta

    known = getattr(wrong, MARK)
    backward.__name__ = f"spatial_{wrong.__name__}"
    return misconception("spatial_batchnorm_backward", known.hint)(backward)


def _with_count(dout: ndarray, cache: Kept, count: int) -> Any:
    """Right but for the count in the paths through mean and variance."""
    p = _parts(_rows(dout), cache._replace(x=_rows(cache.x)))
    return _images(_dx(_rows(dout), p._replace(n=count)), dout.shape), p.dgamma, p.dbeta


@misconception(
    "spatial_batchnorm_backward",
    "The paths through the mean and the variance are divided by N, the number of images. A channel's statistics are "
    "over N*H*W values, so one of them moves the mean by 1/(N*H*W) of its change ([BN], section 3.2).",
)
def gradient_counts_images(dout: ndarray, cache: Kept) -> Any:
    return _with_count(dout, cache, dout.shape[0])


@misconception(
    "spatial_batchnorm_backward",
    "The paths through the mean and the variance are sums over the images only, position by position. All N*H*W values of a "
    "channel share its mean and variance, so the sums run over the positions as well ([BN], section 3.2).",
)
def paths_over_the_images_only(dout: ndarray, cache: Kept) -> Any:
    p = _parts(_rows(dout), cache._replace(x=_rows(cache.x)))
    normalised, (_, dgamma, dbeta) = _images(p.normalised, dout.shape), oracle.spatial_batchnorm_backward(dout, cache)
    paths = dout.mean(axis=0) + normalised * (dout * normalised).mean(axis=0)
    return _per_channel(p.scale) * (dout - paths), dgamma, dbeta


@misconception(
    "spatial_batchnorm_backward",
    "The paths through the mean and the variance are divided by H*W, the number of positions. A channel's "
    "statistics are over N*H*W values ([BN], section 3.2).",
)
def gradient_counts_positions(dout: ndarray, cache: Kept) -> Any:
    return _with_count(dout, cache, dout.shape[2] * dout.shape[3])


@misconception(
    "spatial_batchnorm_backward",
    "dgamma and dbeta are summed over the images only. One gamma and one beta serve all positions of a channel, so "
    "the sums run over the positions as well ([BN], section 3.2).",
)
def summed_over_images_only(dout: ndarray, cache: Kept) -> Any:
    p = _parts(_rows(dout), cache._replace(x=_rows(cache.x)))
    dx = oracle.spatial_batchnorm_backward(dout, cache)[0]
    return dx, (dout * _images(p.normalised, dout.shape)).sum(axis=0), dout.sum(axis=0)


@misconception(
    "spatial_batchnorm_backward",
    "dgamma and dbeta are summed over the positions only. One gamma and one beta serve all images of the batch, so "
    "the sums run over the images as well ([BN], section 3.2).",
)
def summed_over_positions_only(dout: ndarray, cache: Kept) -> Any:
    p = _parts(_rows(dout), cache._replace(x=_rows(cache.x)))
    dx = oracle.spatial_batchnorm_backward(dout, cache)[0]
    return dx, (dout * _images(p.normalised, dout.shape)).sum(axis=(2, 3)), dout.sum(axis=(2, 3))


@misconception(
    "spatial_batchnorm_backward",
    "dout is reshaped to (N*H*W, C) without moving the channel axis to the end first, and back likewise, so that a "
    "column mixes channels. Reshaping keeps the order of the entries, in which channels are not last.",
)
def channel_axis_of_dout_not_moved(dout: ndarray, cache: Kept) -> Any:
    flat = dout.reshape(-1, dout.shape[1])
    dx, dgamma, dbeta = oracle.batchnorm_backward(flat, cache._replace(x=_rows(cache.x)))
    return dx.reshape(dout.shape), dgamma, dbeta


@misconception(
    "spatial_batchnorm_backward",
    "The rows of dx are reshaped straight back to (N, C, H, W). They are in the order (N, H, W, C): that shape "
    "first, then the channel axis is moved back to its place.",
)
def channel_axis_of_dx_not_moved_back(dout: ndarray, cache: Kept) -> Any:
    dx, dgamma, dbeta = oracle.spatial_batchnorm_backward(dout, cache)
    return dx.transpose(0, 2, 3, 1).reshape(dout.shape), dgamma, dbeta


spatial_statistics_treated_as_constants = _backward_over_images(statistics_treated_as_constants)
spatial_variance_path_missing = _backward_over_images(variance_path_missing)
spatial_mean_path_missing = _backward_over_images(mean_path_missing)
spatial_gamma_missing_in_dx = _backward_over_images(gamma_missing_in_dx)
spatial_paths_not_divided_by_n = _backward_over_images(paths_not_divided_by_n)
spatial_dx_n_times_too_large = _backward_over_images(dx_n_times_too_large)
spatial_dx_n_times_too_small = _backward_over_images(dx_n_times_too_small)
spatial_variance_path_halved = _backward_over_images(variance_path_halved)
spatial_variance_path_doubled = _backward_over_images(variance_path_doubled)
spatial_variance_path_added = _backward_over_images(variance_path_added)
spatial_mean_path_added = _backward_over_images(mean_path_added)
spatial_unbiased_variance_in_backward = _backward_over_images(unbiased_variance_in_backward)
spatial_standard_deviation_missing_in_dx = _backward_over_images(standard_deviation_missing_in_dx)
spatial_dx_divided_by_variance = _backward_over_images(dx_divided_by_variance)
spatial_running_variance_in_backward = _backward_over_images(running_variance_in_backward)
spatial_eps_ignored_in_backward = _backward_over_images(eps_ignored_in_backward)
spatial_eps_missing_in_variance_path = _backward_over_images(eps_missing_in_variance_path)
spatial_eps_fixed_in_backward = _backward_over_images(eps_fixed_in_backward)
spatial_eps_outside_the_root_in_backward = _backward_over_images(eps_outside_the_root_in_backward)
spatial_dgamma_from_raw_x = _backward_over_images(dgamma_from_raw_x)
spatial_dgamma_from_centred_x = _backward_over_images(dgamma_from_centred_x)
spatial_dgamma_from_the_output = _backward_over_images(dgamma_from_the_output)
spatial_normalised_x_missing_in_dgamma = _backward_over_images(normalised_x_missing_in_dgamma)
spatial_unbiased_standard_deviation_in_backward = _backward_over_images(unbiased_standard_deviation_in_backward)
spatial_dgamma_averaged = _backward_over_images(dgamma_averaged)
spatial_dbeta_averaged = _backward_over_images(dbeta_averaged)
spatial_parameter_gradients_averaged = _backward_over_images(parameter_gradients_averaged)
spatial_dgamma_and_dbeta_swapped = _backward_over_images(dgamma_and_dbeta_swapped)
spatial_gamma_in_parameter_gradients = _backward_over_images(gamma_in_parameter_gradients)


@misconception("spatial_batchnorm_backward", getattr(dout_changed_in_place, MARK).hint)
def dout_of_images_changed_in_place(dout: ndarray, cache: Kept) -> Any:
    return dout_changed_in_place(dout, cache)


# -- fold_batchnorm ----------------------------------------------------------------------------------------------------

FOLD = "Jacob et al. (2018), section 3.2"


def _scaled(w: ndarray, scale: ndarray) -> ndarray:
    return w * scale[:, None, None, None]


def _folded(w: ndarray, b: ndarray, beta: ndarray, mean: ndarray, scale: ndarray) -> tuple[ndarray, ndarray]:
    return _scaled(w, scale), (b - mean) * scale + beta


@misconception(
    "fold_batchnorm",
    "The bias of the convolution is not scaled. Batch norm normalises the convolution's whole output, its bias "
    f"included, so the bias is scaled as the kernel is ({FOLD}).",
)
def bias_not_scaled(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    scale = gamma / np.sqrt(running_var + eps)
    return _scaled(w, scale), b - running_mean * scale + beta


@misconception(
    "fold_batchnorm",
    "gamma is missing: kernel and bias are divided by the standard deviation, and multiplied by gamma as well.",
)
def gamma_missing_in_fold(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _folded(w, b, beta, running_mean, 1 / np.sqrt(running_var + eps))


@misconception(
    "fold_batchnorm",
    "gamma is missing in the new bias: batch norm multiplies b and the running mean by gamma too, as it does the "
    "kernel, only beta stays as it is.",
)
def gamma_missing_in_the_bias(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    std = np.sqrt(running_var + eps)
    return _scaled(w, gamma / std), (b - running_mean) / std + beta


@misconception(
    "fold_batchnorm",
    "gamma is missing at the running mean: batch norm subtracts it before it scales, so that it is multiplied by gamma "
    "as b is.",
)
def gamma_missing_at_the_mean(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    std = np.sqrt(running_var + eps)
    return _scaled(w, gamma / std), (b * gamma - running_mean) / std + beta


@misconception(
    "fold_batchnorm",
    "The running mean is missing in the new bias. Batch norm subtracts it from the convolution's output before it "
    "scales.",
)
def mean_ignored(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _folded(w, b, beta, np.zeros_like(b), gamma / np.sqrt(running_var + eps))


@misconception(
    "fold_batchnorm",
    "The convolution's own bias is dropped. It is part of the output that batch norm normalises, so it goes, "
    "scaled, into the new bias.",
)
def old_bias_dropped(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _folded(w, np.zeros_like(b), beta, running_mean, gamma / np.sqrt(running_var + eps))


@misconception(
    "fold_batchnorm",
    "The shift beta is missing in the new bias.",
)
def beta_missing_in_fold(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _folded(w, b, np.zeros_like(b), running_mean, gamma / np.sqrt(running_var + eps))


@misconception(
    "fold_batchnorm",
    "The running mean is subtracted without being scaled. Batch norm subtracts it before it scales, so it is "
    "multiplied by the same factor as the bias.",
)
def mean_not_scaled(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    scale = gamma / np.sqrt(running_var + eps)
    return _scaled(w, scale), b * scale - running_mean + beta


@misconception(
    "fold_batchnorm",
    "The running mean is added to the bias. Batch norm subtracts it.",
)
def mean_added(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _folded(w, b, beta, -running_mean, gamma / np.sqrt(running_var + eps))


@misconception(
    "fold_batchnorm",
    "beta is scaled with the bias. Batch norm adds it last, after scaling.",
)
def beta_scaled(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    scale = gamma / np.sqrt(running_var + eps)
    return _folded(w, b, beta * scale, running_mean, scale)


@misconception(
    "fold_batchnorm",
    "The kernel comes back as it was. Batch norm scales every output channel, which is done by scaling the filter "
    f"that makes it ({FOLD}).",
)
def kernel_not_scaled(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return w, _folded(w, b, beta, running_mean, gamma / np.sqrt(running_var + eps))[1]


@misconception(
    "fold_batchnorm",
    "The factors are broadcast along the last axis of the kernel, its width. There is one factor for every filter, "
    "along the first axis of (F, C, KH, KW).",
)
def scaled_along_the_width(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    scale = gamma / np.sqrt(running_var + eps)
    return w * scale, (b - running_mean) * scale + beta


@misconception(
    "fold_batchnorm",
    "The factors are applied along the axis of the input channels. Batch norm comes after the convolution and has "
    "one factor for every filter, along the first axis of (F, C, KH, KW).",
)
def scaled_along_the_input_channels(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    scale = gamma / np.sqrt(running_var + eps)
    return w * scale[:, None, None], (b - running_mean) * scale + beta


@misconception(
    "fold_batchnorm",
    "eps is added to the standard deviation, after the root. It is part of what the root is taken of: the running "
    "variance plus eps ([BN], Algorithm 2, line 11).",
)
def eps_outside_the_root_in_fold(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _folded(w, b, beta, running_mean, gamma / (np.sqrt(running_var) + eps))


@misconception(
    "fold_batchnorm",
    "eps is left out. It is added to the running variance before the root is taken, as in evaluation ([BN], "
    "Algorithm 2, line 11).",
)
def eps_ignored_in_fold(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _folded(w, b, beta, running_mean, gamma / np.sqrt(running_var))


@misconception(
    "fold_batchnorm",
    "1e-5 is added to the running variance whatever the argument eps says.",
)
def eps_fixed_in_fold(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _folded(w, b, beta, running_mean, gamma / np.sqrt(running_var + 1e-5))


@misconception(
    "fold_batchnorm",
    "Kernel and bias are divided by the running variance. Batch norm divides by its root, the standard deviation.",
)
def divided_by_variance_in_fold(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _folded(w, b, beta, running_mean, gamma / (running_var + eps))


@misconception(
    "fold_batchnorm",
    "Left out, eps is another value than 1e-5 (Keras, for one, takes 1e-3).",
)
def default_eps_of_keras_in_fold(w, b, gamma, beta, running_mean, running_var, eps=1e-3):
    return _folded(w, b, beta, running_mean, gamma / np.sqrt(running_var + eps))


@misconception(
    "fold_batchnorm",
    "Kernel and bias are multiplied by the standard deviation. Batch norm divides by it.",
)
def multiplied_by_the_standard_deviation_in_fold(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _folded(w, b, beta, running_mean, gamma * np.sqrt(running_var + eps))


@misconception(
    "fold_batchnorm",
    "The standard deviation is left out: kernel and bias are multiplied by gamma, and divided by the root of running "
    "variance plus eps as well.",
)
def standard_deviation_missing_in_fold(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _folded(w, b, beta, running_mean, gamma)


@misconception(
    "fold_batchnorm",
    "The kernel is divided by the factor that it is to be multiplied by, gamma over the standard deviation.",
)
def kernel_divided(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    scale = gamma / np.sqrt(running_var + eps)
    return _scaled(w, 1 / scale), (b - running_mean) * scale + beta


@misconception(
    "fold_batchnorm",
    "The bias is divided by the factor that it is to be multiplied by, gamma over the standard deviation.",
)
def bias_divided(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    scale = gamma / np.sqrt(running_var + eps)
    return _scaled(w, scale), (b - running_mean) / scale + beta


@misconception(
    "fold_batchnorm",
    "beta is subtracted. Batch norm adds it.",
)
def beta_subtracted_in_fold(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _folded(w, b, -beta, running_mean, gamma / np.sqrt(running_var + eps))


@misconception(
    "fold_batchnorm",
    "The new bias is beta alone. The convolution's bias less the running mean, scaled, belongs to it as well.",
)
def bias_of_beta_alone(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _scaled(w, gamma / np.sqrt(running_var + eps)), beta


@misconception(
    "fold_batchnorm",
    "Neither the bias nor the running mean is scaled. Batch norm scales what the convolution gives, less the mean.",
)
def bias_and_mean_not_scaled(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    return _scaled(w, gamma / np.sqrt(running_var + eps)), b - running_mean + beta


@misconception(
    "fold_batchnorm",
    "Left out, eps is 0. Here its default is 1e-5, as in the functions above.",
)
def default_eps_of_zero_in_fold(w, b, gamma, beta, running_mean, running_var, eps=0.0):
    with np.errstate(all="ignore"):
        return _folded(w, b, beta, running_mean, gamma / np.sqrt(running_var + eps))


@misconception(
    "fold_batchnorm",
    "The result is right, but the caller's kernel or bias is changed in place, as by w *= scale. The function "
    "computes new arrays.",
)
def kernel_and_bias_changed_in_place(w, b, gamma, beta, running_mean, running_var, eps=1e-5):
    w[...], b[...] = _folded(w, b, beta, running_mean, gamma / np.sqrt(running_var + eps))
    return w, b
