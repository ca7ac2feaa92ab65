"""`convgrade ci`: what it finds around it, what it writes where, the seed, and what is there when something goes wrong."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.ci import FORMATS
from grader.ci.seed import choose_seed, seed_of
from grader.ci.surroundings import Surroundings
from grader.cli import main
from grader.course import Course
from grader.errors import InternalFault, UsageError

Submit = Callable[..., Path]
Run = Callable[..., tuple[int, str, str]]
WRONG = ("return height * width", "return 2 * (height + width)")
VARIABLES = (
    "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_SHA", "GITHUB_EVENT_PATH", "GITLAB_CI",
    "CI_COMMIT_SHA", "CI_PIPELINE_CREATED_AT", "CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL",
    "REVIEW_URL", "CONVGRADE_SEED_SECRET",
)  # fmt: skip


@pytest.fixture
def run(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `convgrade ci` in an empty checkout; variables are given by name. Exit code, standard output, standard error."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "checkout").mkdir()
    monkeypatch.chdir(tmp_path / "checkout")

    def run_command(*arguments: str | Path, **variables: str) -> tuple[int, str, str]:
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            common = ["--course", str(course.root), "--autograder", str(tmp_path / "autograder")]
            code = main(["ci", *map(str, arguments), *common])
        return code, *capfd.readouterr()

    return run_command


def outputs(file: Path) -> dict[str, str]:
    """The step outputs as the runner reads them: the last one of a name counts."""
    found = {}
    lines = iter(file.read_text("utf-8").splitlines())
    for line in lines:
        name, delimiter = line.split("<<")
        value: list[str] = []
        while (line := next(lines)) != delimiter:
            value.append(line)
        found[name] = "\n".join(value)
    return found


def payload(file: Path) -> dict[str, Any]:
    """Classroom's payload in the step outputs."""
    decoded: dict[str, Any] = json.loads(base64.b64decode(outputs(file)["result"]))
    return decoded


# -- what is found ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "formats"),
    [
        ({}, set()),
        ({"GITHUB_STEP_SUMMARY": "s"}, {"summary"}),
        ({"GITHUB_OUTPUT": "o"}, {"classroom"}),
        ({"GITHUB_ACTIONS": "true"}, {"annotations", "junit", "json", "html"}),
        ({"GITHUB_ACTIONS": "false"}, set()),
        ({"GITLAB_CI": "true"}, {"junit", "json", "html"}),
        ({"CLASSROOM": "c", "ASSIGNMENT": "a", "SUBMISSION_TAG": "submit/1"}, {"classroom50"}),
        ({"CLASSROOM": "c", "ASSIGNMENT": "", "SUBMISSION_TAG": "submit/1"}, set()),
    ],
)
def test_formats_are_found_by_what_is_there(environment: dict[str, str], formats: set[str], tmp_path: Path) -> None:
    around = Surroundings(environment, tmp_path, tmp_path, tmp_path / "autograder")
    assert set(around.formats()) == formats
    (tmp_path / "autograder" / "results").mkdir(parents=True)
    (tmp_path / "autograder" / "submission").mkdir()
    assert set(around.formats()) == {*formats, "gradescope"}
    assert list(around.formats()) == [name for name in FORMATS if name in around.formats()]


def test_on_github_everything_that_fits_is_written(run: Run, submit: Submit, tmp_path: Path) -> None:
    submit(WRONG).rename("assignments")
    code, out, err = run(
        GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(tmp_path / "summary"), GITHUB_OUTPUT=str(tmp_path / "output"),
        GITHUB_SHA="a" * 40,
    )  # fmt: skip
    assert code == 0
    assert "3 of 7 points" in out
    assert re.search(
        r"^::error file=assignments/area\.py,line=5,title=area/worked_example::Three rows", out, re.MULTILINE
    )
    assert "3 of 7 points" in (tmp_path / "summary").read_text()
    assert outputs(tmp_path / "output")["points_earned"] == "3"
    assert payload(tmp_path / "output")["max_score"] == 7
    assert sorted(file.name for file in Path("convgrade-report").iterdir()) == [
        "junit.xml",
        "report.html",
        "report.json",
    ]
    assert json.loads(Path("convgrade-report/report.json").read_text())["seed"] == seed_of("commit " + "a" * 40)
    assert 'file="assignments/area.py" line="5"' in Path("convgrade-report/junit.xml").read_text()
    assert "written: summary, annotations, junit, json, html, classroom" in err


def test_without_a_ci_only_the_report_is_printed(run: Run, submit: Submit) -> None:
    code, out, err = run(submit())
    assert code == 0 and "7 of 7 points" in out and "::" not in out
    assert "no CI was found" in err and not list(Path.cwd().iterdir())


