"""What can be said of a wrong answer that no misconception explains: how it relates to the right one, and where it is right.

Both are found in what was run already: the calls of the check are made again on the oracle, and the results compared; and the
function's cases are divided by the traits that the topic names ("square inputs"), to see whether right and wrong fall apart so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from grader.checking.judge import CaseRun
from grader.checking.known import Trait
from grader.checking.snippet import bound_arguments, parameters_of
from grader.client.student import Call
from grader.client.values import flat_names
from grader.diagnosis import spread
from grader.errors import StudentRaised
from grader.evidence import Replays, is_random
from grader.replaybook import FACT_BYTES
from grader.replaying import CLOSE, flat, same_value
from grader.worker.wire import Handle

ENOUGH = 2
SHOWN = 2
CHANCE = 1e-4
"""A trait that only some right cases have, and no wrong one, is spoken of where chance alone makes that so improbable."""

Oracle = Mapping[str, Callable[..., Any]]
Pair = tuple[np.ndarray, np.ndarray]
Test = Callable[[np.ndarray, np.ndarray], bool]


def observe(
    function: str,
    runs: Sequence[CaseRun],
    all_runs: Sequence[CaseRun],
    replays: Replays,
    traits: Iterable[Trait],
) -> tuple[str, ...]:
    """True sentences about the wrong answers in `runs`, at most two; `all_runs` are those of every check of the function."""
    found = [*_relations(function, runs, replays), *_traits(function, all_runs, replays, tuple(traits))]
    return tuple(dict.fromkeys(found))[:SHOWN]


def _traits(function: str, runs: Sequence[CaseRun], replays: Replays, traits: Sequence[Trait]) -> list[str]:
    """The traits that divide the right cases from the wrong ones, without exception; else those of right cases alone."""
    dividing: list[str] = []
    one_sided: list[tuple[float, str]] = []
    wrong_runs = sum(run.error is not None for run in runs)
    if min(wrong_runs, len(runs) - wrong_runs) < ENOUGH:
        return []
    about = [trait for trait in traits if not trait.functions or function in trait.functions]
    found = [(_held(function, run, replays, about), run.error is None) for run in runs]
    for number, trait in enumerate(about):
        right = [holds for held, is_right in found if is_right and (holds := held[number]) is not None]
        wrong = [holds for held, is_right in found if not is_right and (holds := held[number]) is not None]
        if len(right) < ENOUGH or len(wrong) < ENOUGH or any(wrong):
            continue
        if all(right):
            dividing.append(f"right for {trait.right}, wrong for every {trait.wrong}")
        elif (chance := _chance(len(right) + len(wrong), len(wrong), sum(right))) < CHANCE:
            how_often = "often" if 2 * len(wrong) >= len(wrong) + right.count(False) else "sometimes"
            one_sided.append((chance, f"always right for {trait.right}, {how_often} wrong for others"))
    return dividing or [sentence for _, sentence in sorted(one_sided)]


def _held(function: str, run: CaseRun, replays: Replays, traits: Sequence[Trait]) -> Sequence[bool | None]:
    """What holds in all calls of the function in a case, by trait; None where they differ in it or it makes no sense."""
    key = "traits", function, run.given
    kept: Sequence[bool | None] | None = replays.book.get(replays.oracle, key)
    if kept is not None:
        return kept
    calls = [_arguments(run.calls, call, replays.oracle) for call in run.calls if call.function == function]
    held = [{trait.holds(arguments) for arguments in calls} for trait in traits]
    found = [values.pop() if len(values) == 1 else None for values in held]
    return replays.book.keep(replays.oracle, key, found, FACT_BYTES)


def _chance(cases: int, wrong: int, holding: int) -> float:
    """How probable it is that none of the wrong cases is among the holding ones if that has nothing to do with it."""
    return math.comb(cases - holding, wrong) / math.comb(cases, wrong)


def _arguments(calls: Sequence[Call], call: Call, oracle: Oracle) -> dict[str, Any]:
    """The call's arguments by name, after those of the call that made the handle it was given."""
    named: dict[str, Any] = {}
    numbers = {value.number for value in (*call.arguments, *call.keywords.values()) if isinstance(value, Handle)}
    for earlier in calls:
        items = earlier.result if isinstance(earlier.result, tuple) else (earlier.result,)
        if any(isinstance(item, Handle) and item.number in numbers for item in items):
            named |= _bound(earlier, oracle)
    return named | _bound(call, oracle)


