"""The report as JUnit XML, as GitLab, Jenkins and the common actions read it.

A check is a test case: `failure` for what the student's code did, `error` for faults of ours alone. Points stand in
properties and in the message, and in the text as well: GitLab and some actions show nothing else where there is one.
"""

from __future__ import annotations

from xml.etree import ElementTree

from grader.report.digest import earned
from grader.report.places import Places
from grader.report.plain import explain_check
from grader.report.text import one_line, visible
from grader.results import CheckResult, Outcome, Report, TopicResult, number


def to_junit(report: Report, places: Places | None = None) -> str:
    """The whole file; without a DOCTYPE, and with characters of XML 1.0 only."""
    root = ElementTree.Element("testsuites", {"name": one_line(report.course_title), **_counts(*report.topics)})
    root.set("time", f"{report.duration_s:.3f}")
    for topic in report.topics:
        suite = _suite(topic, places or Places())
        if report.late is not None:
            counted = str(number(report.counted(topic)))
            ElementTree.SubElement(suite[0], "property", name="points_counted", value=counted)
        root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(topic: TopicResult, places: Places) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", {"name": one_line(topic.title), **_counts(topic)})
    suite.set("time", f"{sum(check.duration_s for check in topic.checks):.3f}")
    _set_points(suite, topic)
    for check in topic.checks:
        suite.append(_case(topic, check, places))
    if topic.output:
        ElementTree.SubElement(suite, "system-out").text = _shown(topic.output)
    return suite


def _case(topic: TopicResult, check: CheckResult, places: Places) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=one_line(topic.name), name=one_line(check.name))
    case.set("time", f"{check.duration_s:.3f}")
    place = places.functions.get(check.function)
    if place is not None:
        case.set("file", one_line(place.file))
        if place.line is not None:
            case.set("line", str(place.line))
    _set_points(case, check)
    problem = {Outcome.PASSED: None, Outcome.SKIPPED: "skipped", Outcome.INTERNAL_ERROR: "error"}
    kind = problem.get(check.outcome, "failure")
    if kind is not None:
        what = check.failure.what if check.failure is not None else check.title
        message = f"{earned(check)} points: {one_line(what, 400)}"
        element = ElementTree.SubElement(case, kind, message=message)
        element.text = _shown(message)
        if kind != "skipped":
            element.set("type", str(check.outcome))
            element.text = _shown(f"{earned(check)} points\n{explain_check(check)}")
    if check.failure is not None and check.failure.output:
        ElementTree.SubElement(case, "system-out").text = _shown(check.failure.output)
    return case


def _shown(text: str) -> str:
    """The text without what GitLab makes a link to a file of."""
    return visible(text).replace("[[ATTACHMENT|", "[[ATTACHMENT |")


def _set_points(element: ElementTree.Element, scored: TopicResult | CheckResult) -> None:
    properties = ElementTree.SubElement(element, "properties")
    for name in ("points_earned", "points_possible"):
        ElementTree.SubElement(properties, "property", name=name, value=str(number(getattr(scored, name))))


def _counts(*topics: TopicResult) -> dict[str, str]:
    outcomes = [check.outcome for topic in topics for check in topic.checks]
    ours, skipped = outcomes.count(Outcome.INTERNAL_ERROR), outcomes.count(Outcome.SKIPPED)
    failures = len(outcomes) - outcomes.count(Outcome.PASSED) - ours - skipped
    return {"tests": str(len(outcomes)), "failures": str(failures), "errors": str(ours), "skipped": str(skipped)}
