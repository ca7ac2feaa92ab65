"""A class of a hundred is found and matched in every shape, as a folder and as a zip; nothing is dropped."""

from __future__ import annotations

import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from classroom import (
    SHAPES,
    SOLUTION_SOURCES,
    File,
    people,
    present,
    write_folder,
    write_roster,
    write_zip,
    zipped,
)

from grader.batch.classlist import ClassList, Row, match_class, missing
from grader.batch.roster import load_roster
from grader.batch.run import bundle_of
from grader.batch.shapes import find_submissions, known_ids_of
from grader.batch.tree import open_tree
from grader.errors import UsageError


def matched(download: Path, roster: Path | None = None, shape: str | None = None) -> ClassList:
    """The class list of a download."""
    students = load_roster(roster) if roster is not None else None
    return match_class(find_submissions(open_tree(download), known_ids_of(students or ()), shape), students)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    """The class list."""
    return write_roster(tmp_path / "roster.csv")


@pytest.mark.parametrize("form", ["folder", "zip"])
@pytest.mark.parametrize("shape", SHAPES)
def test_everyone_gets_their_own_submission(shape: str, form: str, tmp_path: Path, roster: Path) -> None:
    files = list(SHAPES[shape](SOLUTION_SOURCES))
    if form == "zip":
        top = "" if "/" not in files[0].path else files[0].path.partition("/")[0]
        named = top if shape in ("github", "classroom50") else "download"
        download = write_zip(tmp_path / f"{named}.zip", iter(files))
    else:
        download = write_folder(tmp_path / "class", iter(files))
    classes = matched(download, roster)
    assert classes.shape == shape.removesuffix("-old")
    by_id = {row.student.id: row for row in classes.rows}
    assert len(classes.rows) == 100 and all(row.listed for row in classes.rows)
    assert {row.student.id for row in missing(classes.rows)} == {p.id for p in people() if p.kind == "absent"}
    for person in present():
        assert_is_theirs(by_id[person.id], person.kind)
    if shape == "canvas":
        assert {row.student.id for row in classes.rows if row.submission and row.submission.late} == {
            person.id for person in present() if person.is_late
        }
    if shape in ("folders",):
        assert sum(bool(row.earlier) for row in classes.rows) == sum(person.kind == "twice" for person in present())


def assert_is_theirs(row: Row, kind: str) -> None:
    """The row's submission is what a person of that kind handed in, the newest version."""
    bundle = bundle_of(row)
    if kind == "broken":
        assert bundle.problem is not None and "not a zip that can be read" in bundle.problem
        return
    contents = {path.rpartition("/")[2]: content for path, content in bundle.files if "earlier" not in path}
    assert contents["area.py"] == SOLUTION_SOURCES[kind]


def test_without_a_class_list_each_submission_is_its_own_persons(tmp_path: Path) -> None:
    classes = matched(write_folder(tmp_path / "class", SHAPES["moodle"](SOLUTION_SOURCES)))
    assert len(classes.rows) == len(present()) and not missing(classes.rows)
    assert {row.student.id for row in classes.rows} == {person.id for person in present()}
    assert len({row.file for row in classes.rows}) == len(classes.rows)


def test_file_names_are_safe_and_different_for_everyone(tmp_path: Path, roster: Path) -> None:
    files = [
        row.file for row in matched(write_folder(tmp_path / "class", SHAPES["github"](SOLUTION_SOURCES)), roster).rows
    ]
    assert len({file.lower() for file in files}) == len(files)
    for file in files:
        assert file.isascii() and len(file) <= 80 and set(file) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")
        assert not file.startswith(("-", "_"))


