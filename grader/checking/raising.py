"""Checks on the errors a function must raise, on those it must not, and on warnings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from grader.checking.compare import fail
from grader.client.student import Student
from grader.client.values import describe
from grader.errors import StudentRaised
from grader.results import Failure

NO_VALUE = "ValueError"
"""What is wanted where no value is."""


class ErrorMessage(str):
    """The message of a ValueError that a call raised, and the error, by which the call is found."""

    error: StudentRaised | None = None


def expect_value_error(function: Callable[..., Any], *arguments: Any, why: str, **keywords: Any) -> str:
    """Require that the call raises ValueError; returns its message. `why` says what is wrong with the arguments."""
    try:
        result = function(*arguments, **keywords)
    except StudentRaised as error:
        if "ValueError" in error.kinds:
            message = ErrorMessage(error.message)
            message.error = error
            return message
        error.wanted = f"{NO_VALUE}, since {why}"
        raise
    fail(f"no ValueError was raised although {why}", NO_VALUE, _told(result), result)


def wants_a_value(failure: Failure) -> bool:
    """Whether a check failed for a value or a shape, of which more can be said than of an exception that never came."""
    return not str(failure.wanted).startswith(NO_VALUE)


def _told(result: Any) -> str:
    """That there was no exception, and the number that was returned in its place."""
    return f"no error; returned {describe(result)}" if isinstance(result, (bool, int, float)) else "no error"


def expect_no_warning(student: Student, function: str) -> None:
    """Require that the latest call, which must have been observed, gave no warning of overflow and the like."""
    call = student.transcript[-1]
    if call.warnings:
        fail(f"{function} gives a warning", "no warning", call.warnings[0], call.result)


def expect_message(message: str, names: Iterable[str], values: Iterable[object]) -> None:
    """Require that an error's message names one of the bad arguments and one of the bad values."""
    names, shown = tuple(names), tuple(str(value) for value in values)
    got, error = repr(str(message)[:100]), getattr(message, "error", None)
    if not any(_names(message, name) for name in names):
        wanted = f"a ValueError whose message names {' or '.join(names)}"
        fail("the ValueError's message does not name the bad argument", wanted, got, error)
    if not any(_gives(message, value) for value in shown):
        wanted = f"a ValueError whose message gives {' or '.join(shown)}"
        fail("the ValueError's message does not give the bad value", wanted, got, error)


def _names(message: str, name: str) -> bool:
    """Whether the name stands in the message; one of a letter or two as a word of its own, for many words have it."""
    edge = r"(?<![A-Za-z]){}(?![A-Za-z])" if len(name) <= 2 else "{}"
    return re.search("(?i)" + edge.format(re.escape(name)), message) is not None


def _gives(message: str, value: str) -> bool:
    """Whether the value stands in the message: a number of its own, perhaps with more zeros, or one of a size such as 2x3."""
    before, behind = r"(?:(?<![\w.])|(?<=\d[x\u00d7]))", r"(?:(?=[x\u00d7]\d)|(?![\w.]*\d))"
    zeros = r"(?:\.0+)?" if re.fullmatch(r"-?\d+", value) else "0*" if re.fullmatch(r"-?\d+\.\d+", value) else ""
    return re.search(rf"{before}{re.escape(value)}{zeros}{behind}", message) is not None
