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
import stat
import tempfile
import time
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import grade
from grader.checking.compare import CheckFailed, expect_equal
from grader.cli import main
from grader.client.process import Worker, WorkerSpec
from grader.report.text import plain
from grader.worker.limits import Limits
from grader.workshop import Workshop, shared_workshop

TESTS = Path(__file__).parent
MINI = TESTS / "mini"
ANSWERS = MINI / "answers"
HOSTILE = sorted((TESTS / "hostile").glob("*.py"))
LEFT_BEHIND = "convgrade_left_behind"  # part of the name of every file that a hostile submission tries to leave
FULL, OTHER = 14, 4


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
        self.begun, self.together = self.folder / "begun", self.folder / "together"
        begin = Worker._begin

        def remember(worker: Worker, *arguments: Any) -> None:  # in files: topics are judged in processes of their own
            running = processes_of(self.workers)
            begin(worker, *arguments)
            with self.begun.open("a") as begun, self.together.open("a") as together:
                print(worker.pid, file=begun)
                together.writelines(running)

        monkeypatch.setattr(Worker, "_begin", remember)
        shutil.copy(ANSWERS / "other.py", self.submission / "other.py")

    @property
    def workers(self) -> set[int]:
        """The process ids of all workers so far."""
        return set(map(int, self.begun.read_text().split())) if self.begun.exists() else set()

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
        deadline = time.monotonic() + 5  # the system may take a moment to clear away what was killed
        while processes_of(self.workers) and time.monotonic() < deadline:
            time.sleep(0.05)
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
        small = stat.S_ISREG(status.st_mode) and status.st_size < 1 << 22
        found[str(file)] = (status.st_mode, status.st_mtime_ns, file.read_bytes() if small else b"")
    return found


def processes_of(workers: set[int]) -> list[str]:
    """What still runs of the workers: themselves, their session, their group, their children."""
    running = []
    for folder in Path("/proc").iterdir() if os.path.isdir("/proc") else ():
        if folder.name.isdigit():
            try:
                line = (folder / "stat").read_text()
                state, parent, group, session = line.rpartition(") ")[2].split()[:4]
            except OSError:
                continue
            if state != "Z" and workers & {int(folder.name), int(parent), int(group), int(session)}:
                running.append(f"{line[:60]} {(folder / 'cmdline').read_bytes()!r}")
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


def test_one_worker_at_a_time(yard: Yard) -> None:
    """What one topic's worker holds, memory above all, is given back before the next topic's begins."""
    shutil.copy(ANSWERS / "right.py", yard.submission / "scale.py")
    yard.grade(None, "--jobs", "1")
    assert len(yard.workers) == 2 and yard.together.read_text() == ""


def test_the_workers_of_topics_judged_side_by_side_are_seen_too(yard: Yard) -> None:
    shutil.copy(ANSWERS / "right.py", yard.submission / "scale.py")
    yard.grade(None, "--jobs", "2")
    assert len(yard.workers) == 2


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
        assert words in graded.flat or words in json.dumps(graded.report)


