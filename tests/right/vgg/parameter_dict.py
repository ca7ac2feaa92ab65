"""Weights in a ParameterDict, depths in place of columns, pooling to half the size, neighbours summed by avg_pool3d."""

import torch
import torch.nn.functional as F
from torch import nn

DEPTH = {"A": 11, "A-LRN": 11, "B": 13, "C": 16, "D": 16, "E": 19}


def kernels(config):
    depth = DEPTH[config]
    early = [[3]] * 2 if depth == 11 else [[3, 3]] * 2
    late = {11: [3, 3], 13: [3, 3], 16: [3, 3, 1 if config == "C" else 3], 19: [3, 3, 3, 3]}[depth]
    return early + [late] * 3


class Net(nn.Module):
    def __init__(self, config, num_classes, in_channels, image_size, base_width, hidden, dropout):
        super().__init__()
        self.weights = nn.ParameterDict()
        self.norm = config == "A-LRN"
        self.dropout, self.stages = dropout, kernels(config)
        shapes, channels = [], in_channels
        for stage, sides in enumerate(self.stages):
            for side in sides:
                width = min(2**stage, 8) * base_width
                shapes.append((width, channels, side, side))
                channels = width
        shapes += [(hidden, channels * (image_size // 32) ** 2), (hidden, hidden), (num_classes, hidden)]
        for number, shape in enumerate(shapes):
            fan = shape[1] * (shape[2] * shape[3] if len(shape) == 4 else 1)
            self.weights[f"w{number}"] = nn.Parameter(torch.randn(*shape) * (2 / fan) ** 0.5)
            self.weights[f"b{number}"] = nn.Parameter(torch.zeros(shape[0]))

    def forward(self, x):
        number = 0

        def affine(x, operation):
            nonlocal number
            w, b = self.weights[f"w{number}"], self.weights[f"b{number}"]
            number += 1
            return operation(x, w, b)

        for stage, sides in enumerate(self.stages):
            for side in sides:
                x = affine(x, lambda x, w, b, side=side: F.relu(F.conv2d(x, w, b, padding=side // 2)))
            if self.norm and stage == 0:
                squares = (
                    F.avg_pool3d(x.pow(2)[:, None], (5, 1, 1), 1, (2, 0, 0)) * 5
                )  # zeros beside the channels count
                x = x / (2 + 1e-4 * squares[:, 0]) ** 0.75
            x = F.adaptive_max_pool2d(x, (x.shape[2] // 2, x.shape[3] // 2))
        x = torch.flatten(x, 1)
        for _ in range(2):
            x = affine(x, F.linear)
            x = nn.functional.dropout(torch.relu(x), p=self.dropout, training=self.training)
        return affine(x, F.linear)


def build_vgg(config, num_classes=1000, in_channels=3, image_size=224, base_width=64, hidden=4096, dropout=0.5):
    if config not in DEPTH:
        raise ValueError(f"VGG has no configuration {config}")
    if image_size % 32:
        raise ValueError(f"an image size of {image_size} is no multiple of 32")
    return Net(config, num_classes, in_channels, image_size, base_width, hidden, dropout)
