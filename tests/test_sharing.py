"""Topics judged side by side: the same report as one by one, and nothing left behind however it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from grader import grade, sharing
from grader.checking.suite import CheckSpec, Collected, Suite
from grader.course import Topic, load_course
from grader.errors import InternalFault, UsageError
from grader.findings import Findings, join
from grader.results import CheckResult, Device, Outcome, TopicResult
from grader.sharing import Told, default_jobs, judge_side_by_side

ROOT = Path(__file__).parents[1]
TOPICS = load_course(ROOT).topics[:4]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="topics are judged side by side on Linux alone")


def command(*arguments: str) -> list[str]:
    """`convgrade grade` of two topics and one that was not handed in."""
    chosen = [option for name in ("conv_arithmetic", "dropout", "vgg") for option in ("--topic", name)]
    return [sys.executable, "-m", "grader", "grade", *arguments, *chosen]


def environment(scratch: Path) -> dict[str, str]:
    """This one, with temporary files in a folder that can be looked at."""
    scratch.mkdir(exist_ok=True)
    return {**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)}


def test_processes_in_which_pytorch_does_not_differentiate_leave_the_judging_to_this_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sharing, "_differentiates", lambda: False)
    monkeypatch.setattr("grader.grading.can_share", lambda topics: True)  # threads of pytest's would forbid it
    told: list[str] = []
    report = grade(
        ROOT / "solutions", ["conv_arithmetic", "dropout"], jobs=2, listener=lambda step: told.append(step.result.name)
    )
    assert report.points_earned == report.points_possible
    assert len(told) == len(set(told)) == sum(len(topic.checks) for topic in report.topics)


def test_the_report_is_the_same_as_that_of_one_process(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    shutil.copy(ROOT / "solutions" / "conv_arithmetic.py", folder)
    dropout = (ROOT / "solutions" / "dropout.py").read_text()
    assert "/ keep_prob" in dropout
    (folder / "dropout.py").write_text(dropout.replace("/ keep_prob", "/ (1 - keep_prob)"))
    reports = []
    for jobs in ("1", "3"):
        done = subprocess.run(
            command(str(folder), "--jobs", jobs, "--json", "-"),
            env=environment(tmp_path / "scratch"), capture_output=True, text=True, check=True,
        )  # fmt: skip
        told = set(done.stderr.splitlines())
        assert {line.split(":")[0] for line in told} == {"graded conv_arithmetic", "graded dropout", "graded vgg"}
        report = json.loads(done.stdout)
        del report["duration_s"]
        for entry in (check for topic in report["topics"] for check in topic["checks"]):
            del entry["duration_s"]
        reports.append((told, report))
    assert reports[0] == reports[1]
    assert reports[0][1]["points_earned"] > 40
    assert any(check["misconceptions"] for check in reports[0][1]["topics"][1]["checks"])
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_ends_everything_and_so_do_others(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    endless = "def {}(*args, **kwargs):\n    while True:\n        pass\n"
    for topic in load_course(ROOT).topics:
        if topic.name in ("conv_arithmetic", "dropout"):
            (folder / topic.file).write_text("\n\n".join(endless.format(name) for name in topic.functions))
    process = subprocess.Popen(
        command(str(folder), "--jobs", "2"), env=environment(tmp_path / "scratch"), start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # ignored where the tests run in the background
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while len(workers(process.pid)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, number)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert told.strip().endswith("convgrade: stopped")
    assert not list((tmp_path / "scratch").iterdir())
    deadline = time.monotonic() + 20
    while workers(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not workers(process.pid)


def workers(ancestor: int) -> list[int]:
    """The processes below the group of `ancestor` that are the leaders of sessions of their own, as workers are."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            except OSError:
                continue
            if state != "Z":
                parents[int(entry.name)] = (int(parent), int(session))
    found = []
    for pid, (_, session) in parents.items():
        above = pid
        while above in parents and above != ancestor:
            above = parents[above][0]
        if above == ancestor and pid != ancestor and session == pid:
            found.append(pid)
    return found


def suite_of(topics: tuple[Topic, ...]) -> Suite:
    return tuple(
        Collected(topic, CheckSpec(f"{min(topic.functions)}/any", "Any.", Fraction(1)), print, {}) for topic in topics
    )


def find(topic: Topic, suite: Suite, told: Told) -> Findings:
    """A judge that passes everything."""
    results = []
    for check in suite:
        one = CheckResult(check.spec.name, check.spec.title, Outcome.PASSED, Fraction(1), Fraction(1), None, 0.0)
        told(topic.name, one)
        results.append(one)
    note = f"by {topic.name}"
    held = {"network": topic.name != TOPICS[2].name}
    return Findings((TopicResult(topic.name, topic.title, tuple(results)),), ("seen", note), (), held, Device())


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> None:
    """Autograd is not asked for: a test before this one may have shown it a GPU, and here nothing is differentiated."""
    monkeypatch.setattr(sharing, "_differentiates", lambda: True)


@pytest.mark.usefixtures("able")
def test_every_topic_is_judged_once_and_reported_in_the_order_of_the_course() -> None:
    heard: list[str] = []
    found = judge_side_by_side(TOPICS, suite_of(TOPICS), [find, find], lambda name, result: heard.append(name))
    assert sorted(heard) == sorted(topic.name for topic in TOPICS)
    assert [topic.name for topic in found.topics] == [topic.name for topic in TOPICS]
    assert found.notes == ("seen", *(f"by {topic.name}" for topic in TOPICS))
    assert found.isolation.level == "partial" and not found.protections["network"]


def test_joining_does_not_depend_on_the_order() -> None:
    parts = [find(topic, suite_of((topic,)), lambda name, result: None) for topic in TOPICS]
    assert join(parts, TOPICS) == join(reversed(parts), TOPICS)


class Unsendable(Exception):
    """An error that cannot go through a pipe."""

    def __init__(self) -> None:
        super().__init__()
        self.there: Callable[[], Any] = lambda: None


class Unmakeable(Exception):
    """An error that goes into a pipe and does not come out of it."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one + other)


@pytest.mark.parametrize(
    ("raised", "wanted", "told"),
    [
        (UsageError("not this way"), UsageError, "not this way"),
        (InternalFault("ours"), InternalFault, "ours"),
        (Unsendable(), InternalFault, "Unsendable"),
        (Unmakeable("not ", "again"), InternalFault, "Unmakeable: not again"),
        (None, InternalFault, "without a word"),
    ],
)
@pytest.mark.usefixtures("able")
def test_what_ends_one_process_ends_the_run(raised: Exception | None, wanted: type[Exception], told: str) -> None:
    def judge(topic: Topic, suite: Suite, tell: Told) -> Findings:
        if topic is not TOPICS[1]:
            return find(topic, suite, tell)
        if raised is None:
            os.kill(os.getpid(), signal.SIGKILL)
        raise raised  # type: ignore[misc]  # killed above where there is none

    with pytest.raises(wanted, match=told) as caught:
        judge_side_by_side(TOPICS, suite_of(TOPICS), [judge, judge], lambda name, result: None)
    if raised is not None:  # where it was raised is not lost on the way
        assert "raise raised" in str(caught.value) + "".join(getattr(caught.value, "__notes__", ()))


def test_there_is_at_least_one_process() -> None:
    assert 1 <= default_jobs() <= 4
