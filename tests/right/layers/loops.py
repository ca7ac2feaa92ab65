"""Plain loops and Python numbers, as from the formulas."""

import math

import numpy as np


def affine_forward(x, w, b):
    d, m = w.shape
    rows = x.reshape(x.shape[0], d)
    out = np.zeros((x.shape[0], m))
    for n in range(x.shape[0]):
        for k in range(m):
            total = b[k]
            for j in range(d):
                total += rows[n, j] * w[j, k]
            out[n, k] = total
    return out, {"x": x, "w": w}


def affine_backward(dout, cache):
    x, w = cache["x"], cache["w"]
    rows = x.reshape(x.shape[0], -1)
    dx, dw, db = np.zeros(rows.shape), np.zeros(w.shape), np.zeros(w.shape[1])
    for n in range(dout.shape[0]):
        for k in range(dout.shape[1]):
            db[k] += dout[n, k]
            for j in range(w.shape[0]):
                dx[n, j] += dout[n, k] * w[j, k]
                dw[j, k] += dout[n, k] * rows[n, j]
    return dx.reshape(x.shape), dw, db


def relu_forward(x):
    out = x.copy()
    for index in np.ndindex(x.shape):
        if out[index] < 0:
            out[index] = 0.0
    return out, x


def relu_backward(dout, cache):
    dx = dout.copy()
    for index in np.ndindex(dout.shape):
        if cache[index] < 0:
            dx[index] = 0.0
    return dx


def _sigmoid(value):
    if value >= 0:
        return 1.0 / (1.0 + math.exp(-value))
    power = math.exp(value)
    return power / (1.0 + power)


def sigmoid_forward(x):
    out = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        out[index] = _sigmoid(x[index])
    return out, out


def sigmoid_backward(dout, cache):
    dx = np.zeros(dout.shape)
    for index in np.ndindex(dout.shape):
        dx[index] = dout[index] * cache[index] * (1 - cache[index])
    return dx


def softmax_cross_entropy(scores, labels):
    n, classes = scores.shape
    loss, dscores = 0.0, np.zeros((n, classes))
    for i in range(n):
        top = max(scores[i])
        total = sum(math.exp(score - top) for score in scores[i])
        loss += math.log(total) + top - scores[i, labels[i]]
        for c in range(classes):
            dscores[i, c] = (math.exp(scores[i, c] - top) / total - (c == labels[i])) / n
    return loss / n, dscores


def squared_error(output, target):
    loss, doutput = 0.0, np.zeros(output.shape)
    for index in np.ndindex(output.shape):
        doutput[index] = output[index] - target[index]
        loss += doutput[index] ** 2 / 2
    return loss, doutput


def tiny_cnn_step(x, w_conv, w_out, target, lr):
    (h, w), (kh, kw) = x.shape, w_conv.shape
    rows, columns = h - kh + 1, w - kw + 1
    conv = [[0.0] * columns for _ in range(rows)]
    for i in range(rows):
        for j in range(columns):
            for a in range(kh):
                for b in range(kw):
                    conv[i][j] += w_conv[a, b] * x[i + kh - 1 - a, j + kw - 1 - b]
    z, where = 0.0, []
    for i in range(0, rows // 2 * 2, 2):
        for j in range(0, columns // 2 * 2, 2):
            best = max(((i, j), (i, j + 1), (i + 1, j), (i + 1, j + 1)), key=lambda place: conv[place[0]][place[1]])
            z += w_out[len(where)] * conv[best[0]][best[1]]
            where.append(best)
    output = _sigmoid(z)
    slope = (output - target) * output * (1 - output)
    new_conv, new_out = w_conv.copy(), w_out.copy()
    for k, (i, j) in enumerate(where):
        new_out[k] -= lr * slope * conv[i][j]
        for a in range(kh):
            for b in range(kw):
                new_conv[a, b] -= lr * slope * w_out[k] * x[i + kh - 1 - a, j + kw - 1 - b]
    return output, (output - target) ** 2 / 2, new_conv, new_out
