"""What grading gives: plain immutable data, and its JSON form (docs/report-format.md gives every field)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeVar

FORMAT_VERSION = 1

Scalar = int | float | bool | str | None
Data = TypeVar("Data")


class Outcome(StrEnum):
    """How a check ended. Only PASSED earns points; INTERNAL_ERROR is a fault of ours."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True)
class TraceFrame:
    """One line of a traceback in the student's own file; in a notebook, `line` counts in the cell `cell`, from 1."""

    file: str
    line: int
    function: str
    code: str
    cell: int | None = None

    @property
    def place(self) -> str:
        """Where that is: "layers.py, line 3" or "layers.ipynb, cell 7, line 3"."""
        cell = f"cell {self.cell}, " if self.cell is not None else ""
        return f"{self.file}, {cell}line {self.line}"


@dataclass(frozen=True)
class StudentException:
    """What the student's code raised; `frames` are theirs alone, outermost first."""

    type: str
    message: str
    frames: tuple[TraceFrame, ...] = ()


@dataclass(frozen=True)
class Arrays:
    """The compared arrays of the shown case, entry by entry in row order; `wrong` says which are off by more than allowed."""

    shape: tuple[int, ...]
    wanted: tuple[float, ...]
    got: tuple[float, ...]
    wrong: tuple[bool, ...]


@dataclass(frozen=True)
class Failure:
    """Why a check was not passed, shown by the smallest case found.

    `what` is a sentence; `wanted` and `got` are the values at `index` (or descriptions); `error` and `allowed_error`
    are absolute, at `index`; `share_differing` is the share of entries over their allowed error. `call` is the call in
    words, `reproduce` a script that shows the same without the grader, `output` what the student's code printed, `case`
    what was drawn, with the seed of the arrays; `arrays` is there where the compared arrays are small.
    """

    what: str
    wanted: Scalar = None
    got: Scalar = None
    index: tuple[int, ...] | None = None
    error: float | None = None
    allowed_error: float | None = None
    share_differing: float | None = None
    call: str | None = None
    reproduce: str | None = None
    exception: StudentException | None = None
    output: str | None = None
    case: str | None = None
    arrays: Arrays | None = None


@dataclass(frozen=True)
class Misconception:
    """A known wrong way that gives exactly what the student's code gave; `hint` says what to look at."""

    slug: str
    hint: str


@dataclass(frozen=True)
class CheckResult:
    """One check of one topic. `name` is function, slash, behaviour; `title` a sentence.

    Students are shown nothing of a `hidden` check but its outcome and points (`for_student` in grader/report/hiding.py).
    """

    name: str
    title: str
    outcome: Outcome
    points_earned: Fraction
    points_possible: Fraction
    failure: Failure | None = None
    misconceptions: tuple[Misconception, ...] = ()
    observations: tuple[str, ...] = ()
    duration_s: float = 0.0
    hidden: bool = False

    @property
    def function(self) -> str:
        """The function that the check is about."""
        return self.name.partition("/")[0]


@dataclass(frozen=True)
class Step:
    """What a listener is told after each check: how many of how many are done, the topic's name, how many it has, the result.

    Topics that are judged side by side come mixed.
    """

    done: int
    total: int
    topic: str
    of_topic: int
    result: CheckResult


@dataclass(frozen=True)
class FullSizeRun:
    """A model that was right at its published size: the call that made it, the shape of its input, where, in which dtype.

    `reason` says why it was not the GPU, where that was tried first, in words.
    """

    model: str
    shape: tuple[int, ...]
    device: str
    dtype: str
    reason: str | None = None
    duration_s: float = 0.0


@dataclass(frozen=True)
class Device:
    """Where models were to run, "auto", "cpu" or "cuda", and where they ran; `reason` says why not on a GPU, in words."""

    asked: str = "auto"
    used: str = "cpu"
    reason: str | None = None

    @classmethod
    def of(cls, parts: Sequence[Device]) -> Device:
        """What is to be said where several topics were judged apart."""
        used = "cuda" if any(part.used == "cuda" for part in parts) else "cpu"
        return cls(parts[0].asked, used, next((part.reason for part in parts if part.reason is not None), None))


