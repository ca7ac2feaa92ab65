"""The course: right solutions get full marks however they are written, wrong ones lose points and are named."""

from __future__ import annotations

import doctest
import importlib.util
from fractions import Fraction
from pathlib import Path

import pytest
from proof import ROOT, checks_of, judge_misconceptions, prove_right, right_versions, unfailed

from grader import grade
from grader.checking.known import misconceptions_in
from grader.course import Topic, load_course
from grader.results import Outcome
from grader.session import course_module, on_path

COURSE = load_course(ROOT)
TOPICS = [pytest.param(topic, id=topic.name) for topic in COURSE.topics]
VERSIONS = [
    pytest.param(topic, file, id=f"{topic.name}-{file.parent.name}-{file.stem}")
    for topic in COURSE.topics
    for file in right_versions(topic)
]
SEEDS = range(2)
NAMING_EVERY = 8
"""Seeds, and the share of misconceptions that are diagnosed: a sample, so that this takes a minute or two. All of it is
what `scripts/proof` runs, for as many seeds as wanted. Of PyTorch topics, whose networks take longer, one seed, and every
so-manyth misconception."""
MODELS_EVERY = 12
SHARE = 0.3


@pytest.mark.parametrize(("topic", "file"), VERSIONS)
def test_right_versions_get_full_marks_for_every_seed(topic: Topic, file: Path) -> None:
    problems, share = prove_right(COURSE, topic, file, SEEDS[:1] if topic.needs == "torch" else SEEDS)
    assert not problems, problems[0]
    assert share < SHARE


@pytest.mark.parametrize("topic", TOPICS)
def test_there_are_enough_right_versions_and_misconceptions(topic: Topic) -> None:
    with on_path(COURSE):
        known = misconceptions_in(course_module(topic, "misconceptions"))
    assert len(right_versions(topic)) >= (6 if topic.needs == "torch" else 8)
    assert len(known) >= (20 if topic.name == "conv_arithmetic" else 10 if topic.needs == "torch" else 12)
    assert len({(one.function, one.slug) for one in known}) == len(known)


@pytest.mark.parametrize("topic", TOPICS)
def test_misconceptions_lose_points_and_are_named_first(topic: Topic) -> None:
    """And a model that is wrong misses by a thousand times the allowed error; every check is failed by some of them."""
    models = topic.needs == "torch"
    every = (1, MODELS_EVERY) if models else (NAMING_EVERY, 1)
    caught = list(judge_misconceptions(COURSE, topic, 0, *every))
    for one in caught:
        name = f"{one.known.function}/{one.known.slug}"
        assert one.failed, f"{name} loses no points"
        assert one.known.hint.strip().endswith((".", "?", ")", "]")), f"{name} has no whole sentence as its hint"
        assert one.clear or not models, f"{name} is too close"
        firsts = {check.misconceptions[0].slug for check in one.failed if check.misconceptions}
        assert one.named_first or not one.diagnosed, f"{name} is named {firsts or 'nowhere'}"
    assert models or not unfailed(COURSE, topic, caught)


@pytest.mark.parametrize("topic", TOPICS)
def test_points_add_up_and_every_function_is_checked(topic: Topic) -> None:
    checks = [spec for spec, _ in checks_of(COURSE, topic)]
    assert sum((spec.points for spec in checks), Fraction(0)) == topic.points
    assert {spec.function for spec in checks} == set(topic.functions)
    assert all(spec.points.denominator in (1, 2, 4) for spec in checks)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_examples_in_the_docstrings_are_right(topic: Topic) -> None:
    file = ROOT / "solutions" / topic.file
    spec = importlib.util.spec_from_file_location(f"examples_{topic.name}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0


def test_the_model_solutions_get_full_marks_in_the_sandbox() -> None:
    report = grade(ROOT / "solutions")
    assert report.points_earned == report.points_possible == sum((t.points for t in COURSE.topics), Fraction(0))


def test_the_stubs_get_nothing_and_are_told_kindly() -> None:
    report = grade(ROOT / "assignments")
    assert report.points_earned == 0
    for topic in report.topics:
        assert topic.problem is None
        assert {check.outcome for check in topic.checks} <= {Outcome.FAILED, Outcome.SKIPPED}
        for check in topic.checks:
            assert check.failure is not None and "is not written yet" in check.failure.what
