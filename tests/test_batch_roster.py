"""Class lists as people write them, and who is meant by a name, an id or a folder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from classroom import people, write_canvas_export, write_moodle_sheet, write_roster

from grader.batch.classlist import Index
from grader.batch.handedin import Clue
from grader.batch.names import file_name, name_keys
from grader.batch.roster import Student, load_roster
from grader.errors import UsageError

ADA = Student("Ada Lovelace", "1815", "alove", "ada@uni.example")
GRACE = Student("Hopper, Grace", "1906", "ghopper", "grace@uni.example", ("sis-9",))
LI_WEI = Student("Li Wei", "2001", "liwei", "liwei@uni.example")
WEI_LI = Student("Wei Li", "2002", "weili", "weili@uni.example")
JOSE = Student("José García-Márquez", "2003")
JOSE_PLAIN = Student("Jose Garcia Marquez", "2004")
MAX = Student("Max Mustermann", "2005", "mmuster")
OTHER_MAX = Student("Moritz Maier", "2006", "max")
ZOE = Student("Zoë Ångström", "2007")
MING = Student("王小明", "2008")
ROSTER = [ADA, GRACE, LI_WEI, WEI_LI, JOSE, JOSE_PLAIN, MAX, OTHER_MAX, ZOE, MING]


@pytest.mark.parametrize(
    ("clue", "student"),
    [
        (Clue(id="1815"), ADA),
        (Clue(id="SIS-9"), GRACE),
        (Clue(email="ADA@uni.example"), ADA),
        (Clue(name="Lovelace, Ada"), ADA),
        (Clue(name="lovelaceada"), ADA),
        (Clue(name="Grace  Hopper"), GRACE),
        (Clue(name="Zoe Angstrom"), ZOE),
        (Clue(name="Zoe\u0308 A\u030angstro\u0308m"), ZOE),
        (Clue(name="ångströmzoë"), ZOE),
        (Clue(name="王小明"), MING),
        (Clue(name="José García Márquez"), JOSE),
        (Clue(name="Wei Li", id="2002"), WEI_LI),
        (Clue(name="Somebody Else", id="2002"), WEI_LI),
        (Clue(id="a-new-id", name="Ada Lovelace"), ADA),
        (Clue(label="ada@uni.example"), ADA),
        (Clue(label="1815_Ada Lovelace"), ADA),
        (Clue(label="Lovelace Ada (1815)"), ADA),
        (Clue(label="alove"), ADA),
        (Clue(label="1815"), ADA),
        (Clue(label="1815 homework"), ADA),
    ],
    ids=str,
)
def test_who_is_meant(clue: Clue, student: Student) -> None:
    assert Index(ROSTER).match(clue) is student


@pytest.mark.parametrize(
    ("clue", "why"),
    [
        (Clue(name="Li Wei"), "it could be Li Wei (2001) or Wei Li (2002)"),
        (Clue(name="weili"), "it could be Li Wei (2001) or Wei Li (2002)"),
        (Clue(id="9999"), "nobody"),
        (Clue(), "nobody"),
        (Clue(name="Ada"), "nobody"),
        (Clue(id="1815", email="grace@uni.example"), "its parts are those of different people"),
        (Clue(id="1815", name="Grace Hopper"), "the id is that of Ada Lovelace, the name that of Hopper, Grace"),
        (Clue(id="1815", name="Li Wei"), "the id is that of Ada Lovelace, the name that of Li Wei and Wei Li"),
        (Clue(label="1815 and 1906"), "it could be"),
        (Clue(label="1815 Grace Hopper"), "it could be Ada Lovelace (1815) or Hopper, Grace"),
        (Clue(label="max_somebody"), "nobody on the list is called this"),
        (Clue(label="team 5"), "nobody"),
    ],
    ids=str,
)
def test_nobody_is_guessed(clue: Clue, why: str) -> None:
    match = Index(ROSTER).match(clue)
    assert isinstance(match, str) and match.startswith(why)


CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,HW (1)
    Points Possible,,,,,10
"Lovelace, Ada",7,s1,al,A,
"Student, Test",9,,x,A,
"""
CLASSROOM50 = "username,first_name,last_name,email,section,github_id\nada,Ada,Lovelace,a@x,1,5\n"
MOODLE = "Identifier,Full name,Email address,Grade\nParticipant 501,Ada Lovelace,a@x,\n"


