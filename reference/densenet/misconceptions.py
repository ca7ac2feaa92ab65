"""Known wrong ways to write dense layers, blocks, transitions and networks, and what to say about each.

They are written as students write them, with torch.nn: `Layer`, `Block`, `Shrink` and `Net` below are right until one of
their options is set. A student's block is made of the student's layers, so what is wrong with these is known for all three.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from grader.checking import misconception
from reference import momentum
from reference.densenet import oracle

BIAS = (
    "No convolution has a bias here: what follows is a BN, now or in the next layer, which subtracts the mean and the bias "
    "with it. Give `bias=False`."
)
AFTER = (
    "The order here is convolution, BN, ReLU. In a dense block BN and ReLU come before the convolution (Huang et al., section "
    "3, Composite function): each layer normalises for itself what it reads from all layers before it."
)
SWAPPED = "The order is BN, ReLU, convolution. Here the ReLU comes before the BN."
EVALUATION = (
    "In evaluation mode BN normalises by its running statistics, here by the batch's: the result for an image then depends on "
    "the others in the batch. Leave `track_running_stats` as it is, and let `eval()` reach the layer."
)
UNREGISTERED = (
    "The layers stand in a plain Python list, where PyTorch does not find them: they are not in `parameters()`, no optimiser "
    "trains them and no `.to(...)` reaches them. Use nn.Sequential or nn.ModuleList."
)
PLAIN = (
    "The 1x1 convolution is missing: BN, ReLU, 1x1 to bn_size*growth_rate channels come before BN, ReLU, 3x3. Without this "
    "bottleneck the 3x3 convolution reads every map of the block (section 3, Bottleneck layers)."
)
NARROW = "The 1x1 convolution has bn_size*growth_rate channels; here it has growth_rate."
WIDE = "The 1x1 convolution has bn_size*growth_rate channels; here bn_size multiplies in_channels."
FIXED = "The 1x1 convolution has bn_size*growth_rate channels; here always four times growth_rate."
UNPADDED = "The 3x3 convolution keeps the size of its map only with padding 1, and only maps of one size can be put side by side."
OVERPADDED = "The 1x1 convolution has no padding: with padding 1 the map grows by two rows and columns."
RESIZED = (
    "A layer's new maps have another size than its input, so that they cannot be put side by side. The 3x3 convolution keeps "
    "the size with padding 1, the 1x1 convolution without."
)
EXCHANGED = "The 1x1 convolution comes first, the 3x3 second. Here it is the other way round."
KEPT = "The layer returns its input too. It returns the new maps alone; it is the block that puts them beside the rest."
ADDED = "Maps are added here, as in a residual network. A dense block puts them side by side: torch.cat along dim 1 (equation 2)."


def _unit(
    inputs: int, outputs: int, side: int, *, order: str, bias: bool, padding: int, batch_statistics: bool
) -> list[nn.Module]:
    """A convolution with BN and ReLU; `order` is of their first letters."""
    made = {
        "b": nn.BatchNorm2d(outputs if order.find("c") < order.find("b") else inputs, track_running_stats=not batch_statistics),
        "r": nn.ReLU(),
        "c": nn.Conv2d(inputs, outputs, side, padding=padding, bias=bias),
    }  # fmt: skip
    return [made[letter] for letter in order]


class Layer(nn.Sequential):
    """The new maps of a layer; right as long as no option is given."""

    def __init__(
        self,
        inputs: int,
        growth: int,
        bn_size: int = 4,
        *,
        inside: Callable[[int, int, int], int] = lambda inputs, growth, bn_size: bn_size * growth,
        bottleneck: bool = True,
        sides: tuple[int, int] = (1, 3),
        paddings: tuple[int, int] | None = None,
        orders: tuple[str, str] = ("brc", "brc"),
        bias: bool = False,
        batch_statistics: bool = False,
        end: Sequence[nn.Module] = (),
    ) -> None:
        one, two = paddings or (sides[0] // 2, sides[1] // 2)
        width = inside(inputs, growth, bn_size) if bottleneck else inputs
        given: dict[str, Any] = {"bias": bias, "batch_statistics": batch_statistics}
        first = _unit(inputs, width, sides[0], order=orders[0], padding=one, **given) if bottleneck else []
        super().__init__(*first, *_unit(width, growth, sides[1], order=orders[1], padding=two, **given), *end)


class Block(nn.Module):
    """A dense block; right as long as no option is given but those of its layers."""

    def __init__(
        self,
        count: int,
        inputs: int,
        growth: int,
        bn_size: int = 4,
        *,
        join: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = lambda x, new: torch.cat([x, new], 1),
        leave: Callable[[torch.Tensor, int], torch.Tensor] = lambda x, inputs: x,
        listed: bool = False,
        **options: Any,
    ) -> None:
        super().__init__()
        layers = [Layer(inputs + number * growth, growth, bn_size, **options) for number in range(count)]
        self.layers: Any = layers if listed else nn.ModuleList(layers)
        self.join, self.leave, self.inputs = join, leave, inputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = self.join(x, layer(x))
        return self.leave(x, self.inputs)


class Shrink(nn.Sequential):
    """A transition; right as long as no option is given."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        order: str = "brc",
        side: int = 1,
        bias: bool = False,
        batch_statistics: bool = False,
        stride: int = 1,
        pool: Callable[[], nn.Module] = lambda: nn.AvgPool2d(2),
        pool_first: bool = False,
    ) -> None:
        made = _unit(
            inputs, outputs, side, order=order, bias=bias, padding=side // 2, batch_statistics=batch_statistics
        )
        made[order.index("c")].stride = (stride, stride)  # type: ignore[assignment]  # a convolution's
        super().__init__(*([pool(), *made] if pool_first else [*made, pool()]))


