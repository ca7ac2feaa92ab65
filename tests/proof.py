"""The two proofs of a topic: right solutions get full marks for many seeds; every misconception loses points and is named.

`scripts/proof [TOPIC ...] [--seeds N]` prints both; tests/test_topics.py asserts them. Functions are judged in this process,
without pytest around each run, so that hundreds of runs take seconds.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from grader.checking.cases import load_profile
from grader.checking.compare import observing_errors
from grader.checking.known import Known, misconceptions_in
from grader.client.local import LocalBackend
from grader.course import Course, Topic, load_course
from grader.report.plain import explain_check
from grader.results import CheckResult, Outcome
from grader.session import CheckSpec, GradingSession, course_module, on_path
from grader.workshop import shared_workshop

ROOT = Path(os.environ.get("CONVGRADE_ROOT", Path(__file__).parents[1]))

CLEAR = 1000.0

Functions = dict[str, Callable[..., Any]]


def checks_of(course: Course, topic: Topic) -> list[tuple[CheckSpec, Callable[..., Any]]]:
    """The topic's checks in the order in which they stand in its file."""
    load_profile()
    with on_path(course):
        module = importlib.import_module(f"reference.{topic.name}.test_{topic.name}")
    found = []
    for test in vars(module).values():
        for mark in getattr(test, "pytestmark", ()):
            if mark.name == "check":
                title = (test.__doc__ or "").strip().partition("\n\n")[0]
                options = dict(mark.kwargs)
                spec = CheckSpec(
                    mark.args[0], " ".join(title.split()), Fraction(options["points"]), tuple(options.get("needs", ()))
                )
                found.append((spec, test))
    return found


def judge_functions(
    course: Course, topic: Topic, functions: Functions, seed: int, only: str | None = None
) -> tuple[GradingSession, list[CheckResult]]:
    """Judge functions of this process by the checks of a topic, or of one function of it; the results are diagnosed."""
    session = GradingSession(course, seed, shared_workshop(), lambda _: LocalBackend(functions))
    with on_path(course):
        for spec, test in checks_of(course, topic):
            if only in (None, spec.function):
                with _without_warnings():
                    session.run(topic, spec, test, {})
        return session, list(session.results()[0].checks)


def judge_outcomes(
    course: Course, topic: Topic, functions: Functions, seed: int, only: str | None = None
) -> Iterator[CheckResult]:
    """The same, one result at a time, with nothing but the outcome: no smallest case, no diagnosis."""
    yield from judge_quickly(quick_session(course, functions, seed), topic, only)


def quick_session(course: Course, functions: Functions, seed: int) -> GradingSession:
    """A session that looks for no smallest case."""
    return GradingSession(course, seed, shared_workshop(), lambda _: LocalBackend(functions), search=False)


def judge_quickly(session: GradingSession, topic: Topic, only: str | None = None) -> Iterator[CheckResult]:
    """Judge the checks of a topic, or of one function of it, one result at a time."""
    course = session.course
    with on_path(course):
        for spec, test in checks_of(course, topic):
            if only in (None, spec.function):
                with _without_warnings():
                    result = session.run(topic, spec, test, {})
                yield result


