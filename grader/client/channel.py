"""One worker's three pipes, read and written with deadlines; nothing that arrives is trusted."""

from __future__ import annotations

import os
import select
import time
from collections import deque
from collections.abc import Callable
from itertools import islice

from grader.errors import StudentDied, StudentProtocolFault, StudentTimedOut
from grader.worker import wire

TICK_SECONDS = 0.05
CHUNK = 1 << 18
PIPE_BYTES = 1 << 12
PATIENCE = 4
HELD_UP = 1.0
"""Seconds between two looks at a deadline after which it was the grader that did not run: it looks twenty times a second."""
REPLY_SECONDS = 2e-5
"""What a worker takes at least for one call."""


def _on_one_processor() -> bool:
    """Whether this process, and with it a worker that it starts, has one processor only."""
    return hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) == 1


class Deadline:
    """When a reply must be there: after so many seconds, and later by what the worker had to wait for a processor.

    `kept_waiting` gives the seconds that it was ready to run and did not, since it began. A busy machine can make a right
    solution wait many times as long as it computes. That is added up to PATIENCE times the seconds, so that there is an
    end to it however many processes somebody starts. What the grader itself was stopped for, HELD_UP or longer, counts for
    nobody.
    """

    def __init__(self, seconds: float, kept_waiting: Callable[[], float]) -> None:
        self._began = time.monotonic()
        self._at, self._latest = self._began + seconds, self._began + PATIENCE * seconds
        self.extended = 0.0
        """By how many seconds it was put off."""
        self._looked = self._began
        self._kept_waiting = kept_waiting
        self._waited: float | None = None

    def passed(self, now: float) -> bool:
        """Whether it is over."""
        if (held_up := now - self._looked) > HELD_UP:  # somebody has stopped it, the whole machine perhaps
            self._at, self._latest, self.extended = self._at + held_up, self._latest + held_up, self.extended + held_up
        self._looked = now
        if self._waited is None:
            if (
                now - self._began >= TICK_SECONDS
            ):  # most replies come sooner, and need no look at how the worker is doing
                self._waited = self._kept_waiting()
        elif now >= self._at:
            waited = self._kept_waiting()
            longer = min(waited - self._waited, self._latest - self._at)
            self._at, self._waited, self.extended = self._at + longer, waited, self.extended + longer
        return now >= self._at


