"""Chooses what is graded for a topic, a file or a notebook, by name and by how much of it is written."""

from __future__ import annotations

import ast
import codecs
import dataclasses
import hashlib
import io
import re
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from grader.course import Topic
from grader.submission.ipython import normalise, without_magics
from grader.submission.module import NotebookModule, ReadNotebook, make_module, read_cells
from grader.submission.needs import names_used
from grader.submission.notebook import Cell, Notebook, read_notebook
from grader.submission.parsing import defined_functions, parse, written_functions
from grader.submission.sources import ENTRIES, Entry

ENCODINGS = frozenset({"utf-8", "utf-8-sig", "ascii", "iso8859-1", "iso8859-15", "cp1252"})
"""What a coding comment may name: of Python's other codecs some take hours over a megabyte, some raise what they like."""
MOST_FILES, NOTEBOOKS_BYTES = 30, 40 << 20
PARSED_BYTES = 4 << 20  # a few seconds


@dataclass(frozen=True)
class Choice:
    """What is graded for a topic: `source`, or a notebook, or neither and a sentence; `notes` say what was chosen from."""

    entry: Entry | None = None
    source: bytes | None = None
    notebook: ReadNotebook | None = None
    sha256: str = ""
    problem: str | None = None
    notes: tuple[str, ...] = ()


@dataclass
class HandedIn:
    """The files of one submission, each notebook read once and only when it is needed. `reserved` are all topics' file names."""

    entries: list[Entry]
    reserved: frozenset[str] = frozenset()
    _read: dict[PurePosixPath, tuple[ReadNotebook | str, str]] = field(default_factory=dict)
    _trees: dict[PurePosixPath, ast.Module] = field(default_factory=dict)
    _bytes: int = 0
    _parsed: int = 0

    def notebooks(self) -> list[Entry]:
        """The notebooks, nearest to the top first; of very many not all."""
        return sorted((e for e in self.entries if e.path.suffix.lower() == ".ipynb"), key=depth)[:MOST_FILES]

    def others(self) -> list[Entry]:
        """Python files whose names say nothing of what they are for, nearest to the top first; of very many not all."""
        files = [entry for entry in self.entries if entry.path.suffix.lower() == ".py"]
        unnamed = [
            e for e in files if e.path.name not in self.reserved and not e.path.name.startswith(("test_", "conftest"))
        ]
        return sorted(unnamed, key=depth)[:MOST_FILES]

    def written(self, entry: Entry, topic: Topic) -> int:
        """How many of the topic's functions a Python file has, stubs not counted; 0 where it cannot be read."""
        if entry.path not in self._trees:
            source = _source(entry, entry.path.name) if self._parsed < PARSED_BYTES else ""
            self._parsed += len(source)
            self._trees[entry.path] = _tree(source) if isinstance(source, bytes) else ast.Module([], [])
        return len(written_functions(self._trees[entry.path], frozenset(topic.functions)))

    def notebook(self, entry: Entry) -> tuple[ReadNotebook | str, str]:
        """A notebook, or the rest of a sentence that begins with its name; and the SHA-256 of its bytes."""
        if entry.path not in self._read:
            content = (
                entry.read() if self._bytes < NOTEBOOKS_BYTES else "was not read: the notebooks are too large together"
            )
            if isinstance(content, str):
                self._read[entry.path] = content, ""
            else:
                self._bytes += len(content)
                found = read_notebook(entry.path.name, content)
                read = found if isinstance(found, str) else read_cells(found)
                self._read[entry.path] = read, hashlib.sha256(content).hexdigest()
        return self._read[entry.path]


@dataclass(frozen=True)
class _Candidate:
    entry: Entry
    read: ReadNotebook
    sha256: str
    named: bool
    written: int

    @property
    def rank(self) -> tuple[int, bool, int]:
        return self.written, self.named, -len(self.entry.path.parts)


