"""Pooling and its gradients: maximum, average, L2 norm, global average, and unpooling with switches.

Pooling makes a feature map smaller by putting one number in the place of each window. It has no weights; training
needs only the gradient with respect to its input. Write everything with NumPy and the standard library; nothing else
is installed.

Symbols, the same in every docstring:
    N, C, H, W    images, channels, rows and columns of the input `x`, an array of shape (N, C, H, W)
    KH, KW        rows and columns of a window: `kernel`
    SH, SW        rows and columns from one window to the next: `stride`
    OH, OW        rows and columns of the pooled map: OH = floor((H - KH) / SH) + 1, OW = floor((W - KW) / SW) + 1
                  (Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016, section 3)
    window (i, j) rows i*SH to i*SH + KH - 1 and columns j*SW to j*SW + KW - 1 of one channel of one image,
                  for i = 0 .. OH - 1 and j = 0 .. OW - 1

`kernel` and `stride` are each a whole number for both directions or a tuple (height, width). There is no padding.
Windows overlap where the stride is smaller than the kernel. Rows and columns that no window reaches are left out,
without an error.

A forward function returns `(out, cache)`. `cache` is whatever you want to remember for the gradient: it is handed to
the backward function as you returned it, perhaps after other forward calls. A backward function takes `dout`, the
gradient of the loss with respect to `out`, and returns the gradient with respect to `x`. Arrays hold float64; results
are floating point. No function changes its arguments.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Pair = int | tuple[int, int]

# solution begins


class _Grid:
    """Where the windows of one pooling lie on maps of a given shape."""

    def __init__(self, shape: tuple[int, ...], kernel: Pair, stride: Pair) -> None:
        self.shape = shape
        self.kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        self.stride = stride if isinstance(stride, tuple) else (stride, stride)
        height, width = shape[2:]
        if self.kernel[0] > height or self.kernel[1] > width:
            raise ValueError(f"kernel {kernel} is larger than the input, which is {height} high and {width} wide")
        if min(self.stride) < 1:
            raise ValueError(f"stride must be at least 1, got {stride}")
        self.windows = tuple(
            (size - window) // step + 1
            for size, window, step in zip((height, width), self.kernel, self.stride, strict=True)
        )

    @property
    def area(self) -> int:
        """Entries in one window."""
        return self.kernel[0] * self.kernel[1]

    def entries(self, maps: np.ndarray, number: int) -> np.ndarray:
        """A view (N, C, OH, OW) of entry `number`, counted row by row, of every window."""
        row, column = divmod(number, self.kernel[1])
        (rows, columns), (down, right) = self.windows, self.stride
        # Each window has this entry once, so that these places are all different, even where windows overlap.
        return maps[:, :, row : row + (rows - 1) * down + 1 : down, column : column + (columns - 1) * right + 1 : right]

    def gather(self, maps: np.ndarray) -> np.ndarray:
        """All windows, (KH*KW, N, C, OH, OW)."""
        return np.stack([self.entries(maps, number) for number in range(self.area)])


# solution ends


def max_pool_forward(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Any]:
    """Max pooling: the largest value of every window.

        out[n, c, i, j] = max over a = 0 .. KH-1, b = 0 .. KW-1 of x[n, c, i*SH + a, j*SW + b]

    Arguments:
        x: (N, C, H, W)
        kernel: KH and KW, a whole number or (KH, KW)
        stride: SH and SW, a whole number or (SH, SW)
    Returns `(out, cache)`: out (N, C, OH, OW), and what `max_pool_backward` needs.
    Raises ValueError, with a message that names the argument and its value, when the kernel is larger than the input in
    either direction, or a stride is below 1.

    Example: windows of 2x2 with stride 2 over a 4x4 map. The upper left one holds -1, -2, -3, -4, and its maximum is
    -1.

    >>> x = np.array([[[[-1., -2., 5., 6.], [-3., -4., 7., 0.], [1., 9., 2., 2.5], [3., 8., 0.5, -7.]]]])
    >>> out, cache = max_pool_forward(x, 2, 2)
    >>> out[0, 0]
    array([[-1. ,  7. ],
           [ 9. ,  2.5]])

    Windows of 2x3 with stride (2, 1) overlap from left to right:

    >>> max_pool_forward(x, (2, 3), (2, 1))[0][0, 0]
    array([[7., 7.],
           [9., 9.]])

    Source: Scherer, Mueller and Behnke, Evaluation of Pooling Operations in Convolutional Architectures for Object
    Recognition (2010), section 3; overlapping windows: Krizhevsky, Sutskever and Hinton (AlexNet, 2012), section 3.4.
    """
    # solution begins
    grid = _Grid(x.shape, kernel, stride)
    windows = grid.gather(x)
    return windows.max(axis=0), (grid, windows.argmax(axis=0))
    # solution ends


def max_pool_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """The gradient of max pooling: each output's gradient goes to the entry that was the maximum of its window.

        dx[n, c, h, w] = sum of dout[n, c, i, j] over all windows (i, j) of which x[n, c, h, w] is the maximum

    An entry can be the maximum of several overlapping windows: their gradients add up. Every other entry has gradient
    0, as have rows and columns that no window reaches. Where several entries of a window share its maximum, you may
    split the window's gradient among them as you like, but the parts must add up to dout[n, c, i, j].

    Arguments:
        dout: (N, C, OH, OW)
        cache: as `max_pool_forward` returned it
    Returns dx, (N, C, H, W).

    Example: windows of 2x2 with stride 1 over a 2x3 map. The 5 in the middle is the maximum of both windows.

    >>> x = np.array([[[[1., 5., 2.], [3., 4., 0.]]]])
    >>> out, cache = max_pool_forward(x, 2, 1)
    >>> max_pool_backward(np.array([[[[10., 20.]]]]), cache)[0, 0]
    array([[ 0., 30.,  0.],
           [ 0.,  0.,  0.]])

    Source: Scherer, Mueller and Behnke (2010), section 3.
    """
    # solution begins
    grid, winners = cache
    dx = np.zeros(grid.shape)
    for number in range(grid.area):
        grid.entries(dx, number)[...] += dout * (winners == number)
    return dx
    # solution ends


def avg_pool_forward(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Any]:
    """Average pooling: the mean of every window.

        out[n, c, i, j] = 1 / (KH*KW) * sum over a = 0 .. KH-1, b = 0 .. KW-1 of x[n, c, i*SH + a, j*SW + b]

    Arguments:
        x: (N, C, H, W)
        kernel: KH and KW, a whole number or (KH, KW)
        stride: SH and SW, a whole number or (SH, SW)
    Returns `(out, cache)`: out (N, C, OH, OW), and what `avg_pool_backward` needs.
    Raises ValueError, with a message that names the argument and its value, when the kernel is larger than the input in
    either direction, or a stride is below 1.

    Example: windows of 2x2 with stride 2; the last column is left over. (1 + 2 + 3 + 6) / 4 = 3.

    >>> x = np.array([[[[1., 2., 0., 4., 9.], [3., 6., 8., 0., 9.]]]])
    >>> out, cache = avg_pool_forward(x, 2, 2)
    >>> out[0, 0]
    array([[3., 3.]])

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-Based Learning Applied to Document Recognition (1998), section
    II-B, sub-sampling layers (which have a trainable factor and bias besides); Goodfellow, Bengio and Courville, Deep
    Learning (2016), section 9.3.
    """
    # solution begins
    grid = _Grid(x.shape, kernel, stride)
    return grid.gather(x).mean(axis=0), grid
    # solution ends


def avg_pool_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """The gradient of average pooling: each output's gradient is shared out evenly over its window.

        dx[n, c, h, w] = sum of dout[n, c, i, j] / (KH*KW) over all windows (i, j) that x[n, c, h, w] lies in

    Where windows overlap, their shares add up; rows and columns that no window reaches have gradient 0.

    Arguments:
        dout: (N, C, OH, OW)
        cache: as `avg_pool_forward` returned it
    Returns dx, (N, C, H, W).

    Example: windows of 1x2 with stride 1 over a 1x3 map. The middle entry lies in both windows: 10/2 + 20/2 = 15.

    >>> out, cache = avg_pool_forward(np.array([[[[7., 8., 9.]]]]), (1, 2), 1)
    >>> avg_pool_backward(np.array([[[[10., 20.]]]]), cache)[0, 0]
    array([[ 5., 15., 10.]])

    Source: the chain rule applied to the mean; Goodfellow, Bengio and Courville (2016), sections 6.5 and 9.3.
    """
    # solution begins
    grid = cache
    dx = np.zeros(grid.shape)
    for number in range(grid.area):
        grid.entries(dx, number)[...] += dout / grid.area
    return dx
    # solution ends


def l2_pool_forward(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Any]:
    """L2 pooling: the Euclidean norm of every window, the square root of the sum of the squares.

        out[n, c, i, j] = sqrt(sum over a = 0 .. KH-1, b = 0 .. KW-1 of x[n, c, i*SH + a, j*SW + b]**2)

    It is the sum that stands under the root, not the mean.

    Arguments:
        x: (N, C, H, W)
        kernel: KH and KW, a whole number or (KH, KW)
        stride: SH and SW, a whole number or (SH, SW)
    Returns `(out, cache)`: out (N, C, OH, OW), and what `l2_pool_backward` needs.
    Raises ValueError, with a message that names the argument and its value, when the kernel is larger than the input in
    either direction, or a stride is below 1.

    Example: windows of 2x2 with stride 2. sqrt(3*3 + 4*4) = 5 and sqrt(1 + 4 + 4 + 16) = 5.

    >>> x = np.array([[[[3., 0., -1., 2.], [0., -4., 2., 4.]]]])
    >>> out, cache = l2_pool_forward(x, 2, 2)
    >>> out[0, 0]
    array([[5., 5.]])

    Source: Sermanet, Chintala and LeCun, Convolutional Neural Networks Applied to House Numbers Digit Classification
    (2012), Lp pooling with P = 2 and without their Gaussian weights; Goodfellow, Bengio and Courville (2016), section
    9.3.
    """
    # solution begins
    grid = _Grid(x.shape, kernel, stride)
    windows = grid.gather(x)
    norms = np.sqrt((windows**2).sum(axis=0))
    return norms, (grid, windows, norms)
    # solution ends


def l2_pool_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """The gradient of L2 pooling: each output's gradient times x over the norm.

        dx[n, c, h, w] = sum of dout[n, c, i, j] * x[n, c, h, w] / out[n, c, i, j] over all windows (i, j)
                         that x[n, c, h, w] lies in

    Where windows overlap, their parts add up; rows and columns that no window reaches have gradient 0. At a window of
    zeros alone the norm has no derivative; what you return there is not graded.

    Arguments:
        dout: (N, C, OH, OW)
        cache: as `l2_pool_forward` returned it
    Returns dx, (N, C, H, W).

    Example: one window with 3 and -4, norm 5. 10 * 3/5 = 6 and 10 * -4/5 = -8.

    >>> out, cache = l2_pool_forward(np.array([[[[3., -4.]]]]), (1, 2), 1)
    >>> l2_pool_backward(np.array([[[[10.]]]]), cache)[0, 0]
    array([[ 6., -8.]])

    Source: the chain rule applied to the norm; Goodfellow, Bengio and Courville (2016), sections 6.5 and 9.3.
    """
    # solution begins
    grid, windows, norms = cache
    per_unit = np.divide(dout, norms, out=np.zeros_like(norms), where=norms > 0)
    dx = np.zeros(grid.shape)
    for number in range(grid.area):
        grid.entries(dx, number)[...] += per_unit * windows[number]
    return dx
    # solution ends


def global_avg_pool_forward(x: np.ndarray) -> tuple[np.ndarray, Any]:
    """Global average pooling: the mean of every whole map, one number for each image and channel.

        out[n, c] = 1 / (H*W) * sum over h, w of x[n, c, h, w]

    Arguments:
        x: (N, C, H, W)
    Returns `(out, cache)`: out (N, C), with two axes, and what `global_avg_pool_backward` needs.

    Example: one image with two channels of 2x3. The first map's mean is (1 + 2 + 3 + 4 + 5 + 6) / 6 = 3.5.

    >>> x = np.array([[[[1., 2., 3.], [4., 5., 6.]], [[0., 0., 0.], [0., 0., 12.]]]])
    >>> out, cache = global_avg_pool_forward(x)
    >>> out
    array([[3.5, 2. ]])

    Source: Lin, Chen and Yan, Network In Network (2014), section 3.2.
    """
    # solution begins
    return x.mean(axis=(2, 3)), x.shape
    # solution ends


def global_avg_pool_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """The gradient of global average pooling: each map's gradient is shared out evenly over its H*W entries.

        dx[n, c, h, w] = dout[n, c] / (H*W)

    Arguments:
        dout: (N, C)
        cache: as `global_avg_pool_forward` returned it
    Returns dx, (N, C, H, W).

    Example: a map of 2x3 and the gradient 12: every entry gets 12/6 = 2.

    >>> out, cache = global_avg_pool_forward(np.array([[[[1., 2., 3.], [4., 5., 6.]]]]))
    >>> global_avg_pool_backward(np.array([[12.]]), cache)[0, 0]
    array([[2., 2., 2.],
           [2., 2., 2.]])

    Source: the chain rule applied to the mean; Lin, Chen and Yan (2014), section 3.2.
    """
    # solution begins
    shape = cache
    per_entry = dout[:, :, np.newaxis, np.newaxis] / (shape[2] * shape[3])
    return np.broadcast_to(per_entry, shape).copy()
    # solution ends


def max_pool_with_switches(x: np.ndarray, kernel: Pair, stride: Pair) -> tuple[np.ndarray, Any]:
    """Max pooling that also remembers where in each window the maximum was: the switches.

        out[n, c, i, j] = max over a = 0 .. KH-1, b = 0 .. KW-1 of x[n, c, i*SH + a, j*SW + b]

    Every window of every channel of every image has a switch of its own. Only windows that lie side by side are asked
    for: `stride` is equal to `kernel`. No window has two equal maxima.

    Arguments:
        x: (N, C, H, W)
        kernel: KH and KW, a whole number or (KH, KW)
        stride: the same as kernel
    Returns `(out, switches)`: out (N, C, OH, OW), and whatever you want to remember for `max_unpool`.
    Raises ValueError, with a message that names the argument and its value, when the kernel is larger than the input in
    either direction, or a stride is below 1.

    Example: the maxima are at row 0, column 1 and at row 1, column 2.

    >>> x = np.array([[[[1., 5., 2., 0.], [3., 4., 9., 8.]]]])
    >>> out, switches = max_pool_with_switches(x, 2, 2)
    >>> out[0, 0]
    array([[5., 9.]])

    Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (2014), section 2.1, unpooling.
    """
    # solution begins
    return max_pool_forward(x, kernel, stride)
    # solution ends


def max_unpool(x: np.ndarray, switches: Any, output_shape: tuple[int, int, int, int]) -> np.ndarray:
    """Unpooling: put each value of x at the place where its window's maximum was, and zero everywhere else.

        out[n, c, i*SH + a, j*SW + b] = x[n, c, i, j]  where (a, b) is the place of the maximum in window (i, j)

    The values of x need not be the maxima that the switches were recorded with: in a deconvolutional network they are
    the activations of a later layer, of either sign.

    Arguments:
        x: (N, C, OH, OW), the values to put back
        switches: as `max_pool_with_switches` returned them, perhaps before other calls
        output_shape: (N, C, H, W) of the map that was pooled, rows and columns included that no window reached: these
            are zero
    Returns out, of shape output_shape.

    Example: with the switches of the map below, whose maxima 5 and 9 are at row 0, column 1 and at row 1, column 2.

    >>> image = np.array([[[[1., 5., 2., 0., 7.], [3., 4., 9., 8., 7.]]]])
    >>> pooled, switches = max_pool_with_switches(image, 2, 2)
    >>> max_unpool(np.array([[[[-10., 20.]]]]), switches, (1, 1, 2, 5))[0, 0]
    array([[  0., -10.,   0.,   0.,   0.],
           [  0.,   0.,  20.,   0.,   0.]])

    Source: Zeiler and Fergus (2014), section 2.1; Noh, Hong and Han, Learning Deconvolution Network for Semantic
    Segmentation (2015), section 3.2.1.
    """
    # solution begins
    grid, winners = switches
    out = np.zeros(output_shape)
    for number in range(grid.area):
        grid.entries(out, number)[...] += x * (winners == number)
    return out
    # solution ends
