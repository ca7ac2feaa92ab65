"""Known wrong ways to write residual blocks and networks, and what to say about each.

They are written as students write them, with torch.nn: `Block` and `Net` below are right until one of their options is set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from grader.checking import Trait, misconception
from reference import momentum
from reference.residual import oracle

AFTER = (
    "The ReLU belongs after the addition: out = ReLU(residual + shortcut). Where it stands before, the residual can only add "
    "to the input, never take away from it (He et al., section 3.2 and Figure 2)."
)
NO_BN = "The projection in the shortcut is a 1x1 convolution and a BN, like every other convolution of the network."
BIAS = (
    "No convolution has a bias here: the BN behind it subtracts the mean, and the bias with it; BN's own shift does its work. "
    "Give `bias=False`."
)
STRIDE = (
    "The shortcut has to shrink the map as the block does: its 1x1 convolution needs the block's stride, otherwise the two "
    "cannot be added (He et al., section 3.3)."
)
IDENTITY = (
    "Where the stride is above 1 or the numbers of channels differ, input and output have different shapes: the shortcut needs "
    "a 1x1 convolution with the stride, and a BN. Both conditions count."
)
PROJECTED = (
    "Where the block keeps the shape, the shortcut is the input itself, without weights (option B). A projection there costs "
    "parameters and takes away the direct way for the gradient (He et al., section 3.3, and Table 3: option C)."
)
PADDING = "A 3x3 convolution keeps the size of its map only with padding 1."
SHARED = (
    "One BN is used in two places. Each convolution needs a BN of its own: the maps behind them have different means and "
    "variances, and a shared BN keeps one mixture of them."
)
UNREGISTERED = (
    "The layers stand in a plain Python list, where PyTorch does not find them: they are not in `parameters()`, no optimiser "
    "trains them and no `.to(...)` reaches them. Use nn.Sequential or nn.ModuleList."
)
UNUSED = (
    "A projection is made even where the shortcut is the identity. It is never used, but it is a part of the model: make it "
    "only where it is needed."
)
PREACTIVATION = (
    "This is the pre-activation order, BN - ReLU - convolution, of the later paper (He et al., Identity Mappings in Deep "
    "Residual Networks, 2016). Here BN and ReLU come after each convolution, and the last ReLU after the addition."
)
BETWEEN = "A ReLU is missing between two convolutions. Without it they are one linear function (He et al., Figure 2)."
ORDER = "The order is convolution, BN, ReLU. Here the ReLU comes before the BN."
EVALUATION = (
    "In evaluation mode BN normalises by its running statistics, here by the batch's: the result for an image then depends on "
    "the others in the batch. Leave `track_running_stats` as it is, and let `eval()` reach the layer."
)
CHANGED = (
    "An operation in place (`inplace=True`, or a name that ends with _) changes the input before the shortcut reads it: the "
    "shortcut then adds ReLU(x) in the place of x. Apply such operations to what your own layers return."
)


class Block(nn.Module):
    """Convolutions with BN and a shortcut around them; right as long as no option is given."""

    def __init__(
        self,
        convs: Sequence[tuple[int, int, int, int]],
        stride: int,
        *,
        bias: bool = False,
        padding: bool = True,
        order: str = "cbr",
        last: str = "add relu",
        between: bool = True,
        project: Callable[[int, int, int], bool] = lambda inputs, outputs, stride: stride > 1 or inputs != outputs,
        shortcut_bn: bool = True,
        shortcut_bias: bool = False,
        shortcut_stride: bool = True,
        last_bn: bool = True,
        batch_statistics: bool = False,
        one_bn: bool = False,
        spare: bool = False,
        listed: bool = False,
        in_place: bool = False,
    ) -> None:
        super().__init__()
        inputs, outputs = convs[0][0], convs[-1][1]
        self.order, self.last, self.between, self.in_place = order, last, between, in_place
        made = [nn.Conv2d(i, o, k, s, k // 2 if padding else 0, bias=bias) for i, o, k, s in convs]
        norms: list[nn.Module] = [
            nn.BatchNorm2d(i if order == "brc" else o, track_running_stats=not batch_statistics) for i, o, _, _ in convs
        ]
        if one_bn:
            norms[1] = norms[0]
        if not last_bn:
            norms[-1] = nn.Identity()
        self.convs: Any = made if listed else nn.ModuleList(made)
        self.norms = nn.ModuleList(norms)
        projects = project(inputs, outputs, stride)
        shortcut: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, 1, stride if shortcut_stride else 1, bias=shortcut_bias),
            *([nn.BatchNorm2d(outputs, track_running_stats=not batch_statistics)] if shortcut_bn else []),
        ]
        self.shortcut = nn.Sequential(*shortcut) if projects else nn.Identity()
        self.spare = nn.Sequential(*shortcut) if spare else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.in_place:
            x = F.relu_(x)
        inside = x
        for number, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            if self.order == "brc":
                inside = conv(F.relu(norm(inside)))
                continue
            final = number == len(self.norms) - 1
            if self.order == "crb":
                inside = norm(conv(inside) if final else F.relu(conv(inside)))
                continue
            inside = norm(conv(inside))
            if not final and (self.between or number > 0):
                inside = F.relu(inside)
        if self.last.startswith("relu"):
            inside = F.relu(inside)
        out = inside + self.shortcut(x)
        return F.relu(out) if self.last.endswith("relu") and self.order != "brc" else out


def _basic(inputs: int, outputs: int, stride: int = 1, **options: Any) -> nn.Module:
    return Block([(inputs, outputs, 3, stride), (outputs, outputs, 3, 1)], stride, **options)


def _bottleneck(inputs: int, width: int, stride: int = 1, **options: Any) -> nn.Module:
    return Block([(inputs, width, 1, 1), (width, width, 3, stride), (width, 4 * width, 1, 1)], stride, **options)


def _both(hint: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A misconception of both blocks: the decorated function's name is the slug, its body does not matter."""

    def make(named: Callable[..., Any]) -> Callable[..., Any]:
        for block, plan in (("BasicBlock", _basic), ("Bottleneck", _bottleneck)):

            def code(in_channels: int, channels: int, stride: int = 1, plan: Any = plan) -> nn.Module:
                return plan(in_channels, channels, stride, **options)

            code.__name__ = named.__name__
            globals()[f"{block}_{named.__name__}"] = misconception(block, hint)(code)
        return named

    return make


