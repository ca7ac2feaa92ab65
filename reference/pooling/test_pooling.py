"""The checks of the topic pooling."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from grader.checking import (
    draw_array,
    draw_distinct,
    draw_positive,
    expect_again,
    expect_array,
    expect_message,
    expect_value_error,
    remember,
    rng,
    with_calls_in_between,
)
from grader.checking.slopes import Probe, expect_own_gradient
from reference.pooling import oracle
from reference.pooling.oracle import Pair, as_pair


class Windows(NamedTuple):
    """Shape of x, windows, and the seed of all contents."""

    n: int
    c: int
    h: int
    w: int
    kernel: Pair
    stride: Pair
    seed: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The shape of x."""
        return self.n, self.c, self.h, self.w


class Maps(NamedTuple):
    """Shape of x for global pooling, (N, C) and (H, W), and the seed of all contents."""

    batch: tuple[int, int]
    size: tuple[int, int]
    seed: int


class Pooled(NamedTuple):
    """What one of the poolings gives for a case: input, output, output's gradient, input's gradient, bounds of both."""

    x: np.ndarray
    out: np.ndarray
    out_bound: np.ndarray
    dout: np.ndarray
    dx: np.ndarray
    dx_bound: np.ndarray


class Unpooled(NamedTuple):
    """An image, the values to put back, and the right result of putting them back."""

    x: np.ndarray
    out: np.ndarray
    values: np.ndarray
    restored: np.ndarray


def all_pairs(low: int, high: int) -> list[Pair]:
    """Every kernel or stride with sides from `low` to `high`: one number for both directions, or (height, width)."""
    return [*range(low, high + 1), *all_sizes(low, high)]


def all_sizes(low: int, high: int) -> list[tuple[int, int]]:
    """Every (height, width) with sides from `low` to `high`, smallest first."""
    return list(itertools.product(range(low, high + 1), repeat=2))


def separate(kernel: Pair, stride: Pair) -> bool:
    """Whether windows lie side by side, or with gaps of one row or column between them."""
    return all(0 <= step - side <= 1 for side, step in zip(as_pair(kernel), as_pair(stride), strict=True))


def overlapping(kernel: Pair, stride: Pair) -> bool:
    """Whether windows share rows or columns."""
    return any(step < side for side, step in zip(as_pair(kernel), as_pair(stride), strict=True))


def too_large(kernel: Pair, size: tuple[int, int]) -> bool:
    """Whether the kernel is larger than an input of this size, by one or two rows or columns."""
    return 1 <= max(side - limit for side, limit in zip(as_pair(kernel), size, strict=True)) <= 2


def larger_input(windows: tuple[Pair, Pair], more: tuple[int, int], batch: tuple[int, int], seed: int) -> Windows:
    """Kernel and stride, and an input with `more` rows and columns than the kernel."""
    height, width = as_pair(windows[0])
    return Windows(*batch, height + more[0], width + more[1], *windows, seed)


def smaller_input(kernel_and_size: tuple[Pair, tuple[int, int]], stride: Pair, c: int, seed: int) -> Windows:
    """A kernel and the size of an input that is too small for it."""
    kernel, size = kernel_and_size
    return Windows(1, c, *size, kernel, stride, seed)


def tiled_input(kernel: Pair, counts: tuple[int, int], batch: tuple[int, int], seed: int) -> Windows:
    """Stride equal to kernel, and an input that `counts` windows cover."""
    height, width = as_pair(kernel)
    return Windows(*batch, height * counts[0], width * counts[1], kernel, kernel, seed)


def with_leftover(case: Windows, more: tuple[int, int]) -> Windows:
    """The case with `more` rows and columns, fewer than a window has."""
    height, width = as_pair(case.kernel)
    return case._replace(h=case.h + min(more[0], height - 1), w=case.w + min(more[1], width - 1))


# What belongs together is drawn at once, from a list that begins with the simplest, so that a case costs few draws.
SEEDS = st.integers(0, 999)
BATCHES = st.sampled_from([(1, 1), (1, 2), (2, 1), (2, 2), (1, 3), (2, 3)])
WINDOWS = list(itertools.product(all_pairs(1, 3), all_pairs(1, 4)))
any_windows = st.builds(larger_input, st.sampled_from(WINDOWS), st.sampled_from(all_sizes(0, 3)), BATCHES, SEEDS)
separate_windows = st.builds(
    larger_input,
    st.sampled_from([windows for windows in WINDOWS if separate(*windows)]),
    st.sampled_from(all_sizes(0, 3)),
    BATCHES,
    SEEDS,
)
overlapping_windows = st.builds(
    larger_input,
    st.sampled_from([windows for windows in WINDOWS if overlapping(*windows)]),
    st.sampled_from(all_sizes(1, 3)),
    BATCHES,
    SEEDS,
)
kernels_too_large = st.builds(
    smaller_input,
    st.sampled_from([pair for pair in itertools.product(all_pairs(1, 5), all_sizes(1, 4)) if too_large(*pair)]),
    st.sampled_from(all_pairs(1, 2)),
    st.integers(1, 2),
    SEEDS,
)
strides_too_small = st.builds(
    larger_input,
    st.sampled_from(
        [pair for pair in itertools.product(all_pairs(1, 2), all_pairs(-1, 2)) if min(as_pair(pair[1])) < 1]
    ),
    st.sampled_from(all_sizes(0, 2)),
    st.just((1, 1)),
    SEEDS,
)
bad_windows = st.one_of(kernels_too_large, strides_too_small)
tiled_windows = st.builds(
    tiled_input, st.sampled_from(all_pairs(1, 3)), st.sampled_from(all_sizes(1, 2)), BATCHES, SEEDS
)
square_windows = st.builds(tiled_input, st.integers(1, 3), st.sampled_from(all_sizes(1, 2)), BATCHES, SEEDS)
tiled_windows_with_leftover = st.builds(
    with_leftover,
    st.builds(tiled_input, st.sampled_from(all_pairs(2, 3)), st.sampled_from(all_sizes(1, 2)), BATCHES, SEEDS),
    st.sampled_from(all_sizes(0, 2)[1:]),
)
maps = st.builds(Maps, BATCHES, st.sampled_from(all_sizes(1, 5)), SEEDS)