class Net(nn.Module):
    """A whole network; right as long as no option is given."""

    def __init__(
        self,
        depth: int,
        num_classes: int = 1000,
        in_channels: int = 3,
        growth_rate: int | None = None,
        *,
        counts: Sequence[int] | None = None,
        growth: Callable[[int, int | None], int] = lambda depth, given: (
            oracle.published_growth_rate(depth) if given is None else given
        ),
        stem: tuple[int, int, int] = (7, 2, 3),
        stem_channels: Callable[[int], int] = lambda growth: 2 * growth,
        stem_bias: bool = False,
        stem_end: Callable[[int], list[nn.Module]] = lambda channels: [nn.BatchNorm2d(channels), nn.ReLU()],
        pool: Callable[[], nn.Module] = lambda: nn.MaxPool2d(3, 2, 1),
        compress: Callable[[int], int] = lambda channels: channels // 2,
        last_transition: bool = False,
        transitions: dict[str, Any] | None = None,
        last: Callable[[int], list[nn.Module]] = lambda channels: [nn.BatchNorm2d(channels), nn.ReLU()],
        gather: Callable[[], nn.Module] = lambda: nn.AdaptiveAvgPool2d(1),
        head_bias: bool = True,
        end: Sequence[nn.Module] = (),
        **options: Any,
    ) -> None:
        super().__init__()
        if depth not in oracle.BLOCKS:
            raise ValueError(f"depth {depth} is none of {list(oracle.BLOCKS)}")
        rate = growth(depth, growth_rate)
        channels = stem_channels(rate)
        side, stride, padding = stem
        layers: list[nn.Module] = [nn.Conv2d(in_channels, channels, side, stride, padding, bias=stem_bias)]
        layers += [*stem_end(channels), pool()]
        for number, count in enumerate(counts or oracle.BLOCKS[depth]):
            layers.append(Block(count, channels, rate, **options))
            channels += count * rate
            if number < 3 or last_transition:
                layers.append(Shrink(channels, compress(channels), **(transitions or {})))
                channels = compress(channels)
        layers += [*last(channels), gather(), nn.Flatten(), nn.Linear(channels, num_classes, bias=head_bias), *end]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.layers(x)
        return out


MAKERS: dict[str, Callable[..., nn.Module]] = {
    "DenseLayer": Layer,
    "DenseBlock": Block,
    "Transition": Shrink,
    "build_densenet": Net,
}