@contextmanager
def _without_warnings() -> Iterator[None]:
    """What wrong versions warn of is no warning of the kit's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def functions_of(file: Path, topic: Topic) -> Functions:
    """The topic's functions as a file defines them; the file's folder can be imported from."""
    name = f"{topic.name}_of_{file.parent.name}_{file.stem}".replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a right version may warn; pytest makes errors of warnings
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
    diagnosed: bool = False
    share: float = 0.0

    @property
    def clear(self) -> bool:
        """Some failed check is about another thing than numbers, or some number is off by at least CLEAR times the allowed."""
        failures = [check.failure for check in self.failed if check.failure is not None]
        return self.share >= CLEAR or any(failure.error is None for failure in failures)

    @property
    def named_first(self) -> bool:
        """At least one failed check names it first, and none names another before it."""
        firsts = [check.misconceptions[0].slug for check in self.failed if check.misconceptions]
        return bool(firsts) and all(slug == self.known.slug for slug in firsts)


def judge_misconceptions(
    course: Course, topic: Topic, seed: int, naming_every: int = 1, judging_every: int = 1
) -> Iterator[Caught]:
    """Each misconception in the place of its function, the oracle for the others.

    Every so-manyth one is judged, and every so-manyth of these diagnosed.
    """
    with on_path(course):
        oracle = vars(course_module(topic, "oracle"))
        known = misconceptions_in(course_module(topic, "misconceptions"))
    for position, candidate in enumerate(known[::judging_every]):
        functions = {name: oracle[name] for name in topic.functions} | {candidate.function: candidate.code}
        diagnosed = position % naming_every == 0
        with observing_errors() as shares:
            if diagnosed:
                results = judge_functions(course, topic, functions, seed, candidate.function)[1]
            else:
                results = list(judge_outcomes(course, topic, functions, seed, candidate.function))
        yield Caught(candidate, tuple(lost(results)), diagnosed, max(shares, default=0.0))


def lost(results: Iterable[CheckResult]) -> list[CheckResult]:
    """The checks that were not passed."""
    return [check for check in results if check.outcome is not Outcome.PASSED]


def prove_right(course: Course, topic: Topic, file: Path, seeds: range) -> tuple[list[str], float]:
    """What a right version loses over the seeds, as text, and its largest error as a share of the allowed one."""
    functions = functions_of(file, topic)
    problems = []
    with observing_errors() as shares, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in seeds:
            for check in lost(judge_outcomes(course, topic, functions, seed)):
                problems.append(f"seed {seed}: {explain_check(check)}")
    return problems, max(shares, default=0.0)


def print_topic(course: Course, topic: Topic, seeds: range) -> bool:
    """Print both proofs of a topic; returns whether they hold."""
    holds = True
    for file in right_versions(topic):
        started = time.perf_counter()
        problems, share = prove_right(course, topic, file, seeds)
        holds = holds and not problems and share < 0.3
        print("\n".join(f"  {problem}" for problem in problems[:3]), end="\n" if problems else "")
        print(
            f"{file.relative_to(ROOT)}: {'full marks' if not problems else f'{len(problems)} failures'} for {len(seeds)} "
            f"seeds, largest error {share:.3f} of the allowed, {time.perf_counter() - started:.1f} s"
        )
    total = sum((spec.points for spec, _ in checks_of(course, topic)), Fraction(0))
    print(f"{topic.name}: {len(checks_of(course, topic))} checks, {total} points; course.toml says {topic.points}")
    holds = holds and total == topic.points
    caught = list(judge_misconceptions(course, topic, 0))
    for one in caught:
        if not one.named_first:
            firsts = sorted({check.misconceptions[0].slug for check in one.failed if check.misconceptions})
            print(f"  MISS {one.known.function}/{one.known.slug}: {len(one.failed)} checks lost, named first {firsts}")
    good = sum(one.named_first for one in caught)
    print(f"{topic.name}: {good} of {len(caught)} misconceptions lose points and are named first")
    unclear = [one.known.slug for one in caught if topic.needs == "torch" and not one.clear]
    print(f"{topic.name}: too close to right: {', '.join(unclear) or 'none'}")
    unused = unfailed(course, topic, caught)
    print(f"{topic.name}: checks that no misconception fails: {', '.join(unused) or 'none'}")
    return holds and good == len(caught) and not unclear and not unused


def unfailed(course: Course, topic: Topic, caught: Iterable[Caught]) -> list[str]:
    """The checks that no misconception fails: each is to be deleted or mended."""
    failed = {check.name for one in caught for check in one.failed}
    return [spec.name for spec, _ in checks_of(course, topic) if spec.name not in failed]


def main() -> None:
    """Print both proofs of the topics."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topics", nargs="*")
    parser.add_argument("--seeds", type=int, default=20)
    arguments = parser.parse_args()
    course = load_course(ROOT)
    topics = [course.topic(name) for name in arguments.topics] or list(course.topics)
    sys.exit(not all([print_topic(course, topic, range(arguments.seeds)) for topic in topics]))


if __name__ == "__main__":
    main()