def _bound(call: Call, oracle: Oracle) -> dict[str, Any]:
    """The arguments of a call by name, those that were left out included."""
    parameters = parameters_of(oracle[call.function]) if call.function in oracle else {}
    left_out = {name: one.default for name, one in parameters.items() if one.default is not one.empty}
    return left_out | {name: value for name, value, _ in bound_arguments(call, oracle)}


def _relations(function: str, runs: Sequence[CaseRun], replays: Replays) -> list[str]:
    """How each wrong part of the result relates to the right one, where it is the same in every wrong case.

    Where one of them raised there is no result to speak of.
    """
    if any(isinstance(run.error, StudentRaised) for run in runs):
        return []
    names = flat_names(replays.topic.functions[function].returns)
    refused = _refused(function, runs, names)
    pairs: dict[str, list[tuple[Pair, dict[str, int]]]] = {name: [] for name in names}
    for run in spread([run for run in runs if run.error is not None]):
        again = replays.of(run)
        if again is None:
            return []
        for call, wanted in zip(run.calls, again, strict=True):
            if call.function == function and call.error is None and wanted.error is None:
                parts, right_parts = flat(call.result), flat(wanted.result)
                if len(right_parts) != len(names):  # a list of results: its first number is not the result
                    continue
                for name, got, right in zip(names, parts, right_parts, strict=False):
                    pair = _numbers(got, right)
                    if pair is not None and not same_value(*pair):
                        pairs[name].append((pair, _sizes(_arguments(run.calls, call, replays.oracle))))
    found = []
    may_differ = any(map(is_random, runs))  # then right entries, of another draw, need not be those of the oracle
    for name, several in pairs.items():
        if refused and name not in refused:  # that it is wrong too is another check's to say
            continue
        if len({right.tobytes() for (_, right), _ in several}) < ENOUGH:  # the same numbers again say nothing more
            continue
        what = name if len(names) > 1 else "the result"
        if (sentence := _relation(several)) is not None:
            found.append(f"{what} is {sentence}")
        elif not may_differ and (place := _place(name, [pair for pair, _ in several])) is not None:
            found.append(f"{what} is {place}")
    return found


def _refused(function: str, runs: Sequence[CaseRun], names: Sequence[str]) -> set[str]:
    """The names of the parts of the result that the cases failed for, as far as that can be seen."""
    return {
        name
        for run in runs
        for call in run.calls
        if call.function == function and (value := getattr(run.error, "value", None)) is not None
        for name, part in zip(names, flat(call.result), strict=False)
        if part is value
    }


def _numbers(got: Any, right: Any) -> Pair | None:
    kinds = (int, float, np.generic, np.ndarray)
    if isinstance(got, bool) or isinstance(right, bool):
        return None
    if isinstance(got, kinds) and isinstance(right, kinds):
        return np.asarray(got, dtype=np.float64), np.asarray(right, dtype=np.float64)
    return None


