"""Finds each topic's file in what was handed in, reads it safely, and says in a sentence what is wrong with it."""

from __future__ import annotations

import codecs
import hashlib
import io
import re
import tokenize
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from grader.course import Course, Topic
from grader.errors import SubmissionUnreadable
from grader.results import SubmittedFile
from grader.submission.bundle import Bundle
from grader.submission.sources import Entry, folder_entries, single_entry, zip_entries

ENCODINGS = frozenset({"utf-8", "utf-8-sig", "ascii", "iso8859-1", "iso8859-15", "cp1252"})
"""What a coding comment may name: of Python's other codecs some take hours over a megabyte, some raise what they like."""
SIBLINGS, SIBLING_BYTES, NAME_BYTES = 200, 8 << 20, 100


@dataclass(frozen=True)
class Submission:
    """What was handed in, in memory: source by file name, and a sentence for each topic that has none.

    `sources` also holds other Python files that lay beside a topic's file, since a student may import them.
    """

    path: str
    sources: dict[str, bytes]
    graded: tuple[str, ...]
    problems: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def files(self) -> tuple[SubmittedFile, ...]:
        """Name and hash of every file that is graded."""
        return tuple(SubmittedFile(name, hashlib.sha256(self.sources[name]).hexdigest()) for name in self.graded)

    @contextmanager
    def staged(self) -> Iterator[str]:
        """A fresh folder with copies of the sources, for workers to read; removed afterwards."""
        with TemporaryDirectory(prefix="convgrade-submission-") as folder:
            for name, content in self.sources.items():
                file = Path(folder, name)
                file.write_bytes(content)
                file.chmod(0o444)
            yield folder


def load_submission(source: Path | Bundle, course: Course, topics: tuple[Topic, ...]) -> Submission:
    """Read the files of `topics` from a folder, a file, a zip or a bundle.

    Raises SubmissionUnreadable when there is nothing there; what is wrong with a bundle stands in each topic's problem.
    """
    if isinstance(source, Bundle):
        if source.problem is not None:
            problems = {topic.name: source.problem for topic in topics}
            return Submission(source.label, {}, (), problems, source.notes)
        return choose_files(source.label, source.entries(), source.alone, course, topics, source.notes)
    return choose_files(str(source), _entries_at(source), source.is_file(), course, topics)


def _entries_at(path: Path) -> list[Entry]:
    if not path.exists():
        raise SubmissionUnreadable(f"{path} does not exist")
    if path.is_dir():
        return folder_entries(path)
    if not path.is_file():
        raise SubmissionUnreadable(f"{path} is neither a folder, a file nor a zip")
    return zip_entries(path) if path.suffix.lower() == ".zip" else single_entry(path)


def choose_files(
    path: str,
    entries: list[Entry],
    alone: bool,
    course: Course,
    topics: tuple[Topic, ...],
    found: tuple[str, ...] = (),
) -> Submission:
    """Find each topic's file among the entries and read it; `alone` says that a single file or zip was handed in."""
    names = {topic.file for topic in course.topics}
    sources: dict[str, bytes] = {}
    graded: list[str] = []
    problems: dict[str, str] = {}
    notes = list(found)
    chosen: list[Entry] = []
    for topic in topics:
        entry, note = _choose(topic, entries, alone and len(topics) == 1)
        notes += [note] if note else []
        if entry is None:
            problems[topic.name] = _missing(topic, entries)
        elif isinstance(source := _read(entry, topic.file), str):
            problems[topic.name] = source
        else:
            sources[topic.file] = source
            graded.append(topic.file)
            chosen.append(entry)
    _add_siblings(sources, entries, chosen, names)
    return Submission(path, sources, tuple(graded), problems, tuple(notes))


def _choose(topic: Topic, entries: list[Entry], alone: bool) -> tuple[Entry | None, str | None]:
    """The entry that is the topic's file: its exact name nearest to the top, else one that a download renamed."""
    exact = [entry for entry in entries if entry.path.name == topic.file]
    if exact:
        best = min(exact, key=_depth)
        several = len(exact) > 1
        return best, f"{topic.file} is there {len(exact)} times; {best.path} was graded" if several else None
    stem = re.escape(topic.file.removesuffix(".py"))
    renamed = re.compile(rf"(?i)(.*[_\- ])?{stem}([_\- ()\d]|copy)*\.py")  # one way to match, however long the name
    similar = [e for e in entries if renamed.fullmatch(e.path.name) and not e.path.name.startswith("test_")]
    if not similar and alone:
        similar = [entry for entry in entries if entry.path.suffix == ".py"]
    if not similar:
        return None, None
    best = min(similar, key=_depth)
    return best, f"{best.path} was graded as {topic.file}"


def _depth(entry: Entry) -> tuple[int, str]:
    return len(entry.path.parts), str(entry.path)


def _missing(topic: Topic, entries: list[Entry]) -> str:
    notebook = topic.file.removesuffix(".py") + ".ipynb"
    if any(entry.path.name == notebook for entry in entries):
        return f"{topic.file} is missing; {notebook} is there, but only .py files are graded"
    return f"{topic.file} was not handed in"


def _read(entry: Entry, name: str) -> bytes | str:
    """The file's bytes, or a sentence that says why they cannot be graded."""
    content = entry.read()
    if isinstance(content, str):
        return f"{name} {content}"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return f"{name} is saved as UTF-16; save it as UTF-8"
    if b"\0" in content:
        return f"{name} is not a text file: it has a null byte at position {content.index(0)}"
    try:
        encoding = _encoding(content)
        if codecs.lookup(encoding).name not in ENCODINGS:
            return f"{name} declares the encoding {encoding[:40]}; save it as UTF-8"
        content.decode(encoding)
    except UnicodeDecodeError as error:
        where = f"byte {content[error.start]:#04x} at position {error.start}"
        return f"{name} is not valid {error.encoding}: {where}; save it as UTF-8"
    except (SyntaxError, LookupError) as error:
        return f"{name} cannot be decoded: {error}"
    return content


def _encoding(content: bytes) -> str:
    """The encoding that the source declares, else UTF-8. Raises SyntaxError for a declaration nobody knows."""
    try:
        return tokenize.detect_encoding(io.BytesIO(content).readline)[0]
    except SyntaxError:
        if b"coding" in b"\n".join(content.split(b"\n")[:2]):
            raise
        return "utf-8"


def _add_siblings(sources: dict[str, bytes], entries: list[Entry], chosen: list[Entry], names: set[str]) -> None:
    """Add the other Python files that lie beside a graded one, so that it can import them; up to a limit in all."""
    folders = {entry.path.parent for entry in chosen}
    left, size = SIBLINGS, 0
    for entry in entries:
        name = entry.path.name
        beside = entry.path.parent in folders and entry.path.suffix == ".py"
        fits = PurePosixPath(name).stem.isidentifier() and len(name.encode()) <= NAME_BYTES
        if beside and name not in sources and (name in names or fits):
            content = entry.read()
            left, size = left - 1, size + len(content)
            if left < 0 or size > SIBLING_BYTES:
                return
            if isinstance(content, bytes):
                sources[name] = content
