"""Submissions taken apart by topics: who does what, and that the reports of the parts add up to that of the whole."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from proof import ROOT, right_versions
from test_batch import without_times

from grader import grade
from grader.batch import local
from grader.batch.executors import Finished, Job, longest, start_message
from grader.batch.fingerprint import basis_of
from grader.batch.local import LocalExecutor, Station
from grader.batch.parts import AHEAD, Parts, Share, share_out
from grader.course import Course, load_course
from grader.errors import UsageError
from grader.grading import Settings
from grader.results import Device, Report, join_forms
from grader.submission import Bundle
from grader.workshop import Workshop

TOPICS = ("conv_arithmetic", "dropout", "pooling")
SHARES: tuple[Share, ...] = (("conv_arithmetic",), ("dropout", "pooling"))


@pytest.fixture(scope="module")
def full() -> Course:
    """The course of this repository."""
    return load_course(ROOT)


def source_of(full: Course, topic: str) -> str:
    """The model solution."""
    return right_versions(full.topic(topic))[0].read_text()


def notebook(source: str) -> bytes:
    """A notebook with the source in one cell, and one that raises and is needed for nothing."""
    cells = [
        {"cell_type": "code", "source": text, "metadata": {}, "outputs": [], "execution_count": None}
        for text in (source, "%timeit 1", "1 / 0")
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def bundle(full: Course, kind: str) -> Bundle:
    """A submission of this kind."""
    files = {full.topic(name).file: source_of(full, name).encode() for name in TOPICS}
    if kind == "a topic missing":
        del files["pooling.py"]
    elif kind == "a notebook":
        files["dropout.ipynb"] = notebook(files.pop("dropout.py").decode())
    elif kind == "one file imports another":
        files["pooling.py"] += b"\nimport conv_arithmetic\n"
        files["helper.py"] = b"VALUE = 1\n"
    elif kind == "files that end the program":
        files = {name: content + b"\nraise SystemExit\n" for name, content in files.items()}
    elif kind == "wrong":
        files["pooling.py"] = files["pooling.py"].replace(b".max(", b".min(")
        files["dropout.py"] = files["dropout.py"].replace(b"keep_prob", b"keep_probability")
    elif kind == "nothing":
        files = {}
    return Bundle(kind, tuple(files.items()), notes=("two of one name: the newer counts",))


KINDS = (
    "right",
    "wrong",
    "a topic missing",
    "a notebook",
    "one file imports another",
    "files that end the program",
    "nothing",
)


@pytest.mark.parametrize("kind", KINDS)
def test_the_parts_add_up_to_the_whole(full: Course, kind: str) -> None:
    submission, workshop = bundle(full, kind), Workshop()
    try:
        whole = grade(submission, TOPICS, course=full, workshop=workshop)
        parts = [grade(submission, TOPICS, part=share, course=full, workshop=workshop) for share in SHARES]
    finally:
        workshop.close()
    assert [topic.name for part in parts for topic in part.topics] == list(TOPICS)
    joined = join_forms([part.to_dict() for part in parts])
    assert json.dumps(without_times(joined)) == json.dumps(without_times(whole.to_dict()))
    assert Report.from_dict(joined).points_earned == whole.points_earned
    assert len(whole.notes) == len(set(whole.notes)) > 0


def test_devices_add_up() -> None:
    asked = [Device("auto", "cpu", None), Device("auto", "cuda", None), Device("auto", "cpu", "no driver")]
    assert Device.of(asked) == Device("auto", "cuda", "no driver") and Device.of(asked[:1]) == asked[0]


def test_topics_are_shared_out_in_order(full: Course) -> None:
    names = tuple(topic.name for topic in full.topics)
    for stations in range(1, 30):
        shares = share_out(full, None, stations)
        assert sum(shares, ()) == names and len(shares) == min(stations, len(names))
        assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert share_out(full, ("pooling", "dropout"), 3) == (("dropout",), ("pooling",))
    assert share_out(full, (), 2) == ()


def jobs(count: int) -> Iterator[Job]:
    """Jobs without files."""
    yield from (Job(number, Bundle(str(number), ())) for number in range(count))


def taken(part: Job | None) -> tuple[int, Share | None] | None:
    """Number and topics of a part."""
    return (part.number, part.topics) if part is not None else None


def test_a_station_keeps_to_its_topics_and_does_others_before_it_stands_idle() -> None:
    begun: list[int] = []
    parts = Parts(jobs(3), SHARES, 2, lambda job: begun.append(job.number))
    first, second = SHARES
    assert [taken(parts.take(station)) for station in (0, 1, 1, 1)] == [
        (0, first),
        (0, second),
        (1, second),
        (2, second),
    ]
    assert begun == [0, 1, 2]
    assert taken(parts.take(1)) == (1, first) and taken(parts.take(0)) == (2, first)
    assert parts.take(0) is None and parts.take(1) is None


def test_no_more_than_so_many_are_under_way() -> None:
    parts = Parts(jobs(100), SHARES, 2, lambda job: None)
    first, second = SHARES
    assert [taken(parts.take(0)) for _ in range(2 * AHEAD)] == [(number, first) for number in range(2 * AHEAD)]
    assert taken(parts.take(0)) == (0, second)


def test_a_submission_ends_with_the_last_of_its_parts(full: Course) -> None:
    report = grade(bundle(full, "nothing"), TOPICS, part=SHARES[1], course=full).to_dict()
    parts = Parts(jobs(2), SHARES, 1, lambda job: None)
    one, two = parts.take(0), parts.take(1)
    assert one and two
    assert parts.end(two, {"report": report}) is None
    parts.put_back(one)
    assert parts.take(0) == one
    finished = parts.end(one, {"fault": "it broke"})
    assert finished == Finished(0, None, "it broke")
    again = parts.take(1)
    assert again and taken(again) == (1, SHARES[1])


def test_with_one_share_nothing_is_taken_apart() -> None:
    for shares in ((), (TOPICS,)):
        parts = Parts(jobs(1), shares, 1, lambda job: None)
        part = parts.take(0)
        assert part and part.topics is None
        report = {"anything": "as it came"}
        assert parts.end(part, {"report": report}) == Finished(0, report)


def executor(full: Course, stations: int) -> LocalExecutor:
    """Stations for the three topics."""
    settings = Settings(TOPICS)
    start = start_message(full, basis_of(full, settings))
    return LocalExecutor(start, stations, longest(full, TOPICS), share_out(full, TOPICS, stations))


def ends(found: LocalExecutor, bundles: list[Bundle]) -> dict[int, Finished]:
    """Every submission's end by its number."""
    jobs = (Job(number, bundle) for number, bundle in enumerate(bundles))
    return {finished.number: finished for finished in found.run(jobs, lambda job: None)}


