"""Known wrong ways to write the functions of the topic convolution, and what to say about each."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from grader.checking import Trait, misconception
from grader.checking.traits import Arguments, equals, holds, same, size, value
from reference.convolution import oracle
from reference.convolution.oracle import Convolved

Size = tuple[int, int]
Forward = Callable[..., tuple[np.ndarray, Convolved]]
Gradients = tuple[np.ndarray, np.ndarray, np.ndarray]

CHAPTER_2 = "(Dumoulin and Visin, chapter 2)"
CHAPTER_4 = "(Dumoulin and Visin, chapter 4)"
ROTATION = "(Goodfellow et al., section 9.1)"
CHAIN_RULE = "(Goodfellow et al., section 9.5)"
UNSHARED = "(Goodfellow et al., section 9.5, unshared convolution)"

BIAS_MISSING = "The bias is missing: every entry of the output has its filter's b added to it, once."
LAST_MISSING = f"The last window is missing: the first one counts too, which is the + 1 in the output size {CHAPTER_2}."
ROUNDED_UP = (
    "There are windows that reach over the border of the padded input. Their number is rounded down; rows and columns "
    f"that are left over are ignored {CHAPTER_2}."
)
LEFTOVER_REFUSED = (
    "Rows and columns that a stride leaves over are no error, they are ignored. Only what the docstring lists raises "
    "ValueError."
)
NOTHING_CHECKED = (
    "Before anything is computed, compare the arguments as the docstring lists them and raise ValueError. Otherwise "
    "NumPy gives an empty array or an error that says nothing about the cause."
)
STRETCHED = (
    "Where x or w has a single channel and the other has several, NumPy stretches the one over the others without a "
    "word. The numbers of channels must be compared: different ones raise ValueError."
)
STRIDE_UNCHECKED = "A stride of 0 or less is not refused: a stride below 1 must raise ValueError."
OTHER_EXCEPTION = "An exception is raised where it should be, but not a ValueError: that is what callers look for."
CUT_FROM_NOTHING = (
    "The result is empty where the padding is 0: the slice P:-P is meant to leave out P rows or columns at each end, but "
    "for P = 0 it is 0:0, which holds nothing. The end is better counted from the start, as in P:P+H."
)
RESHAPED = (
    "its axes are in another order than the entries of the matrix. reshape only cuts the same numbers into other rows, it "
    "does not move an axis; for that there is transpose"
)
SQUARE = "is taken from the kernel's rows, which is right for square kernels only"
TRANSPOSED_KERNEL = "Rows and columns of the kernel are swapped: its last axes are (KH, KW), rows first."
ONE_CHANNEL = "Only one channel enters the output: the products are summed over all channels of x."
ONE_IMAGE = (
    "Only one image of the batch is computed: the first axis of x is N, and every image has an output of its own."
)
MESSAGE = (
    "ValueError is raised where it should be, but its message must name the argument that is wrong and give its value, "
    "so that whoever reads it can mend the call."
)
IN_PLACE = (
    "The results are right, but an assignment into the array that was passed changes it for the caller, who may still "
    "need it: work on a new array."
)
NOT_ROTATED = f"This is the cross-correlation: true convolution rotates the kernel by 180 degrees first {ROTATION}."
HALF_ROTATED = "The kernel is reversed in one direction only. Rotated by 180 degrees it is reversed in both"
OVERWRITTEN = (
    "Where copies of the kernel overlap, their parts add up. Here the copy that comes last replaces what the earlier "
    "ones left"
)

OVERWRITTEN_BY_PLACE = (
    "What several places of the kernel contribute to one entry adds up. Here the result is assigned for one place of "
    "the kernel after the other, and each assignment replaces what the earlier ones left. It takes an addition; where "
    "one index occurs several times in an operation, += keeps only the last, and np.add.at adds all"
)


# -- what may divide right cases from wrong ones ----------------------------------------------------------------------

LAYERS = ("conv2d_forward", "conv2d_backward", "conv_transpose2d_forward", "locally_connected_forward")
WINDOWS = ("conv2d_forward", "conv2d_backward", "locally_connected_forward")
SINGLE = ("convolve2d", "full_convolve2d")
HEIGHT, WIDTH, KERNEL_HEIGHT, KERNEL_WIDTH = size("x", -2), size("x", -1), size("w", -2), size("w", -1)
STRIDE, PADDING = value("stride"), value("padding")


def _fits(rows: int, columns: int, height: int, width: int, stride: int, padding: int) -> bool:
    """Whether the stride leaves no row or column over."""
    return stride > 0 and all(
        (have + 2 * padding - side) % stride == 0 for have, side in ((rows, height), (columns, width))
    )


def _padding(arguments: Arguments) -> int:
    """0 where there is no such argument."""
    return int(arguments.get("padding", 0))


TRAITS = (
    Trait("stride 1", "larger stride", equals(STRIDE, 1), LAYERS),
    Trait("calls without padding", "call with padding", equals(PADDING, 0), LAYERS),
    Trait("square kernels", "kernel that is not square", same(KERNEL_HEIGHT, KERNEL_WIDTH)),
    Trait("square images", "image that is not square", same(HEIGHT, WIDTH)),
    Trait("one channel", "larger number of channels", equals(size("x", 1), 1), LAYERS),
    Trait("one image", "batch of several images", equals(size("x", 0), 1), LAYERS),
    Trait("one filter", "larger number of filters", equals(size("b", 0), 1), LAYERS),
    Trait("as many filters as channels", "other number of filters", same(size("b", 0), size("x", 1)), LAYERS),
    Trait("1x1 kernels", "larger kernel", equals(size("w", -2, -1), 1)),
    Trait(
        "as many rows of windows as columns",
        "other number of windows",
        same(size("w", 0), size("w", 1)),
        ("locally_connected_forward",),
    ),
    Trait(
        "a stride that leaves no row or column over",
        "stride that leaves some over",
        holds(_fits, HEIGHT, WIDTH, KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE, _padding),
        WINDOWS,
    ),
    Trait(
        "windows that do not overlap",
        "kernel larger than the stride",
        holds(lambda height, width, stride: max(height, width) <= stride, KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE),
        LAYERS,
    ),
    Trait(
        "kernels of odd height and width",
        "kernel of even height or width",
        holds(lambda height, width: height % 2 == 1 and width % 2 == 1, KERNEL_HEIGHT, KERNEL_WIDTH),
    ),
    Trait(
        "kernels no larger than the image",
        "kernel larger than the image",
        holds(
            lambda rows, height, columns, width: rows >= height and columns >= width,
            HEIGHT,
            KERNEL_HEIGHT,
            WIDTH,
            KERNEL_WIDTH,
        ),
        SINGLE,
    ),
    Trait(
        "images of one channel", "image of several channels", equals(value("input_shape", 0), 1), ("linear_as_conv",)
    ),
    Trait(
        "square images",
        "image that is not square",
        same(value("input_shape", 1), value("input_shape", 2)),
        ("linear_as_conv",),
    ),
    Trait("one output", "layer with several outputs", equals(size("weight", 0), 1), ("linear_as_conv",)),
)


# -- how the wrong ways are put together ------------------------------------------------------------------------------


def _count(size: Iterable[int], kernel: Iterable[int], stride: int) -> Size:
    """How many windows fit in each direction, 0 where none does."""
    rows, columns = (max(0, (have - side) // stride + 1) for have, side in zip(size, kernel, strict=True))
    return rows, columns


def _grown(maps: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The last two axes brought to this size by cutting or by zeros at their end."""
    maps = maps[..., :rows, :columns]
    room = [(0, 0)] * (maps.ndim - 2) + [(0, rows - maps.shape[-2]), (0, columns - maps.shape[-1])]
    return np.pad(maps, room)


def _windows(x: np.ndarray, kernel: Size, stride: Size, count: Size) -> np.ndarray:
    """(N, C, OH, OW, KH, KW): so many windows, with zeros where one reaches beyond the end of x."""
    needed = [step * max(0, number - 1) + side for step, number, side in zip(stride, count, kernel, strict=True)]
    canvas = _grown(x, max(needed[0], x.shape[2]), max(needed[1], x.shape[3]))
    rows, columns = (
        step * np.arange(number)[:, np.newaxis] + np.arange(side)
        for step, number, side in zip(stride, count, kernel, strict=True)
    )
    return canvas[:, :, rows[:, np.newaxis, :, np.newaxis], columns[np.newaxis, :, np.newaxis, :]]


def _zeros_around(x: np.ndarray, before: Size, after: Size) -> np.ndarray:
    return np.pad(x, ((0, 0), (0, 0), (before[0], after[0]), (before[1], after[1])))


def _padded(x: np.ndarray, padding: int) -> np.ndarray:
    return _zeros_around(x, (padding, padding), (padding, padding))


