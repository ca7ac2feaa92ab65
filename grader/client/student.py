"""The `student` that a check calls as if it were the student's module, and what it remembers of a case."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import math
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from grader.course import Function, Topic
from grader.errors import (
    Frame,
    StudentDied,
    StudentMissing,
    StudentNotLoaded,
    StudentProtocolFault,
    StudentRaised,
    StudentReturnedOther,
    StudentTimedOut,
    SubmissionFault,
)
from grader.submission import NotebookModule
from grader.worker import wire
from grader.worker.wire import Handle, Named

from .foresight import Ahead, Foresight, Place, Plan, Planned
from .fullsize import FullSize
from .process import ForkServer, Worker, WorkerSpec
from .values import kept_in_place, structured

NOT_WRITTEN = "it still raises NotImplementedError"
MOMENT = 0.25
"""Seconds for replies that nobody needs any more; making another worker takes a tenth of it."""
NAMES, LONG = 1000, 60  # names of a file that are looked at, the last ones, and their characters
ALIKE = 0.8  # how like names are that differ by a slip: maxpool_forward, max_pool_foward
SOON = 0.05
"""Seconds in which replies are looked for before they are waited for."""
NOTES = 8
EXPANSION = 8  # the most that a byte of JSON takes as Python objects, about


@dataclass(eq=False, slots=True)
class Call:
    """One call of a case: what was passed, and what came back or was raised.

    `after` are the positional arguments as they were after an observed call, `warnings` what it warned of: the messages
    of RuntimeWarnings, such as NumPy's of overflow.
    """

    function: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    observed: bool = False
    result: Any = None
    after: tuple[Any, ...] = ()
    warnings: tuple[str, ...] = ()
    error: SubmissionFault | None = None
    owner: str = ""
    """The student's function that this is about: itself, or the maker of the model that an operation is given."""


class Backend(Protocol):
    """Where calls go: a worker process, or functions in this process."""

    def begin_case(self) -> None:
        """Forget what earlier cases left behind."""

    def call(self, function: Function, arguments: Sequence[Any], keywords: dict[str, Any], observe: bool) -> Any:
        """Call it; returns the result, or (result, [arguments, keywords, warnings] afterwards) when `observe` is set."""

    def take_output(self) -> str:
        """What was printed since the last time."""

    @property
    def importable(self) -> bool:
        """Whether the functions are in a file of the topic's name, from which a script can import them."""

    def foresee(self, plan: Plan) -> None:
        """Told which calls the coming cases will make; may make them ahead of time."""

    def end_foresight(self) -> None:
        """Told that what was foreseen is over."""

    def peek_replies(self, whole_check: bool = False) -> bytes | None:
        """What stands for all replies to the calls of the case that has just begun, where they are there already.

        Or those of the `whole_check`, before its first case. Equal replies have the same, and others another one. The calls
        can be made all the same.
        """

    def pass_over(self) -> None:
        """Told, after peek_replies, that the calls behind these replies are not needed."""

    def at_work(self) -> AbstractContextManager[None]:
        """Entered for as long as one call follows another."""


@dataclass(frozen=True, repr=False)
class StudentFunction:
    """One function of the student's, to be called."""

    student: Student
    function: Function

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self.student._call(self.function, False, *arguments, **keywords)

    def __repr__(self) -> str:
        return f"student.{self.function.name}"


