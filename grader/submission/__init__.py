"""From a path to the bytes that are graded: a folder, a single file or a zip, none of it trusted."""

from grader.submission.bundle import Bundle
from grader.submission.load import Submission, load_submission

__all__ = ["Bundle", "Submission", "load_submission"]
