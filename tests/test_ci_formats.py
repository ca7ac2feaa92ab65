"""What CI systems read, as their consumers read it; and no text in it is ever a command, a link or markup."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hostile_text import HOSTILE, filled
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from test_golden import made_up
from test_html import Page

from grader.report.annotations import command, to_annotations
from grader.report.classroom import JSON_BYTES, to_classroom
from grader.report.classroom50 import Identity, to_classroom50, to_release_body
from grader.report.gradescope import to_gradescope
from grader.report.junit import to_junit
from grader.report.places import Place, Places
from grader.report.scores import exact, rounded, scale_to_whole, unit_of
from grader.report.summary import to_summary
from grader.results import CheckResult, Failure, Late, LateTopic, Outcome, Report

SCHEMAS = Path(__file__).parent / "schemas"
IDENTITY = Identity("cnn-2026", "batchnorm", "submit/1", "https://c", "https://r", "https://v", "2026-11-25T00:00:00Z")
UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def schema(name: str) -> Any:
    """A schema of tests/schemas."""
    return json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))


def with_points(*pairs: tuple[str, str]) -> Report:
    """A report of one topic whose checks have these points, earned and possible."""
    checks = tuple(
        CheckResult(
            f"forward/check_{number}", "What it asks.", Outcome.PASSED if earned == possible else Outcome.FAILED,
            Fraction(earned), Fraction(possible), None if earned == possible else Failure("wrong"),
        )
        for number, (earned, possible) in enumerate(pairs)
    )  # fmt: skip
    report = made_up()
    return dataclasses.replace(report, topics=(dataclasses.replace(report.topics[0], checks=checks),))


def with_fault(report: Report) -> Report:
    """The report with its first check not judged, by a fault of ours."""
    topic = report.topics[0]
    ours = dataclasses.replace(topic.checks[0], outcome=Outcome.INTERNAL_ERROR, points_earned=Fraction(0))
    return dataclasses.replace(
        report, topics=(dataclasses.replace(topic, checks=(ours, *topic.checks[1:])), *report.topics[1:])
    )


def lines_as_a_runner_reads_them(text: str) -> list[str]:
    """Lines also end at a bare carriage return."""
    return re.split(r"\r\n|\r|\n", text)


# -- points as numbers ------------------------------------------------------------------------------------------------

POINTS = {
    "whole": [("1", "1"), ("0", "2"), ("3", "3")],
    "halves": [("0.5", "0.5"), ("0", "1.5"), ("2", "2")],
    "thirds": [("1/3", "1/3"), ("0", "1/3"), ("1/3", "1/3")],
    "tenths": [("0.1", "0.1")] * 7 + [("0", "0.1")] * 3,
    "partial": [("0.9", "1"), ("0.45", "0.5"), ("0", "1")],
    "nothing": [("0", "1"), ("0", "0.5")],
}


@pytest.mark.parametrize(
    ("parts", "whole"), [(["0.5", "0.5", "1"], [1, 0, 1]), (["1/3"] * 3, [1, 0, 0]), ([], []), (["0.9", "0.9"], [1, 0])]
)
def test_rounding_keeps_the_sum(parts: list[str], whole: list[int]) -> None:
    assert rounded([Fraction(part) for part in parts]) == whole


def test_units_and_scales() -> None:
    assert unit_of(with_points(("0", "1.5"), ("1", "1"))) == Fraction(1, 2)
    assert unit_of(with_points(("0", "6"), ("4", "4"))) == 2
    assert scale_to_whole(with_points(("0", "1.5"), ("1/3", "1/3"))) == 6
    assert exact(Fraction(3, 8)) and not exact(Fraction(1, 10))


# -- GitHub Classroom -------------------------------------------------------------------------------------------------


def classroom(report: Report) -> dict[str, Any]:
    """The payload as the reporter decodes it."""
    payload: dict[str, Any] = json.loads(base64.b64decode(to_classroom(report), validate=True).decode("utf-8"))
    jsonschema.validate(payload, schema("classroom"))
    return payload


def console_total(payload: dict[str, Any]) -> float:
    """What the reporter's table shows: passed tests over all tests, times max_score."""
    passed = sum(test["status"] == "pass" for test in payload["tests"])
    return passed / len(payload["tests"]) * float(payload["max_score"])


