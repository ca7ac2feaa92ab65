"""Which layer of a student's model differs first from the course's, from the traces of both; data in, a sentence out.

Layers are matched by what flows into them, not by name or order: each gets a key made of its kind, its settings, the sizes of
its weights and the keys of its inputs. So two models agree up to the first layer, in the order of the course's model, whose
key the student's model has nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KINDS = {
    "convolution": "convolution",
    "transposed": "transposed convolution",
    "native_batch_norm": "batch norm",
    "_native_batch_norm_legit_no_training": "batch norm",
    "cudnn_batch_norm": "batch norm",
    "relu": "ReLU",
    "clamp_min": "ReLU",
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
    "crop": ("dim", "start", "end"),
    "softmax": ("dim",),
}
MOST_PARTS = 256  # of a concatenation; a model may double its maps as often as it likes
LONGEST = 300  # the words come from the student's process in part
WORDS = {"kernel_size": "kernel", "output_padding": "output padding", "ceil_mode": "ceil mode", "eps": "eps"}


@dataclass(frozen=True)
class Layer:
    """One step of a model: its kind, settings in words, what flows into it, and what the course calls it."""

    kind: str
    settings: tuple[tuple[str, Any], ...]
    inputs: tuple[str, ...]
    key: str
    name: str


def first_difference(got: Sequence[Any], wanted: Sequence[Any]) -> str | None:
    """A sentence about the first layer that differs; None where none does, or a trace is not of the known form.

    `got` and `wanted` are the entries that grader.worker.tracing describes.
    """
    try:
        theirs, ours = read_layers(got), read_layers(wanted)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, ZeroDivisionError):
        return None
    known, found = {layer.key for layer in ours}, {layer.key for layer in theirs}
    odd = [layer for layer in theirs if layer.key not in known]
    for layer in ours:
        if layer.key not in found:
            sources = {one.key: one.kind for one in (*ours, *theirs)} | {"x": "x"}
            return _explain(layer, [other for other in odd if set(other.inputs) & set(layer.inputs)], sources)[:LONGEST]
    return f"after the last layer there is {_an(odd[0].kind)} too many" if odd else None


def read_layers(entries: Sequence[Any]) -> list[Layer]:
    """The entries of a trace as layers, those left out that only arrange. Raises where the form is another."""
    layers: list[Layer] = []
    keys = {-1: "x"}
    for number, entry in enumerate(entries):
        inputs = tuple(keys[source] for source in entry["inputs"])
        if entry["op"] in SHAPED or (entry["op"] == "cat" and len(inputs) == 1 and not entry["weights"]):
            keys[number] = inputs[0]
            continue
        if entry["op"] == "cat":
            entry = _with_positive_dim(entry)
            inputs = _joined(inputs, entry["settings"]["dim"], layers)
        layer = _read_layer(entry, inputs)
        keys[number] = layer.key
        layers.append(layer)
    return _without_steps(layers)


def _with_positive_dim(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """A concatenation whose dim is counted from the front."""
    return {**entry, "settings": {**entry["settings"], "dim": entry["settings"]["dim"] % len(entry["output"])}}


def _joined(inputs: tuple[str, ...], dim: int, layers: Sequence[Layer]) -> tuple[str, ...]:
    """The inputs of a concatenation, those of one among them in its place: [[a, b], c] is [a, b, c]."""
    parts = {one.key: one.inputs for one in layers if one.kind == "concatenation" and dict(one.settings)["dim"] == dim}
    joined = tuple(part for key in inputs for part in parts.get(key, (key,)))
    return joined if len(joined) <= MOST_PARTS else inputs


def _without_steps(layers: list[Layer]) -> list[Layer]:
    """Without concatenations that were only a step of another one."""
    used = {key for layer in layers for key in layer.inputs} | {layer.key for layer in layers[-1:]}
    return [layer for layer in layers if layer.kind != "concatenation" or layer.key in used]


def _read_layer(entry: Mapping[str, Any], inputs: tuple[str, ...]) -> Layer:
    given, weights = entry["settings"], [tuple(shape) for shape in entry["weights"]]
    op = "transposed" if given.get("transposed") else entry["op"]
    kind = KINDS.get(op, str(op)[:40])
    settings = {WORDS.get(name, name): _short(given[name]) for name in SETTINGS.get(kind, ()) if name in given}
    if kind.endswith("pooling") and settings.get("stride") == ():
        settings["stride"] = settings["kernel"]
    if kind.endswith("convolution"):
        shape = weights[0]
        inner = (shape[1], shape[0]) if kind == "convolution" else (shape[0], shape[1])
        settings |= {"input channels a group": inner[0], "output channels": inner[1], "kernel": _short(shape[2:])}
        settings["bias"] = len(weights) > 1
    elif kind == "linear layer":
        settings |= {"inputs": weights[-1][0], "outputs": weights[-1][1], "bias": len(weights) > 1}
    elif kind == "mean" and entry["output"] and len(entry["output"]) > 1:
        kind = "global average pooling" if all(size == 1 for size in entry["output"][2:]) else kind
    ordered = tuple(sorted(inputs)) if kind in ("addition", "multiplication") else inputs
    key = str(hash((kind, tuple(settings.items()), ordered)))
    return Layer(kind, tuple(settings.items()), inputs, key, str(entry["layer"]))


def _explain(layer: Layer, candidates: Sequence[Layer], sources: Mapping[str, str]) -> str:
    """What stands in the place of the layer; `candidates` are other layers that take the same input."""
    named = layer.name or layer.kind
    where = "the first layer that differs is " + (named if named.startswith("stage") else f"the {named}")
    same_kind = [other for other in candidates if other.kind == layer.kind]
    if not same_kind:
        missing = f"{_an(candidates[0].kind)} where {_an(layer.kind)} is wanted" if candidates else "it is missing"
        return f"{where}: {missing}"
    other = min(same_kind, key=lambda other: len(set(other.settings) ^ set(layer.settings)))
    wanted, got = dict(layer.settings), dict(other.settings)
    parts = [_setting(name, got.get(name), wanted[name]) for name in wanted if got.get(name) != wanted[name]]
    if parts:
        return f"{where}: {', '.join(parts)}"
    if sorted(other.inputs) == sorted(layer.inputs):
        return f"{where}: it takes the same maps in another order"
    theirs = [_an(sources[key]) for key in other.inputs if key not in layer.inputs]
    ours = [_an(sources[key]) for key in layer.inputs if key not in other.inputs]
    if theirs and ours and theirs[0] != ours[0]:
        return f"{where}: it takes the result of {theirs[0]} where that of {ours[0]} is wanted"
    return f"{where}: it takes another input"


def _setting(name: str, got: Any, wanted: Any) -> str:
    if isinstance(wanted, bool):
        return f"{'without' if wanted else 'with'} {'a bias' if name == 'bias' else name}"
    return f"{name} {_shown(got)} where {_shown(wanted)} is wanted"


def _short(value: Any) -> Any:
    """(2, 2) as 2, other lists as tuples."""
    if isinstance(value, (list, tuple)):
        return value[0] if value and all(item == value[0] for item in value) else tuple(value)
    return value


def _shown(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _an(kind: str) -> str:
    mass = kind == "x" or kind.endswith(("pooling", "norm", "dropout", "sampling", "softmax", "tanh"))
    return kind if mass else f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
