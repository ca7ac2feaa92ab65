"""What several commands do with their options in the same way."""

from __future__ import annotations

import argparse
from pathlib import Path


def percent(text: str) -> float:
    """The value of --fail-under."""
    value = float(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100")
    return value


def default_path() -> Path:
    """Where a student's files are when no path is given."""
    return Path("assignments") if Path("assignments").is_dir() else Path(".")
