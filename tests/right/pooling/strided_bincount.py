"""Windows by as_strided, gradients by bincount over flat places, switches in a dictionary."""

from __future__ import annotations

from functools import wraps

import numpy as np
from numpy.lib.stride_tricks import as_strided


def pairs(f):
    @wraps(f)
    def g(x, kernel, stride):
        k, s = (v if isinstance(v, tuple) else (v,) * 2 for v in (kernel, stride))
        if any(a > b for a, b in zip(k, x.shape[2:], strict=False)):
            raise ValueError(f"kernel={k} exceeds {x.shape}")
        if min(s) <= 0:
            raise ValueError(f"stride={s}")
        return f(x, k, s)

    return g


def view(x, k, s):
    n, c, h, w = x.shape
    t = x.strides
    return as_strided(
        x, (n, c, (h - k[0]) // s[0] + 1, (w - k[1]) // s[1] + 1, *k), (*t[:2], t[2] * s[0], t[3] * s[1], *t[2:])
    )


def flat_index(shape, k, s):
    return view(np.ascontiguousarray(np.arange(np.prod(shape)).reshape(shape)), k, s)


def scatter(shape, idx, values):
    return np.bincount(
        idx.ravel(), weights=np.broadcast_to(values, idx.shape).ravel(), minlength=int(np.prod(shape))
    ).reshape(shape)


@pairs
def max_pool_forward(x, k, s):
    v = view(x, k, s)
    f = v.reshape(*v.shape[:4], -1)
    i = flat_index(x.shape, k, s).reshape(f.shape)
    order = np.argsort(f, axis=-1, kind="stable")[..., -1:]
    return np.take_along_axis(f, order, -1)[..., 0], (x.shape, np.take_along_axis(i, order, -1)[..., 0])


def max_pool_backward(dout, cache):
    return scatter(*cache, dout)


@pairs
def avg_pool_forward(x, k, s):
    return view(x, k, s).mean((-2, -1)), (x.shape, k, s)


def avg_pool_backward(dout, cache):
    return scatter(cache[0], flat_index(*cache), dout[..., None, None] / (cache[1][0] * cache[1][1]))


@pairs
def l2_pool_forward(x, k, s):
    v = view(x, k, s)
    out = np.hypot.reduce(np.hypot.reduce(v, -1), -1)
    return out, (x, k, s, out)


def l2_pool_backward(dout, cache):
    x, k, s, out = cache
    return scatter(x.shape, flat_index(x.shape, k, s), view(x, k, s) * (dout / out)[..., None, None])


def global_avg_pool_forward(x):
    return np.average(x.reshape(*x.shape[:2], -1), -1), x.shape[2:]


def global_avg_pool_backward(dout, cache):
    return np.broadcast_to((dout / np.prod(cache))[..., None, None], dout.shape + cache)


def max_pool_with_switches(x, kernel, stride):
    out, (shape, idx) = max_pool_forward(x, kernel, stride)
    return out, {
        tuple(map(int, p)): tuple(map(int, np.unravel_index(idx[tuple(p)], shape)))
        for p in np.argwhere(np.ones(out.shape))
    }


def max_unpool(x, switches, output_shape):
    out = np.zeros(output_shape)
    for here, there in switches.items():
        out[there] = x[here]
    return out
