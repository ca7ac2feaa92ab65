"""Finds each topic's file in what was handed in, reads it safely, and says in a sentence what is wrong with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from grader.course import Course, Topic
from grader.errors import SubmissionUnreadable
from grader.results import SubmittedFile
from grader.submission.bundle import NESTED, TAKEN, Bundle, open_archives
from grader.submission.choose import HandedIn, choose, depth, topics_of_file, topics_of_notebook
from grader.submission.module import NotebookModule, make_module
from grader.submission.sources import Entry, folder_entries, single_entry, zip_entries

SIBLINGS, SIBLING_BYTES, NAME_BYTES = 200, 8 << 20, 100


@dataclass(frozen=True)
class Submission:
    """What was handed in, in memory: source by file name, and a sentence for each topic that has none.

    `sources` also holds other Python files that lay beside or below a topic's file, since a student may import them. `notebooks`
    has the notebooks that were graded, by the file whose place they take; `submitted` is what was graded, as it was handed in.
    """

    path: str
    sources: dict[str, bytes]
    submitted: tuple[SubmittedFile, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    notebooks: dict[str, NotebookModule] = field(default_factory=dict)

    @property
    def graded(self) -> tuple[str, ...]:
        """The topics' files for which there is a source."""
        return tuple(file.name for file in self.submitted)

    def files(self) -> tuple[SubmittedFile, ...]:
        """Name and hash of every file that is graded."""
        return self.submitted

    @contextmanager
    def staged(self) -> Iterator[str]:
        """A fresh folder with copies of the sources, for workers to read; removed afterwards."""
        with TemporaryDirectory(prefix="convgrade-submission-") as folder:
            for name, content in self.sources.items():
                file = Path(folder, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
                file.chmod(0o444)
            yield folder


def load_submission(
    source: Path | Bundle, course: Course, topics: tuple[Topic, ...], run_all_cells: bool = False
) -> Submission:
    """Read the files of `topics` from a folder, a file, a zip or a bundle.

    With `run_all_cells` every statement of a notebook is run, not only what the graded functions need. Raises
    SubmissionUnreadable when there is nothing there; what is wrong with a bundle stands in each topic's problem.
    """
    if isinstance(source, Bundle):
        if source.problem is not None:
            problems = {topic.name: source.problem for topic in topics}
            return Submission(source.label, {}, (), problems, source.notes)
        found = choose_files(source.label, source.entries(), source.alone, course, topics, run_all_cells)
        return dataclasses.replace(found, notes=(*source.notes, *found.notes))
    is_zip = source.is_file() and source.suffix.lower() == ".zip"
    entries, unread = open_archives(_entries_at(source), NESTED - is_zip)
    if not entries and unread:
        return Submission(str(source), {}, (), dict.fromkeys((topic.name for topic in topics), "; ".join(unread)))
    found = choose_files(str(source), entries, source.is_file(), course, topics, run_all_cells)
    told = unread if found.problems else ()  # where nothing is missing, archives in a folder are data and old copies
    return dataclasses.replace(found, notes=(*told, *found.notes))


def choose_files(
    path: str, entries: list[Entry], alone: bool, course: Course, topics: tuple[Topic, ...], run_all_cells: bool
) -> Submission:
    """Find each topic's file or notebook among the entries; `alone` says that a single file or zip was handed in."""
    names = {topic.file for topic in course.topics}
    handed = HandedIn(entries, frozenset(names))
    sources: dict[str, bytes] = {}
    files: list[SubmittedFile] = []
    problems: dict[str, str] = {}
    notes: list[str] = []
    notebooks: dict[str, NotebookModule] = {}
    chosen: list[Entry] = []
    for topic in topics:
        choice = choose(topic, handed, alone and len(topics) == 1)
        notes += choice.notes
        if choice.notebook is not None:
            module = notebooks[topic.file] = make_module(choice.notebook, topic.functions, run_all_cells)
            notes += module.notes
            sources[topic.file] = module.text.encode()
        elif choice.source is not None:
            sources[topic.file] = choice.source
        else:
            problems[topic.name] = choice.problem or ""
            continue
        assert choice.entry is not None
        chosen.append(choice.entry)
        submitted = notebooks[topic.file].submitted if topic.file in notebooks else None
        files.append(SubmittedFile(topic.file, choice.sha256, submitted))
    _add_siblings(sources, entries, chosen, names)
    return Submission(path, sources, tuple(files), problems, tuple(dict.fromkeys(notes)), notebooks)


def topics_in(path: Path, topics: tuple[Topic, ...]) -> tuple[Topic, ...]:
    """The topics that a single file or notebook is for: by its name, else by what it has. Raises SubmissionUnreadable."""
    exact = tuple(topic for topic in topics if topic.file == f"{path.stem}.py")
    within = tuple(topic for topic in topics if topic.name in path.stem)
    if exact or within:
        return exact or within
    (entry,) = single_entry(path)
    if path.suffix.lower() == ".py":
        return topics_of_file(entry, topics)
    found = topics_of_notebook(entry, topics)
    if isinstance(found, str):
        raise SubmissionUnreadable(found)
    return found


def _entries_at(path: Path) -> list[Entry]:
    if not path.exists():
        raise SubmissionUnreadable(f"{path} does not exist")
    if path.is_dir():
        return folder_entries(path, TAKEN)
    if not path.is_file():
        raise SubmissionUnreadable(f"{path} is neither a folder, a file nor a zip")
    return zip_entries(path, TAKEN) if path.suffix.lower() == ".zip" else single_entry(path)


def _add_siblings(sources: dict[str, bytes], entries: list[Entry], chosen: list[Entry], names: set[str]) -> None:
    """Add the other Python files beside and below a graded one, so that it can import them; the nearest first, up to a limit."""
    folders = sorted({entry.path.parent for entry in chosen})
    left, size = SIBLINGS, 0
    for entry in sorted((entry for entry in entries if entry.path.suffix == ".py"), key=depth):
        for name in (_importable_as(entry.path, folder, names) for folder in folders):
            if name is None or name in sources:
                continue
            content = entry.read()
            left, size = left - 1, size + len(content)
            if left < 0 or size > SIBLING_BYTES:
                return
            if isinstance(content, bytes):
                sources[name] = content


def _importable_as(path: PurePosixPath, folder: PurePosixPath, names: set[str]) -> str | None:
    """The path from a folder to a file of it that code there can import, packages included; None for any other."""
    if not path.is_relative_to(folder):
        return None
    inner = path.relative_to(folder)
    parts = (*inner.parts[:-1], inner.stem)
    fits = all(part.isidentifier() and len(part.encode()) <= NAME_BYTES for part in parts)
    return str(inner) if fits or str(inner) in names else None
