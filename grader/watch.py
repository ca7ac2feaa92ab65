"""`convgrade watch`: grades a topic again whenever its file, or one that it imports, has changed."""

from __future__ import annotations

import ast
import gc
import hashlib
import shlex
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from rich.console import Console
from rich.text import Text

from grader.course import Course, Topic, load_course
from grader.errors import SubmissionUnreadable, UsageError
from grader.grading import Settings, choose_topics, grade
from grader.options import default_path
from grader.report.changes import render_changes
from grader.report.hiding import for_student
from grader.report.terminal import print_parts
from grader.report.text import one_line, points
from grader.results import TopicResult
from grader.submission import Submission, load_submission

QUIET_MS = 40
"""Events are gathered until none has come for this long: an editor makes several for one save."""
SETTLE_SECONDS = 0.15
"""A file that is gone or empty is looked at again after this time: many editors remove a file and write it anew."""
SETTLE_TIMES = 4
KINDS = (".py", ".ipynb")


@dataclass
class Watch:
    """A course and the submission that is watched: the last result of each topic, and what it was made from."""

    course: Course
    topics: tuple[Topic, ...]
    path: Path
    seed: int
    console: Console
    digests: dict[str, str] = field(default_factory=dict)
    results: dict[str, TopicResult] = field(default_factory=dict)
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def look(self) -> bool:
        """Grade the topics whose files have changed since the last look and show what that did; whether there were any."""
        try:
            submission = self._settled()
        except SubmissionUnreadable as error:
            if self.digests:
                print_parts([Text(one_line(str(error), 300), style="red"), Text()], self.console)
            self.digests = {}
            return False
        found = {topic.name: digest(submission, topic) for topic in self.topics}
        changed = [topic for topic in self.topics if found[topic.name] != self.digests.get(topic.name)]
        first = not self.digests
        self.digests = found
        graded = [topic for topic in changed if not (first and topic.name in submission.problems)]
        if graded:
            self._grade([topic.name for topic in graded])
        return bool(graded)

    def _grade(self, names: Sequence[str]) -> None:
        started = time.perf_counter()
        # at the published size a model takes seconds on a GPU too: that is for when a topic is done
        report = for_student(grade(self.path, names, self.seed, device="cpu", course=self.course))
        seconds = time.perf_counter() - started
        parts = [Text(f"{time.strftime('%H:%M:%S')}, {seconds:.1f} s", style="dim")]
        told = {note for name in names for note in self.notes.get(name, ())}
        parts += [Text(f"Note: {one_line(note, 300)}") for note in report.notes if note not in told]
        self.notes |= dict.fromkeys(names, report.notes)
        print_parts(parts, self.console)
        for topic in report.topics:
            print_parts(render_changes(self.results.get(topic.name), topic, self._given()), self.console)
            self.results[topic.name] = topic
        print_parts([Text(self._total()), Text()], self.console)
        for fault in report.faults:
            print_parts([Text(f"a fault of ours: {one_line(fault, 400)}", style="magenta")], self.console)

    def _given(self) -> str:
        """The path as it is given to a command; nothing where it goes without saying."""
        return "" if self.path == default_path() else shlex.quote(str(self.path))

    def _total(self) -> str:
        earned = sum((topic.points_earned for topic in self.results.values()), Fraction(0))
        possible = sum((topic.points for topic in self.topics), Fraction(0))
        return f"{points(earned)} of {points(possible)} points in all"

    def _settled(self) -> Submission:
        """The submission, once no topic's file that was there is missing or empty, or that has lasted."""
        for _ in range(SETTLE_TIMES):
            submission = load_submission(self.path, self.course, self.topics)
            if not any(self._in_between(submission, topic) for topic in self.topics):
                return submission
            time.sleep(SETTLE_SECONDS)
        return submission

    def _in_between(self, submission: Submission, topic: Topic) -> bool:
        there = topic.name in self.results and self.results[topic.name].problem is None
        return there and (topic.name in submission.problems or not submission.sources[topic.file].strip())


def watch(path: Path, topics: Sequence[str] | None, seed: int, course: Path | None) -> None:
    """Watch until Ctrl-C. Raises UsageError for a path or topic that is not there."""
    import watchfiles

    loaded = load_course(course)
    if not path.exists():
        raise UsageError(f"{path} does not exist")
    names = tuple(topics) if topics else None
    watched = Watch(loaded, choose_topics(path, loaded, Settings(names)), path, seed, Console(highlight=False))
    folder = path if path.is_dir() else path.parent
    saves = watchfiles.watch(
        folder, watch_filter=_is_source, debounce=QUIET_MS * 4, step=QUIET_MS, rust_timeout=5000, yield_on_timeout=True,
        recursive=path.is_dir(),
    )  # fmt: skip
    told = Text(f"Watching {one_line(path.resolve().name)}. Ctrl-C ends.")
    run(watched, saves, lambda: print_parts([told], watched.console))


def run(watched: Watch, saves: Iterable[object], ready: Callable[[], None]) -> None:
    """Look now and after each save; a Ctrl-C at any time is the end."""
    try:
        watched.look()
        gc.freeze()  # the course, NumPy and what came with them stay: to look through them again took a fifth of each report
        ready()
        for _ in saves:  # also now and then without one, in case an event was lost
            watched.look()
    except KeyboardInterrupt:
        watched.console.print("Stopped.")


def _is_source(_: object, path: str) -> bool:
    return path.endswith(KINDS) and not any(part.startswith(".") for part in Path(path).parts[-2:])


def digest(submission: Submission, topic: Topic) -> str:
    """Changes when what a topic's result depends on does: its file, what that imports, or why there is none."""
    total = hashlib.sha256(submission.problems.get(topic.name, "").encode())
    for name in _imported(submission, topic.file):
        total.update(name.encode() + b"\0" + submission.sources[name])
    notebook = submission.notebooks.get(topic.file)
    total.update(repr(notebook.statements if notebook is not None else None).encode())
    return total.hexdigest()


def _imported(submission: Submission, file: str) -> Iterator[str]:
    """A file and the files beside and below it that it imports, directly or not, in a fixed order; of a package all files."""
    pending, seen = [file], set()
    while pending:
        name = pending.pop()
        if name not in submission.sources or name in seen:
            continue
        seen.add(name)
        yield name
        modules = _modules(submission.sources[name])
        inside = (other for other in submission.sources if "/" in other and other.partition("/")[0] in modules)
        pending += sorted([*(f"{module}.py" for module in modules), *inside])


def _modules(source: bytes) -> set[str]:
    """Top-level modules that a source imports anywhere; of one that is no Python, none."""
    from grader.submission.parsing import parse

    tree = parse(source.decode("utf-8", "replace"))
    found: set[str] = set()
    for node in ast.walk(tree) if isinstance(tree, ast.Module) else ():
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found
