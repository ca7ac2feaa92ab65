"""Known wrong ways to write Inception modules and GoogLeNet, and what to say about each.

They are written as students write them, with torch.nn: `Module` and `Net` below are right until one of their options is set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from grader.checking import misconception
from reference.inception import oracle

ORDER = "The branches are concatenated in the order of Table 1: 1x1, 3x3, 5x5, pooling. "
POOLS = (
    "The 3x3/2 poolings have no padding and are in ceil mode (`nn.MaxPool2d(3, 2, ceil_mode=True)`): a window that is only "
    "partly inside counts too. "
)
DROPOUT = (
    "Dropout stands between the average pooling and the linear layer, with probability 0.4, in training mode alone. "
)


class Module(nn.Module):
    """An Inception module; right as long as no option is given."""

    def __init__(
        self,
        inputs: int,
        one: int,
        reduce3: int,
        three: int,
        reduce5: int,
        five: int,
        projection: int,
        *,
        order: Sequence[int] = (0, 1, 2, 3),
        dim: int = 1,
        chained: bool = False,
        reduced: bool = True,
        swapped: bool = False,
        side5: int = 5,
        padding: bool = True,
        relus: Sequence[str] = ("one", "reduce", "last", "projection"),
        relu: Callable[[], nn.Module] = nn.ReLU,
        bias: bool = True,
        bn: bool = False,
        dropout: float = 0.0,
        pool: Callable[[], nn.Module] = lambda: nn.MaxPool2d(3, 1, 1),
        pool_last: bool = False,
        projected: bool = True,
        listed: bool = False,
        unused: bool = False,
        one_reduction: bool = False,
    ) -> None:
        super().__init__()
        if swapped:
            reduce3, three, reduce5, five = three, reduce3, five, reduce5
        self.order, self.dim, self.chained, self.unused = order, dim, chained, unused

        def conv(inputs: int, outputs: int, side: int, place: str) -> list[nn.Module]:
            layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, side, padding=side // 2 * padding, bias=bias)]
            layers += [nn.BatchNorm2d(outputs, eps=0.001)] if bn else []
            return layers + ([relu()] if place in relus else [])

        last = conv(inputs, projection, 1, "projection") if projected else []
        branches = [
            conv(inputs, one, 1, "one"),
            [*conv(inputs, reduce3, 1, "reduce"), *conv(reduce3, three, 3, "last")],
            [*conv(inputs, reduce5, 1, "reduce"), *conv(reduce5, five, side5, "last")],
            [*last, pool()] if pool_last else [pool(), *last],
        ]
        if not reduced:
            branches[1], branches[2] = conv(inputs, three, 3, "last"), conv(inputs, five, 5, "last")
        if one_reduction:
            branches[2] = [*branches[1][:2], *conv(reduce3, five, 5, "last")]
        if chained:
            branches[1] = [*conv(one, reduce3, 1, "reduce"), *conv(reduce3, three, 3, "last")]
        made = [nn.Sequential(*branch) for branch in branches]
        self.branches: Any = made if listed else nn.ModuleList(made)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = [branch(x) for number, branch in enumerate(self.branches) if number != 1 or not self.chained]
        if self.chained:
            maps.insert(1, self.branches[1](maps[0]))
        if self.unused:
            maps[1] = maps[1].detach()
        return self.dropout(torch.cat([maps[number] for number in self.order], self.dim))


def _module(hint: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A misconception of Inception: a module with options; the decorated function's name is the slug."""

    def make(named: Callable[..., Any]) -> Callable[..., Any]:
        def code(
            in_channels: int, ch1x1: int, ch3x3_reduce: int, ch3x3: int, ch5x5_reduce: int, ch5x5: int, pool_proj: int
        ) -> nn.Module:
            return Module(in_channels, ch1x1, ch3x3_reduce, ch3x3, ch5x5_reduce, ch5x5, pool_proj, **options)

        code.__name__ = named.__name__
        return misconception("Inception", hint)(code)

    return make


