"""Checks of convolution arithmetic: worked numbers first, then drawn arguments against the oracle, then errors.

A case is a Call, or a Refused: a bad call and a valid neighbour, so that always raising does not pass.
"""

from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from grader.checking import (
    describe,
    expect_equal,
    expect_integer,
    expect_message,
    expect_truth,
    expect_value_error,
    fail,
)
from reference.conv_arithmetic import oracle

DEFAULTS = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1, "bias": True}


class Call(NamedTuple):
    """Arguments by position, and options by name."""

    arguments: tuple
    options: dict[str, Any]


class Refused(NamedTuple):
    """A call that must raise ValueError, the reason, and a call near it that must not."""

    why: str
    bad: Call
    good: Call


class Worked(NamedTuple):
    """A call and its result as worked out by hand."""

    call: Call
    wanted: int


class Network(NamedTuple):
    """What `summarize` takes."""

    input_shape: tuple[int, ...]
    layers: list[tuple]


def call(*arguments, **options):
    """A Call; options at their default are left out, so that the student's own defaults count."""
    return Call(arguments, {name: value for name, value in options.items() if value != DEFAULTS[name]})


def by_position(*arguments):
    """A Call with all arguments by position, in the order of the stub."""
    return Call(arguments, {})


def each(*cases):
    """Run the check on every one of these cases, in order."""

    def decorate(test):
        test = given(case=st.sampled_from(cases))(test)
        for case in reversed(cases):
            test = example(case=case)(test)
        return test

    return decorate


def expect_right(student, name, case, what):
    """Require the oracle's whole number of the student's function `name`."""
    wanted = getattr(oracle, name)(*case.arguments, **case.options)
    expect_integer(getattr(student, name)(*case.arguments, **case.options), wanted, what=what)


def expect_refused(student, name, case, what):
    """Require ValueError for the bad call and the oracle's whole number for its neighbour."""
    expect_value_error(getattr(student, name), *case.bad.arguments, why=case.why, **case.bad.options)
    expect_right(student, name, case.good, what)


# Strategies. All shrink towards small sizes, kernels of 1, stride 1 and no padding.

sides = st.integers(1, 5)
channels = st.integers(1, 12)
pairs = st.one_of(sides, st.tuples(sides, sides))


@st.composite
def windows(draw, dilated=False):
    """(size, kernel, stride, padding, dilation) of which the kernel fits at least once."""
    kernel, stride, padding = draw(st.integers(1, 7)), draw(st.integers(1, 5)), draw(st.integers(0, 4))
    dilation = draw(st.integers(2, 4)) if dilated else 1
    least = max(1, dilation * (kernel - 1) + 1 - 2 * padding)
    return draw(st.integers(least, least + 20)), kernel, stride, padding, dilation


def window_calls(dilated=False):
    """Calls of conv_output_size."""
    return windows(dilated).map(lambda w: call(w[0], w[1], stride=w[2], padding=w[3], dilation=w[4]))


