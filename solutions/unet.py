"""U-Net: a network that gives every pixel its class, with a way down, a way up, and skips across.

The way down sees ever more of the image in ever smaller maps; the way up enlarges them again, and the skips bring back
where exactly things were. The paper's convolutions have no padding, so that every output pixel is computed from real
pixels alone: the output is smaller than the input, and the skips have to be cropped.

Write the function with PyTorch (torch and torch.nn), and any classes that it needs. What counts is what the model
computes, its parameters, and its behaviour in training and in evaluation mode. How you name things, whether you use
`nn.Sequential`, modules or functions for the activations, and in which order you make the layers, is yours to choose.

Symbols: N images, C channels, H rows and W columns, as in x of shape (N, C, H, W).

Source: Ronneberger, Fischer and Brox, U-Net: Convolutional Networks for Biomedical Image Segmentation (2015).
"""

from __future__ import annotations

import torch
from torch import nn

# solution begins


def _double_convolution(in_channels: int, out_channels: int, padding: str) -> nn.Sequential:
    """Two 3x3 convolutions, each with a ReLU: what every stage on either way consists of."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=padding),
        nn.ReLU(),
        nn.Conv2d(out_channels, out_channels, 3, padding=padding),
        nn.ReLU(),
    )


def _crop_to(skip: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The middle of the skip, as large as x; what is cut off is the same on opposite sides."""
    top, left = (skip.shape[2] - x.shape[2]) // 2, (skip.shape[3] - x.shape[3]) // 2
    return skip[:, :, top : top + x.shape[2], left : left + x.shape[3]]


class _UNet(nn.Module):
    """Figure 1 of the paper; the sizes in the comments are those of a 572x572 image without padding."""

    def __init__(self, in_channels: int, num_classes: int, depth: int, base_width: int, padding: str) -> None:
        super().__init__()
        self.padding, self.multiple = padding, 2**depth
        widths = [base_width * 2**level for level in range(depth + 1)]  # 64, 128, 256, 512, 1024
        self.pool = nn.MaxPool2d(2)
        self.down = nn.ModuleList(
            [
                _double_convolution(narrow, wide, padding)
                for narrow, wide in zip([in_channels, *widths[:-1]], widths, strict=True)
            ]
        )
        steps = list(zip(widths[:0:-1], widths[-2::-1], strict=True))  # (1024, 512), (512, 256), (256, 128), (128, 64)
        self.up = nn.ModuleList([nn.ConvTranspose2d(wide, narrow, 2, stride=2) for wide, narrow in steps])
        self.merge = nn.ModuleList([_double_convolution(2 * narrow, narrow, padding) for _, narrow in steps])
        self.scores = nn.Conv2d(base_width, num_classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = x.shape[2:]
        if self.padding == "same" and (height % self.multiple or width % self.multiple):
            raise ValueError(f"height and width of x must be multiples of {self.multiple}, got {height} and {width}")
        skips: list[torch.Tensor] = []
        for stage in self.down:  # 568, 280, 136, 64, 28
            if skips:
                x = self.pool(x)
            x = stage(x)
            skips.append(x)
        skips.pop()  # the deepest map is not skipped to anywhere
        for up, merge in zip(self.up, self.merge, strict=True):
            x = up(x)  # 56, 104, 200, 392
            x = merge(torch.cat([_crop_to(skips.pop(), x), x], dim=1))  # 52, 100, 196, 388
        return self.scores(x)


# solution ends


def build_unet(
    in_channels: int = 1, num_classes: int = 2, depth: int = 4, base_width: int = 64, padding: str = "valid"
) -> nn.Module:
    """A U-Net with `depth` halvings, with random initial weights.

    From top to bottom and up again, with w = base_width and d = depth; in brackets the paper's network, depth 4 and
    w = 64, for a 572x572 image and padding "valid":

        down, stage 1      two 3x3 convolutions to w channels                                    [64 x 568x568]
        down, stage k      2x2 max pooling, two 3x3 convolutions to w * 2**(k-1) channels,       [128 x 280x280]
                           for k = 2 to d                                                        [256 x 136x136]
                                                                                                 [512 x  64x64 ]
        bottom             2x2 max pooling, two 3x3 convolutions to w * 2**d channels            [1024 x 28x28 ]
        up, stage k        2x2 transposed convolution with stride 2 to w * 2**(k-1) channels,    [512 x  56x56 ]
                           for k = d to 1; the output of down, stage k, cropped at the centre,
                           and this map concatenated to 2 * w * 2**(k-1) channels, the skip      [1024 x 56x56 ]
                           first; two 3x3 convolutions to w * 2**(k-1) channels                  [512 x  52x52 ]
        head               1x1 convolution to num_classes                                        [2 x   388x388]

    After every 3x3 convolution comes a ReLU; after transposed convolutions and the head there is none. All convolutions
    have a bias. There is no batch normalisation and no dropout (the paper has dropout at the bottom; leave it out).

    padding is that of the 3x3 convolutions. With "valid" there is none, and each takes two rows and two columns away.
    The skip is then larger than the map it joins; what is cropped is the same on opposite sides. At stage 4 above, 64x64
    is cropped to 56x56: 4 rows above and below, 4 columns left and right. With "same" there is a border of one zero, the
    size is kept, and nothing needs cropping.

    Arguments: channels of the images; number of classes; number of halvings, at least 1; channels of the first stage;
    "valid" or "same".
    forward: x (N, in_channels, H, W) to raw scores (N, num_classes, H', W'), without softmax; with "same" H' = H and
    W' = W. H and W need not be equal.

    Raises ValueError in the forward pass, with a message that names the size and its value, when padding is "same" and H
    or W is not a multiple of 2**depth. (With "valid", sizes at which a map to be pooled has an odd side are not asked for.)

    Example: the paper's network has 31,030,658 parameters and maps 572x572 to 388x388. Of the parameters, stage 2 of the
    way down has 64*128*9 + 128 + 128*128*9 + 128 = 221,440, and the first transposed convolution
    1024*512*4 + 512 = 2,097,664.

    >>> model = build_unet(base_width=4)
    >>> model(torch.zeros(1, 1, 188, 188)).shape
    torch.Size([1, 2, 4, 4])
    >>> model = build_unet(in_channels=3, depth=2, base_width=4, padding="same")
    >>> model(torch.zeros(1, 3, 16, 24)).shape
    torch.Size([1, 2, 16, 24])
    >>> model(torch.zeros(1, 3, 16, 18))
    Traceback (most recent call last):
    ...
    ValueError: height and width of x must be multiples of 4, got 16 and 18

    Source: Ronneberger, Fischer and Brox (2015), section 2 and Figure 1.
    """
    # solution begins
    return _UNet(in_channels, num_classes, depth, base_width, padding)
    # solution ends
