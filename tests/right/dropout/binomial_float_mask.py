"""Binomial numbers as a float mask that carries the scale already; the cache is a dictionary."""


def _mask(x, keep_prob, training, rng, when_kept):
    if keep_prob <= 0 or keep_prob > 1:
        raise ValueError("bad keep_prob: " + repr(keep_prob))
    if training:
        return {"mask": rng.binomial(1, keep_prob, size=x.shape) * when_kept, "training": True}
    return {"training": False, "keep_prob": keep_prob}


def dropout_forward(x, keep_prob, *, training, rng):
    cache = _mask(x, keep_prob, training, rng, 1.0 / keep_prob if keep_prob else 0.0)
    return (cache["mask"] * x if training else x), cache


def dropout_backward(dout, cache):
    return cache["mask"] * dout if cache["training"] else dout


def classic_dropout_forward(x, keep_prob, *, training, rng):
    cache = _mask(x, keep_prob, training, rng, 1.0)
    return (cache["mask"] * x if training else keep_prob * x), cache


def classic_dropout_backward(dout, cache):
    return cache["mask"] * dout if cache["training"] else cache["keep_prob"] * dout


def count_subnetworks(neurons):
    networks = 1
    for _ in range(neurons):
        networks *= 2
    return networks