@dataclass(frozen=True)
class TopicResult:
    """A topic's checks in order. `problem` is a sentence where the file could not be used at all."""

    name: str
    title: str
    checks: tuple[CheckResult, ...]
    problem: str | None = None
    output: str | None = None
    full_size: tuple[FullSizeRun, ...] = ()

    @cached_property
    def points_earned(self) -> Fraction:
        """Sum over the checks."""
        return sum((check.points_earned for check in self.checks), Fraction(0))

    @cached_property
    def points_possible(self) -> Fraction:
        """Sum over the checks."""
        return sum((check.points_possible for check in self.checks), Fraction(0))


@dataclass(frozen=True)
class SubmittedNotebook:
    """A notebook that was graded in place of a file: how many of its code cells were used, of these changed, left out."""

    name: str
    cells_used: int
    cells_changed: int
    cells_left_out: int


@dataclass(frozen=True)
class SubmittedFile:
    """A file of the submission that was read, by its topic's file name and the SHA-256 of the bytes handed in."""

    name: str
    sha256: str
    notebook: SubmittedNotebook | None = None


@dataclass(frozen=True)
class Isolation:
    """What stood between the student's code and the machine: "full", "partial" or "none", and each protection."""

    level: str
    protections: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, protections: dict[str, bool]) -> Isolation:
        """The level that these protections amount to."""
        if not protections:
            return cls("none")
        return cls("full" if all(protections.values()) else "partial", protections)


@dataclass(frozen=True)
class LateTopic:
    """A topic's deadline, the days after it, the per cent taken off and the points that then count."""

    name: str
    due: str
    days: int
    percent: Fraction
    points: Fraction


@dataclass(frozen=True)
class Late:
    """When the work was handed in, and what that means for each topic."""

    handed_in: str
    topics: tuple[LateTopic, ...]

    @property
    def points(self) -> Fraction:
        """What counts in all."""
        return sum((topic.points for topic in self.topics), Fraction(0))

    @property
    def days(self) -> int:
        """Days after the deadline; the most where topics have their own."""
        return max((topic.days for topic in self.topics), default=0)


