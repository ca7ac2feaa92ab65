"""The one place that writes a report to a file: whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from grader.errors import UsageError


def write_output(path: str, text: str) -> None:
    """Write `text` as UTF-8 to a file, replacing it only once everything is written; "-" is standard output.

    Raises UsageError that names the file when it cannot be written.
    """
    if path == "-":
        sys.stdout.write(text)
        return
    target = Path(path)
    if target.exists() and not target.is_file():  # a pipe or a device: there is nothing to replace
        with target.open("w", encoding="utf-8") as stream:
            stream.write(text)
        return
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