@dataclass(repr=False)
class Student:
    """Calls a topic's functions by name and keeps a transcript of the current case.

    Every attribute is a function of the topic: `student.max_pool_forward(x, (2, 2), (2, 2))`. What comes back is plain
    data (numbers, strings, lists, tuples, dicts, arrays), a Handle or Unsupported, unpacked to the structure that the
    course names. Raises SubmissionFault when the student's code does not return.
    """

    topic: Topic
    backend: Backend
    transcript: list[Call] = field(default_factory=list)
    full_size: FullSize | None = None
    """Where the topic's models run at their published size; None where they do not."""

    def __getattr__(self, name: str) -> Any:
        topic: Topic | None = self.__dict__.get("topic")
        try:
            return StudentFunction(self, topic.function(name) if topic else self.__dict__[name])
        except KeyError:
            listed = ", ".join(topic.functions) if topic else ""
            raise AttributeError(f"the topic has no function {name!r}; course.toml lists {listed}") from None

    def __repr__(self) -> str:
        return "student"

    def observe(self, name: str, *arguments: Any, **keywords: Any) -> tuple[Any, Any]:
        """Call `name` and also return what its arguments look like afterwards: (result, (arguments, keywords)).

        What it warned of stands in the call, `transcript[-1].warnings`.
        """
        result, after = self._call(self.topic.functions[name], True, *arguments, **keywords)
        return result, (tuple(after[0]), after[1])

    def begin_case(self) -> None:
        """Start a new case with an empty transcript."""
        self.transcript = []
        self.backend.begin_case()

    def _call(self, function: Function, observe: bool, *arguments: Any, **keywords: Any) -> Any:
        arguments = tuple(Named(v.function.name) if isinstance(v, StudentFunction) else v for v in arguments)
        owner = self._owner(arguments) if function.operation else function.name
        function = dataclasses.replace(function, owner=owner)
        call = Call(function.name, arguments, keywords, observe, owner=owner)
        self.transcript.append(call)
        try:
            answer = self.backend.call(function, arguments, keywords, observe)
            result, after = answer if observe else (answer, None)
            if after is not None:
                call.after, call.warnings = tuple(after[0]), tuple(after[2])
            call.result = result
            call.result = result = kept_in_place(structured(result, function.returns), function)
        except SubmissionFault as error:
            error.function, error.label = owner, function.label
            call.error = error
            raise
        return (result, after) if observe else result

    def _owner(self, arguments: Sequence[Any]) -> str:
        """The student's function that an operation is about."""
        if arguments and isinstance(arguments[0], Named):
            return arguments[0].name
        numbers = {value.number for value in arguments if isinstance(value, Handle)}
        for call in reversed(self.transcript):
            items = call.result if isinstance(call.result, tuple) else (call.result,)
            if any(isinstance(item, Handle) and item.number in numbers for item in items):
                return call.owner
        return ""


