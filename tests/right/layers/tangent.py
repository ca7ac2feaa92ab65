"""The sigmoid by the hyperbolic tangent, masks from the outputs, the bias as one more weight, NumPy scalars."""

import numpy as np


def affine_forward(x, w, b):
    rows = np.hstack([x.reshape(len(x), -1), np.ones((len(x), 1))])  # the bias as the weight of an input that is 1
    return rows @ np.vstack([w, b]), (rows, np.vstack([w, b]), x.shape)


def affine_backward(dout, cache):
    rows, both, shape = cache
    dboth = rows.T @ dout
    return (dout @ both.T)[:, :-1].reshape(shape), dboth[:-1], dboth[-1]


def relu_forward(x):
    out = np.abs(np.maximum(x, 0))
    return out, out


def relu_backward(dout, cache):
    dx = np.array(dout)
    dx[cache == 0] = 0
    return dx


def sigmoid_forward(x):
    tangent = np.tanh(x / 2)
    return (1 + tangent) / 2, tangent


def sigmoid_backward(dout, cache):
    return dout * (1 - cache) * (1 + cache) / 4


def softmax_cross_entropy(scores, labels):
    log_p = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    rows = np.arange(len(scores))
    dscores = np.exp(log_p) / len(scores)
    np.subtract.at(dscores, (rows, labels), 1 / len(scores))
    return -log_p[rows, labels].sum() / len(scores), dscores


def squared_error(output, target):
    difference = (output - target).ravel()
    return np.float64(difference @ difference) * 0.5, difference.reshape(output.shape)


def tiny_cnn_step(x, w_conv, w_out, target, lr):
    kh, kw = w_conv.shape
    rows, columns = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    shifted = np.stack([x[a : a + rows, b : b + columns] for a in reversed(range(kh)) for b in reversed(range(kw))])
    conv = np.tensordot(w_conv.ravel(), shifted, axes=1)
    corners = np.stack([conv[i : rows - rows % 2 : 2, j : columns - columns % 2 : 2] for i in (0, 1) for j in (0, 1)])
    pooled, winners = corners.max(axis=0), corners.argmax(axis=0)
    output = (1 + np.tanh(pooled.ravel() @ w_out / 2)) / 2
    dz = (output - target) * output * (1 - output)
    dconv = np.zeros_like(conv)
    for number, (i, j) in enumerate(np.ndindex(pooled.shape)):
        down, right = divmod(winners[i, j], 2)
        dconv[2 * i + down, 2 * j + right] = dz * w_out[number]
    dw_conv = (shifted * dconv).sum(axis=(1, 2)).reshape(kh, kw)
    return output, (output - target) ** 2 / 2, w_conv - lr * dw_conv, w_out - lr * (dz * pooled).ravel()
