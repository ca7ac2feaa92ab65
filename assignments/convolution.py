"""Convolution and its gradients: the layer, true convolution, transposed and locally connected layers.

A convolutional layer slides small kernels over its input and takes a weighted sum at every place, with the same weights
everywhere. Every deep learning framework computes the cross-correlation, where the kernel is laid on the image as it
is, and calls it convolution; true convolution rotates the kernel by 180 degrees first. Write everything with NumPy and
the standard library; nothing else is installed.

Symbols, the same in every docstring:
    N, C, H, W    images, channels, rows and columns of the input `x`, an array of shape (N, C, H, W)
    F             filters: the channels of the output
    KH, KW        rows and columns of a kernel, which need not be square
    S             stride: rows, and columns, from one window to the next (one number for both directions)
    P             padding: rows and columns of zeros added on each of the four sides (one number for all)
    OH, OW        rows and columns of the output; for a convolution OH = floor((H + 2*P - KH) / S) + 1 and
                  OW = floor((W + 2*P - KW) / S) + 1 (Dumoulin and Visin, A guide to convolution arithmetic for deep
                  learning, 2016, chapter 2)
    xp            x with P rows and columns of zeros on each side: xp[n, c, y + P, z + P] = x[n, c, y, z]

Rows and columns that a stride leaves over at the end are ignored, without an error. `conv2d_forward` returns
`(out, cache)`. `cache` is whatever you want to remember for the gradient: it is handed to `conv2d_backward` as you
returned it, perhaps after other forward calls. `dout` is the gradient of the loss with respect to `out`. Arrays hold
float64; results are floating point. No function changes its arguments.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def conv2d_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> tuple[np.ndarray, Any]:
    """A convolutional layer: the cross-correlation of every image with every filter, plus the filter's bias.

        out[n, f, i, j] = b[f] + sum over c = 0 .. C-1, u = 0 .. KH-1, v = 0 .. KW-1
                          of xp[n, c, i*S + u, j*S + v] * w[f, c, u, v]

    The kernel is not rotated. A filter sums over all channels and gives one output channel.

    Arguments:
        x: (N, C, H, W)
        w: (F, C, KH, KW), one kernel for each filter and channel
        b: (F,), one bias for each filter
        stride: S, for rows and columns
        padding: P, on each of the four sides
    Returns `(out, cache)`: out (N, F, OH, OW), and what `conv2d_backward` needs.
    Raises ValueError, with a message that names the argument and its value, when x and w have different numbers of
    channels, the kernel is larger than the padded input in either direction, stride is below 1 or padding below 0.

    Example: a 3x3 image, one 2x2 kernel and a bias of 10. At the upper left
    1*1 + 2*0 + 0*2 + 1*(-1) + 10 = 10, to the right of it 2*1 + 0*0 + 1*2 + 3*(-1) + 10 = 11.

    >>> x = np.array([[[[1., 2., 0.], [0., 1., 3.], [2., 1., 1.]]]])
    >>> w = np.array([[[[1., 0.], [2., -1.]]]])
    >>> out, cache = conv2d_forward(x, w, np.array([10.]))
    >>> out[0, 0]
    array([[10., 11.],
           [13., 12.]])

    With a padding of 1 the image is 5x5, of which stride 2 leaves over the last row and column:

    >>> conv2d_forward(x, w, np.array([10.]), stride=2, padding=1)[0][0, 0]
    array([[ 9., 14.],
           [ 8., 12.]])

    Source: Dumoulin and Visin (2016), chapter 2; cross-correlation and convolution: Goodfellow, Bengio and Courville,
    Deep Learning (2016), section 9.1.
    """
    raise NotImplementedError("conv2d_forward is not written yet")


def conv2d_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients of a convolutional layer with respect to its input, its weights and its biases.

        dw[f, c, u, v]   = sum over n, i, j of dout[n, f, i, j] * xp[n, c, i*S + u, j*S + v]
        dxp[n, c, y, z]  = sum over f and all i, j, u, v with i*S + u = y and j*S + v = z
                           of dout[n, f, i, j] * w[f, c, u, v]
        db[f]            = sum over n, i, j of dout[n, f, i, j]

    dx is dxp without the P rows and columns on each side that belong to the zeros. An entry of x lies in several
    windows: what it gets from them adds up. Rows and columns that no window reaches have gradient 0. The weights serve
    every place of every image, so that their gradient is a sum over all of them, not a mean.

    Arguments:
        dout: (N, F, OH, OW)
        cache: as `conv2d_forward` returned it
    Returns `(dx, dw, db)`: dx (N, C, H, W), dw (F, C, KH, KW), db (F,).

    Example: a 3x3 image x, one 2x2 kernel w, stride 1 and no padding, written out term by term for one image and one
    channel. dw is the cross-correlation of the image with dout, "valid" part; with d for dout

        dw[0,0] = d[0,0]*x[0,0] + d[0,1]*x[0,1] + d[1,0]*x[1,0] + d[1,1]*x[1,1]
        dw[0,1] = d[0,0]*x[0,1] + d[0,1]*x[0,2] + d[1,0]*x[1,1] + d[1,1]*x[1,2]
        dw[1,0] = d[0,0]*x[1,0] + d[0,1]*x[1,1] + d[1,0]*x[2,0] + d[1,1]*x[2,1]
        dw[1,1] = d[0,0]*x[1,1] + d[0,1]*x[1,2] + d[1,0]*x[2,1] + d[1,1]*x[2,2]

    and dx is the true convolution of dout with the kernel, "full" part:

        dx[0,0] = d[0,0]*w[0,0]    dx[0,1] = d[0,0]*w[0,1] + d[0,1]*w[0,0]    dx[0,2] = d[0,1]*w[0,1]
        dx[1,0] = d[0,0]*w[1,0] + d[1,0]*w[0,0]
        dx[1,1] = d[0,0]*w[1,1] + d[0,1]*w[1,0] + d[1,0]*w[0,1] + d[1,1]*w[0,0]
        dx[1,2] = d[0,1]*w[1,1] + d[1,1]*w[0,1]
        dx[2,0] = d[1,0]*w[1,0]    dx[2,1] = d[1,0]*w[1,1] + d[1,1]*w[1,0]    dx[2,2] = d[1,1]*w[1,1]

    >>> x = np.array([[[[1., 2., 0.], [0., 1., 3.], [2., 1., 1.]]]])
    >>> w = np.array([[[[1., 0.], [2., -1.]]]])
    >>> out, cache = conv2d_forward(x, w, np.array([10.]))
    >>> dx, dw, db = conv2d_backward(np.array([[[[1., 2.], [0., 3.]]]]), cache)
    >>> dx[0, 0]
    array([[ 1.,  2.,  0.],
           [ 2.,  6., -2.],
           [ 0.,  6., -3.]])
    >>> dw[0, 0]
    array([[ 8., 11.],
           [ 5., 10.]])
    >>> db
    array([6.])

    Source: Goodfellow, Bengio and Courville (2016), section 9.5; Dumoulin and Visin (2016), section 4.1.
    """
    raise NotImplementedError("conv2d_backward is not written yet")


