"""Known wrong ways to write LeNet-5, AlexNet and ZFNet, and what to say about each.

`plan_...` give the right layers; each misconception changes the plan, and layers are made of it that fit each other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from grader.checking import misconception
from reference.planning import Conv, Layers, Linear, Norm, build, replace

Lrn = nn.LocalResponseNorm
Change = Callable[[Layers], Layers]
LARGE = 10_000_000
"""Entries from which on it costs more to get memory for a tensor than to fill it."""

CONSTANTS = (
    "The AlexNet paper's alpha of 1e-4 multiplies the plain sum of squares. PyTorch divides its alpha by the 5 channels of the "
    "sum, so there it has to be 5e-4."
)
GROUPS = (
    "Layers 2, 4 and 5 have two groups: each half of the kernels sees half of the channels (Krizhevsky et al., section 3.5 and "
    "Figure 2). "
)
ORDER = "After the first two layers the order is ReLU, normalisation, pooling. "
POOLING = "The pooling of AlexNet and ZFNet has 3x3 windows with stride 2, which overlap, and takes the maximum. "
DROPOUT = "Dropout stands behind the two hidden linear layers and their ReLU, and nowhere else. "
SOFTMAX = "The network ends with the raw scores. The softmax belongs to the loss (nn.CrossEntropyLoss has it)."
CLASSES = "The number of scores is num_classes; here it is always that of the published network."
CHANNELS = "The first convolution takes in_channels channels; here always as many as in the published network."
CEIL = (
    "The pooling is in ceil mode: a last window that reaches over the edge counts too, so that 110x110 becomes 55x55. "
)


def plan_lenet(num_classes: int) -> Layers:
    """The right layers of LeNet-5."""
    return [
        *(Conv(6, 5, 0), nn.Tanh(), nn.AvgPool2d(2)),
        *(Conv(16, 5, 0), nn.Tanh(), nn.AvgPool2d(2)),
        *(Conv(120, 5, 0), nn.Tanh(), nn.Flatten()),
        *(Linear(84), nn.Tanh(), Linear(num_classes)),
    ]


def plan_head(num_classes: int) -> Layers:
    """The right layers behind the last map of AlexNet and ZFNet: 1, 4 and 7 are linear, 3 and 6 dropout."""
    return [
        nn.Flatten(),
        *(Linear(4096), nn.ReLU(), nn.Dropout(0.5)),
        *(Linear(4096), nn.ReLU(), nn.Dropout(0.5)),
        Linear(num_classes),
    ]


def plan_alexnet(num_classes: int) -> Layers:
    """The right layers of AlexNet; the head has the last 8 places."""
    return [
        *(Conv(96, 11, 0, stride=4), nn.ReLU(), Lrn(5, 5e-4, 0.75, 2.0), nn.MaxPool2d(3, 2)),
        *(Conv(256, 5, 2, groups=2), nn.ReLU(), Lrn(5, 5e-4, 0.75, 2.0), nn.MaxPool2d(3, 2)),
        *(Conv(384), nn.ReLU()),
        *(Conv(384, groups=2), nn.ReLU()),
        *(Conv(256, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *plan_head(num_classes),
    ]


def plan_zfnet(num_classes: int) -> Layers:
    """The right layers of ZFNet; the head has the last 8 places."""
    return [
        *(Conv(96, 7, 1, stride=2), nn.ReLU(), Lrn(5, 5e-4, 0.75, 2.0), nn.MaxPool2d(3, 2, ceil_mode=True)),
        *(Conv(256, 5, 0, stride=2), nn.ReLU(), Lrn(5, 5e-4, 0.75, 2.0), nn.MaxPool2d(3, 2, ceil_mode=True)),
        *(Conv(384), nn.ReLU()),
        *(Conv(384), nn.ReLU()),
        *(Conv(256), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)),
        *plan_head(num_classes),
    ]


NETWORKS: dict[str, tuple[Callable[[int], Layers], int, int, int]] = {
    "build_lenet5": (plan_lenet, 32, 10, 1),
    "build_alexnet": (plan_alexnet, 227, 1000, 3),
    "build_zfnet": (plan_zfnet, 224, 1000, 3),
}
"""The plan of each network, the side of its images, classes and channels as published."""


def make_network(plan: Layers, channels: int, side: int) -> nn.Module:
    """The network of a plan, its weights not drawn: they are filled before it runs, and drawing 60 million takes time."""
    sketching = torch.empty(0).device.type == "meta"
    with torch.device("meta"):
        network = nn.Sequential(*build(plan, channels, side))
    if sketching:
        return network
    for module in network.modules():
        for name, parameter in list(module._parameters.items()):
            if parameter is not None:
                module._parameters[name] = nn.Parameter(_space(parameter.numel()).view(parameter.shape))
        if isinstance(module, nn.BatchNorm2d):
            module.to_empty(device="cpu", recurse=False).reset_running_stats()
    return network


def _space(entries: int) -> torch.Tensor:
    """Room for a tensor; large ones of equal size share it, as they are filled with equal values, by their size."""
    return _large_space(entries) if entries > LARGE else torch.empty(entries, dtype=torch.float64)


@functools.lru_cache(maxsize=4)
def _large_space(entries: int) -> torch.Tensor:
    return torch.empty(entries, dtype=torch.float64)


def _changed(
    function: str, hint: str, channels: int | None = None, classes: int | None = None
) -> Callable[[Change], Any]:
    """A misconception: the decorated function gets the plan of the network and gives what it makes of it.

    With `channels` or `classes`, these whatever is asked for.
    """
    plan, side, default_classes, default_channels = NETWORKS[function]

    def make(change: Change) -> Any:
        def code(num_classes: int = default_classes, in_channels: int = default_channels) -> nn.Module:
            return make_network(change(plan(classes or num_classes)), channels or in_channels, side)

        code.__name__ = change.__name__
        return misconception(function, hint)(code)

    return make


def _both(hint: str, **options: int) -> Callable[[Change], Change]:
    """A misconception of AlexNet and of ZFNet."""

    def make(change: Change) -> Change:
        for function in ("build_alexnet", "build_zfnet"):
            globals()[f"{function}_{change.__name__}"] = _changed(function, hint, **options)(change)
        return change

    return make


# LeNet-5


@_changed("build_lenet5", "LeNet-5 has tanh; ReLU came later. Its name is not in the paper of 1998.")
def relu_for_tanh(plan: Layers) -> Layers:
    return replace(plan, nn.Tanh, lambda tanh: [nn.ReLU()])


@_changed("build_lenet5", "LeNet-5 has tanh; here it is the logistic sigmoid, which is never negative.")
def sigmoid_for_tanh(plan: Layers) -> Layers:
    return replace(plan, nn.Tanh, lambda tanh: [nn.Sigmoid()])


@_changed("build_lenet5", "S2 and S4 take the mean of their windows; here it is the maximum.")
def max_pooling_in_lenet(plan: Layers) -> Layers:
    return replace(plan, nn.AvgPool2d, lambda pool: [nn.MaxPool2d(2)])


@_changed("build_lenet5", "tanh comes before the pooling, not after it: the two cannot be exchanged.")
def tanh_after_pooling(plan: Layers) -> Layers:
    return [plan[0], plan[2], plan[1], plan[3], plan[5], plan[4], *plan[6:]]


@_changed("build_lenet5", "There is a tanh after C1 and C3, before each pooling; here it is missing there.")
def no_tanh_after_convolutions(plan: Layers) -> Layers:
    return [plan[0], plan[2], plan[3], *plan[5:]]


@_changed("build_lenet5", "There is a tanh after C5 as after every layer but the last; here it is missing.")
def no_tanh_after_c5(plan: Layers) -> Layers:
    return [*plan[:7], *plan[8:]]


@_changed("build_lenet5", "There is a tanh after F6, between the two linear layers; here it is missing.")
def no_tanh_after_f6(plan: Layers) -> Layers:
    return [*plan[:10], *plan[11:]]


@_changed(
    "build_lenet5",
    "C1 has no padding: the images are 32x32 already. (With padding 2 it fits the 28x28 images of MNIST.)",
)
def padding_in_c1(plan: Layers) -> Layers:
    return [plan[0]._replace(padding=2), *plan[1:]]


@_changed(
    "build_lenet5", "C5 is missing: between S4 and F6 there are 120 kernels, or linear units, that see the whole map."
)
def no_c5(plan: Layers) -> Layers:
    return [*plan[:6], *plan[8:]]


@_changed("build_lenet5", "C3 has 16 kernels; here it has as many as C1.")
def six_kernels_in_c3(plan: Layers) -> Layers:
    return [*plan[:3], plan[3]._replace(outputs=6), *plan[4:]]


@_changed("build_lenet5", "S4, the second pooling, is missing.")
def no_second_pooling(plan: Layers) -> Layers:
    return [*plan[:5], *plan[6:]]


@_changed("build_lenet5", "Every convolution has a bias.")
def lenet_without_bias(plan: Layers) -> Layers:
    return replace(plan, Conv, lambda conv: [conv._replace(bias=False)])


@_changed("build_lenet5", "There is no tanh behind the last layer: the scores are what it gives.")
def tanh_at_the_end(plan: Layers) -> Layers:
    return [*plan, nn.Tanh()]


@_changed("build_lenet5", SOFTMAX)
def softmax_after_lenet(plan: Layers) -> Layers:
    return [*plan, nn.Softmax(dim=1)]


@_changed("build_lenet5", "There is a dropout in this network. LeNet-5 has none, dropout came 14 years later.")
def dropout_in_lenet(plan: Layers) -> Layers:
    return [*plan[:11], nn.Dropout(0.5), plan[11]]


@_changed("build_lenet5", CLASSES, classes=10)
def classes_of_lenet_hard_coded(plan: Layers) -> Layers:
    return plan


@_changed("build_lenet5", CHANNELS, channels=1)
def channels_of_lenet_hard_coded(plan: Layers) -> Layers:
    return plan


@misconception(
    "build_lenet5",
    "A layer is made but never used by the forward pass: its parameters count, and no loss depends on them.",
)
def layer_never_used(num_classes: int = 10, in_channels: int = 1) -> nn.Module:
    class Unused(nn.Sequential):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for number, layer in enumerate(self):
                x = layer(x) if number != 12 else x
            return x

    return Unused(*build(plan_lenet(num_classes), in_channels, 32), nn.Linear(num_classes, num_classes))


# AlexNet: groups


@_changed("build_alexnet", GROUPS + "Here no layer has groups.")
def no_groups(plan: Layers) -> Layers:
    return replace(plan, Conv, lambda conv: [conv._replace(groups=1)])


@_changed("build_alexnet", GROUPS + "Here layer 3 has them too; it sees all channels, the GPUs communicate there.")
def groups_in_the_third_layer(plan: Layers) -> Layers:
    return [*plan[:8], plan[8]._replace(groups=2), *plan[9:]]


@_changed("build_alexnet", GROUPS + "Here only layer 2 has them.")
def groups_in_the_second_layer_only(plan: Layers) -> Layers:
    return [*plan[:9], *replace(plan[9:], Conv, lambda conv: [conv._replace(groups=1)])]


@_changed("build_alexnet", "The first layer has padding 2, which 224x224 images would ask for. On 227x227 it has none.")
def padding_in_the_first_layer(plan: Layers) -> Layers:
    return [plan[0]._replace(padding=2), *plan[1:]]


@_changed("build_alexnet", "Layer 2 has padding 2, so that its map stays 27x27; here it has none.")
def no_padding_in_the_second_layer(plan: Layers) -> Layers:
    return [*plan[:4], plan[4]._replace(padding=0), *plan[5:]]


@_changed(
    "build_alexnet",
    "These are the widths 64, 192, 384, 256, 256 of the later network with one tower, which torchvision has. The paper has 96, "
    "256, 384, 384, 256.",
)
def widths_of_torchvision(plan: Layers) -> Layers:
    widths = iter((64, 192, 384, 256, 256))
    return replace(plan, Conv, lambda conv: [conv._replace(outputs=next(widths), groups=1)])


@_changed(
    "build_alexnet",
    "Layers 2, 4 and 5 have two groups, and LRN follows the first two ReLU. The later network that torchvision has, in one "
    "tower, leaves out both; here it has the paper's widths.",
)
def no_normalisation_and_no_groups(plan: Layers) -> Layers:
    plan = replace(plan, Lrn, lambda lrn: [])
    return replace(plan, Conv, lambda conv: [conv._replace(groups=1)])


# ZFNet


@_changed("build_zfnet", CEIL + "Here it is not.")
def no_ceil_mode(plan: Layers) -> Layers:
    return replace(plan, nn.MaxPool2d, lambda pool: [nn.MaxPool2d(3, 2)])


@_changed(
    "build_zfnet", CEIL + "Here padding 1 takes its place: the sizes are right, but all windows are moved by one pixel."
)
def padding_for_ceil_mode(plan: Layers) -> Layers:
    return [*replace(plan[:8], nn.MaxPool2d, lambda pool: [nn.MaxPool2d(3, 2, padding=1)]), *plan[8:]]


@_changed(
    "build_zfnet",
    "The first layer is AlexNet's, 11x11/4. ZFNet has 7x7/2 there: what AlexNet's had learnt showed that it missed too much "
    "(Zeiler and Fergus, section 4.1).",
)
def first_layer_of_alexnet(plan: Layers) -> Layers:
    return [Conv(96, 11, 2, stride=4), *plan[1:]]


@_changed("build_zfnet", "Layer 2 has stride 2; here it has 1, as in AlexNet.")
def no_stride_in_the_second_layer(plan: Layers) -> Layers:
    return [*plan[:4], plan[4]._replace(stride=1), *plan[5:]]


@_changed("build_zfnet", "Layer 2 has no padding: 55x55 becomes 26x26. Here it has padding 2.")
def padding_in_the_second_layer(plan: Layers) -> Layers:
    return [*plan[:4], plan[4]._replace(padding=2), *plan[5:]]


@_changed("build_zfnet", "The first layer has padding 1, so that 224x224 becomes 110x110; here it has none.")
def no_padding_in_the_first_layer(plan: Layers) -> Layers:
    return [plan[0]._replace(padding=0), *plan[1:]]


@_changed("build_zfnet", "ZFNet has no groups: it runs on one GPU. Here layers 2, 4 and 5 have two, as in AlexNet.")
def groups_of_alexnet(plan: Layers) -> Layers:
    grouped = [number for number, one in enumerate(plan) if isinstance(one, Conv)]
    halved = (grouped[1], grouped[3], grouped[4])
    return [one._replace(groups=2) if number in halved else one for number, one in enumerate(plan)]


@_changed(
    "build_zfnet",
    "Layers 3, 4 and 5 have 384, 384 and 256 kernels. 512, 1024 and 512 are those of a larger network that the paper tries "
    "out in section 5.1.",
)
def widths_of_the_larger_network(plan: Layers) -> Layers:
    widths = iter((96, 256, 512, 1024, 512))
    return replace(plan, Conv, lambda conv: [conv._replace(outputs=next(widths))])


# AlexNet and ZFNet: normalisation and pooling


@_both(ORDER + "The normalisation is missing.")
def no_normalisation(plan: Layers) -> Layers:
    return replace(plan, Lrn, lambda lrn: [])


@_both(CONSTANTS)
def alpha_not_multiplied_by_n(plan: Layers) -> Layers:
    return replace(plan, Lrn, lambda lrn: [Lrn(5, 1e-4, 0.75, 2.0)])


@_both("The constant k of the normalisation is 2; PyTorch's default of 1 has to be replaced.")
def k_of_1(plan: Layers) -> Layers:
    return replace(plan, Lrn, lambda lrn: [Lrn(5, 5e-4, 0.75, 1.0)])


@_both("These are PyTorch's defaults, k = 1 and its alpha = 1e-4. The AlexNet paper has k = 2. " + CONSTANTS)
def defaults_of_pytorch(plan: Layers) -> Layers:
    return replace(plan, Lrn, lambda lrn: [Lrn(5)])


@_both(ORDER + "Here the normalisation comes after the pooling.")
def pooling_before_normalisation(plan: Layers) -> Layers:
    return [*plan[:2], plan[3], plan[2], *plan[4:6], plan[7], plan[6], *plan[8:]]


@_both(ORDER + "Here the normalisation comes before the ReLU.")
def normalisation_before_relu(plan: Layers) -> Layers:
    return [plan[0], plan[2], plan[1], *plan[3:5], plan[6], plan[5], *plan[7:]]


@_both(ORDER + "Here the normalisation is batch normalisation, which came three years later and does another thing.")
def batch_norm_for_response_normalisation(plan: Layers) -> Layers:
    return replace(plan, Lrn, lambda lrn: [Norm()])


@_both(ORDER + "Here only the first layer has a normalisation.")
def normalisation_after_the_first_layer_only(plan: Layers) -> Layers:
    return [*plan[:6], *plan[7:]]


@_both(POOLING + "Here the windows are 2x2 and do not overlap.")
def pooling_of_2x2(plan: Layers) -> Layers:
    return replace(plan, nn.MaxPool2d, lambda pool: [nn.MaxPool2d(2, 2, ceil_mode=pool.ceil_mode)])


@_both(POOLING + "Here it takes the mean.")
def average_pooling(plan: Layers) -> Layers:
    return replace(plan, nn.MaxPool2d, lambda pool: [nn.AvgPool2d(3, 2, ceil_mode=pool.ceil_mode)])


@_both(POOLING + "The one after layer 5 is missing.")
def no_last_pooling(plan: Layers) -> Layers:
    return [*plan[:-9], *plan[-8:]]


@_both("Every convolution has a ReLU behind it; here layers 3, 4 and 5 have none.")
def no_relu_in_later_layers(plan: Layers) -> Layers:
    return [*plan[:8], *replace(plan[8:-8], nn.ReLU, lambda relu: []), *plan[-8:]]


@_both(
    "The hidden layers have ReLU: it made the training six times faster (Krizhevsky et al., Figure 1). Here it is tanh."
)
def tanh_for_relu(plan: Layers) -> Layers:
    return replace(plan, nn.ReLU, lambda relu: [nn.Tanh()])


# AlexNet and ZFNet: the head


class Always(nn.Module):
    """Dropout that does not look at the mode, or does not scale, or drops the same units of every image."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault = fault

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.fault == "always":
            return F.dropout(x, 0.5)
        if not self.training:
            return x / 2 if self.fault == "classic" else x
        mask = F.dropout(torch.ones_like(x[:1] if self.fault == "shared" else x), 0.5)
        return x * mask if self.fault == "shared" else x * mask / 2