def _in(functions: str, hint: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A misconception of several functions: the decorated function's name is the slug, its body does not matter."""

    def make(named: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions.split():

            def code(*arguments: Any, made: Any = MAKERS[function]) -> nn.Module:
                model: nn.Module = made(*arguments, **options)
                return model

            code.__name__ = named.__name__
            globals()[f"{function}_{named.__name__}"] = misconception(function, hint)(code)
        return named

    return make


EVERYWHERE = "DenseLayer DenseBlock build_densenet"
BOTH = "DenseLayer DenseBlock"


@_in(EVERYWHERE, AFTER, orders=("cbr", "cbr"))
def bn_and_relu_after_the_convolution() -> None: ...


@_in(EVERYWHERE, PLAIN, bottleneck=False)
def no_bottleneck() -> None: ...


@_in(EVERYWHERE, BIAS, bias=True)
def convolutions_with_a_bias() -> None: ...


@_in(EVERYWHERE, NARROW, inside=lambda inputs, growth, bn_size: growth)
def bottleneck_of_growth_rate_channels() -> None: ...


@_in(BOTH, WIDE, inside=lambda inputs, growth, bn_size: bn_size * inputs)
def bottleneck_as_a_multiple_of_the_input() -> None: ...


@_in(BOTH, FIXED, inside=lambda inputs, growth, bn_size: 4 * growth)
def bn_size_ignored() -> None: ...


@_in(EVERYWHERE, SWAPPED, orders=("rbc", "rbc"))
def relu_before_bn() -> None: ...


@_in(EVERYWHERE, "The ReLU between each BN and the convolution behind it is missing.", orders=("bc", "bc"))
def no_relu() -> None: ...


@_in(EVERYWHERE, "Each convolution has a BN before it; here there are none.", orders=("rc", "rc"))
def no_bn() -> None: ...


@_in(
    BOTH,
    "BN and ReLU before the 3x3 convolution are missing. Without them the two convolutions are one linear function.",
    orders=("brc", "c"),
)
def nothing_between_the_convolutions() -> None: ...


@_in(
    BOTH,
    "BN and ReLU before the 1x1 convolution are missing. The maps it reads come from convolutions, as they are.",
    orders=("c", "brc"),
)
def nothing_before_the_first_convolution() -> None: ...


@_in(
    BOTH,
    "There is a ReLU behind the 3x3 convolution. The layer ends with the convolution; the next layer has a BN and a ReLU of "
    "its own.",
    end=(nn.ReLU(),),
)
def relu_at_the_end_of_the_layer() -> None: ...


@_in("DenseLayer", UNPADDED, paddings=(0, 0))
def no_padding() -> None: ...


@_in("DenseLayer", OVERPADDED, paddings=(1, 1))
def padding_of_the_1x1() -> None: ...


@_in("DenseBlock", RESIZED, paddings=(0, 0))
def size_of_the_map_changed() -> None: ...


@_in(BOTH, EXCHANGED, sides=(3, 1))
def kernels_exchanged() -> None: ...


@_in(BOTH, "Both convolutions are 3x3 here. The first one is 1x1: it only mixes channels.", sides=(3, 3))
def two_3x3_convolutions() -> None: ...


@_in(EVERYWHERE, EVALUATION, batch_statistics=True)
def statistics_of_the_batch_in_evaluation() -> None: ...


class _Keeping(Layer):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, super().forward(x)], 1)


@misconception("DenseLayer", KEPT)
def input_returned_too(in_channels: int, growth_rate: int, bn_size: int = 4) -> nn.Module:
    return _Keeping(in_channels, growth_rate, bn_size)


class _Adding(Layer):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + super().forward(x)


@misconception("DenseLayer", ADDED)
def residual_layer(in_channels: int, growth_rate: int, bn_size: int = 4) -> nn.Module:
    return _Adding(in_channels, growth_rate, bn_size)


