"""Collecting a course's checks with pytest, quietly, and judging them inside that run."""

from __future__ import annotations

import gc
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

from grader.errors import CourseError, InternalFault, UsageError

if TYPE_CHECKING:
    from grader.checking.suite import Suite
    from grader.findings import Findings
    from grader.grading import Grading


def run_pytest(grading: Grading, judge: Callable[[Suite], Findings]) -> Findings | None:
    """Collect the checks and let `judge` do the rest; None where pytest had to run them, which then told the session."""
    import pytest

    from grader import plugin

    grading.quiet = True
    keeper = _Keeper(grading, judge)
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
    if code == pytest.ExitCode.USAGE_ERROR:  # the arguments are ours: it is a marker that stopped the collection
        raise CourseError(output.getvalue().strip().removeprefix("ERROR: "))
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        problems = "\n".join(keeper.problems) or output.getvalue()[-4000:]
        raise InternalFault(f"the checks could not be run (pytest's exit code {int(code)})\n{problems}")
    return keeper.found


class _Keeper:
    """A pytest plugin that carries the grading into the run, and errors out of it."""

    def __init__(self, grading: Grading, judge: Callable[[Suite], Findings]) -> None:
        self.grading, self.judge = grading, judge
        self.found: Findings | None = None
        self.error: BaseException | None = None
        self.problems: list[str] = []

    def pytest_configure(self, config: Any) -> None:
        from grader import plugin

        plugin.begin(config, self.grading)

    def pytest_collection_finish(self) -> None:
        gc.freeze()
        gc.enable()

    def pytest_runtestloop(self, session: Any) -> bool | None:
        """Judge in place of pytest's loop, if the checks need none of what pytest does around a test."""
        suite = self.grading.session.workshop.suites.find(self.grading.course, self.grading.topics)
        if suite is None or session.testsfailed:
            return None
        try:
            self.found = self.judge(suite)
        except BaseException as error:  # pytest would make something else of it
            self.error = error
        return True

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
