"""The wire format between grader and worker; imports nothing of ours.

A frame, little-endian:

    4 bytes   magic b"cgw1" (the version is its last byte)
    u32       length of the header in bytes, at most HEADER_BYTES
    u32       length of the payload in bytes, at most PAYLOAD_BYTES
    header    JSON object, UTF-8; "kind" is one of the message names below
    payload   safetensors file with every array of the message, or empty

Requests: start, load, call. Replies: ready, loaded, returned, raised, refused. A call carries an "id" that
its reply repeats. There is no pickle anywhere.

A value in the header is None, a bool, an int, a finite float or a string as JSON has them, or an object
with exactly one of these keys:

    {"tuple": [...]}   {"list": [...]}   {"dict": [[key, value], ...]}
    {"float": "nan" | "inf" | "-inf"}    {"int": "hexadecimal digits"}
    {"array": name}    an ndarray, stored in the payload under that name
    {"scalar": name}   a NumPy scalar, stored as an array of shape ()
    {"handle": n, "type": t}   an object that stays in the worker
    {"rng": seed}      numpy.random.default_rng(seed), made anew where it arrives; requests only
    {"unsupported": description}   an array or number the format does not carry (complex, object, ...)

Refusals raise MalformedFrame (what arrived is not of this format) or TooLarge (what should be sent is over the
limit). Lengths are checked before anything is read or allocated.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

MAGIC = b"cgw1"
PREFIX = struct.Struct("<4sII")
HEADER_BYTES = 4 << 20
PAYLOAD_BYTES = 64 << 20
DEPTH = 20
REQUESTS = frozenset({"start", "load", "call"})
REPLIES = frozenset({"ready", "loaded", "returned", "raised", "refused"})
CARRIED = frozenset(
    np.dtype(name)
    for name in ("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split())
)


class MalformedFrame(Exception):
    """Bytes that are not a frame of this version, or a frame that is not a message."""


class TooLarge(Exception):
    """A message over the size limit; the text says what and by how much."""


@dataclass(frozen=True)
class Handle:
    """An object that stays in the worker; the grader only hands it back. `type` is its class's name."""

    number: int
    type: str = "object"


@dataclass(frozen=True)
class Rng:
    """A random generator as an argument: the student's function gets a fresh `numpy.random.default_rng(seed)`."""

    seed: int


@dataclass(frozen=True)
class Unsupported:
    """A returned value the format does not carry, described for a message to the student."""

    description: str


@dataclass
class Message:
    """A decoded frame: its kind, the header's other fields, and the arrays by name."""

    kind: str
    fields: dict[str, Any]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


class Packer:
    """Turns values into header JSON, collecting arrays; `keep` stores what must stay in the worker."""

    def __init__(self, keep: Callable[[Any], Handle] | None = None) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.bytes = 0
        self._keep = keep

    def pack(self, value: Any, depth: int = 0) -> Any:
        """The JSON form of `value`; raises TooLarge, or MalformedFrame where nothing can carry it."""
        if depth > DEPTH:
            raise MalformedFrame(f"nested deeper than {DEPTH} levels")
        kind = type(value)
        if value is None or kind in (bool, str):
            return value
        if kind is int:
            return value if abs(value) < 1 << 63 else {"int": format(value, "x")}
        if kind is float:
            return value if math.isfinite(value) else {"float": str(value)}
        if isinstance(value, Handle):
            return {"handle": value.number, "type": value.type}
        if isinstance(value, Rng):
            return {"rng": value.seed}
        if isinstance(value, np.ndarray):
            return self._array(np.asarray(value), "array")
        if isinstance(value, np.generic):
            return self._array(np.asarray(value), "scalar")
        if isinstance(value, (tuple, list)):
            tag = "tuple" if isinstance(value, tuple) else "list"
            return {tag: [self.pack(item, depth + 1) for item in value]}
        if kind is dict:
            return {"dict": [[self.pack(key, depth + 1), self.pack(item, depth + 1)] for key, item in value.items()]}
        return self._other(value)

    def _array(self, array: np.ndarray, tag: str) -> Any:
        if array.dtype == np.longdouble and array.dtype not in CARRIED:
            array = array.astype(np.float64)
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        if array.dtype not in CARRIED:
            shape = f" of shape {array.shape}" if tag == "array" else ""
            return {"unsupported": f"{array.dtype} {tag}{shape}"[:200]}
        self.bytes += array.nbytes
        if self.bytes > PAYLOAD_BYTES - (1 << 16):
            raise TooLarge(
                f"{self.bytes / 2**20:.0f} MiB of arrays (shape {array.shape}); "
                f"at most {PAYLOAD_BYTES >> 20} MiB travel"
            )
        name = str(len(self.arrays))
        self.arrays[name] = np.ascontiguousarray(array).reshape(array.shape)
        return {tag: name}

    def _other(self, value: Any) -> Any:
        if isinstance(value, (bool, int, float, str)):  # a subclass: the plain value is what counts
            for plain in (bool, int, float, str):
                if isinstance(value, plain):
                    return self.pack(plain(value))
        if isinstance(value, complex):
            return {"unsupported": "complex number"}
        if self._keep is None:
            raise MalformedFrame(f"a {type(value).__name__} cannot travel")
        return self.pack(self._keep(value))


