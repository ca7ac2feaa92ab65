"""The three things a submission can be, each as a list of entries that are read one by one and only when needed."""

from __future__ import annotations

import errno
import os
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grader.errors import SubmissionUnreadable

FILE_BYTES = 1 << 20
ZIP_BYTES = 64 << 20  # its table of contents is read whole
ZIP_NAME = 300
ENTRIES = 5000
DEPTH = 6
SKIPPED_FOLDERS = frozenset({"__pycache__", "__MACOSX", "node_modules", "site-packages", "venv", "env"})
KINDS = (".py", ".ipynb")
NOTEBOOK_BYTES = 10 << 20  # pictures in the outputs make notebooks large


@dataclass(frozen=True)
class Entry:
    """One file of a submission. `read` gives its bytes, or the rest of a sentence that begins with its name."""

    path: PurePosixPath
    read: Callable[[], bytes | str]


def folder_entries(folder: Path) -> list[Entry]:
    """The Python files and notebooks in a folder and a few levels below; links are not followed."""
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
            if seen > ENTRIES:
                return entries
            path = relative / item.name
            if item.is_dir(follow_symlinks=False):
                hidden = item.name.startswith(".") or item.name in SKIPPED_FOLDERS
                if not hidden and len(path.parts) < DEPTH:
                    pending.append((Path(item.path), path))
            elif path.suffix in KINDS and not item.name.startswith("._"):
                entries.append(Entry(path, _file_reader(Path(item.path))))
    return entries


def single_entry(file: Path) -> list[Entry]:
    """One file, under its own name; a link given by the caller is followed."""
    return [Entry(PurePosixPath(file.name), _file_reader(file.resolve()))]


def zip_entries(archive: Path) -> list[Entry]:
    """The Python files and notebooks in a zip; nothing is unpacked to disk. Raises SubmissionUnreadable."""
    try:
        if archive.stat().st_size > ZIP_BYTES:
            raise SubmissionUnreadable(f"{archive} is larger than {ZIP_BYTES >> 20} MiB; hand in the .py files alone")
        with zipfile.ZipFile(archive) as opened:
            infos = opened.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise SubmissionUnreadable(f"{archive} is not a zip that can be read: {error}") from None
    entries = []
    for info in infos[:ENTRIES]:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        safe = not path.is_absolute() and ".." not in path.parts and len(path.parts) <= DEPTH + 1
        safe = safe and len(info.filename) <= ZIP_NAME
        hidden = any(part in SKIPPED_FOLDERS or part.startswith(".") for part in path.parts)
        if safe and not hidden and not info.is_dir() and path.suffix in KINDS:
            entries.append(Entry(path, _zip_reader(archive, info)))
    return entries


def _file_reader(file: Path) -> Callable[[], bytes | str]:
    limit = _limit(file.suffix)

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
                if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                    return "is not a regular file"
                content = opened.read(limit + 1)
        except OSError as error:
            reason = "is a link" if error.errno == errno.ELOOP else f"cannot be read: {error.strerror}"
            return reason
        return content if len(content) <= limit else _too_large(limit)

    return read


def _zip_reader(archive: Path, info: zipfile.ZipInfo) -> Callable[[], bytes | str]:
    limit = _limit(PurePosixPath(info.filename).suffix)

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
            with zipfile.ZipFile(archive) as opened, opened.open(info) as member:
                content = member.read(limit + 1)
        except Exception as error:  # a damaged zip raises whatever its decompressor does
            return f"cannot be read from the zip: {error or type(error).__name__}"
        return content if len(content) <= limit else _too_large(limit)

    return read


def _limit(suffix: str) -> int:
    return NOTEBOOK_BYTES if suffix == ".ipynb" else FILE_BYTES


def _too_large(limit: int) -> str:
    clear = "; clear its outputs (in Jupyter: Edit, Clear Outputs of All Cells) and hand it in again"
    return f"is larger than {limit >> 20} MiB{clear if limit == NOTEBOOK_BYTES else ''}"
