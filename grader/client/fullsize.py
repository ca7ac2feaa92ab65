"""Where models run at their published size: a worker for each on the CPU, one with the GPU; and what ran where."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import DeviceUnavailable, InternalFault, SandboxUnavailable
from grader.results import FullSizeRun

if TYPE_CHECKING:
    from .student import Student


@dataclass
class Gpu:
    """The machine's GPU, as far as is known; `problem` says why it cannot be used, as a sentence without its full stop.

    `expected` says whether one would think that it can: there is a driver.
    """

    problem: str | None = None
    expected: bool = True

    @classmethod
    def look(cls, driver: Path = Path("/dev/nvidiactl")) -> Gpu:
        """What can be told without loading anything."""
        if sys.platform != "linux":
            return cls("CUDA is used on Linux only", expected=False)
        if not driver.exists():
            return cls("there is no NVIDIA driver on this machine", expected=False)
        return cls()


@dataclass
class FullSize:
    """Models of one topic of one submission at their published size.

    They run on the `gpu`, where one is given and can be used, and otherwise on the CPU where that was `asked` for. `make`
    begins a student in a new worker on a device and gives what ends it; it raises DeviceUnavailable.
    """

    make: Callable[[str], tuple[Student, Callable[[], None]]]
    asked: bool = False
    gpu: Gpu | None = None
    ran: list[FullSizeRun] = field(default_factory=list)
    protections: list[dict[str, bool]] = field(default_factory=list)
    _kept: tuple[Student, Callable[[], None]] | None = None

    @property
    def on_gpu(self) -> bool:
        """Whether a GPU is to be tried."""
        return self.gpu is not None and self.gpu.problem is None

    @contextmanager
    def student(self, device: str) -> Iterator[Student]:
        """The student's functions in a worker for one model; raises DeviceUnavailable, once and for all.

        On the CPU it is a worker of their own, whose memory ends with it. CUDA takes seconds to begin, and there the next
        model has the same one as long as all goes well.
        """
        kept, self._kept = (self._kept, None) if device != "cpu" else (None, self._kept)
        student, end = kept or self._begin(device)
        well = False
        try:
            student.begin_case()
            yield student
            well = True
        finally:
            if well and device != "cpu":
                self._kept = student, end
            else:
                end()

    def _begin(self, device: str) -> tuple[Student, Callable[[], None]]:
        try:
            student, end = self.make(device)
        except (DeviceUnavailable, SandboxUnavailable, InternalFault) as error:
            if device == "cpu" or self.gpu is None:
                raise
            unknown = isinstance(error, InternalFault)
            self.gpu.problem = "a process with CUDA could not be started" if unknown else str(error)
            raise DeviceUnavailable(self.gpu.problem) from None
        self.protections.append(getattr(student.backend, "protections", None) or {})
        return student, end

    def close(self) -> None:
        """End the worker that is kept."""
        if self._kept is not None:
            self._kept[1]()
            self._kept = None
