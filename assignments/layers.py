"""Layers, losses and a tiny network: the affine layer, ReLU, sigmoid, two losses, and one step of gradient descent.

Write the functions below with NumPy and the standard library only; nothing else is installed.

Symbols, the same in every docstring:
    N             examples in a batch, the first axis of an array
    D, M          numbers that go into an affine layer for each example, and numbers that come out
    C             classes
    H, W          rows and columns of an image
    KH, KW        rows and columns of a convolution kernel
    L             the loss, a single number; dout is dL/dout, dx is dL/dx, and so on: a gradient has the shape of
                  what it is the gradient of

A forward function returns `(out, cache)`. `cache` is whatever you want to remember for the gradient: it is handed to
the backward function as you returned it, which may be after other forward calls. A backward function takes `dout`, the
gradient of the loss with respect to `out`, and returns the gradients with respect to the forward function's arguments,
in their order. Arrays hold float64; results are floating point. No function changes its arguments.

Sources: Goodfellow, Bengio and Courville, Deep Learning (2016), cited below as [DL]; Rumelhart, Hinton and Williams,
Learning representations by back-propagating errors (1986), cited as [RHW].
"""

from __future__ import annotations

from typing import Any

import numpy as np


def affine_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Any]:
    """Give what a fully connected layer makes of a batch: every output is a weighted sum of all inputs, plus a bias.

        out[n, m] = sum over d = 0 .. D-1 of x[n, d] * w[d, m]  +  b[m]

    where x[n] stands for the n-th example written as one row of D = d1 * ... * dk numbers, the last axis running
    fastest: an image (C, H, W) channel by channel, each row by row.

    Arguments:
        x: (N, d1, ..., dk), a batch of N examples with one or more axes each.
        w: (D, M), the weights.
        b: (M,), the biases.

    Returns (out, cache): out (N, M); cache is whatever your affine_backward needs.

    Example: two examples of three numbers, two outputs. The first output of the first example is
    1*1 + 2*0 + 3*2 + 10 = 17.

        >>> x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        >>> w = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]])
        >>> out, cache = affine_forward(x, w, np.array([10.0, 20.0]))
        >>> out.tolist()
        [[17.0, 19.0], [26.0, 19.0]]

    Source: [DL], section 6.1.
    """
    raise NotImplementedError("affine_forward is not written yet")


def affine_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the gradients of the loss with respect to x, w and b of an affine layer.

        dx[n, d] = sum over m of dout[n, m] * w[d, m]
        dw[d, m] = sum over n of x[n, d] * dout[n, m]
        db[m]    = sum over n of dout[n, m]

    with x[n] written as one row, as in affine_forward; dx comes back in the shape of x. The sums over n are sums: where
    a loss is a mean over the batch, its 1/N is in dout already.

    Arguments:
        dout: (N, M), the gradient with respect to out.
        cache: what affine_forward returned as cache.

    Returns (dx, dw, db): dx (N, d1, ..., dk), dw (D, M), db (M,).

    Example: the batch of affine_forward's example. The second example's first input has weights 1 and 0 to the two
    outputs and gets 0*1 + 1*0 = 0.

        >>> x = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        >>> w = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]])
        >>> out, cache = affine_forward(x, w, np.array([10.0, 20.0]))
        >>> dx, dw, db = affine_backward(np.array([[1.0, 2.0], [0.0, 1.0]]), cache)
        >>> dx.tolist()
        [[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]]
        >>> dw.tolist(), db.tolist()
        ([[1.0, 6.0], [2.0, 9.0], [3.0, 12.0]], [1.0, 3.0])

    Source: [DL], section 6.5.6; [RHW], equations 6 and 7.
    """
    raise NotImplementedError("affine_backward is not written yet")


def relu_forward(x: np.ndarray) -> tuple[np.ndarray, Any]:
    """Give the rectified linear unit of every entry: positive entries stay as they are, the others become 0.

        out = max(x, 0)

    Arguments:
        x: an array of any shape.

    Returns (out, cache): out has the shape of x; cache is whatever your relu_backward needs.

    Example:

        >>> out, cache = relu_forward(np.array([5.0, -2.0]))
        >>> out.tolist()
        [5.0, 0.0]

    Source: [DL], section 6.3.1.
    """
    raise NotImplementedError("relu_forward is not written yet")


def relu_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Give the gradient with respect to x: where x was positive dout passes, elsewhere nothing does.

        dx = dout where x > 0, else 0

    (At exactly x = 0 there is no derivative; you may pass dout or nothing.)

    Arguments:
        dout: the gradient with respect to out, in its shape.
        cache: what relu_forward returned as cache.

    Returns dx, in the shape of x.

    Example: 8 passes back through 5, nothing through -2.

        >>> out, cache = relu_forward(np.array([5.0, -2.0]))
        >>> relu_backward(np.array([8.0, 8.0]), cache).tolist()
        [8.0, 0.0]

    Source: [DL], section 6.3.1.
    """
    raise NotImplementedError("relu_backward is not written yet")


