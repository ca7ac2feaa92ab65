"""Returns from the first step what cannot be an argument of the second."""

# points: 0
# outcomes: crashed failed skipped
# report:

import itertools

import numpy as np

deep = 0
for _ in range(20):
    deep = [deep]
RESULTS = itertools.cycle(
    [
        np.zeros(3, dtype=complex),
        np.array([None]),
        deep,
        1 << 5000,
        [np.zeros(2, dtype=complex)],
        np.zeros(4_200_000),
    ]
)


def running_mean(x, mean, steps):
    result = next(RESULTS)
    return result, result
