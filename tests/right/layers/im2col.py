"""Matrix products with im2col, gradients by its transpose, one-hot rows; results are views with wide strides."""

import numpy as np


def _spread(array):
    """The same values in every second place of a larger array: not contiguous."""
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]))
    wide[..., ::2] = array
    return wide[..., ::2]


def affine_forward(x, w, b):
    rows = x.reshape(x.shape[0], w.shape[0])
    return _spread(np.matmul(rows, w) + b[None, :]), (rows, w, x.shape)


def affine_backward(dout, cache):
    rows, w, shape = cache
    dx = np.matmul(dout, w.transpose()).reshape(shape)
    return _spread(dx), _spread(np.matmul(rows.transpose(), dout)), _spread(np.matmul(np.ones(len(dout)), dout))


def relu_forward(x):
    mask = np.heaviside(x, 0.0)
    return _spread(mask * x), mask


def relu_backward(dout, cache):
    return _spread(cache * dout)


def sigmoid_forward(x):
    exponential = np.exp(np.minimum(x, 0.0))  # exp(x) / (1 + exp(x)) on the left, 1 / (1 + exp(-x)) on the right
    out = exponential / (exponential + np.exp(np.minimum(-x, 0.0)))
    return _spread(out), out


def sigmoid_backward(dout, cache):
    return _spread(cache * dout - cache * cache * dout)


def softmax_cross_entropy(scores, labels):
    one_hot = np.zeros(scores.shape)
    one_hot[np.arange(len(labels)), labels] = 1.0
    exponents = scores - np.sort(scores, axis=1)[:, -1:]
    powers = np.exp(exponents)
    sums = powers @ np.ones((scores.shape[1], 1))
    loss = np.sum(np.log(sums)) - np.sum(one_hot * exponents)
    return loss / len(scores), _spread((powers / sums - one_hot) / len(scores))


def squared_error(output, target):
    return np.square(output - target).sum() / 2.0, _spread(output - target)


def tiny_cnn_step(x, w_conv, w_out, target, lr):
    kh, kw = w_conv.shape
    rows, columns = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    patches = [x[i : i + kh, j : j + kw].ravel()[::-1] for i in range(rows) for j in range(columns)]
    matrix = np.array(patches)
    conv = matrix @ w_conv.ravel()
    chosen = []
    for i in range(rows // 2):
        for j in range(columns // 2):
            places = np.array([(2 * i + a) * columns + 2 * j + b for a in range(2) for b in range(2)])
            chosen.append(places[np.argmax(conv[places])])
    picked = matrix[chosen]
    pooled = picked @ w_conv.ravel()
    output, state = sigmoid_forward(np.array([pooled @ w_out]))
    loss, dout = squared_error(output, np.array([target]))
    dz = sigmoid_backward(dout, state)
    dkernel = (w_out * dz) @ picked
    return output[0], loss, _spread(w_conv - lr * dkernel.reshape(kh, kw)), _spread(w_out - lr * dz * pooled)