def test_a_format_for_github_needs_github(run: Run, submit: Submit) -> None:
    code, _, err = run(submit(), "--format", "classroom", "--format", "junit")
    assert code == 2 and "GITHUB_OUTPUT is not set" in err
    assert Path("convgrade-report/junit.xml").is_file()  # the others are written all the same


def test_what_stands_in_the_way_is_named(run: Run, submit: Submit, tmp_path: Path) -> None:
    Path("convgrade-report").write_text("a file that the student committed")
    code, _, err = run(submit(), GITHUB_ACTIONS="true", GITHUB_OUTPUT=str(tmp_path / "output"))
    assert code == 2 and "convgrade-report cannot be made: File exists" in err
    assert outputs(tmp_path / "output")["points_earned"] == "7"
    code, _, err = run(submit(), "--format", "classroom", GITHUB_OUTPUT=str(tmp_path))
    assert code == 2 and "GITHUB_OUTPUT" in err and "cannot be written" in err


@pytest.mark.parametrize(("percent", "code"), [("42", 0), ("43", 1)])
def test_fail_under(run: Run, submit: Submit, percent: str, code: int) -> None:
    assert run(submit(WRONG), "--fail-under", percent)[0] == code


def test_students_text_reaches_the_log_as_text_only(run: Run, submit: Submit) -> None:
    hostile = r"print('::set-output name=result::x\r  ::error::y\n##[error]z\x1b[31m'); raise ValueError('\n::stop-commands::w')"
    code, out, err = run(submit(("return height * width", hostile)), GITHUB_ACTIONS="true")
    assert code == 0
    commands = [line for line in re.split(r"[\r\n]+", out + err) if re.match(r"\s*::|.*##\[", line)]
    assert commands and all(line.startswith("::error file=") or line.startswith("::error title=") for line in commands)
    assert "\x1b" not in out + err


# -- Classroom 50 and Gradescope --------------------------------------------------------------------------------------


def test_classroom50_gets_its_two_files(run: Run, submit: Submit, tmp_path: Path) -> None:
    submit(WRONG).rename("work")
    Path("elsewhere").write_text("theirs")
    Path("result.json").symlink_to("elsewhere")
    Path("release-body.md").write_text("10/10")
    code, _, _ = run("work", CLASSROOM="cnn", ASSIGNMENT="areas", SUBMISSION_TAG="submit/3", COMMIT_URL="https://c")
    result = json.loads(Path("result.json").read_text())
    assert code == 0 and not Path("result.json").is_symlink() and Path("elsewhere").read_text() == "theirs"
    assert (result["score"], result["max-score"], result["submission"]) == (3, 7, "submit/3")
    assert (result["commit"], result["release"]) == ("https://c", "unknown")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result["datetime"])
    assert "3 of 7 points" in Path("release-body.md").read_text()


@pytest.fixture
def autograder(tmp_path: Path) -> Path:
    """Gradescope's folders."""
    folder = tmp_path / "autograder"
    for name in ("results", "submission", "source"):
        (folder / name).mkdir(parents=True)
    return folder


@pytest.mark.parametrize(("total", "possible"), [("14.0", 14), (None, 7), ("x", 7), ("0", 7)])
def test_gradescope_gets_points_that_add_up_to_the_assignments(
    run: Run, submit: Submit, autograder: Path, total: str | None, possible: float
) -> None:
    (submit(WRONG) / "area.py").rename(autograder / "submission" / "area.py")
    (autograder / "submission_metadata.json").write_text(json.dumps({"assignment": {"total_points": total}}))
    code, _, _ = run()
    tests = json.loads((autograder / "results" / "results.json").read_text())["tests"]
    assert code == 0 and sum(test["max_score"] for test in tests) == possible
    assert sum(test["score"] for test in tests) == pytest.approx(possible * 3 / 7, abs=0.02)
    assert [test["number"] for test in tests] == ["1.1", "1.2", "1.3", "1.4", "1.5"]


def test_only_for_gradescope_the_submission_is_gradescopes(run: Run, submit: Submit, autograder: Path) -> None:
    (autograder / "submission" / "area.py").write_text("")
    submit().rename("assignments")
    assert "7 of 7 points" in run("--format", "junit")[1]
    assert "0 of 7 points" in run("--format", "gradescope")[1]


# -- when something goes wrong ----------------------------------------------------------------------------------------


def test_results_are_there_before_grading_begins(
    run: Run, submit: Submit, autograder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}

    def killed(*_: object, **__: object) -> None:
        seen["gradescope"] = json.loads((autograder / "results" / "results.json").read_text())
        seen["classroom50"] = json.loads(Path("result.json").read_text())
        raise InternalFault("the machine went away")

    monkeypatch.setattr("grader.grading.grade", killed)
    code, _, err = run(submit(), CLASSROOM="c", ASSIGNMENT="a", SUBMISSION_TAG="submit/1")
    assert code == 3 and "the machine went away" in err
    assert [test["score"] for test in seen["gradescope"]["tests"]] == [0] and "a fault of the grader" in str(seen)
    assert (seen["classroom50"]["score"], seen["classroom50"]["max-score"]) == (0, 7)


