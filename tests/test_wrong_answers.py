"""Wrong functions as students write them: what each is said to be, and above all what it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from proof import ROOT, judge_functions, lost

from grader.course import load_course
from grader.results import CheckResult
from grader.session import course_module, on_path

COURSE = load_course(ROOT)
Named = dict[str, list[str]]


def failed_by(topic_name: str, asked: str, **functions: Callable[..., Any]) -> Named:
    """The checks of `asked` that fail, each with the misconceptions named; what is not given is the oracle's."""
    topic = COURSE.topic(topic_name)
    with on_path(COURSE):
        oracle = vars(course_module(topic, "oracle"))
    everything = {name: oracle[name] for name in topic.functions} | functions
    return {
        check.name.partition("/")[2]: [one.slug for one in check.misconceptions]
        for check in checks_lost(topic_name, asked, everything)
    }


def checks_lost(topic_name: str, asked: str, everything: dict[str, Callable[..., Any]]) -> list[CheckResult]:
    """The checks of `asked` that fail."""
    _, results = judge_functions(COURSE, COURSE.topic(topic_name), everything, 0, asked)
    return list(lost(results))


def with_global_random(x: np.ndarray, keep_prob: float, *, training: bool, rng: np.random.Generator) -> Any:
    """numpy.random instead of the generator that is passed; else right."""
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob must be in (0, 1], got {keep_prob}")
    mask = (np.random.rand(*x.shape) < keep_prob) / keep_prob if training else np.ones(x.shape)
    return x * mask, mask


def with_one_decision(x: np.ndarray, keep_prob: float, *, training: bool, rng: np.random.Generator) -> Any:
    """One random number for the whole input; else right."""
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob must be in (0, 1], got {keep_prob}")
    mask = (rng.random() < keep_prob) / keep_prob * np.ones(x.shape) if training else np.ones(x.shape)
    return x * mask, mask


def mask_read_off_dout(dout: np.ndarray, cache: Any) -> np.ndarray:
    """A ReLU's gradient in the place of dropout's."""
    return dout * (dout > 0)


def applied(dout: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The right gradient for a cache that is the mask."""
    return dout * mask


def test_a_generator_of_ones_own_is_named_and_nothing_else() -> None:
    named = failed_by("dropout", "dropout_forward", dropout_forward=with_global_random, dropout_backward=applied)
    assert named == {"all_randomness_from_rng": ["randomness-not-from-rng"]}


def test_a_right_gradient_of_a_wrong_mask_costs_nothing_and_has_no_name() -> None:
    given = {"dropout_forward": with_one_decision, "dropout_backward": applied}
    assert failed_by("dropout", "dropout_backward", **given) == {}


def test_what_explains_one_check_and_contradicts_four_is_not_named() -> None:
    named = failed_by("dropout", "dropout_backward", dropout_backward=mask_read_off_dout)
    assert len(named) >= 4
    assert not any(named.values())


def columns_of(x: np.ndarray, w: np.ndarray, stride: int, padding: int) -> tuple[np.ndarray, ...]:
    """The index of every window's entries in the padded x, as (C*KH*KW, OH*OW) each: channels, rows, columns."""
    (_, c, height, width), (_, _, kh, kw) = x.shape, w.shape
    rows, columns = (height + 2 * padding - kh) // stride + 1, (width + 2 * padding - kw) // stride + 1
    k, a, b = (axis.reshape(-1, 1) for axis in np.indices((c, kh, kw)))
    i, j = (stride * axis.reshape(1, -1) for axis in np.indices((rows, columns)))
    return np.broadcast_arrays(k, a + i, b + j)


@pytest.mark.parametrize("fault", ["padding-cut-from-nothing", "dout-reshaped-for-images-last"])
def test_gradients_by_columns(fault: str) -> None:
    """The convolution's gradients by im2col and col2im, with one of the two faults that these are known for."""

    def backward(dout: np.ndarray, cache: Any) -> Any:
        x, w, _, stride, padding = cache
        padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        index = columns_of(x, w, stride, padding)
        columns = padded[:, *index].transpose(1, 2, 0).reshape(w[0].size, -1)
        if fault.startswith("dout"):
            matrix = dout.reshape(len(w), -1)
        else:
            matrix = dout.transpose(1, 2, 3, 0).reshape(len(w), -1)
        dw = (matrix @ columns.T).reshape(w.shape)
        back = (w.reshape(len(w), -1).T @ matrix).reshape(w[0].size, -1, len(x)).transpose(2, 0, 1)
        dpadded = np.zeros(padded.shape)
        np.add.at(dpadded, (slice(None), *index), back)
        if padding or fault.startswith("padding"):
            dpadded = dpadded[:, :, padding:-padding, padding:-padding]
        return dpadded, dw, dout.sum(axis=(0, 2, 3))

    named = failed_by("convolution", "conv2d_backward", conv2d_backward=backward)
    assert named
    assert set(map(tuple, named.values())) == {(fault,)}


def test_a_matrix_of_results_that_is_only_cut_anew() -> None:
    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0) -> Any:
        with on_path(COURSE):
            oracle = vars(course_module(COURSE.topic("convolution"), "oracle"))
        out, cache = oracle["conv2d_forward"](x, w, b, stride, padding)
        return out.transpose(1, 2, 3, 0).reshape(out.shape), cache

    named = failed_by("convolution", "conv2d_forward", conv2d_forward=forward)
    assert set(map(tuple, named.values())) == {("images-last-reshaped",)}


