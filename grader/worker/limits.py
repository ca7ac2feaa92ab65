"""What a worker may use; plain data, and the part of it that the operating system enforces."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

try:
    import resource
except ImportError:  # Windows has no resource limits
    resource = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Limits:
    """Limits of one worker; each field says its unit and what happens when it is reached."""

    load_seconds: float = 10.0
    """Wall clock to import the student's file; then the worker is killed and the topic is not graded."""
    call_seconds: float = 5.0
    """Wall clock of one call; then the worker is killed, the check times out and a new worker is made."""
    impatient_seconds: float = 1.0
    """Wall clock of a call to a function that has already run into `call_seconds` once."""
    topic_seconds: float = 120.0
    """Wall clock of all calls of one topic; then its remaining checks time out."""
    cpu_seconds: int = 150
    """Processor time of one worker, its threads together; then the system kills it."""
    memory_bytes: int = 2 << 30
    """Address space beyond what the worker begins with; then the student's code sees a MemoryError."""
    file_bytes: int = 4 << 20
    """Size of one written file; then writing raises OSError."""
    scratch_bytes: int = 32 << 20
    """All files in the scratch folder together, and 1,000 files; then the worker is killed."""
    threads: int = 64
    """Threads at once; then the worker is killed (Linux)."""
    open_files: int = 64
    """Open file descriptors; then opening raises OSError."""
    result_bytes: int = 256 << 20
    """What all results of one function take in the grader; then the function is not called again."""
    output_bytes: int = 64 << 10
    """Text printed in one case that is kept; what comes after is read and thrown away."""
    full_size_seconds: float = 600.0
    """Wall clock of one model's pass at its published size, and processor time of its worker; then as for a call."""
    full_size_memory_bytes: int = 8 << 30
    """The same of such a worker; with a GPU, its memory in use. Then as for `memory_bytes`, or it is killed."""

    def at_full_size(self) -> Limits:
        """The limits of a worker that runs one model at its published size."""
        return replace(
            self,
            call_seconds=self.full_size_seconds,
            topic_seconds=self.load_seconds + 2 * self.full_size_seconds,
            cpu_seconds=int(self.cpu_seconds + self.full_size_seconds),
            memory_bytes=self.full_size_memory_bytes,
        )

    def to_dict(self) -> dict[str, float]:
        """The fields as JSON carries them."""
        return asdict(self)


def apply_limits(limits: Limits, address_space: bool = True) -> dict[str, bool]:
    """Set the operating system's limits on this process; returns which of them hold.

    CUDA reserves far more addresses than it uses memory, so a worker with a GPU has no limit of its `address_space`.
    Libraries that are loaded already take addresses too, PyTorch built with CUDA several GB of them, and do not count.
    """
    if resource is None:
        return dict.fromkeys(("memory_limit", "cpu_limit", "file_size_limit", "open_files_limit"), False)
    wanted = {
        "memory_limit": ("RLIMIT_AS" if address_space else "", _address_space() + limits.memory_bytes),
        "cpu_limit": ("RLIMIT_CPU", limits.cpu_seconds),
        "file_size_limit": ("RLIMIT_FSIZE", limits.file_bytes),
        "open_files_limit": ("RLIMIT_NOFILE", limits.open_files),
    }
    held = {}
    for protection, (name, value) in wanted.items():
        held[protection] = _lower(getattr(resource, name, None), value)
    _lower(getattr(resource, "RLIMIT_CORE", None), 0)
    return held


def _address_space() -> int:
    """How many bytes of addresses this process has; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _lower(which: int | None, value: int) -> bool:
    if which is None:
        return False
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(which, (value, value))
    except (ValueError, OSError):  # macOS refuses an address space limit
        return False
    return resource.getrlimit(which)[0] == value
