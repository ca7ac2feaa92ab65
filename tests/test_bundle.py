"""A submission in memory: read safely from whatever was handed in, and the same after travelling as bytes."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from classroom import zipped

from grader import grade
from grader.course import Course
from grader.submission import Bundle, sources
from grader.submission import bundle as bundle_module
from grader.submission.bundle import read_bundle
from grader.submission.sources import Entry, folder_entries


def entry(path: str, content: bytes | str) -> Entry:
    """An entry with a constant content."""
    return Entry(PurePosixPath(path), lambda: content)


def test_a_bundle_is_the_same_after_travelling() -> None:
    files = (
        ("area.py", b"x = 1\n"),
        ("link.py", "is a link; hand in the file itself"),
        ("a/b\u00e9.py", b"\r\n\0\xff"),
    )
    bundle = Bundle("there", files, True, None, ("a note",))
    again = Bundle.from_bytes("there", bundle.to_bytes())
    assert again == bundle and again.digest() == bundle.digest() and again.to_bytes() == bundle.to_bytes()
    problem = Bundle("there", (), False, "it is broken")
    assert Bundle.from_bytes("there", problem.to_bytes()) == problem


def test_the_digest_depends_on_everything_but_the_label() -> None:
    base = Bundle("a", (("x.py", b"1"),))
    file = ("x.py", b"1")
    others = [
        Bundle("a", (("y.py", b"1"),)),
        Bundle("a", (("x.py", b"2"),)),
        Bundle("a", (("x.py", "1"),)),
        Bundle("a", (file,), alone=True),
        Bundle("a", (file,), problem="problem"),
        Bundle("a", (file,), notes=("note",)),
        Bundle("a"),
    ]
    assert len({base.digest(), *(other.digest() for other in others)}) == len(others) + 1
    assert Bundle("b", base.files).digest() == base.digest()


@pytest.mark.parametrize("content", [b"", b"junk", zipped({"x.py": b"1"})])
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a submission that was kept"):
        Bundle.from_bytes("x", content)


def test_zips_within_are_opened() -> None:
    inner = zipped(
        {"area.py": b"x = 1\n", "more.zip": zipped({"deep.py": b"y = 2\n", "deeper.zip": zipped({"z.py": b""})})}
    )
    bundle = read_bundle("x", [entry("work.zip", inner), entry("other.py", b"z = 3\n")])
    assert [path for path, _ in bundle.files] == ["other.py", "work/area.py", "work/more/deep.py"]
    assert bundle.notes == ("deeper.zip is a zip within a zip within a zip, which is not opened",)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([("a.zip", b"PK\3\4junk")], "a.zip is not a zip that can be read"),
        ([("a.zip", b"")], "a.zip is not a zip that can be read"),
        ([("a.zip", "is larger than 64 MiB")], "a.zip is larger than 64 MiB"),
        ([("a.zip", zipped({"readme.txt": b""}))], "a.zip holds no .py file and no notebook"),
        ([("work.rar", b"Rar!")], "work.rar is an archive of a kind that is not read; hand in a zip"),
        ([("work.tar.gz", b"")], "work.tar.gz is an archive of a kind that is not read"),
    ],
)
def test_what_cannot_be_read_is_told(entries: list[tuple[str, bytes | str]], words: str) -> None:
    bundle = read_bundle("x", [entry(path, content) for path, content in entries])
    assert bundle.problem is not None and bundle.problem.startswith(words)
    beside = read_bundle("x", [entry("area.py", b""), *(entry(path, content) for path, content in entries)])
    assert beside.problem is None and beside.notes[0].startswith(words)


def test_nothing_handed_in_is_no_problem_of_reading() -> None:
    assert read_bundle("x", []) == Bundle("x")


def test_bombs_are_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(40):
            archive.writestr(f"part{number}.py", b"\0" * (1 << 20))
        archive.writestr("large.py", b"\0" * (5 << 20))
    bundle = read_bundle("x", [entry("bomb.zip", stream.getvalue())])
    contents = [content for _, content in bundle.files]
    assert sum(len(content) for content in contents) <= bundle_module.BUNDLE_BYTES + 10_000
    assert "is larger than 1 MiB" in contents and "was not read: more than 32 MiB in all" in contents


def test_a_table_of_contents_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "TABLE_BYTES", 200)
    bundle = read_bundle("x", [entry("many.zip", zipped({f"f{number}.py": b"" for number in range(20)}))])
    assert bundle.problem == "many.zip holds too many files; hand in the .py files alone"


def test_a_large_table_in_the_larger_format_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "TABLE_BYTES", 200)
    plain = zipped({f"f{number}.py": b"" for number in range(20)})
    end = plain.rindex(b"PK\5\6")
    size, offset = struct.unpack_from("<II", plain, end + 12)
    large_end = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 20, 20, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    small_end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    content = plain[:end] + large_end + locator + small_end
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert len(archive.infolist()) == 20, "the archive is a right one"
    assert (read_bundle("x", [entry("many.zip", content)]).problem or "").startswith("many.zip holds too many files")


def test_encrypted_and_truncated_zips_are_told() -> None:
    plain = zipped({"area.py": b"x = 1\n" * 50})
    encrypted = bytearray(plain)
    table = plain.rindex(b"PK\1\2")
    encrypted[table + 8] |= 1
    (file,) = read_bundle("x", [entry("a.zip", bytes(encrypted))]).files
    assert file == ("a/area.py", "is encrypted in the zip")
    damaged = bytearray(plain)
    damaged[50] ^= 0xFF
    ((_, content),) = read_bundle("x", [entry("a.zip", bytes(damaged))]).files
    assert isinstance(content, str) and content.startswith("cannot be read from the zip")
    truncated = read_bundle("x", [entry("a.zip", plain[:-30])])
    assert truncated.problem is not None and "not a zip that can be read" in truncated.problem


def test_names_that_differ_by_case_alone_stay_apart() -> None:
    bundle = read_bundle("x", [entry("a.zip", zipped({"Area.py": b"1", "area.py": b"2", "CON.py": b"3"}))])
    assert dict(bundle.files) == {"a/Area.py": b"1", "a/area.py": b"2", "a/CON.py": b"3"}


def test_file_names_of_no_encoding(tmp_path: Path) -> None:
    (tmp_path / "area.py").write_bytes(b"x = 1\n")
    try:
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.py"))).write_bytes(b"")
    except OSError:
        pytest.skip("this file system takes no such names")
    bundle = read_bundle("x", folder_entries(tmp_path))
    assert Bundle.from_bytes("x", bundle.to_bytes()) == bundle
    assert {path for path, _ in bundle.files} == {"area.py", "?.py"}


def test_a_bundle_is_graded_like_the_folder(course: Course, submit: object) -> None:
    folder = submit(("return height * width", "return height + width"))  # type: ignore[operator]
    bundle = read_bundle(str(folder), folder_entries(folder))
    reports = [
        grade(source, course=course).to_dict() for source in (folder, Bundle.from_bytes(str(folder), bundle.to_bytes()))
    ]
    for report in reports:
        del report["duration_s"]
        for check in report["topics"][0]["checks"]:
            del check["duration_s"]
    assert reports[0] == reports[1]


def test_the_problem_of_a_bundle_is_that_of_every_topic(course: Course) -> None:
    report = grade(Bundle("ada", (), True, "work.zip is not a zip that can be read", ("a note",)), course=course)
    assert report.path == "ada" and report.notes == ("a note",)
    assert [topic.problem for topic in report.topics] == ["work.zip is not a zip that can be read"]
    assert report.points_earned == 0 and report.points_possible == 7
