"""Starting and ending worker processes: cold ones on any platform, forked ones where there is a fork server."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import DeviceUnavailable, InternalFault, StudentDied, SubmissionFault
from grader.worker import cuda, wire
from grader.worker.limits import Limits

from .channel import Channel

START_SECONDS = 60.0
SCRATCH_FILES = 1000
GRACE_SECONDS = 0.3
SERVER_ENDED = "the fork server ended unexpectedly"
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
}
"""All that a worker inherits. The fixed hash seed makes the order of sets the same in every run."""


def _python(module: str, *arguments: str) -> list[str]:
    # -s -P and an environment made from nothing isolate as -I does, which would also ignore the fixed hash seed
    return [sys.executable, "-s", "-P", "-m", module, *arguments]


def _environment(device: str = "cpu") -> dict[str, str]:
    names = ["SYSTEMROOT"]  # Windows cannot start without
    names += [cuda.CHOICE, cuda.LIBRARIES] if device == "cuda" else []
    needed = {name: os.environ[name] for name in names if name in os.environ}
    needed |= cuda.ENVIRONMENT if device == "cuda" else cuda.HIDDEN
    return {**needed, **ENVIRONMENT, "PYTHONPATH": str(Path(__file__).parents[2])}


class ForkServer:
    """A process with everything imported that forks a worker when asked; see grader.worker.forkserver."""

    def __init__(self, needs: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                _python("grader.worker.forkserver", needs, str(theirs.fileno())),
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
            )
        self._attach(ours, process)

    def _attach(self, ours: socket.socket, process: subprocess.Popen[bytes] | None) -> None:
        self._socket, self._process = ours, process
        self._lines = ours.makefile("rb")
        self._ready = process is None

    def clone(self) -> ForkServer:
        """A second server with everything imported, forked from this one; it ends when its own socket is closed."""
        self._await_ready()
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._socket, [b'{"op": "clone"}'], [theirs.fileno()])
            self._answer()
        server = ForkServer.__new__(ForkServer)
        server._attach(ours, None)
        return server

    def fork(self, start: dict[str, Any], descriptors: tuple[int, int, int]) -> int:
        """Fork a worker on the three descriptors; returns its process id, which is also its group's."""
        self._await_ready()
        line = json.dumps({"op": "fork", "start": start}).encode()
        with _ended_unexpectedly():
            socket.send_fds(self._socket, [line], list(descriptors))
        return int(self._answer()["pid"])

    def end(self, pid: int, grace: float) -> int:
        """End a worker and its group, after `grace` seconds in which it may end by itself; returns its wait status."""
        with _ended_unexpectedly():
            self._socket.sendall(json.dumps({"op": "end", "pid": pid, "grace": grace}).encode())
        return int(self._answer()["status"])

    def alive(self) -> bool:
        """Whether the server can still fork."""
        if self._process is not None:
            return self._process.poll() is None
        try:
            return self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:  # nothing to read, and not the end
            return True
        except OSError:
            return False

    def close(self) -> None:
        """End the server and with it every worker it forked."""
        self._lines.close()
        self._socket.close()
        if self._process is None:
            return
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await_ready(self) -> None:
        if not self._ready:
            self._answer()
            self._ready = True

    def _answer(self) -> dict[str, Any]:
        with _ended_unexpectedly():
            line = self._lines.readline(1 << 16)
        if not line:
            raise InternalFault(SERVER_ENDED)
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.contextmanager
def _ended_unexpectedly() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise InternalFault(SERVER_ENDED) from None


@dataclass(frozen=True)
class WorkerSpec:
    """What one worker is started with: the folder of student files, the packages, the limits, the seed, the device.

    On "cuda" its memory in use is polled, since its address space cannot be limited.
    """

    folder: str
    needs: str
    limits: Limits
    seed: int
    device: str = "cpu"


