"""From a path to the bytes that are graded: a folder, a single file, a notebook or a zip, none of it trusted."""

from grader.submission.bundle import Bundle
from grader.submission.choose import by_statements
from grader.submission.load import Submission, load_submission, topics_in
from grader.submission.module import NotebookModule

__all__ = ["Bundle", "NotebookModule", "Submission", "by_statements", "load_submission", "topics_in"]