class WorkerBackend:
    """Calls into a worker process; makes a new one when the last died. One topic of one submission."""

    def __init__(
        self,
        topic: Topic,
        folder: str,
        seed: int,
        server: ForkServer | None,
        problem: str | None = None,
        notebook: NotebookModule | None = None,
        device: str = "cpu",
    ) -> None:
        self.topic, self._server, self.notebook = topic, server, notebook
        self._spec = WorkerSpec(folder, topic.needs, topic.limits, _seed_of_worker(seed, topic.name), device)
        self._worker: Worker | None = None
        self._not_loaded = StudentNotLoaded(problem) if problem else None
        self._output: list[str] = []
        self._forget = False
        self._at_work = False
        self._seconds = 0.0
        self._timeouts: dict[str, int] = {}
        self._received: dict[str, int] = {}
        self._foresight = Foresight()
        self._peeked: list[tuple[str, int, int]] = []
        self._fault: SubmissionFault | None = None
        self.names: list[str] = []
        """What can be called in the student's file, as its process says."""
        self.load_output = ""
        self.notes: tuple[str, ...] = ()
        self.protections: dict[str, bool] | None = None

    @property
    def importable(self) -> bool:
        """Not where they are in a notebook; a .py file that is run statement by statement may well be imported elsewhere."""
        return self.notebook is None or self.notebook.submitted.name.endswith(".py")

    def begin_case(self) -> None:
        """The next call drops the handles of earlier cases; replies that the last case did not wait for are dropped."""
        for ahead in self._foresight.begin_case():
            self._skip(ahead)
        self._forget = True
        self._output.clear()
        if self._worker is not None:
            self._worker.channel.forget_output()

    def foresee(self, plan: Plan) -> None:
        """Take the calls of each coming case, as an earlier run made them; a check that calls others may get OutOfStep."""
        self._foresight = Foresight(plan)

    def end_foresight(self) -> None:
        """Drop what was sent ahead and not called; a worker that is still at it after a moment is replaced."""
        deadline = time.monotonic() + MOMENT
        for ahead in tuple(self._foresight.sent):
            if self._worker is not None:
                self._skip(ahead, max(0.0, deadline - time.monotonic()))
        self._foresight = Foresight()

    def peek_replies(self, whole_check: bool = False) -> bytes | None:
        """A digest of the replies, where all calls were sent ahead and have ended; see Backend."""
        if self._fault is not None or (worker := self._worker) is None:
            return None
        started = time.monotonic()
        try:
            if (plan := self._foresight.unsent()) is not None:
                self._send_at_once(worker, plan)
            if not self._foresight.sent:
                self._send_coming(worker)
            if not (ahead := self._foresight.of_check() if whole_check else self._foresight.of_case()):
                return None
            for function in {one.function for one in ahead}:
                self._allowed_seconds(function)
            frames = worker.channel.peek(len(ahead), SOON)
        except (StudentDied, StudentProtocolFault) as error:
            self._lost()
            self._fault = error
            return None
        except SubmissionFault:  # the call itself will say so
            return None
        finally:
            self._seconds += time.monotonic() - started
        self._peeked.clear()
        digest = hashlib.sha256()
        for one, (header, payload) in zip(ahead, frames or (), strict=False):
            said = wire.without_id(header, one.number)
            if said is None:
                return None
            self._peeked.append((one.function, len(header), len(payload)))
            digest.update(b"%d %d " % (len(said), len(payload)) + said + payload)
        return digest.digest() if frames is not None else None

    def pass_over(self) -> None:
        """Be done with the replies that were peeked at; see Backend."""
        assert self._worker is not None, "it has replied"
        for received in self._peeked:
            self._count_received(*received)
        self._foresight.pass_over(len(self._peeked))
        self._worker.drop(len(self._peeked))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Do not stop the worker from one call to the next, which takes longer than most calls; see Backend."""
        self._at_work = True
        if self._worker is not None:
            self._worker.awake = True
        try:
            yield
        finally:
            self._at_work = False
            if self._worker is not None:
                self._worker.awake = False
                self._worker.rest()

    def _skip(self, ahead: Ahead, patience: float = math.inf) -> None:
        """Wait for a reply that nobody asked for after all."""
        if (worker := self._worker) is None:
            return
        started = _clock(worker)
        try:
            reply = worker.receive(min(patience, self._allowed_seconds(ahead.function)))
            if reply.fields.get("id") != ahead.number:
                raise StudentProtocolFault("its reply belongs to another call")
        except SubmissionFault:
            self._lost()
        finally:
            self._seconds += _clock(worker) - started

    def _send(self, worker: Worker, frame: bytes, replies: int = 1) -> str:
        """Send the frame of a call, or of several; gives the id it went under, which nobody can know before."""
        number = secrets.token_hex(wire.ID_CHARACTERS // 2)
        worker.send(wire.with_id(frame, number), replies)
        return number

    def _send_at_once(self, worker: Worker, plan: Plan) -> None:
        """Send all the calls of a check in one frame, where they fit into one."""
        if plan.frame is None:
            packer = wire.Packer()
            try:
                calls = [self._fields(one.call, place.call == 0, packer) for place, one in plan.at_once if one.call]
                plan.frame = wire.encode_calls(calls, packer.arrays)
            except (wire.TooLarge, wire.NotCarried):  # one by one, they may
                plan.at_once = ()
                return
        number = self._send(worker, plan.frame, len(plan.at_once))
        for position, (place, planned) in enumerate(plan.at_once):
            self._foresight.sent.append(Ahead(place, planned.function, wire.numbered(number, position)))

    def _send_coming(self, worker: Worker) -> None:
        for place, planned in self._foresight.coming():
            self._foresight.sent.append(self._send_ahead(worker, place, planned))

    def _send_ahead(self, worker: Worker, place: Place, planned: Planned) -> Ahead:
        if planned.frame is None:
            assert planned.call is not None
            planned.frame = self._frame(planned.call, forget=place.call == 0)
        return Ahead(place, planned.function, self._send(worker, planned.frame))

    def take_output(self) -> str:
        """What was printed since the case began."""
        if self._worker is not None:
            self._output.append(self._worker.take_output())
        text = "".join(self._output)
        self._output.clear()
        return text

    def call(self, function: Function, arguments: Sequence[Any], keywords: dict[str, Any], observe: bool) -> Any:
        """One call in the worker; see Backend. Raises SubmissionFault."""
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault
        allowed = self._allowed_seconds(function.label)
        call = Call(function.name, tuple(arguments), keywords, observe)
        number = self._foresight.take(call)
        worker = self._ready_worker()
        started = _clock(worker)
        try:
            if number is None:
                number = self._send(worker, self._frame(call, self._forget))
            self._forget = False
            self._send_coming(worker)
            message = worker.receive(allowed)
            if message.fields.get("id") != number:
                raise StudentProtocolFault("its reply belongs to another call")
            self._count_received(function.label, message.header_bytes, message.payload_bytes)
            return self._result(message, function.name, (arguments, keywords) if observe else None)
        except StudentTimedOut:
            self._timeouts[function.label] = self._timeouts.get(function.label, 0) + 1
            self._lost()
            if self._seconds + _clock(worker) - started >= self.topic.limits.topic_seconds:
                raise StudentTimedOut(self._used_up()) from None
            raise StudentTimedOut(f"{function.label} gave no answer within {allowed:g} s") from None
        except (StudentDied, StudentProtocolFault):
            self._lost()
            raise
        finally:
            self._seconds += _clock(worker) - started

    def _frame(self, call: Call, forget: bool) -> bytes:
        """The call as it travels, still without an id."""
        packer = wire.Packer()
        try:
            return wire.encode_call(self._fields(call, forget, packer), packer.arrays)
        except (wire.TooLarge, wire.NotCarried) as error:
            passed = (*call.arguments, *call.keywords.values())
            if isinstance(error, wire.NotCarried) and not any(map(_has_unsupported, passed)):
                raise  # the check passes something that no student returned
            raise StudentRaised("TypeError", (), f"what it should be given cannot be passed on: {error}", ()) from None

    def _fields(self, call: Call, forget: bool, packer: wire.Packer) -> dict[str, Any]:
        """What the header says of a call. Raises TooLarge or NotCarried."""
        function = self.topic.function(call.function)
        told: dict[str, Any] = {
            "keep": function.kept,
            "operation": function.operation,
            "observe": call.observed,
            "forget": forget,
        }
        return {
            "function": call.function,
            "arguments": [packer.pack(value) for value in call.arguments],
            "keywords": {name: packer.pack(value) for name, value in call.keywords.items()},
            **{name: value for name, value in told.items() if value},
        }

    def close(self) -> None:
        """End the worker; a call after that makes a new one."""
        self._foresight = Foresight()
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _allowed_seconds(self, function: str) -> float:
        limits = self.topic.limits
        left = limits.topic_seconds - self._seconds
        if left <= 0:
            raise StudentTimedOut(self._used_up())
        if self._received.get(function, 0) > limits.result_bytes:
            raise StudentReturnedOther(
                f"results of at most {limits.result_bytes >> 20} MiB, all calls of {function} together",
                "more than that",
            )
        slow_before = self._timeouts.get(function, 0)
        if slow_before > 2:
            raise StudentTimedOut(f"{function} ran into the limit {slow_before} times already and was not called again")
        return min(left, limits.impatient_seconds if slow_before else limits.call_seconds)

    def _used_up(self) -> str:
        return f"the topic's {self.topic.limits.topic_seconds:g} s were used up"

    def _ready_worker(self) -> Worker:
        if self._not_loaded is not None:
            raise StudentNotLoaded(str(self._not_loaded), self._not_loaded.cause)
        if self._worker is None or self._worker.closed:
            self._worker = Worker(self._spec, self._server)
            self.protections = self._worker.protections
            self._load(self._worker)
            self._worker.awake = self._at_work
        return self._worker

    def _count_received(self, function: str, header_bytes: int, payload_bytes: int) -> None:
        """Results are kept for the report and the diagnosis, so what they take in all is limited."""
        self._received[function] = self._received.get(function, 0) + payload_bytes + EXPANSION * header_bytes

    def load(self) -> StudentNotLoaded | None:
        """Import the student's file now; returns why that failed, if it did."""
        try:
            self._ready_worker()
        except StudentNotLoaded as error:
            return error
        return None

    def _load(self, worker: Worker) -> None:
        file, limits = self.topic.file, self.topic.limits
        statements = {"statements": list(self.notebook.statements)} if self.notebook is not None else {}
        frame = wire.encode("load", {"module": self.topic.name, "file": file, **statements})
        started = _clock(worker)
        try:
            message = worker.ask(frame, limits.load_seconds)
            if message.kind == "raised":
                raise self._raised(message.fields)
            if message.kind != "loaded":
                raise StudentProtocolFault("it did not answer the request to import the file")
            self._note_failed(message.fields.get("failed"))
            names = message.fields.get("functions")
            self.names = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
            self._note_end(message.fields.get("ended"))
        except SubmissionFault as error:
            shown = self.notebook.submitted.name if self.notebook is not None else file
            self._not_loaded = StudentNotLoaded(_not_loaded_sentence(shown, error, limits.load_seconds), error)
            self.load_output = worker.last_output if worker.closed else worker.take_output()
            self.close()
            self._worker = None
            raise self._not_loaded from None
        finally:
            self._seconds += _clock(worker) - started
        self.load_output = worker.take_output()

    def _raised(self, fields: dict[str, Any]) -> StudentRaised:
        error = _raised(fields, self._place)
        if self._worker is None:
            return error
        message = self._worker.name_files(error.message)
        return error if message == error.message else StudentRaised(error.kind, error.kinds, message, error.frames)

    def _place(self, frame: Frame) -> Frame:
        """The frame in the notebook that the file was made of, where it was."""
        place = self.notebook.place(frame.line) if self.notebook is not None and frame.file == self.topic.file else None
        if place is None or self.notebook is None:
            return frame
        return dataclasses.replace(frame, file=self.notebook.submitted.name, cell=place[0], line=place[1])

    def _note_failed(self, failed: Any) -> None:
        """Notes on the notebook's statements that raised, as far as something graded depends on them."""
        notes = []
        notebook = self.notebook
        for one in failed if isinstance(failed, list) and notebook is not None else []:
            number = one.get("statement") if isinstance(one, dict) else None
            if notebook is not None and type(number) is int and number in notebook.needed:
                notes.append(_failed_sentence(notebook.submitted.name, self._raised(one)))
        self.notes = tuple(notes[:NOTES])

    def _note_end(self, ended: Any) -> None:
        """A note on the line where the file ended the program; raises what ended it where it had no graded function by then."""
        if not isinstance(ended, dict):
            return
        error = self._raised(ended)
        if self.topic.functions.keys().isdisjoint(self.names):
            raise error
        lines = [frame.line for frame in error.frames if frame.file == self.topic.file]
        where = f", line {lines[0]}," if lines else ""
        self.notes += (f"{self.topic.file}{where} ends the program ({error.kind}), so nothing below it counts",)

    def _lost(self) -> None:
        self._foresight = Foresight()
        if self._worker is not None:
            self._worker.close()
            self._output.append(self._worker.last_output)
            self._worker = None

    def _renamed(self, function: str) -> str:
        """The rest of a sentence about a function that is missing, where the file has one of nearly the same name."""
        names = [name for name in self.names[-NAMES:] if len(name) <= LONG and name not in self.topic.functions]
        plain = {name.replace("_", "").casefold(): name for name in names}
        found = difflib.get_close_matches(function.replace("_", "").casefold(), plain, 1, ALIKE)
        return f"; there is {wire.readable(plain[found[0]])} in the file, which is another name" if found else ""

    def _result(
        self, message: wire.Message, function: str, observed: tuple[Sequence[Any], dict[str, Any]] | None
    ) -> Any:
        if message.kind == "raised":
            error = self._raised(message.fields)
            raise StudentMissing(NOT_WRITTEN) if "NotImplementedError" in error.kinds else error
        if message.kind == "refused":
            reason = _text(message.fields.get("reason"), 300)
            if message.fields.get("missing") is True:
                raise StudentMissing(reason + self._renamed(function))
            raise StudentReturnedOther("something that can be passed on to the grader", reason)
        if message.kind != "returned":
            raise StudentProtocolFault("its reply is not the answer to a call")
        try:
            result = wire.unpack(message.fields.get("value"), message.arrays)
            if observed is None:
                return result
            after = wire.unpack(message.fields.get("after"), message.arrays)
        except wire.MalformedFrame as error:
            raise StudentProtocolFault(f"its reply is not one the grader knows: {error}") from None
        if not _answers(after, observed):
            raise StudentProtocolFault("its reply does not say what became of the arguments")
        return result, after