class Worker:
    """One worker process, which runs only while it is asked something: between requests it is stopped, unless it is `awake`.

    `protections` says what it reported to hold before any student code was loaded. POSIX.
    """

    def __init__(self, spec: WorkerSpec, server: ForkServer | None) -> None:
        self.spec, self._server = spec, server
        self.scratch = tempfile.mkdtemp(prefix="convgrade-scratch-")
        self._popen: subprocess.Popen[bytes] | None = None
        self.ended: str | None = None
        self.closed = False
        self.awake = False
        self._stopped = False
        self.last_output = ""
        start = {
            "folder": spec.folder,
            "scratch": self.scratch,
            "needs": spec.needs,
            "limits": spec.limits.to_dict(),
            "seed": spec.seed,
            "device": spec.device,
        }
        try:
            self._begin(start)
        except BaseException:
            shutil.rmtree(self.scratch, ignore_errors=True)
            raise

    def _begin(self, start: dict[str, Any]) -> None:
        request_read, request_write = os.pipe()
        reply_read, reply_write = os.pipe()
        output_read, output_write = os.pipe()
        theirs = (request_read, reply_write, output_write)
        self.channel = Channel(
            request_write,
            reply_read,
            output_read,
            self.spec.limits.output_bytes,
            self.check_use,
            lambda: _seconds_kept_waiting(self.pid),
        )
        try:
            if self._server is not None:
                self.pid = self._server.fork(start, theirs)
            else:
                self._popen = subprocess.Popen(
                    _python("grader.worker"), stdin=request_read, stdout=reply_write, stderr=output_write,
                    env=_environment(self.spec.device), cwd=self.scratch,
                )  # fmt: skip
                self.pid = self._popen.pid
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        try:
            if self._server is None:
                self.channel.send(wire.encode("start", start))
            else:
                self.channel.awaited += 1  # a forked worker says by itself that it is ready, perhaps already
            ready = self.channel.receive(START_SECONDS)
        except SubmissionFault as error:
            status = _describe_status(self.close(GRACE_SECONDS))
            raise InternalFault(f"a worker did not start ({error}; {status})\n{self.last_output}") from error
        self.protections: dict[str, bool] = ready.fields["protections"]
        if self.spec.device != "cpu":
            problem = ready.fields["device"].get("problem")
            if problem is not None:
                self.close()
                raise DeviceUnavailable(problem)
            self.protections["memory_limit"] = _count_resident(self.pid) > 0

    def ask(self, frame: bytes, seconds: float) -> wire.Message:
        """One exchange; see `send` and `receive`."""
        self.send(frame)
        return self.receive(seconds)

    def send(self, frame: bytes, replies: int = 1) -> None:
        """Send a request, to which so many replies are due.

        When that fails the worker is killed, and `ended` says how it was before that.
        """
        with self._killing():
            if self._stopped:
                self._signal("SIGCONT")
                self._stopped = False
            self.channel.send(frame, replies)

    def receive(self, seconds: float) -> wire.Message:
        """Wait for the next reply; when that fails the worker is killed, and `ended` says how it was before that."""
        with self._killing():
            reply = self.channel.receive(seconds)
            self.rest()
            return reply

    def drop(self, count: int) -> None:
        """Be done with that many replies, which were seen by the channel's `peek`."""
        self.channel.drop(count)
        self.rest()

    def rest(self) -> None:
        """Stop it where it has nothing to do: whatever of the student's still runs neither writes nor computes meanwhile."""
        if not (self.channel.awaited or self.awake or self._stopped or self.closed):
            self._signal("SIGSTOP")
            self._stopped = True

    @contextlib.contextmanager
    def _killing(self) -> Iterator[None]:
        try:
            yield
        except StudentDied as error:
            status = self.close(GRACE_SECONDS)
            if self.ended is None:
                self.ended = _describe_status(status)
            raise StudentDied(f"{error}: {self.ended}") from None
        except BaseException:
            self.close()
            raise

    def check_use(self) -> None:
        """Raise StudentDied when the scratch folder, the number of threads or polled memory is over its limit."""
        files = total = 0
        with contextlib.suppress(OSError), os.scandir(self.scratch) as entries:
            for entry in entries:
                files += 1
                with contextlib.suppress(OSError):
                    total += entry.stat(follow_symlinks=False).st_size
        if total > self.spec.limits.scratch_bytes or files > SCRATCH_FILES:
            self.ended = f"it was stopped after it had written {files:,} files, {total / 2**20:.0f} MiB"
            raise StudentDied("the process wrote more than it may")
        threads = _count_threads(self.pid)
        if threads > self.spec.limits.threads:
            self.ended = f"it was stopped after it had started {threads:,} threads"
            raise StudentDied("the process ran more threads than it may")
        if self.spec.device != "cpu" and _count_resident(self.pid) > self.spec.limits.memory_bytes:
            self.ended = f"it was stopped when it used more than {self.spec.limits.memory_bytes >> 20:,} MiB of memory"
            raise StudentDied("the process used more memory than it may")

    def _signal(self, name: str) -> None:
        if hasattr(signal, name):  # Windows has neither
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, getattr(signal, name))

    def take_output(self) -> str:
        """What was printed since the last call, its own folders named as the student would."""
        return self.name_files(self.channel.take_output())

    def name_files(self, text: str) -> str:
        """The text with the student's files by their names alone, without the folders made for this run."""
        for folder in (self.spec.folder, self.scratch):
            text = text.replace(f"{folder}/", "").replace(folder, ".")
        return text

    def close(self, grace: float = 0.0) -> int:
        """Kill the worker and whatever is in its process group, remove its files; returns the wait status.

        A worker that is ending by itself gets `grace` seconds, so that the status says how.
        """
        if self.closed:
            return 0
        self.closed = True
        try:
            return self._end(grace)
        finally:
            self.last_output = self.take_output()
            self.channel.close()
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _end(self, grace: float) -> int:
        if self._server is not None:
            return self._server.end(self.pid, grace)
        assert self._popen is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(grace)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.kill()
        code = self._popen.wait()
        return -code if code < 0 else code << 8


def _count_threads(pid: int) -> int:
    """How many threads a process has; 0 where the system does not say."""
    try:
        return os.stat(f"/proc/{pid}/task").st_nlink - 2
    except OSError:
        return 0


def _seconds_kept_waiting(pid: int) -> float:
    """How long a process was ready to run while no processor was free; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _count_resident(pid: int) -> int:
    """How many bytes of memory a process has in use; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _describe_status(status: int) -> str:
    """A wait status in words a student can use."""
    number = status & 0x7F
    if number:
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = f"signal {number}"
        meaning = {
            "SIGSEGV": " (invalid memory access, or recursion without end in C code)",
            "SIGKILL": " (killed)",
            "SIGXCPU": " (over the limit of processor time)",
            "SIGABRT": " (aborted)",
            "SIGSYS": " (a system call that is not allowed)",
        }.get(name, "")
        return f"ended by {name}{meaning}"
    return f"it exited with status {status >> 8}"
