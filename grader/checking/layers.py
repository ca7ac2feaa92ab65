"""Which layer of a student's model differs first from the course's, from the traces of both; data in, a sentence out.

Layers are matched by what flows into them, not by name or order: each gets a key made of its kind, its settings, the sizes of
its weights and the keys of its inputs. So two models agree up to the first layer, in the order of the course's model, whose
key the student's model has nowhere. Slices and negative paddings one after the other are one crop, however it is written, and
a ReLU behind a concatenation or max pooling counts as one before it, which gives the same. So does a convolution that covers
its whole map, as a linear layer.

What is put together from other operations has another key than the layer that it equals. Where both traces have numbers, of
models filled alike and run on the same input, a result that equals one of the course's has the key of that one, and what
only leads there is not looked at: a batch norm folded into its convolution, a response normalisation written out.
"""

from __future__ import annotations

import bisect
import itertools
import math
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

KINDS = {
    "convolution": "convolution",
    "transposed": "transposed convolution",
    "native_batch_norm": "batch norm",
    "_native_batch_norm_legit_no_training": "batch norm",
    "cudnn_batch_norm": "batch norm",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "gelu": "GELU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "max_pool2d_with_indices": "max pooling",
    "max_pool2d": "max pooling",
    "avg_pool2d": "average pooling",
    "mean": "mean",
    "_adaptive_avg_pool2d": "mean",
    "adaptive_max_pool2d": "global max pooling",
    "max_unpool2d": "unpooling",
    "upsample_nearest2d": "upsampling",
    "upsample_bilinear2d": "upsampling",
    "addmm": "linear layer",
    "mm": "linear layer",
    "add": "addition",
    "mul": "multiplication",
    "cat": "concatenation",
    "slice": "crop",
    "native_dropout": "dropout",
    "_softmax": "softmax",
    "_log_softmax": "softmax",
}
SHAPED = frozenset({"view", "_unsafe_view", "reshape", "squeeze", "unsqueeze", "permute", "expand", "copy", "_to_copy"})
"""Change how entries are arranged, not what they are; not layers."""
SETTINGS = {
    "convolution": ("stride", "padding", "dilation", "groups"),
    "transposed convolution": ("stride", "padding", "output_padding", "groups"),
    "batch norm": ("eps",),
    "max pooling": ("kernel_size", "stride", "padding", "ceil_mode"),
    "average pooling": ("kernel_size", "stride", "padding", "ceil_mode"),
    "concatenation": ("dim",),
    "softmax": ("dim",),
    "dropout": ("p",),
}
MOST_PARTS = 256  # of a concatenation; a model may double its maps as often as it likes
BRICKS = frozenset({"addition", "multiplication", "mean", "crop"})
"""Layers by themselves, and what larger ones are put together from: an own batch norm, two convolutions for two groups."""
WEIGHTED = frozenset({"convolution", "transposed convolution", "linear layer"})
EQUAL = "equal"
"""In place of a layer: what flows in equals the result of the course's layer with this key."""
OTHER_NUMBERS = "it is missing, or what stands in its place gives other numbers"
CLEARLY = 1e-4  # as a share of the length of a result: other numbers, not another rounding
PRECISION = 1e-6  # of equal results; the passes are in float64, and layers magnify its rounding
SINGLE = 2  # layers with weights that differ: one whose width is wrong, and the next one, which takes its maps
SOON = 3  # layers behind one that is missing, of which one is there at once
LONGEST = 300  # the words come from the student's process in part
WORDS = {
    "kernel_size": "kernel",
    "output_padding": "output padding",
    "ceil_mode": "ceil mode",
    "eps": "eps",
    "p": "rate",
}


@dataclass(frozen=True)
class Layer:
    """One step of a model: its kind, settings in words, what flows into it, and what the course calls it."""

    kind: str
    settings: tuple[tuple[str, Any], ...]
    inputs: tuple[str, ...]
    key: str
    name: str


