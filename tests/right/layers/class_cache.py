"""A class for every layer, whose objects are the caches; the tiny network is put together from them."""

import numpy as np


class Affine:
    def __init__(self, w, b):
        self.w, self.b = w.copy(), b.copy()

    def forward(self, x):
        self.shape = x.shape
        self.rows = x.reshape(x.shape[0], -1)
        return np.dot(self.rows, self.w) + self.b

    def backward(self, dout):
        self.dw = np.dot(self.rows.T, dout)
        self.db = np.sum(dout, axis=0)
        return np.dot(dout, self.w.T).reshape(self.shape)


class Relu:
    def forward(self, x):
        self.positive = x >= 0
        return np.where(self.positive, x, 0)

    def backward(self, dout):
        return np.where(self.positive, dout, 0)


class Sigmoid:
    def forward(self, x):
        self.out = np.empty(np.shape(x))
        positive = np.asarray(x) >= 0
        self.out[positive] = 1 / (1 + np.exp(-x[positive]))
        power = np.exp(x[~positive])
        self.out[~positive] = power / (1 + power)
        return self.out

    def backward(self, dout):
        return dout * self.out * (1 - self.out)


class Convolution:
    def __init__(self, w):
        self.w = w

    def forward(self, x):
        self.x = x
        kh, kw = self.w.shape
        self.out = np.zeros((x.shape[0] - kh + 1, x.shape[1] - kw + 1))
        for place in np.ndindex(self.out.shape):
            self.out[place] = np.vdot(self.part(place), np.flip(self.w))
        return self.out

    def part(self, place):
        return self.x[place[0] : place[0] + self.w.shape[0], place[1] : place[1] + self.w.shape[1]]

    def backward(self, dout):
        self.dw = np.zeros(self.w.shape)
        for place in np.ndindex(dout.shape):
            self.dw += np.flip(self.part(place)) * dout[place]


class MaxPooling:
    def forward(self, x):
        self.x = x
        self.out = np.zeros((x.shape[0] // 2, x.shape[1] // 2))
        for i, j in np.ndindex(self.out.shape):
            self.out[i, j] = np.amax(x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
        return self.out

    def backward(self, dout):
        dx = np.zeros(self.x.shape)
        for i, j in np.ndindex(dout.shape):
            window = self.x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            dx[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = (window == self.out[i, j]) * dout[i, j]
        return dx


def affine_forward(x, w, b):
    layer = Affine(w, b)
    return layer.forward(x), layer


def affine_backward(dout, cache):
    dx = cache.backward(dout)
    return dx, cache.dw, cache.db


def relu_forward(x):
    layer = Relu()
    return layer.forward(x), layer


def relu_backward(dout, cache):
    return cache.backward(dout)


def sigmoid_forward(x):
    layer = Sigmoid()
    return layer.forward(x), layer


def sigmoid_backward(dout, cache):
    return cache.backward(dout)


def softmax_cross_entropy(scores, labels):
    shifted = scores - np.amax(scores, axis=1)[:, None]
    log_p = shifted - np.log(np.exp(shifted).sum(1))[:, None]
    picked = np.take_along_axis(log_p, labels[:, None], axis=1)
    gradient = np.exp(log_p)
    np.put_along_axis(gradient, labels[:, None], np.exp(picked) - 1, axis=1)
    return -np.mean(picked), gradient / scores.shape[0]


def squared_error(output, target):
    return np.linalg.norm(output - target) ** 2 / 2, output - target


def tiny_cnn_step(x, w_conv, w_out, target, lr):
    convolution, pooling, squash = Convolution(w_conv), MaxPooling(), Sigmoid()
    neuron = Affine(w_out[:, None], np.zeros(1))
    pooled = pooling.forward(convolution.forward(x))
    output = squash.forward(neuron.forward(pooled[None]))
    loss, doutput = squared_error(output, np.full((1, 1), target))
    dpooled = neuron.backward(squash.backward(doutput))
    convolution.backward(pooling.backward(dpooled[0]))
    return output.item(), loss.item(), w_conv - lr * convolution.dw, w_out - lr * neuron.dw[:, 0]