@pytest.mark.parametrize(
    "name", ["exit_hard_at_import", "stop_itself", "forge_extra_bytes", "write_links", "process_shell"]
)
def test_a_cold_worker_holds_as_well(
    name: str, yard: Yard, protections: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no fork server, every worker is a new interpreter."""
    monkeypatch.setattr(Workshop, "server", lambda self, needs: None)
    test_hostile_submission(TESTS / "hostile" / f"{name}.py", yard, protections)


def test_requests_sent_ahead_hold_no_answers(yard: Yard) -> None:
    """Where a right submission was graded before, its calls are known; code that reads ahead must find nothing in them."""
    source = (TESTS / "hostile" / "peek_at_requests.py").read_text("utf-8")
    for text, points in ((ANSWERS / "right.py").read_text("utf-8"), FULL), (complete(source, "wrong"), 0):
        (yard.submission / "scale.py").write_text(text, "utf-8")
        for _ in range(2):
            assert yard.grade().topic("scale")["points_earned"] == points


# What cannot be a file of tests/hostile/ is made here: by name, a function that makes it where scale.py should be, and
# the words that the report says about it.

SECRET = "def fits(total, parts):\n    return total % parts == 0\n"


def _link(file: Path) -> None:
    (file.parent.parent / "elsewhere.py").write_text(SECRET)
    file.symlink_to(file.parent.parent / "elsewhere.py")


def _sparse(file: Path) -> None:
    with file.open("wb") as opened:
        opened.truncate(1 << 40)


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "link": (_link, "scale.py is a link; hand in the file itself"),
    "link_to_itself": (lambda file: file.symlink_to(file), "scale.py is a link"),
    "link_to_a_device": (lambda file: file.symlink_to("/dev/zero"), "scale.py is a link"),
    "link_to_the_oracle": (
        lambda file: file.symlink_to(MINI / "reference" / "scale" / "oracle.py"),
        "scale.py is a link; hand in the file itself",
    ),
    "pipe": (os.mkfifo, "scale.py is not a regular file"),
    "folder": (lambda file: file.mkdir(), "scale.py was not handed in"),
    "huge": (_sparse, "scale.py is larger than 1 MiB"),
    "empty": (lambda file: file.touch(), "not written yet"),
    "null_bytes": (lambda file: file.write_bytes(b"x = 1\n\0"), "scale.py is not a text file: it has a null byte"),
    "not_utf8": (lambda file: file.write_bytes(b"x = '\xff\xfe'\n"), "scale.py is not valid utf-8"),
    "utf16": (lambda file: file.write_text("x = 1\n", "utf-16"), "scale.py is saved as UTF-16"),
    "encoding_that_takes_hours": (
        lambda file: file.write_bytes(b"# coding: punycode\n" + b"a" * 1_000_000),
        "scale.py declares the encoding punycode; save it as UTF-8",
    ),
    "encoding_that_raises": (
        lambda file: file.write_bytes(b"# coding: undefined\nx = 1\n"),
        "scale.py declares the encoding undefined",
    ),
    "encoding_that_is_none": (lambda file: file.write_bytes(b"# coding: zip\nx = 1\n"), "scale.py"),
    "encoding_with_a_name_of_its_own": (
        lambda file: file.write_bytes(b"# coding: " + b"x" * 10_000 + b"\x1b[2J\n"),
        "scale.py cannot be decoded",
    ),
    "no_python": (lambda file: file.write_text("%load_ext autoreload\n!ls\n"), "scale.py is not valid Python"),
    "deep_nesting": (lambda file: file.write_text("x = " + "(" * 50_000), "none of its functions could be called"),
    "long_lines": (lambda file: file.write_text("x = " + "-" * 900_000 + "1"), "none of its functions could be called"),
    "many_names": (
        lambda file: file.write_text("x = [" + "a," * 400_000 + "]"),
        "none of its functions could be called",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_hostile_file(name: str, yard: Yard) -> None:
    """A file that is no source text is not opened, or told in a sentence; the other topic has its marks."""
    make, words = FILES[name]
    file = yard.submission / "scale.py"
    make(file)
    before = file.lstat()
    graded = yard.grade()
    assert graded.topic("scale")["points_earned"] == 0
    assert words in graded.flat
    assert (file.lstat().st_mode, file.lstat().st_mtime_ns) == (before.st_mode, before.st_mtime_ns)


def test_hostile_names(yard: Yard) -> None:
    """File names that are commands, links, markup or patterns' worst case are data; helpers beside the file come along."""
    shutil.copy(ANSWERS / "wrong.py", yard.submission / "scale.py")
    names = [
        "\x1b[2J.py",
        "::error::x.py",
        "[bold]x[bold].py",
        "scale" + "1" * 200 + "x.py",
        "a" * 240 + ".py",
        "new\nline.py",
        "-rf.py",
        "=1+1.py",
        "numpy.py",
        "json.py",
        "sitecustomize.py",
        "grader.py",
        "__init__.py",
        "conftest.py",
        "test_scale.py",
        os.fsdecode(b"\xff\xfe.py"),
    ]
    for name in names:
        (yard.submission / name).write_text(f"raise SystemExit({name!a})\n")
    (yard.submission / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    graded = yard.grade()
    assert graded.topic("scale")["points_earned"] == 0
    assert graded.outcomes == {"failed"}


def test_a_renamed_file_with_a_hostile_name(yard: Yard) -> None:
    """The note that names the graded file shows its name harmlessly."""
    shutil.copy(ANSWERS / "right.py", yard.submission / "x_\x1b[2J ::error::_scale (1).py")
    graded = yard.grade()
    assert graded.topic("scale")["points_earned"] == FULL
    assert "was graded as scale.py" in graded.flat


def _zip(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.write(ANSWERS / "other.py", "other.py", zipfile.ZIP_DEFLATED)
        for name, content in members:
            archive.writestr(name, content)
    return path


def _linked() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("scale.py")
    info.external_attr = 0o120777 << 16
    return info


RIGHT = (ANSWERS / "right.py").read_bytes()
ZIPS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "bomb": (lambda path: _zip(path, ("scale.py", bytes(20 << 20))), "scale.py is larger than 1 MiB"),
    "bomb_that_unpacks_without_a_limit": (
        lambda path: _zip(path, ("scale.py", bytes(20 << 20)), method=zipfile.ZIP_BZIP2),
        "scale.py is compressed in a way that is not supported",
    ),
    "link": (lambda path: _zip(path, (_linked(), b"/etc/passwd")), "scale.py is a link; hand in the file itself"),
    "outside": (lambda path: _zip(path, ("../scale.py", RIGHT), ("/scale.py", RIGHT)), "scale.py was not handed in"),
    "backslashes": (lambda path: _zip(path, ("..\\..\\scale.py", RIGHT)), "scale.py was not handed in"),
    "deep": (lambda path: _zip(path, ("a/" * 1000 + "scale.py", RIGHT)), "scale.py was not handed in"),
    "long_names": (
        lambda path: _zip(path, ("scale.py", b"fits = 1\n"), ("a" * 5000 + ".py", RIGHT), ("b" * 250 + ".py", RIGHT)),
        "not written yet",
    ),
    "many_files": (
        lambda path: _zip(path, ("scale.py", b"fits = 1\n"), *((f"m{n}.py", bytes(1 << 20)) for n in range(300))),
        "not written yet",
    ),
}


@pytest.mark.parametrize("name", ZIPS)
def test_hostile_zip(name: str, yard: Yard) -> None:
    """Nothing is unpacked outside, nothing fills memory or disk."""
    make, words = ZIPS[name]
    graded = yard.grade(make(yard.folder / "handed-in.zip"))
    assert graded.topic("scale")["points_earned"] == 0
    assert words in graded.flat
    assert not (yard.folder / "scale.py").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not a zip that can be read"),
        (b"PK\x05\x06" + bytes(18), ""),
        (b"PK\x03\x04" + b"\xff" * 1000, "is not a zip that can be read"),
    ],
)
def test_damaged_zip(content: bytes, words: str, yard: Yard) -> None:
    """An archive that is none is a usage error, or a submission without files; never a fault of ours."""
    path = yard.folder / "handed-in.zip"
    path.write_bytes(content)
    code = main(["grade", str(path), "--course", str(MINI)])
    assert code in (0, 2)
    assert words in yard.capsys.readouterr().err


