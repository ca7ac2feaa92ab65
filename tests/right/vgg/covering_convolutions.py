"""The linear layers as convolutions that cover the whole map, dropout of channels, which are units there."""

from torch import nn


class Scores(nn.Module):
    def forward(self, x):
        return x[:, :, 0, 0]


def build_vgg(config, num_classes=1000, in_channels=3, image_size=224, base_width=64, hidden=4096, dropout=0.5):
    if config not in ("A", "A-LRN", "B", "C", "D", "E"):
        raise ValueError(f"config is {config!r}")
    if image_size % 32:
        raise ValueError(f"image size is {image_size}, no multiple of 32")
    two = 1 if config.startswith("A") else 2
    deep = {"C": 3, "D": 3, "E": 4}.get(config, 2)
    net = nn.Sequential()
    for stage in range(5):
        width = base_width << min(stage, 3)
        for number in range(two if stage < 2 else deep):
            if config == "C" and number == 2:
                net.append(nn.Conv2d(in_channels, width, 1))
            else:
                net.append(nn.Conv2d(in_channels, width, 3, padding=1))
            net.append(nn.ReLU(inplace=True))
            in_channels = width
        if config == "A-LRN" and stage == 0:
            net.append(nn.LocalResponseNorm(size=5, alpha=0.0005, beta=0.75, k=2))
        net.append(nn.MaxPool2d(kernel_size=2, stride=2))
    side = image_size // 32
    net.append(nn.AdaptiveAvgPool2d((side, side)))  # changes nothing at this size
    net.append(nn.Conv2d(in_channels, hidden, side))
    net.append(nn.ReLU(inplace=True))
    net.append(nn.Dropout2d(dropout))
    net.append(nn.Conv2d(hidden, hidden, 1))
    net.append(nn.ReLU(inplace=True))
    net.append(nn.Dropout2d(dropout))
    net.append(nn.Conv2d(hidden, num_classes, 1))
    net.append(Scores())
    return net
