"""What is known of a check's calls before they are made: nothing that may be somebody's answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from proof import ROOT

from grader.checking import as_drawn, draw_array, draw_distinct, draw_positive, rng
from grader.checking.arrays import was_drawn
from grader.checking.cases import Cases, draw, is_drawn, load_profile
from grader.checking.judge import judge
from grader.checking.plans import make_plan
from grader.checking.slopes import moved
from grader.checking.suite import Suite
from grader.client.foresight import AHEAD, Ahead, Foresight, OutOfStep, Place
from grader.client.local import LocalBackend
from grader.client.student import Call, Student
from grader.course import load_course
from grader.errors import StudentRaised
from grader.replaying import flat
from grader.session import course_module, on_path
from grader.worker.wire import Handle

DRAWN = draw_array(rng(0), (2, 3))


def forward(*arguments: Any, result: Any = None) -> Call:
    return Call("forward", arguments, {}, False, (np.ones(2), Handle(1)) if result is None else result)


def backward(*arguments: Any, **keywords: Any) -> Call:
    return Call("backward", arguments, keywords)


def planned_second(first: Call, second: Call) -> bool:
    """Whether the second call of a case is planned whole."""
    (case,) = make_plan([[first, second]]).cases
    one, other = case.calls
    assert (one.function, other.function) == (first.function, second.function)
    assert one.call is not None and one.call.result is None
    return other.call is not None


@pytest.mark.parametrize("draw", [draw_array, draw_distinct, draw_positive])
def test_drawn_arrays_and_their_views_are_told_from_all_others(draw: Any) -> None:
    array = draw(rng(1), (2, 3))
    assert was_drawn(array) and was_drawn(array[:, 1:]) and was_drawn(array.T)
    assert not any(map(was_drawn, (array.copy(), array * 2, array + 0, np.array(array))))


@pytest.mark.parametrize(
    "arguments",
    [(DRAWN, Handle(1)), (DRAWN[0], 2, 0.5), ((2, (3, True)), None), ([DRAWN],)],
    ids=["array and handle", "view and numbers", "nested", "list of arrays"],
)
def test_what_the_case_gives_is_planned(arguments: tuple[Any, ...]) -> None:
    assert planned_second(forward(), backward(*arguments))
    assert planned_second(forward(), backward(DRAWN, keyword=arguments))


@pytest.mark.parametrize(
    "argument",
    [np.ones(2), DRAWN * 2, [DRAWN, DRAWN * 2], np.float64(2.0), {"key": 1}],
    ids=["result", "derived", "list with a derived one", "NumPy number", "dict"],
)
def test_what_may_be_a_result_is_not_planned(argument: Any) -> None:
    assert not planned_second(forward(), backward(DRAWN, argument))
    assert not planned_second(forward(), backward(DRAWN, keyword=argument))


def test_numbers_and_text_are_planned_only_where_no_number_was_returned() -> None:
    for result in (5, 5.0, (np.ones(2), 5), "text", [np.ones(2), [3]]):
        assert not planned_second(forward(result=result), backward(5))
        assert not planned_second(forward(result=result), backward("text"))
    refused = Call("forward", (0,), {}, error=StudentRaised("ValueError", ["ValueError"], "", []))
    assert planned_second(refused, backward(5)) and planned_second(refused, backward("text"))
    assert planned_second(forward(), backward(("conv", 3)))


def test_a_check_can_say_that_an_array_is_given() -> None:
    assert was_drawn(as_drawn(DRAWN * 2)) and was_drawn(as_drawn(np.ones((2, 3)))[0])
    assert planned_second(forward(), backward(as_drawn(np.ones(2))))


def test_a_step_from_a_given_place_is_given() -> None:
    assert all(map(was_drawn, moved([DRAWN], [DRAWN], 0.5)))
    assert not any(map(was_drawn, (*moved([DRAWN], [DRAWN * 2], 0.5), *moved([DRAWN * 2], [DRAWN], 0.5))))


@pytest.mark.parametrize("seed", [0, 7])
def test_no_call_of_the_course_that_is_sent_ahead_holds_an_earlier_result(seed: int, course_suite: Suite) -> None:
    load_profile()
    count = 0
    with on_path(load_course(ROOT)):
        for check in (check for check in course_suite if check.topic.needs == "numpy"):
            cases = draw(check.test, seed) if is_drawn(check.test) else Cases(({},), 1, seed)
            oracle = Student(check.topic, LocalBackend(vars(course_module(check.topic, "oracle"))))
            runs = judge(check.test, oracle, cases, dict(check.parameters), search=False).runs
            for run, planned in zip(runs, make_plan(run.calls for run in runs).cases, strict=True):
                given: list[bytes] = []
                returned: list[np.ndarray] = []
                for call, ahead in zip(run.calls, planned.calls, strict=True):
                    passed = arrays_in((*call.arguments, *call.keywords.values()))
                    fresh = (
                        [array for array in passed if array.tobytes() not in given] if ahead.call is not None else []
                    )
                    held = [one for one in fresh for other in returned if np.array_equal(one, other)]
                    assert not held, (check.spec.name, run.case, call.function)
                    given += [array.tobytes() for array in passed]
                    returned += arrays_in(call.result)
                    count += len(fresh)
    assert count > 5000


def arrays_in(value: Any) -> list[np.ndarray]:
    """The arrays of more than one entry."""
    return [array for array in flat(value) if isinstance(array, np.ndarray) and array.size > 1]


def test_the_calls_of_several_cases_come_in_order_until_one_is_not_known() -> None:
    cases = [[forward(1), backward(DRAWN)], [], [forward(2), backward(DRAWN * 2), forward(3)], [forward(4)]]
    foresight = Foresight(make_plan(cases))
    assert list(foresight.begin_case()) == []
    assert foresight.take(cases[0][0]) is None
    assert [place for place, _ in foresight.coming()] == [Place(0, 1), Place(2, 0)]


def test_no_more_than_so_many_are_sent_ahead() -> None:
    foresight = Foresight(make_plan([[forward(number)] for number in range(3 * AHEAD)]))
    list(foresight.begin_case())
    foresight.take(forward(0))
    for number, (place, planned) in enumerate(foresight.coming()):
        foresight.sent.append(Ahead(place, planned.function, str(number)))
    assert len(foresight.sent) == AHEAD
    with pytest.raises(OutOfStep):
        list(foresight.begin_case())
        foresight.take(forward(2))
