"""The `student` that a check calls as if it were the student's module, and what it remembers of a case."""

from __future__ import annotations

import functools
import secrets
import time
from collections.abc import Sequence
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
    StudentTimedOut,
    SubmissionFault,
)
from grader.worker import wire

from .process import ForkServer, Worker, WorkerSpec
from .values import structured

NOT_WRITTEN = "it still raises NotImplementedError"


@dataclass(eq=False)
class Call:
    """One call of a case: what was passed, and what came back or was raised."""

    function: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    result: Any = None
    error: SubmissionFault | None = None


class Backend(Protocol):
    """Where calls go: a worker process, or functions in this process."""

    def begin_case(self) -> None:
        """Forget what earlier cases left behind."""

    def call(self, function: Function, arguments: Sequence[Any], keywords: dict[str, Any], observe: bool) -> Any:
        """Call it; returns the result, or (result, arguments and keywords afterwards) when `observe` is set."""

    def take_output(self) -> str:
        """What was printed since the last time."""


@dataclass
class Student:
    """Calls a topic's functions by name and keeps a transcript of the current case.

    Every attribute is a function of the topic: `student.max_pool_forward(x, (2, 2), (2, 2))`. What comes back is plain
    data (numbers, strings, lists, tuples, dicts, arrays), a Handle or Unsupported, unpacked to the structure that the
    course names. Raises SubmissionFault when the student's code does not return.
    """

    topic: Topic
    backend: Backend
    transcript: list[Call] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        functions = self.__dict__["topic"].functions if "topic" in self.__dict__ else {}
        if name not in functions:
            raise AttributeError(f"the topic has no function {name!r}; course.toml lists {', '.join(functions)}")
        return functools.partial(self._call, functions[name], False)

    def observe(self, name: str, *arguments: Any, **keywords: Any) -> tuple[Any, Any]:
        """Call `name` and also return what its arguments look like afterwards: (result, (arguments, keywords))."""
        result, after = self._call(self.topic.functions[name], True, *arguments, **keywords)
        return result, (tuple(after[0]), after[1])

    def begin_case(self) -> None:
        """Start a new case with an empty transcript."""
        self.transcript = []
        self.backend.begin_case()

    def _call(self, function: Function, observe: bool, *arguments: Any, **keywords: Any) -> Any:
        call = Call(function.name, arguments, keywords)
        self.transcript.append(call)
        try:
            answer = self.backend.call(function, arguments, keywords, observe)
            result, after = answer if observe else (answer, None)
            call.result = result
            call.result = result = structured(result, function.returns)
        except SubmissionFault as error:
            error.function = function.name
            call.error = error
            raise
        return (result, after) if observe else result


