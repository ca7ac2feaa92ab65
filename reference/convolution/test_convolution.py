"""The checks of the topic convolution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.checking import (
    draw_array,
    expect_array,
    expect_message,
    expect_value_error,
    remember,
    rng,
    with_calls_in_between,
)
from grader.checking.slopes import Probe, expect_own_gradient
from reference.convolution import oracle

# -- cases ------------------------------------------------------------------------------------------------------------

SIDE_NAMES = ("KH", "KW", "HH", "WW", "FH", "FW", "height", "width", "size")
"""What a message may call the sides of a kernel, or of what is left of the output."""


class Conv(NamedTuple):
    """Shapes of x (n, c, h, w) and of the kernels of f filters, stride, padding, and the seed of all contents."""

    n: int
    c: int
    f: int
    h: int
    w: int
    kh: int
    kw: int
    stride: int = 1
    padding: int = 0
    seed: int = 0


class Image(NamedTuple):
    """Shapes of one image and one kernel, and the seed of their contents."""

    h: int
    w: int
    kh: int
    kw: int
    seed: int = 0


class Layer(NamedTuple):
    """A fully connected layer of f outputs over (c, h, w) images, and the seed of its weights."""

    f: int
    c: int
    h: int
    w: int
    seed: int = 0


class Fault(NamedTuple):
    """A layer that is right, and one argument with the value that makes it wrong."""

    good: Conv
    argument: str
    value: Any


SEEDS = st.integers(0, 999)
IMAGES, CHANNELS, FILTERS = st.integers(1, 2), st.integers(1, 3), st.integers(1, 3)
SIDES = st.integers(1, 3)
NONE, ONE = st.just(0), st.just(1)


@st.composite
def convs(
    draw: st.DrawFn, strides: st.SearchStrategy[int] = ONE, paddings: st.SearchStrategy[int] = NONE, room: int = 3
) -> Conv:
    """Kernels up to 3x3 over images up to `room` larger, which they may exceed as far as padding allows."""
    stride, padding, kh, kw = draw(strides), draw(paddings), draw(SIDES), draw(SIDES)
    h = draw(st.integers(max(1, kh - 2 * padding), kh + room))
    w = draw(st.integers(max(1, kw - 2 * padding), kw + room))
    return Conv(draw(IMAGES), draw(CHANNELS), draw(FILTERS), h, w, kh, kw, stride, padding, draw(SEEDS))


@st.composite
def transposed_convs(
    draw: st.DrawFn, strides: st.SearchStrategy[int] = ONE, paddings: st.SearchStrategy[int] = NONE
) -> Conv:
    """Kernels up to 3x3 over images up to 3 larger than what leaves one row and column of output."""
    stride, padding, kh, kw = draw(strides), draw(paddings), draw(SIDES), draw(SIDES)
    least = [max(1, 1 - (side - 1 - 2 * padding) // stride) for side in (kh, kw)]
    h, w = (draw(st.integers(low, low + 2)) for low in least)
    return Conv(draw(IMAGES), draw(CHANNELS), draw(FILTERS), h, w, kh, kw, stride, padding, draw(SEEDS))


@st.composite
def images(draw: st.DrawFn) -> Image:
    """Kernels up to 3x3 over images up to 3 larger."""
    kh, kw = draw(SIDES), draw(SIDES)
    return Image(kh + draw(st.integers(0, 3)), kw + draw(st.integers(0, 3)), kh, kw, draw(SEEDS))


@st.composite
def small_images(draw: st.DrawFn) -> Image:
    """Kernels larger than the image in one direction or both."""
    h, w = draw(SIDES), draw(SIDES)
    more, any_side = st.integers(1, 2), st.integers(1, 4)
    sides = st.one_of(
        st.tuples(more.map(lambda m: h + m), any_side),
        st.tuples(any_side, more.map(lambda m: w + m)),
    )
    return Image(h, w, *draw(sides), draw(SEEDS))


@st.composite
def layers(draw: st.DrawFn, channels: st.SearchStrategy[int] = CHANNELS) -> Layer:
    """Fully connected layers over images up to 4x4."""
    return Layer(draw(FILTERS), draw(channels), draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(SEEDS))


@st.composite
def channel_faults(draw: st.DrawFn, good: st.SearchStrategy[Conv]) -> Fault:
    """Another number of channels in w than in x."""
    case = draw(good)
    return Fault(case, "channels", draw(st.integers(1, 4).filter(lambda channels: channels != case.c)))


@st.composite
def stride_and_padding_faults(draw: st.DrawFn, good: st.SearchStrategy[Conv]) -> Fault:
    """A stride or padding that is just too small; `good` has the smallest of both."""
    case, argument = draw(good), draw(st.sampled_from(("stride", "padding")))
    return Fault(case, argument, draw(st.integers(-1, 0) if argument == "stride" else st.integers(-2, -1)))


@st.composite
def kernel_faults(draw: st.DrawFn, paddings: st.SearchStrategy[int]) -> Fault:
    """A kernel that is too large in one direction, next to one that just fits."""
    case = draw(convs(st.integers(1, 2), paddings, room=1))
    over, across = draw(st.integers(1, 2)), draw(st.booleans())
    if across:
        fits = case._replace(kw=case.w + 2 * case.padding)
        return Fault(fits, "kernel width", fits.kw + over)
    fits = case._replace(kh=case.h + 2 * case.padding)
    return Fault(fits, "kernel height", fits.kh + over)


@st.composite
def cropping_faults(draw: st.DrawFn) -> Fault:
    """A transposed convolution's padding that leaves nothing, next to one that leaves one row or column, or two."""
    padding, stride, left = draw(st.integers(0, 2)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    short, h = 2 * padding + left, draw(st.integers(1, 2))
    h = h if (h - 1) * stride < short else 1
    kh = short - (h - 1) * stride
    kw, w = kh + draw(st.integers(0, 2)), h + draw(st.integers(0, 1))
    if draw(st.booleans()):
        h, w, kh, kw = w, h, kw, kh
    good = Conv(draw(IMAGES), draw(CHANNELS), draw(FILTERS), h, w, kh, kw, stride, padding, draw(SEEDS))
    return Fault(good, "padding", padding + 1)


@st.composite
def place_faults(draw: st.DrawFn) -> Fault:
    """Weights for a row or column of places too many or too few, or with the two directions swapped."""
    case = draw(convs(st.integers(1, 3)))
    rows, columns = places(case)
    other = [(rows + 1, columns), (rows, columns + 1)]
    other += [(rows - 1, columns)] * (rows > 1) + [(rows, columns - 1)] * (columns > 1)
    other += [(columns, rows)] * (rows != columns)
    return Fault(case, "places", draw(st.sampled_from(other)))


# -- contents and what is right ---------------------------------------------------------------------------------------


class Forward(NamedTuple):
    """The arrays that a layer is called with, its output, and the magnitude that went into each entry of it."""

    arrays: tuple[np.ndarray, ...]
    out: np.ndarray
    bound: np.ndarray


class Backward(NamedTuple):
    """A gradient of the output, the gradients of x, w and b, and the magnitudes that went into them."""

    dout: np.ndarray
    gradients: tuple[np.ndarray, ...]
    bounds: tuple[np.ndarray, ...]


def places(case: Conv) -> tuple[int, int]:
    """OH and OW of a convolution."""
    rows, columns = (
        (size + 2 * case.padding - side) // case.stride + 1 for size, side in ((case.h, case.kh), (case.w, case.kw))
    )
    return rows, columns


def magnitudes(arrays: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    return tuple(np.abs(array) for array in arrays)


def lifted(bound: np.ndarray, *factors: np.ndarray) -> np.ndarray:
    """The bound, but at least a trace of the factors' largest product: a Fourier transform gives no exact zeros."""
    return np.maximum(bound, 1e-6 * np.prod([np.abs(factor).max() for factor in factors]))


def operations(case: Conv) -> dict[str, int]:
    return {"stride": case.stride, "padding": case.padding}


@remember
def convolved(case: Conv) -> Forward:
    """A convolutional layer."""
    generator = rng(case.seed)
    x = draw_array(generator, (case.n, case.c, case.h, case.w))
    w, b = draw_array(generator, (case.f, case.c, case.kh, case.kw)), draw_array(generator, (case.f,))
    out, _ = oracle.conv2d_forward(x, w, b, **operations(case))
    bound, _ = oracle.conv2d_forward(*magnitudes((x, w, b)), **operations(case))
    return Forward((x, w, b), out, lifted(bound, x, w))


@remember
def gradients(case: Conv) -> Backward:
    """The gradients of a convolutional layer."""
    arrays, out, _ = convolved(case)
    dout = draw_array(rng(case.seed + 1000), out.shape)
    kept = oracle.Convolved(*arrays, **operations(case))
    kept_bound = oracle.Convolved(*magnitudes(arrays), **operations(case))
    dx_bound, dw_bound, db_bound = oracle.conv2d_backward(np.abs(dout), kept_bound)
    bounds = (lifted(dx_bound, dout, kept.w), lifted(dw_bound, dout, kept.x), db_bound)
    return Backward(dout, oracle.conv2d_backward(dout, kept), bounds)


@remember
def convolved_image(case: Image, full: bool) -> Forward:
    """True convolution of one image."""
    generator = rng(case.seed)
    x, w = draw_array(generator, (case.h, case.w)), draw_array(generator, (case.kh, case.kw))
    run = oracle.full_convolve2d if full else oracle.convolve2d
    return Forward((x, w), run(x, w), run(np.abs(x), np.abs(w)))


@remember
def transposed(case: Conv) -> Forward:
    """A transposed convolution."""
    generator = rng(case.seed)
    x = draw_array(generator, (case.n, case.c, case.h, case.w))
    w, b = draw_array(generator, (case.c, case.f, case.kh, case.kw)), draw_array(generator, (case.f,))
    out = oracle.conv_transpose2d_forward(x, w, b, **operations(case))
    return Forward((x, w, b), out, oracle.conv_transpose2d_forward(*magnitudes((x, w, b)), **operations(case)))


@remember
def locally_connected(case: Conv) -> Forward:
    """A locally connected layer."""
    generator, (rows, columns) = rng(case.seed), places(case)
    x = draw_array(generator, (case.n, case.c, case.h, case.w))
    w = draw_array(generator, (rows, columns, case.f, case.c, case.kh, case.kw))
    b = draw_array(generator, (case.f, rows, columns))
    out = oracle.locally_connected_forward(x, w, b, case.stride)
    return Forward((x, w, b), out, oracle.locally_connected_forward(*magnitudes((x, w, b)), case.stride))


@remember
def layer_weights(case: Layer) -> np.ndarray:
    """The weights of a fully connected layer."""
    return draw_array(rng(case.seed), (case.f, case.c * case.h * case.w))


# -- comparisons ------------------------------------------------------------------------------------------------------


def check_forward(student: Any, case: Conv, **options: int) -> None:
    """The output of a convolutional layer called with these options."""
    right = convolved(case)
    out, _ = student.conv2d_forward(*right.arrays, **options)
    expect_array(out, right.out, right.bound)


def check_gradient(student: Any, case: Conv, position: int) -> None:
    """One of the gradients of a convolutional layer."""
    right = gradients(case)
    _, cache = student.conv2d_forward(*convolved(case).arrays, **operations(case))
    got = student.conv2d_backward(right.dout, cache)
    expect_array(got[position], right.gradients[position], right.bounds[position], what=("dx", "dw", "db")[position])


def check_transposed(student: Any, case: Conv, **options: int) -> None:
    """The output of a transposed convolution called with these options."""
    right = transposed(case)
    out = student.conv_transpose2d_forward(*right.arrays, **options)
    expect_array(out, right.out, right.bound)


def with_fault(fault: Fault, arrays: tuple[np.ndarray, ...], channels: int, sides: int) -> tuple[Any, ...]:
    """x, w, b, stride and padding with the fault; `channels` and `sides` are the axes of w for C and for KH, KW."""
    x, w, b = arrays
    generator, shape, case = rng(fault.good.seed + 3000), list(w.shape), fault.good
    stride, padding = case.stride, case.padding
    if fault.argument == "channels":
        shape[channels] = fault.value
    elif fault.argument == "kernel height":
        shape[sides] = fault.value
    elif fault.argument == "kernel width":
        shape[sides + 1] = fault.value
    elif fault.argument == "places":
        shape[:2] = fault.value
        b = draw_array(generator, (case.f, *fault.value))
    elif fault.argument == "stride":
        stride = fault.value
    else:
        padding = fault.value
    return x, w if tuple(shape) == w.shape else draw_array(generator, shape), b, stride, padding


def check_errors(
    call: Callable[..., Any], fault: Fault, right: Forward, arguments: tuple[Any, ...], why: str, names: tuple[str, ...]
) -> str:
    """A ValueError for the faulty arguments and the right output for the good ones; returns the message."""
    options = dict(zip(names, arguments[3:], strict=False))
    message = expect_value_error(call, *arguments[:3], why=why, **options)
    good = operations(fault.good)
    result = call(*right.arrays, **{name: good[name] for name in names})
    expect_array(result[0] if isinstance(result, tuple) and result else result, right.out, right.bound)
    return message


def why_convolution(fault: Fault) -> str:
    """What is wrong with a convolution or locally connected layer."""
    good = fault.good
    if fault.argument == "channels":
        return f"the channels of x are {good.c} and w is for {fault.value}"
    if fault.argument == "kernel height":
        return f"the kernel has {fault.value} rows, the padded input {good.h + 2 * good.padding}"
    if fault.argument == "kernel width":
        return f"the kernel has {fault.value} columns, the padded input {good.w + 2 * good.padding}"
    if fault.argument == "places":
        return f"{places(good)} windows fit into x, and w and b are for {fault.value}"
    return f"{fault.argument} is {fault.value}"


def why_transposed(fault: Fault) -> str:
    """What is wrong with a transposed convolution."""
    if fault.argument == "padding" and fault.value > 0:
        return f"padding {fault.value} leaves nothing of an output of {uncropped(fault.good)} rows and columns"
    return why_convolution(fault)


def uncropped(case: Conv) -> tuple[int, int]:
    """Rows and columns of a transposed convolution before padding is taken away."""
    return (case.h - 1) * case.stride + case.kh, (case.w - 1) * case.stride + case.kw


def check_transposed_errors(student: Any, fault: Fault) -> str:
    """A ValueError of the transposed convolution; returns its message."""
    right = transposed(fault.good)
    arguments = with_fault(fault, right.arrays, 0, 2)
    call = student.conv_transpose2d_forward
    return check_errors(call, fault, right, arguments, why_transposed(fault), ("stride", "padding"))


def image(*rows: list[float]) -> np.ndarray:
    """One image with one channel."""
    return np.array([[rows]])


BIAS = np.zeros(1)

# -- conv2d_forward ---------------------------------------------------------------------------------------------------


@pytest.mark.check("conv2d_forward/worked_example", points="1/2")
def test_forward_example(student: Any) -> None:
    """A 4x4 image and the kernel [[1, 0], [0, 1]] give a 3x3 map that starts with 1 + 6 = 7 and 1 + 4 = 5."""
    x = image([1.0, 1.0, 1.0, 3.0], [4.0, 6.0, 4.0, 8.0], [30.0, 0.0, 1.0, 5.0], [0.0, 2.0, 2.0, 4.0])
    wanted = image([7.0, 5.0, 9.0], [4.0, 7.0, 9.0], [32.0, 2.0, 5.0])
    out, _ = student.conv2d_forward(x, image([1.0, 0.0], [0.0, 1.0]), BIAS)
    expect_array(out, wanted)


VOLUME = np.array(
    [
        [
            [[2, 1, 0, 2, 1], [0, 0, 1, 0, 1], [1, 0, 0, 1, 2], [1, 0, 0, 0, 1], [1, 1, 2, 2, 0]],
            [[2, 0, 2, 2, 2], [1, 1, 0, 2, 1], [0, 0, 1, 2, 2], [2, 0, 1, 2, 0], [2, 1, 2, 1, 0]],
            [[0, 1, 0, 2, 1], [1, 0, 1, 0, 0], [1, 2, 2, 1, 1], [0, 0, 0, 1, 1], [2, 2, 0, 1, 2]],
        ]
    ],
    dtype=np.float64,
)
FIRST_FILTER = [
    [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    [[0, 0, 1], [0, 0, 0], [0, 0, 0]],
    [[0, 0, 0], [0, 0, 0], [0, 1, 0]],
]
SECOND_FILTER = [
    [[0, 1, -1], [1, -1, -1], [1, 1, -1]],
    [[1, -1, 0], [1, -1, -1], [-1, -1, -1]],
    [[-1, 1, 1], [0, -1, 0], [0, -1, 0]],
]
TWO_FILTERS = np.array([FIRST_FILTER, SECOND_FILTER], dtype=np.float64)
TWO_MAPS = np.array([[[[4, 2, 2], [3, 3, 4], [2, 5, 1]], [[-8, -8, -2], [-3, -6, -2], [-8, -5, 4]]]], dtype=np.float64)


@pytest.mark.check("conv2d_forward/two_filters", points=1)
def test_forward_two_filters(student: Any) -> None:
    """Two 3x3x3 filters with biases 1 and 0 over a 5x5x3 volume, stride 2 and padding 1, give two 3x3 maps."""
    biases = np.array([1.0, 0.0])
    out, _ = student.conv2d_forward(VOLUME, TWO_FILTERS, biases, 2, 1)  # by position, as the stub has them
    bound, _ = oracle.conv2d_forward(VOLUME, np.abs(TWO_FILTERS), biases, 2, 1)
    expect_array(out, TWO_MAPS, bound)


@pytest.mark.check("conv2d_forward/stride_one", points=2)
@example(case=Conv(1, 1, 1, 1, 2, 1, 2))
@example(case=Conv(2, 3, 2, 4, 3, 3, 2))
@example(case=Conv(1, 2, 3, 5, 6, 2, 3, seed=1))
@given(case=convs())
def test_forward_stride_one(student: Any, case: Conv) -> None:
    """Stride 1 without padding, the defaults, is right for any number of images, channels and filters and any size."""
    check_forward(student, case)


@pytest.mark.check("conv2d_forward/stride", points="3/2")
@example(case=Conv(1, 1, 1, 2, 3, 1, 1, stride=2))
@example(case=Conv(1, 2, 2, 6, 5, 3, 2, stride=2, seed=1))
@example(case=Conv(2, 1, 3, 5, 8, 2, 3, stride=3, seed=2))
@given(case=convs(st.integers(2, 3), room=4))
def test_forward_stride(student: Any, case: Conv) -> None:
    """A larger stride is right without padding, where rows and columns are left over as well as where none are."""
    check_forward(student, case, stride=case.stride)


@pytest.mark.check("conv2d_forward/padding", points="3/2")
@example(case=Conv(1, 1, 1, 1, 1, 1, 2, padding=1))
@example(case=Conv(1, 2, 2, 4, 3, 3, 2, padding=1, seed=1))
@example(case=Conv(2, 1, 2, 2, 3, 3, 4, padding=2, seed=2))
@given(case=convs(paddings=st.integers(1, 2), room=2))
def test_forward_padding(student: Any, case: Conv) -> None:
    """Padding is right with stride 1, also where the kernel is larger than the input before it is padded."""
    check_forward(student, case, padding=case.padding)


@pytest.mark.check("conv2d_forward/stride_and_padding", points=1)
@example(case=Conv(1, 1, 1, 2, 3, 2, 2, stride=2, padding=1))
@example(case=Conv(2, 3, 2, 4, 6, 3, 2, stride=2, padding=1, seed=1))
@example(case=Conv(1, 2, 3, 5, 4, 2, 3, stride=3, padding=2, seed=2))
@given(case=convs(st.integers(2, 3), st.integers(1, 2)))
def test_forward_stride_and_padding(student: Any, case: Conv) -> None:
    """A larger stride and padding together are right."""
    check_forward(student, case, stride=case.stride, padding=case.padding)


FAULTS = st.one_of(
    channel_faults(convs(st.integers(1, 2), st.integers(0, 1))),
    kernel_faults(st.integers(0, 1)),
    stride_and_padding_faults(convs()),
)


@pytest.mark.check("conv2d_forward/value_errors", points="3/4")
@example(fault=Fault(Conv(1, 1, 1, 2, 2, 1, 2), "channels", 3))
@example(fault=Fault(Conv(1, 3, 1, 2, 2, 2, 1), "channels", 1))
@example(fault=Fault(Conv(2, 2, 1, 2, 3, 2, 2), "channels", 3))
@example(fault=Fault(Conv(1, 1, 1, 2, 3, 2, 3), "kernel height", 3))
@example(fault=Fault(Conv(1, 1, 1, 3, 2, 3, 2), "kernel width", 3))
@example(fault=Fault(Conv(1, 2, 2, 2, 3, 4, 3, padding=1), "kernel height", 5))
@example(fault=Fault(Conv(1, 1, 2, 3, 1, 2, 3, stride=2, padding=1), "kernel width", 4))
@example(fault=Fault(Conv(1, 1, 1, 2, 2, 1, 1), "stride", 0))
@example(fault=Fault(Conv(1, 1, 1, 2, 2, 2, 2), "stride", -1))
@example(fault=Fault(Conv(1, 1, 1, 3, 3, 1, 1), "padding", -1))
@given(fault=FAULTS)
def test_forward_errors(student: Any, fault: Fault) -> None:
    """Channels that differ, a kernel that does not fit, a stride below 1 or a padding below 0 raises ValueError."""
    right = convolved(fault.good)
    arguments = with_fault(fault, right.arrays, 1, 2)
    check_errors(student.conv2d_forward, fault, right, arguments, why_convolution(fault), ("stride", "padding"))


@pytest.mark.check("conv2d_forward/error_message", points="1/4")
@example(fault=Fault(Conv(1, 1, 1, 2, 2, 1, 1), "stride", 0))
@example(fault=Fault(Conv(1, 1, 1, 3, 3, 1, 1), "padding", -1))
@example(fault=Fault(Conv(1, 2, 2, 2, 3, 4, 3, padding=1), "kernel height", 5))
@given(fault=FAULTS)
def test_forward_message(student: Any, fault: Fault) -> None:
    """The message of the ValueError names the argument that is wrong and gives its value."""
    right, good = convolved(fault.good), fault.good
    arguments = with_fault(fault, right.arrays, 1, 2)
    names, values = [fault.argument], [fault.value]
    if fault.argument == "channels":
        names, values = ["channel", "x", "w"], [fault.value, good.c]
    elif fault.argument.startswith("kernel"):
        names = ["kernel", "filter", "weight", "w", *SIDE_NAMES, "input", "image", "x"]
        values += [good.h, good.w, good.h + 2 * good.padding, good.w + 2 * good.padding, good.kh, good.kw]
    call, options = student.conv2d_forward, ("stride", "padding")
    expect_message(check_errors(call, fault, right, arguments, why_convolution(fault), options), names, values)


@pytest.mark.check("conv2d_forward/arguments_unchanged", points="1/2")
@example(case=Conv(1, 1, 1, 2, 2, 1, 2))
@example(case=Conv(2, 2, 1, 3, 2, 2, 2, stride=2, padding=1))
@given(case=convs(st.integers(1, 2), st.integers(0, 1), room=2))
def test_forward_unchanged(student: Any, case: Conv) -> None:
    """The output is right and x, w and b are left as they were."""
    right = convolved(case)
    (out, _), (after, _) = student.observe("conv2d_forward", *right.arrays, **operations(case))
    expect_array(out, right.out, right.bound)
    expect_unchanged(after, right.arrays, "xwb")


def expect_unchanged(after: tuple[Any, ...], before: tuple[np.ndarray, ...], names: str) -> None:
    """The arguments after a call are what they were."""
    for name, now, then in zip(names, after, before, strict=True):
        expect_array(now, then, 0.0, what=f"{name} after the call")


# -- conv2d_backward --------------------------------------------------------------------------------------------------


@pytest.mark.check("conv2d_backward/worked_example", points=1)
def test_backward_example(student: Any) -> None:
    """For a 3x3 image dw is its correlation with dout, and dx the full true convolution of dout with the 2x2 kernel."""
    x, w = image([1.0, 2.0, 0.0], [3.0, -1.0, 4.0], [5.0, 6.0, -2.0]), image([1.0, -2.0], [3.0, 4.0])
    (d00, d01), (d10, d11) = (1.0, 2.0), (-1.0, 3.0)
    _, cache = student.conv2d_forward(x, w, BIAS)
    dx, dw, db = student.conv2d_backward(image([d00, d01], [d10, d11]), cache)
    wanted_dw = image(
        [d00 * 1 + d01 * 2 + d10 * 3 + d11 * -1, d00 * 2 + d01 * 0 + d10 * -1 + d11 * 4],
        [d00 * 3 + d01 * -1 + d10 * 5 + d11 * 6, d00 * -1 + d01 * 4 + d10 * 6 + d11 * -2],
    )
    wanted_dx = image(
        [d00 * 1, d00 * -2 + d01 * 1, d01 * -2],
        [d00 * 3 + d10 * 1, d00 * 4 + d01 * 3 + d10 * -2 + d11 * 1, d01 * 4 + d11 * -2],
        [d10 * 3, d10 * 4 + d11 * 3, d11 * 4],
    )
    expect_array(dw, wanted_dw, 30.0, what="dw")
    expect_array(dx, wanted_dx, 20.0, what="dx")
    expect_array(db, np.array([d00 + d01 + d10 + d11]), 7.0, what="db")


@pytest.mark.check("conv2d_backward/dx", points="3/2")
@example(case=Conv(1, 1, 1, 1, 3, 1, 2))
@example(case=Conv(2, 3, 2, 4, 3, 3, 2))
@example(case=Conv(1, 2, 2, 3, 5, 2, 3, seed=1))
@given(case=convs())
def test_dx(student: Any, case: Conv) -> None:
    """The gradient with respect to x is right for stride 1 without padding, where windows overlap and add up."""
    check_gradient(student, case, 0)


@pytest.mark.check("conv2d_backward/dw", points="3/2")
@example(case=Conv(1, 1, 1, 1, 3, 1, 2))
@example(case=Conv(2, 3, 2, 4, 3, 3, 2))
@example(case=Conv(1, 2, 2, 3, 5, 2, 3, seed=1))
@given(case=convs())
def test_dw(student: Any, case: Conv) -> None:
    """The gradient with respect to w, a sum over all images and places, is right for stride 1 without padding."""
    check_gradient(student, case, 1)


@pytest.mark.check("conv2d_backward/db", points=1)
@example(case=Conv(1, 1, 1, 1, 2, 1, 1))
@example(case=Conv(2, 1, 3, 4, 3, 2, 2))
@example(case=Conv(2, 2, 2, 3, 5, 2, 2, stride=2, padding=1, seed=1))
@given(case=convs(st.integers(1, 2), st.integers(0, 1)))
def test_db(student: Any, case: Conv) -> None:
    """The gradient with respect to b is one number a filter, the sum of dout over all images and places."""
    check_gradient(student, case, 2)


STRIDED_OR_PADDED = st.one_of(
    convs(st.integers(2, 3)), convs(paddings=st.integers(1, 2), room=2), convs(st.integers(2, 3), st.integers(1, 2))
)


@pytest.mark.check("conv2d_backward/dx_with_stride_and_padding", points=2)
@example(case=Conv(1, 1, 1, 1, 3, 1, 1, stride=2))
@example(case=Conv(1, 1, 1, 2, 2, 1, 2, padding=1))
@example(case=Conv(2, 3, 2, 4, 6, 3, 2, stride=2, padding=1))
@example(case=Conv(1, 2, 2, 6, 5, 2, 3, stride=3, padding=0, seed=1))
@example(case=Conv(1, 1, 2, 5, 4, 3, 3, stride=2, padding=2, seed=2))
@given(case=STRIDED_OR_PADDED)
def test_dx_stride_and_padding(student: Any, case: Conv) -> None:
    """The gradient with respect to x is right with stride and padding, rows and columns left over included."""
    check_gradient(student, case, 0)


@pytest.mark.check("conv2d_backward/dw_with_stride_and_padding", points="3/2")
@example(case=Conv(1, 1, 1, 1, 3, 1, 1, stride=2))
@example(case=Conv(1, 1, 1, 2, 2, 1, 2, padding=1))
@example(case=Conv(2, 3, 2, 4, 6, 3, 2, stride=2, padding=1))
@example(case=Conv(1, 2, 2, 6, 5, 2, 3, stride=3, padding=0, seed=1))
@example(case=Conv(1, 1, 2, 5, 4, 3, 3, stride=2, padding=2, seed=2))
@given(case=STRIDED_OR_PADDED)
def test_dw_stride_and_padding(student: Any, case: Conv) -> None:
    """The gradient with respect to w is right with stride and padding."""
    check_gradient(student, case, 1)


@pytest.mark.check("conv2d_backward/agrees_with_own_forward", points=1)
@example(case=Conv(1, 1, 1, 1, 3, 1, 2))
@example(case=Conv(2, 3, 2, 4, 6, 3, 2, stride=2, padding=1))
@example(case=Conv(2, 2, 2, 5, 3, 2, 2, seed=1))
@given(case=convs(st.integers(1, 2), st.integers(0, 1), room=2))
def test_own_forward(student: Any, case: Conv) -> None:
    """The gradients are those of conv2d_forward, the right one or your own, along a random direction of x, w and b."""
    arrays, right = convolved(case).arrays, gradients(case)
    generator = rng(case.seed + 2000)
    direction = [draw_array(generator, array.shape) for array in arrays]
    farther = [np.abs(array) + np.abs(part) for array, part in zip(arrays, direction, strict=True)]
    reach, _ = oracle.conv2d_forward(*farther, **operations(case))
    # The output is quadratic in a step of all three, so that the central difference is exact for a step of any size.
    probe = Probe(
        lambda *moved: student.conv2d_forward(*moved, **operations(case)),
        student.conv2d_backward,
        arrays,
        direction,
        right.dout,
        1.0,
        ("dx", "dw", "db"),
        "conv2d_forward",
    )
    expect_own_gradient(probe, convolved(case).out, right.gradients, right.bounds, reach)


@pytest.mark.check("conv2d_backward/cache_and_dout_unchanged", points="1/2")
@example(case=Conv(1, 1, 1, 2, 2, 1, 2))
@example(case=Conv(2, 2, 3, 3, 4, 2, 3, stride=2, padding=1))
@given(case=convs(st.integers(1, 2), st.integers(0, 1), room=2))
def test_backward_unchanged(student: Any, case: Conv) -> None:
    """Gradients are those of their cache, whatever was computed in between; it and dout are left as they were."""
    right, other = gradients(case), case._replace(seed=case.seed + 1)
    another = Conv(
        case.n + 1,
        case.c,
        case.f,
        case.h + 3,
        case.w + 2,
        case.kh,
        case.kw,
        case.stride + 1,
        1 - case.padding,
        case.seed,
    )
    _, cache = student.conv2d_forward(*convolved(case).arrays, **operations(case))
    student.conv2d_forward(*convolved(other).arrays, **operations(other))
    got, (after, _) = student.observe("conv2d_backward", right.dout, cache)
    again = student.conv2d_backward(right.dout, cache)
    with with_calls_in_between():
        for results, call in ((got, "after another conv2d_forward"), (again, "of the second call with the same cache")):
            for result, *right_one, name in zip(
                results, right.gradients, right.bounds, ("dx", "dw", "db"), strict=True
            ):
                expect_array(result, *right_one, what=f"{name} {call}")
    expect_unchanged(after[:1], (right.dout,), ("dout",))
    student.conv2d_forward(*convolved(another).arrays, **operations(another))
    student.conv_transpose2d_forward(*transposed(another).arrays, **operations(another))
    with with_calls_in_between():
        later = student.conv2d_backward(right.dout, cache)
        for result, *right_one, name in zip(later, right.gradients, right.bounds, ("dx", "dw", "db"), strict=True):
            expect_array(result, *right_one, what=f"{name} after calls with another stride and padding")


# -- convolve2d -------------------------------------------------------------------------------------------------------


@pytest.mark.check("convolve2d/worked_example", points="1/2")
def test_convolve_example(student: Any) -> None:
    """The kernel [[1, 1], [2, 0]] over a 3x3 image gives 0*1 + 2*2 + 1*4 + 1*5 = 13 first, not 1*1 + 1*2 + 2*4 = 11."""
    x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    out = student.convolve2d(x, np.array([[1.0, 1.0], [2.0, 0.0]]))
    expect_array(out, np.array([[13.0, 17.0], [25.0, 29.0]]))


@pytest.mark.check("convolve2d/values", points="5/2")
@example(case=Image(1, 2, 1, 2))
@example(case=Image(4, 3, 3, 2))
@example(case=Image(3, 6, 2, 3, seed=1))
@example(case=Image(5, 5, 3, 3, seed=2))
@given(case=images())
def test_convolve(student: Any, case: Image) -> None:
    """The "valid" part is right for every size of image and kernel, square or not, even or odd."""
    right = convolved_image(case, False)
    expect_array(student.convolve2d(*right.arrays), right.out, right.bound)


@pytest.mark.check("convolve2d/arguments_unchanged", points="1/2")
@example(case=Image(2, 2, 1, 2))
@example(case=Image(4, 3, 3, 2))
@given(case=images())
def test_convolve_unchanged(student: Any, case: Image) -> None:
    """True convolution is right and leaves the image and the kernel as they were."""
    right = convolved_image(case, False)
    out, (after, _) = student.observe("convolve2d", *right.arrays)
    expect_array(out, right.out, right.bound)
    expect_unchanged(after, right.arrays, "xw")


# -- full_convolve2d --------------------------------------------------------------------------------------------------


@pytest.mark.check("full_convolve2d/worked_example", points="1/2")
def test_full_example(student: Any) -> None:
    """The image [[1, 2], [0, 3]] and the kernel [[1, -2], [3, 4]] give a 3x3 map with 4 + 6 + 0 + 3 = 13 inside."""
    out = student.full_convolve2d(np.array([[1.0, 2.0], [0.0, 3.0]]), np.array([[1.0, -2.0], [3.0, 4.0]]))
    wanted = np.array([[1.0, 0.0, -4.0], [3.0, 13.0, 2.0], [0.0, 9.0, 12.0]])
    expect_array(out, wanted, np.array([[1.0, 4.0, 4.0], [3.0, 13.0, 14.0], [1.0, 9.0, 12.0]]))


@pytest.mark.check("full_convolve2d/values", points="9/4")
@example(case=Image(1, 2, 1, 2))
@example(case=Image(4, 3, 3, 2))
@example(case=Image(3, 5, 2, 3, seed=1))
@example(case=Image(4, 4, 3, 3, seed=2))
@given(case=images())
def test_full(student: Any, case: Image) -> None:
    """The "full" part is right for every size of image and kernel, square or not, even or odd."""
    right = convolved_image(case, True)
    expect_array(student.full_convolve2d(*right.arrays), right.out, right.bound)


@pytest.mark.check("full_convolve2d/kernel_larger_than_image", points="1/2")
@example(case=Image(1, 1, 1, 2))
@example(case=Image(2, 3, 3, 2))
@example(case=Image(2, 1, 3, 2, seed=1))
@given(case=small_images())
def test_full_small_image(student: Any, case: Image) -> None:
    """A kernel larger than the image gives H + KH - 1 rows and W + KW - 1 columns like any other."""
    right = convolved_image(case, True)
    expect_array(student.full_convolve2d(*right.arrays), right.out, right.bound)


@pytest.mark.check("full_convolve2d/arguments_unchanged", points="1/4")
@example(case=Image(2, 2, 1, 2))
@given(case=images())
def test_full_unchanged(student: Any, case: Image) -> None:
    """Full convolution is right and leaves the image and the kernel as they were."""
    right = convolved_image(case, True)
    out, (after, _) = student.observe("full_convolve2d", *right.arrays)
    expect_array(out, right.out, right.bound)
    expect_unchanged(after, right.arrays, "xw")


# -- conv_transpose2d_forward -----------------------------------------------------------------------------------------


@pytest.mark.check("conv_transpose2d_forward/worked_example", points="1/2")
def test_transposed_example(student: Any) -> None:
    """The entries 1 and 2, the kernel [3, 1, -1] and stride 2 give 3, 1, -1 and 6, 2, -2, of which -1 and 6 meet."""
    out = student.conv_transpose2d_forward(image([1.0, 2.0]), image([3.0, 1.0, -1.0]), np.array([10.0]), 2)
    expect_array(out, image([13.0, 11.0, 15.0, 12.0, 8.0]), image([13.0, 11.0, 17.0, 12.0, 12.0]))


@pytest.mark.check("conv_transpose2d_forward/stride_one", points="5/4")
@example(case=Conv(1, 1, 1, 1, 2, 1, 2))
@example(case=Conv(2, 3, 2, 2, 3, 3, 2))
@example(case=Conv(1, 2, 2, 3, 2, 2, 3, seed=1))
@given(case=transposed_convs())
def test_transposed_stride_one(student: Any, case: Conv) -> None:
    """Stride 1 without padding, the defaults, is right for any number of images, channels and filters and any size."""
    check_transposed(student, case)


@pytest.mark.check("conv_transpose2d_forward/stride", points="3/2")
@example(case=Conv(1, 1, 1, 1, 2, 1, 1, stride=2))
@example(case=Conv(2, 3, 2, 2, 3, 3, 2, stride=2))
@example(case=Conv(1, 2, 2, 3, 2, 2, 3, stride=3, seed=1))
@given(case=transposed_convs(st.integers(2, 3)))
def test_transposed_stride(student: Any, case: Conv) -> None:
    """A larger stride moves the copies of the kernel apart, whether they overlap, touch or leave gaps."""
    check_transposed(student, case, stride=case.stride)


@pytest.mark.check("conv_transpose2d_forward/padding", points=1)
@example(case=Conv(1, 1, 1, 1, 2, 3, 3, padding=1))
@example(case=Conv(2, 3, 2, 2, 3, 3, 2, stride=2, padding=1))
@example(case=Conv(1, 2, 2, 3, 4, 2, 1, stride=3, padding=2, seed=1))
@given(case=transposed_convs(st.integers(1, 3), st.integers(1, 2)))
def test_transposed_padding(student: Any, case: Conv) -> None:
    """Padding takes rows and columns away on every side, at any stride."""
    check_transposed(student, case, stride=case.stride, padding=case.padding)


TRANSPOSED_FAULTS = st.one_of(
    channel_faults(transposed_convs(st.integers(1, 2), st.integers(0, 1))),
    cropping_faults(),
    stride_and_padding_faults(transposed_convs()),
)


@pytest.mark.check("conv_transpose2d_forward/value_errors", points=1)
@example(fault=Fault(Conv(1, 1, 2, 1, 2, 1, 1), "channels", 2))
@example(fault=Fault(Conv(1, 2, 1, 2, 1, 1, 2), "channels", 1))
@example(fault=Fault(Conv(1, 2, 3, 1, 2, 2, 2), "channels", 3))
@example(fault=Fault(Conv(1, 1, 1, 1, 2, 2, 3), "padding", 1))
@example(fault=Fault(Conv(1, 1, 1, 2, 1, 3, 3, stride=2, padding=1), "padding", 2))
@example(fault=Fault(Conv(1, 1, 1, 2, 2, 1, 2), "stride", 0))
@example(fault=Fault(Conv(1, 1, 1, 1, 1, 2, 2), "stride", -1))
@example(fault=Fault(Conv(1, 1, 1, 2, 1, 1, 2), "padding", -1))
@given(fault=TRANSPOSED_FAULTS)
def test_transposed_errors(student: Any, fault: Fault) -> None:
    """Channels that differ, a stride below 1, a padding below 0 or one that leaves nothing raises ValueError."""
    check_transposed_errors(student, fault)


@pytest.mark.check("conv_transpose2d_forward/error_message", points="1/2")
@example(fault=Fault(Conv(1, 1, 1, 1, 2, 1, 1), "stride", 0))
@example(fault=Fault(Conv(1, 1, 1, 1, 2, 2, 3), "padding", 1))
@given(fault=TRANSPOSED_FAULTS)
def test_transposed_message(student: Any, fault: Fault) -> None:
    """The message of the ValueError names the argument that is wrong and gives its value."""
    message = check_transposed_errors(student, fault)
    good, names, values = fault.good, [fault.argument], [fault.value]
    if fault.argument == "channels":
        names, values = ["channel", "x", "w"], [fault.value, good.c]
    elif fault.value > 0:
        full = uncropped(good)
        names += ["output", "out", "kernel", *SIDE_NAMES, "x", "w"]
        values += [2 * fault.value, *full, *(size - 2 * fault.value for size in full), good.h, good.w, good.kh, good.kw]
    expect_message(message, names, values)


@pytest.mark.check("conv_transpose2d_forward/arguments_unchanged", points="1/4")
@example(case=Conv(1, 1, 1, 1, 2, 1, 2))
@example(case=Conv(2, 3, 2, 2, 3, 3, 2, stride=2, padding=1))
@given(case=transposed_convs(st.integers(1, 2), st.integers(0, 1)))
def test_transposed_unchanged(student: Any, case: Conv) -> None:
    """The transposed convolution is right and leaves x, w and b as they were."""
    right = transposed(case)
    out, (after, _) = student.observe("conv_transpose2d_forward", *right.arrays, **operations(case))
    expect_array(out, right.out, right.bound)
    expect_unchanged(after, right.arrays, "xwb")


# -- locally_connected_forward ----------------------------------------------------------------------------------------


@pytest.mark.check("locally_connected_forward/worked_example", points=1)
def test_local_example(student: Any) -> None:
    """Over 2, 3, 5 the kernels [1, -1] and [4, 2] and biases 10 and 20 give 2 - 3 + 10 = 9 and 12 + 10 + 20 = 42."""
    w = np.array([[1.0, -1.0], [4.0, 2.0]]).reshape(1, 2, 1, 1, 1, 2)
    out = student.locally_connected_forward(image([2.0, 3.0, 5.0]), w, np.array([[[10.0, 20.0]]]))
    expect_array(out, image([9.0, 42.0]), image([15.0, 42.0]))


@pytest.mark.check("locally_connected_forward/stride_one", points="5/4")
@example(case=Conv(1, 1, 1, 1, 2, 1, 1))
@example(case=Conv(2, 3, 2, 4, 4, 3, 2))
@example(case=Conv(1, 2, 2, 4, 5, 2, 3, seed=1))
@given(case=convs(room=2))
def test_local_stride_one(student: Any, case: Conv) -> None:
    """Stride 1, the default, is right for any number of images, channels and filters and any size."""
    right = locally_connected(case)
    expect_array(student.locally_connected_forward(*right.arrays), right.out, right.bound)


@pytest.mark.check("locally_connected_forward/stride", points=1)
@example(case=Conv(1, 1, 1, 1, 3, 1, 1, stride=2))
@example(case=Conv(2, 2, 1, 6, 5, 3, 2, stride=2))
@example(case=Conv(1, 1, 3, 5, 8, 2, 2, stride=3, seed=1))
@given(case=convs(st.integers(2, 3)))
def test_local_stride(student: Any, case: Conv) -> None:
    """A larger stride is right, where rows and columns are left over as well as where none are."""
    right = locally_connected(case)
    expect_array(student.locally_connected_forward(*right.arrays, stride=case.stride), right.out, right.bound)


@pytest.mark.check("locally_connected_forward/value_errors", points=1)
@example(fault=Fault(Conv(1, 1, 1, 1, 2, 1, 1), "channels", 2))
@example(fault=Fault(Conv(1, 3, 1, 2, 2, 1, 2), "channels", 1))
@example(fault=Fault(Conv(1, 1, 1, 3, 1, 1, 1), "places", (2, 1)))
@example(fault=Fault(Conv(1, 1, 1, 1, 3, 1, 1), "places", (1, 2)))
@example(fault=Fault(Conv(1, 1, 1, 4, 3, 2, 2, stride=2), "places", (2, 2)))
@example(fault=Fault(Conv(1, 1, 1, 4, 4, 2, 2, stride=2), "places", (3, 2)))
@example(fault=Fault(Conv(1, 1, 1, 3, 2, 1, 2), "places", (1, 3)))
@example(fault=Fault(Conv(1, 1, 1, 2, 2, 2, 1), "kernel height", 3))
@example(fault=Fault(Conv(1, 1, 1, 1, 2, 1, 2, stride=2), "kernel width", 3))
@given(fault=st.one_of(channel_faults(convs(st.integers(1, 2))), place_faults(), kernel_faults(NONE)))
def test_local_errors(student: Any, fault: Fault) -> None:
    """Channels that differ, or weights for other places than the windows that fit into x, raise ValueError."""
    right = locally_connected(fault.good)
    arguments = with_fault(fault, right.arrays, 3, 4)
    check_errors(student.locally_connected_forward, fault, right, arguments, why_convolution(fault), ("stride",))


@pytest.mark.check("locally_connected_forward/arguments_unchanged", points="1/4")
@example(case=Conv(1, 1, 1, 1, 2, 1, 1))
@given(case=convs(room=2))
def test_local_unchanged(student: Any, case: Conv) -> None:
    """The locally connected layer is right and leaves x, w and b as they were."""
    right = locally_connected(case)
    out, (after, _) = student.observe("locally_connected_forward", *right.arrays, stride=case.stride)
    expect_array(out, right.out, right.bound)
    expect_unchanged(after, right.arrays, "xwb")


# -- linear_as_conv ---------------------------------------------------------------------------------------------------


@pytest.mark.check("linear_as_conv/worked_example", points=1)
def test_linear_example(student: Any) -> None:
    """Two outputs over two channels of 1x2: the first two weights of each row belong to the first channel."""
    weight = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]])
    wanted = np.array([[[[1.0, 2.0]], [[3.0, 4.0]]], [[[5.0, 6.0]], [[7.0, 8.0]]]])
    expect_array(student.linear_as_conv(weight, (2, 1, 2)), wanted, what="the kernel")