def test_a_pipe_named_zip_is_not_opened(yard: Yard) -> None:
    """It would keep whoever opens it waiting."""
    os.mkfifo(yard.folder / "handed-in.zip")
    assert main(["grade", str(yard.folder / "handed-in.zip"), "--course", str(MINI)]) == 2


def test_everybody_else_is_graded_as_before(yard: Yard) -> None:
    """After all of the above, in the same process and with the same fork server, right answers earn everything."""
    shutil.copy(ANSWERS / "right.py", yard.submission / "scale.py")
    report = grade(yard.submission, course=MINI)
    assert (report.points_earned, report.faults) == (FULL + OTHER, ())


@pytest.mark.parametrize(
    "text",
    [
        "a\u2028::error::b\u2029::error::c",
        "a\x85::error::b\x0b::error::c\x0c::error::d\x1c::error::e",
        "\x1b[31m::error::a\n\x1b]0;t\x07::error::b\r::error::c",
        "\u202e::error::a\n\u2066  ::error::b",
        "x ##[error]y\n##[group]z",
        "\ud800\x00\x9b31m\x7f",
    ],
)
def test_text_of_a_student_is_harmless_in_any_log(text: str) -> None:
    """However a line ends, and in whatever way the report is split into lines."""
    assert_harmless(plain(text))


def test_text_of_a_student_is_cleaned_in_time() -> None:
    """Each of these takes a careless pattern minutes."""
    started = time.monotonic()
    for text in (
        "\n" * 65_000,
        " " * 65_000,
        "\x1b[" * 32_000,
        "\x1b]" * 32_000,
        "\x1b[" + "0" * 65_000,
        "::" * 32_000,
    ):
        plain(text + "x")
    assert time.monotonic() - started < 20


def test_a_large_result_is_not_taken_apart() -> None:
    """Of an array of a million entries where a list of two is asked for, only the length matters."""
    large = np.zeros(1_000_000, np.uint8)
    tracemalloc.start()
    try:
        with pytest.raises(CheckFailed):
            expect_equal(large, [1, 2])
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
