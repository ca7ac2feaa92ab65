"""Locks the calling process down, for good: Landlock, seccomp, no new privileges, no capabilities.

Every protection is tried by itself and reported by itself, so that a machine without one still gets the rest.
Source: kernel documentation, userspace-api/landlock.rst and seccomp_filter.rst; the packages landlock and pyseccomp.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from . import policy

PR_SET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 3, 4, 38
CAPABILITY_VERSION_3 = 0x20080522
OPENED_FROM = 512
"""What is opened before a fork has numbers from here on: a worker has few of its own, the lowest."""
PROTECTIONS = ("landlock", "seccomp", "no_new_privileges", "no_capabilities")


def prepare() -> dict[str, Any]:
    """Import what locking down needs, once, before any fork; returns the modules that could be had, and the filter of calls.

    The filter has all rules but those that name the process it is for: making them takes longer than loading them.
    """
    modules: dict[str, Any] = {}
    if sys.platform == "linux":
        modules["libc"] = ctypes.CDLL(None, use_errno=True)
        for name in ("landlock", "pyseccomp"):
            try:
                modules[name] = __import__(name)
            except (ImportError, RuntimeError, OSError):  # no package, or no libseccomp to load
                pass
        if "pyseccomp" in modules:
            with contextlib.suppress(OSError, ValueError):
                modules["filter"] = _make_filter(modules["pyseccomp"])
    return modules


def open_paths(modules: dict[str, Any], paths: policy.Paths) -> policy.Paths:
    """Open, before any fork, what Landlock's rules name: looking for a path takes longer than adding its rule.

    Returns the paths that are left for each worker to open.
    """
    if "landlock" not in modules:
        return paths
    opened: list[tuple[int, Any]] = []
    try:
        for number, (path, access) in enumerate(_rules(modules["landlock"], paths), OPENED_FROM):
            found = os.open(path, os.O_PATH)
            try:
                os.dup2(found, number, inheritable=False)
            finally:
                os.close(found)
            opened.append((number, access))
    except (OSError, modules["landlock"].LandlockError):
        os.closerange(OPENED_FROM, OPENED_FROM + len(opened))
        return paths
    modules["opened"] = opened
    return policy.Paths((), (), ())


def opened_before(modules: dict[str, Any]) -> set[int]:
    """The descriptors that `open_paths` opened, which `lock_down` needs and closes."""
    return {number for number, _ in modules.get("opened", ())}


def die_with_parent(modules: dict[str, Any], parent: int) -> bool:
    """Ask for SIGKILL when the parent ends; false where the system cannot, or the parent is gone already."""
    if "libc" not in modules:
        return False
    modules["libc"].prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)
    return True


def lock_down(modules: dict[str, Any], paths: policy.Paths) -> dict[str, bool]:
    """Apply every protection that this machine has; returns which of them hold now."""
    held = dict.fromkeys(PROTECTIONS, False)
    if "libc" not in modules:
        return held
    libc = modules["libc"]
    held["no_new_privileges"] = libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # other processes of the same user may not look inside either
    held["landlock"] = "landlock" in modules and _restrict_paths(modules["landlock"], paths, modules.get("opened", ()))
    for number in opened_before(modules):
        os.close(number)
    held["no_capabilities"] = _drop_capabilities(libc)
    held["seccomp"] = "filter" in modules and _filter_calls(
        modules["pyseccomp"], modules["filter"], bool(paths.devices)
    )
    return held


def _rules(landlock: Any, paths: policy.Paths) -> Iterator[tuple[str, Any]]:
    """Each path with what may be done there. Raises LandlockError where the kernel has none."""
    access = landlock.FSAccess
    read = access.READ_FILE | access.READ_DIR | access.EXECUTE
    files = access.READ_FILE | access.EXECUTE
    write = read | access.WRITE_FILE | access.MAKE_REG | access.REMOVE_FILE
    device = access.READ_FILE | access.WRITE_FILE
    if landlock.plumbing.landlock_abi_version() >= 3:
        write |= access.TRUNCATE
    if landlock.plumbing.landlock_abi_version() >= 5:
        device |= access.IOCTL_DEV
    for path in paths.read:
        yield path, read if os.path.isdir(path) else files
    for path in paths.list:
        yield path, access.READ_DIR
    for path in paths.write:
        yield path, write
    for path in paths.devices:
        yield path, device
    if os.path.exists("/dev/null"):
        yield "/dev/null", access.READ_FILE | access.WRITE_FILE


def _restrict_paths(landlock: Any, paths: policy.Paths, opened: Sequence[tuple[int, Any]]) -> bool:
    ctypes.set_errno(0)  # the package takes an old error number for a failure of its own
    try:
        rules = landlock.Ruleset(restrict_rules=landlock.FSAccess.all())
        add = landlock.plumbing.get_add_rule()
        for number, allowed in opened:
            add(rules._fd, 1, ctypes.byref(landlock.plumbing.PathBeneathAttr(allowed, number)), 0)
        for path, access in _rules(landlock, paths):
            rules.allow(path, rules=access)
        rules.apply()
        os.close(rules._fd)
    except (OSError, landlock.LandlockError):
        return False
    return True


def _drop_capabilities(libc: Any) -> bool:
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    return bool(libc.capset(ctypes.byref(header), ctypes.byref(nothing)) == 0)


def _make_filter(seccomp: Any) -> Any:
    """A filter that allows the calls of the policy and denies the rest, but for those that name a process."""
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))
    deny, argument, equal = seccomp.ERRNO(errno.EPERM), seccomp.Arg, seccomp.EQ
    for name in policy.ALLOWED_CALLS:
        _add(rules, seccomp.ALLOW, name)
    for name in policy.DENIED_CALLS:
        _add(rules, deny, name)
    _add(rules, seccomp.ALLOW, "clone", argument(0, seccomp.MASKED_EQ, policy.THREAD_FLAG, policy.THREAD_FLAG))
    _add(rules, deny, "clone", argument(0, seccomp.MASKED_EQ, policy.THREAD_FLAG, 0))
    _add(rules, deny, "tkill")
    _add(rules, seccomp.ALLOW, "prlimit64", argument(0, equal, 0), argument(2, equal, 0))
    for call, position, values in (
        ("fcntl", 1, policy.ALLOWED_FCNTL),
        ("fcntl64", 1, policy.ALLOWED_FCNTL),
        ("ioctl", 1, policy.ALLOWED_IOCTL),
        ("prctl", 0, policy.ALLOWED_PRCTL),
    ):
        for value in values:
            _add(rules, seccomp.ALLOW, call, argument(position, equal, value))
    return rules


def _filter_calls(seccomp: Any, rules: Any, devices: bool) -> bool:
    """Put the filter before this process and every thread it makes, which may send signals to itself alone.

    With `devices`, also allow the requests to a GPU's driver.
    """
    own = os.getpid()
    for name in ("kill", "tgkill"):
        _add(rules, seccomp.ALLOW, name, seccomp.Arg(0, seccomp.EQ, own))
        _add(rules, seccomp.ERRNO(errno.EPERM), name, seccomp.Arg(0, seccomp.NE, own))
    for mask, value in policy.CUDA_IOCTL if devices else ():
        _add(rules, seccomp.ALLOW, "ioctl", seccomp.Arg(1, seccomp.MASKED_EQ, mask, value))
    try:
        rules.load()
    except (OSError, ValueError):
        return False
    return True


def _add(rules: Any, action: int, name: str, *conditions: Any) -> None:
    try:
        rules.add_rule(action, name, *conditions)
    except (OSError, ValueError, KeyError):
        pass  # this architecture, or this libseccomp, does not know the call: it stays denied
