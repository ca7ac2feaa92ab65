"""One submission being graded: its workers, and the results of its checks as they come in."""

from __future__ import annotations

import dataclasses
import importlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from types import ModuleType
from typing import Any

from grader.checking.cases import Cases
from grader.checking.choices import Case
from grader.checking.compare import CheckFailed
from grader.checking.differing import differing_layer
from grader.checking.judge import FINAL, CaseRun, Verdict, failure_of, is_students, judge, outcome_of
from grader.checking.known import misconceptions_in, traits_in
from grader.checking.raising import wants_a_value
from grader.checking.snippet import call_in_words, case_in_words, script
from grader.checking.suite import CheckSpec
from grader.client.foresight import Plan
from grader.client.fullsize import FullSize
from grader.client.local import LocalBackend
from grader.client.student import Backend, Call, Student, WorkerBackend
from grader.course import Course, Topic
from grader.diagnosis import diagnose, wrong_feeder
from grader.errors import StudentMissing, StudentNotLoaded, SubmissionFault
from grader.evidence import Replays
from grader.observing import observe
from grader.replaybook import ReplayBook
from grader.results import CheckResult, Failure, Outcome, TopicResult, weakest
from grader.workshop import Workshop

BackendMaker = Callable[[Topic], Backend]
FullSizeMaker = Callable[[Topic], FullSize | None]


@dataclass
class Judged:
    """A check's result before diagnosis, and what was run for it."""

    spec: CheckSpec
    result: CheckResult
    runs: list[CaseRun]
    layer: str | None = None
    """The layer of a model that differs first, in words."""


@dataclass
class TopicSession:
    """One topic of one submission: the student, and what was judged so far."""

    topic: Topic
    student: Student
    judged: dict[str, Judged] = field(default_factory=dict)
    problem: str | None = None
    output: str | None = None
    replays: Replays | None = None
    """What the diagnosis of one check made again, for that of the next; the runs are kept in `judged`."""

    def runs_of(self, function: str) -> list[CaseRun]:
        """Every case run so far by checks of the function."""
        return [run for done in self.judged.values() if done.spec.function == function for run in done.runs]


