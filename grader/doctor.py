"""`convgrade doctor`: tries each protection of the sandbox in a real worker, and says which hold on this machine."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from grader.client.student import Student, WorkerBackend
from grader.course import Function, Topic
from grader.errors import StudentDied, StudentRaised, StudentTimedOut, SubmissionFault
from grader.worker.limits import Limits
from grader.workshop import Workshop

PROBE = """
import os, socket, sys, time

def read_file(path):
    with open(path, "rb") as stream:
        stream.read(1)

def write_file(path, count=1):
    with open(path, "wb") as stream:
        stream.write(b"x" * count)

def make_socket(kind):
    socket.socket(getattr(socket, kind), socket.SOCK_DGRAM).close()

def make_process():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)

def run_program():
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)

def signal_process(number):
    os.kill(number, 0)

def allocate(count):
    bytearray(count)

def open_files(count):
    kept = [os.open("/dev/null", os.O_RDONLY) for _ in range(count)]

def environment():
    return sorted(os.environ)

def session():
    return [os.getsid(0), os.getpid()]

def capabilities():
    import ctypes
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    ctypes.CDLL(None).capget(header, data)
    return list(data[:2])

def spin():
    while True:
        pass

def find_package(name):
    __import__(name)
"""


@dataclass(frozen=True)
class Finding:
    """One protection: its name in the report, what it keeps a submission from, whether it held, what was seen."""

    protection: str
    against: str
    holds: bool
    seen: str


def examine() -> list[Finding]:
    """Start a worker as for grading, try what each protection forbids, and say what happened."""
    with tempfile.TemporaryDirectory(prefix="convgrade-doctor-") as name:
        folder = Path(name)
        (folder / "staged").mkdir()
        (folder / "staged" / "probe.py").write_text(PROBE)
        (folder / "outside.txt").write_text("x")
        with _probing(folder / "staged") as (student, backend):
            if (problem := backend.load()) is not None:
                return [Finding("worker", "everything", False, str(problem))]
            return list(_try_everything(student, backend, folder))


@contextmanager
def _probing(folder: Path) -> Iterator[tuple[Student, WorkerBackend]]:
    names = [line.split()[1].partition("(")[0] for line in PROBE.splitlines() if line.startswith("def ")]
    functions = {name: Function(name, ("result",), ()) for name in names}
    limits = replace(Limits(), call_seconds=1.0)
    topic = Topic("probe", "Probe", "probe.py", Fraction(0), "numpy", "", functions, limits, folder)
    workshop = Workshop()
    backend = WorkerBackend(topic, str(folder), 0, workshop.server("numpy"))
    try:
        yield Student(topic, backend), backend
    finally:
        backend.close()
        workshop.close()


def _try_everything(student: Student, backend: WorkerBackend, folder: Path) -> Iterator[Finding]:
    limits, outside = backend.topic.limits, str(folder / "outside.txt")
    reported = dict(backend.protections or {})

    def refused(call: Callable[[], Any], *kinds: str) -> tuple[bool, str]:
        try:
            call()
        except StudentRaised as error:
            return error.kind in kinds, f"{error.kind}: {error.message}"[:100]
        except SubmissionFault as error:
            return False, str(error)[:100]
        return False, "it was possible"

    def finding(name: str, against: str, *tries: tuple[bool, str]) -> Finding:
        failed = [seen for held, seen in tries if not held]
        return Finding(name, against, not failed and reported.get(name, True), failed[0] if failed else tries[0][1])

    def denied(call: Callable[[], Any]) -> tuple[bool, str]:
        return refused(call, "PermissionError", "OSError")

    yield finding(
        "landlock",
        "reading or writing any file but its own",
        denied(lambda: student.read_file(outside)),
        denied(lambda: student.read_file(__file__)),
        denied(lambda: student.write_file(str(folder / "written.txt"))),
    )
    yield finding(
        "seccomp",
        "network, new processes and programs, signals to others",
        *(denied(lambda kind=kind: student.make_socket(kind)) for kind in ("AF_INET", "AF_INET6", "AF_UNIX")),  # type: ignore[misc]
        denied(student.make_process),
        denied(student.run_program),
        denied(lambda: student.signal_process(os.getpid())),
    )
    yield finding(
        "no_new_privileges", "gaining rights through set-user-ID programs", _reported(reported, "no_new_privileges")
    )
    capabilities = student.capabilities() if sys.platform == "linux" else [1]
    yield finding(
        "no_capabilities", "using an administrator's rights", (not any(capabilities), f"capabilities {capabilities}")
    )
    yield finding("parent_death_signal", "outliving the grader", _reported(reported, "parent_death_signal"))
    session = student.session()
    yield finding(
        "own_session", "reaching the terminal or the grader's group", (session[0] == session[1], "a session of its own")
    )
    packages = refused(lambda: student.find_package("pytest"), "ModuleNotFoundError")
    yield finding("packages", "importing installed packages that the topic does not offer", packages)
    memory = refused(lambda: student.allocate(limits.memory_bytes + 1), "MemoryError")
    yield finding("memory_limit", f"more than {limits.memory_bytes >> 20} MiB of memory", memory)
    yield finding("cpu_limit", f"more than {limits.cpu_seconds} s of processor time", _reported(reported, "cpu_limit"))
    scratch = refused(lambda: student.write_file("large", limits.file_bytes + 1), "OSError")
    yield finding("file_size_limit", f"files over {limits.file_bytes >> 20} MiB", scratch)
    many = refused(lambda: student.open_files(limits.open_files + 1), "OSError")
    yield finding("open_files_limit", f"more than {limits.open_files} open files", many)
    names = set(student.environment()) - {"HOME", "TMPDIR", "TEMP", "TMP", "LANG", "LC_CTYPE"}
    names -= {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}
    yield finding("empty_environment", "reading tokens and secrets", (not names, f"{len(names)} foreign variables"))
    yield finding("wall_clock", f"more than {limits.call_seconds:g} s for one call", _stopped(student))


def _reported(protections: dict[str, bool], name: str) -> tuple[bool, str]:
    holds = protections.get(name, False)
    return holds, "set, as the system confirms" if holds else "this system does not have it"


def _stopped(student: Student) -> tuple[bool, str]:
    try:
        student.spin()
    except (StudentTimedOut, StudentDied) as error:
        return True, f"stopped with {signal.Signals(9).name if hasattr(signal, 'SIGKILL') else 'a kill'}: {error}"
    return False, "it went on"


def print_findings(findings: list[Finding]) -> bool:
    """Print a table; returns whether everything holds."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1), pad_edge=False)
    for heading in ("", "Protection", "A submission is kept from", "When tried"):
        table.add_column(heading)
    for finding in findings:
        mark = Text("✓", style="green") if finding.holds else Text("✗", style="red")
        table.add_row(mark, finding.protection.replace("_", " "), finding.against, Text(finding.seen))
    console = Console(highlight=False)
    console.print(table)
    everything = all(finding.holds for finding in findings)
    console.print("Everything holds here: full isolation." if everything else "Some protections do not hold here.")
    if not everything:
        console.print(
            "Landlock needs Linux 5.13 with the landlock security module; seccomp needs the system library libseccomp "
            "(Debian: libseccomp2). Without them grade only code that you trust, or in a container.",
            highlight=False,
        )
    return everything
