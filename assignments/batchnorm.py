"""Batch normalisation: the forward pass in training and in evaluation, its gradients, folding it into a convolution.

Write the functions below with NumPy and the standard library only. `batchnorm_*` work on rows of features, as they
leave a fully connected layer; `spatial_batchnorm_*` on images, as they leave a convolution.

Symbols: x is the input, (N, D) or (N, C, H, W): N examples of D features, or N images of C channels, H high and W wide.
gamma and beta are the learned scale and shift; mean and var are a feature's mean and variance over the batch, xhat is
the normalised input. running_mean and running_var are what evaluation uses in place of mean and var. L is the loss,
dout is dL/dout, dx is dL/dx and so on. A cache is handed to the backward function as you returned it, perhaps after
other forward calls. No function changes its arguments.

Source: Ioffe and Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift
(2015), cited below as [BN].
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray


def batchnorm_forward(
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    *,
    training: bool,
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> tuple[Array, tuple[Array, Array], Any]:
    """Normalise every feature, then scale it by gamma and shift it by beta.

    Training: with the mean and the variance of the feature over the N rows of the batch,

        mean = 1/N sum_i x_i            var = 1/N sum_i (x_i - mean)^2
        xhat = (x - mean) / sqrt(var + eps)            out = gamma * xhat + beta

    and the running statistics move towards the batch's. The variance that enters them is the unbiased estimate, which
    divides by N - 1 where var divides by N:

        new_mean = momentum * running_mean + (1 - momentum) * mean
        new_var  = momentum * running_var  + (1 - momentum) * N / (N - 1) * var

    Evaluation: running_mean and running_var take the place of mean and var in xhat, so that a row's output does not
    depend on the other rows; the running statistics come back unchanged.

    Arguments:
        x: (N, D), N rows of D features.
        gamma, beta: (D,), scale and shift.
        running_mean, running_var: (D,), the statistics gathered so far.
        training: True in training, False in evaluation.
        momentum: the share of the running statistics that stays, 0 to 1. PyTorch's momentum is 1 minus this one.
        eps: added to the variance, inside the root.

    Returns (out, (new_mean, new_var), cache): out (N, D); new_mean and new_var (D,); cache is whatever your
    batchnorm_backward needs.

    Raises ValueError in training with fewer than 2 rows, which have no unbiased variance; the message names x and its
    number of rows. A single row is fine in evaluation.

    Example: two rows. The batch has mean 3 and 5 and variance 4 and 9 (unbiased: 8 and 18), so xhat is -1 in the first
    row and 1 in the second, but for eps; of running variance 1 and 1 the batch makes 0.9 + 0.8 and 0.9 + 1.8.

        >>> x = np.array([[1.0, 2.0], [5.0, 8.0]])
        >>> gamma, beta = np.array([1.0, 2.0]), np.array([0.0, 10.0])
        >>> out, (mean, var), cache = batchnorm_forward(x, gamma, beta, np.zeros(2), np.ones(2), training=True)
        >>> np.round(out, 3).tolist()
        [[-1.0, 8.0], [1.0, 12.0]]
        >>> np.round(mean, 3).tolist(), np.round(var, 3).tolist()
        ([0.3, 0.5], [1.7, 2.7])

    Source: [BN], Algorithm 1 for training, Algorithm 2 and section 3.1 for the unbiased variance and evaluation.
    """
    raise NotImplementedError("batchnorm_forward is not written yet")


def batchnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Give the gradients of the loss with respect to x, gamma and beta, after a forward pass in training mode.

    In training every x_i moves the batch's mean and variance, and through them all outputs of its feature; the gradient
    flows along all three paths:

        dL/dxhat_i = dout_i * gamma
        dL/dvar    = sum_i dL/dxhat_i * (x_i - mean) * (-1/2) * (var + eps)^(-3/2)
        dL/dmean   = sum_i dL/dxhat_i * (-1) / sqrt(var + eps)
        dL/dx_i    = dL/dxhat_i / sqrt(var + eps)  +  dL/dvar * 2 (x_i - mean) / N  +  dL/dmean / N
        dL/dgamma  = sum_i dout_i * xhat_i            dL/dbeta = sum_i dout_i

    (The path from mean through var adds nothing: the deviations from the mean sum to 0.)

    Arguments:
        dout: (N, D), the gradient with respect to out.
        cache: what batchnorm_forward returned as cache, from a call with training=True.

    Returns (dx, dgamma, dbeta): dx (N, D); dgamma and dbeta (D,).

    Example: one feature with mean 3 and variance 4, so xhat is -1, -1, 1, 1, but for eps. With gamma = 2, dL/dxhat is
    2, 0, 0, 0. Directly the first row gets 2 / 2 = 1; the mean's path adds -1/4 to every row, the variance's path
    -1/4, -1/4, 1/4, 1/4.

        >>> x, gamma, zero, one = np.array([[1.0], [1.0], [5.0], [5.0]]), np.array([2.0]), np.zeros(1), np.ones(1)
        >>> out, running, cache = batchnorm_forward(x, gamma, zero, zero, one, training=True)
        >>> dx, dgamma, dbeta = batchnorm_backward(np.array([[1.0], [0.0], [0.0], [0.0]]), cache)
        >>> (np.round(dx[:, 0], 3) + 0.0).tolist()
        [0.5, -0.5, 0.0, 0.0]
        >>> np.round(dgamma, 3).tolist(), np.round(dbeta, 3).tolist()
        ([-1.0], [1.0])

    Source: [BN], section 3, the equations of the chain rule after Algorithm 1.
    """
    raise NotImplementedError("batchnorm_backward is not written yet")


