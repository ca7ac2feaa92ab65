"""The sandbox, asked from inside: what a worker may not do, what it still can, and that the rules say what they seem to.

Every probe is a function of one file that a real worker imports, forked and cold; it returns "allowed", or the name of the
error number. Denials are skipped where the kernel lacks the protection; what must work must work everywhere.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.client.process import ForkServer, Worker, WorkerSpec
from grader.errors import InternalFault, StudentDied, StudentTimedOut
from grader.worker import policy, sandbox, wire
from grader.worker.limits import Limits
from grader.workshop import shared_workshop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")

LIMITS = Limits(cpu_seconds=60, memory_bytes=1 << 30)
HEAD = '''
import ctypes, errno, fcntl, os, resource, signal, socket, struct, sys, threading, time
import numpy as np

library = ctypes.CDLL(None, use_errno=True)
buffer = ctypes.create_string_buffer(256)
address = ctypes.addressof(buffer)
parent = os.getppid()


def attempt(function, *arguments):
    """The name of the error number, or "allowed"."""
    try:
        function(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))
    except ImportError as error:
        return type(error).__name__
    return "allowed"


def call(number, *arguments):
    """A system call by its number, as x86_64 and its like count them."""
    ctypes.set_errno(0)
    result = library.syscall(ctypes.c_long(number), *(ctypes.c_long(value) for value in arguments))
    return "allowed" if result >= 0 else errno.errorcode.get(ctypes.get_errno(), "?")


'''

X86 = os.uname().machine == "x86_64" if hasattr(os, "uname") else False

# name: (protection, expression). Anything but "allowed" is a denial.
DENIED: dict[str, tuple[str, str]] = {
    "tcp": ("seccomp", "attempt(socket.socket, socket.AF_INET, socket.SOCK_STREAM)"),
    "udp": ("seccomp", "attempt(socket.socket, socket.AF_INET6, socket.SOCK_DGRAM)"),
    "unix_socket": ("seccomp", "attempt(socket.socket, socket.AF_UNIX, socket.SOCK_STREAM)"),
    "netlink": ("seccomp", "attempt(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW)"),
    "socketpair": ("seccomp", "attempt(socket.socketpair)"),
    "fork": ("seccomp", "attempt(os.fork)"),
    "exec": ("seccomp", 'attempt(os.execv, "/bin/true", ["true"])'),
    "spawn": ("seccomp", 'attempt(os.posix_spawn, "/bin/true", ["true"], {})'),
    "setsid": ("seccomp", "attempt(os.setsid)"),
    "setpgid": ("seccomp", "attempt(os.setpgid, 0, 0)"),
    "signal_to_parent": ("seccomp", "attempt(os.kill, parent, 0)"),
    "signal_to_group": ("seccomp", "attempt(os.kill, 0, 0)"),
    "signal_to_all": ("seccomp", "attempt(os.kill, -1, 0)"),
    "signal_to_group_by_name": ("seccomp", "attempt(os.killpg, os.getpgid(0), 0)"),
    "pidfd": ("seccomp", "attempt(os.pidfd_open, parent)"),
    "raise_memory_limit": ("seccomp", "attempt(resource.setrlimit, resource.RLIMIT_AS, (-1, -1))"),
    "prlimit_of_parent": ("seccomp", "attempt(resource.prlimit, parent, resource.RLIMIT_NOFILE)"),
    "set_own_prlimit": ("seccomp", "attempt(resource.prlimit, 0, resource.RLIMIT_NOFILE, (64, 64))"),
    "nice": ("seccomp", "attempt(os.nice, 1)"),
    "affinity": ("seccomp", "attempt(os.sched_setaffinity, 0, {0})"),
    "scheduler": ("seccomp", "attempt(os.sched_setscheduler, 0, os.SCHED_BATCH, os.sched_param(0))"),
    "chmod": ("seccomp", 'attempt(os.chmod, ".", 0o777)'),
    "chown": ("seccomp", 'attempt(os.chown, ".", 0, 0)'),
    "utime": ("seccomp", 'attempt(os.utime, ".")'),
    "xattr": ("seccomp", 'attempt(os.setxattr, ".", "user.x", b"1")'),
    "link": ("seccomp", 'attempt(os.link, __file__, "link")'),
    "symlink": ("seccomp", 'attempt(os.symlink, "/etc", "symlink")'),
    "mkdir": ("seccomp", 'attempt(os.mkdir, "folder")'),
    "pipe_in_the_file_system": ("seccomp", 'attempt(os.mkfifo, "fifo")'),
    "chroot": ("seccomp", 'attempt(os.chroot, ".")'),
    "setuid": ("seccomp", "attempt(os.setuid, os.getuid())"),
    "memfd": ("seccomp", 'attempt(os.memfd_create, "x")'),
    "sendfile": ("seccomp", "attempt(os.sendfile, 1, 0, 0, 0)"),
    "terminal_input": ("seccomp", "attempt(fcntl.ioctl, 1, 0x5412, b'x')"),
    "signal_on_input": ("seccomp", "attempt(fcntl.fcntl, 1, fcntl.F_SETOWN, parent)"),
    "outlive_the_parent": ("seccomp", '"allowed" if library.prctl(1, 0, 0, 0, 0) == 0 else "EPERM"'),
    "be_debugged": ("seccomp", '"allowed" if library.prctl(4, 1, 0, 0, 0) == 0 else "EPERM"'),
    "ptrace": ("seccomp", '"allowed" if library.ptrace(0, 0, None, None) == 0 else "EPERM"'),
    "read_etc": ("landlock", 'attempt(open, "/etc/passwd")'),
    "read_proc_memory": ("landlock", 'attempt(open, "/proc/self/mem", "rb")'),
    "read_proc_environment": ("landlock", 'attempt(open, "/proc/self/environ", "rb")'),
    "read_parents_environment": ("landlock", 'attempt(open, f"/proc/{parent}/environ", "rb")'),
    "read_parents_descriptor": ("landlock", 'attempt(os.listdir, f"/proc/{parent}/fd")'),
    "list_root": ("landlock", 'attempt(os.listdir, "/")'),
    "list_temporary_files": ("landlock", 'attempt(os.listdir, "/tmp")'),
    "list_beside_scratch": ("landlock", 'attempt(os.listdir, "..")'),
    "list_beside_submission": ("landlock", "attempt(os.listdir, os.path.dirname(os.path.dirname(__file__)))"),
    "read_grader": ("landlock", "attempt(open, sys.modules['grader'].__file__)"),
    "read_checks": ("landlock", "attempt(open, GRADER + '/plugin.py')"),
    "read_this_test": ("landlock", f"attempt(open, {__file__!r})"),
    "read_package": ("landlock", "attempt(open, os.path.dirname(np.__file__) + '/../pytest/__init__.py')"),
    "write_submission": ("landlock", 'attempt(open, __file__, "a")'),
    "make_file_in_submission": ("landlock", 'attempt(open, os.path.dirname(__file__) + "/new.py", "w")'),
    "remove_submission": ("landlock", "attempt(os.unlink, __file__)"),
    "rename_submission": ("landlock", 'attempt(os.rename, __file__, "taken.py")'),
    "truncate_submission": ("landlock", "attempt(os.truncate, __file__, 0)"),
    "write_temporary_file": ("landlock", 'attempt(open, "/tmp/convgrade_left_behind", "w")'),
    "write_shared_memory": ("landlock", 'attempt(open, "/dev/shm/convgrade_left_behind", "w")'),
    "write_library": ("landlock", 'attempt(open, os.__file__, "a")'),
    "write_numpy": ("landlock", 'attempt(open, np.__file__, "a")'),
    "terminal": ("landlock", 'attempt(open, "/dev/tty", "w")'),
    "large_file": ("file_size_limit", f"attempt(lambda: write_twice({LIMITS.file_bytes}))"),
}
if X86:
    DENIED |= {
        "vfork": ("seccomp", "call(58)"),
        "clone_a_process": ("seccomp", "call(56, 17)"),
        "clone_with_namespaces": ("seccomp", "call(56, 0x10000000 | 17)"),
        "clone3": ("seccomp", "call(435, address, 88)"),
        "execveat": ("seccomp", "call(322, -100, address, 0, 0, 0)"),
        "process_vm_readv": ("seccomp", "call(310, parent, address, 0, address, 0, 0)"),
        "process_vm_writev": ("seccomp", "call(311, parent, address, 0, address, 0, 0)"),
        "kcmp": ("seccomp", "call(312, parent, parent, 0, 0, 0)"),
        "pidfd_getfd": ("seccomp", "call(438, 0, 0, 0)"),
        "tkill": ("seccomp", "call(200, os.getpid(), 0)"),
        "tgkill_of_parent": ("seccomp", "call(234, parent, parent, 0)"),
        "queued_signal": ("seccomp", "call(129, os.getpid(), 10, address)"),
        "unshare": ("seccomp", "call(272, 0x10000000)"),
        "setns": ("seccomp", "call(308, 0, 0)"),
        "mount": ("seccomp", "call(165, address, address, address, 0, 0)"),
        "open_tree": ("seccomp", "call(428, -100, address, 0)"),
        "bpf": ("seccomp", "call(321, 0, address, 64)"),
        "io_uring": ("seccomp", "call(425, 8, address)"),
        "perf_event": ("seccomp", "call(298, address, 0, -1, -1, 0)"),
        "userfaultfd": ("seccomp", "call(323, 0)"),
        "keyring": ("seccomp", "call(250, 0, -3, 0)"),
        "shared_memory": ("seccomp", "call(29, 0, 4096, 0o1666)"),
        "message_queue": ("seccomp", "call(68, 0, 0o1666)"),
        "semaphore": ("seccomp", "call(64, 0, 1, 0o1666)"),
        "posix_queue": ("seccomp", "call(240, address, 0o102, 0o600, 0)"),
        "inotify": ("seccomp", "call(253)"),
        "personality": ("seccomp", "call(135, 0xFFFFFFFF)"),
        "seccomp_itself": ("seccomp", "call(317, 1, 0, address)"),
        "landlock_itself": ("seccomp", "call(444, 0, 0, 1)"),
        "openat2": ("seccomp", "call(437, -100, address, address, 24)"),
        "handles_of_files": ("seccomp", "call(304, -100, address, 0)"),
        "module": ("seccomp", "call(313, 0, address, 0)"),
        "capabilities": ("seccomp", "call(126, address, address)"),
        "memory_of_nobody": (
            "memory_limit",
            "call(9, 0, 1 << 40, 0, 34, -1, 0)",
        ),
    }

WORKS: dict[str, str] = {
    "numpy_linear_algebra": "float(np.linalg.norm(np.linalg.inv(np.eye(3)) @ np.ones(3))) > 1",
    "numpy_transforms": "np.allclose(np.fft.ifft(np.fft.fft(np.arange(8.0))).real, np.arange(8.0))",
    "numpy_random": "0 <= np.random.default_rng(0).random() < 1 and 0 <= np.random.random() < 1",
    "numpy_entropy": "isinstance(np.random.default_rng().integers(9), np.integer)",
    "numpy_strides": "np.lib.stride_tricks.sliding_window_view(np.arange(5), 2).shape == (4, 2)",
    "numpy_text": "repr(np.arange(3)) == 'array([0, 1, 2])'",
    "numpy_late_parts": "__import__('numpy.polynomial.chebyshev') and __import__('numpy.testing') is not None",
    "numpy_files": "np.save('a.npy', np.arange(3)) is None and np.load('a.npy').sum() == 3",
    "standard_library": "all(__import__(n) for n in 'csv sqlite3 decimal fractions heapq asyncio unittest xml.dom zlib'.split())",
    "decimal": "str(__import__('decimal').Decimal(1) / 7)[:6] == '0.1428'",
    "ctypes": "ctypes.c_int(5).value == 5 and library.abs(-5) == 5",
    "time": "time.time() > 1e9 and time.monotonic() > 0 and time.sleep(0.001) is None and bool(time.strftime('%Y'))",
    "randomness": "len(os.urandom(8)) == 8 and __import__('secrets').randbits(8) < 256 and bool(__import__('uuid').uuid4())",
    "threads": "in_thread(lambda: 5) == 5",
    "thread_pool": "list(__import__('concurrent.futures').futures.ThreadPoolExecutor(2).map(abs, [-1, -2])) == [1, 2]",
    "sibling": "__import__('beside').VALUE == 7",
    "own_source": "'def attempt' in open(__file__).read()",
    "scratch_file": "open('note.txt', 'w').write('x') == 1 and open('note.txt').read() == 'x' and os.remove('note.txt') is None",
    "temporary_file": "__import__('tempfile').TemporaryFile().write(b'x') == 1",
    "temporary_name": "__import__('tempfile').NamedTemporaryFile().name.startswith(os.getcwd())",
    "pipe": "os.write(os.pipe()[1], b'x') == 1",
    "null_device": "open(os.devnull, 'w').write('x') == 1",
    "timer": "signal.setitimer(signal.ITIMER_VIRTUAL, 100) == (0.0, 0.0)",
    "traceback": "'attempt' in ''.join(__import__('traceback').format_list(__import__('traceback').extract_stack())) or True",
    "dataclasses_and_inspection": "len(__import__('inspect').getsource(attempt)) > 20",
    "large_integers": "len(str(2 ** 10000)) == 3011",
    "standard_streams": "sys.stdout.write('') == 0 and sys.stdin.read() == ''",
    "recursion": "(lambda f: f(f, 900))(lambda f, n: n == 0 or f(f, n - 1))",
}

SOURCE = (
    HEAD
    + textwrap.dedent(
        """
        GRADER = os.path.dirname(sys.modules["grader"].__file__)


        def in_thread(function):
            found = []
            thread = threading.Thread(target=lambda: found.append(function()))
            thread.start()
            thread.join()
            return found[0]


        def write_twice(size):
            with open("large", "wb", buffering=0) as file:
                file.write(bytes(size))
                file.write(b"x")


        def descriptors():
            found = []
            for number in range(1024):
                try:
                    fcntl.fcntl(number, fcntl.F_GETFD)
                    found.append(number)
                except OSError:
                    pass
            return found


        def surroundings():
            return [dict(os.environ), list(sys.path), os.getcwd(), list(sys.argv), os.getsid(0) == os.getpid()]


        def limits():
            names = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_CORE")
            return {name: list(resource.getrlimit(getattr(resource, name))) for name in names}


        def modules():
            return sorted(sys.modules)


        def busy():
            thread = threading.Thread(target=lambda: [time.process_time() for _ in iter(int, 1)], daemon=True)
            thread.start()


        def processor_time():
            return time.process_time()


        def another_interface():
            library.syscall(ctypes.c_long(1 << 30 | 39))


        def gate_of_32_bits():
            import mmap

            memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            memory.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20 (getpid); int 0x80; ret
            ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))()
        """
    )
    + "".join(f"\n\ndef denied_{name}():\n    return {code}\n" for name, (_, code) in DENIED.items())
    + "".join(f"\n\ndef works_{name}():\n    return bool({code})\n" for name, code in WORKS.items())
)


class Probe:
    """A worker with the probes loaded; made anew when one of them ended it."""

    def __init__(self, folder: Path, server: ForkServer | None) -> None:
        self.spec, self.server = WorkerSpec(str(folder), "numpy", LIMITS, 0), server
        self.worker = self.start()

    def start(self) -> Worker:
        """A fresh worker."""
        worker = Worker(self.spec, self.server)
        reply = worker.ask(wire.encode("load", {"module": "probes", "file": "probes.py"}), 60)
        assert reply.kind == "loaded", reply.fields
        return worker

    def call(self, function: str, seconds: float = 60) -> Any:
        """What the function returns; its exception as text."""
        if self.worker.closed:
            self.worker = self.start()
        fields = {"id": 1, "function": function, "arguments": [], "keywords": {}}
        reply = self.worker.ask(wire.encode("call", fields), seconds)
        if reply.kind == "raised":
            return f"{reply.fields['type']}: {reply.fields['message']}"
        assert reply.kind == "returned", reply.fields
        return wire.unpack(reply.fields["value"], reply.arrays)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A submission of the probes and a file beside them."""
    folder = tmp_path_factory.mktemp("probes")
    (folder / "probes.py").write_text(SOURCE)
    (folder / "beside.py").write_text("VALUE = 7\n")
    return folder