def sigmoid_forward(x: np.ndarray) -> tuple[np.ndarray, Any]:
    """Give the logistic sigmoid of every entry, a number between 0 and 1.

        out = 1 / (1 + exp(-x)) = exp(x) / (1 + exp(x))

    For |x| up to 1000 nothing may overflow, no warning included. Small results are accurate too: sigmoid(-20) is
    2.06e-9, not 0.

    Arguments:
        x: an array of any shape.

    Returns (out, cache): out has the shape of x; cache is whatever your sigmoid_backward needs.

    Example:

        >>> out, cache = sigmoid_forward(np.array([0.0, 2.9, -2.9, -1000.0]))
        >>> np.round(out, 4).tolist()
        [0.5, 0.9478, 0.0522, 0.0]

    Source: [DL], section 6.2.2.2; section 4.1 on overflow.
    """
    raise NotImplementedError("sigmoid_forward is not written yet")


def sigmoid_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """Give the gradient with respect to x of the sigmoid.

        dx = dout * out * (1 - out)

    Arguments:
        dout: the gradient with respect to out, in its shape.
        cache: what sigmoid_forward returned as cache.

    Returns dx, in the shape of x.

    Example: at 0 the sigmoid is 1/2 and its slope 1/4; at ln 3 it is 3/4 and its slope 3/16.

        >>> out, cache = sigmoid_forward(np.array([0.0, np.log(3.0)]))
        >>> np.round(sigmoid_backward(np.array([8.0, 16.0]), cache), 6).tolist()
        [2.0, 3.0]

    Source: [RHW], equation 5; [DL], section 6.2.2.2.
    """
    raise NotImplementedError("sigmoid_backward is not written yet")


