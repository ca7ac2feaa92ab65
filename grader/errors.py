"""Everything that can go wrong, by whose fault it is.

ConvgradeError
├── UsageError                  the caller's: shown as one sentence, exit code 2
│   ├── CourseError             a course folder that cannot be used
│   ├── SubmissionUnreadable    a path that holds no submission
│   └── SandboxUnavailable      a protection was required that this machine lacks
├── SubmissionFault             the student's side: costs points, never ends the run
│   ├── StudentRaised           their code raised an exception
│   ├── StudentMissing          the function is absent or not written yet
│   ├── StudentReturnedOther    what was returned has another structure
│   ├── StudentNotLoaded        their file is missing or cannot be imported
│   ├── StudentTimedOut         a limit of time was reached
│   ├── StudentDied             their process ended
│   └── StudentProtocolFault    their process sent something that is not a reply
├── DeviceUnavailable           no GPU to compute on: the CPU serves instead
└── InternalFault               ours: exit code 3, no score
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class ConvgradeError(Exception):
    """Root of every error this package raises on purpose."""


class UsageError(ConvgradeError):
    """What the caller asked for cannot be done."""


class CourseError(UsageError):
    """The course folder is wrong; the message names the file and the entry."""


class SubmissionUnreadable(UsageError):
    """The path given as a submission holds nothing that can be graded."""


class SandboxUnavailable(UsageError):
    """A sandbox was required, and a protection does not hold on this machine."""


class InternalFault(ConvgradeError):
    """A fault of the grader; it neither costs nor earns points."""


class DeviceUnavailable(ConvgradeError):
    """There is no GPU that could be used; the message says why, as a sentence without its full stop."""


class SubmissionFault(ConvgradeError):
    """Something the student's code did; `function` is the one it is about, if any, `label` what was called, in words.

    `calls` are those that led to it, where they are not the case's own. `in_between` says that calls count which were made
    between these.
    """

    function: str | None = None
    label: str | None = None
    calls: Sequence[Any] = ()
    in_between: bool = False


@dataclass(frozen=True)
class Frame:
    """One line of a traceback, in the student's own file; in a notebook, `line` counts in the cell `cell`."""

    file: str
    line: int
    function: str
    code: str
    cell: int | None = None


class StudentRaised(SubmissionFault):
    """The student's code raised; `kinds` are the names of the exception's built-in bases.

    `wanted` says which exception should have come, and why, where one was asked for.
    """

    wanted: str | None = None

    def __init__(self, kind: str, kinds: Sequence[str], message: str, frames: Sequence[Frame]) -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind
        self.kinds = tuple(kinds)
        self.message = message
        self.frames = tuple(frames)


class StudentMissing(SubmissionFault):
    """The function is absent, or is still the stub that raises NotImplementedError."""


class StudentReturnedOther(SubmissionFault):
    """The result is not the tuple that the function's contract names."""

    def __init__(self, wanted: str, got: str) -> None:
        super().__init__(f"wanted {wanted}, got {got}")
        self.wanted, self.got = wanted, got


class StudentNotLoaded(SubmissionFault):
    """The topic's file is missing or its import failed; `cause` says how."""

    def __init__(self, message: str, cause: SubmissionFault | None = None) -> None:
        super().__init__(message)
        self.cause = cause


class StudentTimedOut(SubmissionFault):
    """A call, the import or the whole topic took longer than its limit."""


class StudentDied(SubmissionFault):
    """The worker process ended while it was loading or calling the student's code."""


class StudentProtocolFault(SubmissionFault):
    """The worker's channel carried something other than the reply that was asked for."""


def forget_where(error: BaseException | None) -> None:
    """Drop where an exception was raised: a traceback keeps alive what every function on the way had in its hands."""
    if error is not None:
        error.__traceback__ = error.__context__ = error.__cause__ = None
