"""`convgrade batch` from end to end on the tiny course: what comes out, in every order, after every kind of accident."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from classroom import SHAPES, SOLUTION_SOURCES, File, people, present, write_folder, write_roster, write_zip
from conftest import SOLUTION

from grader import grade
from grader.batch.executors import Finished, Job, longest, start_message
from grader.batch.fingerprint import basis_of, course_digest, read_seed
from grader.batch.local import LocalExecutor, Station
from grader.batch.store import Store
from grader.cli import main
from grader.course import Course, load_course
from grader.errors import UsageError
from grader.grading import Settings
from grader.report.output import HALF
from grader.submission import Bundle
from grader.workshop import Workshop

WRONG = SOLUTION.replace("return height * width", "return 2 * (height + width)")
COUNTING = SOLUTION.replace(
    "def area(height, width):", "CALLS = []\n\n\ndef area(height, width):\n    CALLS.append(1)"
).replace("return height * width", "print(len(CALLS))\n    return height * width + (len(CALLS) > 9)")
HOSTILE = {
    "loop": SOLUTION.replace("return height * width", "\n    while True: pass"),
    "exit": "import os\nos._exit(0)\n",
    "memory": SOLUTION.replace("return height * width", "return len(bytearray(1 << 40))"),
}


@pytest.fixture
def batch(course: Course, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `convgrade batch` in this process; gives exit code, standard output, standard error."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        command = ["batch", *map(str, arguments), "--course", str(course.root), "--allow-weak-sandbox"]
        return main(command), *capsys.readouterr()

    return run


Run = Callable[..., tuple[int, str, str]]


def class_of(target: Path, **sources: str) -> Path:
    """A class with one folder a student."""
    return write_folder(target, iter(File(f"{name}/area.py", source.encode()) for name, source in sources.items()))


def distinct(sources: dict[str, str]) -> dict[str, str]:
    """The same sources, no two of them the same to the letter, so that each is graded."""
    return {name: f"{source}# the {number}th\n" for number, (name, source) in enumerate(sources.items())}


def without_times(value: Any) -> Any:
    """JSON without durations."""
    if isinstance(value, dict):
        return {key: without_times(item) for key, item in value.items() if key != "duration_s"}
    return [without_times(item) for item in value] if isinstance(value, list) else value


def results(folder: Path) -> dict[str, Any]:
    """Everything in a results folder by path, durations aside."""
    found = {}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != ".lock":
            content = file.read_bytes()
            found[str(file.relative_to(folder))] = (
                without_times(json.loads(content)) if file.suffix == ".json" else content
            )
    return found


def rows(folder: Path) -> dict[str, dict[str, Any]]:
    """The rows of class.json by name."""
    return {row["name"]: row for row in json.loads((folder / "class.json").read_text())["rows"]}


def test_a_class_of_a_hundred(batch: Run, tmp_path: Path) -> None:
    download = write_zip(tmp_path / "submissions.zip", SHAPES["canvas"](SOLUTION_SOURCES))
    roster = write_roster(tmp_path / "roster.csv")
    out = tmp_path / "results"
    books = ("--gradebook", "csv", "--gradebook", "jsonl")
    code, text, log = batch(download, "--out", out, "--roster", roster, "--jobs", "2", *books)
    assert code == 0
    by_id = {row["id"]: row for row in rows(out).values()}
    by_id |= {row["id"]: row for row in json.loads((out / "class.json").read_text())["rows"]}
    for person in people():
        row = by_id[person.id]
        points = {"right": 7, "twice": 7, "wrong": 3, "stub": 3, "broken": 0, "syntax": 0, "absent": None}[person.kind]
        assert (row["points_earned"], row["status"]) == (points, "missing" if points is None else "graded")
        assert row["late"] == (person.is_late and person.kind != "absent")
        assert (out / "pages" / f"{row['file']}.html").is_file() == (points is not None)
    absent = sum(person.kind == "absent" for person in people())
    assert f"{100 - absent} of {100 - absent} submissions graded" in text and f"{absent} handed in nothing:" in text
    assert len(log.splitlines()) == 100 - absent
    assert "\x1b" not in text + log and "<b onmouseover" not in (out / "overview.html").read_text()
    assert len((out / "grades.csv").read_text("utf-8").splitlines()) == 101
    assert len(list((out / "reports").iterdir())) == len(present()) == len(list((out / "submissions").iterdir()))


def test_reports_are_the_same_in_every_order_and_from_every_worker(batch: Run, course: Course, tmp_path: Path) -> None:
    sources = {
        f"s{number}": source for number, source in enumerate([SOLUTION, WRONG, COUNTING, "x = 1\n", COUNTING, SOLUTION])
    }
    sources = distinct(sources)
    submissions = class_of(tmp_path / "class", **sources)
    batch(submissions, "--out", tmp_path / "one", "--jobs", "1")
    batch(submissions, "--out", tmp_path / "two", "--jobs", "2")
    assert results(tmp_path / "one") == results(tmp_path / "two")
    reordered = class_of(
        tmp_path / "again", **{f"s{9 - number}": source for number, source in enumerate(sources.values())}
    )
    batch(reordered, "--out", tmp_path / "three", "--jobs", "1")
    there = {row["name"]: row["file"] for row in rows(tmp_path / "three").values()}
    for number in range(len(sources)):
        old = Store(tmp_path / "one").read_row(rows(tmp_path / "one")[f"s{number}"]["file"])
        new = Store(tmp_path / "three").read_row(there[f"s{9 - number}"])
        assert old is not None and new is not None
        assert without_times({**old, "submission": 0}) == without_times({**new, "submission": 0})
        with closing(Workshop()) as workshop:  # as the command does, from the beginning
            alone = without_times(grade(submissions / f"s{number}", course=course, workshop=workshop).to_dict())
        assert without_times(old)["topics"] == alone["topics"]


def test_resuming_grades_only_what_is_missing_or_has_changed(batch: Run, course: Course, tmp_path: Path) -> None:
    submissions, out = class_of(tmp_path / "class", ada=SOLUTION, bob=WRONG, eve=SOLUTION), tmp_path / "results"
    assert batch(submissions, "--out", out)[0] == 0
    first = results(out)

    def resumed(*options: str | Path) -> list[str]:
        code, _, log = batch(submissions, "--out", out, "--resume", *options)
        assert code == 0
        return sorted(line.split(": ")[1] for line in log.splitlines() if line.startswith("graded"))

    assert resumed() == [] and results(out) == first
    (submissions / "bob" / "area.py").write_text(SOLUTION)
    assert resumed() == ["bob"] and rows(out)["bob"]["points_earned"] == 7
    Path(next(str(file) for file in (out / "reports").iterdir() if "eve" in file.name)).write_text("{")
    next(file for file in (out / "pages").iterdir() if "ada" in file.name).unlink()
    assert resumed() == ["ada", "eve"]
    assert resumed("--seed", "1") == ["ada", "bob", "eve"]
    report = next(file for file in (out / "reports").iterdir() if "bob" in file.name)
    report.write_text(report.read_text().replace('"outcome": "passed"', '"outcome": "internal_error"', 1))
    assert resumed("--seed", "1") == ["bob"]
    oracle = course.topics[0].folder / "oracle.py"
    oracle.write_text(oracle.read_text() + "\n# changed\n")
    assert resumed("--seed", "1") == ["ada", "bob", "eve"]
    shutil.rmtree(submissions / "eve")
    assert resumed("--seed", "1") == [] and set(rows(out)) == {"ada", "bob"}
    (page,) = (file.name for file in (out / "pages").iterdir() if "eve" in file.name)
    text = batch(submissions, "--out", out, "--resume", "--seed", "1")[1]
    assert f"1 pages of earlier runs, that are nobody's now:\n  pages/{page}\n" in text


@pytest.mark.parametrize("out", ["results", "."])
def test_results_are_not_put_among_the_submissions(batch: Run, tmp_path: Path, out: str) -> None:
    submissions = class_of(tmp_path / "class", ada=SOLUTION)
    code, _, error = batch(submissions, "--out", submissions / out)
    assert code == 2 and "would be taken for somebody's submission" in error
    assert [path.name for path in submissions.iterdir()] == ["ada"]


def test_no_file_of_anybody_elses_is_removed(batch: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    theirs = [".git-credentials", ".pre-commit-config.yaml", ".eslintrc.json-disabled", ".class.json-abcdefgh"]
    for name in theirs:
        (out / name).write_text("x")
    (out / f"{HALF}class.json-abcdefgh").write_text("half")
    assert batch(class_of(tmp_path / "in", ada=SOLUTION), "--out", out)[0] == 0
    assert all((out / name).read_text() == "x" for name in theirs)
    assert not list(out.glob(f"{HALF}*"))


def test_results_are_never_overwritten_unasked(batch: Run, tmp_path: Path) -> None:
    submissions = class_of(tmp_path / "class", ada=SOLUTION)
    assert batch(submissions, "--out", tmp_path / "out")[0] == 0
    code, _, error = batch(submissions, "--out", tmp_path / "out")
    assert code == 2 and "holds results already: --resume goes on with them" in error


def start(course: Course, submissions: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    """`convgrade batch` as a process of its own."""
    command = [
        sys.executable,
        "-m",
        "grader",
        "batch",
        str(submissions),
        "--out",
        str(out),
        "--course",
        str(course.root),
    ]
    return subprocess.Popen(
        [*command, "--allow-weak-sandbox", "--jobs", "2", *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> int:
    """Wait for its end; gives the exit code."""
    process.communicate(timeout=600)
    return process.returncode


def reports_in(out: Path) -> int:
    """How many reports there are."""
    return len(list((out / "reports").glob("*.json"))) if (out / "reports").is_dir() else 0


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def kill_at(course: Course, submissions: Path, out: Path, reports: int) -> None:
    """Start or go on, and kill everything without warning once there are so many reports."""
    process = start(course, submissions, out, "--resume")
    wait_for(lambda: reports_in(out) >= reports or process.poll() is not None)
    process.kill()
    process.communicate()


def test_killed_at_any_moment_it_goes_on_to_the_same_results(course: Course, tmp_path: Path) -> None:
    """CONVGRADE_KILLS=10 kills ten times, at random moments."""
    kills = int(os.environ.get("CONVGRADE_KILLS", "2"))
    sources = {f"s{number:02d}": [SOLUTION, WRONG, "def area(:\n"][number % 3] for number in range(4 * kills + 2)}
    submissions = class_of(tmp_path / "class", **distinct(sources))
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert ended(start(course, submissions, whole)) == 0
    moments = random.Random(int(os.environ.get("CONVGRADE_KILL_SEED", "1")))
    for number in range(kills):
        kill_at(course, submissions, broken, 4 * number + moments.randint(0, 3))
        time.sleep(moments.random() * 0.05)
    assert reports_in(broken) < len(sources), "it was over before it was killed"
    assert ended(start(course, submissions, broken, "--resume")) == 0
    assert results(broken) == results(whole)
    assert not [file for file in broken.rglob(".*") if file.name != ".lock"]


def processes_of(group: str) -> list[int]:
    """Processes whose command line or environment names a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if (
                entry.name.isdigit()
                and group.encode() in (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            ):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_ending_it_leaves_no_process_behind(course: Course, tmp_path: Path, how: int) -> None:
    submissions = class_of(
        tmp_path / "class", **distinct({f"s{number}": HOSTILE["loop"] for number in range(3)}), a=SOLUTION
    )
    scratch = tmp_path / "scratch-of-this-test"
    scratch.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch)}
    command = [sys.executable, "-m", "grader", "batch", str(submissions), "--out", str(tmp_path / "out"), "--jobs", "2"]
    process = subprocess.Popen(
        [*command, "--course", str(course.root), "--allow-weak-sandbox"], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    wait_for(lambda: reports_in(tmp_path / "out") >= 1)
    assert len(processes_of(str(scratch))) >= 3
    process.send_signal(how)
    _, error = process.communicate(timeout=20)
    wait_for(lambda: not processes_of(str(scratch)), 20)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "1 of 4 are graded and kept; the same command with --resume goes on from there" in error
        assert not list(scratch.iterdir())


def test_hostile_submissions_cost_their_own_points(batch: Run, tmp_path: Path) -> None:
    submissions = class_of(tmp_path / "class", **HOSTILE, good=SOLUTION)
    assert batch(submissions, "--out", tmp_path / "out", "--jobs", "2")[0] == 0
    assert {name: row["points_earned"] for name, row in rows(tmp_path / "out").items()} == {
        "loop": 3, "exit": 0, "memory": 3, "good": 7,
    }  # fmt: skip


def test_a_fault_of_ours_costs_nothing_and_is_told(batch: Run, course: Course, tmp_path: Path) -> None:
    checks = course.topics[0].checks
    checks.write_text(checks.read_text().replace("oracle.area(*case), what", "oracle.no_such(*case), what"))
    code, text, _ = batch(class_of(tmp_path / "class", ada=SOLUTION), "--out", tmp_path / "out", "--gradebook", "csv")
    row = rows(tmp_path / "out")["ada"]
    assert code == 3 and row["status"] == "internal_error" and row["points_earned"] is None
    assert "1 not graded, a fault of ours:\n  ada: 1 checks could not be judged" in text
    assert "nobody's" not in text
    assert ",,,," in (tmp_path / "out" / "grades.csv").read_text().splitlines()[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--roster", "nothing.csv"], "nothing.csv cannot be read"),
        (["--gradebook", "excel"], "gradebook 'excel' is none of"),
        (["--topic", "volume"], "no topic 'volume'"),
        (["--seed-file", "nothing"], "the seed file nothing cannot be read"),
        (["--executor", "dask"], "--executor dask needs --scheduler ADDRESS"),
        (["--shape", "x"], "shape 'x' is none of"),
        (["--gradebook", f"canvas={Path(__file__).parents[1] / 'LICENSE'}"], "is no export of a Canvas gradebook"),
    ],
)
def test_usage_errors(batch: Run, tmp_path: Path, arguments: list[str], words: str) -> None:
    code, _, error = batch(class_of(tmp_path / "class", ada=SOLUTION), "--out", tmp_path / "out", *arguments)
    assert code == 2 and words in error
    assert not (tmp_path / "out" / "class.json").exists()  # told before anything is graded