def _layer(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int | Size, count: Size | None = None) -> np.ndarray:
    """The layer over x, which is padded already; nothing is checked."""
    steps = (stride, stride) if isinstance(stride, int) else stride
    rows, columns = w.shape[2:]
    if count is None:
        sides = zip(x.shape[2:], (rows, columns), steps, strict=True)
        count = tuple(max(0, (size - side) // step + 1) for size, side, step in sides)  # type: ignore[assignment]
    windows = _windows(x, (rows, columns), steps, count)
    return np.einsum("ncijuv,fcuv->nfij", windows, w) + b[:, np.newaxis, np.newaxis]


def _output(
    call: Convolved,
    padded: np.ndarray | None = None,
    w: np.ndarray | None = None,
    b: np.ndarray | None = None,
    stride: int | Size | None = None,
    count: Size | None = None,
) -> np.ndarray:
    """The layer's output with something else in the place of what is right."""
    return _layer(
        _padded(call.x, call.padding) if padded is None else padded,
        call.w if w is None else w,
        call.b if b is None else b,
        call.stride if stride is None else stride,
        count,
    )


def _right_count(x: np.ndarray, w: np.ndarray, stride: int, padding: int) -> Size:
    return _count((x.shape[2] + 2 * padding, x.shape[3] + 2 * padding), w.shape[2:], stride)


def _checked(wrong: Callable[..., np.ndarray]) -> Forward:
    """A forward with the right errors and cache and the output of `wrong`."""

    @functools.wraps(wrong)
    def forward(
        x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
    ) -> tuple[np.ndarray, Convolved]:
        _, cache = oracle.conv2d_forward(x, w, b, stride, padding)
        return wrong(cache), cache

    return forward


def _plain(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int, padding: int) -> tuple[np.ndarray, Convolved]:
    """The right layer without any check, as NumPy takes or refuses the arguments."""
    padded = _padded(x, padding)
    count = [(size - side) // stride + 1 for size, side in zip(padded.shape[2:], w.shape[2:], strict=True)]
    np.empty(count)  # raises ValueError for a negative number, as making the output would
    return _layer(padded, w, b, stride, (count[0], count[1])), Convolved(x, w, b, stride, padding)


def _rotated(kernel: np.ndarray) -> np.ndarray:
    """The last two axes reversed."""
    return kernel[..., ::-1, ::-1].copy()


def _swapped(array: np.ndarray) -> np.ndarray:
    """The last two axes swapped."""
    return array.swapaxes(-2, -1).copy()


# -- conv2d_forward ---------------------------------------------------------------------------------------------------


@misconception(
    "conv2d_forward",
    "The kernel was rotated by 180 degrees: that is true convolution. The layer computes the cross-correlation, as "
    f"every framework does, with the kernel as it is {ROTATION}.",
)
@_checked
def kernel_rotated_in_the_layer(call: Convolved) -> np.ndarray:
    return _output(call, w=_rotated(call.w))


@misconception(
    "conv2d_forward",
    f"The stride is ignored: window (i, j) begins at row i*S and column j*S of the padded input {CHAPTER_2}.",
)
@_checked
def stride_ignored(call: Convolved) -> np.ndarray:
    return _output(call, stride=1)


@misconception(
    "conv2d_forward",
    "The output has the right size, but its windows are one row and one column apart: window (i, j) begins at row i*S "
    f"and column j*S {CHAPTER_2}.",
)
@_checked
def stride_only_in_the_output_size(call: Convolved) -> np.ndarray:
    return _output(call, stride=1, count=_right_count(call.x, call.w, call.stride, call.padding))


@misconception("conv2d_forward", f"The padding is ignored: P rows and columns of zeros surround the input {CHAPTER_2}.")
@_checked
def padding_ignored(call: Convolved) -> np.ndarray:
    return _output(call, padded=call.x)


@misconception("conv2d_forward", BIAS_MISSING)
@_checked
def bias_missing(call: Convolved) -> np.ndarray:
    return _output(call, b=0 * call.b)


@misconception("conv2d_forward", "The bias is subtracted: it is added to the sum of the products.")
@_checked
def bias_subtracted(call: Convolved) -> np.ndarray:
    return _output(call, b=-call.b)


@misconception(
    "conv2d_forward",
    "The bias is added with every product: KH*KW*C times instead of once. It is added to the sum when that is "
    "complete.",
)
@_checked
def bias_with_every_product(call: Convolved) -> np.ndarray:
    return _output(call, b=call.b * call.w[0].size)


@misconception(
    "conv2d_forward",
    "The bias is added once for every channel: C times instead of once. A filter has one bias, added to the sum over "
    "all its channels.",
)
@_checked
def bias_with_every_channel(call: Convolved) -> np.ndarray:
    return _output(call, b=call.b * call.w.shape[1])


@misconception("conv2d_forward", "The bias of the first filter is added for all: b has one entry for each filter.")
@_checked
def bias_of_the_first_filter(call: Convolved) -> np.ndarray:
    return _output(call, b=np.full_like(call.b, call.b[0]))


@misconception(
    "conv2d_forward",
    "The image lies in the upper left corner of the padded one: the zeros belong on all four sides, P rows above and P "
    f"below, P columns at the left and P at the right {CHAPTER_2}.",
)
@_checked
def all_zeros_below_and_right(call: Convolved) -> np.ndarray:
    return _output(call, padded=_zeros_around(call.x, (0, 0), (2 * call.padding, 2 * call.padding)))


@misconception(
    "conv2d_forward",
    "The windows over the zeros below and at the right are missing: zeros belong on all four sides, and the output "
    f"size counts both, H + 2*P rows {CHAPTER_2}.",
)
@_checked
def zeros_above_and_left_only(call: Convolved) -> np.ndarray:
    return _output(call, padded=_zeros_around(call.x, (call.padding, call.padding), (0, 0)))


@misconception(
    "conv2d_forward", f"Zeros are added below and at the right only: they belong on all four sides {CHAPTER_2}."
)
@_checked
def zeros_below_and_right_only(call: Convolved) -> np.ndarray:
    return _output(call, padded=_zeros_around(call.x, (0, 0), (call.padding, call.padding)))


ALL_AXES_PADDED = (
    "The mistake shows with padding alone. np.pad(x, P), or np.pad(x, (P, P)), puts zeros around all four axes, so that there "
    "are 2*P images and 2*P channels more; rows and columns alone are padded by ((0, 0), (0, 0), (P, P), (P, P))."
)


@misconception("conv2d_forward", ALL_AXES_PADDED)
@_checked
def all_axes_padded(call: Convolved) -> np.ndarray:
    return _output(call, padded=np.pad(call.x, call.padding))


@misconception("conv2d_forward", ALL_AXES_PADDED)
@_checked
def all_axes_padded_and_contracted(call: Convolved) -> np.ndarray:
    np.tensordot(np.pad(call.x, call.padding), call.w, axes=(1, 1))  # stretches no axis, as einsum does one of length 1
    return _output(call)


@misconception("conv2d_forward", ALL_AXES_PADDED)
@_checked
def all_axes_padded_and_counted_by_x(call: Convolved) -> np.ndarray:
    images, channels, *_ = call.x.shape
    return _output(call, padded=np.pad(call.x, call.padding)[:images, :channels])


@misconception("conv2d_forward", "Rows of zeros are added, columns are not: padding holds for both directions.")
@_checked
def padding_of_rows_only(call: Convolved) -> np.ndarray:
    return _output(call, padded=_zeros_around(call.x, (call.padding, 0), (call.padding, 0)))


@misconception("conv2d_forward", "Columns of zeros are added, rows are not: padding holds for both directions.")
@_checked
def padding_of_columns_only(call: Convolved) -> np.ndarray:
    return _output(call, padded=_zeros_around(call.x, (0, call.padding), (0, call.padding)))


@misconception(
    "conv2d_forward",
    "There are 2*P rows and columns of zeros on each side: padding is what each side gets, not twice it.",
)
@_checked
def padding_doubled(call: Convolved) -> np.ndarray:
    return _output(call, padded=_padded(call.x, 2 * call.padding))


@misconception("conv2d_forward", "The image's border is repeated outwards: padding is with zeros.")
@_checked
def padding_repeats_the_border(call: Convolved) -> np.ndarray:
    sides = ((0, 0), (0, 0), (call.padding, call.padding), (call.padding, call.padding))
    return _output(call, padded=np.pad(call.x, sides, mode="edge"))


@misconception("conv2d_forward", "The padding consists of ones: it is with zeros, which add nothing to a sum.")
@_checked
def padding_with_ones(call: Convolved) -> np.ndarray:
    sides = ((0, 0), (0, 0), (call.padding, call.padding), (call.padding, call.padding))
    return _output(call, padded=np.pad(call.x, sides, constant_values=1.0))


@misconception(
    "conv2d_forward",
    "The padding is what keeps the size, whatever was asked for: the argument says how many zeros there are on each "
    "side.",
)
@_checked
def padding_that_keeps_the_size(call: Convolved) -> np.ndarray:
    sides = (call.w.shape[2] // 2, call.w.shape[3] // 2)
    return _output(call, padded=_zeros_around(call.x, sides, sides))


@misconception("conv2d_forward", TRANSPOSED_KERNEL)
@_checked
def kernel_transposed(call: Convolved) -> np.ndarray:
    return _output(call, w=_swapped(call.w))


@misconception("conv2d_forward", "Rows and columns of x are swapped: x is (N, C, H, W), rows before columns.")
@_checked
def image_transposed(call: Convolved) -> np.ndarray:
    return _output(call, padded=_padded(_swapped(call.x), call.padding))


@misconception(
    "conv2d_forward", "Rows and columns of the output are swapped: out is (N, F, OH, OW), rows before columns."
)
@_checked
def output_transposed(call: Convolved) -> np.ndarray:
    return _swapped(_output(call))


def _reordered(maps: np.ndarray, order: tuple[int, int, int, int]) -> np.ndarray:
    """(N, F, OH, OW): what a matrix gives whose entries are in this order of axes and are only cut anew."""
    return maps.transpose(order).reshape(maps.shape)


@misconception(
    "conv2d_forward",
    "The entries of a window are laid out with the channels last, those of a filter with the channels first, so that other "
    "entries meet. w.reshape(F, -1) is in the order (C, KH, KW): bring the window's axes into that order first.",
)
@_checked
def channels_last_in_the_window(call: Convolved) -> np.ndarray:
    return _output(call, w=call.w.reshape(len(call.w), *call.w.shape[2:], -1).transpose(0, 3, 1, 2))


@misconception(
    "conv2d_forward",
    "The channels of x and those of w are added up each for themselves, and every channel meets every one. Channel c of x "
    "belongs to channel c of the kernel: multiply first, then add up.",
)
@_checked
def channels_added_up_before_the_product(call: Convolved) -> np.ndarray:
    return _output(call, w=np.broadcast_to(call.w.sum(axis=1, keepdims=True), call.w.shape))


@misconception(
    "conv2d_forward",
    "b is laid along the columns. NumPy lines arrays up at their last axes, and the last axis of the output is OW: (F,) has to "
    "become (F, 1, 1), or (1, F, 1, 1), to lie along the filters.",
)
@_checked
def bias_along_the_columns(call: Convolved) -> np.ndarray:
    return _output(call, b=0 * call.b) + call.b


@misconception(
    "conv2d_forward",
    "The 1 is added before the division by the stride, where it may get lost. The number of windows is "
    f"floor((H + 2*P - KH) / S) + 1 {CHAPTER_2}.",
)
@_checked
def one_added_before_the_division(call: Convolved) -> np.ndarray:
    rows, columns = (
        (size + 2 * call.padding - side + 1) // call.stride
        for size, side in zip(call.x.shape[2:], call.w.shape[2:], strict=True)
    )
    return _output(call, count=(rows, columns))


@misconception("conv2d_forward", f"The matrix of results is reshaped to (N, F, OH, OW) at once, but {RESHAPED}.")
@_checked
def images_last_reshaped(call: Convolved) -> np.ndarray:
    return _reordered(_output(call), (1, 2, 3, 0))


@misconception("conv2d_forward", f"The matrix of results is reshaped to (N, F, OH, OW) at once, but {RESHAPED}.")
@_checked
def filters_first_reshaped(call: Convolved) -> np.ndarray:
    return _reordered(_output(call), (1, 0, 2, 3))


@misconception("conv2d_forward", f"The matrix of results is reshaped to (N, F, OH, OW) at once, but {RESHAPED}.")
@_checked
def filters_last_reshaped(call: Convolved) -> np.ndarray:
    return _reordered(_output(call), (0, 2, 3, 1))


@misconception("conv2d_forward", f"The number of output columns {SQUARE}: OW comes from W and KW {CHAPTER_2}.")
@_checked
def output_columns_from_kernel_rows(call: Convolved) -> np.ndarray:
    size = (call.x.shape[2] + 2 * call.padding, call.x.shape[3] + 2 * call.padding)
    count = _count(size, (call.w.shape[2], call.w.shape[2]), call.stride)
    return _output(call, count=count)


@misconception(
    "conv2d_forward",
    "The output has as many columns as rows, which is right for square images only: OW comes from W and KW "
    f"{CHAPTER_2}.",
)
@_checked
def output_as_wide_as_high(call: Convolved) -> np.ndarray:
    rows, _ = _right_count(call.x, call.w, call.stride, call.padding)
    return _output(call, count=(rows, rows))


@misconception(
    "conv2d_forward",
    "The windows lie side by side, as if the stride were the kernel's size: window (i, j) begins at row i*S and column "
    f"j*S, and windows overlap where S is smaller than the kernel {CHAPTER_2}.",
)
@_checked
def windows_side_by_side(call: Convolved) -> np.ndarray:
    rows, columns = call.w.shape[2:]
    return _output(call, stride=(rows, columns))


@misconception(
    "conv2d_forward", "The stride moves the window down, but not to the right: it holds for both directions."
)
@_checked
def stride_in_rows_only(call: Convolved) -> np.ndarray:
    return _output(call, stride=(call.stride, 1))


@misconception("conv2d_forward", ROUNDED_UP)
@_checked
def output_size_rounded_up(call: Convolved) -> np.ndarray:
    return _output(call, count=_rounded_up(call.x, call.w.shape[2:], call.stride, call.padding))


def _rounded_up(x: np.ndarray, kernel: Iterable[int], stride: int, padding: int) -> Size:
    rows, columns = (
        -(-(size + 2 * padding - side) // stride) + 1 for size, side in zip(x.shape[2:], kernel, strict=True)
    )
    return rows, columns


@misconception("conv2d_forward", LAST_MISSING)
@_checked
def last_window_missing(call: Convolved) -> np.ndarray:
    rows, columns = _right_count(call.x, call.w, call.stride, call.padding)
    return _output(call, count=(rows - 1, columns - 1))


@misconception("conv2d_forward", ONE_CHANNEL)
@_checked
def first_channel_only(call: Convolved) -> np.ndarray:
    return _output(call, padded=_padded(call.x[:, :1], call.padding), w=call.w[:, :1])


@misconception(
    "conv2d_forward",
    "Each channel replaces what the earlier ones gave: the products are summed over all channels of x.",
)
@_checked
def last_channel_only(call: Convolved) -> np.ndarray:
    return _output(call, padded=_padded(call.x[:, -1:], call.padding), w=call.w[:, -1:])


@misconception(
    "conv2d_forward",
    "All channels are weighted by the kernel of the first: w is (F, C, KH, KW), a filter has a kernel of its own for "
    "each channel.",
)
@_checked
def one_kernel_for_all_channels(call: Convolved) -> np.ndarray:
    return _output(call, w=np.broadcast_to(call.w[:, :1], call.w.shape))


@misconception("conv2d_forward", "All output channels come from the first filter: channel f comes from w[f].")
@_checked
def one_filter_for_all_maps(call: Convolved) -> np.ndarray:
    return _output(call, w=np.broadcast_to(call.w[:1], call.w.shape))


@misconception("conv2d_forward", ONE_IMAGE)
@_checked
def first_image_for_all(call: Convolved) -> np.ndarray:
    return _output(call, padded=_padded(np.broadcast_to(call.x[:1], call.x.shape), call.padding))


@misconception("conv2d_forward", ONE_IMAGE)
@_checked
def zeros_for_later_images(call: Convolved) -> np.ndarray:
    out = _output(call)
    out[1:] = 0.0
    return out


@misconception(
    "conv2d_forward", "This is the mean over the window: a convolution is the sum of the products, nothing divides it."
)
@_checked
def mean_over_the_window(call: Convolved) -> np.ndarray:
    return _output(call, w=call.w / call.w[0].size)


@misconception(
    "conv2d_forward", "This is the mean over the channels: their products are added up, nothing divides the sum."
)
@_checked
def mean_over_the_channels(call: Convolved) -> np.ndarray:
    return _output(call, w=call.w / call.w.shape[1])


@misconception(
    "conv2d_forward",
    "The results are whole numbers: the array that holds them was made for integers, which cuts them off.",
)
@_checked
def whole_numbers(call: Convolved) -> np.ndarray:
    return _output(call).astype(np.int64)


@misconception("conv2d_forward", LEFTOVER_REFUSED)
def leftover_refused(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Convolved]:
    result = oracle.conv2d_forward(x, w, b, stride, padding)
    _refuse_leftover(x, w.shape[2:], stride, padding)
    return result


def _refuse_leftover(x: np.ndarray, kernel: Iterable[int], stride: int, padding: int) -> None:
    for have, side in zip(x.shape[2:], kernel, strict=True):
        if (have + 2 * padding - side) % stride:
            raise ValueError(f"stride {stride} does not fit {have} with kernel {side} and padding {padding}")


@misconception(
    "conv2d_forward",
    "The kernel is compared with the input before it is padded: it may be larger than that, as long as it fits into "
    "the padded one.",
)
def kernel_compared_with_unpadded_input(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Convolved]:
    if w.shape[2] > x.shape[2] or w.shape[3] > x.shape[3]:
        raise ValueError(f"kernel {w.shape[2:]} is larger than the input {x.shape[2:]}")
    return oracle.conv2d_forward(x, w, b, stride, padding)


@misconception(
    "conv2d_forward",
    "A kernel exactly as large as the padded input is refused: it fits, at one place, and gives an output of 1x1.",
)
def kernel_of_the_input_size_refused(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Convolved]:
    if w.shape[2] >= x.shape[2] + 2 * padding or w.shape[3] >= x.shape[3] + 2 * padding:
        raise ValueError(f"kernel {w.shape[2:]} does not fit into the input {x.shape[2:]}")
    return oracle.conv2d_forward(x, w, b, stride, padding)


@misconception("conv2d_forward", NOTHING_CHECKED)
def nothing_checked(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Convolved]:
    return _plain(x, w, b, stride, padding)


@misconception(
    "conv2d_forward",
    "A kernel larger than the padded input is not refused: no window fits, and the output is an empty array, or an "
    "error that NumPy raises somewhere else. It must raise ValueError.",
)
def kernel_not_compared(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Convolved]:
    oracle.conv2d_forward(x, w[:, :, :1, :1], b, stride, padding)
    return _layer(_padded(x, padding), w, b, stride), Convolved(x, w, b, stride, padding)


@misconception(
    "conv2d_forward", "The kernel's rows are compared with the input, its columns are not: either may be too many."
)
def kernel_columns_not_compared(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Convolved]:
    oracle.conv2d_forward(x, w[:, :, :, :1], b, stride, padding)
    return _layer(_padded(x, padding), w, b, stride), Convolved(x, w, b, stride, padding)


@misconception("conv2d_forward", STRETCHED)
def single_channel_stretched(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Convolved]:
    if 1 in (x.shape[1], w.shape[1]):
        channels = max(x.shape[1], w.shape[1])
        x = np.broadcast_to(x, (x.shape[0], channels, *x.shape[2:]))
        w = np.broadcast_to(w, (w.shape[0], channels, *w.shape[2:]))
    return oracle.conv2d_forward(x, w, b, stride, padding)


@misconception("conv2d_forward", STRIDE_UNCHECKED)
def stride_not_compared(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Convolved]:
    oracle.conv2d_forward(x, w, b, max(stride, 1), padding)
    return _plain(x, w, b, stride, padding)


@misconception(
    "conv2d_forward", "A negative padding cuts rows and columns off the input: it must raise ValueError instead."
)
def negative_padding_crops(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Convolved]:
    if padding < 0:
        x = x[:, :, -padding:padding, -padding:padding]
        return _layer(x, w, b, stride), Convolved(x, w, b, stride, 0)
    return oracle.conv2d_forward(x, w, b, stride, padding)


@misconception("conv2d_forward", OTHER_EXCEPTION)
def assertion_instead_of_value_error(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Convolved]:
    try:
        return oracle.conv2d_forward(x, w, b, stride, padding)
    except ValueError as error:
        raise AssertionError(str(error)) from None


@misconception("conv2d_forward", MESSAGE)
def layer_message_without_the_value(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Convolved]:
    try:
        return oracle.conv2d_forward(x, w, b, stride, padding)
    except ValueError:
        raise ValueError("invalid arguments") from None


@misconception("conv2d_forward", IN_PLACE)
def weights_rotated_in_place(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Convolved]:
    result = oracle.conv2d_forward(x, w.copy(), b, stride, padding)
    w[...] = _rotated(w)
    return result


# -- conv2d_backward --------------------------------------------------------------------------------------------------


def _placed(dout: np.ndarray, w: np.ndarray, stride: int, size: Iterable[int], overwrite: bool = False) -> np.ndarray:
    """A copy of each filter's kernels, times dout, at every window; the result cut or grown to `size`."""
    rows, columns = dout.shape[2:]
    height, width = w.shape[2:]
    canvas = np.zeros((dout.shape[0], w.shape[1], stride * rows + height, stride * columns + width))
    for i, j in np.ndindex(rows, columns):
        part = canvas[:, :, i * stride : i * stride + height, j * stride : j * stride + width]
        copies = np.einsum("nf,fcuv->ncuv", dout[:, :, i, j], w)
        part[...] = copies if overwrite else part + copies
    return _grown(canvas, *size)


def _placed_by_place(dout: np.ndarray, w: np.ndarray, stride: int, size: Size) -> np.ndarray:
    """The same for one place of the kernel after the other, each replacing what the earlier ones left."""
    rows, columns = (stride * count for count in dout.shape[2:])
    height, width = w.shape[2:]
    canvas = np.zeros((dout.shape[0], w.shape[1], rows + height, columns + width))
    for u, v in np.ndindex(height, width):
        part = np.einsum("nfij,fc->ncij", dout, w[:, :, u, v])
        canvas[:, :, u : u + rows : stride, v : v + columns : stride] = part
    return _grown(canvas, *size)


def _padded_size(cache: Convolved) -> Size:
    return cache.x.shape[2] + 2 * cache.padding, cache.x.shape[3] + 2 * cache.padding


def _without_padding(dpadded: np.ndarray, cache: Convolved) -> np.ndarray:
    height, width = cache.x.shape[2:]
    return dpadded[:, :, cache.padding : cache.padding + height, cache.padding : cache.padding + width]


def _weight_gradient(dout: np.ndarray, padded: np.ndarray, kernel: Iterable[int], stride: int) -> np.ndarray:
    rows, columns = dout.shape[2:]
    height, width = kernel
    windows = _windows(padded, (height, width), (stride, stride), (rows, columns))
    return np.einsum("nfij,ncijuv->fcuv", dout, windows)


@misconception(
    "conv2d_backward",
    "An entry of x lies in several windows, and its gradients from all of them add up (chain rule). Here the window "
    f"that comes last replaces what the earlier ones left {CHAIN_RULE}.",
)
def overlapping_windows_overwrite(dout: np.ndarray, cache: Convolved) -> Gradients:
    _, dw, db = oracle.conv2d_backward(dout, cache)
    dpadded = _placed(dout, cache.w, cache.stride, _padded_size(cache), overwrite=True)
    return _without_padding(dpadded, cache), dw, db


@misconception("conv2d_backward", f"{OVERWRITTEN_BY_PLACE} {CHAPTER_4}.")
def overwritten_place_by_place(dout: np.ndarray, cache: Convolved) -> Gradients:
    _, dw, db = oracle.conv2d_backward(dout, cache)
    dpadded = _placed_by_place(dout, cache.w, cache.stride, _padded_size(cache))
    return _without_padding(dpadded, cache), dw, db


@misconception(
    "conv2d_backward",
    "dx is the correlation of dout with the kernel; it is their true convolution, in full. Put differently: every dout "
    f"adds a copy of the kernel as it is, not of the rotated one {CHAIN_RULE}.",
)
def kernel_rotated_in_dx(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, _, _ = oracle.conv2d_backward(dout, cache._replace(w=_rotated(cache.w)))
    return dx, *oracle.conv2d_backward(dout, cache)[1:]


@misconception(
    "conv2d_backward",
    "dx still has the P rows and columns on each side that belong to the zeros: they are taken away, dx has x's shape.",
)
def padding_left_in_dx(dout: np.ndarray, cache: Convolved) -> Gradients:
    _, dw, db = oracle.conv2d_backward(dout, cache)
    return _placed(dout, cache.w, cache.stride, _padded_size(cache)), dw, db


@misconception(
    "conv2d_backward",
    "dx is cut out of the padded gradient at the wrong place: x lies in its middle, P rows and columns from the "
    "upper left.",
)
def padding_cut_off_at_the_end(dout: np.ndarray, cache: Convolved) -> Gradients:
    _, dw, db = oracle.conv2d_backward(dout, cache)
    return _placed(dout, cache.w, cache.stride, cache.x.shape[2:]), dw, db


@misconception("conv2d_backward", CUT_FROM_NOTHING)
def padding_cut_from_nothing(dout: np.ndarray, cache: Convolved) -> Gradients:
    _, dw, db = oracle.conv2d_backward(dout, cache)
    dpadded, ends = _placed(dout, cache.w, cache.stride, _padded_size(cache)), slice(cache.padding, -cache.padding)
    return dpadded[:, :, ends, ends], dw, db


def _dout_reshaped(dout: np.ndarray, cache: Convolved, order: tuple[int, int, int, int]) -> Gradients:
    """The gradients where dout is reshaped to a matrix whose entries should come in this order of axes."""
    back = tuple(int(axis) for axis in np.argsort(order))
    taken_for = dout.reshape([dout.shape[axis] for axis in order]).transpose(back)
    dx, dw, _ = oracle.conv2d_backward(np.ascontiguousarray(taken_for), cache)
    return dx, dw, dout.sum(axis=(0, 2, 3))


@misconception("conv2d_backward", f"dout is reshaped to a matrix as it is, but {RESHAPED}.")
def dout_reshaped_for_images_last(dout: np.ndarray, cache: Convolved) -> Gradients:
    return _dout_reshaped(dout, cache, (1, 2, 3, 0))


@misconception("conv2d_backward", f"dout is reshaped to a matrix as it is, but {RESHAPED}.")
def dout_reshaped_for_filters_first(dout: np.ndarray, cache: Convolved) -> Gradients:
    return _dout_reshaped(dout, cache, (1, 0, 2, 3))


@misconception("conv2d_backward", f"dout is reshaped to a matrix as it is, but {RESHAPED}.")
def dout_reshaped_for_filters_last(dout: np.ndarray, cache: Convolved) -> Gradients:
    return _dout_reshaped(dout, cache, (0, 2, 3, 1))


@misconception(
    "conv2d_backward",
    "The padding is ignored: window (i, j) begins at row i*S and column j*S of the padded image, in dx and dw alike.",
)
def padding_ignored_in_the_gradients(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx = _placed(dout, cache.w, cache.stride, cache.x.shape[2:])
    return dx, _weight_gradient(dout, cache.x, cache.w.shape[2:], cache.stride), dout.sum(axis=(0, 2, 3))


@misconception(
    "conv2d_backward",
    "dw is computed from the image without its padding: the windows lie on the padded one, as before.",
)
def padding_ignored_in_dw(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, _, db = oracle.conv2d_backward(dout, cache)
    return dx, _weight_gradient(dout, cache.x, cache.w.shape[2:], cache.stride), db


@misconception(
    "conv2d_backward",
    "The stride is ignored in dx and dw: dout[n, f, i, j] belongs to the window that begins at row i*S and column j*S "
    f"{CHAIN_RULE}.",
)
def stride_ignored_in_the_gradients(dout: np.ndarray, cache: Convolved) -> Gradients:
    dpadded = _placed(dout, cache.w, 1, _padded_size(cache))
    dw = _weight_gradient(dout, _padded(cache.x, cache.padding), cache.w.shape[2:], 1)
    return _without_padding(dpadded, cache), dw, dout.sum(axis=(0, 2, 3))


@misconception(
    "conv2d_backward",
    "The stride is ignored in dx: with stride S the entries of dout lie S rows and columns apart, zeros between them "
    f"{CHAPTER_4}.",
)
def stride_ignored_in_dx(dout: np.ndarray, cache: Convolved) -> Gradients:
    dpadded = _placed(dout, cache.w, 1, _padded_size(cache))
    return _without_padding(dpadded, cache), *oracle.conv2d_backward(dout, cache)[1:]


@misconception(
    "conv2d_backward",
    "The stride is ignored in dw: dout[n, f, i, j] is multiplied with the window that begins at row i*S and column "
    "j*S.",
)
def stride_ignored_in_dw(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, _, db = oracle.conv2d_backward(dout, cache)
    return dx, _weight_gradient(dout, _padded(cache.x, cache.padding), cache.w.shape[2:], 1), db


@misconception(
    "conv2d_backward",
    "db is divided by the number of images: each of them adds its part, and the loss decides about a mean, not the "
    "layer.",
)
def db_mean_over_the_batch(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dx, dw, db / dout.shape[0]


@misconception("conv2d_backward", "db is the mean of dout: b is added to every entry, so that db is the sum over them.")
def db_mean_over_everything(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, _ = oracle.conv2d_backward(dout, cache)
    return dx, dw, dout.mean(axis=(0, 2, 3))


@misconception(
    "conv2d_backward",
    "db is summed over the images only: one bias serves all rows and columns of its map as well, and db has shape "
    "(F,).",
)
def db_summed_over_images_only(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, _ = oracle.conv2d_backward(dout, cache)
    return dx, dw, dout.sum(axis=0)


@misconception(
    "conv2d_backward", "db is summed over rows and columns only: all images share the biases, and db has shape (F,)."
)
def db_not_summed_over_images(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, _ = oracle.conv2d_backward(dout, cache)
    return dx, dw, dout.sum(axis=(2, 3))


@misconception(
    "conv2d_backward",
    "db is the last entry of dout alone: each assignment replaces what the earlier ones gave. The bias is added to "
    "every entry of its map, so that db is the sum over them: += in place of =.",
)
def db_of_the_last_entry(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, _ = oracle.conv2d_backward(dout, cache)
    return dx, dw, dout[-1, :, -1, -1].copy()


@misconception(
    "conv2d_backward", "db is summed over the filters too: it keeps axis 1 of dout, one number for each filter."
)
def db_summed_over_filters(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dx, dw, np.full_like(db, db.sum())


@misconception(
    "conv2d_backward",
    "db counts the outputs and does not look at dout: it is the sum of dout over images, rows and columns.",
)
def db_without_dout(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dx, dw, np.full_like(db, dout[:, 0].size)


@misconception(
    "conv2d_backward",
    "db counts each dout once for every weight of the filter: the bias is added to an output once, so that dout "
    "counts once.",
)
def db_with_every_product(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dx, dw, db * cache.w[0].size


@misconception("conv2d_backward", "db keeps axes of length one: it has the shape of b, (F,).")
def db_with_axes_of_length_one(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, _ = oracle.conv2d_backward(dout, cache)
    return dx, dw, dout.sum(axis=(0, 2, 3), keepdims=True)


@misconception(
    "conv2d_backward",
    "dw comes from the last image alone, each image replaces what the earlier ones gave: the weights serve all images, "
    "and their gradients add up.",
)
def dw_of_the_last_image(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, _, db = oracle.conv2d_backward(dout, cache)
    _, dw, _ = oracle.conv2d_backward(dout[-1:], cache._replace(x=cache.x[-1:]))
    return dx, dw, db


@misconception(
    "conv2d_backward",
    "dw comes from one window alone, the last one of the last image: each assignment replaces "
    "what the earlier ones gave. The weights serve every place of every image, so that what the windows give adds up: "
    "+= in place of =.",
)
def dw_of_the_last_window(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, _, db = oracle.conv2d_backward(dout, cache)
    last = np.zeros_like(dout)
    last[-1, :, -1, -1] = dout[-1, :, -1, -1]
    _, dw, _ = oracle.conv2d_backward(last, cache)
    return dx, dw, db


@misconception(
    "conv2d_backward", "dw comes from the first image alone: the weights serve all images, and their gradients add up."
)
def dw_of_the_first_image(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, _, db = oracle.conv2d_backward(dout, cache)
    _, dw, _ = oracle.conv2d_backward(dout[:1], cache._replace(x=cache.x[:1]))
    return dx, dw, db


@misconception("conv2d_backward", "dw is not summed over the images: it has the shape of w, which all images share.")
def dw_not_summed_over_images(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, _, db = oracle.conv2d_backward(dout, cache)
    each = [
        oracle.conv2d_backward(dout[n : n + 1], cache._replace(x=cache.x[n : n + 1]))[1] for n in range(dout.shape[0])
    ]
    return dx, np.stack(each), db


@misconception(
    "conv2d_backward",
    "dw is divided by the number of images: each of them adds its part, and the loss decides about a mean, not the "
    "layer.",
)
def dw_mean_over_the_batch(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dx, dw / dout.shape[0], db


@misconception(
    "conv2d_backward", "dw is the mean over the places of the kernel: it is the sum, every place uses the same weights."
)
def dw_mean_over_the_places(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dx, dw / dout[0, 0].size, db


@misconception(
    "conv2d_backward",
    "The gradients are divided by the number of images: a mean over the batch is the loss's business and is in dout "
    "already.",
)
def gradients_divided_by_the_batch(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout / dout.shape[0], cache)
    return dx, dw, db


@misconception("conv2d_backward", "dw and db are divided by the number of images: the sum over the batch is asked for.")
def dw_and_db_mean_over_the_batch(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dx, dw / dout.shape[0], db / dout.shape[0]


@misconception(
    "conv2d_backward",
    "dw is rotated by 180 degrees: dw[f, c, u, v] belongs to the weight w[f, c, u, v]; the layer does not rotate its "
    "kernel, so that nothing is to be rotated back.",
)
def dw_rotated(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dx, _rotated(dw), db


@misconception(
    "conv2d_backward",
    "dw is the true convolution of the image with dout: it is their cross-correlation, dout is not rotated.",
)
def dout_rotated_in_dw(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, _, db = oracle.conv2d_backward(dout, cache)
    return dx, oracle.conv2d_backward(_rotated(dout), cache)[1], db


@misconception("conv2d_backward", "Rows and columns of dw are swapped: dw has the shape of w, (F, C, KH, KW).")
def dw_transposed(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dx, _swapped(dw), db


@misconception("conv2d_backward", "Filters and channels of dw are swapped: dw has the shape of w, (F, C, KH, KW).")
def dw_with_channels_first(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dx, dw.swapaxes(0, 1), db


@misconception(
    "conv2d_backward", "The gradients come in another order: they are returned as (dx, dw, db), as x, w, b are passed."
)
def dw_before_dx(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dw, dx, db


@misconception(
    "conv2d_backward", "The gradients come in another order: they are returned as (dx, dw, db), as x, w, b are passed."
)
def db_before_dw(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dx, db, dw


@misconception(
    "conv2d_backward",
    "dx comes from the last filter alone, each filter replaces what the earlier ones gave: x feeds all filters, and "
    "what comes back from them adds up.",
)
def dx_of_the_last_filter(dout: np.ndarray, cache: Convolved) -> Gradients:
    last = cache._replace(w=cache.w[-1:], b=cache.b[-1:])
    return oracle.conv2d_backward(dout[:, -1:], last)[0], *oracle.conv2d_backward(dout, cache)[1:]


@misconception(
    "conv2d_backward",
    "dx comes from the first filter alone: x feeds all filters, and what comes back from them adds up.",
)
def dx_of_the_first_filter(dout: np.ndarray, cache: Convolved) -> Gradients:
    first = cache._replace(w=cache.w[:1], b=cache.b[:1])
    return oracle.conv2d_backward(dout[:, :1], first)[0], *oracle.conv2d_backward(dout, cache)[1:]


@misconception(
    "conv2d_backward", "dx is the mean over the filters: what comes back from them is added up, nothing divides it."
)
def dx_mean_over_the_filters(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dx / dout.shape[1], dw, db


@misconception(
    "conv2d_backward", "dx is divided by the number of images: each image has a gradient of its own, no mean is taken."
)
def dx_divided_by_the_batch(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return dx / dout.shape[0], dw, db


@misconception("conv2d_backward", "Every image gets the gradient of the first: dx[n] comes from dout[n].")
def dx_of_the_first_image_for_all(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    return np.broadcast_to(dx[:1], dx.shape), dw, db


@misconception("conv2d_backward", f"In dx: {TRANSPOSED_KERNEL}")
def kernel_transposed_in_dx(dout: np.ndarray, cache: Convolved) -> Gradients:
    dpadded = _placed(dout, _swapped(cache.w), cache.stride, _padded_size(cache))
    return _without_padding(dpadded, cache), *oracle.conv2d_backward(dout, cache)[1:]


@misconception(
    "conv2d_backward",
    "dx has no room for the rows and columns that the stride leaves over: they belong to x, with gradient 0, and dx "
    "has x's shape.",
)
def leftover_rows_missing_in_dx(dout: np.ndarray, cache: Convolved) -> Gradients:
    dx, dw, db = oracle.conv2d_backward(dout, cache)
    ends = [
        (count - 1) * cache.stride + side - cache.padding
        for count, side in zip(dout.shape[2:], cache.w.shape[2:], strict=True)
    ]
    return dx[:, :, : max(0, ends[0]), : max(0, ends[1])], dw, db


@misconception(
    "conv2d_backward",
    "dout is ignored: by the chain rule the derivative of each output is multiplied by what comes from the layers "
    "above.",
)
def gradients_without_dout(dout: np.ndarray, cache: Convolved) -> Gradients:
    return oracle.conv2d_backward(np.ones_like(dout), cache)


@misconception(
    "conv2d_backward",
    "The gradients are right, but the weights in the cache are changed, so that a second call with the same cache "
    "gives something else: work on a new array.",
)
def weights_rotated_in_the_cache(dout: np.ndarray, cache: Convolved) -> Gradients:
    result = oracle.conv2d_backward(dout, cache)
    cache.w[...] = _rotated(cache.w)
    return result


# -- convolve2d -------------------------------------------------------------------------------------------------------


def _valid(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The cross-correlation, "valid" part."""
    return _layer(x[np.newaxis, np.newaxis], kernel[np.newaxis, np.newaxis], np.zeros(1), 1)[0, 0]


@misconception("convolve2d", NOT_ROTATED)
def cross_correlation(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _valid(x, w)


@misconception("convolve2d", f"{HALF_ROTATED}: here the order of its rows is left as it is {ROTATION}.")
def kernel_columns_reversed_only(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _valid(x, w[:, ::-1])


@misconception("convolve2d", f"{HALF_ROTATED}: here the order of its columns is left as it is {ROTATION}.")
def kernel_rows_reversed_only(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _valid(x, w[::-1])


@misconception(
    "convolve2d",
    "The kernel is transposed, its rows are now columns: it must be rotated by 180 degrees, which is not the same.",
)
def kernel_transposed_instead_of_rotated(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _valid(x, w.T)


@misconception(
    "convolve2d", "The kernel is transposed besides being rotated: after a rotation by 180 degrees rows are still rows."
)
def kernel_rotated_and_transposed(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _valid(x, w[::-1, ::-1].T)


@misconception(
    "convolve2d",
    "The kernel is rotated by 90 degrees: it must be rotated by 180 degrees, which reverses rows and columns.",
)
def kernel_rotated_by_90_degrees(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _valid(x, np.rot90(w))


def _window_by_window(x: np.ndarray, w: np.ndarray, turned: np.ndarray) -> np.ndarray:
    """Every window of w's size times a kernel of the turned size, which NumPy stretches or refuses where they differ."""
    out = np.empty((x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1))
    for i, j in np.ndindex(*out.shape):
        out[i, j] = np.sum(x[i : i + w.shape[0], j : j + w.shape[1]] * turned)
    return out


TURNED = (
    "The kernel that the windows are multiplied by is no longer KH by KW: it is {how}. A rotation by 180 degrees, "
    f"which reverses rows and columns, leaves the size as it is {ROTATION}."
)


@misconception("convolve2d", TURNED.format(how="transposed"))
def windows_times_transposed_kernel(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _window_by_window(x, w, w.T)


@misconception("convolve2d", TURNED.format(how="rotated and transposed"))
def windows_times_rotated_transposed_kernel(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _window_by_window(x, w, w[::-1, ::-1].T)


@misconception("convolve2d", TURNED.format(how="rotated by 90 degrees"))
def windows_times_kernel_rotated_by_90_degrees(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _window_by_window(x, w, np.rot90(w))


@misconception(
    "convolve2d",
    "The image is rotated instead of the kernel, so that the map comes out rotated too: rotate the kernel and lay it "
    f"on the image as that is {ROTATION}.",
)
def image_rotated_instead_of_kernel(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _valid(x[::-1, ::-1], w)


@misconception(
    "convolve2d", 'This is the "full" part: "valid" has only the places at which the whole kernel lies in the image.'
)
def full_instead_of_valid(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return oracle.full_convolve2d(x, w)


@misconception(
    "convolve2d", 'The map has the size of the image ("same"): "valid" has H - KH + 1 rows and W - KW + 1 columns.'
)
def same_instead_of_valid(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _same(x, w)


def _same(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    above, left = (w.shape[0] - 1) // 2, (w.shape[1] - 1) // 2
    return oracle.full_convolve2d(x, w)[above : above + x.shape[0], left : left + x.shape[1]]


@misconception(
    "convolve2d", f"The last row and column are missing: the first place counts too, H - KH + 1 rows {CHAPTER_2}."
)
def last_place_missing(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return oracle.convolve2d(x, w)[:-1, :-1]


@misconception("convolve2d", f"The number of columns of the map {SQUARE}: there are W - KW + 1.")
def map_columns_from_kernel_rows(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    rows, side = x.shape[0] - w.shape[0] + 1, w.shape[0]
    kernel = w[::-1, ::-1][np.newaxis, np.newaxis]
    return _layer(x[np.newaxis, np.newaxis], kernel, np.zeros(1), 1, (rows, max(0, x.shape[1] - side + 1)))[0, 0]


@misconception("convolve2d", "The sum is divided by the kernel's size: a convolution is the sum of the products.")
def divided_by_the_kernel_size(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return oracle.convolve2d(x, w) / w.size


@misconception(
    "convolve2d", "The map has axes for image and channel: x is one image of shape (H, W), and so is the result."
)
def axes_for_image_and_channel(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return oracle.convolve2d(x, w)[np.newaxis, np.newaxis]


@misconception("convolve2d", IN_PLACE)
def kernel_rotated_in_place(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    out = oracle.convolve2d(x, w)
    w[...] = _rotated(w)
    return out


# -- full_convolve2d --------------------------------------------------------------------------------------------------


def _full(x: np.ndarray, kernel: np.ndarray, above: int, left: int, below: int, right: int) -> np.ndarray:
    """The cross-correlation of the image with so many zeros on its sides."""
    return _valid(np.pad(x, ((above, below), (left, right))), kernel)


@misconception("full_convolve2d", NOT_ROTATED)
def full_cross_correlation(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return oracle.full_convolve2d(x, _rotated(w))


@misconception(
    "full_convolve2d", 'This is the "valid" part: "full" has every place at which kernel and image meet at all.'
)
def valid_instead_of_full(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _valid(x, w[::-1, ::-1])


@misconception(
    "full_convolve2d", 'The map has the size of the image ("same"): "full" has H + KH - 1 rows and W + KW - 1 columns.'
)
def same_instead_of_full(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _same(x, w)


@misconception(
    "full_convolve2d",
    'Half the kernel\'s size is put around the image, which keeps its size: "full" needs KH - 1 rows and KW - 1 columns '
    "of zeros on each side.",
)
def half_the_kernel_around_the_image(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    above, left = w.shape[0] // 2, w.shape[1] // 2
    return _valid(np.pad(x, ((above, above), (left, left))), w[::-1, ::-1])


@misconception("full_convolve2d", f"{OVERWRITTEN_BY_PLACE} {ROTATION}.")
def full_overwritten_place_by_place(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    size = (x.shape[0] + w.shape[0] - 1, x.shape[1] + w.shape[1] - 1)
    return _placed_by_place(x[np.newaxis, np.newaxis], w[np.newaxis, np.newaxis], 1, size)[0, 0]


@misconception("full_convolve2d", f"{OVERWRITTEN} {ROTATION}.")
def full_overwritten(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    size = (x.shape[0] + w.shape[0] - 1, x.shape[1] + w.shape[1] - 1)
    return _placed(x[np.newaxis, np.newaxis], w[np.newaxis, np.newaxis], 1, size, overwrite=True)[0, 0]


@misconception(
    "full_convolve2d",
    "There are KH and KW zeros on each side, one too many: at a distance of KH - 1 rows the kernel still meets the "
    "image, beyond that it does not.",
)
def one_zero_too_many(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.pad(oracle.full_convolve2d(x, w), 1)


@misconception(
    "full_convolve2d",
    "The zeros are swapped, KW - 1 rows and KH - 1 columns: the kernel's height KH goes with the rows, its width KW "
    "with the columns.",
)
def zeros_for_the_transposed_kernel(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    rows, columns = w.shape[1] - 1, w.shape[0] - 1
    return _full(x, w[::-1, ::-1], rows, columns, rows, columns)


@misconception(
    "full_convolve2d", "The zeros on the left and right come from the kernel's rows: there are KW - 1 columns of them."
)
def zeros_for_a_square_kernel(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    side = w.shape[0] - 1
    return _full(x, w[::-1, ::-1], side, side, side, side)


@misconception(
    "full_convolve2d",
    "All zeros are below and at the right of the image: KH - 1 rows belong above as well as below, KW - 1 columns on "
    "either side.",
)
def full_zeros_below_and_right(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return _full(x, w[::-1, ::-1], 0, 0, 2 * (w.shape[0] - 1), 2 * (w.shape[1] - 1))


@misconception("full_convolve2d", f"{HALF_ROTATED}: here the order of its rows is left as it is {ROTATION}.")
def full_with_columns_reversed_only(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return oracle.full_convolve2d(x, w[::-1].copy())


@misconception("full_convolve2d", f"{HALF_ROTATED}: here the order of its columns is left as it is {ROTATION}.")
def full_with_rows_reversed_only(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return oracle.full_convolve2d(x, w[:, ::-1].copy())


@misconception("full_convolve2d", f"{TRANSPOSED_KERNEL}")
def full_with_transposed_kernel(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return oracle.full_convolve2d(x, w.T.copy())


@misconception(
    "full_convolve2d", "The image's border is repeated outwards: beyond the image there are zeros, which add nothing."
)
def full_with_border_repeated(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    rows, columns = w.shape[0] - 1, w.shape[1] - 1
    return _valid(np.pad(x, ((rows, rows), (columns, columns)), mode="edge"), w[::-1, ::-1])


@misconception(
    "full_convolve2d",
    "What should stand beyond one border comes in again at the other: a product of Fourier transforms is a circular "
    "convolution, unless both are as large as the full map before they are transformed.",
)
def circular_convolution(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    spectrum = np.fft.fft2(x) * np.fft.fft2(w, s=x.shape, axes=(0, 1))
    return np.fft.ifft2(spectrum).real


@misconception(
    "full_convolve2d",
    "A kernel larger than the image is refused, or gives nothing: the full map exists for every kernel, with H + KH "
    "- 1 rows and W + KW - 1 columns.",
)
def larger_kernel_refused(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    if w.shape[0] > x.shape[0] or w.shape[1] > x.shape[1]:
        raise ValueError(f"kernel {w.shape} is larger than the image {x.shape}")
    return oracle.full_convolve2d(x, w)


# -- conv_transpose2d_forward -----------------------------------------------------------------------------------------


def _checked_transposed(wrong: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """A transposed convolution with the right errors and the output of `wrong`, which gets the right one besides."""

    @functools.wraps(wrong)
    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
        oracle.conv_transpose2d_forward(x, w, b, stride, padding)
        return wrong(Convolved(x, w, b, stride, padding))

    return forward


def _full_size(x: np.ndarray, w: np.ndarray, stride: int) -> Size:
    """Rows and columns before padding is taken away."""
    return (x.shape[2] - 1) * stride + w.shape[2], (x.shape[3] - 1) * stride + w.shape[3]


def _copies(x: np.ndarray, w: np.ndarray, stride: int, overwrite: bool = False) -> np.ndarray:
    """The output without bias, before padding is taken away."""
    return _placed(x, w, stride, _full_size(x, w, stride), overwrite)


def _cropped(maps: np.ndarray, padding: int) -> np.ndarray:
    """`padding` rows and columns taken away on each side; nothing is left where that is too many."""
    rows, columns = maps.shape[2:]
    return maps[:, :, padding : max(padding, rows - padding), padding : max(padding, columns - padding)]


def _with_bias(maps: np.ndarray, b: np.ndarray) -> np.ndarray:
    return maps + b[:, np.newaxis, np.newaxis]


@misconception(
    "conv_transpose2d_forward",
    "The stride skips rows and columns of the output, as in a convolution: here it moves the copies of the kernel "
    f"apart and makes the output larger {CHAPTER_4}.",
)
@_checked_transposed
def stride_as_in_a_convolution(call: Convolved) -> np.ndarray:
    return _with_bias(_cropped(_copies(call.x, call.w, 1), call.padding)[:, :, :: call.stride, :: call.stride], call.b)


@misconception(
    "conv_transpose2d_forward",
    "The stride is ignored: entry (i, j) of x puts its copy of the kernel at row i*S and column j*S; seen as a "
    f"convolution, S - 1 zeros stand between the entries of x {CHAPTER_4}.",
)
@_checked_transposed
def no_zeros_between_the_entries(call: Convolved) -> np.ndarray:
    return _with_bias(_cropped(_copies(call.x, call.w, 1), call.padding), call.b)


@misconception(
    "conv_transpose2d_forward",
    "The kernel is rotated by 180 degrees: every entry of x puts a copy of the kernel as it is into the output. "
    f"Written as a cross-correlation over x with zeros inserted, it is there that the kernel is rotated {CHAPTER_4}.",
)
@_checked_transposed
def copies_of_the_rotated_kernel(call: Convolved) -> np.ndarray:
    return _with_bias(_cropped(_copies(call.x, _rotated(call.w), call.stride), call.padding), call.b)


@misconception(
    "conv_transpose2d_forward",
    "The padding makes the output larger: it belongs to the convolution that is transposed, so that here P rows and "
    f"columns are taken away on each side {CHAPTER_4}.",
)
@_checked_transposed
def padding_added_to_the_output(call: Convolved) -> np.ndarray:
    return _with_bias(_padded(_copies(call.x, call.w, call.stride), call.padding), call.b)


@misconception(
    "conv_transpose2d_forward",
    "Zeros are put around x: the padding belongs to the convolution that is transposed, so that here P rows and "
    f"columns of the output are taken away on each side {CHAPTER_4}.",
)
@_checked_transposed
def padding_added_to_the_input(call: Convolved) -> np.ndarray:
    return _with_bias(_copies(_padded(call.x, call.padding), call.w, call.stride), call.b)


@misconception(
    "conv_transpose2d_forward",
    f"The padding is ignored: it takes away P rows and columns of the output on each side {CHAPTER_4}.",
)
@_checked_transposed
def nothing_taken_away(call: Convolved) -> np.ndarray:
    return _with_bias(_copies(call.x, call.w, call.stride), call.b)


@misconception("conv_transpose2d_forward", CUT_FROM_NOTHING)
@_checked_transposed
def nothing_left_without_padding(call: Convolved) -> np.ndarray:
    ends = slice(call.padding, -call.padding)
    return _with_bias(_copies(call.x, call.w, call.stride)[:, :, ends, ends], call.b)


@misconception(
    "conv_transpose2d_forward",
    "All 2*P rows and columns are taken away at the lower right: P of them belong to each of the four sides.",
)
@_checked_transposed
def all_taken_away_at_the_end(call: Convolved) -> np.ndarray:
    rows, columns = _full_size(call.x, call.w, call.stride)
    return _with_bias(
        _copies(call.x, call.w, call.stride)[:, :, : rows - 2 * call.padding, : columns - 2 * call.padding], call.b
    )


@misconception(
    "conv_transpose2d_forward",
    "Rows and columns are taken away at the upper left only: P are, on each of the four sides.",
)
@_checked_transposed
def taken_away_at_the_start_only(call: Convolved) -> np.ndarray:
    return _with_bias(_copies(call.x, call.w, call.stride)[:, :, call.padding :, call.padding :], call.b)


@misconception(
    "conv_transpose2d_forward",
    "Rows and columns are taken away at the lower right only: P are, on each of the four sides.",
)
@_checked_transposed
def taken_away_at_the_end_only(call: Convolved) -> np.ndarray:
    rows, columns = _full_size(call.x, call.w, call.stride)
    return _with_bias(
        _copies(call.x, call.w, call.stride)[:, :, : rows - call.padding, : columns - call.padding], call.b
    )


@misconception(
    "conv_transpose2d_forward",
    "The first axis of w is read as the filters: a transposed layer's w is (C, F, KH, KW), the channels of its input "
    "first.",
)
@_checked_transposed
def weights_read_as_filters_first(call: Convolved) -> np.ndarray:
    return oracle.conv_transpose2d_forward(call.x, call.w.swapaxes(0, 1), call.b, call.stride, call.padding)


@misconception("conv_transpose2d_forward", BIAS_MISSING)
@_checked_transposed
def transposed_without_bias(call: Convolved) -> np.ndarray:
    return _cropped(_copies(call.x, call.w, call.stride), call.padding)


@misconception(
    "conv_transpose2d_forward",
    "The bias comes with every copy of the kernel: where copies overlap it is there several times, and where no copy "
    "lies it is missing. Every entry of the output gets it once.",
)
@_checked_transposed
def bias_with_every_copy(call: Convolved) -> np.ndarray:
    number = _copies(np.ones_like(call.x[:, :1]), np.ones_like(call.w[:1, :1]), call.stride)
    return _cropped(_copies(call.x, call.w, call.stride) + number * call.b[:, np.newaxis, np.newaxis], call.padding)


@misconception("conv_transpose2d_forward", f"{OVERWRITTEN_BY_PLACE} {CHAPTER_4}.")
@_checked_transposed
def copies_overwritten_place_by_place(call: Convolved) -> np.ndarray:
    copies = _placed_by_place(call.x, call.w, call.stride, _full_size(call.x, call.w, call.stride))
    return _with_bias(_cropped(copies, call.padding), call.b)


@misconception("conv_transpose2d_forward", f"{OVERWRITTEN} {CHAPTER_4}.")
@_checked_transposed
def copies_overwrite_each_other(call: Convolved) -> np.ndarray:
    return _with_bias(_cropped(_copies(call.x, call.w, call.stride, overwrite=True), call.padding), call.b)


@misconception(
    "conv_transpose2d_forward",
    "Where copies of the kernel overlap, their mean is taken: they are added up, nothing divides the sum.",
)
@_checked_transposed
def mean_where_copies_overlap(call: Convolved) -> np.ndarray:
    number = _copies(np.ones_like(call.x[:, :1]), np.ones_like(call.w[:1, :1]), call.stride)
    return _with_bias(_cropped(_copies(call.x, call.w, call.stride) / np.maximum(number, 1.0), call.padding), call.b)


@misconception("conv_transpose2d_forward", TRANSPOSED_KERNEL)
@_checked_transposed
def copies_of_the_transposed_kernel(call: Convolved) -> np.ndarray:
    return _with_bias(_cropped(_copies(call.x, _swapped(call.w), call.stride), call.padding), call.b)


@misconception(
    "conv_transpose2d_forward",
    "Rows and columns of the output are swapped: out is (N, F, rows, columns), as x is.",
)
@_checked_transposed
def transposed_output_transposed(call: Convolved) -> np.ndarray:
    return _swapped(_with_bias(_cropped(_copies(call.x, call.w, call.stride), call.padding), call.b))


@misconception(
    "conv_transpose2d_forward",
    "There are S - 1 zeros behind the last entry too, which make the output too large: zeros are inserted between the "
    f"entries only, and the size is (H - 1)*S - 2*P + KH {CHAPTER_4}.",
)
@_checked_transposed
def zeros_behind_the_last_entry(call: Convolved) -> np.ndarray:
    rows, columns = _full_size(call.x, call.w, call.stride)
    return _with_bias(
        _cropped(
            _grown(_copies(call.x, call.w, call.stride), rows + call.stride - 1, columns + call.stride - 1),
            call.padding,
        ),
        call.b,
    )


@misconception(
    "conv_transpose2d_forward",
    "The output is S times as large as the input: that is so for some kernels and paddings only, the size is "
    f"(H - 1)*S - 2*P + KH {CHAPTER_4}.",
)
@_checked_transposed
def output_of_stride_times_the_input(call: Convolved) -> np.ndarray:
    maps = _cropped(_copies(call.x, call.w, call.stride), call.padding)
    return _with_bias(_grown(maps, call.x.shape[2] * call.stride, call.x.shape[3] * call.stride), call.b)


@misconception(
    "conv_transpose2d_forward",
    "The entries of x are repeated to make it larger: between them belong zeros, each entry puts one copy of the "
    f"kernel into the output {CHAPTER_4}.",
)
@_checked_transposed
def entries_repeated(call: Convolved) -> np.ndarray:
    return _with_bias(
        _cropped(_copies(call.x.repeat(call.stride, 2).repeat(call.stride, 3), call.w, 1), call.padding), call.b
    )


@misconception("conv_transpose2d_forward", ONE_CHANNEL)
@_checked_transposed
def copies_of_the_first_channel(call: Convolved) -> np.ndarray:
    return _with_bias(_cropped(_copies(call.x[:, :1], call.w[:1], call.stride), call.padding), call.b)


@misconception("conv_transpose2d_forward", ONE_CHANNEL)
@_checked_transposed
def copies_of_the_last_channel(call: Convolved) -> np.ndarray:
    return _with_bias(_cropped(_copies(call.x[:, -1:], call.w[-1:], call.stride), call.padding), call.b)


@misconception("conv_transpose2d_forward", ONE_IMAGE)
@_checked_transposed
def transposed_first_image_for_all(call: Convolved) -> np.ndarray:
    out = _with_bias(_cropped(_copies(call.x, call.w, call.stride), call.padding), call.b)
    return np.broadcast_to(out[:1], out.shape)


@misconception(
    "conv_transpose2d_forward",
    "An output of one row or column is refused: as long as one is left it is an output like any other.",
)
def one_row_left_refused(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    out = oracle.conv_transpose2d_forward(x, w, b, stride, padding)
    if 1 in out.shape[2:]:
        raise ValueError(f"padding {padding} leaves nothing of the output")
    return out


@misconception(
    "conv_transpose2d_forward",
    "A padding of KH or KW and more is refused: it may be that large, as long as something is left of the output.",
)
def padding_larger_than_kernel_refused(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    if padding >= min(w.shape[2:]):
        raise ValueError(f"padding {padding} is too large for the kernel {w.shape[2:]}")
    return oracle.conv_transpose2d_forward(x, w, b, stride, padding)


@misconception("conv_transpose2d_forward", NOTHING_CHECKED)
def transposed_with_nothing_checked(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    rows, columns = _full_size(x, w, stride)
    out = np.zeros((x.shape[0], w.shape[1], rows, columns))
    for i, j in np.ndindex(*x.shape[2:]):
        part = out[:, :, i * stride : i * stride + w.shape[2], j * stride : j * stride + w.shape[3]]
        part += np.einsum("nc,cfuv->nfuv", x[:, :, i, j], w)
    return _with_bias(out[:, :, padding : rows - padding, padding : columns - padding], b)


@misconception(
    "conv_transpose2d_forward",
    "Where padding takes away all rows or columns, an empty array comes out: nothing left of the output must raise "
    "ValueError.",
)
def empty_output_returned(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0) -> np.ndarray:
    oracle.conv_transpose2d_forward(x, w, b, stride, min(padding, 0))
    return _with_bias(_cropped(_copies(x, w, stride), padding), b)


@misconception("conv_transpose2d_forward", STRETCHED)
def transposed_single_channel_stretched(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    if 1 in (x.shape[1], w.shape[0]):
        channels = max(x.shape[1], w.shape[0])
        x = np.broadcast_to(x, (x.shape[0], channels, *x.shape[2:]))
        w = np.broadcast_to(w, (channels, *w.shape[1:]))
    return oracle.conv_transpose2d_forward(x, w, b, stride, padding)


@misconception("conv_transpose2d_forward", STRIDE_UNCHECKED)
def transposed_stride_not_compared(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    if stride < 1:
        oracle.conv_transpose2d_forward(x, w, b, 1, padding)
        return transposed_with_nothing_checked(x, w, b, stride, padding)
    return oracle.conv_transpose2d_forward(x, w, b, stride, padding)


@misconception(
    "conv_transpose2d_forward", "A negative padding makes the output larger: it must raise ValueError instead."
)
def negative_padding_grows(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    if padding < 0:
        out = oracle.conv_transpose2d_forward(x, w, np.zeros_like(b), stride, 0)
        return _with_bias(_padded(out, -padding), b)
    return oracle.conv_transpose2d_forward(x, w, b, stride, padding)


@misconception("conv_transpose2d_forward", OTHER_EXCEPTION)
def transposed_assertion_instead_of_value_error(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    try:
        return oracle.conv_transpose2d_forward(x, w, b, stride, padding)
    except ValueError as error:
        raise AssertionError(str(error)) from None


@misconception("conv_transpose2d_forward", MESSAGE)
def message_without_the_value(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    try:
        return oracle.conv_transpose2d_forward(x, w, b, stride, padding)
    except ValueError:
        raise ValueError("invalid stride or padding") from None


# -- locally_connected_forward ----------------------------------------------------------------------------------------


def _local(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int, kernel: Size | None = None) -> np.ndarray:
    """The layer for the places that w has; nothing is checked."""
    windows = _windows(x, kernel or (w.shape[4], w.shape[5]), (stride, stride), (w.shape[0], w.shape[1]))
    return np.einsum("ncijuv,ijfcuv->nfij", windows, w) + b


class Local(NamedTuple):
    """The arguments of a locally connected layer."""

    x: np.ndarray
    w: np.ndarray
    b: np.ndarray
    stride: int


def _checked_local(wrong: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """A locally connected layer with the right errors and the output of `wrong`."""

    @functools.wraps(wrong)
    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1) -> np.ndarray:
        oracle.locally_connected_forward(x, w, b, stride)
        return wrong(Local(x, w, b, stride))

    return forward


@misconception(
    "locally_connected_forward",
    "The weights of the first place serve all: that is a convolution. Here every place has weights of its own "
    f"{UNSHARED}.",
)
@_checked_local
def weights_of_the_first_place(call: Local) -> np.ndarray:
    return _local(call.x, np.broadcast_to(call.w[:1, :1], call.w.shape), call.b, call.stride)


@misconception(
    "locally_connected_forward",
    "Rows and columns of the places are swapped: the weights of the window in row i and column j are w[i, j], row "
    "first.",
)
@_checked_local
def places_transposed(call: Local) -> np.ndarray:
    if call.w.shape[0] != call.w.shape[1]:
        raise IndexError(f"index {max(call.w.shape[:2]) - 1} is out of bounds with size {min(call.w.shape[:2])}")
    return _local(call.x, call.w.swapaxes(0, 1), call.b, call.stride)


@misconception(
    "locally_connected_forward",
    "The bias of the first place serves all: b is (F, OH, OW), every filter has a bias of its own at every place.",
)
@_checked_local
def bias_of_the_first_place(call: Local) -> np.ndarray:
    return _local(call.x, call.w, np.broadcast_to(call.b[:, :1, :1], call.b.shape), call.stride)


@misconception("locally_connected_forward", "The bias is missing: every entry of the output has a bias of its own.")
@_checked_local
def local_without_bias(call: Local) -> np.ndarray:
    return _local(call.x, call.w, 0 * call.b, call.stride)


@misconception("locally_connected_forward", "The bias of the first filter is added for all: b is (F, OH, OW).")
@_checked_local
def local_bias_of_the_first_filter(call: Local) -> np.ndarray:
    return _local(call.x, call.w, np.broadcast_to(call.b[:1], call.b.shape), call.stride)


@misconception(
    "locally_connected_forward",
    f"The kernels were rotated by 180 degrees: as in a convolutional layer they are laid on x as they are {ROTATION}.",
)
@_checked_local
def local_kernels_rotated(call: Local) -> np.ndarray:
    return _local(call.x, _rotated(call.w), call.b, call.stride)


@misconception(
    "locally_connected_forward",
    f"The stride is ignored: window (i, j) begins at row i*S and column j*S of x {CHAPTER_2}.",
)
@_checked_local
def local_stride_ignored(call: Local) -> np.ndarray:
    return _local(call.x, call.w, call.b, 1)


@misconception("locally_connected_forward", TRANSPOSED_KERNEL)
@_checked_local
def local_kernels_transposed(call: Local) -> np.ndarray:
    return _local(call.x, _swapped(call.w), call.b, call.stride)


@misconception("locally_connected_forward", "Rows and columns of the output are swapped: out is (N, F, OH, OW).")
@_checked_local
def local_output_transposed(call: Local) -> np.ndarray:
    return _swapped(_local(call.x, call.w, call.b, call.stride))


@misconception("locally_connected_forward", "The filters stand in the last axis of the output: out is (N, F, OH, OW).")
@_checked_local
def filters_in_the_last_axis(call: Local) -> np.ndarray:
    return np.moveaxis(_local(call.x, call.w, call.b, call.stride), 1, -1)


@misconception(
    "locally_connected_forward", "The places come in reverse order: w[0, 0] belongs to the window at the upper left."
)
@_checked_local
def places_reversed(call: Local) -> np.ndarray:
    return _local(call.x, call.w[::-1, ::-1], call.b, call.stride)


@misconception(
    "locally_connected_forward",
    "The mean of all places' weights serves everywhere: nothing is shared here, every place has weights of its own "
    f"{UNSHARED}.",
)
@_checked_local
def mean_of_all_places(call: Local) -> np.ndarray:
    return _local(call.x, np.broadcast_to(call.w.mean(axis=(0, 1)), call.w.shape), call.b, call.stride)


@misconception(
    "locally_connected_forward",
    "The places of a row share their weights: every place has weights of its own, from column to column too "
    f"{UNSHARED}.",
)
@_checked_local
def weights_shared_in_a_row(call: Local) -> np.ndarray:
    return _local(call.x, np.broadcast_to(call.w[:, :1], call.w.shape), call.b, call.stride)


@misconception("locally_connected_forward", ONE_CHANNEL)
@_checked_local
def local_first_channel_only(call: Local) -> np.ndarray:
    return _local(call.x[:, :1], call.w[:, :, :, :1], call.b, call.stride)


@misconception(
    "locally_connected_forward", "All output channels come from the first filter: channel f comes from w[:, :, f]."
)
@_checked_local
def local_first_filter_for_all(call: Local) -> np.ndarray:
    return _local(call.x, np.broadcast_to(call.w[:, :, :1], call.w.shape), call.b, call.stride)


@misconception("locally_connected_forward", ONE_IMAGE)
@_checked_local
def local_first_image_for_all(call: Local) -> np.ndarray:
    return _local(np.broadcast_to(call.x[:1], call.x.shape), call.w, call.b, call.stride)


@misconception("locally_connected_forward", LEFTOVER_REFUSED)
def local_leftover_refused(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1) -> np.ndarray:
    out = oracle.locally_connected_forward(x, w, b, stride)
    _refuse_leftover(x, w.shape[4:], stride, 0)
    return out


@misconception(
    "locally_connected_forward",
    "The number of places in w is not compared with the number of windows that fit into x: where they differ, some "
    "windows are missing or do not exist, which must raise ValueError.",
)
def places_not_compared(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1) -> np.ndarray:
    if x.shape[1] != w.shape[3]:
        raise ValueError(f"x has {x.shape[1]} channels, w {w.shape[3]}")
    return _local(x, w, b, stride)


@misconception(
    "locally_connected_forward",
    "More places than windows are refused, fewer are not: OH and OW must be exactly the output size, else ValueError.",
)
def fewer_places_accepted(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1) -> np.ndarray:
    rows, columns = _count(x.shape[2:], w.shape[4:], stride)
    if x.shape[1] != w.shape[3] or w.shape[0] > rows or w.shape[1] > columns:
        raise ValueError(f"w of shape {w.shape} does not fit x of shape {x.shape}")
    return _local(x, w, b, stride)


@misconception(
    "locally_connected_forward",
    "Only the product of OH and OW is compared: rows and columns of places must each be what fits into x.",
)
def number_of_places_compared_only(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1) -> np.ndarray:
    rows, columns = _count(x.shape[2:], w.shape[4:], stride)
    if x.shape[1] != w.shape[3] or w.shape[0] * w.shape[1] != rows * columns:
        raise ValueError(f"w of shape {w.shape} does not fit x of shape {x.shape}")
    return _local(x, w, b, stride)


@misconception(
    "locally_connected_forward",
    f"The output size is rounded up where it is compared with OH and OW: it is rounded down {CHAPTER_2}.",
)
def places_rounded_up(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1) -> np.ndarray:
    places = _rounded_up(x, w.shape[4:], stride, 0)
    if x.shape[1] != w.shape[3] or w.shape[:2] != places:
        raise ValueError(f"w of shape {w.shape} does not fit x of shape {x.shape}")
    return _local(x, w, b, stride)


@misconception("locally_connected_forward", STRETCHED)
def local_single_channel_stretched(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1) -> np.ndarray:
    if 1 in (x.shape[1], w.shape[3]):
        channels = max(x.shape[1], w.shape[3])
        x = np.broadcast_to(x, (x.shape[0], channels, *x.shape[2:]))
        w = np.broadcast_to(w, (*w.shape[:3], channels, *w.shape[4:]))
    return oracle.locally_connected_forward(x, w, b, stride)


@misconception("locally_connected_forward", NOTHING_CHECKED)
def local_with_nothing_checked(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1) -> np.ndarray:
    return _local(x, w, b, stride)


@misconception("locally_connected_forward", OTHER_EXCEPTION)
def local_assertion_instead_of_value_error(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1) -> np.ndarray:
    try:
        return oracle.locally_connected_forward(x, w, b, stride)
    except ValueError as error:
        raise AssertionError(str(error)) from None


# -- linear_as_conv ---------------------------------------------------------------------------------------------------

Shape = tuple[int, int, int]
FLATTENED = "the flat image goes channel by channel, each channel row by row (Long et al., section 3.1)."


@misconception(
    "linear_as_conv", f"The weights are read as if the channels ran fastest, in the order (H, W, C): {FLATTENED}"
)
def channels_run_fastest(weight: np.ndarray, input_shape: Shape) -> np.ndarray:
    channels, height, width = input_shape
    return weight.reshape(-1, height, width, channels).transpose(0, 3, 1, 2)


@misconception("linear_as_conv", "The channels stand in the last axis of the kernel: w is (F, C, H, W).")
def channels_in_the_last_axis(weight: np.ndarray, input_shape: Shape) -> np.ndarray:
    return oracle.linear_as_conv(weight, input_shape).transpose(0, 2, 3, 1)


@misconception("linear_as_conv", f"The weights are read column by column: {FLATTENED}")
def columns_before_rows(weight: np.ndarray, input_shape: Shape) -> np.ndarray:
    channels, height, width = input_shape
    return weight.reshape(-1, channels, width, height).swapaxes(2, 3)


@misconception(
    "linear_as_conv", "Height and width of the kernel are swapped: input_shape is (C, H, W) and w is (F, C, H, W)."
)
def height_and_width_swapped(weight: np.ndarray, input_shape: Shape) -> np.ndarray:
    channels, height, width = input_shape
    return weight.reshape(-1, channels, width, height)


@misconception(
    "linear_as_conv",
    "The weights are transposed before they are reshaped: weight is (F, C*H*W), and each of its rows is the kernel "
    "of one output.",
)
def weight_transposed(weight: np.ndarray, input_shape: Shape) -> np.ndarray:
    return weight.T.reshape(-1, *input_shape)


@misconception(
    "linear_as_conv",
    "The kernels are rotated by 180 degrees: the layer that uses them computes the cross-correlation, weight and "
    f"pixel meet where they are {ROTATION}.",
)
def linear_kernel_rotated(weight: np.ndarray, input_shape: Shape) -> np.ndarray:
    return _rotated(oracle.linear_as_conv(weight, input_shape))


@misconception(
    "linear_as_conv",
    "This is a kernel of 1x1 over C*H*W channels: the kernel covers the whole image, (F, C, H, W). Kernels of 1x1 "
    "are what further fully connected layers become.",
)
def kernel_of_one_by_one(weight: np.ndarray, input_shape: Shape) -> np.ndarray:
    return weight[:, :, np.newaxis, np.newaxis]


@misconception(
    "linear_as_conv", "The channels come before the outputs: w is (F, C, H, W), as a convolutional layer's w is."
)
def channels_before_outputs(weight: np.ndarray, input_shape: Shape) -> np.ndarray:
    return oracle.linear_as_conv(weight, input_shape).swapaxes(0, 1)


@misconception(
    "linear_as_conv",
    f"The weights are read with the first index running fastest, as Fortran lays arrays out: {FLATTENED}",
)
def first_index_runs_fastest(weight: np.ndarray, input_shape: Shape) -> np.ndarray:
    return weight.reshape((-1, *input_shape), order="F")


@misconception(
    "linear_as_conv", "The channels come in reverse order: the first H*W weights belong to the first channel."
)
def channels_reversed(weight: np.ndarray, input_shape: Shape) -> np.ndarray:
    return oracle.linear_as_conv(weight, input_shape)[:, ::-1]


@misconception("linear_as_conv", "Only the first output has a kernel: every row of weight becomes one.")
def kernel_of_the_first_output(weight: np.ndarray, input_shape: Shape) -> np.ndarray:
    return oracle.linear_as_conv(weight[:1], input_shape)


# -- in place: right results, but something is written into an array that was passed ----------------------------------


def _known_in_place(function: str, slug: str, change: Callable[..., None]) -> None:
    """Add a misconception: the right result, after which `change` writes into the arguments."""
    right = getattr(oracle, function)

    def wrong(*arguments: Any, **options: Any) -> Any:
        result = right(*[copy.copy(argument) for argument in arguments], **options)
        change(*arguments)
        return result

    wrong.__name__ = slug
    globals()[f"{function}_{slug}"] = misconception(function, IN_PLACE)(wrong)


def _rotate_second(x: np.ndarray, w: np.ndarray, *_: Any) -> None:
    w[...] = _rotated(w)


def _add_bias_to_first(x: np.ndarray, *_: Any) -> None:
    x += 1.0


def _reshape_first(weight: np.ndarray, input_shape: Any) -> None:
    weight.shape = (len(weight), *input_shape)


_known_in_place("full_convolve2d", "kernel_rotated_in_place", _rotate_second)
_known_in_place("conv_transpose2d_forward", "input_changed_in_place", _add_bias_to_first)
_known_in_place("locally_connected_forward", "input_changed_in_place", _add_bias_to_first)
_known_in_place("linear_as_conv", "weight_reshaped_in_place", _reshape_first)
