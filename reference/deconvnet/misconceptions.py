"""Known wrong ways to write unpooling and DeconvNet, and what to say about each.

They are written as students write them, with torch.nn: `Net` below is right until one of its options is set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from grader.checking import misconception
from reference import momentum

DOWN = ((1, 1), (2, 2), (4, 4, 4), (8, 8, 8), (8, 8, 8))
UP = ((8, 8, 8), (8, 8, 4), (4, 4, 2), (2, 1), (1, 1))
UNPOOL = (
    "Unpooling puts each value where the maximum was, and 0 elsewhere (`nn.MaxPool2d(2, return_indices=True)` gives the places, "
    "`nn.MaxUnpool2d(2)` uses them). "
)
MIRROR = (
    "The way up is the mirror image of the way down, and each stage ends with the channels of the stage above it: 8w, 8w, 8w; "
    "8w, 8w, 4w; 4w, 4w, 2w; 2w, w; w, w. "
)
TRANSPOSED = (
    "The way up has transposed convolutions (`nn.ConvTranspose2d`). With stride 1 they are convolutions with the kernel turned "
    "round, but their weights stand in another order: a trained network could not be exchanged for one with convolutions. "
)


class Block(nn.Module):
    """Pooling and a way back; right as long as no other way is given."""

    def __init__(self, back: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], Any]) -> None:
        super().__init__()
        self.back = back

    def forward(self, x: torch.Tensor) -> Any:
        pooled, switches = F.max_pool2d(x, 2, return_indices=True)
        return self.back(x, pooled, switches)


def _block(hint: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A misconception of UnpoolBlock: the decorated function gives what forward returns, from x, maximum and switches."""

    def make(back: Callable[..., Any]) -> Callable[..., Any]:
        def code(channels: int) -> nn.Module:
            return Block(back)

        code.__name__ = back.__name__
        return misconception("UnpoolBlock", hint)(code)

    return make


