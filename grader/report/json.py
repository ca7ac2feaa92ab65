"""The report as JSON; docs/report-format.md gives every field."""

from __future__ import annotations

import json

from grader.results import Report


def to_json(report: Report) -> str:
    """Indented JSON with a final line end; only ASCII, so that no consumer stumbles over what a student printed."""
    return json.dumps(report.to_dict(), indent=2, allow_nan=False) + "\n"