@st.composite
def transposed_calls(draw, extended=False):
    """Calls of transposed_conv_output_size of which something is left; with `extended`, output_padding is above 0."""
    size, kernel = draw(st.integers(1, 8)), draw(st.integers(1, 5))
    stride, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    if extended and max(stride, dilation) == 1:
        stride = 2
    output_padding = draw(st.integers(1, max(stride, dilation) - 1)) if extended else 0
    whole = (size - 1) * stride + dilation * (kernel - 1) + output_padding + 1
    padding = draw(st.integers(0, min(4, (whole - 1) // 2)))
    options = {"stride": stride, "padding": padding, "output_padding": output_padding, "dilation": dilation}
    return call(size, kernel, **options)


@st.composite
def layer_stacks(draw, dilated=False):
    """Up to five tuples (kernel, stride), some with a dilation where asked for, as a list or a tuple."""
    plain = st.tuples(sides, st.integers(1, 3))
    spread = st.tuples(sides, st.integers(1, 3), st.integers(1, 4))
    stack = draw(st.lists(st.one_of(plain, spread) if dilated else plain, max_size=5))
    return tuple(stack) if draw(st.booleans()) else stack


def image_layers(channels, height, width):
    """One layer that fits an image of this shape."""
    largest = min(height, width)
    padded = st.integers(0, 2).flatmap(
        lambda padding: st.tuples(
            st.just("conv"),
            st.integers(1, 9),
            st.integers(1, min(5, largest + 2 * padding)),
            st.integers(1, 3),
            st.just(padding),
        )
    )
    kinds = st.sampled_from(["max_pool", "avg_pool"])
    pooling = st.tuples(kinds, st.integers(1, min(3, largest)), st.integers(1, 3))
    return st.one_of(padded, pooling, same_shape_layers())


def same_shape_layers():
    """One layer that keeps the shape, image or flat."""
    return st.one_of(
        st.just(("relu",)), st.just(("batchnorm",)), st.tuples(st.just("dropout"), st.sampled_from([0.0, 0.25, 0.5]))
    )


@st.composite
def networks(draw, flat=False):
    """Up to six layers on an image that need not be square; with `flat`, a head of one to five flat layers follows."""
    shape = start = draw(st.tuples(st.integers(1, 4), st.integers(3, 16), st.integers(3, 16)))
    layers = []
    for _ in range(draw(st.integers(0, 2 if flat else 6))):
        layers.append(draw(image_layers(*shape)))
        shape, _ = oracle.after_layer(shape, layers[-1])
    if flat:
        layers.append(draw(st.sampled_from([("flatten",), ("global_avg_pool",)])))
        linear = st.tuples(st.just("linear"), st.integers(1, 20))
        layers += draw(st.lists(st.one_of(linear, same_shape_layers(), st.just(("flatten",))), min_size=1, max_size=5))
    return Network(start, layers)


# conv_output_size


@pytest.mark.check("conv_output_size/worked_examples", points=1)
@each(
    Worked(call(7, 3), 5),
    Worked(call(7, 3, stride=2), 3),
    Worked(call(128, 5, padding=2), 128),
    Worked(call(227, 11, stride=4), 55),
)
def test_conv_output_size_worked(student, case):
    """Worked examples: 7 wide with a kernel of 3, AlexNet's first layer, a 5x5 kernel with padding 2."""
    got = student.conv_output_size(*case.call.arguments, **case.call.options)
    expect_integer(got, case.wanted, what="the output size")


@pytest.mark.check("conv_output_size/values", points=1)
@example(case=call(1, 1))
@example(case=call(2, 3, padding=1))
@example(case=call(8, 3, stride=2))
@example(case=call(6, 4, stride=3, padding=1))
@example(case=call(10, 2, stride=5))
@example(case=call(7, 1, stride=2, padding=1))
@given(case=window_calls())
def test_conv_output_size_values(student, case):
    """The output size for any stride and padding, rows left over at the end not counted."""
    expect_right(student, "conv_output_size", case, "the output size")


@pytest.mark.check("conv_output_size/dilation", points=1)
@example(case=call(3, 2, dilation=2))
@example(case=call(5, 3, dilation=2))
@example(case=call(9, 3, padding=1, dilation=2))
@example(case=call(3, 1, stride=2, dilation=3))
@example(case=by_position(9, 3, 2, 1, 3))
@given(case=window_calls(dilated=True))
def test_conv_output_size_dilation(student, case):
    """A dilated kernel spans more of the input, by the gaps between its taps."""
    expect_right(student, "conv_output_size", case, "the output size")


SIZE_ERRORS = (
    Refused("size is 0", call(0, 1, padding=1), call(1, 1, padding=1)),
    Refused("size is negative", call(-2, 1, padding=2), call(2, 1, padding=2)),
    Refused("kernel is 0", call(5, 0), call(5, 1)),
    Refused("kernel is negative", call(5, -1, padding=1), call(5, 1, padding=1)),
    Refused("stride is 0", call(5, 3, stride=0), call(5, 3, stride=1)),
    Refused("stride is negative", call(3, 3, stride=-1), call(3, 3, stride=1)),
    Refused("padding is negative", call(5, 3, padding=-1), call(5, 3, padding=0)),
    Refused("dilation is 0", call(5, 3, dilation=0), call(5, 3, dilation=1)),
    Refused("dilation is negative", call(5, 2, dilation=-1), call(5, 2, dilation=1)),
    Refused("the kernel is larger than the input", call(4, 5), call(5, 5)),
    Refused("the kernel is larger than the input", call(4, 5, stride=2), call(5, 5, stride=2)),
    Refused("the kernel is larger than the padded input", call(3, 6, padding=1), call(3, 5, padding=1)),
    Refused("the dilated kernel is larger than the input", call(4, 3, dilation=2), call(5, 3, dilation=2)),
    Refused("the dilated kernel is larger than the input", call(6, 3, stride=3, dilation=3), call(7, 3, dilation=3)),
    Refused(
        "the dilated kernel is larger than the padded input",
        call(2, 3, padding=1, dilation=2),
        call(3, 3, padding=1, dilation=2),
    ),
)


@pytest.mark.check("conv_output_size/errors", points=1)
@each(*SIZE_ERRORS)
def test_conv_output_size_errors(student, case):
    """ValueError for arguments out of range and for a dilated kernel larger than the padded input; one that fits is fine."""
    expect_refused(student, "conv_output_size", case, "the output size")


class Message(NamedTuple):
    """A bad call, and what its ValueError's message may name."""

    bad: Call
    names: tuple[str, ...]
    values: tuple[int, ...]


@pytest.mark.check("conv_output_size/message", points="1/2")
@each(
    Message(call(9, 3, stride=-7), ("stride",), (-7,)),
    Message(call(9, 3, padding=-7), ("padding",), (-7,)),
    Message(call(-7, 3, padding=8), ("size",), (-7,)),
    Message(call(9, -7), ("kernel",), (-7,)),
    Message(call(9, 3, dilation=-7), ("dilation",), (-7,)),
    Message(call(9, 13, padding=1), ("kernel", "size", "input"), (13, 9, 11)),
)
def test_conv_output_size_message(student, case):
    """The message of the ValueError names the bad argument and its value; good arguments raise nothing."""
    why = f"{case.names[0]} is {case.values[0]}"
    message = expect_value_error(student.conv_output_size, *case.bad.arguments, why=why, **case.bad.options)
    expect_message(message, case.names, case.values)
    expect_right(student, "conv_output_size", call(9, 3), "the output size")


# stride_fits


@pytest.mark.check("stride_fits/values", points=1)
@example(case=call(1, 1, 1))
@example(case=call(5, 3, 3, padding=1))
@example(case=call(5, 3, 2, padding=1))
@example(case=call(5, 2, 3))
@example(case=call(6, 2, 3))
@example(case=call(6, 3, 2))
@example(case=call(6, 1, 2, padding=1))
@example(case=call(6, 3, 5, padding=1))
@example(case=call(227, 11, 4))
@given(case=windows().map(lambda w: call(w[0], w[1], w[2], padding=w[3])))
def test_stride_fits_values(student, case):
    """Whether rows are left over: 5 wide, kernel 3, padding 1 fits with stride 2 and not with stride 3."""
    wanted = oracle.stride_fits(*case.arguments, **case.options)
    expect_truth(student.stride_fits(*case.arguments, **case.options), wanted, what="whether the windows fit exactly")


FITS_ERRORS = (
    Refused("size is 0", call(0, 1, 1, padding=1), call(1, 1, 1, padding=1)),
    Refused("size is negative", call(-2, 1, 2, padding=2), call(2, 1, 2, padding=2)),
    Refused("kernel is 0", call(5, 0, 2), call(5, 1, 2)),
    Refused("kernel is negative", call(5, -1, 2), call(5, 2, 2)),
    Refused("stride is 0", call(5, 3, 0), call(5, 3, 1)),
    Refused("stride is negative", call(5, 3, -2), call(5, 3, 2)),
    Refused("padding is negative", call(5, 3, 2, padding=-1), call(5, 3, 2)),
    Refused("the kernel is larger than the input", call(4, 5, 1), call(5, 5, 3)),
    Refused("the kernel is larger than the input", call(2, 5, 2), call(5, 5, 2)),
    Refused("the kernel is larger than the padded input", call(3, 6, 2, padding=1), call(3, 5, 2, padding=1)),
    Refused("the kernel is larger than the padded input", call(2, 7, 3, padding=1), call(2, 3, 3, padding=1)),
)


@pytest.mark.check("stride_fits/errors", points=1)
@each(*FITS_ERRORS)
def test_stride_fits_errors(student, case):
    """ValueError, not False, for arguments out of range and for a kernel larger than the padded input."""
    expect_value_error(student.stride_fits, *case.bad.arguments, why=case.why, **case.bad.options)
    wanted = oracle.stride_fits(*case.good.arguments, **case.good.options)
    got = student.stride_fits(*case.good.arguments, **case.good.options)
    expect_truth(got, wanted, what="whether the windows fit exactly")


# same_padding


@st.composite
def same_padding_calls(draw):
    """Odd kernels with any dilation, even kernels with an even one."""
    kernel, dilation = draw(st.integers(1, 13)), draw(st.integers(1, 5))
    return call(kernel, dilation=dilation if kernel % 2 else 2 * dilation)


@pytest.mark.check("same_padding/values", points=1)
@example(case=call(1))
@example(case=call(3))
@example(case=call(5))
@example(case=call(3, dilation=2))
@example(case=call(2, dilation=2))
@example(case=call(4, dilation=4))
@given(case=same_padding_calls())
def test_same_padding_values(student, case):
    """The padding that keeps the size at stride 1, for odd kernels and for even ones with an even dilation."""
    expect_right(student, "same_padding", case, "the padding")


SAME_ERRORS = (
    Refused("no whole padding keeps the size with a kernel of 2", call(2), call(3)),
    Refused("no whole padding keeps the size with a kernel of 4", call(4), call(4, dilation=2)),
    Refused("no whole padding keeps the size with a kernel of 2, dilation 3", call(2, dilation=3), call(3, dilation=3)),
    Refused("kernel is 0", call(0, dilation=2), call(1, dilation=2)),
    Refused("kernel is negative", call(-1), call(1)),
    Refused("dilation is 0", call(3, dilation=0), call(3, dilation=1)),
    Refused("dilation is negative", call(3, dilation=-1), call(3, dilation=1)),
    Refused("dilation is negative", call(1, dilation=-1), call(1, dilation=1)),
)


@pytest.mark.check("same_padding/errors", points=1)
@each(*SAME_ERRORS)
def test_same_padding_errors(student, case):
    """ValueError where no whole number keeps the size, and for a kernel or dilation below 1."""
    expect_refused(student, "same_padding", case, "the padding")


# transposed_conv_output_size


@pytest.mark.check("transposed_conv_output_size/values", points=1)
@example(case=call(1, 1))
@example(case=call(4, 4, stride=2, padding=1))
@example(case=call(28, 2, stride=2))
@example(case=call(3, 3, padding=1))
@example(case=call(1, 7))
@example(case=call(2, 1, stride=3))
@example(case=call(2, 3, dilation=2))
@example(case=call(3, 2, stride=2, padding=1, dilation=3))
@given(case=transposed_calls())
def test_transposed_values(student, case):
    """The output size of a transposed convolution for any stride, padding and dilation."""
    expect_right(student, "transposed_conv_output_size", case, "the output size")


@pytest.mark.check("transposed_conv_output_size/output_padding", points=1)
@example(case=call(1, 1, stride=2, output_padding=1))
@example(case=call(4, 3, stride=2, padding=1, output_padding=1))
@example(case=call(3, 3, stride=3, padding=1, output_padding=2))
@example(case=call(3, 3, dilation=2, output_padding=1))
@example(case=call(2, 2, stride=2, dilation=3, output_padding=2))
@example(case=by_position(4, 3, 5, 1, 2, 3))
@given(case=transposed_calls(extended=True))
def test_transposed_output_padding(student, case):
    """output_padding, below the larger one of stride and dilation, makes the output longer at one end."""
    expect_right(student, "transposed_conv_output_size", case, "the output size")


TRANSPOSED_ERRORS = (
    Refused("size is 0", call(0, 3), call(1, 3)),
    Refused("size is negative", call(-1, 5), call(1, 5)),
    Refused("kernel is 0", call(5, 0), call(5, 1)),
    Refused("kernel is negative", call(5, -1), call(5, 1)),
    Refused("stride is 0", call(3, 3, stride=0), call(3, 3, stride=1)),
    Refused("stride is negative", call(2, 5, stride=-1), call(2, 5, stride=1)),
    Refused("dilation is 0", call(3, 3, dilation=0), call(3, 3, dilation=1)),
    Refused("dilation is negative", call(5, 2, dilation=-1), call(5, 2, dilation=1)),
    Refused("padding is negative", call(3, 3, padding=-1), call(3, 3, padding=0)),
    Refused("output_padding is negative", call(3, 3, output_padding=-1), call(3, 3, output_padding=0)),
    Refused("output_padding is as large as the stride", call(3, 3, output_padding=1), call(3, 3)),
    Refused(
        "output_padding is as large as the stride",
        call(3, 3, stride=2, output_padding=2),
        call(3, 3, stride=2, output_padding=1),
    ),
    Refused(
        "output_padding is larger than the stride",
        call(3, 3, stride=2, output_padding=5),
        call(3, 3, stride=2, output_padding=1),
    ),
    Refused(
        "output_padding is as large as the dilation, which is larger than the stride",
        call(3, 3, stride=2, output_padding=3, dilation=3),
        call(3, 3, stride=2, output_padding=2, dilation=3),
    ),
    Refused(
        "output_padding is as large as the stride, which is larger than the dilation",
        call(3, 3, stride=4, output_padding=4, dilation=2),
        call(3, 3, stride=4, output_padding=3, dilation=2),
    ),
    Refused("nothing is left of the output", call(1, 2, padding=1), call(1, 3, padding=1)),
    Refused("nothing is left of the output", call(2, 1, padding=2), call(4, 1, padding=1)),
    Refused(
        "nothing is left of the output",
        call(1, 2, stride=2, padding=1),
        call(1, 2, stride=2, padding=1, output_padding=1),
    ),
)


@pytest.mark.check("transposed_conv_output_size/errors", points=1)
@each(*TRANSPOSED_ERRORS)
def test_transposed_errors(student, case):
    """ValueError for arguments out of range, too large an output_padding, and where nothing is left of the output."""
    expect_refused(student, "transposed_conv_output_size", case, "the output size")


# conv_parameters


@pytest.mark.check("conv_parameters/worked_examples", points=1)
@each(
    Worked(call(3, 16, 5), 1_216),
    Worked(call(16, 16, 5), 6_416),
    Worked(call(3, 96, 11), 34_944),
    Worked(call(64, 128, 3), 73_856),
    Worked(call(128, 128, 3), 147_584),
)
def test_conv_parameters_worked(student, case):
    """Worked examples: 16 filters 5x5 on RGB and on 16 maps, AlexNet's first layer, convolutions of a U-Net."""
    got = student.conv_parameters(*case.call.arguments, **case.call.options)
    expect_integer(got, case.wanted, what="the number of parameters")


@pytest.mark.check("conv_parameters/unet_stage", points="1/2")
def test_conv_parameters_unet_stage(student):
    """The second encoder stage of a U-Net, 3x3 from 64 to 128 and from 128 to 128 channels: 221,440 parameters."""
    first, second = student.conv_parameters(64, 128, 3), student.conv_parameters(128, 128, (3, 3))
    expect_integer(first, 73_856, what="the number of parameters of the first convolution")
    expect_integer(second, 147_584, what="the number of parameters of the second convolution")
    expect_integer(first + second, 221_440, what="the number of parameters of the stage")


@pytest.mark.check("conv_parameters/values", points=1)
@example(case=call(1, 1, 1))
@example(case=call(2, 3, (1, 4)))
@example(case=call(2, 3, (4, 1), bias=False))
@example(case=call(5, 2, 3, bias=False))
@given(
    case=st.builds(lambda i, o, kernel, bias: call(i, o, kernel, bias=bias), channels, channels, pairs, st.booleans())
)
def test_conv_parameters_values(student, case):
    """The number of parameters for any channel counts, square and other kernels, with and without bias."""
    expect_right(student, "conv_parameters", case, "the number of parameters")


@st.composite
def grouped_calls(draw):
    """Two to four groups, and one or more channels in each."""
    groups, bias = draw(st.integers(2, 4)), draw(st.booleans())
    inputs, outputs = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return call(groups * inputs, groups * outputs, draw(pairs), bias=bias, groups=groups)


@pytest.mark.check("conv_parameters/groups", points="1/2")
@example(case=call(2, 2, 1, groups=2))
@example(case=call(4, 6, 1, bias=False, groups=2))
@example(case=call(96, 256, 5, groups=2))
@example(case=by_position(4, 6, 1, False, 2))
@given(case=grouped_calls())
def test_conv_parameters_groups(student, case):
    """With groups each filter sees only its share of the input channels, as in AlexNet's second layer."""
    expect_right(student, "conv_parameters", case, "the number of parameters")


PARAMETER_ERRORS = (
    Refused("in_channels is 0", call(0, 2, 3), call(1, 2, 3)),
    Refused("in_channels is negative", call(-2, 2, 3), call(2, 2, 3)),
    Refused("out_channels is 0", call(2, 0, 3), call(2, 1, 3)),
    Refused("out_channels is negative", call(2, -2, 3), call(2, 2, 3)),
    Refused("kernel is 0", call(2, 2, 0), call(2, 2, 1)),
    Refused("the kernel's height is 0", call(2, 2, (0, 3)), call(2, 2, (1, 3))),
    Refused("the kernel's width is 0", call(2, 2, (3, 0)), call(2, 2, (3, 1))),
    Refused("kernel is negative", call(2, 2, -1), call(2, 2, 1)),
    Refused("both entries of the kernel are negative", call(2, 2, (-3, -1)), call(2, 2, (3, 1))),
    Refused("groups is 0", call(2, 2, 3, groups=0), call(2, 2, 3, groups=1)),
    Refused("groups is negative", call(2, 2, 3, groups=-2), call(2, 2, 3, groups=2)),
    Refused("in_channels is not divisible by groups", call(3, 4, 3, groups=2), call(4, 4, 3, groups=2)),
    Refused("out_channels is not divisible by groups", call(4, 3, 3, groups=2), call(4, 2, 3, groups=2)),
    Refused("there are more groups than channels", call(2, 4, 3, groups=4), call(4, 4, 3, groups=4)),
)


@pytest.mark.check("conv_parameters/errors", points=1)
@each(*PARAMETER_ERRORS)
def test_conv_parameters_errors(student, case):
    """ValueError for counts below 1 and for channels that cannot be split evenly into the groups."""
    expect_refused(student, "conv_parameters", case, "the number of parameters")


# linear_parameters


@pytest.mark.check("linear_parameters/values", points=1)
@example(case=call(1, 1))
@example(case=call(16, 10))
@example(case=call(4_096, 10))
@example(case=call(16, 10, bias=False))
@given(case=st.builds(lambda i, o, bias: call(i, o, bias=bias), st.integers(1, 60), st.integers(1, 60), st.booleans()))
def test_linear_parameters_values(student, case):
    """The number of parameters with and without bias: ten classes on 16x16x16 inputs 40,970, on 16 averages 170."""
    expect_right(student, "linear_parameters", case, "the number of parameters")


LINEAR_ERRORS = (
    Refused("in_features is 0", call(0, 3), call(1, 3)),
    Refused("in_features is negative", call(-2, 3), call(2, 3)),
    Refused("out_features is 0", call(3, 0), call(3, 1)),
    Refused("out_features is negative", call(3, -2), call(3, 2)),
    Refused("both counts are negative", call(-3, -2), call(3, 2)),
)


@pytest.mark.check("linear_parameters/errors", points="1/2")
@each(*LINEAR_ERRORS)
def test_linear_parameters_errors(student, case):
    """ValueError for a count below 1."""
    expect_refused(student, "linear_parameters", case, "the number of parameters")


# batchnorm_parameters


@pytest.mark.check("batchnorm_parameters/values", points=1)
@each(call(1), call(3), call(17))
def test_batchnorm_parameters_values(student, case):
    """The trainable parameters of batch normalisation; 768 after layers of 64, 64 and 256 channels."""
    expect_right(student, "batchnorm_parameters", case, "the number of parameters")
    counts = [student.batchnorm_parameters(channels) for channels in (64, 64, 256)]
    for channels, count in zip((64, 64, 256), counts, strict=True):
        expect_integer(count, 2 * channels, what=f"the number of parameters after {channels} channels")
    expect_integer(sum(counts), 768, what="the number of parameters after 64, 64 and 256 channels")


@pytest.mark.check("batchnorm_parameters/errors", points="1/2")
@each(
    Refused("channels is 0", call(0), call(1)),
    Refused("channels is negative", call(-2), call(2)),
)
def test_batchnorm_parameters_errors(student, case):
    """ValueError for a count below 1."""
    expect_refused(student, "batchnorm_parameters", case, "the number of parameters")


# locally_connected_parameters

local_calls = st.builds(
    lambda i, o, kernel, output, bias: call(i, o, kernel, output, bias=bias),
    *(channels, channels, pairs, pairs, st.booleans()),
)


@pytest.mark.check("locally_connected_parameters/values", points=2)
@example(case=call(1, 1, 1, 1))
@example(case=call(3, 96, 11, 55))
@example(case=call(3, 96, 11, 55, bias=False))
@example(case=call(2, 3, (1, 4), (2, 5)))
@example(case=call(2, 3, 1, (5, 2), bias=False))
@example(case=call(2, 3, (4, 1), 2))
@given(case=local_calls)
def test_locally_connected_values(student, case):
    """The parameters without weight sharing: 105,705,600 for AlexNet's first layer."""
    expect_right(student, "locally_connected_parameters", case, "the number of parameters")


LOCAL_ERRORS = (
    Refused("in_channels is 0", call(0, 2, 3, 4), call(1, 2, 3, 4)),
    Refused("in_channels is negative", call(-2, 2, 3, 4), call(2, 2, 3, 4)),
    Refused("out_channels is 0", call(2, 0, 3, 4), call(2, 1, 3, 4)),
    Refused("out_channels is negative", call(2, -1, 3, 4), call(2, 1, 3, 4)),
    Refused("kernel is 0", call(2, 2, 0, 4), call(2, 2, 1, 4)),
    Refused("the kernel's height is 0", call(2, 2, (0, 3), 4), call(2, 2, (1, 3), 4)),
    Refused("the kernel's width is 0", call(2, 2, (3, 0), 4), call(2, 2, (3, 1), 4)),
    Refused("kernel is negative", call(2, 2, -3, 4), call(2, 2, 3, 4)),
    Refused("output_size is 0", call(2, 2, 3, 0), call(2, 2, 3, 1)),
    Refused("the output's height is 0", call(2, 2, 3, (0, 4)), call(2, 2, 3, (1, 4))),
    Refused("the output's width is 0", call(2, 2, 3, (4, 0)), call(2, 2, 3, (4, 1))),
    Refused("output_size is negative", call(2, 2, 3, -4), call(2, 2, 3, 4)),
)


@pytest.mark.check("locally_connected_parameters/errors", points="1/2")
@each(*LOCAL_ERRORS)
def test_locally_connected_errors(student, case):
    """ValueError for counts, kernels and output sizes below 1."""
    expect_refused(student, "locally_connected_parameters", case, "the number of parameters")


# conv_multiply_adds

operation_calls = st.builds(lambda i, o, kernel, output: call(i, o, kernel, output), channels, channels, pairs, pairs)


@pytest.mark.check("conv_multiply_adds/values", points=1)
@example(case=call(1, 1, 1, 1))
@example(case=call(3, 96, 11, 55))
@example(case=call(2, 3, (1, 4), (2, 5)))
@example(case=call(2, 3, (4, 1), 2))
@example(case=call(2, 3, 2, (5, 2)))
@given(case=operation_calls)
def test_multiply_adds_values(student, case):
    """The multiply-accumulate operations of one image, bias not counted: 105,415,200 for AlexNet's first layer."""
    expect_right(student, "conv_multiply_adds", case, "the number of operations")


@pytest.mark.check("conv_multiply_adds/groups", points="1/2")
@example(case=call(2, 2, 1, 1, groups=2))
@example(case=call(4, 6, (1, 3), (2, 5), groups=2))
@given(
    case=st.builds(
        lambda grouped, output: call(*grouped.arguments, output, groups=grouped.options["groups"]),
        *(grouped_calls(), pairs),
    )
)
def test_multiply_adds_groups(student, case):
    """With groups each output value is a sum over its share of the input channels only."""
    expect_right(student, "conv_multiply_adds", case, "the number of operations")


OPERATION_ERRORS = (
    *LOCAL_ERRORS,
    Refused("groups is 0", call(2, 2, 3, 4, groups=0), call(2, 2, 3, 4, groups=1)),
    Refused("groups is negative", call(2, 2, 3, 4, groups=-2), call(2, 2, 3, 4, groups=2)),
    Refused("in_channels is not divisible by groups", call(3, 4, 3, 4, groups=2), call(4, 4, 3, 4, groups=2)),
    Refused("out_channels is not divisible by groups", call(4, 3, 3, 4, groups=2), call(4, 2, 3, 4, groups=2)),
    Refused("there are more groups than channels", call(2, 4, 3, 4, groups=4), call(4, 4, 3, 4, groups=4)),
)


@pytest.mark.check("conv_multiply_adds/errors", points="1/2")
@each(*OPERATION_ERRORS)
def test_multiply_adds_errors(student, case):
    """ValueError for counts, kernels and output sizes below 1 and for channels that cannot be split into the groups."""
    expect_refused(student, "conv_multiply_adds", case, "the number of operations")


# receptive_field

PAIR = [(5, 1), (2, 2)]


@pytest.mark.check("receptive_field/worked_examples", points=1)
@each(
    Worked(call([]), 1),
    Worked(call([(5, 1)]), 5),
    Worked(call([(2, 2)]), 2),
    Worked(call([*PAIR, (5, 1)]), 14),
    Worked(call([*PAIR, *PAIR, (5, 1)]), 32),
    Worked(call([*PAIR, *PAIR, *PAIR]), 36),
)
def test_receptive_field_worked(student, case):
    """Worked examples: no layer, one layer, and up to three times a 5x5 convolution and 2x2 pooling, 36 pixels."""
    expect_integer(student.receptive_field(*case.call.arguments), case.wanted, what="the side of the receptive field")


@pytest.mark.check("receptive_field/values", points=1)
@example(case=call([(1, 3), (2, 1)]))
@example(case=call([(2, 1), (1, 3)]))
@example(case=call([(3, 2), (2, 3), (2, 1)]))
@example(case=call(((3, 2), (1, 1), (3, 1))))
@given(case=layer_stacks().map(call))
def test_receptive_field_values(student, case):
    """The receptive field of any stack: each layer widens it by the strides of all layers before it."""
    expect_right(student, "receptive_field", case, "the side of the receptive field")


@pytest.mark.check("receptive_field/dilation", points=1)
@example(case=call([(2, 1, 3)]))
@example(case=call([(3, 1, 1), (3, 1, 2), (3, 1, 4)]))
@example(case=call([(1, 1, 3), (2, 1)]))
@example(case=call([(2, 1, 3), (2, 1)]))
@example(case=call([(2, 2), (2, 2, 2), (3, 1)]))
@given(case=layer_stacks(dilated=True).map(call))
def test_receptive_field_dilation(student, case):
    """Layers with a dilation, (kernel, stride, dilation), among others without."""
    expect_right(student, "receptive_field", case, "the side of the receptive field")


FIELD_ERRORS = (
    Refused("a tuple holds a kernel only", call([(3,)]), call([(3, 1)])),
    Refused("a tuple is empty", call([(3, 1), ()]), call([(3, 1), (3, 1)])),
    Refused("a tuple has four entries", call([(3, 1, 1, 1)]), call([(3, 1, 1)])),
    Refused("the last tuple has four entries", call([(3, 2), (3, 1, 2, 1)]), call([(3, 2), (3, 1, 2)])),
    Refused("a kernel is 0", call([(3, 2), (0, 1)]), call([(3, 2), (1, 1)])),
    Refused("a kernel is negative", call([(3, 2), (-1, 1)]), call([(3, 2), (1, 1)])),
    Refused("a kernel is 0", call([(3, 2), (0, 1, 2)]), call([(3, 2), (1, 1, 2)])),
    Refused("a stride is 0", call([(3, 0), (3, 1)]), call([(3, 1), (3, 1)])),
    Refused("the last stride is 0", call([(3, 1), (3, 0)]), call([(3, 1), (3, 1)])),
    Refused("a stride is negative", call([(3, -1)]), call([(3, 1)])),
    Refused("a stride is 0", call([(3, 0, 2)]), call([(3, 1, 2)])),
    Refused("a dilation is 0", call([(3, 1), (3, 1, 0)]), call([(3, 1), (3, 1, 1)])),
    Refused("a dilation is negative", call([(3, 2), (1, 1, -2)]), call([(3, 2), (1, 1, 2)])),
)


@pytest.mark.check("receptive_field/errors", points=1)
@each(*FIELD_ERRORS)
def test_receptive_field_errors(student, case):
    """ValueError for a tuple of another length than 2 or 3, and for a kernel, stride or dilation below 1."""
    expect_refused(student, "receptive_field", case, "the side of the receptive field")


# dense_block_channels


@pytest.mark.check("dense_block_channels/values", points=1)
@example(case=call(1, 1, 0))
@example(case=call(32, 24, 3))
@example(case=call(5, 3, 1))
@example(case=call(64, 32, 6))
@given(case=st.builds(call, st.integers(1, 40), st.integers(1, 24), st.integers(0, 12)))
def test_dense_block_values(student, case):
    """The channels that leave a DenseNet block: 32 in, growth 24 and three layers give 104."""
    expect_right(student, "dense_block_channels", case, "the number of channels")


@pytest.mark.check("dense_block_channels/errors", points="1/2")
@each(
    Refused("in_channels is 0", call(0, 4, 3), call(1, 4, 3)),
    Refused("in_channels is negative", call(-5, 4, 3), call(5, 4, 3)),
    Refused("growth_rate is 0", call(4, 0, 3), call(4, 1, 3)),
    Refused("growth_rate is negative", call(9, -1, 3), call(9, 1, 3)),
    Refused("num_layers is negative", call(9, 4, -1), call(9, 4, 0)),
    Refused("growth_rate is 0, though there are no layers", call(9, 0, 0), call(9, 1, 0)),
)
def test_dense_block_errors(student, case):
    """ValueError for counts out of range; a block of 0 layers is allowed."""
    expect_refused(student, "dense_block_channels", case, "the number of channels")


# dense_layer_inputs


@st.composite
def map_lists(draw):
    """Up to six maps, and one of the layers they may be the input of."""
    maps = draw(st.lists(st.integers(1, 40), max_size=6))
    return call(maps, draw(st.integers(1, len(maps) + 1)))


@pytest.mark.check("dense_layer_inputs/values", points=1)
@example(case=call([], 1))
@example(case=call([64, 128], 1))
@example(case=call([64, 128], 2))
@example(case=call([64, 128], 3))
@example(case=call([7, 5, 3, 2], 3))
@example(case=call((16, 12, 12), 4))
@given(case=map_lists())
def test_dense_layer_inputs_values(student, case):
    """The channels of all earlier maps together: maps of 64 and 128 give the third layer 192 inputs."""
    expect_right(student, "dense_layer_inputs", case, "the number of input channels")


@pytest.mark.check("dense_layer_inputs/errors", points="1/2")
@each(
    Refused("layers are counted from 1", call([64, 128], 0), call([64, 128], 1)),
    Refused("layer is negative", call([64, 128, 32], -1), call([64, 128, 32], 2)),
    Refused("there are too few maps for that layer", call([64, 128], 4), call([64, 128], 3)),
    Refused("there are too few maps for that layer", call([], 2), call([], 1)),
    Refused("there are too few maps for that layer", call([64], 9), call([64], 2)),
)
def test_dense_layer_inputs_errors(student, case):
    """ValueError for a layer that is not one of 1 .. number of maps + 1; both ends are right."""
    expect_refused(student, "dense_layer_inputs", case, "the number of input channels")


# unet_bottleneck_size


@pytest.mark.check("unet_bottleneck_size/values", points=1)
@example(case=call(1, 0))
@example(case=call(7, 0))
@example(case=call(2, 1))
@example(case=call(256, 4))
@example(case=call(96, 5))
@given(case=st.builds(lambda bottom, depth: call(bottom * 2**depth, depth), st.integers(1, 12), st.integers(0, 6)))
def test_unet_bottleneck_values(student, case):
    """The side of the deepest map: 256 wide and four halvings give 16."""
    expect_right(student, "unet_bottleneck_size", case, "the side of the deepest map")


@pytest.mark.check("unet_bottleneck_size/errors", points="1/2")
@each(
    Refused("size is 0", call(0, 2), call(4, 2)),
    Refused("size is negative", call(-16, 2), call(16, 2)),
    Refused("size is 0", call(0, 0), call(1, 0)),
    Refused("depth is negative", call(8, -1), call(8, 0)),
    Refused("an odd size cannot be halved", call(7, 1), call(7, 0)),
    Refused("100 can be halved twice only", call(100, 3), call(100, 2)),
    Refused("12 is divisible by 3, but not by 2**3", call(12, 3), call(12, 2)),
    Refused("size is smaller than 2**depth", call(8, 4), call(8, 3)),
)
def test_unet_bottleneck_errors(student, case):
    """ValueError for arguments out of range and for a size that cannot be halved that often without a remainder."""
    expect_refused(student, "unet_bottleneck_size", case, "the side of the deepest map")


# summarize


def expect_table(got, wanted, layers, shapes=True):
    """Require the right output shape and number of parameters of every layer; shapes only where asked for."""
    if not isinstance(got, (list, tuple)):
        many = f"{len(wanted)} pairs" if len(wanted) != 1 else "1 pair"
        fail("the result is not a list of pairs (output shape, parameters)", many, describe(got), got)
    if len(got) != len(wanted):
        fail("the result does not have one pair for each layer", f"{len(wanted)} in all", f"{len(got)} in all", got)
    for number, (row, right, layer) in enumerate(zip(got, wanted, layers, strict=True), start=1):
        if not isinstance(row, (list, tuple)) or len(row) != 2:
            fail(f"entry {number} is not a pair (output shape, parameters)", repr(right), describe(row), row)
        if shapes:
            expect_equal(row[0], right[0], what=f"the output shape of layer {number}, {layer}")
        expect_integer(row[1], right[1], what=f"the number of parameters of layer {number}, {layer}")


def expect_right_table(student, network):
    """Require the oracle's table."""
    expect_table(student.summarize(*network), oracle.summarize(*network), network.layers)


STAGE = [("conv", 16, 5, 1, 2), ("max_pool", 2, 2)]
STAGE_ROWS = [
    ((16, 128, 128), 1_216),
    ((16, 64, 64), 0),
    ((16, 64, 64), 6_416),
    ((16, 32, 32), 0),
    ((16, 32, 32), 6_416),
    ((16, 16, 16), 0),
]


class Table(NamedTuple):
    """A network and its table as worked out by hand."""

    network: Network
    rows: list[tuple[tuple[int, ...], int]]


@pytest.mark.check("summarize/three_stages", points=1)
@each(
    Table(Network((3, 128, 128), STAGE[:1]), STAGE_ROWS[:1]),
    Table(Network((3, 128, 128), STAGE * 3), STAGE_ROWS),
    Table(
        Network((3, 128, 128), [*STAGE * 3, ("flatten",), ("linear", 10)]),
        [*STAGE_ROWS, ((4_096,), 0), ((10,), 40_970)],
    ),
    Table(
        Network((3, 128, 128), [*STAGE * 3, ("global_avg_pool",), ("linear", 10)]),
        [*STAGE_ROWS, ((16,), 0), ((10,), 170)],
    ),
)
def test_summarize_three_stages(student, case):
    """Worked example: three times 16 filters 5x5 and pooling on 128x128 RGB, then ten classes on all or on averages."""
    expect_table(student.summarize(*case.network), case.rows, case.network.layers)


@pytest.mark.check("summarize/images", points=2)
@example(case=Network((2, 3, 4), []))
@example(case=Network((2, 3, 4), [("relu",)]))
@example(case=Network((2, 3, 4), [("batchnorm",), ("dropout", 0.5)]))
@example(case=Network((2, 4, 7), [("conv", 3, 2, 1, 0)]))
@example(case=Network((2, 4, 7), [("conv", 3, 1, 2, 1)]))
@example(case=Network((2, 7, 8), [("max_pool", 3, 1), ("avg_pool", 2, 3)]))
@example(case=Network((1, 8, 5), [("avg_pool", 3, 2), ("max_pool", 1, 2)]))
@example(case=Network((2, 3, 3), (("avg_pool", 3, 1), ("relu",))))
@example(case=Network((2, 5, 9), [("conv", 4, 3, 2, 1), ("batchnorm",), ("conv", 6, 2, 1, 0), ("batchnorm",)]))
@given(case=networks())
def test_summarize_images(student, case):
    """Convolution, pooling, batch norm, ReLU and dropout on images that need not be square."""
    expect_right_table(student, case)


@pytest.mark.check("summarize/flat", points=1)
@example(case=Network((2, 3, 4), [("flatten",)]))
@example(case=Network((2, 3, 4), [("global_avg_pool",)]))
@example(case=Network((2, 3, 4), [("flatten",), ("flatten",), ("linear", 5)]))
@example(case=Network((2, 3, 4), [("flatten",), ("batchnorm",), ("relu",), ("dropout", 0.5), ("linear", 5)]))
@example(case=Network((2, 3, 4), [("global_avg_pool",), ("linear", 5), ("batchnorm",), ("linear", 3)]))
@given(case=networks(flat=True))
def test_summarize_flat(student, case):
    """Flat shapes: flattening, global average pooling, linear layers, and what else fits after them."""
    expect_right_table(student, case)


CONFIGURATIONS = {
    "A": "64 M 128 M 256 256 M 512 512 M 512 512 M",
    "B": "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    "C": "64 64 M 128 128 M 256 256 1x1 M 512 512 1x1 M 512 512 1x1 M",
    "D": "64 64 M 128 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    "E": "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
}
"""Simonyan and Zisserman, table 1: filters 3x3 unless written 1x1, which are as many as before; M is max pooling."""
CONFIGURATIONS["A-LRN"] = CONFIGURATIONS["A"]  # local response normalisation has no parameters and keeps the shape


def vgg(configuration):
    """The network of a column of the table, for images of 224x224, without ReLU and dropout."""
    layers: list[tuple] = []
    for word in CONFIGURATIONS[configuration].split():
        if word == "M":
            layers.append(("max_pool", 2, 2))
        elif word == "1x1":
            layers.append(("conv", layers[-1][1], 1, 1, 0))
        else:
            layers.append(("conv", int(word), 3, 1, 1))
    return Network((3, 224, 224), [*layers, ("flatten",), ("linear", 4096), ("linear", 4096), ("linear", 1000)])


VGG16_ROWS = [
    ((64, 224, 224), 1_792),
    ((64, 224, 224), 36_928),
    ((64, 112, 112), 0),
    ((128, 112, 112), 73_856),
    ((128, 112, 112), 147_584),
    ((128, 56, 56), 0),
    ((256, 56, 56), 295_168),
    ((256, 56, 56), 590_080),
    ((256, 56, 56), 590_080),
    ((256, 28, 28), 0),
    ((512, 28, 28), 1_180_160),
    ((512, 28, 28), 2_359_808),
    ((512, 28, 28), 2_359_808),
    ((512, 14, 14), 0),
    ((512, 14, 14), 2_359_808),
    ((512, 14, 14), 2_359_808),
    ((512, 14, 14), 2_359_808),
    ((512, 7, 7), 0),
    ((25_088,), 0),
    ((4_096,), 102_764_544),
    ((4_096,), 16_781_312),
    ((1_000,), 4_097_000),
]


@pytest.mark.check("summarize/vgg16", points=2)
def test_summarize_vgg16(student):
    """VGG-16 layer by layer, shapes and parameters as Keras prints them (channels first here), 138,357,544 in all."""
    network = vgg("D")
    table = student.summarize(*network)
    expect_table(table, VGG16_ROWS, network.layers)
    expect_integer(sum(row[1] for row in table), 138_357_544, what="the number of parameters of VGG-16")


class Total(NamedTuple):
    """A VGG configuration, its number of parameters, and the same in millions as the paper's table 2 has it."""

    configuration: str
    parameters: int
    millions: int


@pytest.mark.check("summarize/vgg_configurations", points=1)
@each(
    Total("A", 132_863_336, 133),
    Total("A-LRN", 132_863_336, 133),
    Total("B", 133_047_848, 133),
    Total("C", 133_638_952, 134),
    Total("D", 138_357_544, 138),
    Total("E", 143_667_240, 144),
)
def test_summarize_vgg_configurations(student, case):
    """The six VGG configurations A, A-LRN, B, C, D, E have 133, 133, 133, 134, 138 and 144 million parameters."""
    network = vgg(case.configuration)
    table = student.summarize(*network)
    expect_table(table, oracle.summarize(*network), network.layers, shapes=False)
    total = sum(row[1] for row in table)
    expect_integer(total, case.parameters, what=f"the number of parameters of VGG's configuration {case.configuration}")
    expect_integer(round(total / 1e6), case.millions, what=f"the millions of configuration {case.configuration}")


class RefusedNetwork(NamedTuple):
    """A network that must raise ValueError, the reason, and one near it that must not."""

    why: str
    input_shape: tuple[int, ...]
    bad: list[tuple]
    good: list[tuple]


FLAT = ("flatten",)
AVERAGE = ("global_avg_pool",)


@pytest.mark.check("summarize/errors", points="3/2")
@each(
    RefusedNetwork("('upsample', 2) is not a layer", (2, 4, 6), [("upsample", 2)], [("max_pool", 2, 2)]),
    RefusedNetwork("('softmax',) is not a layer", (2, 4, 6), [FLAT, ("softmax",)], [FLAT, ("relu",)]),
    RefusedNetwork("the kernel is higher than the image", (1, 4, 6), [("conv", 2, 5, 1, 0)], [("conv", 2, 4, 1, 0)]),
    RefusedNetwork("the kernel is wider than the image", (1, 6, 4), [("conv", 2, 5, 2, 0)], [("conv", 2, 4, 2, 0)]),
    RefusedNetwork(
        "the kernel is larger than the padded image", (1, 4, 4), [("conv", 2, 7, 1, 1)], [("conv", 2, 6, 1, 1)]
    ),
    RefusedNetwork("the window is higher than the image", (2, 2, 5), [("max_pool", 3, 1)], [("max_pool", 2, 1)]),
    RefusedNetwork("the window is wider than the image", (2, 5, 2), [("avg_pool", 3, 2)], [("avg_pool", 2, 2)]),
    RefusedNetwork(
        "the second window is larger than the map",
        (1, 4, 4),
        [("max_pool", 2, 2), ("max_pool", 3, 1)],
        [("max_pool", 2, 2), ("max_pool", 2, 1)],
    ),
    RefusedNetwork("a linear layer does not fit an image", (2, 3, 4), [("linear", 5)], [FLAT, ("linear", 5)]),
    RefusedNetwork("a linear layer does not fit an image", (4, 1, 1), [("linear", 5)], [AVERAGE, ("linear", 5)]),
    RefusedNetwork(
        "a convolution does not fit a flat shape", (2, 3, 4), [FLAT, ("conv", 2, 1, 1, 0)], [("conv", 2, 1, 1, 0), FLAT]
    ),
    RefusedNetwork(
        "a convolution does not fit a flat shape",
        (2, 3, 4),
        [AVERAGE, ("conv", 2, 1, 1, 0)],
        [("conv", 2, 1, 1, 0), AVERAGE],
    ),
    RefusedNetwork(
        "max pooling does not fit a flat shape", (2, 3, 4), [FLAT, ("max_pool", 1, 1)], [("max_pool", 1, 1), FLAT]
    ),
    RefusedNetwork(
        "average pooling does not fit a flat shape", (2, 3, 4), [FLAT, ("avg_pool", 1, 1)], [("avg_pool", 1, 1), FLAT]
    ),
    RefusedNetwork("global pooling does not fit a flat shape", (2, 3, 4), [FLAT, AVERAGE], [AVERAGE, FLAT]),
    RefusedNetwork("global pooling does not fit a flat shape", (2, 3, 4), [AVERAGE, AVERAGE], [AVERAGE]),
    RefusedNetwork("p of dropout is 1", (2, 3, 4), [("dropout", 1)], [("dropout", 0.99)]),
    RefusedNetwork("p of dropout is above 1", (2, 3, 4), [FLAT, ("dropout", 1.5)], [FLAT, ("dropout", 0.5)]),
    RefusedNetwork("p of dropout is negative", (2, 3, 4), [("dropout", -0.1)], [("dropout", 0)]),
)
def test_summarize_errors(student, case):
    """ValueError for an unknown layer and for one that does not fit its input; its neighbours that fit are right."""
    expect_value_error(student.summarize, case.input_shape, case.bad, why=case.why)
    expect_right_table(student, Network(case.input_shape, case.good))