@dataclass(frozen=True, repr=False)
class Report:
    """Everything that is known after grading one submission; `seed` is None where it is kept secret."""

    course_name: str
    course_title: str
    course_version: str
    path: str
    files: tuple[SubmittedFile, ...]
    seed: int | None
    isolation: Isolation
    topics: tuple[TopicResult, ...]
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    duration_s: float = 0.0
    device: Device = Device()
    late: Late | None = None

    @cached_property
    def points_earned(self) -> Fraction:
        """Sum over the topics."""
        return sum((topic.points_earned for topic in self.topics), Fraction(0))

    @cached_property
    def points_possible(self) -> Fraction:
        """Sum over the topics."""
        return sum((topic.points_possible for topic in self.topics), Fraction(0))

    @property
    def points_counted(self) -> Fraction:
        """What counts in the end: less than was earned where handing in late costs something."""
        return self.late.points if self.late is not None else self.points_earned

    def counted(self, topic: TopicResult) -> Fraction:
        """What counts of a topic's points."""
        found = (late.points for late in (self.late.topics if self.late is not None else ()) if late.name == topic.name)
        return next(found, topic.points_earned)

    def __repr__(self) -> str:  # short, since a notebook shows it below the printed report
        return f"<Report: {number(self.points_earned):g} of {number(self.points_possible):g} points>"

    @property
    def internal_errors(self) -> tuple[CheckResult, ...]:
        """The checks that a fault of ours kept from being judged."""
        checks = (check for topic in self.topics for check in topic.checks)
        return tuple(check for check in checks if check.outcome is Outcome.INTERNAL_ERROR)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; see docs/report-format.md."""
        return {
            "format_version": FORMAT_VERSION,
            "course": {"name": self.course_name, "title": self.course_title, "version": self.course_version},
            "submission": {"path": self.path, "files": [asdict(file) for file in self.files]},
            "seed": self.seed,
            "isolation": {"level": self.isolation.level, "protections": dict(self.isolation.protections)},
            "device": asdict(self.device),
            "points_earned": number(self.points_earned),
            "points_possible": number(self.points_possible),
            "topics": [_topic_dict(topic) for topic in self.topics],
            "late": _late_dict(self.late) if self.late is not None else None,
            "notes": list(self.notes),
            "faults": list(self.faults),
            "versions": dict(self.versions),
            "duration_s": round(self.duration_s, 4),
        }

    @classmethod
    def from_dict(cls, form: Mapping[str, Any]) -> Report:
        """The report whose JSON form this is; entries that this version does not know are passed over.

        Raises ValueError where `form` is of another format version or is no report.
        """
        if form.get("format_version") != FORMAT_VERSION:
            raise ValueError(f"format_version is {form.get('format_version')!r}, this version reads {FORMAT_VERSION}")
        try:
            return _read_report(form)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is no report: {type(error).__name__} {error}") from None


def join_forms(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The JSON form of one report out of those of several of the same submission, each of other topics, in the course's order."""
    isolation = Isolation.of(weakest(part["isolation"]["protections"] for part in parts))
    topics = [topic for part in parts for topic in part["topics"]]
    points = {
        name: number(sum((exact(topic[name]) for topic in topics), Fraction(0)))
        for name in ("points_earned", "points_possible")
    }
    return {
        **parts[0],
        "isolation": {"level": isolation.level, "protections": isolation.protections},
        "device": asdict(Device.of([_read(Device, part["device"]) for part in parts])),
        **points,
        "topics": topics,
        "notes": list(dict.fromkeys(note for part in parts for note in part["notes"])),
        "faults": [fault for part in parts for fault in part["faults"]],
        "duration_s": round(sum(part["duration_s"] for part in parts), 4),
    }


def weakest(parts: Iterable[Mapping[str, bool]]) -> dict[str, bool]:
    """Each protection of any part; it holds where it held in all that speak of it."""
    protections: dict[str, bool] = {}
    for part in parts:
        protections |= {name: holds and protections.get(name, True) for name, holds in part.items()}
    return protections


def number(points: Fraction) -> int | float:
    """Points as JSON has them: an int where they are whole."""
    return int(points) if points.denominator == 1 else float(points)


def percentage(earned: Fraction, possible: Fraction) -> Fraction:
    """Share of the points in percent; 0 where there are none to earn."""
    return 100 * earned / possible if possible else Fraction(0)


def _late_dict(late: Late) -> dict[str, Any]:
    topics = [
        {**asdict(topic), "percent": number(topic.percent), "points": number(topic.points)} for topic in late.topics
    ]
    return {"handed_in": late.handed_in, "points": number(late.points), "topics": topics}


def _topic_dict(topic: TopicResult) -> dict[str, Any]:
    return {
        "name": topic.name,
        "title": topic.title,
        "points_earned": number(topic.points_earned),
        "points_possible": number(topic.points_possible),
        "problem": topic.problem,
        "output": topic.output,
        "full_size": [
            {**asdict(run), "shape": list(run.shape), "duration_s": round(run.duration_s, 4)} for run in topic.full_size
        ],
        "checks": [_check_dict(check) for check in topic.checks],
    }


def _check_dict(check: CheckResult) -> dict[str, Any]:
    return {
        "name": check.name,
        "title": check.title,
        "outcome": str(check.outcome),
        "points_earned": number(check.points_earned),
        "points_possible": number(check.points_possible),
        "failure": _failure_dict(check.failure),
        "misconceptions": [asdict(misconception) for misconception in check.misconceptions],
        "observations": list(check.observations),
        "duration_s": round(check.duration_s, 4),
        "hidden": check.hidden,
    }


