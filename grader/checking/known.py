"""Misconceptions: known wrong ways to write a function, each with the hint it earns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

MARK = "__misconception__"

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])


@dataclass(frozen=True)
class Known:
    """A misconception of a course: the function it is about, its name, its hint, and the wrong code itself."""

    function: str
    slug: str
    hint: str
    code: Callable[..., Any]


@dataclass(frozen=True)
class Trait:
    """A property by which a function's cases may fall apart into right and wrong ones.

    The report then says "right for `right`, wrong for every `wrong`". `holds` gets the arguments by name, those of the
    forward call included where there is a cache; None where the trait makes no sense. `functions` limits it; () is all.
    """

    right: str
    wrong: str
    holds: Callable[[dict[str, Any]], bool | None]
    functions: tuple[str, ...] = ()


def misconception(function: str, hint: str) -> Callable[[AnyFunction], AnyFunction]:
    """Mark a function as a wrong way to write the topic's `function`; its own name, with hyphens, is the slug."""

    def mark(code: AnyFunction) -> AnyFunction:
        name = getattr(code, "__name__", "")
        setattr(code, MARK, Known(function, name.strip("_").replace("_", "-"), hint, code))
        return code

    return mark


def misconceptions_in(module: ModuleType) -> tuple[Known, ...]:
    """The misconceptions that a module defines, in the order in which they stand there."""
    return tuple(getattr(value, MARK) for value in vars(module).values() if hasattr(value, MARK))


def traits_in(module: ModuleType) -> tuple[Trait, ...]:
    """The traits that a module lists as TRAITS; none where it has no such list."""
    return tuple(getattr(module, "TRAITS", ()))
