"""The three things a submission can be, each as a list of entries that are read one by one and only when needed.

Nothing of an archive is ever unpacked to disk, so names that collide, climb out or are reserved somewhere do no harm.
"""

from __future__ import annotations

import errno
import functools
import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from grader.errors import SubmissionUnreadable

FILE_BYTES = 1 << 20
ZIP_BYTES = 64 << 20
TABLE_BYTES = 4 << 20  # a zip's table of contents is read whole, and takes some twenty times this in memory
ZIP_NAME = 300
ENTRIES = 5000
LISTED = 200_000  # names in folders that are looked at to find those entries: some second
DEPTH = 6
SKIPPED_FOLDERS = frozenset({"__pycache__", "__MACOSX", "node_modules", "site-packages", "venv", "env"})
KINDS = (".py", ".ipynb")
NOTEBOOK_BYTES = 10 << 20  # pictures in the outputs make notebooks large
PLATFORM_BYTES = 64 << 20  # what Gradescope says of a class holds the output of everyone's autograder


@dataclass(frozen=True)
class Entry:
    """One file of a submission. `read` gives its bytes, or the rest of a sentence that begins with its name.

    `modified` is when it was last changed, in seconds since 1970 (in a zip: by the clock of whoever made it); 0 if unknown.
    """

    path: PurePosixPath
    read: Callable[[], bytes | str]
    modified: float = 0.0


def folder_entries(folder: Path, kinds: tuple[str, ...] = KINDS) -> list[Entry]:
    """The files of these kinds in a folder and a few levels below; links are not followed."""
    entries: list[Entry] = []
    pending = [(folder, PurePosixPath())]
    seen = 0
    while pending:
        current, relative = pending.pop(0)
        try:
            with os.scandir(current) as listing:
                found = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            if current == folder:
                raise SubmissionUnreadable(f"{folder} cannot be listed") from None
            continue
        for item in found:
            seen += 1
            if seen > LISTED or len(entries) == ENTRIES:
                return entries
            path = relative / item.name
            if item.is_dir(follow_symlinks=False):
                hidden = item.name.startswith(".") or item.name in SKIPPED_FOLDERS
                if not hidden and len(path.parts) < DEPTH:
                    pending.append((Path(item.path), path))
            elif path.suffix.lower() in kinds and not item.name.startswith("._"):
                modified = item.stat(follow_symlinks=False).st_mtime
                entries.append(Entry(path, file_reader(Path(item.path), limit_of(path)), modified))
    return entries


def single_entry(file: Path) -> list[Entry]:
    """One file, under its own name; a link given by the caller is followed."""
    return [Entry(PurePosixPath(file.name), file_reader(file.resolve(), limit_of(PurePosixPath(file.name))))]


def zip_entries(archive: Path | bytes, kinds: tuple[str, ...] = KINDS, name: str = "the zip") -> list[Entry]:
    """The files of these kinds in a zip, given by its path or its bytes. Raises SubmissionUnreadable."""
    shown = name if isinstance(archive, bytes) else str(archive)
    size = len(archive) if isinstance(archive, bytes) else archive.stat().st_size
    if size > ZIP_BYTES:
        raise SubmissionUnreadable(f"{shown} is larger than {ZIP_BYTES >> 20} MiB; hand in the .py files alone")
    entries = []
    open_zip = opener(archive)
    for info in read_table(archive, shown, TABLE_BYTES):
        path = member_path(info)
        if path is not None and len(path.parts) <= DEPTH + 1 and path.suffix.lower() in kinds:
            reader = member_reader(open_zip, info, limit_of(path))
            entries.append(Entry(path, reader, member_time(info)))
    return entries[:ENTRIES]


def read_table(archive: Path | bytes, shown: str, table_bytes: int) -> list[zipfile.ZipInfo]:
    """A zip's table of contents, at most `table_bytes` of it. Raises SubmissionUnreadable."""
    try:
        with _opened(archive) as stream:
            if _table_size(stream) > table_bytes:
                raise SubmissionUnreadable(f"{shown} holds too many files; hand in the .py files alone")
            with zipfile.ZipFile(stream) as opened:
                # a file that was put in again counts once, as it was last: so it lies there when the zip is unpacked
                return list({info.filename: info for info in opened.infolist()}.values())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise SubmissionUnreadable(f"{shown} is not a zip that can be read: {error}") from None


