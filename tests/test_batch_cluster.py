"""A real scheduler and real workers on loopback: the same results as on one machine, also when a worker dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from conftest import SOLUTION
from test_batch import class_of, distinct, executor_of, jobs_of, reports_in, results, wait_for

from grader.batch.cluster import DaskExecutor
from grader.batch.executors import Finished
from grader.course import Course
from grader.errors import UsageError

pytest.importorskip("distributed")
WORKERS = 3
SLOW = SOLUTION.replace("import numpy as np", "import time\n\nimport numpy as np\n\ntime.sleep(0.4)")


class Cluster:
    """A scheduler and its workers, each a process."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        file = folder / "scheduler.json"
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        wait_for(lambda: file.is_file() and file.stat().st_size > 0)
        self.address = json.loads(file.read_text())["address"]
        self.workers = [self.add_worker() for _ in range(WORKERS)]

    def add_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """One more worker, with one thread."""
        options = ("--nthreads", "1", "--no-dashboard", "--no-nanny", "--local-directory", str(self.folder))
        return self._start("worker", self.address, *options, **environment)

    def _start(self, what: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        log = self.stack.enter_context((self.folder / f"{what}-{time.monotonic_ns()}.log").open("wb"))
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *options]
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **environment})
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster of three workers."""
    (tmp_path / "cluster").mkdir()
    with ExitStack() as stack:
        yield Cluster(tmp_path / "cluster", stack)


def run(course: Course, submissions: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    """`convgrade batch` as a process."""
    command = [
        sys.executable,
        "-m",
        "grader",
        "batch",
        str(submissions),
        "--out",
        str(out),
        "--course",
        str(course.root),
    ]
    return subprocess.Popen(
        [*command, "--allow-weak-sandbox", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_worker_dies_in_the_middle_and_nothing_is_lost_or_done_twice(
    course: Course, tmp_path: Path, cluster: Cluster
) -> None:
    sources = {f"s{number:02d}": [SLOW, SOLUTION, "def area(:\n"][number % 3] for number in range(24)}
    submissions = class_of(tmp_path / "class", **distinct(sources))
    assert run(course, submissions, tmp_path / "local", "--jobs", "2").communicate(timeout=120) is not None
    process = run(course, submissions, tmp_path / "dask", "--executor", "dask", "--scheduler", cluster.address)
    wait_for(lambda: reports_in(tmp_path / "dask") >= 4 or process.poll() is not None)
    assert process.poll() is None and reports_in(tmp_path / "dask") < len(sources), process.communicate()
    cluster.workers[0].send_signal(signal.SIGKILL)
    _, log = process.communicate(timeout=120)
    assert process.returncode == 0, log
    assert results(tmp_path / "dask") == results(tmp_path / "local")
    graded = [line.split(": ")[1] for line in log.splitlines() if line.startswith("graded")]
    assert sorted(graded) == sorted(sources)


def test_workers_that_refuse_get_nothing(course: Course, tmp_path: Path, cluster: Cluster) -> None:
    for worker in cluster.workers[1:]:
        worker.kill()
    (tmp_path / "sitecustomize.py").write_text(
        "import grader.batch.cluster as cluster\n"
        "def grade(*_):\n"
        "    raise cluster.RefusedHere('there is no sandbox here')\n"
        "cluster._Pool.grade = grade\n"
    )
    cluster.add_worker(PYTHONPATH=f"{tmp_path}{os.pathsep}{Path(__file__).parents[1]}")
    start = executor_of(course).start
    assert [end.fault for end in finished_on(cluster, start)] == [None] * 3
    cluster.workers[0].kill()
    with pytest.raises(UsageError, match=r"no worker of the cluster can grade: there is no sandbox here"):
        finished_on(cluster, start)


def test_another_course_is_refused(course: Course, cluster: Cluster) -> None:
    with pytest.raises(UsageError, match=r"no worker of the cluster can grade: the course in .* is another version"):
        finished_on(cluster, {**executor_of(course).start, "digest": "0" * 64})


def finished_on(cluster: Cluster, start: dict[str, object]) -> list[Finished]:
    """Three jobs on the cluster."""
    jobs = jobs_of(SOLUTION, SOLUTION, "x = 1\n")
    return sorted(DaskExecutor(start, cluster.address, 60).run(jobs, lambda job: None), key=lambda end: end.number)


def test_no_scheduler_is_told() -> None:
    with pytest.raises(UsageError, match=r"the scheduler tcp://127.0.0.1:9 has no workers for us"):
        list(DaskExecutor({}, "tcp://127.0.0.1:9", 60, patience=1).run(jobs_of(SOLUTION), lambda job: None))
