"""One worker's three pipes, read and written with deadlines; nothing that arrives is trusted."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable

from grader.errors import StudentDied, StudentProtocolFault, StudentTimedOut
from grader.worker import wire

TICK_SECONDS = 0.05
CHUNK = 1 << 18


class Channel:
    """Frames to and from a worker over POSIX pipes, and what the worker prints meanwhile.

    `watch` is called about twenty times a second while a request is under way, however busy the worker keeps the pipes;
    it may raise to end the wait.
    """

    def __init__(self, requests: int, replies: int, output: int, output_bytes: int, watch: Callable[[], None]) -> None:
        self.requests, self.replies, self.output = requests, replies, output
        self.output_bytes, self.watch = output_bytes, watch
        for descriptor in (requests, replies, output):
            os.set_blocking(descriptor, False)
        self._poll = select.poll()
        self._poll.register(replies, select.POLLIN)
        self._poll.register(output, select.POLLIN)
        self._printed = bytearray()
        self.printed_in_all = 0
        self._watched = 0.0

    def exchange(self, frame: bytes, seconds: float) -> wire.Message:
        """Send a request and wait for its reply.

        Raises StudentTimedOut after `seconds`, StudentDied when the worker hangs up, StudentProtocolFault when
        something other than one whole reply arrives.
        """
        deadline = time.monotonic() + seconds
        if self._readable_now():
            raise StudentProtocolFault("it wrote to the grader's channel before it was asked anything")
        self._write(frame, deadline)
        prefix = self._read(wire.PREFIX.size, deadline)
        try:
            header, payload = wire.sizes(prefix)
            message = wire.decode(self._read(header, deadline), self._read(payload, deadline), wire.REPLIES)
        except wire.MalformedFrame as error:
            raise StudentProtocolFault(f"its reply is not one the grader knows: {error}") from None
        self._drain()
        return message

    def take_output(self) -> str:
        """What was printed since the last call, cut at `output_bytes`, undecodable bytes escaped."""
        self._drain()
        text = self._printed.decode("utf-8", "backslashreplace")
        cut = self.printed_in_all - len(self._printed)
        self.forget_output()
        return f"{text}\n[... {cut:,} more bytes were printed]" if cut > 0 else text

    def forget_output(self) -> None:
        """Drop what was printed so far."""
        self._printed.clear()
        self.printed_in_all = 0

    def close(self) -> None:
        """Close the grader's ends; a worker that still reads then ends by itself."""
        for descriptor in (self.requests, self.replies, self.output):
            os.close(descriptor)

    def _readable_now(self) -> bool:
        return any(number == self.replies and event & select.POLLIN for number, event in self._poll.poll(0))

    def _write(self, frame: bytes, deadline: float) -> None:
        view = memoryview(frame)
        while view:
            self._tick(deadline)
            try:
                view = view[os.write(self.requests, view[:CHUNK]) :]
            except BlockingIOError:
                self._wait_to_write(deadline)
            except BrokenPipeError:
                raise StudentDied("the process ended before it was asked") from None

    def _read(self, count: int, deadline: float) -> bytes:
        received = bytearray()  # not a list of parts: they may come byte by byte
        while len(received) < count:
            self._tick(deadline)
            try:
                part = os.read(self.replies, min(count - len(received), CHUNK))
            except BlockingIOError:
                self._wait_to_read(deadline)
                continue
            if not part:
                raise StudentDied("the process ended before it answered")
            received += part
        return bytes(received)

    def _tick(self, deadline: float) -> None:
        """Raise StudentTimedOut after the deadline; now and then, watch."""
        now = time.monotonic()
        if now >= deadline:
            raise StudentTimedOut("no answer in time")
        if now - self._watched >= TICK_SECONDS:
            self._watched = now
            self.watch()

    def _wait_to_read(self, deadline: float) -> None:
        """Until a reply can be read; printed text is taken along so that printing never blocks."""
        while True:
            self._tick(deadline)
            events = self._poll.poll(TICK_SECONDS * 1000)
            for number, _ in events:
                if number == self.output and not self._drain():
                    self._poll.unregister(self.output)
            if any(number == self.replies for number, _ in events):
                return

    def _wait_to_write(self, deadline: float) -> None:
        ready = select.poll()
        ready.register(self.requests, select.POLLOUT)
        while not ready.poll(TICK_SECONDS * 1000):
            self._drain()
            self._tick(deadline)

    def _drain(self) -> bool:
        """Read what was printed so far, at most a few pipe buffers at a time; false at the end of the stream."""
        for _ in range(4):
            try:
                part = os.read(self.output, CHUNK)
            except BlockingIOError:
                return True
            if not part:
                return False
            self.printed_in_all += len(part)
            self._printed += part[: max(0, self.output_bytes - len(self._printed))]
        return True
