"""Where in the checkout the graded files are, and on which line each function is defined."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from grader.errors import SubmissionUnreadable
from grader.results import Report
from grader.submission.sources import folder_entries, single_entry

DEFINITION = re.compile(rb"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+([A-Za-z_]\w*)")


@dataclass(frozen=True)
class Places:
    """`files` by the name that the report gives them, `functions` by name: paths relative to the checkout, and lines."""

    files: dict[str, str] = field(default_factory=dict)
    functions: dict[str, tuple[str, int]] = field(default_factory=dict)


def locate(report: Report, path: Path, checkout: Path) -> Places:
    """Find the graded files below `path` by their contents; nothing for a zip, or for files outside the checkout."""
    found = Places()
    names = {file.sha256: file.name for file in report.files}
    wanted = {check.function for topic in report.topics for check in topic.checks}
    try:
        entries = folder_entries(path) if path.is_dir() else single_entry(path) if path.suffix == ".py" else []
    except SubmissionUnreadable:
        return found
    for entry in entries:
        content = entry.read()
        name = names.get(hashlib.sha256(content).hexdigest()) if isinstance(content, bytes) else None
        place = os.path.relpath(path / entry.path if path.is_dir() else path, checkout).replace(os.sep, "/")
        if name is None or not isinstance(content, bytes) or name in found.files or place.startswith("../"):
            continue
        found.files[name] = place
        for number, line in enumerate(content.splitlines(), 1):
            definition = DEFINITION.match(line)
            if definition is not None and (function := definition[1].decode("ascii")) in wanted:
                found.functions[function] = (place, number)
    return found
