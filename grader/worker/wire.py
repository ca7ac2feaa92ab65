"""The wire format between grader and worker; imports nothing of ours.

A frame, little-endian:

    4 bytes   magic b"cgw1" (the version is its last byte)
    u32       length of the header in bytes, at most HEADER_BYTES
    u32       length of the payload in bytes, at most PAYLOAD_BYTES
    header    JSON object, UTF-8; "kind" is one of the message names below
    payload   safetensors file with every array of the message, or empty

Requests: start, load, call, calls. Replies: ready, loaded, returned, raised, refused. A call carries an "id" of
ID_CHARACTERS characters that its reply repeats. Several calls in one frame, "calls", are made one after the other and
replied to one by one; the reply to each has its number behind the id. There is no pickle anywhere.

A value in the header is None, a bool, an int, a finite float or a string as JSON has them, or an object
with exactly one of these keys:

    {"tuple": [...]}   {"list": [...]}
    {"dict": [[key, value], ...]}        keys are JSON's scalars, at most DICT_ENTRIES of them
    {"float": "nan" | "inf" | "-inf"}    {"int": "hexadecimal digits"}, at most INT_BITS
    {"array": name}    an ndarray, stored in the payload under that name; no array stands in two places
    {"scalar": name}   a NumPy scalar, stored as an array of shape ()
    {"handle": n, "type": t}   an object that stays in the worker
    {"rng": seed, "shared": b}   numpy.random.default_rng(seed), made where it arrives; requests only
    {"named": name}    a function of the student's file, as an argument; requests only
    {"unsupported": description}   an array or number the format does not carry (complex, object, ...); replies only

Refusals raise MalformedFrame (what arrived is not of this format), TooLarge (what should be sent is over a limit) or
NotCarried (what should be sent has no form here). Lengths are checked before anything is read or allocated, and every
limit stands on both sides: what arrives costs the reader at most a few times the bytes it came in, whoever sent it.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from safetensors import TensorSpec, deserialize, serialize

MAGIC = b"cgw1"
ID_CHARACTERS = 12
NO_ID = "0" * ID_CHARACTERS
PREFIX = struct.Struct("<4sII")
FRAMES = b', "frames": ['  # no text of a header has these bytes, since JSON escapes quotation marks
HEADER_BYTES = 4 << 20
PAYLOAD_BYTES = 64 << 20
PAYLOAD_HEADER_BYTES = 1 << 18  # some 3,000 arrays; the safetensors reader takes its time over more
DEPTH = 20
PARTS = 100_000  # values in one value, all levels together
DICT_ENTRIES = 1000  # hashes of numbers are no secret: a larger dict of colliding keys would take minutes to build
INT_BITS = 1023  # so that every int is a finite float too, and can be printed
REQUESTS = frozenset({"start", "load", "call", "calls"})
REPLIES = frozenset({"ready", "loaded", "returned", "raised", "refused"})
NAMES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()
CODES = "BOOL I8 I16 I32 I64 U8 U16 U32 U64 F16 F32 F64".split()
CARRIED = {np.dtype(name): name for name in NAMES}
"""The dtypes that travel, with what safetensors calls them when it writes."""
READ = {code: np.dtype(name) for code, name in zip(CODES, NAMES, strict=True)}
"""The same by what a payload calls them."""


class MalformedFrame(Exception):
    """Bytes that are not a frame of this version, or a frame that is not a message."""


class TooLarge(Exception):
    """A message over a limit of size; the text says what and by how much."""


class NotCarried(Exception):
    """A value that this format has no form for; the text describes it."""


@dataclass(frozen=True)
class Handle:
    """An object that stays in the worker; the grader only hands it back. `type` is its class's name."""

    number: int
    type: str = "object"


@dataclass(frozen=True)
class Rng:
    """A random generator as an argument: the student's function gets `numpy.random.default_rng(seed)`.

    A fresh one for each call, or, where it is `shared`, one and the same for all calls of a case.
    """

    seed: int
    shared: bool = False


@dataclass(frozen=True)
class Named:
    """A function of the student's file as an argument of an operation, by its name."""

    name: str


