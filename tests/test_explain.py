"""`convgrade explain` and `convgrade show-case`: names are found however they are typed, and no answer is shown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.catalogue import Selection, checks_of, find
from grader.cli import main
from grader.course import Course, load_course
from grader.errors import UsageError
from grader.explain import explain, list_topics
from grader.show_case import find_case

ROOT = Path(__file__).parents[1]
Submit = Callable[..., Path]


@pytest.mark.parametrize(
    ("text", "function", "behaviour"),
    [
        ("area/worked_example", "area", "worked_example"), ("area", None, None), ("area/area", "area", None),
        ("scale_forward", "scale_forward", None), ("scale_f", "scale_forward", None), ("scale_f/v", "scale_forward", "values"),
        ("scale-forward", "scale_forward", None), ("any rectangle", "area", "any_rectangle"), ("err", "area", "errors"),
        ("area/area/errors", "area", "errors"), ("area/scale_backward", "scale_backward", None),
    ],
)  # fmt: skip
def test_names_are_found(course: Course, text: str, function: str | None, behaviour: str | None) -> None:
    selection = find(course, text)
    assert (selection.topic.name, selection.function, selection.behaviour) == ("area", function, behaviour)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scale", "'scale' could be scale_forward, scale_backward"),
        ("values", "'values' could be scale_forward/values, scale_backward/values"),
        ("aera", "there is no check, function or topic 'aera'; did you mean area"),
        ("scale_forward/value_errors", "did you mean scale_forward/values"),
        ("nothing_like_it", "`convgrade explain` without a name lists them all"),
        ("area/volume", "there is no check, function or topic 'area/volume'"),
    ],
)
def test_names_that_are_unclear_or_unknown(course: Course, text: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        find(course, text)
    assert message in str(raised.value)


def test_a_topic_is_found_by_its_beginning() -> None:
    course = load_course(ROOT)
    assert find(course, "pool") == Selection(course.topic("pooling"))
    with pytest.raises(UsageError, match=r"'conv' could be conv_output_size, .*"):
        find(course, "conv")


def test_an_explanation_of_a_class_says_how_it_is_made() -> None:
    course = load_course(ROOT)
    text = explain(course, find(course, "UnpoolBlock"))
    assert "\n      def __init__(self, channels: int) -> None:\n" in text
    assert (
        "\n      def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:\n          The pooled" in text
    )


def test_an_explanation_of_a_check(course: Course) -> None:
    text = explain(course, find(course, "area/errors"))
    assert text.startswith("area/errors: 1 point\n  A side below 1 raises ValueError, a side of 1 does not.\n")
    assert "In area.py:" in text and "  def area(height, width):\n      Area of a rectangle.\n" in text


def test_an_explanation_names_what_the_check_builds_on(course: Course) -> None:
    checks = course.topics[0].checks
    checks.write_text(
        checks.read_text().replace(
            '"scale_backward/values", points=2', '"scale_backward/values", points=2, needs=("area/errors",)'
        )
    )
    text = explain(course, find(course, "scale_backward/values"))
    assert "It builds on area/errors: while that is not passed, it is skipped." in text


def test_an_explanation_of_a_function_and_of_a_topic(course: Course) -> None:
    text = explain(course, Selection(course.topics[0], "area"))
    assert text.startswith("area: 4 points\n  worked_example (1): Three rows of four squares have area 12.\n")
    text = explain(course, Selection(course.topics[0]))
    assert (
        "Areas: 7 points, in area.py" in text
        and "Source: Euclid, Elements" in text
        and "scale_backward: 2 points" in text
    )
    assert list_topics(course) == "area: Areas, 7 points\n  area, scale_forward, scale_backward\n"


@pytest.fixture
def hiding(course: Course) -> Course:
    """The tiny course with two checks of areas hidden, and an open one that builds on one of them."""
    checks = course.topics[0].checks
    text = checks.read_text().replace('"area/errors", points=1', '"area/errors", points=1, hidden=True')
    text = text.replace('"area/any_rectangle", points=2', '"area/any_rectangle", points=2, hidden=True')
    checks.write_text(
        text.replace('"scale_forward/values", points=1', '"scale_forward/values", points=1, needs=("area/errors",)')
    )
    return course


SECRETS = ("errors", "below 1", "any_rectangle", "any rectangle", "height times width.")


def test_hidden_checks_are_counted_and_not_explained(hiding: Course) -> None:
    for name, words in {
        "area/area": "hidden (3): 2 more",
        "area": "hidden (3): 2 more",
        "area/hidden_1": "area/hidden_1: 2 points\n  Hidden check: what it asks is not shown.\n",
        "area/hidden_2": "area/hidden_2: 1 point\n",
        "scale_forward/values": "It builds on area/hidden_2: while that is not passed",
    }.items():
        text = explain(hiding, find(hiding, name)).partition("In area.py")[0]
        assert words in text and not any(secret in text for secret in SECRETS)
    for name in ("area/errors", "errors", "any rectangle", "area/err"):
        with pytest.raises(UsageError, match="there is no check") as raised:
            find(hiding, name)
        assert not any(secret in str(raised.value).partition(";")[2] for secret in SECRETS)


def test_an_instructor_sees_hidden_checks_where_they_ask(hiding: Course, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--course", str(hiding.root)]
    assert main(["explain", "errors", "--show-hidden", *place]) == 0
    text = capsys.readouterr().out
    assert text.startswith("area/errors: 1 point\n  [hidden] A side below 1 raises ValueError, a side of 1 does not.\n")
    assert main(["explain", "area/area", "--show-hidden", *place]) == 0
    text = capsys.readouterr().out
    assert "any_rectangle (2): [hidden] The area is height times width." in text and "more" not in text
    assert main(["explain", "area/hidden_1", "--show-hidden", *place]) == 2


def test_no_case_is_shown_of_a_hidden_check(hiding: Course, submit: Submit, capfd: pytest.CaptureFixture[str]) -> None:
    path, place = str(submit(("return height * width", "return width * width"))), ["--course", str(hiding.root)]
    assert main(["show-case", "area/hidden_1", path, *place]) == 1
    assert capfd.readouterr() == ("", "convgrade: no case is shown of a hidden check\n")
    assert main(["show-case", "area/hidden_2", path, *place]) == 1
    assert capfd.readouterr().err == "convgrade: area/hidden_2 is passed: there is no failing case\n"
    assert main(["show-case", "any_rectangle", path, *place]) == 2
    assert "any_rectangle'; " in capfd.readouterr().err
    assert main(["show-case", "any_rectangle", path, "--show-hidden", *place]) == 0
    assert capfd.readouterr().out.startswith("from area import area\n\nsize = area(2, 1)\n")


def test_every_function_of_this_course_is_explained_without_its_solution() -> None:
    course = load_course(ROOT)
    for topic in course.topics[:2]:
        solution = (ROOT / "solutions" / topic.file).read_text("utf-8")
        for function in topic.functions:
            text = explain(course, Selection(topic, function))
            assert f"def {function}(" in text and "Example" in text and "# solution" not in text
            assert all(len(line) <= 124 for line in text.splitlines())
            body = (
                solution.partition(f"def {function}(")[2]
                .partition("# solution begins\n")[2]
                .partition("# solution ends")[0]
            )
            assert body.strip() and body.strip().splitlines()[-1].strip() not in text
        assert {spec.function for spec in checks_of(course, topic)} == set(topic.functions)


def test_a_case_is_a_script_that_runs(course: Course, submit: Submit, capfd: pytest.CaptureFixture[str]) -> None:
    path = submit(("return height * width", "return 2 * (height + width)"))
    assert main(["show-case", "any_rectangle", str(path), "--course", str(course.root)]) == 0
    out, err = capfd.readouterr()
    assert out == "from area import area\n\nsize = area(1, 1)\nprint(size)  # wanted: 1\n" and err == ""
    result = subprocess.run([sys.executable, "-c", out], cwd=path, capture_output=True, text=True, check=True)
    assert result.stdout == "4\n"


def test_a_function_gives_its_first_failing_case(course: Course, submit: Submit) -> None:
    path = submit(("np.sum(dout * x)", "np.mean(dout * x)"))
    case = find_case(course, find(course, "scale_backward"), path, 0)
    assert case.script is not None and "dx, dfactor = scale_backward(dout, cache)" in case.script


def test_where_there_is_no_case(course: Course, submit: Submit, capfd: pytest.CaptureFixture[str]) -> None:
    place = ["--course", str(course.root)]
    assert main(["show-case", "area/errors", str(submit()), *place]) == 1
    assert capfd.readouterr() == ("", "convgrade: area/errors is passed: there is no failing case\n")
    stub = submit(source="def area(height, width):\n    raise NotImplementedError\n")
    assert main(["show-case", "scale_forward", str(stub), *place]) == 1
    out, err = capfd.readouterr()
    assert out == "" and "scale_forward is not written yet" in err
    assert main(["show-case", "nothing_like_it", str(stub), *place]) == 2
