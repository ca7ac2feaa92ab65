"""Known wrong ways to write VGG, and what to say about each.

They are networks as students write them, with torch.nn: `plan_body` and `plan_head` give the right layers, each misconception
changes the plan, and `build` makes layers that fit each other of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from grader.checking import misconception
from reference.planning import Conv, Layers, Linear, Norm, replace
from reference.planning import build as build_layers

COUNTS = {
    "A": (1, 1, 2, 2, 2),
    "A-LRN": (1, 1, 2, 2, 2),
    "B": (2, 2, 2, 2, 2),
    "C": (2, 2, 3, 3, 3),
    "D": (2, 2, 3, 3, 3),
    "E": (2, 2, 4, 4, 4),
}
Lrn = nn.LocalResponseNorm

UNREGISTERED = (
    "The layers stand in a plain Python list, where PyTorch does not find them: they are not in `parameters()`, no optimiser "
    "trains them and no `.to(...)` reaches them. Use nn.Sequential or nn.ModuleList."
)
CONSTANTS = (
    "The AlexNet paper's alpha of 1e-4 multiplies the plain sum of squares. PyTorch divides its alpha by the 5 channels of the "
    "sum, so there it has to be 5e-4."
)
RELU = (
    "Every convolution has a ReLU behind it. Two convolutions with nothing between them are one linear function, and the stack "
    "of small kernels gains nothing (Simonyan and Zisserman, section 2.3)."
)
DROPOUT = (
    "Dropout stands behind the two hidden linear layers and their ReLU, and nowhere else (Simonyan and Zisserman, section "
    "3.1)."
)
POOLING = "Each of the five stages ends with a 2x2 max pooling with stride 2 (Simonyan and Zisserman, section 2.1)."
SIZE = "An image_size that is not a multiple of 32 must raise ValueError: five poolings halve it. "
C = "The last convolution of stages 3, 4 and 5 of configuration C is 1x1 (Table 1: conv1-256, conv1-512). "


@dataclass(frozen=True)
class Given:
    """The arguments of build_vgg."""

    config: str
    num_classes: int = 1000
    in_channels: int = 3
    image_size: int = 224
    base_width: int = 64
    hidden: int = 4096
    dropout: float = 0.5


def plan_body(given: Given, counts: tuple[int, ...] | None = None, widths: tuple[int, ...] = (1, 2, 4, 8, 8)) -> Layers:
    """The layers up to the last pooling."""
    body: Layers = []
    for stage, count in enumerate(counts or COUNTS[given.config]):
        for number in range(count):
            side = 1 if given.config == "C" and number == 2 else 3
            body += [Conv(widths[stage] * given.base_width, side, side // 2), nn.ReLU()]
        if given.config == "A-LRN" and stage == 0:
            body.append(Lrn(5, 5e-4, 0.75, 2.0))
        body.append(nn.MaxPool2d(2))
    return body


def build(plan: Layers, given: Given) -> Layers:
    """The modules of a plan."""
    return build_layers(plan, given.in_channels, given.image_size)


def plan_head(given: Given) -> Layers:
    """The layers behind the last map: positions 1, 4 and 7 are linear, 3 and 6 dropout."""
    return [
        nn.Flatten(),
        *(Linear(given.hidden), nn.ReLU(), nn.Dropout(given.dropout)),
        *(Linear(given.hidden), nn.ReLU(), nn.Dropout(given.dropout)),
        Linear(given.num_classes),
    ]


def check(given: Given) -> None:
    """Raise ValueError as wanted."""
    if given.config not in COUNTS:
        raise ValueError(f"config {given.config} is none of {list(COUNTS)}")
    if given.image_size % 32:
        raise ValueError(f"image_size {given.image_size} is not a multiple of 32")


def _changed(hint: str) -> Callable[[Callable[[Given, Layers, Layers], Layers | nn.Module]], Callable[..., nn.Module]]:
    """A misconception: the decorated function gets the arguments, body and head, and gives what it makes of them."""

    def make(change: Callable[[Given, Layers, Layers], Layers | nn.Module]) -> Callable[..., nn.Module]:
        def code(*arguments: Any, **keywords: Any) -> nn.Module:
            given = Given(*arguments, **keywords)
            check(given)
            made = change(given, plan_body(given), plan_head(given))
            return made if isinstance(made, nn.Module) else nn.Sequential(*build(made, given))

        code.__name__ = change.__name__
        return misconception("build_vgg", hint)(code)

    return make


# Configurations


@_changed(C + "Here it is 3x3 with padding, and C is the same as D.")
def configuration_c_of_3x3(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, Conv, lambda conv: [Conv(conv.outputs)]), *head]


@_changed(C + "A 1x1 convolution keeps the size without padding; with padding 1 the map grows.")
def padding_of_1x1(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, Conv, lambda conv: [conv._replace(padding=1)]), *head]


@_changed(C + "Here it is missing, and C is the same as B.")
def configuration_c_without_1x1(given: Given, body: Layers, head: Layers) -> Layers:
    return [*(plan_body(given, COUNTS["B"]) if given.config == "C" else body), *head]


@_changed(C + "Here the 1x1 convolution comes first in its stage.")
def convolution_1x1_first(given: Given, body: Layers, head: Layers) -> Layers:
    ones = [number for number, one in enumerate(body) if isinstance(one, Conv) and one.side == 1]
    for number in ones:
        body[number], body[number - 4] = body[number - 4], body[number]
    return [*body, *head]


@_changed(C + "It has a ReLU behind it, like every other.")
def no_relu_after_1x1(given: Given, body: Layers, head: Layers) -> Layers:
    ones = [number for number, one in enumerate(body) if isinstance(one, Conv) and one.side == 1]
    return [*(one for number, one in enumerate(body) if number - 1 not in ones), *head]


@_changed("E has four 3x3 convolutions in each of stages 3, 4 and 5; here it has three, as D.")
def configuration_e_as_d(given: Given, body: Layers, head: Layers) -> Layers:
    return [*plan_body(given, COUNTS["D"] if given.config == "E" else None), *head]


@_changed("A has one convolution in each of stages 1 and 2; two are in B and all that come after it (Table 1).")
def configuration_a_as_b(given: Given, body: Layers, head: Layers) -> Layers:
    return [*plan_body(given, COUNTS["B"] if given.config.startswith("A") else None), *head]


@_changed("B has two convolutions in each of stages 1 and 2; one is in A (Table 1).")
def configuration_b_as_a(given: Given, body: Layers, head: Layers) -> Layers:
    return [*plan_body(given, COUNTS["A"] if given.config == "B" else None), *head]


@_changed("config is ignored: this is always D, VGG-16. The six columns of Table 1 are six networks.")
def always_configuration_d(given: Given, body: Layers, head: Layers) -> Layers:
    return [*plan_body(Given(**{**vars(given), "config": "D"})), *head]


# Local response normalisation


@_changed("A-LRN has local response normalisation after the ReLU of its first convolution; here it is missing.")
def no_response_normalisation(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, Lrn, lambda lrn: []), *head]


@_changed(CONSTANTS)
def alpha_not_multiplied_by_n(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, Lrn, lambda lrn: [Lrn(5, 1e-4, 0.75, 2.0)]), *head]


@_changed("The constant k of the normalisation is 2; PyTorch's default of 1 has to be replaced.")
def k_of_1(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, Lrn, lambda lrn: [Lrn(5, 5e-4, 0.75, 1.0)]), *head]


@_changed("These are PyTorch's defaults, k = 1 and its alpha = 1e-4. The AlexNet paper has k = 2. " + CONSTANTS)
def defaults_of_pytorch(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, Lrn, lambda lrn: [Lrn(5)]), *head]


@_changed("The exponent beta of the normalisation is 0.75; here it is 0.5.")
def beta_of_one_half(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, Lrn, lambda lrn: [Lrn(5, 5e-4, 0.5, 2.0)]), *head]


@_changed("The normalisation sums over 5 neighbouring channels, two on each side; here over 3.")
def sum_over_three_channels(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, Lrn, lambda lrn: [Lrn(3, 3e-4, 0.75, 2.0)]), *head]


@_changed("The normalisation comes after the ReLU: it normalises the activities of neurons. Here it comes before.")
def normalisation_before_relu(given: Given, body: Layers, head: Layers) -> Layers:
    if given.config == "A-LRN":
        body[1], body[2] = body[2], body[1]
    return [*body, *head]


@_changed("The normalisation comes directly after the first ReLU; here it comes after the pooling.")
def normalisation_after_pooling(given: Given, body: Layers, head: Layers) -> Layers:
    if given.config == "A-LRN":
        body[2], body[3] = body[3], body[2]
    return [*body, *head]


@_changed("A-LRN has one normalisation, after its first ReLU. Here there is one after every convolution's ReLU.")
def normalisation_everywhere(given: Given, body: Layers, head: Layers) -> Layers:
    body = replace(body, Lrn, lambda lrn: [])
    lrn = [Lrn(5, 5e-4, 0.75, 2.0)] if given.config == "A-LRN" else []
    return [*replace(body, nn.ReLU, lambda relu: [relu, *lrn]), *head]


@_changed("Only A-LRN has local response normalisation. Here every configuration has it after the first ReLU.")
def normalisation_in_every_configuration(given: Given, body: Layers, head: Layers) -> Layers:
    body = replace(body, Lrn, lambda lrn: [])
    return [*body[:2], Lrn(5, 5e-4, 0.75, 2.0), *body[2:], *head]


@_changed(
    "A-LRN has local response normalisation; here it is batch normalisation, which came later and does another thing."
)
def batch_norm_for_response_normalisation(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, Lrn, lambda lrn: [Norm()]), *head]


# Convolutions and pooling


@_changed("A 3x3 convolution keeps the size of its map only with padding 1.")
def no_padding(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, Conv, lambda conv: [conv._replace(padding=0)]), *head]


@_changed("Every convolution has a bias; none has a batch norm behind it, which would make the bias superfluous.")
def convolutions_without_bias(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, Conv, lambda conv: [conv._replace(bias=False)]), *head]


@_changed(
    "There is a batch norm behind each convolution. VGG has none: it is a year older. (torchvision's vgg16_bn is another "
    "network.)"
)
def batch_norm_everywhere(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, Conv, lambda conv: [conv, Norm()]), *head]


@_changed(RELU + " Here only the last convolution of a stage has one.")
def relu_at_the_end_of_a_stage_only(given: Given, body: Layers, head: Layers) -> Layers:
    following = [*body[1:], None]
    kept = [
        one
        for one, after in zip(body, following, strict=True)
        if not isinstance(one, nn.ReLU) or not isinstance(after, Conv)
    ]
    return [*kept, *head]


@_changed(RELU + " Here no convolution has one.")
def no_relu_after_convolutions(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, nn.ReLU, lambda relu: []), *head]


@_changed("The hidden layers of VGG have ReLU; here tanh.")
def tanh_for_relu(given: Given, body: Layers, head: Layers) -> Layers:
    return replace([*body, *head], nn.ReLU, lambda relu: [nn.Tanh()])


@_changed(POOLING + " The last one is missing.")
def last_pooling_missing(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body[:-1], *head]


@_changed(POOLING + " Here the mean is taken.")
def average_pooling(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, nn.MaxPool2d, lambda pool: [nn.AvgPool2d(2)]), *head]


@_changed(POOLING + " Here its windows are 3x3 and overlap, as in AlexNet.")
def overlapping_pooling(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, nn.MaxPool2d, lambda pool: [nn.MaxPool2d(3, 2, 1)]), *head]


@_changed("Stage 5 has 8*w channels, as stage 4: the doubling ends there. Here it has 16*w.")
def doubling_that_does_not_end(given: Given, body: Layers, head: Layers) -> Layers:
    return [*plan_body(given, widths=(1, 2, 4, 8, 16)), *head]


@_changed("The channels double from stage to stage, w, 2*w, 4*w, 8*w, 8*w. Here they stay the same.")
def channels_that_do_not_double(given: Given, body: Layers, head: Layers) -> Layers:
    return [*plan_body(given, widths=(1, 1, 1, 1, 1)), *head]


# The head


@_changed(
    "The last map is averaged over rows and columns. VGG flattens it: its first linear layer sees every place of the map, and "
    "holds most of the parameters."
)
def global_average_pooling(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, nn.AdaptiveAvgPool2d(1), *head]


@_changed(
    "The last map is brought to 7x7 for any image, as torchvision does. Here the first linear layer has the size that the "
    "image asks for: image_size / 32 in both directions."
)
def map_always_of_7x7(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, nn.AdaptiveAvgPool2d(7), *head]


@_changed("The first linear layer takes a 7x7 map, which fits 224x224 images alone. Its size follows from image_size.")
def map_of_224_hard_coded(given: Given, body: Layers, head: Layers) -> Layers:
    head[1] = nn.Linear(8 * given.base_width * 7 * 7, given.hidden)
    return [*body, *head]


@_changed("The head has two hidden linear layers before the last one; here there is one.")
def one_hidden_layer(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *head[:4], head[-1]]


@_changed("Between the linear layers of the head there has to be a ReLU.")
def no_relu_in_the_head(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *replace(head, nn.ReLU, lambda relu: [])]


@_changed("The linear layers have biases, like the convolutions.")
def linear_layers_without_bias(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *replace(head, Linear, lambda linear: [linear._replace(bias=False)])]


@_changed("The network ends with the raw scores. The softmax belongs to the loss (nn.CrossEntropyLoss has it).")
def softmax_at_the_end(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *head, nn.Softmax(dim=1)]


@_changed("There is no ReLU behind the last linear layer: scores may be negative.")
def relu_at_the_end(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *head, nn.ReLU()]


# Dropout


class Always(nn.Module):
    """Dropout that does not look at the mode."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.dropout(x, self.rate)


