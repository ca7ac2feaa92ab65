"""Finding and reading what was handed in, in every shape it arrives in."""

from __future__ import annotations

import ast
import dataclasses
import functools
import hashlib
import os
import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from conftest import SOLUTION

from grader import grade
from grader.course import Course
from grader.errors import SubmissionUnreadable
from grader.results import Outcome
from grader.submission import Submission, bundle, load_submission, sources
from grader.submission.bundle import TAKEN, read_bundle
from grader.submission.sources import folder_entries

SOURCE = b"def area(height, width):\n    return height * width\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    path = tmp_path / "handed-in"
    path.mkdir()
    return path


def load(path: Path, course: Course) -> Submission:
    return load_submission(path, course, course.topics)


def test_a_file_in_a_folder(folder: Path, course: Course) -> None:
    (folder / "area.py").write_bytes(SOURCE)
    submission = load(folder, course)
    assert submission.sources == {"area.py": SOURCE} and not submission.problems and not submission.notes
    (file,) = submission.files()
    assert (file.name, file.sha256) == ("area.py", hashlib.sha256(SOURCE).hexdigest())


def test_the_file_nearest_to_the_top_counts_and_the_choice_is_told(folder: Path, course: Course) -> None:
    for name, source in (("deep/er/area.py", b"deep"), ("near/area.py", SOURCE)):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(source)
    submission = load(folder, course)
    assert submission.sources["area.py"] == SOURCE
    assert submission.notes == ("area.py is there 2 times; near/area.py was graded",)


@pytest.mark.parametrize(
    "name", ["area (1).py", "area-2.py", "Area.py", "AREA.PY", "doe_jane_1234_area.py", "area copy.py"]
)
def test_a_file_that_a_download_renamed_is_found(folder: Path, course: Course, name: str) -> None:
    (folder / name).write_bytes(SOURCE)
    submission = load(folder, course)
    assert submission.sources["area.py"] == SOURCE
    assert submission.notes == (f"{name} was graded as area.py",)


def test_a_file_of_another_name_is_found_by_its_functions(folder: Path, course: Course) -> None:
    (folder / "a_first_try.py").write_text("def area(height, width):\n    pass\n")
    (folder / "jane_hw1.py").write_bytes(SOURCE + b"\n\ndef scale_forward(x, factor):\n    return x * factor, factor\n")
    (folder / "old").mkdir()
    (folder / "old" / "hw1.py").write_bytes(SOURCE)
    submission = load(folder, course)
    assert b"scale_forward" in submission.sources["area.py"]
    assert submission.notes == ("jane_hw1.py was graded as area.py, since it has functions of it",)
    (folder / "area.py").write_text("")
    assert load(folder, course).sources["area.py"] == b"" and not load(folder, course).notes


def test_an_exported_notebook_of_another_name_is_found_too(folder: Path, course: Course) -> None:
    (folder / "untitled7.py").write_bytes(b"!pip install numpy\n" + SOURCE)
    submission = load(folder, course)
    assert not submission.problems and [note.partition(",")[0] for note in submission.notes[:2]] == [
        "untitled7.py was graded as area.py", "untitled7.py was exported from a notebook and is not plain Python"
    ]  # fmt: skip


def test_another_topics_file_is_graded_for_that_topic_alone(folder: Path, course: Course) -> None:
    other = dataclasses.replace(course.topics[0], name="other", file="other.py")
    (folder / "other.py").write_bytes(SOURCE)
    both = dataclasses.replace(course, topics=(course.topics[0], other))
    assert load_submission(folder, both, both.topics).problems == {"area": "area.py was not handed in"}


@pytest.mark.parametrize("name", ["test_area.py", "test_subarea.py", "areas.py", "area.txt", "area.py.bak"])
def test_other_files_are_not_taken_for_it(folder: Path, course: Course, name: str) -> None:
    (folder / name).write_bytes(b"def volume():\n    pass\n" if name == "areas.py" else SOURCE)
    problem = load(folder, course).problems["area"]
    meant = "; if areas.py is meant, rename it to area.py" if name == "areas.py" else ""
    assert problem == f"area.py was not handed in{meant}"


