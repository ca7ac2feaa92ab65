"""What students are given: laid out without touching what is theirs, and without anything that knows an answer."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from grader import grade
from grader.checking.known import misconceptions_in
from grader.ci import FORMATS
from grader.cli import main
from grader.course import Course, load_course
from grader.errors import UsageError
from grader.release import BEGIN, END, read_solution
from grader.session import course_module, on_path
from grader.submission.parsing import is_stub
from grader.workspace import lay_out, release, start_course

ROOT = Path(__file__).parents[1]
COURSE = load_course(ROOT)
LONG = 24
"""Lines from this length on are told from chance."""


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The students' repository of this course."""
    folder = tmp_path_factory.mktemp("released")
    release(COURSE, folder, "actions")
    return folder


def source_text(file: Path) -> str:
    """A file's text; of a notebook the sources of its cells."""
    text = file.read_text("utf-8")
    if file.suffix != ".ipynb":
        return text
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


def words(text: str) -> str:
    """The text with every run of white space as one blank, so that a line can be found however it is broken."""
    return " ".join(text.split())


def split(source: str) -> tuple[list[str], str]:
    """The lines of a solution that are the student's to write, and the text of all others."""
    marked, given, inside = [], [], False
    for line in source.splitlines():
        inside = (inside or line.strip() == BEGIN) and line.strip() != END
        (marked if inside else given).append(line.strip())
    return marked, "\n".join(given)


def long_lines(lines: list[str], given: str) -> list[str]:
    """The lines that are long enough and do not stand in what students are given anyway."""
    given, imports = words(given), ("import ", "from ")
    return [line for line in lines if len(line) >= LONG and words(line) not in given and not line.startswith(imports)]


def test_the_release_holds_what_it_should(released: Path) -> None:
    names = {str(path.relative_to(released)) for path in released.rglob("*") if path.is_file()}
    stems = {Path(topic.file).stem for topic in COURSE.topics}
    expected = {f"{stem}{suffix}" for stem in stems for suffix in (".py", ".ipynb")}
    assert names == expected | {"README.md", ".gitignore", ".github/workflows/convgrade.yml"}


def test_nothing_of_the_answers_is_in_the_release(released: Path) -> None:
    text = words("\n".join(source_text(path) for path in released.rglob("*") if path.is_file()))
    secrets: list[str] = []
    for topic in COURSE.topics:
        marked, given = split(read_solution(COURSE, topic))
        assert len(marked) > len(topic.functions)
        secrets += long_lines(marked, given)
        for file in topic.folder.glob("*.py"):
            secrets += long_lines([line.strip() for line in file.read_text("utf-8").splitlines()], given)
        with on_path(COURSE):
            secrets += [words(known.hint) for known in misconceptions_in(course_module(topic, "misconceptions"))]
    assert len(secrets) > 1000
    found = [secret for secret in secrets if words(secret) in text and not _is_everyday(secret)]
    assert not found


def _is_everyday(line: str) -> bool:
    """Lines of Python that say nothing: the head of a loop, a signature with nothing but names."""
    return (
        re.fullmatch(
            r"(def \w+\([\w, =*:.\[\]|]*\)( -> [\w\[\], .|]+)?:|[\w, ]+ = [\w.]+\.shape|return [\w, ()]+)", line
        )
        is not None
    )


def test_every_function_of_the_release_is_a_stub(released: Path) -> None:
    for topic in COURSE.topics:
        for suffix in (".py", ".ipynb"):
            text = source_text(released / f"{Path(topic.file).stem}{suffix}").replace("%pip", "pass; ")
            code = text if suffix == ".py" else "\n".join(code_cells(released / f"{Path(topic.file).stem}.ipynb"))
            found = {
                node.name: node
                for node in ast.walk(ast.parse(code))
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name in topic.functions
            }
            assert set(found) == set(topic.functions)
            assert all(is_stub(node) for node in found.values())