def _sizes(arguments: Mapping[str, Any]) -> dict[str, int]:
    """The whole numbers that a factor may come from, by the name a student knows them by."""
    sizes: dict[str, int] = {}
    arrays = [(name, value) for name, value in arguments.items() if isinstance(value, np.ndarray)]
    for name, value in arrays:
        if value.ndim in (2, 4):
            letters = "NCHW" if value.ndim == 4 else "NC" if name == "scores" else "ND"
            shape = dict(zip(letters, value.shape, strict=True))
            sizes |= shape
            if value.ndim == 4:
                sizes |= {"H*W": shape["H"] * shape["W"], "N*H*W": shape["N"] * shape["H"] * shape["W"]}
            break
    kernel = arguments.get("kernel")
    if isinstance(kernel, (tuple, list)) and len(kernel) == 2:
        sizes["KH*KW"] = kernel[0] * kernel[1]
    elif isinstance(kernel, int):
        sizes["KH*KW"] = kernel * kernel
    if arrays:
        sizes["number of entries"] = arrays[0][1].size
    return sizes


def _relation(pairs: Sequence[tuple[Pair, dict[str, int]]]) -> str | None:
    shapes_agree = all(got.shape == right.shape for (got, right), _ in pairs)
    if shapes_agree:
        for test, sentence in RELATIONS:
            if all(test(got, right) for (got, right), _ in pairs):
                return sentence
        return _factor(pairs) or _offset(pairs)
    if all(_exchanged(got, right) for (got, right), _ in pairs):
        return "the expected one with its rows and columns exchanged"
    return _shape([(got.shape, right.shape) for (got, right), _ in pairs])


