"""Wrong functions as students write them: what each is said to be, and above all what it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from proof import ROOT, judge_functions, lost

from grader import grade
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


def clamped_norm(limit: str) -> Callable[..., Any]:
    """Batch norm over images with eps as a lower limit of the variance, or of the standard deviation."""

    def forward(
        x: np.ndarray,
        gamma: np.ndarray,
        beta: np.ndarray,
        running_mean: np.ndarray,
        running_var: np.ndarray,
        *,
        training: bool,
        momentum: float = 0.9,
        eps: float = 1e-5,
    ) -> Any:
        count = x.size // x.shape[1]
        if training and count < 2:
            raise ValueError(f"x has {count} values a channel")
        mean, var, new = running_mean, running_var, (running_mean, running_var)
        if training:
            mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
            batch = mean, var * count / (count - 1)
            new = tuple(momentum * old + (1 - momentum) * now for old, now in zip(new, batch, strict=True))
        deviation = np.sqrt(np.maximum(var, eps)) if limit == "variance" else np.maximum(np.sqrt(var), eps)
        mean, deviation, gamma, beta = (values.reshape(-1, 1, 1) for values in (mean, deviation, gamma, beta))
        return gamma * (x - mean) / deviation + beta, new, None

    return forward


@pytest.mark.parametrize("limit", ["variance", "standard-deviation"])
def test_eps_as_a_lower_limit_is_not_said_to_be_left_out(limit: str) -> None:
    given = {"spatial_batchnorm_forward": clamped_norm(limit)}
    named = failed_by("batchnorm", "spatial_batchnorm_forward", **given)
    assert named == {check: [f"spatial-{limit}-at-least-eps"] for check in ("eps", "defaults")}


@pytest.mark.parametrize("how", ["einsum", "tensordot", "loops"])
def test_all_four_axes_padded(how: str) -> None:
    """np.pad with one number, with what comes of it in three ways of adding up the products."""

    def forward(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0) -> Any:
        with on_path(COURSE):
            course_module(COURSE.topic("convolution"), "oracle").conv2d_forward(x, w, b, stride, padding)  # the errors
        padded, (kh, kw) = np.pad(x, padding), w.shape[2:]
        rows, columns = ((have - side) // stride + 1 for have, side in zip(padded.shape[2:], (kh, kw), strict=True))
        out = np.zeros((len(x) if how == "loops" else len(padded), len(w), rows, columns))
        for i, j in np.ndindex(rows, columns):
            window = padded[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
            if how == "einsum":
                out[:, :, i, j] = np.einsum("ncuv,fcuv->nf", window, w)
            elif how == "tensordot":
                out[:, :, i, j] = np.tensordot(window, w, axes=((1, 2, 3), (1, 2, 3)))
            else:
                for n, f, c in np.ndindex(len(x), *w.shape[:2]):
                    out[n, f, i, j] += (window[n, c] * w[f, c]).sum()
        return out + b[:, np.newaxis, np.newaxis], None

    named = failed_by("convolution", "conv2d_forward", conv2d_forward=forward)
    assert {"padding", "stride_and_padding"} <= set(named)
    assert all(len(slugs) == 1 and slugs[0].startswith("all-axes-padded") for slugs in named.values())


def test_switches_that_the_next_pooling_overwrites_cost_points() -> None:
    with on_path(COURSE):
        oracle = course_module(COURSE.topic("pooling"), "oracle")
    last: list[Any] = [None]

    def pool(x: np.ndarray, kernel: Any, stride: Any) -> Any:
        out, last[0] = oracle.max_pool_with_switches(x, kernel, stride)
        return out, None

    def unpool(x: np.ndarray, switches: Any, output_shape: Any) -> np.ndarray:
        restored: np.ndarray = oracle.max_unpool(x, last[0], output_shape)
        return restored

    assert failed_by("pooling", "max_unpool", max_pool_with_switches=pool, max_unpool=unpool) == {"other_values": []}


def test_blocks_cut_by_reshape_are_not_said_to_be_right_where_rows_are_left_over() -> None:
    """At a stride equal to the kernel they are right, but only where nothing is left over."""
    with on_path(COURSE):
        oracle = course_module(COURSE.topic("pooling"), "oracle")

    def forward(x: np.ndarray, kernel: Any, stride: Any) -> Any:
        _, cache = oracle.avg_pool_forward(x, kernel, stride)
        (n, c, h, w), (kh, kw) = x.shape, oracle.as_pair(kernel)
        return x.reshape(n, c, h // kh, kh, w // kw, kw).mean(axis=(3, 5)), cache

    topic = COURSE.topic("pooling")
    everything = {name: vars(oracle)[name] for name in topic.functions} | {"avg_pool_forward": forward}
    failing = checks_lost("pooling", "avg_pool_forward", everything)
    assert failing and {one.slug for check in failing for one in check.misconceptions} == {"average-of-blocks"}
    assert not any("right for a stride equal" in said for check in failing for said in check.observations)


def test_what_is_returned_for_a_table_is_described_in_words() -> None:
    with on_path(COURSE):
        oracle = course_module(COURSE.topic("conv_arithmetic"), "oracle")
    everything = {name: vars(oracle)[name] for name in COURSE.topic("conv_arithmetic").functions}
    everything["summarize"] = lambda input_shape, layers: iter(oracle.summarize(input_shape, layers))
    shown = {check.failure.got for check in checks_lost("conv_arithmetic", "summarize", everything) if check.failure}
    assert shown == {"an object of type list_iterator"}


@pytest.mark.parametrize(
    ("topic", "function"),
    [
        ("layers", "affine_backward"),
        ("layers", "relu_backward"),
        ("layers", "sigmoid_backward"),
        ("batchnorm", "batchnorm_backward"),
        ("batchnorm", "spatial_batchnorm_backward"),
        ("dropout", "dropout_backward"),
        ("pooling", "max_pool_backward"),
        ("pooling", "avg_pool_backward"),
        ("pooling", "l2_pool_backward"),
        ("pooling", "global_avg_pool_backward"),
    ],
)
def test_a_backward_pass_that_works_once_for_each_cache(topic: str, function: str) -> None:
    """It leaves something else in the cache: a loss that is used twice would have other gradients."""
    with on_path(COURSE):
        oracle = vars(course_module(COURSE.topic(topic), "oracle"))
    forward = oracle[function.replace("backward", "forward")]

    class Cache:
        """One object for each forward pass."""

        def __init__(self, content: Any) -> None:
            self.content, self.used = content, False

    def with_cache(*arguments: Any, **keywords: Any) -> Any:
        *results, cache = forward(*arguments, **keywords)
        return (*results, Cache(cache))

    def once(dout: np.ndarray, cache: Cache) -> Any:
        found = oracle[function](dout, cache.content)
        off, cache.used = float(cache.used), True
        return found + off if isinstance(found, np.ndarray) else tuple(one + off for one in found)

    names = {function: once, function.replace("backward", "forward"): with_cache}
    failed = failed_by(topic, function, **names)
    assert {"arguments_untouched", "arguments_unchanged", "dout_unchanged"} & set(failed), failed


WITH = """
import torch
from torch import nn

