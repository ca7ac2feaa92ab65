"""What every layout of the report says of a check, decided once: its points, a remark, whether it is worth explaining."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from grader.report.text import one_line, points
from grader.results import CheckResult, Device, Failure, Outcome, Report, TopicResult, percentage

MARKS = {
    Outcome.PASSED: "✓",
    Outcome.FAILED: "✗",
    Outcome.SKIPPED: "-",
    Outcome.CRASHED: "✗",
    Outcome.TIMED_OUT: "✗",
    Outcome.INTERNAL_ERROR: "!",
}
NO_SCORE = "No score: some checks could not be judged. That is a fault of the grader, not of the submission."
HINT_ABOVE = "The hint is above."
EXCEPTION_ABOVE = "The same lines as above."


def earned(check: CheckResult) -> str:
    """Points earned of possible; a question mark where nobody knows."""
    if check.outcome is Outcome.INTERNAL_ERROR:
        return "?"
    return f"{points(check.points_earned)}/{points(check.points_possible)}"


def remark(check: CheckResult) -> str:
    """What stands beside a check: its title, or in a word what became of it."""
    words = {
        Outcome.CRASHED: "crashed: ",
        Outcome.TIMED_OUT: "timed out: ",
        Outcome.INTERNAL_ERROR: "our fault: ",
    }
    if check.outcome is Outcome.SKIPPED and check.failure is not None:
        return check.failure.what
    return words.get(check.outcome, "") + check.title


def by_function(checks: Sequence[CheckResult]) -> dict[str, list[CheckResult]]:
    """The checks of each function together, in the order in which the functions come first."""
    groups: dict[str, list[CheckResult]] = {}
    for check in checks:
        groups.setdefault(check.function, []).append(check)
    return groups


def unwritten(checks: Sequence[CheckResult]) -> str:
    """What is said of a function once: that it is not written yet, or why all of its checks are skipped; else nothing."""
    score = f"0 of {points(sum((check.points_possible for check in checks), Fraction(0)))} points"
    first = checks[0].failure
    missing = first is not None and first.what.startswith(f"{checks[0].function} is not written yet")
    if missing and all(check.outcome in (Outcome.FAILED, Outcome.SKIPPED) for check in checks):
        _, _, renamed = first.what.partition("; ") if first is not None else ("", "", "")
        return f"not written yet ({one_line(renamed)}): {score}" if renamed else f"not written yet: {score}"
    reasons = {check.failure.what for check in checks if check.outcome is Outcome.SKIPPED and check.failure is not None}
    if len(checks) > 1 and len(reasons) == 1 and all(check.outcome is Outcome.SKIPPED for check in checks):
        return f"{reasons.pop()}: {score}"
    return ""


def worth_explaining(check: CheckResult) -> bool:
    """Whether a check gets a paragraph of its own below the table."""
    if check.outcome in (Outcome.PASSED, Outcome.SKIPPED) or check.failure is None:
        return False
    return not check.failure.what.startswith(f"{check.function} is not written yet")


def distance(failure: Failure) -> str:
    """How far off the result is: the error, what is allowed and, of several entries, how many differ; else nothing."""
    if failure.error is None or failure.allowed_error is None:
        return ""
    share = failure.share_differing if failure.index else None  # a single number has no index, nor entries
    differing = f"; {share:.0%} of the entries differ" if share is not None else ""
    return f"{failure.error:.3g}, allowed {failure.allowed_error:.3g}{differing}"


def drawn(failure: Failure) -> str:
    """What was drawn for the case, where no script holds all of it; seeds and the like tell a student nothing."""
    return failure.case if failure.case and not failure.reproduce else ""


def topic_score(topic: TopicResult) -> str:
    """A topic's points, or that it could not be judged."""
    if any(check.outcome is Outcome.INTERNAL_ERROR for check in topic.checks):
        return "not judged"
    return f"{points(topic.points_earned)} of {points(topic.points_possible)} points"


def total(report: Report) -> str:
    """The points of the whole, with their share in percent."""
    share = percentage(report.points_earned, report.points_possible)
    return f"{points(report.points_earned)} of {points(report.points_possible)} points, {float(share):.1f} %"


def full_size(topic: TopicResult) -> list[str]:
    """Sentences that say which models ran at their published size, and where."""
    dtypes: dict[tuple[str, str, str | None], list[str]] = {}
    for run in topic.full_size:
        dtypes.setdefault((run.model, run.device, run.reason), []).append(run.dtype)
    places: dict[tuple[str, str, str | None], list[str]] = {}
    for (model, device, reason), both in dtypes.items():
        places.setdefault((device, " and ".join(dict.fromkeys(both)), reason), []).append(model)
    return [
        f"Right at the published size {_place(device)} in {dtype}: {', '.join(models)}{f' ({reason})' if reason else ''}."
        for (device, dtype, reason), models in places.items()
    ]


def _place(device: str) -> str:
    return "on the CPU" if device == "cpu" else "on the GPU"


def _without(device: Device) -> str:
    return "Not every model" if device.used == "cuda" else "No model"


def made_under(report: Report) -> list[str]:
    """Sentences: the isolation and seed, and the versions, that the report was made under; why no GPU was used."""
    missing = [name.replace("_", " ") for name, holds in report.isolation.protections.items() if not holds]
    without = f" (without {', '.join(missing)})" if missing else ""
    versions = ", ".join(f"{name} {version}" for name, version in report.versions.items())
    return [
        f"Isolation: {report.isolation.level}{without}. Seed: {'secret' if report.seed is None else report.seed}.",
        f"Versions: {versions}.",
        *([f"{_without(report.device)} ran on a GPU: {report.device.reason}."] if report.device.reason else []),
    ]
