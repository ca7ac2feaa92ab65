"""The folder for the temporary files of a run; one whose run was killed is removed by the next run.

Whoever made a folder holds a lock on a file in it for as long as they live, and the system lets go of it however they end. So
a folder whose lock can be had is nobody's. Left alone: what belongs to another user, and what has no such file, whose run
may just be beginning.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]  # to mypy a module is no None

PREFIX = "convgrade-batch-"
LOCK = ".in-use"


@contextmanager
def scratch_folder() -> Iterator[str]:
    """A new folder, which goes at the end; those that killed runs have left go first."""
    remove_abandoned(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = (folder / f"{LOCK}-soon").open("x")
    try:
        _has_lock(lock)
        os.rename(lock.name, folder / LOCK)  # only now is it a lock to others, and held already
        yield str(folder)
    finally:
        lock.close()
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(place: Path) -> None:
    """Remove the folders of killed runs that lie there, if they are this user's."""
    if fcntl is None:
        return
    for folder in place.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # another run removes it too, or it cannot be removed
            if _is_ours(folder):
                _remove(folder)


def _is_ours(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def _remove(folder: Path) -> None:
    """Remove the folder unless its lock is held; the lock's file goes last, so that what stays can be removed later."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "r+") as lock:
        if not _has_lock(lock):
            return
        for entry in list(os.scandir(folder)):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            elif entry.name != LOCK:
                os.unlink(entry.path)
        if os.listdir(folder) == [LOCK]:
            shutil.rmtree(folder)


def _has_lock(file: IO[str]) -> bool:
    """Take the lock, which is let go of with the file; False where another process has it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
