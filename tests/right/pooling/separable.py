"""Rows first, then columns: maxima of row maxima, sums by cumulative sums; the cache holds plain Python lists."""

import numpy as np


def _arguments(x, kernel, stride):
    kernel = [kernel, kernel] if isinstance(kernel, int) else list(kernel)
    stride = [stride, stride] if isinstance(stride, int) else list(stride)
    for axis in (0, 1):
        if kernel[axis] > x.shape[2 + axis]:
            raise ValueError(f"kernel={kernel[axis]} along axis {2 + axis} exceeds the input's {x.shape[2 + axis]}")
        if stride[axis] < 1:
            raise ValueError(f"stride={stride[axis]} along axis {2 + axis}")
    return kernel, stride


def _starts(size, kernel, stride):
    starts, start = [], 0
    while start + kernel <= size:
        starts.append(start)
        start += stride
    return starts


def _along(x, axis, kernel, stride, reduce):
    """`reduce` over the windows of one axis."""
    moved = np.moveaxis(x, axis, 0)
    rows = [reduce(moved[start : start + kernel], axis=0) for start in _starts(len(moved), kernel, stride)]
    return np.moveaxis(np.array(rows), 0, axis)


def _sums(x, axis, kernel, stride):
    """Sums over the windows of one axis, as differences of cumulative sums."""
    total = np.cumsum(np.moveaxis(x, axis, 0), axis=0)
    total = np.concatenate([np.zeros_like(total[:1]), total])
    starts = np.array(_starts(x.shape[axis], kernel, stride))
    return np.moveaxis(total[starts + kernel] - total[starts], 0, axis)


def _spread(values, axis, kernel, stride, size):
    """The adjoint of `_sums`: each value added to all entries of its window, by a cumulative sum of differences."""
    moved = np.moveaxis(values, axis, 0)
    steps = np.zeros((size + 1, *moved.shape[1:]))
    for value, start in zip(moved, _starts(size, kernel, stride), strict=True):
        steps[start] += value
        steps[start + kernel] -= value
    return np.moveaxis(np.cumsum(steps, axis=0)[:-1], 0, axis)


def max_pool_forward(x, kernel, stride):
    kernel, stride = _arguments(x, kernel, stride)
    rows = _along(x, 2, kernel[0], stride[0], np.max)
    return _along(rows, 3, kernel[1], stride[1], np.max), [x, rows, kernel, stride]


def max_pool_backward(dout, cache):
    x, rows, kernel, stride = cache
    return _route(_route(dout, rows, 3, kernel[1], stride[1]), x, 2, kernel[0], stride[0])


def _route(dout, x, axis, kernel, stride):
    """The gradient of the maxima along one axis; the last of several equal ones gets it."""
    moved, parts = np.moveaxis(x, axis, -1), np.moveaxis(dout, axis, -1)
    dx = np.zeros(moved.shape)
    for number, start in enumerate(_starts(moved.shape[-1], kernel, stride)):
        window = moved[..., start : start + kernel]
        last = kernel - 1 - window[..., ::-1].argmax(axis=-1)
        dx[(*np.indices(last.shape), start + last)] += parts[..., number]
    return np.moveaxis(dx, -1, axis)


def avg_pool_forward(x, kernel, stride):
    kernel, stride = _arguments(x, kernel, stride)
    sums = _sums(_sums(x, 2, kernel[0], stride[0]), 3, kernel[1], stride[1])
    return sums / kernel[0] / kernel[1], [list(x.shape), kernel, stride]


def avg_pool_backward(dout, cache):
    shape, kernel, stride = cache
    rows = _spread(dout / kernel[1], 3, kernel[1], stride[1], shape[3])
    return _spread(rows / kernel[0], 2, kernel[0], stride[0], shape[2])


def l2_pool_forward(x, kernel, stride):
    kernel, stride = _arguments(x, kernel, stride)
    rows = _along(x, 2, kernel[0], stride[0], np.linalg.norm)
    out = _along(rows, 3, kernel[1], stride[1], np.linalg.norm)
    return out, [x, out, kernel, stride]


def l2_pool_backward(dout, cache):
    x, norms, kernel, stride = cache
    rows = _spread(dout / norms, 3, kernel[1], stride[1], x.shape[3])
    return x * _spread(rows, 2, kernel[0], stride[0], x.shape[2])


def global_avg_pool_forward(x):
    return np.mean(np.mean(x, axis=3), axis=2), list(x.shape)


def global_avg_pool_backward(dout, cache):
    return np.tile(dout[:, :, None, None], (1, 1, cache[2], cache[3])) / cache[2] / cache[3]


def max_pool_with_switches(x, kernel, stride):
    kernel, stride = _arguments(x, kernel, stride)
    out, (_, rows, *_) = max_pool_forward(x, tuple(kernel), tuple(stride))
    return out, (rows, x, kernel)


def max_unpool(x, switches, output_shape):
    rows, image, kernel = switches
    return max_pool_backward(x, [image, rows, kernel, kernel]).reshape(output_shape)