def test_an_exception_is_not_explained_by_what_gives_none_of_the_wrong_numbers() -> None:
    """The bias of place (j, i): it raises where weights of place (j, i) would, but gives other numbers elsewhere."""

    def bias_transposed(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1) -> np.ndarray:
        with on_path(COURSE):
            oracle = course_module(COURSE.topic("convolution"), "oracle")
        out = oracle.locally_connected_forward(x, w, 0.0 * b, stride)
        for i, j in np.ndindex(*out.shape[2:]):
            out[:, :, i, j] += b[:, j, i]
        return out

    named = failed_by("convolution", "locally_connected_forward", locally_connected_forward=bias_transposed)
    assert {"worked_example", "stride_one"} <= set(named) and not any(named.values())


def test_a_power_that_is_a_float_is_not_exact_however_large() -> None:
    named = failed_by("dropout", "count_subnetworks", count_subnetworks=lambda neurons: 2.0**neurons)
    assert named == {"many_neurons": []}


@pytest.mark.parametrize("kind", ["dropout", "classic_dropout"])
def test_a_mask_of_the_last_pass_is_shown_with_that_pass(kind: str) -> None:
    last: list[np.ndarray] = []

    def forward(x: np.ndarray, keep_prob: float, *, training: bool, rng: np.random.Generator) -> Any:
        kept = (rng.random(x.shape) < keep_prob) / (keep_prob if kind == "dropout" else 1.0)
        last[:] = [kept if training else np.ones(x.shape)]
        return x * last[0], None

    functions = {f"{kind}_forward": forward, f"{kind}_backward": lambda dout, cache: dout * last[0]}
    failing = {check.name: check.failure for check in checks_lost("dropout", f"{kind}_backward", functions)}
    shown = failing[f"{kind}_backward/" + ("every_pass_has_its_own_mask" if kind == "dropout" else "mask")]
    assert shown is not None and shown.call is not None and shown.call.count("_forward(") == 2


def test_an_exception_class_of_ones_own_does_not_hide_the_mistake() -> None:
    class BadCount(ValueError):
        pass

    def biases_shared(in_channels: int, out_channels: int, kernel: Any, output_size: Any, bias: bool = True) -> int:
        (kh, kw), (oh, ow) = (pair if isinstance(pair, tuple) else (pair, pair) for pair in (kernel, output_size))
        if min(in_channels, out_channels, kh, kw, oh, ow) < 1:
            raise BadCount(f"{in_channels}, {out_channels}, {kernel} or {output_size} is below 1")
        return oh * ow * out_channels * in_channels * kh * kw + out_channels * bias

    function = "locally_connected_parameters"
    named = failed_by("conv_arithmetic", function, **{function: biases_shared})
    assert named and all(slugs == ["biases-shared"] for slugs in named.values())