def _table_size(stream: IO[bytes]) -> int:
    """Bytes of the table of contents as the end of a zip states them, which is what gets read; 0 where there is no end."""
    size = stream.seek(0, os.SEEK_END)
    tail_at = max(0, size - (1 << 16) - 100)
    stream.seek(tail_at)
    tail = stream.read()
    end = len(tail) - 22  # without a comment, which is what zipfile looks for first
    if not (tail[end:].startswith(b"PK\5\6") and tail.endswith(b"\0\0")):
        end = tail.rfind(b"PK\5\6")
    if end < 0 or end + 22 > len(tail):
        return 0
    (stated,) = struct.unpack_from("<I", tail, end + 12)
    if tail[max(0, end - 20) : end].startswith(b"PK\6\7") and end >= 76:  # the larger format's own end lies before it
        stated = max(stated if stated != 0xFFFFFFFF else 0, struct.unpack_from("<Q", tail, end - 20 - 56 + 40)[0])
    return int(stated)


def member_path(info: zipfile.ZipInfo) -> PurePosixPath | None:
    """Where a member lies; None for folders, for names that climb out, and for what tools leave behind."""
    path = PurePosixPath(member_name(info).replace("\\", "/"))
    if info.is_dir() or is_outside(path):
        return None
    return None if any(part in SKIPPED_FOLDERS or part.startswith(".") for part in path.parts) else path


def is_outside(path: PurePosixPath) -> bool:
    """Whether a member's path is one that a zip should not have: absolute, climbing out, endless, or none."""
    return path.is_absolute() or ".." in path.parts or len(str(path)) > ZIP_NAME or not path.parts


def member_name(info: zipfile.ZipInfo) -> str:
    """A member's name in its own letters."""
    name = info.filename
    if not info.flag_bits & 0x800:  # not marked as UTF-8, which many programs write all the same
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name


def member_time(info: zipfile.ZipInfo) -> float:
    """When a member was last changed, read as if its clock were in UTC; 0 where that is no date."""
    try:
        return datetime(*info.date_time, tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0


def limit_of(path: PurePosixPath) -> int:
    """Bytes that a file may have: more for a zip, for a notebook, and for what a platform says of a whole class."""
    return {".zip": ZIP_BYTES, ".ipynb": NOTEBOOK_BYTES, ".yml": PLATFORM_BYTES}.get(path.suffix.lower(), FILE_BYTES)


def opener(archive: Path | bytes) -> Callable[[], AbstractContextManager[zipfile.ZipFile]]:
    """Opens the zip when first asked, and gives the same one from then on: its whole table is read each time it is opened."""

    @functools.cache
    def opened() -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(archive) if isinstance(archive, bytes) else archive)

    return lambda: nullcontext(opened())


def _opened(archive: Path | bytes) -> IO[bytes]:
    return io.BytesIO(archive) if isinstance(archive, bytes) else archive.open("rb")


def file_reader(file: Path, limit: int = FILE_BYTES) -> Callable[[], bytes | str]:
    """Reads a regular file of at most `limit` bytes when called."""

    def read() -> bytes | str:
        try:
            kind = os.lstat(file).st_mode
            if stat.S_ISLNK(kind):
                return "is a link; hand in the file itself"
            if not stat.S_ISREG(kind):
                return "is not a regular file"
            flags = (
                os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            )
            with open(os.open(file, flags), "rb") as opened:
                found = os.fstat(opened.fileno())
                if not stat.S_ISREG(found.st_mode):
                    return "is not a regular file"
                if found.st_size > limit:
                    return _too_large(limit)
                content = opened.read(limit + 1)
        except OSError as error:
            reason = "is a link" if error.errno == errno.ELOOP else f"cannot be read: {error.strerror}"
            return reason
        return content if len(content) <= limit else _too_large(limit)

    return read


def member_reader(
    open_zip: Callable[[], AbstractContextManager[zipfile.ZipFile]], info: zipfile.ZipInfo, limit: int = FILE_BYTES
) -> Callable[[], bytes | str]:
    """Reads a member of a zip of at most `limit` bytes when called."""

    def read() -> bytes | str:
        if stat.S_ISLNK(info.external_attr >> 16):
            return "is a link; hand in the file itself"
        if info.flag_bits & 0x1:
            return "is encrypted in the zip"
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without a limit
            return "is compressed in a way that is not supported; make the zip again"
        if info.file_size > limit:
            return _too_large(limit)
        try:
            with open_zip() as opened, opened.open(info) as member:
                content = member.read(limit + 1)
        except Exception as error:  # a damaged zip raises whatever its decompressor does
            return f"cannot be read from the zip: {error or type(error).__name__}"
        return content if len(content) <= limit else _too_large(limit)

    return read


def _too_large(limit: int) -> str:
    clear = "; clear its outputs (in Jupyter: Edit, Clear Outputs of All Cells) and hand it in again"
    return f"is larger than {limit >> 20} MiB{clear if limit == NOTEBOOK_BYTES else ''}"
