"""The gaps between dropped neurons are drawn, as geometric numbers; the cache is the places of those dropped."""


def _dropped(size, keep_prob, rng):
    """Places in the flattened array; each gap is how far it is to the next neuron dropped."""
    places, last = [], -1
    while keep_prob < 1:
        last += int(rng.geometric(1 - keep_prob))
        if last >= size:
            break
        places.append(last)
    return places


def _without(values, places):
    out = values.flatten()
    out[places] = 0
    return out.reshape(values.shape)


def _check(keep_prob):
    if keep_prob <= 0 or 1 < keep_prob:
        raise ValueError(f"a keep_prob of {keep_prob} is not allowed")


def dropout_forward(x, keep_prob, *, training, rng):
    _check(keep_prob)
    places = _dropped(x.size, keep_prob, rng) if training else []
    factor = keep_prob if training else 1
    return _without(x / factor, places), [places, factor]


def dropout_backward(dout, cache):
    places, factor = cache
    return _without(dout / factor, places)


def classic_dropout_forward(x, keep_prob, *, training, rng):
    _check(keep_prob)
    places = _dropped(x.size, keep_prob, rng) if training else []
    factor = 1 if training else keep_prob
    return _without(x * factor, places), [places, factor]


def classic_dropout_backward(dout, cache):
    places, factor = cache
    return _without(dout * factor, places)


def count_subnetworks(neurons):
    return len(range(2**neurons)) if neurons < 8 else 2**neurons
