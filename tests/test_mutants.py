"""The mutation run, on a sample; `scripts/mutants` is the whole of it."""

from __future__ import annotations

import functools

import pytest
from mutants import Mutant, equivalents, judge_mutant, mutants_of
from proof import ROOT

from grader.course import Topic, load_course

COURSE = load_course(ROOT)
TOPICS = [pytest.param(topic, id=topic.name) for topic in COURSE.topics if topic.needs == "numpy"]
EVERY = 120


@functools.cache
def edits_of(name: str) -> tuple[Mutant, ...]:
    """Every edit of a topic's model solution."""
    return tuple(mutants_of(COURSE.topic(name)))


@pytest.mark.parametrize("topic", TOPICS)
def test_a_sample_of_edits_loses_points(topic: Topic) -> None:
    known = equivalents(topic)
    sample = [mutant for mutant in edits_of(topic.name) if mutant.key not in known][::EVERY]
    survivors = [mutant for mutant in sample if not judge_mutant(mutant, COURSE, topic, False).killed]
    assert sample and not survivors, [f"{one.function}: {one.before} -> {one.after}" for one in survivors]


@pytest.mark.parametrize("topic", TOPICS)
def test_equivalent_edits_are_there_and_explained(topic: Topic) -> None:
    keys = {mutant.key for mutant in edits_of(topic.name)}
    page = (ROOT / "docs" / "proofs.md").read_text("utf-8").replace("\n", " ")
    for key, reason in equivalents(topic).items():
        assert key in keys, f"{key} is gone from the model solution"
        assert reason.endswith(".")
        assert key.rpartition("-")[0] in page, f"docs/proofs.md does not speak of {key}"