def first_difference(got: Sequence[Any], wanted: Sequence[Any], whole: bool = True) -> str | None:
    """A sentence about the first layer that differs; None where none does, or a trace is not of the known form.

    `got` and `wanted` are the entries that grader.worker.tracing describes. Where the student's trace is not `whole`, since
    the forward pass raised, nobody knows what would have come: nothing is missing then.
    """
    try:
        found = [_compare(got, wanted, whole, moving) for moving in (False, True)]
        if twins := _twins(got):
            found.append(_compare(got, wanted, whole, False, twins))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError, RecursionError):
        return None
    return max(found, key=lambda one: one[0])[1]  # how the student has written it, where both say as much


def _compare(
    got: Sequence[Any], wanted: Sequence[Any], whole: bool, moving: bool, twins: Container[int] = ()
) -> tuple[float, str | None]:
    """How many of the course's layers a model agrees in, and the sentence; with ReLUs where they stand, or moved forward, and
    with its `twins` as halves of one convolution.
    """
    results = Results()  # of filled models; halves of a convolution are filled otherwise than the whole
    ours = read_layers(wanted, moving, None if twins else results)
    known = {layer.key for layer in ours}
    told_by_numbers = None if twins or _drops(ours) else results.complete()
    theirs = read_layers(got, moving, told_by_numbers, known, twins)
    equal = [layer for layer in theirs if layer.kind == EQUAL]
    theirs = [layer for layer in theirs if layer.kind != EQUAL]
    found = {layer.key for layer in theirs} | _leading_to({layer.key for layer in equal}, ours)
    steps = _leading_to({key for layer in equal for key in layer.inputs}, theirs)
    odd = [layer for layer in theirs if layer.key not in known | steps]
    if not whole and not odd:
        return math.inf, None
    for number, layer in enumerate(ours):
        if layer.key not in found:
            sources = {one.key: one.kind for one in (*ours, *theirs)} | {"x": "x"}
            candidates = [other for other in odd if set(other.inputs) & set(layer.inputs)]
            there = layer.kind in WEIGHTED and any(_alike(other, layer) for other in odd)
            if not whole and not candidates and not any(_alike(other, layer) for other in odd):
                return number, None  # it may have been what would have come next
            told = bool(results.found and told_by_numbers) and layer.kind not in WEIGHTED
            if told and odd and not candidates:
                return number, f"{_where(layer)}: {OTHER_NUMBERS}"[:LONGEST]
            if not there and _may_be_equal(layer, candidates):
                if told:
                    return number, f"{_where(layer)}: {OTHER_NUMBERS}"[:LONGEST]
                if layer.kind not in BY_CHANNEL and any((HALF, True) in other.settings for other in candidates):
                    return number, f"{_where(layer)}: {EACH_HALF}"[:LONGEST]
                return number, None if twins else _weights_alone(theirs, ours)
            return number, _explain(layer, candidates, odd, ours[number + 1 :], sources)[:LONGEST]
    follows = next((other for other in odd if ours and ours[-1].key in other.inputs), None)
    if follows is not None:  # what nothing comes of, as a look at a size, is not too many
        return len(ours), f"after the last layer there is {_an(follows.kind)} too many"
    return math.inf, None


