"""Cases as the choices that they are made of: whole numbers, truth values and the like, in the order in which strategies ask.

Hypothesis can make a case of given choices, and does so in a tenth of the time that its own search takes for an attempt. That
is below its documented interface, so nothing but this module knows of it; where a version has it otherwise, there are no
choices, and the smallest of the drawn cases is shown (tests/test_searching.py would tell).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis.errors import StopTest

try:
    from hypothesis.control import BuildContext, current_build_context
    from hypothesis.internal.conjecture.choice import ChoiceTemplate, choice_from_index
    from hypothesis.internal.conjecture.data import ConjectureData
except ImportError:
    ConjectureData = None  # type: ignore[assignment, misc]

Case = dict[str, Any]
Choices = tuple[Any, ...]


@dataclass(frozen=True)
class Drawn:
    """A case, its choices, what each of them would be at its simplest, and which [begin, end) of them may be left out."""

    case: Case
    choices: Choices
    simplest: Choices
    optional: tuple[tuple[int, int], ...]


def choices_now() -> Choices | None:
    """Those of the case that hypothesis has just drawn, while it runs a test with it; None where it does not say."""
    try:
        return tuple(current_build_context().data.choices)
    except Exception:
        return None


def case_of(test: Callable[..., Any], choices: Choices) -> Drawn | None:
    """The case that a drawn test gets of these choices, of simpler ones where they do not fit or are too few.

    None where the strategies refuse it, or hypothesis does not make it.
    """
    if ConjectureData is None:
        return None
    try:
        data = ConjectureData.for_choices((*choices, ChoiceTemplate("simplest", None)))
        with BuildContext(data, is_final=False, wrapped_test=test):
            given = test.hypothesis._given_kwargs  # type: ignore[attr-defined]
            case = {name: data.draw(strategy) for name, strategy in given.items()}
        data.freeze()
        simplest = tuple(
            node.value if node.was_forced else choice_from_index(0, node.type, node.constraints) for node in data.nodes
        )
        made = tuple(data.choices)
        # an item of a list follows upon the choice to have one more
        items = {
            (span.start, span.end) for span in data.spans if span.end - span.start > 1 and made[span.start] is True
        }
    except (Exception, StopTest):  # refused; or another version's; a strategy's own fault shows where cases are drawn
        return None
    return Drawn(case, made, simplest, tuple(sorted(items)))