def spatial_batchnorm_forward(
    x: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    *,
    training: bool,
    momentum: float = 0.9,
    eps: float = 1e-5,
) -> tuple[Array, tuple[Array, Array], Any]:
    """Normalise every channel of a batch of images, then scale it by gamma and shift it by beta.

    The same as batchnorm_forward with channels for features: a feature map must be normalised alike at all positions,
    as the convolution before it computes it alike at all positions. So a channel has one mean, one variance, one gamma
    and one beta, and its statistics are taken over all N images and all H*W positions: in every formula of
    batchnorm_forward, N/(N-1) included, the count N becomes N*H*W.

    Arguments:
        x: (N, C, H, W), N images of C channels.
        gamma, beta: (C,), scale and shift.
        running_mean, running_var: (C,), the statistics gathered so far.
        training, momentum, eps: as for batchnorm_forward.

    Returns (out, (new_mean, new_var), cache): out (N, C, H, W); new_mean and new_var (C,); cache is whatever your
    spatial_batchnorm_backward needs.

    Raises ValueError in training when N*H*W is less than 2; the message names x and that number. One image of several
    pixels is enough.

    Example: two images of one row and two columns. Channel 0 holds 0, 0 in the first image and 6, 6 in the second,
    channel 1 holds 2, 8 in both. Means are 3 and 5, variances 9 and 9 (unbiased, of four values: 12 and 12).

        >>> x = np.array([[[[0.0, 0.0]], [[2.0, 8.0]]], [[[6.0, 6.0]], [[2.0, 8.0]]]])
        >>> gamma, beta = np.array([1.0, 2.0]), np.array([0.0, 10.0])
        >>> out, (mean, var), cache = spatial_batchnorm_forward(x, gamma, beta, np.zeros(2), np.ones(2), training=True)
        >>> np.round(out, 3).tolist()
        [[[[-1.0, -1.0]], [[8.0, 12.0]]], [[[1.0, 1.0]], [[8.0, 12.0]]]]
        >>> np.round(mean, 3).tolist(), np.round(var, 3).tolist()
        ([0.3, 0.5], [2.1, 2.1])

    Source: [BN], section 3.2, "Batch-Normalized Convolutional Networks".
    """
    raise NotImplementedError("spatial_batchnorm_forward is not written yet")


def spatial_batchnorm_backward(dout: Array, cache: Any) -> tuple[Array, Array, Array]:
    """Give the gradients with respect to x, gamma and beta, after spatial_batchnorm_forward in training mode.

    The formulas of batchnorm_backward with channels for features: sums run over all images and positions of a channel,
    and the count N becomes N*H*W.

    Arguments:
        dout: (N, C, H, W), the gradient with respect to out.
        cache: what spatial_batchnorm_forward returned as cache, from a call with training=True.

    Returns (dx, dgamma, dbeta): dx (N, C, H, W); dgamma and dbeta (C,).

    Example: one image of one channel, the numbers of batchnorm_backward's example as a 2 by 2 image.

        >>> x, gamma, zero, one = np.array([[[[1.0, 1.0], [5.0, 5.0]]]]), np.array([2.0]), np.zeros(1), np.ones(1)
        >>> out, running, cache = spatial_batchnorm_forward(x, gamma, zero, zero, one, training=True)
        >>> dx, dgamma, dbeta = spatial_batchnorm_backward(np.array([[[[1.0, 0.0], [0.0, 0.0]]]]), cache)
        >>> (np.round(dx[0, 0], 3) + 0.0).tolist()
        [[0.5, -0.5], [0.0, 0.0]]
        >>> np.round(dgamma, 3).tolist(), np.round(dbeta, 3).tolist()
        ([-1.0], [1.0])

    Source: [BN], section 3.2 with the gradients of section 3.
    """
    raise NotImplementedError("spatial_batchnorm_backward is not written yet")


def fold_batchnorm(
    w: Array,
    b: Array,
    gamma: Array,
    beta: Array,
    running_mean: Array,
    running_var: Array,
    eps: float = 1e-5,
) -> tuple[Array, Array]:
    """Give the convolution that equals a convolution followed by batch normalisation in evaluation mode.

    In evaluation batch normalisation is a fixed scale and shift of every channel, and a convolution is linear in its
    kernel and bias, so that the two are one convolution (* is the convolution, f one of its F filters):

        gamma_f * (w_f * x + b_f - running_mean_f) / sqrt(running_var_f + eps) + beta_f  =  new_w_f * x + new_b_f

    Arguments:
        w: (F, C, KH, KW), F filters over C channels.
        b: (F,), the convolution's bias.
        gamma, beta, running_mean, running_var: (F,), of the batch normalisation after it.
        eps: added to the variance, inside the root.

    Returns (w, b), the new kernel (F, C, KH, KW) and the new bias (F,).

    Example: two filters, each a single number. Running variance 3 and 8 with eps = 1 give standard deviations 2 and 3,
    so the first filter's outputs are scaled by 1/2, the second's by 6/3 = 2. The biases become (1 - 3) / 2 + 10 and
    (2 - 1) * 2 + 20.

        >>> w, b = np.array([4.0, 6.0]).reshape(2, 1, 1, 1), np.array([1.0, 2.0])
        >>> gamma, beta = np.array([1.0, 6.0]), np.array([10.0, 20.0])
        >>> new_w, new_b = fold_batchnorm(w, b, gamma, beta, np.array([3.0, 1.0]), np.array([3.0, 8.0]), eps=1.0)
        >>> new_w.ravel().tolist(), new_b.tolist()
        ([2.0, 12.0], [9.0, 22.0])

    Source: [BN], Algorithm 2, line 11, for the linear form; Jacob et al., Quantization and Training of Neural Networks
    for Efficient Integer-Arithmetic-Only Inference (2018), section 3.2, for folding it into the kernel.
    """
    raise NotImplementedError("fold_batchnorm is not written yet")
