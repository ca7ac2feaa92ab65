"""einsum everywhere, sliding windows, and the chain of derivatives as arrays; results are not contiguous."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def affine_forward(x, w, b):
    out = np.einsum("nd,dm->mn", np.reshape(x, (len(x), -1)), w).T
    return out + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dx = np.einsum("nm,dm->dn", dout, w).T.reshape(x.shape)
    dw = np.einsum("nd,nm->md", np.reshape(x, (len(x), -1)), dout).T
    return dx, dw, np.einsum("nm->m", dout)


def relu_forward(x):
    return x * (x > 0), x > 0


def relu_backward(dout, cache):
    return np.einsum("...,...->...", dout, cache)


def sigmoid_forward(x):
    out = np.exp(-np.logaddexp(0.0, -x))
    return out, (x, out)


def sigmoid_backward(dout, cache):
    x, out = cache
    return dout * out * np.exp(-np.logaddexp(0.0, x))


def softmax_cross_entropy(scores, labels):
    one_hot = np.eye(scores.shape[1])[labels]
    top = scores.max(axis=1, keepdims=True)
    log_sum = top + np.log(np.sum(np.exp(scores - top), axis=1, keepdims=True))
    loss = np.einsum("nc,nc->", one_hot, log_sum - scores) / len(scores)
    return loss, (np.exp(scores - log_sum) - one_hot) / len(scores)


def squared_error(output, target):
    difference = np.subtract(output, target)
    return np.einsum("i,i->", difference.ravel(), difference.ravel()) / 2, difference


def tiny_cnn_step(x, w_conv, w_out, target, lr):
    patches = sliding_window_view(x, w_conv.shape)[..., ::-1, ::-1]
    conv = np.einsum("ijab,ab->ij", patches, w_conv)
    rows, columns = conv.shape[0] // 2, conv.shape[1] // 2
    blocks = conv[: rows * 2, : columns * 2].reshape(rows, 2, columns, 2)
    pooled = blocks.max(axis=(1, 3))
    z = np.einsum("k,k->", pooled.ravel(), w_out)
    out = np.exp(-np.logaddexp(0.0, -z))
    dz = (out - target) * out * np.exp(-np.logaddexp(0.0, z))
    chosen = (blocks == pooled[:, None, :, None]) * (dz * w_out.reshape(rows, 1, columns, 1))
    dconv = np.zeros(conv.shape)
    dconv[: rows * 2, : columns * 2] = chosen.reshape(rows * 2, columns * 2)
    dw_conv = np.einsum("ijab,ij->ab", patches, dconv)
    return out, (out - target) ** 2 / 2, w_conv - lr * dw_conv, w_out - lr * dz * pooled.ravel()