@pytest.fixture(scope="module", params=["forked", "cold"])
def probe(request: pytest.FixtureRequest, folder: Path) -> Iterator[Probe]:
    """A worker of either kind, shared by the tests of this file."""
    started = Probe(folder, shared_workshop().server("numpy") if request.param == "forked" else None)
    yield started
    started.worker.close()


def need(probe: Probe, protection: str) -> None:
    """Skip where this machine lacks the protection."""
    if not probe.worker.protections[protection]:
        pytest.skip(f"this machine has no {protection}")


@pytest.mark.parametrize("name", DENIED)
def test_denied(probe: Probe, name: str) -> None:
    protection, _ = DENIED[name]
    need(probe, protection)
    answer = probe.call(f"denied_{name}")
    assert isinstance(answer, str) and answer != "allowed"
    assert answer.startswith("E"), answer  # an error number, not a failure of the probe


@pytest.mark.parametrize("name", WORKS)
def test_works(probe: Probe, name: str) -> None:
    assert probe.call(f"works_{name}") is True


@pytest.mark.skipif(not X86, reason="other machines have no such gate")
@pytest.mark.parametrize("name", ["another_interface", "gate_of_32_bits"])
def test_the_numbers_of_another_interface_end_the_process(probe: Probe, name: str) -> None:
    need(probe, "seccomp")
    with pytest.raises(StudentDied, match=r"SIGSYS|SIGSEGV"):
        probe.call(name)