@remember
def pooled(kind: str, case: Windows) -> Pooled:
    """The pooling `kind` ("max", "avg" or "l2") of values without ties, and its gradient."""
    forward, backward = getattr(oracle, f"{kind}_pool_forward"), getattr(oracle, f"{kind}_pool_backward")
    generator = rng(case.seed)
    x = draw_distinct(generator, case.shape)
    out, cache = forward(x, case.kernel, case.stride)
    dout = draw_array(generator, out.shape)
    out_bound, dx_cache = (np.abs(out), cache) if kind == "max" else forward(np.abs(x), case.kernel, case.stride)
    dx_bound = backward(np.abs(dout), dx_cache)
    if kind != "max":  # shares may be spread by cumulative sums, whose rounding reaches every entry of a map
        dx_bound = np.zeros(x.shape) + dx_bound.max(axis=(2, 3), keepdims=True)
    return Pooled(x, out, out_bound, dout, backward(dout, cache), dx_bound)


@remember
def global_pooled(case: Maps) -> Pooled:
    """Global average pooling and its gradient."""
    generator = rng(case.seed)
    x = draw_array(generator, (*case.batch, *case.size))
    out, cache = oracle.global_avg_pool_forward(x)
    dout = draw_array(generator, out.shape)
    dx = oracle.global_avg_pool_backward(dout, cache)
    return Pooled(x, out, oracle.global_avg_pool_forward(np.abs(x))[0], dout, dx, np.abs(dx))


@remember
def unpooled(case: Windows, own_maxima: bool) -> Unpooled:
    """Unpooling of the image's own maxima, or of other values, which may be negative, in a map with a maximum of 0."""
    generator = rng(case.seed)
    x = draw_distinct(generator, case.shape)
    if not own_maxima:  # as behind a ReLU: what is not zero is then no mark of a maximum
        x = np.round(x - oracle.max_pool_forward(x, case.kernel, case.stride)[0].flat[0], 2)
    out, switches = oracle.max_pool_with_switches(x, case.kernel, case.stride)
    values = out if own_maxima else draw_array(generator, out.shape)
    return Unpooled(x, out, values, oracle.max_unpool(values, switches, case.shape))


def check_forward(student: Any, kind: str, case: Windows) -> None:
    """The pooled map of one of the three poolings."""
    right = pooled(kind, case)
    out, _ = getattr(student, f"{kind}_pool_forward")(right.x, case.kernel, case.stride)
    expect_array(out, right.out, right.out_bound, what="the pooled map")


def check_backward(student: Any, kind: str, case: Windows) -> None:
    """The gradient of one of the three poolings."""
    right = pooled(kind, case)
    _, cache = getattr(student, f"{kind}_pool_forward")(right.x, case.kernel, case.stride)
    dx = getattr(student, f"{kind}_pool_backward")(right.dout, cache)
    expect_array(dx, right.dx, right.dx_bound, what="dx")


STEPS = {"max": 0.001, "avg": 1.0, "l2": 0.01}
"""Entries of x are 0.01 apart or more and directions at most 2, so that the short step moves no maximum to another entry;
averages are linear in a step of any length."""


def check_own_gradient(student: Any, kind: str, case: Windows) -> None:
    """The gradient of one of the three poolings, against its right forward function or else the student's own."""
    right = pooled(kind, case)
    forward, step = getattr(oracle, f"{kind}_pool_forward"), STEPS[kind]
    direction = draw_array(rng(case.seed + 2000), case.shape)
    ahead, behind = (forward(right.x + move * direction, case.kernel, case.stride)[0] for move in (step, -step))
    slope = float((right.dout * (ahead - behind)).sum()) / (2 * step)
    probe = Probe(
        lambda x: getattr(student, f"{kind}_pool_forward")(x, case.kernel, case.stride),
        getattr(student, f"{kind}_pool_backward"),
        [right.x],
        [direction],
        right.dout,
        step,
        ["dx"],
        f"{kind}_pool_forward",
    )
    reach = forward(np.abs(right.x) + step * np.abs(direction), case.kernel, case.stride)[0]
    truncation = 4 * abs(
        slope - float((right.dx * direction).sum())
    )  # of a wrong forward it may be larger than of ours
    expect_own_gradient(probe, right.out, [right.dx], [right.dx_bound], reach, truncation)


def check_unchanged(student: Any, function: str, *arguments: Any) -> Any:
    """An array among the first of the arguments is after the call what it was before; returns the result."""
    result, (after, _) = student.observe(function, *arguments)
    name = "dout" if function.endswith("backward") else "x"
    expect_array(after[0], arguments[0], 0.0, what=f"{name} after the call")
    return result


