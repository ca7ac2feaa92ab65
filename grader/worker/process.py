"""The life of a worker process: move descriptors out of the way, lock down, serve. Shared by both ways to start one."""

from __future__ import annotations

import dataclasses
import importlib
import os
import sys
import sysconfig
from dataclasses import dataclass
from typing import Any

from . import cuda, policy, sandbox, serve, wire
from .limits import Limits, apply_limits

PYTHON = (
    "math", "functools", "itertools", "collections", "dataclasses", "typing", "operator", "fractions", "abc",
    "enum", "copy", "warnings", "contextlib", "string", "re", "json", "statistics", "numbers", "types", "inspect",
)  # fmt: skip
NUMPY = (
    "numpy", "numpy.fft", "numpy.linalg", "numpy.random", "numpy.lib.stride_tricks", "numpy.ma", "numpy.polynomial",
)  # fmt: skip


STDLIB = frozenset((sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")))
"""Found out before any fork: it takes a tenth of what starting a worker does."""


@dataclass(frozen=True)
class Kit:
    """What the workers of one kind of topic have: packages a student may import, and what is needed for that.

    `readable` are folders and files in site-packages, `imported` the modules that are there before the lock.
    """

    offered: tuple[str, ...]
    readable: tuple[str, ...]
    imported: tuple[str, ...]


KITS = {
    "numpy": Kit(("numpy",), ("numpy", "numpy.libs"), (*NUMPY, *PYTHON)),
    "torch": Kit(
        ("torch", "numpy"),
        # PyTorch brings torchgen and functorch; its meta device computes shapes with sympy, which needs mpmath
        (
            "torch",
            "torch.libs",
            "torchgen",
            "functorch",
            "typing_extensions.py",
            "sympy",
            "mpmath",
            "numpy",
            "numpy.libs",
        ),
        (*NUMPY, *PYTHON, "torch", "torch.nn.utils.parametrizations", "grader.worker.operations"),
    ),
}
"""By the `needs` of a topic."""


def warm_up(needs: str) -> dict[str, Any]:
    """Import what every worker of this kind will need; returns what locking down needs."""
    for name in KITS[needs].imported:
        importlib.import_module(name)
    if needs == "torch":
        importlib.import_module("grader.worker.models").warm_up()
    return sandbox.prepare()


def narrow_path() -> None:
    """Leave only the standard library to be imported from, besides what is there already."""
    left = [p for p in sys.path if p in STDLIB or os.path.basename(p) == "lib-dynload" or p.endswith(".zip")]
    if left != sys.path:
        sys.path[:] = left
        sys.path_importer_cache.clear()


def find_paths(needs: str, device: str = "cpu") -> policy.Paths:
    """The interpreter and packages a worker of this kind may read, and what a GPU needs where it has one."""
    if sys.platform != "linux":
        return policy.Paths((), (), ())
    if device == "cpu":
        return policy.interpreter_paths(KITS[needs].readable)
    paths, more = policy.interpreter_paths((*KITS[needs].readable, *policy.CUDA_PACKAGES)), policy.cuda_paths()
    return dataclasses.replace(paths, read=(*paths.read, *more.read), devices=more.devices)


def become_worker(
    descriptors: tuple[int, int, int], start: dict[str, Any], modules: dict[str, Any], paths: policy.Paths, parent: int
) -> None:
    """Lock this process down as `start` says, report what holds, and serve until the grader hangs up.

    `descriptors` are requests, replies and output; `start` holds folder, scratch, needs, limits, seed, device.
    """
    requests, replies, output = descriptors
    held = {
        "own_session": hasattr(os, "getsid") and os.getsid(0) == os.getpid(),
        "parent_death_signal": sandbox.die_with_parent(modules, parent),
    }
    serve.redirect_output(output)
    limits = Limits(**start["limits"])
    gpu = start["device"] == "cuda"
    if not gpu:  # CUDA holds descriptors by now, and such a worker, a cold one, has inherited none
        _close_all_but({0, 1, 2, requests, replies} | sandbox.opened_before(modules))
    os.chdir(start["scratch"])
    home = {name: start["scratch"] for name in ("HOME", "TMPDIR", "TEMP", "TMP")}
    kept = {name: os.environ[name] for name in cuda.VARIABLES if gpu and name in os.environ}
    os.environ.clear()
    os.environ.update(home | {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} | kept)
    held["empty_environment"] = True
    narrow_path()
    sys.argv[:] = ["student"]
    sys.dont_write_bytecode = True
    serve.seed_everything(start["seed"])
    found = cuda.begin_cuda() if gpu else {}
    files = policy.CUDA_OPEN_FILES if gpu else limits.open_files
    held |= apply_limits(dataclasses.replace(limits, open_files=files), address_space=not gpu)
    read = (*paths.read, start["folder"], start["scratch"])
    held |= sandbox.lock_down(modules, dataclasses.replace(paths, read=read, write=(start["scratch"],)))
    server = serve.Server(requests, replies, start["folder"], KITS[start["needs"]].offered)
    server.send("ready", protections=held, wire=wire.MAGIC.decode(), device=found)
    server.run()


def _close_all_but(kept: set[int]) -> None:
    try:
        highest = os.sysconf("SC_OPEN_MAX")
    except (AttributeError, ValueError):
        return
    previous = -1
    for number in [*sorted(kept), min(highest, 1 << 20)]:
        if previous + 1 < number:  # an empty range would close everything
            os.closerange(previous + 1, number)
        previous = number


def own_session() -> None:
    """Leave the grader's session and terminal; the new process group is what gets killed in the end."""
    if hasattr(os, "setsid") and os.getsid(0) != os.getpid():
        os.setsid()
