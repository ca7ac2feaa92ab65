"""Gradebooks: one column filled, every other byte as it was; formulas defused; every row that is not filled is told."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from fractions import Fraction
from pathlib import Path

import pytest
from classroom import Person, people, write_canvas_export, write_moodle_sheet
from hypothesis import given
from hypothesis import strategies as st
from test_results import full_report

from grader.batch.gradebooks import Entry, Request, lateness, read_request
from grader.batch.gradebooks.cells import read_cells, read_sheet
from grader.batch.gradebooks.entry import defused
from grader.batch.gradebooks.formats import make
from grader.batch.roster import Student
from grader.errors import UsageError
from grader.report.text import two_decimals
from grader.results import CheckResult, Late, LateTopic, Outcome, Report, TopicResult

RESULT = {
    "schema": "classroom50/result/v1", "classroom": "cnn", "assignment": "hw", "submission": "submit/1", "commit": "c",
    "release": "r", "review": "v", "datetime": "2026-11-01T12:00:00Z",
}  # fmt: skip


def report(earned: int, possible: int = 14) -> Report:
    """A report of one topic with these points."""
    checks = (
        CheckResult("area/a", "A.", Outcome.PASSED, Fraction(earned), Fraction(earned)),
        CheckResult("area/b", "B.", Outcome.FAILED, Fraction(0), Fraction(possible - earned)),
    )
    return dataclasses.replace(full_report(), topics=(TopicResult("area", "Areas", checks),), late=None)


def entry(person: Person) -> Entry:
    """A person's entry; the score is their number, within the points."""
    student = Student(person.name, person.id, person.login, person.email)
    if person.kind == "absent":
        return Entry(student, f"row_{person.number}", None, "handed in nothing")
    result = json.dumps(RESULT).encode()
    return Entry(
        student,
        f"row_{person.number}",
        report(person.number % 14 + 1 if person.number % 14 else 1),
        result=lambda: result,
    )


@pytest.fixture
def entries() -> list[Entry]:
    """The made-up class."""
    return [entry(person) for person in people()]


