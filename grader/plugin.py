"""The pytest plugin: the `check` marker, the `student` fixture, `--submission`, and the recording of results.

`pytest --submission PATH` grades as any pytest run goes (-k, -x, --lf, -n); without --submission the plugin does nothing.
Under -n every process has its own workers. The scored report is `convgrade grade`, which runs this same plugin.
"""

from __future__ import annotations

import inspect
from collections.abc import Generator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from grader.checking.suite import CheckSpec
    from grader.client.student import Student
    from grader.course import Topic
    from grader.grading import Grading

GRADING: pytest.StashKey[Grading] = pytest.StashKey()
SPEC: pytest.StashKey[tuple[Topic, CheckSpec]] = pytest.StashKey()
PROPERTY = "convgrade"
PLAIN_MARKERS = {"check", "parametrize"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of an ordinary pytest run that grades."""
    group = parser.getgroup("convgrade", "grading a submission with convgrade")
    group.addoption("--submission", metavar="PATH", help="folder, file or zip to grade; without it nothing is graded")
    group.addoption(
        "--course", metavar="PATH", help="folder that holds reference/course.toml (default: the installed course)"
    )
    group.addoption("--submission-seed", metavar="N", type=int, default=0, help="seed of the drawn cases (default: 0)")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; begin a grading session where one is asked for."""
    config.addinivalue_line(
        "markers",
        "check(name, points, needs=(), hidden=False): a graded check: 'function/behaviour', its points, the checks it builds "
        "on, whether students are shown its outcome only; "
        "its title is the first line of the test's docstring",
    )
    if GRADING in config.stash or config.getoption("--submission", default=None) is None:
        return
    from grader.course import load_course
    from grader.errors import UsageError
    from grader.grading import Grading, Settings

    given = config.getoption("--course")
    try:
        course = load_course(Path(given) if given else None)
        grading = Grading.open(
            Path(config.getoption("--submission")), course, Settings(seed=config.getoption("--submission-seed"))
        )
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    begin(config, grading)
    chosen = (pytest.Config.ArgsSource.TESTPATHS, pytest.Config.ArgsSource.INVOCATION_DIR)
    if config.args_source in chosen:  # no path was named: the course's checks, not the tests of whatever lies here
        config.args[:] = [str(topic.checks) for topic in course.topics]


def begin(config: pytest.Config, grading: Grading) -> None:
    """Make this pytest run a grading run."""
    from grader.checking.cases import load_profile

    load_profile()
    config.stash[GRADING] = grading
    config.add_cleanup(grading.enter())


@pytest.fixture(scope="session")
def convgrade_session(request: pytest.FixtureRequest) -> Grading:
    """The grading session of this run; an error where there is none."""
    grading = request.config.stash.get(GRADING, None)
    if grading is None:
        raise pytest.UsageError("checks need a submission: give --submission PATH")
    return grading


@pytest.fixture(scope="module")
def student(request: pytest.FixtureRequest, convgrade_session: Grading) -> Student:
    """The student's functions of this module's topic, called as if they were local."""
    topic = convgrade_session.topic_of(request.path)
    return convgrade_session.session.topic(topic).student


def pytest_itemcollected(item: pytest.Item) -> None:
    """A check is selected by its name too: `-k max_pool`, `-k max_pool_forward/values`."""
    marker = item.get_closest_marker("check")
    if marker is not None and marker.args:
        item.extra_keyword_matches.add(str(marker.args[0]))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Read every check's marker; a wrong one stops the collection."""
    from grader.checking.suite import Collected

    grading = config.stash.get(GRADING, None)
    seen: dict[tuple[str, str], pytest.Item] = {}
    for item in items:
        marker = item.get_closest_marker("check")
        if marker is None:
            continue
        if grading is None:
            raise pytest.UsageError(f"{item.nodeid} is a check, and checks need a submission: give --submission PATH")
        topic = grading.topic_of(item.path)
        spec = _read_marker(item, marker, topic)
        if (topic.name, spec.name) in seen:
            raise pytest.UsageError(f"{item.nodeid}: a check named {spec.name!r} is there already")
        seen[topic.name, spec.name] = item
        item.stash[SPEC] = (topic, spec)
    if grading is not None:
        checks: list[Any] = [item for item in items if SPEC in item.stash]
        plain = len(checks) == len(items) and all(map(_is_plain, checks))
        suite = []
        for item in checks:
            topic, spec = item.stash[SPEC]
            suite.append(Collected(topic, spec, item.obj, _parameters(item)))
        grading.collected(tuple(suite), plain, [item.nodeid for item in items if SPEC not in item.stash])
        items[:] = [item for item in items if SPEC not in item.stash or grading.is_wanted(*item.stash[SPEC])]


def _is_plain(item: Any) -> bool:
    """Whether a check asks pytest for nothing but the student and its parameters, so that it can be judged without pytest."""
    ours = {"student", "convgrade_session", "request", *_parameters(item)}
    markers = {mark.name for mark in item.iter_markers()}
    return item.cls is None and set(item.fixturenames) <= ours and markers <= PLAIN_MARKERS


def _parameters(item: Any) -> dict[str, Any]:
    return dict(item.callspec.params) if hasattr(item, "callspec") else {}


def _read_marker(item: pytest.Item, marker: pytest.Mark, topic: Topic) -> CheckSpec:
    from grader.checking.suite import CheckSpec

    def read(name: str, points: int | str | Fraction, needs: tuple[str, ...] = (), hidden: bool = False) -> CheckSpec:
        title = inspect.getdoc(getattr(item, "obj", None)) or ""
        params = getattr(getattr(item, "callspec", None), "id", None)
        full = f"{name}[{params}]" if params else name
        return CheckSpec(
            full,
            title.partition("\n\n")[0].replace("\n", " "),
            Fraction(points) * topic.weight,
            tuple(needs),
            bool(hidden),
        )

    try:
        spec = read(*marker.args, **marker.kwargs)
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(
            f"{item.nodeid}: the check marker takes (name, points, needs=(), hidden=False): {error}"
        ) from None
    function, slash, behaviour = spec.name.partition("/")
    if not slash or not behaviour or function not in topic.functions:
        raise pytest.UsageError(
            f"{item.nodeid}: {spec.name!r} is not 'function/behaviour' with a function of course.toml"
        )
    if spec.points <= 0 or not spec.title:
        raise pytest.UsageError(f"{item.nodeid}: a check needs points above 0 and a docstring that says what it asks")
    return spec


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Judge a check in place of calling its function."""
    if SPEC not in pyfuncitem.stash:
        return None
    from grader.results import Outcome

    grading = pyfuncitem.config.stash[GRADING]
    topic, spec = pyfuncitem.stash[SPEC]
    wanted = pyfuncitem._fixtureinfo.argnames
    fixtures = {name: value for name, value in pyfuncitem.funcargs.items() if name in wanted and name != "student"}
    result = grading.judge(topic, spec, pyfuncitem.obj, fixtures)
    earned = 0 if result.outcome is not Outcome.PASSED else 1
    points = [topic.name, spec.name, str(result.points_earned), str(result.points_possible), str(result.outcome)]
    pyfuncitem.user_properties.append((PROPERTY, points))
    if not earned:
        _raise_for_pytest(grading, topic, result)
    return True


def _raise_for_pytest(grading: Grading, topic: Topic, result: Any) -> None:
    """End the test as pytest knows it, with the text a student reads where pytest prints one."""
    from grader.results import Outcome

    if grading.quiet:
        pytest.fail(str(result.outcome), pytrace=False)
    from grader.report.plain import explain_check

    result = grading.session.diagnosed(topic, result)
    text = explain_check(result)
    if result.outcome is Outcome.SKIPPED:
        pytest.skip(result.failure.what if result.failure else "skipped")
    if result.outcome is Outcome.INTERNAL_ERROR:
        text += "\n" + (grading.session.faults[-1] if grading.session.faults else "")
    pytest.fail(text, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: Any) -> Generator[None]:
    """One line with the points of the checks that ran."""
    yield
    rows = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, value in getattr(report, "user_properties", ())
        if name == PROPERTY
    ]
    if rows:
        earned, possible = (sum((Fraction(row[column]) for row in rows), Fraction(0)) for column in (2, 3))
        terminalreporter.write_sep("-", f"{float(earned):g} of {float(possible):g} points in the checks that ran")
