"""Text that a student could put anywhere, and reports that have it in every field."""

from __future__ import annotations

import dataclasses
from typing import Any

from grader.results import Outcome, Report

HOSTILE = {
    "html": "</title></style></pre></code></svg><script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)" x=\'',
    "comment": "--><!-- ]]><![CDATA[ <?php ?>",
    "entities": "&lt;script&gt; &#60; &#x3c; &amp;amp;",
    "css": "}*{display:none;background:url(https://example.org/x)}/*",
    "svg": '<svg onload="alert(1)"><foreignObject><iframe src="javascript:alert(1)">',
    "direction": "a\u202etxt.exe\u2066\u200f\u061c",
    "control": "\x00\x07\x1b[31mred\x1b[0m\x1b]0;title\x07\x85\x9b31m\x7f\ufffe",
    "surrogate": "\ud800 and \udfff",
    "lines": "one\rtwo\r\nthree\u2028four\x0bfive\x0csix",
    "workflow": "x\n::error file=a::b\r  ::set-output name=result::x\n##[error]y ::stop-commands::z",
    "markdown": "| a | `b` ``` **c** [d](https://example.org) ![e](https://example.org/f) <details> @someone #1 \\",
    "formula": '=HYPERLINK("https://example.org")',
    "long": "x" * 65536,
    "many lines": "y\n" * 32768,
    "empty": "",
}


def filled(report: Report, text: str) -> Report:
    """The report with `text` in place of every string that is not an outcome."""
    result = _filled(report, text)
    assert isinstance(result, Report)
    return result


def _filled(value: Any, text: str) -> Any:
    if isinstance(value, Outcome):
        return value
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(_filled(item, text) for item in value)
    if isinstance(value, dict):
        return {f"{text}{number}": _filled(item, text) for number, item in enumerate(value.values())}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _filled(getattr(value, field.name), text) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **fields)
    return value