def softmax_cross_entropy(scores: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Give the mean cross-entropy of the softmax of a batch of scores, and its gradient with respect to the scores.

        p[n, c] = exp(scores[n, c]) / sum over k of exp(scores[n, k])
        loss    = -1/N * sum over n of ln p[n, labels[n]]
        dscores[n, c] = (p[n, c] - 1) / N where c is labels[n], p[n, c] / N elsewhere

    ln is the natural logarithm. Scores may be as large as 1e4 in magnitude: the softmax does not change when a number
    is subtracted from all scores of an example. Where the right class's probability is too small for a floating point
    number its logarithm is not: a score 2000 below the largest costs 2000.

    Arguments:
        scores: (N, C), a row of C scores for every example.
        labels: (N,), whole numbers 0 .. C-1, the right class of every example.

    Returns (loss, dscores): loss is a number; dscores (N, C), every row of which sums to 0.

    Example: in the first row the probabilities are 1/4 and 3/4, in the second 1/2 and 1/2; the loss is
    (ln 4 + ln 2) / 2.

        >>> loss, dscores = softmax_cross_entropy(np.array([[0.0, np.log(3.0)], [7.0, 7.0]]), np.array([0, 1]))
        >>> round(float(loss), 4)
        1.0397
        >>> np.round(dscores, 4).tolist()
        [[-0.375, 0.375], [0.25, -0.25]]

    Source: [DL], section 6.2.2.3; section 4.1 on overflow.
    """
    raise NotImplementedError("softmax_cross_entropy is not written yet")


def squared_error(output: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Give half the sum of the squared differences, and its gradient with respect to the output.

        loss    = 1/2 * sum over all entries of (output - target)^2
        doutput = output - target

    Arguments:
        output: an array of any shape.
        target: an array of the same shape, what the output should be.

    Returns (loss, doutput): loss is a number; doutput has the shape of output.

    Example: the differences are 2 and -4, so the loss is (4 + 16) / 2.

        >>> loss, doutput = squared_error(np.array([3.0, 1.0]), np.array([1.0, 5.0]))
        >>> float(loss), doutput.tolist()
        (10.0, [2.0, -4.0])

    Source: [RHW], equations 3 and 4.
    """
    raise NotImplementedError("squared_error is not written yet")


def tiny_cnn_step(
    x: np.ndarray, w_conv: np.ndarray, w_out: np.ndarray, target: float, lr: float
) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Take one step of gradient descent with a tiny convolutional network on one image.

    The network, without biases:

        map[i, j] = sum over a, b of w_conv[a, b] * x[i + KH-1-a, j + KW-1-b]   (H-KH+1, W-KW+1)
        pooled    = the maxima of the map's 2x2 windows, stride 2               a last odd row or column is not pooled
        z         = sum over k of w_out[k] * (pooled, row by row)[k]
        output    = sigmoid(z)
        loss      = squared_error(output, target) = 1/2 * (output - target)^2

    The first line is a true convolution, without padding and with stride 1: the kernel lies rotated by 180 degrees over
    each part of the image. (What frameworks call convolution is the cross-correlation, without the rotation.) Then both
    weights are moved against their gradients, which are those at the weights passed in:

        new_w_conv = w_conv - lr * dL/dw_conv           new_w_out = w_out - lr * dL/dw_out

    The gradient of a maximum goes to the entry that is the maximum, and from there to the kernel: the map's entry
    (i, j) contributes x[i + KH-1-a, j + KW-1-b] times its gradient to dL/dw_conv[a, b].

    Arguments:
        x: (H, W), one image.
        w_conv: (KH, KW), the kernel.
        w_out: (K,), a weight for each of the K entries of the pooled map, read row by row.
        target: what the output should be.
        lr: the learning rate, a number of at least 0.

    Returns (output, loss, new_w_conv, new_w_out): output and loss, both before the step, are numbers; new_w_conv
    (KH, KW); new_w_out (K,).

    Example: the map is [[1.3, 1.7], [2.5, 2.9]] (the cross-correlation would be [[1.1, 1.5], [2.3, 2.7]]), the pooled
    map 2.9, the output sigmoid(2.9) = 0.948.

        >>> x = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]])
        >>> w_conv, w_out = np.array([[1.0, 1.0], [2.0, 0.0]]), np.array([1.0])
        >>> output, loss, new_w_conv, new_w_out = tiny_cnn_step(x, w_conv, w_out, target=0.0, lr=10.0)
        >>> round(float(output), 4), round(float(loss), 4)
        (0.9478, 0.4492)

    dL/dz is (0.9478 - 0) * 0.9478 * (1 - 0.9478) = 0.0469, so 10 * 0.0469 times the pooled map is taken from w_out, and
    10 * 0.0469 times the lower right part of the image, rotated, from the kernel:

        >>> np.round(new_w_out, 3).tolist()
        [-0.359]
        >>> np.round(new_w_conv, 3).tolist()
        [[0.578, 0.625], [1.719, -0.234]]

    Source: [DL], sections 9.1 (convolution), 9.3 (pooling) and 4.3 (gradient descent); [RHW].
    """
    raise NotImplementedError("tiny_cnn_step is not written yet")
