"""Leaky ReLU and its gradient. Write both functions with NumPy; no function changes its arguments."""

import numpy as np


def leaky_relu_forward(x, slope):
    """Leaky ReLU: x where x is positive, slope * x elsewhere.

        out = x            where x > 0
        out = slope * x    where x <= 0

    Arguments: x, an array of any shape; slope, a number in [0, 1).
    Returns (out, cache): out has the shape of x; cache is whatever leaky_relu_backward needs.
    Raises ValueError, naming slope and its value, when slope is not in [0, 1).

    Example: with slope 0.1, x = [2, -3] gives [2, -0.3].

    Source: Maas, Hannun and Ng (2013), section 2.
    """
    # solution begins
    if not 0 <= slope < 1:
        raise ValueError(f"slope must be in [0, 1), got {slope}")
    return np.where(x > 0, x, slope * x), (x, slope)
    # solution ends


def leaky_relu_backward(dout, cache):
    """The gradient of the loss with respect to x.

        dx = dout            where x > 0
        dx = slope * dout    where x < 0

    Arguments: dout, the gradient with respect to out, of the same shape; cache, as leaky_relu_forward returned it.
    Returns dx, of the shape of x.

    Example: with slope 0.1 and x = [2, -3], dout = [5, 7] gives [5, 0.7].
    """
    # solution begins
    x, slope = cache
    return dout * np.where(x > 0, 1.0, slope)
    # solution ends