@_both(AFTER, last="relu add")
def relu_before_the_addition() -> None: ...


@_both(AFTER + " Here it stands in both places.", last="relu add relu")
def relu_before_and_after_the_addition() -> None: ...


@_both("The ReLU after the addition is missing: out = ReLU(residual + shortcut).", last="add")
def no_relu_after_the_addition() -> None: ...


@_both(NO_BN, shortcut_bn=False)
def shortcut_without_bn() -> None: ...


@_both(BIAS, shortcut_bias=True)
def shortcut_with_a_bias() -> None: ...


@_both(STRIDE, shortcut_stride=False)
def shortcut_without_its_stride() -> None: ...


@_both(IDENTITY, project=lambda inputs, outputs, stride: False)
def identity_everywhere() -> None: ...


@_both(IDENTITY, project=lambda inputs, outputs, stride: inputs != outputs)
def projection_for_channels_only() -> None: ...


@_both(IDENTITY, project=lambda inputs, outputs, stride: stride > 1)
def projection_for_stride_only() -> None: ...


@_both(PROJECTED, project=lambda inputs, outputs, stride: True)
def projection_everywhere() -> None: ...


@_both(PREACTIVATION, order="brc")
def pre_activation() -> None: ...


@_both(ORDER, order="crb")
def relu_before_bn() -> None: ...


@_both(BIAS, bias=True)
def convolutions_with_a_bias() -> None: ...


@_both(PADDING, padding=False)
def no_padding() -> None: ...


@_both(BETWEEN, between=False)
def no_relu_after_the_first_convolution() -> None: ...


@_both(
    "The BN after the last convolution is missing: every convolution has one, the last before the addition.",
    last_bn=False,
)
def no_bn_after_the_last_convolution() -> None: ...


@_both(EVALUATION, batch_statistics=True)
def statistics_of_the_batch_in_evaluation() -> None: ...