def _shape(shapes: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> str | None:
    """How the shapes differ, where that is the same in every wrong case; each pair is (got, right)."""
    if any(len(got) != len(right) or len(right) < 2 for got, right in shapes) or all(
        got == right for got, right in shapes
    ):
        return None
    if all(0 in got and 0 not in right for got, right in shapes):
        return "empty: it has no entries at all"
    if all(got == (*right[:-2], right[-1], right[-2]) for got, right in shapes):
        return "as large as the expected one with its rows and columns exchanged"
    differences = {tuple(g - r for g, r in zip(got, right, strict=True)) for got, right in shapes}
    if len(differences) > 1:
        return None
    *others, rows, columns = differences.pop()
    parts = [f"{abs(by)} {word}{'s' * (abs(by) > 1)}" for by, word in ((rows, "row"), (columns, "column")) if by]
    if any(others) or rows * columns < 0:
        return None
    return f"{' and '.join(parts)} {'smaller' if rows + columns < 0 else 'larger'} than the expected one"


def _exchanged(got: np.ndarray, right: np.ndarray) -> bool:
    return right.ndim >= 2 and same_value(got, np.swapaxes(right, -1, -2))


def _reversed(*axes: int) -> Test:
    return lambda got, right: right.ndim >= -min(axes) and same_value(got, np.flip(right, axes))


def _computed(function: Callable[[np.ndarray], np.ndarray]) -> Test:
    def test(got: np.ndarray, right: np.ndarray) -> bool:
        with np.errstate(all="ignore"):
            return same_value(got, function(right))

    return test


RELATIONS: tuple[tuple[Test, str], ...] = (
    (_exchanged, "the expected one with its rows and columns exchanged"),
    (_reversed(-2, -1), "the expected one rotated by 180 degrees"),
    (_reversed(-2), "the expected one with its rows in reverse order"),
    (_reversed(-1), "the expected one with its columns in reverse order"),
    (_computed(np.negative), "the expected one with the sign changed"),
    (lambda got, right: not got.any(), "always 0"),
    (_computed(np.abs), "the absolute value of the expected one"),
    (_computed(np.square), "the square of the expected one"),
    (lambda got, right: not (right < 0).any() and same_value(got, np.sqrt(right)), "the root of the expected one"),
    (_computed(np.reciprocal), "1 divided by the expected one"),
    (_computed(lambda right: np.maximum(right, 0)), "the expected one, but 0 where that is negative"),
    (
        lambda got, right: right.size > 1 and same_value(got, np.full(right.shape, right.mean())),
        "the mean of the expected one everywhere",
    ),
)


def _factor(pairs: Sequence[tuple[Pair, dict[str, int]]]) -> str | None:
    """A factor between wrong and right that is one number in all cases, or one of the sizes."""
    factors = []
    for (got, right), _ in pairs:
        nonzero = right != 0
        if not nonzero.any() or not np.isfinite(got).all():
            return None
        factor = float(np.median(got[nonzero] / right[nonzero]))
        if factor == 0 or f"{factor:.4g}" == "1" or not same_value(got, factor * right):
            return None
        factors.append(factor)
    for name in dict.fromkeys(name for _, sizes in pairs for name in sizes):
        sizes = [known.get(name, 0) for _, known in pairs]
        if len(set(sizes)) > 1 and all(sizes):
            if _alike(factors, [1 / size for size in sizes]):
                return f"1/({name}) of the expected one" if len(name) > 1 else f"1/{name} of the expected one"
            if _alike(factors, sizes):
                return f"{name} times the expected one"
    if _alike(factors, factors[0]):
        return f"{factors[0]:.4g} times the expected one"
    return None


def _offset(pairs: Sequence[tuple[Pair, dict[str, int]]]) -> str | None:
    if not all(np.isfinite(got).all() for (got, _), _ in pairs):
        return None
    offsets = [got - right for (got, right), _ in pairs]
    first = float(offsets[0].flat[0]) if offsets[0].size else 0.0
    if first and all(_alike(offset, first) for offset in offsets):
        return f"too {'large' if first > 0 else 'small'} by {abs(first):.4g} everywhere"
    return None


def _alike(found: np.ndarray | Sequence[float], wanted: float | Sequence[float]) -> bool:
    """The same but for rounding, however small: all very small numbers would be alike by NumPy's own absolute term."""
    return bool(np.allclose(found, wanted, rtol=1e-4, atol=0.0))


def _place(name: str, pairs: Sequence[Pair]) -> str | None:
    """Where all wrong entries lie, where that is the first or last place along an axis, or all but it, or the border."""
    if any(got.shape != right.shape for got, right in pairs):
        return None
    wrong = [_wrong_entries(got, right) for got, right in pairs]
    dimensions = {mask.ndim for mask in wrong}
    words = AXES.get((name.lstrip("d") in WEIGHTS, dimensions.pop()), ()) if len(dimensions) == 1 else ()
    for axis, word in enumerate(words):
        lines = [np.moveaxis(mask, axis, 0) for mask in wrong if mask.shape[axis] > 1]
        if len(lines) < max(ENOUGH, len(wrong) / 2):
            continue
        for kept, sentence in ((0, f"right in the first {word} alone"), (-1, f"right in the last {word} alone")):
            if len(lines) == len(wrong) and all(
                not mask[kept].any() and np.delete(mask, kept, 0).any((*range(1, mask.ndim),)).all() for mask in lines
            ):
                return sentence
        for kept, sentence in ((0, f"wrong in the first {word} alone"), (-1, f"wrong in the last {word} alone")):
            if all(not np.delete(mask, kept, 0).any() for mask in lines):
                return sentence
    inside = [mask[..., 1:-1, 1:-1] for mask in wrong if mask.ndim == 4]
    if len(inside) == len(wrong) and not any(mask.any() for mask in inside):
        if sum(mask.size > 0 for mask in inside) >= ENOUGH:
            return "right inside and wrong at the border"
    return None


WEIGHTS = ("w", "kernel")
AXES = {
    (False, 4): ("image", "channel", "row", "column"),
    (True, 4): ("filter", "channel", "row", "column"),
    (False, 2): ("row", "column"),
    (True, 2): ("row", "column"),
}
"""What an index along each axis is called, of weights and of other arrays, by their number of axes."""


def _wrong_entries(got: np.ndarray, right: np.ndarray) -> np.ndarray:
    finite = np.abs(right[np.isfinite(right)])
    with np.errstate(invalid="ignore"):
        return np.asarray(~(np.abs(got - right) <= CLOSE * (float(finite.max()) if finite.size else 0.0)))