def test_only_its_own_descriptors_are_open(probe: Probe) -> None:
    assert len(probe.call("descriptors")) == 5  # standard streams, requests, replies


def test_its_surroundings_are_empty(probe: Probe) -> None:
    environment, path, cwd, argv, leads = probe.call("surroundings")
    assert set(environment) <= {
        "HOME",
        "TMPDIR",
        "TEMP",
        "TMP",
        "LANG",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "LC_CTYPE",
    }
    assert cwd == probe.worker.scratch and environment["HOME"] == cwd
    assert not any("site-packages" in entry or entry == str(Path(__file__).parents[1]) for entry in path)
    assert argv == ["student"] and leads is True


def test_limits_are_set_and_cannot_be_raised(probe: Probe) -> None:
    held = probe.call("limits")
    if probe.worker.protections["memory_limit"]:
        assert held["RLIMIT_AS"][0] == held["RLIMIT_AS"][1] > LIMITS.memory_bytes
    for protection, name, value in (
        ("cpu_limit", "RLIMIT_CPU", LIMITS.cpu_seconds),
        ("file_size_limit", "RLIMIT_FSIZE", LIMITS.file_bytes),
        ("open_files_limit", "RLIMIT_NOFILE", LIMITS.open_files),
    ):
        if probe.worker.protections[protection]:
            assert held[name] == [value, value]
    assert held["RLIMIT_CORE"] == [0, 0]


