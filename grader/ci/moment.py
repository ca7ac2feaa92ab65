"""When a submission was handed in, by a clock that no student sets.

The date of a commit is its author's own word (`git commit --date`), and so is that of a file: neither is ever asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from grader.ci.surroundings import Surroundings
from grader.course import Course
from grader.late import apply_late
from grader.results import Report


@dataclass(frozen=True)
class Moment:
    """When it was handed in, with its offset from UTC, who says so, and how much later the deadlines are for its authors."""

    when: datetime
    source: str
    extension: timedelta = timedelta(0)


def find_moment(around: Surroundings, given: datetime | None) -> Moment | None:
    """What is given, or what the platform says, or now; None on Gradescope where it does not say.

    Gradescope grades again whenever an instructor wants, long after the deadline, so that now would be wrong there.
    """
    if given is not None:
        return Moment(given, "--handed-in")
    if around.on_gradescope():
        return _on_gradescope(around.metadata())
    pushed = _pushed_at(around.event())
    if pushed is not None:
        return Moment(pushed, "the push, by GitHub's clock")
    created = read_date(around.environment.get("CI_PIPELINE_CREATED_AT"))
    if created is not None:
        return Moment(created, "the pipeline's beginning, by GitLab's clock")
    return Moment(datetime.now(UTC).replace(microsecond=0), "now, since nothing here says when")


def hold_against_deadlines(report: Report, course: Course, moment: Moment | None) -> Report:
    """The report with what counts of it, and a note that says by whose clock where that is late."""
    if course.late is None:
        return report
    if moment is None:
        unknown = "it is not known when this was handed in, so nothing is taken off for being late"
        return replace(report, notes=(*report.notes, unknown))
    held = apply_late(report, course, moment.when, moment.extension)
    if held.late is None or not held.late.days:
        return held
    return replace(held, notes=(*held.notes, f"handed in at {moment.when.isoformat(' ')} ({moment.source})"))


def read_date(value: Any) -> datetime | None:
    """A date in ISO 8601 with its offset, or as seconds since 1970; None for anything else."""
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo is not None else None


def _pushed_at(event: dict[str, Any]) -> datetime | None:
    """When the repository was last pushed to, at the time of the event.

    For a pull request that is the repository it comes from. A run that is started again has the event of the first one.
    """
    head = _part(_part(event, "pull_request"), "head")
    repository = _part(head, "repo") if head else _part(event, "repository")
    return read_date(repository.get("pushed_at"))


def _on_gradescope(metadata: dict[str, Any]) -> Moment | None:
    when = read_date(metadata.get("created_at"))
    return Moment(when, "Gradescope's record", _extension(metadata)) if when is not None else None


def _extension(metadata: dict[str, Any]) -> timedelta:
    """How much later than the assignment's the due date of one of its authors is; the most in a group."""
    due = read_date(_part(metadata, "assignment").get("due_date"))
    theirs = [own for own in _own_due_dates(metadata) if due is not None and own > due]
    return max(theirs) - due if theirs and due is not None else timedelta(0)


def _own_due_dates(metadata: dict[str, Any]) -> Iterator[datetime]:
    users = metadata.get("users")
    for user in users if isinstance(users, list) else []:
        own = read_date(_part(user, "assignment").get("due_date")) if isinstance(user, dict) else None
        if own is not None:
            yield own


def _part(table: dict[str, Any], name: str) -> dict[str, Any]:
    """An object within an object; empty where there is none."""
    found = table.get(name)
    return found if isinstance(found, dict) else {}
