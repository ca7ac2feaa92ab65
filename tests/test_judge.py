"""Cases, judging, scripts and diagnosis, on functions in this process."""

from __future__ import annotations

import dataclasses
import importlib
import itertools
from collections.abc import Callable
from contextlib import nullcontext
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

from grader.checking import (
    Rng,
    draw_array,
    expect_array,
    expect_integer,
    expect_message,
    expect_no_warning,
    expect_number,
    expect_value_error,
    rng,
)
from grader.checking.cases import CaseBook, _no_local_constants, check_seed, draw, inner_function, load_profile
from grader.checking.compare import CheckFailed
from grader.checking.judge import SHRINK_CALLS, CaseRun, Verdict, judge, run_case
from grader.checking.known import Known, misconception
from grader.checking.slopes import Probe, Slopes, expect_agreement, expect_own_gradient
from grader.checking.snippet import call_in_words, case_in_words, needed_calls, script
from grader.client.local import LocalBackend
from grader.client.student import Student
from grader.client.values import describe
from grader.course import Course, Topic
from grader.diagnosis import diagnose, reproduces
from grader.errors import InternalFault, StudentDied, StudentMissing, StudentRaised, StudentTimedOut
from grader.evidence import Replays
from grader.replaying import same_value
from grader.results import Failure, Outcome
from grader.worker.wire import Handle


class Sides(NamedTuple):
    """The arguments of area."""

    height: int
    width: int


@pytest.fixture(autouse=True)
def profile() -> None:
    """Draw as grading does."""
    load_profile()


@pytest.fixture
def topic(course: Course) -> Topic:
    """The tiny course's topic."""
    return course.topic("area")


def drawn_check() -> Callable[..., Any]:
    """A check with one written-out case."""

    @example(case=Sides(2, 5))
    @given(case=st.builds(Sides, st.integers(1, 9), st.integers(1, 9)))
    def check(student: Any, case: Sides) -> None:
        expect_integer(student.area(*case), case.height * case.width, what="the area")

    return check


def judged(topic: Topic, area: Callable[..., Any], check: Callable[..., Any] | None = None, seed: int = 0) -> Verdict:
    """The verdict on a function."""
    check = check or drawn_check()
    cases = CaseBook().cases("area/check", check, seed)
    return judge(check, Student(topic, LocalBackend({"area": area})), cases, {})


def test_without_search_the_drawn_cases_are_all_that_is_run(topic: Topic) -> None:
    backend = LocalBackend({"area": lambda height, width: height * width + (height > 3)})
    check = drawn_check()
    cases = CaseBook().cases("area/check", check, 0)
    searched, quick = (judge(check, Student(topic, backend), cases, {}, search=search) for search in (True, False))
    assert searched.outcome is quick.outcome is Outcome.FAILED
    assert len(searched.runs) > len(quick.runs) == len(cases.drawn)


def test_cases_depend_on_seed_and_name_alone() -> None:
    first, again, other = (draw(drawn_check(), seed) for seed in (1, 1, 2))
    assert first == again and first != other
    assert first.explicit == 1 and first.drawn[0] == {"case": Sides(2, 5)}
    assert len({repr(case) for case in first.drawn}) == len(first.drawn) > 5
    assert check_seed("a/b", 0) != check_seed("a/c", 0) != check_seed("a/b", 1)


def test_cases_do_not_depend_on_what_else_is_imported() -> None:
    before = [draw(drawn_check(), seed) for seed in range(5)]
    importlib.import_module("bench")
    assert [draw(drawn_check(), seed) for seed in range(5)] == before
    with _no_local_constants():
        assert len(providers._get_local_constants()) == 0
    assert "_get_local_constants" in vars(providers)


def test_drawing_leaves_the_check_an_ordinary_test() -> None:
    check = drawn_check()
    inner = inner_function(check)
    draw(check, 0)
    assert inner_function(check) is inner