@pytest.mark.parametrize(
    ("text", "student"),
    [
        ("name,id\nAda Lovelace,1815\n", Student("Ada Lovelace", "1815")),
        ("\ufeffName;Matrikelnummer;E-Mail\r\nAda Lovelace;1815;a@x\r\n", Student("Ada Lovelace", "1815", "", "a@x")),
        ("email\ta\n\na@x\t\n", Student("", "", "", "a@x")),
        (CLASSROOM50, Student("Ada Lovelace", "", "ada", "a@x")),
        (CANVAS, Student("Lovelace, Ada", "7", "al", "", ("s1",))),
        (MOODLE, Student("Ada Lovelace", "501", "", "a@x")),
        ("Identifikátor,Full name\nÚčastník 501,Ada Lovelace\n", Student("Ada Lovelace", "501")),
        ("ID;Name\nTeilnehmer/in501;Ada\n", Student("Ada", "Teilnehmer/in501", "", "", ("501",))),
        (
            "Identificatore;Nome completo;Nome\nPartecipante501;x;Ada\n",
            Student("", "Partecipante501", "", "", ("501",)),
        ),
        ("Nr;Name\ns501;Ada\n", Student("Ada")),
        ("FirstName,LastName,ID\nAda,Lovelace,1\n", Student("Ada Lovelace", "1")),
        ("FirstName,LastName,ID\nTest,Student,9\nAda,Lovelace,1\n", Student("Ada Lovelace", "1")),
        (
            "name,canvas_user_id,user_id,login_id,group_name\nAda,7,s1,al,Red\n",
            Student("Ada", "7", "al", "", ("s1",), team="Red"),
        ),
        ("name,id\n'=Ada,1\n", Student("=Ada", "1")),
        ("name,id\n'\uff1dAda,1\n", Student("\uff1dAda", "1")),
        ("name,id\nStudent 5,1815\n", Student("Student 5", "1815")),
        ('"Full\nname";"Student\nID"\r\nAda;1\r\n', Student("Ada", "1")),
        ('"Group (A, B, C or D)";Name;ID\r\nA;Ada;1\r\n', Student("Ada", "1")),
        ("\r\nname,id\r\nAda,1\r\n", Student("Ada", "1")),
        ("Class list, autumn 2026\r\n\r\nName;ID;Remark\r\nAda;1;late, often\r\n", Student("Ada", "1")),
        ("Participants of the course;;\r\nE-Mail;;\r\na@x;;\r\n", Student("", "", "", "a@x")),
        ("name,number\nAda,1\nid,email\n", Student("Ada")),
        ("Remarks, if any, or none\tID\tName\r\n\t1\tAda\r\n", Student("Ada", "1")),
        ("Name;Vorname;Matrikelnummer\r\nLovelace;Ada;1\r\n", Student("Ada Lovelace", "1")),
        ("Nom;Prénom;Mail\r\nLovelace;Ada;a@x\r\n", Student("Ada Lovelace", "", "", "a@x")),
        ("Nombre,Apellidos,Email\nAda,Lovelace,a@x\n", Student("Ada Lovelace", "", "", "a@x")),
        ("Name,First name,ID\nAda King Lovelace,Ada,1\n", Student("Ada King Lovelace", "1")),
        ('Name,First name,ID\n"Lovelace, Ada",Ada,1\n', Student("Lovelace, Ada", "1")),
    ],
)
def test_class_lists(tmp_path: Path, text: str, student: Student) -> None:
    (tmp_path / "roster.csv").write_bytes(text.encode())
    assert load_roster(tmp_path / "roster.csv")[:1] == (student,)


