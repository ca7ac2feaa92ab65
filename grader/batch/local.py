"""Stations on this machine, one process each; a station that dies or overruns is replaced and its job tried once more."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader.batch.executors import Finished, Job
from grader.batch.parts import Parts, Share
from grader.batch.scratch import scratch_folder
from grader.errors import UsageError

TICK_SECONDS = 0.2
TRIES = 2
CHUNK = 1 << 20


class StationDied(Exception):
    """The process ended; the text says how, and what it wrote last."""


class Station:
    """One station process. Answers are read without waiting, so that many can be watched at once.

    The `number` says which topics it is given first.
    """

    def __init__(self, start: dict[str, Any], scratch: str, number: int = 0) -> None:
        self.number = number
        self.job: Job | None = None
        self.begun = time.monotonic()
        self._errors = tempfile.TemporaryFile(dir=scratch)
        self._incoming = bytearray()
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-m", "grader.batch.station"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=_environment(scratch),
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.answers = self._process.stdout.fileno()
        os.set_blocking(self.answers, False)
        with contextlib.suppress(StationDied):  # told when the answer is read
            self._send(start)

    def keep_to(self, processors: set[int]) -> None:
        """Run on these processors alone, and so does all that it starts from now on.

        None of them stops in the middle because it has woken another one: a worker goes on to the next of a check's calls.
        """
        with contextlib.suppress(OSError):  # it has ended, or the system does not let us
            os.sched_setaffinity(self._process.pid, processors)
            os.sched_setscheduler(self._process.pid, os.SCHED_BATCH, os.sched_param(0))

    def give(self, job: Job) -> None:
        """Send a job. Raises StationDied."""
        self.job, self.begun = job, time.monotonic()
        content = base64.b64encode(job.bundle.to_bytes()).decode()
        self._send({"job": job.number, "label": job.bundle.label, "bundle": content, "part": job.topics})

    def take(self) -> dict[str, Any] | None:
        """The next whole answer that has come; None while there is none. Raises StationDied."""
        while b"\n" not in self._incoming:
            try:
                part = os.read(self.answers, CHUNK)
            except BlockingIOError:
                return None
            if not part:
                raise StationDied(self._how_it_ended())
            self._incoming += part
        line, _, rest = bytes(self._incoming).partition(b"\n")
        self._incoming = bytearray(rest)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def wait(self, seconds: float) -> dict[str, Any]:
        """The next answer. Raises StationDied, also when it does not come in time."""
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.answers, selectors.EVENT_READ)
            while (answer := self.take()) is None:
                if time.monotonic() > deadline:
                    raise StationDied(f"no answer within {seconds:.0f} s")
                selector.select(TICK_SECONDS)
        return answer

    def close(self) -> None:
        """Kill it, and with it everything it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]  # both pipes were asked for

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise StationDied(self._how_it_ended()) from None

    def _how_it_ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        code = self._process.returncode
        how = f"was ended by {signal.Signals(-code).name}" if code is not None and code < 0 else f"ended with {code}"
        self._errors.seek(0)
        last = self._errors.read()[-2000:].decode("utf-8", "replace").strip()
        return f"the grading process {how}" + (f"\n{last}" if last else "")


def _environment(scratch: str) -> dict[str, str]:
    """Ours, with a folder for temporary files that goes when the run ends, one thread, and a fixed order of sets."""
    own = {"TMPDIR": scratch, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {**os.environ, **own, "PYTHONPATH": str(Path(__file__).parents[2])}


def _own_processor(number: int, jobs: int) -> set[int]:
    """The processor for the station of this number, where there is a station for each; none otherwise.

    A station and the worker that it asks take turns. On one processor each goes on where the other stops; on two, each would
    have to be woken, which left a tenth of the time unused.
    """
    if not hasattr(os, "sched_getaffinity"):  # Linux has it
        return set()
    here = sorted(os.sched_getaffinity(0))
    return {here[number % len(here)]} if jobs >= len(here) else set()


@dataclass
class LocalExecutor:
    """`jobs` stations on this machine. `seconds` is when a job is taken to hang; `shares` are the topics for each station."""

    start: dict[str, Any]
    jobs: int
    seconds: float
    shares: Sequence[Share] = ()
    _tries: dict[tuple[int, Share | None], int] = field(default_factory=dict)

    def run(self, jobs: Iterator[Job], started: Callable[[Job], None]) -> Iterator[Finished]:
        """See Executor."""
        stations: list[Station] = []
        parts = Parts(jobs, self.shares, self.jobs, started)
        finished: list[Finished] = []
        with scratch_folder() as scratch:
            try:
                while True:
                    self._hand_out(stations, parts, scratch)
                    yield from finished  # their stations grade the next ones while these are written
                    if not stations:
                        return
                    finished = []
                    try:
                        for station in self._readable(stations):
                            finished += self._read(station, stations, parts)
                    except UsageError:  # one refuses; what others have graded is kept
                        yield from finished
                        raise
            finally:
                for station in stations:
                    station.close()

    def _hand_out(self, stations: list[Station], parts: Parts, scratch: str) -> None:
        """Give every free station a job, start stations while there are jobs for them, end those without."""
        for number in range(self.jobs):
            station = next((one for one in stations if one.number == number), None)
            if station is not None and station.job is not None:
                continue
            job = parts.take(number)
            if job is None:
                if station is not None:
                    station.close()
                    stations.remove(station)
                continue
            if station is None:
                station = Station(self.start, scratch, number)
                stations.append(station)
                if processor := _own_processor(number, self.jobs):
                    station.keep_to(processor)
            which = job.number, job.topics
            self._tries[which] = self._tries.get(which, 0) + 1
            with contextlib.suppress(StationDied):  # told when its answer is read
                station.give(job)

    def _readable(self, stations: list[Station]) -> list[Station]:
        """The stations with something to read, after a short wait, and those that have taken too long."""
        with selectors.DefaultSelector() as selector:
            for station in stations:
                selector.register(station.answers, selectors.EVENT_READ, station)
            ready = [key.data for key, _ in selector.select(TICK_SECONDS)]
        late = [s for s in stations if s not in ready and time.monotonic() - s.begun > self.seconds]
        return [*ready, *late]

    def _read(self, station: Station, stations: list[Station], parts: Parts) -> Iterator[Finished]:
        """What a station has to say: a job's end, if it is one. Raises UsageError when it refuses to grade."""
        assert station.job is not None
        try:
            answer = station.take()
            while answer is not None and "ready" in answer:
                answer = station.take()
            if answer is None and time.monotonic() - station.begun > self.seconds:
                raise StationDied(f"the grading process did not come to an end within {self.seconds:.0f} s")
        except StationDied as error:
            station.close()
            stations.remove(station)
            answer = {"job": station.job.number, "fault": str(error)}
        if answer is None:
            return
        if "refused" in answer:
            raise UsageError(str(answer["refused"]))
        job, station.job = station.job, None
        if answer.get("fault") is not None and self._tries[job.number, job.topics] < TRIES:
            parts.put_back(job)
            return
        del self._tries[job.number, job.topics]
        if (finished := parts.end(job, answer)) is not None:
            yield finished
