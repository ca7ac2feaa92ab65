"""The wire format: every kind of value there and back, every refusal, every limit."""

from __future__ import annotations

import json
import math
import os
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from grader.client.channel import Channel, Deadline
from grader.errors import StudentDied, StudentProtocolFault, StudentTimedOut
from grader.worker import wire


def there_and_back(value: Any, *, request: bool = False) -> Any:
    """What arrives of a value that is packed, encoded, decoded and unpacked."""
    packer = wire.Packer(lambda kept: wire.Handle(1, type(kept).__name__))
    packed = packer.pack(value)
    frame = wire.encode("returned", {"value": packed}, packer.arrays)
    message = arriving(frame, wire.REPLIES)
    return wire.unpack(message.fields["value"], message.arrays, request=request)


def arriving(frame: bytes, kinds: frozenset[str] = wire.REPLIES) -> wire.Message:
    """A frame as its reader takes it apart."""
    start = wire.PREFIX.size
    header, payload = wire.sizes(frame[:start])
    assert len(frame) == start + header + payload
    return wire.decode(frame[start : start + header], frame[start + header :], kinds)


def same(one: Any, other: Any) -> bool:
    """Equal, of the same types all through."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, (np.ndarray, np.generic)):
        return (
            one.dtype == other.dtype and one.shape == other.shape and bool(np.array_equal(one, other, equal_nan=True))
        )
    if isinstance(one, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    return bool(one == other)


# There and back.

VALUES = {
    "none": None,
    "truth": [True, False],
    "numbers": [0, -1, 2**63 - 1, -(2**63), 2**63, 2**1023 - 1, -(2**1023) + 1, 0.5, -0.0, 5e-324, 1.7e308],
    "no_numbers": [float("nan"), float("inf"), float("-inf")],
    "text": ["", "plain", "\x00\x1b[2J", "é漢\U0001f600", '"\\'],
    "nested": ((1, [2, (3,)]), [], (), [[[]]]),
    "dict": {"a": 1, 2: [3.5], True: None, "": {}},
    "array": np.arange(6.0).reshape(2, 3),
    "array_without_axes": np.array(2.5),
    "array_without_entries": np.zeros((2, 0, 3)),
    "arrays_in_a_tuple": (np.ones(2), [np.zeros(1), np.ones(2)]),
    "array_of_nan": np.array([np.nan, np.inf, -np.inf]),
    "scalars": (np.float32(1.5), np.int8(-3), np.bool_(True), np.float64("nan"), np.uint64(2**64 - 1)),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_arrives_as_it_left(name: str) -> None:
    assert same(there_and_back(VALUES[name]), VALUES[name])


@pytest.mark.parametrize("dtype", sorted(wire.CARRIED, key=str), ids=str)
def test_every_dtype_that_is_carried(dtype: np.dtype[Any]) -> None:
    array = np.array([[0, 1], [1, 0]]).astype(dtype)
    assert same(there_and_back(array), array)


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers(-(2**1000), 2**1000) | st.floats() | TEXT


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists, tuples and dictionaries of what is given."""
    lists = st.lists(inner, max_size=4)
    return lists | lists.map(tuple) | st.dictionaries(TEXT | st.integers(-9, 9), inner, max_size=4)


NESTED = st.recursive(SCALARS, containers, max_leaves=20)


@settings(max_examples=60, deadline=None)
@given(value=NESTED)
def test_any_nested_value_arrives_as_it_left(value: Any) -> None:
    arrived = there_and_back(value)
    assert repr(arrived) == repr(value)


@pytest.mark.parametrize(
    "view",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12.0)[::-2],
        np.broadcast_to(1.5, (2, 3)),
        np.asfortranarray(np.ones((2, 3))),
        np.arange(4.0).astype(">f8"),
    ],
)
def test_views_arrive_as_plain_writable_arrays(view: np.ndarray) -> None:
    arrived = there_and_back(view)
    assert np.array_equal(arrived, view) and arrived.shape == view.shape
    assert arrived.flags.writeable and arrived.flags.c_contiguous and arrived.dtype.isnative


def test_an_array_subclass_arrives_as_an_array() -> None:
    assert type(there_and_back(np.ma.masked_array([1.0, 2.0]))) is np.ndarray


def test_subclasses_of_plain_types_arrive_as_those() -> None:
    class Number(int):
        pass

    class Name(str):
        pass

    class Pair(tuple[int, int]):
        pass

    arrived = there_and_back((Number(3), Name("x"), Pair((1, 2))))
    assert same(arrived, (3, "x", (1, 2)))


