"""Nested loops over every window; results come back as lists, and the last of several equal maxima wins."""

import math

import numpy as np


def pair(value):
    if isinstance(value, int):
        return value, value
    return value


def window_grid(x, kernel, stride):
    n, c, h, w = x.shape
    kh, kw = pair(kernel)
    sh, sw = pair(stride)
    if kh > h:
        raise ValueError(f"kernel height {kh} > input height {h}")
    if kw > w:
        raise ValueError(f"kernel width {kw} > input width {w}")
    if sh < 1 or sw < 1:
        raise ValueError(f"stride {stride!r} must be positive")
    oh = math.floor((h - kh) / sh) + 1
    ow = math.floor((w - kw) / sw) + 1
    return n, c, oh, ow, kh, kw, sh, sw


def every_window(grid):
    n, c, oh, ow, kh, kw, sh, sw = grid
    for a in range(n):
        for b in range(c):
            for i in range(oh):
                for j in range(ow):
                    yield a, b, i, j, range(i * sh, i * sh + kh), range(j * sw, j * sw + kw)


def max_pool_forward(x, kernel, stride):
    grid = window_grid(x, kernel, stride)
    out = np.zeros(grid[:4])
    for a, b, i, j, rows, columns in every_window(grid):
        best = -float("inf")
        for r in rows:
            for s in columns:
                if x[a, b, r, s] > best:
                    best = x[a, b, r, s]
        out[a, b, i, j] = best
    return [out, [x, grid]]


def max_pool_backward(dout, cache):
    x, grid = cache
    dx = np.zeros(x.shape)
    for a, b, i, j, rows, columns in every_window(grid):
        place = None
        for r in rows:
            for s in columns:
                if place is None or x[a, b, r, s] >= x[a, b][place]:
                    place = r, s
        dx[a, b][place] += dout[a, b, i, j]
    return dx


def avg_pool_forward(x, kernel, stride):
    grid = window_grid(x, kernel, stride)
    out = np.zeros(grid[:4])
    for a, b, i, j, rows, columns in every_window(grid):
        total = 0.0
        for r in rows:
            for s in columns:
                total += x[a, b, r, s]
        out[a, b, i, j] = total / (len(rows) * len(columns))
    return [out, [x.shape, grid]]


def avg_pool_backward(dout, cache):
    shape, grid = cache
    dx = np.zeros(shape)
    for a, b, i, j, rows, columns in every_window(grid):
        for r in rows:
            for s in columns:
                dx[a, b, r, s] += dout[a, b, i, j] / (len(rows) * len(columns))
    return dx


def l2_pool_forward(x, kernel, stride):
    grid = window_grid(x, kernel, stride)
    out = np.zeros(grid[:4])
    for a, b, i, j, rows, columns in every_window(grid):
        out[a, b, i, j] = math.hypot(*[x[a, b, r, s] for r in rows for s in columns])
    return [out, [x, out.copy(), grid]]


def l2_pool_backward(dout, cache):
    x, norms, grid = cache
    dx = np.zeros(x.shape)
    for a, b, i, j, rows, columns in every_window(grid):
        for r in rows:
            for s in columns:
                dx[a, b, r, s] += dout[a, b, i, j] * x[a, b, r, s] / norms[a, b, i, j]
    return dx


def global_avg_pool_forward(x):
    n, c, h, w = x.shape
    out = np.zeros((n, c))
    for a in range(n):
        for b in range(c):
            for r in range(h):
                for s in range(w):
                    out[a, b] += x[a, b, r, s] / (h * w)
    return [out, x.shape]


def global_avg_pool_backward(dout, cache):
    dx = np.zeros(cache)
    for a in range(cache[0]):
        for b in range(cache[1]):
            dx[a, b, :, :] = dout[a, b] / (cache[2] * cache[3])
    return dx


def max_pool_with_switches(x, kernel, stride):
    grid = window_grid(x, kernel, stride)
    out = np.zeros(grid[:4])
    switches = {}
    for a, b, i, j, rows, columns in every_window(grid):
        places = [(r, s) for r in rows for s in columns]
        place = max(places, key=lambda p: x[a, b, p[0], p[1]])
        out[a, b, i, j] = x[a, b][place]
        switches[a, b, i, j] = place
    return [out, switches]


def max_unpool(x, switches, output_shape):
    out = np.zeros(output_shape)
    for (a, b, i, j), (r, s) in switches.items():
        out[a, b, r, s] = x[a, b, i, j]
    return out
