"""Float32 constants in the forward pass, functions alone, a 1x1 convolution as the head, parameters in ParameterLists."""

import torch
import torch.nn.functional as F
from torch import nn


class Unit(nn.Module):
    """A list of convolutions with batch norm by the functional interface."""

    def __init__(self, plan, project):
        super().__init__()
        self.plan, self.project = plan, project
        convs = [*plan, project] if project else plan
        self.w = nn.ParameterList([torch.randn(o, i, k, k) * 0.05 for i, o, k, s in convs])
        self.g = nn.ParameterList([torch.ones(o) for i, o, k, s in convs])
        self.b = nn.ParameterList([torch.zeros(o) for i, o, k, s in convs])
        for number, (_, o, _, _) in enumerate(convs):
            self.register_buffer(f"mean{number}", torch.zeros(o))
            self.register_buffer(f"var{number}", torch.ones(o))

    def step(self, x, number):
        _, _, k, s = (*self.plan, self.project)[number]
        x = F.conv2d(x, self.w[number], None, s, k // 2)
        mean, var = getattr(self, f"mean{number}"), getattr(self, f"var{number}")
        return F.batch_norm(x, mean, var, self.g[number], self.b[number], self.training, 0.1, 1e-5)

    def forward(self, x):
        one = torch.ones(1)  # float32, whatever the weights are
        y = x * one
        for number in range(len(self.plan)):
            y = self.step(F.relu(y) if number else y, number)
        return F.relu(y + (self.step(x, len(self.plan)) if self.project else x * one))


def BasicBlock(in_channels, out_channels, stride=1):
    project = (in_channels, out_channels, 1, stride) if (in_channels, 1) != (out_channels, stride) else None
    return Unit([(in_channels, out_channels, 3, stride), (out_channels, out_channels, 3, 1)], project)


def Bottleneck(in_channels, width, stride=1):
    project = (in_channels, 4 * width, 1, stride) if (in_channels, 1) != (4 * width, stride) else None
    return Unit([(in_channels, width, 1, 1), (width, width, 3, stride), (width, 4 * width, 1, 1)], project)


class Network(nn.Module):
    def __init__(self, units, num_classes, in_channels, base_width, channels):
        super().__init__()
        self.first = Unit([(in_channels, base_width, 7, 2)], None)
        self.units = nn.ModuleList(units)
        self.head = nn.Conv2d(channels, num_classes, 1)

    def forward(self, x):
        unit = self.first
        x = F.relu(unit.step(x, 0))
        x = F.max_pool2d(x, 3, 2, 1)
        for unit in self.units:
            x = unit(x)
        return self.head(F.adaptive_avg_pool2d(x, 1))[:, :, 0, 0]


def build_resnet(depth, num_classes=1000, in_channels=3, base_width=64):
    counts = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
    if depth not in counts:
        raise ValueError(f"no such depth: {depth}")
    units, have = [], base_width
    for stage, count in enumerate(counts[depth]):
        width = base_width * 2**stage
        for position in range(count):
            stride = 1 if stage == 0 or position else 2
            units.append(BasicBlock(have, width, stride) if depth < 50 else Bottleneck(have, width, stride))
            have = width if depth < 50 else 4 * width
    return Network(units, num_classes, in_channels, base_width, have)