def check_value_error(student: Any, kind: str, case: Windows) -> str:
    """A ValueError for the bad windows of `case`, and the right map for the nearest good ones; returns the message."""
    forward = getattr(student, f"{kind}_pool_forward")
    right = pooled(kind, nearest_good(case))
    message = expect_value_error(forward, right.x, case.kernel, case.stride, why=what_is_wrong(case))
    good = nearest_good(case)
    out, _ = forward(right.x, good.kernel, good.stride)
    expect_array(out, right.out, right.out_bound, what="the pooled map")
    return message


def nearest_good(case: Windows) -> Windows:
    """The same case with the kernel cut to the size of the input and the stride raised to 1."""
    (height, width), (down, right) = as_pair(case.kernel), as_pair(case.stride)
    return case._replace(kernel=(min(height, case.h), min(width, case.w)), stride=(max(down, 1), max(right, 1)))


def what_is_wrong(case: Windows) -> str:
    """Why the case's windows are not allowed."""
    if min(as_pair(case.stride)) < 1:
        return f"the stride {case.stride} is below 1"
    return f"the kernel {case.kernel} is larger than the input, {case.h} high and {case.w} wide"


def image(*rows: list[float]) -> np.ndarray:
    """One image with one channel."""
    return np.array([[rows]])


@pytest.mark.check("max_pool_forward/worked_example", points="1/2")
def test_max_forward_example(student: Any) -> None:
    """Max pooling with 2x2 windows and stride 2 gives the maxima that one reads off a 4x4 map."""
    x = image([1.0, 1.5, 2.0, 4.0], [5.0, 6.0, 7.0, 8.0], [3.0, 2.0, 1.0, 0.0], [1.0, 2.5, 3.5, 4.5])
    out, _ = student.max_pool_forward(x, 2, 2)
    expect_array(out, image([6.0, 8.0], [3.0, 4.5]), what="the pooled map")


@pytest.mark.check("max_pool_forward/values", points="7/4")
@example(case=Windows(1, 1, 2, 4, 2, 2, 0))
@example(case=Windows(1, 1, 5, 5, 3, 2, 1))
@example(case=Windows(2, 3, 5, 4, (3, 2), (1, 2), 2))
@example(case=Windows(1, 2, 6, 5, 2, (3, 2), 3))
@example(case=Windows(2, 1, 5, 2, (3, 1), 1, 4))
@example(case=Windows(1, 1, 3, 4, 2, 2, 5))
@given(case=any_windows)
def test_max_forward(student: Any, case: Windows) -> None:
    """Max pooling is right for every shape, kernel and stride, given as one number or as (height, width)."""
    check_forward(student, "max", case)


@pytest.mark.check("max_pool_forward/negative_values", points="1/2")
@example(case=Windows(1, 1, 2, 2, 2, 2, 0))
@example(case=Windows(1, 1, 2, 2, 2, 2, 4))
@given(case=square_windows)
def test_max_forward_negative(student: Any, case: Windows) -> None:
    """The maximum of a window of negative values is negative, also of large ones."""
    x = -(10.0 ** (2 * (case.seed % 5))) * draw_positive(rng(case.seed), case.shape)
    wanted, _ = oracle.max_pool_forward(x, case.kernel, case.stride)
    out, _ = student.max_pool_forward(x, case.kernel, case.stride)
    expect_array(out, wanted, what="the pooled map")


@pytest.mark.check("max_pool_forward/value_errors", points=1)
@example(case=Windows(1, 1, 2, 3, 3, 1, 0))
@example(case=Windows(1, 1, 3, 2, (3, 3), 1, 0))
@example(case=Windows(1, 1, 2, 2, 2, 0, 0))
@example(case=Windows(1, 1, 2, 3, (2, 3), -1, 0))
@example(case=Windows(1, 1, 3, 2, (1, 2), (1, 0), 0))
@given(case=bad_windows)
def test_max_forward_errors(student: Any, case: Windows) -> None:
    """ValueError for a kernel larger than the input or a stride below 1 in a direction; the largest kernel is fine."""
    check_value_error(student, "max", case)


@pytest.mark.check("max_pool_forward/error_message", points="1/2")
@example(case=Windows(1, 1, 2, 4, 3, 1, 0))
@example(case=Windows(1, 1, 2, 2, 2, 0, 0))
@given(case=bad_windows)
def test_max_forward_message(student: Any, case: Windows) -> None:
    """The message of the ValueError names the argument that is wrong and gives its value."""
    message = check_value_error(student, "max", case)
    if min(as_pair(case.stride)) < 1:
        names, values = ["stride"], [case.stride, *(side for side in as_pair(case.stride) if side < 1)]
    else:
        height, width = as_pair(case.kernel)
        names = [
            "kernel",
            "window",
            "pool",
            "KH",
            "KW",
            "height",
            "width",
            "size",
            "input",
            "image",
            "x",
        ]
        values = [case.kernel, height, width, f"{height}x{width}", case.h, case.w, f"{case.h}x{case.w}"]
    expect_message(message, names, values)


@pytest.mark.check("max_pool_forward/arguments_unchanged", points="1/4")
@example(case=Windows(1, 1, 2, 2, 2, 2, 0))
@given(case=square_windows)
def test_max_forward_unchanged(student: Any, case: Windows) -> None:
    """Max pooling is right and leaves x as it was."""
    right = pooled("max", case)
    out, _ = check_unchanged(student, "max_pool_forward", right.x, case.kernel, case.stride)
    expect_array(out, right.out, right.out_bound, what="the pooled map")