def test_a_report_that_was_committed_is_never_taken_for_ours(
    run: Run, submit: Submit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "checkout" / "convgrade-report"
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)
    assert run(submit(), "--format", "junit")[0] == 0
    assert (folder / "junit.xml").is_file() and not any(elsewhere.iterdir()) and not folder.is_symlink()
    for name in ("junit.xml", "report.json", "report.html"):
        (folder / name).write_text("all points")

    def killed(*arguments: object, **keywords: object) -> None:
        assert not any(folder.iterdir())
        raise KeyboardInterrupt

    monkeypatch.setattr("grader.grading.grade", killed)
    run(submit(), GITLAB_CI="true")
    assert "all points" not in "".join(file.read_text() for file in folder.iterdir())


def test_a_fault_of_ours_is_an_error_and_no_grade(run: Run, submit: Submit, course: Course, tmp_path: Path) -> None:
    checks = course.topics[0].checks
    checks.write_text(checks.read_text().replace("oracle.area(*case), what", "oracle.no_such(*case), what"))
    code, _, err = run(submit(), GITHUB_OUTPUT=str(tmp_path / "output"), GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))
    assert code == 3 and "no_such" in err
    assert payload(tmp_path / "output")["status"] == "error" and payload(tmp_path / "output")["max_score"] == 7
    assert "No score" in (tmp_path / "summary").read_text()


def test_a_grader_that_breaks_down_leaves_an_error_payload(
    run: Run, submit: Submit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("something of ours")

    monkeypatch.setattr("grader.grading.grade", broken)
    assert run(submit(), GITHUB_OUTPUT=str(tmp_path / "output"))[0] == 3
    found = payload(tmp_path / "output")
    assert (found["status"], found["max_score"]) == ("error", 7)
    assert (tmp_path / "output").read_text().count("result<<") == 1


def test_the_fallback_writes_the_full_maximum_without_grading(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("--fallback", "--format", "classroom", GITHUB_OUTPUT=str(tmp_path / "output"))
    assert code == 0 and out == ""
    found = payload(tmp_path / "output")
    assert (found["status"], found["max_score"], {test["status"] for test in found["tests"]}) == ("error", 7, {"error"})


def test_nothing_handed_in_is_the_students_zero_not_our_fault(run: Run, tmp_path: Path) -> None:
    code, out, _ = run(tmp_path / "nothing", GITHUB_OUTPUT=str(tmp_path / "output"))
    assert code == 0 and "there is nothing to grade" in out and "0 of 7 points" in out
    assert payload(tmp_path / "output")["status"] == "fail"


# -- the seed ---------------------------------------------------------------------------------------------------------


def test_the_seed_is_as_documented() -> None:
    assert seed_of("commit " + "0" * 40) == 2585071818592648
    assert 0 <= seed_of("commit x") < 1 << 52
    assert seed_of("commit x") != seed_of("commit y") != seed_of("commit y", "secret")


def test_where_the_seed_comes_from(course: Course, submit: Submit) -> None:
    def seed(source: str | None, path: Path, **environment: str) -> int:
        return choose_seed(source, environment, path, course, course.topics)

    right, wrong = submit(), submit(WRONG)
    assert seed(None, right, GITHUB_SHA="a") == seed("commit", wrong, CI_COMMIT_SHA="a") == seed_of("commit a")
    assert seed(None, right) == seed("files", right, GITHUB_SHA="a") == seed(None, submit())
    assert seed(None, right) != seed(None, wrong)
    assert seed(None, right, GITHUB_SHA="a", CONVGRADE_SEED_SECRET="s") == seed_of("commit a", "s")
    assert seed("-7", right, GITHUB_SHA="a") == -7
    for source, problem in (("commit", "none of GITHUB_SHA"), ("tuesday", "--seed-from tuesday")):
        with pytest.raises(UsageError, match=problem):
            seed(source, right)


def test_the_secret_is_in_nothing_that_is_written(run: Run, submit: Submit, tmp_path: Path) -> None:
    secret = "correct-horse-battery"
    _, out, err = run(submit(WRONG), GITHUB_ACTIONS="true", GITHUB_SHA="a", CONVGRADE_SEED_SECRET=secret)
    written = "".join(file.read_text() for file in Path("convgrade-report").iterdir())
    assert secret not in out + err + written
    assert f'"seed": {seed_of("commit a", secret)}' in written
