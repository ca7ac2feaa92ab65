"""The closed set of operations on models, by name; imports torch, nothing of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import models
from .fullsize import run_full_size

OPERATIONS: dict[str, Callable[..., Any]] = {**models.OPERATIONS, run_full_size.__name__: run_full_size}
