"""Returns objects that give another array each time NumPy asks, and break the process the third time."""

# points: 0
# outcomes: failed crashed skipped
# report: the output is not a NumPy array

import os

import numpy as np


class Changing:
    asked = 0

    def __array__(self, *arguments, **keywords):
        self.asked += 1
        if self.asked > 2:
            os._exit(0)
        return np.zeros((2, self.asked))


def scale_forward(x, factor):
    return Changing(), None
