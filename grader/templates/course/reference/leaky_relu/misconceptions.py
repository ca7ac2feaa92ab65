"""Known wrong ways to write the functions of the topic leaky_relu."""

import numpy as np

from grader.checking import misconception
from reference.leaky_relu import oracle


@misconception(
    "leaky_relu_forward",
    "Positive and negative entries are exchanged: x stays as it is where it is positive, and is multiplied by the "
    "slope where it is negative.",
)
def slope_on_the_positive_side(x, slope):
    _, cache = oracle.leaky_relu_forward(x, slope)
    return np.where(x > 0, slope * x, x), cache


@misconception("leaky_relu_forward", "A slope outside [0, 1) must raise ValueError.")
def slope_not_checked(x, slope):
    return np.where(x > 0, x, slope * x), (x, slope)


@misconception(
    "leaky_relu_backward",
    "The derivative of the leaky ReLU is there, but not multiplied by dout, the gradient that comes from the layers "
    "above (chain rule).",
)
def derivative_without_dout(dout, cache):
    return oracle.leaky_relu_backward(np.ones_like(dout), cache)
