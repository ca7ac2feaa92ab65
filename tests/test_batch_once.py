"""In a batch: deadlines are held against what the platform says, and the same files are graded once for all who hand them in."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from classroom import File, write_folder
from conftest import SOLUTION
from test_batch import WRONG, Run, batch, class_of, results, rows, without_times
from test_batch_commands import run
from test_late import with_deadline

from grader.batch.executors import Finished, Job
from grader.batch.local import LocalExecutor
from grader.batch.store import Store
from grader.course import Course

__all__ = ["batch", "run"]  # fixtures
Members = tuple[str, ...]
TEN_A_DAY = ('per_day = "1/3"', "per_day = 10")


def gradescope(target: Path, **handed_in: tuple[str, str, Members]) -> Path:
    """An export: for each folder the source, when it was handed in, and who did so."""

    def files() -> Iterator[File]:
        lines = ["---"]
        for folder, (source, when, members) in handed_in.items():
            yield File(f"{folder}/area.py", source.encode())
            lines += [f"{folder}:", "  :submitters:"]
            lines += [f"  - :name: {name}\n    :sid: '{name}-1'" for name in members]
            lines.append(f"  :created_at: {when}")
        yield File("submission_metadata.yml", "\n".join(lines).encode())

    return write_folder(target, files())


@pytest.fixture
def graded_jobs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes to the stations, by the submissions' names, as it goes."""
    sent: list[str] = []
    execute = LocalExecutor.run

    def watched(self: LocalExecutor, jobs: Iterator[Job], started: Callable[[Job], None]) -> Iterator[Finished]:
        def noting() -> Iterator[Job]:
            for job in jobs:
                sent.append(job.bundle.label)
                yield job

        return execute(self, noting(), started)

    monkeypatch.setattr(LocalExecutor, "run", watched)
    return sent


def report_of(out: Path, name: str) -> dict[str, Any]:
    """The kept report of a person."""
    form = Store(out).read_row(rows(out)[name]["file"])
    assert form is not None
    return form


def grades_in(out: Path) -> dict[str, dict[str, str]]:
    """The rows of grades.csv by name."""
    return {row["name"]: row for row in csv.DictReader((out / "grades.csv").read_text("utf-8").splitlines())}


# -- deadlines --------------------------------------------------------------------------------------------------------


def test_the_platforms_date_is_held_against_the_deadline(batch: Run, course: Course, tmp_path: Path) -> None:
    with_deadline(course, *TEN_A_DAY)
    submissions = gradescope(
        tmp_path / "class",
        s1=(SOLUTION, "2026-03-01 12:00:00.000000000 Z", ("ada",)),
        s2=(SOLUTION, "2026-03-04 14:00:00.000000000 +01:00", ("bob",)),
        s3=(WRONG, "2026-03-02 11:00:00.000000000 Z", ("eve",)),
        s4=(WRONG, "some day", ("fay",)),
    )
    out = tmp_path / "out"
    code, text, _ = batch(submissions, "--out", out, "--gradebook", "csv")
    found = {
        name: (row["points_earned"], row["points_counted"], row["days_late"], row["handed_in"])
        for name, row in rows(out).items()
    }
    assert code == 0 and found == {
        "ada": (7, 7, 0, "2026-03-01T12:00:00+00:00"), "bob": (7, 4.9, 4, "2026-03-04T14:00:00+01:00"),
        "eve": (3, 3, 1, "2026-03-02T11:00:00+00:00"), "fay": (3, 3, None, None),
    }  # fmt: skip
    assert "2 late:\n  bob (bob-1): 4 days; 4.9 of 7 points count\n  eve (eve-1): 1 day\n" in text
    grades = grades_in(out)
    assert [grades[name]["points"] for name in ("ada", "bob", "eve", "fay")] == ["7.00", "4.90", "3.00", "3.00"]
    assert grades["bob"]["area"] == "4.90" and grades["bob"]["percent"] == "70.00"
    assert [grades[name]["late"] for name in ("ada", "bob", "eve", "fay")] == ["no", "yes", "yes", "no"]
    page = (out / "pages" / f"{rows(out)['bob']['file']}.html").read_text()
    assert "handed in 4 days late, of which 1 cost nothing: 30 % less" in page and "Total: 7 of 7 points" in page
    overview = (out / "overview.html").read_text()
    assert ": 4 days; 4.9 of 7 points count" in overview and '<th scope="col" class="number">Counts</th>' in overview
    assert report_of(out, "bob")["late"]["points"] == 4.9 and report_of(out, "fay")["late"] is None


def test_the_class_lists_date_counts_where_the_platform_gives_none(batch: Run, course: Course, tmp_path: Path) -> None:
    with_deadline(course, *TEN_A_DAY)
    for name in ("ada", "bob", "eve"):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "area.py").write_text(SOLUTION)
    roster, out = tmp_path / "roster.csv", tmp_path / "out"
    roster.write_text("name,Handed in\nada,2026-03-01 12:00\nbob,2026-03-04T14:00+01:00\neve,\ngus,2026-03-09 12:00\n")
    assert batch(tmp_path / "class", "--out", out, "--roster", roster)[0] == 0
    found = {name: (row["points_counted"], row["days_late"], row["handed_in"]) for name, row in rows(out).items()}
    assert found == {
        "ada": (7, 0, "2026-03-01T12:00:00+00:00"), "bob": (4.9, 4, "2026-03-04T14:00:00+01:00"),
        "eve": (7, None, None), "gus": (None, None, None),
    }  # fmt: skip