class _OneNorm(nn.Module):
    """A layer that uses one BN twice, where its size allows it."""

    def __init__(self, inputs: int, growth: int, bn_size: int) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(inputs, bn_size * growth, 1, bias=False), None
        self.norm = nn.BatchNorm2d(inputs)
        self.other = self.norm if bn_size * growth == inputs else nn.BatchNorm2d(bn_size * growth)
        self.two = nn.Conv2d(bn_size * growth, growth, 3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.two(torch.relu(self.other(self.one(torch.relu(self.norm(x))))))
        return out


@misconception(
    "DenseLayer",
    "One BN is used in two places. Each convolution needs a BN of its own: the maps before them have different means and "
    "variances, and a shared BN keeps one mixture of them.",
)
def one_bn_in_two_places(in_channels: int, growth_rate: int, bn_size: int = 4) -> nn.Module:
    return _OneNorm(in_channels, growth_rate, bn_size)


@_in("DenseBlock", "The block returns the new maps alone. The input's maps come first.", leave=lambda x, n: x[:, n:])
def new_maps_alone() -> None: ...


@_in(
    "DenseBlock",
    "The new maps are put before the others. They come last: the input first, then the layers in order.",
    join=lambda x, new: torch.cat([new, x], 1),
)
def new_maps_first() -> None: ...


@_in(
    "DenseBlock",
    "Inside, every layer sees what it should, but the block returns the input's maps last. They come first.",
    leave=lambda x, n: torch.cat([x[:, n:], x[:, :n]], 1),
)
def input_last() -> None: ...


@_in("DenseBlock", UNREGISTERED, listed=True)
def layers_in_a_plain_list() -> None: ...


@_in("build_densenet", UNREGISTERED, listed=True)
def _layers_in_a_plain_list() -> None: ...


@misconception("DenseBlock", ADDED)
def residual_block(num_layers: int, in_channels: int, growth_rate: int, bn_size: int = 4) -> nn.Module:
    return nn.Sequential(*[_Adding(in_channels, in_channels, bn_size) for _ in range(num_layers)])


class _Chain(nn.Module):
    """Each layer sees only the one before it; the block returns all maps."""

    def __init__(self, count: int, inputs: int, growth: int, bn_size: int, last: bool = False) -> None:
        super().__init__()
        self.last = last
        self.layers = nn.ModuleList([Layer(growth if number else inputs, growth, bn_size) for number in range(count)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = [x]
        for layer in self.layers:
            maps.append(layer(maps[-1]))
        return maps[-1] if self.last else torch.cat(maps, 1)


CHAIN = (
    "Every layer sees the maps of the layer before it only. Layer i reads the input and the maps of all i - 1 layers before "
    "it, and so has in_channels + (i - 1)*growth_rate input channels (equation 2)."
)


@misconception("DenseBlock", CHAIN)
def layers_in_a_chain(num_layers: int, in_channels: int, growth_rate: int, bn_size: int = 4) -> nn.Module:
    return _Chain(num_layers, in_channels, growth_rate, bn_size)


@misconception("DenseBlock", CHAIN + " And the block returns all of these maps, not those of the last layer alone.")
def plain_sequence(num_layers: int, in_channels: int, growth_rate: int, bn_size: int = 4) -> nn.Module:
    return _Chain(num_layers, in_channels, growth_rate, bn_size, last=True)


class _Unjoined(Block):
    """Forgets to put the last layer's maps, or the input, into what comes next."""

    def __init__(self, *arguments: Any, without: str) -> None:
        super().__init__(*arguments)
        self.without = without

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            before, x = x, torch.cat([x, layer(x)], 1)
        return before if self.without == "last" else layer(before)  # type: ignore[no-any-return]


@misconception("DenseBlock", "The last layer's maps are missing from what the block returns.")
def maps_of_the_last_layer_missing(num_layers: int, in_channels: int, growth_rate: int, bn_size: int = 4) -> nn.Module:
    return _Unjoined(num_layers, in_channels, growth_rate, bn_size, without="last")


@misconception(
    "DenseBlock",
    "The block returns the last layer's maps alone. It returns the input's maps and those of all layers, side by side.",
)
def maps_of_the_last_layer_alone(num_layers: int, in_channels: int, growth_rate: int, bn_size: int = 4) -> nn.Module:
    return _Unjoined(num_layers, in_channels, growth_rate, bn_size, without="others")


@misconception("DenseBlock", "There is one layer too many; the block has num_layers.")
def one_layer_too_many(num_layers: int, in_channels: int, growth_rate: int, bn_size: int = 4) -> nn.Module:
    return Block(num_layers + 1, in_channels, growth_rate, bn_size)


@misconception("DenseBlock", "There is one layer too few; the block has num_layers.")
def one_layer_too_few(num_layers: int, in_channels: int, growth_rate: int, bn_size: int = 4) -> nn.Module:
    return Block(num_layers - 1, in_channels, growth_rate, bn_size)


@misconception(
    "DenseBlock",
    "Two arguments are exchanged: the number of layers comes first, then the channels of the input.",
)
def arguments_exchanged(in_channels: int, num_layers: int, growth_rate: int, bn_size: int = 4) -> nn.Module:
    return Block(num_layers, in_channels, growth_rate, bn_size)


@_in("Transition", AFTER.replace("each layer normalises", "the transition, too, normalises"), order="cbr")
def _bn_and_relu_after_the_convolution() -> None: ...


@_in("Transition", SWAPPED, order="rbc")
def _relu_before_bn() -> None: ...


@_in("Transition", "The order is BN, ReLU, 1x1 convolution, pooling; the ReLU is missing.", order="bc")
def no_relu_in_the_transition() -> None: ...


@_in("Transition", "The order is BN, ReLU, 1x1 convolution, pooling; the BN is missing.", order="rc")
def no_bn_in_the_transition() -> None: ...


@_in("Transition", "BN and ReLU are missing: the order is BN, ReLU, 1x1 convolution, pooling.", order="c")
def convolution_and_pooling_alone() -> None: ...


@_in("Transition", BIAS, bias=True)
def _convolution_with_a_bias() -> None: ...


@_in("Transition", EVALUATION, batch_statistics=True)
def _statistics_of_the_batch_in_evaluation() -> None: ...


@_in("Transition", "The convolution of a transition is 1x1; here it is 3x3.", side=3)
def transition_of_3x3() -> None: ...


@_in(
    "Transition", "The pooling takes the mean of each 2x2 window; here it is the maximum.", pool=lambda: nn.MaxPool2d(2)
)
def max_pooling() -> None: ...


@_in("Transition", "The 2x2 average pooling, which halves rows and columns, is missing.", pool=nn.Identity)
def no_pooling() -> None: ...


@_in(
    "Transition",
    "The map is halved by a stride in the 1x1 convolution, which never looks at three quarters of it. Leave the stride 1 and "
    "take the mean of 2x2 windows.",
    stride=2,
    pool=nn.Identity,
)
def stride_in_the_place_of_pooling() -> None: ...


@_in("Transition", "The convolution has stride 1; the pooling alone halves the map.", stride=2)
def stride_and_pooling() -> None: ...


@_in(
    "Transition",
    "The pooling has stride 2; here its windows overlap, and the map keeps its size.",
    pool=lambda: nn.AvgPool2d(2, 1),
)
def pooling_of_stride_1() -> None: ...


@_in("Transition", "The pooling has 2x2 windows; here 3x3 with padding 1.", pool=lambda: nn.AvgPool2d(3, 2, 1))
def pooling_of_3x3() -> None: ...


@_in(
    "Transition",
    "A last odd row or column is left out; here the pooling rounds up (ceil_mode).",
    pool=lambda: nn.AvgPool2d(2, ceil_mode=True),
)
def pooling_that_rounds_up() -> None: ...


@_in(
    "Transition",
    "The pooling comes last. Before the BN it changes what the ReLU cuts off (behind the ReLU its place would not matter).",
    pool_first=True,
)
def pooling_before_bn() -> None: ...


@misconception("Transition", "`out_channels` is ignored: here always half of in_channels.")
def always_half_the_channels(in_channels: int, out_channels: int) -> nn.Module:
    return Shrink(in_channels, in_channels // 2)


@_in(
    "build_densenet",
    "The stem has 2*growth_rate channels; here it has growth_rate.",
    stem_channels=lambda growth: growth,
)
def stem_of_growth_rate_channels() -> None: ...


@_in("build_densenet", "The stem has 2*growth_rate channels; here always 64.", stem_channels=lambda growth: 64)
def stem_of_64_channels() -> None: ...


@_in("build_densenet", "Max pooling in the stem, 3x3/2 with padding 1, is missing (Table 1).", pool=nn.Identity)
def no_pooling_in_the_stem() -> None: ...


@_in(
    "build_densenet",
    "The pooling of the stem takes the maximum; here it is the mean.",
    pool=lambda: nn.AvgPool2d(3, 2, 1),
)
def average_pooling_in_the_stem() -> None: ...


@_in(
    "build_densenet",
    "Max pooling in the stem has padding 1: 112x112 becomes 56x56, not 55x55.",
    pool=lambda: nn.MaxPool2d(3, 2),
)
def max_pooling_without_padding() -> None: ...


@_in(
    "build_densenet",
    "Max pooling in the stem has 3x3 windows that overlap, with padding 1; here they are 2x2.",
    pool=lambda: nn.MaxPool2d(2),
)
def max_pooling_of_2x2() -> None: ...


@_in(
    "build_densenet", "The 7x7 convolution of the stem has padding 3, so that 224x224 becomes 112x112.", stem=(7, 2, 0)
)
def stem_without_padding() -> None: ...


@_in(
    "build_densenet",
    "The stem has a 3x3 convolution, as the paper's networks for 32x32 images have. Here it is 7x7/2.",
    stem=(3, 2, 1),
)
def stem_of_3x3() -> None: ...


@_in("build_densenet", BIAS, stem_bias=True)
def stem_with_a_bias() -> None: ...


@_in(
    "build_densenet",
    "In the stem BN and ReLU follow the 7x7 convolution; here they are missing.",
    stem_end=lambda channels: [],
)
def stem_without_bn_and_relu() -> None: ...


@_in(
    "build_densenet",
    "Compression is missing: a transition halves the channels (section 3, Compression). Here it keeps them.",
    compress=lambda channels: channels,
)
def no_compression() -> None: ...


@_in(
    "build_densenet",
    "There is a transition behind the last block. There are three, between the four blocks; the last block goes to the head.",
    last_transition=True,
)
def transition_after_the_last_block() -> None: ...


@_in("build_densenet", "BN and ReLU before the global average pooling are missing.", last=lambda channels: [])
def no_bn_and_relu_before_the_head() -> None: ...


@_in(
    "build_densenet",
    "The ReLU before the global average pooling is missing.",
    last=lambda channels: [nn.BatchNorm2d(channels)],
)
def no_relu_before_the_head() -> None: ...


@_in("build_densenet", "The BN before the last ReLU is missing.", last=lambda channels: [nn.ReLU()])
def no_bn_before_the_head() -> None: ...


@_in(
    "build_densenet",
    "The head takes the mean over rows and columns; here it is the maximum.",
    gather=lambda: nn.AdaptiveMaxPool2d(1),
)
def global_max_pooling() -> None: ...


@_in(
    "build_densenet",
    "The mean of the head is taken over windows of 7x7, which fit a 224x224 image alone. Take it over the whole map, "
    "whatever its size.",
    gather=lambda: nn.AvgPool2d(7),
)
def average_pooling_of_7x7() -> None: ...


@_in("build_densenet", "The linear layer at the end has a bias; only convolutions have none.", head_bias=False)
def linear_layer_without_a_bias() -> None: ...


@_in(
    "build_densenet",
    "The network ends with the raw scores. The softmax belongs to the loss (nn.CrossEntropyLoss has it).",
    end=(nn.Softmax(dim=1),),
)
def softmax_at_the_end() -> None: ...


@_in(
    "build_densenet",
    "The order in the transitions is convolution, BN, ReLU, pooling. It is BN, ReLU, convolution, pooling.",
    transitions={"order": "cbr"},
)
def transitions_with_bn_after_the_convolution() -> None: ...


@_in(
    "build_densenet",
    "The transitions of this network are a convolution and a pooling alone; BN and ReLU before the convolution are missing.",
    transitions={"order": "c"},
)
def transitions_without_bn_and_relu() -> None: ...


@_in(
    "build_densenet",
    "The transitions pool by the mean; here by the maximum.",
    transitions={"pool": lambda: nn.MaxPool2d(2)},
)
def transitions_with_max_pooling() -> None: ...


@_in(
    "build_densenet",
    "New maps are put before the others in the blocks. They come last: the input first, then the layers in order.",
    join=lambda x, new: torch.cat([new, x], 1),
)
def blocks_with_new_maps_first() -> None: ...


@_in(
    "build_densenet",
    "Every depth has the 6, 12, 24 and 16 layers of DenseNet-121 here; look at Table 1.",
    counts=(6, 12, 24, 16),
)
def layers_of_121_at_every_depth() -> None: ...


@_in(
    "build_densenet",
    "growth_rate=None means 48 for DenseNet-161; here it means 32 at every depth.",
    growth=lambda depth, given: 32 if given is None else given,
)
def growth_rate_32_for_161() -> None: ...


@_in(
    "build_densenet",
    "DenseNet-161 always gets growth rate 48 here. That is what None means; a number that is given counts.",
    growth=lambda depth, given: 48 if depth == 161 else given or 32,
)
def growth_rate_of_161_not_free() -> None: ...


@_in(
    "build_densenet",
    "`growth_rate` is ignored: the published rate is used even where another one is given.",
    growth=lambda depth, given: oracle.published_growth_rate(depth),
)
def growth_rate_ignored() -> None: ...


@misconception("build_densenet", "DenseNet-169 and 201 have each other's layers here: 6, 12, 32, 32 and 6, 12, 48, 32.")
def layers_of_169_and_201_exchanged(depth: int, *arguments: Any) -> nn.Module:
    return Net(depth, *arguments, counts=oracle.BLOCKS.get({169: 201, 201: 169}.get(depth, depth)))


@misconception("build_densenet", "DenseNet-264 is missing; there are five depths: 121, 161, 169, 201 and 264.")
def no_264(depth: int, *arguments: Any) -> nn.Module:
    if depth == 264:
        raise ValueError(f"depth must be one of 121, 161, 169, 201, got {depth}")
    return Net(depth, *arguments)


@misconception("build_densenet", "The number of scores is num_classes; here it is always 1000.")
def classes_hard_coded(depth: int, num_classes: int = 1000, *arguments: Any) -> nn.Module:
    return Net(depth, 1000, *arguments)


@misconception("build_densenet", "The first convolution takes in_channels channels; here always 3.")
def input_channels_hard_coded(
    depth: int, num_classes: int = 1000, in_channels: int = 3, growth_rate: int | None = None
) -> nn.Module:
    return Net(depth, num_classes, 3, growth_rate)


@misconception(
    "build_densenet",
    "A depth that is none of 121, 161, 169, 201 and 264 must raise ValueError. Here it does not.",
)
def depth_not_checked(depth: int, *arguments: Any) -> nn.Module:
    return Net(depth if depth in oracle.BLOCKS else 121, *arguments)


@misconception(
    "build_densenet",
    "An unknown depth raises KeyError, from looking it up in a table. It must be a ValueError: look first whether it is there.",
)
def key_error_for_an_unknown_depth(depth: int, *arguments: Any) -> nn.Module:
    oracle.BLOCKS[depth]
    return Net(depth, *arguments)


@misconception(
    "build_densenet",
    "ValueError is raised where it should be, but its message must name the argument, depth, and give its value.",
)
def message_without_the_depth(depth: int, *arguments: Any) -> nn.Module:
    if depth not in oracle.BLOCKS:
        raise ValueError("unknown network")
    return Net(depth, *arguments)


layer_momentum = misconception("DenseLayer", momentum.HINT)(momentum.as_elsewhere(Layer))
block_momentum = misconception("DenseBlock", momentum.HINT)(momentum.as_elsewhere(Block))
transition_momentum = misconception("Transition", momentum.HINT)(momentum.as_elsewhere(Shrink))
network_momentum = misconception("build_densenet", momentum.HINT)(momentum.as_elsewhere(Net))