@dataclass(frozen=True)
class Unsupported:
    """A returned value the format does not carry, described for a message to the student; it cannot be sent back."""

    description: str


@dataclass
class Message:
    """A decoded frame: its kind, the header's other fields, the arrays by name, and how long header and payload were."""

    kind: str
    fields: dict[str, Any]
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    header_bytes: int = 0
    payload_bytes: int = 0


class Packer:
    """Turns values into header JSON, collecting arrays; `keep` stores what must stay in the worker."""

    def __init__(self, keep: Callable[[Any], Handle] | None = None) -> None:
        self.arrays: dict[str, np.ndarray] = {}
        self.bytes = 0
        self.parts = 0
        self._keep = keep

    def pack(self, value: Any, depth: int = 0) -> Any:
        """The JSON form of `value`; raises TooLarge or NotCarried."""
        self.parts += 1
        if depth > DEPTH or self.parts > PARTS:
            raise TooLarge(
                f"more than {PARTS:,} values in one"
                if depth <= DEPTH
                else f"something nested deeper than {DEPTH} levels"
            )
        kind = type(value)
        if kind is np.ndarray:
            return self._array(value, "array")
        if value is None or kind in (bool, str):
            return value
        if kind is int:
            return self._int(value)
        if kind is float:
            return value if math.isfinite(value) else {"float": str(value)}
        if isinstance(value, Handle):
            return {"handle": value.number, "type": value.type}
        if isinstance(value, Rng):
            return {"rng": value.seed, "shared": value.shared}
        if isinstance(value, Named):
            return {"named": value.name}
        if isinstance(value, np.ndarray):
            return self._array(np.asarray(value), "array")
        if isinstance(value, np.generic):
            return self._array(np.asarray(value), "scalar")
        if isinstance(value, (tuple, list)):
            tag = "tuple" if isinstance(value, tuple) else "list"
            return {tag: [self.pack(item, depth + 1) for item in value]}
        if kind is dict and len(value) <= DICT_ENTRIES and all(type(key) in (bool, int, str) for key in value):
            return {"dict": [[self.pack(key, depth + 1), self.pack(item, depth + 1)] for key, item in value.items()]}
        return self._other(value)

    def _int(self, value: int) -> Any:
        if value.bit_length() > INT_BITS:
            return {"unsupported": f"an int of {value.bit_length():,} bits"}
        return value if abs(value) < 1 << 63 else {"int": format(value, "x")}

    def _array(self, array: np.ndarray, tag: str) -> Any:
        if array.dtype not in CARRIED:
            if array.dtype == np.longdouble:
                array = array.astype(np.float64)
            if not array.dtype.isnative:
                array = array.astype(array.dtype.newbyteorder("="))
            if array.dtype not in CARRIED:
                shape = f" of shape {array.shape}" if tag == "array" else ""
                return {"unsupported": f"{array.dtype} {tag}{shape}"[:200]}
        self.bytes += array.nbytes
        if (len(self.arrays) + 1) * 100 > PAYLOAD_HEADER_BYTES:
            raise TooLarge(f"more than {len(self.arrays):,} arrays")
        if self.bytes > PAYLOAD_BYTES - PAYLOAD_HEADER_BYTES - 8:
            raise TooLarge(
                f"{self.bytes / 2**20:.0f} MiB of arrays (shape {array.shape}); "
                f"at most {PAYLOAD_BYTES >> 20} MiB travel"
            )
        name = str(len(self.arrays))
        contiguous = array.flags.c_contiguous
        self.arrays[name] = array if contiguous else np.ascontiguousarray(array).reshape(array.shape)
        return {tag: name}

    def _other(self, value: Any) -> Any:
        if isinstance(value, (bool, int, float, str)):  # a subclass: the plain value is what counts
            for plain in (bool, int, float, str):
                if isinstance(value, plain):
                    return self.pack(plain(value))
        if isinstance(value, complex):
            return {"unsupported": "complex number"}
        if isinstance(value, Unsupported):
            raise NotCarried(value.description)
        if self._keep is None:
            raise NotCarried(f"an object of type {type(value).__name__}")
        return self.pack(self._keep(value))


