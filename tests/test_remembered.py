"""What is remembered from one submission to the next: it saves work, and no report tells whether it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import evidence, grade
from grader.checking import judge, rng
from grader.checking.arrays import draw_array
from grader.checking.given import given_digest
from grader.checking.plans import make_plan
from grader.client.foresight import AHEAD, Ahead, Foresight, Place
from grader.client.local import LocalBackend
from grader.client.process import Worker
from grader.client.student import Call, Student, WorkerBackend
from grader.course import Course, Topic
from grader.errors import StudentProtocolFault
from grader.replaybook import ReplayBook
from grader.replaying import make_again
from grader.worker.wire import Handle, Rng, TooLarge
from grader.workshop import Workshop

Submit = Callable[..., Path]

ANOTHER = ("return height * width", "return width * height")
IN_FLOAT32 = ("return x * factor, (x, factor)", "return (x.astype('float32') * factor), (x, factor)")
WRONG = (
    ("return height * width", "return height + width"),
    ("return height * width", "return height * height"),
    ("return dout * factor, np.sum(dout * x)", "return dout * factor, np.mean(dout * x)"),
    ("return dout * factor, np.sum(dout * x)", "return dout, np.sum(dout * x)"),
    ("return x * factor, (x, factor)", "return x * (factor + 1e-3), (x, factor)"),
    ("return x * factor, (x, factor)", "return x * factor if len(x) > 1 else x, (x, factor)"),
    ("return height * width", "return height * width + (height > 7)"),
)


@pytest.fixture
def own_workshop() -> Iterator[Workshop]:
    """A workshop that remembers nothing yet."""
    made = Workshop()
    yield made
    made.close()


@pytest.fixture
def topic(course: Course) -> Topic:
    """The tiny course's topic."""
    return course.topic("area")


