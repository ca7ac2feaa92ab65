"""Known wrong ways."""

from reference.scale import oracle

from grader.checking import misconception


@misconception("scale_forward", "A factor multiplies; it is not added.")
def added(x, factor):
    return x + factor, (x, factor)


@misconception("scale_backward", "The factor acts on every entry, so its gradient is a sum over them, not a mean.")
def mean_for_sum(dout, cache):
    dx, dfactor = oracle.scale_backward(dout, cache)
    return dx, dfactor / dout.size


@misconception("shares", "The smaller shares are left out.")
def larger_only(total, parts):
    return oracle.shares(total, parts)[:1]


@misconception("running_mean", "The old mean stands for all earlier steps together, not for one.")
def half_way(x, mean, steps):
    return (x + mean) / 2, steps + 1
