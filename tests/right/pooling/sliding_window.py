"""Views by sliding_window_view, gradients written through writable views, one window offset at a time."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def _sides(value):
    height, width = np.broadcast_to(value, 2)  # NumPy ints
    return height, width


def _view(x, kernel, stride):
    kh, kw = _sides(kernel)
    sh, sw = _sides(stride)
    if sh <= 0 or sw <= 0:
        raise ValueError(f"stride={stride}: 1 is the smallest stride")
    if x.shape[2] < kh or x.shape[3] < kw:
        raise ValueError(f"kernel={kernel} does not fit into an image of {x.shape[2:]}")
    return sliding_window_view(x, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw]


def _add_back(parts, shape, stride):
    sh, sw = _sides(stride)
    dx = np.zeros(shape)
    oh, ow, kh, kw = parts.shape[2:]
    for a in range(kh):
        for b in range(kw):
            dx[:, :, a : a + sh * oh : sh, b : b + sw * ow : sw][:, :, :oh, :ow] += parts[..., a, b]
    return dx


def max_pool_forward(x, kernel, stride):
    view = _view(x, kernel, stride)
    return view.max(axis=(4, 5)), {"view": view.copy(), "shape": x.shape, "stride": stride}


def max_pool_backward(dout, cache):
    view = cache["view"]
    flat = view.reshape(*view.shape[:4], -1)
    chosen = np.zeros_like(flat)
    np.put_along_axis(chosen, flat.argmax(-1)[..., None], 1.0, axis=-1)
    return _add_back(chosen.reshape(view.shape) * dout[..., None, None], cache["shape"], cache["stride"])


def avg_pool_forward(x, kernel, stride):
    view = _view(x, kernel, stride)
    return view.mean(axis=(-1, -2)), (x.shape, view.shape, stride)


def avg_pool_backward(dout, cache):
    shape, windows, stride = cache
    parts = np.broadcast_to((dout / (windows[4] * windows[5]))[..., None, None], windows)
    return _add_back(parts, shape, stride)


def l2_pool_forward(x, kernel, stride):
    view = _view(x, kernel, stride)
    out = np.linalg.norm(view.reshape(*view.shape[:4], -1), axis=-1)
    return out, (x.shape, view.copy(), stride)


def l2_pool_backward(dout, cache):
    shape, view, stride = cache
    norms = np.linalg.norm(view.reshape(*view.shape[:4], -1), axis=-1)
    return _add_back(view * (dout / norms)[..., None, None], shape, stride)


def global_avg_pool_forward(x):
    return x.reshape(x.shape[0], x.shape[1], -1).mean(-1), x.shape


def global_avg_pool_backward(dout, cache):
    n, c, h, w = cache
    return np.broadcast_to(dout.reshape(n, c, 1, 1) / (h * w), cache)  # read-only, strides of 0


def max_pool_with_switches(x, kernel, stride):
    view = _view(x, kernel, stride)
    flat = view.reshape(*view.shape[:4], -1)
    return flat.max(-1), (flat.argmax(-1), view.shape[4:])


def max_unpool(x, switches, output_shape):
    numbers, (kh, kw) = switches
    out = np.zeros(output_shape)
    n, c, i, j = np.indices(x.shape)
    out[n, c, i * kh + numbers // kw, j * kw + numbers % kw] = x
    return out
