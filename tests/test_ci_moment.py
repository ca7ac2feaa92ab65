"""When a CI run takes a submission to have been handed in: by clocks that no student sets, and what follows from it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from test_ci import Run, autograder, outputs, run
from test_late import with_deadline

from grader.ci.moment import find_moment, read_date
from grader.ci.surroundings import Surroundings
from grader.course import Course

__all__ = ["autograder", "run"]  # fixtures
Submit = Callable[..., Path]
THEN = datetime(2026, 3, 4, 13, tzinfo=UTC)  # in the fourth day after the deadline of test_late
PUSHED = int(THEN.timestamp())
FORGED = "2020-01-01T00:00:00Z"


@pytest.fixture
def around(tmp_path: Path) -> Callable[..., Surroundings]:
    """Surroundings with an event of GitHub's, where one is given, and other variables."""

    def make(event: Any = None, **variables: str) -> Surroundings:
        if event is not None:
            (tmp_path / "event.json").write_text(event if isinstance(event, str) else json.dumps(event))
            variables = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(tmp_path / "event.json")} | variables
        return Surroundings(variables, tmp_path, tmp_path, tmp_path / "autograder")

    return make


@pytest.mark.parametrize(
    "event",
    [
        {"repository": {"pushed_at": PUSHED}, "head_commit": {"timestamp": FORGED}, "commits": [{"timestamp": FORGED}]},
        {"repository": {"pushed_at": "2026-03-04T13:00:00Z"}},
        {
            "repository": {"pushed_at": FORGED},
            "pull_request": {"head": {"repo": {"pushed_at": "2026-03-04T14:00:00+01:00"}}},
        },
    ],
    ids=["push", "by hand", "pull request from a fork"],
)
def test_githubs_clock_counts_and_not_the_commits(around: Callable[..., Surroundings], event: Any) -> None:
    moment = find_moment(around(event, CI_COMMIT_TIMESTAMP=FORGED), None)
    assert moment is not None and moment.when == THEN and "GitHub" in moment.source


def test_gitlabs_pipeline_counts_and_not_the_commit(around: Callable[..., Surroundings]) -> None:
    variables = {"CI_COMMIT_TIMESTAMP": FORGED, "CI_PIPELINE_CREATED_AT": "2026-03-04T13:00:00Z"}
    moment = find_moment(around(**variables), None)
    assert moment is not None and moment.when == THEN and "GitLab" in moment.source


@pytest.mark.parametrize(
    "event",
    [
        None, "", "{", "[]", {}, {"repository": None}, {"repository": {"pushed_at": None}}, {"repository": {"pushed_at": True}},
        {"repository": {"pushed_at": 10**20}}, {"repository": {"pushed_at": "2026-03-04T13:00:00"}},
        {"pull_request": {"head": {"repo": None}}, "repository": {"pushed_at": FORGED}}, '{"a": ' * 100_000,
    ],
    ids=str,
)  # fmt: skip
def test_where_nothing_says_when_it_is_now(around: Callable[..., Surroundings], event: Any) -> None:
    moment = find_moment(around(event, CI_COMMIT_TIMESTAMP=FORGED), None)
    assert moment is not None and abs(moment.when - datetime.now(UTC)) < timedelta(hours=1)
    assert moment.when.tzinfo is not None and "now" in moment.source


def test_what_is_given_goes_before_everything(around: Callable[..., Surroundings]) -> None:
    moment = find_moment(around({"repository": {"pushed_at": 0}}), THEN)
    assert moment is not None and moment.when == THEN


@pytest.mark.parametrize(
    ("metadata", "when", "days"),
    [
        ({"created_at": "2026-03-04T05:00:00.0-08:00"}, THEN, 0),
        ({"created_at": "2026-03-04T13:00:00Z", "assignment": {"due_date": "2026-03-01T12:00:00Z"}, "users": 3}, THEN, 0),
        (
            {
                "created_at": "2026-03-04T13:00:00Z", "assignment": {"due_date": "2026-03-01T12:00:00Z"},
                "users": [
                    {"assignment": {"due_date": "2026-03-02T12:00:00Z"}}, {"assignment": {"due_date": "2026-03-06T12:00:00Z"}},
                    {"assignment": {"due_date": "2026-02-01T12:00:00Z"}}, {"assignment": None}, "x",
                ],
            },
            THEN, 5,
        ),
        ({"created_at": None}, None, 0), ({}, None, 0), ("no JSON", None, 0),
    ],
)  # fmt: skip
def test_gradescopes_record(
    around: Callable[..., Surroundings], autograder: Path, metadata: Any, when: datetime | None, days: int
) -> None:
    text = metadata if isinstance(metadata, str) else json.dumps(metadata)
    (autograder / "submission_metadata.json").write_text(text)
    moment = find_moment(around({"repository": {"pushed_at": 0}}), None)
    if when is None:  # grading again may be long after
        assert moment is None
    else:
        assert moment is not None and (moment.when, moment.extension) == (when, timedelta(days=days))