def check_linear(student: Any, case: Layer) -> None:
    """The kernel that equals a fully connected layer."""
    weight, shape = layer_weights(case), (case.c, case.h, case.w)
    expect_array(student.linear_as_conv(weight, shape), oracle.linear_as_conv(weight, shape), what="the kernel")


@pytest.mark.check("linear_as_conv/one_channel", points="3/4")
@example(case=Layer(1, 1, 1, 2))
@example(case=Layer(3, 1, 2, 3))
@example(case=Layer(2, 1, 3, 3))
@given(case=layers(ONE))
def test_linear_one_channel(student: Any, case: Layer) -> None:
    """A layer over images with one channel becomes one kernel an output, as large as the image, row by row."""
    check_linear(student, case)


@pytest.mark.check("linear_as_conv/channels", points="3/2")
@example(case=Layer(1, 2, 1, 2))
@example(case=Layer(3, 2, 2, 4))
@example(case=Layer(2, 3, 3, 3))
@given(case=layers(st.integers(2, 3)))
def test_linear_channels(student: Any, case: Layer) -> None:
    """A layer over images with several channels becomes one kernel for each output and channel, channel by channel."""
    check_linear(student, case)


@pytest.mark.check("linear_as_conv/arguments_unchanged", points="1/4")
@example(case=Layer(1, 2, 1, 2))
@given(case=layers())
def test_linear_unchanged(student: Any, case: Layer) -> None:
    """The kernel is right and weight is left as it was, its shape too."""
    weight, shape = layer_weights(case), (case.c, case.h, case.w)
    kernel, (after, _) = student.observe("linear_as_conv", weight, shape)
    expect_array(kernel, oracle.linear_as_conv(weight, shape), what="the kernel")
    expect_array(after[0], weight, 0.0, what="weight after the call")
