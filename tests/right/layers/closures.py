"""Caches are functions; lists are returned for tuples; arrays come back read-only or in Fortran's order."""

import math

import numpy as np


def affine_forward(x, w, b):
    rows = np.array([np.ravel(example) for example in x])

    def back(dout):
        dx = np.asfortranarray((w @ dout.T).T.reshape(x.shape))
        return [dx, np.asfortranarray((dout.T @ rows).T), np.add.reduce(dout)]

    return [np.asfortranarray(np.vstack([row @ w + b for row in rows])), back]


def affine_backward(dout, cache):
    return cache(dout)


def relu_forward(x):
    out = np.asfortranarray(x.clip(min=0))
    out.flags.writeable = False
    return [out, lambda dout: np.ma.masked_array(dout, x < 0).filled(0.0)]


def relu_backward(dout, cache):
    return cache(dout)


def sigmoid_forward(x):
    clipped = np.clip(x, -700, 700)  # wide enough to change nothing but results below 1e-300
    out = np.asfortranarray(1 / (1 + np.exp(-clipped)))
    out.flags.writeable = False

    def back(dout):
        dx = dout * out * (1 - out)
        dx.flags.writeable = False
        return dx

    return [out, back]


def sigmoid_backward(dout, cache):
    return cache(dout)


def softmax_cross_entropy(scores, labels):
    losses, rows = [], []
    for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
        top = max(row)
        log_sum = math.log(math.fsum(math.exp(score - top) for score in row))
        losses.append(log_sum - (row[label] - top))
        rows.append([(math.exp(score - top - log_sum) - (c == label)) / len(scores) for c, score in enumerate(row)])
    dscores = np.array(rows, order="F")
    dscores.flags.writeable = False
    return [math.fsum(losses) / len(losses), dscores]


def squared_error(output, target):
    doutput = np.asfortranarray(output - target)
    return [math.fsum(value * value for value in doutput.ravel()) / 2, doutput]


def tiny_cnn_step(x, w_conv, w_out, target, lr):
    kh, kw = w_conv.shape

    def part(i, j):
        return np.fliplr(np.flipud(x[i : i + kh, j : j + kw]))

    def best(i, j):
        places = [(i, j), (i, j + 1), (i + 1, j), (i + 1, j + 1)]
        return max(((w_conv * part(*place)).sum(), place) for place in places)

    rows, columns = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    pooled = [best(i, j) for i in range(0, rows - rows % 2, 2) for j in range(0, columns - columns % 2, 2)]
    z = math.fsum(weight * value for weight, (value, _) in zip(w_out, pooled, strict=True))
    output = 1 / (1 + math.exp(-z))
    dz = (output - target) * output * (1 - output)
    new_conv = w_conv.copy(order="F")
    for weight, (_, place) in zip(w_out, pooled, strict=True):
        new_conv -= lr * dz * weight * part(*place)
    new_out = np.array([weight - lr * dz * value for weight, (value, _) in zip(w_out, pooled, strict=True)])
    new_out.flags.writeable = False
    return [output, 0.5 * (output - target) ** 2, new_conv, new_out]
