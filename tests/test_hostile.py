"""Hostile submissions: each earns what a wrong answer earns, disturbs nothing, leaves nothing, and is told what happened.

Every file of tests/hostile/ stands for one submission to the miniature course in tests/mini/. Its header says what is
expected; functions it does not define are appended from tests/mini/answers/.

    # answers: right           append right answers (default: wrong ones, worth nothing)
    # points: 0                what the topic earns; "<=3" for at most
    # outcomes: failed crashed what its checks may end with
    # report: words            words that the report must have; may be repeated
    # needs: landlock          a protection without which the file is skipped; may be repeated
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import tempfile
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from grader.cli import main
from grader.client.process import ForkServer
from grader.workshop import shared_workshop

TESTS = Path(__file__).parent
MINI = TESTS / "mini"
ANSWERS = MINI / "answers"
HOSTILE = sorted((TESTS / "hostile").glob("*.py"))
LEFT_BEHIND = "convgrade_left_behind"  # part of the name of every file that a hostile submission tries to leave
FULL, OTHER = 12, 4


@dataclass(frozen=True)
class Expected:
    """The header of a hostile file."""

    answers: str
    points: str
    outcomes: set[str]
    report: list[str]
    needs: set[str]

    @classmethod
    def read(cls, source: str) -> Expected:
        """The header's lines, by name; raises ValueError for a missing or misspelt one."""
        lines = re.findall(r"^# (\w+):(.*)$", source.partition("\nimport ")[0], flags=re.MULTILINE)
        found: dict[str, list[str]] = {"answers": [], "points": [], "outcomes": [], "report": [], "needs": []}
        for name, content in lines:
            if name not in found:
                raise ValueError(f"# {name}: is not part of a header")
            found[name].append(content.strip())
        (points,), (outcomes,) = found["points"], found["outcomes"]
        words = [text for text in found["report"] if text]
        return cls((found["answers"] or ["wrong"])[0], points, set(outcomes.split()), words, set(found["needs"]))


@dataclass(frozen=True)
class Graded:
    """What the command gave for one submission."""

    code: int
    text: str
    errors: str
    report: dict[str, Any]

    def topic(self, name: str) -> dict[str, Any]:
        """A topic of the report."""
        return next(topic for topic in self.report["topics"] if topic["name"] == name)

    @property
    def outcomes(self) -> set[str]:
        """How the checks of the hostile topic ended."""
        return {check["outcome"] for check in self.topic("scale")["checks"]}

    @property
    def flat(self) -> str:
        """The text that was printed, on one line."""
        return " ".join(self.text.split())


class Yard:
    """A folder of its own for one test, and a watch over what is left behind."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.capsys = folder, capsys
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.submission = folder / "submission"
        self.submission.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(self.temporary))
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv("CONVGRADE_SECRET", "the environment was read")
        self.workers: set[int] = set()
        fork = ForkServer.fork

        def remember(server: ForkServer, *arguments: Any) -> int:
            pid = fork(server, *arguments)
            self.workers.add(pid)
            return pid

        monkeypatch.setattr(ForkServer, "fork", remember)
        shutil.copy(ANSWERS / "other.py", self.submission / "other.py")

    def grade(self, path: Path | None = None, *options: str) -> Graded:
        """`convgrade grade` on the submission, and the assertions that hold for each."""
        before = snapshot(self.submission)
        result = self.folder / "report.json"
        path = path or self.submission
        self.capsys.readouterr()
        code = main(["grade", str(path), "--course", str(MINI), "--json", str(result), *options])
        captured = self.capsys.readouterr()
        graded = Graded(code, captured.out, captured.err, json.loads(result.read_text("utf-8")))
        assert snapshot(self.submission) == before, "the submission was changed"
        assert list(self.temporary.iterdir()) == [], "something was left in the temporary folder"
        assert processes_of(self.workers) == [], "a process was left running"
        assert left_behind() == []
        assert (code, graded.report["faults"], captured.err.count("fault of ours")) == (0, [], 0), captured.err
        assert_harmless(graded.text)
        assert_harmless(graded.errors)
        assert graded.topic("other")["points_earned"] == OTHER, "another topic suffered"
        return graded


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Mode, modification time and content of every regular file."""
    found = {}
    for file in sorted(folder.rglob("*")):
        status = file.lstat()
        found[str(file)] = (status.st_mode, status.st_mtime_ns, file.read_bytes() if file.is_file() else b"")
    return found


