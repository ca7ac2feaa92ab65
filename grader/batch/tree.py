"""What a class handed in, as a tree of folders and files: a folder on disk, or a zip that is read where it lies."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Protocol

from grader.errors import SubmissionUnreadable, UsageError
from grader.submission.bundle import TAKEN
from grader.submission.sources import (
    DEPTH,
    ENTRIES,
    FILE_BYTES,
    SKIPPED_FOLDERS,
    Entry,
    file_reader,
    folder_entries,
    is_outside,
    limit_of,
    member_name,
    member_reader,
    member_time,
    read_table,
)

CLASS_TABLE_BYTES = 512 << 20
IGNORED = frozenset({"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"})


@dataclass(frozen=True)
class Item:
    """Something that lies directly in a folder of the tree: its name, whether it is a folder."""

    name: str
    is_folder: bool


class Tree(Protocol):
    """A folder of what was handed in."""

    @property
    def name(self) -> str:
        """The folder's own name."""

    def items(self) -> list[Item]:
        """What lies directly in it, by name."""

    def down(self, name: str) -> Tree:
        """The folder of that name in it."""

    def entries(self) -> list[Entry]:
        """The files that a submission may consist of, in it and below."""

    def entry(self, name: str) -> Entry:
        """The file of that name in it."""

    @property
    def outside(self) -> tuple[str, ...]:
        """Names of what the whole of it holds at no place that can be used."""


@dataclass(frozen=True)
class FolderTree:
    """A folder on disk."""

    path: Path

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.path.resolve().name

    @property
    def outside(self) -> tuple[str, ...]:
        """Nothing: a folder holds what lies in it."""
        return ()

    def items(self) -> list[Item]:
        """What lies directly in it; links are there as files, which then cannot be read."""
        try:
            with os.scandir(self.path) as listing:
                found = [Item(entry.name, entry.is_dir(follow_symlinks=False)) for entry in listing]
        except OSError as error:
            raise UsageError(f"{self.path} cannot be listed: {error.strerror}") from None
        return sorted((item for item in found if not _is_left_behind(item.name)), key=lambda item: item.name)

    def down(self, name: str) -> FolderTree:
        """The folder of that name in it."""
        return FolderTree(self.path / name)

    def entries(self) -> list[Entry]:
        """The files in it and a few levels below."""
        return folder_entries(self.path, TAKEN)

    def entry(self, name: str) -> Entry:
        """The file of that name in it."""
        file = self.path / name
        path = PurePosixPath(name)
        try:
            modified = file.lstat().st_mtime
        except OSError:
            modified = 0.0
        return Entry(path, file_reader(file, limit_of(path)), modified)


@dataclass(frozen=True)
class ZipTree:
    """A folder of a zip, which stays open while the class is read: every member by its path below this folder."""

    archive: zipfile.ZipFile
    name: str
    members: tuple[tuple[PurePosixPath, zipfile.ZipInfo], ...]
    outside: tuple[str, ...] = ()
    """Names of members whose paths lead out of the zip, or are too long."""

    def items(self) -> list[Item]:
        """What lies directly in it."""
        found: dict[str, bool] = {}
        for path, _ in self.members:
            found[path.parts[0]] = found.get(path.parts[0], False) or len(path.parts) > 1
        return [Item(name, found[name]) for name in sorted(found) if not _is_left_behind(name)]

    def down(self, name: str) -> ZipTree:
        """The folder of that name in it."""
        below = self._by_first.get(name, [])
        return ZipTree(self.archive, name, tuple(below))

    @cached_property
    def _by_first(self) -> dict[str, list[tuple[PurePosixPath, zipfile.ZipInfo]]]:
        found: dict[str, list[tuple[PurePosixPath, zipfile.ZipInfo]]] = {}
        for path, info in self.members:
            if len(path.parts) > 1:
                found.setdefault(path.parts[0], []).append((PurePosixPath(*path.parts[1:]), info))
        return found

    def entries(self) -> list[Entry]:
        """The files in it and a few levels below."""
        kept = [(p, i) for p, i in self.members if p.suffix.lower() in TAKEN and len(p.parts) <= DEPTH + 1]
        kept = [(p, i) for p, i in kept if SKIPPED_FOLDERS.isdisjoint(p.parts)]
        return [Entry(path, self._reader(path, info), member_time(info)) for path, info in kept[:ENTRIES]]

    def entry(self, name: str) -> Entry:
        """The file of that name in it."""
        path, info = self._files[name]
        return Entry(path, self._reader(path, info), member_time(info))

    @cached_property
    def _files(self) -> dict[str, tuple[PurePosixPath, zipfile.ZipInfo]]:
        return {path.name: (path, info) for path, info in self.members if len(path.parts) == 1}

    def _reader(self, path: PurePosixPath, info: zipfile.ZipInfo) -> Callable[[], bytes | str]:
        return member_reader(lambda: nullcontext(self.archive), info, limit_of(path))


def open_tree(path: Path) -> Tree:
    """The tree at a path: a folder or a zip. Raises UsageError."""
    if not path.exists():
        raise UsageError(f"{path} does not exist")
    if path.is_dir():
        return FolderTree(path)
    if not path.is_file() or (path.suffix.lower() != ".zip" and not zipfile.is_zipfile(path)):
        raise UsageError(f"{path} is neither a folder nor a zip; `convgrade grade` grades a single file")
    try:
        infos = read_table(path, str(path), CLASS_TABLE_BYTES)
    except SubmissionUnreadable as error:
        raise UsageError(str(error)) from None
    members = [(PurePosixPath(member_name(info).replace("\\", "/")), info) for info in infos if not info.is_dir()]
    inside = tuple(
        (path, info) for path, info in members if not (is_outside(path) or any(map(_is_left_behind, path.parts)))
    )
    outside = tuple(info.filename for path, info in members if is_outside(path))
    return ZipTree(zipfile.ZipFile(path), path.stem, inside, outside)


def _is_left_behind(name: str) -> bool:
    """Whether some program left it there: Jupyter's .ipynb_checkpoints is no student, in a folder as little as in a zip."""
    return name in IGNORED or name.startswith(".")


def read_small(tree: Tree, name: str, limit: int = FILE_BYTES) -> bytes | None:
    """A file of at most so many bytes that may lie in the tree; None where it does not or cannot be read."""
    try:
        if not any(item.name == name and not item.is_folder for item in tree.items()):
            return None
    except UsageError:
        return None
    content = tree.entry(name).read()
    return content if isinstance(content, bytes) and len(content) <= limit else None
