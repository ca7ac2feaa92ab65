"""Small modules for parts of LeNet-5, response normalisation by a convolution with a buffer of ones, weights set by name."""

from collections import OrderedDict

import torch
import torch.nn as nn
import torch.nn.functional as F


class C1(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c1 = nn.Sequential(
            OrderedDict(
                [
                    ("c1", nn.Conv2d(c, 6, kernel_size=(5, 5))),
                    ("tanh1", nn.Tanh()),
                    ("s1", nn.AvgPool2d(kernel_size=(2, 2), stride=2)),
                ]
            )
        )

    def forward(self, img):
        return self.c1(img)


class C2(nn.Module):
    def __init__(self):
        super().__init__()
        self.c2 = nn.Sequential(
            OrderedDict(
                [
                    ("c2", nn.Conv2d(6, 16, kernel_size=(5, 5))),
                    ("tanh2", nn.Tanh()),
                    ("s2", nn.AvgPool2d(kernel_size=(2, 2), stride=2)),
                ]
            )
        )

    def forward(self, img):
        return self.c2(img)


class LeNet5(nn.Module):
    """input 1x32x32"""

    def __init__(self, n, c):
        super().__init__()
        self.c1, self.c2 = C1(c), C2()
        self.c3 = nn.Conv2d(16, 120, 5)
        self.f4 = nn.Sequential(OrderedDict([("f4", nn.Linear(120, 84)), ("tanh4", nn.Tanh())]))
        self.f5 = nn.Linear(84, n)

    def forward(self, img):
        output = self.c2(self.c1(img))
        output = self.c3(output).tanh()
        output = output.view(img.size(0), -1)
        return self.f5(self.f4(output))


class AlexNet(nn.Module):
    def __init__(self, num_classes=1000, in_channels=3):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(in_channels=in_channels, out_channels=96, kernel_size=11, stride=4),
            nn.ReLU(),
            nn.LocalResponseNorm(size=5, alpha=0.0005, beta=0.75, k=2),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(96, 256, 5, padding=2, groups=2),
            nn.ReLU(),
            nn.LocalResponseNorm(size=5, alpha=0.0005, beta=0.75, k=2),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(256, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 384, 3, padding=1, groups=2),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1, groups=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(in_features=(256 * 6 * 6), out_features=4096),
            nn.ReLU(),
            nn.Dropout(p=0.5),
            nn.Linear(in_features=4096, out_features=4096),
            nn.ReLU(),
            nn.Dropout(p=0.5),
            nn.Linear(in_features=4096, out_features=num_classes),
        )
        self.init_bias()

    def init_bias(self):
        for layer in self.net:
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, mean=0, std=0.01)
                nn.init.constant_(layer.bias, 0)
        for i in (4, 10, 12):
            nn.init.constant_(self.net[i].bias, 1)

    def forward(self, x):
        x = self.net(x)
        x = x.view(-1, 256 * 6 * 6)
        return self.classifier(x)


class CrossMapLRN(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("window", torch.ones(1, 1, 5, 1, 1))

    def forward(self, x):
        s = F.conv3d(x.pow(2)[:, None], self.window, padding=(2, 0, 0))[:, 0]
        return x / torch.pow(2 + 1e-4 * s, 0.75)


class ZFNet(nn.Module):
    def __init__(self, num_classes, in_channels):
        super().__init__()

        def conv(i, o, k, s, p, tail=False):
            m = [nn.Conv2d(i, o, k, s, p), nn.ReLU(inplace=True)]
            if tail:
                m += [CrossMapLRN()]
            return m

        pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv_layers = nn.Sequential(
            *conv(in_channels, 96, 7, 2, 1, True),
            pool,
            *conv(96, 256, 5, 2, 0, True),
            pool,
            *conv(256, 384, 3, 1, 1),
            *conv(384, 384, 3, 1, 1),
            *conv(384, 256, 3, 1, 1),
            pool,
        )
        self.fc_layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(9216, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x):
        return self.fc_layers(self.conv_layers(x))


def build_lenet5(num_classes=10, in_channels=1):
    return LeNet5(num_classes, in_channels)


def build_alexnet(num_classes=1000, in_channels=3):
    return AlexNet(num_classes, in_channels)


def build_zfnet(num_classes=1000, in_channels=3):
    net = ZFNet(num_classes, in_channels)
    for name, p in net.named_parameters():
        if "weight" in name:
            p.data.normal_(0.0, 0.02)
        elif "bias" in name:
            p.data.fill_(0.0)
    return net
