"""How fast grading is, as ratios within one run: `scripts/bench [--rounds N] [--profile]`.

Cold: the whole command on the model solutions, against importing the libraries that it cannot do without.
Warm: `grade()` again in a process whose fork servers run and whose cases are drawn, against the student code's own
computing time over the same calls.
"""

from __future__ import annotations

import argparse
import cProfile
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
    excess = [(total - 0.3) / base for total, base in pairs]
    print(f"warm: {whole:.3f} s; the solutions' own computing in the same {calls} calls: {own:.3f} s")
    print(
        f"      (warm - 0.3 s) / own: median {statistics.median(excess):.2f}, {min(excess):.2f} to {max(excess):.2f} (target: 3)"
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
    arguments = parser.parse_args()
    topics = tuple(arguments.topic or TOPICS)
    print(f"topics: {', '.join(topics)}; {arguments.rounds} rounds, medians")
    cold(topics, arguments.rounds)
    warm(topics, arguments.rounds, arguments.profile)


if __name__ == "__main__":
    main()
