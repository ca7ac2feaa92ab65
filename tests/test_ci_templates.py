"""What courses copy: the action, the workflows, the autograders; read as their consumers read them, and run by hand."""

from __future__ import annotations

import base64
import json
import os
import re
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_ci import outputs

from grader import __version__
from grader.ci.templates import FOLDER, TEMPLATES, read_template
from grader.cli import main
from grader.course import Course
from grader.errors import UsageError

ROOT = Path(__file__).parents[1]
ACTION = ROOT / "action.yml"
WORKFLOWS = [FOLDER / "actions.yml", FOLDER / "classroom.yml"]
Submit = Callable[..., Path]
WRONG = ("return height * width", "return 2 * (height + width)")


def steps(file: Path) -> list[dict[str, Any]]:
    """The steps of a workflow's only job, or of the action."""
    read = yaml.safe_load(file.read_text("utf-8"))
    if file == ACTION:
        return list(read["runs"]["steps"])
    (job,) = read["jobs"].values()
    return list(job["steps"])


@pytest.mark.parametrize("file", [ACTION, *WORKFLOWS], ids=lambda file: file.name)
def test_workflows_keep_to_what_is_safe(file: Path) -> None:
    for step in steps(file):
        assert re.fullmatch(r"[a-z0-9]+", step.get("id", "id")), "step ids are alphanumeric"
        assert "${{" not in step.get("run", ""), "nothing from outside is pasted into a script"
        assert "pip" not in step.get("run", "") or "-I -m pip" in step["run"], (
            "a pip.py in the checkout is not imported"
        )
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"])
        if "run" in step and file == ACTION:
            assert step["shell"] == "bash"
        subprocess.run(["bash", "-n"], input=step.get("run", ""), text=True, check=True)
    if file != ACTION:
        read = yaml.safe_load(file.read_text("utf-8"))
        (job,) = read["jobs"].values()
        assert job["timeout-minutes"] <= 30 and read["permissions"]["contents"] == "read"


def test_the_classroom_workflow_always_reports() -> None:
    grade, fallback, report = steps(WORKFLOWS[1])[-3:]
    assert grade["run"].rstrip().endswith("|| true") and fallback["run"].rstrip().endswith("|| true")
    assert fallback["if"] == "always() && steps.grade.outputs.result == ''"
    runner = report["with"]["runners"]
    assert report["env"] == {
        f"{runner.upper()}_RESULTS": "${{ steps.grade.outputs.result || steps.fallback.outputs.result }}"
    }
    assert report["if"] == "always()" and [grade["id"], fallback["id"]] == ["grade", "fallback"]


def test_the_options_that_the_templates_use_exist() -> None:
    from grader.cli import build_parser

    for file in [ACTION, *(path for path in FOLDER.rglob("*") if path.is_file())]:
        text = file.read_text("utf-8")
        for options in re.findall(r"convgrade\"? ci ([^|\n]*)", text):
            words = [word for word in options.replace("@OPTIONS@", "").split() if "$" not in word]
            build_parser().parse_args(["ci", *[word for word in words if word != "--autograder"]])


def test_templates_install_this_version() -> None:
    for name in TEMPLATES:
        target, text = read_template(name)
        assert f"convgrade=={__version__}" in text
        assert not Path(target).is_absolute()
    with pytest.raises(UsageError, match="no CI template 'jenkins'"):
        read_template("jenkins")


# -- the action, step by step -----------------------------------------------------------------------------------------


