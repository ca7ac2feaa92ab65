"""Cases as the choices that they are made of: whole numbers, truth values and the like, in the order in which strategies ask.

Hypothesis can make a case of given choices, and does so in a tenth of the time that its own search takes for an attempt. That
is below its documented interface, so nothing but this module asks for it; where a version has it otherwise, there are no
choices, and the smallest of the drawn cases is shown (tests/test_searching.py would tell).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import control
from hypothesis.errors import StopTest
from hypothesis.internal.conjecture import choice as choosing
from hypothesis.internal.conjecture import data as drawing

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
        return tuple(control.current_build_context().data.choices)
    except Exception:  # another version's
        return None


def case_of(test: Any, choices: Choices) -> Drawn | None:
    """The case that `test`, as `hypothesis.given` made it, gets of these choices; of the simplest where they do not fit or end.

    None where the strategies refuse it, or hypothesis does not make it.
    """
    try:
        data = drawing.ConjectureData.for_choices((*choices, choosing.ChoiceTemplate("simplest", None)))
        with control.BuildContext(data, is_final=False, wrapped_test=test):
            case = {name: data.draw(strategy) for name, strategy in test.hypothesis._given_kwargs.items()}
        data.freeze()
        simplest = tuple(
            node.value if node.was_forced else choosing.choice_from_index(0, node.type, node.constraints)
            for node in data.nodes
        )
        made = tuple(data.choices)
        # an item of a list follows upon the choice to have one more
        items = {
            (span.start, span.end) for span in data.spans if span.end - span.start > 1 and made[span.start] is True
        }
    except (Exception, StopTest):  # refused; or another version's; a strategy's own fault shows where cases are drawn
        return None
    return Drawn(case, made, simplest, tuple(sorted(items)))
