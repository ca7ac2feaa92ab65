"""A submission read into memory, so that it can travel to another machine, be kept, and be hashed.

As bytes it is an ordinary zip of the files that were read, always the same bytes for the same files, with one member more,
`.convgrade/bundle.json`: what could not be read and why, whether a single file was handed in, notes.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from grader.errors import SubmissionUnreadable
from grader.submission.sources import ENTRIES, KINDS, ZIP_BYTES, Entry, zip_entries

BUNDLE_BYTES = 32 << 20
"""All files of one submission together; those that lie deepest are then not read."""
ABOUT = ".convgrade/bundle.json"
EPOCH = (1980, 1, 1, 0, 0, 0)
NESTED = 2
ARCHIVES = (".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
TAKEN = (*KINDS, ".zip", *ARCHIVES)
"""The files that a submission may consist of, archives among them that can only be told of."""


@dataclass(frozen=True)
class Bundle:
    """The files of one submission: for each path its bytes, or the rest of a sentence that says why there are none.

    `label` is shown as the submission's path. `problem` is a sentence where nothing could be read at all.
    """

    label: str
    files: tuple[tuple[str, bytes | str], ...] = ()
    alone: bool = False
    problem: str | None = None
    notes: tuple[str, ...] = ()

    def entries(self) -> list[Entry]:
        """The files as a submission's entries."""
        return [Entry(PurePosixPath(path), _constant(content)) for path, content in self.files]

    def to_bytes(self) -> bytes:
        """The zip described above."""
        return self._zip

    @cached_property
    def _zip(self) -> bytes:
        unreadable = [[path, content] for path, content in self.files if isinstance(content, str)]
        about = {"alone": self.alone, "problem": self.problem, "notes": self.notes, "unreadable": unreadable}
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(ABOUT, EPOCH), json.dumps(about, sort_keys=True))
            for path, content in self.files:
                if isinstance(content, bytes):
                    info = zipfile.ZipInfo(path, EPOCH)
                    info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                    archive.writestr(info, content)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, label: str, content: bytes) -> Bundle:
        """The bundle again, under a label. Raises ValueError when these are not a bundle's bytes."""
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                infos = archive.infolist()
                about = json.loads(archive.read(ABOUT))
                read = [(info.filename, archive.read(info)) for info in infos if info.filename != ABOUT]
        except (zipfile.BadZipFile, KeyError, OSError) as error:
            raise ValueError(f"not a submission that was kept: {error}") from None
        files = sorted([*read, *((path, why) for path, why in about["unreadable"])], key=lambda file: _depth(file[0]))
        return cls(label, tuple(files), about["alone"], about["problem"], tuple(about["notes"]))

    def digest(self) -> str:
        """SHA-256 over everything but the label, 64 hexadecimal digits."""
        total = hashlib.sha256(repr((self.alone, self.problem, self.notes)).encode())
        for path, content in self.files:
            of = hashlib.sha256(content if isinstance(content, bytes) else b"\0" + content.encode()).hexdigest()
            total.update(f"{path!r} {of}\n".encode())
        return total.hexdigest()


def read_bundle(label: str, entries: Iterable[Entry], alone: bool = False, notes: tuple[str, ...] = ()) -> Bundle:
    """Read a submission's entries, zips among them opened; what other archives there are is told as a problem."""
    opened, problems = open_archives(entries)
    files: dict[str, bytes | str] = {}
    left = BUNDLE_BYTES
    for entry in sorted(opened, key=_order):
        path = _unicode(str(entry.path))
        if path in files:
            continue
        content: bytes | str = entry.read() if left > 0 else f"was not read: more than {BUNDLE_BYTES >> 20} MiB in all"
        left -= len(content)
        if left < 0 and isinstance(content, bytes):
            content = f"was not read: more than {BUNDLE_BYTES >> 20} MiB in all"
        files[path] = content
    if not files and problems:
        return Bundle(label, (), alone, "; ".join(problems), notes)
    return Bundle(label, tuple(files.items()), alone, None, (*notes, *problems))


def open_archives(entries: Iterable[Entry], nested: int = NESTED) -> tuple[list[Entry], list[str]]:
    """The entries with those of zips in the zips' places, and a sentence for each archive that cannot be read.

    `nested` says how deep zips are opened.
    """
    found = list(entries)
    problems: list[str] = []
    plain = [entry for entry in found if entry.path.suffix.lower() not in ARCHIVES]
    opened = list(_opened(plain, problems, nested, _Budget()))
    archives = [entry.path.name for entry in found if entry.path.suffix.lower() in ARCHIVES]
    problems += [f"{_unicode(name)} is an archive of a kind that is not read; hand in a zip" for name in archives]
    return opened, problems


@dataclass
class _Budget:
    """What is left for all zips of a submission together: they stay in memory as long as their entries may be read."""

    bytes: int = ZIP_BYTES
    entries: int = 4 * ENTRIES
    told: bool = False


def _opened(entries: Iterable[Entry], problems: list[str], depth: int, left: _Budget) -> Iterable[Entry]:
    """The entries, with what is in a zip in that zip's place, below a folder of its name."""
    for entry in entries:
        if entry.path.suffix.lower() != ".zip":
            yield entry
            continue
        name = _unicode(entry.path.name)
        if left.bytes <= 0 or left.entries <= 0:
            if not left.told:
                problems.append(f"{name} was not opened: the zips before it are too large or hold too many files")
            left.told = True
            continue
        content = entry.read() if depth else "is a zip within a zip within a zip, which is not opened"
        if isinstance(content, str):
            problems.append(f"{name} {content}")
            continue
        left.bytes -= len(content)
        try:
            inner = zip_entries(content, (*KINDS, ".zip"), name)
        except SubmissionUnreadable as error:
            problems.append(str(error))
            continue
        if not inner:
            problems.append(f"{name} holds no .py file and no notebook")
        inner = inner[: max(0, left.entries)]
        left.entries -= len(inner)
        folder = entry.path.name[: -len(".zip")]
        folder = folder if folder.strip(".") else entry.path.name  # "...zip" is no way up
        below = (Entry(entry.path.parent / folder / e.path, e.read, e.modified) for e in inner)
        yield from _opened(below, problems, depth - 1, left)


def _constant(content: bytes | str) -> Callable[[], bytes | str]:
    return lambda: content


def _order(entry: Entry) -> tuple[int, str]:
    return _depth(_unicode(str(entry.path)))


def _depth(path: str) -> tuple[int, str]:
    return path.count("/"), path


def _unicode(text: str) -> str:
    """A file name that may hold bytes of no encoding, as text that can be written anywhere."""
    return text.encode("utf-8", "replace").decode("utf-8")