def test_addresses_that_libraries_take_do_not_count_as_memory(tmp_path: Path) -> None:
    """PyTorch built with CUDA takes more of them than a worker may have memory."""
    program = """
import dataclasses, mmap, sys
from grader.worker.limits import Limits, apply_limits
libraries = mmap.mmap(-1, 4 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_READ)
assert apply_limits(dataclasses.replace(Limits(), memory_bytes=256 << 20))["memory_limit"]
bytearray(192 << 20)
try:
    bytearray(320 << 20)
except MemoryError:
    print("over")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "over\n"


def test_nothing_of_the_grader_is_in_the_process(probe: Probe) -> None:
    """Of ours the worker's own modules, of the rest nothing that knows an answer."""
    modules = probe.call("modules")
    ours = {name for name in modules if name.partition(".")[0] in ("grader", "reference")}
    assert all(name == "grader" or name.startswith("grader.worker") for name in ours)
    assert not {"torch", "pytest", "hypothesis", "rich"} & set(modules)


def test_it_is_stopped_while_nothing_is_asked(probe: Probe) -> None:
    """A thread left behind gets no processor time between two requests."""
    probe.call("busy")
    before = probe.call("processor_time")
    time.sleep(0.6)
    assert probe.call("processor_time") - before < 0.5
    probe.worker.close()