@_module(ORDER + "Here the pooling comes first.", order=(3, 0, 1, 2))
def pooling_branch_first() -> None: ...


@_module(ORDER + "Here the 5x5 comes before the 3x3.", order=(0, 2, 1, 3))
def branch_of_5x5_before_3x3() -> None: ...


@_module(ORDER + "Here they are in the opposite order.", order=(3, 2, 1, 0))
def branches_in_reverse() -> None: ...


@_module(ORDER + "Here the 5x5 comes last.", order=(0, 1, 3, 2))
def pooling_branch_before_5x5() -> None: ...


@_module("The maps are put one under the other. They are concatenated along the channels: `dim=1`.", dim=2)
def concatenated_along_the_rows() -> None: ...


@_module("The maps are concatenated along the batch. They are concatenated along the channels: `dim=1`.", dim=0)
def concatenated_along_the_batch() -> None: ...


@_module(
    "The second branch takes the result of the first. All four take the module's input x (Figure 2).", chained=True
)
def branches_one_after_the_other() -> None: ...


@_module(
    "The 1x1 convolutions in front of the 3x3 and the 5x5 are missing: this is Figure 2 (a), the naive version. They "
    "reduce the channels first, to ch3x3_reduce and ch5x5_reduce (Figure 2 (b)).",
    reduced=False,
)
def no_reductions() -> None: ...


@_module(
    "One 1x1 convolution serves both the 3x3 and the 5x5. Each has one of its own, of ch3x3_reduce and ch5x5_reduce "
    "channels.",
    one_reduction=True,
)
def one_reduction_for_both() -> None: ...


@_module(
    "The channels of the reductions and of the convolutions behind them are exchanged: first 1x1 to ch3x3_reduce, then "
    "3x3 to ch3x3, and likewise for 5x5.",
    swapped=True,
)
def reductions_exchanged_with_outputs() -> None: ...


@_module(
    "The third branch has a 3x3 convolution, as a well-known implementation has by mistake. In the paper it is 5x5, with "
    "padding 2.",
    side5=3,
)
def convolution_of_3x3_in_the_third_branch() -> None: ...


@_module("The 3x3 and 5x5 convolutions have padding 1 and 2: all four maps must be as large as x.", padding=False)
def no_padding() -> None: ...


@_module(
    "There is a ReLU after the reducing 1x1 convolutions too: after every one of the six.",
    relus=("one", "last", "projection"),
)
def no_relu_after_the_reductions() -> None: ...


@_module(
    "There is a ReLU after the 1x1 convolution of the pooling branch too: after every one of the six.",
    relus=("one", "reduce", "last"),
)
def no_relu_after_the_projection() -> None: ...


@_module(
    "The ReLU after the last convolution of each branch is missing: there is one after every convolution.",
    relus=("reduce",),
)
def no_relu_at_the_end() -> None: ...


@_module("There is no ReLU at all. There is one after every convolution.", relus=())
def no_relus() -> None: ...


@_module("The convolutions have no bias. Without batch normalisation behind them they need one.", bias=False)
def no_biases() -> None: ...


@_module(
    "There is batch normalisation after the convolutions, as in later versions (Ioffe and Szegedy, 2015). The paper's "
    "module has none.",
    bn=True,
)
def batch_normalisation() -> None: ...


@_module("There is dropout in the module. GoogLeNet has it in one place, before its linear layer.", dropout=0.4)
def dropout_in_the_module() -> None: ...


@_module("The pooling branch takes the maximum; here it is the mean.", pool=lambda: nn.AvgPool2d(3, 1, 1))
def average_pooling() -> None: ...


@_module("The pooling has 3x3 windows, stride 1 and padding 1; here they are 5x5.", pool=lambda: nn.MaxPool2d(5, 1, 2))
def max_pooling_of_5x5() -> None: ...


@_module(
    "The pooling in the module keeps the size: 3x3 with stride 1 and padding 1. Note that nn.MaxPool2d takes its kernel "
    "for the stride unless you give one.",
    pool=lambda: nn.MaxPool2d(3, padding=1),
)
def pooling_with_a_stride() -> None: ...


