"""Loads one student file and answers calls to its functions; runs in the sandboxed process.

Nothing here is trusted by the grader: a student's code shares this process and may replace any of it. What it can
gain by that is to choose what its functions return, which it could do anyway.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import linecache
import os
import random
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import cells, wire
from .noting import noting_warnings

MESSAGE_CHARACTERS = 2000
FRAMES = 12
FAILED = 50


class NoSuchFunction(Exception):
    """The student's file has no callable of this name."""


class NotInThisTopic:
    """Import finder of last resort, so that a student reads why a package is not there."""

    def __init__(self, offered: Sequence[str]) -> None:
        *most, last = "the standard library", *offered
        self.offered = f"{', '.join(most)} and {last}" if most else last

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Raise for a top-level package that no other finder had; leave the rest to Python."""
        if path is None and not name.startswith("_"):
            raise ModuleNotFoundError(f"No module named {name!r} here: this topic offers {self.offered}", name=name)


class Server:
    """The worker's side of the conversation: one request, one reply, until the channel closes."""

    def __init__(self, requests: int, replies: int, folder: str, offered: Sequence[str]) -> None:
        self.requests, self.replies, self.folder = requests, replies, os.path.realpath(folder)
        self.offered = offered
        self.module: Any = None
        self._received, self._taken = b"", 0
        self.kept: dict[int, Any] = {}
        self.generators: dict[int, np.random.Generator] = {}

    def run(self) -> None:
        """Answer until the grader closes its end."""
        while (message := self._receive()) is not None:
            if message.kind == "load":
                self._load(message.fields["module"], message.fields["file"], message.fields.get("statements"))
            elif message.kind == "calls":
                for position, fields in enumerate(message.fields["calls"]):
                    self._call(wire.numbered(message.fields["id"], position), fields, message.arrays)
            else:
                self._call(message.fields["id"], message.fields, message.arrays)

    def send(self, kind: str, arrays: dict[str, np.ndarray] | None = None, **fields: Any) -> None:
        """Write one reply."""
        try:
            frame = wire.encode(kind, fields, arrays)
        except wire.TooLarge as error:
            frame = wire.encode("refused", {"id": fields.get("id"), "reason": str(error)})
        view = memoryview(frame)
        while view:
            view = view[os.write(self.replies, view) :]

    def _receive(self) -> wire.Message | None:
        if not (prefix := self._read(wire.PREFIX.size)):
            return None
        header, payload = wire.sizes(prefix)
        both = self._read(header + payload)
        return wire.decode(both[:header], both[header:], wire.REQUESTS)

    def _read(self, count: int) -> bytes:
        """The next `count` bytes of the requests; what arrived beyond them is kept for the next call."""
        if (have := len(self._received) - self._taken) < count:
            parts = [self._received[self._taken :]]
            while have < count:
                if not (part := os.read(self.requests, 1 << 18)):
                    return b""
                parts.append(part)
                have += len(part)
            self._received, self._taken = b"".join(parts), 0
        self._taken += count
        return self._received[self._taken - count : self._taken]

    def _load(self, name: str, file: str, statements: Sequence[int] | None) -> None:
        """Import the student's file as the module `name`; the files beside it can be imported too.

        With `statements`, which a notebook has, only these are run, and one that fails does not end the import. A file that
        ends the program, as unittest.main() does, has been run up to there, and what it defined by then is what it has.
        """
        sys.path.insert(0, self.folder)
        sys.meta_path.append(NotInThisTopic(self.offered))
        try:
            spec = importlib.util.spec_from_file_location(name, os.path.join(self.folder, file))
            assert spec is not None and spec.loader is not None
            self.module = sys.modules[name] = importlib.util.module_from_spec(spec)
            failed, ended = [], None
            if statements is None:
                try:
                    spec.loader.exec_module(self.module)
                except SystemExit as error:
                    ended = self._described(error)
            else:
                failed = cells.run_statements(self.module, os.path.join(self.folder, file), statements)
            described = [{"statement": number, **self._described(error)} for number, error in failed[:FAILED]]
            names = [key for key, value in vars(self.module).items() if isinstance(key, str) and callable(value)]
            self.send("loaded", functions=names, failed=described, ended=ended)
        except BaseException as error:
            self._raised(error)

    def _call(self, number: str, fields: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        name = fields["function"]
        if fields.get("forget"):
            self.kept.clear()
            self.generators.clear()
        try:
            function = self._operation(name) if fields.get("operation") else self._find(name)
            unpacker = wire.Unpacker(arrays, request=True, resolve=self._resolve)
            arguments = [unpacker.unpack(value) for value in fields["arguments"]]
            keywords = {key: unpacker.unpack(value) for key, value in fields["keywords"].items()}
            observed = None
            if fields.get("observe"):
                with noting_warnings() as noted:
                    result = function(*arguments, **keywords)
                observed = [arguments, keywords, noted]
                for text in noted:
                    print(f"RuntimeWarning: {text}", file=sys.stderr)
            else:
                result = function(*arguments, **keywords)
            self._returned(number, result, fields.get("keep", []), observed)
        except NoSuchFunction as error:
            self.send("refused", id=number, missing=True, reason=f"there is no function {error}")
        except wire.TooLarge as error:
            self.send("refused", id=number, reason=str(error))
        except BaseException as error:
            self._raised(error, number)

    def _find(self, name: str) -> Any:
        """A function or class of the student's file."""
        function = getattr(self.module, name, self)
        if not callable(function):
            other = "" if function is self else f"; {name} is an object of type {type(function).__name__[:100]}"
            raise NoSuchFunction(f"{name}{other}")
        return function

    def _operation(self, name: str) -> Any:
        """What the grader does with a model; only workers for PyTorch topics are asked for it."""
        return importlib.import_module("grader.worker.operations").OPERATIONS[name]

    def _returned(self, number: str, result: Any, keep: Sequence[Sequence[int]], observed: Any) -> None:
        packer = wire.Packer(self._keep)
        fields = {"value": packer.pack(self._hold(result, [tuple(path) for path in keep]))}
        if observed is not None:
            fields["after"] = packer.pack(observed)
        _flush()
        self.send("returned", packer.arrays, id=number, **fields)

    def _hold(self, value: Any, paths: Sequence[tuple[int, ...]]) -> Any:
        """`value` with the items at `paths` (positions in nested tuples) replaced by handles."""
        if () in paths:
            return self._keep(value)
        if not paths or not isinstance(value, (tuple, list)):
            return value
        return tuple(
            self._hold(item, [path[1:] for path in paths if path[0] == position]) for position, item in enumerate(value)
        )

    def _keep(self, value: Any) -> wire.Handle:
        number = len(self.kept) + 1
        self.kept[number] = value
        return wire.Handle(number, type(value).__name__)

    def _resolve(self, value: wire.Handle | wire.Rng | wire.Named) -> Any:
        """The object that the grader means."""
        if isinstance(value, wire.Handle):
            return self.kept[value.number]
        if isinstance(value, wire.Named):
            return self._find(value.name)
        if not value.shared:
            return np.random.default_rng(value.seed)
        return self.generators.setdefault(value.seed, np.random.default_rng(value.seed))

    def _raised(self, error: BaseException, number: str | None = None) -> None:
        _flush()
        try:
            fields = self._described(error)
        except BaseException:  # the student's class, its metaclass or its traceback misbehaves
            fields = {"type": "an exception", "kinds": [], "message": "(it could not be described)", "frames": []}
        self.send("raised", id=number, **fields)

    def _described(self, error: BaseException) -> dict[str, Any]:
        kinds = [base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"]
        try:
            message = "".join(["", str(error)])[:MESSAGE_CHARACTERS]  # joined, a subclass of str becomes a plain one
        except BaseException as second:
            message = f"(its message could not be made: {type(second).__name__})"
        name = type(error).__name__[:100]
        # the frames come last: wire.without_id leaves them away, with all that is behind them
        return {"type": name, "kinds": kinds, "message": message, "frames": self._frames(error)}

    def _frames(self, error: BaseException) -> list[dict[str, Any]]:
        """The lines of the traceback that are in the student's files, and the line of a syntax error."""
        own = [
            (frame.f_code.co_filename, line, frame.f_code.co_name)
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_filename.startswith(self.folder + os.sep)
        ]
        if len(own) > FRAMES:
            own = own[: FRAMES // 2] + own[-FRAMES // 2 :]
        frames = [
            _frame(os.path.relpath(file, self.folder), line, name, linecache.getline(file, line))
            for file, line, name in own
        ]
        if isinstance(error, SyntaxError) and error.filename:
            frames.append(_frame(os.path.basename(error.filename), error.lineno, "", error.text))
        return frames


def _frame(file: str, line: int | None, function: str, code: str | None) -> dict[str, Any]:
    return {"file": file[:200], "line": line or 0, "function": function[:100], "code": (code or "").strip()[:200]}


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            pass


def redirect_output(output: int) -> None:
    """Send what is printed, from Python or below, to the descriptor `output`; nothing can be read from stdin."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(nothing)
    for name, number in (("stdout", 1), ("stderr", 2)):
        raw = io.FileIO(number, "w", closefd=False)
        setattr(sys, name, io.TextIOWrapper(raw, "utf-8", errors="backslashreplace", write_through=True))
    sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False), "utf-8")


def seed_everything(seed: int) -> None:
    """Seed the global generators, so that code which uses them by mistake fails the same way every time."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
