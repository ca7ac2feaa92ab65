"""Gradients against the student's own function: do the two belong together, and if not, which of them is wrong?

The slope of a loss sum(dout * out) along a random direction is worked out twice: from the student's gradients, and from
the student's own outputs a step ahead and a step behind. A gradient that is right, or that is the gradient of the
student's own function, passes; so a mistake in the one function is not charged to the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checking.arrays import as_drawn, was_drawn
from grader.checking.compare import as_number, expect_array, expect_number, fail, with_calls_in_between
from grader.checking.tolerance import allowed_error
from grader.client.values import describe

NEARER = (0.1, 0.01, 0.001)
ALIKE = 1e-3
"""Shorter steps, as shares of the step, at which slopes have to differ by less than this share to be the same."""


@dataclass(frozen=True)
class Probe:
    """A forward and a backward function, and where and along which direction the two are compared.

    `names` are the gradients that backward returns, in order, `at` the arguments that they are the gradients of. The
    step is to be so short that no kink lies within it. `forward_name` is what the student calls the forward function.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    at: Sequence[np.ndarray]
    direction: Sequence[np.ndarray]
    dout: np.ndarray
    step: float
    names: Sequence[str]
    forward_name: str = "your forward function"


@dataclass(frozen=True)
class Slopes:
    """A slope as the student's gradient gives it, as the student's own values give it, and as it is.

    `by_gradient_bound` and `own_bound` are the magnitudes that went into the first two, `truncation` is the error of
    taking a difference for a derivative, `step` how far was gone for it.
    """

    by_gradient: float
    own: float
    right: float
    by_gradient_bound: float
    own_bound: float
    truncation: float = 0.0
    step: float = 0.0


def expect_own_gradient(
    probe: Probe,
    out: np.ndarray,
    gradients: Sequence[np.ndarray],
    bounds: Sequence[np.ndarray],
    reach: np.ndarray,
    truncation: float = 0.0,
) -> None:
    """Require gradients that are right, or else those of the student's own forward function.

    `out` is the right output, `gradients` and `bounds` the right gradients and their magnitudes, `reach` the magnitude
    that goes into the output a step away. A forward call of something else comes before the backward call, which has
    to go by the cache that it is given; where it does not, the report says so.
    """

    def loss_at(*arguments: np.ndarray) -> float:
        return along([own_array(probe.forward(*arguments)[0], out, "the output")], [probe.dout])

    def backward(cache: Any) -> tuple[Sequence[Any], list[np.ndarray]]:
        got = probe.backward(probe.dout, cache)
        got = got if len(probe.names) > 1 else (got,)  # of several the student module has seen to it that it is a tuple
        return got, [own_array(*named) for named in zip(got, gradients, probe.names, strict=True)]

    cache = probe.forward(*probe.at)[-1]
    probe.forward(*probe.direction)
    got, found = backward(cache)
    by_gradient, right = along(found, probe.direction), along(gradients, probe.direction)
    size = along(bounds, [np.abs(part) for part in probe.direction])
    if abs(by_gradient - right) <= float(allowed_error(size)):
        return
    _, at_once = backward(probe.forward(*probe.at)[-1])
    if abs(along(at_once, probe.direction) - right) <= float(allowed_error(size)):
        with with_calls_in_between():
            for one, wanted, bound, name in zip(got, gradients, bounds, probe.names, strict=True):
                expect_array(one, wanted, bound, what=f"{name} after another call of {probe.forward_name}")
    own_bound = along([reach], [np.abs(probe.dout)]) / probe.step
    parts = zip(probe.names, got, found, gradients, bounds, probe.direction, strict=True)
    for place, (name, value, one, wanted, bound, part) in enumerate(parts):
        # along this argument alone: each gradient may be the right one or that of the student's own function
        direction = [part if place == other else np.zeros_like(rest) for other, rest in enumerate(probe.direction)]
        size = along([bound], [np.abs(part)])
        if abs(along([one], [part]) - along([wanted], [part])) <= float(allowed_error(size)):
            continue

        def own(step: float, direction: Sequence[np.ndarray] = direction) -> float:
            return own_slope(loss_at, probe.at, direction, step)

        slopes = Slopes(
            along([one], [part]), own(probe.step), along([wanted], [part]), size, own_bound, truncation, probe.step
        )
        expect_agreement(slopes, name, probe.forward_name, value, own)