@pytest.mark.parametrize(
    ("name", "user"),
    [
        ("doejane_101_202_area.py", "101"),
        ("doejane_LATE_101_202_area.py", "101"),
        ("doe_jane_2_101_202_area.py", "101"),
        ("doejane_7_8_area_3_4_x.py", "7"),
        ("mallory_7_8_101_202_area.py", "7"),
        ("mallory_7_8_x_101_202_area.py", "7"),
        ("anon_Xy1_202_area.py", "Xy1"),
        ("anon_LATE_Xy1_202_area.py", "Xy1"),
        ("LATE_anon_Xy1_202_area.py", "Xy1"),
        ("LATE_anon_301_202_area.py", "301"),
        ("doejane_late_101_202_area.py", "101"),
    ],
)
def test_canvas_names(tmp_path: Path, name: str, user: str) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / name).write_bytes(b"x = 1\n")
    found = find_submissions(open_tree(tmp_path / "class"), {"101": "Jane Doe"})
    assert found.shape == "canvas"
    (submission,) = found.submissions
    assert submission.people[0].id == user and submission.late == ("late" in name.lower())


@pytest.mark.parametrize("file", ["x_52001_assignsubmission_file_area.py", "_52001_assignsubmission_file_area.py"])
def test_a_file_named_like_anothers_is_not_theirs_in_moodle(tmp_path: Path, roster: Path, file: str) -> None:
    name = f"{people()[2].name}_52003_assignsubmission_file_{file}"
    rows = matched(write_folder(tmp_path / "class", iter([File(name, b"x = 1\n")])), roster).rows
    assert [row.student.id for row in rows if row.submission is not None] == ["52003"]


def test_several_files_of_one_person_are_one_canvas_submission(tmp_path: Path) -> None:
    files = [
        File(f"doejane_101_{number}_{name}", b"x = 1\n")
        for number, name in enumerate(("a.py", "b.py", "b-1.py", "c.zip"))
    ]
    files[3] = File(files[3].path, zipped({"d.py": b"y = 2\n"}))
    classes = matched(write_folder(tmp_path / "class", iter(files)))
    (row,) = classes.rows
    bundle = bundle_of(row)
    assert sorted(path for path, _ in bundle.files) == ["a.py", "b.py", "c/d.py", "earlier/1/b.py"]
    assert bundle.notes == ("b.py was handed in more than once; the last one counts",)


def test_teams_share_a_submission(tmp_path: Path, roster: Path) -> None:
    table = (
        "submission_1:\n  :submitters:\n  - :name: x\n    :sid: '52001'\n    :email: a@x\n"
        "  - :name: y\n    :email: s002@uni.example\n"
    )
    files = [File("submission_metadata.yml", table.encode()), File("submission_1/area.py", b"x = 1\n")]
    rows = matched(write_folder(tmp_path / "class", iter(files)), roster).rows
    assert [row.student.id for row in rows if row.submission is not None] == ["52001", "52002"]


def test_moodles_participants_have_no_names_in_any_language(tmp_path: Path, roster: Path) -> None:
    names = [f"Osallistuja_{number}_assignsubmission_file/area.py" for number in (52001, 52002)]
    classes = matched(write_folder(tmp_path / "c", (File(name, b"x = 1\n") for name in names)), roster)
    rows = [row for row in classes.rows if row.submission is not None]
    assert [(row.student.id, row.called) for row in rows] == [("52001", None), ("52002", None)]
    assert [row.student.name for row in matched(tmp_path / "c").rows] == ["", ""]


def test_what_lies_beside_nbgraders_folder_is_listed(tmp_path: Path) -> None:
    names = ("submitted/ada/hw/area.py", "source/hw/area.ipynb", "gradebook.db", "bob/area.py")
    classes = matched(write_folder(tmp_path / "class", (File(name, b"x = 1\n") for name in names)))
    assert [row.student.id for row in classes.rows] == ["ada"]
    assert classes.unused == (("bob", "lies beside submitted/, where nbgrader keeps what was handed in"),)


def test_whose_id_came_with_another_name_is_told(tmp_path: Path, roster: Path) -> None:
    names = [
        f"{name}_{52000 + number}_assignsubmission_file" for number, name in ((3, "Some Body"), (4, "Taro Kim 김철수"))
    ]
    rows = matched(write_folder(tmp_path / "c", (File(f"{name}/area.py", b"") for name in names)), roster).rows
    assert [(row.student.id, row.called) for row in rows if row.submission is not None] == [
        ("52003", "Some Body"),
        ("52004", None),
    ]


def day(number: int) -> datetime:
    """A day of the month after, so that what comes later is newer."""
    return datetime(2026, 11, 1 + number, 12)