def choose(topic: Topic, handed: HandedIn, alone: bool) -> Choice:
    """What is graded for the topic: the file where it is written at least as far as any notebook, else that notebook."""
    names = frozenset(topic.functions)
    entry, note = _choose_file(topic, handed, alone)
    source = _source(entry, topic.file) if entry is not None else None
    notes: tuple[str, ...] = (note,) if note else ()
    # how much is written matters only where a notebook might have more
    written = _written(source, names) if isinstance(source, bytes) and handed.notebooks() else -1
    if entry is not None and isinstance(source, bytes) and written == len(names):
        return _choice_of_file(entry, source, notes + _beside(topic, entry, handed))
    candidates, unread = _candidates(topic, handed, alone)
    best = max(candidates, key=lambda one: one.rank, default=None)
    if best is not None and best.written > written:
        if entry is not None:
            notes = (
                f"{entry.path} and {best.entry.path} are both there; of the notebook more is written, so it was graded",
            )
        elif not _exactly(topic, best.entry):
            notes = (f"{best.entry.path} was graded as {topic.file}",)
        others = [str(one.entry.path) for one in candidates if one is not best and one.written]
        if others:
            notes += (f"{', '.join(others[:3])} defines functions of {topic.file} too; {best.entry.path} was graded",)
        return Choice(best.entry, notebook=best.read, sha256=best.sha256, notes=notes)
    if entry is not None and isinstance(source, bytes):
        return _choice_of_file(entry, source, notes + _beside(topic, entry, handed))
    problem = source if isinstance(source, str) else unread or _not_handed_in(topic, handed)
    return Choice(problem=problem, notes=notes)


def _choice_of_file(entry: Entry, source: bytes, notes: tuple[str, ...]) -> Choice:
    """The file, or where it was exported from a notebook and Python cannot run it, the notebook that it was."""
    sha256 = hashlib.sha256(source).hexdigest()
    exported = _exported(entry.path.name, source)
    if exported is None:
        return Choice(entry, source, sha256=sha256, notes=notes)
    note = f"{entry.path} was exported from a notebook and is not plain Python, so it was read like the notebook"
    return Choice(entry, notebook=exported, sha256=sha256, notes=(*notes, note))


def _exported(name: str, source: bytes) -> ReadNotebook | None:
    """The notebook of one cell that a Python file is which has lines for IPython alone, as Colab and nbconvert leave them."""
    text = source.decode(_encoding(source))
    tree = parse(text)
    if isinstance(tree, ast.Module):
        # what asks for it with care, in a block, is left alone
        simple = (node for node in tree.body if isinstance(node, (ast.Expr, ast.Assign)) and "get_ipython" in text)
        is_exported = any("get_ipython" in names_used(statement).reads for statement in simple)
    else:
        is_exported = bool(defined_functions(_tree(source)))
    read = read_cells(Notebook(name, (Cell(1, "code", text),))) if is_exported else None
    return read if isinstance(read, ReadNotebook) else None


def by_statements(name: str, source: bytes, functions: Iterable[str]) -> NotebookModule | None:
    """A file whose import fails, to be run statement by statement; None where no function of it is written out."""
    names = frozenset(functions)
    read = read_cells(Notebook(name, (Cell(1, "code", source.decode(_encoding(source))),)))
    if isinstance(read, str) or any(cell.removed or cell.problem or cell.other for cell in read.cells):
        return None
    if not written_functions(read.tree, names & defined_functions(read.tree)):
        return None
    return dataclasses.replace(make_module(read, names), starts=(), notes=())  # its lines are the file's own


def _not_handed_in(topic: Topic, handed: HandedIn) -> str:
    """A sentence that also names what has a similar name, whose author thinks that it was handed in."""
    stem = topic.file.removesuffix(".py").lower()
    names = [entry.path.name for entry in sorted(handed.entries, key=depth)]
    similar = [name for name in names if stem in name.lower() and not name.startswith("test_")]
    meant = f"; if {similar[0]} is meant, rename it to {topic.file}" if similar else ""
    many = f"; of more than {ENTRIES:,} files not all were looked at" if len(names) >= ENTRIES else ""
    return f"{topic.file} was not handed in{meant}{many}"


def topics_of_file(entry: Entry, topics: tuple[Topic, ...]) -> tuple[Topic, ...]:
    """The topics of which a single Python file has functions."""
    handed = HandedIn([entry])
    return tuple(topic for topic in topics if handed.written(entry, topic))