def encode(kind: str, fields: dict[str, Any], arrays: dict[str, np.ndarray] | None = None) -> bytes:
    """One frame; raises TooLarge when header or payload are over their limits."""
    header = ENCODER.encode({"kind": kind, **fields}).encode()
    payload = _save(arrays) if arrays else b""
    if len(header) > HEADER_BYTES or len(payload) > PAYLOAD_BYTES:
        raise TooLarge(f"{(len(header) + len(payload)) / 2**20:.1f} MiB in one message")
    return PREFIX.pack(MAGIC, len(header), len(payload)) + header + payload


def encode_call(fields: dict[str, Any], arrays: dict[str, np.ndarray]) -> bytes:
    """The frame of a call that has no id yet: `with_id` gives it one, as often as the call is made."""
    return encode("call", {"id": NO_ID, **fields}, arrays)


def encode_calls(calls: Sequence[dict[str, Any]], arrays: dict[str, np.ndarray]) -> bytes:
    """The same of several calls together."""
    return encode("calls", {"id": NO_ID, "calls": calls}, arrays)


def with_id(frame: bytes, number: str) -> bytes:
    """The frame that one of the two made, with this id."""
    return frame.replace(NO_ID.encode(), number.encode(), 1)


def numbered(number: str, position: int) -> str:
    """The id in the reply to one of several calls that were sent together."""
    return f"{number}.{position}"


def without_id(header: bytes, number: str) -> bytes | None:
    """The header of a call's reply without its id, as the worker writes it; None where it is of another call, or not so.

    Of an exception it is without the lines of the student's file, which stand last: no check asks about them.
    """
    for kind in (b"returned", b"raised"):
        if header.startswith(beginning := b'{"kind": "%b", "id": "%b"' % (kind, number.encode())):
            said = header[len(beginning) :]
            return kind + (said.partition(FRAMES)[0] if kind == b"raised" else said)
    return None


def sizes(prefix: bytes | bytearray) -> tuple[int, int]:
    """Header and payload length from the first PREFIX.size bytes; raises MalformedFrame."""
    magic, header, payload = PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise MalformedFrame("it does not begin as a frame does")
    if header > HEADER_BYTES or payload > PAYLOAD_BYTES:
        raise MalformedFrame("it announces a frame over the size limit")
    return header, payload


def decode(header: bytes, payload: bytes, kinds: frozenset[str]) -> Message:
    """The message in a frame's two parts; raises MalformedFrame unless it is one of `kinds`."""
    if payload and int.from_bytes(payload[:8], "little") > PAYLOAD_HEADER_BYTES:
        raise MalformedFrame("it announces too many arrays")
    try:
        fields = DECODER.decode(header.decode())
        arrays = _load(payload) if payload else {}
    except Exception as error:  # what two libraries raise on arbitrary bytes is no closed set
        raise MalformedFrame(f"it cannot be read ({type(error).__name__})") from None
    kind = fields.pop("kind", None) if isinstance(fields, dict) else None
    if not isinstance(kind, str) or kind not in kinds:
        raise MalformedFrame("it is none of the known messages")
    return Message(kind, fields, arrays, len(header), len(payload))


def _save(arrays: dict[str, np.ndarray]) -> bytes:
    """What safetensors.numpy.save makes of contiguous arrays of CARRIED dtypes, in half the time."""
    return bytes(
        serialize(
            {
                name: TensorSpec(
                    dtype=CARRIED[array.dtype], shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes
                )
                for name, array in arrays.items()
            }
        )
    )


def _load(payload: bytes) -> dict[str, np.ndarray]:
    """The arrays of a payload, writable; raises what safetensors does, and KeyError for a dtype that is not CARRIED."""
    arrays = {}
    for name, said in deserialize(payload):  # type: ignore[no-untyped-call]  # its stub gives no types
        dtype = READ[said["dtype"]]
        array = np.frombuffer(said["data"], dtype).reshape(said["shape"])
        # a byte that is neither 0 nor 1 is no truth value; a small array of its own takes half the memory of a view
        arrays[name] = np.asarray(array.view(np.uint8) != 0) if dtype == np.bool_ else array.copy()
    return arrays


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