@pytest.mark.check("max_pool_backward/worked_example", points="1/2")
def test_max_backward_example(student: Any) -> None:
    """Each gradient goes to the place of its window's maximum, all other entries get 0 (2x2 windows, stride 2)."""
    x = image([1.0, 1.5, 2.0, 4.0], [5.0, 6.0, 7.0, 8.0], [3.0, 2.0, 1.0, 0.0], [1.0, 2.5, 3.5, 4.5])
    _, cache = student.max_pool_forward(x, 2, 2)
    dx = student.max_pool_backward(image([10.0, -20.0], [30.0, 40.0]), cache)
    wanted = image([0.0, 0.0, 0.0, 0.0], [0.0, 10.0, 0.0, -20.0], [30.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 40.0])
    expect_array(dx, wanted, what="dx")


@pytest.mark.check("max_pool_backward/separate_windows", points=1)
@example(case=Windows(1, 1, 2, 3, 2, 2, 0))
@example(case=Windows(1, 2, 5, 5, (1, 2), (3, 2), 1))
@example(case=Windows(2, 1, 4, 4, (2, 1), (2, 2), 2))
@given(case=separate_windows)
def test_max_backward_separate(student: Any, case: Windows) -> None:
    """The gradient of max pooling is right where windows do not overlap, rows and columns left over included."""
    check_backward(student, "max", case)


@pytest.mark.check("max_pool_backward/overlapping_windows", points=1)
@example(case=Windows(1, 1, 2, 3, 2, 1, 0))
@example(case=Windows(1, 1, 5, 5, 3, 2, 1))
@example(case=Windows(2, 2, 5, 4, (3, 2), (1, 1), 2))
@example(case=Windows(1, 2, 4, 6, (2, 3), (1, 2), 3))
@given(case=overlapping_windows)
def test_max_backward_overlapping(student: Any, case: Windows) -> None:
    """Where windows overlap, an entry that is the maximum of several of them gets the sum of their gradients."""
    check_backward(student, "max", case)


@pytest.mark.check("max_pool_backward/ties", points="3/4")
@example(case=Windows(1, 1, 2, 2, 2, 2, 0), levels=1)
@example(case=Windows(1, 2, 4, 5, (2, 3), (2, 3), 1), levels=2)
@given(case=separate_windows, levels=st.integers(1, 3))
def test_max_backward_ties(student: Any, case: Windows, levels: int) -> None:
    """Entries that share a window's maximum share its gradient: the parts add up to it, no other entry gets any."""
    generator = rng(case.seed)
    x = generator.integers(0, levels, size=case.shape).astype(np.float64)
    windows = windows_of(x, case)
    dout = draw_array(generator, windows.shape[:4])
    _, cache = student.max_pool_forward(x, case.kernel, case.stride)
    dx = student.max_pool_backward(dout, cache)
    expect_array(dx, np.zeros(case.shape), np.inf, what="dx")  # any finite values of this shape
    share = np.zeros(case.shape, dtype=bool)
    windows_of(share, case)[...] = windows == windows.max(axis=(-2, -1), keepdims=True)
    expect_array(np.where(share, 0.0, dx), np.zeros(case.shape), 0.0, what="dx at the entries that are not a maximum")
    expect_array(windows_of(dx, case).sum(axis=(-2, -1)), dout, what="the sum of dx over each window")


@pytest.mark.check("max_pool_backward/agrees_with_own_forward", points="1/2")
@example(case=Windows(1, 1, 2, 2, 2, 2, 0))
@example(case=Windows(1, 2, 5, 4, (2, 3), (2, 1), 1))
@given(case=any_windows)
def test_max_backward_own_forward(student: Any, case: Windows) -> None:
    """Along a random direction the gradient is that of max_pool_forward, the right one or your own."""
    check_own_gradient(student, "max", case)


@pytest.mark.check("max_pool_backward/arguments_unchanged", points="1/4")
@example(case=Windows(1, 1, 2, 2, 2, 2, 0))
@given(case=separate_windows)
def test_max_backward_unchanged(student: Any, case: Windows) -> None:
    """The gradient of max pooling is right and leaves dout as it was."""
    check_backward_unchanged(student, "max", case)


def check_backward_unchanged(student: Any, kind: str, case: Windows) -> None:
    """The gradient of one of the three poolings, the same of a second call, and dout after the first."""
    right = pooled(kind, case)
    _, cache = getattr(student, f"{kind}_pool_forward")(right.x, case.kernel, case.stride)
    dx = check_unchanged(student, f"{kind}_pool_backward", right.dout, cache)
    again = getattr(student, f"{kind}_pool_backward")(right.dout, cache)
    expect_array(dx, right.dx, right.dx_bound, what="dx")
    expect_again(again, dx, "dx")
    other = larger(case)
    getattr(student, f"{kind}_pool_forward")(pooled(kind, other).x, other.kernel, other.stride)
    with with_calls_in_between():
        dx = getattr(student, f"{kind}_pool_backward")(right.dout, cache)
        expect_array(dx, right.dx, right.dx_bound, what="dx after a forward pass with other windows")


def larger(case: Windows) -> Windows:
    """Other windows on a map of another shape."""
    (height, width), (down, right) = as_pair(case.kernel), as_pair(case.stride)
    return Windows(
        case.n + 1, case.c + 1, case.h + 2, case.w + 1, (height + 1, width), (down + 1, right), case.seed + 1
    )


def windows_of(maps: np.ndarray, case: Windows) -> np.ndarray:
    """A view (N, C, OH, OW, KH, KW) of all windows, writable where `maps` is and the windows do not overlap."""
    down, right = as_pair(case.stride)
    windows = sliding_window_view(maps, as_pair(case.kernel), axis=(2, 3), writeable=maps.flags.writeable)
    return windows[:, :, ::down, ::right]