@_module(
    "The pooling in the module needs padding 1, so that its map is as large as the others.",
    pool=lambda: nn.MaxPool2d(3, 1),
)
def pooling_without_padding() -> None: ...


@_module(
    "The fourth branch pools first and then has its 1x1 convolution; here it is the other way round.", pool_last=True
)
def projection_before_the_pooling() -> None: ...


@_module(
    "The 1x1 convolution after the pooling is missing. Without it the channels would grow by all of x with every module.",
    projected=False,
)
def no_projection() -> None: ...


@_module(
    "The branches stand in a plain Python list, where PyTorch does not find them: they are not in `parameters()`, no "
    "optimiser trains them and no `.to(...)` reaches them. Use nn.ModuleList.",
    listed=True,
)
def branches_in_a_plain_list() -> None: ...


@_module("The gradient does not reach one of the branches: its map is detached from the graph.", unused=True)
def detached_branch() -> None: ...


@_module(
    "The activation is a leaky ReLU. The paper has the plain one, which is 0 wherever its input is negative.",
    relu=lambda: nn.LeakyReLU(0.01),
)
def leaky_relus() -> None: ...


def _pool() -> nn.Module:
    return nn.MaxPool2d(3, 2, ceil_mode=True)


class Net(nn.Module):
    """GoogLeNet; right as long as no option is given."""

    def __init__(
        self,
        num_classes: int = 1000,
        in_channels: int = 3,
        *,
        table: dict[str, tuple[int, ...]] | None = None,
        pool: Callable[[], nn.Module] = _pool,
        pooled: Sequence[str] = ("stem", "3a", "4a", "5a"),
        stem: tuple[int, int, int] = (7, 2, 3),
        stem_1x1: bool = True,
        stem_relu: bool = True,
        normalised: bool = False,
        gather: Callable[[], Sequence[nn.Module]] = lambda: [nn.AdaptiveAvgPool2d(1), nn.Flatten()],
        features: int = 1024,
        dropout: Callable[[], nn.Module] = lambda: nn.Dropout(oracle.RATE),
        drop_where: str = "before",
        hidden: bool = False,
        head_bias: bool = True,
        end: Sequence[nn.Module] = (),
        listed: bool = False,
        **options: Any,
    ) -> None:
        super().__init__()
        side, stride, padding = stem
        relu: list[nn.Module] = [nn.ReLU()] if stem_relu else []
        norm: list[nn.Module] = [nn.LocalResponseNorm(5, alpha=5e-4, k=2.0)] if normalised else []
        layers: list[nn.Module] = [nn.Conv2d(in_channels, 64, side, stride, padding), *relu]
        layers += [pool()] if "stem" in pooled else []
        layers += [*norm, *([nn.Conv2d(64, 64, 1), *relu] if stem_1x1 else [])]
        layers += [nn.Conv2d(64, 192, 3, padding=1), *relu, *norm]
        inputs = 192
        for name, channels in (table or oracle.MODULES).items():
            layers += [pool()] if name in pooled else []
            layers.append(Module(inputs, *channels, **options))
            inputs = channels[0] + channels[2] + channels[4] + channels[5]
        self.body: Any = layers if listed else nn.Sequential(*layers)
        self.listed = listed
        drop = [dropout()]
        head: list[nn.Module] = [*(drop if drop_where == "before pooling" else []), *gather()]
        head += drop if drop_where == "before" else []
        head += [nn.Linear(features, 1024), nn.ReLU()] if hidden else []
        head += [nn.Linear(1024 if hidden else features, num_classes, bias=head_bias)]
        head += drop if drop_where == "after" else []
        self.head = nn.Sequential(*head, *end)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.body:
            x = layer(x)
        return self.head(x)