@pytest.mark.parametrize("value", [None, "", "soon", "2026-03-04", 1.5, [], True])
def test_what_is_no_date(value: Any) -> None:
    assert read_date(value) is None


# -- the whole way ----------------------------------------------------------------------------------------------------


def test_a_late_push_costs_what_the_course_says(run: Run, submit: Submit, course: Course, tmp_path: Path) -> None:
    with_deadline(course, 'per_day = "1/3"', "per_day = 10")
    (tmp_path / "event").write_text(
        json.dumps({"repository": {"pushed_at": PUSHED}, "head_commit": {"timestamp": FORGED}})
    )
    output = tmp_path / "output"
    code, out, _ = run(
        submit(), GITHUB_ACTIONS="true", GITHUB_EVENT_PATH=str(tmp_path / "event"), GITHUB_OUTPUT=str(output),
        GITHUB_STEP_SUMMARY=str(tmp_path / "summary"),
    )  # fmt: skip
    assert code == 0 and "handed in 4 days late" in out and "4.9 of the 7 points earned count" in out
    assert "2026-03-04 13:00:00+00:00 (the push, by GitHub's clock)" in out
    found = outputs(output)
    assert (found["points_earned"], found["points_counted"], found["points_possible"]) == ("7", "4.9", "7")
    tests = json.loads(base64.b64decode(found["result"]))["tests"]
    assert sum(test["score"] for test in tests) == 5  # whole points, to the nearest
    report = json.loads(Path("convgrade-report/report.json").read_text())
    assert report["late"]["points"] == 4.9 and report["points_earned"] == 7
    assert "4 days late" in (tmp_path / "summary").read_text()
    assert "4 days late" in Path("convgrade-report/report.html").read_text()


def test_in_time_costs_nothing_and_says_nothing(run: Run, submit: Submit, course: Course) -> None:
    with_deadline(course)
    code, out, _ = run(submit(), "--handed-in", "2026-03-01T12:00:00Z", "--fail-under", "100")
    assert code == 0 and "Note:" not in out
    code, out, _ = run(submit(), "--handed-in", "2026-03-09", "--fail-under", "100")  # which is about the work
    assert code == 0 and "handed in 8 days late" in out and "(--handed-in)" in out


def test_an_extension_on_gradescope_moves_the_deadline(
    run: Run, submit: Submit, course: Course, autograder: Path
) -> None:
    with_deadline(course, 'per_day = "1/3"', "per_day = 10")
    (submit() / "area.py").rename(autograder / "submission" / "area.py")
    metadata = {
        "created_at": "2026-03-04T13:00:00Z", "assignment": {"due_date": "2026-03-01T12:00:00Z", "total_points": "14"},
        "users": [{"assignment": {"due_date": "2026-03-02T12:00:00Z"}}],
    }  # fmt: skip
    (autograder / "submission_metadata.json").write_text(json.dumps(metadata))
    assert "handed in 3 days late, of which 1 cost nothing: 20 % less" in run()[1]
    results = json.loads((autograder / "results" / "results.json").read_text())
    assert results["score"] == 11.2 and sum(test["score"] for test in results["tests"]) == 14
    assert "handed in 3 days late" in results["output"]
    (autograder / "submission_metadata.json").write_text("{}")
    assert "not known when this was handed in, so nothing is taken off" in run()[1]
    assert "score" not in json.loads((autograder / "results" / "results.json").read_text())


def test_without_deadlines_no_clock_matters(run: Run, submit: Submit, autograder: Path) -> None:
    _, out, _ = run(submit(), "--format", "junit", "--handed-in", "2099-01-01")
    assert "Note:" not in out and "late" not in out