class Runner:
    """Runs an action's steps as GitHub's runner does, with a made-up environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outputs: dict[str, dict[str, str]] = {}
        self.code = 0
        (folder / "temp").mkdir(parents=True)
        (folder / "temp" / "convgrade").symlink_to(sys.prefix)
        (folder / "checkout").mkdir()
        self.summary = folder / "summary"

    def run(self, step: dict[str, Any], inputs: dict[str, str]) -> None:
        """Run one step in the checkout, and take its outputs."""
        output = self.folder / f"output-{step.get('id', 'none')}"
        output.touch()
        given = {name: inputs.get(self.input_of(value), "") for name, value in step.get("env", {}).items()}
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "RUNNER_TEMP": str(self.folder / "temp"),
            "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(self.summary), "GITHUB_ACTIONS": "true",
            "GITHUB_SHA": "0" * 40, **given,
        }  # fmt: skip
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder / "checkout", env=environment, capture_output=True, text=True,
        )  # fmt: skip
        self.code = done.returncode
        self.log = done.stdout + done.stderr
        if "id" in step:
            plain = [line.partition("=") for line in output.read_text().splitlines() if re.match(r"code=\d+$", line)]
            long = "".join(
                line for line in output.read_text().splitlines(keepends=True) if not line.startswith("code=")
            )
            output.write_text(long)
            self.outputs[step["id"]] = {**outputs(output), **{name: value for name, _, value in plain}}

    @staticmethod
    def input_of(expression: str) -> str:
        """The name in ${{ inputs.NAME }}."""
        found = re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", expression)
        assert found is not None, expression
        return found[1]


def step_named(identity: str) -> dict[str, Any]:
    """A step of the action."""
    return next(step for step in steps(ACTION) if step.get("id") == identity)


def test_the_action_grades_and_gives_the_result(tmp_path: Path, course: Course, submit: Submit) -> None:
    runner = Runner(tmp_path / "runner")
    submit(WRONG).rename(runner.folder / "checkout" / "my work")
    formats = yaml.safe_load(ACTION.read_text())["inputs"]["formats"]["default"]
    inputs = {"path": "my work", "course": str(course.root), "formats": formats, "topics": "area", "fail-under": "90"}
    runner.run(step_named("grade"), inputs)
    assert runner.code == 0 and runner.outputs["grade"]["code"] == "1"
    payload = json.loads(base64.b64decode(runner.outputs["grade"]["result"]))
    assert (payload["status"], payload["max_score"]) == ("fail", 7)
    assert runner.outputs["grade"]["points_earned"] == "3"
    assert "3 of 7 points" in runner.summary.read_text()
    assert "::error file=my work/area.py,line=5" in runner.log
    assert (runner.folder / "checkout" / "convgrade-report" / "report.html").is_file()


def test_the_action_speaks_up_when_grading_did_not_finish(tmp_path: Path, course: Course) -> None:
    runner = Runner(tmp_path / "runner")
    runner.run(step_named("fallback"), {"course": str(course.root), "topics": ""})
    payload = json.loads(base64.b64decode(runner.outputs["fallback"]["result"]))
    assert runner.code == 0 and (payload["status"], payload["max_score"]) == ("error", 7)


def test_killed_in_the_middle_there_is_no_grade_but_the_full_maximum(
    tmp_path: Path, course: Course, submit: Submit
) -> None:
    runner = Runner(tmp_path / "runner")
    checkout, output = runner.folder / "checkout", runner.folder / "output"
    output.touch()
    submit(("import numpy as np", "import time\ntime.sleep(600)")).rename(checkout / "assignments")
    grading = subprocess.Popen(
        [sys.executable, "-I", "-m", "grader", "ci", "--course", str(course.root),
         "--format", "classroom", "--format", "classroom50"],
        cwd=checkout, env={"PATH": os.environ["PATH"], "GITHUB_OUTPUT": str(output)}, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(lambda: (checkout / "release-body.md").exists())
    grading.kill()
    grading.wait()
    result = json.loads((checkout / "result.json").read_text())
    assert (result["score"], result["max-score"]) == (0, 7) and output.read_text() == ""
    runner.run(step_named("fallback"), {"course": str(course.root), "topics": ""})
    assert json.loads(base64.b64decode(runner.outputs["fallback"]["result"]))["max_score"] == 7


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait up to a minute for what another process does."""
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def test_inputs_are_never_code_or_options(tmp_path: Path, course: Course, submit: Submit) -> None:
    runner = Runner(tmp_path / "runner")
    name = "--fallback"
    submit().rename(runner.folder / "checkout" / name)
    inputs = {"path": name, "course": str(course.root), "formats": "classroom", "topics": "$(touch${IFS}broken) *"}
    runner.run(step_named("grade"), inputs)
    assert runner.outputs["grade"]["code"] == "2" and not (runner.folder / "checkout" / "broken").exists()
    runner.run(step_named("grade"), inputs | {"topics": ""})
    assert runner.outputs["grade"]["points_earned"] == "7"


# -- Classroom 50 -----------------------------------------------------------------------------------------------------


