"""Known wrong ways to write each function, the most common ones first, and the hint that each one earns.

Those marked `wrong_value` raise ValueError wherever they should; those about ValueError are right elsewhere.
"""

from __future__ import annotations

import functools
import math

from grader.checking import Trait, misconception
from grader.checking.traits import equals, holds, value
from reference.conv_arithmetic import oracle


def wrong_value(function, hint):
    """Mark a function that computes a wrong value of `function`, and give it the right one's errors."""

    def mark(wrong):
        @functools.wraps(wrong)
        def guarded(*arguments, **options):
            getattr(oracle, function)(*arguments, **options)
            return wrong(*arguments, **options)

        return misconception(function, hint)(guarded)

    return mark


def span(kernel, dilation):
    """Entries from the first tap of a kernel to the last."""
    return dilation * (kernel - 1) + 1


def height_width(pair):
    """A Pair as a tuple, whatever is in it."""
    return pair if isinstance(pair, tuple) else (pair, pair)


def area(pair):
    """The product of a Pair."""
    return math.prod(height_width(pair))


def _fits(size, kernel, stride, padding, dilation):
    """Whether the stride leaves nothing over."""
    return stride > 0 and (size + 2 * padding - span(kernel, dilation)) % stride == 0


def _dilation(arguments):
    """1 where there is no such argument."""
    return arguments.get("dilation", 1)


def _strides(arguments):
    """Whether every layer has stride 1; None where there are no layers of numbers."""
    layers = arguments.get("layers", ())
    whole = layers and all(len(layer) > 1 and isinstance(layer[1], int) for layer in layers)
    return all(layer[1] == 1 for layer in layers) if whole else None


ONE_AXIS = ("conv_output_size", "stride_fits", "transposed_conv_output_size")
TRAITS = (
    Trait("stride 1", "larger stride", equals(value("stride"), 1), ONE_AXIS),
    Trait("calls without padding", "call with padding", equals(value("padding"), 0), ONE_AXIS),
    Trait("kernels that are not dilated", "dilated kernel", equals(value("dilation"), 1)),
    Trait("an output_padding of 0", "other output_padding", equals(value("output_padding"), 0)),
    Trait(
        "a stride that leaves nothing over",
        "stride that leaves some over",
        holds(_fits, value("size"), value("kernel"), value("stride"), value("padding"), _dilation),
        ("conv_output_size", "stride_fits"),
    ),
    Trait("kernels of one entry", "larger kernel", equals(value("kernel"), 1), ONE_AXIS),
    Trait("odd kernels", "even kernel", holds(lambda kernel: kernel % 2 == 1, value("kernel")), ("same_padding",)),
    Trait(
        "square kernels",
        "kernel that is not square",
        holds(lambda height, width: height == width, value("kernel", 0), value("kernel", 1)),
        ("conv_parameters", "conv_multiply_adds", "locally_connected_parameters"),
    ),
    Trait(
        "square outputs",
        "output that is not square",
        holds(lambda height, width: height == width, value("output_size", 0), value("output_size", 1)),
    ),
    Trait("a single group", "larger number of groups", equals(value("groups"), 1)),
    Trait("layers with a bias", "layer without bias", equals(value("bias"), True)),
    Trait("layers without bias", "layer with a bias", equals(value("bias"), False)),
    Trait("one channel in", "larger number of channels", equals(value("in_channels"), 1)),
    Trait("layers of stride 1", "sequence with a larger stride", _strides, ("receptive_field",)),
    Trait("a depth of 1", "other depth", equals(value("depth"), 1), ("unet_bottleneck_size",)),
)


# conv_output_size


@wrong_value(
    "conv_output_size",
    "Padding is added to one side of the input only. It is put on both, so the padded input is size + 2*padding wide "
    "(Dumoulin and Visin, section 2.2).",
)
def padding_on_one_side_only(size, kernel, stride=1, padding=0, dilation=1):
    return (size + padding - span(kernel, dilation)) // stride + 1