_right = {builder}


class Replaced(nn.Module):
    def __init__(self):
        super().__init__()
        self.mask = None

    def forward(self, x):
        {forward}


def replaced(model, kind):
    for name, module in model.named_children():
        if isinstance(module, kind):
            setattr(model, name, Replaced())
        else:
            replaced(module, kind)
    return model


def {builder}(*arguments, **keywords):
    {body}
"""
SQUARE = "return nn.functional.avg_pool2d(x, x.shape[3])"
SHARED = "return x * nn.functional.dropout(torch.ones_like(x[:1]), {p}) if self.training else x"
FIXED = """if self.mask is None or self.mask.shape != x.shape:
            self.mask = nn.functional.dropout(torch.ones_like(x), {p})
        return x * self.mask if self.training else x"""
POOLS, DROPS = (
    f"return replaced(_right(*arguments, **keywords), nn.{kind})" for kind in ("AdaptiveAvgPool2d", "Dropout")
)


@pytest.mark.parametrize(
    ("topic", "builder", "forward", "body", "checks"),
    [
        ("residual", "build_resnet", SQUARE, POOLS, {"evaluation", "training"}),
        ("densenet", "build_densenet", SQUARE, POOLS, {"evaluation"}),
        ("inception", "build_googlenet", SHARED.format(p=0.4), DROPS, {"dropout"}),
        ("inception", "build_googlenet", FIXED.format(p=0.4), DROPS, {"dropout"}),
        (
            "densenet",
            "build_densenet",
            "pass",
            "keywords |= {'growth_rate': 48} if arguments[:1] == (161,) and keywords.get('growth_rate') == 32 else {}\n"
            "    return _right(*arguments, **keywords)",
            {"published_161"},
        ),
        (
            "unet",
            "build_unet",
            "pass",
            "return _right(*arguments[:2], min(4, arguments[2]), *arguments[3:], **keywords) if len(arguments) > 2 else "
            "_right(*arguments, **keywords)",
            {"deep"},
        ),
        (
            "unet",
            "build_unet",
            "pass",
            "model = _right(*arguments, **keywords)\n"
            "    return nn.Sequential(model, nn.Sigmoid()) if arguments[1:2] == (1,) else model",
            {"same"},
        ),
    ],
    ids=["square", "square-densenet", "shared-mask", "fixed-mask", "growth-rate", "depth-5", "one-class"],
)
def test_networks_that_are_wrong_for_some_arguments_or_sizes(
    tmp_path: Path, topic: str, builder: str, forward: str, body: str, checks: set[str]
) -> None:
    source = (ROOT / "solutions" / f"{topic}.py").read_text()
    added = WITH.format(builder=builder, forward=forward, body=body)
    (tmp_path / f"{topic}.py").write_text(source + added)
    report = grade(tmp_path, topic, device="cpu", only=builder)
    assert checks <= {check.name.partition("/")[2] for check in lost(report.topics[0].checks)}


def test_another_convention_for_equal_maxima_is_no_layer_that_differs(tmp_path: Path) -> None:
    """A DeconvNet that unpools by a mask, which is right, and has a ReLU behind the scores."""
    source = (ROOT / "tests" / "right" / "deconvnet" / "comparison.py").read_text()
    wrong = source.replace(
        "nn.Sequential(net, nn.Conv2d(w, num_classes, 1))",
        "nn.Sequential(net, nn.Conv2d(w, num_classes, 1), nn.ReLU())",
    )
    assert wrong != source
    (tmp_path / "deconvnet.py").write_text(wrong)
    report = grade(tmp_path, topics=["deconvnet"], only="build_deconvnet/evaluation", course=COURSE)
    (check,) = [check for topic in report.topics for check in topic.checks]
    assert check.observations == ("after the last layer there is a ReLU too many",)


WHOLE_MAP = """    out, _ = max_pool_forward(x, kernel, stride)
    places = [[[[np.argwhere(maps == top)[0] for top in row] for row in tops] for maps, tops in zip(*both)]
              for both in zip(x, out)]
    return out, places