def test_an_unreadable_submission_is_that_students_row(batch: Run, tmp_path: Path) -> None:
    submissions = class_of(tmp_path / "class", ada=SOLUTION, bob=SOLUTION)
    (submissions / "bob" / "area.py").unlink()
    os.mkfifo(submissions / "bob" / "area.py")
    assert batch(submissions, "--out", tmp_path / "out")[0] == 0
    assert rows(tmp_path / "out")["bob"]["points_earned"] == 0 and rows(tmp_path / "out")["ada"]["points_earned"] == 7


def test_a_full_disk_ends_the_run_and_keeps_what_was_graded(
    batch: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = distinct(dict.fromkeys(("ada", "bob", "eve"), SOLUTION))
    submissions, out = class_of(tmp_path / "class", **sources), tmp_path / "out"
    fsync, calls = os.fsync, iter(range(1000))

    def full(descriptor: int) -> None:
        if next(calls) > 8:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    code, _, error = batch(submissions, "--out", out, "--jobs", "1")
    assert code == 2 and "cannot be written: No space left on device; " in error
    assert "1 of 3 are graded and kept; the same command with --resume goes on from there" in error
    assert reports_in(out) == 1 and not list((out / "pages").glob(".*"))
    monkeypatch.undo()
    assert batch(submissions, "--out", out, "--resume")[0] == 0 and len(rows(out)) == 3


def test_an_unusable_results_folder_is_told_before_grading(batch: Run, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    code, _, error = batch(class_of(tmp_path / "class", ada=SOLUTION), "--out", tmp_path / "out")
    assert code == 2 and "the results folder" in error and "cannot be used" in error


def test_two_runs_at_once_are_refused(batch: Run, tmp_path: Path) -> None:
    submissions = class_of(tmp_path / "class", ada=SOLUTION)
    with Store(tmp_path / "out").opened():
        code, _, error = batch(submissions, "--out", tmp_path / "out", "--resume")
    assert code == 2 and "another convgrade is writing to" in error


def test_a_secret_seed_is_written_nowhere(batch: Run, course: Course, tmp_path: Path) -> None:
    (tmp_path / "seed").write_text("918273645546372819\n")
    submissions, out = class_of(tmp_path / "class", ada=WRONG), tmp_path / "out"
    assert batch(submissions, "--out", out, "--seed-file", tmp_path / "seed")[0] == 0
    for file in out.rglob("*"):
        assert not file.is_file() or b"918273645546372819" not in file.read_bytes()
    report = Store(out).read_row(rows(out)["ada"]["file"])
    assert report is not None and report["seed"] is None
    assert "Seed: secret." in next((out / "pages").iterdir()).read_text()
    other = grade(submissions / "ada", seed=918273645546372819, course=course).to_dict()
    assert without_times(report["topics"]) == without_times(other["topics"])


@pytest.mark.parametrize(("text", "seed"), [("7", 7), (" -3\n", -3), ("word", None), ("\u0663", None)])
def test_seed_files(tmp_path: Path, text: str, seed: int | None) -> None:
    (tmp_path / "seed").write_text(text)
    assert read_seed(tmp_path / "seed") == seed if seed is not None else read_seed(tmp_path / "seed") > 1 << 32
    (tmp_path / "seed").write_text("  ")
    with pytest.raises(UsageError, match="is empty"):
        read_seed(tmp_path / "seed")


def test_the_fingerprint_depends_on_all_that_matters(course: Course) -> None:
    basis = basis_of(course, Settings())
    others = [
        basis_of(course, Settings(seed=1)),
        basis_of(course, Settings(("area",))),
        basis_of(course, Settings(device="cpu")),
    ]
    prints = {basis.fingerprint("a"), basis.fingerprint("b"), *(other.fingerprint("a") for other in others)}
    before = course_digest(course)
    (course.topics[0].folder / "__pycache__").mkdir(exist_ok=True)
    (course.topics[0].folder / "__pycache__" / "x.pyc").write_text("")
    assert course_digest(course) == before
    (course.topics[0].folder / "oracle.py").write_text("")
    prints.add(basis_of(course, Settings()).fingerprint("a"))
    assert len(prints) == 6


# -- stations ---------------------------------------------------------------------------------------------------------


def executor_of(course: Course, jobs: int = 1, seconds: float | None = None) -> LocalExecutor:
    """Stations for the course."""
    settings = Settings()
    return LocalExecutor(start_message(course, basis_of(course, settings)), jobs, seconds or longest(course, None))


def jobs_of(*sources: str) -> Iterator[Job]:
    """A job for each source."""
    for number, source in enumerate(sources):
        yield Job(number, Bundle(f"s{number}", (("area.py", source.encode()),)))


def all_done(executor: LocalExecutor, *sources: str) -> dict[int, Finished]:
    """Every job's end by its number."""
    return {finished.number: finished for finished in executor.run(jobs_of(*sources), lambda job: None)}


def test_a_station_that_dies_is_replaced_and_its_job_done_again(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    give, killed = Station.give, []

    def kill_once(self: Station, job: Job) -> None:
        give(self, job)
        if job.number == 1 and not killed:
            killed.append(job)
            os.kill(self._process.pid, signal.SIGKILL)

    monkeypatch.setattr(Station, "give", kill_once)
    done = all_done(executor_of(course), SOLUTION, WRONG, SOLUTION)
    assert killed and sorted(done) == [0, 1, 2] and all(finished.fault is None for finished in done.values())
    assert [done[number].report["points_earned"] for number in range(3)] == [7, 3, 7]  # type: ignore[index]


def test_a_job_that_always_kills_its_station_is_a_fault_of_ours(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    give = Station.give

    def kill(self: Station, job: Job) -> None:
        give(self, job)
        if job.number == 1:
            os.kill(self._process.pid, signal.SIGKILL)

    monkeypatch.setattr(Station, "give", kill)
    done = all_done(executor_of(course, 2), SOLUTION, WRONG, SOLUTION)
    assert sorted(done) == [0, 1, 2]
    assert done[1].report is None and done[1].fault == "the grading process was ended by SIGKILL"
    assert done[0].fault is None and done[2].fault is None


def test_a_station_that_hangs_is_ended(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Station, "give", lambda self, job: setattr(self, "job", job))
    (finished,) = executor_of(course, seconds=0.3).run(jobs_of(SOLUTION), lambda job: None)
    assert finished.fault is not None and "did not come to an end within 0" in finished.fault


def test_a_station_says_how_it_failed(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONNOUSERSITE", "1")
    monkeypatch.setattr("grader.batch.local._environment", lambda scratch: {**os.environ, "PYTHONHOME": "/nowhere"})
    (finished,) = executor_of(course).run(jobs_of(SOLUTION), lambda job: None)
    assert finished.fault is not None and finished.fault.startswith("the grading process ended with 1\n")


def test_a_course_or_versions_that_differ_are_refused(course: Course) -> None:
    executor = executor_of(course)
    executor.start["versions"] = {**executor.start["versions"], "numpy": "0.1"}
    with pytest.raises(UsageError, match=r"this machine has numpy .*; every machine needs the same versions"):
        list(executor.run(jobs_of(SOLUTION), lambda job: None))
    executor = executor_of(course)
    (course.topics[0].folder / "oracle.py").write_text("")
    with pytest.raises(UsageError, match="is another version; every machine needs the same one"):
        list(executor.run(jobs_of(SOLUTION), lambda job: None))


def test_a_missing_sandbox_is_refused_unless_allowed(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "from grader.client.process import Worker\n"
        "begin = Worker._begin\n"
        "def _begin(self, start):\n"
        "    begin(self, start)\n"
        "    self.protections['landlock'] = False\n"
        "Worker._begin = _begin\n"
    )
    monkeypatch.setattr("grader.batch.local.Path", lambda _: _Parents(tmp_path))
    settings = Settings(require_sandbox=True)
    executor = LocalExecutor(start_message(course, basis_of(course, settings)), 1, 60)
    with pytest.raises(UsageError, match=r"these protections do not hold here: .*landlock"):
        list(executor.run(jobs_of(SOLUTION), lambda job: None))
    executor = LocalExecutor(start_message(course, basis_of(course, Settings())), 1, 60)
    (finished,) = executor.run(jobs_of(SOLUTION), lambda job: None)
    assert finished.report is not None and finished.report["isolation"]["level"] == "partial"


class _Parents:
    """Stands in for the path of the package, so that a station imports a sitecustomize of ours."""

    def __init__(self, first: Path) -> None:
        self.parents = ["", "", f"{first}{os.pathsep}{Path(__file__).parents[1]}"]


def test_a_station_forgets_submissions(course: Course) -> None:
    """Whatever a submission brings along is not there for the next one."""
    first = Bundle("a", (("area.py", SOLUTION.encode()), ("mine.py", b"VALUE = 1\n")))
    needing = SOLUTION.replace("return height * width", "return mine.VALUE * height * width")
    second = Bundle("b", (("area.py", b"import mine\n" + needing.encode()),))
    done = executor_of(course).run(iter([Job(0, first), Job(1, second)]), lambda job: None)
    reports = {finished.number: finished.report or {} for finished in done}
    assert reports[0]["points_earned"] == 7 and reports[1]["points_earned"] == 3
    assert "ModuleNotFoundError: No module named 'mine'" in reports[1]["notes"][0]


def test_an_installed_course_is_used_where_the_folder_is_not_there(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.batch.station import open_course

    start = start_message(course, basis_of(course, Settings()))
    assert open_course(start).root == course.root
    monkeypatch.setattr(
        "grader.batch.station.load_course", lambda root: load_course(course.root if root is None else root)
    )
    assert open_course({**start, "course": "/nowhere"}).root == course.root