class Results:
    """The numbers of the course's results, each with the key of its layer; then the key of a result that equals one."""

    def __init__(self) -> None:
        self.found: list[tuple[float, float, str]] = []
        self._numbers: dict[str, tuple[float, float]] = {}
        self._squares: list[float] = []

    def complete(self) -> Results:
        """What is read from now on is compared with what was."""
        self.found.sort()
        self._numbers = {key: (square, total) for square, total, key in self.found}
        self._squares = [square for square, *_ in self.found]
        return self

    def key(self, key: str, numbers: Any) -> str:
        """The key of the course's result with these numbers, where there is one; else the key that was given.

        Where the course's result of this key has other numbers, which is due to settings that no key has, another key.
        """
        square, total = map(float, numbers if len(numbers) == 2 else (0.0, 0.0))
        if not 0 < square < math.inf:
            return key
        if not self._squares:
            self.found.append((square, total, key))
            return key
        if key in self._numbers:
            wanted_square, wanted = self._numbers[key]
            off = abs(math.sqrt(wanted_square) - math.sqrt(square)) + abs(wanted - total)
            return key if off <= CLEARLY * math.sqrt(square) else f"not {key}"
        start = bisect.bisect_left(self._squares, square * (1 - PRECISION))
        for ours, wanted, name in itertools.islice(self.found, start, None):
            if ours > square * (1 + PRECISION):
                break
            if abs(total - wanted) <= PRECISION * math.sqrt(square):
                return name
        return key


def _leading_to(keys: set[str], layers: Sequence[Layer]) -> set[str]:
    """The keys, and those of all layers that their results are made from."""
    reached = set(keys)
    for layer in reversed(layers):
        if layer.key in reached:
            reached |= set(layer.inputs)
    return reached


def _drops(layers: Sequence[Layer]) -> bool:
    """Whether there is dropout, behind which numbers depend on how the generator is asked."""
    return any(layer.kind == "dropout" for layer in layers)


def read_layers(
    entries: Sequence[Any],
    moving: bool = False,
    results: Results | None = None,
    known: Container[str] = (),
    twins: Container[int] = (),
    keys: dict[int, str] | None = None,
) -> list[Layer]:
    """The entries of a trace as layers, those left out that only arrange. Raises where the form is another.

    With `moving`, a ReLU behind a concatenation or max pooling is read as one before it. `results` takes the numbers of the
    course's trace, or tells which of these a result equals. A bias that is added by an operation of its own belongs to the
    layer before it, unless the course's layer, whose key is `known`, has none. The entries that are `twins` are halves of
    convolutions; what is done with both halves of a map is done with the map. `keys` takes what each entry's result goes by.
    """
    entries = _with_dropout(entries)
    layers: list[Layer] = []
    keys = {} if keys is None else keys
    keys[-1] = "x"
    halves: set[str] = set()
    crops: dict[int, Layer] = {}
    relus: dict[str, str] = {}
    moved: set[str] = set()
    for number, entry in enumerate(entries):
        if number and results is not None:
            _note_result(number - 1, entries, keys, layers, results)
        for source in entry["inputs"]:
            if source in crops and not _crops(entry):
                layers.append(crops[source])
        inputs = tuple(keys[source] for source in entry["inputs"])
        size = entries[entry["inputs"][0]]["output"] if entry["inputs"] and entry["inputs"][0] >= 0 else ()
        if (
            entry["op"] in SHAPED
            or _averages_nothing(entry, size)
            or (entry["op"] == "cat" and len(inputs) == 1 and not entry["weights"])
        ):
            keys[number] = inputs[0]
            continue
        if entry["op"] == "cat":
            entry = _with_positive_dim(entry)
            inputs = _joined(inputs, entry["settings"]["dim"], layers)
        if twins and (key := _halve(entry, inputs, size, number in twins, layers, halves)) is not None:
            keys[number] = key
            continue
        if _crops(entry):
            source = entry["inputs"][0]
            before = crops.get(source) or Layer("crop", (), inputs, inputs[0], "")
            layer = _read_crop(entry, before, entries[source]["output"])
            if layer.settings:
                crops[number] = layer
        else:
            layer = _read_layer(entry, inputs, size)
            if _adds_bias(entry) and inputs[0] not in known:
                layer = _with_bias(layers, inputs[0]) or layer
            if layer.kind == "ReLU":
                keys[number] = _rectify(layer, layers, relus, moved if moving else None)
                continue
            layers.append(layer)
        keys[number] = layer.key
    if entries and results is not None:
        _note_result(len(entries) - 1, entries, keys, layers, results)
    return _without_steps(layers, moved)


