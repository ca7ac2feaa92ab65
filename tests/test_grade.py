"""`grade`: what each kind of submission gets, and what the report says about it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from grader import grade
from grader.course import Course
from grader.errors import CourseError, InternalFault, SubmissionUnreadable, UsageError
from grader.results import CheckResult, Outcome, Report
from grader.workshop import Workshop

Submit = Callable[..., Path]


def check(report: Report, name: str) -> CheckResult:
    """The check of that name."""
    return next(c for topic in report.topics for c in topic.checks if c.name == name)


def outcomes(report: Report) -> dict[str, str]:
    """Outcome by check name."""
    return {c.name: str(c.outcome) for topic in report.topics for c in topic.checks}


def test_the_solution_gets_full_marks(course: Course, submit: Submit) -> None:
    report = grade(submit(), course=course)
    assert set(outcomes(report).values()) == {"passed"}
    assert report.points_earned == report.points_possible == 7


def test_two_runs_give_the_same_report_to_the_letter(course: Course, submit: Submit) -> None:
    path = submit(("return height * width", "return height + width"))
    first, second = (grade(path, course=course).to_dict() for _ in range(2))
    for report in (first, second):
        del report["duration_s"]
        for topic in report["topics"]:
            for entry in topic["checks"]:
                del entry["duration_s"]
    assert first == second


def test_another_seed_draws_other_cases(course: Course, submit: Submit) -> None:
    path = submit(("return height * width", "return height * width + (width == 7)"))
    calls = {check(grade(path, course=course, seed=seed), "area/any_rectangle").failure for seed in range(4)}
    assert len(calls) >= 1
    assert grade(path, course=course, seed=3).seed == 3


def test_a_wrong_answer_is_shown_by_a_small_case_and_named(course: Course, submit: Submit) -> None:
    report = grade(submit(("return height * width", "return 2 * (height + width)")), course=course)
    result = check(report, "area/any_rectangle")
    assert result.outcome is Outcome.FAILED
    assert result.failure is not None
    assert (result.failure.wanted, result.failure.got) == (1, 4)
    assert result.failure.call == "area(height=1, width=1)"
    assert [m.slug for m in result.misconceptions] == ["perimeter-for-area"]
    assert report.points_earned == 3


def test_the_better_explanation_wins_where_a_check_fits_two(course: Course, submit: Submit) -> None:
    """For the worked example 3 x 4 both sides matter; a squared height is told from the perimeter by the other checks."""
    report = grade(submit(("return height * width", "return height * height")), course=course)
    for name in ("area/worked_example", "area/any_rectangle"):
        assert [m.slug for m in check(report, name).misconceptions] == ["height-squared"]


def test_no_misconception_is_named_where_none_fits(course: Course, submit: Submit) -> None:
    report = grade(submit(("return height * width", "return height * width + 1")), course=course)
    assert check(report, "area/any_rectangle").misconceptions == ()


def test_the_script_shows_the_same_wrong_output_without_the_grader(
    course: Course, submit: Submit, tmp_path: Path
) -> None:
    path = submit(("np.sum(dout * x)", "np.mean(dout * x)"))
    result = check(grade(path, course=course), "scale_backward/values")
    assert result.failure is not None and result.failure.reproduce is not None
    ast.parse(result.failure.reproduce)
    run = subprocess.run(
        [sys.executable, "-c", result.failure.reproduce], cwd=path, capture_output=True, text=True, check=True
    )
    assert float(run.stdout) == pytest.approx(result.failure.got)
    assert [m.slug for m in result.misconceptions] == ["mean-for-sum"]


def test_an_exception_shows_the_students_frames_only(course: Course, submit: Submit) -> None:
    report = grade(submit(("x, factor = cache", "x, factor = cache[0]")), course=course)
    result = check(report, "scale_backward/values")
    assert result.outcome is Outcome.CRASHED
    assert result.failure is not None and result.failure.exception is not None
    frames = result.failure.exception.frames
    assert [(frame.file, frame.function) for frame in frames] == [("area.py", "scale_backward")]
    assert frames[0].code == "x, factor = cache[0]"
    assert outcomes(report)["scale_forward/values"] == "passed"


def test_what_is_printed_is_shown_with_the_failure(course: Course, submit: Submit) -> None:
    path = submit(("return height * width", "print('sides', height, width); return 0"))
    failure = check(grade(path, course=course), "area/any_rectangle").failure
    assert failure is not None and failure.output == "sides 1 1\n"


def test_folders_of_one_run_are_in_no_report(course: Course, submit: Submit) -> None:
    """The copy that is graded has another name each time, and so would the report of the same work."""
    printed = "import os; print(os.path.abspath(__file__), os.getcwd() + '/x'); return 0"
    failure = check(grade(submit(("return height * width", printed)), course=course), "area/any_rectangle").failure
    assert failure is not None and failure.output == "area.py x\n"
    raised = "raise RuntimeError(__file__)"
    failure = check(grade(submit(("return height * width", raised)), course=course), "area/any_rectangle").failure
    assert failure is not None and failure.exception is not None and failure.exception.message == "area.py"


def test_a_stub_gets_nothing_and_is_told_so_once(course: Course, submit: Submit) -> None:
    report = grade(submit(("return height * width", "raise NotImplementedError")), course=course)
    assert outcomes(report) == {
        "area/worked_example": "failed",
        "area/any_rectangle": "skipped",
        "area/errors": "skipped",
        "scale_forward/values": "passed",
        "scale_backward/values": "passed",
    }


def test_a_missing_forward_skips_the_backward(course: Course, submit: Submit) -> None:
    report = grade(submit(("def scale_forward", "def another_name")), course=course)
    assert outcomes(report)["scale_forward/values"] == "failed"
    assert outcomes(report)["scale_backward/values"] == "skipped"
    failure = check(report, "scale_backward/values").failure
    assert failure is not None and "scale_forward" in failure.what
    assert report.points_earned == 4


def test_a_wrong_structure_is_told_in_the_contracts_words(course: Course, submit: Submit) -> None:
    report = grade(submit(("return x * factor, (x, factor)", "return x * factor")), course=course)
    failure = check(report, "scale_forward/values").failure
    assert failure is not None
    assert failure.wanted == "a tuple (out, cache)"


@pytest.mark.parametrize(
    ("source", "outcome", "words"),
    [
        ("def area(:\n", "crashed", "not valid Python"),
        ("import numpy\nraise RuntimeError('boom')\n", "crashed", "raised RuntimeError"),
        ("import torch\n", "crashed", "raised ModuleNotFoundError"),
        ("import os\nos._exit(0)\n", "crashed", "ended the process"),
        ("import sys\nsys.exit()\n", "crashed", "raised SystemExit"),
    ],
)
def test_a_file_that_cannot_be_imported_costs_its_topic(
    course: Course, submit: Submit, source: str, outcome: str, words: str
) -> None:
    report = grade(submit(source=source), course=course)
    assert report.points_earned == 0
    assert words in (report.topics[0].problem or "")
    found = list(outcomes(report).values())
    assert found[0] == outcome and set(found[1:]) == {"skipped"}


def test_a_missing_file_costs_its_topic(course: Course, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    report = grade(tmp_path / "empty", course=course)
    assert report.topics[0].problem == "area.py was not handed in"
    assert report.points_earned == 0 and report.points_possible == 7


def test_a_file_and_a_zip_are_graded_like_a_folder(course: Course, submit: Submit, tmp_path: Path) -> None:
    folder = submit()
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(folder / "area.py", "somewhere/area.py")
    for path in (folder / "area.py", tmp_path / "all.zip"):
        assert grade(path, course=course).points_earned == 7


def test_helper_files_beside_the_topics_file_can_be_imported(course: Course, submit: Submit) -> None:
    folder = submit(
        ("import numpy as np", "import numpy as np\nfrom mine import multiply"),
        ("height * width", "multiply(height, width)"),
    )
    (folder / "mine.py").write_text("def multiply(a, b):\n    return a * b\n")
    assert grade(folder, course=course).points_earned == 7


def test_an_endless_loop_costs_its_function_only(course: Course, submit: Submit) -> None:
    report = grade(submit(("return height * width", "\n    while True: pass")), course=course)
    assert outcomes(report)["area/any_rectangle"] == "timed_out"
    assert report.points_earned == 3


def test_isolation_is_reported(course: Course, submit: Submit) -> None:
    isolation = grade(submit(), course=course).isolation
    assert isolation.level in ("full", "partial")
    assert isolation.protections["own_session"] is (sys.platform != "win32")
    assert (isolation.level == "full") == all(isolation.protections.values())


def test_usage_errors(course: Course, submit: Submit, tmp_path: Path) -> None:
    with pytest.raises(SubmissionUnreadable, match="does not exist"):
        grade(tmp_path / "nothing", course=course)
    with pytest.raises(CourseError, match="no topic 'other'; this course has area"):
        grade(submit(), ["other"], course=course)
    with pytest.raises(UsageError, match="device 'tpu' is none of"):
        grade(submit(), device="tpu", course=course)
    (tmp_path / "homework.py").write_text("")
    with pytest.raises(UsageError, match="has no function of the course"):
        grade(tmp_path / "homework.py", course=course)


def test_a_fault_in_a_check_is_ours_and_earns_nothing(course: Course, submit: Submit) -> None:
    checks = course.topics[0].checks
    checks.write_text(checks.read_text().replace("oracle.area(*case), what", "oracle.no_such(*case), what"))
    report = grade(submit(), course=course)
    assert outcomes(report)["area/any_rectangle"] == "internal_error"
    assert [c.name for c in report.internal_errors] == ["area/any_rectangle"]
    assert "no_such" in report.faults[0]
    assert report.points_earned == Fraction(5)


def test_checks_that_cannot_be_collected_are_our_fault(course: Course, submit: Submit) -> None:
    course.topics[0].checks.write_text("import nothing_of_this_name\n")
    with pytest.raises(InternalFault, match="nothing_of_this_name"):
        grade(submit(), course=course)


def test_points_that_do_not_add_up_are_the_courses_mistake(course: Course, submit: Submit) -> None:
    checks = course.topics[0].checks
    checks.write_text(checks.read_text().replace('"area/errors", points=1', '"area/errors", points=2'))
    with pytest.raises(CourseError, match=r"gives area 7 points, its checks add up to 8$"):
        grade(submit(), course=course)


def test_a_wrong_marker_is_the_courses_mistake(course: Course, submit: Submit) -> None:
    checks = course.topics[0].checks
    checks.write_text(checks.read_text().replace('"area/errors"', '"aera/errors"'))
    with pytest.raises(CourseError, match=r"test_area\.py::test_errors: 'aera/errors' is not 'function/behaviour'"):
        grade(submit(), course=course)


def test_a_check_without_a_marker_is_named_where_points_are_missing(course: Course, submit: Submit) -> None:
    checks = course.topics[0].checks
    checks.write_text(re.sub(r'@pytest.mark.check\("area/errors".*\n', "", checks.read_text()))
    with pytest.raises(
        CourseError, match=r"add up to 6; these tests have no check marker: .*test_area\.py::test_errors$"
    ):
        grade(submit(), course=course)


def test_a_conftest_or_numpy_beside_the_submission_is_never_imported(
    course: Course, submit: Submit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = submit()
    for name in ("conftest.py", "sitecustomize.py"):
        (folder / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--nonsense")
    assert grade(".", course=course).points_earned == 7
    assert not (tmp_path / "ran").exists()


def test_later_submissions_are_judged_by_the_same_suite(course: Course, submit: Callable[..., Path]) -> None:
    """Without collecting again, and to the letter as the first time."""
    workshop = Workshop()
    paths = [submit(), submit(("return height * width", "return height + width")), submit()]

    def graded(path: Path, own: Workshop) -> dict[str, Any]:
        report = grade(path, course=course, workshop=own).to_dict()
        for check in [report, *report["topics"][0]["checks"]]:
            del check["duration_s"]
        return report

    try:
        alone = []
        for path in paths:
            fresh = Workshop()
            alone.append(graded(path, fresh))
            fresh.close()
        first = graded(paths[0], workshop)
        assert workshop.suites.find(course, course.topics) is not None
        assert [first, graded(paths[1], workshop), graded(paths[2], workshop)] == alone
    finally:
        workshop.close()


def test_pytests_own_failures_are_failures(course: Course, submit: Callable[..., Path]) -> None:
    checks = course.topics[0].checks
    text = checks.read_text().replace(
        'expect_integer(student.area(3, 4), 12, what="the area")', 'pytest.fail("no area")'
    )
    checks.write_text(text)
    for _ in range(2):
        first = grade(submit(), course=course).topics[0].checks[0]
        assert (first.outcome, first.failure and first.failure.what) == (Outcome.FAILED, "no area")


@pytest.mark.parametrize(
    "line",
    [
        "n = int(input())",
        "import matplotlib.pyplot as plt",
        "display(1)",
        "data = open('data.csv').read()",
    ],
)
def test_what_is_lacking_at_import_costs_only_what_depends_on_it(course: Course, submit: Submit, line: str) -> None:
    path = submit()
    file = path / "area.py"
    file.write_text(f"import math\n{line}\n{file.read_text()}\nprint(area(1, 1))\n")
    report = grade(path, course=course)
    assert report.points_earned == 7 and report.topics[0].problem is None
    (note,) = report.notes
    assert note.startswith("area.py, line 2: importing the file raised ")


@pytest.mark.parametrize(
    ("guard", "points"), [("ImportError", 7), ("(ModuleNotFoundError, OSError)", 7), ("ValueError", 0)]
)
def test_a_package_that_was_taken_for_none_costs_what_depends_on_it(
    course: Course, submit: Submit, guard: str, points: int
) -> None:
    path = submit()
    file = path / "area.py"
    start = f"try:\n    import numpy.plots as plt\nexcept {guard}:\n    plt = None\n"
    if guard == "ValueError":
        start = "plt = None\n"
    file.write_text(f"{start}\n{file.read_text()}\nplt.plot([1, 2])\n")
    assert grade(path, course=course).points_earned == points


def test_a_function_that_needs_the_line_that_fails_is_told_so(course: Course, submit: Submit) -> None:
    path = submit(("return height * width", "return FACTOR * height * width"))
    file = path / "area.py"
    file.write_text(f"{file.read_text()}\nFACTOR = int(input())\n")
    report = grade(path, course=course)
    assert report.points_earned == 3
    assert "area.py raised EOFError: EOF when reading a line, so what it defines is missing" in report.notes
    failure = check(report, "area/any_rectangle").failure
    assert failure is not None and failure.exception is not None and failure.exception.frames[0].file == "area.py"


@pytest.mark.parametrize(
    "end", ["import sys\nsys.exit(0)", "import unittest\nunittest.main()", "raise SystemExit('done')"]
)
def test_a_file_that_ends_the_program_has_what_it_defined_by_then(course: Course, submit: Submit, end: str) -> None:
    path = submit()
    source = (path / "area.py").read_text()
    (path / "area.py").write_text(f"{source}\n\n{end}\n\n\ndef area(height, width):\n    return 0\n")
    report = grade(path, course=course)
    assert report.points_earned == report.points_possible
    line = source.count("\n") + 2 + end.count("\n") + 1
    assert f"area.py, line {line}, ends the program (SystemExit), so nothing below it counts" in report.notes


@pytest.mark.parametrize(
    ("name", "told"), [("scaleforward", True), ("scale_foward", True), ("resize", False), ("scale_backward2", False)]
)
def test_a_function_of_nearly_the_name_is_told(course: Course, submit: Submit, name: str, told: bool) -> None:
    report = grade(submit(("def scale_forward", f"def {name}")), course=course)
    failure = check(report, "scale_forward/values").failure
    assert failure is not None and failure.what.startswith("scale_forward is not written yet: there is no function")
    assert (f"there is {name} in the file, which is another name" in failure.what) == told


@pytest.mark.parametrize(
    ("source", "note"),
    [
        ("", "pooling.py defines none of the functions of pooling"),
        (
            "relu_forward = relu_backward = print",
            "pooling.py defines none of the functions of pooling; it has those of layers",
        ),
        ("def __getattr__(name):\n    raise AttributeError", None),
        ("max_unpool = None\nmax_pool_forward = print", None),
    ],
)
def test_a_file_without_any_function_of_its_topic_is_told(tmp_path: Path, source: str, note: str | None) -> None:
    (tmp_path / "pooling.py").write_text(f"{source}\n")
    report = grade(tmp_path, ["pooling"], only="global_avg_pool_forward/values")
    assert list(report.notes) == ([note] if note is not None else [])


def test_functions_below_the_end_of_the_program_are_missing(course: Course, submit: Submit) -> None:
    path = submit()
    source = (path / "area.py").read_text()
    first = source.index("\ndef scale_forward")
    (path / "area.py").write_text(f"{source[:first]}\nraise SystemExit\n{source[first:]}")
    report = grade(path, course=course)
    assert 0 < report.points_earned < report.points_possible
    assert any("ends the program" in note for note in report.notes)


@pytest.mark.parametrize("end", ["1 / 0", "raise RuntimeError", "print(aera(2, 3))", "x = ("])
def test_an_import_that_fails_by_itself_costs_the_topic(course: Course, submit: Submit, end: str) -> None:
    report = grade(submit(source=f"def area(height, width):\n    return height * width\n\n\n{end}\n"), course=course)
    assert report.points_earned == 0 and report.topics[0].problem is not None and not report.notes


def test_a_failing_import_without_a_function_is_told_once(course: Course, submit: Submit) -> None:
    report = grade(submit(source="import shapes\n\narea = shapes.area\n"), course=course)
    assert (report.topics[0].problem or "").startswith("importing area.py raised ModuleNotFoundError")