@wrong_value(
    "conv_output_size",
    "Entries left over at the end count as one more window here. A window that does not fit completely is left out: "
    "the quotient is rounded down (Dumoulin and Visin, section 2.4).",
)
def rounded_up(size, kernel, stride=1, padding=0, dilation=1):
    return -((span(kernel, dilation) - size - 2 * padding) // stride) + 1


@wrong_value(
    "conv_output_size",
    "The quotient is rounded to the nearest whole number, so that half a window counts as one. A window that does not "
    "fit completely is left out: round down (Dumoulin and Visin, section 2.4).",
)
def rounded_to_nearest(size, kernel, stride=1, padding=0, dilation=1):
    return round((size + 2 * padding - span(kernel, dilation)) / stride) + 1


@wrong_value(
    "conv_output_size",
    "The quotient is not rounded down, so that where the stride leaves rows over the size is no whole number. Whole "
    "windows are counted (Dumoulin and Visin, section 2.4).",
)
def not_rounded(size, kernel, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - span(kernel, dilation)) / stride + 1


@wrong_value(
    "conv_output_size",
    "The result is one too small: the quotient counts the steps of the window, and the place where it starts comes on "
    "top (Dumoulin and Visin, section 2.1).",
)
def starting_place_forgotten(size, kernel, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - span(kernel, dilation)) // stride


@wrong_value(
    "conv_output_size",
    "The 1 is added before the division by the stride, which is right at stride 1 only. It stands for the window's "
    "first place and is added after it (Dumoulin and Visin, section 2.3).",
)
def one_added_before_the_division(size, kernel, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - span(kernel, dilation) + 1) // stride


@wrong_value("conv_output_size", "The padding has no effect on the result. It makes the input larger on both sides.")
def padding_ignored(size, kernel, stride=1, padding=0, dilation=1):
    return (size - span(kernel, dilation)) // stride + 1


@wrong_value("conv_output_size", "The stride has no effect on the result. The window moves by it, not by 1.")
def stride_ignored(size, kernel, stride=1, padding=0, dilation=1):
    return size + 2 * padding - span(kernel, dilation) + 1


@wrong_value(
    "conv_output_size",
    "The dilation has no effect on the result. It pulls the kernel's taps apart, so that it spans dilation*(kernel - "
    "1) + 1 entries (Dumoulin and Visin, section 5.1).",
)
def dilation_ignored(size, kernel, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - kernel) // stride + 1


@wrong_value(
    "conv_output_size",
    "The dilated kernel is taken to span dilation*kernel entries. There are only kernel - 1 gaps between its taps, so "
    "it spans dilation*(kernel - 1) + 1 (Dumoulin and Visin, section 5.1).",
)
def gap_after_the_last_tap(size, kernel, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * kernel) // stride + 1


@wrong_value(
    "conv_output_size",
    "The dilation is taken as the number of entries left out between two taps. It is their distance, so that 1 is the "
    "ordinary kernel (Dumoulin and Visin, section 5.1).",
)
def dilation_counted_from_zero(size, kernel, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - span(kernel, dilation + 1)) // stride + 1


def bare_size(size, kernel, stride=1, padding=0, dilation=1):
    """The formula alone, for any arguments."""
    return (size + 2 * padding - span(kernel, dilation)) // stride + 1


@misconception(
    "conv_output_size",
    "No argument is looked at, so that a size comes out where there is no such convolution. The docstring lists what "
    "raises ValueError.",
)
def arguments_not_checked(size, kernel, stride=1, padding=0, dilation=1):
    return bare_size(size, kernel, stride, padding, dilation)


@misconception(
    "conv_output_size",
    "ValueError is raised only where the result is below 1. Arguments out of range can give a result that looks right: "
    "a stride of -1, a kernel of 0. Each has a range of its own in the docstring.",
)
def only_the_result_checked(size, kernel, stride=1, padding=0, dilation=1):
    result = bare_size(size, kernel, stride, padding, dilation)
    if result < 1:
        raise ValueError(f"the output size would be {result}")
    return result


@misconception(
    "conv_output_size",
    "A kernel larger than the padded input gives a size here. Its window fits nowhere, which is a ValueError.",
)
def kernel_larger_than_the_input_accepted(size, kernel, stride=1, padding=0, dilation=1):
    if min(size, kernel, stride, dilation) < 1 or padding < 0:
        return oracle.conv_output_size(size, kernel, stride, padding, dilation)
    return bare_size(size, kernel, stride, padding, dilation)


@misconception(
    "conv_output_size",
    "The kernel is compared with the input before padding, so that valid calls are refused: an input 2 wide with "
    "padding 1 has room for a kernel of 3.",
)
def kernel_compared_before_padding(size, kernel, stride=1, padding=0, dilation=1):
    if span(kernel, dilation) > size:
        raise ValueError(f"kernel {kernel} is larger than size {size}")
    return oracle.conv_output_size(size, kernel, stride, padding, dilation)


@misconception(
    "conv_output_size",
    "The kernel is compared with the padded input before dilation. What has to fit is the dilated kernel, "
    "dilation*(kernel - 1) + 1 entries.",
)
def kernel_compared_before_dilation(size, kernel, stride=1, padding=0, dilation=1):
    if min(size, kernel, stride, dilation) >= 1 and padding >= 0 and kernel <= size + 2 * padding:
        return bare_size(size, kernel, stride, padding, dilation)
    return oracle.conv_output_size(size, kernel, stride, padding, dilation)


@misconception(
    "conv_output_size",
    "A kernel exactly as large as the padded input is refused. It fits once, and the output size is 1.",
)
def kernel_as_large_as_the_input_refused(size, kernel, stride=1, padding=0, dilation=1):
    if span(kernel, dilation) >= size + 2 * padding:
        raise ValueError(f"kernel {kernel} is not smaller than the padded size {size + 2 * padding}")
    return oracle.conv_output_size(size, kernel, stride, padding, dilation)


@misconception(
    "conv_output_size",
    "Only an argument of exactly 0 is refused, and negative ones go through. Compare with the smallest value allowed.",
)
def only_zero_refused(size, kernel, stride=1, padding=0, dilation=1):
    if min(size, kernel, stride, dilation) < 0 or padding < 0:
        return bare_size(size, kernel, stride, padding, dilation)
    return oracle.conv_output_size(size, kernel, stride, padding, dilation)


@misconception(
    "conv_output_size",
    "The ValueError comes without a message, or with one that does not say which argument was bad and what it was. "
    "Whoever reads it needs both, as in 'stride must be at least 1, got 0'.",
)
def message_not_to_the_point(size, kernel, stride=1, padding=0, dilation=1):
    try:
        return oracle.conv_output_size(size, kernel, stride, padding, dilation)
    except ValueError:
        raise ValueError from None


# stride_fits


@wrong_value(
    "stride_fits",
    "The size that `conv_output_size` gives is rounded down already, so asking whether it is whole always says yes. "
    "Look at the remainder before the rounding (Dumoulin and Visin, section 2.4).",
)
def rounded_size_is_always_whole(size, kernel, stride, padding=0):
    return oracle.conv_output_size(size, kernel, stride, padding) % 1 == 0


@wrong_value("stride_fits", "The padding is left out. The windows run over the padded input, size + 2*padding wide.")
def padding_left_out(size, kernel, stride, padding=0):
    return (size - kernel) % stride == 0


@wrong_value(
    "stride_fits",
    "Padding is added to one side of the input only. It is put on both (Dumoulin and Visin, section 2.2).",
)
def padded_on_one_side_only(size, kernel, stride, padding=0):
    return (size + padding - kernel) % stride == 0


@wrong_value(
    "stride_fits",
    "The whole padded input is divided by the stride. The first window takes up `kernel` entries, and only what lies "
    "behind it has to be a number of whole steps (Dumoulin and Visin, section 2.3).",
)
def kernel_left_out(size, kernel, stride, padding=0):
    return (size + 2 * padding) % stride == 0


@wrong_value(
    "stride_fits",
    "The number of places at stride 1 is divided by the stride. The first of them is the start; only the places behind "
    "it have to be a multiple of the stride.",
)
def first_place_counted_as_a_step(size, kernel, stride, padding=0):
    return (size + 2 * padding - kernel + 1) % stride == 0


@wrong_value("stride_fits", "The answer is turned round: True means that no rows are left over.")
def says_whether_rows_are_left_over(size, kernel, stride, padding=0):
    return (size + 2 * padding - kernel) % stride != 0


@wrong_value(
    "stride_fits",
    "A stride that is no larger than the kernel leaves no gaps between the windows, but rows may still be left over at "
    "the end. That is what is asked.",
)
def stride_compared_with_the_kernel(size, kernel, stride, padding=0):
    return stride <= kernel


def bare_fits(size, kernel, stride, padding=0):
    """The formula alone, for any arguments."""
    return (size + 2 * padding - kernel) % stride == 0


@misconception("stride_fits", "No argument is looked at. What raises ValueError in `conv_output_size` does so here.")
def fit_of_impossible_windows(size, kernel, stride, padding=0):
    return bare_fits(size, kernel, stride, padding)


@misconception(
    "stride_fits",
    "False is returned where the kernel is larger than the padded input, or an argument out of range. That is no "
    "answer to the question but a mistake of the caller: ValueError.",
)
def errors_answered_with_false(size, kernel, stride, padding=0):
    try:
        return oracle.stride_fits(size, kernel, stride, padding)
    except ValueError:
        return False


@misconception(
    "stride_fits",
    "A kernel larger than the padded input is not refused. The remainder of a negative number says nothing about "
    "windows.",
)
def window_larger_than_the_input_accepted(size, kernel, stride, padding=0):
    if min(size, kernel, stride) < 1 or padding < 0:
        return oracle.stride_fits(size, kernel, stride, padding)
    return bare_fits(size, kernel, stride, padding)


@misconception(
    "stride_fits",
    "ValueError is raised where rows are left over. That is an ordinary case, and the answer is False.",
)
def rows_left_over_refused(size, kernel, stride, padding=0):
    if not oracle.stride_fits(size, kernel, stride, padding):
        raise ValueError(f"stride {stride} leaves rows over")
    return True


# same_padding


@misconception(
    "same_padding",
    "Half the kernel, rounded down, is returned for even kernels too. With an even kernel and no dilation one row is "
    "lost or won whatever the padding: ValueError (Dumoulin and Visin, section 2.2.1, says 'for any n odd').",
)
def half_of_an_even_kernel(kernel, dilation=1):
    if min(kernel, dilation) < 1:
        return oracle.same_padding(kernel, dilation)
    return dilation * (kernel // 2)


@misconception(
    "same_padding",
    "dilation*(kernel - 1) is halved and rounded down where it is odd. No whole number keeps the size then: "
    "ValueError.",
)
def odd_padding_rounded_down(kernel, dilation=1):
    if min(kernel, dilation) < 1:
        return oracle.same_padding(kernel, dilation)
    return dilation * (kernel - 1) // 2


@wrong_value(
    "same_padding",
    "The dilation has no effect. A dilated kernel spans more of the input and needs more padding (Dumoulin and Visin, "
    "section 5.1).",
)
def dilation_left_out(kernel, dilation=1):
    return (kernel - 1) // 2


@wrong_value(
    "same_padding",
    "This is the padding of both sides together. Each side gets half of it (Dumoulin and Visin, section 2.2.1).",
)
def both_sides_together(kernel, dilation=1):
    return dilation * (kernel - 1)


@wrong_value(
    "same_padding",
    "The dilated kernel is taken to span dilation*kernel entries. It spans dilation*(kernel - 1) + 1 (Dumoulin and "
    "Visin, section 5.1).",
)
def dilated_kernel_too_long(kernel, dilation=1):
    return (dilation * kernel - 1) // 2


@misconception(
    "same_padding",
    "Every even kernel is refused. With an even dilation dilation*(kernel - 1) is even, and half of it keeps the size.",
)
def every_even_kernel_refused(kernel, dilation=1):
    if kernel % 2 == 0:
        raise ValueError(f"kernel {kernel} is even")
    return oracle.same_padding(kernel, dilation)


@misconception("same_padding", "A kernel or dilation below 1 is not refused. There is no such convolution: ValueError.")
def kernel_of_zero_accepted(kernel, dilation=1):
    if dilation * (kernel - 1) % 2:
        raise ValueError(f"kernel {kernel} with dilation {dilation} has no such padding")
    return dilation * (kernel - 1) // 2


# transposed_conv_output_size


@wrong_value(
    "transposed_conv_output_size",
    "This is the size that an ordinary convolution would give. The transposed one goes the other way, from its output "
    "size to its input size (Dumoulin and Visin, section 4.2).",
)
def size_of_the_ordinary_convolution(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    return bare_size(size, kernel, stride, padding, dilation)


@wrong_value(
    "transposed_conv_output_size",
    "Padding makes the output larger here. In a transposed convolution it is cut off from the output, since it undoes "
    "the padding of the convolution (Dumoulin and Visin, section 4.4).",
)
def padding_makes_it_larger(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    return (size - 1) * stride + 2 * padding + span(kernel, dilation) + output_padding


@wrong_value("transposed_conv_output_size", "Padding is cut off at one end only. It is cut off at both.")
def padding_cut_at_one_end(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    return (size - 1) * stride - padding + span(kernel, dilation) + output_padding


@wrong_value("transposed_conv_output_size", "The padding has no effect. That many entries are cut off at each end.")
def nothing_cut_off(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    return (size - 1) * stride + span(kernel, dilation) + output_padding


@wrong_value(
    "transposed_conv_output_size",
    "The size is multiplied by the stride, and that is all. This holds for the common 2x2 kernel with stride 2; in "
    "general the kernel and the padding count (Dumoulin and Visin, section 4.6).",
)
def size_times_stride(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    return size * stride


@wrong_value(
    "transposed_conv_output_size",
    "There are size - 1 steps between size copies of the kernel, here one too many is counted (Dumoulin and Visin, "
    "section 4.5).",
)
def one_step_too_many(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    return size * stride - 2 * padding + span(kernel, dilation) + output_padding


@wrong_value(
    "transposed_conv_output_size",
    "The result is one too small: the last copy of the kernel starts at (size - 1)*stride and reaches over "
    "dilation*(kernel - 1) + 1 entries.",
)
def last_entry_forgotten(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    return (size - 1) * stride - 2 * padding + span(kernel, dilation) + output_padding - 1


@wrong_value(
    "transposed_conv_output_size",
    "The stride has no effect. It sets the copies of the kernel apart, so that the output is larger than the input "
    "(Dumoulin and Visin, section 4.5).",
)
def copies_side_by_side(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    return size - 1 - 2 * padding + span(kernel, dilation) + output_padding


@wrong_value(
    "transposed_conv_output_size",
    "output_padding has no effect. It adds entries at one end (Dumoulin and Visin, section 4.6, where it is called a).",
)
def output_padding_ignored(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    return (size - 1) * stride - 2 * padding + span(kernel, dilation)


@wrong_value("transposed_conv_output_size", "output_padding is added at both ends. It lengthens one end only.")
def output_padding_at_both_ends(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    return (size - 1) * stride - 2 * padding + span(kernel, dilation) + 2 * output_padding


@wrong_value(
    "transposed_conv_output_size",
    "The dilation has no effect. A dilated kernel writes over dilation*(kernel - 1) + 1 entries.",
)
def taps_side_by_side(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    return (size - 1) * stride - 2 * padding + kernel + output_padding


def bare_transposed(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    """The formula alone, for any arguments."""
    return (size - 1) * stride - 2 * padding + span(kernel, dilation) + output_padding


@misconception(
    "transposed_conv_output_size",
    "No argument is looked at, nor the result. The docstring lists what raises ValueError.",
)
def nothing_checked(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    return bare_transposed(size, kernel, stride, padding, output_padding, dilation)


@misconception(
    "transposed_conv_output_size",
    "output_padding is compared with the stride alone. It may also be anything below the dilation: the larger one "
    "counts (PyTorch's documentation of torch.nn.ConvTranspose2d).",
)
def output_padding_compared_with_the_stride_alone(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    if output_padding >= stride:
        raise ValueError(f"output_padding {output_padding} is not below stride {stride}")
    return oracle.transposed_conv_output_size(size, kernel, stride, padding, output_padding, dilation)


@misconception(
    "transposed_conv_output_size",
    "output_padding has no upper limit here. It chooses among the sizes that a convolution maps to the same one, so it "
    "stays below the larger one of stride and dilation.",
)
def output_padding_without_limit(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    if min(size, kernel, stride, dilation) >= 1 and min(padding, output_padding) >= 0:
        result = bare_transposed(size, kernel, stride, padding, output_padding, dilation)
        if result >= 1:
            return result
    return oracle.transposed_conv_output_size(size, kernel, stride, padding, output_padding, dilation)


@misconception(
    "transposed_conv_output_size",
    "An output_padding equal to the larger one of stride and dilation is let through. It has to stay below it.",
)
def output_padding_up_to_the_stride(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    if stride >= 1 and dilation >= 1 and output_padding == max(stride, dilation):
        return bare_transposed(size, kernel, stride, padding, output_padding, dilation)
    return oracle.transposed_conv_output_size(size, kernel, stride, padding, output_padding, dilation)


@misconception(
    "transposed_conv_output_size",
    "A size of 0 or less is returned where the padding cuts off the whole output. Nothing is left then: ValueError.",
)
def empty_output_accepted(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    in_range = min(size, kernel, stride, dilation) >= 1 and min(padding, output_padding) >= 0
    if in_range and output_padding < max(stride, dilation):
        return bare_transposed(size, kernel, stride, padding, output_padding, dilation)
    return oracle.transposed_conv_output_size(size, kernel, stride, padding, output_padding, dilation)


@misconception(
    "transposed_conv_output_size",
    "Arguments out of range are let through where the result looks right, as with a size or kernel of 0. Each has a "
    "range of its own in the docstring.",
)
def ranges_not_checked(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    result = bare_transposed(size, kernel, stride, padding, output_padding, dilation)
    if result < 1 or output_padding >= max(stride, dilation):
        raise ValueError(f"output_padding {output_padding} or result {result}")
    return result


# conv_parameters


@wrong_value(
    "conv_parameters",
    "A filter is taken to be one channel deep. It is as deep as its input: each of the in_channels has KH*KW weights "
    "of its own in it (16 filters 5x5 on RGB: 1,216, not 416).",
)
def input_channels_forgotten(in_channels, out_channels, kernel, bias=True, groups=1):
    return out_channels * area(kernel) + (out_channels if bias else 0)


@wrong_value("conv_parameters", "The biases are never counted. Each filter has one, unless bias is False.")
def biases_never_counted(in_channels, out_channels, kernel, bias=True, groups=1):
    return oracle.conv_parameters(in_channels, out_channels, kernel, False, groups)


@wrong_value("conv_parameters", "The biases are counted with bias=False too.")
def biases_always_counted(in_channels, out_channels, kernel, bias=True, groups=1):
    return oracle.conv_parameters(in_channels, out_channels, kernel, True, groups)


@wrong_value(
    "conv_parameters",
    "One bias is counted for the whole layer. Each of the out_channels filters has its own (LeCun et al. 1998, section "
    "II.A).",
)
def one_bias_for_the_layer(in_channels, out_channels, kernel, bias=True, groups=1):
    return oracle.conv_parameters(in_channels, out_channels, kernel, False, groups) + bool(bias)


@wrong_value(
    "conv_parameters",
    "A bias is counted for every input channel of every filter. The products of all input channels are added up before "
    "the one bias of the filter (LeCun et al. 1998, section II.A).",
)
def a_bias_for_every_input_channel(in_channels, out_channels, kernel, bias=True, groups=1):
    return out_channels * (in_channels // groups) * (area(kernel) + bool(bias))


@wrong_value(
    "conv_parameters",
    "The width of the kernel is ignored and every kernel taken as square. A kernel may be given as (height, width).",
)
def kernel_taken_as_square(in_channels, out_channels, kernel, bias=True, groups=1):
    return oracle.conv_parameters(in_channels, out_channels, height_width(kernel)[0], bias, groups)


@wrong_value(
    "conv_parameters",
    "groups has no effect. With groups a filter sees only in_channels/groups channels (Krizhevsky et al. 2012, section "
    "3.5).",
)
def groups_ignored(in_channels, out_channels, kernel, bias=True, groups=1):
    return oracle.conv_parameters(in_channels, out_channels, kernel, bias)


@wrong_value(
    "conv_parameters",
    "These are the weights of one group. Each group has in_channels/groups inputs and out_channels/groups filters, and "
    "there are `groups` of them (Krizhevsky et al. 2012, section 3.5).",
)
def one_group_counted(in_channels, out_channels, kernel, bias=True, groups=1):
    weights = (out_channels // groups) * (in_channels // groups) * area(kernel)
    return weights + (out_channels if bias else 0)


@wrong_value(
    "conv_parameters",
    "Everything is divided by groups, the biases included. Every filter keeps its bias; only what it looks at is "
    "smaller.",
)
def biases_divided_by_groups(in_channels, out_channels, kernel, bias=True, groups=1):
    return oracle.conv_parameters(in_channels, out_channels, kernel, bias) // groups


def bare_parameters(in_channels, out_channels, kernel, bias=True, groups=1):
    """The formula alone, for any arguments."""
    return out_channels * (in_channels // groups) * area(kernel) + (out_channels if bias else 0)


@misconception(
    "conv_parameters",
    "No argument is looked at, so that a number comes out where there is no such layer. The docstring lists what "
    "raises ValueError.",
)
def parameters_of_impossible_layers(in_channels, out_channels, kernel, bias=True, groups=1):
    return bare_parameters(in_channels, out_channels, kernel, bias, groups)


@misconception(
    "conv_parameters",
    "Counts below 1 are let through: only whether the channels can be split into groups is looked at.",
)
def only_the_split_checked(in_channels, out_channels, kernel, bias=True, groups=1):
    if in_channels % groups or out_channels % groups:
        raise ValueError(f"channels {in_channels}, {out_channels} and groups {groups}")
    return bare_parameters(in_channels, out_channels, kernel, bias, groups)


@misconception(
    "conv_parameters",
    "Channels that cannot be split evenly are rounded down. There is no such layer: ValueError.",
)
def uneven_groups_rounded_down(in_channels, out_channels, kernel, bias=True, groups=1):
    if min(in_channels, out_channels, groups, *height_width(kernel)) >= 1:
        return bare_parameters(in_channels, out_channels, kernel, bias, groups)
    return oracle.conv_parameters(in_channels, out_channels, kernel, bias, groups)


@misconception(
    "conv_parameters",
    "Only the input channels are asked to be divisible by groups. The filters are split among the groups as well.",
)
def split_of_the_filters_not_checked(in_channels, out_channels, kernel, bias=True, groups=1):
    if min(in_channels, out_channels, groups, *height_width(kernel)) >= 1 and in_channels % groups == 0:
        return bare_parameters(in_channels, out_channels, kernel, bias, groups)
    return oracle.conv_parameters(in_channels, out_channels, kernel, bias, groups)


@misconception(
    "conv_parameters",
    "The size of the kernel is not looked at. Both its height and its width are at least 1.",
)
def kernel_not_checked(in_channels, out_channels, kernel, bias=True, groups=1):
    if min(height_width(kernel)) < 1 <= min(in_channels, out_channels, groups):
        return bare_parameters(in_channels, out_channels, kernel, bias, groups)
    return oracle.conv_parameters(in_channels, out_channels, kernel, bias, groups)


# linear_parameters


@wrong_value("linear_parameters", "The biases are never counted. Each neuron has one, unless bias is False.")
def linear_biases_never_counted(in_features, out_features, bias=True):
    return in_features * out_features


@wrong_value("linear_parameters", "The biases are counted with bias=False too.")
def linear_biases_always_counted(in_features, out_features, bias=True):
    return in_features * out_features + out_features


@wrong_value("linear_parameters", "One bias is counted for the whole layer. Each output neuron has its own.")
def one_bias_for_all_neurons(in_features, out_features, bias=True):
    return in_features * out_features + bool(bias)


@wrong_value("linear_parameters", "A bias is counted for each input. It belongs to a neuron: there are out_features.")
def a_bias_for_every_input(in_features, out_features, bias=True):
    return in_features * out_features + (in_features if bias else 0)


@misconception("linear_parameters", "Counts below 1 are let through. There is no such layer: ValueError.")
def empty_linear_layer_accepted(in_features, out_features, bias=True):
    return in_features * out_features + (out_features if bias else 0)


@misconception("linear_parameters", "Only in_features is looked at. out_features is at least 1 as well.")
def out_features_not_checked(in_features, out_features, bias=True):
    if in_features < 1:
        return oracle.linear_parameters(in_features, out_features, bias)
    return in_features * out_features + (out_features if bias else 0)


@misconception("linear_parameters", "Only out_features is looked at. in_features is at least 1 as well.")
def in_features_not_checked(in_features, out_features, bias=True):
    if out_features < 1:
        return oracle.linear_parameters(in_features, out_features, bias)
    return in_features * out_features + (out_features if bias else 0)


# batchnorm_parameters


@wrong_value(
    "batchnorm_parameters",
    "The running mean and variance are counted. They are stored, but no gradient trains them: only scale and shift "
    "count (Ioffe and Szegedy, algorithm 1). Keras lists them as non-trainable parameters.",
)
def running_statistics_counted(channels):
    return 4 * channels


@wrong_value("batchnorm_parameters", "One parameter is counted for each channel. There are a scale and a shift.")
def scale_without_shift(channels):
    return channels


@wrong_value(
    "batchnorm_parameters",
    "One scale and one shift are counted for the whole layer. Each channel has its own pair (Ioffe and Szegedy, "
    "section 3.2).",
)
def one_pair_for_the_layer(channels):
    return 2


@misconception("batchnorm_parameters", "A channel count below 1 is let through. There is no such layer: ValueError.")
def normalisation_of_nothing(channels):
    return 2 * channels


# locally_connected_parameters


@wrong_value(
    "locally_connected_parameters",
    "These are the parameters of a convolution, whose weights all positions share. Here every position of the output "
    "has weights of its own: multiply by the number of positions.",
)
def weights_shared(in_channels, out_channels, kernel, output_size, bias=True):
    return oracle.conv_parameters(in_channels, out_channels, kernel, bias)


@wrong_value(
    "locally_connected_parameters",
    "The weights are counted for each position, the biases once for each channel. Every output neuron has a bias of "
    "its own.",
)
def biases_shared(in_channels, out_channels, kernel, output_size, bias=True):
    weights = oracle.locally_connected_parameters(in_channels, out_channels, kernel, output_size, False)
    return weights + (out_channels if bias else 0)


@wrong_value("locally_connected_parameters", "The biases are never counted. Every output neuron has one.")
def local_biases_never_counted(in_channels, out_channels, kernel, output_size, bias=True):
    return oracle.locally_connected_parameters(in_channels, out_channels, kernel, output_size, False)


@wrong_value("locally_connected_parameters", "The biases are counted with bias=False too.")
def local_biases_always_counted(in_channels, out_channels, kernel, output_size, bias=True):
    return oracle.locally_connected_parameters(in_channels, out_channels, kernel, output_size, True)


@wrong_value(
    "locally_connected_parameters",
    "One bias is counted for each position of the output map. There are out_channels neurons at each, with a bias "
    "each.",
)
def a_bias_for_every_position(in_channels, out_channels, kernel, output_size, bias=True):
    weights = oracle.locally_connected_parameters(in_channels, out_channels, kernel, output_size, False)
    return weights + (area(output_size) if bias else 0)


@wrong_value(
    "locally_connected_parameters",
    "A neuron is taken to see one channel of its input. Its window goes through all in_channels.",
)
def windows_one_channel_deep(in_channels, out_channels, kernel, output_size, bias=True):
    return oracle.locally_connected_parameters(1, out_channels, kernel, output_size, bias)


@wrong_value(
    "locally_connected_parameters",
    "The neurons of one output channel are counted only. There are OH*OW of them in each of the out_channels.",
)
def one_output_channel_counted(in_channels, out_channels, kernel, output_size, bias=True):
    return oracle.locally_connected_parameters(in_channels, 1, kernel, output_size, bias)


@wrong_value("locally_connected_parameters", "The kernel is taken as square. It may be given as (height, width).")
def local_kernel_taken_as_square(in_channels, out_channels, kernel, output_size, bias=True):
    kernel = height_width(kernel)[0]
    return oracle.locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias)


@wrong_value("locally_connected_parameters", "The output is taken as square. It may be given as (height, width).")
def local_output_taken_as_square(in_channels, out_channels, kernel, output_size, bias=True):
    output_size = height_width(output_size)[0]
    return oracle.locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias)


def bare_local(in_channels, out_channels, kernel, output_size, bias=True):
    """The formula alone, for any arguments."""
    return area(output_size) * out_channels * (in_channels * area(kernel) + bool(bias))


@misconception("locally_connected_parameters", "Counts below 1 are let through. There is no such layer: ValueError.")
def local_counts_not_checked(in_channels, out_channels, kernel, output_size, bias=True):
    return bare_local(in_channels, out_channels, kernel, output_size, bias)


@misconception(
    "locally_connected_parameters",
    "The channels are looked at, but not the kernel and the output size. Heights and widths are at least 1 as well.",
)
def local_sizes_not_checked(in_channels, out_channels, kernel, output_size, bias=True):
    if min(in_channels, out_channels) < 1:
        return oracle.locally_connected_parameters(in_channels, out_channels, kernel, output_size, bias)
    return bare_local(in_channels, out_channels, kernel, output_size, bias)


# conv_multiply_adds


@wrong_value(
    "conv_multiply_adds",
    "Multiplications and additions are counted apart, which doubles the number. One multiplication with the addition "
    "of its product is one operation here (He et al. 2016, table 1).",
)
def multiplications_and_additions_counted_apart(in_channels, out_channels, kernel, output_size, groups=1):
    return 2 * oracle.conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups)


@wrong_value(
    "conv_multiply_adds",
    "Adding the bias is counted as an operation of every output value. It is left out here: only products count.",
)
def bias_counted_as_an_operation(in_channels, out_channels, kernel, output_size, groups=1):
    return oracle.conv_parameters(in_channels, out_channels, kernel, True, groups) * area(output_size)


@wrong_value(
    "conv_multiply_adds",
    "These are the weights. Each of them is used at every position of the output, OH*OW times.",
)
def weights_used_once(in_channels, out_channels, kernel, output_size, groups=1):
    return oracle.conv_parameters(in_channels, out_channels, kernel, False, groups)


@wrong_value(
    "conv_multiply_adds",
    "An output value is taken to be a sum over one input channel. Its window goes through all of them (Howard et al. "
    "2017, section 3.1).",
)
def sum_over_one_input_channel(in_channels, out_channels, kernel, output_size, groups=1):
    return oracle.conv_multiply_adds(1, out_channels, kernel, output_size)


@wrong_value(
    "conv_multiply_adds",
    "The operations of one output channel are counted only. There are out_channels of them.",
)
def operations_of_one_output_channel(in_channels, out_channels, kernel, output_size, groups=1):
    return oracle.conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups) // out_channels


@wrong_value("conv_multiply_adds", "The kernel is taken as square. It may be given as (height, width).")
def kernel_of_the_operations_taken_as_square(in_channels, out_channels, kernel, output_size, groups=1):
    return oracle.conv_multiply_adds(in_channels, out_channels, height_width(kernel)[0], output_size, groups)


@wrong_value("conv_multiply_adds", "The output is taken as square. It may be given as (height, width).")
def output_of_the_operations_taken_as_square(in_channels, out_channels, kernel, output_size, groups=1):
    return oracle.conv_multiply_adds(in_channels, out_channels, kernel, height_width(output_size)[0], groups)


@wrong_value(
    "conv_multiply_adds",
    "groups has no effect. With groups an output value is a sum over in_channels/groups channels only.",
)
def operations_without_groups(in_channels, out_channels, kernel, output_size, groups=1):
    return oracle.conv_multiply_adds(in_channels, out_channels, kernel, output_size)


@wrong_value("conv_multiply_adds", "These are the operations of one group. There are `groups` of them.")
def operations_of_one_group(in_channels, out_channels, kernel, output_size, groups=1):
    return oracle.conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups) // groups


@misconception(
    "conv_multiply_adds",
    "No argument is looked at. What raises ValueError in `conv_parameters` does so here, and an output size below 1 "
    "too.",
)
def operations_of_impossible_layers(in_channels, out_channels, kernel, output_size, groups=1):
    return area(output_size) * out_channels * (in_channels // groups) * area(kernel)


@misconception("conv_multiply_adds", "The output size is not looked at. Both its height and its width are at least 1.")
def output_size_not_checked(in_channels, out_channels, kernel, output_size, groups=1):
    return oracle.conv_parameters(in_channels, out_channels, kernel, False, groups) * area(output_size)


@misconception(
    "conv_multiply_adds",
    "Channels that cannot be split evenly into the groups are let through. There is no such layer: ValueError.",
)
def operations_of_uneven_groups(in_channels, out_channels, kernel, output_size, groups=1):
    if min(in_channels, out_channels, groups, *height_width(kernel), *height_width(output_size)) >= 1:
        return area(output_size) * out_channels * (in_channels // groups) * area(kernel)
    return oracle.conv_multiply_adds(in_channels, out_channels, kernel, output_size, groups)


# receptive_field


def field(layers, widen):
    """1 and what `widen(kernel, stride, dilation, product of the strides before)` says of each layer."""
    side, distance = 1, 1
    for kernel, stride, *rest in layers:
        side += widen(kernel, stride, rest[0] if rest else 1, distance)
        distance *= stride
    return side


@wrong_value(
    "receptive_field",
    "The strides have no effect. After a layer of stride 2 neighbouring neurons are two pixels apart, and every later "
    "kernel reaches twice as far (Araujo et al. 2019).",
)
def strides_forgotten(layers):
    return field(layers, lambda kernel, stride, dilation, distance: dilation * (kernel - 1))


@wrong_value(
    "receptive_field",
    "The pooling layers are left out. They see a window like any other layer, and their strides set all later neurons "
    "further apart: three times 5x5 and 2x2 pooling see 36 pixels, not 13.",
)
def pooling_layers_left_out(layers):
    return oracle.receptive_field([layer for layer in layers if layer[0] != layer[1] or layer[0] == 1])


@wrong_value(
    "receptive_field",
    "A layer's own stride widens its own window. Its window lies on its input, so only the strides of the layers "
    "before it count (Araujo et al. 2019).",
)
def own_stride_counted(layers):
    return field(layers, lambda kernel, stride, dilation, distance: dilation * (kernel - 1) * distance * stride)


@wrong_value(
    "receptive_field",
    "Only the stride of the layer just before counts. The strides of all layers before multiply (Araujo et al. 2019).",
)
def only_the_previous_stride(layers):
    before = [1, *(layer[1] for layer in layers)]
    windows = [(*layer, 1) if len(layer) == 2 else layer for layer in layers]
    return 1 + sum(window[2] * (window[0] - 1) * stride for window, stride in zip(windows, before, strict=False))


@wrong_value(
    "receptive_field",
    "The strides before a layer are added up. They multiply: a step of 2 on a map whose neighbours are 2 pixels apart "
    "is 4 pixels.",
)
def strides_added(layers):
    windows = [(*layer, 1) if len(layer) == 2 else layer for layer in layers]
    return 1 + sum(
        dilation * (kernel - 1) * max(1, sum(stride for _, stride, _ in windows[:number] if stride > 1))
        for number, (kernel, _, dilation) in enumerate(windows)
    )


@wrong_value(
    "receptive_field",
    "The layers are taken in the wrong order, as if the output side came first. The list begins at the input.",
)
def output_side_first(layers):
    return oracle.receptive_field(layers[::-1])


@wrong_value(
    "receptive_field",
    "The whole kernel is added for each layer. One of its taps lies where the neuron before already looked: it adds "
    "kernel - 1.",
)
def whole_kernels_added(layers):
    return field(layers, lambda kernel, stride, dilation, distance: (dilation * (kernel - 1) + 1) * distance)


@wrong_value("receptive_field", "The count starts at 0. A neuron of the input sees itself, so that it starts at 1.")
def input_pixel_forgotten(layers):
    return field(layers, lambda kernel, stride, dilation, distance: dilation * (kernel - 1) * distance) - 1


@wrong_value(
    "receptive_field",
    "The dilation has no effect. It sets the taps of the kernel apart and widens its window (Yu and Koltun 2016, "
    "section 2).",
)
def field_without_dilation(layers):
    return field(layers, lambda kernel, stride, dilation, distance: (kernel - 1) * distance)


@wrong_value(
    "receptive_field",
    "A dilated kernel is taken to span dilation*kernel entries. It spans dilation*(kernel - 1) + 1 (Yu and Koltun "
    "2016, section 2).",
)
def gap_after_the_last_tap_in_the_field(layers):
    return field(layers, lambda kernel, stride, dilation, distance: (dilation * kernel - 1) * distance)


@wrong_value(
    "receptive_field",
    "The dilation is multiplied into the distance of later neurons, as if it were a stride. It widens the window of "
    "its own layer only.",
)
def dilation_taken_as_a_stride(layers):
    side, distance = 1, 1
    for kernel, stride, *rest in layers:
        distance *= rest[0] if rest else 1
        side += (kernel - 1) * distance
        distance *= stride
    return side


@misconception("receptive_field", "An empty sequence raises here. A neuron is then an input pixel, and sees 1.")
def empty_sequence_refused(layers):
    if not layers:
        raise ValueError("layers is empty")
    return oracle.receptive_field(layers)


def bare_field(layers):
    """The formula alone, whatever the numbers; needs a kernel and a stride in every tuple."""
    windows = [(layer[0], layer[1], *layer[2:3]) for layer in layers]
    return field(windows, lambda kernel, stride, dilation, distance: dilation * (kernel - 1) * distance)


@misconception(
    "receptive_field",
    "Neither the tuples nor the numbers in them are looked at. The docstring lists what raises ValueError.",
)
def layers_not_checked(layers):
    return bare_field(layers)


@misconception(
    "receptive_field",
    "Kernels, strides or dilations below 1 are let through. There is no such layer: ValueError.",
)
def numbers_of_the_layers_not_checked(layers):
    if any(len(layer) not in (2, 3) for layer in layers):
        return oracle.receptive_field(layers)
    return bare_field(layers)


@misconception(
    "receptive_field",
    "A tuple with more than three entries is let through and its end ignored. It is no (kernel, stride, dilation): "
    "ValueError.",
)
def further_entries_ignored(layers):
    return oracle.receptive_field([layer[:3] for layer in layers])


@misconception(
    "receptive_field",
    "A tuple with a kernel alone is taken as stride 1. Every tuple has a stride: ValueError.",
)
def missing_stride_taken_as_one(layers):
    return oracle.receptive_field([(*layer, 1) if len(layer) == 1 else layer for layer in layers])


# dense_block_channels


@wrong_value(
    "dense_block_channels",
    "Only the new maps are counted. The block's input is concatenated as well and leaves with them (Huang et al. 2017, "
    "section 3).",
)
def block_input_forgotten(in_channels, growth_rate, num_layers):
    return num_layers * growth_rate


@wrong_value(
    "dense_block_channels",
    "One layer is missing. in_channels + (l - 1)*growth_rate is what enters layer l (Huang et al. 2017, section 3); "
    "what leaves the block has the maps of all layers.",
)
def last_layer_forgotten(in_channels, growth_rate, num_layers):
    return in_channels + max(0, num_layers - 1) * growth_rate


@wrong_value(
    "dense_block_channels",
    "Each layer is taken to add all its input channels once more. It adds growth_rate new maps, whatever its input "
    "(Huang et al. 2017, section 3).",
)
def input_added_at_every_layer(in_channels, growth_rate, num_layers):
    return in_channels + num_layers * (in_channels + growth_rate)


@wrong_value(
    "dense_block_channels",
    "The channels are those of the last layer alone. A dense block concatenates (Huang et al. 2017, equation 2).",
)
def last_maps_alone(in_channels, growth_rate, num_layers):
    return growth_rate if num_layers else in_channels


@misconception("dense_block_channels", "A block without layers is refused. It hands its input on: in_channels.")
def no_layers_refused(in_channels, growth_rate, num_layers):
    if num_layers < 1:
        raise ValueError(f"num_layers is {num_layers}")
    return oracle.dense_block_channels(in_channels, growth_rate, num_layers)


@misconception("dense_block_channels", "Counts out of range are let through. There is no such block: ValueError.")
def block_counts_not_checked(in_channels, growth_rate, num_layers):
    return in_channels + num_layers * growth_rate


# dense_layer_inputs


@wrong_value(
    "dense_layer_inputs",
    "Only the map just before the layer is counted, as in a plain network. In a dense block all earlier maps are "
    "concatenated (Huang et al. 2017, equation 2).",
)
def previous_map_only(feature_maps, layer):
    return feature_maps[layer - 2] if layer > 1 else 0


@wrong_value(
    "dense_layer_inputs",
    "One map too many is counted: layers are numbered from 1, so that layer - 1 maps come before this one.",
)
def own_map_counted(feature_maps, layer):
    return sum(feature_maps[:layer])


@wrong_value("dense_layer_inputs", "All maps are counted, whatever the layer. Only those before it are its input.")
def all_maps_counted(feature_maps, layer):
    return sum(feature_maps)


@wrong_value(
    "dense_layer_inputs",
    "One map too few is counted. The block's input is the first entry of the list already, where it is counted.",
)
def one_map_too_few(feature_maps, layer):
    return sum(feature_maps[: max(0, layer - 2)])


@misconception(
    "dense_layer_inputs",
    "The layer is not looked at. A slice of a list does not complain: beyond its end it gives what there is, and a "
    "negative end counts from the back. Such a layer is a ValueError.",
)
def slice_taken_as_it_comes(feature_maps, layer):
    return sum(feature_maps[: layer - 1])


@misconception(
    "dense_layer_inputs",
    "The layer behind the last map is refused. It takes all maps as its input, so layers go up to len(feature_maps) + "
    "1.",
)
def layer_behind_the_last_map_refused(feature_maps, layer):
    if layer > len(feature_maps):
        raise ValueError(f"layer is {layer}")
    return oracle.dense_layer_inputs(feature_maps, layer)


@misconception("dense_layer_inputs", "Layer 1 is refused. No map comes before it, and its number of inputs is 0.")
def first_layer_refused(feature_maps, layer):
    if layer < 2:
        raise ValueError(f"layer is {layer}")
    return oracle.dense_layer_inputs(feature_maps, layer)


@misconception("dense_layer_inputs", "A layer with too few maps before it is let through. It is a ValueError.")
def layer_far_behind_the_last_map_accepted(feature_maps, layer):
    return oracle.dense_layer_inputs(feature_maps, layer) if layer < 1 else sum(feature_maps[: layer - 1])


@misconception("dense_layer_inputs", "Layer 0 or less is let through. Layers are counted from 1: ValueError.")
def layer_zero_accepted(feature_maps, layer):
    return oracle.dense_layer_inputs(feature_maps, layer) if layer > 0 else sum(feature_maps[: layer - 1])


# unet_bottleneck_size


@wrong_value(
    "unet_bottleneck_size",
    "The size is divided by 2*depth. Every halving halves what the one before left: 2**depth (Ronneberger et al. 2015, "
    "figure 1).",
)
def divided_by_twice_the_depth(size, depth):
    return size // (2 * depth) if depth else size


@wrong_value(
    "unet_bottleneck_size",
    "There is one halving too few. `depth` is the number of poolings, one between each stage and the next.",
)
def one_halving_too_few(size, depth):
    return size // 2 ** max(0, depth - 1)


@wrong_value("unet_bottleneck_size", "There is one halving too many. `depth` is the number of poolings, not of stages.")
def one_halving_too_many(size, depth):
    return size // 2 ** (depth + 1)


@misconception(
    "unet_bottleneck_size",
    "A size that cannot be halved that often is rounded down. The maps on the way up would then not match those of the "
    "skip connections: ValueError (Ronneberger et al. 2015, section 2).",
)
def odd_sizes_rounded_down(size, depth):
    if size < 1 or depth < 0:
        return oracle.unet_bottleneck_size(size, depth)
    return size // 2**depth


@misconception(
    "unet_bottleneck_size",
    "Only the size of the image is asked to be even. Every map that is pooled has to be, so that size is a multiple of "
    "2**depth.",
)
def only_the_image_asked_to_be_even(size, depth):
    if size < 1 or depth < 0 or (depth and size % 2):
        return oracle.unet_bottleneck_size(size, depth)
    return size // 2**depth


@misconception("unet_bottleneck_size", "A depth of 0 is refused. Without halvings the size stays as it is.")
def depth_of_zero_refused(size, depth):
    if depth < 1:
        raise ValueError(f"depth is {depth}")
    return oracle.unet_bottleneck_size(size, depth)


@misconception(
    "unet_bottleneck_size",
    "A size below 1 or a negative depth is let through. Zero is divisible by anything, and 2**-1 is a number, but "
    "there is no such network: ValueError.",
)
def size_and_depth_not_checked(size, depth):
    if size % 2**depth:
        raise ValueError(f"size {size} is not divisible by {2**depth}")
    return size // 2**depth


# summarize


def walk(input_shape, layers, step):
    """The table that comes of `step(shape, layer)` for every layer."""
    shape, table = tuple(input_shape), []
    for layer in layers:
        shape, parameters = step(shape, layer)
        table.append((shape, parameters))
    return table


def summary_without(kinds, step):
    """A step that is `step` for these kinds of layer and right for the others."""
    return lambda shape, layer: step(shape, layer) if layer[0] in kinds else oracle.after_layer(shape, layer)


def image_step(size_of):
    """A step in which `size_of(side, kernel, stride, padding)` gives the sides after convolutions and poolings."""

    def step(shape, layer):
        kind, *numbers = layer
        filters = numbers.pop(0) if kind == "conv" else shape[0]
        sides = tuple(size_of(side, *numbers, *([] if kind == "conv" else [0])) for side in shape[1:])
        return (filters, *sides), oracle.conv_parameters(shape[0], filters, numbers[0]) if kind == "conv" else 0

    return step


POOLING = ("max_pool", "avg_pool")


@wrong_value(
    "summarize",
    "Every convolution is counted with the channels of the image. From the second layer on a filter is as deep as the "
    "map before it: 16 filters 5x5 on 16 maps have 6,416 parameters, not 1,216.",
)
def image_channels_in_every_convolution(input_shape, layers):
    def step(shape, layer):
        return oracle.after_layer(shape, layer)[0], oracle.conv_parameters(input_shape[0], layer[1], layer[2])

    return walk(input_shape, layers, summary_without(("conv",), step))


@wrong_value(
    "summarize",
    "The filters of the convolutions are taken to be one channel deep. They are as deep as their input.",
)
def filters_one_channel_deep(input_shape, layers):
    def step(shape, layer):
        return oracle.after_layer(shape, layer)[0], oracle.conv_parameters(1, layer[1], layer[2])

    return walk(input_shape, layers, summary_without(("conv",), step))


@wrong_value(
    "summarize",
    "The biases are not counted. Convolutions and linear layers have them here, as Keras prints it.",
)
def biases_left_out(input_shape, layers):
    def step(shape, layer):
        output, parameters = oracle.after_layer(shape, layer)
        return output, parameters - output[0]

    return walk(input_shape, layers, summary_without(("conv", "linear"), step))


@wrong_value("summarize", "The parameters are added up from layer to layer. Each entry is about its own layer alone.")
def parameters_added_up(input_shape, layers):
    table = oracle.summarize(input_shape, layers)
    return [(shape, sum(count for _, count in table[: number + 1])) for number, (shape, _) in enumerate(table)]


@wrong_value("summarize", "The shapes are those before each layer. The table gives each layer's output shape.")
def input_shapes_listed(input_shape, layers):
    table = oracle.summarize(input_shape, layers)
    before = [tuple(input_shape), *(shape for shape, _ in table)]
    return [(shape, count) for shape, (_, count) in zip(before, table, strict=False)]


@wrong_value("summarize", "The table begins with the input. It has one entry for each layer, and the input is none.")
def input_listed_as_a_layer(input_shape, layers):
    return [(tuple(input_shape), 0), *oracle.summarize(input_shape, layers)]


@wrong_value("summarize", "Layers without parameters are left out of the table. It has one entry for each layer.")
def layers_without_parameters_left_out(input_shape, layers):
    return [(shape, count) for shape, count in oracle.summarize(input_shape, layers) if count]


@wrong_value("summarize", "Shapes are given with the channels last, as Keras prints them. Here they are (C, H, W).")
def channels_last(input_shape, layers):
    table = oracle.summarize(input_shape, layers)
    return [((*shape[1:], shape[0]), count) for shape, count in table]


@wrong_value("summarize", "Height and width have changed places. Shapes are (C, H, W).")
def height_and_width_swapped(input_shape, layers):
    table = oracle.summarize(input_shape, layers)
    return [(shape[:1] + shape[:0:-1], count) for shape, count in table]


@wrong_value("summarize", "The width is taken to be what the height is. Images need not be square: work out both.")
def images_taken_as_square(input_shape, layers):
    step = image_step(oracle.conv_output_size)

    def square(shape, layer):
        output, parameters = step(shape, layer)
        return (output[0], output[1], output[1]), parameters

    return walk(input_shape, layers, summary_without(("conv", *POOLING), square))


@wrong_value(
    "summarize",
    "Convolutions keep the size of the image, whatever their padding and stride. Only 'same' padding with stride 1 "
    "does.",
)
def convolutions_keep_the_size(input_shape, layers):
    step = image_step(lambda side, kernel, stride, padding: side)
    right = image_step(bare_size)

    def pool(shape, layer):
        return step(shape, layer) if layer[0] == "conv" else right(shape, layer)

    return walk(input_shape, layers, summary_without(("conv", *POOLING), pool))


@wrong_value("summarize", "The padding of the convolutions has no effect.")
def padding_of_the_convolutions_ignored(input_shape, layers):
    step = image_step(lambda side, kernel, stride, padding: (side - kernel) // stride + 1)
    right = image_step(bare_size)

    def either(shape, layer):
        return step(shape, layer) if layer[0] == "conv" else right(shape, layer)

    return walk(input_shape, layers, summary_without(("conv", *POOLING), either))


@wrong_value("summarize", "The stride of the convolutions has no effect. Only poolings make the map smaller by theirs.")
def stride_of_the_convolutions_ignored(input_shape, layers):
    step = image_step(lambda side, kernel, stride, padding: side + 2 * padding - kernel + 1)
    return walk(input_shape, layers, summary_without(("conv",), step))


@wrong_value(
    "summarize",
    "The stride of the poolings is taken to be the size of their window. It has an entry of its own, and windows may "
    "overlap, as AlexNet's do (Krizhevsky et al. 2012, section 3.4).",
)
def pooling_stride_taken_from_the_window(input_shape, layers):
    step = image_step(lambda side, kernel, stride, padding: max(1, (side - kernel) // kernel + 1))
    right = image_step(lambda side, kernel, stride, padding: max(1, bare_size(side, kernel, stride, padding)))

    def either(shape, layer):
        return right(shape, layer) if layer[0] == "conv" else step(shape, layer)

    return walk(input_shape, layers, summary_without(("conv", *POOLING), either))


@wrong_value(
    "summarize",
    "The window of the poolings has no effect: the size is divided by the stride. Windows that overlap, or rows left "
    "over, show the difference. Use what `conv_output_size` says.",
)
def pooling_divides_by_the_stride(input_shape, layers):
    step = image_step(lambda side, kernel, stride, padding: max(1, side // stride))
    right = image_step(lambda side, kernel, stride, padding: max(1, bare_size(side, kernel, stride, padding)))

    def either(shape, layer):
        return right(shape, layer) if layer[0] == "conv" else step(shape, layer)

    return walk(input_shape, layers, summary_without(("conv", *POOLING), either))


@wrong_value(
    "summarize",
    "Pooling rounds up. Here a window that does not fit completely is left out, as `conv_output_size` does.",
)
def pooling_rounds_up(input_shape, layers):
    step = image_step(lambda side, kernel, stride, padding: -((kernel - side) // stride) + 1)
    return walk(input_shape, layers, summary_without(POOLING, step))


@wrong_value(
    "summarize",
    "Batch norm's running mean and variance are counted. No gradient trains them: two parameters a channel.",
)
def running_statistics_in_the_table(input_shape, layers):
    return walk(input_shape, layers, summary_without(("batchnorm",), lambda shape, layer: (shape, 4 * shape[0])))


@wrong_value(
    "summarize",
    "Batch norm is listed without parameters. It has a scale and a shift for each channel or feature.",
)
def batchnorm_without_parameters(input_shape, layers):
    return walk(input_shape, layers, summary_without(("batchnorm",), lambda shape, layer: (shape, 0)))


@wrong_value(
    "summarize",
    "Batch norm is counted with a scale and a shift for every value of the map. All positions of a channel share one "
    "pair (Ioffe and Szegedy 2015, section 3.2).",
)
def scale_and_shift_for_every_value(input_shape, layers):
    return walk(
        input_shape, layers, summary_without(("batchnorm",), lambda shape, layer: (shape, 2 * math.prod(shape)))
    )


@wrong_value("summarize", "Global average pooling gives (C, 1, 1). It leaves the flat shape (C,) here.")
def average_keeps_two_sides_of_one(input_shape, layers):
    table = oracle.summarize(input_shape, layers)
    for number, layer in enumerate(layers):
        if layer[0] == "global_avg_pool":
            table[number] = ((*table[number][0], 1, 1), 0)
    return table


@wrong_value(
    "summarize",
    "Global average pooling is taken to flatten the map. It leaves one value for each channel, its mean, so that a "
    "head of 10 classes on 16 maps has 170 parameters (Lin et al. 2014, section 3.2).",
)
def average_taken_as_flattening(input_shape, layers):
    step = summary_without(("global_avg_pool",), lambda shape, layer: ((math.prod(shape),), 0))
    return walk(input_shape, layers, step)


@wrong_value("summarize", "Flattening keeps the channels only. Every value of the map becomes a feature: C*H*W.")
def flattening_keeps_the_channels_only(input_shape, layers):
    return walk(input_shape, layers, summary_without(("flatten",), lambda shape, layer: ((shape[0],), 0)))


@misconception(
    "summarize",
    "ReLU, dropout, batch norm or a second flatten is refused on a flat shape. They fit both kinds of shape.",
)
def flat_shapes_refused(input_shape, layers):
    def step(shape, layer):
        if len(shape) == 1:
            raise ValueError(f"layer {layer} needs an image")
        return oracle.after_layer(shape, layer)

    return walk(input_shape, layers, summary_without(("relu", "dropout", "batchnorm", "flatten"), step))


@misconception(
    "summarize",
    "A kind of layer that is not in the docstring's list is passed over, as if it did nothing. It is a ValueError: a "
    "spelling mistake would otherwise never show.",
)
def unknown_layers_passed_over(input_shape, layers):
    def step(shape, layer):
        return oracle.after_layer(shape, layer) if layer[0] in oracle.LAYERS else (shape, 0)

    return walk(input_shape, layers, step)


@misconception(
    "summarize",
    "A linear layer flattens an image by itself. Frameworks do not, and it is a ValueError here: flatten comes first.",
)
def linear_flattens_images(input_shape, layers):
    def step(shape, layer):
        return oracle.after_layer((math.prod(shape),), layer)

    return walk(input_shape, layers, summary_without(("linear",), step))


@misconception(
    "summarize",
    "A linear layer on an image takes the channels as its inputs. It fits a flat shape only: ValueError.",
)
def linear_takes_the_channels(input_shape, layers):
    def step(shape, layer):
        return oracle.after_layer(shape[:1], layer)

    return walk(input_shape, layers, summary_without(("linear",), step))


@misconception(
    "summarize",
    "A flat shape is taken as an image of one pixel by convolution and pooling. They need an image: ValueError.",
)
def flat_shapes_taken_as_images(input_shape, layers):
    def step(shape, layer):
        return oracle.after_layer(shape if len(shape) == 3 else (*shape, 1, 1), layer)

    return walk(input_shape, layers, summary_without(("conv", *POOLING, "global_avg_pool"), step))


@misconception(
    "summarize",
    "A kernel or window larger than its input is let through, and a side of 0 or less comes out. It fits nowhere: "
    "ValueError.",
)
def windows_larger_than_the_image_accepted(input_shape, layers):
    def step(shape, layer):
        return image_step(bare_size)(shape, layer) if len(shape) == 3 else oracle.after_layer(shape, layer)

    return walk(input_shape, layers, summary_without(("conv", *POOLING), step))


@misconception(
    "summarize",
    "Whether the window fits is asked of the height only. Images need not be square: the width has to have room as "
    "well.",
)
def only_the_height_checked(input_shape, layers):
    def step(shape, layer):
        if len(shape) != 3:
            return oracle.after_layer(shape, layer)
        channels, height, _ = shape
        oracle.after_layer((channels, height, height), layer)
        return image_step(bare_size)(shape, layer)

    return walk(input_shape, layers, summary_without(("conv", *POOLING), step))


@misconception("summarize", "The probability of dropout is not looked at. It lies in [0, 1), else ValueError.")
def any_dropout_probability_accepted(input_shape, layers):
    return walk(input_shape, layers, summary_without(("dropout",), lambda shape, layer: (shape, 0)))


@misconception("summarize", "Dropout with p = 1 is let through. It would drop everything: p lies in [0, 1).")
def dropout_of_everything_accepted(input_shape, layers):
    def step(shape, layer):
        return (shape, 0) if layer[1] == 1 else oracle.after_layer(shape, layer)

    return walk(input_shape, layers, summary_without(("dropout",), step))


@misconception("summarize", "Dropout with p = 0 is refused. It drops nothing and is allowed: p lies in [0, 1).")
def dropout_of_nothing_refused(input_shape, layers):
    def step(shape, layer):
        if layer[1] <= 0:
            raise ValueError(f"p of dropout is {layer[1]}")
        return oracle.after_layer(shape, layer)

    return walk(input_shape, layers, summary_without(("dropout",), step))