def convolve2d(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """True convolution of one image with one kernel, "valid" part: every place at which the kernel lies in the image.

        out[i, j] = sum over u = 0 .. KH-1, v = 0 .. KW-1 of x[i + KH-1 - u, j + KW-1 - v] * w[u, v]

    This is the cross-correlation with the kernel rotated by 180 degrees, which means reversed in both directions.

    Arguments:
        x: (H, W), one image without channels
        w: (KH, KW), no larger than the image
    Returns out, (H - KH + 1, W - KW + 1).

    Example: the kernel [[1, 2], [3, 4]] is rotated to [[4, 3], [2, 1]]; 4*1 + 3*2 + 2*0 + 1*1 = 11. Cross-correlation
    would give 1*1 + 2*2 + 3*0 + 4*1 = 9 there.

    >>> convolve2d(np.array([[1., 2., 0.], [0., 1., 3.]]), np.array([[1., 2.], [3., 4.]]))
    array([[11., 13.]])

    Source: Goodfellow, Bengio and Courville (2016), section 9.1.
    """
    raise NotImplementedError("convolve2d is not written yet")


def full_convolve2d(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """True convolution of one image with one kernel, "full" part: every place at which the kernel meets the image.

        out[i, j] = sum of x[i - u, j - v] * w[u, v] over all u, v for which x has an entry [i - u, j - v]

    It is `convolve2d` of the image with KH - 1 rows of zeros above and below and KW - 1 columns of zeros at the left
    and right. The kernel may be larger than the image.

    Arguments:
        x: (H, W), one image without channels
        w: (KH, KW)
    Returns out, (H + KH - 1, W + KW - 1).

    Example: each entry of the image adds a copy of the kernel, times its value, with the corner at its own place:
    1 * [[1, 10], [0, 100]] at the left and 2 * [[1, 10], [0, 100]] one column further.

    >>> full_convolve2d(np.array([[1., 2.]]), np.array([[1., 10.], [0., 100.]]))
    array([[  1.,  12.,  20.],
           [  0., 100., 200.]])

    Source: Goodfellow, Bengio and Courville (2016), sections 9.1 and 9.5; Dumoulin and Visin (2016), section 2.2, full
    padding.
    """
    raise NotImplementedError("full_convolve2d is not written yet")


def conv_transpose2d_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1, padding: int = 0
) -> np.ndarray:
    """A transposed convolution: what `conv2d_backward` does to get dx, used as a layer, plus a bias.

        out[n, f, y, z] = b[f] + sum over c and all i, j, u, v with i*S + u - P = y and j*S + v - P = z
                          of x[n, c, i, j] * w[c, f, u, v]

    Every entry of x puts a copy of the kernel, times its value, into the output, S rows and columns further for the
    next entry; where copies overlap they add up. Then padding takes away P rows and columns on each side. Without the
    bias it is the adjoint of `conv2d_forward` with the same w, stride and padding: sum(conv2d(a) * x) =
    sum(a * conv_transpose2d(x)) for every a of the output's shape. A convolution's w is (filters, channels, KH, KW) and
    its transposed layer reads the same array the other way round: (C, F, KH, KW), its own input channels first.

    Arguments:
        x: (N, C, H, W)
        w: (C, F, KH, KW)
        b: (F,)
        stride: S, for rows and columns
        padding: P, taken away on each of the four sides
    Returns out, (N, F, (H - 1)*S - 2*P + KH, (W - 1)*S - 2*P + KW).
    Raises ValueError, with a message that names the argument and its value, when x and w have different numbers of
    channels, stride is below 1, padding is below 0, or nothing is left of the output in either direction (its size as
    given above is below 1).

    Example: four copies of a 2x2 kernel. With stride 1 they overlap, the one in the middle gets a part of each:
    1*2 + 2*(-1) + 3*0 + 4*1 = 4. With stride 2 they lie side by side.

    >>> x, w = np.array([[[[1., 2.], [3., 4.]]]]), np.array([[[[1., 0.], [-1., 2.]]]])
    >>> conv_transpose2d_forward(x, w, np.array([0.]))[0, 0]
    array([[ 1.,  2.,  0.],
           [ 2.,  4.,  4.],
           [-3.,  2.,  8.]])
    >>> conv_transpose2d_forward(x, w, np.array([0.]), stride=2)[0, 0]
    array([[ 1.,  0.,  2.,  0.],
           [-1.,  2., -2.,  4.],
           [ 3.,  0.,  4.,  0.],
           [-3.,  6., -4.,  8.]])

    A padding of 1 leaves the inner part, to which the bias is added:

    >>> conv_transpose2d_forward(x, w, np.array([10.]), stride=2, padding=1)[0, 0]
    array([[12.,  8.],
           [10., 14.]])

    Source: Dumoulin and Visin (2016), chapter 4.
    """
    raise NotImplementedError("conv_transpose2d_forward is not written yet")


def locally_connected_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int = 1) -> np.ndarray:
    """A locally connected layer: windows as in a convolution, but weights and a bias of its own for every place.

        out[n, f, i, j] = b[f, i, j] + sum over c = 0 .. C-1, u = 0 .. KH-1, v = 0 .. KW-1
                          of x[n, c, i*S + u, j*S + v] * w[i, j, f, c, u, v]

    It sees what a convolution without padding sees, and shares nothing between places. All images share the weights.

    Arguments:
        x: (N, C, H, W)
        w: (OH, OW, F, C, KH, KW), the kernels of each place
        b: (F, OH, OW), the biases of each place
        stride: S, for rows and columns
    Returns out, (N, F, OH, OW).
    Raises ValueError, with a message that names the argument and its value, when OH or OW of w is not the output size
    of a convolution of this kernel and stride without padding over x, as given at the top of this file, or x and w have
    different numbers of channels.

    Example: three numbers in a row, windows of two. The left window has the kernel [1, 0] and the bias 0.5, the right
    one [0, 10] and -0.5: 1*1 + 2*0 + 0.5 = 1.5 and 2*0 + 3*10 - 0.5 = 29.5.

    >>> x = np.array([[[[1., 2., 3.]]]])
    >>> w = np.array([[1., 0.], [0., 10.]]).reshape(1, 2, 1, 1, 1, 2)
    >>> locally_connected_forward(x, w, np.array([[[0.5, -0.5]]]))
    array([[[[ 1.5, 29.5]]]])

    Source: Goodfellow, Bengio and Courville (2016), section 9.5, unshared convolution; Taigman, Yang, Ranzato and Wolf,
    DeepFace (2014), section 3.
    """
    raise NotImplementedError("locally_connected_forward is not written yet")


def linear_as_conv(weight: np.ndarray, input_shape: tuple[int, int, int]) -> np.ndarray:
    """The kernel of the convolution that equals a fully connected layer over a flattened image.

    The layer computes weight @ x.reshape(C*H*W), where the image is flattened channel by channel and each channel row
    by row: entry (c*H + y)*W + z of the flat image is x[c, y, z]. A convolution whose kernel is as large as the image
    has one window, and gives the same F numbers, as maps of 1x1:

        w[f, c, y, z] = weight[f, (c*H + y)*W + z]

    Over a larger image the same kernel gives a map of the layer's outputs.

    Arguments:
        weight: (F, C*H*W), a row for each output
        input_shape: (C, H, W), the shape of the image before it is flattened
    Returns w, (F, C, H, W).

    Example: one output over two channels of 1x3. The first three weights belong to the first channel.

    >>> linear_as_conv(np.array([[1., 2., 3., 4., 5., 6.]]), (2, 1, 3))
    array([[[[1., 2., 3.]],
    <BLANKLINE>
            [[4., 5., 6.]]]])

    Source: Long, Shelhamer and Darrell, Fully Convolutional Networks for Semantic Segmentation (2015), section 3.1.
    """
    raise NotImplementedError("linear_as_conv is not written yet")