def test_two_references_to_one_array_arrive_as_two_arrays() -> None:
    array = np.ones(3)
    one, other = there_and_back((array, array))
    one[0] = 5
    assert other[0] == 1


def test_longdouble_arrives_as_float64() -> None:
    assert there_and_back(np.ones(2, np.longdouble)).dtype == np.float64


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.ones(2, complex), "complex128 array of shape (2,)"),
        (np.array([None]), "object array of shape (1,)"),
        (np.array(["a"]), "<U1 array of shape (1,)"),
        (np.complex64(1), "complex64 scalar"),
        (1j, "complex number"),
        (1 << 1023, "an int of 1,024 bits"),
        (-(1 << 5000), "an int of 5,001 bits"),
    ],
)
def test_what_is_not_carried_is_described(value: Any, words: str) -> None:
    assert there_and_back(value) == wire.Unsupported(words)


@pytest.mark.parametrize("value", [object(), {1, 2}, lambda: None, b"bytes", {(1, 2): 3}, dict.fromkeys(range(2000))])
def test_other_objects_stay_where_they_are(value: Any) -> None:
    assert there_and_back(value) == wire.Handle(1, type(value).__name__)


def test_handles_and_generators_arrive_as_such() -> None:
    assert there_and_back([wire.Handle(7, "Cache"), wire.Rng(3)], request=True) == [
        wire.Handle(7, "Cache"),
        wire.Rng(3),
    ]


def test_text_that_no_encoding_can_write_arrives_spelt_out() -> None:
    assert there_and_back(["\ud800x", {"\udfff": 1}]) == ["\\ud800x", {"\\udfff": 1}]


def test_truth_values_arrive_as_zero_and_one() -> None:
    payload = save({"0": np.array([0, 1, 2, 255], np.uint8)}).replace(b'"U8"', b'"BOOL"')
    header_bytes = int.from_bytes(payload[:8], "little")
    payload = struct.pack("<Q", header_bytes + 2) + payload[8:]
    arrays = wire.decode(b'{"kind": "returned"}', payload, wire.REPLIES).arrays
    assert arrays["0"].view(np.uint8).tolist() == [0, 1, 1, 1]


# What cannot be sent.


def deep(levels: int) -> list[Any]:
    """A list in a list in a list."""
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def doubling(levels: int) -> list[Any]:
    """A small list that is very long when written out."""
    value: list[Any] = [0]
    for _ in range(levels):
        value = [value, value]
    return value


def circle() -> list[Any]:
    """A list that holds itself."""
    value: list[Any] = []
    value.append(value)
    return value


