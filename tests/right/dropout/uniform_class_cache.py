"""`rng.uniform`, large numbers stay; the cache is an object that knows its gradient."""

from dataclasses import dataclass

import numpy as np


@dataclass
class _Layer:
    keep_prob: float
    training: bool
    in_training: float
    in_evaluation: float
    kept: np.ndarray | None = None

    def __post_init__(self):
        if not 0 < self.keep_prob <= 1:
            raise ValueError(f"got keep_prob {self.keep_prob}; allowed is 0 < keep_prob <= 1")

    def forward(self, x, rng):
        if self.training:
            self.kept = rng.uniform(0.0, 1.0, x.shape) >= 1.0 - self.keep_prob
        return self.apply(x), self

    def apply(self, values):
        if self.kept is None:
            return values * self.in_evaluation
        return np.where(self.kept, values * self.in_training, 0)


def dropout_forward(x, keep_prob, *, training, rng):
    return _Layer(keep_prob, training, 1 / keep_prob if keep_prob else 0, 1.0).forward(x, rng)


def dropout_backward(dout, cache):
    return cache.apply(dout)


def classic_dropout_forward(x, keep_prob, *, training, rng):
    return _Layer(keep_prob, training, 1.0, keep_prob).forward(x, rng)


def classic_dropout_backward(dout, cache):
    return cache.apply(dout)


def count_subnetworks(neurons):
    return pow(2, neurons)