@pytest.fixture
def bodies(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The cases that were really judged, as they are."""
    run: list[Any] = []
    really = judge._run_body
    monkeypatch.setattr(judge, "_run_body", lambda *given: run.append(given[2]) or really(*given))
    return run


def form_of(path: Path, course: Course, workshop: Workshop) -> dict[str, Any]:
    """The report without its times."""
    form = grade(path, course=course, workshop=workshop).to_dict()
    for timed in [form, *(check for topic in form["topics"] for check in topic["checks"])]:
        del timed["duration_s"]
    return form


def test_replies_that_were_right_are_right_again(
    course: Course, submit: Submit, own_workshop: Workshop, bodies: list[Any]
) -> None:
    path = submit()
    first = form_of(path, course, own_workshop)
    judged = len(bodies)
    bodies.clear()
    again = form_of(submit(ANOTHER), course, own_workshop)
    assert again["points_earned"] == first["points_earned"] == 7
    assert len(bodies) < judged / 2  # none, unless a reply was awaited too long on a busy machine


def backend_before(call: Call, topic: Topic, folder: Path, workshop: Workshop) -> WorkerBackend:
    """A worker on a submission, before the one case of a check that makes this call."""
    backend = WorkerBackend(topic, str(folder), 0, workshop.server("numpy"))
    assert backend.load() is None
    backend.foresee(make_plan([[call]]))
    backend.begin_case()
    return backend


def test_an_exception_is_known_by_kind_and_message_wherever_it_was_raised(
    topic: Topic, submit: Submit, own_workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.client.student.SOON", 30)  # however busy the machine is
    seen = []
    further_down, message, kind = (
        ("import numpy", "\nimport numpy"),
        ("at least 1", "positive"),
        ("ValueError", "TypeError"),
    )
    for change in (ANOTHER, further_down, message, kind):
        backend = backend_before(Call("area", (0, 1), {}), topic, submit(change), own_workshop)
        seen.append(backend.peek_replies())
        backend.close()
    assert seen[0] is not None and seen[0] == seen[1] and len(set(seen)) == 3


def test_what_goes_wrong_before_a_call_is_told_in_the_call(
    topic: Topic, submit: Submit, own_workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, area = Call("area", (2, 3), {}), topic.function("area")

    def fail(*_: object) -> None:
        raise StudentProtocolFault("it wrote before it was asked")

    backend = backend_before(call, topic, submit(), own_workshop)
    with monkeypatch.context() as patched:
        patched.setattr(Worker, "send", fail)
        assert backend.peek_replies() is None and backend.peek_replies() is None
    with pytest.raises(StudentProtocolFault, match="before it was asked"):
        backend.call(area, call.arguments, {}, False)
    assert backend.call(area, call.arguments, {}, False) == 6
    backend.close()


def test_other_bits_are_judged_by_themselves(
    course: Course, submit: Submit, own_workshop: Workshop, bodies: list[Any]
) -> None:
    form_of(submit(), course, own_workshop)
    bodies.clear()
    form_of(submit(ANOTHER), course, own_workshop)
    same = len(bodies)
    bodies.clear()
    assert form_of(submit(IN_FLOAT32), course, own_workshop)["points_earned"] == 7
    assert len(bodies) > same


def test_wrong_answers_are_told_as_if_nothing_was_known(course: Course, submit: Submit, own_workshop: Workshop) -> None:
    paths = [submit(), *(submit(change) for change in WRONG), submit(IN_FLOAT32)]
    alone = []
    for path in paths:
        fresh = Workshop()
        alone.append(form_of(path, course, fresh))
        fresh.close()
    assert len({str(form["topics"]) for form in alone}) == len(paths) - 1, "they differ, but for the two right ones"
    for order in (range(len(paths)), reversed(range(len(paths)))):
        for number in order:
            assert form_of(paths[number], course, own_workshop) == alone[number]


def test_candidates_are_asked_about_a_case_once(
    course: Course, submit: Submit, own_workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    monkeypatch.setattr(evidence, "make_again", lambda *given: made.append(given) or make_again(*given))
    form = form_of(submit(WRONG[1]), course, own_workshop)
    assert [one["slug"] for one in form["topics"][0]["checks"][1]["misconceptions"]] == ["height-squared"] and made
    made.clear()
    again = form_of(submit(WRONG[1], ("Area of a rectangle", "The area")), course, own_workshop)
    assert again["topics"] == form["topics"] and made == []


def test_no_more_is_remembered_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.replaybook.BYTES", 100)
    book, oracle = ReplayBook(), {"area": max}
    for number in range(5):
        book.keep(oracle, number, f"value {number}", 40)
        assert book.get(oracle, 0) == "value 0", "what is asked for stays"
    assert [book.get(oracle, number) for number in range(5)] == ["value 0", None, None, None, "value 4"]
    book.keep(oracle, 4, "other", 60)
    assert [book.get(oracle, number) for number in (0, 4)] == ["value 0", "other"]
    book.keep(oracle, 5, "too large", 101)
    assert not any(book.get(oracle, number) for number in range(6))


def test_what_is_remembered_of_one_oracle_is_not_anothers() -> None:
    book = ReplayBook()
    book.keep({"area": max}, "key", "value", 10)
    assert book.get({"area": max}, "key") is None


X = draw_array(rng(0), (2, 3))


@pytest.mark.parametrize(
    "other",
    [
        Call("f", (X, 2, Handle(1)), {"rng": Rng(1)}, True),
        Call("g", (X, 2, Handle(1)), {"rng": Rng(1)}),
        Call("f", (X * 2, 2, Handle(1)), {"rng": Rng(1)}),
        Call("f", (X.T, 2, Handle(1)), {"rng": Rng(1)}),
        Call("f", (X.astype(np.float32), 2, Handle(1)), {"rng": Rng(1)}),
        Call("f", (X, 2.0, Handle(1)), {"rng": Rng(1)}),
        Call("f", (X, 2, Handle(2)), {"rng": Rng(1)}),
        Call("f", (X, 2, Handle(1)), {"rng": Rng(1, shared=True)}),
        Call("f", (X, (2, Handle(1))), {"rng": Rng(1)}),
        Call("f", (X, 2, Handle(1)), {"rng": Rng(1)}, result=(X, Handle(1))),
    ],
    ids=["observed", "function", "values", "shape", "dtype", "float", "handle", "shared", "nested", "handle in result"],
)
def test_calls_that_were_given_others_have_another_digest(other: Call) -> None:
    call = Call("f", (X, 2, Handle(1, "cache")), {"rng": Rng(1)})
    assert given_digest([call]) != given_digest([other])
    assert given_digest([call]) != given_digest([call, call])
    same = Call("f", (X.copy(), 2, Handle(1, "other")), {"rng": Rng(1)}, result=X)
    assert given_digest([call]) == given_digest([same])


def test_a_case_is_passed_over_only_where_all_of_it_was_sent() -> None:
    def calls(*numbers: int) -> list[Call]:
        return [Call("f", (number,), {}, result=np.ones(1)) for number in numbers]

    assert Foresight().of_case() == []
    foresight = Foresight(make_plan([calls(1), calls(2, 3), calls(4)]))
    list(foresight.begin_case())
    assert foresight.of_case() == []
    foresight.take(calls(1)[0])
    ahead = [Ahead(Place(1, 0), "f", "a"), Ahead(Place(1, 1), "f", "b"), Ahead(Place(2, 0), "f", "c")]
    foresight.sent.append(ahead[0])
    list(foresight.begin_case())
    assert foresight.of_case() == []
    foresight.sent.extend(ahead[1:])
    assert foresight.of_case() == ahead[:2]
    foresight.pass_over(2)
    assert list(foresight.sent) == ahead[2:] and list(foresight.begin_case()) == []
    assert foresight.of_case() == ahead[2:]


def test_a_check_is_passed_over_only_where_all_of_it_was_sent() -> None:
    def calls(*numbers: int) -> list[Call]:
        return [Call("f", (number,), {}, result=np.ones(1)) for number in numbers]

    def sent(*places: tuple[int, int]) -> list[Ahead]:
        return [Ahead(Place(*place), "f", f"id.{number}") for number, place in enumerate(places)]

    plan = make_plan([calls(1), [], calls(2, 3)])
    foresight = Foresight(plan)
    assert foresight.unsent() is plan and foresight.of_check() == []
    whole = sent((0, 0), (2, 0), (2, 1))
    foresight.sent.extend(whole)
    assert foresight.unsent() is None and foresight.of_check() == whole
    foresight.sent.pop()
    assert foresight.of_check() == []
    foresight.sent.append(whole[-1])
    list(foresight.begin_case())
    assert foresight.of_check() == [] and foresight.of_case() == whole[:1], "its first case has begun"
    assert Foresight().unsent() is None and Foresight(make_plan([])).unsent() is None
    result = Call("f", (np.ones(2),), {})  # it may be what the first call gave
    assert make_plan([[*calls(1), result]]).at_once == () == make_plan([calls(*range(AHEAD + 1))]).at_once


def test_calls_that_do_not_fit_into_one_frame_go_one_by_one(
    topic: Topic, submit: Submit, own_workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.client.student.SOON", 30)

    def refuse(*_: object) -> bytes:
        raise TooLarge("too many arrays")

    plan = make_plan([[Call("area", (2, 3), {})], [Call("area", (3, 4), {})]])
    backend = WorkerBackend(topic, str(submit()), 0, own_workshop.server("numpy"))
    assert backend.load() is None
    with monkeypatch.context() as patched:
        patched.setattr("grader.worker.wire.encode_calls", refuse)
        backend.foresee(plan)
        apart = backend.peek_replies(whole_check=True)
        assert plan.frame is None and plan.at_once == ()
    backend.end_foresight()
    plan = make_plan([[Call("area", (2, 3), {})], [Call("area", (3, 4), {})]])
    backend.foresee(plan)
    together = backend.peek_replies(whole_check=True)
    assert plan.frame is not None and together is not None and apart is None
    backend.pass_over()
    backend.end_foresight()
    assert backend.call(topic.function("area"), (5, 6), {}, False) == 30
    backend.close()


def test_what_a_student_gives_elsewhere_than_asked_is_no_reply(
    topic: Topic, submit: Submit, own_workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of several calls in one frame has a reply of its own; the second cannot be had for the first."""
    monkeypatch.setattr("grader.client.student.SOON", 30)
    exchange = "\nfrom grader.worker import wire\nwire.numbered = lambda number, position: f'{number}.{1 - position}'\n"
    backend = WorkerBackend(
        topic, str(submit(("import numpy as np", "import numpy as np" + exchange))), 0, own_workshop.server("numpy")
    )
    assert backend.load() is None
    backend.foresee(make_plan([[Call("area", (2, 3), {})], [Call("area", (3, 4), {})]]))
    assert backend.peek_replies(whole_check=True) is None
    backend.begin_case()
    with pytest.raises(StudentProtocolFault, match="another call"):
        backend.call(topic.function("area"), (2, 3), {}, False)
    backend.close()


def test_an_exception_keeps_nothing_alive(topic: Topic) -> None:
    def raising(height: int, width: int) -> int:
        raise TypeError(height)

    student, other = (Student(topic, LocalBackend({"area": raising})) for _ in range(2))
    run = judge.run_case(lambda student: student.area(3, 4), student, {}, {})
    (call,), (again,) = run.calls, make_again(run.calls, other, lambda *_: True).calls
    kept = [run.error, call.error, again.error]
    assert [str(error) for error in kept] == ["TypeError: 3"] * 3
    assert not any(error.__traceback__ or error.__context__ for error in kept if error is not None)


@pytest.mark.parametrize("planned", [True, False])
def test_a_worker_runs_on_between_calls_only_where_they_are_planned(
    course: Course, submit: Submit, own_workshop: Workshop, monkeypatch: pytest.MonkeyPatch, planned: bool
) -> None:
    """Elsewhere the grader computes for seconds between two calls, which what a student left behind could use."""
    awake = []
    send = Worker.send

    def seen(self: Worker, *given: Any, **named: Any) -> None:
        awake.append(self.awake)
        send(self, *given, **named)

    monkeypatch.setattr(Worker, "send", seen)
    if not planned:
        monkeypatch.setattr("grader.session.GradingSession._plan", lambda *_: None)
    grade(submit(), course=course, workshop=own_workshop)
    assert awake[0] is False and set(awake[1:]) == {planned}  # the first is the request to import the file
