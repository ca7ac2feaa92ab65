"""How long `convgrade watch` takes from a save to the report: python tests/bench_watch.py [TOPIC ...].

Runs the command in a workspace with the model solutions, saves a file again and again, turn and turn about with a mistake, each
time another one, and without, and waits for the line with the topic's points. Prints the median and the largest
time of each kind.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader.course import Topic, load_course

sys.path.insert(0, str(Path(__file__).parent))
from mutants import mutants_of

ROOT = Path(__file__).parents[1]
SAVES = 8


def mistakes(topic: Topic) -> list[str]:
    """The solution with one edit each, SAVES of them spread over the file."""
    edits = [mutant.source for mutant in mutants_of(topic)]
    return [edits[len(edits) * number // SAVES] for number in range(SAVES)]


def measure(topic: Topic) -> tuple[list[float], list[float]]:
    """Seconds from save to report with a mistake, and without."""
    right = (ROOT / "solutions" / topic.file).read_text("utf-8")
    wrong = mistakes(topic)
    times: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, topic.file)
        shutil.copy(ROOT / "solutions" / topic.file, file)
        command = [sys.executable, "-m", "grader", "watch", folder, "--topic", topic.name]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as process:
            assert process.stdout is not None
            while not process.stdout.readline().startswith("Watching"):
                pass
            for number in range(2 * SAVES):
                mistake = number % 2 == 0
                temporary = Path(folder, "saved.tmp")
                temporary.write_text(f"{wrong[number // 2] if mistake else right}\n# save {number}\n", "utf-8")
                time.sleep(0.5)
                started = time.perf_counter()
                os.replace(temporary, file)
                while not process.stdout.readline().endswith("points in all\n"):
                    pass
                times[mistake].append(time.perf_counter() - started)
            process.terminate()
    return times[True], times[False]


def main() -> None:
    """Measure the topics that are named, or all."""
    course = load_course(ROOT)
    names = sys.argv[1:] or [topic.name for topic in course.topics]
    print("seconds from save to report   with a mistake     right")
    for name in names:
        wrong, right = measure(course.topic(name))
        cells = [f"{statistics.median(t):.2f} (most {max(t):.2f})" for t in (wrong, right)]
        print(f"{name:28}  {cells[0]:17}  {cells[1]}", flush=True)


if __name__ == "__main__":
    main()
