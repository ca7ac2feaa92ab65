"""Single precision, with the plainest formula of each function, the cancelling ones included; 0-d arrays as numbers."""

import numpy as np


def _single(*arrays):
    return tuple(np.asarray(array, dtype=np.float32) for array in arrays)


def affine_forward(x, w, b):
    x, w, b = _single(x, w, b)
    rows = x.reshape(x.shape[0], -1)
    out = np.repeat(b[None], len(rows), axis=0)
    for d in range(rows.shape[1]):  # one product after the other, added to the largest first
        out = out + rows[:, d : d + 1] * w[d]
    return out, (x, w, b)


def affine_backward(dout, cache):
    (dout,), (x, w, b) = _single(dout), cache
    rows = x.reshape(x.shape[0], -1)
    dx, dw, db = np.zeros_like(rows), np.zeros_like(w), np.zeros_like(b)
    for n in range(len(rows)):
        dw += np.outer(rows[n], dout[n])
        db += dout[n]
    for m in range(w.shape[1]):
        dx += np.outer(dout[:, m], w[:, m])
    return dx.reshape(x.shape), dw, db


def relu_forward(x):
    (x,) = _single(x)
    return (x + np.abs(x)) / np.float32(2), x


def relu_backward(dout, cache):
    return _single(dout)[0] * (np.sign(cache) + np.float32(1)) / np.float32(2)


def sigmoid_forward(x):
    with np.errstate(over="ignore"):
        out = np.float32(1) / (np.float32(1) + np.exp(-_single(x)[0]))
    return out, out


def sigmoid_backward(dout, cache):
    (dout,) = _single(dout)
    return dout * (cache - cache * cache)


def softmax_cross_entropy(scores, labels):
    (scores,) = _single(scores)
    top = scores.max(axis=1)
    log_sum = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    right = scores[np.arange(len(scores)), labels]
    one_hot = (labels[:, None] == np.arange(scores.shape[1])).astype(np.float32)
    dscores = np.exp(scores - log_sum[:, None]) - one_hot
    return np.asarray(np.mean(log_sum - right)), dscores / np.float32(len(scores))


def squared_error(output, target):
    output, target = _single(output, target)
    loss = (np.sum(output * output) - 2 * np.sum(output * target) + np.sum(target * target)) / np.float32(2)
    return np.asarray(loss), output - target


def tiny_cnn_step(x, w_conv, w_out, target, lr):
    x, w_conv, w_out, target, lr = _single(x, w_conv, w_out, target, lr)
    kh, kw = w_conv.shape
    rows, columns = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    conv, parts = {}, {}
    for i in range(rows):
        for j in range(columns):
            parts[i, j] = np.rot90(x[i : i + kh, j : j + kw], 2)
            conv[i, j] = np.sum(parts[i, j] * w_conv)
    best = [
        max([(i, j), (i, j + 1), (i + 1, j), (i + 1, j + 1)], key=conv.get)
        for i in range(0, rows - 1, 2)
        for j in range(0, columns - 1, 2)
    ]
    z = np.float32(0)
    for weight, place in zip(w_out, best, strict=True):
        z = z + weight * conv[place]
    out = np.float32(1) / (np.float32(1) + np.exp(-z))
    dz = (out - target) * (out - out * out)
    dw_conv = np.zeros_like(w_conv)
    for weight, place in zip(w_out, best, strict=True):
        dw_conv += weight * parts[place] * dz
    dw_out = np.array([conv[place] for place in best]) * dz
    loss = (out * out - 2 * out * target + target * target) / np.float32(2)
    return np.asarray(out), np.asarray(loss), w_conv - lr * dw_conv, w_out - lr * dw_out