@_both(SHARED, one_bn=True)
def one_bn_in_two_places() -> None: ...


@_both(UNREGISTERED, listed=True)
def layers_in_a_plain_list() -> None: ...


@_both(CHANGED, in_place=True)
def input_changed_in_place() -> None: ...


@misconception("BasicBlock", UNUSED)
def unused_projection(in_channels: int, out_channels: int, stride: int = 1) -> nn.Module:
    same = stride == 1 and in_channels == out_channels
    return _basic(in_channels, out_channels, stride, spare=same)


@misconception("Bottleneck", UNUSED)
def _unused_projection(in_channels: int, width: int, stride: int = 1) -> nn.Module:
    return _bottleneck(in_channels, width, stride, spare=stride == 1 and in_channels == 4 * width)


@misconception(
    "BasicBlock",
    "The stride is in the second 3x3 convolution. It belongs to the first: the second one then works on the smaller map.",
)
def stride_in_the_second_convolution(in_channels: int, out_channels: int, stride: int = 1) -> nn.Module:
    return Block([(in_channels, out_channels, 3, 1), (out_channels, out_channels, 3, stride)], stride)


@misconception(
    "BasicBlock", "Both 3x3 convolutions have the stride; only the first one has, the second keeps the size."
)
def stride_in_both_convolutions(in_channels: int, out_channels: int, stride: int = 1) -> nn.Module:
    return Block([(in_channels, out_channels, 3, stride), (out_channels, out_channels, 3, stride)], stride)


@misconception("BasicBlock", "The stride is ignored: the first 3x3 convolution and the shortcut both need it.")
def stride_ignored(in_channels: int, out_channels: int, stride: int = 1) -> nn.Module:
    return _basic(in_channels, out_channels)


@misconception(
    "BasicBlock",
    "The shortcut has a 3x3 convolution. A projection only has to change the shape: it is 1x1 (He et al., section 3.3).",
)
def shortcut_of_3x3(in_channels: int, out_channels: int, stride: int = 1) -> nn.Module:
    block: Any = _basic(in_channels, out_channels, stride)
    if not isinstance(block.shortcut, nn.Identity):
        block.shortcut[0] = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
    return block


@misconception(
    "Bottleneck",
    "The stride is in the first 1x1 convolution, as in the paper's first version, where three quarters of the input are "
    "never looked at. Here it belongs to the 3x3 convolution.",
)
def stride_in_the_first_1x1(in_channels: int, width: int, stride: int = 1) -> nn.Module:
    return Block([(in_channels, width, 1, stride), (width, width, 3, 1), (width, 4 * width, 1, 1)], stride)


@misconception("Bottleneck", "The stride is in the last 1x1 convolution. It belongs to the 3x3 convolution.")
def stride_in_the_last_1x1(in_channels: int, width: int, stride: int = 1) -> nn.Module:
    return Block([(in_channels, width, 1, 1), (width, width, 3, 1), (width, 4 * width, 1, stride)], stride)


@misconception("Bottleneck", "The stride is ignored: the 3x3 convolution and the shortcut both need it.")
def _stride_ignored(in_channels: int, width: int, stride: int = 1) -> nn.Module:
    return _bottleneck(in_channels, width)


@misconception("Bottleneck", "The last 1x1 convolution has 4*width channels: the block ends wider than it is inside.")
def no_expansion(in_channels: int, width: int, stride: int = 1) -> nn.Module:
    return Block([(in_channels, width, 1, 1), (width, width, 3, stride), (width, width, 1, 1)], stride)


