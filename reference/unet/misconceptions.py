"""Known wrong ways to write a U-Net, and what to say about each.

They are written as students write them, with torch.nn: `Net` below is right until one of its options is set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from grader.checking import Trait, misconception

Crop = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def centred(skip: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The middle of the skip, as large as x; this is right."""
    top, left = (skip.shape[2] - x.shape[2]) // 2, (skip.shape[3] - x.shape[3]) // 2
    return skip[:, :, top : top + x.shape[2], left : left + x.shape[3]]


def from_the_top_left(skip: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return skip[:, :, : x.shape[2], : x.shape[3]]


def from_the_bottom_right(skip: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return skip[:, :, skip.shape[2] - x.shape[2] :, skip.shape[3] - x.shape[3] :]


def one_too_far(skip: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    lost = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
    top, left = (extra // 2 + 1 if extra else 0 for extra in lost)
    return skip[:, :, top : top + x.shape[2], left : left + x.shape[3]]


def as_if_square(skip: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    edge = (skip.shape[2] - x.shape[2]) // 2
    return skip[:, :, edge : edge + x.shape[2], edge : edge + x.shape[2]]


def shrunk(skip: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return F.interpolate(skip, x.shape[2:], mode="bilinear") if skip.shape != x.shape else skip


class Net(nn.Module):
    """A U-Net; right as long as no option is given."""

    def __init__(
        self,
        in_channels: int = 1,
        num_classes: int = 2,
        depth: int = 4,
        base_width: int = 64,
        padding: str = "valid",
        *,
        convs: int = 2,
        kernel: int = 3,
        border_mode: str = "zeros",
        bias: bool = True,
        bn: bool = False,
        dropout: float = 0.0,
        last_relu: bool = True,
        pool: Callable[[int], nn.Module] = lambda channels: nn.MaxPool2d(2),
        up: Callable[[int, int], nn.Module] = lambda wide, narrow: nn.ConvTranspose2d(wide, narrow, 2, stride=2),
        up_channels: int = 1,
        doubling: bool = True,
        wide_bottom: bool = True,
        crop: Crop = centred,
        grow: bool = False,
        join: str = "skip first",
        skip_from: str = "end",
        deepest_first: bool = True,
        reuse: bool = False,
        listed: bool = False,
        head: Callable[[int, int], nn.Module] = lambda width, classes: nn.Conv2d(width, classes, 1),
        fits: Callable[[int, int, int], bool] = lambda height, width, depth: (
            not (height % 2**depth or width % 2**depth)
        ),
        checked: tuple[str, ...] = ("same",),
        error: type[Exception] = ValueError,
        message: str = "an image of {height}x{width} cannot be halved {depth} times",
    ) -> None:
        super().__init__()
        self.padding, self.depth, self.crop, self.grow, self.join = padding, depth, crop, grow, join
        self.skip_from, self.deepest_first = skip_from, deepest_first
        self.fits, self.checked, self.error, self.message = fits, checked, error, message
        widths = [base_width * 2**level if doubling else base_width for level in range(depth + 1)]
        if not wide_bottom:
            widths[-1] = widths[-2]

        def stage(inputs: int, outputs: int) -> nn.Sequential:
            border, layers = kernel // 2 if padding == "same" else 0, nn.Sequential()
            for number in range(convs):
                conv = nn.Conv2d(
                    outputs if number else inputs, outputs, kernel, padding=border, padding_mode=border_mode, bias=bias
                )
                layers.extend([conv, nn.BatchNorm2d(outputs)] if bn else [conv])
                layers.extend([nn.ReLU()] if last_relu or number < convs - 1 else [])
            return layers

        self.down = nn.ModuleList(stage(*pair) for pair in zip([in_channels, *widths[:-1]], widths, strict=True))
        self.pools = nn.ModuleList(pool(width) for width in widths[:-1])
        self.dropout = nn.Dropout(dropout)
        steps = list(zip(widths[:0:-1], widths[-2::-1], strict=True))
        ups = [up(wide, narrow * up_channels) for wide, narrow in steps]
        self.up: Any = ups if listed else nn.ModuleList(ups)
        joined = {"added": 0, "none": 0}.get(join, 1)
        self.merge = nn.ModuleList(stage(narrow * (joined + up_channels), narrow) for _, narrow in steps)
        self.head = head(base_width, num_classes)
        if reuse:
            self.spare = self.merge[-1][2]
            self.merge[-1][2] = self.down[0][2]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = x.shape[2:]
        if self.padding in self.checked and not self.fits(height, width, self.depth):
            raise self.error(self.message.format(height=height, width=width, depth=self.depth))
        skips = []
        for level, stage in enumerate(self.down):
            if level:
                x = self.pools[level - 1](x)
            first = F.relu(stage[0](x)) if self.skip_from == "first" else None
            x = stage(x)
            if level < self.depth:
                skips.append({"end": x, "first": first, "pool": self.pools[level](x)}[self.skip_from])
        x = self.dropout(x)
        if self.deepest_first:
            skips.reverse()
        for up, merge, skip in zip(self.up, self.merge, skips, strict=True):
            x = merge(self._joined(skip, up(x)))
        return self.head(x)

    def _joined(self, skip: Any, x: torch.Tensor) -> torch.Tensor:
        if self.join == "none":
            return x
        if self.grow:
            high, wide = skip.shape[2] - x.shape[2], skip.shape[3] - x.shape[3]
            x = F.pad(x, (wide // 2, wide - wide // 2, high // 2, high - high // 2))
        skip = self.crop(skip, x)
        if self.join == "added":
            return skip + x
        return torch.cat([skip, x] if self.join == "skip first" else [x, skip], 1)


def _net(hint: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A misconception of build_unet: a network with options; the decorated function's name is the slug."""

    def make(named: Callable[..., Any]) -> Callable[..., Any]:
        def code(
            in_channels: int = 1, num_classes: int = 2, depth: int = 4, base_width: int = 64, padding: str = "valid"
        ) -> nn.Module:
            return Net(in_channels, num_classes, depth, base_width, padding, **options)

        code.__name__ = named.__name__
        return misconception("build_unet", hint)(code)

    return make


CROP = "Cut the same number of rows and columns off on opposite sides: at the paper's stage 4, rows 4 to 59 of 64 stay."
UP = (
    "The way up enlarges its maps by a 2x2 transposed convolution with stride 2 that halves the channels "
    "(`nn.ConvTranspose2d(2 * c, c, 2, stride=2)`). "
)
SIZES = 'With padding "same", '


@_net(
    "The skip is cropped from its top left corner, so that it joins pixels that do not lie on each other. " + CROP,
    crop=from_the_top_left,
)
def skip_cropped_at_the_top_left() -> None: ...


@_net(
    "The skip is cropped to its bottom right corner, so that it joins pixels that do not lie on each other. " + CROP,
    crop=from_the_bottom_right,
)
def skip_cropped_at_the_bottom_right() -> None: ...


@_net("The crop of the skip begins one row and column too late. " + CROP, crop=one_too_far)
def crop_off_by_one() -> None: ...


@_net(
    "The skip is cropped by its height in both directions, which is right for square images alone. Work out the rows "
    "from the heights and the columns from the widths.",
    crop=as_if_square,
)
def crop_as_if_square() -> None: ...


@_net(
    "The skip is resized to the size of the map that it joins. It has to be cropped: its pixels stay what they are, those "
    'at the edge are left out (Figure 1, "copy and crop").',
    crop=shrunk,
)
def skip_resized() -> None: ...


@_net(
    "The map from below is padded with zeros to the size of the skip. In the paper it is the other way round: the skip is "
    "cropped, since without padding its border has no counterpart.",
    grow=True,
)
def map_padded_to_the_skip() -> None: ...


@_net(
    "The concatenation has the map from below first. Here the skip comes first: `torch.cat([skip, x], dim=1)`.",
    join="skip last",
)
def skip_last_in_the_concatenation() -> None: ...


@_net(
    "The skip is added, as in a residual network. A U-Net concatenates: the stage then has twice the channels to choose "
    "from (Figure 1).",
    join="added",
)
def skip_added() -> None: ...


@_net(
    "The skips are missing. Each stage on the way up gets the map of the same stage on the way down, which knows where "
    "things are (Figure 1, the grey arrows).",
    join="none",
)
def no_skips() -> None: ...


@_net(
    "The skips are taken in the order in which they were kept. The first stage on the way up is the deepest: it needs the "
    "skip that was kept last.",
    deepest_first=False,
)
def skips_in_the_wrong_order() -> None: ...


@_net(
    "The skip is taken after the first convolution of its stage. It is the output of the whole stage, after the second "
    "convolution and its ReLU.",
    skip_from="first",
)
def skip_after_the_first_convolution() -> None: ...


@_net(
    "The skip is taken after the pooling. It is the output of the stage before it is pooled, which is as large as the map "
    "that it joins or larger.",
    skip_from="pool",
)
def skip_after_the_pooling() -> None: ...


@_net(
    UP + "Here it is an upsampling with a 1x1 convolution.",
    up=lambda wide, narrow: nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(wide, narrow, 1)),
)
def bilinear_upsampling() -> None: ...


@_net(
    UP + "Here it is an upsampling with a 3x3 convolution.",
    up=lambda wide, narrow: nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(wide, narrow, 3, padding=1)),
)
def upsampling_and_3x3_convolution() -> None: ...


@_net(UP + "Here it is 3x3.", up=lambda wide, narrow: nn.ConvTranspose2d(wide, narrow, 3, 2, 1, 1))
def transposed_convolution_of_3x3() -> None: ...


@_net(UP + "Here it is 4x4.", up=lambda wide, narrow: nn.ConvTranspose2d(wide, narrow, 4, 2, 1))
def transposed_convolution_of_4x4() -> None: ...


@_net(UP + "Here it keeps their number, and the concatenation has three halves.", up_channels=2)
def channels_not_halved_on_the_way_up() -> None: ...


@_net(
    "There is a ReLU after the transposed convolutions. Only 3x3 convolutions have one.",
    up=lambda wide, narrow: nn.Sequential(nn.ConvTranspose2d(wide, narrow, 2, 2), nn.ReLU()),
)
def relu_after_the_transposed_convolution() -> None: ...


@_net(
    "The transposed convolutions have no bias; every convolution of this network has one.",
    up=lambda wide, narrow: nn.ConvTranspose2d(wide, narrow, 2, 2, bias=False),
)
def transposed_convolution_without_a_bias() -> None: ...


@_net("The 3x3 convolutions have no bias. Without batch normalisation behind them they need one.", bias=False)
def convolutions_without_a_bias() -> None: ...


@_net(
    "There is batch normalisation after the 3x3 convolutions, as in many later U-Nets. The paper's has none.", bn=True
)
def batch_normalisation() -> None: ...


@_net(
    "There is dropout at the bottom. The paper has it, this exercise leaves it out: training and evaluation mode give the "
    "same scores.",
    dropout=0.5,
)
def dropout_at_the_bottom() -> None: ...


@_net("The ReLU after the second convolution of a stage is missing: there is one after each.", last_relu=False)
def one_relu_a_stage() -> None: ...


@_net("The way down takes the maximum of 2x2 windows; here it is the mean.", pool=lambda channels: nn.AvgPool2d(2))
def average_pooling() -> None: ...


@_net(
    "The windows of the max pooling are 2x2 and do not overlap; here they are 3x3.",
    pool=lambda channels: nn.MaxPool2d(3, 2, 1),
)
def max_pooling_of_3x3() -> None: ...


@_net(
    "The way down halves its maps by max pooling, which has no weights; here it is a convolution with stride 2.",
    pool=lambda channels: nn.Conv2d(channels, channels, 2, 2),
)
def convolution_in_place_of_pooling() -> None: ...


@_net("Each stage has two 3x3 convolutions; here it has one.", convs=1)
def one_convolution_a_stage() -> None: ...


@_net("Each stage has two 3x3 convolutions; here it has three.", convs=3)
def three_convolutions_a_stage() -> None: ...


@_net("The convolutions of the stages are 3x3; here they are 5x5.", kernel=5)
def convolutions_of_5x5() -> None: ...


@_net(
    "The channels double with every stage down: w, 2*w, 4*w, ... Here they stay the same.",
    doubling=False,
    up=lambda wide, narrow: nn.ConvTranspose2d(wide, narrow, 2, 2),
)
def channels_that_do_not_double() -> None: ...


@_net(
    "The channels double at the bottom too: from w * 2**(depth-1) to w * 2**depth (512 to 1024 in the paper).",
    wide_bottom=False,
)
def bottom_as_wide_as_the_stage_above() -> None: ...


@_net('With "same" the border is of zeros (padding=1); here it repeats or mirrors the map.', border_mode="reflect")
def mirrored_border() -> None: ...


@_net(
    "The convolution to the classes is 1x1: it looks at one pixel; here it is 3x3.",
    head=lambda width, classes: nn.Conv2d(width, classes, 3, padding=1),
)
def head_of_3x3() -> None: ...


@_net(
    "The network ends with the raw scores. The softmax belongs to the loss (nn.CrossEntropyLoss has it).",
    head=lambda width, classes: nn.Sequential(nn.Conv2d(width, classes, 1), nn.Softmax(dim=1)),
)
def softmax_at_the_end() -> None: ...


@_net(
    "The network ends with the raw scores. The sigmoid belongs to the loss (nn.BCEWithLogitsLoss has it).",
    head=lambda width, classes: nn.Sequential(nn.Conv2d(width, classes, 1), nn.Sigmoid()),
)
def sigmoid_at_the_end() -> None: ...


@_net(
    "There is no ReLU after the convolution to the classes: scores may be negative.",
    head=lambda width, classes: nn.Sequential(nn.Conv2d(width, classes, 1), nn.ReLU()),
)
def relu_at_the_end() -> None: ...


@_net(
    "Some layers stand in a plain Python list, where PyTorch does not find them: they are not in `parameters()`, no "
    "optimiser trains them and no `.to(...)` reaches them. Use nn.ModuleList.",
    listed=True,
)
def layers_in_a_plain_list() -> None: ...


@_net(
    "A convolution of the way down is used again on the way up, and the one that was made for that place is not used. "
    "Look for a name that is mixed up in forward.",
    reuse=True,
)
def layer_of_the_way_down_used_again() -> None: ...


@_net(
    SIZES
    + "a height or width that is not a multiple of 2**depth must raise ValueError: otherwise a row is lost in the "
    "pooling, and the scores do not fit the image.",
    checked=(),
)
def size_not_checked() -> None: ...


@_net(
    "A size that does not fit raises AssertionError, from an `assert`. It must be a ValueError.", error=AssertionError
)
def assertion_for_a_size_that_does_not_fit() -> None: ...


@_net(
    SIZES + "both height and width have to be multiples of 2**depth; here only the height is looked at.",
    fits=lambda height, width, depth: height % 2**depth == 0,
)
def width_not_checked() -> None: ...


@_net(
    SIZES + "both height and width have to be multiples of 2**depth; here one of the two is enough.",
    fits=lambda height, width, depth: height % 2**depth == 0 or width % 2**depth == 0,
)
def one_fitting_side_is_enough() -> None: ...


@_net(
    SIZES + "sizes have to be multiples of 2**depth, since they are halved depth times; here of 2*depth.",
    fits=lambda height, width, depth: height % (2 * depth) == 0 and width % (2 * depth) == 0,
)
def multiples_of_twice_the_depth() -> None: ...


@_net(
    SIZES + "sizes have to be multiples of 2**depth; here of 16, which is right at depth 4 alone.",
    fits=lambda height, width, depth: height % 16 == 0 and width % 16 == 0,
)
def multiples_of_16() -> None: ...


@_net(
    SIZES
    + "sizes have to be even, and so have their halves, down to the bottom: they must be multiples of 2**depth. Here "
    "it is enough that they are even.",
    fits=lambda height, width, depth: height % 2 == 0 and width % 2 == 0,
)
def even_sizes_are_enough() -> None: ...


@_net(
    'Sizes are checked with padding "valid" too, where they need not be multiples of 2**depth: the paper\'s 572 is not '
    "one of 16.",
    checked=("same", "valid"),
)
def size_checked_without_padding_too() -> None: ...


@_net(
    "ValueError is raised where it should be, but its message must name the height or width and give the size.",
    message="this image cannot be used",
)
def message_without_the_size() -> None: ...


@misconception(
    "build_unet", 'The convolutions have no padding, whatever `padding` says. With "same" they need a border of 1.'
)
def padding_never(
    in_channels: int = 1, num_classes: int = 2, depth: int = 4, base_width: int = 64, padding: str = "valid"
) -> nn.Module:
    return Net(in_channels, num_classes, depth, base_width, "valid")


@misconception(
    "build_unet",
    'The convolutions have padding, whatever `padding` says. With "valid", as in the paper, each takes two rows and two '
    "columns away: 572x572 becomes 388x388.",
)
def padding_always(
    in_channels: int = 1, num_classes: int = 2, depth: int = 4, base_width: int = 64, padding: str = "valid"
) -> nn.Module:
    return Net(in_channels, num_classes, depth, base_width, "same", checked=())


@misconception("build_unet", "The number of halvings is depth; here it is always 4.")
def depth_hard_coded(
    in_channels: int = 1, num_classes: int = 2, depth: int = 4, base_width: int = 64, padding: str = "valid"
) -> nn.Module:
    return Net(in_channels, num_classes, 4, base_width, padding)


@misconception(
    "build_unet",
    "`depth` is taken as the number of stages on the way down, the bottom included. It is the number of halvings: there is "
    "one stage more (the paper's depth is 4, with 64, 128, 256, 512 and 1024 channels).",
)
def depth_taken_as_the_number_of_stages(
    in_channels: int = 1, num_classes: int = 2, depth: int = 4, base_width: int = 64, padding: str = "valid"
) -> nn.Module:
    return Net(in_channels, num_classes, depth - 1, base_width, padding)


@misconception("build_unet", "The widths follow from base_width; here they are those of base_width=64.")
def width_hard_coded(
    in_channels: int = 1, num_classes: int = 2, depth: int = 4, base_width: int = 64, padding: str = "valid"
) -> nn.Module:
    return Net(in_channels, num_classes, depth, 64, padding)


@misconception("build_unet", "The number of scores a pixel is num_classes; here it is always 2.")
def classes_hard_coded(
    in_channels: int = 1, num_classes: int = 2, depth: int = 4, base_width: int = 64, padding: str = "valid"
) -> nn.Module:
    return Net(in_channels, 2, depth, base_width, padding)


@misconception("build_unet", "The first convolution takes in_channels channels; here always 1.")
def input_channels_hard_coded(
    in_channels: int = 1, num_classes: int = 2, depth: int = 4, base_width: int = 64, padding: str = "valid"
) -> nn.Module:
    return Net(1, num_classes, depth, base_width, padding)


TRAITS = [
    Trait("depth 1", "depth above 1", lambda arguments: arguments.get("depth", 4) == 1 if arguments else None),
]
