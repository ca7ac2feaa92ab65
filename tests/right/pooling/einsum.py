"""Windows as products with 0/1 matrices: pooled sums are einsums, gradients the transposed einsums."""

import numpy as np


def _matrices(shape, kernel, stride):
    if not isinstance(kernel, (tuple, list)):
        kernel = (kernel,) * 2
    if not isinstance(stride, (tuple, list)):
        stride = (stride,) * 2
    if any(k > s for k, s in zip(kernel, shape[2:], strict=True)):
        raise ValueError("bad kernel " + str(kernel) + " for input " + str(shape))
    if any(s < 1 for s in stride):
        raise ValueError("bad stride " + str(stride))
    return [_matrix(*of_axis) for of_axis in zip(shape[2:], kernel, stride, strict=True)]


def _matrix(size, kernel, stride):
    """(number of windows, kernel, size): 1 where entry a of window i is row i*stride + a."""
    count = (size - kernel) // stride + 1
    rows = stride * np.arange(count)[:, None, None] + np.arange(kernel)[:, None]
    return (rows == np.arange(size)).astype(np.float64)


def _windows(x, matrices):
    return np.einsum("iah,jbw,nchw->ncijab", *matrices, x)


def _back(parts, matrices):
    return np.einsum("iah,jbw,ncijab->nchw", *matrices, parts)


def max_pool_forward(x, kernel, stride):
    matrices = _matrices(x.shape, kernel, stride)
    return np.amax(_windows(x, matrices), axis=(4, 5)), (x, matrices)


def max_pool_backward(dout, cache):
    x, matrices = cache
    windows = _windows(x, matrices)
    tied = windows == windows.max(axis=(4, 5), keepdims=True)
    return _back(np.einsum("ncij,ncijab->ncijab", dout / tied.sum(axis=(4, 5)), tied), matrices)


def avg_pool_forward(x, kernel, stride):
    rows, columns = _matrices(x.shape, kernel, stride)
    down, across = rows.mean(axis=1), columns.mean(axis=1)
    return np.einsum("ih,jw,nchw->ncij", down, across, x), (down, across)


def avg_pool_backward(dout, cache):
    return np.einsum("ih,jw,ncij->nchw", *cache, dout)


def l2_pool_forward(x, kernel, stride):
    matrices = _matrices(x.shape, kernel, stride)
    windows = _windows(x, matrices)
    norms = np.einsum("ncijab,ncijab->ncij", windows, windows) ** 0.5
    return norms, (x, norms, matrices)


def l2_pool_backward(dout, cache):
    x, norms, (rows, columns) = cache
    return x * np.einsum("iah,jbw,ncij->nchw", rows, columns, dout / norms)


def global_avg_pool_forward(x):
    return np.einsum("nchw->nc", x) / (x.shape[2] * x.shape[3]), np.ones(x.shape[2:]) / (x.shape[2] * x.shape[3])


def global_avg_pool_backward(dout, cache):
    return np.einsum("nc,hw->nchw", dout, cache)


def max_pool_with_switches(x, kernel, stride):
    out, cache = max_pool_forward(x, kernel, stride)
    return out, cache


def max_unpool(x, switches, output_shape):
    return max_pool_backward(x, switches).reshape(output_shape)