def test_cases_are_drawn_once_for_a_check_and_seed() -> None:
    book, check = CaseBook(), drawn_check()
    assert book.cases("a/b", check, 0) is book.cases("a/b", check, 0)
    assert book.cases("a/b", check, 0) is not book.cases("a/b", check, 1)
    assert book.cases("a/c", lambda student: None, 0).drawn == ({},)


def test_a_failing_case_is_made_as_small_as_it_gets(topic: Topic) -> None:
    verdict = judged(topic, lambda height, width: height * width + (height > 3))
    assert verdict.outcome is Outcome.FAILED and verdict.shown is not None
    assert verdict.shown.case == {"case": Sides(4, 1)}


WRONG_AREAS: list[Callable[[int, int], int]] = [
    lambda height, width: height * width + (height > 3),
    lambda height, width: height * height,
    lambda height, width: height + width,
    lambda height, width: height * width + (width > 7),
    lambda height, width: height * width + (height > 3 and width > 2),
]


def searched(topic: Topic, areas: list[Callable[[int, int], int]], keep: bool) -> list[list[str]]:
    """What was run for each of some functions, in order; with `keep`, one book of cases serves them all."""
    check, book = drawn_check(), CaseBook()
    found = []
    for area in areas:
        book = book if keep else CaseBook()
        cases = book.cases("area/check", check, 0)
        runs = judge(check, Student(topic, LocalBackend({"area": area})), cases, {}).runs
        found.append([repr((run.case, run.error)) for run in runs])
    return found


def test_what_is_searched_for_others_changes_nothing(topic: Topic) -> None:
    areas = [*WRONG_AREAS, *reversed(WRONG_AREAS)]
    assert searched(topic, areas, keep=True) == searched(topic, areas, keep=False)


def test_a_written_out_case_is_shown_where_nothing_drawn_fails(topic: Topic) -> None:
    verdict = judged(topic, lambda height, width: height * width + ((height, width) == (2, 5)))
    assert verdict.shown is not None and verdict.shown.case == {"case": Sides(2, 5)}


def test_code_that_answers_differently_each_time_is_judged_all_the_same(topic: Topic) -> None:
    numbers = itertools.count()
    verdict = judged(topic, lambda height, width: height * width + next(numbers) % 2)
    assert verdict.outcome is Outcome.FAILED


def test_the_search_for_a_small_case_is_bounded(topic: Topic) -> None:
    calls = itertools.count()

    def slow(height: int, width: int) -> int:
        next(calls)
        return -1

    verdict = judged(topic, slow)
    assert verdict.shown is not None and verdict.shown.case == {"case": Sides(1, 1)}
    assert next(calls) <= 20 + SHRINK_CALLS


@pytest.mark.parametrize("error", [StudentTimedOut("slow"), StudentDied("gone"), StudentMissing("stub")])
def test_what_would_only_be_the_same_again_is_not_tried_again(topic: Topic, error: Exception) -> None:
    class Backend(LocalBackend):
        calls = 0

        def call(self, *_: Any) -> Any:
            Backend.calls += 1
            raise error

    check = drawn_check()
    judge(check, Student(topic, Backend({})), draw(check, 0), {})
    assert Backend.calls == 1


@pytest.mark.parametrize("fault", [KeyError("ours"), InternalFault("ours"), ZeroDivisionError("ours")])
def test_an_exception_of_the_checks_own_is_our_fault(topic: Topic, fault: Exception) -> None:
    def check(student: Any) -> None:
        student.area(1, 1)
        raise fault

    verdict = judged(topic, lambda height, width: 1, check)
    assert verdict.outcome is Outcome.INTERNAL_ERROR and verdict.fault is not None and "ours" in verdict.fault


def test_plain_assertions_fail_a_check(topic: Topic) -> None:
    def check(student: Any) -> None:
        assert student.area(1, 1) == 2, "one by one is not two"

    verdict = judged(topic, lambda height, width: 1, check)
    assert verdict.outcome is Outcome.FAILED
    assert verdict.failure == Failure(what="one by one is not two")


