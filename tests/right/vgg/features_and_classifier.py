"""As in well-known libraries: numbers and "M" in a list, features and classifier, weights filled by hand and looked at."""

import torch
import torch.nn as nn

cfgs = {
    "A": [1, "M", 2, "M", 4, 4, "M", 8, 8, "M", 8, 8, "M"],
    "A-LRN": [1, "LRN", "M", 2, "M", 4, 4, "M", 8, 8, "M", 8, 8, "M"],
    "B": [1, 1, "M", 2, 2, "M", 4, 4, "M", 8, 8, "M", 8, 8, "M"],
    "C": [1, 1, "M", 2, 2, "M", 4, 4, -4, "M", 8, 8, -8, "M", 8, 8, -8, "M"],
    "D": [1, 1, "M", 2, 2, "M", 4, 4, 4, "M", 8, 8, 8, "M", 8, 8, 8, "M"],
    "E": [1, 1, "M", 2, 2, "M", 4, 4, 4, 4, "M", 8, 8, 8, 8, "M", 8, 8, 8, 8, "M"],
}


def make_layers(cfg, in_channels, base_width):
    layers = []
    for v in cfg:
        if v == "M":
            layers += [nn.MaxPool2d(kernel_size=2, stride=2)]
        elif v == "LRN":
            layers += [nn.LocalResponseNorm(5, alpha=5 * 0.0001, beta=0.75, k=2.0)]
        else:
            size = 3 if v > 0 else 1
            width = abs(v) * base_width
            layers += [nn.Conv2d(in_channels, width, kernel_size=size, padding=size // 2), nn.ReLU(True)]
            in_channels = width
    return nn.Sequential(*layers)


class VGG(nn.Module):
    def __init__(self, features, inputs, hidden, num_classes, dropout):
        super().__init__()
        self.features = features
        self.classifier = nn.Sequential(
            nn.Linear(inputs, hidden),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(hidden, num_classes),
        )
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
                nn.init.constant_(m.bias, 0)
            elif isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, 0, 0.01)
                nn.init.constant_(m.bias, 0)

    def forward(self, x):
        x = self.features(x)
        x = x.reshape(x.size(0), -1)
        return self.classifier(x)


def build_vgg(config, num_classes=1000, in_channels=3, image_size=224, base_width=64, hidden=4096, dropout=0.5):
    if config not in cfgs:
        raise ValueError(f"config must be one of {list(cfgs)}, got {config}")
    height, rest = divmod(image_size, 32)
    if rest or height < 1:
        raise ValueError(f"image_size={image_size} is not a multiple of 32")
    model = VGG(
        make_layers(cfgs[config], in_channels, base_width), 8 * base_width * height**2, hidden, num_classes, dropout
    )
    assert torch.is_tensor(next(model.parameters()))
    return model
