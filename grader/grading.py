"""`grade`: one submission in, one report out; everything else calls it."""

from __future__ import annotations

import io
import os
import platform
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.checking.suite import CheckSpec, Collected, Suite
from grader.collecting import run_pytest
from grader.course import Course, Topic, load_course
from grader.devices import WorkerMaker, make_full_size
from grader.errors import CourseError, SandboxUnavailable, StudentRaised, UsageError
from grader.findings import Findings, findings_of
from grader.late import apply_late
from grader.results import CheckResult, Report, Step
from grader.session import GradingSession, on_path
from grader.sharing import CannotShare, JudgeTopic, Told, can_share, judge_side_by_side
from grader.submission import Bundle, Submission, by_statements, load_submission, topics_in
from grader.workshop import Workshop, shared_workshop

if TYPE_CHECKING:
    from grader.client.student import WorkerBackend

DEVICES = ("auto", "cpu", "cuda")
LACKING = frozenset({"ImportError", "EOFError", "OSError"})
"""What an import raises for want of something that its author has and a worker has not: a package, an input, a file."""
MISSING_PACKAGE = re.compile(rb"except\b[^\n]*\b(ImportError|ModuleNotFoundError)\b")
IPYTHONS = ("name 'display' is not defined", "name 'get_ipython' is not defined")


@dataclass(frozen=True)
class Settings:
    """How to grade: which topics (None: all), the seed, the device of PyTorch topics, whether every protection is a must,
    whether all of a notebook is run, the one function or check (None: all) that is judged, and whether models also run at
    their published size where there is no GPU.
    """

    topics: tuple[str, ...] | None = None
    seed: int = 0
    device: str = "auto"
    require_sandbox: bool = False
    run_all_cells: bool = False
    only: str | None = None
    full_size: bool = False


Listener = Callable[[Step], None]


@dataclass
class Grading:
    """One submission in one pytest run: which topics, the session that judges, who is told.

    `only` is a function or the name of a check: nothing else is judged then.
    """

    course: Course
    topics: tuple[Topic, ...]
    session: GradingSession
    only: str | None = None
    quiet: bool = False
    listener: Listener | None = None
    device: str = "cpu"
    part: frozenset[str] | None = None
    """The names of the topics that are judged; None for all of them."""
    totals: Counter[str] = field(default_factory=Counter)
    done: int = 0
    begin: Callable[[Workshop], GradingSession] | None = None
    """Begins a session of its own in another process; None where the topics cannot be judged side by side."""
    _stack: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def open(cls, path: Path | Bundle, course: Course, settings: Settings, workshop: Workshop | None = None) -> Grading:
        """Read the submission and make everything ready to judge it; `enter` must follow. Raises UsageError."""
        topics = choose_topics(path, course, settings)
        submission = load_submission(path, course, topics, settings.run_all_cells)
        stack = ExitStack()
        folder = stack.enter_context(submission.staged())
        workshop = workshop or shared_workshop()
        for needs in {topic.needs for topic in topics if topic.name not in submission.problems}:
            workshop.server(needs)  # it warms up while this process imports what judging needs

        def begin(workshop: Workshop) -> GradingSession:
            make = worker_maker(submission, folder, settings, workshop, course)
            return GradingSession(
                course,
                settings.seed,
                workshop,
                make,
                make_full_size=lambda topic: make_full_size(topic, make, settings.device, settings.full_size, workshop),
            )

        large = settings.full_size or (settings.device != "cpu" and workshop.gpu.problem is None)
        large = large and any(topic.needs == "torch" for topic in topics)
        grading = cls(
            course,
            topics,
            begin(workshop),
            only=settings.only,
            device=settings.device,
            begin=None if large else begin,  # models at their published size take all the memory, or the one GPU
            _stack=stack,
        )
        stack.callback(grading.session.close)
        grading.submission = submission
        return grading

    submission: Submission | None = None

    def enter(self) -> Callable[[], None]:
        """Put the course on the path; returns what ends the grading: workers, copies, path."""
        self._stack.enter_context(on_path(self.course))
        return self._stack.close

    def is_wanted(self, topic: Topic, spec: CheckSpec) -> bool:
        """Whether a check is to be judged."""
        return self.only in (None, spec.function, spec.name) and (self.part is None or topic.name in self.part)

    def topic_of(self, path: Path) -> Topic:
        """The topic whose folder holds the check file; raises CourseError."""
        for topic in self.course.topics:
            if path.resolve().is_relative_to(topic.folder.resolve()):
                return topic
        raise CourseError(f"{path} is not in the folder of any topic of {self.course.root}")

    def collected(self, suite: Suite, plain: bool, others: Sequence[str] = ()) -> None:
        """Told what was collected: the number for the progress, and that the points are those of course.toml.

        A `plain` suite needs no pytest to be judged again. `others` are tests that are no checks, for want of a marker.
        """
        self.expect(check for check in suite if self.is_wanted(check.topic, check.spec))
        if not self.quiet:  # an ordinary pytest run may have been asked for some of the checks only
            return
        for topic in self.topics:
            points = sum((check.spec.points for check in suite if check.topic is topic), Fraction(0))
            if (
                points and points != topic.points
            ):  # none at all: the file could not be collected, which is told by itself
                unmarked = f"; these tests have no check marker: {', '.join(others)}" if others else ""
                raise CourseError(
                    f"{self.course.root / 'reference' / 'course.toml'} gives {topic.name} {float(topic.points):g} points, "
                    f"its checks add up to {float(points):g}{unmarked}"
                )
        if plain:
            self.session.workshop.suites.remember(self.course, self.topics, suite)

    def judge(
        self, topic: Topic, spec: CheckSpec, test: Callable[..., Any], fixtures: Mapping[str, Any]
    ) -> CheckResult:
        """Judge one check and tell the listener."""
        result = self.session.run(topic, spec, test, fixtures)
        self.tell(topic.name, result)
        return result

    def tell(self, topic: str, result: CheckResult) -> None:
        """Tell the listener that one more check is judged."""
        self.done += 1
        if self.listener is not None:
            self.listener(Step(self.done, self.totals.total(), topic, self.totals[topic], result))

    def expect(self, checks: Iterable[Collected]) -> None:
        """Told which checks will be judged, for the progress."""
        self.totals = Counter(check.topic.name for check in checks)

    def judge_apart(self, workshop: Workshop) -> JudgeTopic:
        """What judges a topic in another process, with servers of its own."""
        assert self.begin is not None
        begin, device = self.begin, self.device

        def judge(topic: Topic, suite: Suite, told: Told) -> Findings:
            session = begin(workshop)
            try:
                for check in suite:
                    told(topic.name, session.run(topic, check.spec, check.test, check.parameters))
                return findings_of(session, (topic,), device)
            finally:
                session.close()

        return judge


