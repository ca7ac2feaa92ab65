"""Oracle results are worked out once in a run, however many checks and submissions ask for them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
CASES = 4096


def remember(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Cache a function of hashable arguments; arrays in its result become read-only, since they are shared."""

    @functools.lru_cache(maxsize=CASES)
    def cached(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        result = function(*args, **kwargs)
        _lock(result)
        return result

    functools.update_wrapper(cached, function)
    return cached  # type: ignore[return-value]  # lru_cache's type asks for Hashable arguments


def _lock(value: Any) -> None:
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, (tuple, list)):
        for item in value:
            _lock(item)
