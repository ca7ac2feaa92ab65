"""`convgrade regrade`, `convgrade similar`, and the progress of a batch."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from classroom import zipped
from conftest import SOLUTION
from rich.console import Console
from test_batch import WRONG, class_of, results, rows
from test_results import full_report

from grader.batch import similar
from grader.batch.closing import print_outcome
from grader.batch.live import Progress, duration, live_table, table
from grader.batch.roster import Student
from grader.batch.run import Event, Outcome, Row
from grader.cli import main
from grader.course import Course

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(course: Course, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; gives exit code, standard output, standard error."""

    def run_command(name: str, *arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        weak = [] if name == "similar" else ["--allow-weak-sandbox"]
        return main([name, *map(str, arguments), "--course", str(course.root), *weak]), *capsys.readouterr()

    return run_command


@pytest.fixture
def graded(run: Run, tmp_path: Path) -> Path:
    """Results of three: one right, one wrong, one with a broken zip."""
    submissions = class_of(tmp_path / "class", ada=SOLUTION, bob=WRONG)
    (submissions / "eve.zip").write_bytes(b"PK")
    assert run("batch", submissions, "--out", tmp_path / "out")[0] == 0
    return tmp_path / "out"


def mend(course: Course) -> None:
    """Make a check easier: the worked example takes bob's answer too."""
    checks = course.topics[0].checks
    text = checks.read_text()
    assert "student.area(3, 4), 12" in text
    checks.write_text(text.replace("student.area(3, 4), 12", "student.area(4, 4), 16"))


def test_regrading_changes_nothing_where_nothing_has_changed(run: Run, graded: Path) -> None:
    before = results(graded)
    code, text, _ = run("regrade", graded)
    assert code == 0 and text == "0 of 3 change, 3 stay the same.\n"
    assert {name: content for name, content in results(graded).items() if not name.startswith("regrade/")} == before


def test_regrading_shows_who_changes_before_anything_is_overwritten(run: Run, course: Course, graded: Path) -> None:
    before = results(graded)
    mend(course)
    code, text, log = run("regrade", graded)
    assert code == 0 and len(log.splitlines()) == 3
    assert text.splitlines() == [
        "1 of 3 change, 2 stay the same.",
        "bob: 3 of 7 -> 4 of 7 (+1)",
        "    area: area/worked_example: failed (0/1) -> passed (1/1)",
        "Nothing is overwritten yet. The same command with --apply puts the new results in the place of the old ones.",
    ]
    assert {name: content for name, content in results(graded).items() if not name.startswith("regrade/")} == before
    code, text, log = run("regrade", graded, "--apply")
    assert code == 0 and "bob: 3 of 7 -> 4 of 7 (+1)" in text and "overwritten yet" not in text
    assert text.endswith("`convgrade batch ... --resume --gradebook ...` writes them anew.\n")
    assert [line.split()[0] for line in log.splitlines()] == ["kept"] * 3, "what was looked at is not graded again"
    assert not (graded / "regrade").exists() and rows(graded)["bob"]["points_earned"] == 4


def test_who_keeps_the_points_is_not_among_those_who_gain_or_lose(run: Run, course: Course, graded: Path) -> None:
    mend(course)
    checks = course.topics[0].checks
    checks.write_text(checks.read_text().replace("scale_forward/values", "scale_forward/entries"))
    lines = run("regrade", graded)[1].splitlines()
    assert lines[:2] == [
        "3 of 3 change, 0 stay the same.",
        "Of those that change 2 keep their points: only their checks do.",
    ]


def test_after_applying_it_is_as_if_graded_so_from_the_beginning(
    run: Run, course: Course, graded: Path, tmp_path: Path
) -> None:
    mend(course)
    assert run("regrade", graded, "--apply", "--seed", "3")[0] == 0
    assert run("batch", tmp_path / "class", "--out", tmp_path / "fresh", "--seed", "3")[0] == 0
    assert results(graded) == results(tmp_path / "fresh")
    _, _, log = run("batch", tmp_path / "class", "--out", graded, "--resume", "--seed", "3", "--gradebook", "csv")
    assert {line.split()[0] for line in log.splitlines()} == {"kept"}


def test_regrading_with_a_secret_seed_needs_it_again(run: Run, tmp_path: Path) -> None:
    (tmp_path / "seed").write_text("correct horse battery staple")
    out = tmp_path / "out"
    assert run("batch", class_of(tmp_path / "class", ada=WRONG), "--out", out, "--seed-file", tmp_path / "seed")[0] == 0
    code, _, error = run("regrade", out)
    assert code == 2 and "was graded with a secret seed: give it again with --seed-file" in error
    assert run("regrade", out, "--seed-file", tmp_path / "seed", "--apply")[1].startswith("0 of 1 change")
    assert json.loads((out / "class.json").read_text())["settings"]["seed"] is None


def test_a_fault_in_regrading_keeps_the_old_result(run: Run, course: Course, graded: Path) -> None:
    checks = course.topics[0].checks
    checks.write_text(checks.read_text().replace("oracle.area(*case), what", "oracle.no_such(*case), what"))
    code, text, _ = run("regrade", graded)
    assert code == 3 and "ada: 7 of 7 -> no score" in text
    assert "have no score this time, which is a fault of ours; they keep the results they have." in text
    before = {row["name"]: row for row in rows(graded).values()}
    assert run("regrade", graded, "--apply")[0] == 3 and rows(graded) == before


@pytest.mark.parametrize("command", ["regrade", "similar"])
def test_a_folder_without_results_is_told(run: Run, tmp_path: Path, command: str) -> None:
    code, _, error = run(command, tmp_path)
    assert code == 2 and "holds no results: there is no class.json" in error
    (tmp_path / "class.json").write_text("{")
    assert "is damaged" in run(command, tmp_path)[2]
    (tmp_path / "class.json").write_text("{}")
    assert "is of another version" in run(command, tmp_path)[2]


RENAMED = (
    SOLUTION.replace("height", "rows")
    .replace("width", "columns")
    .replace("factor", "by")
    .replace('"""Area', '"""My area')
)
OWN = '''
import numpy


def area(height, width):
    """Counts squares."""
    if min(height, width) < 1:
        problem = f"sides {height}, {width}: both have to be positive"
        raise ValueError(problem)
    total = 0
    for _ in range(height):
        total += width
    return total


def scale_forward(x, factor):
    """Uses einsum."""
    return numpy.einsum("...,->...", x, float(factor)), dict(array=x, by=factor)


def scale_backward(dout, cache):
    """Uses vdot."""
    return numpy.multiply(dout, cache["by"]), numpy.vdot(cache["array"].ravel(), dout.ravel())
'''


def test_copies_are_found_whatever_the_names_and_others_are_not(run: Run, course: Course, tmp_path: Path) -> None:
    submissions = class_of(tmp_path / "class", ada=SOLUTION, bob=RENAMED, cyd=OWN, dan="x = 1\n")
    (submissions / "eve.zip").write_bytes(zipped({"deep/area.py": RENAMED.encode()}))
    main(["release", "--course", str(course.root)])
    stub = (course.root / "assignments" / "area.py").read_text()
    (submissions / "fay").mkdir()
    (submissions / "fay" / "area.py").write_text(stub)
    (submissions / "gus").mkdir()
    (submissions / "gus" / "area.py").write_text(stub)
    assert run("batch", submissions, "--out", tmp_path / "out")[0] == 0
    code, text, _ = run("similar", tmp_path / "out")
    pairs = re.findall(r"Areas: (\w+) and (\w+)", text)
    assert code == 0
    assert {frozenset(pair) for pair in pairs} == {
        frozenset(("ada", "bob")),
        frozenset(("ada", "eve")),
        frozenset(("bob", "eve")),
    }
    assert text.startswith("3 pairs are 60 % alike or more.")
    assert run("similar", tmp_path / "out", "--above", "101")[1] == "No two submissions are 101 % alike or more.\n"


def test_what_the_stub_gives_is_left_out_however_often_it_occurs() -> None:
    given = b"def first(x):\n    value = [x, x, x, x, x, x]\n    return value\n"
    own = b"def second(y):\n    return {y: [y for _ in range(30) if y > 3 and y < 9]}\n"
    stub = frozenset(similar._fingerprint(given, frozenset()).hashes)
    both = similar._fingerprint(given * 3 + own, stub)
    assert both.hashes and not both.hashes & stub and set(both.hash_idx) == both.hashes


def test_similar_needs_its_package(run: Run, graded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "copydetect", None)
    code, _, error = run("similar", graded)
    assert code == 2 and "pip install 'convgrade[similar]'" in error


# -- progress ---------------------------------------------------------------------------------------------------------


def event(what: str, name: str, **changes: object) -> Event:
    """Something that happens to a row."""
    return Event(what, Row(Student(name, name), name, None), **changes)  # type: ignore[arg-type]


def test_the_live_table_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Progress(20)
    progress.take(event("kept", "a", report=full_report()))
    for name in "bcdefghijkl":
        progress.take(event("started", name + "\x1b[31m"))
    progress.take(event("graded", "b\x1b[31m", report=full_report()))
    progress.take(event("fault", "c\x1b[31m", fault="it broke"))
    console = Console(width=60, record=True, file=open(os.devnull, "w"))
    console.print(table(progress))
    console.file.close()
    text = console.export_text()
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "done         3 of 20, of these 1 from before, 1 not graded" and lines[1] == "waiting      8"
    assert lines[2].startswith("time left    about") and lines[3] == "mean so far  11.8 %"
    assert lines[4] == "running      d" and lines[-1] == "and 1 more" and "\x1b" not in text


def test_names_are_printed_as_they_are() -> None:
    console = Console(width=60, file=io.StringIO(), force_terminal=False)
    with live_table(console, 2) as listener:
        listener(event("graded", "lab:x:[bold]", report=full_report()))
        listener(event("fault", "bob", fault="a:b:c"))
    one, other = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert ": lab:x:[bold]: " in one and ": bob: a:b:c" in other
    outcome = Outcome({"shape": "folders", "rows": [], "unused": [{"name": "x[a:b:c]", "reason": ":x:"}]}, ())
    print_outcome(console, outcome, Path("results"))
    assert "  x[a:b:c]: :x:\n" in console.file.getvalue()  # type: ignore[attr-defined]


def test_a_terminal_that_can_move_nothing_gets_lines() -> None:
    console = Console(width=60, file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})
    with live_table(console, 1) as listener:
        listener(event("fault", "bob", fault="no reason"))
    assert console.file.getvalue() == "not graded 1 of 1: bob: no reason\n"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("seconds", "words"), [(3.2, "about 3 s"), (300, "about 5 min"), (9000, "about 2.5 h")])
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_terminal_shows_the_live_table(course: Course, tmp_path: Path) -> None:
    submissions = class_of(tmp_path / "class", ada=SOLUTION, bob=WRONG)
    arguments = [
        "batch",
        str(submissions),
        "--out",
        str(tmp_path / "out"),
        "--course",
        str(course.root),
        "--allow-weak-sandbox",
    ]
    child = pexpect.spawn(
        sys.executable, ["-m", "grader", *arguments], env={**os.environ, "TERM": "xterm-256color"}, encoding="utf-8",
        dimensions=(40, 80), timeout=60,
    )  # fmt: skip
    child.expect(pexpect.EOF)
    child.close()
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", child.before or "")
    assert child.exitstatus == 0
    assert "1 of 2" in shown and "running" in shown and "mean so far" in shown
    assert "2 of 2 submissions graded." in shown