def grade(
    path: str | os.PathLike[str] | Bundle,
    topics: Iterable[str] | None = None,
    seed: int | None = None,
    device: str = "auto",
    *,
    require_sandbox: bool = False,
    run_all_cells: bool = False,
    only: str | None = None,
    full_size: bool = False,
    handed_in: datetime | None = None,
    course: Course | str | os.PathLike[str] | None = None,
    listener: Listener | None = None,
    workshop: Workshop | None = None,
    jobs: int = 1,
    part: Iterable[str] | None = None,
) -> Report:
    """Grade one submission: a folder, a file, a notebook, a zip, or a bundle that was read from one.

    `topics` are names from the course (default: all, or the one that a single file is for); `seed` draws the cases
    (default 0); `device` says whether PyTorch models also run at their published size on a GPU, and `full_size` has them do
    so on the CPU where they do not; `run_all_cells` runs all of a notebook and not only what the graded functions need; `only`
    is a function or the name of a check, and nothing else is graded; `handed_in`, with its offset from UTC, is held against
    the course's deadlines; `jobs` is how many topics are judged at once, where this process can be forked. With a `part`,
    only these of the topics are judged, and `results.join_forms` makes one report of those of all parts.

    Raises UsageError for a path or topic that is not there, SandboxUnavailable where a protection is required and missing,
    InternalFault for a fault of ours.
    """
    if device not in DEVICES:
        raise UsageError(f"device {device!r} is none of {', '.join(DEVICES)}")
    loaded = course if isinstance(course, Course) else load_course(Path(course) if course is not None else None)
    names = (topics,) if isinstance(topics, str) else tuple(topics) if topics is not None else None
    settings = Settings(names, 0 if seed is None else seed, device, require_sandbox, run_all_cells, only, full_size)
    started = time.perf_counter()
    source = path if isinstance(path, Bundle) else Path(path)
    grading = Grading.open(source, loaded, settings, workshop)
    grading.listener = listener
    grading.part = frozenset(part) if part is not None else None
    found = run_checks(grading, jobs)
    submission = grading.submission
    assert submission is not None
    shown = path.label if isinstance(path, Bundle) else str(path)
    report = make_report(grading, found, shown, submission, settings.seed, time.perf_counter() - started)
    return report if handed_in is None else apply_late(report, loaded, handed_in)


def choose_topics(path: Path | Bundle, course: Course, settings: Settings) -> tuple[Topic, ...]:
    """The topics to grade, in the course's order. Raises CourseError for a name that is not in it."""
    if settings.topics is not None:
        named = [course.topic(name) for name in settings.topics]
        return tuple(topic for topic in course.topics if topic in named)
    if isinstance(path, Path) and path.suffix.lower() in (".py", ".ipynb") and path.is_file():
        found = topics_in(path, course.topics)
        if not found:
            raise UsageError(f"{path.name} has no function of the course; name the topic with --topic")
        return found
    return course.topics