@pytest.mark.check("avg_pool_forward/worked_example", points="1/2")
def test_avg_forward_example(student: Any) -> None:
    """Average pooling with 2x2 windows and stride 2 gives (1 + 2 + 3 + 6) / 4 = 3; zeros count: (4 + 8) / 4 = 3."""
    out, _ = student.avg_pool_forward(image([1.0, 2.0, 5.0, 6.0], [3.0, 6.0, 7.0, -2.0]), 2, 2)
    expect_array(out, image([3.0, 4.0]), image([3.0, 5.0]), what="the pooled map")
    out, _ = student.avg_pool_forward(image([0.0, 4.0, 0.0, 0.0], [8.0, 0.0, 0.0, 0.0]), 2, 2)
    expect_array(out, image([3.0, 0.0]), image([3.0, 1.0]), what="the pooled map with zeros in it")


@pytest.mark.check("avg_pool_forward/values", points="5/4")
@example(case=Windows(1, 1, 2, 4, 2, 2, 0))
@example(case=Windows(1, 1, 5, 5, 3, 2, 1))
@example(case=Windows(2, 3, 5, 4, (3, 2), (1, 2), 2))
@example(case=Windows(1, 2, 6, 5, 2, (3, 2), 3))
@example(case=Windows(2, 1, 5, 2, (3, 1), 1, 4))
@example(case=Windows(1, 1, 3, 4, 2, 2, 5))
@given(case=any_windows)
def test_avg_forward(student: Any, case: Windows) -> None:
    """Average pooling is right for every shape, kernel and stride, given as one number or as (height, width)."""
    check_forward(student, "avg", case)


@pytest.mark.check("avg_pool_forward/arguments_unchanged", points="1/4")
@example(case=Windows(1, 1, 2, 2, 2, 2, 0))
@given(case=square_windows)
def test_avg_forward_unchanged(student: Any, case: Windows) -> None:
    """Average pooling is right and leaves x as it was."""
    right = pooled("avg", case)
    out, _ = check_unchanged(student, "avg_pool_forward", right.x, case.kernel, case.stride)
    expect_array(out, right.out, right.out_bound, what="the pooled map")


@pytest.mark.check("avg_pool_forward/value_errors", points="1/2")
@example(case=Windows(1, 1, 2, 3, 3, 1, 0))
@example(case=Windows(1, 1, 3, 2, (3, 3), 1, 0))
@example(case=Windows(1, 1, 2, 2, 2, 0, 0))
@example(case=Windows(1, 1, 2, 3, (2, 3), -1, 0))
@given(case=bad_windows)
def test_avg_forward_errors(student: Any, case: Windows) -> None:
    """ValueError for a kernel larger than the input or a stride below 1 in a direction; the largest kernel is fine."""
    check_value_error(student, "avg", case)


@pytest.mark.check("avg_pool_backward/worked_example", points="1/2")
def test_avg_backward_example(student: Any) -> None:
    """Each gradient is shared out evenly over its window: 8 over 2x2 entries gives each 2, -4 gives each -1."""
    _, cache = student.avg_pool_forward(image([1.0, 2.0, 5.0, 6.0], [3.0, 6.0, 7.0, -2.0]), 2, 2)
    dx = student.avg_pool_backward(image([8.0, -4.0]), cache)
    expect_array(dx, image([2.0, 2.0, -1.0, -1.0], [2.0, 2.0, -1.0, -1.0]), what="dx")


@pytest.mark.check("avg_pool_backward/separate_windows", points="3/4")
@example(case=Windows(1, 1, 2, 3, 2, 2, 0))
@example(case=Windows(1, 2, 5, 5, (1, 2), (3, 2), 1))
@example(case=Windows(2, 1, 4, 4, (2, 1), (2, 2), 2))
@given(case=separate_windows)
def test_avg_backward_separate(student: Any, case: Windows) -> None:
    """The gradient of average pooling is right where windows do not overlap, rows and columns left over included."""
    check_backward(student, "avg", case)


@pytest.mark.check("avg_pool_backward/overlapping_windows", points=1)
@example(case=Windows(1, 1, 2, 3, 2, 1, 0))
@example(case=Windows(1, 1, 5, 5, 3, 2, 1))
@example(case=Windows(2, 2, 5, 4, (3, 2), (1, 1), 2))
@example(case=Windows(1, 2, 4, 6, (2, 3), (1, 2), 3))
@given(case=overlapping_windows)
def test_avg_backward_overlapping(student: Any, case: Windows) -> None:
    """Where windows overlap, an entry gets the sum of its shares from all the windows it lies in."""
    check_backward(student, "avg", case)


@pytest.mark.check("avg_pool_backward/arguments_unchanged", points="1/4")
@example(case=Windows(1, 1, 2, 2, 2, 2, 0))
@given(case=separate_windows)
def test_avg_unchanged(student: Any, case: Windows) -> None:
    """The gradient of average pooling is right and leaves dout as it was."""
    check_backward_unchanged(student, "avg", case)


@pytest.mark.check("avg_pool_backward/agrees_with_own_forward", points="1/2")
@example(case=Windows(1, 1, 2, 2, 2, 2, 0))
@example(case=Windows(1, 2, 5, 4, (2, 3), (2, 1), 1))
@given(case=any_windows)
def test_avg_backward_own_forward(student: Any, case: Windows) -> None:
    """Along a random direction the gradient is that of avg_pool_forward, the right one or your own."""
    check_own_gradient(student, "avg", case)