def _failure_dict(failure: Failure | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    fields = asdict(failure)
    fields["index"] = list(failure.index) if failure.index is not None else None
    for name in ("error", "allowed_error", "wanted", "got"):
        fields[name] = _json_number(fields[name])
    if failure.arrays is not None:
        fields["arrays"] = {
            "shape": list(failure.arrays.shape),
            "wanted": [_json_number(entry) for entry in failure.arrays.wanted],
            "got": [_json_number(entry) for entry in failure.arrays.got],
            "wrong": list(failure.arrays.wrong),
        }
    if fields["exception"] is not None:
        fields["exception"]["frames"] = list(fields["exception"]["frames"])
    return fields


def _json_number(value: Scalar) -> Scalar:
    """The value, or "nan", "inf" or "-inf" where JSON has no number for it."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _read_report(form: Mapping[str, Any]) -> Report:
    course = form["course"]
    return _read(
        Report,
        form,
        course_name=course["name"],
        course_title=course["title"],
        course_version=course["version"],
        path=form["submission"]["path"],
        files=tuple(_read(SubmittedFile, file) for file in form["submission"]["files"]),
        isolation=_read(Isolation, form["isolation"]),
        device=_read(Device, form.get("device", {})),
        topics=tuple(_read_topic(topic) for topic in form["topics"]),
        late=_read_late(form["late"]) if form.get("late") is not None else None,
        notes=tuple(form["notes"]),
        faults=tuple(form["faults"]),
    )


def _read_late(form: Mapping[str, Any]) -> Late:
    topics = tuple(
        _read(LateTopic, topic, percent=exact(topic["percent"]), points=exact(topic["points"]))
        for topic in form["topics"]
    )
    return Late(form["handed_in"], topics)


def _read_topic(form: Mapping[str, Any]) -> TopicResult:
    runs = tuple(_read(FullSizeRun, run, shape=tuple(run["shape"])) for run in form.get("full_size", ()))
    return _read(TopicResult, form, checks=tuple(_read_check(check) for check in form["checks"]), full_size=runs)


def _read_check(form: Mapping[str, Any]) -> CheckResult:
    return _read(
        CheckResult,
        form,
        outcome=Outcome(form["outcome"]),
        points_earned=exact(form["points_earned"]),
        points_possible=exact(form["points_possible"]),
        failure=_read_failure(form["failure"]) if form["failure"] is not None else None,
        misconceptions=tuple(_read(Misconception, item) for item in form["misconceptions"]),
        observations=tuple(form["observations"]),
    )


def _read_failure(form: Mapping[str, Any]) -> Failure:
    numbers = {name: _finite_or_not(form[name]) for name in ("wanted", "got", "error", "allowed_error")}
    exception = form["exception"]
    if exception is not None:
        frames = tuple(_read(TraceFrame, frame) for frame in exception["frames"])
        exception = _read(StudentException, exception, frames=frames)
    index = tuple(form["index"]) if form["index"] is not None else None
    arrays = _read_arrays(form["arrays"]) if form.get("arrays") is not None else None
    return _read(Failure, form, **numbers, exception=exception, index=index, arrays=arrays)


def _read_arrays(form: Mapping[str, Any]) -> Arrays:
    wanted, got = (tuple(float(entry) for entry in form[name]) for name in ("wanted", "got"))
    return Arrays(tuple(form["shape"]), wanted, got, tuple(form["wrong"]))


def _read(kind: type[Data], form: Mapping[str, Any], **converted: Any) -> Data:
    """An instance of a data class from its JSON form, with the fields that need it already converted."""
    names = {entry.name for entry in fields(kind)} & form.keys()  # type: ignore[arg-type]  # every `kind` is a data class
    return kind(**{**{name: form[name] for name in names}, **converted})


def _finite_or_not(value: Scalar) -> Any:
    """A number that JSON cannot hold, from the text that stands for it; anything else as it is."""
    return float(value) if value in ("nan", "inf", "-inf") else value


def exact(points: int | float) -> Fraction:
    """Points as a fraction again: the only one near that number with a denominator of at most 10,000."""
    return Fraction(points).limit_denominator(10_000)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome that says most about a group of checks."""
    order = list(Outcome)
    return max(outcomes, key=order.index, default=Outcome.PASSED)
