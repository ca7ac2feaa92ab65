"""Everything in single precision, results included."""

import numpy as np

F = np.float32


def affine_forward(x, w, b):
    x, w, b = x.astype(F), w.astype(F), b.astype(F)
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dout = dout.astype(F)
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(axis=0)


def relu_forward(x):
    out = np.maximum(x.astype(F), F(0))
    return out, out > 0


def relu_backward(dout, cache):
    return dout.astype(F) * cache


def _sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, F(1)) / (F(1) + small)


def sigmoid_forward(x):
    out = _sigmoid(x.astype(F))
    return out, out


def sigmoid_backward(dout, cache):
    return dout.astype(F) * cache * (F(1) - cache)


def softmax_cross_entropy(scores, labels):
    scores, rows = scores.astype(F), np.arange(len(scores))
    scores = scores - scores.max(axis=1, keepdims=True)
    powers = np.exp(scores)
    sums = powers.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(sums[:, 0]) - scores[rows, labels])
    dscores = powers / sums
    dscores[rows, labels] -= F(1)
    return loss, dscores / F(len(scores))


def squared_error(output, target):
    difference = output.astype(F) - target.astype(F)
    return F(0.5) * np.sum(difference * difference), difference


def tiny_cnn_step(x, w_conv, w_out, target, lr):
    x, w_conv, w_out, target, lr = x.astype(F), w_conv.astype(F), w_out.astype(F), F(target), F(lr)
    kh, kw = w_conv.shape
    rows, columns = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    conv = np.zeros((rows, columns), F)
    for a in range(kh):
        for b in range(kw):
            conv += w_conv[a, b] * x[kh - 1 - a : kh - 1 - a + rows, kw - 1 - b : kw - 1 - b + columns]
    dw_conv, pooled, places = np.zeros_like(w_conv), [], []
    for i in range(0, rows - 1, 2):
        for j in range(0, columns - 1, 2):
            window = conv[i : i + 2, j : j + 2]
            down, right = np.unravel_index(np.argmax(window), (2, 2))
            pooled.append(window[down, right])
            places.append((i + down, j + right))
    pooled = np.array(pooled, F)
    out = _sigmoid(np.dot(pooled, w_out))
    dz = (out - target) * out * (F(1) - out)
    for weight, (i, j) in zip(w_out, places, strict=True):
        dw_conv += dz * weight * x[i : i + kh, j : j + kw][::-1, ::-1]
    return out, F(0.5) * (out - target) ** 2, w_conv - lr * dw_conv, w_out - lr * dz * pooled
