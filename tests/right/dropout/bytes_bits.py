"""Random bytes read as whole numbers of 64 bits; masks are packed into bits."""

import numpy as np


def _packed(x, keep_prob, rng):
    numbers = np.frombuffer(rng.bytes(8 * x.size), dtype=np.uint64)
    return np.packbits((numbers >> np.uint64(11)) * 2.0**-53 < keep_prob)


def _bits(packed, shape):
    return np.unpackbits(packed, count=int(np.prod(shape))).reshape(shape)


def _check(keep_prob):
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob: {keep_prob}")


def dropout_forward(x, keep_prob, *, training, rng):
    _check(keep_prob)
    if not training:
        return x + 0.0, (None, keep_prob)
    packed = _packed(x, keep_prob, rng)
    return x * _bits(packed, x.shape) / keep_prob, (packed, keep_prob)


def dropout_backward(dout, cache):
    packed, keep_prob = cache
    return dout + 0.0 if packed is None else dout * _bits(packed, dout.shape) / keep_prob


def classic_dropout_forward(x, keep_prob, *, training, rng):
    _check(keep_prob)
    if not training:
        return x * keep_prob, (None, keep_prob)
    packed = _packed(x, keep_prob, rng)
    return x * _bits(packed, x.shape), (packed, keep_prob)


def classic_dropout_backward(dout, cache):
    packed, keep_prob = cache
    return dout * keep_prob if packed is None else dout * _bits(packed, dout.shape)


def count_subnetworks(neurons):
    return int.from_bytes(bytes([1 << neurons % 8]) + bytes(neurons // 8), "big")