def test_kept_awake_it_runs_on_until_it_may_rest(probe: Probe) -> None:
    probe.call("busy")
    before = probe.call("processor_time")
    probe.worker.awake = True
    probe.call("processor_time")
    time.sleep(0.6)
    between = probe.call("processor_time")
    probe.worker.awake = False
    probe.worker.rest()
    time.sleep(0.6)
    after = probe.call("processor_time")
    assert between - before > after - between
    probe.worker.close()
    probe.worker.rest()  # it has ended: whoever has its number now is left alone


def test_a_request_that_takes_too_long_ends_it(folder: Path) -> None:
    probe = Probe(folder, shared_workshop().server("numpy"))
    (folder / "endless.py").write_text("while True:\n    pass\n")
    with pytest.raises(StudentTimedOut):
        probe.worker.ask(wire.encode("load", {"module": "endless", "file": "endless.py"}), 0.2)
    assert probe.worker.closed and not alive(probe.worker.pid)


def test_a_worker_that_is_ready_early_has_done_nothing_wrong(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so unasked, and on a busy machine before the grader looks."""
    fork = ForkServer.fork

    def slowly(server: ForkServer, *arguments: Any) -> int:
        pid = fork(server, *arguments)
        time.sleep(0.3)
        return pid

    monkeypatch.setattr(ForkServer, "fork", slowly)
    worker = Probe(folder, shared_workshop().server("numpy")).worker
    worker.close()
    assert worker.protections["own_session"]


def test_closing_leaves_nothing(probe: Probe) -> None:
    worker = probe.start()
    assert alive(worker.pid) and os.path.isdir(worker.scratch)
    worker.close()
    worker.close()
    assert not alive(worker.pid) and not os.path.exists(worker.scratch)


def test_workers_end_with_their_fork_server(folder: Path) -> None:
    """The parent-death signal, which the fork server's workers get and cannot switch off."""
    server = ForkServer("numpy")
    worker = Probe(folder, server).worker
    os.kill(server._process.pid, signal.SIGKILL)
    assert wait_for(lambda: not alive(worker.pid))
    server.close()
    worker.channel.close()
    os.rmdir(worker.scratch)


def test_the_fork_server_ends_when_nobody_is_left_to_ask(folder: Path) -> None:
    server = ForkServer("numpy")
    worker = Probe(folder, server).worker
    server.close()
    assert wait_for(lambda: not alive(worker.pid)) and not server.alive()
    worker.channel.close()
    os.rmdir(worker.scratch)


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


# The rules as data.


def test_no_call_is_allowed_and_denied() -> None:
    lists = (policy.ALLOWED_CALLS, policy.DENIED_CALLS)
    for names in lists:
        assert len(names) == len(set(names))
    assert not set(lists[0]) & set(lists[1])
    conditional = {"clone", "clone3", "kill", "tgkill", "tkill", "fcntl", "fcntl64", "ioctl", "prctl", "prlimit64"}
    assert not conditional & {*lists[0], *lists[1]}


def test_every_call_has_the_name_of_one() -> None:
    """A misspelt name would allow nothing and deny nothing, silently."""
    seccomp = pytest.importorskip("pyseccomp", exc_type=(ImportError, RuntimeError, OSError))
    unknown = [n for n in (*policy.ALLOWED_CALLS, *policy.DENIED_CALLS) if _number(seccomp, n) == -1]
    assert unknown == []


def _number(seccomp: Any, name: str) -> int:
    try:
        return int(seccomp.resolve_syscall(seccomp.Arch.NATIVE, name))
    except (ValueError, OSError):
        return -1


def test_paths_hold_no_package_that_was_not_named() -> None:
    paths = policy.interpreter_paths(("numpy", "numpy.libs"))
    assert str(Path(np.__file__).parent) in paths.read
    for path in paths.read:
        inside = path.partition("site-packages/")[2].partition("dist-packages/")[0]
        assert inside.partition("/")[0] in ("", "numpy", "numpy.libs"), path
        assert not Path(__file__).is_relative_to(path), path
        assert not Path.home().is_relative_to(path) and path not in ("/", "/tmp", "/proc", "/etc", "/usr", "/lib")
    assert paths.write == ()


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")
@pytest.mark.parametrize("files", [64, 1024])
def test_paths_are_opened_before_the_fork_where_the_system_lets_them(files: int) -> None:
    """In both cases the same can be read afterwards."""
    program = f"""
import os, resource
from grader.worker import policy, sandbox
resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files}))
modules = sandbox.prepare()
left = sandbox.open_paths(modules, policy.Paths(({str(Path(__file__).parent)!r},), (), ()))
opened = sandbox.opened_before(modules)
held = sandbox.lock_down(modules, left)["landlock"]
print(held, bool(opened))
for number in opened:
    try:
        os.fstat(number)
        print("still open")
    except OSError:
        pass
try:
    open({str(Path(__file__).parents[1] / "pyproject.toml")!r})
except PermissionError:
    open({__file__!r})
    print("read")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    held, opened, *_ = done.stdout.split()
    if held == "False":
        pytest.skip("this machine has no Landlock")
    assert opened == str(files > sandbox.OPENED_FROM) and done.stdout == f"True {opened}\nread\n"


def test_without_a_kernel_that_helps_nothing_is_claimed() -> None:
    held = sandbox.lock_down({}, policy.Paths((), (), ()))
    assert set(held) == set(sandbox.PROTECTIONS) and not any(held.values())


@pytest.mark.parametrize("kind", ["forked", "cold"])
def test_every_protection_is_reported(kind: str, folder: Path) -> None:
    server = shared_workshop().server("numpy") if kind == "forked" else None
    worker = Worker(WorkerSpec(str(folder), "numpy", LIMITS, 0), server)
    worker.close()
    assert set(sandbox.PROTECTIONS) < set(worker.protections)
    assert worker.protections["own_session"] and worker.protections["empty_environment"]
    assert all(type(holds) is bool for holds in worker.protections.values())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the fork server")
def test_a_grader_with_many_open_files_has_a_fork_server_too(tmp_path: Path) -> None:
    """The server's socket may not be among the numbers that paths are opened under."""
    program = f"""
import os, resource
from grader.client.process import ForkServer, Worker, WorkerSpec
from grader.worker.limits import Limits
resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))
files = [os.open(os.devnull, os.O_RDONLY) for _ in range({sandbox.OPENED_FROM + 60})]
server = ForkServer("numpy")
worker = Worker(WorkerSpec({str(tmp_path)!r}, "numpy", Limits(), 0), server)
print(worker.protections["own_session"])
worker.close()
server.close()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the fork server")
def test_a_fork_server_that_was_killed_is_no_fault_of_the_students(folder: Path) -> None:
    server = ForkServer("numpy")
    worker = Worker(WorkerSpec(str(folder), "numpy", LIMITS, 0), server)
    assert server._process is not None
    server._process.kill()
    server._process.wait()
    with pytest.raises(InternalFault, match="fork server ended"):
        worker.ask(wire.encode("load", {"module": "probes", "file": "probes.py"}), 60)
    assert worker.closed and not Path(worker.scratch).exists()
    with pytest.raises(InternalFault, match="fork server ended"):
        Worker(WorkerSpec(str(folder), "numpy", LIMITS, 0), server)
    server.close()