def run_of(topic: Topic, functions: dict[str, Callable[..., Any]], body: Callable[[Student], Any]) -> CaseRun:
    """The calls that a body makes."""
    student = Student(topic, LocalBackend(functions))
    body(student)
    return CaseRun({"case": Sides(3, 4), "seed": 7}, student.transcript, None)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "area": lambda height, width: height * width,
    "scale_forward": lambda x, factor: (x * factor, (x, factor)),
    "scale_backward": lambda dout, cache: (dout * cache[1], (dout * cache[0]).sum()),
}


def test_a_script_runs_and_makes_only_the_calls_it_needs(topic: Topic) -> None:
    x, dout = draw_array(rng(0), (2, 3)), draw_array(rng(1), (2, 3))
    results: list[Any] = []

    def body(student: Student) -> None:
        student.area(3, 4)
        _, cache = student.scale_forward(x, 2.0)
        student.scale_forward(dout, 5.0)
        results.extend(student.scale_backward(dout, cache))

    run = run_of(topic, FUNCTIONS, body)
    code = script(run, topic, FUNCTIONS, Failure("dx is wrong", wanted=1.23456789012, index=(0, 1)), results[0])
    assert code is not None
    assert "area(" not in code and code.count("scale_forward(") == 1
    assert code.endswith("print(dx)  # wanted at [0, 1]: 1.2345679\n")
    scope = {name: function for name, function in FUNCTIONS.items()}
    exec(code.replace("from area import", "#"), scope)
    assert np.array_equal(scope["dx"], results[0])  # type: ignore[arg-type]
    assert call_in_words(run, FUNCTIONS, results[0]) is not None
    assert case_in_words(run) == "height=3, width=4, seed=7"


def test_calls_in_between_are_shown_where_they_make_the_difference(topic: Topic) -> None:
    """A backward function that goes by the last forward call instead of its cache: the script shows what it does."""
    last: list[np.ndarray] = []

    def forward(x: np.ndarray, factor: float) -> tuple[np.ndarray, None]:
        last[:] = [x * 1.0]
        return x * factor, None

    functions = {**FUNCTIONS, "scale_forward": forward, "scale_backward": lambda dout, cache: (dout, dout * last[0])}
    at, other, dout = np.array([2.0]), np.array([3.0]), np.array([5.0])

    def body(student: Student) -> None:
        probe = Probe(
            student.scale_forward,
            student.scale_backward,
            [at, np.float64(1.0)],
            [other, np.float64(2.0)],
            dout,
            1.0,
            ("dx", "dfactor"),
            "scale_forward",
        )
        right = [dout, dout * at]
        expect_own_gradient(probe, at, right, right, at)

    student = Student(topic, LocalBackend(functions))
    with pytest.raises(CheckFailed) as failed:
        body(student)
    assert failed.value.failure.what == "dfactor after another call of scale_forward is wrong"
    run = CaseRun({}, student.transcript, failed.value)
    code = script(run, topic, functions, failed.value.failure, failed.value.value)
    assert code is not None and code.count("scale_forward(") == 2
    scope: dict[str, Any] = dict(functions)
    exec(code.replace("from area import", "#"), scope)
    assert scope["dfactor"] == 15.0
    words = call_in_words(run, functions, failed.value.value)
    assert words is not None and words.count("scale_forward(") == 2 and words.endswith("cache=what forward kept first)")


@pytest.mark.parametrize(("names", "verb"), [("dx", "dx is not"), ("dx and dw", "dx and dw are not")])
def test_of_several_gradients_it_is_said_that_they_are_wrong(names: str, verb: str) -> None:
    with pytest.raises(CheckFailed, match=verb):
        expect_agreement(Slopes(2.0, 1.0, 1.0, 1.0, 1.0), names, "scale_forward")


