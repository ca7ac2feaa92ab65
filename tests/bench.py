"""How fast grading is, as ratios within one run: `scripts/bench [--torch] [--full-size] [--rounds N] [--profile]`.

Cold: the whole command on the model solutions, against importing the libraries that it cannot do without.
Warm: `grade()` again in a process whose fork servers run and whose cases are drawn, against the student code's own
computing time over the same calls.
Memory: what the grader and its largest process had in use at most, each by itself, so that the sum is an upper bound.
With --full-size instead: how long each model takes at its published size, worker and comparison included.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader import grade
from grader.course import Course, load_course
from grader.practice import grade_functions

sys.path.insert(0, str(Path(__file__).parent))
from proof import functions_of

ROOT = Path(__file__).parents[1]
TOPICS = ("conv_arithmetic", "batchnorm", "pooling")
IMPORTS = "import torch, hypothesis, pytest"
WARM = {"numpy": (3.0, 0.3), "torch": (4.0, 0.5)}
"""By what a topic needs: how many times the solutions' own computing a warm run may take, and the seconds on top."""
MEMORY = """
import json, resource, sys
from grader import grade
from grader.workshop import shared_workshop
report = grade(sys.argv[1], sys.argv[3:], full_size=sys.argv[2] == "full")
assert report.points_earned == report.points_possible, "the model solutions lost points"
shared_workshop().close()
own = int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])  # ru_maxrss counts whoever forked us too
peaks = [own / 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024]
runs = [(run.model, run.shape, run.device, run.dtype, run.duration_s) for t in report.topics for run in t.full_size]
print(json.dumps([peaks, runs]))
"""


def seconds(command: list[str]) -> float:
    """Wall clock of one command."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def cold(topics: tuple[str, ...], rounds: int) -> None:
    """Print the ratio of the command to the imports, pair by pair."""
    chosen = [option for topic in topics for option in ("--topic", topic)]
    command = [sys.executable, "-m", "grader", "grade", str(ROOT / "solutions"), *chosen]
    imports = [sys.executable, "-c", IMPORTS]
    seconds(imports), seconds(command)
    pairs = [(seconds(command), seconds(imports)) for _ in range(rounds)]
    ratios = [whole / base for whole, base in pairs]
    print(
        f"cold: {statistics.median(w for w, _ in pairs):.2f} s; {IMPORTS!r}: {statistics.median(b for _, b in pairs):.2f} s"
    )
    print(
        f"      ratio: median {statistics.median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f} (target: 2.5)"
    )


def memory(topics: tuple[str, ...], full_size: bool) -> None:
    """Print the peak memory of one grading in MiB, topic by topic, and how long models took at their published size."""
    for topic in topics:
        command = [sys.executable, "-c", MEMORY, str(ROOT / "solutions"), "full" if full_size else "small", topic]
        started = time.perf_counter()
        (grader, worker), runs = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        whole = time.perf_counter() - started
        print(f"memory: {topic}: grader {grader:.0f} MiB, worker {worker:.0f} MiB, together {grader + worker:.0f} MiB")
        for model, shape, device, dtype, spent in runs:
            print(f"        {model} on x of shape {tuple(shape)}, {device}, {dtype}: {spent:.1f} s")
        print(f"        the whole command: {whole:.1f} s")


def own_time(course: Course, topics: tuple[str, ...]) -> tuple[float, int]:
    """Seconds that the model solutions compute in all calls of a grading, and the number of calls."""
    return own_time_of(course, topics, ROOT / "solutions")


def own_time_of(course: Course, topics: tuple[str, ...], folder: Path) -> tuple[float, int]:
    """The same of the files in a folder."""
    spent, calls = 0.0, 0

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            nonlocal spent, calls
            calls += 1
            started = time.perf_counter()
            try:
                return function(*arguments, **keywords)
            finally:
                spent += time.perf_counter() - started

        return call

    for name in topics:
        topic = course.topic(name)
        functions = functions_of(folder / topic.file, topic)
        grade_functions(topic, {key: timed(value) for key, value in functions.items()}, course)
    return spent, calls


def warm(topics: tuple[str, ...], rounds: int, profile: bool) -> None:
    """Print the time of a warm `grade()` beside the student code's own."""
    course = load_course(ROOT)

    def once() -> float:
        started = time.perf_counter()
        report = grade(ROOT / "solutions", topics, course=course)
        assert report.points_earned == report.points_possible, "the model solutions lost points"
        return time.perf_counter() - started

    once(), own_time(course, topics)
    pairs = [(once(), own_time(course, topics)[0]) for _ in range(rounds)]
    calls = own_time(course, topics)[1]
    whole, own = (statistics.median(column) for column in zip(*pairs, strict=True))
    factor, constant = WARM[course.topic(topics[0]).needs]
    excess = [(total - constant) / base for total, base in pairs]
    print(f"warm: {whole:.3f} s; the solutions' own computing in the same {calls} calls: {own:.3f} s")
    print(
        f"      (warm - {constant} s) / own: median {statistics.median(excess):.2f}, "
        f"{min(excess):.2f} to {max(excess):.2f} (target: {factor:g})"
    )
    if profile:
        profiler = cProfile.Profile()
        profiler.runcall(once)
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


def main() -> None:
    """Run both measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--topic", action="append", choices=[topic.name for topic in load_course(ROOT).topics])
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--torch", action="store_true", help="every PyTorch topic in place of three NumPy ones")
    parser.add_argument("--full-size", action="store_true", help="models at their published size alone")
    arguments = parser.parse_args()
    torch = tuple(topic.name for topic in load_course(ROOT).topics if topic.needs == "torch")
    topics = tuple(arguments.topic or (torch if arguments.torch or arguments.full_size else TOPICS))
    if arguments.full_size:
        memory(topics, True)
        return
    print(f"topics: {', '.join(topics)}; {arguments.rounds} rounds, medians")
    cold(topics, arguments.rounds)
    warm(topics, arguments.rounds, arguments.profile)
    memory(topics, False)


if __name__ == "__main__":
    main()
