"""`grade`: one submission in, one report out; everything else calls it."""

from __future__ import annotations

import gc
import io
import os
import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.checking.suite import CheckSpec, Suite
from grader.course import Course, Topic, load_course
from grader.devices import WorkerMaker, make_full_size, used_device
from grader.errors import CourseError, InternalFault, SandboxUnavailable, UsageError
from grader.late import apply_late
from grader.results import CheckResult, Report, Step
from grader.session import GradingSession, on_path
from grader.submission import Bundle, Submission, load_submission, topics_in
from grader.workshop import Workshop, shared_workshop

if TYPE_CHECKING:
    from grader.client.student import WorkerBackend

DEVICES = ("auto", "cpu", "cuda")


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
    total: int = 0
    done: int = 0
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
        make = worker_maker(submission, folder, settings, workshop)
        session = GradingSession(
            course,
            settings.seed,
            workshop,
            make,
            make_full_size=lambda topic: make_full_size(topic, make, settings.device, settings.full_size, workshop),
        )
        grading = cls(course, topics, session, only=settings.only, device=settings.device, _stack=stack)
        stack.callback(grading.session.close)
        grading.submission = submission
        return grading

    submission: Submission | None = None

    def enter(self) -> Callable[[], None]:
        """Put the course on the path; returns what ends the grading: workers, copies, path."""
        self._stack.enter_context(on_path(self.course))
        return self._stack.close

    def is_wanted(self, spec: CheckSpec) -> bool:
        """Whether a check is to be judged."""
        return self.only in (None, spec.function, spec.name)

    def topic_of(self, path: Path) -> Topic:
        """The topic whose folder holds the check file; raises CourseError."""
        for topic in self.course.topics:
            if path.resolve().is_relative_to(topic.folder.resolve()):
                return topic
        raise CourseError(f"{path} is not in the folder of any topic of {self.course.root}")

    def collected(self, suite: Suite, plain: bool) -> None:
        """Told what was collected: the number for the progress, and that the points are those of course.toml.

        A `plain` suite needs no pytest to be judged again.
        """
        self.total = sum(self.is_wanted(check.spec) for check in suite)
        if not self.quiet:  # an ordinary pytest run may have been asked for some of the checks only
            return
        for topic in self.topics:
            points = sum((check.spec.points for check in suite if check.topic is topic), Fraction(0))
            if (
                points and points != topic.points
            ):  # none at all: the file could not be collected, which is told by itself
                raise CourseError(
                    f"course.toml gives {topic.name} {topic.points} points, its checks add up to {points}"
                )
        if plain:
            self.session.workshop.suites.remember(self.course, self.topics, suite)

    def judge(
        self, topic: Topic, spec: CheckSpec, test: Callable[..., Any], fixtures: Mapping[str, Any]
    ) -> CheckResult:
        """Judge one check and tell the listener."""
        result = self.session.run(topic, spec, test, fixtures)
        self.done += 1
        if self.listener is not None:
            self.listener(Step(self.done, self.total, topic.name, result))
        return result


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
) -> Report:
    """Grade one submission: a folder, a file, a notebook, a zip, or a bundle that was read from one.

    `topics` are names from the course (default: all, or the one that a single file is for); `seed` draws the cases
    (default 0); `device` says whether PyTorch models also run at their published size on a GPU, and `full_size` has them do
    so on the CPU where they do not; `run_all_cells` runs all of a notebook and not only what the graded functions need; `only`
    is a function or the name of a check, and nothing else is graded; `handed_in`, with its offset from UTC, is held against
    the course's deadlines. Raises UsageError for a path or topic that is not there, SandboxUnavailable where a protection is
    required and missing, InternalFault for a fault of ours.
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
    run_checks(grading)
    submission = grading.submission
    assert submission is not None
    shown = path.label if isinstance(path, Bundle) else str(path)
    report = make_report(grading, shown, submission, settings.seed, time.perf_counter() - started)
    return report if handed_in is None else apply_late(report, loaded, handed_in)


def choose_topics(path: Path | Bundle, course: Course, settings: Settings) -> tuple[Topic, ...]:
    """The topics to grade, in the course's order. Raises CourseError for a name that is not in it."""
    if settings.topics is not None:
        named = [course.topic(name) for name in settings.topics]
        return tuple(topic for topic in course.topics if topic in named)
    if isinstance(path, Path) and path.suffix == ".py" and path.is_file():
        exact = tuple(topic for topic in course.topics if topic.file == path.name)
        within = tuple(topic for topic in course.topics if topic.name in path.stem)
        if not exact and not within:
            files = ", ".join(topic.file for topic in course.topics)
            raise UsageError(f"{path.name} is the file of no topic ({files}); name the topic with --topic")
        return exact or within
    if isinstance(path, Path) and path.suffix == ".ipynb" and path.is_file():
        found = topics_in(path, course.topics)
        if not found:
            raise UsageError(f"{path.name} defines no function of the course; name the topic with --topic")
        return found
    return course.topics