def test_the_call_that_gave_the_compared_value_is_the_one_shown(topic: Topic) -> None:
    kept: list[Any] = []

    def body(student: Student) -> None:
        kept.append(student.scale_forward(np.ones((2, 2)), 2.0)[0])
        student.area(1, 1)

    run = run_of(topic, FUNCTIONS, body)
    assert [call.function for call in needed_calls(run.calls, kept[0])] == ["scale_forward"]
    assert [call.function for call in needed_calls(run.calls)] == ["area"]
    assert needed_calls([]) == []


def test_scripts_write_large_constant_and_empty_arrays_briefly(topic: Topic) -> None:
    for array, text in ((np.full((30, 40), 0.5), "np.full((30, 40), 0.5)"), (np.zeros((0, 3)), "np.zeros((0, 3))")):
        run = run_of(topic, FUNCTIONS, lambda student, array=array: student.scale_forward(array, np.float32(2)))  # type: ignore[misc]
        code = script(run, topic, FUNCTIONS, Failure("x"), None)
        assert code is not None and f"x = {text}\n" in code and "np.float32(2.0)" in code


def test_a_generator_is_fresh_for_each_call_or_shared_by_all(topic: Topic) -> None:
    functions = {"area": lambda height, width: float(height.random())}
    fresh, shared = Rng(3), Rng(3, shared=True)
    run = run_of(topic, functions, lambda s: [s.area(g, 1) for g in (fresh, fresh, shared, shared)])
    one, two, three, four = (call.result for call in run.calls)
    assert one == two == three == float(np.random.default_rng(3).random()) != four


def test_observed_arguments(topic: Topic) -> None:
    def spoil(x: np.ndarray, factor: float) -> tuple[np.ndarray, None]:
        x *= factor
        return x, None

    student = Student(topic, LocalBackend({"scale_forward": spoil}))
    x = np.ones(3)
    (out, cache), ((after, factor), keywords) = student.observe("scale_forward", x, 2.0)
    assert x.tolist() == [1, 1, 1] and after.tolist() == out.tolist() == [2, 2, 2]
    assert (factor, keywords) == (2.0, {}) and isinstance(cache, Handle)


def test_an_unknown_function_is_the_checks_mistake(topic: Topic) -> None:
    with pytest.raises(AttributeError, match=r"no function 'volume'; course.toml lists area, scale_forward"):
        Student(topic, LocalBackend({})).volume(1)


def perimeter(height: int, width: int) -> int:
    """Wrong."""
    return 2 * (height + width)


def constant(height: int, width: int) -> int:
    """Wrong, but right for the perimeter of one by one."""
    return 4


KNOWN = (Known("area", "constant", "c", constant), Known("area", "perimeter", "p", perimeter))


def test_the_misconception_that_explains_every_case_is_named(topic: Topic) -> None:
    runs = judged(topic, perimeter).runs
    assert [m.slug for m in diagnose("area", runs, runs, KNOWN, Replays(topic, FUNCTIONS))] == ["perimeter"]


def test_what_explains_more_than_the_check_itself_comes_first(topic: Topic) -> None:
    one = run_of(topic, {"area": perimeter}, lambda student: student.area(1, 1))
    other = run_of(topic, {"area": perimeter}, lambda student: student.area(2, 5))
    assert [m.slug for m in diagnose("area", [one], [one, other], KNOWN, Replays(topic, FUNCTIONS))] == ["perimeter"]
    assert [m.slug for m in diagnose("area", [one], [one], KNOWN, Replays(topic, FUNCTIONS))] == [
        "constant",
        "perimeter",
    ]


def test_a_wrong_answer_nobody_knows_has_no_name(topic: Topic) -> None:
    runs = judged(topic, lambda height, width: height * width + 1).runs
    assert diagnose("area", runs, runs, KNOWN, Replays(topic, FUNCTIONS)) == ()
    assert diagnose("scale_forward", runs, runs, KNOWN, Replays(topic, FUNCTIONS)) == ()


