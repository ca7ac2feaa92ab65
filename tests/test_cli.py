"""The command: what it prints, its exit codes, and what it does when something is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from grader.cli import main
from grader.course import Course

Submit = Callable[..., Path]
ESCAPE = "\x1b"


@pytest.fixture
def run(course: Course, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command in this process on the tiny course; gives exit code, standard output, standard error."""

    def run_command(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([*map(str, arguments), "--course", str(course.root)])
        return code, *capfd.readouterr()

    return run_command


Run = Callable[..., tuple[int, str, str]]


def test_grading_prints_the_report_and_exits_with_0_whatever_the_score(run: Run, submit: Submit) -> None:
    code, out, err = run("grade", submit(("return height * width", "return 0")))
    assert code == 0
    assert "3 of 7 points, 42.9 %" in out
    assert "graded area: 2 of 5 checks passed" in err
    assert ESCAPE not in out + err


@pytest.mark.parametrize(("percent", "code"), [("42", 0), ("43", 1), ("100", 1), ("0", 0)])
def test_fail_under(run: Run, submit: Submit, percent: str, code: int) -> None:
    assert run("grade", submit(("return height * width", "return 0")), "--fail-under", percent)[0] == code


def test_usage_errors_exit_with_2(run: Run, submit: Submit, tmp_path: Path) -> None:
    code, out, err = run("grade", tmp_path / "nothing")
    assert (code, out) == (2, "")
    assert err.endswith("nothing does not exist\n")
    assert run("grade", submit(), "--topic", "volume")[0] == 2
    for wrong in (["grade", "--fail-under", "101"], ["grade", "--device", "tpu"], ["nonsense"], []):
        with pytest.raises(SystemExit) as exit:
            main(wrong)
        assert exit.value.code == 2


def test_a_fault_of_ours_exits_with_3_and_prints_no_score(run: Run, submit: Submit, course: Course) -> None:
    checks = course.topics[0].checks
    checks.write_text(checks.read_text().replace("oracle.area(*case), what", "oracle.no_such(*case), what"))
    code, out, err = run("grade", submit())
    assert code == 3
    assert "No score" in out and "Total" not in out and "%" not in out
    assert "no_such" in err


def test_checks_that_cannot_be_imported_are_a_fault_of_ours(run: Run, submit: Submit, course: Course) -> None:
    course.topics[0].checks.write_text("import nothing_of_this_name")
    code, out, err = run("grade", submit())
    assert (code, out) == (3, "")
    assert "a fault of ours" in err


def test_an_unexpected_exception_is_our_fault(run: Run, submit: Submit, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("something of ours")

    monkeypatch.setattr("grader.report.terminal.print_report", broken)
    code, _, err = run("grade", submit())
    assert code == 3 and "something of ours" in err and "no score" in err


def test_what_goes_wrong_is_told_without_commands_for_a_log(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x\n::error::y\r##[error]z\x1b[31m"
    code, _, err = run("grade", path)
    assert code == 2 and "does not exist" in err
    assert not re.search(r"^\s*::|##\[|\x1b|\r", err, re.MULTILINE)


def test_json_is_written_whole_or_not_at_all(run: Run, submit: Submit, tmp_path: Path) -> None:
    path = submit()
    assert run("grade", path, "--json", tmp_path / "report.json")[0] == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["points_earned"] == 7
    code, out, _ = run("grade", path, "--json", "-")
    assert code == 0 and json.loads(out)["topics"] == _without_times(report, json.loads(out))
    code, _, err = run("grade", path, "--json", tmp_path / "no" / "such" / "folder.json")
    assert code == 2 and "folder.json cannot be written" in err
    assert sorted(entry.name for entry in tmp_path.iterdir() if "report" in entry.name) == ["report.json"]


def _without_times(one: dict, other: dict) -> list:  # type: ignore[type-arg]
    for topic, like in zip(one["topics"], other["topics"], strict=True):
        for check, same in zip(topic["checks"], like["checks"], strict=True):
            check["duration_s"] = same["duration_s"]
    topics: list = one["topics"]  # type: ignore[type-arg]
    return topics


def test_the_default_path_is_assignments_and_else_this_folder(
    run: Run, submit: Submit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = submit()
    monkeypatch.chdir(folder)
    assert "7 of 7" in run("grade")[1]
    (tmp_path / "home").mkdir()
    folder.rename(tmp_path / "home" / "assignments")
    monkeypatch.chdir(tmp_path / "home")
    assert "7 of 7" in run("grade")[1]


def test_release_writes_stubs(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("release", "--out", tmp_path / "stubs")
    assert code == 0 and str(tmp_path / "stubs" / "area.py") in out.split()
    code, out, _ = run("grade", tmp_path / "stubs")
    assert code == 0 and "0 of 7 points" in out
    assert out.count("not written yet: 0 of") == 2 and "skipped, since scale_forward" in out


def test_a_missing_sandbox_is_refused_when_required(run: Run, submit: Submit, monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.client.process import Worker

    begin = Worker._begin

    def without_landlock(self: Worker, start: dict[str, object]) -> None:
        begin(self, start)
        self.protections["landlock"] = False

    monkeypatch.setattr(Worker, "_begin", without_landlock)
    code, out, err = run("grade", submit(), "--require-sandbox")
    assert (code, out) == (2, "")
    assert "these protections do not hold here: landlock" in err
    code, out, _ = run("grade", submit())
    assert code == 0 and "Isolation: partial (without landlock" in out


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_shows_live_progress_and_then_the_report(course: Course, submit: Submit) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "grader", "grade", str(submit()), "--course", str(course.root)],
        env={**os.environ, "TERM": "xterm-256color"},
        encoding="utf-8",
        dimensions=(40, 80),
        timeout=60,
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    shown = child.before or ""
    assert ESCAPE in shown and "7 of 7 points" in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)


def test_the_current_folder_is_not_imported_from(course: Course, submit: Submit) -> None:
    folder = submit()
    for name in ("numpy.py", "rich.py", "pytest.py"):
        (folder / name).write_text("raise SystemExit('imported from the submission')\n")
    command = [sys.executable, "-m", "grader", "grade", ".", "--course", str(course.root)]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "7 of 7 points" in result.stdout


def test_a_closed_pipe_is_no_error(course: Course, submit: Submit) -> None:
    command = f"{sys.executable} -m grader grade {submit()} --course {course.root} | head -n 1"
    result = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_encoding_without_the_marks_costs_no_report(course: Course, submit: Submit, encoding: str) -> None:
    command = [sys.executable, "-m", "grader", "grade", str(submit(("return height * width", "return 0")))]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    result = subprocess.run([*command, "--course", str(course.root)], env=environment, capture_output=True)
    assert result.returncode == 0, result.stderr
    shown = result.stdout.decode("ascii")
    assert "3 of 7 points" in shown and "\n  + " in shown and "\n  x " in shown