def worker_maker(submission: Submission, folder: str, settings: Settings, workshop: Workshop) -> WorkerMaker:
    """How a topic's backend is made: a worker on the staged files."""
    from grader.client.student import WorkerBackend

    def make(topic: Topic, device: str = "cpu") -> WorkerBackend:
        problem = submission.problems.get(topic.name)
        server = workshop.server(topic.needs) if problem is None and device == "cpu" else None
        notebook = submission.notebooks.get(topic.file)
        backend = WorkerBackend(topic, folder, settings.seed, server, problem, notebook, device)
        if problem is None:
            backend.load()
            missing = [name for name, holds in (backend.protections or {}).items() if not holds]
            if settings.require_sandbox and missing:
                backend.close()
                raise SandboxUnavailable(
                    f"these protections do not hold here: {', '.join(missing)}; see `convgrade doctor`"
                )
        return backend

    return make


def run_checks(grading: Grading) -> None:
    """Judge the submission by the topics' checks, quietly. Raises what a check's judging raised, or InternalFault.

    The first time pytest collects and runs them; later submissions are judged by the same suite where it needs no pytest.
    """
    suite = grading.session.workshop.suites.find(grading.course, grading.topics)
    if suite is None:
        _run_pytest(grading)
        return
    from grader.checking.cases import load_profile

    load_profile()
    end = grading.enter()
    try:
        grading.total = sum(grading.is_wanted(check.spec) for check in suite)
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            for check in suite:
                if grading.is_wanted(check.spec):
                    grading.judge(check.topic, check.spec, check.test, check.parameters)
    finally:
        end()


def _run_pytest(grading: Grading) -> None:
    import pytest

    from grader import plugin

    grading.quiet = True
    keeper = _Keeper(grading)
    arguments = [
        "--disable-plugin-autoload", "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging", "-p", "no:warnings",
        "-p", "no:junitxml", "-p", "no:faulthandler", "-p", "no:doctest", "-p", "no:pastebin", "-p", "no:debugging",
        "-p", "no:unraisableexception", "-p", "no:threadexception", "-p", "no:tmpdir", "-p", "no:recwarn",
        "--capture=no", "--noconftest", "--import-mode=importlib", "--assert=plain",
        "-c", os.devnull, "--rootdir", str(grading.course.root),
        *(str(topic.checks) for topic in grading.topics),
    ]  # fmt: skip
    output = io.StringIO()
    with _clean_environment(), _settled_heap(), redirect_stdout(output), redirect_stderr(output):
        code = pytest.main(arguments, plugins=[plugin, keeper])
    if keeper.error is not None:
        raise keeper.error
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        problems = "\n".join(keeper.problems) or output.getvalue()[-4000:]
        raise InternalFault(f"the checks could not be run (pytest's exit code {int(code)})\n{problems}")


class _Keeper:
    """A pytest plugin that carries the grading into the run, and errors out of it."""

    def __init__(self, grading: Grading) -> None:
        self.grading = grading
        self.error: BaseException | None = None
        self.problems: list[str] = []

    def pytest_configure(self, config: Any) -> None:
        from grader import plugin

        plugin.begin(config, self.grading)

    def pytest_collection_finish(self) -> None:
        gc.freeze()
        gc.enable()

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.problems.append(str(report.longrepr))

    def pytest_internalerror(self, excrepr: Any, excinfo: Any) -> bool:
        if isinstance(excinfo.value, UsageError):
            self.error = excinfo.value
        self.problems.append(str(excrepr))
        return True

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and report.when != "call":
            self.problems.append(str(report.longrepr))

    def pytest_exception_interact(self, call: Any) -> None:
        if isinstance(call.excinfo.value, (UsageError, InternalFault, KeyboardInterrupt)):
            self.error = self.error or call.excinfo.value

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        if type(excinfo.value) is KeyboardInterrupt:  # pytest has subclasses of its own, for errors in collection
            self.error = excinfo.value


@contextmanager
def _settled_heap() -> Iterator[None]:
    """No garbage collection until the checks are imported, and none of what that brought, which stays to the end anyway.

    Looking through PyTorch's half a million objects again and again takes a tenth of a cold run.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()
        else:
            gc.disable()


@contextmanager
def _clean_environment() -> Iterator[None]:
    """Without the variables by which pytest takes options and plugins from whoever calls."""
    names = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_THEME", "PYTEST_DEBUG")
    saved = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(saved)


def make_report(grading: Grading, path: str, submission: Submission, seed: int, seconds: float) -> Report:
    """The report of a finished session. Raises InternalFault when checks are missing from it."""
    session = grading.session
    return Report(
        course_name=grading.course.name,
        course_title=grading.course.title,
        course_version=grading.course.version,
        path=path,
        files=submission.files(),
        seed=seed,
        isolation=session.isolation(),
        topics=session.results(),
        notes=(*submission.notes, *session.notes()),
        faults=tuple(session.faults),
        versions=versions(),
        duration_s=seconds,
        device=used_device(session, grading.topics, grading.device),
    )


def versions() -> dict[str, str]:
    """Versions of what the result may depend on."""
    from importlib.metadata import version

    from grader import __version__

    found = {"convgrade": __version__, "python": platform.python_version()}
    for name in ("numpy", "torch", "hypothesis", "pytest"):
        found[name] = version(name)
    return found