def test_raising_is_reproduced_by_raising_the_same(topic: Topic) -> None:
    def raising(height: int, width: int) -> int:
        raise IndexError("out of range")

    runs = judged(topic, raising).runs
    assert reproduces(Known("area", "raising", "", raising), runs, topic, FUNCTIONS)
    assert not reproduces(Known("area", "perimeter", "", perimeter), runs, topic, FUNCTIONS)


def test_not_raising_is_a_misconception_too(topic: Topic) -> None:
    def check(student: Any) -> None:
        expect_value_error(student.area, 0, 1, why="the height is 0")

    verdict = judged(topic, FUNCTIONS["area"], check)
    known = Known("area", "no-error", "", lambda height, width: height * width)
    assert verdict.outcome is Outcome.FAILED
    assert reproduces(known, verdict.runs, topic, FUNCTIONS)


def test_an_exception_of_another_kind_is_set_against_the_one_asked_for(topic: Topic) -> None:
    def dividing(height: int, width: int) -> int:
        return width // height

    def check(student: Any) -> None:
        expect_value_error(student.area, 0, 1, why="the height is 0")

    verdict = judged(topic, dividing, check)
    failure = verdict.failure
    assert verdict.outcome is Outcome.CRASHED
    assert failure is not None
    assert failure.what == "area raised ZeroDivisionError"
    assert (failure.wanted, failure.got) == ("ValueError, since the height is 0", "ZeroDivisionError")


def test_an_argument_changed_in_place_is_no_other_misconception(topic: Topic) -> None:
    def in_place(x: np.ndarray, factor: float) -> Any:
        x *= factor
        return x, None

    def check(student: Any) -> None:
        x = np.ones((2, 2))
        _, ((after, _), _) = student.observe("scale_forward", x, 3.0)
        expect_array(after, x)

    backend = LocalBackend({**FUNCTIONS, "scale_forward": in_place})
    verdict = judge(check, Student(topic, backend), CaseBook().cases("n", check, 0), {})
    assert reproduces(Known("scale_forward", "in-place", "", in_place), verdict.runs, topic, FUNCTIONS)
    right_here = Known("scale_forward", "tripled", "", lambda x, factor: (x * 3, None))
    assert not reproduces(right_here, verdict.runs, topic, FUNCTIONS)


def scale_runs(topic: Topic, backward: Callable[..., Any]) -> tuple[list[CaseRun], list[CaseRun]]:
    """A check of dx and a check of dfactor, three cases each, on scale_backward replaced."""

    def check(student: Any, position: int, x: np.ndarray) -> None:
        _, cache = student.scale_forward(x, 3.0)
        got = student.scale_backward(np.ones((2, 2)), cache)
        expect_array(got[position], (np.full((2, 2), 3.0), x.sum())[position])

    student = Student(topic, LocalBackend({**FUNCTIONS, "scale_backward": backward}))
    arrays = [draw_array(rng(seed), (2, 2)) for seed in range(3)]
    dx, dfactor = ([run_case(check, student, {"position": p, "x": x}, {}) for x in arrays] for p in (0, 1))
    return dx, dfactor


DX_DOUBLED = Known(
    "scale_backward", "dx-doubled", "", lambda dout, cache: (dout * cache[1] * 2, (dout * cache[0]).sum())
)
MEAN = Known("scale_backward", "mean", "", lambda dout, cache: (dout * cache[1], (dout * cache[0]).mean()))


def test_two_mistakes_in_two_parts_of_a_result_are_both_named(topic: Topic) -> None:
    dx, dfactor = scale_runs(topic, lambda dout, cache: (dout * cache[1] * 2, (dout * cache[0]).mean()))
    known = (DX_DOUBLED, MEAN)
    assert [m.slug for m in diagnose("scale_backward", dx, dx + dfactor, known, Replays(topic, FUNCTIONS))] == [
        "dx-doubled"
    ]
    assert [m.slug for m in diagnose("scale_backward", dfactor, dx + dfactor, known, Replays(topic, FUNCTIONS))] == [
        "mean"
    ]


