"""Topics of one submission judged side by side, each in one of a few processes forked from this one.

The checks are collected, the oracles imported and the fork servers warm before the processes begin, so that each costs
milliseconds. A topic is judged whole by one of them: its checks build on each other and share a worker. Every process
asks for its next topic when it is done with one; only results come back. Student code runs in none of them, but in
workers below, as ever.
"""

from __future__ import annotations

import contextlib
import copy
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from grader.checking.suite import Suite
from grader.course import Topic
from grader.errors import InternalFault
from grader.findings import Findings, join
from grader.options import processors
from grader.results import CheckResult
from grader.worker import cuda

MOST = 4
"""Processes at once where nobody says how many: each holds what PyTorch and its own workers need."""
MEMORY_EACH = 2 << 30
"""Bytes: AlexNet with its parameters takes about so much of grader and worker together; most topics take a third."""
GRACE_SECONDS = 3.0


class CannotShare(Exception):
    """Nothing was judged: PyTorch does not differentiate in a process that was forked from this one."""


Told = Callable[[str, CheckResult], None]
"""Hears of a topic's name and the result of one of its checks."""
JudgeTopic = Callable[[Topic, Suite, Told], Findings]


def can_share(topics: Sequence[Topic]) -> bool:
    """Whether there is anything to share out and forking this process is safe: Linux, and no thread beside this one."""
    return len(topics) > 1 and sys.platform == "linux" and threading.active_count() == 1


def default_jobs() -> int:
    """As many processes as there are processors, memory allowing; both as the container has them, where this is one."""
    return max(1, min(processors(), MOST, *_limits()))


def _limits() -> Iterator[int]:
    """How often MEMORY_EACH fits into what is free, and what a control group allows: that, and whole processors."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        free = Path("/proc/meminfo").read_text("ascii").partition("MemAvailable:")[2]
        yield (int(free.split()[0]) << 10) // MEMORY_EACH
    with contextlib.suppress(OSError, ValueError, IndexError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text("ascii").split()
        if quota != "max":
            yield int(quota) // int(period)
    for name in ("memory.max", "memory/memory.limit_in_bytes"):  # control groups of either version
        with contextlib.suppress(OSError, ValueError):  # not a number: "max"
            yield int(Path("/sys/fs/cgroup", name).read_text("ascii")) // MEMORY_EACH


def judge_side_by_side(topics: Sequence[Topic], suite: Suite, judges: Sequence[JudgeTopic], told: Told) -> Findings:
    """Judge the topics in as many processes as there are `judges`, one for each; `told` hears of every check.

    Raises what a judge raised, CannotShare where forked processes cannot judge, or InternalFault where one ended without
    saying why.
    """
    waiting = sorted(topics, key=_longest_first)
    parts: list[Findings] = []
    with _processes(suite, judges) as busy:
        for connection in busy:
            connection.send(waiting.pop(0).name if waiting else None)
        while busy:
            for ready in wait(busy):
                assert isinstance(ready, Connection)
                try:
                    kind, content = ready.recv()
                except EOFError:
                    raise InternalFault("a process that judged some of the topics ended without a word") from None
                if kind == "judged":
                    told(*content)
                elif kind == "found":
                    parts.append(content)
                    ready.send(waiting.pop(0).name if waiting else None)
                elif kind == "raised":
                    raise content
                elif kind == "unable":
                    raise CannotShare
                else:
                    busy.remove(ready)
    return join(parts, topics)


def _longest_first(topic: Topic) -> tuple[bool, Any]:
    return topic.needs != "torch", -topic.points


@contextmanager
def _processes(suite: Suite, judges: Sequence[JudgeTopic]) -> Iterator[list[Connection]]:
    context = multiprocessing.get_context("fork")
    pipes = [context.Pipe() for _ in judges]
    ours = [one for one, _ in pipes]
    processes = []
    # its own end may meet a process between making a folder and noting it; what is left goes with this one
    scratch = tempfile.TemporaryDirectory(prefix="convgrade-scratch-", ignore_cleanup_errors=True)
    try:
        with warnings.catch_warnings():
            # NumPy's and PyTorch's own threads are idle, and both libraries mend themselves in a forked process
            warnings.simplefilter("ignore", DeprecationWarning)
            for judge, (_, theirs) in zip(judges, pipes, strict=True):
                unneeded = [*ours, *(other for _, other in pipes if other is not theirs)]
                process = context.Process(
                    target=_serve, args=(theirs, unneeded, suite, judge, scratch.name), daemon=True
                )
                process.start()
                processes.append(process)
        for _, theirs in pipes:
            theirs.close()
        yield list(ours)
    finally:
        for one in processes:
            one.terminate()
        for one in processes:
            one.join(GRACE_SECONDS)
            one.kill()
            one.join()
        for pipe in ours:
            pipe.close()
        scratch.cleanup()


def _serve(pipe: Connection, unneeded: Sequence[Connection], suite: Suite, judge: JudgeTopic, folder: str) -> None:
    """Judge topic after topic, until there is none or the process that asks is gone; temporary files go into `folder`."""
    for number in (signal.SIGINT, signal.SIGHUP):  # they are for the process that asks, which ends this one
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end_once)
    for other in unneeded:
        other.close()
    topics = {check.topic.name: check.topic for check in suite}
    os.environ |= cuda.HIDDEN  # what uses a GPU is judged by the process that asks
    tempfile.tempdir = folder
    try:
        able = _differentiates()
        while (name := pipe.recv()) is not None:
            if not able:
                pipe.send(("unable", None))
                return
            own = tuple(check for check in suite if check.topic.name == name)
            found = judge(topics[name], own, lambda topic, result: pipe.send(("judged", (topic, result))))
            pipe.send(("found", found))
        pipe.send(("done", None))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):  # nobody waits for the results any more
        pass
    except BaseException as error:
        _send_error(pipe, error)


def _end_once(number: int, frame: Any) -> None:
    signal.signal(number, signal.SIG_IGN)  # where the whole group is told, the process that asks tells once more
    raise KeyboardInterrupt


def _differentiates() -> bool:
    """Whether autograd works. It does not where this process was forked from one in which it had seen a GPU."""
    import torch

    try:
        torch.ones((), requires_grad=True).exp().backward()  # type: ignore[no-untyped-call]  # it has no annotations
    except RuntimeError:
        return False
    return True


def _send_error(pipe: Connection, error: BaseException) -> None:
    """Send the error with where it came from, which is not known on the other side; one that cannot travel as a fault."""
    trace = "".join(traceback.format_exception(error))
    error.add_note(trace)
    try:
        copy.copy(error)  # made anew as on the other side: some errors cannot be
        pipe.send(("raised", error))
    except Exception:
        pipe.send(("raised", InternalFault(trace)))