@dataclass
class GradingSession:
    """Judges checks, one at a time, and gives the results by topic.

    Without `search` no smaller case than those drawn is looked for, which saves time where only the outcome counts.
    """

    course: Course
    seed: int
    workshop: Workshop
    make_backend: BackendMaker
    search: bool = True
    make_full_size: FullSizeMaker = lambda topic: None
    topics: dict[str, TopicSession] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def topic(self, topic: Topic) -> TopicSession:
        """The topic's session, begun when first asked for; the workers of other topics end, and give back what they hold."""
        if topic.name not in self.topics:
            self.close()
            student = Student(topic, self.make_backend(topic), full_size=self.make_full_size(topic))
            self.topics[topic.name] = TopicSession(topic, student)
        return self.topics[topic.name]

    def run(self, topic: Topic, spec: CheckSpec, test: Callable[..., Any], fixtures: Mapping[str, Any]) -> CheckResult:
        """Judge one check and record it."""
        session = self.topic(topic)
        started = time.perf_counter()
        verdict = self._blocked(session, spec)
        if verdict is None:
            cases = self.workshop.cases.cases(f"{topic.name}/{spec.name}", test, self.seed)
            with _one_thread():
                plan = self._plan(topic, spec, test, cases, dict(fixtures))
            # Without a plan the grader computes what is right meanwhile, for seconds; whatever of the student's is left behind
            # has no business running then.
            with _one_thread(), session.student.backend.at_work() if plan is not None else nullcontext():
                verdict = judge(test, session.student, cases, dict(fixtures), plan, self.search)
            verdict = _skip_if_dependent(session, spec, verdict)
        if verdict.fault is not None:
            self.faults.append(f"{topic.name}: {spec.name}\n{verdict.fault}")
        self._note_problem(session, verdict)
        result = CheckResult(
            name=spec.name,
            title=spec.title,
            outcome=verdict.outcome,
            points_earned=spec.points if verdict.outcome is Outcome.PASSED else Fraction(0),
            points_possible=spec.points,
            failure=_complete(verdict, topic, session.student.backend.importable),
            duration_s=time.perf_counter() - started,
            hidden=spec.hidden,
        )
        session.judged[spec.name] = Judged(
            spec, result, verdict.runs, _layer(session, spec, verdict, self.workshop.replays) if self.search else None
        )
        return result

    def _plan(
        self, topic: Topic, spec: CheckSpec, test: Callable[..., Any], cases: Cases, fixtures: Case
    ) -> Plan | None:
        """What the check will call, found out on the oracle once; None where models make that dearer than what it saves.

        It does not come from the submissions judged before, so none of them has an influence on how this one is called.
        """
        if topic.needs != "numpy":
            return None

        def run() -> Iterator[list[Call]]:
            right = Student(topic, LocalBackend(vars(course_module(topic, "oracle"))))
            return (run.calls for run in judge(test, right, cases, fixtures, search=False).runs)

        return self.workshop.cases.plan(f"{topic.name}/{spec.name}", test, self.seed, run)

    def diagnosed(self, topic: Topic, result: CheckResult) -> CheckResult:
        """The result with the misconceptions that explain it, from all that was run so far."""
        session = self.topics[topic.name]
        judged = session.judged[result.name]
        explainable = result.outcome in (Outcome.FAILED, Outcome.CRASHED) and session.problem is None
        if not explainable or any(isinstance(run.error, FINAL) for run in judged.runs):
            return result
        module, oracle = course_module(topic, "misconceptions"), vars(course_module(topic, "oracle"))
        runs, all_runs = judged.runs, session.runs_of(result.function)
        with _one_thread():
            session.replays = session.replays or Replays(topic, oracle, self.workshop.replays)
            if (feeder := wrong_feeder(result.function, runs, session.replays)) is not None:
                why = f"{feeder} gives a wrong result in these cases, and {result.function} works with what it kept"
                return dataclasses.replace(result, observations=(f"{why}: mend {feeder} first",))
            found = diagnose(result.function, runs, all_runs, misconceptions_in(module), session.replays)
            told = bool(found) or (result.failure is not None and not wants_a_value(result.failure))
            seen = () if told else observe(result.function, runs, all_runs, session.replays, traits_in(module))
        layer = () if told or judged.layer is None else (judged.layer,)
        return dataclasses.replace(result, misconceptions=found, observations=(*layer, *seen))

    def results(self) -> tuple[TopicResult, ...]:
        """Every topic that was begun, in the course's order, diagnosed."""
        finished = []
        for topic in self.course.topics:
            if topic.name in self.topics:
                session = self.topics[topic.name]
                checks = tuple(self.diagnosed(topic, judged.result) for judged in session.judged.values())
                place = session.student.full_size
                ran = tuple(place.ran) if place is not None else ()
                finished.append(TopicResult(topic.name, topic.title, checks, session.problem, session.output, ran))
        return tuple(finished)

    def notes(self) -> tuple[str, ...]:
        """What the workers told about loading the notebooks."""
        sessions = self.topics.values()
        return tuple(dict.fromkeys(note for s in sessions for note in getattr(s.student.backend, "notes", ())))

    def protections(self) -> dict[str, bool]:
        """Each protection that any worker of this submission reported, and whether it held in all of them."""
        held: list[dict[str, bool]] = []
        for session in self.topics.values():
            full_size = session.student.full_size
            held.append(getattr(session.student.backend, "protections", None) or {})
            held += full_size.protections if full_size else []
        return weakest(held)

    def close(self) -> None:
        """End every worker."""
        for session in self.topics.values():
            if isinstance(session.student.backend, WorkerBackend):
                session.student.backend.close()
            if session.student.full_size is not None:
                session.student.full_size.close()

    def _blocked(self, session: TopicSession, spec: CheckSpec) -> Verdict | None:
        """A verdict without running the check, where an earlier one makes it pointless."""
        if session.problem is not None:
            return Verdict(Outcome.SKIPPED, _told(session.problem))
        for done in session.judged.values():
            told = done.result.failure
            if (
                done.spec.function == spec.function
                and told is not None
                and told.what.startswith(_unwritten(spec.function))
            ):
                return Verdict(Outcome.SKIPPED, _told(f"skipped, since {told.what}"))
        for name in spec.needs:
            needed = session.judged.get(name)
            if needed is not None and needed.result.outcome is not Outcome.PASSED:
                which = "a hidden check" if needed.spec.hidden else f"the check {name}"
                told = needed.result.failure
                if told is not None and _unwritten(needed.spec.function) in told.what:
                    # the same words as where the function is missed in a call, so that all are told as one
                    return Verdict(Outcome.SKIPPED, _told(f"skipped, since {_unwritten(needed.spec.function)}"))
                return Verdict(Outcome.SKIPPED, _told(f"skipped, since it builds on {which}, which is not passed"))
        return None

    def _note_problem(self, session: TopicSession, verdict: Verdict) -> None:
        if verdict.shown is not None and isinstance(verdict.shown.error, StudentNotLoaded) and session.problem is None:
            session.problem = str(verdict.shown.error)
            session.output = getattr(session.student.backend, "load_output", "") or None


