"""How fast a class is graded: `scripts/bench batch [--count N] [--own N] [--profile]`.

A class of solutions, other right versions, edited solutions, stubs and mixtures, all NumPy topics, no two the same to the
letter, goes the way of `convgrade batch`, reports and pages written, with one station and with two. Printed: the rates and
their ratio; seconds a submission against the student code's own computing time; the station's memory after each tenth of
the class; how much processor time the stations take, and how much this process, which reads and writes.
"""

from __future__ import annotations

import argparse
import cProfile
import itertools
import os
import pstats
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from grader import grade
from grader.batch.classlist import Row
from grader.batch.executors import Job, longest, start_message
from grader.batch.fingerprint import basis_of
from grader.batch.local import LocalExecutor, Station
from grader.batch.parts import share_out
from grader.batch.roster import Student
from grader.batch.run import Batch, Work
from grader.batch.store import Store
from grader.course import Course, load_course
from grader.grading import Settings
from grader.submission import Bundle
from grader.workshop import Workshop

sys.path.insert(0, str(Path(__file__).parent))
from bench import own_time_of
from mutants import mutants_of
from proof import ROOT, right_versions

MIX = ("solution", "right", "edited", "edited", "edited", "right", "mixed", "edited", "stub", "edited")
OWN_SECONDS = 20


def make_class(course: Course, topics: tuple[str, ...], count: int) -> list[Bundle]:
    """The class, always the same one: each of MIX in turn."""
    choose = random.Random(1)
    rights = {name: right_versions(course.topic(name)) for name in topics}
    edits = {name: [mutant.source for mutant in mutants_of(course.topic(name))] for name in topics}
    stubs = {name: ROOT / "assignments" / course.topic(name).file for name in topics}

    def file(kind: str, name: str) -> bytes:
        if kind == "edited":
            return choose.choice(edits[name]).encode()
        return {"solution": rights[name][0], "right": choose.choice(rights[name]), "stub": stubs[name]}[
            kind
        ].read_bytes()

    made = []
    for number, kind in zip(range(count), itertools.cycle(MIX), strict=False):
        kinds = [choose.choice(("solution", "edited", "stub")) if kind == "mixed" else kind for _ in topics]
        last = f"\n# {number}\n".encode()  # the same files would be graded once
        files = tuple((course.topic(name).file, file(of, name) + last) for of, name in zip(kinds, topics, strict=True))
        made.append(Bundle(f"{number:03d}-{kind}", files))
    return made


def memory_of(station: Station) -> float:
    """MiB that the process has in memory."""
    status = Path(f"/proc/{station._process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def run(
    course: Course, settings: Settings, bundles: list[Bundle], jobs: int
) -> tuple[float, list[float], dict[str, float]]:
    """Grade the class; gives the seconds, the memory of a station after each submission it graded, processor time by kind."""
    memory: list[float] = []
    give = Station.give

    def watched(self: Station, job: Job) -> None:
        memory.append(memory_of(self))
        give(self, job)

    Station.give = watched  # type: ignore[method-assign]
    before = os.times()
    basis = basis_of(course, settings)
    shares = share_out(course, settings.topics, jobs)
    executor = LocalExecutor(start_message(course, basis), jobs, longest(course, settings.topics), shares)
    of_row = {bundle.label: Work(bundle, None) for bundle in bundles}
    rows = tuple(Row(Student(label), label, None) for label in of_row)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder)).opened():
        store = Store(Path(folder))
        batch = Batch(rows, lambda row: of_row[row.file], course, basis, store, False, lambda event: None)
        batch.run(executor, resume=False)
    seconds = time.perf_counter() - started
    Station.give = give  # type: ignore[method-assign]
    assert not batch.faults, batch.faults
    after = os.times()
    stations = after.children_user + after.children_system - before.children_user - before.children_system
    own = after.user + after.system - before.user - before.system
    return seconds, memory, {"stations": stations, "this process": own}


def own_seconds(course: Course, topics: tuple[str, ...], bundle: Bundle) -> float | None:
    """What the student's code computes in all the calls of a grading; None where it takes too long or cannot be loaded."""

    def stop(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, stop)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in bundle.files:
            assert isinstance(content, bytes)
            Path(folder, name).write_bytes(content)
        signal.alarm(OWN_SECONDS)
        try:
            return own_time_of(course, topics, Path(folder))[0]
        except (TimeoutError, SyntaxError, ImportError, NameError, TypeError, ValueError):
            return None
        finally:
            signal.alarm(0)


def profile(course: Course, topics: tuple[str, ...], bundles: list[Bundle]) -> None:
    """Where the grader's own time goes, over ten of the class, warm."""
    workshop = Workshop()
    grade(bundles[0], topics, course=course, workshop=workshop)
    profiler = cProfile.Profile()
    for bundle in bundles[:10]:
        profiler.runcall(grade, bundle, topics, course=course, workshop=workshop)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
    workshop.close()


def tenths(memory: list[float]) -> Iterator[str]:
    """The memory after each tenth."""
    step = max(1, len(memory) // 10)
    yield from (f"{value:.0f}" for value in memory[step - 1 :: step])


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument(
        "--own", type=int, metavar="N", help="of how many the own computing time is measured, all if not given"
    )
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    course = load_course(ROOT)
    topics = tuple(topic.name for topic in course.topics if topic.needs == "numpy")
    bundles = make_class(course, topics, arguments.count)
    settings = Settings(topics)
    print(f"{len(bundles)} submissions, topics: {', '.join(topics)}")
    if arguments.profile:
        profile(course, topics, bundles)
    one, memory, used = run(course, settings, bundles, 1)
    two, _, used_by_two = run(course, settings, bundles, 2)
    for name, seconds, of in (("--jobs 1", one, used), ("--jobs 2", two, used_by_two)):
        where = ", ".join(f"{kind} {spent:.1f} s" for kind, spent in of.items())
        print(f"{name}: {seconds:.1f} s, {seconds / len(bundles):.3f} s a submission; processor time: {where}")
    print(f"rate of two against one: {one / two:.2f} (target: 1.7)")
    chosen = bundles if arguments.own is None else random.Random(1).sample(bundles, min(arguments.own, len(bundles)))
    own = [seconds for bundle in chosen if (seconds := own_seconds(course, topics, bundle)) is not None]
    mean = statistics.mean(own)
    print(f"own computing of {len(own)} of them: mean {mean:.3f} s")
    print(f"(seconds a submission - 0.25 s) / own: one {(one / len(bundles) - 0.25) / mean:.2f},")
    print(f"    two {(two / len(bundles) - 0.25) / mean:.2f} (target: 2)")
    print(f"memory of the one station, MiB, after each tenth: {', '.join(tenths(memory))}")


if __name__ == "__main__":
    main()