@_both(DROPOUT + "It is missing.")
def no_dropout(plan: Layers) -> Layers:
    return replace(plan, nn.Dropout, lambda dropout: [])


@_both(DROPOUT + "Here it stands before them, and so drops entries of the last map, as torchvision's AlexNet does.")
def dropout_before_the_hidden_layers(plan: Layers) -> Layers:
    body, head = plan[:-8], plan[-8:]
    return [*body, head[0], head[3], head[1], head[2], head[6], head[4], head[5], head[7]]


@_both(DROPOUT + "It is missing behind the second one.")
def dropout_after_the_first_only(plan: Layers) -> Layers:
    return [*plan[:-2], plan[-1]]


@_both(DROPOUT + "Here there is one on the scores as well, some of which it sets to zero.")
def dropout_on_the_scores(plan: Layers) -> Layers:
    return [*plan, nn.Dropout(0.5)]


@_both("Half of the units are dropped; here it is a fifth.")
def dropout_of_a_fifth(plan: Layers) -> Layers:
    return replace(plan, nn.Dropout, lambda dropout: [nn.Dropout(0.2)])


@_both(
    "Dropout is active in evaluation mode too. F.dropout has to be told the mode, `training=self.training`; nn.Dropout looks "
    "for itself."
)
def dropout_in_evaluation(plan: Layers) -> Layers:
    return replace(plan, nn.Dropout, lambda dropout: [Always("always")])