TOO_LARGE: dict[str, tuple[Callable[[], Any], str]] = {
    "deep": (lambda: deep(21), "something nested deeper than 20 levels"),
    "circle": (circle, "something nested deeper than 20 levels"),
    "long": (lambda: [0] * 100_001, "more than 100,000 values in one"),
    "doubling": (lambda: doubling(18), "more than 100,000 values in one"),
    "array": (lambda: np.broadcast_to(0.0, (1 << 30,)), "8192 MiB of arrays"),
    "arrays_together": (lambda: [np.zeros(5 << 20), np.zeros(5 << 20)], "80 MiB of arrays"),
    "many_arrays": (lambda: [np.zeros(1)] * 3000, "more than 2,621 arrays"),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_too_large_to_pack(name: str) -> None:
    make, words = TOO_LARGE[name]
    with pytest.raises(wire.TooLarge, match=words):
        wire.Packer().pack(make())


def test_the_largest_that_fits() -> None:
    assert there_and_back(deep(20)) == deep(20)
    assert len(there_and_back([0] * 99_999)) == 99_999
    assert len(there_and_back([np.zeros(1)] * 2000)) == 2000


def test_a_header_over_the_limit() -> None:
    with pytest.raises(wire.TooLarge, match=r"4\.\d MiB in one message"):
        wire.encode("returned", {"value": "x" * (wire.HEADER_BYTES + 1)})


@pytest.mark.parametrize("value", [object(), {1}, wire.Unsupported("complex number")])
def test_what_has_no_form_and_nobody_to_keep_it(value: Any) -> None:
    with pytest.raises(wire.NotCarried):
        wire.Packer().pack([value])


def test_json_has_no_nan() -> None:
    with pytest.raises(ValueError, match="JSON"):
        wire.encode("returned", {"value": float("nan")})


# What is refused when it arrives.

KIND = b'{"kind": "returned"}'


@pytest.mark.parametrize(
    "prefix",
    [
        struct.pack("<4sII", b"HTTP", 1, 1),
        struct.pack("<4sII", b"cgw2", 1, 1),
        struct.pack("<4sII", wire.MAGIC, wire.HEADER_BYTES + 1, 0),
        struct.pack("<4sII", wire.MAGIC, 0, wire.PAYLOAD_BYTES + 1),
        struct.pack("<4sII", wire.MAGIC, 2**32 - 1, 2**32 - 1),
        struct.pack(">4sII", wire.MAGIC, 1, 1),
    ],
)
def test_a_prefix_that_is_none(prefix: bytes) -> None:
    with pytest.raises(wire.MalformedFrame):
        wire.sizes(prefix)


def payload(header: Any, data: bytes = bytes(8)) -> bytes:
    """A safetensors file with any header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


FRAMES: dict[str, tuple[bytes, bytes]] = {
    "no_json": (b"\xff\xfe", b""),
    "empty_header": (b"", b""),
    "half_a_header": (b'{"kind": "returned"', b""),
    "list": (b"[]", b""),
    "text": (b'"returned"', b""),
    "no_kind": (b"{}", b""),
    "kind_of_a_list": (b'{"kind": []}', b""),
    "kind_of_an_object": (b'{"kind": {}}', b""),
    "kind_of_a_number": (b'{"kind": 1}', b""),
    "unknown_kind": (b'{"kind": "passed"}', b""),
    "a_request_for_a_reply": (b'{"kind": "call"}', b""),
    "nan": (b'{"kind": "returned", "value": NaN}', b""),
    "infinity": (b'{"kind": "returned", "value": -Infinity}', b""),
    "deep": (b'{"kind": "returned", "value": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", b""),
    "long_number": (b'{"kind": "returned", "value": ' + b"1" * 10_000 + b"}", b""),
    "short_payload": (KIND, b"\x01"),
    "payload_of_noise": (KIND, bytes(range(64))),
    "announced_too_long": (KIND, struct.pack("<Q", 2**60) + b"{}"),
    "announced_header_over_the_limit": (KIND, struct.pack("<Q", wire.PAYLOAD_HEADER_BYTES + 1) + b"{}"),
    "no_tensors_but_a_list": (KIND, payload([])),
    "shape_over_the_data": (KIND, payload({"0": {"dtype": "F64", "shape": [9], "data_offsets": [0, 8]}})),
    "shape_too_large_for_any": (KIND, payload({"0": {"dtype": "F64", "shape": [2**62, 2**62], "data_offsets": [0, 8]}})),
    "shape_with_nothing_and_everything": (KIND, payload({"0": {"dtype": "F64", "shape": [0, 2**63], "data_offsets": [0, 0]}})),
    "shape_of_too_many_axes": (KIND, payload({"0": {"dtype": "F64", "shape": [1] * 99, "data_offsets": [0, 8]}})),
    "shape_below_zero": (KIND, payload({"0": {"dtype": "F64", "shape": [-1], "data_offsets": [0, 8]}})),
    "offsets_outside": (KIND, payload({"0": {"dtype": "F64", "shape": [1], "data_offsets": [8, 16]}})),
    "dtype_that_numpy_lacks": (KIND, payload({"0": {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]}})),
    "dtype_that_is_not_carried": (KIND, payload({"0": {"dtype": "C64", "shape": [1], "data_offsets": [0, 8]}})),
    "dtype_that_is_none": (KIND, payload({"0": {"dtype": "OBJECT", "shape": [1], "data_offsets": [0, 8]}})),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_that_is_none(name: str) -> None:
    with pytest.raises(wire.MalformedFrame):
        wire.decode(*FRAMES[name], wire.REPLIES)


FORMS: dict[str, Any] = {
    "empty_object": {},
    "bare_list": [],
    "unknown_tag": {"set": [1]},
    "tag_without_a_name": {"": 1},
    "tuple_of_a_number": {"tuple": 1},
    "list_of_text": {"list": "abc"},
    "dict_of_numbers": {"dict": [1]},
    "dict_of_triples": {"dict": [[1, 2, 3]]},
    "dict_with_a_list_as_key": {"dict": [[{"list": []}, 1]]},
    "dict_with_a_tuple_as_key": {"dict": [[{"tuple": [1]}, 1]]},
    "dict_too_large": {"dict": [[n, 0] for n in range(1001)]},
    "dict_with_colliding_keys": {"dict": [[{"int": format(n * (2**61 - 1), "x")}, 0] for n in range(900)]},
    "float_in_words": {"float": "1e5"},
    "float_as_a_number": {"float": 1.5},
    "int_in_words": {"int": "many"},
    "int_as_a_list": {"int": ["f"]},
    "int_of_nothing": {"int": None},
    "int_too_large": {"int": "f" * 256},
    "int_far_too_large": {"int": "f" * 1_000_000},
    "plain_int_too_large": 10**4000,
    "array_that_is_not_there": {"array": "9"},
    "array_of_a_list": {"array": ["0"]},
    "array_in_two_places": {"list": [{"array": "0"}, {"array": "0"}]},
    "scalar_with_axes": {"scalar": "0"},
    "scalar_that_is_not_there": {"scalar": "9"},
    "handle_in_words": {"handle": "1"},
    "handle_of_nothing": {"handle": None},
    "generator": {"rng": 1},
    "deep": json.loads('{"list": [' * 22 + "0" + "]}" * 22),
    "long": {"list": [0] * 100_001},
}


@pytest.mark.parametrize("name", FORMS)
def test_a_value_of_no_known_form(name: str) -> None:
    with pytest.raises(wire.MalformedFrame):
        wire.unpack(FORMS[name], {"0": np.ones(2)})


def test_what_only_one_side_sends() -> None:
    assert wire.unpack({"rng": 3}, {}, request=True) == wire.Rng(3)
    with pytest.raises(wire.MalformedFrame):
        wire.unpack({"unsupported": "x"}, {}, request=True)


def test_a_handles_and_a_descriptions_text_is_cut() -> None:
    assert len(wire.unpack({"handle": 1, "type": "x" * 1000}, {}).type) == 80
    assert len(wire.unpack({"unsupported": "x" * 1000}, {}).description) == 200
    assert wire.unpack({"handle": 1, "type": ["x"]}, {}).type == "['x']"


@settings(max_examples=100, deadline=None)
@given(header=st.binary(max_size=60) | st.text(max_size=60).map(str.encode), data=st.binary(max_size=100))
def test_no_bytes_raise_anything_else(header: bytes, data: bytes) -> None:
    try:
        wire.decode(header, data, wire.REPLIES)
    except wire.MalformedFrame:
        pass


TAGS = "tuple list dict float int array scalar handle type rng unsupported".split()
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["0", "nan", "", "x"])


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists, and objects with the format's tags."""
    return st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(TAGS), inner, max_size=2)


