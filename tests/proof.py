"""The two proofs of a topic: right solutions get full marks for many seeds; every misconception loses points and is named.

`python tests/proof.py TOPIC [--seeds N]` prints both, for work on a topic; tests/test_course.py asserts them.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.checking.compare import observing_errors
from grader.checking.known import Known, misconceptions_in
from grader.course import Course, Topic, load_course
from grader.practice import grade_functions
from grader.results import CheckResult, Outcome, Report
from grader.session import course_module, on_path

ROOT = Path(os.environ.get("CONVGRADE_ROOT", Path(__file__).parents[1]))


def functions_of(file: Path, topic: Topic) -> dict[str, Callable[..., Any]]:
    """The topic's functions as a file defines them; the file's folder can be imported from."""
    name = f"{topic.name}_of_{file.parent.name}_{file.stem}".replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {key: getattr(module, key) for key in topic.functions if hasattr(module, key)}


def right_versions(topic: Topic) -> list[Path]:
    """The model solution and the differently written right versions."""
    return [ROOT / "solutions" / topic.file, *sorted((ROOT / "tests" / "right" / topic.name).glob("*.py"))]


@dataclass(frozen=True)
class Caught:
    """How a misconception fared: the checks it failed, and whether it is named first wherever anything is named."""

    known: Known
    failed: tuple[CheckResult, ...]

    @property
    def named_first(self) -> bool:
        """At least one failed check names it first, and none names another before it."""
        firsts = [check.misconceptions[0].slug for check in self.failed if check.misconceptions]
        return bool(firsts) and all(slug == self.known.slug for slug in firsts)


def grade_misconceptions(course: Course, topic: Topic, seed: int) -> Iterator[Caught]:
    """Each misconception in the place of its function, the oracle for the others."""
    with on_path(course):
        oracle = vars(course_module(topic, "oracle"))
        known = misconceptions_in(course_module(topic, "misconceptions"))
    for candidate in known:
        functions = {name: oracle[name] for name in topic.functions} | {candidate.function: candidate.code}
        report = grade_functions(topic, functions, course, seed)
        failed = tuple(c for t in report.topics for c in t.checks if c.outcome is not Outcome.PASSED)
        yield Caught(candidate, failed)


def lost(report: Report) -> list[CheckResult]:
    """The checks of a report that were not passed."""
    return [check for topic in report.topics for check in topic.checks if check.outcome is not Outcome.PASSED]


def main() -> None:
    """Print both proofs of a topic."""
    from grader.report.plain import explain_check

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topic")
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    course = load_course(ROOT)
    topic = course.topic(arguments.topic)
    for file in right_versions(topic):
        functions = functions_of(file, topic)
        started = time.perf_counter()
        with observing_errors() as shares:
            for seed in range(arguments.seeds):
                report = grade_functions(topic, functions, course, seed)
                for check in lost(report)[:3]:
                    print(f"  seed {seed}: {explain_check(check)}")
        print(
            f"{file.relative_to(ROOT)}: {report.points_earned} of {report.points_possible}, largest error "
            f"{max(shares, default=0):.3f} of the allowed, {time.perf_counter() - started:.1f} s"
        )
    print(f"points: course.toml says {topic.points}, the checks {report.points_possible}")
    for caught in grade_misconceptions(course, topic, 0):
        points = sum(check.points_possible for check in caught.failed)
        firsts = sorted({check.misconceptions[0].slug for check in caught.failed if check.misconceptions})
        verdict = "ok  " if caught.named_first else "MISS"
        print(f"{verdict} {caught.known.function}/{caught.known.slug}: loses {points}, named first {firsts}")
    print("checks that no misconception fails are listed by tests/test_course.py")


if __name__ == "__main__":
    main()