class Channel:
    """Frames to and from a worker over POSIX pipes, and what the worker prints meanwhile.

    Requests may be sent ahead of the replies to earlier ones: the worker then computes while the grader compares.
    `watch` is called about twenty times a second while requests are sent and replies awaited, however busy the worker keeps
    the pipes; it may raise to end that. `kept_waiting` is asked how long the worker had to wait for a processor so far.
    """

    def __init__(
        self,
        requests: int,
        replies: int,
        output: int,
        output_bytes: int,
        watch: Callable[[], None],
        kept_waiting: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.requests, self.replies, self.output = requests, replies, output
        self.output_bytes, self.watch, self.kept_waiting = output_bytes, watch, kept_waiting
        for descriptor in (requests, replies, output):
            os.set_blocking(descriptor, False)
        self._one_processor = _on_one_processor()
        self._poll = select.poll()
        self._poll.register(replies, select.POLLIN)
        self._poll.register(output, select.POLLIN)
        self._outgoing: deque[memoryview] = deque()
        self._incoming = bytearray()
        self._frames: deque[tuple[bytes, bytes]] = deque()  # replies that are whole: header and payload
        self._printed = bytearray()
        self.printed_in_all = 0
        self.awaited = 0
        """Requests sent whose replies have not been received."""
        self._watched = 0.0
        self.extended = 0.0
        """The seconds by which deadlines were put off, all together."""

    def exchange(self, frame: bytes, seconds: float) -> wire.Message:
        """Send a request and wait for its reply; raises as `send` and `receive` do."""
        self.send(frame)
        return self.receive(seconds)

    def send(self, frame: bytes, replies: int = 1) -> None:
        """Send a request, as much of it as the worker takes now; the rest goes out while a reply is awaited.

        `replies` are due to it. Raises StudentProtocolFault when there is something to read though nothing was asked.
        """
        if self.awaited == 0 and (self._incoming or self._frames or self._readable_now()):
            raise StudentProtocolFault("it wrote to the grader's channel before it was asked anything")
        self._look(time.monotonic())
        self.awaited += replies
        self._outgoing.append(memoryview(frame))
        self._write()

    def receive(self, seconds: float) -> wire.Message:
        """Wait for the next reply.

        Raises StudentTimedOut after `seconds` (see Deadline), StudentDied when the worker hangs up, StudentProtocolFault when
        something other than one whole reply arrives.
        """
        deadline = Deadline(seconds, self.kept_waiting)
        try:
            while not self._have(1):
                self._read(deadline)
            message = wire.decode(*self._frames.popleft(), wire.REPLIES)
        except wire.MalformedFrame as error:
            raise StudentProtocolFault(f"its reply is not one the grader knows: {error}") from None
        finally:
            self.extended += deadline.extended
        self.awaited -= 1
        return message

    def peek(self, count: int, seconds: float) -> list[tuple[bytes, bytes]] | None:
        """Header and payload of the next `count` replies, which stay here to be received.

        None where they are not all there within the seconds; also where something is wrong, which `receive` will find, too.
        """
        end = time.monotonic() + seconds
        try:
            while not self._have(count):
                if (left := end - time.monotonic()) <= 0:
                    return None
                # One look for several replies costs as much as one for each of them. On one processor there is no look before
                # the worker is done with them, or has had its time.
                if not (self._outgoing or self._one_processor):
                    time.sleep((count - len(self._frames) - 1) * REPLY_SECONDS)
                try:
                    part = os.read(self.replies, CHUNK)
                except BlockingIOError:
                    self._poll_once(left)
                    continue
                if not part:
                    return None
                self._incoming += part
        except wire.MalformedFrame:
            return None
        return list(islice(self._frames, count))

    def drop(self, count: int) -> None:
        """Be done with that many replies, which were seen by `peek`."""
        for _ in range(count):
            self._frames.popleft()
        self.awaited -= count

    def take_output(self) -> str:
        """What was printed since the last call, cut at `output_bytes`, undecodable bytes escaped."""
        self._drain()
        text = self._printed.decode("utf-8", "backslashreplace")
        cut = self.printed_in_all - len(self._printed)
        self._printed.clear()
        self.printed_in_all = 0
        return f"{text}\n[... {cut:,} more bytes were printed]" if cut > 0 else text

    def forget_output(self) -> None:
        """Drop what was printed so far."""
        self._drain()
        self._printed.clear()
        self.printed_in_all = 0

    def close(self) -> None:
        """Close the grader's ends; a worker that still reads then ends by itself."""
        for descriptor in (self.requests, self.replies, self.output):
            os.close(descriptor)

    def _readable_now(self) -> bool:
        return any(number == self.replies and event & select.POLLIN for number, event in self._poll.poll(0))

    def _have(self, count: int) -> bool:
        """Whether so many replies have been received whole. Raises MalformedFrame for what follows those that have."""
        begin, have = 0, len(self._incoming)
        try:
            while len(self._frames) < count and have - begin >= wire.PREFIX.size:
                start = begin + wire.PREFIX.size
                header, payload = wire.sizes(self._incoming[begin:start])
                middle, end = start + header, start + header + payload
                if have < end:
                    break
                self._frames.append((bytes(self._incoming[start:middle]), bytes(self._incoming[middle:end])))
                begin = end
        finally:
            del self._incoming[:begin]
        return len(self._frames) >= count

    def _read(self, deadline: Deadline) -> None:
        """Receive some bytes, waiting for them until the deadline."""
        self._tick(deadline)
        try:
            part = os.read(self.replies, CHUNK)
        except BlockingIOError:
            self._wait(deadline)
            return
        if not part:
            raise StudentDied("the process ended before it answered")
        self._incoming += part

    def _write(self) -> None:
        """Send what waits to be sent, as much as the worker takes now."""
        while self._outgoing:
            try:
                sent = os.write(self.requests, self._outgoing[0][:CHUNK])
            except BlockingIOError:
                return
            except BrokenPipeError:  # earlier replies may still be there to read; after them comes the end
                self._outgoing.clear()
                return
            self._outgoing[0] = self._outgoing[0][sent:]
            if not self._outgoing[0]:
                self._outgoing.popleft()

    def _wait(self, deadline: Deadline) -> None:
        """Until a reply can be read; meanwhile requests go out, and printed text is taken so that printing never blocks."""
        while True:
            self._tick(deadline)
            if self._poll_once(TICK_SECONDS):
                return

    def _poll_once(self, seconds: float) -> bool:
        """Wait once, for something to read or for room to write; gives whether a reply can be read."""
        if self._outgoing:
            self._poll.register(self.requests, select.POLLOUT)
        events = self._poll.poll(seconds * 1000)
        if self._outgoing:
            self._poll.unregister(self.requests)
            self._write()
        for number, _ in events:
            if number == self.output and not self._drain():
                self._poll.unregister(self.output)
        return any(number == self.replies for number, _ in events)

    def _tick(self, deadline: Deadline) -> None:
        """Raise StudentTimedOut after the deadline; now and then, watch."""
        now = time.monotonic()
        if deadline.passed(now):
            raise StudentTimedOut("no answer in time")
        self._look(now)

    def _look(self, now: float) -> None:
        """Watch, if that is not just done."""
        if now - self._watched >= TICK_SECONDS:
            self._watched = now
            self.watch()

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
            if len(part) < PIPE_BYTES:
                return True
        return True
