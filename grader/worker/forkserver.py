"""Forks workers in milliseconds from a process that has NumPy imported; it never sees a course or a submission.

`python -s -P -m grader.worker.forkserver NEEDS FD` reads JSON lines from the Unix socket FD, each with three
descriptors (requests, replies, output) passed along, and answers with a JSON line:

    {"op": "fork", "start": {...}} + descriptors   ->  {"pid": n}
    {"op": "end", "pid": n, "grace": seconds}      ->  {"status": wait status}
    {"op": "clone"} + one descriptor, a Unix socket ->  {"pid": n}, of a server forked from this one that reads from it

It ends when the grader closes the socket, and takes its workers along (parent-death signal).
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import json
import os
import signal
import socket
import sys
import time
import traceback
import warnings

from . import process, sandbox

LINE_BYTES = 1 << 16
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(needs: str, descriptor: int) -> None:
    """Warm up once, then serve the grader's requests."""
    control = socket.socket(fileno=os.dup(descriptor))  # the lowest number: from sandbox.OPENED_FROM on are the paths
    os.close(descriptor)
    modules = process.warm_up(needs)
    paths = sandbox.open_paths(modules, process.find_paths(needs))
    for ending in ENDING:  # they go to the whole group, and are the grader's to handle
        signal.signal(ending, signal.SIG_IGN)
    process.narrow_path()
    importlib.util.find_spec("no_module_of_this_name")  # lists the folders once, rather than in every worker
    # from Python 3.12 on, forking beside a thread is warned of: CUDA leaves one, idle, after it has found no GPU
    warnings.simplefilter("ignore", DeprecationWarning)
    gc.collect()
    gc.freeze()
    control.sendall(b'{"ready": true}\n')
    while True:
        line, received, _, _ = socket.recv_fds(control, LINE_BYTES, 3)
        if not line:
            return
        request = json.loads(line)
        if request["op"] == "end":
            status = end(request["pid"], request["grace"])
            control.sendall(json.dumps({"status": status}).encode() + b"\n")
            continue
        if request["op"] == "clone":
            pid = os.fork()
            if pid == 0:
                control.close()
                control = socket.socket(fileno=received[0])
                continue
            os.close(received[0])
            control.sendall(json.dumps({"pid": pid}).encode() + b"\n")
            continue
        own = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                process.own_session()
                for ending in ENDING:
                    signal.signal(ending, signal.SIG_DFL)
                process.become_worker((received[0], received[1], received[2]), request["start"], modules, paths, own)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)  # without running exit handlers or flushing what belongs to somebody else
        for number in received:
            os.close(number)
        control.sendall(json.dumps({"pid": pid}).encode() + b"\n")


def end(pid: int, grace: float) -> int:
    """Kill a worker and its process group, once `grace` seconds have passed or it has ended; returns its wait status."""
    deadline = time.monotonic() + grace
    ended, status = os.waitpid(pid, os.WNOHANG)
    while not ended and time.monotonic() < deadline:
        time.sleep(0.002)
        ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended:
        for kill in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                kill(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
    return status


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the grader is gone, and with it the reason to be
        main(sys.argv[1], int(sys.argv[2]))