def test_the_classroom50_autograder_writes_its_files_and_imports_nothing_of_the_checkout(
    tmp_path: Path, course: Course, submit: Submit
) -> None:
    folder = tmp_path / "classroom" / "autograders" / "areas"
    folder.mkdir(parents=True)
    (folder / "autograder.py").write_text(read_template("classroom50")[1])
    (folder / "reference").symlink_to(course.root / "reference")
    checkout = submit(WRONG)
    for name in ("numpy", "grader", "subprocess", "sitecustomize", "pip"):
        (checkout / f"{name}.py").write_text("open('imported', 'w').close(); raise SystemExit(0)")
    home = tmp_path / "home"
    home.symlink_to(sys.prefix)
    done = subprocess.run(
        [sys.executable, str(folder / "autograder.py")], cwd=checkout, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "CONVGRADE_HOME": str(home), "CLASSROOM": "cnn", "ASSIGNMENT": "areas",
             "SUBMISSION_TAG": "submit/1", "USERNAME": "octocat"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    result = json.loads((checkout / "result.json").read_text())
    assert (result["score"], result["max-score"], result["classroom"]) == (3, 7, "cnn")
    assert (checkout / "release-body.md").is_file() and not (checkout / "imported").exists()


# -- Gradescope -------------------------------------------------------------------------------------------------------


@pytest.fixture
def unpacked(tmp_path: Path, course: Course, capsys: pytest.CaptureFixture[str]) -> Path:
    """Gradescope's folders, with the zip unpacked as its source."""
    zipped = tmp_path / "autograder.zip"
    assert main(["gradescope-zip", "--out", str(zipped), "--course", str(course.root), "--topic", "area"]) == 0
    root = tmp_path / "autograder"
    for name in ("submission", "results"):
        (root / name).mkdir(parents=True)
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(root / "source")
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert stat.S_IMODE(modes["setup.sh"]) == stat.S_IMODE(modes["run_autograder"]) == 0o755
    assert "reference/course.toml" in modes and not any("__pycache__" in name for name in modes)
    return root


def run_autograder(root: Path, home: Path) -> dict[str, Any]:
    """Run the script as Gradescope does; gives results.json."""
    script = (root / "source" / "run_autograder").read_text().replace("/autograder/source", str(root / "source"))
    environment = {"PATH": os.environ["PATH"], "CONVGRADE_AUTOGRADER": str(root), "CONVGRADE_HOME": str(home)}
    done = subprocess.run(["bash", "-c", script], env=environment, cwd="/", capture_output=True, text=True)
    assert done.returncode == 0
    read: dict[str, Any] = json.loads((root / "results" / "results.json").read_text())
    return read


def test_gradescope_grades_a_submission(unpacked: Path, submit: Submit, tmp_path: Path) -> None:
    (submit(WRONG) / "area.py").rename(unpacked / "submission" / "area.py")
    (unpacked / "submission_metadata.json").write_text('{"assignment": {"total_points": "14.0"}}')
    home = tmp_path / "home"
    home.symlink_to(sys.prefix)
    results = run_autograder(unpacked, home)
    assert sum(test["max_score"] for test in results["tests"]) == 14
    assert sum(test["score"] for test in results["tests"]) == pytest.approx(6, abs=0.02)


def test_gradescope_has_a_result_even_where_the_grader_cannot_start(unpacked: Path, tmp_path: Path) -> None:
    results = run_autograder(unpacked, tmp_path / "nowhere")
    assert results["score"] == 0 and "a fault of the autograder" in results["output"]
    assert [file.name for file in (unpacked / "results").iterdir()] == ["results.json"]


def test_both_scripts_are_sound_and_say_what_to_install(unpacked: Path) -> None:
    for name in ("setup.sh", "run_autograder"):
        subprocess.run(["bash", "-n", str(unpacked / "source" / name)], check=True)
        assert "@" not in (unpacked / "source" / name).read_text().replace("[@]", "")
    assert f"convgrade=={__version__}" in (unpacked / "source" / "setup.sh").read_text()
    assert "--topic area --course /autograder/source" in (unpacked / "source" / "run_autograder").read_text()


def test_a_wheel_goes_into_the_zip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = tmp_path / "convgrade-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    zipped = tmp_path / "autograder.zip"
    assert main(["gradescope-zip", "--out", str(zipped), "--wheel", str(wheel)]) == 0
    with zipfile.ZipFile(zipped) as archive:
        assert archive.read(wheel.name) == b"a wheel"
        assert f"install --no-cache-dir /autograder/source/{wheel.name}" in archive.read("setup.sh").decode()
        assert not any(name.startswith("reference") for name in archive.namelist())
    first = zipped.read_bytes()
    assert main(["gradescope-zip", "--out", str(zipped), "--wheel", str(wheel)]) == 0 and zipped.read_bytes() == first
    for wrong in (
        ["--wheel", str(tmp_path / "none.whl")],
        ["--topic", "volume"],
        ["--out", str(tmp_path / "no" / "z.zip")],
    ):
        assert main(["gradescope-zip", "--out", str(zipped), *wrong]) == 2
