"""How far a right answer may be off: componentwise, from the magnitudes that went into each entry.

A sum of n products computed in float32 is off by at most about n * eps32 / 2 times the sum of the products' absolute
values, whatever cancels (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1); rounding errors
being of either sign it is nearer to sqrt(n). FACTOR covers the sizes that checks draw, and a second rounding.
"""

from __future__ import annotations

import numpy as np

EPS32 = float(np.finfo(np.float32).eps)
FACTOR = 32.0


def allowed_error(bound: np.ndarray | float) -> np.ndarray:
    """Allowed absolute error per entry, given the magnitude `bound` that went into that entry."""
    return np.asarray(FACTOR * EPS32 * np.abs(np.asarray(bound, dtype=np.float64)))
