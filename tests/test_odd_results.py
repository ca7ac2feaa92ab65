"""Whatever a submission returns, a check judges it: none of the course's checks breaks on an odd result.

What a check cannot make sense of would be a fault of ours, for which there is no score: a wrong answer could be had to give
one. Every check runs on the results of the model solution, recorded once, with the result of one call after the other
replaced by values of every kind that can travel.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pytest
from proof import ROOT, checks_of, functions_of

from grader.checking.cases import CaseBook, inner_function
from grader.checking.judge import is_students, run_case
from grader.client.local import LocalBackend
from grader.client.student import Student
from grader.course import Function, Topic, load_course
from grader.errors import StudentDied, StudentRaised
from grader.results import Outcome
from grader.session import GradingSession, on_path
from grader.worker.wire import Handle, Unsupported
from grader.workshop import shared_workshop

COURSE = load_course(ROOT)
CASES, CALLS = 1, 4
PARTS_EVERY = 3
"""Of the odd values in the place of a part, every so-manyth, others for each part."""
MOST_OF_MODELS = 8
"""Of PyTorch topics, some of whose checks take a good part of a second, so many odd values for each check."""
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**900, 1.5, float("nan"), float("-inf"), "", "text", (), [], {}, (1,), [[]], {"problem": 5},
    (None, None, None), [0.5] * 40, Handle(10**6), Unsupported("complex number"), np.float64(2), np.uint8(3), np.bool_(True),
    np.array(1.0), np.array(True), np.zeros(0), np.zeros((0, 3)), np.ones(1), np.ones(3), np.ones((2, 2), np.int8),
    np.ones((1,) * 12), np.full((2, 3), np.nan), np.ones((2, 3), np.float16), np.zeros((3, 0, 2, 2), bool),
)  # fmt: skip


class Observed(NamedTuple):
    """The result of an observed call; arguments, keywords and warnings after it."""

    result: Any
    after: Any


class Recording(LocalBackend):
    """Keeps what every call gave, an exception too."""

    def __init__(self, functions: dict[str, Any]) -> None:
        super().__init__(functions)
        self.given: list[Any] = []

    def call(self, function: Function, arguments: Sequence[Any], keywords: dict[str, Any], observe: bool) -> Any:
        try:
            answer = super().call(function, arguments, keywords, observe)
        except StudentRaised as error:
            self.given.append(error)
            raise
        self.given.append(Observed(*copy.deepcopy(answer)) if observe else copy.deepcopy(answer))
        return answer


class Replaying(LocalBackend):
    """Gives what was recorded, and `odd` as the answer to the call `at`."""

    def __init__(self, given: Sequence[Any], at: int, odd: Any) -> None:
        super().__init__({})
        self._given = [odd if number == at else answer for number, answer in enumerate(given)]

    def call(self, function: Function, arguments: Sequence[Any], keywords: dict[str, Any], observe: bool) -> Any:
        if not self._given:
            raise StudentDied("it made no more calls than that")
        answer = self._given.pop(0)
        if isinstance(answer, StudentRaised):
            raise answer
        return copy.deepcopy(answer)


def odd_versions(answer: Any) -> Iterator[Any]:
    """Odd values in the place of an answer, and of each of its parts, as far as the client lets them through."""
    if isinstance(answer, Observed):
        yield from (answer._replace(result=odd) for odd in _odd_parts(answer.result))
        arguments, keywords, noted = answer.after
        yield from (answer._replace(after=[odd, keywords, noted]) for odd in _odd_items(arguments))
        return
    yield from _odd_parts(answer)
    yield StudentRaised("ValueError", ("ValueError", "Exception"), "", ())
    yield StudentRaised("\x1b[2J", (), "\0" * 3, ())


def _odd_parts(value: Any) -> Iterator[Any]:
    yield from ODD
    if isinstance(value, dict):
        yield from ({**value, key: odd} for key, item in value.items() for odd in _odd_parts(item))
    elif isinstance(value, (tuple, list)):
        yield from _odd_items(value)


def _odd_items(value: Any) -> Iterator[Any]:
    for position, item in enumerate(value[:4]):
        for odd in islice(_odd_parts(item), position % PARTS_EVERY, None, PARTS_EVERY):
            yield type(value)((*value[:position], odd, *value[position + 1 :]))


@pytest.mark.parametrize("topic", COURSE.topics, ids=lambda topic: topic.name)
def test_no_check_breaks_on_an_odd_result(topic: Topic) -> None:
    functions = functions_of(ROOT / "solutions" / topic.file, topic)
    book, broken, tried = CaseBook(), [], 0
    with on_path(COURSE), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for spec, test in checks_of(COURSE, topic):
            body = inner_function(test)
            for case in book.cases(spec.name, test, 0).drawn[:CASES]:
                recording = Recording(functions)
                assert run_case(body, Student(topic, recording), case, {}).error is None
                for at, odd in chosen(recording.given, topic):
                    run = run_case(body, Student(topic, Replaying(recording.given, at, odd)), case, {})
                    tried += 1
                    if run.error is not None and not is_students(run.error):
                        broken.append(f"{spec.name}, call {at}, {odd!r:.200}: {run.error!r:.300}")
    assert not broken, f"{len(broken)} of {tried}\n" + "\n".join(broken[:20])
    assert tried > 50


def chosen(given: Sequence[Any], topic: Topic) -> list[tuple[int, Any]]:
    """Which calls give what instead."""
    found = [(at, odd) for at, answer in enumerate(given[:CALLS]) for odd in odd_versions(answer)]
    return found[:: max(1, len(found) // MOST_OF_MODELS)] if topic.needs == "torch" else found


class Lying(LocalBackend):
    """Says of each model all that is right, and gives other numbers than it computes."""

    def __init__(self, functions: dict[str, Any]) -> None:
        super().__init__(functions)
        self.lied = self.raised = False

    def call(self, function: Function, arguments: Sequence[Any], keywords: dict[str, Any], observe: bool) -> Any:
        try:
            answer = super().call(function, arguments, keywords, observe)
        except StudentRaised:
            self.raised = True
            raise
        if function.name != "run_model":
            return answer
        self.lied = True
        changed = {"outputs": tuple(1.5 * one for one in answer["outputs"]), "gradient": 1.5 * answer["gradient"]}
        return {**answer, **changed}


MODELS = [topic for topic in COURSE.topics if topic.needs == "torch"]


@pytest.mark.parametrize("topic", MODELS, ids=lambda topic: topic.name)
def test_the_word_of_the_process_that_holds_a_model_earns_nothing(topic: Topic) -> None:
    """That all parameters are used or all statistics moved counts only where the model gives the right numbers as well."""
    backend = Lying(functions_of(ROOT / "solutions" / topic.file, topic))
    session = GradingSession(COURSE, 0, shared_workshop(), lambda _: backend, search=False)
    believed = []
    with on_path(COURSE):
        for spec, test in checks_of(COURSE, topic):
            backend.lied = backend.raised = False
            passed = session.run(topic, spec, test, {}).outcome is Outcome.PASSED
            if passed and backend.lied and not backend.raised:  # one that asks for an error needs no numbers
                believed.append(spec.name)
    assert not believed