def test_a_single_number_is_explained_by_what_explains_others_too(topic: Topic) -> None:
    def check(student: Any, height: int, width: int) -> None:
        expect_number(student.area(height, width), height * width)

    student = Student(topic, LocalBackend({"area": lambda height, width: 3 * height * width}))
    example = [run_case(check, student, {"height": 2, "width": 2}, {})]
    others = [run_case(check, student, {"height": 2, "width": width}, {}) for width in (3, 4, 5)]
    by_chance = Known("area", "plus-eight", "", lambda height, width: height * width + 8)
    assert [m.slug for m in diagnose("area", example, example, [by_chance], Replays(topic, FUNCTIONS))] == [
        "plus-eight"
    ]
    assert diagnose("area", example, example + others, [by_chance], Replays(topic, FUNCTIONS)) == ()


def test_what_raises_an_exception_raises_it_nowhere_else(topic: Topic) -> None:
    def raising_above(most: int, cap: int) -> Any:
        return lambda height, width: [height * min(width, cap)][width > most]

    def check(student: Any, width: int) -> None:
        expect_number(student.area(9, width), 9 * width)

    student = Student(topic, LocalBackend({"area": raising_above(3, 1)}))
    crashed, *others = [run_case(check, student, {"width": width}, {}) for width in (4, 1, 2, 5, 6)]
    for most, cap, named in ((3, 1, True), (3, 2, True), (1, 1, False)):
        known = Known("area", "index", "", raising_above(most, cap))
        found = diagnose("area", [crashed], [crashed, *others], [known], Replays(topic, FUNCTIONS))
        assert bool(found) == named, (most, cap)


def test_of_what_raises_alike_that_with_the_very_message_is_named(topic: Topic) -> None:
    def refusing(words: str) -> Callable[..., Any]:
        def area(height: int, width: int) -> int:
            if width > 3:
                raise RuntimeError(words.format(height, width))
            return height * width

        return area

    def check(student: Any, width: int) -> None:
        expect_number(student.area(9, width), 9 * width)

    student = Student(topic, LocalBackend({"area": refusing("sizes {0} and {1}")}))
    runs = [run_case(check, student, {"width": width}, {}) for width in (4, 1, 2, 5)]
    turned, same, other = (
        Known("area", slug, "", refusing(slug)) for slug in ("{1} and {0}", "sizes {0} and {1}", "{0}")
    )

    def named(topic: Topic, *known: Known) -> list[str]:
        return [one.slug for one in diagnose("area", runs[:1], runs, known, Replays(topic, FUNCTIONS))]

    of_models = dataclasses.replace(topic, needs="torch")
    assert named(topic, turned, same, other) == named(of_models, turned, same, other) == ["sizes {0} and {1}"]
    assert named(topic, turned, other) == ["{1} and {0}", "{0}"]
    assert named(of_models, turned, other) == []


def test_what_is_right_explains_nothing(topic: Topic) -> None:
    def check(student: Any) -> None:
        expect_number(student.area(2, 500), 1000)

    student = Student(topic, LocalBackend({"area": lambda height, width: height * width + 0.005}))
    runs = [run_case(check, student, {}, {})]
    right_here = Known("area", "small-widths-only", "", lambda height, width: height * min(width, 999))
    assert runs[0].error is not None
    assert diagnose("area", runs, runs, [right_here], Replays(topic, FUNCTIONS)) == ()