def _net(hint: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A misconception of build_googlenet: a network with options; the decorated function's name is the slug."""

    def make(named: Callable[..., Any]) -> Callable[..., Any]:
        def code(num_classes: int = 1000, in_channels: int = 3) -> nn.Module:
            return Net(num_classes, in_channels, **options)

        code.__name__ = named.__name__
        return misconception("build_googlenet", hint)(code)

    return make


def _row(name: str, *channels: int) -> dict[str, tuple[int, ...]]:
    return {**oracle.MODULES, name: channels}


@_net(POOLS + "Here such windows are left out, and 112 wide becomes 55.", pool=lambda: nn.MaxPool2d(3, 2))
def poolings_not_in_ceil_mode() -> None: ...


@_net(
    POOLS + "Here they have padding 1: the size is right, but the windows lie elsewhere.",
    pool=lambda: nn.MaxPool2d(3, 2, 1),
)
def poolings_with_padding() -> None: ...


@_net(POOLS + "Here they are 2x2: the size is right, but the windows do not overlap.", pool=lambda: nn.MaxPool2d(2))
def poolings_of_2x2() -> None: ...


@_net("The four poolings take the maximum; here it is the mean.", pool=lambda: nn.AvgPool2d(3, 2, ceil_mode=True))
def average_poolings() -> None: ...


@_net("The pooling behind the 7x7 convolution is missing.", pooled=("3a", "4a", "5a"))
def no_pooling_in_the_stem() -> None: ...


@_net("The pooling before module 3a is missing.", pooled=("stem", "4a", "5a"))
def no_pooling_before_3a() -> None: ...


@_net("The pooling before module 4a is missing.", pooled=("stem", "3a", "5a"))
def no_pooling_before_4a() -> None: ...


@_net("The pooling before module 5a is missing.", pooled=("stem", "3a", "4a"))
def no_pooling_before_5a() -> None: ...


@_net("The 7x7 convolution has padding 3, so that 224x224 becomes 112x112.", stem=(7, 2, 0))
def stem_without_padding() -> None: ...


@_net(
    'The 1x1 convolution before the first 3x3 is missing (Table 1: "#3x3 reduce" of the second row is 64).',
    stem_1x1=False,
)
def no_1x1_convolution_in_the_stem() -> None: ...


@_net("There is a ReLU after every convolution, the three in front of the modules included.", stem_relu=False)
def no_relus_in_the_stem() -> None: ...


@_net(
    "There is local response normalisation in front of the modules. The paper has it, this exercise leaves it out.",
    normalised=True,
)
def local_response_normalisation() -> None: ...


@_net(
    "Module 3b has 96 channels behind its 5x5 convolution; here it has 64.", table=_row("3b", 128, 128, 192, 32, 64, 64)
)
def module_3b_with_another_number() -> None: ...


@_net("Modules 4a and 4b differ: look at the rows of Table 1 once more.", table=_row("4b", *oracle.MODULES["4a"]))
def module_4b_as_4a() -> None: ...


@_net(
    "Module 4d is the odd one: 112, 144, 288, 32, 64, 64. Here it has the row of 4c.",
    table=_row("4d", *oracle.MODULES["4c"]) | {"4e": oracle.MODULES["4e"]},
)
def module_4d_as_4c() -> None: ...


@_net(
    "Modules 5a and 5b differ: 5b has 384, 192, 384, 48, 128 and 128. Here it has the row of 5a.",
    table=_row("5b", *oracle.MODULES["5a"]),
    features=832,
)
def module_5b_as_5a() -> None: ...


@_net(
    "The rows of modules 4b and 4c are exchanged.",
    table={**oracle.MODULES, "4b": oracle.MODULES["4c"], "4c": oracle.MODULES["4b"]},
)
def modules_4b_and_4c_exchanged() -> None: ...


@_net(
    "Module 4e is missing: there are nine modules, two, five and two.",
    table={name: row for name, row in oracle.MODULES.items() if name != "4e"},
)
def module_4e_missing() -> None: ...


@_net(
    "The last map is reduced by its mean; here it is the maximum.",
    gather=lambda: [nn.AdaptiveMaxPool2d(1), nn.Flatten()],
)
def global_max_pooling() -> None: ...


@_net(
    "The average pooling is missing: the linear layer has 1024 inputs, one for each channel of the last map, not 7*7*1024.",
    gather=lambda: [nn.Flatten()],
    features=7 * 7 * 1024,
)
def no_average_pooling() -> None: ...


@_net(DROPOUT + "Here there is none.", dropout=nn.Identity)
def no_dropout() -> None: ...


@_net(DROPOUT + "Here it is 0.5.", dropout=nn.Dropout)
def dropout_of_a_half() -> None: ...


@_net(
    DROPOUT + "Here 0.4 is the share that is kept: nn.Dropout takes the probability to drop.",
    dropout=lambda: nn.Dropout(0.6),
)
def dropout_keeps_04() -> None: ...


@_net(DROPOUT + "Here it comes after the linear layer and drops scores.", drop_where="after")
def dropout_after_the_linear_layer() -> None: ...


@_net(
    DROPOUT + "Here it comes before the average pooling, which takes most of its effect away again.",
    drop_where="before pooling",
)
def dropout_before_the_pooling() -> None: ...


class _Always(nn.Module):
    """Dropout that does not know its mode."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.dropout(x, oracle.RATE)


@_net(DROPOUT + "Here it is active in evaluation mode too: F.dropout needs `training=self.training`.", dropout=_Always)
def dropout_in_evaluation() -> None: ...


class _Unscaled(nn.Module):
    """Dropout without the division."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * (torch.rand_like(x) >= oracle.RATE) if self.training else x


@_net(DROPOUT + "What is kept has to be divided by 0.6, so that the mean stays the same.", dropout=_Unscaled)
def dropout_without_scaling() -> None: ...


class _Rare(nn.Module):
    """Scaled for 0.4, but dropping a quarter."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * (torch.rand_like(x) >= 0.25) / 0.6 if self.training else x


@_net(DROPOUT + "Here what is kept is divided by 0.6, but fewer are dropped.", dropout=_Rare)
def dropout_of_another_share() -> None: ...


@_net(
    "There is one linear layer at the end; here there is a hidden one before it (the auxiliary heads have one).",
    hidden=True,
)
def hidden_linear_layer() -> None: ...


@_net("The linear layer has a bias.", head_bias=False)
def linear_layer_without_a_bias() -> None: ...


@_net(
    "The network ends with the raw scores. The softmax belongs to the loss (nn.CrossEntropyLoss has it).",
    end=(nn.Softmax(dim=1),),
)
def softmax_at_the_end() -> None: ...


@_net("There is no ReLU behind the linear layer: scores may be negative.", end=(nn.ReLU(),))
def relu_at_the_end() -> None: ...


@_net(
    "Layers stand in a plain Python list, where PyTorch does not find them: they are not in `parameters()`, no optimiser "
    "trains them and no `.to(...)` reaches them. Use nn.Sequential or nn.ModuleList.",
    listed=True,
)
def layers_in_a_plain_list() -> None: ...


@_net("There is batch normalisation in the modules, as in later versions. This network has none.", bn=True)
def modules_with_batch_normalisation() -> None: ...


@_net(
    "The modules of this network have a 3x3 convolution in their third branch, as a well-known implementation has by "
    "mistake. In the paper it is 5x5.",
    side5=3,
)
def modules_with_3x3_in_the_third_branch() -> None: ...


@_net(ORDER + "Here the modules have another order.", order=(0, 2, 1, 3))
def modules_with_another_order() -> None: ...


@_net(
    "The modules of this network have no ReLU after their reducing 1x1 convolutions. There is one after every convolution.",
    relus=("one", "last", "projection"),
)
def modules_without_relu_after_the_reductions() -> None: ...


@misconception("build_googlenet", "The number of scores is num_classes; here it is always 1000.")
def classes_hard_coded(num_classes: int = 1000, in_channels: int = 3) -> nn.Module:
    return Net(1000, in_channels)


@misconception("build_googlenet", "The first convolution takes in_channels channels; here always 3.")
def input_channels_hard_coded(num_classes: int = 1000, in_channels: int = 3) -> nn.Module:
    return Net(num_classes, 3)