@_both(
    "This is the paper's own form of dropout, which multiplies by 0.5 in evaluation mode. Here what is kept is divided by 0.5 "
    "in training, as torch.nn.Dropout does it, and evaluation mode changes nothing."
)
def scaled_in_evaluation(plan: Layers) -> Layers:
    return replace(plan, nn.Dropout, lambda dropout: [Always("classic")])


@_both("What is kept is not divided by 0.5 in training: the next layer sees smaller sums than in evaluation mode.")
def kept_units_not_scaled(plan: Layers) -> Layers:
    return replace(plan, nn.Dropout, lambda dropout: [Always("unscaled")])


@_both("One mask is drawn for the whole batch. Each image has units of its own dropped.")
def one_mask_for_the_batch(plan: Layers) -> Layers:
    return replace(plan, nn.Dropout, lambda dropout: [Always("shared")])


@_both("There is a ReLU behind each hidden linear layer; here there is none.")
def no_relu_in_the_head(plan: Layers) -> Layers:
    return [*plan[:-8], *replace(plan[-8:], nn.ReLU, lambda relu: [])]


@_both("There are two hidden linear layers of 4096 units; here there is one.")
def one_hidden_layer(plan: Layers) -> Layers:
    return [*plan[:-4], plan[-1]]


@_both("The last map is flattened; here it is averaged over rows and columns first, as later networks do.")
def global_average_pooling(plan: Layers) -> Layers:
    return [*plan[:-8], nn.AdaptiveAvgPool2d(1), *plan[-8:]]


@_both(SOFTMAX)
def softmax_at_the_end(plan: Layers) -> Layers:
    return [*plan, nn.Softmax(dim=1)]


@_both("Every convolution and linear layer has a bias; here the convolutions have none.")
def convolutions_without_bias(plan: Layers) -> Layers:
    return replace(plan, Conv, lambda conv: [conv._replace(bias=False)])


@_both(CLASSES, classes=1000)
def classes_hard_coded(plan: Layers) -> Layers:
    return plan


@_both(CHANNELS, channels=3)
def channels_hard_coded(plan: Layers) -> Layers:
    return plan
