"""Known wrong ways to write the functions of the topic pooling, and what to say about each."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from grader.checking import Trait, misconception
from grader.checking.traits import Arguments, equals, holds, same, size, value
from reference.pooling import oracle
from reference.pooling.oracle import Pair, Pooled, Switches, as_pair

Size = tuple[int, int]

STRIDE_IGNORED = (
    "Window (i, j) begins at row i*SH and column j*SW, also where the stride is not the kernel's size: windows may "
    "overlap or leave gaps (AlexNet, section 3.4: 3x3 windows with stride 2)."
)
KERNEL_SWAPPED = "Height and width of the kernel are swapped: kernel is (height, width), and x is (N, C, H, W)."
STRIDE_SWAPPED = "Height and width of the stride are swapped: stride is (height, width), and x is (N, C, H, W)."
LAST_MISSING = (
    "The last window is missing: there are floor((H - KH) / SH) + 1 of them, the first one included "
    "(Dumoulin and Visin, section 3)."
)
PARTIAL_WINDOWS = (
    "There are windows that reach over the border of the input. The number of windows is rounded down; rows and "
    "columns that are left over are ignored (Dumoulin and Visin, section 3)."
)
PADDED = (
    "Zeros were added at the border so that the windows cover everything. There is no padding here: rows and columns "
    "that are left over are ignored."
)
LEFTOVER_REFUSED = (
    "An input that the windows do not cover exactly is no error: rows and columns that are left over are ignored. "
    "Only a kernel larger than the input or a stride below 1 raises ValueError."
)
NO_ERRORS = (
    "Before anything is computed, compare the kernel with the input in both directions and the stride with 1, and "
    "raise ValueError. Otherwise NumPy gives an empty array, or an error that says nothing about the cause."
)
OVERWRITTEN = (
    "Where windows overlap, an entry of x takes part in several outputs, and its gradients add up (chain rule). Here "
    "the window that comes last replaces what the earlier ones left. It takes an addition; where one index occurs "
    "several times in an operation, += keeps only the last, and np.add.at adds all."
)
OVERWRITTEN_BY_PLACE = (
    "Where windows overlap, an entry of x takes part in several outputs, and its gradients add up (chain rule). Here "
    "dx is assigned for one place within the windows after the other, and each assignment replaces what the earlier "
    "ones left. It takes an addition; where one index occurs several times in an operation, += keeps only the last, "
    "and np.add.at adds all."
)
STRIDE_MISSING_BACKWARD = (
    "The stride is missing: window (i, j) covers the rows from i*SH and the columns from j*SW of x, so its gradient "
    "belongs there, and not in the rows from i and the columns from j."
)
CUT_INTO_BLOCKS = (
    "reshape cuts the map into blocks of the kernel's size, which fit side by side and without rest. The windows are "
    "SH and SW apart, and rows and columns that they leave over are ignored."
)
LARGEST_REFUSED = (
    "A kernel exactly as high or as wide as the input is refused. It fits, once in that direction: only a larger one raises "
    "ValueError."
)
LEFTOVER_DROPPED = "dx must have the shape of x: rows and columns that no window reached belong to it, with gradient 0."
DOUT_IGNORED = (
    "The derivative of the pooling is there, but not multiplied by dout, the gradient that comes from the layers above "
    "(chain rule)."
)
CHANGED_IN_PLACE = (
    "The results are right, but an operation in place (such as /= or **=) writes into the array that was passed. The "
    "caller may still need it: work on a new array."
)


# What may divide right cases from wrong ones

HEIGHT, WIDTH = size("x", 2), size("x", 3)
KERNEL_HEIGHT, KERNEL_WIDTH = value("kernel", 0), value("kernel", 1)
DOWN, RIGHT = value("stride", 0), value("stride", 1)
SIDES = KERNEL_HEIGHT, KERNEL_WIDTH, DOWN, RIGHT
GLOBAL = ("global_avg_pool_forward", "global_avg_pool_backward")


def _fits(rows: int, columns: int, height: int, width: int, down: int, right: int) -> bool:
    """Whether the windows leave no row or column over."""
    return min(down, right) > 0 and (rows - height) % down == 0 and (columns - width) % right == 0


def _are_alike(arguments: Arguments) -> bool | None:
    """Whether kernel and stride both are one number or both a pair; None where there are none."""
    return None if "kernel" not in arguments else _are_numbers(arguments, True) or _are_numbers(arguments, False)


def _are_numbers(arguments: Arguments, wanted: bool) -> bool | None:
    """Whether kernel and stride both are one number, or both a pair; None where there are none."""
    given = [arguments[name] for name in ("kernel", "stride") if name in arguments]
    return all(isinstance(one, int) is wanted for one in given) if given else None


TRAITS = (
    Trait(
        "a stride equal to the kernel",
        "other stride",
        holds(lambda height, width, down, right: (height, width) == (down, right), *SIDES),
    ),
    Trait(
        "windows that do not overlap",
        "stride smaller than the kernel",
        holds(lambda height, width, down, right: down >= height and right >= width, *SIDES),
    ),
    Trait("stride 1", "larger stride", holds(lambda down, right: down == right == 1, DOWN, RIGHT)),
    Trait(
        "strides up to the size of the kernel",
        "stride larger than the kernel",
        holds(lambda height, width, down, right: down <= height and right <= width, *SIDES),
    ),
    Trait("one stride for both directions", "stride of two numbers", same(DOWN, RIGHT)),
    Trait(
        "kernel and stride given as one number each",
        "kernel or stride given as (height, width)",
        lambda arguments: _are_numbers(arguments, True),
    ),
    Trait(
        "kernel and stride given as (height, width)",
        "kernel or stride given as one number",
        lambda arguments: _are_numbers(arguments, False),
    ),
    Trait(
        "kernel and stride given alike, as one number each or as pairs",
        "call with one of them a number and the other a pair",
        _are_alike,
    ),
    Trait("square kernels", "kernel that is not square", same(KERNEL_HEIGHT, KERNEL_WIDTH)),
    Trait(
        "windows that leave no row or column over",
        "input with rows or columns left over",
        holds(_fits, HEIGHT, WIDTH, *SIDES),
    ),
    Trait("square images", "image that is not square", same(HEIGHT, WIDTH)),
    Trait(
        "a square output_shape",
        "output_shape that is not square",
        same(value("output_shape", 2), value("output_shape", 3)),
        ("max_unpool",),
    ),
    Trait("one channel", "larger number of channels", equals(size("x", 1), 1)),
    Trait("one image", "batch of several images", equals(size("x", 0), 1)),
    Trait("images of one pixel", "larger image", equals(size("x", 2, 3), 1), GLOBAL),
    Trait("as many channels as images", "other number of channels", same(size("x", 0), size("x", 1))),
    Trait("kernels of one entry", "larger kernel", holds(lambda *sides: sides == (1, 1), KERNEL_HEIGHT, KERNEL_WIDTH)),
)


# How the wrong ways are put together: windows as one array, forwards that still raise what they should, gradients
# as a weight for each entry of each window.


def _first_entries(count: int, kernel: int, stride: int) -> np.ndarray:
    return stride * np.arange(count)[:, np.newaxis] + np.arange(kernel)


def _index(count: Size, kernel: Size, stride: Size) -> tuple[Any, ...]:
    """Index of all windows, giving (N, C, OH, OW, KH, KW)."""
    rows, columns = (_first_entries(*of_axis) for of_axis in zip(count, kernel, stride, strict=True))
    return slice(None), slice(None), rows[:, np.newaxis, :, np.newaxis], columns[np.newaxis, :, np.newaxis, :]


def _windows(x: np.ndarray, kernel: Size, stride: Size, missing: int = 0) -> np.ndarray:
    """All windows, (N, C, OH, OW, KH, KW), nothing checked; `missing` fewer than there are in each direction."""
    count = [(x.shape[2 + i] - kernel[i]) // stride[i] + 1 - missing for i in (0, 1)]
    np.empty(count)  # raises ValueError for a negative number, as making the output would
    return x[_index((count[0], count[1]), kernel, stride)]


def _forward(pool: Callable[[np.ndarray, Size, Size], np.ndarray]) -> Callable[..., tuple[np.ndarray, Pooled]]:
    """A forward function with the right errors and cache and the output of `pool`."""

    @functools.wraps(pool)
    def forward(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Pooled]:
        _, cache = oracle.max_pool_forward(x, kernel, stride)
        return pool(x, as_pair(kernel), as_pair(stride)), cache

    return forward


def _unchecked(pool: Callable[[np.ndarray, Size, Size], np.ndarray]) -> Callable[..., tuple[np.ndarray, Pooled]]:
    """A forward function that raises nothing of its own."""

    @functools.wraps(pool)
    def forward(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Pooled]:
        return pool(x, as_pair(kernel), as_pair(stride)), Pooled(x, kernel, stride)

    return forward


Weigh = Callable[[np.ndarray], np.ndarray]


def _gradient(weigh: Weigh, dout: np.ndarray, x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    """dx where entry k of a window gets dout times weigh(windows)[k]; parts of windows outside x are cut off."""
    index = _index((dout.shape[2], dout.shape[3]), kernel, stride)
    room = [max(0, int(places.max(initial=-1)) + 1 - size) for places, size in zip(index[2:], x.shape[2:], strict=True)]
    outside = -np.inf if weigh is _of_maximum else 0.0
    canvas = np.pad(x, ((0, 0), (0, 0), (0, room[0]), (0, room[1])), constant_values=outside)
    dx = np.zeros(canvas.shape)
    np.add.at(dx, index, dout[..., np.newaxis, np.newaxis] * weigh(canvas[index]))
    return dx[:, :, : x.shape[2], : x.shape[3]]


def _overwriting(weigh: Weigh, dout: np.ndarray, cache: Pooled) -> np.ndarray:
    """The gradient written window by window, each in the place of what was there."""
    kernel, stride = as_pair(cache.kernel), as_pair(cache.stride)
    shares = dout[..., np.newaxis, np.newaxis] * weigh(_windows(cache.x, kernel, stride))
    dx = np.zeros(cache.x.shape)
    for i, j in np.ndindex(dout.shape[2:]):
        row, column = i * stride[0], j * stride[1]
        dx[:, :, row : row + kernel[0], column : column + kernel[1]] = shares[:, :, i, j]
    return dx


def _overwriting_by_place(weigh: Weigh, dout: np.ndarray, cache: Pooled) -> np.ndarray:
    """The gradient written for one place within all windows at a time, each in the place of what was there."""
    kernel, stride = as_pair(cache.kernel), as_pair(cache.stride)
    shares = dout[..., np.newaxis, np.newaxis] * weigh(_windows(cache.x, kernel, stride))
    rows, columns = (step * count for step, count in zip(stride, dout.shape[2:], strict=True))
    dx = np.zeros(cache.x.shape)
    for row, column in np.ndindex(kernel):
        places = dx[:, :, row : row + rows : stride[0], column : column + columns : stride[1]]
        places[:, :, : dout.shape[2], : dout.shape[3]] = shares[..., row, column]
    return dx


def _covered(dx: np.ndarray, dout: np.ndarray, cache: Pooled) -> np.ndarray:
    """dx without the rows and columns behind the last window."""
    ends = [
        (count - 1) * step + side
        for count, step, side in zip(dout.shape[2:], as_pair(cache.stride), as_pair(cache.kernel), strict=True)
    ]
    return dx[:, :, : ends[0], : ends[1]]


def _plain(weigh: Weigh, dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _gradient(weigh, dout, cache.x, as_pair(cache.kernel), as_pair(cache.stride))


def _at_stride_one(weigh: Weigh, dout: np.ndarray, cache: Pooled) -> np.ndarray:
    """The right shares of every window, put where the windows of stride 1 are."""
    kernel = as_pair(cache.kernel)
    shares = dout[..., np.newaxis, np.newaxis] * weigh(_windows(cache.x, kernel, as_pair(cache.stride)))
    dx = np.zeros(cache.x.shape)
    np.add.at(dx, _index((dout.shape[2], dout.shape[3]), kernel, (1, 1)), shares)
    return dx


def _without_last(weigh: Weigh, dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(weigh, dout[:, :, :-1, :-1], cache)


def _of_maximum(windows: np.ndarray) -> np.ndarray:
    """1 at the first maximum of each window, 0 elsewhere."""
    return _at(windows, windows.reshape(*windows.shape[:4], -1).argmax(axis=-1))


def _of_every_maximum(windows: np.ndarray) -> np.ndarray:
    return (windows == windows.max(axis=(-2, -1), keepdims=True)).astype(np.float64)


def _of_magnitude(windows: np.ndarray) -> np.ndarray:
    return _of_maximum(np.abs(windows))


def _of_first_entry(windows: np.ndarray) -> np.ndarray:
    return _at(windows, np.zeros(windows.shape[:4], dtype=int))


def _of_all(windows: np.ndarray) -> np.ndarray:
    return np.ones(windows.shape)


def _of_area(windows: np.ndarray) -> np.ndarray:
    return np.full(windows.shape, 1.0 / (windows.shape[-2] * windows.shape[-1]))


def _of_norm(windows: np.ndarray) -> np.ndarray:
    return windows / _norms(windows)


def _norms(windows: np.ndarray) -> np.ndarray:
    norms = np.sqrt((windows**2).sum(axis=(-2, -1), keepdims=True))
    return np.where(norms > 0, norms, 1.0)


def _at(windows: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """1 at the entry of each window with the given number, counted row by row, 0 elsewhere."""
    area = windows.shape[-2] * windows.shape[-1]
    return (np.arange(area) == numbers[..., np.newaxis]).reshape(windows.shape).astype(np.float64)


def _magnitude_pool(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    windows = _windows(x, kernel, stride)
    return (windows * _of_magnitude(windows)).sum(axis=(-2, -1))


def _padded(x: np.ndarray, kernel: Size, stride: Size, filling: float = 0.0) -> np.ndarray:
    """x with zeros, or another filling, below and to the right, so that no row or column is left over."""
    below, right = (-(x.shape[2 + i] - kernel[i]) % stride[i] for i in (0, 1))
    return np.pad(x, ((0, 0), (0, 0), (0, below), (0, right)), constant_values=filling)


def _refuse_leftover(x: np.ndarray, kernel: Size, stride: Size) -> None:
    for have, side, step in zip(x.shape[2:], kernel, stride, strict=True):
        if (have - side) % step:
            raise ValueError(f"kernel {side} with stride {step} does not fit an input of {have}")


def _known_refusing(function: str) -> None:
    """Add a misconception: a kernel as high or as wide as the input is refused like a larger one."""
    right = getattr(oracle, function)

    def wrong(x: np.ndarray, kernel: Pair, stride: Pair) -> Any:
        height, width = as_pair(kernel)
        if height >= x.shape[2] or width >= x.shape[3]:
            raise ValueError(f"kernel {kernel} is too large for an input of {x.shape[2:]}")
        return right(x, kernel, stride)

    wrong.__name__ = f"{function}_refuses_largest_kernel"
    globals()[wrong.__name__] = misconception(function, LARGEST_REFUSED)(wrong)


def _blocks(x: np.ndarray, kernel: Size) -> np.ndarray:
    """(N, C, H // KH, W // KW, KH, KW) by reshape alone, which raises where the map is no multiple of the kernel."""
    (images, channels, rows, columns), (height, width) = x.shape, kernel
    return x.reshape(images, channels, rows // height, height, columns // width, width).swapaxes(3, 4)


def _known_swapped(function: str) -> None:
    """Add a misconception: kernels are taken for (width, height) from the start, so that others are refused too."""
    right = getattr(oracle, function)

    def wrong(x: np.ndarray, kernel: Pair, stride: Pair) -> Any:
        return right(x, as_pair(kernel)[::-1], as_pair(stride))

    wrong.__name__ = f"{function}_takes_width_first"
    globals()[wrong.__name__] = misconception(function, KERNEL_SWAPPED)(wrong)


def _known_in_place(function: str, slug: str, change: Callable[..., None]) -> None:
    """Add a misconception: the right result, after which `change` writes into the first argument."""
    right = getattr(oracle, function)

    def wrong(array: np.ndarray, *others: Any) -> Any:
        result = right(array.copy(), *others)
        change(array)
        return result

    wrong.__name__ = slug
    globals()[f"{function}_{slug}"] = misconception(function, CHANGED_IN_PLACE)(wrong)


def _cross_off(x: np.ndarray) -> None:
    x[..., 0, 0] = -np.inf


def _halve(array: np.ndarray) -> None:
    array /= 2.0


# max_pool_forward


@misconception("max_pool_forward", STRIDE_IGNORED)
@_forward
def maximum_with_windows_side_by_side(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, kernel).max(axis=(-2, -1))


@misconception("max_pool_forward", STRIDE_IGNORED)
@_forward
def maximum_with_stride_of_one(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, (1, 1)).max(axis=(-2, -1))


@misconception(
    "max_pool_forward",
    "The result is never negative: the search for the maximum begins at 0, so a window of negative values alone gives "
    "0. Begin with an entry of the window, or with minus infinity.",
)
@_forward
def maximum_that_begins_at_zero(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return np.maximum(_windows(x, kernel, stride).max(axis=(-2, -1)), 0.0)


@misconception("max_pool_forward", "This is the smallest value of each window. Max pooling keeps the largest.")
@_forward
def minimum_instead_of_maximum(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, stride).min(axis=(-2, -1))


@misconception(
    "max_pool_forward",
    "One maximum is taken over all images and channels at once. Every map of every image is pooled on its own: take the "
    "maximum over the window's rows and columns alone.",
)
@_forward
def one_maximum_for_all_maps(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    windows = _windows(x, kernel, stride)
    return np.zeros(windows.shape[:4]) + windows.max(axis=(0, 1, 4, 5), keepdims=True)[..., 0, 0]


@misconception(
    "max_pool_forward",
    "This is the mean of each window. Max pooling keeps its largest value (Scherer et al., section 3).",
)
@_forward
def average_instead_of_maximum(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, stride).mean(axis=(-2, -1))


@misconception(
    "max_pool_forward",
    "This is the entry of largest magnitude. The maximum is the largest value with its sign: of -7 and 2 it is 2.",
)
@_forward
def entry_of_largest_magnitude(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _magnitude_pool(x, kernel, stride)


@misconception("max_pool_forward", "This is the maximum of the absolute values. Of -7 and 2 the maximum is 2, not 7.")
@_forward
def maximum_of_absolute_values(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return np.abs(_windows(x, kernel, stride)).max(axis=(-2, -1))


@misconception("max_pool_forward", CUT_INTO_BLOCKS)
@_forward
def maximum_of_blocks(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _blocks(x, kernel).max(axis=(-2, -1))


@misconception("max_pool_forward", KERNEL_SWAPPED)
@_forward
def maximum_with_kernel_swapped(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel[::-1], stride).max(axis=(-2, -1))


@misconception("max_pool_forward", STRIDE_SWAPPED)
@_forward
def maximum_with_stride_swapped(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, stride[::-1]).max(axis=(-2, -1))


@misconception("max_pool_forward", LAST_MISSING)
@_forward
def maximum_without_last_window(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, stride, missing=1).max(axis=(-2, -1))


@misconception("max_pool_forward", PARTIAL_WINDOWS)
@_forward
def maximum_of_partial_windows(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return F.max_pool2d(torch.tensor(x), kernel, stride, ceil_mode=True).numpy()


@misconception("max_pool_forward", PARTIAL_WINDOWS)
@_forward
def maximum_of_partial_and_empty_windows(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(_padded(x, kernel, stride, -np.inf), kernel, stride).max(axis=(-2, -1))


@misconception("max_pool_forward", PADDED)
@_forward
def maximum_of_padded_input(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(_padded(x, kernel, stride), kernel, stride).max(axis=(-2, -1))


@misconception("max_pool_forward", LEFTOVER_REFUSED)
@_forward
def maximum_refuses_leftover_rows(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    _refuse_leftover(x, kernel, stride)
    return _windows(x, kernel, stride).max(axis=(-2, -1))


@misconception("max_pool_forward", NO_ERRORS)
@_unchecked
def maximum_without_value_errors(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, stride).max(axis=(-2, -1))


@misconception("max_pool_forward", "A stride below 1 must raise ValueError too, in either direction.")
@_unchecked
def maximum_with_any_stride(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    if kernel[0] > x.shape[2] or kernel[1] > x.shape[3]:
        raise ValueError(f"kernel {kernel} is larger than the input {x.shape[2:]}")
    return _windows(x, kernel, stride).max(axis=(-2, -1))


@misconception("max_pool_forward", "A kernel larger than the input must raise ValueError too, in either direction.")
@_unchecked
def maximum_with_any_kernel(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    if min(stride) < 1:
        raise ValueError(f"stride {stride} is below 1")
    return _windows(x, kernel, stride).max(axis=(-2, -1))


@misconception(
    "max_pool_forward", "Kernel and stride are checked in the vertical direction only: compare the widths as well."
)
@_unchecked
def maximum_with_only_heights_checked(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    if kernel[0] > x.shape[2] or stride[0] < 1:
        raise ValueError(f"kernel {kernel} or stride {stride} does not fit the input {x.shape[2:]}")
    return _windows(x, kernel, stride).max(axis=(-2, -1))


@misconception(
    "max_pool_forward",
    "ValueError is raised where it should be, but its message must name the argument that is wrong, kernel or stride, "
    "and give its value, so that whoever reads it can mend the call.",
)
def message_without_the_value(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Pooled]:
    try:
        return oracle.max_pool_forward(x, kernel, stride)
    except ValueError:
        raise ValueError("invalid pooling parameters") from None


# max_pool_backward


@misconception("max_pool_backward", OVERWRITTEN_BY_PLACE)
def maximum_gradient_overwritten_by_place(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _overwriting_by_place(_of_maximum, dout, cache)


@misconception("max_pool_backward", OVERWRITTEN)
def gradient_overwritten_at_the_maximum(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    index = _index((dout.shape[2], dout.shape[3]), as_pair(cache.kernel), as_pair(cache.stride))
    is_maximum = _of_maximum(cache.x[index]).astype(bool)
    dx = np.zeros(cache.x.shape)
    for i, j in np.ndindex(dout.shape[2:]):
        window = dx[:, :, index[2][i, 0, 0, 0] :, index[3][0, j, 0, 0] :][
            :, :, : is_maximum.shape[4], : is_maximum.shape[5]
        ]
        window[is_maximum[:, :, i, j]] = dout[:, :, i, j].ravel()
    return dx


@misconception("max_pool_backward", OVERWRITTEN)
def whole_window_overwritten(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _overwriting(_of_maximum, dout, cache)


@misconception(
    "max_pool_backward",
    f"{OVERWRITTEN} And where several entries of a window share the maximum, each got the whole gradient.",
)
def window_overwritten_with_every_maximum(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _overwriting(_of_every_maximum, dout, cache)


@misconception(
    "max_pool_backward",
    "Where several entries share the maximum, each of them got the whole gradient of the window, so that it counts "
    "several times. Give it to one of them, or divide it by their number.",
)
def whole_gradient_to_every_tied_maximum(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(_of_every_maximum, dout, cache)


@misconception(
    "max_pool_backward",
    "The gradient is spread evenly over the window, as for average pooling. Only the maximum had an influence on the "
    "output, so only it gets a gradient, and all of it (Scherer et al., section 3).",
)
def gradient_spread_evenly(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(_of_area, dout, cache)


@misconception(
    "max_pool_backward",
    "Every entry of the window gets the gradient. Only the maximum had an influence on the output, so only it gets "
    "one.",
)
def gradient_copied_to_the_window(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(_of_all, dout, cache)


@misconception(
    "max_pool_backward",
    "The gradient goes to the first entry of each window, wherever the maximum was. The forward has to remember the "
    "place of each maximum.",
)
def gradient_to_the_first_entry(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(_of_first_entry, dout, cache)


@misconception("max_pool_backward", DOUT_IGNORED)
def maximum_marked_by_one(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(_of_maximum, np.ones_like(dout), cache)


@misconception(
    "max_pool_backward",
    "One maximum is sought over all images and channels at once, and the other maps get no gradient. Every map of every "
    "image is pooled on its own: compare a window with its own maximum.",
)
def gradient_to_the_maximum_of_all_maps(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(lambda windows: (windows == windows.max(axis=(0, 1, 4, 5), keepdims=True)) * 1.0, dout, cache)


@misconception(
    "max_pool_backward",
    "The gradient goes to the entry of largest magnitude: of -7 and 2 the maximum is 2, so 2 gets it.",
)
def gradient_to_the_largest_magnitude(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(_of_magnitude, dout, cache)


@misconception(
    "max_pool_backward", "The gradient is multiplied by the maximum itself. The derivative of max is 1 there."
)
def gradient_times_the_maximum(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return oracle.max_pool_backward(dout * oracle.max_pool_forward(*cache)[0], cache)


@misconception("max_pool_backward", STRIDE_IGNORED)
def maximum_gradient_side_by_side(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _gradient(_of_maximum, dout, cache.x, as_pair(cache.kernel), as_pair(cache.kernel))


@misconception("max_pool_backward", STRIDE_MISSING_BACKWARD)
def maximum_gradient_at_stride_one(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _at_stride_one(_of_maximum, dout, cache)


@misconception("max_pool_backward", STRIDE_MISSING_BACKWARD)
def maximum_sought_at_stride_one(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _gradient(_of_maximum, dout, cache.x, as_pair(cache.kernel), (1, 1))


@misconception("max_pool_backward", LAST_MISSING)
def maximum_gradient_without_last_window(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _without_last(_of_maximum, dout, cache)


@misconception("max_pool_backward", KERNEL_SWAPPED)
def maximum_gradient_with_kernel_swapped(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _gradient(_of_maximum, dout, cache.x, as_pair(cache.kernel)[::-1], as_pair(cache.stride))


@misconception("max_pool_backward", STRIDE_SWAPPED)
def maximum_gradient_with_stride_swapped(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _gradient(_of_maximum, dout, cache.x, as_pair(cache.kernel), as_pair(cache.stride)[::-1])


@misconception("max_pool_backward", LEFTOVER_DROPPED)
def maximum_gradient_without_leftover_rows(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _covered(oracle.max_pool_backward(dout, cache), dout, cache)


# avg_pool_forward


@misconception(
    "avg_pool_forward", "This is the sum of each window: it is still to be divided by the number of entries, KH*KW."
)
@_forward
def sum_instead_of_mean(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, stride).sum(axis=(-2, -1))


@misconception("avg_pool_forward", STRIDE_IGNORED)
@_forward
def average_with_windows_side_by_side(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, kernel).mean(axis=(-2, -1))


@misconception("avg_pool_forward", "This is the largest value of each window. Average pooling takes the mean.")
@_forward
def maximum_instead_of_average(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, stride).max(axis=(-2, -1))


@misconception(
    "avg_pool_forward", "The sum is divided as if the kernel were square. A window has KH*KW entries, not KH*KH."
)
@_forward
def average_divided_by_squared_height(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, stride).sum(axis=(-2, -1)) / kernel[0] ** 2


@misconception("avg_pool_forward", CUT_INTO_BLOCKS)
@_forward
def average_of_blocks(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _blocks(x, kernel).mean(axis=(-2, -1))


@misconception(
    "avg_pool_forward",
    "One mean is taken over all images and channels at once. Every map of every image is pooled on its own: take the mean "
    "over the window's rows and columns alone.",
)
@_forward
def one_mean_for_all_maps(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    windows = _windows(x, kernel, stride)
    return np.zeros(windows.shape[:4]) + windows.mean(axis=(0, 1, 4, 5), keepdims=True)[..., 0, 0]


@misconception("avg_pool_forward", KERNEL_SWAPPED)
@_forward
def average_with_kernel_swapped(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel[::-1], stride).mean(axis=(-2, -1))


@misconception("avg_pool_forward", STRIDE_SWAPPED)
@_forward
def average_with_stride_swapped(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, stride[::-1]).mean(axis=(-2, -1))


@misconception("avg_pool_forward", LAST_MISSING)
@_forward
def average_without_last_window(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, stride, missing=1).mean(axis=(-2, -1))


@misconception("avg_pool_forward", PARTIAL_WINDOWS)
@_forward
def average_of_partial_windows(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return F.avg_pool2d(torch.tensor(x), kernel, stride, ceil_mode=True).numpy()


@misconception("avg_pool_forward", PADDED)
@_forward
def average_of_padded_input(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(_padded(x, kernel, stride), kernel, stride).mean(axis=(-2, -1))


@misconception("avg_pool_forward", LEFTOVER_REFUSED)
@_forward
def average_refuses_leftover_rows(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    _refuse_leftover(x, kernel, stride)
    return _windows(x, kernel, stride).mean(axis=(-2, -1))


@misconception("avg_pool_forward", NO_ERRORS)
@_unchecked
def average_without_value_errors(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, stride).mean(axis=(-2, -1))


# avg_pool_backward


@misconception(
    "avg_pool_forward",
    "The mean is rounded down to a whole number, as // does. The mean of whole numbers need not be one: divide with /.",
)
@_forward
def average_rounded_down(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return np.floor(_windows(x, kernel, stride).mean(axis=(-2, -1)))


@misconception("avg_pool_forward", "The sum is divided by 4 whatever the window's size: it has KH*KW entries.")
@_forward
def average_divided_by_four(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel, stride).sum(axis=(-2, -1)) / 4.0


@misconception(
    "avg_pool_backward",
    "Every entry of the window gets the whole gradient. The mean divides by KH*KW, and so does its derivative.",
)
def gradient_not_divided(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(_of_all, dout, cache)


@misconception("avg_pool_backward", OVERWRITTEN_BY_PLACE)
def average_gradient_overwritten_by_place(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _overwriting_by_place(_of_area, dout, cache)


@misconception("avg_pool_backward", OVERWRITTEN)
def average_gradient_overwritten(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _overwriting(_of_area, dout, cache)


@misconception(
    "avg_pool_backward", "The gradient is divided as if the kernel were square. A window has KH*KW entries, not KH*KH."
)
def gradient_divided_by_squared_height(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    height, width = as_pair(cache.kernel)
    return oracle.avg_pool_backward(dout * width / height, cache)


@misconception(
    "avg_pool_backward",
    "The gradient is divided by the number of outputs. What counts is the number of entries that each mean was taken "
    "over, KH*KW.",
)
def gradient_divided_by_number_of_windows(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(_of_all, dout / (dout.shape[2] * dout.shape[3]), cache)


@misconception(
    "avg_pool_backward",
    "Where windows overlap, an entry's shares are averaged over the windows it lies in. The chain rule adds them up.",
)
def gradient_averaged_over_the_windows(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    times = np.maximum(_plain(_of_all, np.ones_like(dout), cache), 1.0)
    return oracle.avg_pool_backward(dout, cache) / times


@misconception(
    "avg_pool_backward", "The gradient goes to the largest entry, as for max pooling. Here every entry gets a share."
)
def average_gradient_to_the_maximum(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return oracle.max_pool_backward(dout, cache)


@misconception("avg_pool_backward", DOUT_IGNORED)
def average_gradient_without_dout(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return oracle.avg_pool_backward(np.ones_like(dout), cache)


@misconception("avg_pool_backward", STRIDE_IGNORED)
def average_gradient_side_by_side(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _gradient(_of_area, dout, cache.x, as_pair(cache.kernel), as_pair(cache.kernel))


@misconception("avg_pool_backward", STRIDE_MISSING_BACKWARD)
def average_gradient_at_stride_one(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _at_stride_one(_of_area, dout, cache)


@misconception("avg_pool_backward", LAST_MISSING)
def average_gradient_without_last_window(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _without_last(_of_area, dout, cache)


@misconception("avg_pool_backward", KERNEL_SWAPPED)
def average_gradient_with_kernel_swapped(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _gradient(_of_area, dout, cache.x, as_pair(cache.kernel)[::-1], as_pair(cache.stride))


@misconception("avg_pool_backward", STRIDE_SWAPPED)
def average_gradient_with_stride_swapped(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _gradient(_of_area, dout, cache.x, as_pair(cache.kernel), as_pair(cache.stride)[::-1])


@misconception("avg_pool_backward", LEFTOVER_DROPPED)
def average_gradient_without_leftover_rows(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _covered(oracle.avg_pool_backward(dout, cache), dout, cache)


@misconception("avg_pool_backward", CHANGED_IN_PLACE)
def dout_divided_in_place(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    dx = oracle.avg_pool_backward(dout, cache)
    height, width = as_pair(cache.kernel)
    dout /= height * width
    return dx


# l2_pool_forward


@misconception(
    "l2_pool_forward", "This is the sum of the squares: the square root is missing (Goodfellow et al., section 9.3)."
)
@_forward
def squares_without_the_root(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return (_windows(x, kernel, stride) ** 2).sum(axis=(-2, -1))


@misconception(
    "l2_pool_forward",
    "This is the root of the mean of the squares. The L2 norm has their sum under the root: 3 and 4 give 5, not 3.54.",
)
@_forward
def mean_of_squares_under_the_root(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return np.sqrt((_windows(x, kernel, stride) ** 2).mean(axis=(-2, -1)))


@misconception(
    "l2_pool_forward", "This is the L1 norm, the sum of the absolute values. L2 is the root of the sum of squares."
)
@_forward
def sum_of_absolute_values(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return np.abs(_windows(x, kernel, stride)).sum(axis=(-2, -1))


@misconception(
    "l2_pool_forward",
    "The entries are added before they are squared, so that values of opposite sign cancel. Square each entry, then "
    "add.",
)
@_forward
def squared_after_the_sum(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return np.sqrt(_windows(x, kernel, stride).sum(axis=(-2, -1)) ** 2)


@misconception("l2_pool_forward", STRIDE_IGNORED)
@_forward
def norm_with_windows_side_by_side(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return np.sqrt((_windows(x, kernel, kernel) ** 2).sum(axis=(-2, -1)))


@misconception(
    "l2_pool_forward",
    "One norm is taken over all images and channels at once. Every map of every image is pooled on its own: add the squares "
    "of the window's rows and columns alone.",
)
@_forward
def one_norm_for_all_maps(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    windows = _windows(x, kernel, stride)
    return np.zeros(windows.shape[:4]) + np.sqrt((windows**2).sum(axis=(0, 1, 4, 5), keepdims=True))[..., 0, 0]


@misconception(
    "l2_pool_forward",
    "This is the spectral norm, the largest singular value of the window as a matrix, as np.linalg.norm gives it for ord=2 "
    "and two axes. L2 is the root of the sum of all squares, which is the Frobenius norm of a matrix.",
)
@_forward
def spectral_norm(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return np.linalg.norm(_windows(x, kernel, stride), ord=2, axis=(-2, -1))


@misconception("l2_pool_forward", KERNEL_SWAPPED)
@_forward
def norm_with_kernel_swapped(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return np.sqrt((_windows(x, kernel[::-1], stride) ** 2).sum(axis=(-2, -1)))


@misconception("l2_pool_forward", STRIDE_SWAPPED)
@_forward
def norm_with_stride_swapped(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return np.sqrt((_windows(x, kernel, stride[::-1]) ** 2).sum(axis=(-2, -1)))


@misconception("l2_pool_forward", LAST_MISSING)
@_forward
def norm_without_last_window(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return np.sqrt((_windows(x, kernel, stride, missing=1) ** 2).sum(axis=(-2, -1)))


@misconception("l2_pool_forward", PARTIAL_WINDOWS)
@_forward
def norm_of_partial_windows(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return np.sqrt((_windows(_padded(x, kernel, stride), kernel, stride) ** 2).sum(axis=(-2, -1)))


@misconception("l2_pool_forward", NO_ERRORS)
@_unchecked
def norm_without_value_errors(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return np.sqrt((_windows(x, kernel, stride) ** 2).sum(axis=(-2, -1)))


@misconception("l2_pool_forward", CHANGED_IN_PLACE)
def input_squared_in_place(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Pooled]:
    out, cache = oracle.l2_pool_forward(x.copy(), kernel, stride)
    x **= 2
    return out, cache


# l2_pool_backward


@misconception(
    "l2_pool_backward",
    "The division by the norm is missing: the derivative of the root of the sum of squares with respect to x is x / "
    "norm.",
)
def not_divided_by_the_norm(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(lambda windows: windows, dout, cache)


@misconception(
    "l2_pool_backward",
    "This is the gradient of the sum of the squares, 2x. The root on top of it divides by twice the norm: x / norm "
    "remains.",
)
def gradient_of_the_sum_of_squares(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(lambda windows: 2 * windows, dout, cache)


@misconception(
    "l2_pool_backward",
    "The factor x is missing: the derivative with respect to x is x / norm, so that large entries get a larger "
    "gradient.",
)
def not_multiplied_by_x(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(lambda windows: np.ones(windows.shape) / _norms(windows), dout, cache)


@misconception(
    "l2_pool_backward",
    "The 2 from the square and the 1/2 from the root cancel: the derivative is x / norm, not 2x / norm or x / (2 "
    "norm).",
)
def twice_the_gradient(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return 2 * oracle.l2_pool_backward(dout, cache)


@misconception(
    "l2_pool_backward",
    "The 2 from the square and the 1/2 from the root cancel: the derivative is x / norm, not 2x / norm or x / (2 "
    "norm).",
)
def half_the_gradient(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return oracle.l2_pool_backward(dout, cache) / 2


@misconception("l2_pool_backward", "The gradient is divided by the square of the norm. The derivative is x / norm.")
def divided_by_the_squared_norm(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(lambda windows: windows / _norms(windows) ** 2, dout, cache)


@misconception("l2_pool_backward", "The sign of x is lost: where x is negative, a larger x makes the norm smaller.")
def sign_of_x_lost(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _plain(lambda windows: np.abs(windows) / _norms(windows), dout, cache)


@misconception(
    "l2_pool_backward", "This is the gradient of the root of the mean square: L2 pooling has the sum under the root."
)
def gradient_of_the_root_mean_square(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    height, width = as_pair(cache.kernel)
    return oracle.l2_pool_backward(dout, cache) / np.sqrt(height * width)


@misconception(
    "l2_pool_backward",
    "The gradient is divided by the root of the mean square, as a forward pass with the mean under the root would give "
    "it: L2 pooling has the sum there, and x is divided by that root.",
)
def divided_by_the_root_mean_square(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    height, width = as_pair(cache.kernel)
    return oracle.l2_pool_backward(dout, cache) * np.sqrt(height * width)


@misconception("l2_pool_backward", OVERWRITTEN_BY_PLACE)
def norm_gradient_overwritten_by_place(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _overwriting_by_place(_of_norm, dout, cache)


@misconception("l2_pool_backward", OVERWRITTEN)
def norm_gradient_overwritten(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _overwriting(_of_norm, dout, cache)


@misconception("l2_pool_backward", DOUT_IGNORED)
def norm_gradient_without_dout(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return oracle.l2_pool_backward(np.ones_like(dout), cache)


@misconception("l2_pool_backward", STRIDE_IGNORED)
def norm_gradient_side_by_side(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _gradient(_of_norm, dout, cache.x, as_pair(cache.kernel), as_pair(cache.kernel))


@misconception("l2_pool_backward", STRIDE_MISSING_BACKWARD)
def norm_gradient_at_stride_one(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _at_stride_one(_of_norm, dout, cache)


@misconception("l2_pool_backward", LAST_MISSING)
def norm_gradient_without_last_window(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _without_last(_of_norm, dout, cache)


@misconception("l2_pool_backward", KERNEL_SWAPPED)
def norm_gradient_with_kernel_swapped(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _gradient(_of_norm, dout, cache.x, as_pair(cache.kernel)[::-1], as_pair(cache.stride))


@misconception("l2_pool_backward", STRIDE_SWAPPED)
def norm_gradient_with_stride_swapped(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _gradient(_of_norm, dout, cache.x, as_pair(cache.kernel), as_pair(cache.stride)[::-1])


@misconception("l2_pool_backward", LEFTOVER_DROPPED)
def norm_gradient_without_leftover_rows(dout: np.ndarray, cache: Pooled) -> np.ndarray:
    return _covered(oracle.l2_pool_backward(dout, cache), dout, cache)


# global_avg_pool_forward, global_avg_pool_backward


@misconception(
    "global_avg_pool_forward",
    "The result keeps two axes of length 1. Global average pooling gives one number for each image and channel: (N, "
    "C).",
)
def axes_of_length_one_kept(x: np.ndarray) -> tuple[np.ndarray, Any]:
    return x.mean(axis=(2, 3), keepdims=True), oracle.GlobalPooled(x)


@misconception("global_avg_pool_forward", "This is the sum over each map: it is still to be divided by H*W.")
def sum_over_the_map(x: np.ndarray) -> tuple[np.ndarray, Any]:
    return x.sum(axis=(2, 3)), oracle.GlobalPooled(x)


@misconception(
    "global_avg_pool_forward",
    "The mean is taken over the wrong axes: x is (N, C, H, W), and only rows and columns are averaged away.",
)
def mean_over_channels_and_rows(x: np.ndarray) -> tuple[np.ndarray, Any]:
    return x.mean(axis=(1, 2)), oracle.GlobalPooled(x)


@misconception(
    "global_avg_pool_forward", "The images of the batch are averaged too. Each image keeps a row of its own: (N, C)."
)
def mean_over_the_batch_too(x: np.ndarray) -> tuple[np.ndarray, Any]:
    return x.mean(axis=(0, 2, 3)), oracle.GlobalPooled(x)


@misconception(
    "global_avg_pool_forward",
    "The channels are averaged instead of the maps: (N, C, H, W) becomes (N, C), one mean for each channel.",
)
def mean_over_the_channels(x: np.ndarray) -> tuple[np.ndarray, Any]:
    return x.mean(axis=1), oracle.GlobalPooled(x)


@misconception(
    "global_avg_pool_forward", "This is the largest value of each map, global max pooling; the mean is asked for."
)
def maximum_of_the_map(x: np.ndarray) -> tuple[np.ndarray, Any]:
    return x.max(axis=(2, 3)), oracle.GlobalPooled(x)


@misconception(
    "global_avg_pool_backward",
    "Every entry gets the whole gradient. The mean divides by H*W, and so does its derivative.",
)
def global_gradient_not_divided(dout: np.ndarray, cache: Any) -> np.ndarray:
    return oracle.global_avg_pool_backward(dout, cache) * (cache.x.shape[2] * cache.x.shape[3])


@misconception("global_avg_pool_backward", "The gradient is divided by H*W twice. Each entry's share is dout / (H*W).")
def global_gradient_divided_twice(dout: np.ndarray, cache: Any) -> np.ndarray:
    return oracle.global_avg_pool_backward(dout, cache) / (cache.x.shape[2] * cache.x.shape[3])


@misconception(
    "global_avg_pool_backward",
    "The gradient is divided by the number of all entries of x. Each mean was taken over H*W entries, so divide by "
    "H*W.",
)
def global_gradient_divided_by_size_of_x(dout: np.ndarray, cache: Any) -> np.ndarray:
    return oracle.global_avg_pool_backward(dout, cache) / (cache.x.shape[0] * cache.x.shape[1])


@misconception(
    "global_avg_pool_backward",
    "The gradient is divided by the number of images too. Each mean was taken over H*W entries, so divide by H*W; what "
    "is done about a batch is in dout already.",
)
def global_gradient_divided_by_images(dout: np.ndarray, cache: Any) -> np.ndarray:
    return oracle.global_avg_pool_backward(dout, cache) / cache.x.shape[0]


@misconception("global_avg_pool_backward", DOUT_IGNORED)
def global_gradient_without_dout(dout: np.ndarray, cache: Any) -> np.ndarray:
    return oracle.global_avg_pool_backward(np.ones_like(dout), cache)


@misconception(
    "global_avg_pool_backward",
    "dx must have the shape of x: each of the H*W entries of a map gets its share of the gradient.",
)
def global_gradient_with_axes_of_length_one(dout: np.ndarray, cache: Any) -> np.ndarray:
    return oracle.global_avg_pool_backward(dout, cache)[:, :, :1, :1]


# max_pool_with_switches


def _with_switches(pool: Callable[[np.ndarray, Size, Size], np.ndarray]) -> Callable[..., tuple[np.ndarray, Switches]]:
    """A function with the right errors and switches and the output of `pool`."""

    @functools.wraps(pool)
    def forward(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Switches]:
        _, switches = oracle.max_pool_with_switches(x, kernel, stride)
        return pool(x, as_pair(kernel), as_pair(stride)), switches

    return forward


@misconception(
    "max_pool_with_switches",
    "This is the entry of largest magnitude. The maximum is the largest value with its sign: of -7 and 2 it is 2.",
)
@_with_switches
def switch_at_the_largest_magnitude(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _magnitude_pool(x, kernel, stride)


@misconception(
    "max_pool_with_switches",
    "The result still has the size of x, with zeros between the maxima: that is what unpooling gives. Pooling gives "
    "one value for each window, (N, C, OH, OW).",
)
@_with_switches
def map_not_made_smaller(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    out, switches = oracle.max_pool_with_switches(x, kernel, stride)
    return oracle.max_unpool(out, switches, (x.shape[0], x.shape[1], x.shape[2], x.shape[3]))


@misconception(
    "max_pool_with_switches",
    "These are the places of the maxima. The first result is the maxima themselves, the second their places.",
)
@_with_switches
def places_instead_of_values(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    windows = _windows(x, kernel, stride)
    return windows.reshape(*windows.shape[:4], -1).argmax(axis=-1).astype(np.float64)


@misconception("max_pool_with_switches", KERNEL_SWAPPED)
@_with_switches
def switches_with_kernel_swapped(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    return _windows(x, kernel[::-1], stride[::-1]).max(axis=(-2, -1))


@misconception("max_pool_with_switches", LEFTOVER_REFUSED)
@_with_switches
def switches_refuse_leftover_rows(x: np.ndarray, kernel: Size, stride: Size) -> np.ndarray:
    _refuse_leftover(x, kernel, stride)
    return _windows(x, kernel, stride).max(axis=(-2, -1))


@misconception("max_pool_with_switches", NO_ERRORS)
def switches_without_value_errors(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Switches]:
    return _windows(x, as_pair(kernel), as_pair(stride)).max(axis=(-2, -1)), Switches(x, kernel, stride)


# max_unpool


def _put_back(x: np.ndarray, marks: np.ndarray, switches: Switches, shape: tuple[int, ...]) -> np.ndarray:
    """A map of the given shape with the values of x at the marked entries of their windows (N, C, OH, OW, KH, KW)."""
    size = as_pair(switches.kernel)
    return _gradient(lambda _: marks, x, np.zeros(shape), size, size)


def _marks(switches: Switches) -> np.ndarray:
    size = as_pair(switches.kernel)
    return _of_maximum(_windows(switches.x, size, size))


@misconception(
    "max_unpool",
    "Each value goes to the upper left corner of its window. The switches say where its maximum was (Zeiler and "
    "Fergus, section 2.1).",
)
def value_in_the_corner_of_the_window(x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]) -> np.ndarray:
    marks = _marks(switches)
    return _put_back(x, _of_first_entry(marks), switches, output_shape)


@misconception(
    "max_unpool",
    "Each value fills its whole window: that is upsampling by repetition. Unpooling puts it in the one place that the "
    "switch says, and zero elsewhere (Zeiler and Fergus, section 2.1).",
)
def value_copied_to_the_whole_window(x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]) -> np.ndarray:
    return _put_back(x, np.ones_like(_marks(switches)), switches, output_shape)


@misconception(
    "max_unpool",
    "The switches give a place within a window, and it is taken for one in the whole map, so that all values land in the "
    "upper left corner. Window (i, j) begins at row i*SH and column j*SW.",
)
def place_in_the_window_taken_for_one_in_the_map(
    x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]
) -> np.ndarray:
    marks, out = _marks(switches), np.zeros(output_shape)
    for n, c, i, j in np.ndindex(*x.shape):
        row, column = np.argwhere(marks[n, c, i, j])[0]
        out[n, c, row, column] = x[n, c, i, j]
    return out


@misconception(
    "max_unpool",
    "The places of the maxima are marked with 1. Unpooling puts the values of x there, which may come from elsewhere.",
)
def places_marked_by_one(x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]) -> np.ndarray:
    return oracle.max_unpool(np.ones_like(x), switches, output_shape)


@misconception(
    "max_unpool",
    "The result is as large as the windows together. It must have the shape output_shape: rows and columns that no "
    "window reached belong to it, filled with zeros.",
)
def output_shape_ignored(x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]) -> np.ndarray:
    height, width = as_pair(switches.kernel)
    return oracle.max_unpool(x, switches, output_shape)[:, :, : x.shape[2] * height, : x.shape[3] * width]


@misconception(
    "max_unpool",
    "The maxima of the pooled image were put back, whatever the values passed. x may hold other values: in a "
    "deconvolutional network, the activations of a later layer (Zeiler and Fergus, section 2.1).",
)
def recorded_maxima_instead_of_values(x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]) -> np.ndarray:
    return oracle.max_unpool(oracle.max_pool_forward(*switches)[0], switches, output_shape)


@misconception(
    "max_unpool",
    "A window whose maximum is 0 has a switch as well. Marked by what is not zero, as in `(x * (x == maximum)) != 0`, it "
    "is lost; mark the place where x is equal to the maximum.",
)
def maxima_of_zero_lost(x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]) -> np.ndarray:
    maxima = oracle.max_pool_forward(*switches)[0]
    return oracle.max_unpool(np.where(maxima == 0, 0.0, x), switches, output_shape)


@misconception(
    "max_unpool",
    "The switches of the first channel are used for all. Each channel has its maxima in other places, so each has "
    "switches of its own.",
)
def switches_shared_by_the_channels(x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]) -> np.ndarray:
    marks = _marks(switches)
    return _put_back(x, np.broadcast_to(marks[:, :1], marks.shape), switches, output_shape)


@misconception(
    "max_unpool",
    "The switches of the first image are used for the whole batch. Each image has switches of its own.",
)
def switches_shared_by_the_images(x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]) -> np.ndarray:
    marks = _marks(switches)
    return _put_back(x, np.broadcast_to(marks[:1], marks.shape), switches, output_shape)


@misconception(
    "max_unpool",
    "Between the restored values the pooled image still shows. Everything but the places of the maxima is zero.",
)
def image_left_between_the_values(x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]) -> np.ndarray:
    marked = _put_back(np.ones_like(x), _marks(switches), switches, output_shape)
    return np.where(marked > 0, oracle.max_unpool(x, switches, output_shape), switches.x)


@misconception(
    "max_unpool",
    "Row and column of the maximum within its window are mixed up: entry number k, counted row by row, is in row k // "
    "KW and column k % KW.",
)
def place_in_the_window_transposed(x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]) -> np.ndarray:
    size = as_pair(switches.kernel)
    index = _index((x.shape[2], x.shape[3]), (size[1], size[0]), size)
    marks = _marks(switches).swapaxes(-2, -1)
    room = tuple(int(places.max()) + 1 for places in index[2:])
    out = np.zeros((*x.shape[:2], max(room[0], output_shape[2]), max(room[1], output_shape[3])))
    np.add.at(out, index, x[..., np.newaxis, np.newaxis] * marks)
    return out[:, :, : output_shape[2], : output_shape[3]]


@misconception(
    "max_unpool",
    "The values reach the marked places in another order: a map that is indexed by a mask is filled row by row, and the "
    "maxima of neighbouring windows need not lie in the order of their windows. Each value goes to its own window's place.",
)
def values_in_the_order_of_the_rows(x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]) -> np.ndarray:
    out = np.zeros(output_shape)
    out[_put_back(np.ones_like(x), _marks(switches), switches, output_shape) > 0] = x.ravel()
    return out


@misconception(
    "max_unpool",
    "The places were counted on a map with H columns, and read on one with W, or the other way round: entry number k of a "
    "map, counted row by row, is in row k // W and column k % W, with W its number of columns.",
)
def places_counted_by_the_height(x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]) -> np.ndarray:
    (down, right), (rows, columns) = as_pair(switches.kernel), output_shape[2:]
    out = np.zeros((*output_shape[:2], rows * columns))
    marks = _marks(switches)
    for n, c, i, j in np.ndindex(*x.shape):
        row, column = np.argwhere(marks[n, c, i, j])[0]
        out[n, c, (i * down + row) * rows + j * right + column] = x[n, c, i, j]
    return out.reshape(output_shape)


@misconception(
    "max_unpool",
    "The places were counted on a map without the columns that are left over, and read on one with them, so that they "
    "shift from row to row. Count and read them with the same width, W.",
)
def places_counted_without_leftover_columns(
    x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]
) -> np.ndarray:
    covered = output_shape_ignored(x, switches, output_shape)
    out = np.zeros(output_shape)
    flat = out.reshape(*output_shape[:2], -1)
    flat[:, :, : covered.shape[2] * covered.shape[3]] = covered.reshape(*covered.shape[:2], -1)
    return out


@misconception(
    "max_unpool", "Negative values are lost. Unpooling moves every value as it is; the ReLU is a step of its own."
)
def negative_values_dropped(x: np.ndarray, switches: Switches, output_shape: tuple[int, ...]) -> np.ndarray:
    return oracle.max_unpool(np.maximum(x, 0.0), switches, output_shape)


# kernels with height and width swapped, in the comparison with the input as well

for _name in ("max_pool_forward", "avg_pool_forward", "l2_pool_forward", "max_pool_with_switches"):
    _known_swapped(_name)
    _known_refusing(_name)

# in place: right results, but something is written into the array that was passed

_known_in_place("max_pool_forward", "maxima_crossed_off_in_place", _cross_off)
_known_in_place("max_pool_backward", "dout_changed_in_place", _halve)
_known_in_place("avg_pool_forward", "input_divided_in_place", _halve)
_known_in_place("l2_pool_backward", "dout_divided_in_place", _halve)
_known_in_place("global_avg_pool_backward", "dout_divided_in_place", _halve)
_known_in_place("max_pool_with_switches", "maxima_crossed_off_in_place", _cross_off)
_known_in_place("max_unpool", "values_changed_in_place", _halve)