def encode(kind: str, fields: dict[str, Any], arrays: dict[str, np.ndarray] | None = None) -> bytes:
    """One frame; raises TooLarge when header or payload are over their limits."""
    header = json.dumps({"kind": kind, **fields}, allow_nan=False).encode()
    payload = save(arrays) if arrays else b""
    if len(header) > HEADER_BYTES or len(payload) > PAYLOAD_BYTES:
        raise TooLarge(f"{(len(header) + len(payload)) / 2**20:.1f} MiB in one message")
    return PREFIX.pack(MAGIC, len(header), len(payload)) + header + payload


def sizes(prefix: bytes) -> tuple[int, int]:
    """Header and payload length from the first PREFIX.size bytes; raises MalformedFrame."""
    magic, header, payload = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise MalformedFrame("it does not begin as a frame does")
    if header > HEADER_BYTES or payload > PAYLOAD_BYTES:
        raise MalformedFrame("it announces a frame over the size limit")
    return header, payload


def decode(header: bytes, payload: bytes, kinds: frozenset[str]) -> Message:
    """The message in a frame's two parts; raises MalformedFrame unless it is one of `kinds`."""
    try:
        fields = json.loads(header)
        arrays = load(payload) if payload else {}
    except (ValueError, RecursionError, SafetensorError, KeyError, TypeError, MemoryError) as error:
        raise MalformedFrame(f"it cannot be read ({type(error).__name__})") from None
    if not isinstance(fields, dict) or fields.get("kind") not in kinds:
        raise MalformedFrame("it is none of the known messages")
    for array in arrays.values():
        if array.dtype not in CARRIED:
            raise MalformedFrame(f"an array of dtype {array.dtype}")
    kind = fields.pop("kind")
    return Message(kind, fields, arrays)


def unpack(value: Any, arrays: dict[str, np.ndarray], depth: int = 0) -> Any:
    """The Python value of a header's JSON; arrays are writable. Raises MalformedFrame."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if depth > DEPTH or not isinstance(value, dict) or not value:
        raise MalformedFrame("a value of no known form")
    tag, content = next(iter(value.items()))
    try:
        if tag == "tuple":
            return tuple(unpack(item, arrays, depth + 1) for item in content)
        if tag == "list":
            return [unpack(item, arrays, depth + 1) for item in content]
        if tag == "dict":
            return {unpack(key, arrays, depth + 1): unpack(item, arrays, depth + 1) for key, item in content}
        if tag == "float" and content in ("nan", "inf", "-inf"):
            return float(content)
        if tag == "int":
            return int(content, 16)
        if tag == "array":
            array = arrays[content]
            return array if array.flags.writeable else array.copy()
        if tag == "scalar" and arrays[content].shape == ():
            return arrays[content][()]
        if tag == "handle" and isinstance(content, int):
            return Handle(content, str(value.get("type", "object"))[:80])
        if tag == "rng" and isinstance(content, int):
            return Rng(content)
        if tag == "unsupported":
            return Unsupported(str(content)[:200])
    except (KeyError, TypeError, ValueError, RecursionError):
        pass
    raise MalformedFrame(f"a value with the tag {tag[:40]!r} of no known form")