@pytest.mark.parametrize("place", [".venv", ".git", "__pycache__", "__MACOSX", "site-packages"])
def test_folders_of_tools_are_not_searched(folder: Path, course: Course, place: str) -> None:
    (folder / place).mkdir()
    (folder / place / "area.py").write_bytes(SOURCE)
    assert load(folder, course).problems


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("area".encode("utf-16"), "is saved as UTF-16"),
        (b"x = 1\0", "null byte at position 5"),
        (b"# caf\xe9\n", "is not valid utf-8: byte 0xe9 at position 5"),
        (b"# -*- coding: klingon -*-\n", "cannot be decoded"),
        (b"#" * ((1 << 20) + 1), "is larger than 1 MiB"),
    ],
)
def test_what_is_no_source_text_is_told(folder: Path, course: Course, content: bytes, words: str) -> None:
    (folder / "area.py").write_bytes(content)
    submission = load(folder, course)
    assert words in submission.problems["area"] and submission.problems["area"].startswith("area.py ")
    assert submission.sources == {} and submission.files() == ()


def test_a_declared_encoding_and_a_byte_order_mark_are_fine(folder: Path, course: Course) -> None:
    for content in (b"# -*- coding: latin-1 -*-\n# caf\xe9\n", b"\xef\xbb\xbf" + SOURCE):
        (folder / "area.py").write_bytes(content)
        assert load(folder, course).sources == {"area.py": content}


@pytest.mark.skipif(os.name != "posix", reason="links, pipes and devices are made the POSIX way")
@pytest.mark.parametrize(
    "line",
    ["!pip install numpy", "%matplotlib inline", "get_ipython().system('ls')", "files = get_ipython().getoutput('ls')"],
)
def test_a_notebook_that_was_exported_to_a_file_is_read_like_one(folder: Path, course: Course, line: str) -> None:
    source = f"{line}\n".encode() + SOURCE
    (folder / "area.py").write_bytes(source)
    submission = load(folder, course)
    assert submission.notes[0].startswith("area.py was exported from a notebook and is not plain Python")
    assert not submission.problems and submission.files()[0].sha256 == hashlib.sha256(source).hexdigest()
    module = submission.notebooks["area.py"]
    (number,) = module.statements
    assert isinstance(ast.parse(module.text).body[number], ast.FunctionDef)


@pytest.mark.parametrize(
    "source",
    [
        "def area(height, width):\n    return height * width!\n",
        "    def area(height, width):\n        return height * width\n",
        '"""\n!pip install numpy\n"""\ndef area(height, width):\n    return height * width\n',
        "try:\n    get_ipython()\nexcept NameError:\n    pass\n",
        "def shell():\n    return get_ipython()\n",
    ],
    ids=["broken", "indented", "in a string", "with care", "in a function"],
)
def test_other_files_stay_what_they_are(folder: Path, course: Course, source: str) -> None:
    (folder / "area.py").write_text(source)
    submission = load(folder, course)
    assert not submission.notebooks and submission.sources == {"area.py": source.encode()} and not submission.notes


def test_links_pipes_and_folders_are_not_opened(folder: Path, course: Course, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_bytes(SOURCE)
    file = folder / "area.py"
    file.symlink_to(tmp_path / "secret.py")
    assert load(folder, course).problems == {"area": "area.py is a link; hand in the file itself"}
    file.unlink()
    os.mkfifo(file)
    assert load(folder, course).problems == {"area": "area.py is not a regular file"}
    file.unlink()
    file.mkdir()
    assert load(folder, course).problems == {"area": "area.py was not handed in"}


def test_a_link_to_a_folder_is_not_followed(folder: Path, course: Course, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "area.py").write_bytes(SOURCE)
    (folder / "inside").symlink_to(tmp_path / "other", target_is_directory=True)
    assert load(folder, course).problems


def test_files_beside_and_below_it_come_along_and_others_do_not(folder: Path, course: Course) -> None:
    own = ["area.py", "mine.py", "deeper/__init__.py", "deeper/still/other.py"]
    for name in (*own, "not-importable.py", "not-a-package/other.py", "deeper/data.txt"):
        (folder / "work" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "work" / name).write_bytes(SOURCE)
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "other.py").write_bytes(SOURCE)
    assert sorted(load(folder, course).sources) == sorted(own)


def test_a_package_beside_it_can_be_imported(folder: Path, course: Course) -> None:
    (folder / "area.py").write_text("from shapes.flat import area\nfrom shapes import scale_forward, scale_backward\n")
    (folder / "shapes").mkdir()
    (folder / "shapes" / "__init__.py").write_text(f"from .flat import area\n{SOLUTION}")
    (folder / "shapes" / "flat.py").write_bytes(SOURCE)
    report = grade(folder, course=course)
    assert not any("not loaded" in (topic.problem or "") for topic in report.topics)
    assert {check.outcome for check in report.topics[0].checks if check.name.startswith("scale")} == {Outcome.PASSED}


