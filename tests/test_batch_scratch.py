"""Temporary folders of a batch: gone at its end, and after a kill with the next run; never those of anybody else."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from test_batch import HOSTILE, Run, batch, class_of, distinct, reports_in, wait_for

from grader.batch.scratch import LOCK, PREFIX, remove_abandoned, scratch_folder
from grader.course import Course

__all__ = ["batch"]  # a fixture
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no locks of this kind")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of our own for temporary folders."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def abandoned(place: Path, name: str = "killed") -> Path:
    """What a killed run has left."""
    folder = place / f"{PREFIX}{name}"
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "deep" / "deeper" / "area.py").write_text("x = 1\n")
    (folder / "loose").write_text("")
    (folder / LOCK).write_text("")
    return folder


def test_a_folder_lives_as_long_as_its_run(place: Path) -> None:
    with scratch_folder() as mine, scratch_folder() as other:
        remove_abandoned(place)
        assert {mine, other} == {str(folder) for folder in place.iterdir()}
    assert not list(place.iterdir())


def test_another_processs_folder_is_left_alone_until_that_process_is_killed(place: Path) -> None:
    code = (
        "from grader.batch.scratch import scratch_folder\nwith scratch_folder() as f:\n print(f, flush=True)\n input()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        theirs = Path(process.stdout.readline().strip())
        remove_abandoned(place)
        assert theirs.is_dir() and theirs.parent == place
        process.kill()
    remove_abandoned(place)
    assert not theirs.exists()


def test_what_killed_runs_left_is_removed_and_nothing_else(place: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis").write_text("words")
    left = abandoned(place)
    (left / "link").symlink_to(precious)
    (left / "deep" / "link").symlink_to(precious)
    beginning = place / f"{PREFIX}beginning"
    beginning.mkdir()
    link = place / f"{PREFIX}link"
    link.symlink_to(precious)
    (precious / LOCK).write_text("")
    tricked = place / f"{PREFIX}tricked"
    tricked.mkdir()
    (tricked / LOCK).symlink_to(precious / "thesis")
    others = place / "something-else"
    others.mkdir()
    (place / f"{PREFIX}file").write_text("")
    with scratch_folder():
        assert not left.exists()
    assert beginning.is_dir() and link.is_symlink() and others.is_dir() and tricked.is_dir()
    assert (precious / "thesis").read_text() == "words"


def test_another_users_folder_is_left_alone(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = abandoned(place)
    monkeypatch.setattr(os, "geteuid", lambda: theirs.stat().st_uid + 1)
    remove_abandoned(place)
    assert (theirs / "deep" / "deeper" / "area.py").is_file()


def test_what_cannot_be_removed_now_is_removed_later(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = abandoned(place)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        remove_abandoned(place)
    assert (left / LOCK).is_file()
    remove_abandoned(place)
    assert not left.exists()


def test_a_killed_batch_leaves_nothing_once_it_has_gone_on(
    batch: Run, course: Course, tmp_path: Path, place: Path
) -> None:
    sources = distinct({f"s{number}": HOSTILE["exit"] for number in range(2)})
    submissions = class_of(tmp_path / "class", **sources, slow=HOSTILE["loop"])
    out, options = tmp_path / "out", ["--course", str(course.root), "--allow-weak-sandbox", "--jobs", "1"]
    command = [sys.executable, "-m", "grader", "batch", str(submissions), "--out", str(out), *options]
    process = subprocess.Popen(command, stdout=-1, stderr=-1, text=True)
    wait_for(lambda: reports_in(out) >= 1)
    process.kill()
    process.communicate()
    assert list(place.iterdir())
    assert batch(submissions, "--out", out, "--resume", "--jobs", "1")[0] == 0
    assert not list(place.iterdir())