def _unwritten(function: str) -> str:
    return f"{function} is not written yet"


def _told(sentence: str) -> CaseRun:
    return CaseRun({}, [], CheckFailed(Failure(what=sentence)))


def _skip_if_dependent(session: TopicSession, spec: CheckSpec, verdict: Verdict) -> Verdict:
    """Skipped rather than failed, where another function ended the case and its own checks say so already."""
    error = verdict.shown.error if verdict.shown is not None else None
    culprit = getattr(error, "function", None)
    if not isinstance(error, SubmissionFault) or culprit is None or culprit == spec.function:
        return verdict
    own = [done for done in session.judged.values() if done.spec.function == culprit]
    if all(done.result.outcome is Outcome.PASSED for done in own):
        return verdict
    return Verdict(Outcome.SKIPPED, _told(f"skipped, since {_ended_by(error, culprit)}"), verdict.runs)


def _ended_by(error: SubmissionFault, culprit: str) -> str:
    """What another function did that ended a case; of an exception the place as well, since it may be shown nowhere else."""
    if isinstance(error, StudentMissing):
        return _unwritten(culprit)
    failure = failure_of(error)
    if failure.exception is None:
        return f"{culprit} did not return ({failure.what})"
    frames = failure.exception.frames
    return failure.what + (f" in it ({frames[-1].place})" if frames else " in it")


def _layer(session: TopicSession, spec: CheckSpec, verdict: Verdict, book: ReplayBook) -> str | None:
    """Where a model differs, while its worker is there to be asked."""
    run = verdict.shown
    if session.topic.needs != "torch" or run is None or verdict.outcome not in (Outcome.FAILED, Outcome.CRASHED):
        return None
    with _one_thread():
        oracle = vars(course_module(session.topic, "oracle"))
        return differing_layer(spec.function, run, session.student, oracle, book)


def _complete(verdict: Verdict, topic: Topic, importable: bool) -> Failure | None:
    """The failure with the call, the script and the output that go with it."""
    failure, run = verdict.failure, verdict.shown
    if verdict.outcome is Outcome.INTERNAL_ERROR:
        return Failure(what="this check could not be judged: a fault of the grader, not of your code")
    if failure is None or run is None or not run.calls:
        return failure
    oracle = vars(course_module(topic, "oracle"))
    value = run.error.value if isinstance(run.error, CheckFailed) else None
    if calls := getattr(run.error, "calls", ()):
        run = dataclasses.replace(run, calls=list(calls))
    loaded = not isinstance(run.error, StudentNotLoaded)
    return dataclasses.replace(
        failure,
        call=call_in_words(run, oracle, value) if loaded else None,
        case=case_in_words(run) if loaded else None,
        reproduce=script(run, topic, oracle, failure, value, importable) if loaded else None,
        output=run.output or None,
    )


def course_module(topic: Topic, name: str) -> ModuleType:
    """`reference/<topic>/<name>.py`; its course's root must be on sys.path (see `on_path`)."""
    return importlib.import_module(f"reference.{topic.name}.{name}")


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep PyTorch from sharing out a few dozen numbers over all cores, which costs a hundred times the sum itself."""
    torch: Any = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch is not None else 1
    if threads == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def on_path(course: Course) -> Iterator[None]:
    """Have the course's root on sys.path, and its modules rather than another course's."""
    root = str(course.root)
    for name in [name for name in sys.modules if name.startswith("reference.")]:
        file = getattr(sys.modules[name], "__file__", None)
        if file is not None and not file.startswith(root):
            del sys.modules[name]
    sys.path.insert(0, root)
    try:
        yield
    finally:
        sys.path.remove(root)


__all__ = ["CheckSpec", "GradingSession", "TopicSession", "course_module", "is_students", "on_path", "outcome_of"]