def processes_of(workers: set[int]) -> list[str]:
    """What still runs of the workers: themselves, their session, their group, their children."""
    running = []
    for folder in Path("/proc").iterdir() if os.path.isdir("/proc") else ():
        if folder.name.isdigit():
            try:
                state, parent, group, session = (folder / "stat").read_text().rpartition(") ")[2].split()[:4]
            except OSError:
                continue
            if state != "Z" and workers & {int(folder.name), int(parent), int(group), int(session)}:
                running.append(f"{folder.name} {state}")
    return running


def left_behind() -> list[str]:
    """Files that a hostile submission made outside its scratch folder."""
    folders = {
        Path("/tmp"),
        Path("/var/tmp"),
        Path("/dev/shm"),
        Path.home(),
        Path.cwd(),
        Path("/"),
        TESTS,
        TESTS.parent,
    }
    folders |= {folder for folder in MINI.rglob("*") if folder.is_dir()}
    return [str(file) for folder in folders if folder.is_dir() for file in folder.glob(f"*{LEFT_BEHIND}*")]


def assert_harmless(text: str) -> None:
    """No control characters, no invisible direction marks, no line that a CI log takes for a command."""
    strange = {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn")}
    assert not strange, f"control characters: {strange}"
    assert not {c for c in text if "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"}
    for line in text.splitlines():
        assert not re.match(r"\s*::\s*[\w-]+", line), f"a workflow command: {line!r}"
        assert "##[" not in line, f"a workflow command: {line!r}"


def complete(source: str, answers: str) -> str:
    """The hostile file with the functions it lacks, from the right or the wrong answers."""
    have = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    have |= {
        target.id
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    text = (ANSWERS / f"{answers}.py").read_text("utf-8")
    parts = [source, "\n\nimport numpy as np  # noqa: E402\n" if "np." in text else ""]
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name not in have:
            parts.append(f"\n\n{ast.get_source_segment(text, node)}\n")
    return "".join(parts)


@pytest.fixture
def yard(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Yard:
    """A folder of its own for one test."""
    return Yard(tmp_path, capsys, monkeypatch)


@pytest.fixture(scope="session")
def protections() -> dict[str, bool]:
    """Which protections hold on this machine."""
    from grader.client.process import Worker, WorkerSpec
    from grader.worker.limits import Limits

    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(WorkerSpec(folder, "numpy", Limits(), 0), shared_workshop().server("numpy"))
        worker.close()
    return worker.protections


def test_right_and_wrong_answers(yard: Yard) -> None:
    """The measure for all that follows: right answers earn everything, wrong ones nothing."""
    for answers, points in (("right", FULL), ("wrong", 0)):
        shutil.copy(ANSWERS / f"{answers}.py", yard.submission / "scale.py")
        graded = yard.grade()
        assert graded.topic("scale")["points_earned"] == points
        assert graded.outcomes == ({"passed"} if points else {"failed"})


@pytest.mark.parametrize("file", HOSTILE, ids=lambda file: file.stem)
def test_hostile_submission(file: Path, yard: Yard, protections: dict[str, bool]) -> None:
    """No more points than its answers are worth, and the words of the header in the report."""
    source = file.read_text("utf-8")
    expected = Expected.read(source)
    for name in sorted(expected.needs):
        if not protections.get(name):
            pytest.skip(f"this machine has no {name}")
    (yard.submission / "scale.py").write_text(complete(source, expected.answers), "utf-8")
    graded = yard.grade()
    topic = graded.topic("scale")
    earned = Fraction(topic["points_earned"])
    assert earned <= Fraction(expected.points[2:]) if expected.points[:2] == "<=" else earned == int(expected.points)
    assert graded.outcomes <= expected.outcomes
    for words in expected.report:
        assert words in graded.flat