# made once: json.loads and json.dumps would make one for every frame
DECODER = json.JSONDecoder(parse_constant=_no_number)
ENCODER = json.JSONEncoder(allow_nan=False)


def readable(text: str) -> str:
    """`text` with what no encoding can write, lone surrogates, spelt out."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def unpack(value: Any, arrays: dict[str, np.ndarray], *, request: bool = False) -> Any:
    """The Python value of a header's JSON, taking its arrays out of `arrays`; they are writable. Raises MalformedFrame."""
    return Unpacker(arrays, request).unpack(value)


class Unpacker:
    """Undoes Packer, with the same limits: what arrives was not made by a Packer for sure.

    In a `request`, what a handle, a generator or the name of a function stands for is put in its place by `resolve`.
    """

    def __init__(
        self,
        arrays: dict[str, np.ndarray],
        request: bool,
        resolve: Callable[[Handle | Rng | Named], Any] = lambda value: value,
    ) -> None:
        self.arrays, self.request, self.resolve = arrays, request, resolve
        self.parts = 0

    def unpack(self, value: Any, depth: int = 0) -> Any:
        """The value that the JSON stands for; raises MalformedFrame, and what `resolve` raises."""
        self.parts += 1
        if self.parts > PARTS:
            raise MalformedFrame(f"more than {PARTS:,} values in one")
        kind = type(value)
        if kind is int:
            return _checked_int(value)
        if value is None or kind in (bool, float):
            return value
        if kind is str:
            return readable(value)
        if depth > DEPTH or kind is not dict or not value:
            raise MalformedFrame("a value of no known form")
        tag, content = next(iter(value.items()))
        standing = self._standing(tag, content, value)
        return self.resolve(standing) if standing is not None else self._plain(tag, content, depth)

    def _standing(self, tag: str, content: Any, value: dict[str, Any]) -> Handle | Rng | Named | None:
        """What stands for something else; None for all other values."""
        if tag == "handle" and isinstance(content, int):
            return Handle(content, readable(str(value.get("type", "object"))[:80]))
        if tag == "rng" and self.request and isinstance(content, int):
            return Rng(content, value.get("shared") is True)
        if tag == "named" and self.request and isinstance(content, str):
            return Named(content)
        return None

    def _plain(self, tag: str, content: Any, depth: int) -> Any:
        try:
            if tag in ("tuple", "list", "dict") and isinstance(content, list):
                return self._container(tag, content, depth + 1)
            if tag in ("array", "scalar"):
                return self._array(tag, self.arrays.pop(content))
            if tag == "float" and content in ("nan", "inf", "-inf"):
                return float(content)
            if tag == "int" and len(content) <= INT_BITS // 4 + 2:
                return _checked_int(int(content, 16))
            if tag == "unsupported" and not self.request:
                return Unsupported(readable(str(content)[:200]))
        except (KeyError, TypeError, ValueError):
            pass
        raise MalformedFrame(f"a value with the tag {tag[:40]!r} of no known form")

    def _container(self, tag: str, content: list[Any], depth: int) -> Any:
        if tag == "tuple":
            return tuple([self.unpack(item, depth) for item in content])
        if tag == "list":
            return [self.unpack(item, depth) for item in content]
        if len(content) > DICT_ENTRIES or not all(isinstance(key, (bool, int, str)) for key, _ in content):
            raise MalformedFrame("a dict with keys of no known form, or too many")
        return {self.unpack(key, depth): self.unpack(item, depth) for key, item in content}

    def _array(self, tag: str, array: np.ndarray) -> Any:
        if tag == "scalar":
            if array.shape != ():
                raise MalformedFrame(f"a scalar of shape {array.shape}")
            return array[()]
        return array if array.flags.writeable else array.copy()


def _checked_int(number: int) -> int:
    if number.bit_length() > INT_BITS:
        raise MalformedFrame(f"an int of {number.bit_length():,} bits")
    return number