def expect_agreement(
    slopes: Slopes, gradient: str, values: str, value: Any = None, own: Callable[[float], float] | None = None
) -> None:
    """Require that the student's gradient gives the right slope, or that of the student's own values.

    `gradient` and `values` name the two, `value` is the gradient. Where the right slope is no rounding error the
    student's may not be 0 on both sides, or functions that give zeros would agree. `own` gives the slope of the student's
    values for another step: one's own function may have a kink where the right one has none.
    """
    limit = float(allowed_error(slopes.by_gradient_bound + slopes.own_bound)) + slopes.truncation
    rounding = float(allowed_error(slopes.by_gradient_bound))
    if abs(slopes.by_gradient - slopes.right) <= rounding:
        return
    own_is_right = abs(slopes.own - slopes.right) <= limit
    verb = "are" if " and " in gradient else "is"
    if not abs(slopes.by_gradient - slopes.own) <= limit:
        if own is not None and any(_agree(slopes.by_gradient, own(slopes.step * share)) for share in NEARER):
            return
        fail(
            f"{gradient} and {values} do not belong together: "
            + (f"{values} is right here, {gradient} {verb} not" if own_is_right else "both are wrong here"),
            f"a slope of {slopes.own:.6g} along a direction, as {values} changes",
            f"a slope of {slopes.by_gradient:.6g}, as {gradient} {'give' if verb == 'are' else 'gives'} it",
            value,
        )
    if abs(slopes.right) > 2 * limit and abs(slopes.by_gradient) <= rounding:
        fail(
            f"{gradient} and {values} agree, but only in that neither shows a slope",
            f"a slope of {slopes.right:.6g} along a direction",
            f"a slope of {slopes.by_gradient:.6g}",
            value,
        )


def _agree(one: float, other: float) -> bool:
    return abs(one - other) <= ALIKE * abs(other)


def own_array(got: Any, right: np.ndarray, what: str) -> np.ndarray:
    """The student's array, right or wrong, of the right shape and without NaN."""
    expect_array(got, right, np.inf, what=what)
    return np.asarray(got, dtype=np.float64)


def own_number(got: Any, right: float, what: str) -> float:
    """The student's number, right or wrong, but not NaN."""
    if as_number(got) is None:  # the right one is that of other arguments, where it is one on the way
        fail(f"{what} is not a number", "a number", describe(got), got)
    expect_number(got, right, np.inf, what=what)
    return float(got)


def along(gradients: Sequence[np.ndarray], direction: Sequence[np.ndarray]) -> float:
    """The slope that gradients give along a direction."""
    with np.errstate(all="ignore"):
        return float(sum(np.sum(gradient * part) for gradient, part in zip(gradients, direction, strict=True)))


def own_slope(
    loss_at: Callable[..., float], at: Sequence[np.ndarray], direction: Sequence[np.ndarray], step: float
) -> float:
    """The slope along a direction of a loss made of the student's values, from a step ahead and a step behind."""
    ahead, behind = (loss_at(*moved(at, direction, move)) for move in (step, -step))
    with np.errstate(all="ignore"):
        return float(np.float64(ahead) - behind) / (2.0 * step)


def moved(at: Sequence[np.ndarray], direction: Sequence[np.ndarray], step: float) -> list[np.ndarray]:
    """The arguments after a step along the direction; those are given by the case if both are."""
    return [
        as_drawn(argument + step * part) if was_drawn(argument) and was_drawn(part) else argument + step * part
        for argument, part in zip(at, direction, strict=True)
    ]