class WorkerBackend:
    """Calls into a worker process; makes a new one when the last died. One topic of one submission."""

    def __init__(
        self, topic: Topic, folder: str, seed: int, server: ForkServer | None, problem: str | None = None
    ) -> None:
        self.topic, self._server = topic, server
        self._spec = WorkerSpec(folder, topic.needs, topic.limits, seed)
        self._worker: Worker | None = None
        self._not_loaded = StudentNotLoaded(problem) if problem else None
        self._output: list[str] = []
        self._forget = False
        self._seconds = 0.0
        self._timeouts: dict[str, int] = {}
        self.load_output = ""
        self.protections: dict[str, bool] | None = None

    def begin_case(self) -> None:
        """The next call drops the handles of earlier cases."""
        self._forget = True
        self._output.clear()
        if self._worker is not None:
            self._worker.channel.forget_output()

    def take_output(self) -> str:
        """What was printed since the case began."""
        if self._worker is not None:
            self._output.append(self._worker.channel.take_output())
        text = "".join(self._output)
        self._output.clear()
        return text

    def call(self, function: Function, arguments: Sequence[Any], keywords: dict[str, Any], observe: bool) -> Any:
        """One call in the worker; see Backend. Raises SubmissionFault."""
        allowed = self._allowed_seconds(function.name)
        worker = self._ready_worker()
        packer = wire.Packer()
        number = secrets.randbits(48)
        fields = {
            "id": number,
            "function": function.name,
            "arguments": [packer.pack(value) for value in arguments],
            "keywords": {name: packer.pack(value) for name, value in keywords.items()},
            "keep": function.kept,
            "observe": observe,
            "forget": self._forget,
        }
        self._forget = False
        started = time.monotonic()
        try:
            message = worker.ask(wire.encode("call", fields, packer.arrays), allowed)
            if message.fields.get("id") != number:
                raise StudentProtocolFault("its reply belongs to another call")
            return self._result(message, observe)
        except StudentTimedOut:
            self._timeouts[function.name] = self._timeouts.get(function.name, 0) + 1
            self._lost()
            raise StudentTimedOut(f"{function.name} gave no answer within {allowed:g} s") from None
        except (StudentDied, StudentProtocolFault):
            self._lost()
            raise
        finally:
            self._seconds += time.monotonic() - started

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def _allowed_seconds(self, function: str) -> float:
        limits = self.topic.limits
        left = limits.topic_seconds - self._seconds
        if left <= 0:
            raise StudentTimedOut(f"the topic's {limits.topic_seconds:g} s were used up")
        slow_before = self._timeouts.get(function, 0)
        if slow_before > 2:
            raise StudentTimedOut(f"{function} ran into the limit {slow_before} times already and was not called again")
        return min(left, limits.impatient_seconds if slow_before else limits.call_seconds)

    def _ready_worker(self) -> Worker:
        if self._not_loaded is not None:
            raise StudentNotLoaded(str(self._not_loaded), self._not_loaded.cause)
        if self._worker is None:
            self._worker = Worker(self._spec, self._server)
            self.protections = self._worker.protections
            self._load(self._worker)
        return self._worker

    def load(self) -> StudentNotLoaded | None:
        """Import the student's file now; returns why that failed, if it did."""
        try:
            self._ready_worker()
        except StudentNotLoaded as error:
            return error
        return None

    def _load(self, worker: Worker) -> None:
        file, limits = self.topic.file, self.topic.limits
        frame = wire.encode("load", {"module": self.topic.name, "file": file})
        try:
            message = worker.ask(frame, limits.load_seconds)
            if message.kind == "raised":
                raise _raised(message)
            if message.kind != "loaded":
                raise StudentProtocolFault("it did not answer the request to import the file")
        except SubmissionFault as error:
            self._not_loaded = StudentNotLoaded(_not_loaded_sentence(file, error, limits.load_seconds), error)
            self.load_output = worker.last_output if worker.closed else worker.channel.take_output()
            self.close()
            self._worker = None
            raise self._not_loaded from None
        self.load_output = worker.channel.take_output()

    def _lost(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._output.append(self._worker.last_output)
            self._worker = None

    def _result(self, message: wire.Message, observe: bool) -> Any:
        if message.kind == "raised":
            error = _raised(message)
            raise StudentMissing(NOT_WRITTEN) if "NotImplementedError" in error.kinds else error
        if message.kind == "refused":
            reason = str(message.fields.get("reason"))[:300]
            raise (
                StudentMissing(reason)
                if message.fields.get("missing") is True
                else StudentRaised("Refused", (), reason, ())
            )
        if message.kind != "returned":
            raise StudentProtocolFault("its reply is not the answer to a call")
        try:
            result = wire.unpack(message.fields.get("value"), message.arrays)
            if not observe:
                return result
            after = wire.unpack(message.fields.get("after"), message.arrays)
        except wire.MalformedFrame as error:
            raise StudentProtocolFault(f"its reply is not one the grader knows: {error}") from None
        if not (isinstance(after, list) and len(after) == 2):
            raise StudentProtocolFault("its reply does not say what became of the arguments")
        return result, after


def _raised(message: wire.Message) -> StudentRaised:
    """The exception in a reply; every field is the student's to choose, so every field is checked."""
    fields = message.fields
    frames = []
    given = fields.get("frames")
    for frame in given[:16] if isinstance(given, list) else []:
        if isinstance(frame, dict):
            line = frame.get("line")
            frames.append(
                Frame(
                    str(frame.get("file", ""))[:200],
                    line if isinstance(line, int) and not isinstance(line, bool) else 0,
                    str(frame.get("function", ""))[:100],
                    str(frame.get("code", ""))[:200],
                )
            )
    kinds = fields.get("kinds")
    names = [str(kind)[:60] for kind in kinds[:20]] if isinstance(kinds, list) else []
    return StudentRaised(str(fields.get("type", "?"))[:100], names, str(fields.get("message", ""))[:2000], frames)


def _not_loaded_sentence(file: str, error: SubmissionFault, seconds: float) -> str:
    if isinstance(error, StudentRaised):
        if "SyntaxError" in error.kinds:
            return f"{file} is not valid Python, so none of its functions could be called"
        return f"importing {file} raised {error.kind}, so none of its functions could be called"
    if isinstance(error, StudentTimedOut):
        return f"importing {file} took more than {seconds:g} s, so none of its functions could be called"
    return f"importing {file} ended the process, so none of its functions could be called: {error}"