EACH_HALF = "it is done with each half of the maps by itself"
HALF = "half of "
"""Before the key of a map: what one of its two halves, by channels, goes by."""
BY_CHANNEL = frozenset(
    {"ReLU", "tanh", "sigmoid", "batch norm", "max pooling", "average pooling", "global average pooling"}
)
"""Done with both halves of a map, they are done with the map."""


def _twins(entries: Sequence[Any]) -> frozenset[int]:
    """The convolutions of which there are two alike that take the same, or twins' results: two towers, side by side."""
    keys: dict[int, str] = {}
    read_layers(entries, keys=keys)
    convolutions = [number for number, entry in enumerate(entries) if entry["op"] == "convolution"]
    count = Counter(keys[number] for number in convolutions)
    return frozenset(number for number in convolutions if count[keys[number]] == 2)


def _halve(
    entry: Mapping[str, Any],
    inputs: tuple[str, ...],
    size: Sequence[int],
    twin: bool,
    layers: list[Layer],
    halves: set[str],
) -> str | None:
    """The key of what an entry makes of, or into, one half of a map; None where it is about whole maps.

    `halves` are the keys of which one half was made; with the other half the layer is added to the others.
    """
    shape, source = list(entry["output"]), inputs[0] if inputs else ""
    if entry["op"] == "cat" and len(inputs) == 2 and source.startswith(HALF) and inputs[0] == inputs[1]:
        return source.removeprefix(HALF) if entry["settings"]["dim"] == 1 else None
    if entry["op"] in ("split", "split_with_sizes", "slice") and len(size) > 1 and len(shape) == len(size):
        if 2 * shape[1] == size[1] and [*shape[:1], *shape[2:]] == [*size[:1], *size[2:]]:
            return HALF + source
    if not twin and not source.startswith(HALF):
        return None
    layer = _read_layer(entry, tuple(key.removeprefix(HALF) for key in inputs), size)
    if twin:
        twice = {"output channels"} | ({"groups"} if source.startswith(HALF) else set())
        settings = tuple((name, 2 * value if name in twice else value) for name, value in layer.settings)
    elif layer.kind in BY_CHANNEL and len(inputs) == 1:
        settings = layer.settings
    else:
        layer = replace(layer, settings=(*layer.settings, (HALF, True)))
        layer = replace(layer, key=_key(layer.kind, layer.settings, layer.inputs))
        layers.append(layer)
        return layer.key
    key = _key(layer.kind, settings, layer.inputs)
    if key in halves:
        layers.append(replace(layer, settings=settings, key=key))
    halves.add(key)
    return HALF + key


def _adds_bias(entry: Mapping[str, Any]) -> bool:
    """Whether an entry adds a number for each channel or feature that was not computed from the input."""
    shapes, axis = entry["weights"], 1 - len(entry["output"])
    return bool(
        entry["op"] == "add"
        and len(entry["inputs"]) == len(shapes) == 1
        and len(entry["output"]) > 1
        and math.prod(shapes[0]) == entry["output"][1]
        and (len(shapes[0]) < -axis or shapes[0][axis] == entry["output"][1])
    )


def _with_bias(layers: list[Layer], key: str) -> Layer | None:
    """The last of the layers with a bias, taken out, where it is one with weights of this key and has none."""
    last = layers[-1] if layers else None
    if last is None or last.key != key or dict(last.settings).get("bias") is not False:
        return None
    if key != _key(last.kind, last.settings, last.inputs):
        return None  # it goes by another name
    settings = tuple((name, True if name == "bias" else value) for name, value in last.settings)
    return replace(layers.pop(), settings=settings, key=_key(last.kind, settings, last.inputs))


