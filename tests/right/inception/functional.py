"""Functions for everything without weights, average pooling by its kernel, dropout by function, layers by number."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Inception(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3_reduce, ch3x3, ch5x5_reduce, ch5x5, pool_proj):
        super().__init__()
        self.p = nn.Conv2d(in_channels, pool_proj, 1)
        self.c5 = nn.Conv2d(ch5x5_reduce, ch5x5, 5, padding="same")
        self.r5 = nn.Conv2d(in_channels, ch5x5_reduce, 1)
        self.c3 = nn.Conv2d(ch3x3_reduce, ch3x3, (3, 3), 1, (1, 1))
        self.r3 = nn.Conv2d(in_channels, ch3x3_reduce, 1)
        self.c1 = nn.Conv2d(in_channels, ch1x1, 1)

    def forward(self, x):
        d = F.relu(self.p(F.max_pool2d(x, 3, stride=1, padding=1)), inplace=True)
        c = F.relu(self.c5(F.relu(self.r5(x))))
        b = F.relu(self.c3(F.relu(self.r3(x), inplace=True)))
        a = self.c1(x).relu_()
        return torch.cat((a, b, c, d), -3)


class GoogLeNet(nn.Module):
    def __init__(self, num_classes, in_channels):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, kernel_size=7, stride=2, padding=3)
        self.conv2 = nn.Conv2d(64, 64, kernel_size=1)
        self.conv3 = nn.Conv2d(64, 192, kernel_size=3, padding=1)
        self.a3 = Inception(192, 64, 96, 128, 16, 32, 32)
        self.b3 = Inception(256, 128, 128, 192, 32, 96, 64)
        self.a4 = Inception(480, 192, 96, 208, 16, 48, 64)
        self.b4 = Inception(512, 160, 112, 224, 24, 64, 64)
        self.c4 = Inception(512, 128, 128, 256, 24, 64, 64)
        self.d4 = Inception(512, 112, 144, 288, 32, 64, 64)
        self.e4 = Inception(528, 256, 160, 320, 32, 128, 128)
        self.a5 = Inception(832, 256, 160, 320, 32, 128, 128)
        self.b5 = Inception(832, 384, 192, 384, 48, 128, 128)
        self.fc = nn.Linear(1024, num_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 3, 2, ceil_mode=True)
        x = F.relu(self.conv3(F.relu(self.conv2(x))))
        x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        x = F.max_pool2d(self.b3(self.a3(x)), 3, 2, ceil_mode=True)
        for module in (self.a4, self.b4, self.c4, self.d4, self.e4):
            x = module(x)
        x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        x = self.b5(self.a5(x))
        x = F.avg_pool2d(x, 7, stride=1)
        x = F.dropout(x.view(x.size(0), -1), p=0.4, training=self.training)
        return self.fc(x)


def build_googlenet(num_classes=1000, in_channels=3):
    return GoogLeNet(num_classes, in_channels)