@pytest.mark.parametrize("name", POINTS)
def test_both_figures_of_the_reporter_agree_and_are_exact(name: str) -> None:
    report = with_points(*POINTS[name])
    payload = classroom(report)
    earned = sum(test["score"] for test in payload["tests"])
    assert sum(test["max_score"] for test in payload["tests"]) == payload["max_score"]
    assert console_total(payload) == pytest.approx(earned, abs=1e-9)
    assert Fraction(earned) <= report.points_earned / report.points_possible * Fraction(payload["max_score"])
    if name != "partial":  # whose tenths of a unit are rounded down
        assert Fraction(earned) / Fraction(payload["max_score"]) == report.points_earned / report.points_possible
    assert len(f"{earned:g}") < 8  # no 0.30000000000000004


def late(report: Report, percent: str) -> Report:
    """The report of someone who came two days late, which takes so much off every topic."""
    off = Fraction(percent)
    topics = tuple(
        LateTopic(topic.name, "2026-03-01T12:00:00+00:00", 2, off, topic.points_earned * (100 - off) / 100)
        for topic in report.topics
    )
    return dataclasses.replace(report, late=Late("2026-03-03T12:00:00+00:00", topics))


@pytest.mark.parametrize("percent", ["0", "10", "100/3", "50", "100"])
@pytest.mark.parametrize("name", POINTS)
def test_lateness_takes_its_share_wherever_points_go(name: str, percent: str) -> None:
    in_time = with_points(*POINTS[name])
    report = late(in_time, percent)
    unit, possible = unit_of(report), report.points_possible
    payload = classroom(report)
    earned = sum(test["score"] for test in payload["tests"])
    assert payload["max_score"] == classroom(in_time)["max_score"]
    assert console_total(payload) == pytest.approx(earned, abs=1e-9)
    share = Fraction(earned) / Fraction(payload["max_score"]) * possible
    floors = sum(check.points_earned // unit * unit for check in report.topics[0].checks)
    assert min(report.points_counted, floors) - unit / 2 <= share <= report.points_counted + unit / 2
    result = classroom50(report)
    assert 0 <= report.points_counted / possible - Fraction(result["score"], result["max-score"]) < Fraction(1, 100)
    assert result["score"] == sum(test["score"] for test in result["tests"])
    assert [test["passed"] for test in result["tests"]] == [test["passed"] for test in classroom50(in_time)["tests"]]
    assert result["max-score"] == classroom50(late(in_time, "0"))["max-score"]
    assert all(0 <= test["score"] <= test["max-score"] for test in result["tests"])
    for total in (None, Fraction(20)):
        results = gradescope(report, total)
        wanted = report.points_counted * (total / possible if total else 1)
        scored = results.get("score", sum(test["score"] for test in results["tests"]))
        assert scored == pytest.approx(float(wanted), abs=0.0051 + 0.01 * (percent == "0"))
        assert ("score" in results) == (report.points_counted != report.points_earned)
        assert results["tests"] == gradescope(in_time, total)["tests"]


def test_what_lateness_takes_off_is_told_where_it_is_taken() -> None:
    report = late(with_points(("1", "1"), ("1", "1"), ("0", "1"), ("1", "1")), "50")
    tests = classroom(report)["tests"]
    assert [test["status"] for test in tests] == ["pass", "pass", "fail", "fail"]
    assert [test["message"] for test in tests] == ["", "", "wrong", "handed in late"]
    suite = next(iter(JUnitXml.fromstring(to_junit(report).encode())))
    assert [p.value for p in suite.properties() if p.name == "points_counted"] == ["1.5"]


def test_points_that_are_exact_stay_points() -> None:
    payload = classroom(made_up())
    assert payload["max_score"] == 20.5
    assert sum(test["score"] for test in payload["tests"]) == 1.5


def test_error_is_for_our_own_faults() -> None:
    assert classroom(made_up())["status"] == "fail"
    assert {test["status"] for test in classroom(made_up())["tests"]} == {"pass", "fail"}
    payload = classroom(with_fault(made_up()))
    assert payload["status"] == "error" and payload["max_score"] == 20.5
    assert {test["status"] for test in payload["tests"] if "passed" in test["name"]} == {"error"}
    assert classroom(with_points(("1", "1")))["status"] == "pass"


@pytest.mark.parametrize(("count", "tests"), [(300, 300), (600, 600), (5000, 1)])
def test_the_payload_stays_below_what_a_runner_can_pass_on(count: int, tests: int) -> None:
    report = with_points(*[("0", "1")] * count)
    payload = classroom(report)
    assert len(to_classroom(report)) <= JSON_BYTES * 4 / 3 + 4 < 128 * 1024
    assert len(payload["tests"]) == tests and payload["max_score"] == count


def test_worth_of_many_units_a_check_becomes_a_test() -> None:
    payload = classroom(with_points(("100", "100"), ("0", "1000"), ("1", "1")))
    assert [(test["score"], test["max_score"]) for test in payload["tests"]] == [(100, 100), (0, 1000), (1, 1)]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_the_reporter_prints_raw_is_one_harmless_line(name: str) -> None:
    payload = classroom(filled(made_up(), HOSTILE[name]))
    for test in payload["tests"]:
        for text in (test["name"], test["message"]):
            assert not UNSAFE.search(text) and "\n" not in text and "##[" not in text
            assert not text.lstrip().startswith("::")
        assert test["test_code"] == "" and test["line_no"] == 0


# -- Classroom 50 -----------------------------------------------------------------------------------------------------


def classroom50(report: Report, identity: Identity = IDENTITY) -> dict[str, Any]:
    """The result as its schema has it."""
    result: dict[str, Any] = json.loads(to_classroom50(report, identity))
    jsonschema.validate(result, schema("classroom50"))
    return result


@pytest.mark.parametrize("name", POINTS)
def test_whole_scores_add_up(name: str) -> None:
    report = with_points(*POINTS[name])
    result = classroom50(report)
    scale = scale_to_whole(report)
    assert result["max-score"] == report.points_possible * scale
    assert result["score"] == int(report.points_earned * scale)
    for test, check in zip(result["tests"], report.topics[0].checks, strict=True):
        assert 0 <= test["score"] <= test["max-score"]
        assert test["passed"] is (check.points_earned == check.points_possible)


def test_the_scale_does_not_depend_on_what_was_earned() -> None:
    right, wrong = with_points(("0.5", "0.5"), ("1", "1")), with_points(("0", "0.5"), ("0.9", "1"))
    assert classroom50(right)["max-score"] == classroom50(wrong)["max-score"] == 3


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_hostile_in_a_result(name: str) -> None:
    hostile = Identity(*[HOSTILE[name]] * 7)
    result = classroom50(filled(made_up(), HOSTILE[name]), hostile)
    for text in [*(result[key] for key in ("classroom", "review")), *(test["test-name"] for test in result["tests"])]:
        assert text and not UNSAFE.search(text) and "\n" not in text


# -- Gradescope -------------------------------------------------------------------------------------------------------


def gradescope(report: Report, *arguments: Any) -> dict[str, Any]:
    """The results as their documentation has them."""
    results: dict[str, Any] = json.loads(to_gradescope(report, *arguments))
    jsonschema.validate(results, schema("gradescope"))
    return results


@pytest.mark.parametrize("name", [*POINTS, "made up"])
@pytest.mark.parametrize("total", ["20", "100", "7", "33.3"])
def test_scaled_points_add_up_to_the_assignments(name: str, total: str) -> None:
    report = with_points(*POINTS[name]) if name in POINTS else made_up()
    tests = gradescope(report, Fraction(total))["tests"]
    hundredths = [(round(100 * test["score"]), round(100 * test["max_score"])) for test in tests]
    assert sum(possible for _, possible in hundredths) == Fraction(total) * 100
    assert (
        abs(
            sum(earned for earned, _ in hundredths)
            - report.points_earned / report.points_possible * Fraction(total) * 100
        )
        < 3
    )
    assert all(0 <= earned <= possible for earned, possible in hundredths)


def test_full_marks_stay_full() -> None:
    tests = gradescope(with_points(*[("1/3", "1/3")] * 7), Fraction(10))["tests"]
    assert all(test["score"] == test["max_score"] for test in tests)


def test_no_score_at_the_top_and_one_output_a_check() -> None:
    results = gradescope(made_up())
    assert "score" not in results
    assert [test["max_score"] for test in results["tests"]] == [1.5, 2, 2, 2, 2, 2, 2, 3, 4]
    assert "wanted 1.25, got -0.5" in results["tests"][2]["output"]
    assert {test["visibility"] for test in results["tests"]} == {"visible"}


@pytest.mark.parametrize("name", HOSTILE)
def test_gradescopes_texts_are_plain(name: str) -> None:
    results = gradescope(filled(made_up(), HOSTILE[name]))
    for text in [results["output"], *(test["output"] for test in results["tests"])]:
        assert not UNSAFE.search(text) and len(text) < 11_000


# -- JUnit ------------------------------------------------------------------------------------------------------------


def test_a_reader_of_junit_finds_every_check() -> None:
    report = made_up()
    suites = list(
        JUnitXml.fromstring(to_junit(report, Places({}, {"forward": Place("layers.py", 12)})).encode("utf-8"))
    )
    assert [(suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) for suite in suites] == [
        ("Layers", 8, 6, 0, 1),
        ("Pooling", 1, 1, 0, 0),
    ]
    cases = [(case.classname, case.name) for suite in suites for case in suite]
    assert len(cases) == len(set(cases)) == 9
    value = next(case for case in suites[0] if case.name == "forward/value")
    assert value.result[0].type == "failed" and "0/2 points" in value.result[0].message
    assert "wanted 1.25, got -0.5" in value.result[0].text
    assert (value._elem.get("file"), value._elem.get("line")) == ("layers.py", "12")
    points = [(item.get("name"), item.get("value")) for item in value._elem.iter("property")]
    assert points == [("points_earned", "0"), ("points_possible", "2")]
    assert value.system_out == "a line\n" * 30


def test_junits_texts_say_what_its_messages_say_and_link_to_no_file() -> None:
    """GitLab shows the text alone where there is one, and makes a link of what names an attachment."""
    text = to_junit(filled(made_up(), "[[ATTACHMENT|../../x.png]]"))
    texts = [element.text or "" for element in ElementTree.fromstring(text).iter()]
    assert not any("[[ATTACHMENT|" in one for one in texts)
    assert any("[[ATTACHMENT |../../x.png]]" in one for one in texts)
    for case in next(iter(JUnitXml.fromstring(text.encode()))):
        for result in case.result:
            assert (result.text or "").startswith(result.message.partition(":")[0])


def test_an_error_in_junit_is_a_fault_of_ours() -> None:
    suite = next(iter(JUnitXml.fromstring(to_junit(with_fault(made_up())).encode("utf-8"))))
    assert (suite.errors, suite.failures) == (1, 6)
    assert [case.name for case in suite if case.result and type(case.result[0]).__name__ == "Error"] == [
        "forward/passed"
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_in_junit(name: str) -> None:
    text = to_junit(
        filled(made_up(), HOSTILE[name]), Places({}, {HOSTILE[name].partition("/")[0]: Place(HOSTILE[name], 1)})
    )
    assert "<!DOCTYPE" not in text and "<!--" not in text and not UNSAFE.search(text)
    assert "]]>" not in text
    suites = list(JUnitXml.fromstring(text.encode("utf-8")))
    assert sum(len(list(suite)) for suite in suites) == 9
    assert {element.tag for element in JUnitXml.fromstring(text.encode("utf-8"))._elem.iter()} <= {
        "testsuites", "testsuite", "testcase", "properties", "property", "failure", "skipped", "system-out",
    }  # fmt: skip


# -- the step summary -------------------------------------------------------------------------------------------------


def rendered(markdown: str) -> Page:
    """The Markdown as GitHub renders it: CommonMark with tables and strikethrough, HTML let through."""
    return Page(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))


def test_the_summary_says_what_the_report_says() -> None:
    page = rendered(to_summary(made_up()))
    for words in (
        "A made-up course", "1.5 of 20.5 points, 7.3 %", "Layers: 1.5 of 16.5 points", "forward/value", "0/2",
        "wanted 1.25, got -0.5 at index [1, 2]", "Probably: rows for columns.", "Observed: right for square inputs",
        "not written yet: 0 of 3 points", "layers.py, line 12 in forward", "Isolation: partial", "importing pooling.py raised",
    ):  # fmt: skip
        assert words in page.text, words
    assert page.tags.count("details") == 6


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "empty"])
def test_hostile_text_in_the_summary_is_text(name: str) -> None:
    text = to_summary(filled(made_up(), HOSTILE[name]))
    usual = to_summary(filled(made_up(), "usual" * (len(HOSTILE[name]) // 5) if len(HOSTILE[name]) > 9999 else "usual"))
    assert rendered(text).tags == rendered(usual).tags
    assert not {"a", "img", "script"} & set(rendered(text).tags)
    assert len(text.encode("utf-8")) < 1 << 20 and not UNSAFE.search(text)


def test_no_mention_and_no_reference_in_prose() -> None:
    markdown = to_summary(filled(made_up(), "thanks @someone see #12"))
    html = MarkdownIt("commonmark").enable("table").render(markdown)
    prose = re.sub(r"<(pre|code)>.*?</\1>", "", html, flags=re.DOTALL)  # where GitHub looks for neither
    assert "@someone" in html and "@someone" not in prose and "#12" not in prose


def test_a_long_summary_says_what_it_leaves_out() -> None:
    report = made_up()
    topic = report.topics[0]
    checks = tuple(dataclasses.replace(topic.checks[2], name=f"forward/value_{number}") for number in range(400))
    text = to_summary(dataclasses.replace(report, topics=(dataclasses.replace(topic, checks=checks),)), 100_000)
    assert len(text) <= 100_000
    assert re.search(r"\d+ more explanations do not fit here", text)
    assert "convgrade 0.1.0." in rendered(text).text[-200:]


def test_the_release_body_is_within_githubs_limit() -> None:
    assert len(to_release_body(filled(made_up(), HOSTILE["many lines"]))) <= 100_000


# -- annotations ------------------------------------------------------------------------------------------------------


def test_annotations_stand_at_the_students_lines() -> None:
    functions = {"forward": Place("assignments/layers.py", 8)}
    lines = to_annotations(made_up(), Places({"layers.py": "assignments/layers.py"}, functions)).splitlines()
    assert len(lines) == 2  # one for the file that cannot be used, one for forward
    problem, forward = lines
    assert problem.startswith("::error file=assignments/layers.py,line=12,title=Pooling::importing pooling.py raised")
    assert forward.startswith("::error file=assignments/layers.py,line=12,title=forward/raised::")
    assert "Also not passed: forward/shape, forward/value, forward/slow, forward/nan" in forward
    elsewhere = to_annotations(made_up(), Places({}, functions)).splitlines()[1]
    assert elsewhere.startswith("::error file=assignments/layers.py,line=8,title=forward/shape::")
    assert to_annotations(made_up()).splitlines()[1].startswith("::error title=forward/shape::")


def test_there_are_at_most_ten() -> None:
    report = made_up()
    checks = tuple(dataclasses.replace(report.topics[0].checks[2], name=f"f{n}/value") for n in range(14))
    lines = to_annotations(dataclasses.replace(report, topics=(dataclasses.replace(report.topics[0], checks=checks),)))
    assert len(lines.splitlines()) == 10 and "5 more functions" in lines.splitlines()[-1]


@pytest.mark.parametrize("name", HOSTILE)
def test_an_annotation_is_one_command_whatever_it_says(name: str) -> None:
    text = HOSTILE[name]
    written = to_annotations(filled(made_up(), text), Places({text: text}, {text.partition("/")[0]: Place(text, 1)}))
    for line in lines_as_a_runner_reads_them(written)[:-1]:
        assert re.match(r"::error [^:]*::", line) and "##[" not in line and not UNSAFE.search(line)
        assert len(line) < 4096 * 3


def test_properties_and_data_are_escaped() -> None:
    assert command("error", {"file": "a:b,c%.py", "line": "1"}, "100 %\nnext\rlast") == (
        "::error file=a%3Ab%2Cc%25.py,line=1::100 %25%0Anext%0Alast"
    )