def _note_result(
    number: int, entries: Sequence[Any], keys: dict[int, str], layers: list[Layer], results: Results
) -> None:
    """Give an entry's result the key of the course's that it equals."""
    key = results.key(keys[number], entries[number].get("numbers", ()))
    if key == f"not {keys[number]}":
        if entries[number]["op"] in SHAPED:  # the layer before it is as it was: its numbers are in other places
            layers.append(Layer("change of order", (), (keys[number],), key, ""))
            keys[number] = key
        elif layers and layers[-1].key == keys[number] and layers[-1].kind != EQUAL:
            layers[-1] = replace(layers[-1], key=key)
            keys[number] = key
    elif key != keys[number]:
        layers.append(Layer(EQUAL, (), (keys[number],), key, ""))
        keys[number] = key


def _rectify(relu: Layer, layers: list[Layer], relus: dict[str, str], moved: set[str] | None) -> str:
    """Add a ReLU to the layers, before a concatenation or max pooling that it takes; the key of what both give.

    `relus` has this key for what a ReLU took before; for what is behind one its own, as a second one changes nothing. What
    it was moved before is added to `moved`; where that is None it stays where it is.
    """
    source = relu.inputs[0]
    if source in relus:
        return relus[source]
    before = next((one for one in reversed(layers) if one.key == source), None)
    if moved is not None and before is not None and before.kind in ("concatenation", "max pooling"):
        moved.add(source)
        parts = [replace(relu, inputs=(key,), key=_key("ReLU", relu.settings, (key,))) for key in before.inputs]
        inputs = tuple(_rectify(part, layers, relus, moved) for part in parts)
        relu = replace(before, inputs=inputs, key=_key(before.kind, before.settings, inputs))
    layers.append(relu)
    relus |= {source: relu.key, relu.key: relu.key}
    return relu.key


def _with_dropout(entries: Sequence[Any]) -> list[Any]:
    """The entries with dropout in place of what PyTorch makes of it: a draw, divided by its probability, times the map."""
    made = list(entries)
    for number, entry in enumerate(entries):
        pair = entry["inputs"] if entry["op"] == "mul" and len(entry["inputs"]) == 2 else ()
        for source, scaled in itertools.permutations(pair, 2):
            if scaled < 0 or entries[scaled]["op"] != "div" or (drawn := entries[scaled]["inputs"][0]) < 0:
                continue
            if entries[drawn]["op"] == "bernoulli" and entries[drawn]["inputs"] == [source]:
                rate = round(1 - entries[drawn]["settings"]["p"], 6)
                made[number] = {**entry, "op": "native_dropout", "inputs": [source], "settings": {"p": rate}}
                without = {name: value for name, value in entry.items() if name != "numbers"}  # those are the product's
                made[drawn] = made[scaled] = {**without, "op": "view", "inputs": [source]}
    return made