"""
PLACED = """    out = np.zeros(output_shape)
    for n, c, i, j in np.ndindex(x.shape):
        out[(n, c, *switches[n][c][i][j])] += x[n, c, i, j]
    return out
"""


IN_EVALUATION = "    if not training:\n        normalised = "
SLIPS: dict[str, tuple[tuple[str, str], ...]] = {
    "convolution: conv2d_backward/cache_and_dout_unchanged": (
        (
            "    return out, (padded, w, stride, padding)",
            "    conv2d_forward.stride = stride\n    return out, (padded, w, stride, padding)",
        ),
        ("stride, padding = cache\n", "stride, padding = cache\n    stride = conv2d_forward.stride\n"),
    ),
    "convolution: conv2d_forward/two_filters": (
        (
            "stride: int = 1, padding: int = 0\n) -> tuple[np.ndarray, Any]",
            "padding: int = 0, stride: int = 1\n) -> tuple[np.ndarray, Any]",
        ),
    ),
    "batchnorm: batchnorm_backward/arguments_untouched": (
        (IN_EVALUATION, f"    batchnorm_forward.now = training\n{IN_EVALUATION}"),
        (" std, gamma = cache\n", " std, gamma = cache\n    std = std if batchnorm_forward.now else 1.0\n"),
    ),
    "batchnorm: batchnorm_backward/eps": (
        ("std = np.sqrt(var + eps)\n", "std = np.where(var == 0, 1.0, np.sqrt(var + eps))\n"),
    ),
    "batchnorm: batchnorm_forward/eps": (
        ("+ beta\n    new_mean", "+ beta\n    out = np.where(var == 0, 0.0, out)\n    new_mean"),
    ),
    "batchnorm: batchnorm_forward/eps in evaluation": (
        (IN_EVALUATION, "    running_var = np.where(running_var == 0, 1.0, running_var)\n" + IN_EVALUATION),
    ),
    "dropout: dropout_backward/every_pass_has_its_own_mask": (
        ("    scaled_mask = ", "    dropout_forward.p = keep_prob\n    scaled_mask = "),
        ("x * scaled_mask, scaled_mask\n", "x * scaled_mask, scaled_mask * keep_prob\n"),
        (
            "dout.copy() if cache is None else dout * cache\n",
            "dout.copy() if cache is None else by_last(dout * cache)\n",
        ),
        (
            "\ndef classic_dropout_forward(",
            "\ndef by_last(dx):\n    return dx / dropout_forward.p\n\n\ndef classic_dropout_forward(",
        ),
    ),
    "pooling: max_unpool/worked_example": (
        ("    return max_pool_forward(x, kernel, stride)\n", WHOLE_MAP),
        ("    grid, winners = switches\n    out = np.zeros(output_shape)\n", PLACED),
    ),
    "layers: tiny_cnn_step/worked_step": (
        ("i, j = top + down, left + right\n", "i, j = np.argwhere(conv == conv[top + down, left + right])[0]\n"),
    ),
    "conv_arithmetic: conv_output_size/dilation": (
        (
            "conv_output_size(size: int, kernel: int, stride: int = 1, padding: int = 0",
            "conv_output_size(size: int, kernel: int, padding: int = 0, stride: int = 1",
        ),
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slips_that_show_only_beside_other_calls_and_values(slip: str) -> None:
    """What other layers compute in between, equal values, zeros and constants, and arguments by position."""
    topic, check = slip.split(": ")
    source = (ROOT / "solutions" / f"{topic}.py").read_text("utf-8")
    for old, new in SLIPS[slip]:
        assert source.count(old) == 1, (source.count(old), old)
        source = source.replace(old, new)
    names: dict[str, Any] = {"__name__": topic}
    exec(compile(source, f"{topic}.py", "exec"), names)
    function, _, behaviour = check.removesuffix(" in evaluation").partition("/")
    everything = {name: names[name] for name in COURSE.topic(topic).functions}
    found = {one.name.partition("/")[2]: one.failure for one in checks_lost(topic, function, everything)}
    assert behaviour in found
    if behaviour == "cache_and_dout_unchanged":  # it raises; and would not without what was called in between
        told = found[behaviour]
        assert told is not None and told.exception is not None and str(told.call).count("conv2d_forward") == 3