JSON = st.recursive(LEAVES, objects, max_leaves=20)


@settings(max_examples=200, deadline=None)
@given(value=JSON)
def test_no_json_raises_anything_else(value: Any) -> None:
    try:
        repr(wire.unpack(value, {"0": np.ones(2)}))
    except wire.MalformedFrame:
        pass


# The channel: what a worker may do to the bytes on their way.


class Line:
    """A channel and its worker's ends."""

    def __init__(self) -> None:
        requests, self.requests = os.pipe()[::-1]
        self.replies, replies = os.pipe()[::-1]
        self.output, output = os.pipe()[::-1]
        self.watched = 0
        self.channel = Channel(requests, replies, output, 1000, self._watch)

    def _watch(self) -> None:
        self.watched += 1

    def answer(self, *parts: bytes, pause: float = 0.0) -> None:
        """Write the parts from another thread, one after the other."""

        def write() -> None:
            for part in parts:
                view = memoryview(part)
                while view:
                    view = view[os.write(self.replies, view[: 1 << 16]) :]
                time.sleep(pause)

        threading.Thread(target=write, daemon=True).start()

    def close(self) -> None:
        """Close every end that is still open."""
        self.channel.close()
        for number in (self.requests, self.replies, self.output):
            try:
                os.close(number)
            except OSError:
                pass


@pytest.fixture
def line() -> Any:
    """A channel without a worker."""
    opened = Line()
    yield opened
    opened.close()