def test_another_date_is_another_result(
    batch: Run, run: Run, course: Course, tmp_path: Path, graded_jobs: list[str]
) -> None:
    with_deadline(course, *TEN_A_DAY)
    submissions, out = tmp_path / "class", tmp_path / "out"
    gradescope(submissions, s1=(SOLUTION, "2026-03-02 12:00:00 Z", ("ada",)))
    batch(submissions, "--out", out)
    batch(submissions, "--out", out, "--resume")
    assert graded_jobs == ["s1"]
    gradescope(submissions, s1=(SOLUTION, "2026-03-03 13:00:00 Z", ("ada",)))
    batch(submissions, "--out", out, "--resume")
    assert graded_jobs == ["s1", "s1"] and rows(out)["ada"]["points_counted"] == pytest.approx(5.6)
    toml = course.root / "reference" / "course.toml"
    toml.write_text(toml.read_text().replace("2026-03-01T12", "2026-03-02T12"))
    text = run("regrade", out, "--apply")[1]
    assert "ada: 5.6 of 7 -> 6.3 of 7 (+0.7)" in text and rows(out)["ada"]["days_late"] == 2
    batch(submissions, "--out", tmp_path / "fresh")
    assert results(out) == results(tmp_path / "fresh")


def test_where_lateness_costs_nobody_anything_there_is_no_column_for_it(batch: Run, tmp_path: Path) -> None:
    submissions = gradescope(tmp_path / "class", s1=(SOLUTION, "2099-01-01 12:00:00 Z", ("ada",)))
    batch(submissions, "--out", tmp_path / "out")
    assert "Counts" not in (tmp_path / "out" / "overview.html").read_text()
    assert rows(tmp_path / "out")["ada"]["days_late"] is None


# -- the same files ---------------------------------------------------------------------------------------------------


def test_a_team_is_graded_once_and_everyone_gets_the_report(
    batch: Run, course: Course, tmp_path: Path, graded_jobs: list[str]
) -> None:
    with_deadline(course, *TEN_A_DAY)
    submissions = gradescope(
        tmp_path / "class",
        s1=(WRONG, "2026-03-04 12:00:00 Z", ("ada", "bob", "cyd")),
        s2=(WRONG, "2026-03-01 11:00:00 Z", ("eve",)),
    )
    out = tmp_path / "out"
    code, text, log = batch(submissions, "--out", out, "--gradebook", "csv", "--jobs", "2")
    assert code == 0 and sorted(graded_jobs) == ["s1", "s2"] and "4 of 4 submissions graded" in text
    assert [line.split(": ")[1] for line in log.splitlines() if "eve" not in line] == ["ada", "bob", "cyd"]
    reports = [report_of(out, name) for name in ("ada", "bob", "cyd")]
    assert reports[0] == reports[1] == reports[2] and reports[0]["submission"]["path"] == "s1"
    grades = {name: row["points"] for name, row in grades_in(out).items()}
    assert grades == {"ada": "2.40", "bob": "2.40", "cyd": "2.40", "eve": "3.00"}
    assert len(list((out / "pages").iterdir())) == len(list((out / "submissions").iterdir())) == 4
    before = results(out)
    (out / "reports" / f"{rows(out)['bob']['file']}.json").unlink()
    batch(submissions, "--out", out, "--gradebook", "csv", "--resume")
    assert sorted(graded_jobs) == ["s1", "s2"] and results(out) == before


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_equal_files_give_equal_reports_under_their_own_names(
    batch: Run, tmp_path: Path, graded_jobs: list[str], jobs: str
) -> None:
    sources = {"ada": SOLUTION, "bob": WRONG, "cyd": SOLUTION, "dan": SOLUTION, "eve": WRONG}
    out = tmp_path / "out"
    batch(class_of(tmp_path / "class", **sources), "--out", out, "--jobs", jobs)
    assert sorted(graded_jobs) == ["ada", "bob"]
    for name, source in sources.items():
        form = report_of(out, name)
        assert form["submission"]["path"] == name
        assert form["points_earned"] == (7 if source is SOLUTION else 3)
    paths = {"submission": 0}
    assert report_of(out, "ada") | paths == report_of(out, "dan") | paths
    again = tmp_path / "alone"
    batch(class_of(tmp_path / "one", eve=WRONG), "--out", again)
    assert without_times(report_of(again, "eve")) == without_times(report_of(out, "eve"))


def test_a_secret_seed_stays_secret_for_everyone(batch: Run, tmp_path: Path) -> None:
    (tmp_path / "seed").write_text("correct horse battery staple")
    out = tmp_path / "out"
    sources = {name: WRONG for name in ("ada", "bob", "cyd")}
    batch(class_of(tmp_path / "class", **sources), "--out", out, "--seed-file", tmp_path / "seed", "--jobs", "1")
    assert [report_of(out, name)["seed"] for name in sources] == [None] * 3


def test_a_fault_of_ours_is_the_fault_of_all_who_share_it(
    batch: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def faulty(self: LocalExecutor, jobs: Iterator[Job], started: Callable[[Job], None]) -> Iterator[Finished]:
        for job in jobs:
            yield Finished(job.number, fault="it broke")

    monkeypatch.setattr(LocalExecutor, "run", faulty)
    out = tmp_path / "out"
    code, text, _ = batch(class_of(tmp_path / "class", ada=WRONG, bob=WRONG), "--out", out)
    assert code == 3 and {row["fault"] for row in rows(out).values()} == {"it broke"}
    assert "2 not graded, a fault of ours" in text
    monkeypatch.undo()
    assert batch(tmp_path / "class", "--out", out, "--resume")[0] == 0
    assert {row["points_earned"] for row in rows(out).values()} == {3}
    assert json.loads((out / "class.json").read_text())["rows"][0]["fault"] is None
