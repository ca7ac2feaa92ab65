"""convgrade: an auto-grader and exercise kit for convolutional networks.

`grade(path)` grades a submission; `check("batchnorm")` grades the functions of a notebook or REPL. Importing this package
is cheap: PyTorch and pytest are imported when they are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "check", "grade"]

if TYPE_CHECKING:
    from grader.grading import grade
    from grader.practice import check


def __getattr__(name: str) -> Any:
    if name == "grade":
        from grader.grading import grade

        return grade
    if name == "check":
        from grader.practice import check

        return check
    raise AttributeError(f"module 'grader' has no attribute {name!r}")