def test_what_would_be_wrong_where_the_student_is_right_is_not_named(topic: Topic) -> None:
    one, two = (run_of(topic, {"area": right_for_flat}, lambda student, h=h: student.area(h, 5)) for h in (2, 1))
    one.error = CheckFailed(Failure(what="the area is wrong"))
    assert [m.slug for m in diagnose("area", [one], [one], [PERIMETER], Replays(topic, FUNCTIONS))] == ["perimeter"]
    assert diagnose("area", [one], [one, two], [PERIMETER], Replays(topic, FUNCTIONS)) == ()


PERIMETER = Known("area", "perimeter", "", perimeter)


def right_for_flat(height: int, width: int) -> int:
    """The perimeter, but for a height of 1."""
    return width if height == 1 else perimeter(height, width)


def test_backward_misconceptions_get_the_oracles_cache(topic: Topic) -> None:
    def mean(dout: np.ndarray, cache: Any) -> Any:
        return dout * cache[1], (dout * cache[0]).mean()

    def check(student: Any) -> None:
        _, cache = student.scale_forward(np.ones((2, 2)), 3.0)
        expect_array(student.scale_backward(np.ones((2, 2)), cache)[1], np.asarray(4.0))

    backend = LocalBackend({**FUNCTIONS, "scale_backward": mean})
    verdict = judge(check, Student(topic, backend), CaseBook().cases("n", check, 0), {})
    assert verdict.outcome is Outcome.FAILED
    assert reproduces(Known("scale_backward", "mean", "", mean), verdict.runs, topic, FUNCTIONS)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (2**80, 2**80 + 1, False),
        ((1, [2.0]), [1, (2.0,)], True),
        (np.ones(3), np.ones(3) + 1e-9, True),
        (np.ones(3), np.ones(4), False),
        (np.array([np.nan]), np.array([np.nan]), True),
        (np.array([1.0, 1e-12]), np.array([1.0, 2e-12]), True),
        ("a", "a", True),
        (None, None, True),
        (None, 0, False),
        (Handle(1), Handle(2), True),
        (Handle(1), 1, False),
        (np.array([np.inf]), np.array([1.0]), False),
    ],
)
def test_same_values(one: Any, other: Any, same: bool) -> None:
    assert same_value(one, other) is same


def test_a_misconceptions_slug_is_its_name() -> None:
    @misconception("area", "hint")
    def rows_for_columns(height: int, width: int) -> int:
        return height

    known: Known = rows_for_columns.__misconception__  # type: ignore[attr-defined]
    assert (known.function, known.slug, known.hint) == ("area", "rows-for-columns", "hint")


def test_exceptions_of_a_local_function_show_its_own_lines(topic: Topic) -> None:
    def broken(height: int, width: int) -> int:
        return height // (width - width)

    verdict = judged(topic, broken)
    assert verdict.shown is not None and isinstance(verdict.shown.error, StudentRaised)
    assert [frame.function for frame in verdict.shown.error.frames][-1] == "broken"


def test_an_observed_call_tells_what_it_warned_of(topic: Topic) -> None:
    def overflowing(x: np.ndarray, factor: float) -> Any:
        return np.exp(x * factor), None

    backend = LocalBackend({**FUNCTIONS, "scale_forward": overflowing})
    student = Student(topic, backend)
    student.observe("scale_forward", np.array([1000.0, 2000.0]), 2.0)
    assert student.transcript[-1].warnings == ("overflow encountered in exp",)
    with pytest.raises(CheckFailed, match="scale_forward gives a warning"):
        expect_no_warning(student, "scale_forward")
    student.observe("scale_forward", np.array([1.0]), 2.0)
    expect_no_warning(student, "scale_forward")


@pytest.mark.parametrize(
    ("kind", "words"),
    [("generator", "is return meant?"), ("coroutine", "is def meant?"), ("Oddity", "an object of type Oddity")],
)
def test_a_slip_is_called_by_its_name(kind: str, words: str) -> None:
    assert words in describe(Handle(1, kind))