def _clock(worker: Worker) -> float:
    """The time, without what the worker was kept waiting for a processor beyond its seconds."""
    return time.monotonic() - worker.channel.extended


def _seed_of_worker(seed: int, topic: str) -> int:
    """What the worker's global generators are seeded with; the run's own seed, which may be secret, stays here."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{topic}".encode()).digest()[:4], "little")


def _has_unsupported(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(_has_unsupported(item) for item in value)
    return isinstance(value, wire.Unsupported)


def _answers(after: Any, observed: tuple[Sequence[Any], dict[str, Any]]) -> bool:
    """Whether `after` has something for every positional and every keyword argument that was passed, and warnings."""
    if not (isinstance(after, list) and len(after) == 3):
        return False
    positional, named, noted = after
    return (
        isinstance(noted, list)
        and all(isinstance(text, str) for text in noted)
        and isinstance(positional, list)
        and isinstance(named, dict)
        and len(positional) == len(observed[0])
        and named.keys() == observed[1].keys()
    )


def _raised(fields: dict[str, Any], place: Callable[[Frame], Frame]) -> StudentRaised:
    """The exception in a reply; every field is the student's to choose, so every field is checked."""
    frames = []
    given = fields.get("frames")
    for frame in given[:16] if isinstance(given, list) else []:
        if isinstance(frame, dict):
            line = frame.get("line")
            found = Frame(
                _text(frame.get("file"), 200),
                line if type(line) is int and 0 <= line <= 1 << 20 else 0,
                _text(frame.get("function"), 100),
                _text(frame.get("code"), 200),
            )
            frames.append(place(found))
    kinds = fields.get("kinds")
    names = [_text(kind, 60) for kind in kinds[:20]] if isinstance(kinds, list) else []
    return StudentRaised(_text(fields.get("type"), 100) or "?", names, _text(fields.get("message"), 2000), frames)


def _failed_sentence(name: str, error: StudentRaised) -> str:
    place = next((f", cell {frame.cell}, line {frame.line}" for frame in error.frames if frame.cell is not None), "")
    return f"{name}{place} raised {error}, so what it defines is missing"


def _text(value: Any, characters: int) -> str:
    """A field that should be text, cut; empty where it is none."""
    return wire.readable(value[:characters]) if isinstance(value, str) else ""


def _not_loaded_sentence(file: str, error: SubmissionFault, seconds: float) -> str:
    if isinstance(error, StudentRaised):
        if "SyntaxError" in error.kinds:
            return f"{file} is not valid Python, so none of its functions could be called"
        return f"importing {file} raised {error.kind}, so none of its functions could be called"
    if isinstance(error, StudentTimedOut):
        return f"importing {file} took more than {seconds:g} s, so none of its functions could be called"
    if isinstance(error, StudentProtocolFault):
        return f"{file} disturbed its process while it was imported, so none of its functions could be called: {error}"
    return f"importing {file} ended the process, so none of its functions could be called: {error}"
