"""A dask.distributed cluster as executor: submissions travel as bytes, reports come back as JSON has them.

On each worker of the cluster a station grades, in a process of its own, so that a cluster's worker may have any number of
threads. When a worker of the cluster dies, dask runs its jobs elsewhere, under the same key, so each is counted once.
"""

from __future__ import annotations

import atexit
import functools
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from grader.batch.executors import Finished, Job
from grader.batch.local import Station, StationDied
from grader.batch.scratch import scratch_folder
from grader.errors import UsageError
from grader.submission import Bundle

AHEAD = 2
"""Jobs that are sent for each thread of the cluster, so that none waits for the next one."""


class _Pool:
    """The stations of one worker process of the cluster, one for each of its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stations: dict[tuple[int, str], Station] = {}

    def grade(self, start: dict[str, Any], job: Job, seconds: float) -> dict[str, Any]:
        """A station's answer; a station that died once is replaced."""
        key = (threading.get_ident(), repr(start))
        for last in (False, True):
            try:
                station = self._station(key, start, seconds)
                station.give(job)
                return station.wait(seconds)
            except StationDied as error:
                with self._lock:
                    dead = self._stations.pop(key, None)
                if dead is not None:
                    dead.close()
                if last:
                    return {"fault": str(error)}
        raise AssertionError("the loop returns")

    def _station(self, key: tuple[int, str], start: dict[str, Any], seconds: float) -> Station:
        with self._lock:
            known = self._stations.get(key)
        if known is not None:
            return known
        station = Station(start, _scratch())
        with self._lock:
            self._stations[key] = station
        answer = station.wait(seconds)
        if "refused" in answer:
            raise RefusedHere(str(answer["refused"]))
        return station


class RefusedHere(Exception):
    """This machine cannot grade: another course, other versions, no sandbox."""


@functools.cache
def _pool() -> _Pool:
    return _Pool()


@functools.cache
def _scratch() -> str:
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(scratch_folder())


def grade_here(start: dict[str, Any], number: int, label: str, content: bytes, seconds: float) -> dict[str, Any]:
    """What runs on the cluster: the answer of a station, and the address of the worker where that refuses."""
    try:
        answer = _pool().grade(start, Job(number, Bundle.from_bytes(label, content)), seconds)
    except RefusedHere as error:
        answer = {"refused": str(error)}
    return {**answer, "worker": _import_distributed().get_worker().address}


def _import_distributed() -> Any:  # it has no types
    try:
        import distributed
    except ImportError:
        raise UsageError("--executor dask needs the package distributed: pip install 'convgrade[dask]'") from None
    return distributed


@dataclass
class DaskExecutor:
    """Jobs on a scheduler's cluster; after `seconds` a job is taken to hang, for `patience` seconds a worker is waited for."""

    start: dict[str, Any]
    scheduler: str | None
    seconds: float
    patience: float = 60.0

    def run(self, jobs: Iterator[Job], started: Callable[[Job], None]) -> Iterator[Finished]:
        """See Executor."""
        distributed = _import_distributed()
        if self.scheduler is None:
            raise UsageError("--executor dask needs --scheduler ADDRESS")
        try:
            client = distributed.Client(self.scheduler, timeout=min(10, self.patience), set_as_default=False)
            client.wait_for_workers(1, timeout=self.patience)
        except (OSError, TimeoutError, ValueError) as error:
            raise UsageError(f"the scheduler {self.scheduler} has no workers for us: {error}") from None
        try:
            yield from _Run(self, client, started).finished(jobs)
        finally:
            client.close()


class _Run:
    """One run on a cluster: which jobs are out there, and which workers refused."""

    def __init__(self, executor: DaskExecutor, client: Any, started: Callable[[Job], None]) -> None:
        self.executor, self.client, self.started = executor, client, started
        self.name = uuid.uuid4().hex[:12]
        self.out: dict[str, Job] = {}
        self.refused: dict[str, str] = {}
        self.tries = 0

    def finished(self, jobs: Iterator[Job]) -> Iterator[Finished]:
        """Every job's end. Raises UsageError where all workers refuse, or the scheduler is gone."""
        coming = _import_distributed().as_completed(loop=self.client.loop, raise_errors=False)
        self._send(jobs, coming)
        while self.out:
            future = next(coming)
            job = self.out.pop(future.key)
            finished = self._end_of(job, future)
            if finished is None:
                coming.add(self._submit(job))
                continue
            yield finished
            self._send(jobs, coming)

    def _send(self, jobs: Iterator[Job], coming: Any) -> None:
        """Send as many jobs as the cluster has room for, and one at least."""
        room = max(1, AHEAD * sum(self.client.nthreads().values()))
        while len(self.out) < room and (job := next(jobs, None)) is not None:
            self.started(job)
            coming.add(self._submit(job))

    def _submit(self, job: Job) -> Any:
        self.tries += 1
        key = f"convgrade-{self.name}-{job.number}-{self.tries}"
        self.out[key] = job
        willing = [address for address in self.client.nthreads() if address not in self.refused]
        return self.client.submit(
            grade_here, self.executor.start, job.number, job.bundle.label, job.bundle.to_bytes(), self.executor.seconds,
            key=key, pure=False, workers=willing if self.refused else None,
        )  # fmt: skip

    def _end_of(self, job: Job, future: Any) -> Finished | None:
        """The job's end, or None where it is to be sent to another worker. Raises UsageError."""
        if future.status == "cancelled":
            raise UsageError("the scheduler is gone; what was graded is kept, and --resume goes on")
        if future.status == "error":
            return Finished(job.number, fault=f"it could not be graded on the cluster: {future.exception()}")
        answer: dict[str, Any] = future.result()
        if "refused" in answer:
            self.refused[answer["worker"]] = answer["refused"]
            if not set(self.client.nthreads()) - set(self.refused):
                raise UsageError(f"no worker of the cluster can grade: {answer['refused']}")
            return None
        return Finished(job.number, answer.get("report"), answer.get("fault"))