def test_what_lies_nearest_comes_along_first(folder: Path, course: Course) -> None:
    for name in ("area.py", *(f"a{number}/other.py" for number in range(250)), "helper.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(SOURCE)
    sources = load(folder, course).sources
    assert "helper.py" in sources and len(sources) < 250


def test_staged_copies_are_gone_afterwards(folder: Path, course: Course) -> None:
    (folder / "area.py").write_bytes(SOURCE)
    with load(folder, course).staged() as staged:
        copy = Path(staged) / "area.py"
        assert copy.read_bytes() == SOURCE
        assert not stat.S_IMODE(copy.stat().st_mode) & 0o222
    assert not Path(staged).exists()


def make_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_zip_is_read_without_unpacking(tmp_path: Path, course: Course) -> None:
    archive = make_zip(tmp_path / "a.zip", {"top/area.py": SOURCE, "top/mine.py": b"x = 1", "__MACOSX/area.py": b"no"})
    submission = load(archive, course)
    assert submission.sources == {"area.py": SOURCE, "mine.py": b"x = 1"}
    assert not (tmp_path / "top").exists()


def test_among_many_other_files_a_submission_is_found(
    tmp_path: Path, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "ENTRIES", 3)
    (tmp_path / "w" / "data").mkdir(parents=True)
    (tmp_path / "w" / "hw").mkdir()
    (tmp_path / "w" / "hw" / "area.py").write_bytes(SOURCE)
    for number in range(9):
        (tmp_path / "w" / "data" / f"{number}.png").write_bytes(b"")
    members = {f"data/{number}.png": b"" for number in range(9)} | {"hw/area.py": SOURCE}
    for path in (tmp_path / "w", make_zip(tmp_path / "w.zip", members)):
        assert load(path, course).sources["area.py"] == SOURCE


def test_what_was_not_looked_at_is_told(tmp_path: Path, course: Course) -> None:
    (tmp_path / "w").mkdir()
    make_zip(tmp_path / "w" / "a.zip", {f"{number}.py": b"" for number in range(5000)} | {"hw/area.py": SOURCE})
    told = "area.py was not handed in; of more than 5,000 files not all were looked at"
    assert load(tmp_path / "w", course).problems == {"area": told}


def test_of_a_zip_for_one_topic_the_file_that_has_its_functions_is_graded(tmp_path: Path, course: Course) -> None:
    archive = make_zip(tmp_path / "a.zip", {"a_helper.py": b"y = 2\n", "mine.py": SOURCE})
    submission = load(archive, course)
    assert submission.sources["area.py"] == SOURCE
    assert submission.notes == ("mine.py was graded as area.py, since it has functions of it",)
    neither = make_zip(tmp_path / "b.zip", {"b.py": b"z = 3\n", "a.py": b"y = 2\n"})
    assert load(neither, course).notes == ("a.py was graded as area.py",)


def test_zips_in_a_folder_and_in_a_zip_are_opened(tmp_path: Path, course: Course) -> None:
    inner = make_zip(tmp_path / "inner.zip", {"area.py": SOURCE}).read_bytes()
    folder = tmp_path / "folder"
    folder.mkdir()
    make_zip(folder / "work.zip", {"more.zip": inner})
    (folder / "data.gz").write_bytes(b"")
    for path in (folder, make_zip(tmp_path / "outer.zip", {"work.zip": inner})):
        submission = load(path, course)
        assert submission.sources["area.py"] == SOURCE and submission.notes == ()
    make_zip(folder / "work.zip", {"more.zip": make_zip(tmp_path / "x.zip", {"inner.zip": inner}).read_bytes()})
    told = "inner.zip is a zip within a zip within a zip, which is not opened"
    assert load(folder, course).problems == {
        "area": f"{told}; data.gz is an archive of a kind that is not read; hand in a zip"
    }
    (folder / "other.py").write_bytes(b"x = 1\n")
    submission = load(folder, course)
    assert submission.problems == {"area": "area.py was not handed in"} and submission.notes[0] == told


def test_a_zip_of_an_environment_is_read_once(tmp_path: Path, course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its table of contents takes a tenth of a second; read anew for each of thousands of files it took minutes."""
    folder = tmp_path / "folder"
    folder.mkdir()
    members = {f"lib/{number}.py": b"" for number in range(50)} | {"hw/area.py": SOURCE}
    make_zip(folder / "work.zip", members)
    opened: list[object] = []

    class Counted(zipfile.ZipFile):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            opened.append(arguments[0])
            super().__init__(*arguments, **options)

    monkeypatch.setattr(zipfile, "ZipFile", Counted)
    assert read_bundle("ada", folder_entries(folder, TAKEN)).entries()[0].path.name == "area.py"
    assert len(opened) == 2


def test_zips_in_a_zip_share_what_may_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = make_zip(tmp_path / "inner.zip", {"other.py": b"#" * 1000}).read_bytes()
    (tmp_path / "w").mkdir()
    outer = make_zip(tmp_path / "w" / "z.zip", {f"{number}.zip": inner for number in range(9)} | {"area.py": SOURCE})
    limit = outer.stat().st_size + 3 * len(inner)
    monkeypatch.setattr(bundle, "_Budget", functools.partial(bundle._Budget, limit))
    kept = read_bundle("ada", folder_entries(tmp_path / "w", TAKEN))
    assert kept.notes == ("3.zip was not opened: the zips before it are too large or hold too many files",)
    assert sorted(path for path, _ in kept.files) == ["z/0/other.py", "z/1/other.py", "z/2/other.py", "z/area.py"]


def test_a_table_of_contents_is_found_where_python_finds_it(tmp_path: Path, course: Course) -> None:
    """The end of the zip may hold its own signature where nobody looks; what it says of the table's size counts."""
    archive = make_zip(tmp_path / "a.zip", {f"{number:0200}.txt": b"" for number in range(20_000)})
    content = bytearray(archive.read_bytes())
    content[-18:-14] = b"PK\5\6"  # the numbers of disks
    archive.write_bytes(content)
    with pytest.raises(SubmissionUnreadable, match="holds too many files"):
        load(archive, course)


def test_the_name_of_a_zip_leads_nowhere_else(tmp_path: Path, course: Course) -> None:
    inner = make_zip(tmp_path / "inner.zip", {"area.py": SOURCE}).read_bytes()
    for name in ("...zip", "..zip", ".zip"):
        (tmp_path / "w").mkdir(exist_ok=True)
        make_zip(tmp_path / "w" / "outer.zip", {f"x/{name}": inner, "hw.zip": inner})
        kept = read_bundle("ada", folder_entries(tmp_path / "w", TAKEN))
        assert all(".." not in PurePosixPath(path).parts for path, _ in kept.files), name


@pytest.mark.parametrize("name", ["../area.py", "/area.py", "a/../../area.py", "..\\area.py"])
def test_a_zip_cannot_reach_outside(tmp_path: Path, course: Course, name: str) -> None:
    assert load(make_zip(tmp_path / "a.zip", {name: SOURCE}), course).problems == {"area": "area.py was not handed in"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_was_put_in_again_counts_as_it_was_last(tmp_path: Path, course: Course) -> None:
    with zipfile.ZipFile(tmp_path / "handed-in.zip", "w") as archive:
        for source in b"earlier = 1\n", SOURCE:
            archive.writestr("area.py", source)
    submission = load(tmp_path / "handed-in.zip", course)
    assert submission.sources["area.py"] == SOURCE and not submission.notes


def test_bombs_links_and_damage_in_a_zip_are_told(tmp_path: Path, course: Course) -> None:
    bomb = make_zip(tmp_path / "bomb.zip", {"area.py": b"#" * (50 << 20)})
    assert load(bomb, course).problems == {"area": "area.py is larger than 1 MiB"}
    link = zipfile.ZipInfo("area.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert load(tmp_path / "link.zip", course).problems == {"area": "area.py is a link; hand in the file itself"}
    damaged = make_zip(tmp_path / "damaged.zip", {"area.py": SOURCE * 50})
    content = bytearray(damaged.read_bytes())
    content[45:60] = b"\xff" * 15
    damaged.write_bytes(content)
    assert "cannot be read from the zip" in load(damaged, course).problems["area"]
    (tmp_path / "none.zip").write_bytes(b"PK not a zip")
    with pytest.raises(SubmissionUnreadable, match="not a zip that can be read"):
        load(tmp_path / "none.zip", course)


def test_nothing_there_is_told(tmp_path: Path, course: Course) -> None:
    with pytest.raises(SubmissionUnreadable, match="does not exist"):
        load(tmp_path / "nothing", course)
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(SubmissionUnreadable, match="neither a folder, a file nor a zip"):
            load(tmp_path / "pipe", course)