class Masked(nn.Module):
    """Dropout by an own mask: unscaled, one for all images, or one for all times."""

    def __init__(self, rate: float, fault: str) -> None:
        super().__init__()
        self.rate, self.fault, self.mask = rate, fault, torch.empty(0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x * (1 - self.rate) if self.fault == "classic" else x
        if self.fault != "once" or not len(self.mask):
            like = x[:1] if self.fault in ("shared", "once") else x
            self.mask = F.dropout(torch.ones_like(like), self.rate)
        return x * (self.mask != 0) if self.fault in ("unscaled", "classic") else x * self.mask


@_changed(DROPOUT + " It is missing.")
def no_dropout(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *replace(head, nn.Dropout, lambda dropout: [])]


@_changed(DROPOUT + " It is missing behind the second one.")
def dropout_after_the_first_only(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *head[:6], head[7]]


@_changed(DROPOUT + " It is missing behind the first one.")
def dropout_after_the_second_only(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *head[:3], *head[4:]]


@_changed(DROPOUT + " Here it stands before them, and so drops entries of the last map, as torchvision's AlexNet does.")
def dropout_before_the_hidden_layers(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, head[0], head[3], head[1], head[2], head[6], head[4], head[5], head[7]]


@_changed(DROPOUT + " Here there is one on the last map as well.")
def dropout_on_the_last_map(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, nn.Dropout(given.dropout), *head]


@_changed(DROPOUT + " Here there is one behind each pooling as well.")
def dropout_after_each_pooling(given: Given, body: Layers, head: Layers) -> Layers:
    return [*replace(body, nn.MaxPool2d, lambda pool: [pool, nn.Dropout(given.dropout)]), *head]


@_changed(DROPOUT + " Here there is one on the scores, some of which it sets to zero.")
def dropout_on_the_scores(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *head, nn.Dropout(given.dropout)]


@_changed("The rate of dropout is the argument dropout; here it is always 0.5.")
def rate_hard_coded(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *replace(head, nn.Dropout, lambda dropout: [nn.Dropout(0.5)])]


@_changed("dropout is the probability that a unit is dropped; here it is taken as the probability that it is kept.")
def rate_taken_as_the_share_kept(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *replace(head, nn.Dropout, lambda dropout: [nn.Dropout(1 - given.dropout)])]


@_changed(
    "Dropout is active in evaluation mode too. F.dropout has to be told the mode, `training=self.training`; nn.Dropout looks "
    "for itself."
)
def dropout_in_evaluation(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *replace(head, nn.Dropout, lambda dropout: [Always(given.dropout)])]


@_changed(
    "What is kept is not divided by 1 - dropout in training, so that the next layer sees smaller sums than in evaluation mode."
)
def kept_units_not_scaled(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *replace(head, nn.Dropout, lambda dropout: [Masked(given.dropout, "unscaled")])]


@_changed(
    "This is the first form of dropout, which multiplies by the probability to keep in evaluation mode. As torch.nn.Dropout "
    "does it, what is kept is divided by it in training, and evaluation mode changes nothing."
)
def scaled_in_evaluation(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *replace(head, nn.Dropout, lambda dropout: [Masked(given.dropout, "classic")])]


@_changed("One mask is drawn for the whole batch. Each image has units of its own dropped.")
def one_mask_for_the_batch(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *replace(head, nn.Dropout, lambda dropout: [Masked(given.dropout, "shared")])]


@_changed("The mask is drawn once and kept. Dropout draws anew in each forward pass.")
def mask_drawn_once(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *replace(head, nn.Dropout, lambda dropout: [Masked(given.dropout, "once")])]


@_changed("nn.Dropout1d drops whole rows: all units of an image, or none. nn.Dropout drops each by itself.")
def dropout_of_whole_images(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *replace(head, nn.Dropout, lambda dropout: [nn.Dropout1d(given.dropout)])]


# Modules and parameters


class Listed(nn.Module):
    """Layers of which the first ones stand in a plain list."""

    def __init__(self, layers: Layers, listed: int) -> None:
        super().__init__()
        self.body, self.head = layers[:listed], nn.Sequential(*layers[listed:])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for one in self.body:
            x = one(x)
        return self.head(x)


@_changed(UNREGISTERED)
def layers_in_a_plain_list(given: Given, body: Layers, head: Layers) -> nn.Module:
    return Listed(build([*body, *head], given), len(body))


@_changed(
    "One convolution is used in several places of a stage (`[conv] * n` holds the same layer n times), so that its weights are "
    "shared. Make a new layer for each place."
)
def one_convolution_used_several_times(given: Given, body: Layers, head: Layers) -> Layers:
    layers: Layers = []
    for one in body:
        again = len(layers) > 3 and one == layers[-2] == layers[-4]  # the third one of a kind in a row
        layers.append(layers[-2] if again else one)
    return [*layers, *head]


class Spare(nn.Module):
    """The second convolution of stage 5 is made and never used, the first one is used twice."""

    def __init__(self, layers: Layers) -> None:
        super().__init__()
        first = [number for number, one in enumerate(layers) if isinstance(one, nn.MaxPool2d)][3] + 1
        self.spare = layers[first + 2]
        self.layers = nn.Sequential(*layers[: first + 2], layers[first], *layers[first + 3 :])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


@_changed("The forward pass uses one layer twice, and another one, of the same size, never. Look for a wrong name.")
def one_layer_twice_another_never(given: Given, body: Layers, head: Layers) -> nn.Module:
    return Spare(build([*body, *head], given))


# Sizes that are not what was asked for


@_changed("The number of scores is num_classes; here it is always 1000.")
def classes_hard_coded(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *head[:-1], Linear(1000)]


@_changed("The first convolution takes in_channels channels; here always 3.")
def input_channels_hard_coded(given: Given, body: Layers, head: Layers) -> Layers:
    return [nn.Conv2d(3, body[0].outputs, 3, padding=1), *body[1:], *head]


@_changed("The widths follow from base_width; here they are those of base_width=64.")
def width_hard_coded(given: Given, body: Layers, head: Layers) -> Layers:
    return [*plan_body(Given(**{**vars(given), "base_width": 64})), *head]


@_changed("The two hidden linear layers have `hidden` units; here always 4096.")
def hidden_hard_coded(given: Given, body: Layers, head: Layers) -> Layers:
    return [*body, *plan_head(Given(**{**vars(given), "hidden": 4096}))]


# Errors


def _right(given: Given) -> nn.Module:
    return nn.Sequential(*build([*plan_body(given), *plan_head(given)], given))


@misconception(
    "build_vgg",
    "A config that is none of the six must raise ValueError. Here it does not, and another column may be built.",
)
def config_not_checked(config: str, *arguments: Any, **keywords: Any) -> nn.Module:
    given = Given(config if config in COUNTS else "D", *arguments, **keywords)
    check(given)
    return _right(given)


@misconception(
    "build_vgg",
    "An unknown config raises KeyError, from looking it up in a table. It must be a ValueError: look first whether it is "
    "there.",
)
def key_error_for_an_unknown_config(config: str, *arguments: Any, **keywords: Any) -> nn.Module:
    COUNTS[config]
    given = Given(config, *arguments, **keywords)
    check(given)
    return _right(given)


@misconception("build_vgg", SIZE + "Here it does not.")
def image_size_not_checked(config: str, *arguments: Any, **keywords: Any) -> nn.Module:
    given = Given(config, *arguments, **keywords)
    check(Given(config))
    return _right(given)


@misconception("build_vgg", SIZE + "Here only sizes below 32 do.")
def only_small_images_refused(config: str, *arguments: Any, **keywords: Any) -> nn.Module:
    given = Given(config, *arguments, **keywords)
    check(Given(config, image_size=32 if given.image_size >= 32 else given.image_size))
    return _right(given)


@misconception("build_vgg", SIZE + "Here only those do that are not even, or not a multiple of 16.")
def multiples_of_16_accepted(config: str, *arguments: Any, **keywords: Any) -> nn.Module:
    given = Given(config, *arguments, **keywords)
    check(Given(config, image_size=32 if given.image_size % 16 == 0 else given.image_size))
    return _right(given)


@misconception(
    "build_vgg",
    "ValueError is raised where it should be, but its message must name the argument, config or image_size, and its value.",
)
def message_without_the_argument(config: str, *arguments: Any, **keywords: Any) -> nn.Module:
    given = Given(config, *arguments, **keywords)
    try:
        check(given)
    except ValueError:
        raise ValueError("invalid arguments") from None
    return _right(given)


@misconception("build_vgg", "The default of dropout is 0.5; here it is 0.2.")
def other_default_rate(config: str, *arguments: Any, **keywords: Any) -> nn.Module:
    given = Given(config, *arguments, **{"dropout": 0.2, **keywords})
    check(given)
    return _right(given)