@misconception(
    "Bottleneck",
    "`width` is taken as the number of channels at the end, and a quarter of it inside. It is the number inside; the block "
    "ends with 4*width.",
)
def width_taken_as_the_output(in_channels: int, width: int, stride: int = 1) -> nn.Module:
    inside = max(1, width // 4)
    return Block([(in_channels, inside, 1, 1), (inside, inside, 3, stride), (inside, width, 1, 1)], stride)


@misconception(
    "Bottleneck",
    "Whether the shortcut needs a projection is decided by width. What has to agree with in_channels is the number of "
    "channels that leave the block, 4*width.",
)
def projection_decided_by_width(in_channels: int, width: int, stride: int = 1) -> nn.Module:
    return _bottleneck(in_channels, width, stride, project=lambda i, o, s: s > 1 or i != width)


@misconception("Bottleneck", "The convolution in the middle is 3x3, with padding 1; here it is 1x1 like the other two.")
def three_1x1_convolutions(in_channels: int, width: int, stride: int = 1) -> nn.Module:
    return Block([(in_channels, width, 1, 1), (width, width, 1, stride), (width, 4 * width, 1, 1)], stride)


class Net(nn.Module):
    """A whole network; right as long as no option is given."""

    def __init__(
        self,
        depth: int,
        num_classes: int = 1000,
        in_channels: int = 3,
        base_width: int = 64,
        *,
        counts: Sequence[int] | None = None,
        bottleneck: bool | None = None,
        stem: tuple[int, int, int] = (7, 2, 3),
        stem_bias: bool = False,
        stem_bn: bool = True,
        stem_relu: bool = True,
        pool: Callable[[], nn.Module] = lambda: nn.MaxPool2d(3, 2, 1),
        strides: Sequence[int] = (1, 2, 2, 2),
        strided: str = "first",
        doubling: int = 2,
        repeated: bool = False,
        listed: bool = False,
        head_bias: bool = True,
        gather: Callable[[], nn.Module] = lambda: nn.AdaptiveAvgPool2d(1),
        end: Sequence[nn.Module] = (),
        **options: Any,
    ) -> None:
        super().__init__()
        if depth not in oracle.BLOCKS:
            raise ValueError(f"depth {depth} is none of {list(oracle.BLOCKS)}")
        deep = depth in oracle.BOTTLENECKS if bottleneck is None else bottleneck
        make, expansion = (_bottleneck, 4) if deep else (_basic, 1)
        side, stride, padding = stem
        self.stem = nn.Sequential(nn.Conv2d(in_channels, base_width, side, stride, padding, bias=stem_bias))
        self.stem.extend([nn.BatchNorm2d(base_width)] if stem_bn else [])
        self.stem.extend([nn.ReLU()] if stem_relu else [])
        self.stem.append(pool())
        blocks: list[nn.Module] = []
        channels = base_width
        for stage, count in enumerate(counts or oracle.BLOCKS[depth]):
            width = base_width * doubling**stage
            for number in range(count):
                if repeated and number > 1:
                    blocks.append(blocks[-1])
                    continue
                place = {"first": number == 0, "last": number == count - 1, "every": True}[strided]
                blocks.append(make(channels, width, strides[stage] if place else 1, **options))
                channels = expansion * width
        self.blocks: Any = blocks if listed else nn.ModuleList(blocks)
        self.head = nn.Sequential(gather(), nn.Flatten(), nn.Linear(channels, num_classes, bias=head_bias), *end)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def _net(hint: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A misconception of build_resnet: a network with options; the decorated function's name is the slug."""

    def make(named: Callable[..., Any]) -> Callable[..., Any]:
        def code(depth: int, num_classes: int = 1000, in_channels: int = 3, base_width: int = 64) -> nn.Module:
            return Net(depth, num_classes, in_channels, base_width, **options)

        code.__name__ = named.__name__
        return misconception("build_resnet", hint)(code)

    return make


@_net("Max pooling in the stem, 3x3/2 with padding 1, is missing (Table 1, conv2_x).", pool=nn.Identity)
def no_pooling_in_the_stem() -> None: ...


@_net("The pooling of the stem takes the maximum; here it is the mean.", pool=lambda: nn.AvgPool2d(3, 2, 1))
def average_pooling_in_the_stem() -> None: ...


@_net("Max pooling in the stem has padding 1: 112x112 becomes 56x56, not 55x55.", pool=lambda: nn.MaxPool2d(3, 2))
def max_pooling_without_padding() -> None: ...


@_net(
    "Max pooling in the stem has 3x3 windows that overlap, with padding 1; here they are 2x2.",
    pool=lambda: nn.MaxPool2d(2),
)
def max_pooling_of_2x2() -> None: ...


@_net("The 7x7 convolution of the stem has padding 3, so that 224x224 becomes 112x112.", stem=(7, 2, 0))
def stem_without_padding() -> None: ...


@_net("The 7x7 convolution of the stem has stride 2, so that 224x224 becomes 112x112.", stem=(7, 1, 3))
def stem_without_stride() -> None: ...


@_net(
    "The stem has a 3x3 convolution, as networks for 32x32 images have (He et al., section 4.2). Here it is 7x7/2.",
    stem=(3, 2, 1),
)
def stem_of_3x3() -> None: ...


@_net("The convolution of the stem has a BN behind it, like all the others.", stem_bn=False)
def stem_without_bn() -> None: ...


@_net("The stem is convolution, BN, ReLU, pooling; the ReLU is missing.", stem_relu=False)
def stem_without_relu() -> None: ...


@_net(BIAS, stem_bias=True)
def stem_with_a_bias() -> None: ...


@_net(
    "Stage 1 has no stride: the max pooling before it has halved the map already (Table 1, conv2_x).",
    strides=(2, 2, 2, 2),
)
def stride_in_stage_1() -> None: ...


@_net("Stages 2, 3 and 4 begin with a stride of 2, which halves the map (Table 1).", strides=(1, 1, 1, 1))
def no_stride_in_any_stage() -> None: ...


@_net("The first block of a stage has the stride, here the last one has it.", strided="last")
def stride_in_the_last_block() -> None: ...


@_net(
    "Only the first block of stages 2, 3 and 4 has stride 2; here every block of these stages has it.", strided="every"
)
def stride_in_every_block() -> None: ...


@_net("The channels double from stage to stage: w, 2*w, 4*w, 8*w. Here they stay the same.", doubling=1)
def channels_that_do_not_double() -> None: ...


@_net(
    "A block is made once and used several times (`[block] * n` holds the same block n times), so that its weights are "
    "shared. Make a new block for each place.",
    repeated=True,
)
def one_block_used_several_times() -> None: ...


@_net(UNREGISTERED, listed=True)
def blocks_in_a_plain_list() -> None: ...


@_net("The linear layer at the end has a bias; only convolutions have none.", head_bias=False)
def linear_layer_without_a_bias() -> None: ...


@_net("The head takes the mean over rows and columns; here it is the maximum.", gather=lambda: nn.AdaptiveMaxPool2d(1))
def global_max_pooling() -> None: ...


@_net(
    "The mean of the head is taken over windows of 7x7, which fit a 224x224 image alone. Take it over the whole map, "
    "whatever its size.",
    gather=lambda: nn.AvgPool2d(7),
)
def average_pooling_of_7x7() -> None: ...


@_net(
    "The network ends with the raw scores. The softmax belongs to the loss (nn.CrossEntropyLoss has it).",
    end=(nn.Softmax(dim=1),),
)
def softmax_at_the_end() -> None: ...


@_net("There is no ReLU behind the linear layer: scores may be negative.", end=(nn.ReLU(),))
def relu_at_the_end() -> None: ...


@_net("Basic blocks are used at every depth. From ResNet-50 on the blocks are bottlenecks (Table 1).", bottleneck=False)
def basic_blocks_everywhere() -> None: ...


@_net("Bottlenecks are used at every depth. ResNet-18 and 34 have basic blocks (Table 1).", bottleneck=True)
def bottlenecks_everywhere() -> None: ...


@_net("Every depth has 3, 4, 6 and 3 blocks here. Only 34 and 50 have; look at Table 1.", counts=(3, 4, 6, 3))
def blocks_of_resnet_34_everywhere() -> None: ...


@_net("Every depth has 2, 2, 2 and 2 blocks here. Only ResNet-18 has; look at Table 1.", counts=(2, 2, 2, 2))
def blocks_of_resnet_18_everywhere() -> None: ...


@_net(AFTER + " The blocks of this network have it before.", last="relu add")
def blocks_with_relu_before_the_addition() -> None: ...


@_net(PROJECTED + " This holds for the blocks of this network.", project=lambda i, o, s: True)
def blocks_with_projection_everywhere() -> None: ...


@_net(
    "Stage 1 of ResNet-50, 101 and 152 begins with w channels and ends with 4*w: its first block needs a projection, though "
    "its stride is 1.",
    project=lambda i, o, s: s > 1,
)
def no_projection_in_stage_1() -> None: ...


@_net(NO_BN + " This holds for the blocks of this network.", shortcut_bn=False)
def blocks_with_shortcuts_without_bn() -> None: ...


class _Late(nn.Module):
    """Makes its linear layer in the first forward pass."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.body, self.classes, self.linear = nn.Sequential(net.stem, *net.blocks), net.head[-1].out_features, None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.body(x).mean((2, 3))
        if self.linear is None:
            self.linear = nn.Linear(x.shape[1], self.classes).to(x)
        return self.linear(x)


@misconception(
    "build_resnet",
    "A layer is made in the forward pass. Until then it is no part of the model: an optimiser that is given its parameters "
    "before will never train it. Make every layer in __init__ (nn.LazyLinear, where the size is not known there).",
)
def layer_made_in_the_forward_pass(
    depth: int, num_classes: int = 1000, in_channels: int = 3, base_width: int = 64
) -> nn.Module:
    return _Late(Net(depth, num_classes, in_channels, base_width))


@misconception("build_resnet", "The number of scores is num_classes; here it is always 1000.")
def classes_hard_coded(depth: int, num_classes: int = 1000, in_channels: int = 3, base_width: int = 64) -> nn.Module:
    return Net(depth, 1000, in_channels, base_width)


@misconception("build_resnet", "The first convolution takes in_channels channels; here always 3.")
def input_channels_hard_coded(
    depth: int, num_classes: int = 1000, in_channels: int = 3, base_width: int = 64
) -> nn.Module:
    return Net(depth, num_classes, 3, base_width)


@misconception("build_resnet", "The widths follow from base_width; here they are those of base_width=64.")
def width_hard_coded(depth: int, num_classes: int = 1000, in_channels: int = 3, base_width: int = 64) -> nn.Module:
    return Net(depth, num_classes, in_channels, 64)


@misconception(
    "build_resnet", "A depth that is none of 18, 34, 50, 101 and 152 must raise ValueError. Here it does not."
)
def depth_not_checked(depth: int, num_classes: int = 1000, in_channels: int = 3, base_width: int = 64) -> nn.Module:
    return Net(depth if depth in oracle.BLOCKS else 18, num_classes, in_channels, base_width)


@misconception(
    "build_resnet",
    "An unknown depth raises KeyError, from looking it up in a table. It must be a ValueError: look first whether it is there.",
)
def key_error_for_an_unknown_depth(
    depth: int, num_classes: int = 1000, in_channels: int = 3, base_width: int = 64
) -> nn.Module:
    oracle.BLOCKS[depth]
    return Net(depth, num_classes, in_channels, base_width)


@misconception(
    "build_resnet",
    "ValueError is raised where it should be, but its message must name the argument, depth, and give its value.",
)
def message_without_the_depth(
    depth: int, num_classes: int = 1000, in_channels: int = 3, base_width: int = 64
) -> nn.Module:
    if depth not in oracle.BLOCKS:
        raise ValueError("unknown network")
    return Net(depth, num_classes, in_channels, base_width)


@misconception(
    "build_resnet",
    "ResNet-101 has 23 blocks in its third stage, ResNet-152 has 8 and 36 in its second and third (Table 1).",
)
def deep_networks_with_too_few_blocks(
    depth: int, num_classes: int = 1000, in_channels: int = 3, base_width: int = 64
) -> nn.Module:
    counts = {101: (3, 4, 22, 3), 152: (3, 4, 36, 3)}.get(depth)
    return Net(depth, num_classes, in_channels, base_width, counts=counts)


block_momentum = misconception("BasicBlock", momentum.HINT)(momentum.as_elsewhere(_basic))
bottleneck_momentum = misconception("Bottleneck", momentum.HINT)(momentum.as_elsewhere(_bottleneck))
network_momentum = misconception("build_resnet", momentum.HINT)(momentum.as_elsewhere(Net))

TRAITS = [
    Trait(
        "stride 1",
        "stride above 1",
        lambda arguments: arguments.get("stride", 1) == 1 if "depth" not in arguments else None,
    ),
]