def worker_maker(
    submission: Submission, folder: str, settings: Settings, workshop: Workshop, course: Course
) -> WorkerMaker:
    """How a topic's backend is made: a worker on the staged files."""
    from grader.client.student import WorkerBackend

    def make(topic: Topic, device: str = "cpu") -> WorkerBackend:
        problem = submission.problems.get(topic.name)
        server = workshop.server(topic.needs) if problem is None and device == "cpu" else None
        notebook = submission.notebooks.get(topic.file)
        backend = WorkerBackend(topic, folder, settings.seed, server, problem, notebook, device)
        if problem is None:
            failed = backend.load()
            cause = failed.cause if failed is not None else None
            source = submission.sources[topic.file]
            if notebook is None and isinstance(cause, StudentRaised) and _lacks_something(cause, source):
                module = by_statements(topic.file, source, topic.functions)
                again = WorkerBackend(topic, folder, settings.seed, server, None, module, device)
                if module is not None and again.load() is None:
                    again.notes = (_passed_over(topic.file, cause), *again.notes)
                    backend.close()
                    backend = again
            if (
                failed is None
                and topic.functions.keys().isdisjoint(backend.names)
                and "__getattr__" not in backend.names
            ):
                backend.notes += (_another_topics(topic, backend.names, course),)
            missing = [name for name, holds in (backend.protections or {}).items() if not holds]
            if settings.require_sandbox and missing:
                backend.close()
                raise SandboxUnavailable(
                    f"these protections do not hold here: {', '.join(missing)}; see `convgrade doctor`"
                )
        return backend

    return make


def _lacks_something(error: StudentRaised, source: bytes) -> bool:
    """Whether an import failed for what is not here, and may be there where the file was written.

    So it is where a package that is not here was taken for None.
    """
    of_nothing = "'NoneType' object" in error.message and MISSING_PACKAGE.search(source) is not None
    return bool(LACKING.intersection(error.kinds)) or error.message.startswith(IPYTHONS) or of_nothing


def _another_topics(topic: Topic, names: Sequence[str], course: Course) -> str:
    """That a file has none of its topic's functions, and the topic whose functions it has instead."""
    has = {other.name: len(other.functions.keys() & set(names)) for other in course.topics}
    other = max(has, key=lambda name: has[name], default="")
    instead = f"; it has those of {other}" if other and has[other] else ""
    return f"{topic.file} defines none of the functions of {topic.name}{instead}"


def _passed_over(file: str, error: StudentRaised) -> str:
    """That a file's import failed, and where, and what was done about it."""
    place = next((f"{file}, line {frame.line}" for frame in reversed(error.frames) if frame.file == file), file)
    return (
        f"{place}: importing the file raised {error}; so only what the graded functions need was run of it, statement by "
        "statement"
    )


def run_checks(grading: Grading, jobs: int = 1) -> Findings:
    """Judge the submission by the topics' checks, quietly. Raises what a check's judging raised, or InternalFault.

    The first time pytest collects them; where they need nothing else of it, they are judged by `judge_suite`, then and later.
    """
    suite = grading.session.workshop.suites.find(grading.course, grading.topics)
    if suite is None:
        found = run_pytest(grading, lambda suite: judge_suite(grading, suite, jobs))
        return found if found is not None else findings_of(grading.session, grading.topics, grading.device)
    from grader.checking.cases import load_profile

    load_profile()
    end = grading.enter()
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            return judge_suite(grading, suite, jobs)
    finally:
        end()


def judge_suite(grading: Grading, suite: Suite, jobs: int) -> Findings:
    """Judge the wanted checks, in at most so many processes at once."""
    wanted = tuple(check for check in suite if grading.is_wanted(check.topic, check.spec))
    topics = [topic for topic in grading.topics if any(check.topic is topic for check in wanted)]
    grading.expect(wanted)
    if jobs > 1 and grading.begin is not None and can_share(topics):
        needed = {topic.needs for topic in topics}
        workshops = [grading.session.workshop.twin(needed) for _ in range(min(jobs, len(topics)))]
        try:
            return judge_side_by_side(topics, wanted, list(map(grading.judge_apart, workshops)), grading.tell)
        except CannotShare:
            pass
        finally:
            for workshop in workshops:
                workshop.close()
    for check in wanted:
        grading.judge(check.topic, check.spec, check.test, check.parameters)
    return findings_of(grading.session, grading.topics, grading.device)


def make_report(
    grading: Grading, found: Findings, path: str, submission: Submission, seed: int, seconds: float
) -> Report:
    """The report of what was found in a submission."""
    return Report(
        course_name=grading.course.name,
        course_title=grading.course.title,
        course_version=grading.course.version,
        path=path,
        files=submission.files(),
        seed=seed,
        isolation=found.isolation,
        topics=found.topics,
        notes=tuple(dict.fromkeys((*submission.notes, *found.notes))),
        faults=found.faults,
        versions=versions(),
        duration_s=seconds,
        device=found.device,
    )


def versions() -> dict[str, str]:
    """Versions of what the result may depend on."""
    from importlib.metadata import version

    from grader import __version__

    found = {"convgrade": __version__, "python": platform.python_version()}
    for name in ("numpy", "torch", "hypothesis", "pytest"):
        found[name] = version(name)
    return found