@pytest.mark.check("l2_pool_forward/worked_example", points="1/2")
def test_l2_forward_example(student: Any) -> None:
    """L2 pooling gives sqrt(4 + 16 + 16 + 64) = 10 and sqrt(9 + 16) = 5 (2x2 windows, stride 2)."""
    out, _ = student.l2_pool_forward(image([2.0, 4.0, -3.0, 0.0], [4.0, 8.0, 0.0, 4.0]), 2, 2)
    expect_array(out, image([10.0, 5.0]), what="the pooled map")


@pytest.mark.check("l2_pool_forward/values", points="3/2")
@example(case=Windows(1, 1, 2, 4, 2, 2, 0))
@example(case=Windows(1, 1, 5, 5, 3, 2, 1))
@example(case=Windows(2, 3, 5, 4, (3, 2), (1, 2), 2))
@example(case=Windows(1, 2, 6, 5, 2, (3, 2), 3))
@example(case=Windows(2, 1, 5, 2, (3, 1), 1, 4))
@example(case=Windows(1, 1, 3, 4, 2, 2, 5))
@given(case=any_windows)
def test_l2_forward(student: Any, case: Windows) -> None:
    """L2 pooling is right for every shape, kernel and stride, given as one number or as (height, width)."""
    check_forward(student, "l2", case)


@pytest.mark.check("l2_pool_forward/value_errors", points="1/2")
@example(case=Windows(1, 1, 2, 3, 3, 1, 0))
@example(case=Windows(1, 1, 3, 2, (3, 3), 1, 0))
@example(case=Windows(1, 1, 2, 2, 2, 0, 0))
@example(case=Windows(1, 1, 2, 3, (2, 3), -1, 0))
@given(case=bad_windows)
def test_l2_forward_errors(student: Any, case: Windows) -> None:
    """ValueError for a kernel larger than the input or a stride below 1 in a direction; the largest kernel is fine."""
    check_value_error(student, "l2", case)


@pytest.mark.check("l2_pool_forward/arguments_unchanged", points="1/2")
@example(case=Windows(1, 1, 1, 2, (1, 2), 1, 0))
@given(case=square_windows)
def test_l2_unchanged(student: Any, case: Windows) -> None:
    """L2 pooling is right and leaves x as it was."""
    right = pooled("l2", case)
    out, _ = check_unchanged(student, "l2_pool_forward", right.x, case.kernel, case.stride)
    expect_array(out, right.out, right.out_bound, what="the pooled map")


@pytest.mark.check("l2_pool_backward/worked_example", points="1/2")
def test_l2_backward_example(student: Any) -> None:
    """Norms of 10 and 5 and gradients of 5 and 10 multiply the entries of the two windows by 5/10 and 10/5."""
    _, cache = student.l2_pool_forward(image([2.0, 4.0, -3.0, 0.0], [4.0, 8.0, 0.0, 4.0]), 2, 2)
    dx = student.l2_pool_backward(image([5.0, 10.0]), cache)
    expect_array(dx, image([1.0, 2.0, -6.0, 0.0], [2.0, 4.0, 0.0, 8.0]), what="dx")


@pytest.mark.check("l2_pool_backward/separate_windows", points="3/4")
@example(case=Windows(1, 1, 2, 3, 2, 2, 0))
@example(case=Windows(1, 2, 5, 5, (1, 2), (3, 2), 1))
@example(case=Windows(2, 1, 4, 4, (2, 1), (2, 2), 2))
@given(case=separate_windows)
def test_l2_backward_separate(student: Any, case: Windows) -> None:
    """The gradient of L2 pooling is right where windows do not overlap, rows and columns left over included."""
    check_backward(student, "l2", case)


@pytest.mark.check("l2_pool_backward/overlapping_windows", points=1)
@example(case=Windows(1, 1, 2, 3, 2, 1, 0))
@example(case=Windows(1, 1, 5, 5, 3, 2, 1))
@example(case=Windows(2, 2, 5, 4, (3, 2), (1, 1), 2))
@example(case=Windows(1, 2, 4, 6, (2, 3), (1, 2), 3))
@given(case=overlapping_windows)
def test_l2_backward_overlapping(student: Any, case: Windows) -> None:
    """Where windows overlap, an entry gets the sum of its gradients from all the windows it lies in."""
    check_backward(student, "l2", case)


@pytest.mark.check("l2_pool_backward/agrees_with_own_forward", points="1/2")
@example(case=Windows(1, 1, 2, 2, 2, 2, 0))
@example(case=Windows(1, 2, 5, 4, (2, 3), (2, 1), 1))
@given(case=any_windows)
def test_l2_backward_own_forward(student: Any, case: Windows) -> None:
    """Along a random direction the gradient is that of l2_pool_forward, the right one or your own."""
    check_own_gradient(student, "l2", case)


@pytest.mark.check("l2_pool_backward/arguments_unchanged", points="1/4")
@example(case=Windows(1, 1, 1, 2, (1, 2), 1, 0))
@given(case=separate_windows)
def test_l2_backward_unchanged(student: Any, case: Windows) -> None:
    """The gradient of L2 pooling is right and leaves dout as it was."""
    check_backward_unchanged(student, "l2", case)


@pytest.mark.check("global_avg_pool_forward/worked_example", points="1/2")
def test_global_forward_example(student: Any) -> None:
    """Two channels of 2x3 give two numbers: (1 + 2 + 3 + 4 + 5 + 9) / 6 = 4 and -6 / 6 = -1."""
    x = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]], [[-6.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]])
    out, _ = student.global_avg_pool_forward(x)
    expect_array(out, np.array([[4.0, -1.0]]), what="the result")