def test_class_lists_in_other_encodings(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        (tmp_path / "roster.csv").write_bytes("name,id\nZoë Müller,1\n".encode(encoding))
        assert load_roster(tmp_path / "roster.csv") == (Student("Zoë Müller", "1"),)
    for order in ("utf-16-le", "utf-16-be"):
        (tmp_path / "roster.csv").write_bytes("姓名,name,id\r\n一二,李 娜,1\r\n".encode(order))
        assert load_roster(tmp_path / "roster.csv") == (Student("李 娜", "1"),)
    (tmp_path / "roster.csv").write_bytes("name;id\nŠimon O\u2019Neill;1\n".encode("cp1252"))
    assert load_roster(tmp_path / "roster.csv") == (Student("Šimon O\u2019Neill", "1"),)


def test_the_exports_of_gradebooks_are_class_lists(tmp_path: Path) -> None:
    ids = [person.id for person in people()]
    assert [student.id for student in load_roster(write_roster(tmp_path / "r.csv"))] == ids
    assert [student.id for student in load_roster(write_canvas_export(tmp_path / "c.csv"))] == ids
    assert [student.id for student in load_roster(write_moodle_sheet(tmp_path / "m.csv"))] == ids


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("hello,world\n1,2\n", "none of the headings"),
        ("\n" * 10 + "name,id\nAda,1\n", "none of the headings"),
        ("Course\nname or nickname,number\nAda,1\n", "none of the headings"),
        ("Course\nname,id\nAda,1\nBob,1\n", "rows 3 and 4 are both '1'"),
        ("PK\3\4 xl/worksheets", "is a spreadsheet program's own file; save it as CSV"),
        ("name,id\nAda,1\nBob,1\n", "rows 2 and 3 are both '1'"),
        ('name,id\n"Ada,1\nBob,2\n', "cannot be read up to line 3: .*look at its quotes"),
        ("id,handed in\n1,-\n2,tomorrow\n", "row 3: 'tomorrow' is not a date like"),
        ("handed in\n2026-03-01\n", "none of the headings"),
        ("group,mark\nRed,1\n", "none of the headings"),
        ("name,id\n" + "a" * 200_000 + ",1\n", "field larger than field limit"),
    ],
)
def test_wrong_class_lists(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "roster.csv").write_text(text)
    with pytest.raises(UsageError, match=words):
        load_roster(tmp_path / "roster.csv")


def test_dates_of_a_class_list_are_of_the_zone_that_is_asked_for(tmp_path: Path) -> None:
    path, zone = tmp_path / "roster.csv", timezone(timedelta(hours=1))
    path.write_text("id,submitted at\n1,2026-03-01 12:00\n2,2026-03-01T12:00Z\n3,\n")
    dates = [student.handed_in for student in load_roster(path, zone)]
    assert dates == [datetime(2026, 3, 1, 12, tzinfo=zone), datetime(2026, 3, 1, 12, tzinfo=UTC), None]


@pytest.mark.parametrize(
    ("cell", "date"),
    [
        ("Tuesday, 3 March 2026, 2:05 PM", datetime(2026, 3, 3, 14, 5, tzinfo=UTC)),
        ("Dienstag, 3. März 2026, 14:05", None),
        ("-", None),
    ],
)
def test_moodles_worksheet_says_when_it_was_handed_in(tmp_path: Path, cell: str, date: datetime | None) -> None:
    path = tmp_path / "worksheet.csv"
    path.write_text(f'Identifier,Grade,Last modified (submission)\nParticipant 501,,"{cell}"\n', "utf-8")
    assert load_roster(path)[0].handed_in == date


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_what_excel_is_told_is_no_heading(tmp_path: Path, mark: str) -> None:
    (tmp_path / "roster.csv").write_text(f"{mark}sep=;\r\nid;name\r\n1;Ada\r\n", "utf-8", newline="")
    assert load_roster(tmp_path / "roster.csv") == (Student("Ada", "1"),)


def test_a_class_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        load_roster(tmp_path / "roster.csv")


def test_names_without_letters_are_alike_to_nothing() -> None:
    assert not name_keys("...") and not name_keys("")


@pytest.mark.parametrize(
    ("name", "identity", "file"),
    [
        ("Ada Lovelace", "1815", "ada-lovelace_1815"),
        ("José Ångström", "7", "jose-angstrom_7"),
        ("王小明", "88", "student_88"),
        ("../../etc/passwd", "1", "etc-passwd_1"),
        ("", "1", "student_1"),
    ],
)
def test_file_names(name: str, identity: str, file: str) -> None:
    assert file_name(name, identity) == file


def test_identities_that_are_no_file_names_are_hashed() -> None:
    posing = file_name("Ada", "A1").removeprefix("ada_")  # an id made so that it gives the file of another person
    made = {
        file_name("Ada", identity) for identity in (posing, "A1", "a1", "a/1", "a_1", "a 1", "\udcff", "x" * 500, "")
    }
    assert len(made) == 9 and all(len(file) < 80 and file.isascii() and "/" not in file for file in made)
