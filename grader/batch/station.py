"""A process that grades one submission after another: `python -m grader.batch.station`.

It reads JSON lines from its standard input and answers each with one on its standard output:

    {"course": ..., "digest": ..., "settings": {...}, "versions": {...}}  ->  {"ready": true} or {"refused": why}
    {"job": n, "label": ..., "bundle": base64, "part": [topic, ...] or null}
        ->  {"job": n, "report": {...}}, {"job": n, "fault": text} or {"refused": why}

With a "part", only these topics are judged, and stand in the report.

It keeps its fork servers, the drawn cases, and what was found out about these from one submission to the next: results that
were right, and what known mistakes give. Nothing that a student's code does can reach the next one's. When its input
ends, because whoever started it has ended, it ends at once, whatever it is doing.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import queue
import sys
import threading
import traceback
from pathlib import Path
from typing import IO, Any

from grader.batch.fingerprint import course_digest
from grader.course import Course, load_course
from grader.errors import InternalFault, UsageError
from grader.grading import grade, versions
from grader.submission import Bundle
from grader.workshop import Workshop

YOUNG = 20_000
"""Objects made before the youngest are looked through: a submission makes and drops many, nearly all without cycles."""


def main() -> None:
    """Serve until the input ends."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever prints something after all must not be taken for an answer
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, lines), daemon=True).start()
    start = json.loads(lines.get())
    try:
        course = open_course(start)
    except UsageError as error:
        _answer(replies, {"refused": str(error)})
        return
    _answer(replies, {"ready": True})
    workshop = Workshop()
    _answer(replies, run_job(json.loads(lines.get()), course, start["settings"], workshop))
    gc.freeze()  # what the first submission brought stays; looking through it again and again took a tenth of the time
    gc.set_threshold(YOUNG, 10, 10)
    while True:
        _answer(replies, run_job(json.loads(lines.get()), course, start["settings"], workshop))


def open_course(start: dict[str, Any]) -> Course:
    """The course, if it is the very one that is asked for. Raises UsageError."""
    root = Path(start["course"])
    course = load_course(root if (root / "reference" / "course.toml").is_file() else None)
    if course_digest(course) != start["digest"]:
        raise UsageError(f"the course in {course.root} is another version; every machine needs the same one")
    here = versions()
    other = [f"{name} {here.get(name)}" for name, version in start["versions"].items() if here.get(name) != version]
    if other:
        raise UsageError(f"this machine has {', '.join(other)}; every machine needs the same versions")
    return course


def run_job(job: dict[str, Any], course: Course, settings: dict[str, Any], workshop: Workshop) -> dict[str, Any]:
    """Grade one submission; a fault of ours is an answer too."""
    try:
        bundle = Bundle.from_bytes(job["label"], base64.b64decode(job["bundle"]))
        report = grade(bundle, **settings, part=job.get("part"), course=course, workshop=workshop)
        if report.internal_errors:  # a fork server was killed perhaps; there is a new one now
            report = grade(bundle, **settings, part=job.get("part"), course=course, workshop=workshop)
    except InternalFault as error:
        return {"job": job["job"], "fault": str(error)}
    except UsageError as error:
        return {"refused": str(error)}
    except Exception as error:
        what = "".join(traceback.format_exception_only(error)).strip()  # first, since a line shows the beginning only
        return {"job": job["job"], "fault": f"{what}\n{traceback.format_exc()[-4000:]}"}
    return {"job": job["job"], "report": report.to_dict()}


def _read(stream: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    for line in stream:
        lines.put(line)
    os._exit(0)  # the fork servers see their sockets close, and take the students' processes along


def _answer(stream: IO[str], message: dict[str, Any]) -> None:
    stream.write(json.dumps(message) + "\n")
    stream.flush()


if __name__ == "__main__":
    main()
