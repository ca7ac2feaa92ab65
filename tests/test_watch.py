"""`convgrade watch`: what is graded again after a save, what is shown of it, and how editors save."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from grader import grade
from grader.course import Course
from grader.errors import UsageError
from grader.report.changes import compare
from grader.results import CheckResult, Outcome, Report, TopicResult
from grader.submission import load_submission
from grader.watch import Watch, digest, run, watch

Submit = Callable[..., Path]
WRONG = ("return height * width", "return 2 * (height + width)")


class Shown:
    """A watch on a submission, and what it printed since the last time."""

    def __init__(self, course: Course, path: Path) -> None:
        self.console = Console(width=80, record=True, file=open(os.devnull, "w", encoding="utf-8"), highlight=False)
        self.stream = self.console.file
        self.lines: list[str] = []
        self.console.file = self  # type: ignore[assignment]  # all that is written to it
        self.watch = Watch(course, course.topics, path, 0, self.console)

    def write(self, text: str) -> int:
        self.lines.append(text)
        return len(text)

    def flush(self) -> None:
        pass

    def look(self) -> str:
        self.lines.clear()
        self.watch.look()
        return "".join(self.lines)


@pytest.fixture
def file(submit: Submit) -> Path:
    return submit() / "area.py"


@pytest.fixture
def shown(course: Course, file: Path) -> Iterator[Shown]:
    made = Shown(course, file.parent)
    yield made
    made.stream.close()


def test_a_note_is_shown_when_it_is_new(shown: Shown, file: Path) -> None:
    assert "Note" not in shown.look()
    right = file.read_text()
    for first in (True, False):
        file.write_text(f"{right}\ndisplay({first})\n")
        assert ("importing the file raised NameError" in " ".join(shown.look().split())) is first
    file.write_text(right)
    assert "Note" not in shown.look()


@pytest.mark.parametrize(
    ("inside", "command"), [(False, "convgrade grade submission1 --"), (True, "convgrade grade --")]
)
def test_the_command_that_shows_the_rest_names_the_folder(
    course: Course, file: Path, monkeypatch: pytest.MonkeyPatch, inside: bool, command: str
) -> None:
    file.write_text(file.read_text().replace(*WRONG))
    monkeypatch.chdir(file.parent if inside else file.parent.parent)
    made = Shown(course, Path("." if inside else file.parent.name))
    assert command in " ".join(made.look().split())
    made.stream.close()


def test_a_save_shows_what_became_worse_and_what_better(shown: Shown, file: Path) -> None:
    assert "Areas: 7 of 7 points\n7 of 7 points in all" in shown.look()
    right = file.read_text()
    file.write_text(right.replace(*WRONG))
    out = shown.look()
    assert "Areas: 3 of 7 points, -4" in out
    assert "✗ area/any_rectangle was passed before" in out and "✗ area/worked_example was passed before" in out
    assert out.count("Probably: perimeter for area.") == 1 and "and 2 more with something to show" in out
    file.write_text(right)
    out = shown.look()
    assert "Areas: 7 of 7 points, +4" in out and "✓ area/any_rectangle is passed now" in out and "Probably" not in out


def test_the_failure_shown_is_one_that_the_save_has_to_do_with(shown: Shown, file: Path) -> None:
    right = file.read_text()
    broken = right.replace(*WRONG).replace("np.sum(dout * x)", "np.mean(dout * x)")
    file.write_text(broken)
    assert "✗ area/worked_example\n" in shown.look()
    file.write_text("# a line more\n" + broken.replace("np.mean(dout * x)", "-np.sum(dout * x)"))
    out = shown.look()
    assert "nothing changed" in out and "✗ scale_backward/values\n" in out and "✗ area/" not in out
    file.write_text(
        "# a line more\n" + broken.replace("np.mean(dout * x)", "-np.sum(dout * x)").replace("x * factor", "x + factor")
    )
    assert "✗ scale_forward/values was passed before" in (out := shown.look()) and "✗ scale_forward/values\n" in out


def test_nothing_is_graded_when_nothing_has_changed(shown: Shown, file: Path) -> None:
    assert shown.look()
    os.utime(file)
    (file.parent / "notes.py").write_text("x = 1")
    assert shown.look() == ""
    file.write_text(file.read_text() + "\n# a remark\n")
    assert "Areas: 7 of 7 points, nothing changed" in shown.look()


def test_a_save_runs_nothing_on_a_gpu(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def graded(*arguments: Any, **options: Any) -> Report:
        asked.append(options["device"])
        return grade(*arguments, **options)

    monkeypatch.setattr("grader.watch.grade", graded)
    assert shown.look() and asked == ["cpu"]


def test_a_file_that_is_imported_counts_too(shown: Shown, file: Path) -> None:
    helper = file.parent / "helper.py"
    helper.write_text("def product(height, width):\n    return height * width\n")
    file.write_text(
        "from helper import product\n"
        + file.read_text().replace("return height * width", "return product(height, width)")
    )
    assert "7 of 7" in shown.look()
    helper.write_text("def product(height, width):\n    return height + width\n")
    assert "Areas: 3 of 7 points, -4" in shown.look()


def test_a_half_written_file_and_one_that_is_gone(shown: Shown, file: Path) -> None:
    shown.look()
    right = file.read_text()
    file.write_text(right[: len(right) // 2] + "(")
    assert "area.py is not valid Python" in shown.look()
    file.write_text(right)
    assert "Areas: 7 of 7 points, +7" in shown.look()
    file.unlink()
    out = shown.look()
    assert "area.py was not handed in" in out and "0 of 7 points in all" in out
    file.write_text(right)
    assert "7 of 7 points in all" in shown.look()


def test_a_file_that_an_editor_replaces_is_waited_for(shown: Shown, file: Path) -> None:
    shown.look()
    right = file.read_text()
    file.unlink()
    later = threading.Timer(0.1, lambda: file.write_text(right.replace(*WRONG)))
    later.start()
    out = shown.look()
    later.join()
    assert "was not handed in" not in out and "Areas: 3 of 7 points, -4" in out


def test_a_folder_that_goes_away_and_comes_back(shown: Shown, file: Path) -> None:
    shown.look()
    file.parent.rename(file.parent.with_name("elsewhere"))
    assert "does not exist" in " ".join(shown.look().split())
    file.parent.with_name("elsewhere").rename(file.parent)
    assert "7 of 7 points in all" in shown.look()


def test_ctrl_c_ends_it(shown: Shown) -> None:
    def saves() -> Iterator[object]:
        yield "a save"
        raise KeyboardInterrupt

    told: list[str] = []
    run(shown.watch, saves(), lambda: told.append("ready"))
    assert told == ["ready"] and "".join(shown.lines).endswith("Stopped.\n")


def test_a_path_that_is_not_there(course: Course, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        watch(tmp_path / "nothing", None, 0, course.root)


def test_the_digest_is_of_what_matters(course: Course, file: Path) -> None:
    topic = course.topics[0]

    def now() -> str:
        return digest(load_submission(file.parent, course, course.topics), topic)

    before = now()
    (file.parent / "other.py").write_text("x = 1")
    assert now() == before
    file.write_text(file.read_text() + "import other\n")
    changed = now()
    (file.parent / "other.py").write_text("import kit.inner")
    again = now()
    (file.parent / "kit").mkdir()
    (file.parent / "kit" / "inner.py").write_text("x = 3")
    assert len({before, changed, again, now()}) == 4


def test_changes_between_two_results() -> None:
    def result(**outcomes: Outcome) -> TopicResult:
        checks = [
            CheckResult(f"f/{name}", "", outcome, Fraction(outcome is Outcome.PASSED), Fraction(1))
            for name, outcome in outcomes.items()
        ]
        return TopicResult("t", "T", tuple(checks))

    before = result(a=Outcome.PASSED, b=Outcome.FAILED, c=Outcome.SKIPPED, d=Outcome.PASSED)
    after = result(a=Outcome.CRASHED, b=Outcome.PASSED, c=Outcome.PASSED, d=Outcome.PASSED, e=Outcome.FAILED)
    changes = compare(before, after)
    assert [check.name for check in changes.passed] == ["f/b", "f/c"]
    assert [check.name for check in changes.failing] == ["f/a"] and changes.gained == 1
    assert compare(None, after).gained == 0


def test_the_command_sees_saves_and_ends_with_ctrl_c(course: Course, file: Path) -> None:
    command = [sys.executable, "-m", "grader", "watch", str(file.parent), "--course", str(course.root)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        read_until(process.stdout, "Ctrl-C ends")
        temporary = file.with_suffix(".tmp")
        temporary.write_text(file.read_text().replace(*WRONG))
        os.replace(temporary, file)
        assert "Areas: 3 of 7 points, -4" in read_until(process.stdout, "points in all")
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
        assert process.returncode == 0 and rest.strip().endswith("Stopped.") and errors == ""
    finally:
        process.kill()
        process.communicate()


def read_until(stream: Iterable[str], words: str) -> str:
    """The lines up to the first with these words."""
    lines = []
    for line in stream:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError("".join(lines))
