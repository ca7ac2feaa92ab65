"""The one place that writes a report to a file: whole or not at all; and what is done where a terminal lacks a letter."""

from __future__ import annotations

import codecs
import io
import os
import sys
import tempfile
from pathlib import Path

from grader.errors import UsageError

SUBSTITUTES = {"✓": "+", "✗": "x", "…": "~", "─": "-"}


def print_in_any_encoding() -> None:
    """Have standard output replace what its encoding lacks, in place of raising; a wish in PYTHONIOENCODING is left alone."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors in ("strict", "surrogateescape"):
        codecs.register_error("convgrade", _substitute)
        sys.stdout.reconfigure(errors="convgrade")


def _substitute(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end]
    return "".join(SUBSTITUTES.get(letter, "?") for letter in lacking), error.end


def write_output(path: str, text: str) -> None:
    """Write `text` as UTF-8 to a file, replacing it only once everything is written; "-" is standard output.

    Raises UsageError that names the file when it cannot be written.
    """
    if path == "-":
        sys.stdout.write(text)
        return
    write_bytes(Path(path), text.encode())


HALF = ".convgrade-"
"""How the names of files begin that are not whole yet."""


def write_bytes(target: Path, content: bytes) -> None:
    """Write a file, replacing what is there only once everything is on the disk, so that a power cut leaves one or the other.

    Raises UsageError that names the file when it cannot be written.
    """
    temporary = None
    try:
        if target.exists() and not target.is_file():  # a pipe or a device: there is nothing to replace
            target.write_bytes(content)
            return
        descriptor, temporary = tempfile.mkstemp(prefix=f"{HALF}{target.name[:80]}-", dir=target.parent)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, target)
        temporary = None
        _flush_folder(target.parent)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """Have the new name on the disk too; where a folder cannot be opened for this, it is left to the system."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:  # some network file systems refuse this
        pass
    finally:
        os.close(descriptor)