def test_a_small_slope_of_ones_own_is_a_slope() -> None:
    """The values round far more than the gradient does: what is small beside them is not for that reason nothing."""
    expect_agreement(Slopes(1e-4, 1e-4, 0.5, 1.0, 1e3), "dx", "scale_forward")
    with pytest.raises(CheckFailed, match="neither shows a slope"):
        expect_agreement(Slopes(0.0, 0.0, 0.5, 1.0, 1e3), "dx", "scale_forward")


@pytest.mark.parametrize(("near", "agrees"), [(2.0, True), (1.0, False)])
def test_a_kink_of_ones_own_within_the_step_is_gone_around(near: float, agrees: bool) -> None:
    slopes = Slopes(2.0, 1.5, 1.0, 1.0, 1.0, 0.0, 0.1)
    with nullcontext() if agrees else pytest.raises(CheckFailed, match="do not belong together"):
        expect_agreement(slopes, "dx", "scale_forward", None, lambda step: 1.5 if step > 0.05 else near)


def test_only_the_gradient_that_is_neither_right_nor_ones_own_is_blamed(topic: Topic) -> None:
    """Forward is wrong; dfactor is the gradient of it, dx of neither."""

    def judged(dx: float) -> None:
        functions = {
            **FUNCTIONS,
            "scale_forward": lambda x, factor: (3.0 * x * factor, (x, factor)),
            "scale_backward": lambda dout, cache: (dx * dout, 3.0 * dout * cache[0]),
        }
        student = Student(topic, LocalBackend(functions))
        at, dout = [np.array([2.0]), np.array([1.0])], np.array([5.0])
        probe = Probe(
            student.scale_forward, student.scale_backward, at, at, dout, 0.5, ("dx", "dfactor"), "scale_forward"
        )
        expect_own_gradient(probe, np.array([2.0]), [dout, dout * at[0]], [dout, dout * at[0]], np.array([9.0]))

    for right in (1.0, 3.0):
        judged(right)
    with pytest.raises(CheckFailed, match="dx and scale_forward do not belong together"):
        judged(2.0)


def test_the_call_that_raised_is_shown_where_its_message_is_refused(topic: Topic) -> None:
    def refuse(height: float, width: float) -> float:
        if height < 0:
            raise ValueError("bad")
        return height * width

    functions = {**FUNCTIONS, "area": refuse}
    student = Student(topic, LocalBackend(functions))
    message = expect_value_error(student.area, -1, 2, why="height is -1")
    student.area(1, 2)
    with pytest.raises(CheckFailed) as failed:
        expect_message(message, ["height"], [-1])
    run = CaseRun({}, student.transcript, failed.value)
    code = script(run, topic, functions, failed.value.failure, failed.value.value)
    assert code is not None and "area(-1, 2)  # wanted: a ValueError whose message names height" in code


def test_of_changed_arguments_the_argument_is_printed(topic: Topic) -> None:
    def changing(x: np.ndarray, factor: float) -> Any:
        x *= factor
        return x, None

    functions = {**FUNCTIONS, "scale_forward": changing}
    student = Student(topic, LocalBackend(functions))
    _, ((after, _), _) = student.observe("scale_forward", np.array([2.0]), 3.0)
    error = CheckFailed(Failure("x after the call is wrong", wanted=2.0, index=(0,)), after)
    code = script(CaseRun({}, student.transcript, error), topic, functions, error.failure, after)
    assert code is not None and code.endswith("print(x)  # wanted at [0]: 2\n")


def test_an_object_that_was_returned_is_printed(topic: Topic) -> None:
    functions = {**FUNCTIONS, "area": lambda height, width: Fraction(1, 2)}
    student = Student(topic, LocalBackend(functions))
    value = student.area(1, 2)
    error = CheckFailed(Failure("the area is not a number", wanted=2), value)
    code = script(CaseRun({}, student.transcript, error), topic, functions, error.failure, value)
    assert code is not None and code.count("print(") == 1 and "print(None)" not in code
