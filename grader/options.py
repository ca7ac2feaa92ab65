"""What several commands do with their options in the same way."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path


def percent(text: str) -> float:
    """The value of --fail-under."""
    value = float(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100")
    return value


def count(text: str) -> int:
    """The value of --jobs."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


def moment(text: str) -> datetime:
    """The value of --handed-in: a date and time, in UTC where it has no offset."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a date like 2026-12-01T23:59+01:00") from None
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_path() -> Path:
    """Where a student's files are when no path is given."""
    return Path("assignments") if Path("assignments").is_dir() else Path(".")