def cells_of(content: bytes) -> list[list[str]]:
    """A CSV as the csv module reads it."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_canvas_gets_one_column_and_keeps_every_other_byte(tmp_path: Path, entries: list[Entry]) -> None:
    template = write_canvas_export(tmp_path / "export.csv")
    filled = make(Request("canvas", template, "Areas"), entries)
    (content,) = filled.files.values()
    before, after = cells_of(template.read_bytes()), cells_of(content)
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        assert old[:5] == new[:5] and old[6:] == new[6:]
        if number < 2 or old[0] == "Student, Test":
            assert old == new
            continue
        person = people()[number - 2]
        expected = entries[number - 2].report
        assert new[5] == ("" if expected is None else two_decimals(expected.points_earned)), person
    present = sum(e.report is not None for e in entries)
    assert filled.filled == present and len(filled.unfilled) == 100 - present
    blank = content
    for e in entries:
        if e.report is not None:
            blank = blank.replace(f",{two_decimals(e.report.points_earned)},5,50".encode(), b",,5,50")
    assert blank == template.read_bytes()


def test_canvas_is_scaled_to_what_its_column_is_worth(tmp_path: Path, entries: list[Entry]) -> None:
    template = write_canvas_export(tmp_path / "export.csv")
    filled = make(Request("canvas", template, "4712"), entries)
    assert filled.remarks == ("points were scaled to 10, as the file says",)
    first = cells_of(filled.files["canvas.csv"])[2]
    assert first[6] == two_decimals(Fraction(10, 14) * entries[0].report.points_earned)  # type: ignore[union-attr]


@pytest.mark.parametrize("column", [None, "nothing", "(4711)"])
def test_which_canvas_column_is_never_guessed(tmp_path: Path, entries: list[Entry], column: str | None) -> None:
    template = write_canvas_export(tmp_path / "export.csv")
    with pytest.raises(UsageError, match=r"its assignments are: Areas \(4711\), Other \(4712\)"):
        make(Request("canvas", template, column), entries)


def test_moodle_gets_grade_and_comments_alone(tmp_path: Path, entries: list[Entry]) -> None:
    template = write_moodle_sheet(tmp_path / "sheet.csv")
    filled = make(Request("moodle", template), entries)
    before, after = cells_of(template.read_bytes()), cells_of(filled.files["moodle.csv"])
    for old, new in zip(before, after, strict=True):
        assert [cell for place, cell in enumerate(old) if place not in (4, 9)] == [
            cell for place, cell in enumerate(new) if place not in (4, 9)
        ]
    earned = entries[0].report.points_earned  # type: ignore[union-attr]
    assert after[1][4] == two_decimals(earned * 100 / 14)
    assert after[1][9] == f"{earned} of 14 points."
    assert after[100][4] == ""
    assert dict(filled.unfilled)[people()[99].name] == "Moodle says that the grade cannot be changed"


def test_moodle_in_another_language(tmp_path: Path, entries: list[Entry]) -> None:
    rows = "ID;Vollständiger Name;Bewertung;Feedback als Kommentar\nTeilnehmer/in 52001;x;;\n"
    (tmp_path / "sheet.csv").write_text(rows)
    filled = make(Request("moodle", tmp_path / "sheet.csv"), entries)
    assert filled.filled == 1 and b"52001;x;2.00;2 of 14 points." in filled.files["moodle.csv"]
    (tmp_path / "sheet.csv").write_text(rows.replace("Teilnehmer/in ", "Teilnehmer/in"))  # as Moodle writes it
    filled = make(Request("moodle", tmp_path / "sheet.csv"), entries)
    assert filled.filled == 1 and b"52001;x;2.00;2 of 14 points." in filled.files["moodle.csv"]
    (tmp_path / "sheet.csv").write_text(rows.replace("Bewertung", "Arvosana"))
    with pytest.raises(UsageError, match=r"has no column Grade; it has ID, .*--column"):
        make(Request("moodle", tmp_path / "sheet.csv"), entries)
    assert make(Request("moodle", tmp_path / "sheet.csv", "Arvosana"), entries).filled == 1


@pytest.mark.parametrize("worth", ["1000,00", "1.000,00", "1,000.00", "1 000,0", "1\u202f000,00", "1000", "1000.00000"])
def test_points_are_scaled_in_every_language(tmp_path: Path, entries: list[Entry], worth: str) -> None:
    (tmp_path / "c.csv").write_text(
        f"Student;ID;Section;HW (1)\n    Points Possible;;;{worth}\n李 娜;52002;A;\n", "utf-8"
    )
    (tmp_path / "m.csv").write_text(f"ID;Bewertung;Bestwertung;Feedback als Kommentar\nTeilnehmer/in 52002;;{worth};\n")
    for name in "canvas", "moodle":
        filled = make(Request(name, tmp_path / f"{name[0]}.csv"), entries)
        assert cells_of(filled.files[f"{name}.csv"].replace(b";", b","))[-1].count("214.29") == 1
        assert filled.remarks == ("points were scaled to 1000, as the file says",)


def test_a_scale_of_moodles_is_left_alone(tmp_path: Path, entries: list[Entry]) -> None:
    (tmp_path / "sheet.csv").write_text("ID;Grade;Maximum grade\nParticipant 52002;Good;-7.00\n")
    filled = make(Request("moodle", tmp_path / "sheet.csv"), entries)
    assert filled.filled == 0 and b"52002;Good;" in filled.files["moodle.csv"]
    assert ("52002", "is graded by a scale there, in words, not in points") in filled.unfilled


def test_canvas_own_columns_are_no_assignments_and_its_marks_stay(tmp_path: Path, entries: list[Entry]) -> None:
    (tmp_path / "c.csv").write_text(
        "Student,ID,Section,HW (4711),Current Score (2),Unposted Final Score (2)\n"
        "    Points Possible,,,14,(read only),(read only)\nx,52002,A,N/A,,\ny,52001,A,,,\n"
    )
    filled = make(Request("canvas", tmp_path / "c.csv"), entries)
    assert filled.filled == 1 and b"x,52002,A,N/A,," in filled.files["canvas.csv"]
    assert "is not given the assignment there" in dict(filled.unfilled).values()


@pytest.mark.parametrize("worth", ["", "-", "0", "1,000", "N/A", "1/3", "1e5"])
def test_points_that_are_not_scaled_are_told(tmp_path: Path, entries: list[Entry], worth: str) -> None:
    (tmp_path / "sheet.csv").write_text(f"ID;Grade;Maximum grade;Feedback comments\nParticipant 52002;;{worth};\n")
    filled = make(Request("moodle", tmp_path / "sheet.csv"), entries)
    assert b"52002;3.00;" in filled.files["moodle.csv"]
    assert filled.remarks == ("points were not scaled: the file does not say how many the grade is out of",)


@pytest.mark.parametrize(
    ("worths", "grade", "told"),
    [
        (("30,00", "30,00"), "6.43", "points were scaled to 30, as the file says"),
        (("30", "20"), "3.00", "no column Maximum grade was found, neither by that heading nor beside the grade"),
        (("Gut, Schlecht", "Gut, Schlecht"), "3.00", "no column Maximum grade was found, "),
        (("", ""), "3.00", "no column Maximum grade was found, "),
    ],
)
def test_moodles_maximum_in_a_language_that_is_not_known(
    tmp_path: Path, entries: list[Entry], worths: tuple[str, str], grade: str, told: str
) -> None:
    lines = [f"Osallistuja 5200{2 * n};;{worth};\n" for n, worth in enumerate(worths, 1)]
    (tmp_path / "m.csv").write_text(f"ID;Bewertung;Enimmäisarvosana;Feedback comments\n{''.join(lines)}")
    filled = make(Request("moodle", tmp_path / "m.csv"), entries)
    assert cells_of(filled.files["moodle.csv"].replace(b";", b","))[1][1] == grade
    assert any(remark.startswith(told) for remark in filled.remarks)
    (tmp_path / "m.csv").write_text("ID;Name;Bewertung;Runde\n52002;李 娜;;30\n", "utf-8")  # somebody's own list
    remarks = make(Request("moodle", tmp_path / "m.csv"), entries).remarks
    assert remarks == (
        "points were not scaled: the file does not say how many the grade is out of",
        "no column Feedback comments was found, so no comments were written",
        "no column Maximum grade was found, neither by that heading nor beside the grade",
    )


def test_whom_canvas_excuses_stays_excused(tmp_path: Path, entries: list[Entry]) -> None:
    text = "Student,ID,Section,HW (1)\n    Points Possible,,,14\nx,52002,A,EX\n"
    (tmp_path / "export.csv").write_text(text)
    filled = make(Request("canvas", tmp_path / "export.csv"), entries)
    assert filled.files["canvas.csv"].decode() == text and filled.unfilled[0] == ("x", "is excused there")


def test_a_comment_that_the_files_encoding_cannot_hold(tmp_path: Path, entries: list[Entry]) -> None:
    (tmp_path / "sheet.csv").write_bytes("ID,Name,Grade,Feedback comments\nParticipant 52002,Zoë,,\n".encode("cp1252"))
    of = entries[1].report
    assert of is not None
    topics = (
        dataclasses.replace(of.topics[0], title="Rückwärts → Łódź ∇"),
        dataclasses.replace(of.topics[0], name="b"),
    )
    ours = dataclasses.replace(entries[1], report=dataclasses.replace(of, topics=topics))
    filled = make(Request("moodle", tmp_path / "sheet.csv"), [ours])
    content = filled.files["moodle.csv"].decode("cp1252")
    assert "Zoë,6.00,6 of 28 points: Rückwärts -> Lódz ? 3 of 14; Areas 3 of 14." in content
    told = "the file's encoding, cp1252, has not: → became ->, Ł became L, ź became z, ∇ became ?"
    assert any(remark.endswith(told) for remark in filled.remarks)


def test_nobody_is_guessed_in_a_gradebook(tmp_path: Path) -> None:
    ours = [
        Entry(Student("Wei Li", "1"), "a", report(5)), Entry(Student("Li Wei", "2"), "b", report(6)),
        Entry(Student("Ada", "3"), "c", report(7)), Entry(Student("Twin", "4"), "d", report(8), submission="one"),
        Entry(Student("Twin", "4"), "e", report(9), submission="two"),
    ]  # fmt: skip
    (tmp_path / "export.csv").write_text(
        "Student,ID,Section,HW (1)\nWei Li,,A,\nAda,9,A,\nTwin,4,A,\nNobody,8,A,\nWei Li,1,A,\nA,1,A,\n"
    )
    filled = make(Request("canvas", tmp_path / "export.csv"), ours)
    assert filled.files["canvas.csv"].decode().count(".00") == 1
    reasons = [why for _, why in filled.unfilled]
    assert reasons[:2] == ["one is one of several that fit one person", "two is one of several that fit one person"]
    assert reasons[2].startswith("it could be") and "but the id is another" in reasons[3]
    assert "row 6 is for the same person" in reasons
    assert reasons[-2:] == ["has a score, but no row here that is certainly theirs"] * 2


def test_an_id_of_another_system_that_is_somebody_elses_here_fills_nothing(tmp_path: Path) -> None:
    ours = [Entry(Student("Ada Lovelace", "7"), "a", report(5)), Entry(Student("Grace Hopper", "8"), "b", report(6))]
    (tmp_path / "c.csv").write_text('Student,ID,Section,HW (1)\n"Hopper, Grace",7,A,\n"Lovelace, Ada",9,A,\nx,8,A,\n')
    filled = make(Request("canvas", tmp_path / "c.csv"), ours)
    assert [row[3] for row in cells_of(filled.files["canvas.csv"])[1:]] == ["", "", "6.00"]
    reasons = dict(filled.unfilled)
    assert reasons["Hopper, Grace"] == "the id is that of Ada Lovelace, the name that of Grace Hopper"
    assert reasons["Lovelace, Ada"] == "the name is that of Ada Lovelace, but the id is another"
    assert filled.remarks[-1] == "filled by their ids, though the names are others: x as Grace Hopper (8)"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "no export of a Canvas gradebook"),
        (b'Student,ID,Section,HW (1)\n"Ada,1,A,\n', "does not end"),
        (b'Student,ID,Section,HW (1)\n"Ada"x,1,A,\n', "after a closing quote in row 2"),
        (b"Student,ID,Section,HW (1)\n" + b"a" * 200_000 + b",1,A,\n", "field larger than field limit"),
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "export.csv").write_bytes(content)
    with pytest.raises(UsageError, match=words):
        make(Request("canvas", tmp_path / "export.csv"), [])


def test_a_short_row_is_not_filled(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text("Student,ID,Section,HW (1)\nAda,1\n")
    filled = make(Request("canvas", tmp_path / "export.csv"), [Entry(Student("Ada", "1"), "a", report(5))])
    assert filled.filled == 0 and ("Ada", "the row is too short") in filled.unfilled
    (tmp_path / "sheet.csv").write_text("Identifier,Grade,Maximum grade\nParticipant 1,\n")
    filled = make(Request("moodle", tmp_path / "sheet.csv"), [Entry(Student("Ada", "1"), "a", report(5))])
    assert filled.filled == 0 and ("1", "the row is too short") in filled.unfilled


def test_plain_csv_defuses_formulas(entries: list[Entry]) -> None:
    rows = cells_of(make(Request("csv"), entries).files["grades.csv"])
    assert (
        rows[0][:8] == ["name", "id", "login", "email", "points", "possible", "percent", "late"]
        and rows[0][-1] == "area"
    )
    assert len(rows) == 101
    for row, e in zip(rows[1:], entries, strict=True):
        assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r"))
        assert row[4] == ("" if e.report is None else two_decimals(e.report.points_earned))
    assert rows[13][8] == "handed in nothing"
    assert rows[11][0] == '\'=HYPERLINK("http://x.example","y")'


def test_plain_csv_says_that_it_is_utf8_where_excel_would_not_know(entries: list[Entry]) -> None:
    ours = [Entry(Student("Ada", "1"), "a", report(5))]
    assert make(Request("csv"), ours).files["grades.csv"].startswith(b"name,id,")
    assert make(Request("csv"), entries).files["grades.csv"].startswith(b"\xef\xbb\xbfname,id,")


def test_json_lines(entries: list[Entry]) -> None:
    content = make(Request("jsonl"), entries).files["grades.jsonl"]
    lines = [json.loads(line) for line in content.decode("ascii").splitlines()]
    assert [line["name"] for line in lines] == [person.name for person in people()]
    assert lines[0] | {"topics": None} == {
        "name": people()[0].name, "id": "52001", "login": "s-001-x", "email": "s001@uni.example", "file": "row_1", "late": False,
        "remark": None, "points_earned": 2, "points_counted": 2, "points_possible": 14, "topics": None,
    }  # fmt: skip
    assert lines[12]["points_earned"] is None and lines[12]["remark"] == "handed in nothing"


def late_entry() -> Entry:
    """Someone who earned 10 of 14, came three days late, and keeps 9.995 of it."""
    topic = LateTopic("area", "2026-03-01T12:00:00+00:00", 3, Fraction(1, 20), Fraction(9995, 1000))
    late = dataclasses.replace(report(10), late=Late("2026-03-04T12:00:00+00:00", (topic,)))
    student = Student(people()[30].name, people()[30].id)
    return Entry(student, "row", late, lateness(late), late=True, result=lambda: json.dumps(RESULT).encode())


def test_what_counts_after_lateness_is_what_gradebooks_get(tmp_path: Path) -> None:
    entry = late_entry()
    words = "handed in 3 days late: 10 of the 10 points earned count"
    assert lateness(report(10)) == lateness(None) == "" and entry.why == words
    row = cells_of(make(Request("csv"), [entry]).files["grades.csv"])[1]
    assert row[4:] == ["10.00", "14.00", "71.39", "yes", words, "10.00"]  # 9.995, rounded here as there
    line = json.loads(make(Request("jsonl"), [entry]).files["grades.jsonl"])
    assert (line["points_earned"], line["points_counted"], line["topics"]) == (10, 9.995, {"area": 9.995})
    canvas = write_canvas_export(tmp_path / "canvas.csv")
    cells = cells_of(make(Request("canvas", canvas, "Areas"), [entry]).files["canvas.csv"])
    assert cells[32][5] == "10.00" and cells[32][1] == entry.student.id
    sheet = write_moodle_sheet(tmp_path / "moodle.csv")
    cells = cells_of(make(Request("moodle", sheet), [entry]).files["moodle.csv"])
    assert (cells[31][4], cells[31][9]) == ("71.39", f"10 of 14 points. H{words[1:]}.")
    result = json.loads(make(Request("classroom50"), [entry]).files["classroom50/row/result.json"])
    assert (result["score"], result["max-score"]) == (999, 1400) and result["tests"][0]["passed"] is True


def test_classroom50_results(entries: list[Entry]) -> None:
    without = dataclasses.replace(entries[1], result=lambda: None)
    wrong = dataclasses.replace(entries[2], result=lambda: b'{"classroom": ""}')
    broken = dataclasses.replace(entries[3], result=lambda: b"{")
    deep = dataclasses.replace(entries[3], result=lambda: b"[" * 200_000)
    filled = make(Request("classroom50"), [entries[0], without, wrong, broken, deep])
    assert filled.filled == 1 and len(filled.unfilled) == 4
    result = json.loads(filled.files["classroom50/row_1/result.json"])
    assert {key: result[key] for key in RESULT} == RESULT
    assert (result["score"], result["max-score"]) == (2, 14)
    assert sum(test["score"] for test in result["tests"]) == 2


def test_classroom50_results_keep_what_the_runner_added(entries: list[Entry]) -> None:
    """Its collector reads the file as it stands, and refuses it without the owner."""
    stamps = {
        "owner": "ada",
        "assignment_type": "individual",
        "submitted_by": {"username": "ada", "id": 7},
        "graded_at": "2026-11-28T00:01:00Z",
    }
    downloaded = json.dumps({**RESULT, **stamps, "owner2": "x"}).encode()
    odd = json.dumps({**RESULT, "owner": ["x"], "submitted_by": {"username": "a\nb", "more": [1]}}).encode()
    kept, cleaned = (
        json.loads(make(Request("classroom50"), [entry]).files[f"classroom50/{entry.file}/result.json"])
        for entry in (dataclasses.replace(entries[0], result=lambda text=text: text) for text in (downloaded, odd))
    )
    assert {key: kept[key] for key in stamps} == stamps and "owner2" not in kept
    assert "owner" not in cleaned and cleaned["submitted_by"] == {"username": "a b"}


@pytest.mark.parametrize(
    ("points", "text"),
    [
        (Fraction(0), "0.00"),
        (Fraction(5, 2), "2.50"),
        (Fraction(1, 3), "0.33"),
        (Fraction(1, 200), "0.01"),
        (Fraction(1234), "1234.00"),
    ],
)
def test_numbers_have_two_decimals_and_a_dot(points: Fraction, text: str) -> None:
    assert two_decimals(points) == text


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("\t=1", "'=1"),
        ("\r\n@x", "'@x"),
        (" -1", "'-1"),
        ("\uff1dSUM(A1)", "'\uff1dSUM(A1)"),
        ("a=b", "a=b"),
        ("\x1b[31mred", "red"),
        ("two\nlines", "two lines"),
    ],
)
def test_cells_are_defused(text: str, cell: str) -> None:
    assert defused(text) == cell


ALPHABET = st.text(alphabet='ab";,\n\r\t é', max_size=8)


@given(
    st.lists(st.lists(ALPHABET, min_size=1, max_size=4), min_size=1, max_size=5),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
)
def test_cells_are_those_of_the_csv_module(rows: list[list[str]], delimiter: str, end: str) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=end).writerows(rows)
    text = stream.getvalue()
    read = read_cells(text, delimiter)
    assert [[cell.value for cell in row] for row in read] == list(
        csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    )
    for row in read:
        for cell in row:
            assert cell.value in (text[cell.start : cell.end], text[cell.start : cell.end][1:-1].replace('""', '"'))


@given(ALPHABET, st.booleans())
def test_replacing_a_cell_changes_nothing_else(value: str, quoted: bool) -> None:
    import tempfile

    text = f'\ufeffa,b\r\n"x, y",{chr(34) * 2 if quoted else ""},é\n\nlast,"",z'
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "sheet.csv")
        file.write_bytes(text.encode())
        content = read_sheet(file).replaced({(1, 1): value}).decode()
    assert content.startswith('\ufeffa,b\r\n"x, y",') and content.endswith(',é\n\nlast,"",z')
    assert list(csv.reader(io.StringIO(content, newline="")))[1] == ["x, y", value, "é"]


@pytest.mark.parametrize(
    ("text", "words"),
    [("xlsx", "'xlsx' is none of csv, canvas"), ("csv=a.csv", "is not filled into a file"), ("canvas", "--gradebook canvas=FILE"),
     ("moodle=nothing.csv", "nothing.csv does not exist")],
)  # fmt: skip
def test_wrong_requests(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_request(text, None, None)


def test_the_class_list_can_be_the_export(tmp_path: Path) -> None:
    export = write_canvas_export(tmp_path / "export.csv")
    assert read_request("canvas", export, "Areas") == Request("canvas", export, "Areas")
    assert read_request("jsonl", export, None) == Request("jsonl")