class Clock:
    """A deadline of ten seconds that has begun, and how long the worker had to wait for a processor so far."""

    def __init__(self) -> None:
        self.waited = 3.0  # before the call, which is none of its business
        self.begun, self.now = time.monotonic(), 0.0
        self.deadline = Deadline(10, lambda: self.waited)
        assert not self.passed(0.1)

    def passed(self, seconds: float) -> bool:
        """Whether it is over so many seconds after the beginning, looked at now and then until there."""
        while seconds - self.now > 0.5:
            self.now += 0.5
            self.deadline.passed(self.begun + 0.01 + self.now)
        self.now = seconds
        return self.deadline.passed(self.begun + 0.01 + seconds)


def test_a_deadline_is_kept_by_who_had_a_processor() -> None:
    clock = Clock()
    assert not clock.passed(9.9) and clock.passed(10)


def test_a_deadline_comes_later_where_no_processor_was_free() -> None:
    clock = Clock()
    clock.waited += 4
    assert not clock.passed(10) and not clock.passed(13.9) and clock.passed(14)
    clock.waited += 2
    assert not clock.passed(14) and not clock.passed(15.9) and clock.passed(16) and clock.deadline.extended == 6


def test_a_deadline_comes_later_by_the_time_in_which_the_grader_was_stopped() -> None:
    clock = Clock()
    assert not clock.passed(9)
    clock.now = 30
    assert not clock.passed(30) and clock.deadline.extended == pytest.approx(21)
    assert not clock.passed(30.9) and clock.passed(31.1)


def test_a_deadline_comes_at_last() -> None:
    clock = Clock()
    clock.waited += 1000
    assert not clock.passed(39.9) and clock.passed(40.1) and clock.deadline.extended == pytest.approx(30)


REPLY = wire.encode("returned", {"id": 1, "value": None})
REQUEST = wire.encode("call", {"id": 1})


def test_a_reply_in_pieces(line: Line) -> None:
    line.channel.send(REQUEST)
    line.answer(*(REPLY[n : n + 1] for n in range(len(REPLY))), pause=0.001)
    assert line.channel.receive(30).fields == {"id": 1, "value": None}


def test_a_large_reply(line: Line) -> None:
    line.channel.send(REQUEST)
    line.answer(wire.encode("returned", {"id": 1}, {"0": np.zeros(1 << 20)}))
    assert line.channel.receive(60).arrays["0"].shape == (1 << 20,)


def test_bytes_that_were_not_asked_for(line: Line) -> None:
    os.write(line.replies, REPLY)
    with pytest.raises(StudentProtocolFault, match="before it was asked"):
        line.channel.exchange(REQUEST, 5)


def test_bytes_behind_a_reply(line: Line) -> None:
    line.channel.send(REQUEST)
    line.answer(REPLY + b"more")
    line.channel.receive(30)
    with pytest.raises(StudentProtocolFault, match="before it was asked"):
        line.channel.exchange(REQUEST, 5)


def test_a_worker_that_hangs_up(line: Line) -> None:
    os.close(line.replies)
    with pytest.raises(StudentDied):
        line.channel.exchange(REQUEST, 5)


def test_a_worker_that_hangs_up_within_a_reply(line: Line) -> None:
    os.write(line.replies, REPLY[:20])
    os.close(line.replies)
    line.channel.awaited = 1
    with pytest.raises(StudentDied):
        line.channel.receive(5)


def test_replies_are_seen_before_they_are_received(line: Line) -> None:
    for _ in range(3):
        line.channel.send(REQUEST)
    replies = [wire.encode("returned", {"id": number}, {"0": np.full(2, number)}) for number in range(3)]
    line.answer(replies[0], replies[1], replies[2][:-1], pause=0.001)
    seen = line.channel.peek(2, 30)
    assert seen is not None and [wire.decode(*parts, wire.REPLIES).fields["id"] for parts in seen] == [0, 1]
    assert line.channel.peek(3, 0.05) is None and line.channel.awaited == 3
    line.channel.drop(1)
    assert line.channel.receive(30).fields["id"] == 1 and line.channel.awaited == 1
    line.answer(replies[2][-1:])
    assert line.channel.receive(30).fields["id"] == 2


def test_what_is_wrong_is_left_for_receiving(line: Line) -> None:
    line.channel.send(REQUEST)
    os.write(line.replies, b"no frame at all")
    assert line.channel.peek(1, 30) is None
    with pytest.raises(StudentProtocolFault, match="begin as a frame"):
        line.channel.receive(30)