@pytest.mark.check("global_avg_pool_forward/values", points=1)
@example(case=Maps((1, 1), (1, 2), 0))
@example(case=Maps((2, 3), (4, 2), 1))
@example(case=Maps((1, 2), (2, 2), 2))
@given(case=maps)
def test_global_forward(student: Any, case: Maps) -> None:
    """Global average pooling gives one mean for each image and channel, an array (N, C)."""
    right = global_pooled(case)
    out, _ = student.global_avg_pool_forward(right.x)
    expect_array(out, right.out, right.out_bound, what="the result")


@pytest.mark.check("global_avg_pool_backward/worked_example", points="1/2")
def test_global_backward_example(student: Any) -> None:
    """Each gradient is shared out evenly over its map: over 2x3 entries, 12 gives each 2 and -3 gives each -0.5."""
    x = np.array([[[[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]], [[-6.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]])
    _, cache = student.global_avg_pool_forward(x)
    dx = student.global_avg_pool_backward(np.array([[12.0, -3.0]]), cache)
    expect_array(dx, np.array([[np.full((2, 3), 2.0), np.full((2, 3), -0.5)]]), what="dx")


@pytest.mark.check("global_avg_pool_backward/values", points=1)
@example(case=Maps((1, 1), (1, 2), 0))
@example(case=Maps((2, 3), (4, 2), 1))
@example(case=Maps((2, 2), (2, 2), 2))
@given(case=maps)
def test_global_backward(student: Any, case: Maps) -> None:
    """The gradient of global average pooling is right for every shape and has the shape of x."""
    right = global_pooled(case)
    _, cache = student.global_avg_pool_forward(right.x)
    dx = student.global_avg_pool_backward(right.dout, cache)
    expect_array(dx, right.dx, right.dx_bound, what="dx")


@pytest.mark.check("global_avg_pool_backward/agrees_with_own_forward", points="1/4")
@example(case=Maps((1, 1), (1, 2), 0))
@example(case=Maps((2, 3), (4, 2), 1))
@given(case=maps)
def test_global_own_forward(student: Any, case: Maps) -> None:
    """Along a random direction the gradient is that of global_avg_pool_forward, the right one or your own."""
    right = global_pooled(case)
    functions = student.global_avg_pool_forward, student.global_avg_pool_backward
    direction = draw_array(rng(case.seed + 2000), right.x.shape)
    probe = Probe(*functions, [right.x], [direction], right.dout, 1.0, ["dx"], "global_avg_pool_forward")
    reach, _ = oracle.global_avg_pool_forward(np.abs(right.x) + np.abs(direction))
    expect_own_gradient(probe, right.out, [right.dx], [right.dx_bound], reach)


@pytest.mark.check("global_avg_pool_backward/arguments_unchanged", points="1/4")
@example(case=Maps((1, 1), (1, 2), 0))
@given(case=maps)
def test_global_backward_unchanged(student: Any, case: Maps) -> None:
    """The gradient of global average pooling is right, also once more, and leaves dout as it was, and forward x."""
    right = global_pooled(case)
    _, cache = check_unchanged(student, "global_avg_pool_forward", right.x)
    dx = check_unchanged(student, "global_avg_pool_backward", right.dout, cache)
    again = student.global_avg_pool_backward(right.dout, cache)
    expect_array(dx, right.dx, right.dx_bound, what="dx")
    expect_again(again, dx, "dx")
    other = Maps((case.batch[0] + 1, case.batch[1] + 1), (case.size[0] + 1, case.size[1]), case.seed + 1)
    student.global_avg_pool_forward(global_pooled(other).x)
    with with_calls_in_between():
        dx = student.global_avg_pool_backward(right.dout, cache)
        expect_array(dx, right.dx, right.dx_bound, what="dx after a forward pass over a larger map")


@pytest.mark.check("max_pool_with_switches/values", points="5/4")
@example(case=Windows(1, 1, 2, 4, 2, 2, 0))
@example(case=Windows(2, 3, 3, 5, (1, 2), (1, 2), 1))
@example(case=Windows(1, 2, 5, 4, (3, 2), (3, 2), 2))
@given(case=st.one_of(tiled_windows, tiled_windows_with_leftover))
def test_switches(student: Any, case: Windows) -> None:
    """Max pooling with switches gives the maxima, rows and columns left over being ignored (stride equal to kernel)."""
    right = unpooled(case, True)
    out, _ = student.max_pool_with_switches(right.x, case.kernel, case.stride)
    expect_array(out, right.out, what="the pooled map")


@pytest.mark.check("max_pool_with_switches/value_errors", points="1/2")
@example(case=Windows(1, 1, 2, 3, 3, 1, 0), stride=0)
@example(case=Windows(1, 1, 3, 2, (3, 3), 1, 0), stride=(2, 0))
@example(case=Windows(1, 1, 3, 2, (3, 3), 1, 0), stride=(-1, 3))
@given(case=kernels_too_large, stride=st.sampled_from([pair for pair in all_pairs(-2, 3) if min(as_pair(pair)) < 1]))
def test_switches_errors(student: Any, case: Windows, stride: Pair) -> None:
    """A kernel larger than the input, or a stride below 1, raises ValueError; a kernel as large as the input does not."""
    good = nearest_good(case)
    right = unpooled(good._replace(stride=good.kernel), True)
    why = f"a stride of {min(as_pair(stride))} is below 1"
    expect_value_error(student.max_pool_with_switches, right.x, good.kernel, stride, why=why)
    why = what_is_wrong(case)
    expect_value_error(student.max_pool_with_switches, right.x, case.kernel, case.kernel, why=why)
    out, _ = student.max_pool_with_switches(right.x, good.kernel, good.kernel)
    expect_array(out, right.out, what="the pooled map")


@pytest.mark.check("max_pool_with_switches/arguments_unchanged", points="1/4")
@example(case=Windows(1, 1, 2, 2, 2, 2, 0))
@given(case=tiled_windows)
def test_switches_unchanged(student: Any, case: Windows) -> None:
    """Max pooling with switches is right and leaves x as it was."""
    right = unpooled(case, True)
    out, _ = check_unchanged(student, "max_pool_with_switches", right.x, case.kernel, case.stride)
    expect_array(out, right.out, what="the pooled map")


@pytest.mark.check("max_unpool/worked_example", points=1)
def test_unpool_example(student: Any) -> None:
    """Unpooling puts each maximum back in its place in a 4x4 map and fills the rest with zeros (2x2 windows)."""
    x = image([1.0, 1.5, 2.0, 4.0], [5.0, 6.0, 7.0, -8.0], [-3.0, -2.0, 1.0, 0.0], [-1.0, -2.5, 3.5, 3.0])
    _, switches = student.max_pool_with_switches(x, 2, 2)
    restored = student.max_unpool(image([6.0, 7.0], [-1.0, 3.5]), switches, (1, 1, 4, 4))
    wanted = image([0.0, 0.0, 0.0, 0.0], [0.0, 6.0, 7.0, 0.0], [0.0, 0.0, 0.0, 0.0], [-1.0, 0.0, 3.5, 0.0])
    expect_array(restored, wanted, what="the unpooled map")
    _, switches = student.max_pool_with_switches(image([9.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 9.0]), 2, 2)
    restored = student.max_unpool(image([1.0, 2.0]), switches, (1, 1, 2, 4))
    expect_array(
        restored, image([1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 2.0]), what="the map of two windows of maximum 9"
    )


@pytest.mark.check("max_unpool/pooled_values", points=1)
@example(case=Windows(1, 1, 2, 2, 2, 2, 0))
@example(case=Windows(2, 2, 4, 6, (2, 3), (2, 3), 1))
@example(case=Windows(1, 3, 4, 4, (4, 2), (4, 2), 2))
@given(case=tiled_windows)
def test_unpool_own(student: Any, case: Windows) -> None:
    """The maxima return to their own places, in every channel of every image and for every kernel."""
    check_unpool(student, case, own_maxima=True)


@pytest.mark.check("max_unpool/other_values", points="5/4")
@example(case=Windows(1, 1, 2, 2, 2, 2, 0))
@example(case=Windows(2, 2, 4, 6, (2, 3), (2, 3), 1))
@given(case=tiled_windows)
def test_unpool_other(student: Any, case: Windows) -> None:
    """Values from elsewhere go to the recorded places, though another map was pooled since, as in a deconvolutional net."""
    right, since = unpooled(case, False), unpooled(case._replace(seed=case.seed + 1), True)
    _, switches = student.max_pool_with_switches(right.x, case.kernel, case.stride)
    student.max_pool_with_switches(since.x, case.kernel, case.stride)
    restored = student.max_unpool(right.values, switches, case.shape)
    with with_calls_in_between():
        expect_array(restored, right.restored, what="the unpooled map after another max_pool_with_switches")
    height, width = (side + 1 for side in as_pair(case.kernel))
    larger = Windows(case.n + 1, case.c, 2 * height, width, (height, width), (height, width), case.seed + 2)
    student.max_pool_with_switches(unpooled(larger, True).x, larger.kernel, larger.stride)
    with with_calls_in_between():
        restored = student.max_unpool(right.values, switches, case.shape)
        expect_array(restored, right.restored, what="the unpooled map after max_pool_with_switches with other windows")


@pytest.mark.check("max_unpool/leftover_rows", points=1)
@example(case=Windows(1, 1, 2, 3, 2, 2, 0))
@example(case=Windows(1, 2, 5, 7, (2, 3), (2, 3), 1))
@example(case=Windows(2, 1, 5, 4, 2, 2, 2))
@given(case=tiled_windows_with_leftover)
def test_unpool_leftover(student: Any, case: Windows) -> None:
    """The result has the shape asked for, with zeros in the rows and columns that no window reached."""
    check_unpool(student, case, own_maxima=False)


@pytest.mark.check("max_unpool/arguments_unchanged", points="1/4")
@example(case=Windows(1, 1, 2, 2, 2, 2, 0))
@given(case=tiled_windows)
def test_unpool_unchanged(student: Any, case: Windows) -> None:
    """Unpooling is right and leaves its values as they were, and the switches, which may be used again."""
    right = unpooled(case, False)
    _, switches = student.max_pool_with_switches(right.x, case.kernel, case.stride)
    for _ in range(2):
        restored = check_unchanged(student, "max_unpool", right.values, switches, case.shape)
        expect_array(restored, right.restored, what="the unpooled map")


def check_unpool(student: Any, case: Windows, own_maxima: bool) -> None:
    """The map that unpooling gives, at the shape of the map that was pooled."""
    right = unpooled(case, own_maxima)
    _, switches = student.max_pool_with_switches(right.x, case.kernel, case.stride)
    restored = student.max_unpool(right.values, switches, case.shape)
    expect_array(restored, right.restored, what="the unpooled map")