def test_however_many_stations_there_are_the_reports_are_the_same(full: Course) -> None:
    bundles = [bundle(full, kind) for kind in KINDS]
    one, two = ends(executor(full, 1), bundles), ends(executor(full, 2), bundles)
    assert sorted(one) == sorted(two) == list(range(len(KINDS)))
    for number, finished in one.items():
        assert finished.report is not None and two[number].report is not None
        assert without_times(finished.report) == without_times(two[number].report or {})


def test_a_part_whose_station_dies_is_done_again_and_another_is_a_fault(
    full: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    give, killed = Station.give, []

    def kill(self: Station, job: Job) -> None:
        give(self, job)
        if job.topics and "pooling" in job.topics and (job.number == 1 or (job.number == 0 and not killed)):
            killed.append(job)
            os.kill(self._process.pid, signal.SIGKILL)

    monkeypatch.setattr(Station, "give", kill)
    done = ends(executor(full, 2), [bundle(full, kind) for kind in ("wrong", "right", "a topic missing")])
    assert len(killed) == 3
    assert done[1] == Finished(1, None, "the grading process was ended by SIGKILL")
    alone = ends(executor(full, 1), [bundle(full, "wrong")])[0]
    assert done[0].report is not None and alone.report is not None
    assert without_times(done[0].report) == without_times(alone.report) and done[2].fault is None


def test_what_others_have_graded_is_kept_where_a_station_refuses(full: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have answered by the time that somebody looks."""
    readable, read = LocalExecutor._readable, LocalExecutor._read

    def both(self: LocalExecutor, stations: list[Station]) -> list[Station]:
        waiting = list(stations)
        while not all(select.select([station.answers], [], [], 60)[0] for station in waiting):
            pass
        return sorted(readable(self, stations), key=lambda station: station.number)

    def refused(self: LocalExecutor, station: Station, stations: list[Station], parts: Parts) -> Iterator[Finished]:
        found = list(read(self, station, stations, parts))
        if station.number == 1 and station.job is None:
            raise UsageError("this machine has numpy 0.1")
        yield from found

    monkeypatch.setattr(LocalExecutor, "_readable", both)
    monkeypatch.setattr(LocalExecutor, "_read", refused)
    start = start_message(full, basis_of(full, Settings(("dropout",))))
    submissions = iter([Job(number, bundle(full, kind)) for number, kind in enumerate(("right", "wrong"))])
    kept = []
    with pytest.raises(UsageError, match=r"numpy 0\.1"):
        for finished in LocalExecutor(start, 2, 120).run(submissions, lambda job: None):
            kept.append(finished.number)
    assert kept == [0]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a process to a processor")
def test_a_station_has_a_processor_of_its_own_where_all_have_a_station(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {2, 3, 7})
    assert [local._own_processor(number, 4) for number in range(4)] == [{2}, {3}, {7}, {2}]
    assert [local._own_processor(number, 2) for number in range(2)] == [set(), set()]
    monkeypatch.delattr(os, "sched_getaffinity")
    assert local._own_processor(0, 4) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a process to a processor")
def test_its_workers_run_there_too(full: Course, tmp_path: Path) -> None:
    here = sorted(os.sched_getaffinity(0))
    source = source_of(full, "dropout").replace("import numpy as np", "import numpy as np\nimport os", 1)
    telling = (
        source + "\nraise RuntimeError(f'on {len(os.sched_getaffinity(0))} processors, {os.sched_getscheduler(0)}')\n"
    )
    files = {full.topic(name).file: source_of(full, name) for name in TOPICS} | {"dropout.py": telling}
    submission = Bundle("s", tuple((name, text.encode()) for name, text in files.items()))
    station = Station(start_message(full, basis_of(full, Settings(TOPICS))), str(tmp_path))
    try:
        station.keep_to({here[0]})
        station.give(Job(0, submission, ("dropout",)))
        while (answer := station.wait(120)).get("report") is None:
            assert "ready" in answer
        assert os.sched_getaffinity(station._process.pid) == {here[0]}
        assert os.sched_getscheduler(station._process.pid) == os.SCHED_BATCH
    finally:
        station.close()
    assert f"on 1 processors, {os.SCHED_BATCH}" in json.dumps(answer["report"])