def test_nobodys_own_submission_gives_way_to_that_of_an_account_called_like_their_id(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("name,id,login\nBob Bee,2001,bob\nEve Em,2002,eve\n")
    names = ("bob", "2001", "2002")
    download = write_folder(
        tmp_path / "hw1-submissions",
        (File(f"hw1-{name}/area.py", b"x = 1\n", day(number)) for number, name in enumerate(names)),
    )
    rows = matched(download, tmp_path / "r.csv").rows
    mine = {row.student.id: row.submission.label for row in rows if row.listed and row.submission is not None}
    assert mine == {"2001": "hw1-bob", "2002": "hw1-2002"}
    (stray,) = [row for row in rows if not row.listed]
    assert stray.why == "it could be meant for Bob Bee, but hw1-bob goes by that person's own login or name"


def test_nobodys_own_submission_gives_way_to_that_of_another_name_with_their_id(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("name,id\nAda Lovelace,101\nBob Bee,205\n")
    names = ("lovelaceada_77_5000_area.py", "beerobert_101_5001_area.py")
    download = write_folder(tmp_path / "c", (File(name, b"x = 1\n", day(number)) for number, name in enumerate(names)))
    rows = matched(download, tmp_path / "r.csv", "canvas").rows
    (ada,) = [row for row in rows if row.listed and row.submission is not None]
    assert ada.submission is not None and "lovelaceada" in ada.submission.label and ada.student.id == "101"
    assert [row.listed for row in rows].count(False) == 1


@pytest.mark.parametrize("people", ["5", "{}", "[]", "''"])
def test_gradescopes_table_may_be_odd_and_large(tmp_path: Path, roster: Path, people: str) -> None:
    table = (
        f"submission_2:\n  :submitters: {people}\nsubmission_1: !ruby/hash:ActiveSupport::HashWithIndifferentAccess\n"
        "  :submitters:\n  - :name: x\n    :sid: '52001'\n  :created_at: 9999-12-31 23:59:59.0 -23:59\n"
        f"  :results:\n    output: {'x' * (2 << 20)}\n"
    )
    files = [File("submission_metadata.yml", table.encode())]
    files += [File(f"submission_{number}/area.py", b"x = 1\n") for number in (1, 2)]
    classes = matched(write_folder(tmp_path / "class", iter(files)), roster)
    assert [row.student.id for row in classes.rows if row.submission is not None] == ["52001"]
    assert classes.unused == (("submission_2", "submission_metadata.yml does not say whose it is"),)


def test_a_table_of_gradescopes_that_is_too_large_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.batch.platforms.PLATFORM_BYTES", 3)
    files = [File("submission_metadata.yml", b"submission_1: {}\n"), File("submission_1/area.py", b"x = 1\n")]
    with pytest.raises(UsageError, match="is larger than"):
        matched(write_folder(tmp_path / "class", iter(files)))


@pytest.mark.parametrize("written", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"])
def test_dates_at_the_ends_of_the_calendar_are_none(tmp_path: Path, written: str) -> None:
    files = [File("submitted/ada/hw/area.py", b"x = 1\n"), File("submitted/ada/hw/timestamp.txt", written.encode())]
    (row,) = matched(write_folder(tmp_path / "class", iter(files))).rows
    assert row.submission is not None and row.moment is None
    (tmp_path / "r.csv").write_text(f"name,handed in\nada,{written}\n")
    with pytest.raises(UsageError, match=r"row 2: .* is not a date"):
        load_roster(tmp_path / "r.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_no_class(tmp_path: Path) -> None:
    for name in ("pipe", "pipe.zip"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(UsageError, match="neither a folder nor a zip"):
            open_tree(tmp_path / name)


def test_what_is_part_of_no_submission_is_listed(tmp_path: Path) -> None:
    files = [File("ada/area.py", b"x = 1\n"), File("bob.py", b"x = 1\n"), File("readme.txt", b"hello")]
    classes = matched(write_folder(tmp_path / "class", iter(files)))
    assert [row.student.name for row in classes.rows] == ["ada", "bob"]
    assert classes.unused == (("readme.txt", "is neither a folder, a zip, a .py file nor a notebook, or is a link"),)


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_what_programs_leave_behind_is_no_student(tmp_path: Path, form: str) -> None:
    left = [".ipynb_checkpoints/area.py", "__pycache__/area.py", ".vscode/x.json", "__MACOSX/ada/._area.py", "._ada"]
    files = [File(path, b"x = 1\n") for path in ("ada/area.py", "bob/area.py", *left)]
    write = write_folder if form == "folder" else write_zip
    classes = matched(write(tmp_path / f"class.{form}", iter(files)))
    assert [row.student.name for row in classes.rows] == ["ada", "bob"] and not classes.unused


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_who_is_called_like_an_environment_is_a_student(tmp_path: Path, form: str) -> None:
    files = [File(path, b"x = 1\n") for path in ("env/area.py", "env/venv/lib.py", "venv/area.py")]
    write = write_folder if form == "folder" else write_zip
    classes = matched(write(tmp_path / f"class.{form}", iter(files)))
    assert [row.student.name for row in classes.rows] == ["env", "venv"]
    assert [[path for path, _ in bundle_of(row).files] for row in classes.rows] == [["area.py"]] * 2


def test_what_matches_nobody_is_kept_and_listed(tmp_path: Path, roster: Path) -> None:
    files = [File("Wei Li/area.py", b"x = 1\n"), File("Somebody Else/area.py", b"x = 1\n")]
    rows = [row for row in matched(write_folder(tmp_path / "class", iter(files)), roster).rows if not row.listed]
    reasons = {row.submission.label: row.why for row in rows if row.submission is not None}
    assert reasons["Somebody Else"] == "nobody on the list is called this"
    assert reasons["Wei Li"] is not None and reasons["Wei Li"].startswith("it could be")


@pytest.mark.parametrize("shape", ["folders", "nbgrader", "classroom50"])
def test_a_folder_that_cannot_be_listed_is_its_students_row(
    tmp_path: Path, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = {"folders": "class", "nbgrader": "submitted", "classroom50": "c-a_submissions_1"}[shape]
    start = "c-a-" if shape == "classroom50" else ""
    files = [File(f"{start}ada/area/area.py", b"x = 1\n"), File(f"{start}bob/area/area.py", b"x = 1\n")]
    download = write_folder(tmp_path / top, iter(files))
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path).name == f"{start}ada":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    classes = matched(download)
    assert classes.shape == shape
    bundles = [bundle_of(row) for row in classes.rows]
    assert [bool(bundle.files) for bundle in bundles] == [False, True]
    assert "cannot be listed" in (bundles[0].problem or "")
    for row in classes.rows:
        assert row.submission is not None and (row.submission.result is None or row.submission.result() is None)


def test_a_link_to_elsewhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "area.py").write_text("secret = 1")
    (tmp_path / "class" / "ada").mkdir(parents=True)
    os.symlink(tmp_path / "secret" / "area.py", tmp_path / "class" / "ada" / "area.py")
    os.symlink(tmp_path / "secret", tmp_path / "class" / "bob")
    classes = matched(tmp_path / "class", None)
    contents = [content for row in classes.rows for _, content in bundle_of(row).files]
    assert contents == ["is a link; hand in the file itself"]
    assert [name for name, _ in classes.unused] == ["bob"]


@pytest.mark.parametrize(
    "name", ["../up/area.py", "/area.py", "C:\\..\\..\\area.py", "a/../../area.py", "a" * 300 + "/area.py"]
)
def test_a_class_zip_that_climbs_out_is_harmless(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("ada/area.py", "x = 1\n")
        archive.writestr(name, "x = 2\n")
    classes = matched(tmp_path / "class.zip")
    assert [row.student.name for row in classes.rows] == ["ada"]
    assert [reason for _, reason in classes.unused] == ["its path in the zip leads outside, or is too long"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["class.zip"]


def test_names_in_a_zip_without_a_mark_for_utf8(tmp_path: Path) -> None:
    raw = zipped({"ZZZZ/area.py": b"x = 1\n"}).replace(b"ZZZZ", "Zö1".encode())
    (tmp_path / "class.zip").write_bytes(raw)
    assert [row.student.name for row in matched(tmp_path / "class.zip").rows] == ["Zö1"]
    (tmp_path / "class.zip").write_bytes(raw.replace("Zö1".encode(), "Z÷12".encode("cp437")))
    assert [row.student.name for row in matched(tmp_path / "class.zip").rows] == ["Z÷12"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "nothing", "does not exist"),
        (lambda folder: write_folder(folder / "class", iter([File("a.txt", b"")])), "no submissions"),
        (lambda folder: write_folder(folder / "c", iter([File("x.txt", b"")])) / "x.txt", "neither a folder nor a zip"),
        (
            lambda folder: write_folder(folder / "c", iter([File("x.zip", b"PK")])) / "x.zip",
            "not a zip that can be read",
        ),
        (lambda folder: write_folder(folder / "c", iter([File("submission_metadata.yml", b"{")])), "cannot be read"),
        (
            lambda folder: write_folder(folder / "c", iter([File("submission_metadata.yml", b"- 1")])),
            "no table of folders",
        ),
    ],
)
def test_what_is_no_class_is_refused(tmp_path: Path, make: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        matched(make(tmp_path))  # type: ignore[operator]


def test_a_shape_can_be_named(tmp_path: Path) -> None:
    download = write_folder(tmp_path / "class", SHAPES["moodle"](SOLUTION_SOURCES))
    assert matched(download, None, "folders").shape == "folders"
    with pytest.raises(UsageError, match="no submissions in the shape canvas"):
        matched(download, None, "canvas")
    with pytest.raises(UsageError, match="shape 'blackboard' is none of gradescope, canvas"):
        matched(download, None, "blackboard")


CANVAS_LIST = "name,id\nGrace Hopper,502\nLi Wei,504\n"


@pytest.mark.parametrize(
    ("names", "counts"),
    [
        (
            ("hoppergrace_502_902_area.py", "liwei_502_504_901_area.py"),
            {"502": "hoppergrace_502", "504": "liwei_502_504"},
        ),
        (("hoppergrace_502_902_area.py", "hoppergrace_502_504_901_area.py"), {"502": "hoppergrace_502"}),
        (("hoppergrace_502_902_area.py", "malloryeve_502_901_area.py"), {"502": "hoppergrace_502"}),
    ],
)
def test_a_number_at_the_end_of_a_name_takes_nobody_elses_place(
    tmp_path: Path, names: tuple[str, ...], counts: dict[str, str]
) -> None:
    (tmp_path / "r.csv").write_text(CANVAS_LIST)
    download = write_folder(tmp_path / "c", (File(name, b"x = 1\n", day(number)) for number, name in enumerate(names)))
    classes = matched(download, tmp_path / "r.csv")
    listed = {row.student.id: row.submission.label for row in classes.rows if row.listed and row.submission is not None}
    assert listed == counts
    left = len(names) - len(counts)
    assert len(classes.unused) + sum(not row.listed for row in classes.rows) == left


def test_two_people_with_a_number_at_the_end_of_their_names_stay_two(tmp_path: Path) -> None:
    names = ("anna_7_501_901_area.py", "anna_7_501_903_more.py", "bert_7_502_902_area.py")
    classes = matched(write_folder(tmp_path / "c", (File(name, b"x = 1\n") for name in names)))
    assert {row.student.id for row in classes.rows} == {"501", "502"}


def test_what_was_typed_into_canvas_is_told(tmp_path: Path) -> None:
    names = ("doejane_101_202_area.py", "liwei_102_text.html", "hoppergrace_LATE_103_link.html")
    classes = matched(write_folder(tmp_path / "c", (File(name, b"x = 1\n") for name in names)))
    assert classes.shape == "canvas" and len(classes.rows) == 1
    assert [why for _, why in classes.unused] == ["was typed into Canvas or is a link, not a file"] * 2


TEAMS = "name,id,group\nAda Lovelace,501,Red Team\nGrace Hopper,502,Red Team\nEmmy Noether,503,Default group\n"


def test_moodles_teams_hand_in_for_all_their_members(tmp_path: Path) -> None:
    names = ("Red Team_503_assignsubmission_file", "Default group_assignsubmission_file")
    download = write_folder(tmp_path / "c", (File(f"{name}/area.py", b"x = 1\n") for name in names))
    (tmp_path / "r.csv").write_text(TEAMS)
    labels = {
        row.student.id: row.submission and row.submission.label for row in matched(download, tmp_path / "r.csv").rows
    }
    assert labels == {"501": "Red Team_503", "502": "Red Team_503", "503": "Default group"}


def test_the_number_of_a_moodle_team_is_nobodys(tmp_path: Path) -> None:
    names = ("Red Team_501_assignsubmission_file", "Default group_assignsubmission_file")
    download = write_folder(tmp_path / "c", (File(f"{name}/area.py", b"x = 1\n") for name in names))
    (tmp_path / "r.csv").write_text("name,id\nAda Lovelace,501\nGrace Hopper,502\n")
    rows = matched(download, tmp_path / "r.csv").rows
    assert [row.submission is None for row in rows if row.listed] == [True, True]
    why = {row.submission.label: row.why for row in rows if row.submission is not None}
    assert "the number is that of Ada Lovelace" in (why["Red Team_501"] or "") and len(why) == 2


def test_canvas_groups_hand_in_for_all_their_members(tmp_path: Path) -> None:
    download = write_folder(tmp_path / "c", iter([File("redteam_502_901_area.py", b"x = 1\n")]))
    (tmp_path / "r.csv").write_text(TEAMS.replace("name,id,group", "name,canvas_user_id,group_name"))
    rows = matched(download, tmp_path / "r.csv").rows
    assert {row.student.id for row in rows if row.submission is not None} == {"501", "502"}
    (tmp_path / "r.csv").write_text(TEAMS)
    other = write_folder(tmp_path / "d", iter([File("redteam_503_901_area.py", b"x = 1\n")]))
    rows = matched(other, tmp_path / "r.csv").rows  # the id is that of somebody in another group
    assert [(row.student.id, row.called) for row in rows if row.submission is not None] == [("503", "redteam")]


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-28 10:00:00.123456 UTC", 10),
        ("2026-11-28 10:00:00 CET", 9),
        ("2026-11-28 10:00:00 EST", 15),
        ("2026-11-28 10:00:00", 10),
        ("2026-11-28T10:00:00.5", 10),
        ("2026-11-28T10:00:00+02:00", 8),
        ("2026-11-28T10:00:00Z", 10),
        ("2026-11-28 10:00:00 CST", None),
    ],
)
def test_nbgraders_times_are_of_their_zone(tmp_path: Path, text: str, hour: int | None) -> None:
    files = [File("submitted/ada/hw/area.py", b"x = 1\n"), File("submitted/ada/hw/timestamp.txt", text.encode())]
    (row,) = matched(write_folder(tmp_path / "c", iter(files))).rows
    moment = row.moment
    assert (moment and moment.astimezone(UTC).hour) == hour


def test_where_a_login_begins_is_not_guessed(tmp_path: Path) -> None:
    """One clone, whose login ends as another one does."""
    files = [File("scores.csv", b"x\n"), File("cs-hw1-grace-hopper/area.py", b"x = 1\n")]
    (tmp_path / "r.csv").write_text("name,login\nGrace,grace-hopper\nHopper,hopper\n")
    rows = matched(write_folder(tmp_path / "mine", iter(files)), tmp_path / "r.csv").rows
    assert [row.listed for row in rows if row.submission is not None] == [False]


@pytest.mark.parametrize("logins", [("ada", "grace-hopper"), ("grace-hopper",)])
def test_classroom50_may_download_into_any_folder(tmp_path: Path, logins: tuple[str, ...]) -> None:
    files = [File("scores.csv", b"x\n"), *(File(f"cs-hw1-{login}/area.py", b"x = 1\n") for login in logins)]
    (tmp_path / "r.csv").write_text("name,login\nAda,ada\nGrace,grace-hopper\n")
    classes = matched(write_folder(tmp_path / "mine", iter(files)), tmp_path / "r.csv")
    assert classes.shape == "classroom50"
    assert {row.student.login for row in classes.rows if row.submission is not None} == set(logins)
