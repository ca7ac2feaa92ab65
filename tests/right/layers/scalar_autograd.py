"""A small automatic differentiation of single numbers, as blog posts have it, does every gradient."""

import math

import numpy as np


class Value:
    def __init__(self, data, parents=(), local=()):
        self.data, self.grad, self.parents, self.local = float(data), 0.0, parents, local

    def __add__(s, o):
        o = o if isinstance(o, Value) else Value(o)
        return Value(s.data + o.data, (s, o), (1.0, 1.0))

    __radd__ = __add__

    def __mul__(s, o):
        o = o if isinstance(o, Value) else Value(o)
        return Value(s.data * o.data, (s, o), (o.data, s.data))

    __rmul__ = __mul__

    def __neg__(s):
        return s * -1

    def __sub__(s, o):
        return s + (-o if isinstance(o, Value) else Value(-o))

    def relu(s):
        return Value(max(0.0, s.data), (s,), (float(s.data > 0),))

    def sig(s):
        y = 1 / (1 + math.exp(-s.data)) if s.data > -700 else 0.0
        return Value(y, (s,), (y * (1 - y),))

    def backward(s, seed=1.0):
        order, seen = [], set()

        def visit(v):
            if id(v) not in seen:
                seen.add(id(v))
                [visit(p) for p in v.parents]
                order.append(v)

        visit(s)
        for v in order:
            v.grad = 0.0
        s.grad = seed
        for v in reversed(order):
            for p, slope in zip(v.parents, v.local, strict=False):
                p.grad += slope * v.grad


wrap = np.vectorize(Value, otypes=[object])
data = np.vectorize(lambda v: v.data, otypes=[float])
grad = np.vectorize(lambda v: v.grad, otypes=[float])


def run(out, dout, *leaves):
    total = Value(0.0)
    for o, d in zip(np.ravel(out), np.ravel(dout), strict=False):
        total = total + o * float(d)
    total.backward()
    for leaf in leaves:
        for _v in np.ravel(leaf):
            pass
    return [grad(leaf) for leaf in leaves]


def affine_forward(x, w, b):
    X, Wt, B = wrap(x), wrap(w), wrap(b)
    out = X.reshape(len(x), -1).dot(Wt) + B
    return data(out), (out, X, Wt, B)


def affine_backward(dout, cache):
    out, *leaves = cache
    return tuple(run(out, dout, *leaves))


def relu_forward(x):
    X = wrap(x)
    out = np.vectorize(lambda v: v.relu(), otypes=[object])(X)
    return data(out), (out, X)


def relu_backward(dout, cache):
    return run(cache[0], dout, cache[1])[0]


def sigmoid_forward(x):
    X = wrap(x)
    out = np.vectorize(lambda v: v.sig(), otypes=[object])(X)
    return data(out), (out, X)


def sigmoid_backward(dout, cache):
    return run(cache[0], dout, cache[1])[0]


def softmax_cross_entropy(scores, labels):
    p = scores - scores.max(axis=-1, keepdims=True)
    p = np.exp(p - np.logaddexp.reduce(p, axis=1, keepdims=True))
    lp = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    loss = -np.take_along_axis(lp, labels[:, None], 1).mean()
    np.put_along_axis(p, labels[:, None], np.take_along_axis(p, labels[:, None], 1) - 1, 1)
    return loss, p / labels.size


def squared_error(output, target):
    out = wrap(output)
    d = out - target
    loss = (d * d).sum() * 0.5
    loss.backward()
    return loss.data, grad(out)


def tiny_cnn_step(x, w_conv, w_out, target, lr):
    Wc, Wo = wrap(w_conv), wrap(w_out)
    kh, kw = w_conv.shape
    H, W = x.shape[0] - kh + 1, x.shape[1] - kw + 1
    m = [
        [
            sum((Wc[a, b] * x[i + kh - 1 - a, j + kw - 1 - b] for a in range(kh) for b in range(kw)), Value(0))
            for j in range(W)
        ]
        for i in range(H)
    ]
    pooled = [
        max((m[2 * i][2 * j], m[2 * i][2 * j + 1], m[2 * i + 1][2 * j], m[2 * i + 1][2 * j + 1]), key=lambda v: v.data)
        for i in range(H // 2)
        for j in range(W // 2)
    ]
    out = sum((p * q for p, q in zip(pooled, Wo, strict=False)), Value(0)).sig()
    d = out - float(target)
    loss = d * d * 0.5
    loss.backward()
    return out.data, loss.data, w_conv - lr * grad(Wc), w_out - lr * grad(Wo)