def _with_positive_dim(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """A concatenation whose dim is counted from the front."""
    return {**entry, "settings": {**entry["settings"], "dim": entry["settings"]["dim"] % len(entry["output"])}}


def _averages_nothing(entry: Mapping[str, Any], size: Sequence[int]) -> bool:
    """Whether an entry gives the mean or the largest of single values: a map pooled to the size that it has."""
    pooled = ("mean", "_adaptive_avg_pool2d", "adaptive_max_pool2d")
    return entry["op"] in pooled and bool(size) and math.prod(size) == math.prod(entry["output"])


def _joined(inputs: tuple[str, ...], dim: int, layers: Sequence[Layer]) -> tuple[str, ...]:
    """The inputs of a concatenation, those of one among them in its place: [[a, b], c] is [a, b, c]."""
    parts = {one.key: one.inputs for one in layers if one.kind == "concatenation" and dict(one.settings)["dim"] == dim}
    joined = tuple(part for key in inputs for part in parts.get(key, (key,)))
    return joined if len(joined) <= MOST_PARTS else inputs


def _without_steps(layers: list[Layer], moved: Container[str]) -> list[Layer]:
    """Without concatenations that were only a step of another one, and what was moved behind a ReLU."""
    used = {layer.key for layer in layers[-1:]}
    kept: list[Layer] = []
    for one in reversed(layers):
        if one.key in used or not (one.kind == "concatenation" or one.key in moved):
            kept.append(one)
            used |= set(one.inputs)
    return kept[::-1]


def _crops(entry: Mapping[str, Any]) -> bool:
    """Whether an entry leaves out rows or columns of a map that was computed; the input's shape is not known here."""
    if entry["inputs"][0] < 0:
        return False
    padded = entry["op"] == "constant_pad_nd" and max(entry["settings"]["pad"]) <= 0
    return bool(padded or (entry["op"] == "slice" and entry["settings"].get("step", 1) == 1))


def _read_crop(entry: Mapping[str, Any], before: Layer, shape: Sequence[int]) -> Layer:
    """The crop that an entry makes on top of the one `before`; its settings are what goes at each end of each axis."""
    given, left_out = entry["settings"], dict(before.settings)
    if entry["op"] == "slice":
        dim, size = given["dim"] % len(shape), entry["output"][given["dim"]]
        start = max(0, given.get("start") or 0) if (given.get("start") or 0) >= 0 else shape[dim] + given["start"]
        ends = [(dim, start, shape[dim] - start - size)]
    else:
        pads = given["pad"]
        ends = [(len(shape) - 1 - i, -pads[2 * i], -pads[2 * i + 1]) for i in range(len(pads) // 2)]
    for dim, start, end in ends:
        name = {2: "rows", 3: "columns"}.get(dim, f"axis {dim}")
        earlier = left_out.get(name, (0, 0))
        left_out[name] = (earlier[0] + start, earlier[1] + end)
    settings = tuple(sorted((name, cut) for name, cut in left_out.items() if cut != (0, 0)))
    key = str(hash(("crop", settings, before.inputs))) if settings else before.inputs[0]
    return Layer("crop", settings, before.inputs, key, str(entry["layer"]))


def _read_layer(entry: Mapping[str, Any], inputs: tuple[str, ...], size: Sequence[int]) -> Layer:
    """The layer of an entry; `size` is the shape of what flows into it, () where it is not known."""
    given, weights = entry["settings"], [tuple(shape) for shape in entry["weights"]]
    op = "transposed" if given.get("transposed") else entry["op"]
    kind = "ReLU" if _rectifies(op, given) else KINDS.get(op, str(op)[:40])
    settings = {WORDS.get(name, name): _short(given[name]) for name in SETTINGS.get(kind, ()) if name in given}
    if kind.endswith("pooling") and settings.get("stride") == ():
        settings["stride"] = settings["kernel"]
    if kind.endswith("pooling") and not _rounds(settings, size):
        settings.pop("ceil mode", None)
    if kind.endswith("convolution"):
        shape = weights[0]
        inner = (shape[1], shape[0]) if kind == "convolution" else (shape[0], shape[1])
        settings |= {"input channels a group": inner[0], "output channels": inner[1], "kernel": _short(shape[2:])}
        settings["bias"] = len(weights) > 1
    elif kind == "linear layer":
        settings |= {"inputs": weights[-1][0], "outputs": weights[-1][1], "bias": len(weights) > 1}
    elif kind == "average pooling" and _covers(settings, size):
        kind, settings = "global average pooling", {}
    elif kind == "mean" and entry["output"] and len(entry["output"]) > 1:
        kind = "global average pooling" if all(size == 1 for size in entry["output"][2:]) else kind
    ordered = tuple(sorted(inputs)) if kind in ("addition", "multiplication") else inputs
    named = tuple(settings.items())
    if kind == "convolution" and settings["groups"] == 1 and _covers(settings, size):
        dense = ("inputs", math.prod(size[1:])), ("outputs", settings["output channels"]), ("bias", settings["bias"])
        key = _key("linear layer", dense, ordered)
    else:
        key = _key(kind, named, ordered)
    return Layer(kind, named, inputs, key, str(entry["layer"]))


def _rectifies(op: str, given: Mapping[str, Any]) -> bool:
    """Whether an operation is a ReLU by another name."""
    if op == "threshold":
        return bool(given.get("threshold") == given.get("value") == 0)
    return op in ("clamp", "clamp_min") and given.get("min") == 0 and given.get("max") is None


def _covers(settings: Mapping[str, Any], size: Sequence[int]) -> bool:
    """Whether a window is as large as the whole map, so that there is one place for it: a linear layer, or a mean."""
    return len(size) == 4 and settings["padding"] == 0 and _pair(settings["kernel"]) == tuple(size[2:])


def _key(kind: str, settings: tuple[tuple[str, Any], ...], inputs: tuple[str, ...]) -> str:
    return str(hash((kind, settings, inputs)))


def _rounds(settings: Mapping[str, Any], size: Sequence[int]) -> bool:
    """Whether it makes a difference for a pooling of this input if its windows are counted up or down."""
    if any(name not in settings for name in ("kernel", "stride", "padding")):
        return True
    kernel, stride, padding = (_pair(settings[name]) for name in ("kernel", "stride", "padding"))
    sides = size[2:] or (None, None)
    return any(
        stride[axis] > 1 and (side is None or (side + 2 * padding[axis] - kernel[axis]) % stride[axis] != 0)
        for axis, side in enumerate(sides)
    )


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def _may_be_equal(layer: Layer, candidates: Sequence[Layer]) -> bool:
    """Whether the layer may be there in another form: put together from operations, or in parts side by side."""
    if layer.kind not in WEIGHTED and any(other.kind in WEIGHTED for other in candidates):
        return False  # what comes after it takes its input: it is not there in any form
    same = any(other.kind == layer.kind for other in candidates)
    if any(other.kind not in KINDS.values() for other in candidates):
        return layer.kind in BRICKS or not same
    if any(other.kind in BRICKS for other in candidates):
        return not same
    parts = [dict(other.settings).get("output channels", 0) for other in candidates if other.kind == layer.kind]
    return len(parts) > 1 and sum(parts) == dict(layer.settings).get("output channels")


def _weights_alone(theirs: Sequence[Layer], ours: Sequence[Layer]) -> str | None:
    """A sentence about layers with weights, where all but a few are the same whatever flows into them; else None."""
    left = []
    for some, others in ((theirs, ours), (ours, theirs)):
        there = Counter((one.kind, one.settings) for one in others if one.kind in WEIGHTED)
        there.subtract((one.kind, one.settings) for one in some if one.kind in WEIGHTED)
        left.append([one for one in some if one.kind in WEIGHTED and there[one.kind, one.settings] < 0])
    if not 1 <= len(left[0]) == len(left[1]) <= SINGLE or left[0][0].kind != left[1][0].kind:
        return None
    got, wanted = (dict(layers[0].settings) for layers in left)
    parts = [_setting(name, got.get(name), wanted[name]) for name in wanted if got.get(name) != wanted[name]]
    name = left[1][0].name
    where = name if name.startswith("stage") else f"the {name or left[1][0].kind}"
    return f"the first layer with weights that differs is {where}: {', '.join(parts)}"[:LONGEST]


def _explain(
    layer: Layer,
    candidates: Sequence[Layer],
    odd: Sequence[Layer],
    later: Sequence[Layer],
    sources: Mapping[str, str],
) -> str:
    """What stands in the place of the layer; `candidates` are those of the `odd` layers that take the same input, `later` are
    the course's layers behind it.
    """
    named, where = layer.name or layer.kind, _where(layer)
    same_kind = [other for other in candidates if other.kind == layer.kind]
    if not same_kind:
        at_once = next((other for other in candidates if other.kind in WEIGHTED), None)
        if layer.kind not in WEIGHTED and at_once is not None:
            return f"{where}: it is missing here, {_an(at_once.kind)} follows at once"
        like = [other for other in odd if _alike(other, layer)]
        taken = {key for other in like for key in other.inputs}
        for before in candidates:
            if before.key in taken:
                return f"{where}: {_an(before.kind)} comes before it"
        if like and layer.kind in WEIGHTED:  # another layer of no weights is as likely one that comes later
            return f"{where}: {_other_input(like[0], layer, sources)}"
        follows = next((other for other in candidates if any(_alike(one, other) for one in later[:SOON])), None)
        if layer.kind not in WEIGHTED and follows is not None:
            return f"{where}: it is missing, {_an(follows.kind)} follows at once"
        wanted_kind = "it" if layer.kind in BRICKS and layer.kind not in named else _an(layer.kind)
        missing = f"{_an(candidates[0].kind)} where {wanted_kind} is wanted" if candidates else "it is missing"
        return f"{where}: {missing}"
    other = min(same_kind, key=lambda other: len(set(other.settings) ^ set(layer.settings)))
    wanted, got = dict(layer.settings), dict(other.settings)
    if layer.kind == "crop":
        differing = [name for name in sorted({*got, *wanted}, reverse=True) if got.get(name) != wanted.get(name)]
        return f"{where}: {_left_out(got, differing)} where {_left_out(wanted, differing)} is wanted"
    parts = [_setting(name, got.get(name), wanted[name]) for name in wanted if got.get(name) != wanted[name]]
    if got.get(HALF):
        return f"{where}: {EACH_HALF}"
    if parts:
        return f"{where}: {', '.join(parts)}"
    if other.inputs == layer.inputs:
        return f"{where}: it gives other numbers"
    if sorted(other.inputs) == sorted(layer.inputs):
        return f"{where}: it takes the same maps in another order"
    return f"{where}: {_other_input(other, layer, sources)}"


def _where(layer: Layer) -> str:
    named = layer.name or layer.kind
    return "the first layer that differs is " + (named if named.startswith("stage") else f"the {named}")


def _alike(one: Layer, other: Layer) -> bool:
    """The same but for what flows in."""
    return (one.kind, one.settings) == (other.kind, other.settings)


def _other_input(other: Layer, layer: Layer, sources: Mapping[str, str]) -> str:
    """That the same layer takes the result of another one."""
    theirs = [_an(sources[key]) for key in other.inputs if key not in layer.inputs]
    ours = [_an(sources[key]) for key in layer.inputs if key not in other.inputs]
    if theirs and ours and theirs[0] != ours[0]:
        return f"it takes the result of {theirs[0]} where that of {ours[0]} is wanted"
    return "it takes another input"


def _setting(name: str, got: Any, wanted: Any) -> str:
    if isinstance(wanted, bool):
        what = "a bias" if name == "bias" else name
        return f"without {what}, which is wanted" if wanted else f"with {what}, where none is wanted"
    return f"{name} {_shown(got)} where {_shown(wanted)} is wanted"


def _left_out(cuts: Mapping[str, Any], names: Sequence[str]) -> str:
    """What a crop leaves out of rows and columns, in words."""
    return ", ".join("{1} {0} before and {2} after".format(name, *cuts.get(name, (0, 0))) for name in names)


def _short(value: Any) -> Any:
    """(2, 2) as 2, other lists as tuples."""
    if isinstance(value, (list, tuple)):
        return value[0] if value and all(item == value[0] for item in value) else tuple(value)
    return value


def _shown(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _an(kind: str) -> str:
    kind = {"div": "division", "sub": "subtraction", "pow": "power", "neg": "change of sign"}.get(kind, kind)
    mass = kind == "x" or kind.endswith(("pooling", "norm", "dropout", "sampling", "softmax", "tanh"))
    return kind if mass else f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