def topics_of_notebook(entry: Entry, topics: tuple[Topic, ...]) -> tuple[Topic, ...] | str:
    """The topics of which a single notebook defines functions, or a sentence that says why it cannot be read."""
    read, _ = HandedIn([entry]).notebook(entry)
    if isinstance(read, str):
        return f"{entry.path.name} {read}"
    defined = defined_functions(read.tree)
    return tuple(topic for topic in topics if defined & set(topic.functions))


def depth(entry: Entry) -> tuple[int, str]:
    """What sorts entries from the top down."""
    return len(entry.path.parts), str(entry.path)


def _choose_file(topic: Topic, handed: HandedIn, alone: bool) -> tuple[Entry | None, str | None]:
    """The entry that is the topic's file, and what is to be told of it.

    Its exact name nearest to the top; else one that a download renamed; else one of no topic's name that has its functions.
    """
    entries = handed.entries
    exact = [entry for entry in entries if entry.path.name == topic.file]
    if exact:
        best = min(exact, key=depth)
        several = len(exact) > 1
        return best, f"{topic.file} is there {len(exact)} times; {best.path} was graded" if several else None
    similar = [e for e in entries if _renamed(topic, e, ".py") and not e.path.name.startswith("test_")]
    files = [entry for entry in entries if entry.path.suffix.lower() == ".py"]
    if not similar and alone and len(files) == 1:
        similar = files
    if similar:
        best = min(similar, key=depth)
        return best, f"{best.path} was graded as {topic.file}"
    written = [(handed.written(entry, topic), entry) for entry in handed.others()]
    most = max((number for number, _ in written), default=0)
    if not most:
        if not (alone and files):
            return None, None
        best = min(files, key=depth)
        return best, f"{best.path} was graded as {topic.file}"
    best = min((entry for number, entry in written if number == most), key=depth)
    return best, f"{best.path} was graded as {topic.file}, since it has functions of it"


def _renamed(topic: Topic, entry: Entry, suffix: str) -> bool:
    stem = re.escape(topic.file.removesuffix(".py"))
    name = entry.path.name  # in the pattern there is one way to match, however long the name
    return re.fullmatch(rf"(?i)(.*[_\- ])?{stem}([_\- ()\d]|copy)*\{suffix}", name) is not None


def _exactly(topic: Topic, entry: Entry) -> bool:
    return entry.path.name == topic.file.removesuffix(".py") + ".ipynb"


def _candidates(topic: Topic, handed: HandedIn, alone: bool) -> tuple[list[_Candidate], str | None]:
    """The notebooks that could be the topic's, and what is wrong with one that should be and cannot be read."""
    names = frozenset(topic.functions)
    found: list[_Candidate] = []
    unread: str | None = None
    entries = handed.notebooks()
    for entry in entries:
        named = _renamed(topic, entry, ".ipynb")
        read, sha256 = handed.notebook(entry)
        if isinstance(read, str):
            if named or alone or len(entries) == 1:
                unread = unread or f"{entry.path.name} {read}"
        elif named or alone or defined_functions(read.tree) & names:
            found.append(_Candidate(entry, read, sha256, named, len(written_functions(read.tree, names))))
    return found, unread


def _beside(topic: Topic, chosen: Entry, handed: HandedIn) -> tuple[str, ...]:
    """That there is a notebook of the topic's name beside the file that was graded."""
    named = [entry for entry in handed.notebooks() if _exactly(topic, entry)]
    return (f"{chosen.path} and {named[0].path} are both there; {chosen.path} was graded",) if named else ()


def _written(source: bytes, names: frozenset[str]) -> int:
    return len(written_functions(_tree(source), names))


def _tree(source: bytes) -> ast.Module:
    """The statements of a file, without its lines for IPython alone where it is no Python otherwise; none where it is none."""
    text = source.decode(_encoding(source))
    tree = parse(text)
    if not isinstance(tree, ast.Module):
        tree = parse(without_magics(normalise(text)).code)
    return tree if isinstance(tree, ast.Module) else ast.Module([], [])


def _source(entry: Entry, name: str) -> bytes | str:
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