def _fit(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Zeros at the bottom and on the right, up to the size of another map."""
    return F.pad(x, (0, like.shape[3] - x.shape[3], 0, like.shape[2] - x.shape[2]))


@_block(UNPOOL + "Here each value is repeated over its whole window.")
def repeated_over_the_window(x: torch.Tensor, pooled: torch.Tensor, switches: torch.Tensor) -> Any:
    return pooled, _fit(F.interpolate(pooled, scale_factor=2), x)


@_block(UNPOOL + "Here the map is enlarged by bilinear interpolation.")
def bilinear_interpolation(x: torch.Tensor, pooled: torch.Tensor, switches: torch.Tensor) -> Any:
    return pooled, F.interpolate(pooled, x.shape[2:], mode="bilinear")


@_block(UNPOOL + "Here each value is put into the top left corner of its window.")
def put_into_the_top_left_corner(x: torch.Tensor, pooled: torch.Tensor, switches: torch.Tensor) -> Any:
    restored = torch.zeros_like(x)
    rows, columns = 2 * pooled.shape[2], 2 * pooled.shape[3]
    restored[:, :, :rows:2, :columns:2] = pooled
    return pooled, restored


@_block("The second result is the input itself. Only the maxima come back: the other values are lost, and 0.")
def input_returned(x: torch.Tensor, pooled: torch.Tensor, switches: torch.Tensor) -> Any:
    return pooled, x


@_block("The second result holds the switches. It has to hold the values, at the places that the switches say.")
def switches_returned(x: torch.Tensor, pooled: torch.Tensor, switches: torch.Tensor) -> Any:
    return pooled, switches.to(x.dtype)


@_block("forward returns two maps, (pooled, restored). Here it returns the restored one alone.")
def pooled_map_not_returned(x: torch.Tensor, pooled: torch.Tensor, switches: torch.Tensor) -> Any:
    return F.max_unpool2d(pooled, switches, 2, output_size=x.shape[2:])


@_block("forward returns (pooled, restored). Here it is (restored, pooled).")
def maps_exchanged(x: torch.Tensor, pooled: torch.Tensor, switches: torch.Tensor) -> Any:
    return F.max_unpool2d(pooled, switches, 2, output_size=x.shape[2:]), pooled


@_block(
    "Where the height or width of x is odd, unpooling makes a map one smaller than x. Tell it the size that you want: "
    "`unpool(pooled, switches, output_size=x.size())`."
)
def size_not_given_to_unpooling(x: torch.Tensor, pooled: torch.Tensor, switches: torch.Tensor) -> Any:
    return pooled, F.max_unpool2d(pooled, switches, 2)


@_block(
    "The restored map does not depend on x as far as PyTorch can see: the values are detached, and no gradient comes back."
)
def values_detached(x: torch.Tensor, pooled: torch.Tensor, switches: torch.Tensor) -> Any:
    return pooled, F.max_unpool2d(pooled.detach(), switches, 2, output_size=x.shape[2:])


@_block("The block pools the mean of each window. It is the maximum.")
def mean_of_each_window(x: torch.Tensor, pooled: torch.Tensor, switches: torch.Tensor) -> Any:
    mean = F.avg_pool2d(x, 2)
    return mean, F.max_unpool2d(mean, switches, 2, output_size=x.shape[2:])


@_block(
    "Where the height or width is odd, the last row or column is pooled too, since the pooling is in ceil mode. It is left out."
)
def pooled_in_ceil_mode(x: torch.Tensor, pooled: torch.Tensor, switches: torch.Tensor) -> Any:
    pooled, switches = F.max_pool2d(x, 2, ceil_mode=True, return_indices=True)
    return pooled, F.max_unpool2d(pooled, switches, 2, output_size=x.shape[2:])


class Net(nn.Module):
    """DeconvNet; right as long as no option is given."""

    def __init__(
        self,
        num_classes: int = 21,
        in_channels: int = 3,
        image_size: int = 224,
        base_width: int = 64,
        hidden: int = 4096,
        batch_norm: bool = True,
        *,
        down: Sequence[Sequence[int]] = DOWN,
        up: Sequence[Sequence[int]] = UP,
        last_map: int | None = None,
        bias: bool = True,
        up_bias: bool = True,
        bn_up: bool = True,
        bn_bottom: bool = True,
        order: str = "bn relu",
        relu_up: bool = True,
        relu_bottom: bool = True,
        track: bool = True,
        back: Callable[..., torch.Tensor] = lambda x, switches, number: F.max_unpool2d(x, switches[-1 - number], 2),
        layer_up: Callable[..., nn.Module] = lambda i, o, bias: nn.ConvTranspose2d(i, o, 3, padding=1, bias=bias),
        bottom_up: Callable[..., nn.Module] = lambda i, o, side: nn.ConvTranspose2d(i, o, side),
        hidden_layers: int = 2,
        dropout: float = 0.0,
        head: Callable[[int, int], Sequence[nn.Module]] = lambda width, classes: [nn.Conv2d(width, classes, 1)],
        activated_head: bool = False,
        listed: bool = False,
        reuse: bool = False,
        checked: Callable[[int], bool] = lambda size: size % 32 == 0,
        error: type[Exception] = ValueError,
        message: str = "image_size {size} cannot be halved five times",
    ) -> None:
        super().__init__()
        if not checked(image_size):
            raise error(message.format(size=image_size))
        self.back = back

        def after(channels: int, norm: bool, relu: bool = True) -> list[nn.Module]:
            norms: list[nn.Module] = (
                [nn.BatchNorm2d(channels, track_running_stats=track)] if batch_norm and norm else []
            )
            relus: list[nn.Module] = [nn.ReLU()] if relu else []
            return norms + relus if order == "bn relu" else relus + norms

        channels, downs = in_channels, []
        for widths in down:
            stage = nn.Sequential()
            for width in widths:
                stage.append(nn.Conv2d(channels, width * base_width, 3, padding=1, bias=bias))
                stage.extend(after(width * base_width, True))
                channels = width * base_width
            downs.append(stage)
        self.down = nn.ModuleList(downs)
        side = last_map or max(1, image_size // 32)
        self.bottom = nn.Sequential()
        for number in range(hidden_layers):
            inputs, kernel = (hidden, 1) if number else (channels, side)
            self.bottom.append(nn.Conv2d(inputs, hidden, kernel, bias=bias))
            self.bottom.extend(after(hidden, bn_bottom, relu_bottom))
            self.bottom.append(nn.Dropout(dropout))
        self.bottom.append(bottom_up(hidden, channels, side))
        self.bottom.extend(after(channels, bn_bottom, relu_bottom))
        ups = []
        for widths in up:
            stage = nn.Sequential()
            for width in widths:
                stage.append(layer_up(channels, width * base_width, up_bias))
                stage.extend(after(width * base_width, bn_up, relu_up))
                channels = width * base_width
            ups.append(stage)
        if reuse:
            self.spare = ups[0][0]
            ups[0][0] = ups[0][len(ups[0]) // 3]
        self.up: Any = ups if listed else nn.ModuleList(ups)
        self.head = nn.Sequential(*head(channels, num_classes), *(after(num_classes, True) if activated_head else []))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        switches = []
        for stage in self.down:
            x, places = F.max_pool2d(stage(x), 2, return_indices=True)
            switches.append(places)
        x = self.bottom(x)
        for number, stage in enumerate(self.up):
            x = stage(self.back(x, switches, number))
        return self.head(x)


def _net(hint: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A misconception of build_deconvnet: a network with options; the decorated function's name is the slug."""

    def make(named: Callable[..., Any]) -> Callable[..., Any]:
        def code(
            num_classes: int = 21,
            in_channels: int = 3,
            image_size: int = 224,
            base_width: int = 64,
            hidden: int = 4096,
            batch_norm: bool = True,
        ) -> nn.Module:
            return Net(num_classes, in_channels, image_size, base_width, hidden, batch_norm, **options)

        code.__name__ = named.__name__
        return misconception("build_deconvnet", hint)(code)

    return make


def _with_the_first_switches(x: torch.Tensor, switches: list[torch.Tensor], number: int) -> torch.Tensor:
    return F.max_unpool2d(x, switches[number], 2)


def _of_another_channel(x: torch.Tensor, switches: list[torch.Tensor], number: int) -> torch.Tensor:
    return F.max_unpool2d(x, switches[-1 - number][:, :1].expand_as(x).contiguous(), 2)


def _of_another_image(x: torch.Tensor, switches: list[torch.Tensor], number: int) -> torch.Tensor:
    return F.max_unpool2d(x, switches[-1 - number][:1].expand_as(x).contiguous(), 2)


def _top_left(x: torch.Tensor, switches: list[torch.Tensor], number: int) -> torch.Tensor:
    n, c, h, w = x.shape
    restored = x.new_zeros(n, c, 2 * h, 2 * w)
    restored[:, :, ::2, ::2] = x
    return restored


@_net(
    "The unpooling uses the switches in the order in which they were kept. The first unpooling belongs to the last pooling: "
    "take them from the end.",
    back=_with_the_first_switches,
)
def switches_of_the_wrong_stage() -> None: ...


@_net(
    "All channels are unpooled with the switches of the first one. Each channel has switches of its own.",
    back=_of_another_channel,
)
def switches_of_one_channel() -> None: ...


@_net(
    "All images are unpooled with the switches of the first one. Each image has switches of its own.",
    back=_of_another_image,
)
def switches_of_one_image() -> None: ...


@_net(
    UNPOOL + "Here the way up repeats each value over its whole window (nearest neighbour upsampling).",
    back=lambda x, switches, number: F.interpolate(x, scale_factor=2),
)
def upsampling_in_place_of_unpooling() -> None: ...


@_net(
    UNPOOL + "Here the way up has bilinear interpolation.",
    back=lambda x, switches, number: F.interpolate(x, scale_factor=2, mode="bilinear"),
)
def bilinear_in_place_of_unpooling() -> None: ...


@_net(UNPOOL + "Here each value is put into the top left corner of its window.", back=_top_left)
def unpooling_into_the_top_left_corner() -> None: ...


class _Strided(nn.Module):
    """A transposed convolution that enlarges its map in front of a stage."""

    def __init__(self, net: Net) -> None:
        super().__init__()
        self.net = net
        widths = [stage[0].in_channels for stage in net.up]
        self.enlarge = nn.ModuleList(nn.ConvTranspose2d(width, width, 2, 2) for width in widths)
        net.back = lambda x, switches, number: self.enlarge[number](x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


@misconception(
    "build_deconvnet",
    UNPOOL + "Here transposed convolutions with stride 2 enlarge the maps, as in a U-Net. They have "
    "weights, and the switches are not used.",
)
def transposed_convolution_in_place_of_unpooling(
    num_classes: int = 21,
    in_channels: int = 3,
    image_size: int = 224,
    base_width: int = 64,
    hidden: int = 4096,
    batch_norm: bool = True,
) -> nn.Module:
    return _Strided(Net(num_classes, in_channels, image_size, base_width, hidden, batch_norm))


@_net(TRANSPOSED + "Here they are convolutions.", layer_up=lambda i, o, bias: nn.Conv2d(i, o, 3, padding=1, bias=bias))
def convolutions_on_the_way_up() -> None: ...


@_net(
    "The transposed convolutions of the way up are 3x3; here they are 5x5.",
    layer_up=lambda i, o, bias: nn.ConvTranspose2d(i, o, 5, padding=2, bias=bias),
)
def transposed_convolutions_of_5x5() -> None: ...


@_net(
    "The transposed convolutions of the way up are 3x3; here they are 1x1.",
    layer_up=lambda i, o, bias: nn.ConvTranspose2d(i, o, 1, bias=bias),
)
def transposed_convolutions_of_1x1() -> None: ...


@_net(
    "The transposed convolutions of the way up have padding 1, which takes away the border that they would add.",
    layer_up=lambda i, o, bias: nn.ConvTranspose2d(i, o, 3, bias=bias),
)
def transposed_convolutions_without_padding() -> None: ...


@_net(
    MIRROR + "Here each stage has the channels with which the one above it begins in all of its layers.",
    up=((8, 8, 8), (4, 4, 4), (2, 2, 2), (1, 1), (1, 1)),
)
def channels_halved_at_once() -> None: ...


@_net(MIRROR + "Here they are halved one layer too early.", up=((8, 8, 8), (8, 4, 4), (4, 2, 2), (2, 1), (1, 1)))
def channels_halved_one_layer_early() -> None: ...


@_net(MIRROR + "Here each stage has one layer.", up=((8,), (4,), (2,), (1,), (1,)))
def one_layer_a_stage_on_the_way_up() -> None: ...


@_net(MIRROR + "Here each stage has two layers.", up=((8, 8), (8, 4), (4, 2), (2, 1), (1, 1)))
def two_layers_a_stage_on_the_way_up() -> None: ...


@_net(
    "The way down has the convolutions of VGG-16: 2, 2, 3, 3 and 3. Here it is VGG-13, with 2 in each stage.",
    down=((1, 1), (2, 2), (4, 4), (8, 8), (8, 8)),
)
def two_convolutions_a_stage_on_the_way_down() -> None: ...


@_net(
    "The way down has the convolutions of VGG-16: 2, 2, 3, 3 and 3. Here it is VGG-19, with 4 in the last three stages.",
    down=((1, 1), (2, 2), (4, 4, 4, 4), (8, 8, 8, 8), (8, 8, 8, 8)),
)
def four_convolutions_a_stage_on_the_way_down() -> None: ...


@_net(
    "The second 1x1 layer at the bottom is missing: two layers of hidden channels, then the transposed convolution.",
    hidden_layers=1,
)
def one_hidden_layer() -> None: ...


@_net("There is one hidden layer too many at the bottom: the covering convolution and one 1x1.", hidden_layers=3)
def three_hidden_layers() -> None: ...


@_net("The covering convolution is as large as the last map, image_size / 32; here it is always 7x7.", last_map=7)
def last_map_hard_coded() -> None: ...


@_net(
    "The convolution at the bottom covers the whole last map, image_size / 32 wide, so that one position is left; here it is "
    "1x1.",
    last_map=1,
)
def bottom_of_1x1() -> None: ...


@_net(
    "The way back to the last map is a transposed convolution; here the values are copied to every position.",
    bottom_up=lambda i, o, side: nn.Sequential(nn.Conv2d(i, o, 1), nn.Upsample(scale_factor=side)),
)
def last_map_by_upsampling() -> None: ...


@_net(
    "The convolutions have no bias. Here they keep it, with or without BN (251,805,653 parameters count it).",
    bias=False,
)
def convolutions_without_a_bias() -> None: ...


@_net("The transposed convolutions have no bias. Here they keep it, with or without BN.", up_bias=False)
def transposed_convolutions_without_a_bias() -> None: ...


@_net(
    "There is no BN on the way up. It comes after every convolution and transposed convolution but the last.",
    bn_up=False,
)
def no_bn_on_the_way_up() -> None: ...


@_net(
    "There is no BN at the bottom. It comes after every convolution and transposed convolution but the last.",
    bn_bottom=False,
)
def no_bn_at_the_bottom() -> None: ...


@_net("The order is convolution, BN, ReLU; here the ReLU comes before the BN.", order="relu bn")
def relu_before_bn() -> None: ...


@_net("There is no ReLU on the way up. It comes after every transposed convolution.", relu_up=False)
def no_relu_on_the_way_up() -> None: ...


@_net(
    "There is no ReLU at the bottom. It comes after every convolution and transposed convolution but the last.",
    relu_bottom=False,
)
def no_relu_at_the_bottom() -> None: ...


@_net(
    "There is BN and ReLU after the last convolution. It gives the raw scores, which may be negative.",
    activated_head=True,
)
def activation_after_the_last_convolution() -> None: ...


@_net(
    "In evaluation mode BN normalises by its running statistics, here by the batch's: the result for an image then depends "
    "on the others. Leave `track_running_stats` as it is.",
    track=False,
)
def statistics_of_the_batch_in_evaluation() -> None: ...


@_net("There is dropout at the bottom, as in VGG-16. DeconvNet has BN in its place.", dropout=0.5)
def dropout_at_the_bottom() -> None: ...


@_net(
    "The network ends with the raw scores. The softmax belongs to the loss (nn.CrossEntropyLoss has it).",
    head=lambda width, classes: [nn.Conv2d(width, classes, 1), nn.Softmax(dim=1)],
)
def softmax_at_the_end() -> None: ...


@_net(
    "The last convolution is 1x1; here it is 3x3.",
    head=lambda width, classes: [nn.Conv2d(width, classes, 3, padding=1)],
)
def head_of_3x3() -> None: ...


@_net(
    "The stages of the way up stand in a plain Python list, where PyTorch does not find them: they are not in "
    "`parameters()`, no optimiser trains them. Use nn.ModuleList.",
    listed=True,
)
def stages_in_a_plain_list() -> None: ...


@_net("A layer of the way up is used twice, and the one that was made for one of the places is not used.", reuse=True)
def one_layer_in_two_places() -> None: ...


@_net(
    "An image_size that is not a multiple of 32 must raise ValueError: five poolings would lose rows, and the scores would "
    "not fit the image.",
    checked=lambda size: True,
)
def size_not_checked() -> None: ...


@_net(
    "A size that does not fit raises AssertionError, from an `assert`. It must be a ValueError.", error=AssertionError
)
def assertion_for_a_size_that_does_not_fit() -> None: ...


@_net(
    "image_size has to be a multiple of 32, since it is halved five times; here of 16.",
    checked=lambda size: size % 16 == 0,
)
def multiples_of_16() -> None: ...


@_net("Any multiple of 32 is an image_size; here only 224 is.", checked=lambda size: size == 224)
def only_224() -> None: ...


@_net(
    "Any multiple of 32 is an image_size, 32 included; here it must be larger.",
    checked=lambda size: size % 32 == 0 and size > 32,
)
def size_of_32_refused() -> None: ...


@_net(
    "ValueError is raised where it should be, but its message must name image_size and give its value.",
    message="this does not fit",
)
def message_without_the_size() -> None: ...


@misconception("build_deconvnet", "There is BN whatever batch_norm says. With batch_norm=False there is none.")
def batch_norm_always(
    num_classes: int = 21,
    in_channels: int = 3,
    image_size: int = 224,
    base_width: int = 64,
    hidden: int = 4096,
    batch_norm: bool = True,
) -> nn.Module:
    return Net(num_classes, in_channels, image_size, base_width, hidden, True)


@misconception(
    "build_deconvnet",
    "There is no BN whatever batch_norm says. With batch_norm=True it follows every convolution and "
    "transposed convolution but the last.",
)
def batch_norm_never(
    num_classes: int = 21,
    in_channels: int = 3,
    image_size: int = 224,
    base_width: int = 64,
    hidden: int = 4096,
    batch_norm: bool = True,
) -> nn.Module:
    return Net(num_classes, in_channels, image_size, base_width, hidden, False)


@misconception(
    "build_deconvnet", "The biases are left out where there is BN. The contract keeps them, with or without BN."
)
def biases_only_without_bn(
    num_classes: int = 21,
    in_channels: int = 3,
    image_size: int = 224,
    base_width: int = 64,
    hidden: int = 4096,
    batch_norm: bool = True,
) -> nn.Module:
    keep = not batch_norm
    return Net(num_classes, in_channels, image_size, base_width, hidden, batch_norm, bias=keep, up_bias=keep)


@misconception("build_deconvnet", "The number of scores a pixel is num_classes; here it is always 21.")
def classes_hard_coded(
    num_classes: int = 21,
    in_channels: int = 3,
    image_size: int = 224,
    base_width: int = 64,
    hidden: int = 4096,
    batch_norm: bool = True,
) -> nn.Module:
    return Net(21, in_channels, image_size, base_width, hidden, batch_norm)


@misconception("build_deconvnet", "The first convolution takes in_channels channels; here always 3.")
def input_channels_hard_coded(
    num_classes: int = 21,
    in_channels: int = 3,
    image_size: int = 224,
    base_width: int = 64,
    hidden: int = 4096,
    batch_norm: bool = True,
) -> nn.Module:
    return Net(num_classes, 3, image_size, base_width, hidden, batch_norm)


@misconception("build_deconvnet", "The layers at the bottom have `hidden` channels; here as many as the last map, 8w.")
def hidden_ignored(
    num_classes: int = 21,
    in_channels: int = 3,
    image_size: int = 224,
    base_width: int = 64,
    hidden: int = 4096,
    batch_norm: bool = True,
) -> nn.Module:
    return Net(num_classes, in_channels, image_size, base_width, 8 * base_width, batch_norm)


@misconception("build_deconvnet", "The widths follow from base_width; here they are those of base_width=64.")
def width_hard_coded(
    num_classes: int = 21,
    in_channels: int = 3,
    image_size: int = 224,
    base_width: int = 64,
    hidden: int = 4096,
    batch_norm: bool = True,
) -> nn.Module:
    return Net(num_classes, in_channels, image_size, 64, hidden, batch_norm)


network_momentum = misconception("build_deconvnet", momentum.HINT)(momentum.as_elsewhere(Net))