def code_cells(file: Path) -> list[str]:
    cells = [cell for cell in json.loads(file.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    return [re.sub(r"(?m)^( *)%.*$", r"\1pass", "".join(cell["source"])) for cell in cells]


def test_the_release_is_graded_and_earns_nothing(released: Path) -> None:
    topic = COURSE.topics[-1]
    report = grade(released, [topic.name])
    assert report.points_earned == 0 and report.topics[0].problem is None
    assert report.notes == (f"{topic.file} and {Path(topic.file).stem}.ipynb are both there; {topic.file} was graded",)


def test_a_release_replaces_only_its_own_files_and_spares_a_course(released: Path, course: Course) -> None:
    (released / "mine.txt").write_text("mine")
    (released / "pooling.py").write_text("old")
    release(COURSE, released, "actions")
    assert (released / "mine.txt").read_text() == "mine" and "max_pool" in (released / "pooling.py").read_text()
    with pytest.raises(UsageError, match="holds a course with its answers"):
        release(course, course.root)


@pytest.mark.parametrize("notebooks", [False, True])
def test_a_workspace_and_what_is_there_already(tmp_path: Path, course: Course, notebooks: bool) -> None:
    name = "area.ipynb" if notebooks else "area.py"
    laid = lay_out(course, tmp_path / "work", notebooks)
    assert [item.path.name for item in laid] == [name, "README.md", ".gitignore"] and all(item.written for item in laid)
    (tmp_path / "work" / name).write_text("the student's work")
    (tmp_path / "work" / "README.md").unlink()
    again = lay_out(course, tmp_path / "work", notebooks, "actions")
    assert [item.path.name for item in again if item.written] == ["README.md", "convgrade.yml"]
    assert (tmp_path / "work" / name).read_text() == "the student's work"
    readme = (tmp_path / "work" / "README.md").read_text()
    assert f"`{name}`" in readme and "Tiny course" in readme


def test_a_workspace_that_cannot_be_made(tmp_path: Path, course: Course) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        lay_out(course, tmp_path / "file")
    (tmp_path / "area.py").symlink_to(tmp_path / "nowhere")
    lay_out(course, tmp_path)
    assert not (tmp_path / "nowhere").exists()


def test_nothing_that_is_written_in_a_workspace_is_for_git(
    tmp_path: Path, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("git") is None:
        pytest.skip("needs git")

    def git(*arguments: str) -> str:
        who = ["-c", "user.name=x", "-c", "user.email=x@x.example"]
        return subprocess.run(["git", *who, *arguments], check=True, capture_output=True, text=True, cwd=work).stdout

    work, place = tmp_path / "work", ["--course", str(course.root)]
    lay_out(course, work)
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "begin")
    monkeypatch.chdir(work)
    for name, file in (("GITHUB_STEP_SUMMARY", "summary"), ("GITHUB_OUTPUT", "output")):
        monkeypatch.setenv(name, str(tmp_path / file))
    assert main(["grade", "--html", "report.html", "--json", "report.json", *place]) == 0
    assert (
        main(["ci", *(option for name in FORMATS if name != "gradescope" for option in ("--format", name)), *place])
        == 0
    )
    assert main(["show-case", "area/area", *place]) == 1
    written = {"report.html", "report.json", "result.json", "release-body.md", "convgrade-report"}
    assert written < {path.name for path in work.iterdir()}
    assert git("status", "--porcelain") == ""


def test_init_and_release_as_commands(tmp_path: Path, course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--course", str(course.root)]
    assert main(["init", str(tmp_path / "a"), *place]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"wrote {tmp_path / 'a' / 'area.py'}"
    assert main(["init", str(tmp_path / "a"), *place]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"kept  {tmp_path / 'a' / 'area.py'}"
    assert main(["release", "--out", str(tmp_path / "b"), "--ci", "classroom", *place]) == 0
    assert str(tmp_path / "b" / ".github" / "workflows" / "classroom.yml") in capsys.readouterr().out
    assert main(["release", "--ci", "classroom", *place]) == 2
    assert main(["release", "--out", str(course.root), *place]) == 2
    assert main(["release", *place]) == 0
    assert capsys.readouterr().out.split()[-2:] == [
        str(course.root / "assignments" / "area.ipynb"), str(course.root / "assignments" / "area.py")
    ]  # fmt: skip


def test_a_new_course_grades_its_solution_at_100_percent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new-course", "mine"]) == 0
    command = capsys.readouterr().out.splitlines()[-1].partition("convgrade ")[2].split()
    assert main([*command, "--fail-under", "100"]) == 0
    assert "6 of 6 points, 100.0 %" in capsys.readouterr().out
    assert main(["new-course", "mine"]) == 2
    assert "is there already and not empty" in capsys.readouterr().err


def test_a_new_course_is_what_the_page_shows(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "writing-an-exercise.md").read_text("utf-8")
    files = start_course(tmp_path / "course")
    assert len(files) == 5
    for file in files:
        assert f"**`{file.relative_to(tmp_path / 'course')}`**" in page
        assert f"```\n{file.read_text('utf-8')}```".partition("```\n")[2] in page.replace(
            "```python\n", "```\n"
        ).replace("```toml\n", "```\n")


def test_every_file_is_fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `convgrade release` would write is what is committed in assignments/, to the byte."""
    from grader.workspace import make_files

    made = make_files(COURSE)
    assert made == make_files(COURSE)
    for name, text in made.items():
        assert (ROOT / "assignments" / name).read_text("utf-8") == text, name
