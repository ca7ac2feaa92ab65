"""A report for when there is none: every topic of the course with its points, and one sentence that says why."""

from __future__ import annotations

from fractions import Fraction

from grader.course import Course, Topic
from grader.results import CheckResult, Failure, Isolation, Outcome, Report, TopicResult

UNFINISHED = "the grader did not finish: a fault of the grader, not of your code"


def ungraded(course: Course, topics: tuple[Topic, ...], path: str, sentence: str | None = None) -> Report:
    """Nothing earned of all points: as a fault of ours, or with `sentence` as what is wrong with the submission."""
    return Report(
        course_name=course.name,
        course_title=course.title,
        course_version=course.version,
        path=path,
        files=(),
        seed=0,
        isolation=Isolation("none"),
        topics=tuple(_topic(topic, sentence) for topic in topics),
        faults=() if sentence else (UNFINISHED,),
    )


def _topic(topic: Topic, sentence: str | None) -> TopicResult:
    outcome = Outcome.INTERNAL_ERROR if sentence is None else Outcome.FAILED
    failure = Failure(sentence or UNFINISHED)
    check = CheckResult(f"{topic.name}/all", topic.title, outcome, Fraction(0), topic.points, failure)
    return TopicResult(topic.name, topic.title, (check,), sentence)