def test_a_worker_that_hangs_up_is_left_for_receiving(line: Line) -> None:
    line.channel.send(REQUEST)
    os.close(line.replies)
    assert line.channel.peek(1, 30) is None
    with pytest.raises(StudentDied):
        line.channel.receive(30)


def test_replies_are_compared_without_their_id() -> None:
    def header(kind: str, **fields: Any) -> bytes:
        frame = wire.encode(kind, fields)
        return frame[wire.PREFIX.size :]

    said = wire.without_id(header("returned", id="0a", value=5), "0a")
    assert said and said == wire.without_id(header("returned", id="0b", value=5), "0b")
    assert said != wire.without_id(header("returned", id="0a", value=6), "0a")
    assert wire.without_id(header("raised", id="0a", value=5), "0a") not in (None, said)
    raised = [
        wire.without_id(header("raised", id="0a", type="ValueError", message=text, frames=[{"line": line}]), "0a")
        for text, line in (('no, "frames": [', 3), ('no, "frames": [', 4), ("no", 3))
    ]
    assert raised[0] and raised[0] == raised[1] != raised[2]
    for other in (
        header("returned", id="0a", value=5),
        header("refused", id="0b"),
        header("returned", value=5, id="0b"),
    ):
        assert wire.without_id(other, "0b") is None


def test_several_calls_travel_in_one_frame() -> None:
    arrays = {"0": np.arange(3.0), "1": np.ones(2)}
    calls = [
        {"function": "f", "arguments": [{"array": name}, "0" * wire.ID_CHARACTERS], "keywords": {}} for name in arrays
    ]
    frame = wire.with_id(wire.encode_calls(calls, arrays), "0123456789ab")
    header, payload = wire.sizes(frame[: wire.PREFIX.size])
    assert len(frame) == wire.PREFIX.size + header + payload
    message = wire.decode(frame[wire.PREFIX.size :][:header], frame[wire.PREFIX.size :][header:], wire.REQUESTS)
    assert message.kind == "calls" and message.fields == {"id": "0123456789ab", "calls": calls}
    assert np.array_equal(message.arrays["0"], arrays["0"])
    assert len({wire.numbered("0123456789ab", position) for position in range(100)}) == 100


@pytest.mark.parametrize("one_processor", [True, False])
def test_replies_to_several_calls_are_awaited_together(line: Line, one_processor: bool) -> None:
    line.channel._one_processor = one_processor
    line.channel.send(REQUEST, replies=40)
    assert line.channel.awaited == 40
    line.answer(*([REPLY] * 40), pause=0.001)
    seen = line.channel.peek(40, 30)
    assert seen is not None and len(seen) == 40
    line.channel.drop(40)
    assert line.channel.awaited == 0
    line.channel.send(REQUEST)  # nothing is left to be read


def test_a_worker_that_neither_reads_nor_answers(line: Line) -> None:
    with pytest.raises(StudentTimedOut):
        line.channel.exchange(wire.encode("call", {"id": 1}, {"0": np.zeros(1 << 20)}), 0.3)
    assert line.watched > 0


def test_bytes_that_never_end_do_not_outlast_the_deadline(line: Line) -> None:
    stop = threading.Event()

    def drip() -> None:
        os.write(line.replies, wire.PREFIX.pack(wire.MAGIC, 2, wire.PAYLOAD_BYTES) + b"{}")
        try:
            while not stop.is_set():
                os.write(line.replies, b"0")
        except OSError:
            pass

    thread = threading.Thread(target=drip, daemon=True)
    line.channel.send(REQUEST)
    thread.start()
    started = time.monotonic()
    with pytest.raises(StudentTimedOut):
        line.channel.receive(0.3)
    assert time.monotonic() - started < 20
    assert line.watched > 0
    stop.set()
    os.set_blocking(line.replies, False)
    while thread.is_alive():
        line.channel._incoming.clear()
        try:
            os.read(line.channel.replies, 1 << 16)
        except BlockingIOError:
            pass
        thread.join(0.01)


def test_output_is_cut_and_escaped(line: Line) -> None:
    os.write(line.output, b"\xff" + b"x" * 2000)
    text = line.channel.take_output()
    assert text.startswith("\\xffxxx") and text.endswith("[... 1,001 more bytes were printed]")
    assert line.channel.take_output() == ""


def test_a_worker_that_closes_its_output(line: Line) -> None:
    os.close(line.output)
    line.channel.send(REQUEST)
    line.answer(REPLY)
    assert line.channel.receive(30).kind == "returned"
